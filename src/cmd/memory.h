/* What a process has of the site's memory: the store, the model, and the way to the trainer. */
#ifndef CMD_MEMORY_H
#define CMD_MEMORY_H

#include "cmd/worker.h"
#include "feed/feeds.h"
#include "learn/model.h"

struct memory {
	struct arena *arena; /* of what follows */
	struct feed_specs feed_specs;
	struct feeds *feeds;
	struct store *store;
	struct courier *courier; /* of a worker */
	struct spool *spool;	 /* of a worker */
	struct model *model;	 /* of a tool: its own */
	struct store *local;	 /* of a tool: where the model is */
	struct trainer *trainer; /* the same: it has loaded the model */
};

/* A worker's: the store as the configuration says, model of the supervisor, events to the control
 * process. Given to env. -1 and *e: an option that cannot be. */
int memory_worker(struct memory *m, struct app_env *env, const struct worker_args *a,
		  struct err *e);

/* A tool's that judges: everything readonly, beside a daemon or without. Nothing where there is no
 * state yet. state: NULL for the configured directory. */
int memory_tool(struct memory *m, struct app_env *env, const struct app *app, const char *state,
		struct err *e);

/* Before the environment is freed. */
void memory_close(struct memory *m);

#endif
