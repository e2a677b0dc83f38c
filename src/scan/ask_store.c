/*
 * What a scan asks the store. Questions are gathered until nothing else is left to do and go out
 * together; what is to be remembered afterwards is gathered too, and nobody waits for it.
 */
#include "base/clock.h"
#include "scan/ask.h"
#include "scan/priv.h"

#define HOLD_MS 250 /* questions wait no longer for answers of the DNS */

static const struct store_answer failed = { .status = STORE_FAILED };

struct store_ask {
	struct store_ask *next;
	struct store_op op;
	struct store_answer answer;
	uint64_t waiting; /* bit i: check i returned CHECK_WAIT after asking it */
	bool sent, answered;
};

/* One call under way. */
struct store_trip {
	struct store_trip *next;
	struct scan *scan;
	struct store_call *call; /* NULL: it has ended */
	struct store_ask *ask[SCAN_MAX_STORE];
	size_t n;
};

static bool same(const struct store_op *a, const struct store_op *b)
{
	return a->kind == b->kind && a->flags == b->flags && str_eq(a->key, b->key) &&
	       str_eq(a->member, b->member) &&
	       (a->kind == STORE_NEW || a->kind == STORE_PUT || a->kind == STORE_LEASE ||
		str_eq(a->value, b->value));
}

/* A check that is run again asks the same in the same order: first looked at is what was asked
 * after the one before. */
static struct store_ask *find(struct scan_priv *p, const struct store_op *op)
{
	struct store_ask *q = p->store_next;

	if (!q || !same(&q->op, op))
		for (q = p->stores; q && !same(&q->op, op); q = q->next)
			;
	p->store_next = q ? q->next : NULL;
	return q;
}

static struct store_op keep(struct arena *a, const struct store_op *op)
{
	struct store_op k = *op;

	k.key = arena_dup(a, op->key);
	k.value = arena_dup(a, op->value);
	k.member = arena_dup(a, op->member);
	return k;
}

/* Writing is left out where nothing may change: a look instead, where there is one. */
static bool only_look(struct store_op *op)
{
	switch (op->kind) {
	case STORE_GET:
	case STORE_READ:
	case STORE_WALK:
		return true;
	case STORE_ADD:
		memset(op->delta, 0, sizeof op->delta);
		return true;
	case STORE_TAKE:
	case STORE_JOIN:
		op->flags |= STORE_F_LOOK;
		return true;
	case STORE_NEW:
		op->kind = STORE_GET;
		return true;
	default:
		return false;
	}
}

static bool off(const struct scan *s)
{
	return !s->env->store || (s->flags & SCAN_F_LOCAL);
}

const struct store_answer *scan_store(struct scan *s, const struct store_op *op)
{
	struct scan_priv *p = s->priv;
	struct store_ask *q;

	if (off(s))
		return &failed;
	q = find(p, op);
	if (!q) {
		if (p->closed || p->nstores == SCAN_MAX_STORE)
			return &failed;
		q = ARENA_NEW(s->arena, struct store_ask);
		q->op = keep(s->arena, op);
		*(p->store_last ? &p->store_last->next : &p->stores) = q;
		p->store_last = q;
		p->nstores++;
		p->unsent++;
	}
	if (!q->answered && p->running < SCAN_MAX_CHECKS)
		q->waiting |= UINT64_C(1) << p->running;
	return q->answered ? &q->answer : NULL;
}

/* The answer with its octets in the scan's memory. */
static void settle(struct scan *s, struct store_ask *q, const struct store_answer *a)
{
	struct store_entry *entry;

	q->answer = *a;
	q->answered = true;
	if (a->value.p)
		q->answer.value = arena_dup(s->arena, a->value);
	if (a->nentry) {
		entry = ARENA_ARRAY(s->arena, struct store_entry, a->nentry);
		for (size_t i = 0; i < a->nentry; i++)
			entry[i] = (struct store_entry){ a->entry[i].id,
							 arena_dup(s->arena, a->entry[i].value) };
		q->answer.entry = entry;
	}
	if (a->local || a->status == STORE_FAILED)
		s->flags |= SCAN_F_DEGRADED_STORE;
	for (size_t i = 0; i < s->env->setup->n; i++)
		if (q->waiting >> i & 1)
			s->priv->slot[i].dirty = true;
}

static void answered(void *arg, const struct store_answer *a, size_t n)
{
	struct store_trip *t = arg;

	t->call = NULL;
	for (size_t i = 0; i < t->n; i++)
		settle(t->scan, t->ask[i], i < n ? &a[i] : &failed);
	scan_kick(t->scan);
}

static void send_all(struct scan *s)
{
	struct scan_priv *p = s->priv;
	struct store_trip *t = ARENA_NEW(s->arena, struct store_trip);
	struct store_op *op = ARENA_ARRAY(s->arena, struct store_op, p->unsent);

	t->scan = s;
	for (struct store_ask *q = p->stores; q; q = q->next) {
		if (q->sent)
			continue;
		q->sent = true;
		t->ask[t->n] = q;
		op[t->n] = q->op;
		if (s->env->readonly && !only_look(&op[t->n]))
			op[t->n] = (struct store_op){ .kind = STORE_GET, .key = q->op.key };
		t->n++;
	}
	p->unsent = 0;
	t->next = p->trips;
	p->trips = t;
	t->call = store_send(s->env->store, op, t->n, 0, answered, t);
}

static void hold_ended(void *arg)
{
	struct scan *s = arg;

	s->priv->hold = NULL;
	if (s->priv->unsent && !s->priv->closed)
		send_all(s);
}

void scan_stores_flush(struct scan *s)
{
	struct scan_priv *p = s->priv;

	if (!p->unsent || p->closed || s->stage < SCAN_EOM)
		return;
	if (!scan_asks_waited(s)) {
		loop_cancel(p->hold);
		p->hold = NULL;
		send_all(s);
	} else if (!p->hold) {
		p->hold = loop_after(s->env->loop, HOLD_MS, hold_ended, s);
	}
}

void scan_stores_close(struct scan *s)
{
	struct scan_priv *p = s->priv;

	loop_cancel(p->hold);
	p->hold = NULL;
	for (struct store_trip *t = p->trips; t; t = t->next) {
		if (t->call)
			store_cancel(t->call);
		t->call = NULL;
	}
	for (struct store_ask *q = p->stores; q; q = q->next)
		if (!q->answered)
			settle(s, q, &failed);
}

void scan_stores_names(const struct scan *s, struct buf *out)
{
	for (const struct store_ask *q = s->priv->stores; q; q = q->next)
		if (!q->answered) {
			buf_addf(out, "%sstore", out->n ? " " : "");
			return;
		}
}

/* ---- what is remembered afterwards ---- */

void scan_store_note(struct scan *s, const struct store_op *op)
{
	struct scan_priv *p = s->priv;

	if (off(s) || s->env->readonly || p->notes.n >= SCAN_MAX_STORE)
		return;
	VEC_PUSH(s->arena, p->notes) = keep(s->arena, op);
}

void scan_notes_send(struct scan *s)
{
	const struct scan_priv *p = s->priv;

	if (p->notes.n)
		store_send(s->env->store, p->notes.p, p->notes.n, 0, NULL, NULL);
}
