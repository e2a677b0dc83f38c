/* merlon classify: scores of the statistical classifier alone, and a pipe that learns too. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/app.h"
#include "cmd/classifier.h"
#include "cmd/cmd.h"
#include "cmd/source.h"
#include "scan/report.h"

#define LINE_MAX_OCTETS 8192u /* of the pipe */
#define TOKENS_SHOWN 30u

struct options {
	const char *state;
	bool pipe, json, explain;
};

/* ---- the pipe ---- */

enum line { LINE_GOOD, LINE_LONG, LINE_END };

/* One line of standard input without its end; of one that is too long nothing. */
static enum line read_line(char *buf, struct str *out)
{
	size_t n = 0;
	int c;

	while ((c = getchar_unlocked()) != EOF && c != '\n') {
		if (n < LINE_MAX_OCTETS)
			buf[n] = (char)c;
		n++;
	}
	if (c == EOF && n == 0)
		return LINE_END;
	if (n > LINE_MAX_OCTETS)
		return LINE_LONG;
	n -= n && buf[n - 1] == '\r';
	buf[n] = '\0';
	*out = str_of(buf, n);
	return LINE_GOOD;
}

static void answer_learnt(enum trainer_result r)
{
	if (r == TRAINED || r == TRAIN_ALREADY)
		puts("ok");
	else
		printf("error: %s\n", trainer_word(r));
}

static void learn_or_score(struct classifier *c, struct arena *a, enum learn_class to,
			   const char *path)
{
	struct features f;
	struct err e;
	char *p;
	size_t n;

	if (source_read(path, &p, &n, &e) < 0) {
		printf("error: %s\n", e.text);
		return;
	}
	if (to == LEARN_NONE)
		printf("%.6f\n", classifier_score(c, a, str_of(p, n), &f).logit);
	else
		answer_learnt(classifier_learn(c, a, str_of(p, n), to));
	free(p);
}

static void answer(struct classifier *c, struct arena *a, struct str line)
{
	static const struct {
		struct str word;
		enum learn_class to;
	} verb[] = { { STR("C "), LEARN_NONE },
		     { STR("T ham "), LEARN_HAM },
		     { STR("T spam "), LEARN_SPAM } };

	if (memchr(line.p, '\0', line.n)) {
		puts("error: a NUL in the line");
		return;
	}
	for (size_t i = 0; i < sizeof verb / sizeof *verb; i++)
		if (str_starts(line, verb[i].word) && line.n > verb[i].word.n) {
			learn_or_score(c, a, verb[i].to, line.p + verb[i].word.n);
			return;
		}
	puts("error: expected \"C PATH\", \"T ham PATH\", \"T spam PATH\" or \"Q\"");
}

static int run_pipe(const struct options *o)
{
	char *buf = malloc(LINE_MAX_OCTETS + 1);
	struct arena *a = arena_new(256 * 1024);
	struct err e = { "" };
	struct classifier *c = classifier_open(o->state, false, &e);
	enum line got;
	struct str line;

	if (!buf)
		bug("out of memory");
	while (c && (got = read_line(buf, &line)) != LINE_END) {
		if (got == LINE_GOOD && str_eq(line, STR("Q")))
			break;
		if (got == LINE_LONG)
			printf("error: a line over %u octets\n", LINE_MAX_OCTETS);
		else
			answer(c, a, line);
		if (fflush(stdout) != 0)
			err_set(&e, "standard output: %s", strerror(errno));
		if (e.text[0])
			break;
		arena_reset(a);
	}
	if (e.text[0])
		fprintf(stderr, "merlon: %s\n", e.text);
	classifier_close(c);
	arena_free(a);
	free(buf);
	return e.text[0] ? APP_EXIT_FAILURE : APP_EXIT_GOOD;
}

/* ---- files ---- */

struct listing {
	const struct options *options;
	struct classifier *classifier;
};

static void print_text(struct str name, const struct score *s, const struct token_evidence *t,
		       size_t n)
{
	printf("%.*s: score %.6f, p %.4f%s\n", STR_ARG(name), s->logit, s->p,
	       s->known ? "" : ", too little learnt");
	for (size_t i = 0; i < n; i++)
		printf("  %.4f  %6u ham %6u spam  %.*s\n", t[i].p, t[i].ham, t[i].spam,
		       STR_ARG(t[i].text));
}

static void print_json(struct str name, const struct score *s, const struct token_evidence *t,
		       size_t n, bool explain)
{
	json_t *list = explain ? json_array() : json_null(), *o;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
				      json_pack("{s:o,s:f,s:I,s:I}", "token", report_str(t[i].text),
						"probability", t[i].p, "ham", (json_int_t)t[i].ham,
						"spam", (json_int_t)t[i].spam));
	o = json_pack("{s:o,s:f,s:f,s:b,s:f,s:f,s:f,s:{s:I,s:I},s:o}", "file", report_str(name),
		      "score", s->logit, "probability", s->p, "known", s->known, "view_s", s->s,
		      "view_c", s->c, "view_t", s->t, "learnt", "ham", (json_int_t)s->ham, "spam",
		      (json_int_t)s->spam, "tokens", list);
	if (!o)
		bug("print_json: json_pack");
	json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(o);
}

static void take_message(void *arg, struct str name, struct str octets)
{
	struct listing *l = arg;
	struct arena *a = arena_new(0);
	struct token_evidence *t = ARENA_ARRAY(a, struct token_evidence, TOKENS_SHOWN);
	struct features f;
	struct score s = classifier_score(l->classifier, a, octets, &f);
	size_t n = 0;

	if (l->options->explain)
		n = model_explain(l->classifier->model, &f, t, TOKENS_SHOWN);
	if (l->options->json)
		print_json(name, &s, t, n, l->options->explain);
	else
		print_text(name, &s, t, n);
	arena_free(a);
}

static int run_files(const struct options *o, char **path, int n)
{
	struct err e = { "" };
	struct listing l = { o, classifier_open(o->state, true, &e) };
	bool good = l.classifier != NULL;

	for (int i = 0; good && i < n; i++)
		good = source_each(path[i], take_message, &l, &e) == 0;
	if (!good)
		fprintf(stderr, "merlon: %s\n", e.text);
	classifier_close(l.classifier);
	return good ? APP_EXIT_GOOD : APP_EXIT_FAILURE;
}

/* ---- the command ---- */

static int usage(FILE *out, int code)
{
	fputs("usage: merlon classify [OPTION]... FILE|DIR|MBOX|-...\n"
	      "       merlon classify --pipe [--state DIR]\n"
	      "What the statistical classifier alone says of messages: a score (larger is "
	      "spammier,\n"
	      "0 is even) and a probability of spam.\n\n"
	      "  --state DIR  the model of that state directory; without it an empty one in "
	      "memory\n"
	      "  --pipe       read lines and answer each: \"C PATH\" by a score, \"T ham PATH\" "
	      "and\n"
	      "               \"T spam PATH\" (learn) by \"ok\", both by \"error: ...\" if that "
	      "cannot be;\n"
	      "               \"Q\" ends. Nobody else may have the state directory meanwhile\n"
	      "  --explain    the tokens that decided, with how often each was seen\n"
	      "  --json       print JSON, one line a message\n"
	      "  --help       this text\n\n"
	      "Exit: 0 good, 2 failure.\n",
	      out);
	return code;
}

int cmd_classify(int argc, char **argv)
{
	enum { OPT_STATE = 256, OPT_PIPE, OPT_EXPLAIN, OPT_JSON, OPT_HELP };
	static const struct option long_options[] = {
		{ "state", 1, 0, OPT_STATE },	  { "pipe", 0, 0, OPT_PIPE },
		{ "explain", 0, 0, OPT_EXPLAIN }, { "json", 0, 0, OPT_JSON },
		{ "help", 0, 0, OPT_HELP },	  { 0 },
	};
	struct options o = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == OPT_HELP)
			return usage(stdout, APP_EXIT_GOOD);
		if (c == '?')
			return APP_EXIT_FAILURE;
		o.state = c == OPT_STATE ? optarg : o.state;
		o.pipe |= c == OPT_PIPE;
		o.explain |= c == OPT_EXPLAIN;
		o.json |= c == OPT_JSON;
	}
	if (o.pipe ? optind < argc || o.json || o.explain : optind == argc)
		return usage(stderr, APP_EXIT_FAILURE);
	return o.pipe ? run_pipe(&o) : run_files(&o, argv + optind, argc - optind);
}
