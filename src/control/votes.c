/* Who says what of one message. */
#include "control/votes.h"

#include "base/octets.h"

#define RECORD_VERSION 1u

bool votes_parse(struct str s, struct votes *v)
{
	struct octets o = { .left = s };
	uint64_t n;

	v->n = 0;
	if (octets_get_u(&o, 1) != RECORD_VERSION || (n = octets_get_u(&o, 1)) > VOTES_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct vote *x = &v->v[i];
		uint64_t class = octets_get_u(&o, 1), source = octets_get_u(&o, 1);
		x->when_ms = (int64_t)octets_get_u(&o, 8);
		x->user = octets_get_text(&o, USER_MAX);
		if (o.bad || class < LEARN_HAM || class > LEARN_SPAM || source >= LEARN_SOURCES ||
		    x->user.n > USER_MAX)
			return false;
		x->class = (enum learn_class) class;
		x->source = (enum learn_source)source;
	}
	v->n = o.bad || o.left.n ? 0 : (size_t)n;
	return !o.bad && o.left.n == 0;
}

struct str votes_format(struct arena *a, const struct votes *v)
{
	struct buf b = { .arena = a };

	octets_u(&b, RECORD_VERSION, 1);
	octets_u(&b, v->n, 1);
	for (size_t i = 0; i < v->n; i++) {
		octets_u(&b, v->v[i].class, 1);
		octets_u(&b, v->v[i].source, 1);
		octets_u(&b, (uint64_t)v->v[i].when_ms, 8);
		octets_str(&b, v->v[i].user);
	}
	return buf_str(&b);
}

enum learn_class votes_class(const struct votes *v)
{
	return v->n ? v->v[v->n - 1].class : LEARN_NONE;
}

bool event_erases(const struct learn_event *e)
{
	static const uint8_t none[sizeof e->f.digest];

	return memcmp(e->f.digest, none, sizeof none) == 0;
}

/* ---- users that were erased ---- */

static size_t erased_find(const struct erased *l, struct str user)
{
	size_t i = 0;

	while (i < l->n && !str_eq(str_of(l->e[i].user, l->e[i].len), user))
		i++;
	return i;
}

void erased_add(struct erased *l, struct str user, int64_t when_ms)
{
	size_t i = erased_find(l, user);

	if (user.n == 0 || user.n > USER_MAX)
		return;
	if (i == l->n && l->n == ERASED_MAX)
		i = 0;
	if (i < l->n) {
		memmove(&l->e[i], &l->e[i + 1], (l->n - i - 1) * sizeof l->e[0]);
		l->n--;
	}
	memcpy(l->e[l->n].user, user.p, user.n);
	l->e[l->n].len = user.n;
	l->e[l->n++].when_ms = when_ms;
}

/* What the voter's own counts hold of it. */
static enum learn_class own(const struct vote *v, const struct erased *gone)
{
	size_t i = erased_find(gone, v->user);

	return i < gone->n && v->when_ms <= gone->e[i].when_ms ? LEARN_NONE : v->class;
}

/* ---- what an event changes ---- */

static size_t find(const struct votes *v, struct str user)
{
	size_t i = 0;

	while (i < v->n && !str_eq(v->v[i].user, user))
		i++;
	return i;
}

static void drop(struct votes *v, size_t i)
{
	memmove(&v->v[i], &v->v[i + 1], (v->n - i - 1) * sizeof v->v[0]);
	v->n--;
}

static void add(struct moves *m, enum learn_class from, enum learn_class to, struct str user)
{
	if (from != to)
		m->m[m->n++] = (struct move){ from, to, user };
}

static void add_own(struct moves *m, enum learn_class from, enum learn_class to, struct str user)
{
	if (user.n)
		add(m, from, to, user);
}

static bool by_person(const struct votes *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].source == LEARN_PERSON)
			return true;
	return false;
}

/* A site that takes its word back takes everybody's back. */
static enum trainer_result forget(struct votes *v, struct str user, const struct erased *gone,
				  struct moves *out)
{
	enum learn_class was = votes_class(v);
	struct votes old = *v;
	size_t i = find(v, user);

	if (v->n == 0 || (user.n && i == v->n))
		return TRAIN_UNKNOWN;
	if (user.n)
		drop(v, i);
	else
		v->n = 0;
	add(out, was, votes_class(v), STR(""));
	for (size_t k = 0; k < old.n; k++)
		if (user.n == 0 || k == i)
			add_own(out, own(&old.v[k], gone), LEARN_NONE, old.v[k].user);
	return TRAINED;
}

static enum trainer_result vote(struct votes *v, const struct learn_event *e,
				const struct erased *gone, struct moves *out)
{
	enum learn_class was = votes_class(v), mine = LEARN_NONE;
	size_t i = find(v, e->user);

	if (i < v->n && v->v[i].class == e->to && was == e->to)
		return TRAIN_ALREADY;
	if (e->source == LEARN_AUTO || e->source == LEARN_TRAP) {
		if (was == e->to)
			return TRAIN_ALREADY;
		if (by_person(v))
			return TRAIN_REFUSED;
	}
	add(out, was, e->to, STR(""));
	if (i < v->n) {
		mine = own(&v->v[i], gone);
		drop(v, i);
	} else if (v->n == VOTES_MAX) {
		add_own(out, own(&v->v[0], gone), LEARN_NONE, v->v[0].user);
		drop(v, 0);
	}
	add_own(out, mine, e->to, e->user);
	v->v[v->n++] = (struct vote){ e->to, e->source, e->when_ms, e->user };
	return TRAINED;
}

enum trainer_result votes_decide(struct votes *v, const struct learn_event *e,
				 const struct erased *gone, struct moves *out)
{
	*out = (struct moves){ .since_ms = v->n ? v->v[v->n - 1].when_ms : 0 };
	if (event_erases(e))
		return e->user.n ? TRAINED : TRAIN_FAILED;
	return e->to == LEARN_NONE ? forget(v, e->user, gone, out) : vote(v, e, gone, out);
}
