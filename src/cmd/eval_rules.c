/* Rules and statistics apart and together: what each message's fold has not taught. */
#include "cmd/corpus_fit.h"
#include "cmd/eval.h"

#define GROUP STR("statistics") /* of the rules over the classifier's facts */

struct judging {
	const struct eval_options *options;
	const struct app *app;
	struct corpus *corpus;
	unsigned *fold; /* of each message, by its place in the corpus */
	unsigned now;
};

static bool in_fold(const void *arg, size_t i)
{
	const struct judging *j = arg;

	return j->fold[i] == j->now;
}

static int judge_fold(void *arg, const struct model *m, unsigned fold, struct err *e)
{
	struct judging *j = arg;
	const struct corpus_part part = { .model = m, .wants = in_fold, .arg = j };

	j->now = fold;
	return corpus_add(j->corpus, j->app, &j->options->sources, (unsigned)j->options->processes,
			  &part, e);
}

/* ---- scores ---- */

static bool is_statistics(const struct corpus *c, uint32_t rule)
{
	return str_eq(c->rules.p[rule].group, GROUP);
}

/* By the scores of now, with the rules over statistics or without. */
static double *scores_now(const struct corpus *c, bool with)
{
	double *score = ARENA_ARRAY(c->arena, double, c->mails.n);

	for (size_t i = 0; i < c->mails.n; i++)
		for (size_t k = 0; k < c->mails.p[i].nhits; k++) {
			uint32_t rule = c->mails.p[i].hit[k];
			if (with || !is_statistics(c, rule))
				score[i] += c->rules.p[rule].score;
		}
	return score;
}

/* By scores that were learnt without the message. Those of statistics stay as they are. */
static double *scores_fitted(const struct corpus *c, bool with, unsigned folds)
{
	struct corpus_limits limits = corpus_limits_default;
	const struct fit_options options = {
		.penalty = 10, .ham_weight = 1, .max_rounds = 200, .tolerance = 1e-3
	};
	const struct fit_goal goal = { .threshold = c->threshold, .ham_rate = 0.001 };
	size_t n = c->rules.n;
	struct fit_problem p;
	double *low = ARENA_ARRAY(c->arena, double, n), *high = ARENA_ARRAY(c->arena, double, n);
	double *prior = ARENA_ARRAY(c->arena, double, n);

	limits.keep = GROUP;
	p = corpus_problem(c, &limits);
	for (uint32_t f = 0; f < n; f++) {
		bool out = !with && is_statistics(c, f);
		low[f] = out ? 0 : p.low[f];
		high[f] = out ? 0 : p.high[f];
		prior[f] = out ? 0 : p.prior[f];
	}
	p.low = low;
	p.high = high;
	p.prior = prior;
	return fit_cross(c->arena, &p, &options, &goal, folds);
}

static void add_curve(struct eval *v, const struct corpus *c, const char *name, const char *label,
		      const double *score)
{
	struct roc_point *p = ARENA_ARRAY(v->arena, struct roc_point, c->mails.n);

	for (size_t i = 0; i < c->mails.n; i++)
		p[i] = (struct roc_point){ score[i], c->mails.p[i].spam };
	VEC_PUSH(v->arena, v->curves) =
		(struct eval_curve){ name, label, roc_new(v->arena, p, c->mails.n) };
}

static int run(struct eval *v, const struct eval_options *o, const struct app *app, struct err *e)
{
	unsigned folds = (unsigned)o->folds;
	struct judging j = { .options = o, .app = app, .corpus = corpus_new(v->arena, app) };
	struct corpus *c = j.corpus;

	j.fold = ARENA_ARRAY(v->arena, unsigned, v->mails.n);
	for (size_t i = 0; i < v->mails.n; i++)
		j.fold[v->mails.p[i].place] = (unsigned)(i % folds);
	if (eval_folds(v, folds, judge_fold, &j, e) < 0)
		return -1;
	if (c->mails.n != v->mails.n)
		return err_set(e, "the corpus changed meanwhile");
	corpus_mix(c);
	add_curve(v, c, "rules", "rules, fitted", scores_fitted(c, false, folds));
	add_curve(v, c, "both", "rules + statistics", scores_fitted(c, true, folds));
	add_curve(v, c, "rules_now", "rules, scores of now", scores_now(c, false));
	add_curve(v, c, "both_now", "both, scores of now", scores_now(c, true));
	return 0;
}

int eval_rules(struct eval *v, const struct eval_options *o, struct err *e)
{
	const struct check *const *checks = app_checks(v->arena, o->plugins);
	struct app *app = checks ? app_load(o->conf, checks, APP_RULES, NULL, NULL) : NULL;
	int rc = app ? run(v, o, app, e) : err_set(e, "no rules");

	app_free(app);
	return rc;
}
