/* What a worker brings to patterns: match data, the JIT's stack, bit sets and cost counters. */
#include "ruleset/pattern/set.h"

static void free_data(void *p)
{
	pcre2_match_data_free(p);
}

static void free_context(void *p)
{
	pcre2_match_context_free(p);
}

static void free_stack(void *p)
{
	pcre2_jit_stack_free(p);
}

static void free_hyper(void *scratch)
{
	hyper_scratch_free(((struct pattern_scratch *)scratch)->hyper);
}

struct pattern_scratch *pattern_scratch_new(struct arena *a)
{
	struct pattern_scratch *s = ARENA_NEW(a, struct pattern_scratch);

	s->arena = a;
	s->costs = map_new(a, false);
	s->data = pcre2_match_data_create(PATTERN_GROUPS, NULL);
	s->context = pcre2_match_context_create(NULL);
	if (!s->data || !s->context)
		bug("no memory");
	arena_cleanup(a, free_data, s->data);
	arena_cleanup(a, free_context, s->context);
	arena_cleanup(a, free_hyper, s);
	pcre2_set_match_limit(s->context, PATTERN_MATCH_LIMIT);
	pcre2_set_depth_limit(s->context, PATTERN_DEPTH_LIMIT);
	pcre2_set_heap_limit(s->context, PATTERN_HEAP_KIB);
	s->stack = pcre2_jit_stack_create(32 * 1024, PATTERN_JIT_STACK, NULL);
	if (s->stack) {
		arena_cleanup(a, free_stack, s->stack);
		pcre2_jit_stack_assign(s->context, NULL, s->stack);
	}
	return s;
}

/* Room for n patterns; what was there is lost. */
void pattern_scratch_room(struct pattern_scratch *s, size_t n)
{
	size_t words = (n + 63) / 64;

	if (words > s->words) {
		s->words = words * 2;
		s->live = ARENA_ARRAY(s->arena, uint64_t, s->words);
		s->maybe = ARENA_ARRAY(s->arena, uint64_t, s->words);
		s->also = ARENA_ARRAY(s->arena, uint64_t, s->words);
	}
	if (n > s->nleft) {
		s->nleft = n * 2;
		s->left = ARENA_ARRAY(s->arena, uint32_t, s->nleft);
		s->count = ARENA_ARRAY(s->arena, uint8_t, s->nleft);
	}
}

struct pattern_cost *pattern_scratch_cost(struct pattern_scratch *s, const struct pattern_set *set)
{
	struct str key = str_of((const char *)&set, sizeof set);
	struct pattern_cost *c = map_get(s->costs, key);

	if (c)
		return c;
	c = ARENA_NEW(s->arena, struct pattern_cost);
	c->set = set;
	c->n = pattern_set_count(set);
	c->us = ARENA_ARRAY(s->arena, uint64_t, c->n + 1);
	c->runs = ARENA_ARRAY(s->arena, uint64_t, c->n + 1);
	c->hyper = set->filters.hyper && hyper_scratch(set->filters.hyper, &s->hyper);
	map_put(s->costs, str_of((const char *)&c->set, sizeof c->set), c);
	return c;
}

bool pattern_set_cost(const struct pattern_set *set, const struct pattern_scratch *s, size_t id,
		      uint64_t *us, uint64_t *runs)
{
	const struct pattern_cost *c = map_get(s->costs, str_of((const char *)&set, sizeof set));

	*us = *runs = 0;
	if (id >= pattern_set_count(set))
		return false;
	if (c && id < c->n) {
		*us = c->us[id];
		*runs = c->runs[id];
	}
	return true;
}
