/* Required literals: a set of strings of which every match of an expression holds at least one. */
#ifndef RULESET_PATTERN_LITERAL_H
#define RULESET_PATTERN_LITERAL_H

#include "ruleset/pattern/re.h"

#define LITERAL_SET_MAX 64u    /* strings that are kept while they are exact */
#define LITERAL_UNION_MAX 400u /* strings of a set that is required */
#define LITERAL_LEN_MAX 32u    /* octets of one */
#define LITERAL_NEED_MAX 20u   /* places that are counted */
#define LITERAL_CLASS_MAX 4u   /* octets of a class that is written out */

struct literals {
	struct str *p; /* in lower case; n == 0: none is known */
	size_t n;
	uint32_t need; /* places that must have one; 0: one */
	double cost;   /* how often one of them is expected at an octet of mail */
};

/* The best set of the expression, in the arena. */
struct literals literal_find(struct arena *a, const struct re *re);

/* How often an octet is expected in mail; of a letter, in either case. */
double literal_frequency(unsigned char c);

#endif
