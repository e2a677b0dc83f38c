/* merlon llm eval: a model is asked about a labelled corpus. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/corpus.h"
#include "cmd/llm_figures.h"
#include "cmd/llm_tool.h"
#include "base/file.h"
#include "io/loop.h"

#define JOBS_MAX 64u
#define LIMIT_MAX 100000000u

struct eval_options {
	struct llm_options o;
	bool band, yes;
	uint64_t limit, jobs;
	corpus_sources sources;
};

struct run {
	const struct eval_options *o;
	struct llm_tool tool;
	struct llm_figures f;
	struct spending most; /* that it can cost */
	bool ask, spam;
	unsigned flying;
	uint64_t jobs;	    /* at a time */
	size_t done, taken; /* taken: of the source that is read */
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon llm eval [OPTION]... CORPUS...\n"
	      "Asks about every message of a labelled corpus and says how good the answers are and "
	      "what\nthey cost. Answers are kept in the state directory: a second run asks nothing "
	      "again. The\nbudgets of the configuration hold. CORPUS is ham:PATH, spam:PATH, or a "
	      "directory that\nholds the directories ham and spam; golden is the corpus that "
	      "models are shipped with.\n\n"
	      "  --limit N          no more than N messages of each source\n"
	      "  --jobs N           requests at a time (default 2), and no more than max_inflight "
	      "of\n"
	      "                     an endpoint\n"
	      "  --mode MODE        full, redacted or features; default: as configured\n"
	      "  --endpoint NAME    only this llm_endpoint\n"
	      "  --band             only messages whose score is in llm.band\n"
	      "  --yes              spend the money: without it, where there are prices, it is "
	      "only "
	      "said\n"
	      "                     what it would cost at most\n"
	      "  --state DIR        state directory\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --json             print JSON: messages, outside, answers, cached, calls, "
	      "skipped,\n"
	      "                     faults, spam_called, spam_missed, ham_called, ham_left, "
	      "area_above,\n"
	      "                     p_error, calibration, spent, store, ms_median, ms_95, stopped\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 a budget or the want of --yes ended it, 2 failure.\n",
	      out);
	return code;
}

/* ---- one message ---- */

static void progress(const struct run *r)
{
	if (isatty(2) && r->done % 10 == 0)
		fprintf(stderr, "\r%zu asked about, %llu requests ", r->done,
			(unsigned long long)r->f.spent.sum[BUDGET_REQUESTS]);
}

static void add(struct llm_figures *f, const struct opinion *o, bool spam)
{
	const uint64_t spent[4] = { [BUDGET_REQUESTS] = o->calls,
				    [BUDGET_TOKENS_IN] = o->tokens_in,
				    [BUDGET_TOKENS_OUT] = o->tokens_out,
				    [BUDGET_MICROS] = o->micros };

	for (size_t i = 0; i < 4; i++)
		f->spent.sum[i] += spent[i];
	f->skipped[o->skip]++;
	if (o->skip == OPINION_SKIP_FAULT)
		f->faults[o->answer.fault]++;
	if (o->skip == OPINION_SKIP_BUDGET && !f->stopped)
		f->stopped = arena_cstr(f->arena, str_c(o->detail));
	VEC_PUSH(f->arena, f->all) = (struct llm_figure){
		.spam = spam,
		.cached = o->cached,
		.given = o->skip == OPINION_GIVEN,
		.label = o->answer.label,
		.said = o->answer.p_spam,
		.p = o->p_spam,
		.calls = o->calls,
		.ms = o->ms,
	};
}

struct asked {
	struct run *run;
	bool spam;
};

static void answered(void *arg, struct llm_task *t)
{
	struct asked *q = arg;
	struct run *r = q->run;

	add(&r->f, &t->consult.out, q->spam);
	r->flying--;
	r->done++;
	progress(r);
	llm_task_free(t);
}

static void ask(struct run *r, struct llm_task *t)
{
	struct asked *q = ARENA_NEW(t->s->arena, struct asked);

	*q = (struct asked){ r, r->spam };
	r->flying++;
	llm_task_ask(t, answered, q);
	while (r->flying >= r->jobs)
		loop_turn(r->tool.env->scan.loop, 100);
}

static void estimate(struct run *r, struct llm_task *t)
{
	const struct opinion_endpoint *p = r->tool.site.endpoint[0];
	struct llm_question q;
	struct http_request request;
	struct spending most;

	if (consult_question(&t->consult, p, &q, &request)) {
		most = budget_estimate(p, &q);
		for (size_t i = 0; i < 4; i++)
			r->most.sum[i] += most.sum[i];
	}
	llm_task_free(t);
}

static bool in_band(const struct run *r, const struct scan *s)
{
	return !r->o->band ||
	       (s->verdict.score >= r->tool.config->from && s->verdict.score <= r->tool.config->to);
}

static void take(void *arg, struct str name, struct str octets)
{
	static const struct envelope nobody = { 0 };
	struct run *r = arg;
	struct llm_task *t;

	(void)name;
	if (r->f.stopped || r->taken == r->o->limit)
		return;
	r->taken++;
	r->f.messages++;
	t = llm_task_new(&r->tool, &nobody, octets);
	if (t && !in_band(r, t->s)) {
		r->f.outside++;
		llm_task_free(t);
	} else if (t && r->ask) {
		ask(r, t);
	} else if (t) {
		estimate(r, t);
	}
}

static int each(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->o->sources.n; i++) {
		r->spam = r->o->sources.p[i].spam;
		r->taken = 0;
		if (source_each(r->o->sources.p[i].path, take, r, e) < 0)
			return -1;
	}
	while (r->flying)
		loop_turn(r->tool.env->scan.loop, 100);
	return 0;
}

/* ---- the store's own count ---- */

static bool counted(struct run *r, struct arena *a, struct spending *out)
{
	struct scan_env env = { .crypto = r->tool.env->scan.crypto };
	struct scan s = { .arena = a, .env = &env };
	struct store_op op = { .kind = STORE_ADD, .key = budget_spent_key(&s) };
	const struct store_answer *x = store_wait(r->tool.store, a, &op, 1, STORE_SLOW);

	for (size_t i = 0; i < 4; i++)
		out->sum[i] = (uint64_t)(x->sum[i] + 0.5);
	return x->status == STORE_OK && !x->local;
}

/* ---- the whole ---- */

static bool costs(const struct llm_tool *t)
{
	for (size_t i = 0; i < t->site.nendpoints; i++)
		if (t->site.endpoint[i]->price_in > 0 || t->site.endpoint[i]->price_out > 0)
			return true;
	return false;
}

static int tell_costs(struct run *r, struct err *e)
{
	if (each(r, e) < 0)
		return -1;
	fprintf(stderr,
		"merlon llm eval: %zu messages, %zu outside the band: at most %llu requests, %llu "
		"tokens in, %llu out, money %.4f; --yes spends it\n",
		r->f.messages, r->f.outside, (unsigned long long)r->most.sum[BUDGET_REQUESTS],
		(unsigned long long)r->most.sum[BUDGET_TOKENS_IN],
		(unsigned long long)r->most.sum[BUDGET_TOKENS_OUT],
		(double)r->most.sum[BUDGET_MICROS] / 1e6);
	return APP_EXIT_NEGATIVE;
}

static int ask_all(struct run *r, struct arena *a, struct err *e)
{
	struct spending before;
	bool good = counted(r, a, &before);

	if (each(r, e) < 0)
		return -1;
	r->f.counted = good && counted(r, a, &r->f.store);
	for (size_t i = 0; i < 4; i++)
		r->f.store.sum[i] -= r->f.counted ? before.sum[i] : 0;
	if (isatty(2))
		fputc('\n', stderr);
	llm_figures_print(&r->f, r->o->o.json);
	return r->f.stopped ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
}

/* No more at a time than every endpoint takes: who is turned away is not asked about. */
static uint64_t jobs(const struct run *r)
{
	uint64_t n = r->o->jobs;

	for (size_t i = 0; i < r->tool.site.nendpoints; i++)
		if (r->tool.site.endpoint[i]->max_inflight < n)
			n = r->tool.site.endpoint[i]->max_inflight;
	return n;
}

static int eval(const struct eval_options *o)
{
	static const struct log_config quiet = { LOG_LVL_ERROR, LOG_LOGFMT, "stderr" };
	struct arena *a = arena_new(0);
	struct run r = { .o = o, .f.arena = a };
	struct err e = { 0 };
	int code = -1;

	if (log_open(&quiet, &e) == 0 && llm_tool_open(&r.tool, a, &o->o)) {
		r.ask = o->yes || !costs(&r.tool);
		r.jobs = jobs(&r);
		code = r.ask ? ask_all(&r, a, &e) : tell_costs(&r, &e);
	}
	if (e.text[0])
		fprintf(stderr, "merlon llm eval: %s\n", e.text);
	llm_tool_close(&r.tool);
	arena_free(a);
	return code < 0 ? APP_EXIT_FAILURE : code;
}

/* ---- options ---- */

static bool source(struct arena *a, struct eval_options *o, const char *arg)
{
	if (strcmp(arg, "golden") == 0)
		arg = arena_printf(a, "%s/llm/golden", file_shipped(a, "models")).p;
	return corpus_source_add(a, &o->sources, arg);
}

static bool number(const char *name, const char *text, uint64_t max, uint64_t *out)
{
	if (str_u64(str_c(text), max, out) && *out)
		return true;
	fprintf(stderr, "merlon llm eval: --%s: found \"%s\", expected a number from 1 to %llu\n",
		name, text, (unsigned long long)max);
	return false;
}

static bool mode(struct eval_options *o, const char *text)
{
	o->o.privacy = llm_privacy_find(text);
	if (o->o.privacy >= 0)
		return true;
	fprintf(stderr,
		"merlon llm eval: --mode: found \"%s\", expected full, redacted or features\n",
		text);
	return false;
}

/* APP_EXIT_GOOD: go on; else the end, help among it. */
static int options(int argc, char **argv, struct eval_options *o, bool *help)
{
	static const struct option longs[] = { { "limit", required_argument, NULL, 'n' },
					       { "jobs", required_argument, NULL, 'J' },
					       { "mode", required_argument, NULL, 'm' },
					       { "endpoint", required_argument, NULL, 'e' },
					       { "band", no_argument, NULL, 'b' },
					       { "yes", no_argument, NULL, 'y' },
					       { "state", required_argument, NULL, 'd' },
					       { "config", required_argument, NULL, 'c' },
					       { "json", no_argument, NULL, 'j' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	int opt;
	bool good = true;

	while (good && (opt = getopt_long(argc, argv, "c:", longs, NULL)) != -1)
		if (opt == 'n')
			good = number("limit", optarg, LIMIT_MAX, &o->limit);
		else if (opt == 'J')
			good = number("jobs", optarg, JOBS_MAX, &o->jobs);
		else if (opt == 'm')
			good = mode(o, optarg);
		else if (opt == 'e')
			o->o.endpoint = optarg;
		else if (opt == 'b')
			o->band = true;
		else if (opt == 'y')
			o->yes = true;
		else if (opt == 'd')
			o->o.state = optarg;
		else if (opt == 'c')
			o->o.conf = optarg;
		else if (opt == 'j')
			o->o.json = true;
		else if (opt == 'h')
			*help = true;
		else
			return usage(stderr, APP_EXIT_FAILURE);
	return good ? APP_EXIT_GOOD : APP_EXIT_FAILURE;
}

int llm_eval_main(int argc, char **argv)
{
	struct eval_options o = { .o = { .privacy = -1, .store = true, .local = true },
				  .limit = LIMIT_MAX,
				  .jobs = 2 };
	struct arena *a = arena_new(0);
	bool help = false;
	int code = options(argc, argv, &o, &help);

	if (help)
		usage(stdout, 0);
	else if (code == APP_EXIT_GOOD && optind == argc)
		code = usage(stderr, APP_EXIT_FAILURE);
	else if (code == APP_EXIT_GOOD) {
		for (int i = optind; i < argc && code == APP_EXIT_GOOD; i++)
			code = source(a, &o, argv[i]) ? APP_EXIT_GOOD : APP_EXIT_FAILURE;
		if (code == APP_EXIT_GOOD)
			code = eval(&o);
	}
	arena_free(a);
	return code;
}
