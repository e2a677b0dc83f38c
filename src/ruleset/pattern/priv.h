/* What the files of the pattern room share: one pattern, the scratch, and the layers of a set. */
#ifndef RULESET_PATTERN_PRIV_H
#define RULESET_PATTERN_PRIV_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/map.h"
#include "ruleset/pattern/pattern.h"
#include "ruleset/pattern/starts.h"

#define PATTERN_OVERLAP 4096u	/* octets that two windows share: no match over this is cut */
#define PATTERN_LOOKBACK 256u	/* octets before a window that look-behinds still see */
#define PATTERN_UNCUT 1024u	/* subjects up to this are matched in one call */
#define PATTERN_FIRST_SPAN 256u /* starting points tried in the first call on a longer one */
#define PATTERN_LEAST_SPAN 16u	/* and at least */
#define PATTERN_CALM_US 1000u	/* a call under this: the next one may try twice as many */
#define PATTERN_DEAR 100u	/* octets of an expression whose starting points are looked for */
#define PATTERN_STARTS 0.15	/* share of places over which this does not help */
#define PATTERN_TRIES 16u	/* such places between two looks at the clock */
#define PATTERN_GROUPS 256u	/* groups whose text is kept */
#define PATTERN_JIT_STACK (8u * 1024u * 1024u)

struct pattern {
	pcre2_code *code;
	struct str text;
	unsigned flags;
	bool jit;
	bool anchored;	       /* can match at the first starting point only */
	struct starts *starts; /* NULL: matches may begin anywhere */
};

/* pattern_compile with only some of what makes it fast; without HOW_JIT (as where memory cannot be
 * made executable) it is interpreted. */
enum how { HOW_JIT = 1, HOW_STARTS = 2, HOW_FAST = 3 };
int pattern_compile_as(struct arena *a, struct str text, unsigned flags, unsigned how,
		       struct pattern **out, struct str *warn, struct err *e);

/*
 * compact.c: the same expression with each group that comes again, as replace_tags makes them,
 * as a subroutine that is compiled once. False: there is none, or it has names, references or
 * options that this might change.
 */
bool pattern_compact(struct arena *a, struct str text, struct str *out);

/* The costs of one set in one process. */
struct pattern_cost {
	const struct pattern_set *set;
	size_t n;
	uint64_t *us, *runs;
	bool hyper; /* the scratch is enough for the set's database */
};

struct pattern_scratch {
	struct arena *arena;
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	struct map *costs;	       /* struct pattern_cost by the set's address */
	size_t words;		       /* octets / 8 of each of the next three */
	uint64_t *live, *maybe, *also; /* bits of patterns, see set.c */
	uint32_t *left;		       /* matches still wanted */
	uint8_t *count;		       /* literals met, for grams_scan */
	size_t nleft;
	bool hyper_ready; /* for the set that is scanned */
	void *hyper;	  /* Hyperscan's, enough for every set in costs that has it */
};

/* So much is used now. The clock is that of the wall, which costs little to look at; the one of the
 * processor is asked only when that says that the time is over. */
void pattern_spend(struct pattern_budget *b, uint64_t used_us);

struct pattern_captures {
	const struct pattern *pattern;
	const struct pattern_scratch *scratch;
	const char *base; /* what the offsets count from */
	uint32_t groups;  /* set in the vector */
};

/*
 * One search, the inside of pattern_test: as it, with the options of pcre2_match for the first
 * starting point, and groups for captures (NULL: not wanted).
 */
bool pattern_search(const struct pattern *p, struct pattern_scratch *s, struct pattern_budget *b,
		    struct str subject, size_t start, uint32_t options, struct pattern_match *m,
		    struct pattern_captures *c);

#endif
