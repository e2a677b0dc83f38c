/* The outside as attacks meet it: everything that can be asked is asked, by loopback and a zone. */
#ifndef TESTS_LIMITS_WORLD_H
#define TESTS_LIMITS_WORLD_H

#include "cmd/app.h"
#include "cmd/source.h"
#include "feed/feeds.h"

/* A directory of state with a feed of some entries, and what the configuration says of it. */
struct world {
	char dir[32];
	struct arena *arena;
	struct feed_specs specs;
	struct zone *zone;
};

/* Before any message; ends in the parent's world_free. */
struct world *world_new(size_t entries);
void world_free(struct world *w);

/* Lines of a configuration: lists, feeds, redirectors, geography, antivirus, a second opinion. */
struct str world_conf(const struct world *w);
/* After the configuration is loaded. */
void world_specs(struct world *w, const struct conf *c);

/* Gives a process's environment the zone and the feeds; undone before app_env_free. */
void world_enter(const struct world *w, struct app_env *env);
void world_leave(struct app_env *env);

/* Somebody of the public Internet, with the longest names there are. */
const struct envelope *world_envelope(void);

#endif
