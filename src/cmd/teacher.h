/*
 * What is to be learnt, on its way from a tool to the classifier: to the daemon over its control
 * socket, or, where none runs, into the data base of the state directory, which this process has
 * for itself meanwhile.
 */
#ifndef CMD_TEACHER_H
#define CMD_TEACHER_H

#include "cmd/app.h"
#include "control/client.h"

struct teacher_where {
	const struct conf *conf; /* NULL: defaults */
	const char *state;	 /* directory; NULL: option daemon.state */
	const char *socket;	 /* NULL: as the options say; else no data base is opened */
};

struct teacher_counts {
	uint64_t result[TRAIN_FAILED + 1]; /* by enum trainer_result */
};

struct teacher;

/* NULL and *e: neither a daemon nor a data base. */
struct teacher *teacher_open(const struct teacher_where *w, struct err *e);

/* The key that features are made with, and what is learnt so far. */
struct hash_key teacher_key(struct teacher *t);
struct model_counts teacher_model(const struct teacher *t);

/*
 * Copied and sent; several are under way at once. A daemon that is replaced meanwhile is waited
 * for, and gets again what it has not acknowledged. -1 and *e: nobody takes it any more.
 */
int teacher_learn(struct teacher *t, const struct learn_event *event, struct err *e);

/* Waits for what is under way. */
int teacher_finish(struct teacher *t, struct err *e);
const struct teacher_counts *teacher_counts(const struct teacher *t);

/* One line of JSON of the daemon. -1 and *e: there is none. */
int teacher_status(struct teacher *t, struct arena *a, struct str *json, struct err *e);

void teacher_close(struct teacher *t); /* writes everything; NULL is fine */

#endif
