/* A judged corpus as a problem of fitting scores: what `merlon rules fit` learns and `merlon eval`
 * compares with. */
#ifndef CMD_CORPUS_FIT_H
#define CMD_CORPUS_FIT_H

#include "cmd/corpus.h"
#include "learn/fit.h"

struct corpus_limits {
	struct str keep;      /* groups that keep their scores, comma between */
	double cap, nice_cap; /* the most that a rule may add, or take off */
};
extern const struct corpus_limits corpus_limits_default;

/* Rules that only inform, that decide by themselves, or of a group that is kept. */
bool corpus_keeps(const struct corpus_limits *l, const struct corpus_rule *r);

/* Rules are features, each with the score that it had as prior. */
struct fit_problem corpus_problem(const struct corpus *c, const struct corpus_limits *l);

/* Folds go by position: mixes ham and spam evenly, the same way each time. */
void corpus_mix(struct corpus *c);

#endif
