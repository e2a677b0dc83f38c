/* merlon eval: how well the classifier, and the rules with it, separate a labelled corpus. */
#include <getopt.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/eval.h"

#define FOLDS_MAX 100u
#define FOLDS_OF_RULES 5u
#define SEED_MAX ((UINT64_C(1) << 53) - 1)

static int usage(FILE *out, int code)
{
	fputs("usage: merlon eval [OPTION]... CORPUS...\n"
	      "Tries the statistical classifier on a labelled corpus (see merlon masscheck): each "
	      "message,\n"
	      "in an order drawn by a seed, is classified and then learnt. Shows the spam missed "
	      "at\n"
	      "several shares of the ham lost, 1-ROCA (100 % less the area under the ROC curve), "
	      "what is\n"
	      "taken for what at a threshold, how it learns, and what it costs. Nothing is "
	      "kept.\n\n"
	      "  --online           as said; this is the default\n"
	      "  --folds N          instead, each message is classified by what all but its N-th "
	      "taught\n"
	      "  --rules            the rules too, alone and with the statistics; 5 folds unless "
	      "said\n"
	      "  --threshold SCORE  of \"taken for spam\"; 0\n"
	      "  --seed N           of the order; 1\n"
	      "  --svg FILE         draws the curves\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  -j, --processes N  that judge by the rules at once; without it one a core\n"
	      "  --plugins DIR      load the plug-ins (*.so) of a directory\n"
	      "  --json             as JSON\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 2 failure.\n",
	      out);
	return code;
}

static int try_all(struct eval *v, struct eval_options *o, struct err *e)
{
	if (o->rules && !o->folds)
		o->folds = FOLDS_OF_RULES;
	if (eval_read(v, o, e) < 0)
		return -1;
	if (o->folds && (v->ham < o->folds || v->spam < o->folds))
		return err_set(e, "%zu ham and %zu spam: expected at least %u of each", v->ham,
			       v->spam, (unsigned)o->folds);
	if (o->rules)
		return eval_rules(v, o, e);
	return o->folds ? eval_folds(v, (unsigned)o->folds, NULL, NULL, e) : eval_online(v, e);
}

static int run(struct arena *a, struct eval_options *o)
{
	struct eval v = { .arena = a };
	struct err e = { "" };
	int rc = try_all(&v, o, &e);

	if (rc == 0)
		(o->json ? eval_print_json : eval_print_text)(&v, o);
	if (rc == 0 && o->svg)
		rc = eval_write_svg(&v, o, &e);
	if (rc < 0)
		fprintf(stderr, "merlon: %s\n", e.text);
	return rc == 0 ? APP_EXIT_GOOD : APP_EXIT_FAILURE;
}

static bool count(const char *option, const char *arg, uint64_t low, uint64_t high, uint64_t *v)
{
	if (str_u64(str_c(arg), high, v) && *v >= low)
		return true;
	fprintf(stderr, "merlon: %s: found \"%s\", expected a number from %llu to %llu\n", option,
		arg, (unsigned long long)low, (unsigned long long)high);
	return false;
}

enum {
	OPT_FOLDS = 256,
	OPT_ONLINE,
	OPT_RULES,
	OPT_THRESHOLD,
	OPT_SEED,
	OPT_SVG,
	OPT_PLUGINS,
	OPT_JSON,
	OPT_HELP
};

static bool take(struct eval_options *o, int option, const char *arg)
{
	switch (option) {
	case 'c':
		o->conf = arg;
		return true;
	case 'j':
		return count("--processes", arg, 1, 64, &o->processes);
	case OPT_FOLDS:
		return count("--folds", arg, 2, FOLDS_MAX, &o->folds);
	case OPT_ONLINE:
		o->folds = 0;
		return true;
	case OPT_RULES:
		o->rules = true;
		return true;
	case OPT_THRESHOLD:
		if (str_f64(str_c(arg), &o->threshold))
			return true;
		fprintf(stderr, "merlon: --threshold: found \"%s\", expected a number\n", arg);
		return false;
	case OPT_SEED:
		return count("--seed", arg, 0, SEED_MAX, &o->seed);
	case OPT_SVG:
		o->svg = arg;
		return true;
	case OPT_PLUGINS:
		o->plugins = arg;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	default:
		return false;
	}
}

int cmd_eval(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "config", 1, 0, 'c' },	  { "processes", 1, 0, 'j' },
		{ "folds", 1, 0, OPT_FOLDS },	  { "online", 0, 0, OPT_ONLINE },
		{ "rules", 0, 0, OPT_RULES },	  { "threshold", 1, 0, OPT_THRESHOLD },
		{ "seed", 1, 0, OPT_SEED },	  { "svg", 1, 0, OPT_SVG },
		{ "plugins", 1, 0, OPT_PLUGINS }, { "json", 0, 0, OPT_JSON },
		{ "help", 0, 0, OPT_HELP },	  { 0 },
	};
	struct eval_options o = { .seed = 1 };
	struct arena *a = arena_new(0);
	bool good = true;
	int c, code = APP_EXIT_FAILURE;

	while (good && (c = getopt_long(argc, argv, "c:j:", long_options, NULL)) != -1) {
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
