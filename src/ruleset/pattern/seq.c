/* Rows of octet classes, bottom up over the postfix form of an expression. */
#include "ruleset/pattern/seq.h"

#include "ruleset/pattern/literal.h"

#define COPIES_MAX 8u	 /* of what is repeated a fixed number of times */
#define RARE_ENOUGH 1e-9 /* a longer part would not help */

static const struct re_set full = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };

static bool is_star(const struct seq_elem *e)
{
	return e->optional && e->repeats;
}

static bool is_once(const struct seq_elem *e)
{
	return !e->optional && !e->repeats;
}

static bool subset(const struct re_set *x, const struct re_set *of)
{
	for (int i = 0; i < 4; i++)
		if (x->bit[i] & ~of->bit[i])
			return false;
	return true;
}

static void put(struct arena *a, struct seq *s, struct seq_elem e)
{
	struct seq_elem *last = s->n ? &s->p[s->n - 1] : NULL;

	if (last && is_star(last) && is_star(&e) && subset(&e.set, &last->set))
		return;
	if (last && is_star(last) && is_star(&e) && subset(&last->set, &e.set)) {
		last->set = e.set;
		return;
	}
	if (s->n >= SEQ_MAX) { /* from here on: anything */
		*last = (struct seq_elem){ full, true, true };
		return;
	}
	if ((s->n & (s->n - 1)) == 0)
		s->p = arena_grow(a, s->p, s->n * sizeof *s->p,
				  (s->n ? s->n * 2 : 1) * sizeof *s->p);
	s->p[s->n++] = e;
}

static void append(struct arena *a, struct seq *s, struct seq t)
{
	for (size_t i = 0; i < t.n; i++)
		put(a, s, t.p[i]);
}

static struct re_set all_of(struct seq s, size_t from)
{
	struct re_set u = { { 0 } };

	for (size_t i = from; i < s.n; i++)
		re_set_or(&u, &s.p[i].set);
	return u;
}

static struct seq star(struct arena *a, struct re_set set)
{
	struct seq s = { 0 };

	if (!re_set_empty(&set))
		put(a, &s, (struct seq_elem){ set, true, true });
	return s;
}

static bool all_once(struct seq s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_once(&s.p[i]))
			return false;
	return true;
}

static bool nullable(struct seq s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i].optional)
			return false;
	return true;
}

/* ---- alternatives ---- */

/* All of single octets in a row: class by class as far as the shortest goes, then any of the rest.
 */
static struct seq by_place(struct arena *a, const struct seq *part, size_t n)
{
	struct seq s = { 0 };
	struct re_set rest = { { 0 } };
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < n; i++)
		least = part[i].n < least ? part[i].n : least;
	for (size_t k = 0; k < least; k++) {
		struct re_set u = { { 0 } };

		for (size_t i = 0; i < n; i++)
			re_set_or(&u, &part[i].p[k].set);
		put(a, &s, (struct seq_elem){ u, false, false });
	}
	for (size_t i = 0; i < n; i++) {
		struct re_set r = all_of(part[i], least);

		re_set_or(&rest, &r);
	}
	append(a, &s, star(a, rest));
	return s;
}

/* One octet of those that any may begin with, then anything of them. */
static struct seq by_first(struct arena *a, const struct seq *part, size_t n)
{
	struct seq s = { 0 };
	struct re_set first = { { 0 } }, rest = { { 0 } };

	for (size_t i = 0; i < n; i++) {
		bool plain = is_once(&part[i].p[0]);
		struct re_set r = all_of(part[i], plain ? 1 : 0);

		for (size_t k = 0; k < part[i].n; k++) {
			re_set_or(&first, &part[i].p[k].set);
			if (!part[i].p[k].optional)
				break;
		}
		re_set_or(&rest, &r);
	}
	put(a, &s, (struct seq_elem){ first, false, false });
	append(a, &s, star(a, rest));
	return s;
}

static struct seq one_of(struct arena *a, const struct seq *part, size_t n)
{
	struct re_set u = { { 0 } };
	bool once = true, empty = false, single = true;

	for (size_t i = 0; i < n; i++) {
		struct re_set all = all_of(part[i], 0);

		once &= all_once(part[i]);
		empty |= nullable(part[i]);
		single &= part[i].n <= 1 && (part[i].n == 0 || !part[i].p[0].repeats);
		re_set_or(&u, &all);
	}
	if (empty && single && !re_set_empty(&u)) {
		struct seq s = { 0 };

		put(a, &s, (struct seq_elem){ u, true, false });
		return s;
	}
	if (empty)
		return star(a, u);
	return once ? by_place(a, part, n) : by_first(a, part, n);
}

/* ---- repetition ---- */

static struct seq optional(struct arena *a, struct seq s)
{
	struct seq out = { 0 };

	if (s.n > 4)
		return star(a, all_of(s, 0));
	for (size_t i = 0; i < s.n; i++)
		put(a, &out, (struct seq_elem){ s.p[i].set, true, s.p[i].repeats });
	return out;
}

static struct seq repeated(struct arena *a, struct seq s, uint32_t min, uint32_t max)
{
	struct seq out = { 0 };
	uint32_t copies = min < COPIES_MAX ? min : COPIES_MAX;

	if (max == 0 || s.n == 0)
		return out;
	if (min == 0 && max == 1)
		return optional(a, s);
	for (uint32_t i = 0; i < copies && out.n < SEQ_RUN; i++)
		append(a, &out, s);
	if (max == 2 && min == 1 && s.n == 1)
		append(a, &out, optional(a, s));
	else if (max != copies || out.n >= SEQ_RUN)
		append(a, &out, star(a, all_of(s, 0)));
	return out;
}

static struct seq whole(struct arena *a, const struct re *re)
{
	VEC(struct seq) stack = { 0 };

	for (size_t i = 0; i < re->nodes.n; i++) {
		const struct re_node *node = &re->nodes.p[i];
		struct seq s = { 0 };

		switch (node->op) {
		case RE_EMPTY:
			break;
		case RE_SET:
			put(a, &s, (struct seq_elem){ re->sets.p[node->n], false, false });
			break;
		case RE_ANY:
			s = star(a, full);
			break;
		case RE_CAT:
			stack.n -= node->n;
			for (size_t k = 0; k < node->n; k++)
				append(a, &s, stack.p[stack.n + k]);
			break;
		case RE_ALT:
			stack.n -= node->n;
			s = one_of(a, stack.p + stack.n, node->n);
			break;
		case RE_REPEAT:
			s = repeated(a, stack.p[--stack.n], node->min, node->max);
			break;
		}
		VEC_PUSH(a, stack) = s;
	}
	return stack.n == 1 ? stack.p[0] : (struct seq){ 0 };
}

/* ---- the most telling part ---- */

static double set_frequency(const struct re_set *set)
{
	double f = 0;

	for (int c = 0; c < 256; c++)
		if (re_set_has(set, (unsigned char)c))
			f += literal_frequency((unsigned char)c) *
			     (c >= 'A' && c <= 'Z' ? 0.15 : 1);
	return f < 1 ? f : 1;
}

static double elem_factor(const struct seq_elem *e, double f)
{
	double longer = f < 0.98 ? 1 / (1 - f) : 50;

	if (e->optional)
		return e->repeats ? longer : 1 + f;
	return e->repeats ? f * longer : f;
}

/* The shortest of the cheapest parts that begin at from. */
static struct seq part_at(struct seq s, const double *factor, size_t from)
{
	struct seq best = { s.p + from, 0, 1 };
	double cost = 1;

	for (size_t i = from; i < s.n && i - from < SEQ_RUN && best.cost > RARE_ENOUGH; i++) {
		cost *= factor[i];
		if (!s.p[i].optional && cost < best.cost * 0.7) {
			best.n = i - from + 1;
			best.cost = cost;
		}
	}
	return best;
}

struct seq seq_find(struct arena *a, const struct re *re)
{
	struct seq s = whole(a, re), best = { NULL, 0, 1 };
	double *factor = ARENA_ARRAY(a, double, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		factor[i] = elem_factor(&s.p[i], set_frequency(&s.p[i].set));
	for (size_t i = 0; i < s.n; i++) {
		struct seq part = part_at(s, factor, i);

		if (s.p[i].optional || part.n == 0)
			continue;
		if (best.n == 0 || part.cost < best.cost * 0.5 ||
		    (part.cost < best.cost * 2 && part.n < best.n))
			best = part;
	}
	return best;
}
