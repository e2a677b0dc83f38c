/* The classifier in one process, without a daemon: `merlon classify` and `merlon eval`. */
#ifndef CMD_CLASSIFIER_H
#define CMD_CLASSIFIER_H

#include "cmd/state.h"
#include "control/trainer.h"
#include "io/loop.h"
#include "learn/features_message.h"

struct classifier {
	struct arena *arena;
	struct loop *loop;
	struct store *store; /* NULL: nothing is kept */
	struct model *model;
	struct trainer *trainer;
	struct state lock; /* of the state directory */
};

/*
 * state: a directory whose DIR/store.db keeps what is learnt; it is made, and locked against
 * daemons and others until classifier_close. readonly: it is only looked at, whoever has it. NULL:
 * a model in memory, with a key that is always the same. NULL and *e: it cannot be had.
 */
struct classifier *classifier_open(const char *state, bool readonly, struct err *e);
void classifier_close(struct classifier *c); /* keeps everything first; NULL is fine */

/* out: what the message is made of, for model_explain; in the arena. */
struct score classifier_score(struct classifier *c, struct arena *a, struct str octets,
			      struct features *out);
enum trainer_result classifier_learn(struct classifier *c, struct arena *a, struct str octets,
				     enum learn_class to);

#endif
