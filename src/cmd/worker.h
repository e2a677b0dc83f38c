/* A worker: one process, one thread, one event loop, one generation of configuration. */
#ifndef CMD_WORKER_H
#define CMD_WORKER_H

#include <sys/types.h>

#include "cmd/app.h"
#include "cmd/shared.h"
#include "milter/milter.h"

struct worker_args {
	const struct app *app;
	struct milter_listener *listener;
	size_t nlisteners;
	struct shared *shared;
	const struct app_common *common; /* all workers' */
	size_t slot;			 /* its place in shared->worker */
	uint64_t generation;
	uint64_t drain_ms;
	struct model *model; /* the classifier, trained by the control process */
	const char *state;   /* directory */
	const char *control; /* path of the control socket, for what is to be learnt */
	int lane;	     /* to the signers; -1: none */
	pid_t parent;	     /* the supervisor; without it the worker ends */
};

/* Serves until SIGTERM (drain, then exit). Returns the exit code; called in the child after fork.
 */
int worker_run(const struct worker_args *args);

#endif
