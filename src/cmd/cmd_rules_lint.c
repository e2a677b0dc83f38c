/* merlon rules lint, merlon rules test. */
#include <stdio.h>

#include "cmd/rule_tests.h"
#include "cmd/rules.h"
#include "scan/report.h"

/* ---- lint ---- */

struct heard {
	bool json;
	json_t *list;
};

/* "file:12: text" in three. */
static json_t *remark_json(bool fault, const char *text)
{
	json_t *j = json_object();
	struct str rest = str_c(text), file = str_cut(&rest, ':'), digits = rest;
	struct str line = str_cut(&digits, ':');
	uint64_t n = 0;

	if (str_u64(line, INT32_MAX, &n))
		rest = digits;
	rest = str_trim(rest);
	json_object_set_new(j, "fault", json_boolean(fault));
	json_object_set_new(j, "file", report_str(file));
	json_object_set_new(j, "line", json_integer((json_int_t)n));
	json_object_set_new(j, "text", report_str(rest));
	return j;
}

static void hear(void *arg, bool fault, const char *text)
{
	struct heard *h = arg;

	if (h->json)
		json_array_append_new(h->list, remark_json(fault, text));
	else
		printf("%s%s\n", fault ? "FAULT " : "", text);
}

static size_t count_partial(const struct ruleset *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->rules.n; i++)
		n += set->rules.p[i]->partial;
	return n;
}

static size_t count_refused(const struct ruleset *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->rules.n; i++)
		n += set->rules.p[i]->unsupported.p != NULL;
	return n;
}

static void print_sum(const struct rules_open *r, struct heard *h)
{
	size_t rules = r->set ? ruleset_count(r->set) : 0;
	size_t refused = r->set ? count_refused(r->set) : 0;
	size_t partial = r->set ? count_partial(r->set) : 0;

	if (!h->json) {
		printf("%zu rules, %zu of them not loaded, %zu partial; %zu faults, %zu notes\n",
		       rules, refused, partial, r->faults, r->notes);
		return;
	}
	rules_print_json(json_pack("{s:I,s:I,s:I,s:I,s:I,s:O}", "rules", (json_int_t)rules,
				   "not_loaded", (json_int_t)refused, "partial",
				   (json_int_t)partial, "faults", (json_int_t)r->faults, "notes",
				   (json_int_t)r->notes, "remarks", h->list));
}

int rules_lint(const struct rules_options *o)
{
	struct heard h = { o->json, json_array() };
	struct rules_open r;
	int code = APP_EXIT_FAILURE;

	if (rules_open(o, &r, hear, &h)) {
		code = r.faults ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
		print_sum(&r, &h);
	}
	json_decref(h.list);
	rules_close(&r);
	return code;
}

/* ---- test ---- */

struct told {
	bool json;
	json_t *failed;
	size_t run;
};

static void tell(void *arg, const struct ruleset_case *c, bool good)
{
	struct told *t = arg;

	t->run++;
	if (good)
		return;
	if (t->json)
		json_array_append_new(t->failed,
				      json_pack("{s:s%,s:b,s:s,s:i}", "rule", c->rule.p, c->rule.n,
						"ok", c->ok, "file", c->file, "line", c->line));
	else
		printf("%s:%d: test %.*s: expected it to %s with \"%.*s\"\n", c->file, c->line,
		       STR_ARG(c->rule), c->ok ? "hit" : "miss", STR_ARG(c->text));
}

/* Tests that ran when the rules were loaded: all of them passed. */
static size_t passed_at_load(const struct ruleset *set, const struct rules_options *o)
{
	struct arena *a = arena_new(0);
	struct ruleset_case c;
	size_t n = 0;

	for (size_t i = 0; i < set->tests.n; i++) {
		bool wanted = o->nargs == 0;
		for (int k = 0; k < o->nargs; k++)
			wanted |= str_eq(set->tests.p[i].rule->name, str_c(o->arg[k]));
		n += wanted;
	}
	for (size_t i = 0; ruleset_case(set, a, i, &c); i++) {
		bool wanted = o->nargs == 0;
		for (int k = 0; k < o->nargs; k++)
			wanted |= str_eq(c.rule, str_c(o->arg[k]));
		n -= wanted;
	}
	arena_free(a);
	return n;
}

static int run_tests(const struct rules_options *o, struct rules_open *r, struct told *t)
{
	struct str *names = ARENA_ARRAY(r->arena, struct str, (size_t)o->nargs);
	size_t loaded = passed_at_load(r->set, o);
	bool known = true;
	struct err e;
	int failed;

	for (int i = 0; i < o->nargs; i++) {
		names[i] = str_c(o->arg[i]);
		if (ruleset_rule(r->set, names[i]))
			continue;
		fprintf(stderr, "merlon: no rule \"%s\"\n", o->arg[i]);
		known = false;
	}
	failed = rule_tests_run(r->app, r->set, names, (size_t)o->nargs, tell, t, &e);
	if (failed < 0) {
		fprintf(stderr, "merlon: %s\n", e.text);
		return APP_EXIT_FAILURE;
	}
	if (t->json)
		rules_print_json(json_pack("{s:I,s:O}", "tests", (json_int_t)(loaded + t->run),
					   "failed", t->failed));
	else
		printf("%zu tests, %d failed\n", loaded + t->run, failed);
	return failed || !known ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
}

int rules_test(const struct rules_options *o)
{
	struct told t = { .json = o->json, .failed = json_array() };
	struct rules_open r;
	int code = APP_EXIT_FAILURE;

	if (rules_open(o, &r, NULL, NULL))
		code = r.set ? run_tests(o, &r, &t) : APP_EXIT_NEGATIVE;
	json_decref(t.failed);
	rules_close(&r);
	return code;
}
