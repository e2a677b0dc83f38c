/* What the files of `merlon eval` share: a labelled corpus as features, and what came of it. */
#ifndef CMD_EVAL_H
#define CMD_EVAL_H

#include <jansson.h>

#include "cmd/corpus.h"
#include "learn/features_message.h"
#include "learn/roc.h"

#define EVAL_STEP 1000u /* messages of a step of the learning curve */
#define EVAL_RATES 8u

extern const double eval_rates[EVAL_RATES]; /* of ham lost, at which misses are shown */

struct eval_options {
	const char *conf, *plugins, *svg;
	bool json, rules;
	uint64_t folds; /* 0: online */
	uint64_t seed, processes;
	double threshold; /* of the confusion */
	corpus_sources sources;
};

struct eval_mail {
	struct str features; /* features_format */
	size_t place;	     /* in the corpus, as its sources give it */
	bool spam;
	double score, p;
};

/* One of the curves that are compared. */
struct eval_curve {
	const char *name, *label;
	struct roc roc;
};

struct eval_step {
	size_t seen;
	double area;	  /* 1-ROCA of all so far */
	double area_here; /* of the messages of this step */
	double missed[2]; /* of its spam, at 0.1 % and 1 % of its ham */
	size_t ham, spam; /* of this step */
};

struct eval {
	struct arena *arena;
	VEC(struct eval_mail) mails; /* in the order in which they were classified */
	size_t ham, spam;
	VEC(struct eval_step) steps;   /* online only */
	VEC(struct eval_curve) curves; /* the first: the statistics */
	size_t trainings;
	uint64_t read_us, classify_us, train_us;
	double p_error;	      /* mean squared error of p (Brier), of messages with a score */
	double slope, offset; /* of the logistic curve that fits best: 1 / (1 + exp(-(slope *
				 score + offset))) */
};

/* Reads the corpus and shuffles it. -1 and *e. */
int eval_read(struct eval *v, const struct eval_options *o, struct err *e);

/* Classifies each message, then learns it. */
int eval_online(struct eval *v, struct err *e);

/* With each model of eval_folds, when it has learnt: message i is of fold i modulo folds. */
typedef int eval_fold_fn(void *arg, const struct model *m, unsigned fold, struct err *e);

/* Classifies each message by what was learnt from the other folds. fn: NULL, or called for each. */
int eval_folds(struct eval *v, unsigned folds, eval_fold_fn *fn, void *arg, struct err *e);

/* eval_folds, and the curves of the rules and of both together. */
int eval_rules(struct eval *v, const struct eval_options *o, struct err *e);

/* Share of the spam that a curve misses at a share of the ham lost. */
double eval_missed(const struct eval_curve *c, double rate);

void eval_print_text(const struct eval *v, const struct eval_options *o);
void eval_print_json(const struct eval *v, const struct eval_options *o);
int eval_write_svg(const struct eval *v, const struct eval_options *o, struct err *e);

#endif
