/* Rows from the spool into the logs of their windows. */
#include "control/report/gather.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "control/report/batch.h"
#include "control/report/keys.h"
#include "control/report/logread.h"

#define KNOWN_MAX 1024u /* windows remembered to stand in the index */
#define KNOWN_S 600	/* for so long: the store may lose it */

struct heap { /* of one part, being filled */
	struct window_part part;
	struct batch batch;
};

struct load { /* full */
	struct window_part part;
	struct str value;
};

struct gather {
	struct logread *io;
	uint32_t length;
	int64_t (*now)(void *arg);
	void *now_arg;
	struct gather_stats stats;
	struct window_part known[KNOWN_MAX];
	size_t nknown;
	int64_t known_since;
	/* what is under way */
	struct arena *arena;
	VEC(struct heap) heap;
	VEC(struct load) load;
	VEC(struct window_part) fresh; /* windows that are not known */
	size_t sent;
	collect_taken_fn *taken;
	void *token;
};

static int64_t wall(void *arg)
{
	(void)arg;
	return clock_wall();
}

struct gather *gather_new(struct loop *l, struct store *s, uint32_t length)
{
	struct gather *g = calloc(1, sizeof *g);

	if (!g)
		bug("no memory");
	g->io = logread_new(l, s);
	g->length = length;
	g->now = wall;
	g->arena = arena_new(0);
	return g;
}

void gather_free(struct gather *g)
{
	if (!g)
		return;
	logread_free(g->io);
	arena_free(g->arena);
	free(g);
}

const struct gather_stats *gather_stats(const struct gather *g)
{
	return &g->stats;
}

void gather_clock(struct gather *g, int64_t (*now)(void *arg), void *arg)
{
	g->now = now;
	g->now_arg = arg;
}

static void end(struct gather *g, bool good)
{
	collect_taken_fn *taken = g->taken;

	if (good)
		g->stats.batches += g->load.n;
	g->taken = NULL;
	g->heap.n = g->heap.cap = 0;
	g->load.n = g->load.cap = 0;
	g->fresh.n = g->fresh.cap = 0;
	g->heap.p = NULL;
	g->load.p = NULL;
	g->fresh.p = NULL;
	arena_reset(g->arena);
	taken(g->token, good);
}

/* ---- rows into batches ---- */

static bool same_window(const struct window_part *a, const struct window_part *b)
{
	return a->start == b->start && a->length == b->length;
}

static struct heap *heap_of(struct gather *g, const struct window_part *p)
{
	for (size_t i = 0; i < g->heap.n; i++)
		if (same_window(&g->heap.p[i].part, p) && g->heap.p[i].part.part == p->part)
			return &g->heap.p[i];
	VEC_PUSH(g->arena, g->heap) = (struct heap){ .part = *p };
	batch_begin(&g->heap.p[g->heap.n - 1].batch, g->arena, p->start);
	return &g->heap.p[g->heap.n - 1];
}

static void unload(struct gather *g, struct heap *h)
{
	VEC_PUSH(g->arena, g->load) = (struct load){ h->part, batch_end(&h->batch) };
	batch_begin(&h->batch, g->arena, h->part.start);
}

static void add_row(struct gather *g, const struct row *r, struct str facts, int64_t now)
{
	int64_t judged = r->judged > now + GATHER_AHEAD_S ? now : r->judged;
	struct window_part p = window_at(judged, g->length, r->policy_domain);
	struct heap *h;

	if (p.start + p.length + WINDOW_KEEP_S <= now) {
		g->stats.old++;
		return;
	}
	h = heap_of(g, &p);
	if (!batch_add(&h->batch, r->id, judged, facts)) {
		unload(g, h);
		if (!batch_add(&h->batch, r->id, judged, facts))
			bug("a row is larger than a batch");
	}
	g->stats.rows++;
}

static void add_record(struct gather *g, struct str record, int64_t now)
{
	struct row r;

	if (row_parse(g->arena, record, &r))
		add_row(g, &r, row_facts(record), now);
	else
		g->stats.damaged++;
}

/* ---- the index ---- */

static bool is_known(const struct gather *g, const struct window_part *p)
{
	for (size_t i = 0; i < g->nknown; i++)
		if (same_window(&g->known[i], p))
			return true;
	return false;
}

static void know(struct gather *g, const struct window_part *p)
{
	if (is_known(g, p))
		return;
	if (g->nknown == KNOWN_MAX)
		g->nknown = 0;
	g->known[g->nknown++] = *p;
}

static void find_fresh(struct gather *g)
{
	g->fresh.n = 0;
	for (size_t i = 0; i < g->load.n; i++) {
		bool there = is_known(g, &g->load.p[i].part);

		for (size_t j = 0; j < g->fresh.n && !there; j++)
			there = same_window(&g->fresh.p[j], &g->load.p[i].part);
		if (!there)
			VEC_PUSH(g->arena, g->fresh) = g->load.p[i].part;
	}
}

static bool indexed(void *arg, uint64_t id, struct str value)
{
	struct gather *g = arg;
	struct window_part p;

	(void)id;
	if (index_parse(value, &p))
		for (size_t i = 0; i < g->fresh.n; i++)
			if (same_window(&g->fresh.p[i], &p))
				know(g, &p);
	return true;
}

/* ---- into the store ---- */

static void send_next(struct gather *g);

static void sent(void *arg, bool good)
{
	if (good)
		send_next(arg);
	else
		end(arg, false);
}

static void send_next(struct gather *g)
{
	struct store_op op[GATHER_OPS];
	size_t n = 0;

	for (; n < GATHER_OPS && g->sent < g->load.n; n++, g->sent++) {
		const struct load *load = &g->load.p[g->sent];

		op[n] = (struct store_op){ .kind = STORE_APPEND,
					   .key = rows_key(g->arena, &load->part),
					   .value = load->value,
					   .limit = GATHER_LOG_MAX };
	}
	if (n)
		logread_send(g->io, op, n, NULL, sent, g);
	else
		end(g, true);
}

static void index_read(void *arg, bool good);

static void announced(void *arg, bool good)
{
	struct gather *g = arg;

	for (size_t i = 0; good && i < g->fresh.n; i++)
		know(g, &g->fresh.p[i]);
	index_read(g, good);
}

static void announce(struct gather *g)
{
	struct store_op op[GATHER_OPS];
	size_t n = 0;

	for (; n < GATHER_OPS && n < g->fresh.n; n++)
		op[n] = (struct store_op){ .kind = STORE_APPEND,
					   .key = STR(INDEX_KEY),
					   .value = index_format(g->arena, &g->fresh.p[n]),
					   .limit = INDEX_LOG_MAX };
	g->fresh.n = n;
	logread_send(g->io, op, n, NULL, announced, g);
}

/* A window stands in the index before there is anything in it. */
static void index_read(void *arg, bool good)
{
	struct gather *g = arg;

	find_fresh(g);
	if (!good)
		end(g, false);
	else if (g->fresh.n)
		announce(g);
	else
		send_next(g);
}

static void take(void *arg, const struct spool_record *r, size_t n, collect_taken_fn *taken,
		 void *token)
{
	struct gather *g = arg;
	int64_t now = g->now(g->now_arg);

	g->taken = taken;
	g->token = token;
	g->sent = 0;
	if (now >= g->known_since + KNOWN_S || now < g->known_since) {
		g->nknown = 0;
		g->known_since = now;
	}
	for (size_t i = 0; i < n; i++)
		add_record(g, r[i].octets, now);
	for (size_t i = 0; i < g->heap.n; i++)
		unload(g, &g->heap.p[i]);
	find_fresh(g);
	if (g->fresh.n)
		logread_start(g->io, &(struct logread_range){ .key = STR(INDEX_KEY) }, indexed,
			      index_read, g);
	else
		send_next(g);
}

struct collect_taker gather_taker(struct gather *g)
{
	return (struct collect_taker){ .type = SPOOL_DMARC_ROW, .take = take, .arg = g };
}
