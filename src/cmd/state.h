/* The state directory: one merlond at a time has it, and says in a file which process that is. */
#ifndef CMD_STATE_H
#define CMD_STATE_H

#include "base/arena.h"
#include "cmd/privs.h"

struct state {
	int fd; /* of the pid file, locked; -1: not open */
	const char *pid_path;
};

/*
 * Makes dir if need be, gives it to the account, and writes and locks DIR/merlond.pid. -1 and *e: a
 * directory that cannot be had, another merlond in it, or something in the file's place that is not
 * our own. state_close also after a failure.
 */
int state_open(struct arena *a, const char *dir, const struct privs *p, struct state *out,
	       struct err *e);

/* Gives up the descriptor and leaves the file: in a child, which must not keep the lock after us.
 */
void state_leave(struct state *s);

/* Removes the pid file, with which the lock goes. */
void state_close(struct state *s);

#endif
