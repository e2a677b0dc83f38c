/* The supervisor: binds, loads, forks, restarts, reloads; never reads mail. */
#ifndef CMD_SUPERVISOR_H
#define CMD_SUPERVISOR_H

#include "cmd/app.h"

struct supervisor_args {
	const char *conf;    /* NULL: defaults */
	const char *plugins; /* directory, or NULL */
	const char *state;   /* directory; NULL: option daemon.state */
};

/* Runs until SIGTERM or SIGINT; returns the exit code. */
int supervisor_run(const struct supervisor_args *args);

/* merlond -t: loads everything and says what is wrong; the exit code. */
int supervisor_check(const struct supervisor_args *args);

#endif
