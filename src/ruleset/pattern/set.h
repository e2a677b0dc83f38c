/* The inside of a set: its members, and the filters in front of them. */
#ifndef RULESET_PATTERN_SET_H
#define RULESET_PATTERN_SET_H

#include "ruleset/pattern/priv.h"

struct member {
	const struct pattern *pattern;
	uint32_t max;
};

struct pattern_set {
	struct arena *arena;
	VEC(struct member) members;
};

/* pattern_set_build with only some of its layers, for tests and comparisons. */
enum layer { LAYER_GRAMS = 1, LAYER_SHIFT = 2, LAYER_HYPER = 4, LAYER_ALL = 7 };
enum pattern_state pattern_set_build_with(struct pattern_set *set, unsigned layers,
					  struct str cache_dir, bool compile);

/* scratch.c */
void pattern_scratch_room(struct pattern_scratch *s, size_t n);
struct pattern_cost *pattern_scratch_cost(struct pattern_scratch *s, const struct pattern_set *set);

#endif
