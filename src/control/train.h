/*
 * The trainer from inside. Events are jobs; jobs are done in rounds, one at a time: look up the
 * votes, decide, write everything in one durable batch, apply. rounds.c does them, keep.c
 * writes blocks and reads them at start, joint.c speaks to the shared log.
 */
#ifndef CONTROL_TRAIN_H
#define CONTROL_TRAIN_H

#include "base/arena.h"
#include "control/record.h"
#include "io/loop.h"

#define LOG_MAX 10000u	  /* events that the logs hold, to apply again and to ship again */
#define FLUSH_EVERY 2000u /* events after which blocks are written without waiting for the time */
#define ROUND_JOBS 16u
#define ROUND_OPS 250u /* of its durable batch, below STORE_BATCH_MAX */
#define QUEUE_MAX 4096u
#define EVENT_MAX (192u * 1024u)			 /* octets */
#define LEARNT_TTL_MS (UINT64_C(400) * 24 * 3600 * 1000) /* of "m:l:DIGEST" */

enum job_kind {
	JOB_OWN,    /* from here, to be applied */
	JOB_OUT,    /* from here, to be acknowledged and shipped */
	JOB_SHARED, /* from the shared log, to be applied */
};

struct job {
	struct job *next;
	struct arena *arena;
	enum job_kind kind;
	struct str octets;
	struct learn_event event;
	struct origin origin; /* JOB_SHARED */
	uint64_t shared_id;
	struct votes votes, before; /* before: it was decided */
	struct shared_votes *old;   /* what the shared store says of the message; NULL: nothing */
	struct moves moves;
	enum trainer_result result;
	double copies; /* of its campaign, with this one; traps and automatic learning */
	trained_fn *done;
	void *arg;
};

struct round {
	struct arena *arena;
	struct job *job[ROUND_JOBS];
	size_t n;
	unsigned waiting; /* answers of look-ups */
	struct store_call *call[3];
	bool failed;
	struct origins seen;	       /* with those of this round */
	size_t limits[ROUND_JOBS + 1]; /* of job i: operations from [i] to [i + 1] */
};

struct settings {
	uint64_t half_life_ms, flush_ms, snapshot_ms;
	uint64_t balance, campaign;
};

struct flush;
struct joint;

struct trainer {
	struct arena *arena;
	struct loop *loop;
	struct store *local, *shared;
	struct store *own; /* local, when nobody gave one */
	struct model *model;
	struct trainer_state *state;
	struct settings set;
	struct head head; /* as of what is applied */
	uint8_t *kept;	  /* slots as they are on disk */
	uint64_t kept_id; /* log id in the blocks on disk */
	bool keep_all;	  /* the next flush writes every block */
	bool not_kept;	  /* at the last attempt: only time brings the next one */
	bool wrote;	  /* something, in this life: who never did only looks */
	bool unkept;	  /* the model has changed otherwise than by the log */
	struct job *queue, **queue_end;
	size_t queued;
	struct job *inbox, **inbox_end; /* JOB_SHARED */
	struct round *round;		/* NULL: none under way */
	struct flush *flush;		/* the same */
	struct joint *joint;		/* NULL: without a shared store */
	struct loop_timer *flush_timer, *pump_timer;
	bool closing;
	struct trainer_stats stats;
};

/* ---- trainer.c ---- */

struct job *job_new(struct str octets, enum job_kind kind); /* NULL: not an event */
void job_free(struct job *j);
void job_end(struct trainer *t, struct job *j); /* answers, logs, counts, and frees it */
struct str event_hex(struct arena *a, const struct learn_event *e); /* its digest */
/* Does to the model what was decided. */
void trainer_apply(struct trainer *t, const struct moves *m, const struct learn_event *e);

/* ---- rounds.c ---- */

void trainer_pump(struct trainer *t); /* begins a round if there is anything to do */
struct str learnt_key(struct arena *a, const struct learn_event *e); /* "m:l:DIGEST" */

/* ---- limits.c: what automatic learning may do ---- */

/* Operations that count the job's campaign; how many. */
size_t limits_ops(struct arena *a, const struct job *j, struct store_op *out);
#define LIMITS_OPS_MAX (NEAR_BANDS + 1u)
/* REFUSED, or TRAINED where nothing is against it. */
enum trainer_result limits_allow(const struct trainer *t, const struct job *j);

/* ---- keep.c ---- */

int keep_load(struct trainer *t, struct err *e);
bool keep_wanted(const struct trainer *t); /* something is not written out */
void keep_flush(struct trainer *t); /* begins one unless one is under way or nothing has changed */
void keep_due(struct trainer *t);   /* by the time, or by the number of events */
void keep_free(struct trainer *t);

/* ---- joint.c ---- */

struct joint *joint_new(struct trainer *t);
void joint_free(struct joint *j);
void joint_poke(struct joint *j);	      /* there is something to ship */
void joint_out(struct joint *j, uint64_t id); /* this was appended to "m:out" */
bool joint_came_later(const struct joint *j);
bool joint_mine(const struct joint *j, struct origin o);
uint64_t joint_waiting(const struct joint *j); /* events not shipped yet */
/* A round of JOB_SHARED is over. */
void joint_applied(struct joint *j, bool failed);

#endif
