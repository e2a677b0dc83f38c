/* The first octets of matches, bottom up over the postfix form of an expression. */
#include "ruleset/pattern/starts.h"

#include "ruleset/pattern/literal.h"

#define BEGIN_MAX 200u /* beginnings that are kept apart */

/* A row of classes: all of a part if it is shorter than STARTS_LEN, else how it begins. */
struct begin {
	struct re_set set[STARTS_LEN];
	size_t n;
};

struct begins {
	struct begin *p;
	size_t n, cap;
};

static bool same(const struct begin *x, const struct begin *y)
{
	return x->n == y->n && memcmp(x->set, y->set, x->n * sizeof x->set[0]) == 0;
}

static void widen(struct begin *x, const struct begin *y)
{
	for (size_t i = 0; i < x->n; i++)
		re_set_or(&x->set[i], &y->set[i]);
}

static bool all_high(const struct re_set *s)
{
	return (s->bit[0] | s->bit[1]) == 0;
}

static bool alike(const struct begin *x, const struct begin *y, size_t level)
{
	if (x->n != y->n || x->n == 0 || level == 2)
		return x->n == y->n;
	return memcmp(&x->set[0], &y->set[0], sizeof x->set[0]) == 0 ||
	       (level == 1 && all_high(&x->set[0]) && all_high(&y->set[0]));
}

/* Makes one of those of a length that begin with the same class, or outside ASCII; at last of all
 * of a length. */
static void merge(struct begins *b, size_t most)
{
	for (size_t level = 0; level <= 2 && b->n > most; level++) {
		size_t n = 0, k;

		for (size_t i = 0; i < b->n; i++) {
			for (k = 0; k < n && !alike(&b->p[k], &b->p[i], level);)
				k++;
			if (k < n)
				widen(&b->p[k], &b->p[i]);
			else
				b->p[n++] = b->p[i];
		}
		b->n = n;
	}
}

/* The many spellings of a letter in Unicode: one beginning of each length. */
static void merge_foreign(struct begins *b)
{
	size_t seen[STARTS_LEN + 1] = { 0 }, n = 0; /* place and one */

	for (size_t i = 0; i < b->n; i++) {
		struct begin *x = &b->p[i];

		if (x->n && all_high(&x->set[0]) && seen[x->n]) {
			widen(&b->p[seen[x->n] - 1], x);
			continue;
		}
		if (x->n && all_high(&x->set[0]))
			seen[x->n] = n + 1;
		b->p[n++] = *x;
	}
	b->n = n;
}

static void put(struct arena *a, struct begins *b, const struct begin *x)
{
	for (size_t i = 0; i < b->n; i++)
		if (same(&b->p[i], x))
			return;
	if (b->n == BEGIN_MAX)
		merge(b, BEGIN_MAX / 2);
	if (b->n == b->cap)
		b->p = vec_grow(a, b->p, &b->cap, sizeof *b->p);
	b->p[b->n++] = *x;
}

static void put_all(struct arena *a, struct begins *b, const struct begins *more)
{
	for (size_t i = 0; i < more->n; i++)
		put(a, b, &more->p[i]);
}

static struct begins then(struct arena *a, const struct begins *x, const struct begins *y)
{
	struct begins out = { 0 };

	for (size_t i = 0; i < x->n; i++) {
		if (x->p[i].n == STARTS_LEN) {
			put(a, &out, &x->p[i]);
			continue;
		}
		for (size_t k = 0; k < y->n; k++) {
			struct begin row = x->p[i];

			for (size_t m = 0; m < y->p[k].n && row.n < STARTS_LEN; m++)
				row.set[row.n++] = y->p[k].set[m];
			put(a, &out, &row);
		}
	}
	return out;
}

static bool all_long(const struct begins *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->p[i].n < STARTS_LEN)
			return false;
	return true;
}

static struct begins in_a_row(struct arena *a, const struct begins *part, size_t n)
{
	struct begins b = part[0];

	for (size_t i = 1; i < n && !all_long(&b); i++)
		b = then(a, &b, &part[i]);
	return b;
}

static struct begins one_of(struct arena *a, const struct begins *part, size_t n)
{
	struct begins b = { 0 };

	for (size_t i = 0; i < n; i++)
		put_all(a, &b, &part[i]);
	merge_foreign(&b);
	return b;
}

static struct begins nothing(struct arena *a)
{
	struct begins b = { 0 };

	put(a, &b, &(struct begin){ .n = 0 });
	return b;
}

/* Four times are as good as more: what is not empty is long enough then. */
static struct begins repeated(struct arena *a, const struct begins *x, uint32_t min, uint32_t max)
{
	struct begins row = nothing(a), b = { 0 };

	for (uint32_t i = 0;; i++) {
		bool last = i == max || i == STARTS_LEN || all_long(&row);

		if (i >= min || last)
			put_all(a, &b, &row);
		if (last)
			return b;
		row = then(a, &row, x);
	}
}

static struct begins of_set(struct arena *a, struct re_set set)
{
	struct begins b = { 0 };
	struct begin one = { .n = 1 };

	one.set[0] = set;
	put(a, &b, &one);
	return b;
}

static struct begins anything(struct arena *a)
{
	static const struct re_set full = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };
	struct begins one = of_set(a, full);

	return repeated(a, &one, 0, RE_UNBOUND);
}

static struct begins whole(struct arena *a, const struct re *re)
{
	VEC(struct begins) stack = { 0 };

	for (size_t i = 0; i < re->nodes.n; i++) {
		const struct re_node *node = &re->nodes.p[i];
		struct begins b = { 0 };

		switch (node->op) {
		case RE_EMPTY:
			b = nothing(a);
			break;
		case RE_SET:
			b = of_set(a, re->sets.p[node->n]);
			break;
		case RE_ANY:
			b = anything(a);
			break;
		case RE_CAT:
		case RE_ALT:
			stack.n -= node->n;
			b = (node->op == RE_CAT ? in_a_row : one_of)(a, stack.p + stack.n, node->n);
			break;
		case RE_REPEAT:
			b = repeated(a, &stack.p[--stack.n], node->min, node->max);
			break;
		}
		VEC_PUSH(a, stack) = b;
	}
	return stack.p[stack.n - 1];
}

static double frequency(const struct re_set *set)
{
	double f = 0;

	for (int c = 0; c < 256; c++)
		if (re_set_has(set, (unsigned char)c))
			f += literal_frequency((unsigned char)c) *
			     (c >= 'A' && c <= 'Z' ? 0.15 : 1);
	return f < 1 ? f : 1;
}

static double share(const struct begins *b)
{
	double sum = 0;

	for (size_t i = 0; i < b->n; i++) {
		double one = 1;

		for (size_t k = 0; k < b->p[i].n; k++)
			one *= frequency(&b->p[i].set[k]);
		sum += one;
	}
	return sum;
}

static void fill(struct starts *s, const struct begin *b, unsigned bit)
{
	for (size_t k = 0; k < STARTS_LEN; k++)
		for (unsigned c = 0; c < 256; c++)
			if (k >= b->n || re_set_has(&b->set[k], (unsigned char)c))
				s->at[k][c] |= 1ull << bit;
}

struct starts *starts_find(struct arena *a, const struct re *re, double most)
{
	struct arena *scratch = arena_new(256 * 1024);
	struct begins b = whole(scratch, re);
	struct starts *s = NULL;

	if (share(&b) <= most) {
		s = ARENA_NEW(a, struct starts);
		for (size_t i = 0; i < b.n; i++)
			fill(s, &b.p[i], (unsigned)(i * 64 / b.n)); /* neighbours are alike */
	}
	arena_free(scratch);
	return s;
}
