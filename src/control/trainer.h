/*
 * The trainer: the one process that changes the model. An event is acknowledged when it is in the
 * local store's log, on disk; then it is applied to the model. Blocks of the model are written
 * now and then; what was logged after them is applied again at the next start. Where several
 * machines share a store, events go through a log there, and every machine applies all of them in
 * the same order, so that all models are equal.
 *
 * In the local store: "m:key" (hash key of the installation), "m:log" (what was done to the model),
 * "m:l:DIGEST" (who says what of a message), "m:b:N:S" and "m:r:N:S" (blocks and ring, in two
 * places each), "m:ring" (which of them are valid, with the last log id in them), "m:out" (events
 * for the shared log), "m:pos" (who we are there), "m:c:..." (campaigns). In the shared one:
 * "m:key", "m:weight" (what was learnt with it, at least), "m:epoch", "m:log", "m:l:DIGEST",
 * "m:lease", "m:snap" and "m:snap:...".
 */
#ifndef CONTROL_TRAINER_H
#define CONTROL_TRAINER_H

#include "conf/conf.h"
#include "learn/event.h"
#include "store/store.h"

struct trainer;

extern const struct conf_opt trainer_options[]; /* learn.*: half_life, balance, flush, ... */

struct trainer_args {
	struct loop *loop;
	struct store *local;  /* store_sqlite: logs and blocks; NULL: nothing is kept (tools) */
	struct store *shared; /* Redis; NULL: this machine alone */
	struct model *model;
	const struct conf *conf; /* NULL: defaults */
};

/*
 * Loads the model (blocks, then the log). NULL and *e: the local store cannot be read. Over a local
 * store that was opened readonly nothing is written and nothing learnt (TRAIN_FAILED): for tools
 * that judge beside a daemon (`merlon scan`).
 */
struct trainer *trainer_new(const struct trainer_args *args, struct err *e);
void trainer_free(struct trainer *t); /* writes what has changed first */

enum trainer_result {
	TRAINED,       /* on disk and applied (or on its way through the shared log) */
	TRAIN_ALREADY, /* it was learnt so before */
	TRAIN_UNKNOWN, /* to be forgotten, but never learnt */
	TRAIN_REFUSED, /* balance of automatic learning, too many of one campaign */
	TRAIN_FAILED,  /* not kept: disk full, store damaged. Try again */
};
const char *trainer_word(enum trainer_result r);

/* done runs once, from the loop, when the event is on disk or refused. The event is copied. */
typedef void trained_fn(void *arg, enum trainer_result r);
void trainer_learn(struct trainer *t, const struct learn_event *e, trained_fn *done, void *arg);

/* The same, waiting; for tools. */
enum trainer_result trainer_learn_now(struct trainer *t, const struct learn_event *e);

void trainer_flush(struct trainer *t); /* writes the blocks that have changed, and waits */

struct trainer_stats {
	uint64_t learnt[3], by_source[LEARN_SOURCES]; /* by enum learn_class; NONE: forgotten */
	uint64_t already, refused, failed, waiting;   /* waiting: for the shared log */
	uint64_t replayed;
};
const struct trainer_stats *trainer_stats(const struct trainer *t);

#endif
