/* The workers as their supervisor sees them: started, counted, restarted when they crash, told to
 * leave. */
#ifndef CMD_CHILDREN_H
#define CMD_CHILDREN_H

#include <sys/types.h>

#include "cmd/shared.h"

struct child {
	pid_t pid; /* 0: free */
	uint64_t generation;
	uint64_t started_ms, restart_at_ms; /* restart_at_ms: dead, to be started again then */
	unsigned quick_deaths;
	bool leaving; /* told to finish */
};

struct children {
	struct child child[SHARED_WORKERS];
	struct shared *shared;
	size_t wanted;	     /* of generation */
	uint64_t generation; /* the present one; all others are old */
	/* What a child does with its life; its exit code. */
	int (*run)(void *arg, size_t slot);
	void *arg;
};

/* Those that are wanted and that are not there, or not for long. */
void children_start(struct children *cs);

size_t children_count(const struct children *cs);
size_t children_old(const struct children *cs);
size_t children_ready(const struct children *cs); /* of the present generation */

/* Some child of the present generation dies again and again. */
bool children_hopeless(const struct children *cs);

/* To all but those of one generation; SIGTERM only once to each. */
void children_signal(struct children *cs, uint64_t but_generation, int sig);

/* A generation that is given up: what waits for its restart waits no more. */
void children_forget(struct children *cs);

/* A child ended. for_good: nothing is started again. */
void children_reaped(struct children *cs, pid_t pid, int status, bool for_good);

/* Restarts what is due, and ends what has been silent for too long. */
void children_look_after(struct children *cs);

/* When a child that has died at now is to be started again: at once, unless it keeps dying as soon
 * as it has begun. Counts quick deaths; never 0. */
uint64_t child_restart_at(struct child *c, uint64_t now);

/* It has died too often for the end of its troubles to be waited for. */
bool child_hopeless(const struct child *c);

#endif
