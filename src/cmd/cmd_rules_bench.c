/* merlon rules bench: what the patterns of the rules cost over a corpus, by view and by rule. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cmd/rules.h"
#include "cmd/source.h"

#define SLOWEST 20u

struct cost {
	const struct rule *rule;
	uint64_t us, runs;
};

struct bench {
	struct rules_open open;
	struct app_env *env;
	size_t messages;
	uint64_t octets, cpu_us;
	VEC(struct cost) costs;
	VEC(struct cost) kinds; /* rule: the first of its kind */
};

static void finished(void *arg, struct scan *s)
{
	(void)s;
	*(bool *)arg = true;
}

static void take_mail(void *arg, struct str name, struct str octets)
{
	static const struct envelope nobody = { 0 };
	struct bench *b = arg;
	uint64_t began = clock_cpu_us();
	bool done = false;
	struct scan *s;

	(void)name;
	s = source_scan(&b->env->scan, &nobody, octets, SCAN_F_LOCAL, finished, &done);
	while (!done)
		loop_turn(b->env->scan.loop, 100);
	scan_free(s);
	b->messages++;
	b->octets += octets.n;
	b->cpu_us += clock_cpu_us() - began;
}

static void add_kind(struct bench *b, struct cost c)
{
	for (size_t i = 0; i < b->kinds.n; i++)
		if (b->kinds.p[i].rule->kind == c.rule->kind) {
			b->kinds.p[i].us += c.us;
			b->kinds.p[i].runs += c.runs;
			return;
		}
	VEC_PUSH(b->open.arena, b->kinds) = c;
}

static int by_time(const void *x, const void *y)
{
	const struct cost *a = x, *b = y;

	return a->us < b->us ? 1 : a->us > b->us ? -1 : 0;
}

static void gather(struct bench *b)
{
	struct str name;
	struct cost c;

	for (size_t i = 0;
	     ruleset_cost(b->open.set, b->env->scan.judge_state, i, &name, &c.us, &c.runs); i++) {
		c.rule = b->open.set->rules.p[i];
		if (c.runs == 0)
			continue;
		VEC_PUSH(b->open.arena, b->costs) = c;
		add_kind(b, c);
	}
	if (b->costs.n)
		qsort(b->costs.p, b->costs.n, sizeof *b->costs.p, by_time);
	if (b->kinds.n)
		qsort(b->kinds.p, b->kinds.n, sizeof *b->kinds.p, by_time);
}

static double each(const struct bench *b, uint64_t n)
{
	return b->messages ? (double)n / (double)b->messages : 0;
}

static void print_text(const struct bench *b)
{
	printf("%zu messages of %.0f octets, %.1f us of CPU each, with everything\n", b->messages,
	       each(b, b->octets), each(b, b->cpu_us));
	printf("\n%10s %10s  %s\n", "US/MSG", "RUNS/MSG", "VIEW");
	for (size_t i = 0; i < b->kinds.n; i++)
		printf("%10.2f %10.2f  %s\n", each(b, b->kinds.p[i].us),
		       each(b, b->kinds.p[i].runs), rule_kind_word(b->kinds.p[i].rule->kind));
	printf("\n%10s %10s %10s  %s\n", "US/MSG", "RUNS/MSG", "US/RUN", "RULE");
	for (size_t i = 0; i < b->costs.n && i < SLOWEST; i++)
		printf("%10.2f %10.2f %10.2f  %.*s\n", each(b, b->costs.p[i].us),
		       each(b, b->costs.p[i].runs),
		       (double)b->costs.p[i].us / (double)b->costs.p[i].runs,
		       STR_ARG(b->costs.p[i].rule->name));
}

static json_t *cost_json(const char *key, struct str name, const struct cost *c)
{
	return json_pack("{s:s%,s:I,s:I}", key, name.p, name.n, "us", (json_int_t)c->us, "runs",
			 (json_int_t)c->runs);
}

static void print_json(const struct bench *b)
{
	json_t *views = json_array(), *rules = json_array();

	for (size_t i = 0; i < b->kinds.n; i++)
		json_array_append_new(
			views, cost_json("view", str_c(rule_kind_word(b->kinds.p[i].rule->kind)),
					 &b->kinds.p[i]));
	for (size_t i = 0; i < b->costs.n; i++)
		json_array_append_new(rules,
				      cost_json("rule", b->costs.p[i].rule->name, &b->costs.p[i]));
	rules_print_json(json_pack("{s:I,s:I,s:I,s:o,s:o}", "messages", (json_int_t)b->messages,
				   "octets", (json_int_t)b->octets, "cpu_us", (json_int_t)b->cpu_us,
				   "views", views, "rules", rules));
}

static int run(const struct rules_options *o, struct bench *b)
{
	struct err e = { "" };

	b->env = app_env_new(b->open.app, NULL, 0, NULL, &e);
	for (int i = 0; b->env && !e.text[0] && i < o->nargs; i++)
		source_each(o->arg[i], take_mail, b, &e);
	if (e.text[0])
		fprintf(stderr, "merlon: %s\n", e.text);
	else
		gather(b);
	if (!e.text[0])
		(o->json ? print_json : print_text)(b);
	app_env_free(b->env);
	return e.text[0] ? APP_EXIT_FAILURE : APP_EXIT_GOOD;
}

int rules_bench(const struct rules_options *o)
{
	struct bench b = { .messages = 0 };
	int code = APP_EXIT_FAILURE;

	if (o->nargs == 0) {
		fprintf(stderr, "merlon rules bench: expected a file, directory or mailbox\n");
		return code;
	}
	if (rules_open(o, &b.open, NULL, NULL) && b.open.set)
		code = run(o, &b);
	rules_close(&b.open);
	return code;
}
