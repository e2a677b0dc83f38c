/*
 * Rules applied to a finished scan: patterns first, view by view; then functions and metas, in an
 * order in which everything a meta refers to comes before it.
 */
#include "ruleset/judge.h"

#include "base/clock.h"
#include "base/log.h"

void *ruleset_state(const struct judge *j, struct arena *a)
{
	(void)j;
	return pattern_scratch_new(a);
}

static void run_patterns(struct judging *j)
{
	if (!j->view || !j->set->any_pattern)
		return;
	if (!j->scratch)
		j->scratch = pattern_scratch_new(j->arena);
	judge_views(j);
	judge_dynamic(j);
	if (!j->budget.over)
		return;
	j->scan->flags |= SCAN_F_PATTERNS;
	LOG(LOG_LVL_WARN, "patterns_budget", F_STR("qid", j->scan->client.queue_id),
	    F_INT("limit_ms", j->set->budget_us / 1000));
}

static double value_of(void *arg, size_t ref)
{
	const double *value = arg;

	return value[((const struct rule *)(uintptr_t)ref)->slot];
}

static double evaluate(struct judging *j, const struct rule *r, struct str *evidence)
{
	if (r->kind == RULE_META) {
		double v;

		if (!r->eager && !j->asked[r->slot])
			return 0;
		v = r->expr ? expr_eval(r->expr, value_of, j->value) : 0;
		return v < 0 ? 1 : v;
	}
	if (r->kind == RULE_EVAL && r->content && scan_over(j->scan))
		return 0;
	if (r->kind == RULE_EVAL)
		return r->predicate->test(j->scan, r->arg, r->nargs, evidence);
	return j->value[r->slot];
}

static void show(struct judging *j, const struct rule *r, struct str evidence)
{
	if (!rule_is_sub(r)) {
		scan_symbol(j->scan, r->name, r->score,
			    evidence.p ? judge_shown(j->arena, evidence) : judge_evidence(j, r),
			    r->group);
		return;
	}
	if (j->scan->flags & SCAN_F_SUBRULES)
		VEC_PUSH(j->arena, j->scan->verdict.subrules) = r->name;
}

void ruleset_generation(struct ruleset *set, struct str text)
{
	set->judge.generation = hash_sip24((struct hash_key){ set->judge.generation, 0 }, text);
}

bool ruleset_asks(const struct judge *judge, const struct check *c)
{
	const struct ruleset *set = (const struct ruleset *)(const void *)judge;

	for (size_t i = 0; i < set->rules.n; i++)
		for (const struct predicate *p = c->predicates; p && p->name; p++)
			if (set->rules.p[i]->predicate == p)
				return true;
	return false;
}

void ruleset_run(const struct judge *judge, struct scan *s)
{
	const struct ruleset *set = (const struct ruleset *)(const void *)judge;
	struct judging j = { .set = set,
			     .scan = s,
			     .arena = s->arena,
			     .view = s->view,
			     .scratch = s->env ? s->env->judge_state : NULL,
			     .budget = { .limit_us = set->budget_us,
					 .cpu_from_us = clock_cpu_us() } };

	j.value = ARENA_ARRAY(s->arena, double, set->rules.n);
	j.asked = ARENA_ARRAY(s->arena, bool, set->rules.n);
	j.hit = ARENA_ARRAY(s->arena, struct hit, set->rules.n);
	run_patterns(&j);
	for (size_t i = 0; i < set->norder; i++) {
		const struct rule *r = set->order[i];
		struct str evidence = STR_NULL;
		if (!r->live || (r->content && !j.view))
			continue;
		j.value[r->slot] = evaluate(&j, r, &evidence);
		if (j.value[r->slot] == 0)
			continue;
		for (size_t k = 0; k < r->users.n; k++)
			j.asked[r->users.p[k]->slot] = true;
		show(&j, r, evidence);
	}
}
