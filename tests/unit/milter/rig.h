/* The wire engine on a loop of its own, for tests that are its MTA. */
#ifndef TESTS_MILTER_RIG_H
#define TESTS_MILTER_RIG_H

#include "lib/test.h"

#include "fake_scan.h"
#include "lib/mta.h"
#include "milter/wire.h"

/* An engine on a loop of its own, with scans that obey the message. */
struct rig {
	char dir[64], path[128], socket[160];
	struct arena *arena;
	struct loop *loop;
	struct fake fake;
	struct scan_env env;
	struct milter_listener l;
	struct milter_config cfg;
	struct milter *m;
	bool drained;
};

/* cfg: NULL: the defaults. */
void rig_start(struct rig *r, const struct milter_config *cfg);
/* Every scan must be gone. */
void rig_stop(struct rig *r);
void turn_for(struct rig *r, uint64_t ms);
/* Turns until there are n sessions. */
void await_sessions(struct rig *r, size_t n);
void open_hello(struct rig *r, struct mta *m);
/* The answers are these. */
void expect(struct rig *r, struct mta *m, const char *text);

#endif
