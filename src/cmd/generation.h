/* One generation of configuration with the sockets it is served on. */
#ifndef CMD_GENERATION_H
#define CMD_GENERATION_H

#include "cmd/app.h"
#include "milter/milter.h"

struct generation {
	struct app *app; /* NULL: there is none */
	struct milter_listener *listener;
	size_t nlisteners;
	uint64_t number;
};

/* milter_listeners, and whether what options say of listeners is said of one of them. -1 and *e. */
int generation_listeners(struct arena *a, const struct conf *c, struct milter_listener **l,
			 size_t *n, struct err *e);

/* Reads configuration, rules and listeners; binds nothing. -1: every fault is logged as event. */
int generation_load(struct generation *g, const char *conf, const struct check *const *checks,
		    const char *event);

/* Binds its listeners; a socket that old has bound is used on. -1 and *e: nothing new is bound. */
int generation_bind(struct generation *g, const struct generation *old, struct err *e);

/* Closes what g has bound and other (NULL: none) does not use; the file of a unix socket goes too
 * if unlink_path. */
void generation_unbind(struct generation *g, const struct generation *other, bool unlink_path);

/* The same, and frees g if it is a generation; g is none afterwards. */
void generation_free(struct generation *g, const struct generation *other, bool unlink_path);

/* How many workers it wants. */
size_t generation_workers(const struct generation *g);

#endif
