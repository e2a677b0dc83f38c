/* The control process as a child of the supervisor: its sockets, its start, its replacement. */
#ifndef CMD_CONTROL_CHILD_H
#define CMD_CONTROL_CHILD_H

#include "cmd/children.h"
#include "cmd/privs.h"
#include "control/control.h"
#include "control/listen.h"

struct control_child {
	struct child child;
	struct shared *shared;
	const char *state;   /* directory, as the supervisor was told */
	struct board *board; /* what workers say of the world outside */
	struct model *model; /* mapped before the first fork, for the supervisor's life */
	struct control_socket store, control;
	int pyzor_fd;	       /* option pyzor.listen; -1: none */
	int web_fd;	       /* option metrics.listen; -1: none */
	int lane, keeper;      /* in the child: to the signers, and to who keeps keys; -1: none */
	struct str pyzor, web; /* their values */
	bool wanted;	       /* by the configuration: something is to be remembered */
	bool stopping;	       /* it is not started again */
	/* What the child does: ends in control_child_run. */
	int (*run)(void *arg);
	void *arg;
};

/*
 * Maps the model and binds STATE/store.sock, option control.socket, given to the account, and
 * options pyzor.listen and metrics.listen. The strings go to the arena. -1 and *e;
 * control_child_close also after a failure.
 */
int control_child_open(struct control_child *c, struct arena *a, const struct conf *conf,
		       const struct privs *p, struct err *e);
void control_child_close(struct control_child *c); /* unlinks the sockets */

/* Whether that configuration has the same sockets (what is bound stays) and a store that can be
 * had. -1 and *e. */
int control_child_same(const struct control_child *c, const struct conf *conf, struct err *e);

/* As conf wants it: nothing is started with store.backend = none. */
void control_child_start(struct control_child *c, const struct conf *conf);
/* Or not wanted. */
bool control_child_ready(const struct control_child *c);

/* It flushes and ends; then one with the configuration of that moment is started: the data base has
 * one owner at a time. */
void control_child_replace(struct control_child *c, const struct conf *conf);

/* It flushes and ends. */
void control_child_stop(struct control_child *c, int sig);

/* A child ended: true if it was ours. It is started again at once, but not again and again. */
bool control_child_reaped(struct control_child *c, pid_t pid, int status);
void control_child_look_after(struct control_child *c);

/* In other children: gives up the sockets. */
void control_child_leave(struct control_child *c);

/* In the child: serves until SIGTERM; the exit code. parent: without it, it ends. */
int control_child_run(struct control_child *c, const struct conf *conf, pid_t parent);

#endif
