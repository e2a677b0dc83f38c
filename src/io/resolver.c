/*
 * The resolver: cache, questions under way with all who wait for them, limits, deadlines, and the
 * choice between servers.
 *
 * A question goes to the preferred server. When that fails, or says nothing for a while, the next
 * one is asked as well; the first good answer counts, and who gives it while the preferred server
 * is silent or failing is preferred from then on. A question lives until it is answered or
 * timeout_ms is over, whether anybody still waits or not, so that what was paid for is remembered.
 *
 * When many questions in a row have waited in vain and nothing was answered meanwhile, nobody
 * waits for long any more: questions still go out, and the first answer ends that.
 *
 * What libunbound reports is only noted; a timer that is due at once delivers it. So nobody is
 * called from inside resolver_ask, nor from inside libunbound.
 */
#include "io/resolver.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "io/cache.h"
#include "io/upstream.h"
#include "io/wire.h"
#include "io/zoneload.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define KEY_MAX (WIRE_NAME_MAX + 2u)
#define BUCKETS 1024u
#define HEDGE_MIN 100u
#define HEDGE_MAX 1000u
#define SILENT_AFTER 20u /* questions without an answer */
#define SILENT_LONG 500u /* ms that one of them waited at least: a SERVFAIL is an answer */

struct engine;
struct question;

/* Who waits. */
struct waiter {
	struct resolver_query query; /* first */
	struct question *question;
	resolver_fn *fn;
	void *arg;
	struct loop_timer *deadline; /* only if it is before the question's own */
	TAILQ_ENTRY(waiter) link;
};

/* The question at one server. */
struct attempt {
	struct upstream_query sent;
	struct question *question;
	size_t server;
};

struct question {
	struct engine *engine;
	LIST_ENTRY(question) chain;
	TAILQ_ENTRY(question) ready;
	TAILQ_HEAD(, waiter) waiters;
	struct zoneload *zone;
	struct loop_timer *timeout, *hedge;
	uint64_t began, ends;
	struct attempt try[SERVERS_MAX];
	size_t tried;		 /* of them were sent */
	struct cache_body *body; /* the answer, once there is one */
	bool is_ready;
	int type;
	char name[WIRE_NAME_MAX + 1];
	size_t nkey;
	char key[KEY_MAX]; /* the name in wire form, lower case, and the type */
};

LIST_HEAD(questions, question);

struct engine {
	struct resolver face; /* first */
	struct loop *loop;
	struct resolver_config cfg;
	struct upstream *up[SERVERS_MAX];
	size_t nup, preferred;
	unsigned unanswered; /* since the last answer */
	struct cache *cache;
	struct arena *scratch;
	struct hash_key hash_key;
	uint64_t draws; /* of jitter */
	struct questions under_way[BUCKETS];
	struct zoneloads *zones;
	TAILQ_HEAD(ready, question) ready;
	struct loop_timer *deliver;
	struct cache_body *impossible, *refused;
	struct resolver_stats stats;
};

/* One answer as it is given out: the shared body with the time it has left. */
struct given {
	struct resolver_answer answer; /* first */
	struct cache_body *body;
};

static const struct resolver_ops engine_ops;

static const struct dns_answer *give(struct cache_body *b, uint64_t now)
{
	struct given *g = malloc(sizeof *g);

	if (!g)
		bug("no memory for an answer");
	g->body = cache_body_ref(b);
	g->answer.ops = &engine_ops;
	g->answer.dns = (struct dns_answer){
		.status = b->status,
		.secure = b->secure,
		.ttl = b->expires > now ? (uint32_t)((b->expires - now) / 1000) : 0,
		.n = b->n,
		.rr = b->rr,
	};
	return &g->answer.dns;
}

static void engine_put(const struct dns_answer *ans)
{
	struct given *g = (struct given *)(uintptr_t)ans;

	cache_body_unref(g->body);
	free(g);
}

static struct str key_of(const struct question *q)
{
	return str_of(q->key, q->nkey);
}

static struct str wire_of(const struct question *q)
{
	return str_of(q->key, q->nkey - 2);
}

/* Length octets are below 'A', so the whole wire form can be put in lower case at once. */
static size_t make_key(const char *name, int type, char key[KEY_MAX])
{
	uint8_t wire[WIRE_NAME_MAX];
	size_t n = wire_name(name, wire);

	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		key[i] = ch_lower((char)wire[i]);
	key[n++] = (char)(type >> 8 & 0xff);
	key[n++] = (char)(type & 0xff);
	return n;
}

static struct questions *bucket(struct engine *r, struct str key)
{
	return &r->under_way[hash_sip13(r->hash_key, key) % BUCKETS];
}

static struct question *find(struct engine *r, struct str key)
{
	struct question *q;

	if (r->stats.inflight == 0)
		return NULL;
	LIST_FOREACH(q, bucket(r, key), chain)
	if (str_eq(key_of(q), key))
		return q;
	return NULL;
}

static void waiter_free(struct waiter *w)
{
	loop_cancel(w->deadline);
	TAILQ_REMOVE(&w->question->waiters, w, link);
	free(w);
}

static void question_free(struct question *q)
{
	for (struct waiter *w; (w = TAILQ_FIRST(&q->waiters));)
		waiter_free(w);
	for (size_t i = 0; i < q->tried; i++)
		upstream_cancel(&q->try[i].sent);
	loop_cancel(q->timeout);
	loop_cancel(q->hedge);
	cache_body_unref(q->body);
	free(q);
}

/* Nobody finds the question any more; it is the caller's. */
static void question_leave(struct question *q)
{
	struct engine *r = q->engine;

	LIST_REMOVE(q, chain);
	if (q->is_ready)
		TAILQ_REMOVE(&r->ready, q, ready);
	q->is_ready = false;
	zoneload_leave(q->zone);
	r->stats.inflight--;
}

static void count(struct engine *r, enum dns_status status)
{
	uint64_t *n[] = {
		[DNS_OK] = &r->stats.ok,
		[DNS_NODATA] = &r->stats.nodata,
		[DNS_NXDOMAIN] = &r->stats.nxdomain,
		[DNS_TEMPFAIL] = &r->stats.tempfail,
		[DNS_BOGUS] = &r->stats.bogus,
	};

	++*n[status];
}

/* How long an answer is remembered, in milliseconds. Failures get jitter, so that they do not end
 * together. */
static uint64_t lifetime(struct engine *r, const struct dns_answer *a)
{
	uint64_t low = (uint64_t)r->cfg.fail_ttl_min * 1000,
		 high = (uint64_t)r->cfg.fail_ttl_max * 1000;
	uint32_t max = a->status == DNS_OK ? r->cfg.max_ttl : r->cfg.max_negative_ttl;
	uint64_t draw;

	if (a->status != DNS_TEMPFAIL && a->status != DNS_BOGUS)
		return (uint64_t)(a->ttl < max ? a->ttl : max) * 1000;
	if (high <= low)
		return low;
	r->draws++;
	draw = hash_sip13(r->hash_key, str_of((const char *)&r->draws, sizeof r->draws));
	return low + draw % (high - low + 1);
}

static struct cache_body *make_body(struct engine *r, const struct dns_answer *a)
{
	return cache_body_new(a, clock_mono_ms() + lifetime(r, a));
}

/* ---- a resolver that says nothing ---- */

static bool silent(const struct engine *r)
{
	return r->unanswered >= SILENT_AFTER;
}

static void note_silence(const struct question *q)
{
	struct engine *r = q->engine;

	if (clock_mono_ms() - q->began < SILENT_LONG)
		return;
	if (++r->unanswered == SILENT_AFTER)
		LOG(LOG_LVL_WARN, "dns_silent", F_INT("questions", SILENT_AFTER),
		    F_INT("wait_ms", RESOLVER_SILENT_MS));
}

static void note_answer(struct engine *r)
{
	if (silent(r))
		LOG(LOG_LVL_INFO, "dns_answers", F_INT("unanswered", r->unanswered));
	r->unanswered = 0;
}

/* The end of a question: remembered, counted, and told to all who wait, who may ask and cancel
 * meanwhile. */
static void finish(struct question *q)
{
	static const struct dns_answer failed = { .status = DNS_TEMPFAIL };
	struct engine *r = q->engine;

	if (!q->body) {
		note_silence(q);
		q->body = make_body(r, &failed);
	}
	question_leave(q);
	count(r, q->body->status);
	cache_put(r->cache, key_of(q), q->body, clock_mono_ms());
	for (struct waiter *w; (w = TAILQ_FIRST(&q->waiters));) {
		resolver_fn *fn = w->fn;
		void *arg = w->arg;

		waiter_free(w);
		fn(arg, give(q->body, clock_mono_ms()));
	}
	question_free(q);
}

static void on_timeout(void *arg)
{
	struct question *q = arg;

	q->timeout = NULL;
	if (!q->body)
		q->engine->stats.timeouts++;
	finish(q);
}

static bool any_live(const struct question *q)
{
	for (size_t i = 0; i < q->tried; i++)
		if (q->try[i].sent.live)
			return true;
	return false;
}

static void try_next(struct question *q);

/* Everything that was noted since the last turn; what is noted meanwhile is for the next one. */
static void on_deliver(void *arg)
{
	struct engine *r = arg;
	const struct question *last = TAILQ_LAST(&r->ready, ready);
	bool more = last != NULL;

	r->deliver = NULL;
	while (more) {
		struct question *q = TAILQ_FIRST(&r->ready);

		more = q != last;
		TAILQ_REMOVE(&r->ready, q, ready);
		q->is_ready = false;
		if (!q->body && q->tried < r->nup)
			try_next(q);
		else if (q->body || !any_live(q))
			finish(q);
	}
}

static void make_ready(struct question *q)
{
	struct engine *r = q->engine;

	if (!q->is_ready)
		TAILQ_INSERT_TAIL(&r->ready, q, ready);
	q->is_ready = true;
	if (!r->deliver)
		r->deliver = loop_after(r->loop, 0, on_deliver, r);
}

/* What the reply says; TEMPFAIL if that is nothing to go by. */
static struct dns_answer read_reply(struct question *q, const struct upstream_reply *reply)
{
	struct arena *scratch = q->engine->scratch;
	struct dns_answer a = { .status = DNS_TEMPFAIL };

	if (reply->bogus)
		return (struct dns_answer){ .status = DNS_BOGUS };
	if (reply->pkt.p) {
		arena_reset(scratch);
		wire_read(scratch, reply->pkt, q->name, q->type, &a);
	}
	a.secure = reply->secure && a.status != DNS_TEMPFAIL;
	return a;
}

static void on_reply(void *arg, const struct upstream_reply *reply)
{
	struct attempt *t = arg;
	struct question *q = t->question;
	struct engine *r = q->engine;
	struct dns_answer a;

	make_ready(q);
	if (reply->pkt.p)
		note_answer(r);
	if (q->body)
		return;
	a = read_reply(q, reply);
	if (a.status == DNS_TEMPFAIL)
		return;
	q->body = make_body(r, &a);
	if (r->preferred == q->try[0].server)
		r->preferred = t->server;
}

static void on_hedge(void *arg)
{
	struct question *q = arg;

	q->hedge = NULL;
	try_next(q);
}

static uint64_t hedge_after(const struct engine *r)
{
	uint64_t ms = r->cfg.timeout_ms / 4;

	ms = ms < HEDGE_MIN ? HEDGE_MIN : ms;
	return ms > HEDGE_MAX ? HEDGE_MAX : ms;
}

/* Sends the question to the next server of the ring that begins with the preferred one. */
static void try_next(struct question *q)
{
	struct engine *r = q->engine;
	struct attempt *t = &q->try[q->tried++];

	t->question = q;
	t->server = t == q->try ? r->preferred : (t[-1].server + 1) % r->nup;
	loop_cancel(q->hedge);
	q->hedge = NULL;
	if (q->tried < r->nup)
		q->hedge = loop_after(r->loop, hedge_after(r), on_hedge, q);
	r->stats.sent++;
	upstream_ask(r->up[t->server], wire_of(q), q->type, on_reply, t, &t->sent);
}

static struct question *question_new(struct engine *r, struct str key, int type,
				     struct zoneload *zone, uint64_t now)
{
	struct question *q = calloc(1, sizeof *q);
	size_t n = 0;

	if (!q)
		bug("no memory for a question");
	q->engine = r;
	q->type = type;
	q->nkey = key.n;
	memcpy(q->key, key.p, key.n);
	for (size_t i = 0; key.p[i] != 0; i += 1u + (unsigned char)key.p[i]) {
		memcpy(q->name + n, key.p + i + 1, (unsigned char)key.p[i]);
		n += (unsigned char)key.p[i];
		q->name[n++] = '.';
	}
	TAILQ_INIT(&q->waiters);
	LIST_INSERT_HEAD(bucket(r, key), q, chain);
	q->zone = zone;
	r->stats.inflight++;
	q->began = now;
	q->ends = now + r->cfg.timeout_ms;
	q->timeout = loop_after(r->loop, r->cfg.timeout_ms, on_timeout, q);
	try_next(q);
	return q;
}

/* The question is taken in; NULL: a limit is reached. */
static struct question *begin(struct engine *r, struct str key, int type, uint64_t now)
{
	struct zoneload *zone;

	if (r->stats.inflight >= RESOLVER_MAX_INFLIGHT)
		return NULL;
	zone = zoneload_enter(r->zones, str_sub(key, 0, key.n - 2), RESOLVER_MAX_PER_ZONE);
	if (!zone)
		return NULL;
	return question_new(r, key, type, zone, now);
}

static void on_deadline(void *arg)
{
	static const struct dns_answer failed = { .status = DNS_TEMPFAIL };
	struct waiter *w = arg;
	struct engine *r = w->question->engine;
	resolver_fn *fn = w->fn;
	void *fn_arg = w->arg;
	struct cache_body *b = cache_body_new(&failed, 0);

	w->deadline = NULL;
	r->stats.timeouts++;
	waiter_free(w);
	fn(fn_arg, give(b, 0));
	cache_body_unref(b);
}

static struct waiter *wait_for(struct question *q, uint64_t deadline, uint64_t now, resolver_fn *fn,
			       void *arg)
{
	struct waiter *w = calloc(1, sizeof *w);

	if (!w)
		bug("no memory for a question");
	*w = (struct waiter){ { &engine_ops }, q, fn, arg, NULL, { 0 } };
	TAILQ_INSERT_TAIL(&q->waiters, w, link);
	if (deadline > 0 && deadline < q->ends)
		w->deadline = loop_after(q->engine->loop, deadline - now, on_deadline, w);
	return w;
}

static const struct dns_answer *engine_ask(struct resolver *face, const char *name, int type,
					   uint64_t deadline, resolver_fn *fn, void *arg,
					   struct resolver_query **out)
{
	struct engine *r = (struct engine *)face;
	uint64_t now = clock_mono_ms();
	struct cache_body *known;
	struct question *q;
	char key[KEY_MAX];
	size_t n = make_key(name, type, key);

	r->stats.asked++;
	if (n == 0)
		return give(r->impossible, now);
	if ((known = cache_get(r->cache, str_of(key, n), now))) {
		const struct dns_answer *a = give(known, now);

		cache_body_unref(known);
		r->stats.cache_hits++;
		return a;
	}
	if (deadline > 0 && deadline <= now)
		return give(r->refused, now);
	if ((q = find(r, str_of(key, n)))) {
		r->stats.joined++;
	} else if (!(q = begin(r, str_of(key, n), type, now))) {
		r->stats.refused++;
		return give(r->refused, now);
	}
	if (silent(r) && (!deadline || deadline > now + RESOLVER_SILENT_MS))
		deadline = now + RESOLVER_SILENT_MS;
	*out = &wait_for(q, deadline, now, fn, arg)->query;
	return NULL;
}

/* The question itself goes on. */
static void engine_cancel(struct resolver_query *q)
{
	waiter_free((struct waiter *)q);
}

static const struct resolver_stats *engine_stats(const struct resolver *face)
{
	struct engine *r = (struct engine *)(uintptr_t)face;

	r->stats.cached = cache_len(r->cache);
	return &r->stats;
}

static void engine_free(struct resolver *face)
{
	struct engine *r = (struct engine *)face;

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct question *q; (q = LIST_FIRST(&r->under_way[i]));) {
			question_leave(q);
			question_free(q);
		}
	loop_cancel(r->deliver);
	for (size_t i = 0; i < r->nup; i++)
		upstream_free(r->up[i]);
	cache_free(r->cache);
	zoneloads_free(r->zones);
	cache_body_unref(r->impossible);
	cache_body_unref(r->refused);
	arena_free(r->scratch);
	free(r);
}

static const struct resolver_ops engine_ops = {
	.ask = engine_ask,
	.cancel = engine_cancel,
	.put = engine_put,
	.stats = engine_stats,
	.free = engine_free,
};

static int open_servers(struct engine *r, struct err *e)
{
	const char *path = r->cfg.resolv_conf ? r->cfg.resolv_conf : RESOLV_CONF;
	struct servers list;
	int rc = r->cfg.nservers > 0 ? servers_parse(r->cfg.servers, r->cfg.nservers, &list, e)
				     : servers_load(path, &list, e);

	if (rc != 0)
		return -1;
	for (; r->nup < list.n; r->nup++) {
		r->up[r->nup] = upstream_new(r->loop, &list.s[r->nup], r->cfg.timeout_ms, e);
		if (!r->up[r->nup])
			return -1;
	}
	return 0;
}

struct resolver *resolver_new(struct loop *l, const struct resolver_config *cfg, struct err *e)
{
	static const struct dns_answer impossible = { .status = DNS_NXDOMAIN },
				       refused = { .status = DNS_TEMPFAIL };
	struct engine *r = calloc(1, sizeof *r);

	if (!r)
		bug("no memory for a resolver");
	r->face.ops = &engine_ops;
	r->loop = l;
	r->cfg = *cfg;
	r->cache = cache_new(cfg->cache_entries);
	r->zones = zoneloads_new();
	r->scratch = arena_new(0);
	r->hash_key = hash_key_random();
	r->impossible = cache_body_new(&impossible, 0);
	r->refused = cache_body_new(&refused, 0);
	TAILQ_INIT(&r->ready);
	if (open_servers(r, e) != 0) {
		engine_free(&r->face);
		return NULL;
	}
	r->cfg.servers = NULL; /* the caller's; not needed any more */
	return &r->face;
}
