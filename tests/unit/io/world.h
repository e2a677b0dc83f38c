/* What tests of the resolver share: a zone, its server and a resolver, all on one loop. */
#ifndef TESTS_UNIT_IO_WORLD_H
#define TESTS_UNIT_IO_WORLD_H

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "io/resolver.h"
#include "lib/dnsd.h"

#define TIMEOUT_MS 2000u

struct world {
	struct loop *loop;
	struct zone *zone;
	struct dnsd *dnsd;
	struct resolver *r;
};

/* One question and what came of it. */
struct asked {
	struct world *w;
	struct resolver_query *q;
	const struct dns_answer *a; /* put back by world_done */
	unsigned calls;
	bool at_once;
	uint64_t began, ended;
};

static inline void world_open(struct world *w, const char *text, unsigned delay_ms,
			      const struct resolver_config *changes)
{
	static const struct resolver_config usual = {
		.timeout_ms = TIMEOUT_MS,
		.cache_entries = 10000,
		.max_ttl = 86400,
		.max_negative_ttl = 3600,
		.fail_ttl_min = 5,
		.fail_ttl_max = 60,
	};
	struct dnsd_config server = { .delay_ms = delay_ms };
	struct resolver_config cfg = changes ? *changes : usual;
	char addr[40];
	struct str list;
	struct err e;

	w->loop = loop_new();
	w->zone = zone_new();
	zone_text(w->zone, text);
	server.zone = w->zone;
	w->dnsd = dnsd_new(w->loop, &server, &e);
	assert_non_null(w->dnsd);
	snprintf(addr, sizeof addr, "127.0.0.1@%u", dnsd_port(w->dnsd));
	list = str_c(addr);
	cfg.servers = &list;
	cfg.nservers = 1;
	w->r = resolver_new(w->loop, &cfg, &e);
	assert_non_null(w->r);
}

static inline void world_close(struct world *w)
{
	resolver_free(w->r);
	dnsd_free(w->dnsd);
	zone_free(w->zone);
	loop_free(w->loop);
}

static inline void world_answer(void *arg, const struct dns_answer *a)
{
	struct asked *k = arg;

	k->calls++;
	k->a = a;
	k->q = NULL;
	k->ended = clock_mono_ms();
}

static inline void world_ask_until(struct world *w, struct asked *k, const char *name, int type,
				   uint64_t deadline)
{
	*k = (struct asked){ .w = w, .began = clock_mono_ms() };
	k->a = resolver_ask(w->r, name, type, deadline, world_answer, k, &k->q);
	k->at_once = k->a != NULL;
	assert_int_equal(k->calls, 0);
	if (k->at_once)
		k->ended = clock_mono_ms();
}

static inline void world_ask(struct world *w, struct asked *k, const char *name, int type)
{
	world_ask_until(w, k, name, type, 0);
}

/* Runs the loop until k is answered, or for ms. */
static inline void world_wait(struct world *w, struct asked *k, uint64_t ms)
{
	uint64_t until = clock_mono_ms() + ms;

	while (!k->a && clock_mono_ms() < until)
		loop_turn(w->loop, until - clock_mono_ms());
}

static inline void world_run(struct world *w, uint64_t ms)
{
	uint64_t until = clock_mono_ms() + ms;

	while (clock_mono_ms() < until)
		loop_turn(w->loop, until - clock_mono_ms());
}

static inline void world_done(struct asked *k)
{
	resolver_put(k->a);
	k->a = NULL;
}

/* Asks, waits, and says only the status. */
static inline enum dns_status world_status(struct world *w, const char *name, int type)
{
	struct asked k;
	enum dns_status status;

	world_ask(w, &k, name, type);
	world_wait(w, &k, 60000);
	assert_non_null(k.a);
	status = k.a->status;
	world_done(&k);
	return status;
}

#endif
