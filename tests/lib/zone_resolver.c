/* The test zone behind the face of a resolver; delays are timers of the loop. */
#include "lib/zone_resolver.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/map.h"
#include "io/wire.h"

#define TIMEOUT_MS 5000u

/* What has been asked. */
struct known {
	uint64_t due; /* on clock_mono_ms */
	struct dns_answer answer;
};

struct waiter {
	struct resolver_query query; /* first */
	struct zone_resolver *r;
	const struct known *known;
	struct loop_timer *timer;
	resolver_fn *fn;
	void *arg;
	LIST_ENTRY(waiter) link;
};

struct zone_resolver {
	struct resolver face; /* first */
	struct zone_resolver_config cfg;
	struct loop *loop;
	struct dns *dns;
	struct arena *arena;
	struct map *known; /* "name type" -> struct known */
	LIST_HEAD(, waiter) waiters;
	struct resolver_stats stats;
};

static const struct resolver_ops zone_ops;

static const struct dns_answer *give(const struct dns_answer *a)
{
	struct resolver_answer *g = malloc(sizeof *g);

	if (!g)
		bug("no memory for an answer");
	*g = (struct resolver_answer){ .dns = *a, .ops = &zone_ops };
	return &g->dns;
}

static void zone_put(const struct dns_answer *ans)
{
	free((struct resolver_answer *)(uintptr_t)ans);
}

/* How long the answer takes: the delays of all names on the way, or for ever. */
static uint64_t takes(const struct zone_resolver *r, struct str name, int type)
{
	uint64_t ms = r->cfg.delay_ms;
	struct zone_found f;

	for (unsigned links = 0; links <= ZONE_MAX_CHAIN; links++, name = f.cname) {
		f = zone_find(r->cfg.zone, name, type);
		ms += f.delay_ms;
		if (f.fault == ZONE_TIMEOUT || f.fault == ZONE_WRONGID)
			return r->cfg.timeout_ms;
		if (f.fault != ZONE_FINE || !f.cname.p)
			break;
	}
	return ms < r->cfg.timeout_ms ? ms : r->cfg.timeout_ms;
}

static const struct known *look(struct zone_resolver *r, const char *name, int type, uint64_t now)
{
	static const struct dns_answer failed = { .status = DNS_TEMPFAIL };
	struct str s = str_c(name), key;
	struct known *k;
	uint64_t ms;

	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	key = arena_lower(r->arena, arena_printf(r->arena, "%.*s %d", STR_ARG(s), type));
	if ((k = map_get(r->known, key)))
		return k;
	ms = takes(r, s, type);
	k = ARENA_NEW(r->arena, struct known);
	k->due = now + ms;
	k->answer = ms < r->cfg.timeout_ms ? *dns_ask(r->dns, name, type) : failed;
	map_put(r->known, key, k);
	r->stats.sent++;
	return k;
}

static void waiter_free(struct waiter *w)
{
	loop_cancel(w->timer);
	LIST_REMOVE(w, link);
	w->r->stats.inflight--;
	free(w);
}

static void on_time(void *arg)
{
	static const struct dns_answer failed = { .status = DNS_TEMPFAIL };
	struct waiter *w = arg;
	bool here = clock_mono_ms() >= w->known->due;
	const struct dns_answer *a = give(here ? &w->known->answer : &failed);
	resolver_fn *fn = w->fn;
	void *fn_arg = w->arg;

	w->timer = NULL;
	w->r->stats.timeouts += !here;
	waiter_free(w);
	fn(fn_arg, a);
}

static const struct dns_answer *zone_ask(struct resolver *face, const char *name, int type,
					 uint64_t deadline, resolver_fn *fn, void *arg,
					 struct resolver_query **out)
{
	static const struct dns_answer impossible = { .status = DNS_NXDOMAIN },
				       late = { .status = DNS_TEMPFAIL };
	struct zone_resolver *r = (struct zone_resolver *)face;
	uint64_t now = clock_mono_ms(), at;
	uint8_t wire[255];
	size_t before = map_len(r->known);
	const struct known *k;
	struct waiter *w;

	r->stats.asked++;
	if (wire_name(name, wire) == 0)
		return give(&impossible);
	k = look(r, name, type, now);
	if (map_len(r->known) == before && k->due <= now) {
		r->stats.cache_hits++;
		return give(&k->answer);
	}
	if (deadline > 0 && deadline <= now)
		return give(&late);
	w = calloc(1, sizeof *w);
	if (!w)
		bug("no memory for a question");
	at = deadline > 0 && deadline < k->due ? deadline : k->due;
	*w = (struct waiter){ { &zone_ops }, r, k, NULL, fn, arg, { 0 } };
	w->timer = loop_after(r->loop, at > now ? at - now : 0, on_time, w);
	LIST_INSERT_HEAD(&r->waiters, w, link);
	r->stats.inflight++;
	*out = &w->query;
	return NULL;
}

static void zone_cancel(struct resolver_query *q)
{
	waiter_free((struct waiter *)q);
}

static const struct resolver_stats *zone_stats(const struct resolver *face)
{
	return &((const struct zone_resolver *)face)->stats;
}

static void zone_resolver_free(struct resolver *face)
{
	struct zone_resolver *r = (struct zone_resolver *)face;

	for (struct waiter *w; (w = LIST_FIRST(&r->waiters));)
		waiter_free(w);
	arena_free(r->arena);
	free(r);
}

static const struct resolver_ops zone_ops = {
	.ask = zone_ask,
	.cancel = zone_cancel,
	.put = zone_put,
	.stats = zone_stats,
	.free = zone_resolver_free,
};

struct resolver *zone_resolver_new(struct loop *l, const struct zone_resolver_config *cfg)
{
	struct zone_resolver *r = calloc(1, sizeof *r);

	if (!r)
		bug("no memory for a resolver");
	r->face.ops = &zone_ops;
	r->loop = l;
	r->cfg = *cfg;
	r->cfg.timeout_ms = cfg->timeout_ms ? cfg->timeout_ms : TIMEOUT_MS;
	r->dns = zone_dns(cfg->zone, ZONE_NOW);
	r->arena = arena_new(0);
	r->known = map_new(r->arena, false);
	LIST_INIT(&r->waiters);
	return &r->face;
}
