/* The inside of a set: its members, and the filters in front of them. */
#ifndef RULESET_PATTERN_SET_H
#define RULESET_PATTERN_SET_H

#include "ruleset/pattern/grams.h"
#include "ruleset/pattern/hyper.h"
#include "ruleset/pattern/literal.h"
#include "ruleset/pattern/priv.h"
#include "ruleset/pattern/shift.h"

struct member {
	const struct pattern *pattern;
	uint32_t max;
};

/*
 * What may match a line: of the patterns with literals those that have one there, of those with a
 * row of classes those whose row is there, and all that have neither.
 */
struct filters {
	struct grams *grams; /* NULL: no pattern has literals */
	struct shift *shift;
	uint64_t *no_grams, *no_shift; /* bits of the patterns that do without */
	struct hyper *hyper;
	uint64_t *no_hyper;		/* bits of the patterns that it does not hold */
	size_t weight;			/* octets of the expressions that have a row */
	size_t nrows, nliterals, nbare; /* how many have which */
};

struct pattern_set {
	struct arena *arena;
	bool no_hyper;
	VEC(struct member) members;
	struct filters filters;
};

/* filters.c */
enum pattern_state filters_build(struct pattern_set *set, unsigned layers, struct str cache_dir,
				 bool compile);
/* The bits of s->maybe are set to those that may match. */
void filters_scan(const struct filters *f, size_t npatterns, struct pattern_scratch *s,
		  struct str line);

/* pattern_set_build with only some of its layers, for tests and comparisons. */
enum layer { LAYER_GRAMS = 1, LAYER_SHIFT = 2, LAYER_HYPER = 4, LAYER_ALL = 7 };
enum pattern_state pattern_set_build_with(struct pattern_set *set, unsigned layers,
					  struct str cache_dir, bool compile);

/* scratch.c */
void pattern_scratch_room(struct pattern_scratch *s, size_t n);
struct pattern_cost *pattern_scratch_cost(struct pattern_scratch *s, const struct pattern_set *set);

#endif
