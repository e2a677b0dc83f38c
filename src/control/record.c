/* The octets that the trainer keeps. */
#include "control/record.h"

#include "base/octets.h"
#include "learn/features.h"

#define RECORD_VERSION 1u

static void put_moves(struct buf *b, const struct moves *m)
{
	octets_u(b, m->n, 1);
	for (size_t i = 0; i < m->n; i++) {
		octets_u(b, m->m[i].from, 1);
		octets_u(b, m->m[i].to, 1);
		octets_str(b, m->m[i].user);
	}
}

static bool take_moves(struct octets *o, struct moves *m)
{
	size_t n = (size_t)octets_get_u(o, 1);

	*m = (struct moves){ 0 };
	if (n > MOVES_MAX)
		return false;
	for (; m->n < n && !o->bad; m->n++) {
		uint64_t from = octets_get_u(o, 1), to = octets_get_u(o, 1);
		struct str user = octets_get_text(o, USER_MAX);
		if (from > LEARN_SPAM || to > LEARN_SPAM || from == to || user.n > USER_MAX)
			return false;
		m->m[m->n] = (struct move){ (enum learn_class)from, (enum learn_class)to, user };
	}
	return !o->bad;
}

struct str log_entry_format(struct arena *a, const struct log_entry *e)
{
	struct buf b = { .arena = a };

	octets_u(&b, RECORD_VERSION, 1);
	octets_u(&b, e->shared, 1);
	octets_u(&b, e->shared_id, 8);
	octets_u(&b, e->origin.machine, 8);
	octets_u(&b, e->origin.id, 8);
	put_moves(&b, &e->moves);
	buf_add(&b, e->event);
	return buf_str(&b);
}

bool log_entry_parse(struct str s, struct log_entry *e)
{
	struct octets o = { .left = s };

	if (octets_get_u(&o, 1) != RECORD_VERSION)
		return false;
	e->shared = octets_get_u(&o, 1) != 0;
	e->shared_id = octets_get_u(&o, 8);
	e->origin.machine = octets_get_u(&o, 8);
	e->origin.id = octets_get_u(&o, 8);
	if (!take_moves(&o, &e->moves))
		return false;
	e->event = o.left;
	return true;
}

struct str shared_entry_format(struct arena *a, struct origin org, struct str event)
{
	struct buf b = { .arena = a };

	octets_u(&b, RECORD_VERSION, 1);
	octets_u(&b, org.machine, 8);
	octets_u(&b, org.id, 8);
	buf_add(&b, event);
	return buf_str(&b);
}

bool shared_entry_parse(struct str s, struct origin *org, struct str *event)
{
	struct octets o = { .left = s };

	if (octets_get_u(&o, 1) != RECORD_VERSION)
		return false;
	org->machine = octets_get_u(&o, 8);
	org->id = octets_get_u(&o, 8);
	*event = o.left;
	return !o.bad;
}

struct str shared_votes_format(struct arena *a, const struct shared_votes *v)
{
	struct buf b = { .arena = a };

	octets_u(&b, v->shared_id, 8);
	octets_str(&b, votes_format(a, &v->before));
	octets_str(&b, votes_format(a, &v->after));
	return buf_str(&b);
}

bool shared_votes_parse(struct str s, struct shared_votes *v)
{
	struct octets o = { .left = s };
	struct str before, after;

	v->shared_id = octets_get_u(&o, 8);
	before = octets_get_text(&o, VOTES_OCTETS_MAX);
	after = octets_get_text(&o, VOTES_OCTETS_MAX);
	return octets_done(&o) && votes_parse(before, &v->before) && votes_parse(after, &v->after);
}

/* ---- the head ---- */

static void put_erased(struct buf *b, const struct erased *l)
{
	octets_u(b, l->n, 2);
	for (size_t i = 0; i < l->n; i++) {
		octets_u(b, (uint64_t)l->e[i].when_ms, 8);
		octets_str(b, str_of(l->e[i].user, l->e[i].len));
	}
}

static bool take_erased(struct octets *o, struct erased *l)
{
	size_t n = (size_t)octets_get_u(o, 2);

	l->n = 0;
	for (size_t i = 0; i < n && !o->bad; i++) {
		int64_t when = (int64_t)octets_get_u(o, 8);
		erased_add(l, octets_get_text(o, USER_MAX), when);
	}
	return !o->bad && n <= ERASED_MAX;
}

struct str head_format(struct arena *a, const struct head *h)
{
	struct buf b = { .arena = a };

	octets_u(&b, RECORD_VERSION, 1);
	octets_u(&b, FEATURES_VERSION, 2);
	octets_u(&b, h->log_id, 8);
	octets_u(&b, h->events, 8);
	octets_u(&b, h->day, 4);
	octets_u(&b, h->ring_slot, 1);
	octets_u(&b, h->ring_octets, 4);
	octets_u(&b, h->shared_id, 8);
	octets_u(&b, h->origins.n, 2);
	for (size_t i = 0; i < h->origins.n; i++) {
		octets_u(&b, h->origins.o[i].machine, 8);
		octets_u(&b, h->origins.o[i].id, 8);
	}
	put_erased(&b, &h->erased);
	octets_u(&b, h->nblocks, 4);
	buf_add(&b, str_of((const char *)h->slot, h->nblocks));
	return buf_str(&b);
}

static bool take_origins(struct octets *o, struct origins *l)
{
	size_t n = (size_t)octets_get_u(o, 2);

	if (n > ORIGINS_MAX)
		return false;
	for (l->n = 0; l->n < n; l->n++) {
		l->o[l->n].machine = octets_get_u(o, 8);
		l->o[l->n].id = octets_get_u(o, 8);
	}
	return !o->bad;
}

static bool take_slots(struct octets *o, struct head *h)
{
	struct str slots;

	if (octets_get_u(o, 4) != h->nblocks)
		return false;
	slots = octets_get_run(o, h->nblocks);
	for (size_t i = 0; i < slots.n; i++) {
		if ((uint8_t)slots.p[i] > 2)
			return false;
		h->slot[i] = (uint8_t)slots.p[i];
	}
	return !o->bad && o->left.n == 0;
}

bool head_parse(struct str s, struct head *h)
{
	struct octets o = { .left = s };

	if (octets_get_u(&o, 1) != RECORD_VERSION || octets_get_u(&o, 2) != FEATURES_VERSION)
		return false;
	h->log_id = octets_get_u(&o, 8);
	h->events = octets_get_u(&o, 8);
	h->day = (uint32_t)octets_get_u(&o, 4);
	h->ring_slot = (uint8_t)octets_get_u(&o, 1);
	h->ring_octets = (uint32_t)octets_get_u(&o, 4);
	h->shared_id = octets_get_u(&o, 8);
	return take_origins(&o, &h->origins) && take_erased(&o, &h->erased) && take_slots(&o, h);
}

uint64_t origin_last(const struct origins *l, uint64_t machine)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->o[i].machine == machine)
			return l->o[i].id;
	return 0;
}

bool origin_seen(struct origins *l, struct origin o)
{
	size_t i = 0;

	while (i < l->n && l->o[i].machine != o.machine)
		i++;
	if (i < l->n && l->o[i].id >= o.id)
		return false;
	if (i == l->n && i == ORIGINS_MAX)
		i = 0;
	if (i < l->n) {
		memmove(&l->o[i], &l->o[i + 1], (l->n - i - 1) * sizeof l->o[0]);
		l->n--;
	}
	l->o[l->n++] = o;
	return true;
}
