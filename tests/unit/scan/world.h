/* What tests of the scan room share: an engine over a test zone, with whatever checks a test
 * brings. */
#ifndef TESTS_UNIT_SCAN_WORLD_H
#define TESTS_UNIT_SCAN_WORLD_H

#include "lib/test.h"

#include "base/buf.h"
#include "lib/zone_resolver.h"
#include "scan/priv.h"

struct world {
	struct arena *a;
	struct loop *loop;
	struct zone *zone;
	struct resolver *resolver;
	struct scan_setup *setup;
	struct scan_env env;
	struct buf trace;  /* what checks and callbacks write down */
	unsigned done;	   /* times the end was told */
	bool free_in_done; /* the callback frees the scan */
	bool poison;	   /* every message is */
	uint64_t digest;   /* of the last message announced */
};

/* conf: text of a configuration with the engine's options; zone: text of a zone. */
void world_open(struct world *w, const struct check *const *checks, const char *conf,
		const char *zone);
void world_close(struct world *w);
/* The scan room's setup alone: NULL and *e if it refuses. */
struct scan_setup *world_setup(struct arena *a, const struct check *const *checks, const char *conf,
			       struct err *e);

struct scan *world_scan(struct world *w, const char *profile);
void world_done(void *arg, struct scan *s); /* arg: the world */
/* Turns the loop until the end is told, 2 s at most. */
void world_wait(struct world *w);
void world_mark(struct world *w, const char *text);
/* What was written down since the last time. */
const char *world_trace(struct world *w);
/* A whole message: header text with LF line ends, judged. */
struct scan *world_message(struct world *w, const char *headers);
void world_headers(struct scan *s, const char *text);

#endif
