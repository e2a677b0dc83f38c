/* A filter started for a comparison, on a socket in a private directory, and ended again. */
#ifndef CMD_PEER_RUN_H
#define CMD_PEER_RUN_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

struct peer_run {
	pid_t pid;	    /* 0: not running */
	const char *socket; /* where it answers */
	const char *log;    /* its standard error */
};

/* The absolute path of a program: beside ours, in PATH, or where daemons are; NULL: none. */
const char *peer_program(struct arena *a, const char *name);

/* Starts argv (ends in NULL; argv[0] an absolute path) and waits until it accepts connections. -1
 * and *e, with the end of its log. */
int peer_run_start(struct arena *a, struct peer_run *r, const char *const *argv, struct err *e);
void peer_run_stop(struct peer_run *r);

#endif
