/* merlon rules fit: scores learnt from a labelled corpus, and what they are worth. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/corpus_fit.h"
#include "learn/roc.h"

#define FOLDS_MAX 100u

struct options {
	const char *conf, *plugins, *out;
	struct corpus_limits limits;
	bool json;
	uint64_t processes, folds;
	double ham_rate, penalty, ham_weight, threshold; /* threshold 0: score.tag */
	corpus_sources sources;
};

/* ---- the report ---- */

static struct roc curve(const struct corpus *c, const double *score)
{
	struct roc_point *p = ARENA_ARRAY(c->arena, struct roc_point, c->mails.n);

	for (size_t i = 0; i < c->mails.n; i++)
		p[i] = (struct roc_point){ score ? score[i] : c->mails.p[i].score,
					   c->mails.p[i].spam };
	return roc_new(c->arena, p, c->mails.n);
}

static const double rates[] = { 0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05 };

#define RATES (sizeof rates / sizeof *rates)

static double percent(size_t n, size_t of)
{
	return of ? 100.0 * (double)n / (double)of : 0;
}

static void print_text(const struct corpus *c, const struct options *o, const struct roc *before,
		       const struct roc *after)
{
	size_t spam[2], ham[2];
	double at;

	printf("%zu ham, %zu spam, %zu rules hit; after: %u folds, scores of messages not learnt "
	       "from\n\n%-22s %10s %10s\n",
	       c->ham, c->spam, c->rules.n, (unsigned)o->folds, "", "before", "after");
	for (size_t i = 0; i < RATES; i++)
		printf("spam at %5.2f %% ham     %8.2f %% %8.2f %%\n", 100 * rates[i],
		       100 * roc_caught(before, rates[i], &at),
		       100 * roc_caught(after, rates[i], &at));
	printf("1-ROCA                 %8.4f %% %8.4f %%\n", 100 * roc_area_above(before),
	       100 * roc_area_above(after));
	roc_at(before, o->threshold, &spam[0], &ham[0]);
	roc_at(after, o->threshold, &spam[1], &ham[1]);
	printf("spam at score %4.1f     %8.2f %% %8.2f %%\n", o->threshold,
	       percent(spam[0], c->spam), percent(spam[1], c->spam));
	printf("ham at score %4.1f      %8.3f %% %8.3f %%\n", o->threshold, percent(ham[0], c->ham),
	       percent(ham[1], c->ham));
}

static json_t *curve_json(const struct corpus *c, const struct options *o, const struct roc *r)
{
	json_t *points = json_array();
	size_t spam, ham;
	double at;

	for (size_t i = 0; i < RATES; i++)
		json_array_append_new(points, json_pack("{s:f,s:f}", "ham_rate", rates[i],
							"spam_rate", roc_caught(r, rates[i], &at)));
	roc_at(r, o->threshold, &spam, &ham);
	return json_pack("{s:o,s:f,s:{s:f,s:f,s:f}}", "curve", points, "roca_above",
			 roc_area_above(r), "at_threshold", "score", o->threshold, "spam_rate",
			 percent(spam, c->spam) / 100, "ham_rate", percent(ham, c->ham) / 100);
}

static void print_json(const struct corpus *c, const struct options *o, const struct roc *before,
		       const struct roc *after)
{
	json_t *j = json_pack("{s:i,s:i,s:i,s:i,s:o,s:o}", "ham", (int)c->ham, "spam", (int)c->spam,
			      "rules", (int)c->rules.n, "folds", (int)o->folds, "before",
			      curve_json(c, o, before), "after", curve_json(c, o, after));

	if (!j)
		bug("print_json: json_pack");
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(j);
}

/* ---- the file ---- */

static int by_name(const void *x, const void *y)
{
	const struct corpus_rule *const *a = x, *const *b = y;

	return str_icmp((*a)->name, (*b)->name);
}

static void write_scores(FILE *f, const struct corpus *c, const struct options *o,
			 const double *score)
{
	const struct corpus_rule **rule =
		ARENA_ARRAY(c->arena, const struct corpus_rule *, c->rules.n);

	for (size_t i = 0; i < c->rules.n; i++)
		rule[i] = &c->rules.p[i];
	if (c->rules.n)
		qsort(rule, c->rules.n, sizeof *rule, by_name);
	fprintf(f,
		"# Scores fitted by merlon rules fit: %zu ham and %zu spam, threshold %.1f at %.2f "
		"%% "
		"of the ham.\n",
		c->ham, c->spam, o->threshold, 100 * o->ham_rate);
	for (size_t i = 0; i < c->rules.n; i++) {
		double s = score[rule[i] - c->rules.p];
		if (!corpus_keeps(&o->limits, rule[i]))
			fprintf(f,
				"score %-32.*s %7.3f # %.2f %% of the spam, %.2f %% of the ham\n",
				STR_ARG(rule[i]->name),
				fabs(s) < 0.001 ? copysign(0.001, rule[i]->score) : s,
				percent(rule[i]->spam, c->spam), percent(rule[i]->ham, c->ham));
	}
}

static int write_file(const struct corpus *c, const struct options *o, const double *score,
		      struct err *e)
{
	FILE *f = fopen(o->out, "we");

	if (!f)
		return err_set(e, "%s: %s", o->out, strerror(errno));
	write_scores(f, c, o, score);
	if (ferror(f) | fclose(f))
		return err_set(e, "%s: %s", o->out, strerror(errno));
	return 0;
}

/* ---- the command ---- */

static int usage(FILE *out, int code)
{
	fputs("usage: merlon rules fit [OPTION]... -o FILE.cf CORPUS...\n"
	      "Learns scores for the rules that hit in a labelled corpus (see merlon masscheck) "
	      "by\n"
	      "logistic regression: a score keeps its sign, and stays near what it is now where "
	      "the\n"
	      "corpus says little. Shows what the scores of now and the learnt ones catch (the "
	      "latter\n"
	      "by cross-validation), and writes the learnt ones as a rule file. Asks nobody.\n\n"
	      "  -o, --output FILE  where the scores go; without it they are only assessed\n"
	      "  --fp RATE          share of the ham that may reach the threshold; 0.001\n"
	      "  --threshold SCORE  what is taken for spam; without it the option score.tag\n"
	      "  --cap SCORE        most that one rule may add; 3\n"
	      "  --nice-cap SCORE   most that one rule may take off, which spammers forge too; 1\n"
	      "  --keep GROUP,...   groups of rules that keep their scores\n"
	      "  --penalty X        how strongly scores are held at what they are now; 10\n"
	      "  --ham-weight X     how many spam a ham counts as; 1\n"
	      "  --folds N          of the cross-validation; 5\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  -j, --processes N  at once; without it one a core\n"
	      "  --plugins DIR      load the plug-ins (*.so) of a directory\n"
	      "  --json             the report as JSON\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 2 failure.\n",
	      out);
	return code;
}

static int fit(struct corpus *c, struct options *o, struct err *e)
{
	struct fit_options fo = { .penalty = o->penalty,
				  .ham_weight = o->ham_weight,
				  .max_rounds = 200,
				  .tolerance = 1e-3 };
	struct fit_goal goal = { .ham_rate = o->ham_rate };
	struct fit_problem p;
	struct roc before, after;

	if (c->ham < o->folds || c->spam < o->folds)
		return err_set(e, "%zu ham and %zu spam: expected at least %u of each", c->ham,
			       c->spam, (unsigned)o->folds);
	if (o->threshold == 0)
		o->threshold = c->threshold;
	goal.threshold = o->threshold;
	corpus_mix(c);
	p = corpus_problem(c, &o->limits);
	before = curve(c, NULL);
	after = curve(c, fit_cross(c->arena, &p, &fo, &goal, (unsigned)o->folds));
	(o->json ? print_json : print_text)(c, o, &before, &after);
	return o->out ? write_file(c, o, fit_scores(c->arena, &p, NULL, 0, &fo, &goal), e) : 0;
}

static int run(struct arena *a, struct options *o)
{
	const struct check *const *checks = app_checks(a, o->plugins);
	struct app *app = checks ? app_load(o->conf, checks, APP_RULES, NULL, NULL) : NULL;
	struct corpus *c = NULL;
	struct err e = { "" };

	if (app)
		c = corpus_judge(a, app, &o->sources, (unsigned)o->processes, &e);
	if (c && fit(c, o, &e) < 0)
		c = NULL;
	if (e.text[0])
		fprintf(stderr, "merlon: %s\n", e.text);
	app_free(app);
	return c ? APP_EXIT_GOOD : APP_EXIT_FAILURE;
}

static bool take_number(const char *option, const char *arg, double low, double high, double *v)
{
	if (str_f64(str_c(arg), v) && *v >= low && *v <= high)
		return true;
	fprintf(stderr, "merlon: %s: found \"%s\", expected a number from %g to %g\n", option, arg,
		low, high);
	return false;
}

static bool take_count(const char *option, const char *arg, uint64_t low, uint64_t high,
		       uint64_t *v)
{
	if (str_u64(str_c(arg), high, v) && *v >= low)
		return true;
	fprintf(stderr, "merlon: %s: found \"%s\", expected a number from %u to %u\n", option, arg,
		(unsigned)low, (unsigned)high);
	return false;
}

enum {
	OPT_FP = 256,
	OPT_THRESHOLD,
	OPT_CAP,
	OPT_NICE_CAP,
	OPT_PENALTY,
	OPT_WEIGHT,
	OPT_FOLDS,
	OPT_KEEP,
	OPT_JSON,
	OPT_PLUGINS,
	OPT_HELP
};

static bool take(struct options *o, int option, const char *arg)
{
	switch (option) {
	case 'c':
		o->conf = arg;
		return true;
	case 'o':
		o->out = arg;
		return true;
	case OPT_PLUGINS:
		o->plugins = arg;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	case OPT_KEEP:
		o->limits.keep = str_c(arg);
		return true;
	case 'j':
		return take_count("--processes", arg, 1, 64, &o->processes);
	case OPT_FOLDS:
		return take_count("--folds", arg, 2, FOLDS_MAX, &o->folds);
	case OPT_FP:
		return take_number("--fp", arg, 0, 0.5, &o->ham_rate);
	case OPT_THRESHOLD:
		return take_number("--threshold", arg, 0.1, 1000, &o->threshold);
	case OPT_CAP:
		return take_number("--cap", arg, 0.1, 1000, &o->limits.cap);
	case OPT_NICE_CAP:
		return take_number("--nice-cap", arg, 0, 1000, &o->limits.nice_cap);
	case OPT_PENALTY:
		return take_number("--penalty", arg, 1e-6, 1e6, &o->penalty);
	case OPT_WEIGHT:
		return take_number("--ham-weight", arg, 1e-3, 1e6, &o->ham_weight);
	default:
		return false;
	}
}

int cmd_rules_fit(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "config", 1, 0, 'c' },
		{ "output", 1, 0, 'o' },
		{ "processes", 1, 0, 'j' },
		{ "fp", 1, 0, OPT_FP },
		{ "threshold", 1, 0, OPT_THRESHOLD },
		{ "cap", 1, 0, OPT_CAP },
		{ "nice-cap", 1, 0, OPT_NICE_CAP },
		{ "penalty", 1, 0, OPT_PENALTY },
		{ "ham-weight", 1, 0, OPT_WEIGHT },
		{ "folds", 1, 0, OPT_FOLDS },
		{ "keep", 1, 0, OPT_KEEP },
		{ "json", 0, 0, OPT_JSON },
		{ "plugins", 1, 0, OPT_PLUGINS },
		{ "help", 0, 0, OPT_HELP },
		{ 0 },
	};
	struct options o = { .folds = 5,
			     .ham_rate = 0.001,
			     .limits = corpus_limits_default,
			     .penalty = 10,
			     .ham_weight = 1 };
	struct arena *a = arena_new(0);
	bool good = true;
	int c, code = APP_EXIT_FAILURE;

	while (good && (c = getopt_long(argc, argv, "c:o:j:", long_options, NULL)) != -1) {
		if (c == OPT_HELP) {
			arena_free(a);
			return usage(stdout, APP_EXIT_GOOD);
		}
		good = take(&o, c, optarg);
	}
	for (int i = optind; good && i < argc; i++)
		good = corpus_source_add(a, &o.sources, argv[i]);
	if (good && !o.sources.n)
		usage(stderr, 0);
	else if (good)
		code = run(a, &o);
	arena_free(a);
	return code;
}
