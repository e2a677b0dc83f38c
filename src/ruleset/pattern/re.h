/*
 * Expressions as the filters see them: what a match is made of, octet by octet, in postfix order.
 * Everything is kept or widened, never narrowed: whatever PCRE2 matches is among what is here.
 */
#ifndef RULESET_PATTERN_RE_H
#define RULESET_PATTERN_RE_H

#include "base/vec.h"
#include "ruleset/pattern/pattern.h"

#define RE_NEST_MAX 200	     /* open groups */
#define RE_NODES_MAX 500000u /* of one expression */
#define RE_UNBOUND UINT32_MAX

enum re_op {
	RE_EMPTY,  /* nothing: assertions too */
	RE_SET,	   /* one octet of set */
	RE_ANY,	   /* anything, and nothing too: back-references, subroutines */
	RE_CAT,	   /* the n values before it, one after the other */
	RE_ALT,	   /* one of the n values before it */
	RE_REPEAT, /* the value before it, min to max times */
};

struct re_set {
	uint64_t bit[4];
};

struct re_node {
	enum re_op op;
	uint32_t n;	   /* CAT, ALT: values; SET: index into sets */
	uint32_t min, max; /* REPEAT */
};

struct re {
	struct arena *arena;
	VEC(struct re_node) nodes; /* of these the last is the whole */
	VEC(struct re_set) sets;
	struct map *index; /* of sets by their bits */
};

/* False: it has something that is not understood here, or is too big. re is then of no use. */
bool re_parse(struct arena *a, struct str text, unsigned flags, struct re *re);

static inline bool re_set_has(const struct re_set *s, unsigned char c)
{
	return s->bit[c >> 6] >> (c & 63) & 1;
}

static inline void re_set_add(struct re_set *s, unsigned char c)
{
	s->bit[c >> 6] |= 1ull << (c & 63);
}

static inline unsigned re_set_count(const struct re_set *s)
{
	unsigned n = 0;

	for (int i = 0; i < 4; i++)
		n += (unsigned)__builtin_popcountll(s->bit[i]);
	return n;
}

static inline bool re_set_empty(const struct re_set *s)
{
	return (s->bit[0] | s->bit[1] | s->bit[2] | s->bit[3]) == 0;
}

static inline void re_set_or(struct re_set *s, const struct re_set *o)
{
	for (int i = 0; i < 4; i++)
		s->bit[i] |= o->bit[i];
}

/* re_class.c: sets of octets as they are written. Each reads from *at on and moves it; false: not
 * understood. */

/* An escape outside or inside a class, *at on the octet after the backslash. */
enum re_escape { RE_ESC_BAD, RE_ESC_SET, RE_ESC_ASSERT, RE_ESC_ANY, RE_ESC_QUOTE, RE_ESC_NONE };
enum re_escape re_escape(struct str s, size_t *at, bool in_class, struct re_set *set);

/* A class, *at after its '['. */
bool re_class(struct str s, size_t *at, bool caseless, struct re_set *set);

/* Both cases of each ASCII letter that is in. */
void re_set_fold(struct re_set *s);

#endif
