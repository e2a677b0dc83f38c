/* How well a score separates spam from ham. */
#ifndef LEARN_ROC_H
#define LEARN_ROC_H

#include "base/arena.h"

struct roc_point {
	double score;
	bool spam;
};

struct roc {
	const struct roc_point *p; /* by falling score */
	size_t n, spam, ham;
};

/* Sorts a copy. NaN counts as the lowest score. */
struct roc roc_new(struct arena *a, const struct roc_point *p, size_t n);

/*
 * The lowest threshold at which at most rate of the ham (0 to 1) has a score of it or more, and how
 * much of the spam then has (0 to 1). Equal scores are never taken apart. Without spam or ham: 0.
 */
double roc_caught(const struct roc *r, double rate, double *threshold);

/* The probability that a ham has a higher score than a spam, ties counted half: 1-ROCA, 0 to 1;
 * 0.5 without one of them. */
double roc_area_above(const struct roc *r);

/* How many of each have the threshold or more. */
void roc_at(const struct roc *r, double threshold, size_t *spam, size_t *ham);

#endif
