/* The front of every store: calls and their copies, the deadline, the breaker and the fallback. */
#include "store/store.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "io/loop.h"
#include "store/backend.h"
#include "store/breaker.h"
#include "store/memory.h"

#define FALLBACK_FRESH_MS 600000u /* what an outage before that left behind is not used again */

/* In its own arena, which goes with it. */
struct store_call {
	struct store_batch batch; /* first: what back-ends know it by */
	LIST_ENTRY(store_call) link;
	struct store *s;
	store_done_fn *done; /* NULL: cancelled */
	void *arg;
	struct loop_timer *timer; /* the deadline; of a call that is not asked, its answer */
	uint64_t began_ms;
	bool trial; /* by which the breaker finds out */
};

struct store {
	struct loop *loop;
	const struct store_backend *backend;
	void *self;
	uint64_t deadline_ms;
	struct breaker breaker;
	struct memory *fallback; /* NULL: none */
	uint64_t fallback_ms;	 /* last used */
	LIST_HEAD(, store_call) calls;
	struct store_stats stats;
	bool reported_up, told_up;
	char why[128]; /* it is down */
	store_state_fn *watch;
	void *watch_arg;
	int64_t (*clock)(void *arg);
	void *clock_arg;
};

static uint64_t or_else(uint64_t v, uint64_t def)
{
	return v ? v : def;
}

struct store *store_over(struct loop *l, const struct store_backend *b, void *self,
			 const struct store_limits *lim, bool fallback)
{
	static const struct store_limits defaults;
	struct store *s = calloc(1, sizeof *s);

	if (!s)
		bug("no memory for a store");
	lim = lim ? lim : &defaults;
	s->loop = l;
	s->backend = b;
	s->self = self;
	s->deadline_ms = or_else(lim->deadline_ms, 250);
	s->breaker.errors = (unsigned)or_else(lim->breaker_errors, 5);
	if (s->breaker.errors > BREAKER_ERRORS_MAX)
		s->breaker.errors = BREAKER_ERRORS_MAX;
	s->breaker.window_ms = or_else(lim->breaker_window_ms, 10000);
	s->breaker.open_ms = or_else(lim->breaker_open_ms, 5000);
	s->fallback = fallback ? memory_new((size_t)or_else(lim->fallback_entries, 65536)) : NULL;
	s->reported_up = s->told_up = true;
	LIST_INIT(&s->calls);
	return s;
}

/* ---- up and down ---- */

bool store_up(const struct store *s)
{
	return s->reported_up && s->breaker.state == BREAKER_CLOSED;
}

static void tell(struct store *s)
{
	bool up = store_up(s);

	if (up == s->told_up)
		return;
	s->told_up = up;
	if (s->watch)
		s->watch(s->watch_arg, up, up ? "" : s->why);
}

static void set_why(struct store *s, const char *why)
{
	size_t n = strlen(why);

	n = n < sizeof s->why ? n : sizeof s->why - 1;
	memcpy(s->why, why, n);
	s->why[n] = '\0';
}

/* A connection that is there again is reason enough to ask again. */
void store_report(struct store *s, bool up, const char *why)
{
	if (up && !s->reported_up)
		breaker_good(&s->breaker);
	if (!up)
		set_why(s, why ? why : "down");
	s->reported_up = up;
	tell(s);
}

void store_watch(struct store *s, store_state_fn *fn, void *arg)
{
	s->watch = fn;
	s->watch_arg = arg;
}

/* ---- the end of a call ---- */

static void end(struct store_call *c, const struct store_answer *a)
{
	struct store *s = c->s;
	uint64_t ms = clock_mono_ms() - c->began_ms;

	if (ms > s->stats.late_ms_max)
		s->stats.late_ms_max = ms;
	loop_cancel(c->timer);
	LIST_REMOVE(c, link);
	if (c->done)
		c->done(c->arg, a, c->batch.n);
	arena_free(c->batch.arena);
}

/* What this process can do alone; what it does not know it does not claim to. */
static bool can_fall_back(const struct store_op *op)
{
	switch (op->kind) {
	case STORE_LEASE:
	case STORE_APPEND:
	case STORE_READ:
	case STORE_WALK:
	case STORE_RESTORE:
		return false;
	default:
		return true;
	}
}

static void fall_back(struct store *s, struct arena *arena, const struct store_op *op,
		      struct store_answer *a)
{
	a->local = true;
	if (!can_fall_back(op))
		return;
	table_run(memory_table(s->fallback), arena, op, store_now_ms(s), a);
	a->local = true;
	if ((op->kind == STORE_GET || op->kind == STORE_DEL) && a->status == STORE_NONE)
		a->status = STORE_FAILED;
	s->stats.local++;
}

static struct memory *fallback_of(struct store *s, const struct store_call *c)
{
	uint64_t now = clock_mono_ms();

	if (!s->fallback || (c->batch.flags & (STORE_DURABLE | STORE_SLOW)))
		return NULL;
	if (now - s->fallback_ms > FALLBACK_FRESH_MS)
		memory_clear(s->fallback);
	s->fallback_ms = now;
	return s->fallback;
}

/* Ends a call that nobody else has answered. */
static void end_alone(struct store_call *c)
{
	struct store *s = c->s;
	struct store_answer *a = ARENA_ARRAY(c->batch.arena, struct store_answer, c->batch.n);
	struct memory *m = fallback_of(s, c);

	for (size_t i = 0; i < c->batch.n; i++) {
		a[i].status = STORE_FAILED;
		if (m)
			fall_back(s, c->batch.arena, &c->batch.op[i], &a[i]);
		s->stats.failed += a[i].status == STORE_FAILED;
	}
	end(c, a);
}

/* What the store has no room for is counted by this process. */
static const struct store_answer *without_room(struct store *s, const struct store_call *c,
					       const struct store_answer *a)
{
	struct store_answer *own = NULL;

	for (size_t i = 0; i < c->batch.n; i++) {
		if (a[i].status != STORE_FULL || (!own && !fallback_of(s, c)))
			continue;
		if (!own) {
			own = ARENA_ARRAY(c->batch.arena, struct store_answer, c->batch.n);
			memcpy(own, a, c->batch.n * sizeof *a);
		}
		fall_back(s, c->batch.arena, &c->batch.op[i], &own[i]);
	}
	return own ? own : a;
}

static void went_wrong(struct store_call *c, const char *why)
{
	struct store *s = c->s;

	if (c->batch.flags & STORE_SLOW)
		return;
	set_why(s, why);
	if (breaker_bad(&s->breaker, c->trial, clock_mono_ms()))
		tell(s);
	s->stats.opened = s->breaker.opened;
}

/* Some could not be asked (a server of several is away): they are answered as all would be. */
static const struct store_answer *fill_in(struct store_call *c, const struct store_answer *a)
{
	struct store_answer *to = ARENA_ARRAY(c->batch.arena, struct store_answer, c->batch.n);
	struct memory *m = fallback_of(c->s, c);

	memcpy(to, a, c->batch.n * sizeof *to);
	for (size_t i = 0; m && i < c->batch.n; i++)
		if (a[i].local && a[i].status == STORE_FAILED)
			fall_back(c->s, c->batch.arena, &c->batch.op[i], &to[i]);
	return to;
}

static bool has_gaps(const struct store_answer *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].local && a[i].status == STORE_FAILED)
			return true;
	return false;
}

void store_batch_end(struct store *s, struct store_batch *b, const struct store_answer *a,
		     bool failed, const char *why)
{
	struct store_call *c = (struct store_call *)b;

	if (failed) {
		went_wrong(c, why ? why : "no answer");
		end_alone(c);
		return;
	}
	if (!(b->flags & STORE_SLOW) && breaker_good(&s->breaker))
		tell(s);
	a = without_room(s, c, a);
	if (has_gaps(a, b->n))
		a = fill_in(c, a);
	for (size_t i = 0; i < b->n; i++)
		s->stats.failed += a[i].status == STORE_FAILED;
	end(c, a);
}

static void deadline(void *arg)
{
	struct store_call *c = arg;

	c->timer = NULL;
	c->s->backend->drop(c->s->self, &c->batch);
	went_wrong(c, "no answer in time");
	end_alone(c);
}

static void unasked(void *arg)
{
	struct store_call *c = arg;

	c->timer = NULL;
	end_alone(c);
}

/* ---- calls ---- */

static struct str copy(struct arena *a, struct str s)
{
	return s.n ? arena_dup(a, s) : STR_NULL;
}

static const struct store_op *copy_ops(struct arena *a, const struct store_op *op, size_t n)
{
	struct store_op *to = ARENA_ARRAY(a, struct store_op, n);

	for (size_t i = 0; i < n; i++) {
		to[i] = op[i];
		to[i].key = copy(a, op[i].key);
		to[i].value = copy(a, op[i].value);
		to[i].member = copy(a, op[i].member);
	}
	return to;
}

struct store_call *store_send(struct store *s, const struct store_op *op, size_t n, unsigned flags,
			      store_done_fn *done, void *arg)
{
	struct arena *a = arena_new(4096);
	struct store_call *c = ARENA_NEW(a, struct store_call);

	if (n > STORE_BATCH_MAX)
		bug("%zu operations in a batch of the store, at most %u", n, STORE_BATCH_MAX);
	c->batch = (struct store_batch){ copy_ops(a, op, n), n, flags, a, NULL };
	c->s = s;
	c->done = done;
	c->arg = arg;
	c->began_ms = clock_mono_ms();
	LIST_INSERT_HEAD(&s->calls, c, link);
	s->stats.calls++;
	s->stats.ops += n;
	if (!(flags & STORE_SLOW) && !breaker_ask(&s->breaker, c->began_ms, &c->trial)) {
		c->timer = loop_after(s->loop, 0, unasked, c);
		return c;
	}
	if (!(flags & STORE_SLOW))
		c->timer = loop_after(s->loop, s->deadline_ms, deadline, c);
	s->backend->begin(s->self, &c->batch);
	return c;
}

/* The call goes its way unheard: a batch that is not sent yet would not be done otherwise. */
void store_cancel(struct store_call *c)
{
	if (c)
		c->done = NULL;
}

void store_free(struct store *s)
{
	struct store_call *c, *next;

	if (!s)
		return;
	LIST_FOREACH(c, &s->calls, link)
	c->done = NULL;
	s->watch = NULL;
	s->backend->free(s->self);
	for (c = LIST_FIRST(&s->calls); c; c = next) {
		next = LIST_NEXT(c, link);
		loop_cancel(c->timer);
		arena_free(c->batch.arena);
	}
	memory_free(s->fallback);
	free(s);
}

/* ---- waiting ---- */

struct waiting {
	struct arena *arena;
	struct store_answer *a;
};

static void keep(void *arg, const struct store_answer *a, size_t n)
{
	struct waiting *w = arg;

	w->a = ARENA_ARRAY(w->arena, struct store_answer, n ? n : 1);
	for (size_t i = 0; i < n; i++) {
		struct store_entry *e = ARENA_ARRAY(w->arena, struct store_entry, a[i].nentry);

		w->a[i] = a[i];
		w->a[i].value = copy(w->arena, a[i].value);
		for (size_t k = 0; k < a[i].nentry; k++)
			e[k] = (struct store_entry){ a[i].entry[k].id,
						     copy(w->arena, a[i].entry[k].value) };
		w->a[i].entry = e;
	}
}

const struct store_answer *store_wait(struct store *s, struct arena *a, const struct store_op *op,
				      size_t n, unsigned flags)
{
	struct waiting w = { .arena = a };

	store_send(s, op, n, flags, keep, &w);
	while (!w.a)
		loop_turn(s->loop, 1000);
	return w.a;
}

/* ---- the rest ---- */

const struct store_stats *store_stats(const struct store *s)
{
	return &s->stats;
}

struct store_stats *store_counters(struct store *s)
{
	return &s->stats;
}

void *store_backend_of(const struct store *s)
{
	return s->self;
}

void store_clock(struct store *s, int64_t (*now_ms)(void *arg), void *arg)
{
	s->clock = now_ms;
	s->clock_arg = arg;
}

int64_t store_now_ms(const struct store *s)
{
	return s->clock ? s->clock(s->clock_arg) : clock_wall_ms();
}
