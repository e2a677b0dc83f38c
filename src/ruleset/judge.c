/*
 * Rules applied to a finished scan. They are evaluated in an order in which everything a meta
 * refers to comes before it, so that one pass over an array of values is the whole evaluation.
 */
#include <stdlib.h>

#include "ruleset/lines.h"
#include "ruleset/rule.h"

/* ---- the order ---- */

static int by_priority(const void *x, const void *y)
{
	const struct rule *a = *(struct rule *const *)x, *b = *(struct rule *const *)y;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static bool ready(const struct rule *r)
{
	size_t ref;

	for (size_t i = 0; r->expr && expr_ref(r->expr, i, &ref); i++)
		if (!((const struct rule *)(uintptr_t)ref)->placed)
			return false;
	return true;
}

void ruleset_order(struct ruleset *set, struct line_reader *reader)
{
	size_t n = set->rules.n;
	struct rule **todo = ARENA_ARRAY(set->arena, struct rule *, n);

	set->order = ARENA_ARRAY(set->arena, struct rule *, n);
	for (size_t i = 0; i < n; i++) {
		todo[i] = set->rules.p[i];
		todo[i]->slot = i;
	}
	qsort(todo, n, sizeof *todo, by_priority);
	for (size_t before = SIZE_MAX; set->norder < n && before != set->norder;) {
		before = set->norder;
		for (size_t i = 0; i < n; i++) {
			if (todo[i]->placed || !ready(todo[i]))
				continue;
			todo[i]->placed = true;
			set->order[set->norder++] = todo[i];
		}
	}
	for (size_t i = 0; i < n; i++)
		if (!todo[i]->placed)
			line_fault(
				reader,
				&(struct rule_line){ .file = todo[i]->file, .line = todo[i]->line },
				"meta %.*s depends on itself", STR_ARG(todo[i]->name));
}

/* ---- a message ---- */

static double value_of(void *arg, size_t ref)
{
	const double *value = arg;

	return value[((const struct rule *)(uintptr_t)ref)->slot];
}

static double evaluate(const struct rule *r, struct scan *s, double *value, struct str *evidence)
{
	if (r->kind == RULE_META)
		return expr_eval(r->expr, value_of, value);
	return r->predicate->test(s, r->arg, r->nargs, evidence);
}

void ruleset_run(const struct judge *j, struct scan *s)
{
	const struct ruleset *set = (const struct ruleset *)(const void *)j;
	double *value = ARENA_ARRAY(s->arena, double, set->rules.n);

	for (size_t i = 0; i < set->norder; i++) {
		const struct rule *r = set->order[i];
		struct str evidence = STR_NULL;
		value[r->slot] = evaluate(r, s, value, &evidence);
		if (value[r->slot] != 0 && !rule_is_sub(r))
			scan_symbol(s, r->name, r->score, evidence, r->group);
	}
}

/* ---- the rules' own tests ---- */

/*
 * test META ok A B C: the meta holds when exactly the rules A, B and C have hit ("-": none has).
 * Rules named in the facts count as hit; other metas are computed from them.
 */
static void run_test(struct ruleset *set, struct line_reader *reader, const struct rule_test *t,
		     double *value)
{
	struct rule_line at = { .file = t->file, .line = t->line };
	struct str facts = t->facts;

	memset(value, 0, set->rules.n * sizeof *value);
	if (t->rule->kind != RULE_META) {
		line_fault(reader, &at, "test %.*s: only meta rules are tested here",
			   STR_ARG(t->rule->name));
		return;
	}
	while (facts.n) {
		struct str name = str_cut(&facts, ' ');
		struct rule *r = map_get(set->by_name, name);
		if (!name.n || str_eq(name, STR("-")))
			continue;
		if (!r) {
			line_fault(reader, &at, "test %.*s: no rule %.*s", STR_ARG(t->rule->name),
				   STR_ARG(name));
			return;
		}
		value[r->slot] = 1;
	}
	for (size_t i = 0; i < set->norder; i++) {
		const struct rule *r = set->order[i];
		if (r->kind == RULE_META && value[r->slot] == 0)
			value[r->slot] = expr_eval(r->expr, value_of, value);
	}
	if ((value[t->rule->slot] != 0) != t->ok)
		line_fault(reader, &at, "test %.*s: expected it to %s with \"%.*s\"",
			   STR_ARG(t->rule->name), t->ok ? "hit" : "miss", STR_ARG(t->facts));
}

void ruleset_test(struct ruleset *set, struct line_reader *reader)
{
	double *value = set->tests.n ? ARENA_ARRAY(set->arena, double, set->rules.n) : NULL;

	for (size_t i = 0; i < set->tests.n; i++)
		run_test(set, reader, &set->tests.p[i], value);
}
