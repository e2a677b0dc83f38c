/* Counting down a list that is sorted by score. */
#include "learn/roc.h"

#include <math.h>
#include <stdlib.h>

static int falling(const void *x, const void *y)
{
	const struct roc_point *a = x, *b = y;

	return a->score < b->score ? 1 : a->score > b->score ? -1 : 0;
}

struct roc roc_new(struct arena *a, const struct roc_point *p, size_t n)
{
	struct roc_point *copy = ARENA_ARRAY(a, struct roc_point, n);
	struct roc r = { .p = copy, .n = n };

	for (size_t i = 0; i < n; i++) {
		copy[i] = p[i];
		if (isnan(copy[i].score))
			copy[i].score = -INFINITY;
		*(p[i].spam ? &r.spam : &r.ham) += 1;
	}
	if (n)
		qsort(copy, n, sizeof *copy, falling);
	return r;
}

/* Counts those of one score, from *i; *i is then behind them. */
static void take_equal(const struct roc *r, size_t *i, size_t *spam, size_t *ham)
{
	double score = r->p[*i].score;

	for (; *i < r->n && r->p[*i].score == score; ++*i)
		*(r->p[*i].spam ? spam : ham) += 1;
}

double roc_caught(const struct roc *r, double rate, double *threshold)
{
	size_t spam = 0, ham = 0, caught = 0, i = 0;
	double allowed = rate * (double)r->ham;

	*threshold = INFINITY;
	while (i < r->n) {
		double score = r->p[i].score;
		take_equal(r, &i, &spam, &ham);
		if ((double)ham > allowed)
			break;
		*threshold = score;
		caught = spam;
	}
	return r->spam ? (double)caught / (double)r->spam : 0;
}

double roc_area_above(const struct roc *r)
{
	double wrong = 0;
	size_t spam = 0, ham = 0, i = 0;

	if (!r->spam || !r->ham)
		return 0.5;
	while (i < r->n) {
		size_t spam_before = spam, ham_before = ham;
		take_equal(r, &i, &spam, &ham);
		wrong += (double)(spam - spam_before) *
			 ((double)ham_before + (double)(ham - ham_before) / 2);
	}
	return wrong / ((double)r->spam * (double)r->ham);
}

void roc_at(const struct roc *r, double threshold, size_t *spam, size_t *ham)
{
	size_t i = 0;

	*spam = *ham = 0;
	while (i < r->n && r->p[i].score >= threshold)
		take_equal(r, &i, spam, ham);
}
