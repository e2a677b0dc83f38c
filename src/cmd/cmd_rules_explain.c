/* merlon rules explain: the rules that a message hits, each with its evidence and its origin. */
#include <stdio.h>

#include "cmd/rules.h"
#include "cmd/show.h"
#include "cmd/source.h"
#include "scan/report.h"

struct explaining {
	const struct rules_options *o;
	const struct rules_open *r;
	struct app_env *env;
	json_t *all;
};

static void finished(void *arg, struct scan *s)
{
	(void)s;
	*(bool *)arg = true;
}

static void print_hit(const struct rule *rule, const struct symbol *y)
{
	printf("  %8.3f %.*s  %.*s\n", y->score, STR_ARG(y->name), STR_ARG(rule->describe));
	if (y->evidence.n) {
		fputs("           ", stdout);
		show_text(stdout, y->evidence, NULL);
		putchar('\n');
	}
	printf("           %.*s, %s:%d\n", STR_ARG(rule->word), rule->file, rule->line);
}

static json_t *hit_json(const struct rule *rule, const struct symbol *y)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", report_str(y->name));
	json_object_set_new(j, "score", json_real(y->score));
	json_object_set_new(j, "describe", report_str(rule->describe));
	json_object_set_new(j, "evidence", report_str(y->evidence));
	json_object_set_new(j, "group", report_str(y->group));
	json_object_set_new(j, "kind", json_string(rule_kind_word(rule->kind)));
	json_object_set_new(j, "file", report_str(str_c(rule->file)));
	json_object_set_new(j, "line", json_integer(rule->line));
	return j;
}

static void explain_text(const struct explaining *x, const struct scan *s, struct str name)
{
	printf("%.*s: %s, score %.2f (tag %.2f, reject %.2f)\n", STR_ARG(name),
	       action_word(s->verdict.action), s->verdict.score, s->verdict.tag_at,
	       s->verdict.reject_at);
	for (size_t i = 0; i < s->verdict.symbols.n; i++) {
		const struct symbol *y = &s->verdict.symbols.p[i];
		print_hit(ruleset_rule(x->r->set, y->name), y);
	}
	fputs("  subrules:", stdout);
	for (size_t i = 0; i < s->verdict.subrules.n; i++)
		printf(" %.*s", STR_ARG(s->verdict.subrules.p[i]));
	putchar('\n');
}

static json_t *explain_json(const struct explaining *x, const struct scan *s, struct str name)
{
	json_t *j = json_object(), *hits = json_array(), *subrules = json_array();

	for (size_t i = 0; i < s->verdict.symbols.n; i++) {
		const struct symbol *y = &s->verdict.symbols.p[i];
		json_array_append_new(hits, hit_json(ruleset_rule(x->r->set, y->name), y));
	}
	for (size_t i = 0; i < s->verdict.subrules.n; i++)
		json_array_append_new(subrules, report_str(s->verdict.subrules.p[i]));
	json_object_set_new(j, "file", report_str(name));
	json_object_set_new(j, "action", json_string(action_word(s->verdict.action)));
	json_object_set_new(j, "score", json_real(s->verdict.score));
	json_object_set_new(j, "tag", json_real(s->verdict.tag_at));
	json_object_set_new(j, "reject", json_real(s->verdict.reject_at));
	json_object_set_new(j, "hits", hits);
	json_object_set_new(j, "subrules", subrules);
	return j;
}

static void take(void *arg, struct str name, struct str octets)
{
	struct explaining *x = arg;
	unsigned flags = SCAN_F_SUBRULES | (x->o->local ? SCAN_F_LOCAL : 0);
	bool done = false;
	struct scan *s =
		source_scan(&x->env->scan, &x->o->envelope, octets, flags, finished, &done);

	while (!done)
		loop_turn(x->env->scan.loop, 1000);
	if (x->o->json)
		json_array_append_new(x->all, explain_json(x, s, name));
	else
		explain_text(x, s, name);
	scan_free(s);
}

static int explain_all(struct explaining *x)
{
	struct err e;

	x->env = app_env_new(x->r->app, NULL, 0, NULL, &e);
	if (x->env)
		x->env->scan.readonly = true;
	for (int i = 0; x->env && i < x->o->nargs; i++)
		if (source_each(x->o->arg[i], take, x, &e) < 0) {
			fprintf(stderr, "merlon: %s\n", e.text);
			return APP_EXIT_FAILURE;
		}
	if (!x->env) {
		fprintf(stderr, "merlon: %s\n", e.text);
		return APP_EXIT_FAILURE;
	}
	if (x->o->json)
		rules_print_json(json_incref(x->all));
	return APP_EXIT_GOOD;
}

int rules_explain(const struct rules_options *o)
{
	struct rules_open r;
	struct explaining x = { .o = o, .r = &r, .all = json_array() };
	int code = APP_EXIT_FAILURE;

	if (!o->nargs)
		fputs("merlon rules explain: expected a message\n", stderr);
	else if (rules_open(o, &r, NULL, NULL) && r.set)
		code = explain_all(&x);
	app_env_free(x.env);
	json_decref(x.all);
	if (o->nargs)
		rules_close(&r);
	return code;
}
