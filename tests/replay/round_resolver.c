/* A test zone behind the face of a worker's resolver. */
#include "replay/round_resolver.h"

#include <stdlib.h>
#include <sys/queue.h>

struct query {
	struct resolver_query face; /* first */
	struct round_resolver *r;
	struct dns_answer answer;
	resolver_fn *fn;
	void *arg;
	struct loop_timer *timer; /* delayed; else it goes with a round */
	unsigned asked_in;	  /* rounds there had been */
	TAILQ_ENTRY(query) link;
};

struct round_resolver {
	struct resolver face; /* first */
	struct loop *loop;
	struct dns *zone_now;
	const struct zone *zone;
	uint64_t timeout_ms;
	struct resolver_stats stats;
	struct loop_timer *round;
	TAILQ_HEAD(, query) due; /* in the next round */
	unsigned rounds;
};

static void put(const struct dns_answer *ans)
{
	free((void *)(uintptr_t)ans);
}

static const struct dns_answer *wrap(const struct round_resolver *r, struct dns_answer ans)
{
	struct resolver_answer *a = calloc(1, sizeof *a);

	if (!a)
		bug("no memory");
	a->dns = ans;
	a->ops = r->face.ops;
	return &a->dns;
}

static void give(struct query *q)
{
	struct round_resolver *r = q->r;
	const struct dns_answer *ans = wrap(r, q->answer);
	resolver_fn *fn = q->fn;
	void *arg = q->arg;

	r->stats.inflight--;
	free(q);
	fn(arg, ans);
}

static void late(void *arg)
{
	give(arg);
}

/* What an answer makes somebody ask goes with the next round. */
static void one_round(void *arg)
{
	struct round_resolver *r = arg;
	unsigned this = r->rounds++;
	struct query *q;

	r->round = NULL;
	while ((q = TAILQ_FIRST(&r->due)) && q->asked_in <= this) {
		TAILQ_REMOVE(&r->due, q, link);
		give(q);
	}
}

static void cancel(struct resolver_query *face)
{
	struct query *q = (struct query *)face;
	struct round_resolver *r = q->r;

	if (q->timer)
		loop_cancel(q->timer);
	else
		TAILQ_REMOVE(&r->due, q, link);
	r->stats.inflight--;
	free(q);
}

static void enqueue(struct round_resolver *r, struct query *q, const struct zone_found *f)
{
	uint64_t wait = f->fault == ZONE_TIMEOUT ? r->timeout_ms : f->delay_ms;

	r->stats.inflight++;
	if (wait) {
		q->timer = loop_after(r->loop, wait, late, q);
		return;
	}
	q->asked_in = r->rounds;
	TAILQ_INSERT_TAIL(&r->due, q, link);
	if (!r->round)
		r->round = loop_after(r->loop, 0, one_round, r);
}

static const struct dns_answer *ask(struct resolver *face, const char *name, int type,
				    uint64_t deadline, resolver_fn *fn, void *arg,
				    struct resolver_query **out)
{
	struct round_resolver *r = (struct round_resolver *)face;
	const struct dns_answer *ans = dns_ask(r->zone_now, name, type);
	struct zone_found f = zone_find(r->zone, str_c(name), type);
	struct query *q = calloc(1, sizeof *q);

	(void)deadline;
	if (!q)
		bug("no memory");
	r->stats.asked++;
	*q = (struct query){ { face->ops }, r, *ans, fn, arg, NULL, 0, { 0 } };
	enqueue(r, q, &f);
	*out = &q->face;
	return NULL;
}

static const struct resolver_stats *stats(const struct resolver *r)
{
	return &((const struct round_resolver *)r)->stats;
}

static void release(struct resolver *face)
{
	struct round_resolver *r = (struct round_resolver *)face;

	if (r->stats.inflight)
		bug("%zu questions are still under way", r->stats.inflight);
	loop_cancel(r->round);
	free(r);
}

static const struct resolver_ops ops = { ask, cancel, put, stats, release };

struct resolver *round_resolver_new(struct loop *l, struct zone *z, uint64_t timeout_ms)
{
	struct round_resolver *r = calloc(1, sizeof *r);

	if (!r)
		bug("no memory");
	r->face.ops = &ops;
	r->loop = l;
	r->zone = z;
	r->zone_now = zone_dns(z, ZONE_NOW);
	r->timeout_ms = timeout_ms;
	TAILQ_INIT(&r->due);
	return &r->face;
}

unsigned round_resolver_rounds(const struct resolver *r)
{
	return ((const struct round_resolver *)r)->rounds;
}
