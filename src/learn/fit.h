/*
 * Scores for rules that hit or not: logistic regression with a quadratic penalty, a weight for each
 * class and limits for each rule, by coordinate descent with Newton steps.
 */
#ifndef LEARN_FIT_H
#define LEARN_FIT_H

#include "base/arena.h"

struct fit_row { /* one message */
	bool spam;
	size_t n;
	const uint32_t *feature; /* the rules that hit, each once */
};

struct fit_problem {
	const struct fit_row *row;
	size_t nrows;
	size_t nfeatures;
	const double *low, *high; /* of each weight, low <= 0 <= high; a rule at 0..0 is left out */
	const double *prior;	  /* what each weight is without evidence, in low..high; NULL: 0 */
};

struct fit_options {
	double penalty;	     /* of a squared distance from the prior; over 0 */
	double ham_weight;   /* what a ham counts, where a spam counts 1; over 0 */
	unsigned max_rounds; /* over all weights */
	double tolerance;    /* of the largest step of a round at which it ends */
};

struct fit_result {
	double *weight; /* nfeatures */
	double bias;
	unsigned rounds;
};

/* use: the rows to learn from (indices; NULL: all). Same input, same result. */
struct fit_result fit_train(struct arena *a, const struct fit_problem *p, const size_t *use,
			    size_t nuse, const struct fit_options *o);

/* What a score of the whole shall mean. */
struct fit_goal {
	double threshold; /* a message that reaches it is taken for spam; over 0 */
	double ham_rate;  /* of the ham that may reach it */
};

/*
 * Scores on the scale of a goal: what low, high and prior of the problem mean is scores too. The
 * threshold is set by scores of messages that the weights were not learnt from (5 folds inside).
 * Rows of one message more or less must not depend on their order: folds go by position.
 */
double *fit_scores(struct arena *a, const struct fit_problem *p, const size_t *use, size_t nuse,
		   const struct fit_options *o, const struct fit_goal *g);

/* The score of every row from weights that were learnt without it (folds of all the rows; at least
 * 2), by fit_scores. */
double *fit_cross(struct arena *a, const struct fit_problem *p, const struct fit_options *o,
		  const struct fit_goal *g, unsigned folds);

/* The sum of the weights of its rules, without the bias. */
double fit_score(const double *weight, const struct fit_row *row);

#endif
