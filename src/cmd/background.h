/* Filters of the rules that are compiled beside the daemon: mail never waits for them. */
#ifndef CMD_BACKGROUND_H
#define CMD_BACKGROUND_H

#include <sys/types.h>

#include "cmd/generation.h"

struct background {
	pid_t pid;	/* 0: nobody is at work */
	bool tried;	/* for this configuration: not again */
	bool refresh;	/* they are there: workers that have them are wanted */
	bool discarded; /* what the one at work makes is not wanted any more */
	uint64_t began_us;
};

/* Forks a niced process that compiles what g's rules lack, unless one is at work, it was tried, or
 * nothing is lacking. state: the state directory; NULL: option daemon.state. */
void background_start(struct background *b, const struct generation *g, const char *state);

/* A child ended: true if it was ours. */
bool background_reaped(struct background *b, pid_t pid, int status);

/* A new configuration: whoever is at work for the old one is ended, and it may be tried again. */
void background_reset(struct background *b);

/* Loads what is there for g, which was read without knowing state. */
void background_load(const struct generation *g, const char *state);

#endif
