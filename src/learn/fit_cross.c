/*
 * From weights to scores. Logistic regression has a scale of its own (the odds); sites have a
 * threshold. The factor between them follows from the scores of messages not learnt from, and
 * limits and priors, which are given as scores, follow from the factor: a few turns settle both.
 */
#include <math.h>

#include "learn/fit.h"
#include "learn/roc.h"

#define INNER_FOLDS 5u
#define TURNS 3u
#define FACTOR_START 1.5 /* score points for one unit of log odds */
#define FACTOR_MIN 0.1
#define FACTOR_MAX 10.0

/* The problem with limits and priors divided by the factor. */
struct scaled {
	struct fit_problem p;
	double *low, *high, *prior;
};

static struct scaled scale(struct arena *a, const struct fit_problem *p, double factor)
{
	struct scaled s = { .p = *p,
			    .low = ARENA_ARRAY(a, double, p->nfeatures),
			    .high = ARENA_ARRAY(a, double, p->nfeatures),
			    .prior = ARENA_ARRAY(a, double, p->nfeatures) };

	for (size_t f = 0; f < p->nfeatures; f++) {
		s.low[f] = p->low[f] / factor;
		s.high[f] = p->high[f] / factor;
		s.prior[f] = p->prior ? p->prior[f] / factor : 0;
		s.prior[f] = fmin(fmax(s.prior[f], s.low[f]), s.high[f]);
	}
	s.p.low = s.low;
	s.p.high = s.high;
	s.p.prior = s.prior;
	return s;
}

/* Splits use[0..n) into those of a fold and the others; returns how many are the others. */
static size_t split(const size_t *use, size_t n, unsigned fold, unsigned folds, size_t *others)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (i % folds != fold)
			others[k++] = use[i];
	return k;
}

/* The lowest threshold, in log odds, that keeps to the ham rate on messages not learnt from. */
static double threshold_of(const struct scaled *s, const size_t *use, size_t n,
			   const struct fit_options *o, const struct fit_goal *g)
{
	struct arena *a = arena_new(0);
	struct roc_point *point = ARENA_ARRAY(a, struct roc_point, n);
	size_t *others = ARENA_ARRAY(a, size_t, n);
	struct roc roc;
	double threshold;

	for (unsigned fold = 0; fold < INNER_FOLDS; fold++) {
		size_t nothers = split(use, n, fold, INNER_FOLDS, others);
		struct fit_result r = fit_train(a, &s->p, others, nothers, o);
		for (size_t i = fold; i < n; i += INNER_FOLDS)
			point[i] = (struct roc_point){ fit_score(r.weight, &s->p.row[use[i]]),
						       s->p.row[use[i]].spam };
	}
	roc = roc_new(a, point, n);
	roc_caught(&roc, g->ham_rate, &threshold);
	arena_free(a);
	return threshold;
}

static double clamp(double v, double low, double high)
{
	return v < low ? low : v > high ? high : v;
}

static const size_t *all_rows(struct arena *a, size_t n)
{
	size_t *use = ARENA_ARRAY(a, size_t, n);

	for (size_t i = 0; i < n; i++)
		use[i] = i;
	return use;
}

double *fit_scores(struct arena *a, const struct fit_problem *p, const size_t *use, size_t nuse,
		   const struct fit_options *o, const struct fit_goal *g)
{
	struct arena *own = arena_new(0);
	double factor = FACTOR_START, *score = ARENA_ARRAY(a, double, p->nfeatures);
	struct fit_result r;
	struct scaled last;

	if (!use) {
		nuse = p->nrows;
		use = all_rows(own, nuse);
	}
	for (unsigned turn = 0; turn < TURNS; turn++) {
		struct scaled s = scale(own, p, factor);
		double threshold = threshold_of(&s, use, nuse, o, g);
		factor = threshold > 0 && isfinite(threshold)
				 ? clamp(g->threshold / threshold, FACTOR_MIN, FACTOR_MAX)
				 : FACTOR_MAX;
	}
	last = scale(own, p, factor);
	r = fit_train(own, &last.p, use, nuse, o);
	for (size_t f = 0; f < p->nfeatures; f++)
		score[f] = r.weight[f] * factor;
	arena_free(own);
	return score;
}

double *fit_cross(struct arena *a, const struct fit_problem *p, const struct fit_options *o,
		  const struct fit_goal *g, unsigned folds)
{
	struct arena *own = arena_new(0);
	const size_t *use = all_rows(own, p->nrows);
	size_t *others = ARENA_ARRAY(own, size_t, p->nrows);
	double *result = ARENA_ARRAY(a, double, p->nrows);

	for (unsigned fold = 0; fold < folds; fold++) {
		size_t n = split(use, p->nrows, fold, folds, others);
		const double *score = fit_scores(own, p, others, n, o, g);
		for (size_t i = fold; i < p->nrows; i += folds)
			result[i] = fit_score(score, &p->row[i]);
	}
	arena_free(own);
	return result;
}
