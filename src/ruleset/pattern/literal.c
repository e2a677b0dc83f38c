/* Required literals of an expression, bottom up over its postfix form. */
#include "ruleset/pattern/literal.h"

/* In parts of 100,000, of the text of mail, capitals in lower case. */
static const uint16_t letters[26] = { 6000, 1200, 2800, 3000, 8500, 1500, 1500, 3500, 5500,
				      200,  600,  3200, 2200, 5500, 5800, 2000, 100,  5000,
				      5000, 6500, 2200, 800,  1300, 200,  1400, 100 };

double literal_frequency(unsigned char c)
{
	static const struct {
		char c;
		uint16_t n;
	} others[] = { { ' ', 15000 }, { '.', 1000 }, { ',', 800 }, { '-', 800 },
		       { '/', 600 },   { ':', 500 },  { '=', 500 }, { '\n', 1500 } };

	if (ch_alpha((char)c))
		return letters[ch_lower((char)c) - 'a'] / 1e5;
	if (ch_digit((char)c))
		return 0.006;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (others[i].c == (char)c)
			return others[i].n / 1e5;
	return c < 32 ? 0.0002 : c < 127 ? 0.002 : 0.001;
}

/* What is known of a part: exact if it is one of the strings and nothing else. */
struct part {
	bool exact;
	struct literals set;
};

#define LINE 200 /* octets in which several are expected or not */

static struct literals with_cost(struct literals l)
{
	l.cost = l.n ? 0 : 1;
	for (size_t i = 0; i < l.n; i++) {
		double one = 1;

		for (size_t k = 0; k < l.p[i].n; k++)
			one *= literal_frequency((unsigned char)l.p[i].p[k]);
		l.cost += one;
	}
	for (uint32_t k = 2; k <= l.need; k++)
		l.cost *= l.cost * LINE < k ? l.cost * LINE / k : 1;
	return l;
}

static struct literals better(struct literals a, struct literals b)
{
	if (a.n == 0 || b.n == 0)
		return a.n ? a : b;
	return b.cost < a.cost ? b : a;
}

static const struct part unknown = { false, { .cost = 1 } };

static struct part only_empty(struct arena *a)
{
	struct part p = { true, { .p = ARENA_NEW(a, struct str), .n = 1, .cost = 1 } };

	p.set.p[0] = STR("");
	return p;
}

static struct part of_set(struct arena *a, struct re_set low)
{
	struct part p = { .exact = true };
	uint64_t capitals = low.bit[1] & 0x07fffffeull;

	low.bit[1] = (low.bit[1] & ~capitals) | capitals << 32;
	if (re_set_count(&low) > LITERAL_CLASS_MAX || re_set_empty(&low))
		return unknown;
	p.set.p = ARENA_ARRAY(a, struct str, LITERAL_CLASS_MAX);
	for (unsigned i = 0; i < 4; i++)
		for (uint64_t m = low.bit[i]; m; m &= m - 1) {
			char octet = (char)(i * 64 + (unsigned)__builtin_ctzll(m));

			p.set.p[p.set.n++] = arena_dup(a, str_of(&octet, 1));
		}
	p.set = with_cost(p.set);
	return p;
}

static size_t longest(struct literals l)
{
	size_t n = 0;

	for (size_t i = 0; i < l.n; i++)
		n = l.p[i].n > n ? l.p[i].n : n;
	return n;
}

static struct str joined(struct arena *a, struct str x, struct str y)
{
	char *p = arena_alloc(a, x.n + y.n + 1);

	if (x.n)
		memcpy(p, x.p, x.n);
	if (y.n)
		memcpy(p + x.n, y.p, y.n);
	return str_of(p, x.n + y.n);
}

static bool can_cross(struct literals x, struct literals y)
{
	return x.n * y.n <= LITERAL_SET_MAX && longest(x) + longest(y) <= LITERAL_LEN_MAX;
}

static struct literals crossed(struct arena *a, struct literals x, struct literals y)
{
	struct literals l = { .p = ARENA_ARRAY(a, struct str, x.n * y.n) };

	if (x.n == 1 && x.p[0].n == 0)
		return y;
	if (y.n == 1 && y.p[0].n == 0)
		return x;
	for (size_t i = 0; i < x.n; i++)
		for (size_t k = 0; k < y.n; k++)
			l.p[l.n++] = joined(a, x.p[i], y.p[k]);
	return with_cost(l);
}

static struct literals united(struct arena *a, struct literals x, struct literals y)
{
	struct literals l = { .p = ARENA_ARRAY(a, struct str, x.n + y.n), .n = x.n };

	memcpy(l.p, x.p, x.n * sizeof *x.p);
	for (size_t i = 0; i < y.n; i++) {
		size_t k = 0;

		while (k < l.n && !str_eq(l.p[k], y.p[i]))
			k++;
		if (k == l.n)
			l.p[l.n++] = y.p[i];
	}
	l.need = x.need < y.need ? x.need : y.need;
	return with_cost(l);
}

static struct part in_a_row(struct arena *a, const struct part *part, size_t n)
{
	struct part run = only_empty(a);
	struct literals best = unknown.set;
	bool whole = true;

	for (size_t i = 0; i < n; i++) {
		if (part[i].exact && can_cross(run.set, part[i].set)) {
			run.set = crossed(a, run.set, part[i].set);
			continue;
		}
		best = better(best, better(run.set, part[i].set));
		run = part[i].exact ? part[i] : only_empty(a);
		whole = false;
	}
	return whole ? run : (struct part){ false, better(best, run.set) };
}

static struct part one_of(struct arena *a, const struct part *part, size_t n)
{
	struct part all = part[0];

	for (size_t i = 1; i < n; i++) {
		if (all.set.n == 0 || part[i].set.n == 0 ||
		    all.set.n + part[i].set.n > LITERAL_UNION_MAX)
			return unknown;
		all.set = united(a, all.set, part[i].set);
		all.exact &= part[i].exact;
	}
	all.exact &= all.set.n <= LITERAL_SET_MAX;
	return all;
}

/* Each time has its own, in its own place. */
static struct literals counted(struct literals l, uint32_t times)
{
	uint32_t each = l.need ? l.need : 1;

	l.need = times < LITERAL_NEED_MAX / each ? times * each : LITERAL_NEED_MAX;
	return with_cost(l);
}

static struct part repeated(struct arena *a, struct part p, uint32_t min, uint32_t max)
{
	struct part twice[2] = { p, p }, empty;

	if (max == 0)
		return only_empty(a);
	if (min == 0) {
		if (max != 1 || !p.exact || p.set.n >= LITERAL_SET_MAX)
			return unknown;
		empty = only_empty(a);
		p.set = united(a, p.set, empty.set);
		return p;
	}
	if (min >= 2 && !p.exact && p.set.n)
		return (struct part){ false, counted(p.set, min) };
	if (min >= 2)
		p = in_a_row(a, twice, 2);
	p.exact &= min == max && min <= 2;
	return p;
}

struct literals literal_find(struct arena *a, const struct re *re)
{
	VEC(struct part) stack = { 0 };

	for (size_t i = 0; i < re->nodes.n; i++) {
		const struct re_node *node = &re->nodes.p[i];
		size_t from = stack.n - node->n;
		struct part value = unknown;

		switch (node->op) {
		case RE_EMPTY:
			value = only_empty(a);
			break;
		case RE_SET:
			value = of_set(a, re->sets.p[node->n]);
			break;
		case RE_ANY:
			break;
		case RE_CAT:
		case RE_ALT:
			value = (node->op == RE_CAT ? in_a_row : one_of)(a, stack.p + from,
									 node->n);
			stack.n = from;
			break;
		case RE_REPEAT:
			value = repeated(a, stack.p[--stack.n], node->min, node->max);
			break;
		}
		VEC_PUSH(a, stack) = value;
	}
	return stack.n == 1 ? stack.p[0].set : unknown.set;
}
