/*
 * The shared log, seen from one of the machines that share it. An event goes from "m:out" here to
 * the log there with the name of this machine and its number; it is done to the model when it is
 * read there, by all machines in the same order. Numbers of a machine follow each other: one that
 * was seen is passed over, one that comes too early is too, since its machine sends all again from
 * the one that is missing.
 */
#ifndef CONTROL_JOINT_H
#define CONTROL_JOINT_H

#include "control/train.h"

#define JOINT_POLL_MS 250u     /* between looks at the shared log */
#define JOINT_DOWN_MS 1000u    /* the same while it cannot be read */
#define JOINT_PAGE 16u	       /* entries read, or sent, at a time */
#define JOINT_MISSING_MS 5000u /* an event of ours that was sent and is not read is sent again */
#define JOINT_STUCK_MS 60000u  /* events of another machine that are missing are given up */
#define JOINT_AGAIN 1000u      /* events sent again when the log has lost some */
#define JOINT_FOUND_MS 2000u   /* who has no key yet leaves it so long to others to bring theirs */
#define EPOCH 16u	       /* octets: changes when the shared store was emptied */

struct snapshot;
struct retell;

struct joint {
	struct trainer *t;
	char epoch[EPOCH];   /* zero: never joined */
	uint64_t machine;    /* our name there */
	bool came_later;     /* there were messages before us: their votes are there */
	bool key_known;	     /* ours is the one that is shared */
	bool yields;	     /* to another key: more was learnt with that */
	uint64_t keyless_ms; /* since when nobody has brought one; 0: not so */
	uint64_t out_id;     /* last of "m:out" */
	uint64_t base;	     /* of those, what is not ours to send any more */
	uint64_t sent;	     /* of those, sent in this life */
	uint64_t page_last;  /* of what is being applied */
	uint64_t last_mark;  /* of the octets of the last entry read; 0: not known */
	bool accept_jumps;   /* until the end of the log is reached */
	uint64_t missing_ms; /* since when ours are missing; 0: none is */
	uint64_t stuck_ms;   /* since when another's are */
	bool full_page;
	struct loop_timer *timer;
	struct store_call *call;
	struct arena *pending; /* of what is sent */
	struct snapshot *snapshot;
	struct retell *retell;
};

/* ---- join.c: a store that we do not know ---- */

void join_start(struct joint *j);

/* ---- retell.c: who says what, to a store that does not know ---- */

void retell_start(struct joint *j);
void retell_free(struct joint *j);

/* ---- snapshot.c: for machines that join ---- */

/* Reads the newest one into the model, then joint_next. */
void snapshot_fetch(struct joint *j);
/* Leaves one if it is time and we have the lease. */
void snapshot_due(struct joint *j);
void snapshot_free(struct joint *j);
/* How many events are in the one whose head this is; 0: it is none. */
uint64_t snapshot_events(struct joint *j, struct str head);

/* All of it was answered, and by the shared store. */
bool joint_answered(const struct store_answer *a, size_t n);
void joint_next(struct joint *j, uint64_t ms); /* looks at the log in so long */
uint64_t joint_new_machine(void);
void joint_keep(struct joint *j); /* writes down who we are there */

#endif
