/* merlon masscheck: what each rule hits in a labelled corpus. */
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/corpus.h"
#include "learn/roc.h"

struct options {
	const char *conf, *plugins;
	bool json;
	uint64_t processes, least; /* hits of a rule that is shown */
	corpus_sources sources;
};

/* A rule, and the one that shares most of its hits. */
struct row {
	const struct corpus_rule *rule;
	double spam, ham, so; /* shares, 0 to 1; S/O: spam share of both shares */
	const struct corpus_rule *twin;
	double overlap; /* messages with both by messages with either */
};

static size_t hits(const struct corpus_rule *r)
{
	return r->spam + r->ham;
}

static double share(size_t n, size_t of)
{
	return of ? (double)n / (double)of : 0;
}

/* ---- overlap ---- */

#define OVERLAP_RULES_MAX                                                                          \
	4096u		 /* rules that are compared with each other; the table is its square */
#define OVERLAP_LEAST 5u /* hits of a rule that is compared */

static void count_pairs(const struct corpus_mail *m, const uint32_t *place, size_t n,
			uint32_t *both)
{
	for (size_t i = 0; i < m->nhits; i++)
		for (size_t k = 0; k < m->nhits; k++)
			if (place[m->hit[i]] < n && place[m->hit[k]] < n)
				both[place[m->hit[i]] * n + place[m->hit[k]]]++;
}

static void find_twin(struct row *rows, const size_t *rule, size_t n, size_t i,
		      const uint32_t *both)
{
	struct row *r = &rows[rule[i]];

	for (size_t k = 0; k < n; k++) {
		size_t common = both[i * n + k];
		size_t either = hits(r->rule) + hits(rows[rule[k]].rule) - common;
		double overlap = share(common, either);
		if (k != i && overlap > r->overlap) {
			r->overlap = overlap;
			r->twin = rows[rule[k]].rule;
		}
	}
}

static void find_twins(const struct corpus *c, struct row *rows)
{
	struct arena *a = arena_new(0);
	uint32_t *place = ARENA_ARRAY(a, uint32_t, c->rules.n), *both;
	size_t *rule = ARENA_ARRAY(a, size_t, c->rules.n), n = 0;

	for (size_t i = 0; i < c->rules.n; i++) {
		bool in = hits(&c->rules.p[i]) >= OVERLAP_LEAST && n < OVERLAP_RULES_MAX;
		place[i] = in ? (uint32_t)n : UINT32_MAX;
		if (in)
			rule[n++] = i;
	}
	both = ARENA_ARRAY(a, uint32_t, n * n);
	for (size_t i = 0; i < c->mails.n; i++)
		count_pairs(&c->mails.p[i], place, n, both);
	for (size_t i = 0; i < n; i++)
		find_twin(rows, rule, n, i, both);
	arena_free(a);
}

/* ---- rows ---- */

/* What separates best first. */
static int by_worth(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	double d = (b->spam - b->ham) - (a->spam - a->ham);

	return d < 0 ? -1 : d > 0 ? 1 : str_icmp(a->rule->name, b->rule->name);
}

static struct row *make_rows(const struct corpus *c)
{
	struct row *rows = ARENA_ARRAY(c->arena, struct row, c->rules.n);

	for (size_t i = 0; i < c->rules.n; i++) {
		const struct corpus_rule *r = &c->rules.p[i];
		double spam = share(r->spam, c->spam), ham = share(r->ham, c->ham);
		rows[i] = (struct row){
			.rule = r, .spam = spam, .ham = ham, .so = spam / (spam + ham)
		};
	}
	find_twins(c, rows);
	if (c->rules.n)
		qsort(rows, c->rules.n, sizeof *rows, by_worth);
	return rows;
}

static struct roc curve(const struct corpus *c)
{
	struct roc_point *p = ARENA_ARRAY(c->arena, struct roc_point, c->mails.n);

	for (size_t i = 0; i < c->mails.n; i++)
		p[i] = (struct roc_point){ c->mails.p[i].score, c->mails.p[i].spam };
	return roc_new(c->arena, p, c->mails.n);
}

static double mean_cpu_ms(const struct corpus *c)
{
	uint64_t us = 0;

	for (size_t i = 0; i < c->mails.n; i++)
		us += c->mails.p[i].cpu_us;
	return c->mails.n ? (double)us / 1000.0 / (double)c->mails.n : 0;
}

/* ---- output ---- */

static double each_us(const struct corpus *c, const struct corpus_rule *r)
{
	return c->mails.n ? (double)r->us / (double)c->mails.n : 0;
}

static void print_text(const struct corpus *c, const struct row *rows, const struct options *o)
{
	struct roc roc = curve(c);
	size_t spam, ham;
	double at, caught = roc_caught(&roc, 0.001, &at);

	printf("%zu ham, %zu spam, %zu rules hit, %.3f ms of CPU a message\n", c->ham, c->spam,
	       c->rules.n, mean_cpu_ms(c));
	roc_at(&roc, c->threshold, &spam, &ham);
	printf("at score %.1f: %.2f %% of the spam, %.3f %% of the ham\n", c->threshold,
	       100 * share(spam, c->spam), 100 * share(ham, c->ham));
	printf("at 0.1 %% of the ham (score %.2f): %.2f %% of the spam; 1-ROCA %.4f %%\n\n", at,
	       100 * caught, 100 * roc_area_above(&roc));
	printf("%8s %8s %6s %8s %8s  %-32s %s\n", "SPAM%", "HAM%", "S/O", "SCORE", "US/MSG", "RULE",
	       "MOST LIKE (OVERLAP)");
	for (size_t i = 0; i < c->rules.n; i++) {
		const struct row *r = &rows[i];
		if (hits(r->rule) < o->least)
			continue;
		printf("%8.3f %8.3f %6.3f %8.3f %8.2f  %-32.*s", 100 * r->spam, 100 * r->ham, r->so,
		       r->rule->score, each_us(c, r->rule), STR_ARG(r->rule->name));
		if (r->twin)
			printf(" %.*s (%.2f)", STR_ARG(r->twin->name), r->overlap);
		putchar('\n');
	}
}

static json_t *row_json(const struct corpus *c, const struct row *r)
{
	json_t *j = json_pack("{s:s%,s:f,s:i,s:i,s:f,s:f,s:f,s:f,s:f}", "name", r->rule->name.p,
			      r->rule->name.n, "score", r->rule->score, "spam", (int)r->rule->spam,
			      "ham", (int)r->rule->ham, "spam_rate", r->spam, "ham_rate", r->ham,
			      "so", r->so, "overlap", r->overlap, "us", each_us(c, r->rule));

	json_object_set_new(j, "most_like",
			    r->twin ? json_stringn(r->twin->name.p, r->twin->name.n) : json_null());
	return j;
}

static void print_json(const struct corpus *c, const struct row *rows, const struct options *o)
{
	struct roc roc = curve(c);
	json_t *list = json_array(), *all;
	size_t spam, ham;
	double at, caught = roc_caught(&roc, 0.001, &at);

	for (size_t i = 0; i < c->rules.n; i++)
		if (hits(rows[i].rule) >= o->least)
			json_array_append_new(list, row_json(c, &rows[i]));
	roc_at(&roc, c->threshold, &spam, &ham);
	all = json_pack("{s:i,s:i,s:f,s:{s:f,s:f,s:f},s:{s:f,s:f},s:f,s:o}", "ham", (int)c->ham,
			"spam", (int)c->spam, "cpu_ms", mean_cpu_ms(c), "at_tag", "score",
			c->threshold, "spam_rate", share(spam, c->spam), "ham_rate",
			share(ham, c->ham), "at_ham_rate_0.001", "score", isfinite(at) ? at : 0.0,
			"spam_rate", caught, "roca_above", roc_area_above(&roc), "rules", list);
	if (!all)
		bug("print_json: json_pack");
	json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(all);
}

/* ---- the command ---- */

static int usage(FILE *out, int code)
{
	fputs("usage: merlon masscheck [OPTION]... CORPUS...\n"
	      "Judges a labelled corpus by the rules, asking nobody, and shows what each rule "
	      "hits.\n"
	      "CORPUS: ham:PATH, spam:PATH (a file, directory or mailbox), or a directory that "
	      "holds\n"
	      "the directories ham and spam.\n\n"
	      "S/O is the spam's share of a rule's hits, were there as much ham as spam; MOST LIKE "
	      "is\n"
	      "the rule that shares most of its hits (OVERLAP 1: the same messages); US/MSG is the "
	      "time\n"
	      "that its patterns took for a message.\n\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  -j, --processes N  at once; without it one a core\n"
	      "  --least N          leave out rules with fewer hits\n"
	      "  --plugins DIR      load the plug-ins (*.so) of a directory\n"
	      "  --json             as JSON\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 2 failure.\n",
	      out);
	return code;
}

static int run(struct arena *a, const struct options *o)
{
	const struct check *const *checks = app_checks(a, o->plugins);
	struct app *app = checks ? app_load(o->conf, checks, APP_RULES, NULL, NULL) : NULL;
	struct corpus *c = NULL;
	struct err e = { "" };

	if (app)
		c = corpus_judge(a, app, &o->sources, (unsigned)o->processes, &e);
	if (e.text[0])
		fprintf(stderr, "merlon: %s\n", e.text);
	if (c)
		(o->json ? print_json : print_text)(c, make_rows(c), o);
	app_free(app);
	return c ? APP_EXIT_GOOD : APP_EXIT_FAILURE;
}

static bool number(const char *option, const char *arg, uint64_t *v)
{
	if (str_u64(str_c(arg), 100000, v))
		return true;
	fprintf(stderr, "merlon: %s: found \"%s\", expected a number\n", option, arg);
	return false;
}

int cmd_masscheck(int argc, char **argv)
{
	enum { OPT_LEAST = 256, OPT_JSON, OPT_PLUGINS, OPT_HELP };
	static const struct option long_options[] = {
		{ "config", 1, 0, 'c' },
		{ "processes", 1, 0, 'j' },
		{ "least", 1, 0, OPT_LEAST },
		{ "json", 0, 0, OPT_JSON },
		{ "plugins", 1, 0, OPT_PLUGINS },
		{ "help", 0, 0, OPT_HELP },
		{ 0 },
	};
	struct options o = { .least = 1 };
	struct arena *a = arena_new(0);
	bool good = true;
	int c, code;

	while (good && (c = getopt_long(argc, argv, "c:j:", long_options, NULL)) != -1) {
		if (c == OPT_HELP) {
			arena_free(a);
			return usage(stdout, APP_EXIT_GOOD);
		}
		good = c == 'c'		  ? (o.conf = optarg, true)
		       : c == OPT_PLUGINS ? (o.plugins = optarg, true)
		       : c == OPT_JSON	  ? (o.json = true)
		       : c == 'j'	  ? number("--processes", optarg, &o.processes)
		       : c == OPT_LEAST	  ? number("--least", optarg, &o.least)
					  : false;
	}
	for (int i = optind; good && i < argc; i++)
		good = corpus_source_add(a, &o.sources, argv[i]);
	if (good && !o.sources.n)
		good = usage(stderr, false);
	code = good ? run(a, &o) : APP_EXIT_FAILURE;
	arena_free(a);
	return code;
}
