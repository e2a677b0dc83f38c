/* The filters in front of a rule set's patterns, and what the patterns cost. */
#include <stdlib.h>

#include "base/log.h"
#include "ruleset/rule.h"

#define SLOWEST 10u

struct str ruleset_cache(struct arena *a, const struct conf *c, struct str state)
{
	struct str dir = conf_str(c, "rules.cache");

	if (conf_enum(c, "rules.hyperscan") != 0)
		return STR_NULL;
	if (dir.n)
		return dir;
	return state.n ? arena_printf(a, "%.*s/cache", STR_ARG(state)) : STR_NULL;
}

bool ruleset_filtered(const struct ruleset *r)
{
	for (size_t i = 0; i < r->nviews; i++)
		if (!r->view[i].filtered)
			return false;
	return true;
}

bool ruleset_filter(struct ruleset *r, struct str cache, bool compile,
		    ruleset_progress_fn *progress, void *arg)
{
	for (size_t i = 0; i < r->nviews; i++) {
		r->view[i].filtered =
			pattern_set_build(r->view[i].set, cache, compile) == PATTERN_FILTERED;
		if (progress)
			progress(arg, i + 1, r->nviews);
	}
	return ruleset_filtered(r);
}

bool ruleset_cost(const struct ruleset *r, const void *state, size_t i, struct str *name,
		  uint64_t *us, uint64_t *runs)
{
	const struct rule *rule;

	*us = *runs = 0;
	if (i >= r->rules.n)
		return false;
	rule = r->rules.p[i];
	*name = rule->name;
	if (rule->view && state)
		pattern_set_cost(rule->view->set, state, rule->view_id, us, runs);
	return true;
}

struct slow {
	struct str name;
	uint64_t us, runs;
};

/* Into the list of the slowest so far, slowest first. */
static void rank(struct slow *list, struct slow s)
{
	for (size_t i = 0; i < SLOWEST; i++)
		if (s.us > list[i].us) {
			struct slow less = list[i];

			list[i] = s;
			s = less;
		}
}

void ruleset_log_slowest(const struct ruleset *r, const void *state)
{
	struct slow list[SLOWEST] = { 0 }, s;
	struct arena *a = arena_new(0);
	struct str text = STR("");

	for (size_t i = 0; ruleset_cost(r, state, i, &s.name, &s.us, &s.runs); i++)
		rank(list, s);
	for (size_t i = 0; i < SLOWEST && list[i].us; i++)
		text = arena_printf(a, "%.*s%s%.*s %.1fms/%llu", STR_ARG(text), i ? ", " : "",
				    STR_ARG(list[i].name), (double)list[i].us / 1000,
				    (unsigned long long)list[i].runs);
	if (text.n)
		LOG(LOG_LVL_INFO, "slowest_rules", F_STR("rules", text));
	arena_free(a);
}
