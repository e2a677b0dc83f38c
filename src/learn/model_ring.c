/* What is small in a model beside its blocks: counts, users, and the rings of views S and T. */
#include "learn/varint.h"
#include "learn/svm.h"

#define RING_VERSION 1u

/* ---- counts and users ---- */

static void put_counts(struct buf *b, const struct model_small *m)
{
	varint_put(b, m->events);
	varint_put(b, m->ham);
	varint_put(b, m->spam);
	varint_put(b, m->ham_base);
	varint_put(b, m->spam_base);
	varint_put(b, m->decayed);
}

static void put_users(struct buf *b, const struct model_small *m)
{
	for (size_t i = 0; i < MODEL_USERS; i++) {
		const struct model_user *u = &m->user[i];
		if (!u->id)
			continue;
		varint_put(b, i + 1);
		varint_put64(b, u->id);
		varint_put(b, u->ham);
		varint_put(b, u->spam);
		varint_put(b, u->used);
	}
	varint_put(b, 0);
}

static void get_counts(struct varint *o, struct model_small *m)
{
	m->events = varint_get(o, UINT64_MAX);
	m->ham = (uint32_t)varint_get(o, UINT32_MAX);
	m->spam = (uint32_t)varint_get(o, UINT32_MAX);
	m->ham_base = (uint32_t)varint_get(o, UINT32_MAX);
	m->spam_base = (uint32_t)varint_get(o, UINT32_MAX);
	m->decayed = (uint32_t)varint_get(o, UINT32_MAX);
}

static void get_users(struct varint *o, struct model_user *user)
{
	size_t last = 0, i;

	while ((i = (size_t)varint_get(o, MODEL_USERS)) != 0) {
		struct model_user *u = &user[i - 1];
		u->id = varint_get64(o);
		u->ham = (uint32_t)varint_get(o, UINT32_MAX);
		u->spam = (uint32_t)varint_get(o, UINT32_MAX);
		u->used = varint_get(o, UINT64_MAX);
		o->bad = o->bad || i <= last || !u->id;
		last = i;
	}
}

/* ---- the ring, oldest first ---- */

static void put_entry(struct buf *b, const struct svm_entry *e)
{
	uint64_t bits;

	memcpy(&bits, &e->alpha, sizeof bits);
	varint_put64(b, e->id);
	varint_put(b, e->y > 0);
	varint_put64(b, bits);
	varint_put(b, e->n);
	varint_put_rising(b, e->at, e->n);
}

static void put_ring(struct buf *b, struct svm *s)
{
	varint_put(b, s->n);
	for (size_t i = s->n; i > 0; i--)
		put_entry(b, svm_recent(s, i - 1));
}

static void get_entry(struct varint *o, struct svm_entry *e, size_t max, uint32_t limit)
{
	uint64_t bits;

	e->id = varint_get64(o);
	e->y = varint_get(o, 1) == 1 ? 1 : -1;
	bits = varint_get64(o);
	memcpy(&e->alpha, &bits, sizeof bits);
	e->n = (size_t)varint_get(o, max);
	if (!(e->alpha >= 0 && e->alpha <= SVM_C) || e->n == 0 || e->n > o->s.n) {
		o->bad = true;
		return;
	}
	varint_get_rising(o, e->at, e->n, limit);
}

static void get_ring(struct varint *o, struct svm *s, uint32_t limit)
{
	s->n = (size_t)varint_get(o, SVM_RING);
	s->next = s->n % SVM_RING;
	for (size_t i = 0; i < s->n && !o->bad; i++)
		get_entry(o, &s->e[i], s->max, limit);
}

struct str model_ring(struct arena *a, const struct trainer_state *t)
{
	struct buf b = { .arena = a };

	varint_put(&b, RING_VERSION);
	put_counts(&b, &t->model->n);
	put_users(&b, &t->model->n);
	put_ring(&b, t->s);
	put_ring(&b, t->t);
	return buf_str(&b);
}

static bool get_all(struct varint *o, struct model_small *m, struct svm *s, struct svm *t)
{
	get_counts(o, m);
	get_users(o, m->user);
	get_ring(o, s, MODEL_S);
	get_ring(o, t, MODEL_C);
	return varint_done(o);
}

static void take_counts(struct model_small *to, const struct model_small *from)
{
	MODEL_SET(&to->events, from->events);
	MODEL_SET(&to->ham, from->ham);
	MODEL_SET(&to->spam, from->spam);
	MODEL_SET(&to->ham_base, from->ham_base);
	MODEL_SET(&to->spam_base, from->spam_base);
	to->decayed = from->decayed;
	for (size_t i = 0; i < MODEL_USERS; i++) {
		MODEL_SET(&to->user[i].ham, from->user[i].ham);
		MODEL_SET(&to->user[i].spam, from->user[i].spam);
		MODEL_SET(&to->user[i].used, from->user[i].used);
		MODEL_SET(&to->user[i].id, from->user[i].id);
	}
}

static void take_ring(struct svm *to, const struct svm *from)
{
	to->n = from->n;
	to->next = from->next;
	for (size_t i = 0; i < from->n; i++) {
		uint32_t *room = to->e[i].at;
		to->e[i] = from->e[i];
		to->e[i].at = memcpy(room, from->e[i].at, from->e[i].n * sizeof *room);
	}
}

/* All of it is looked at before any of it counts. */
bool model_set_ring(struct trainer_state *t, struct str octets)
{
	struct varint o = { .s = octets };
	struct model_small *small;
	struct svm *rs, *rt;
	struct arena *a;
	bool ok;

	if (varint_get(&o, UINT32_MAX) != RING_VERSION)
		return false;
	a = arena_new(0);
	small = ARENA_NEW(a, struct model_small);
	rs = svm_new(a, NULL, NULL, t->s->max);
	rt = svm_new(a, NULL, NULL, t->t->max);
	ok = get_all(&o, small, rs, rt);
	if (ok) {
		take_counts(&t->model->n, small);
		take_ring(t->s, rs);
		take_ring(t->t, rt);
	}
	arena_free(a);
	return ok;
}
