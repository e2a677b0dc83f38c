/*
 * An expression as a row of octet classes, each there once, at most once, or repeatedly: a
 * necessary condition. What has no such form is widened until it has one.
 */
#ifndef RULESET_PATTERN_SEQ_H
#define RULESET_PATTERN_SEQ_H

#include "ruleset/pattern/re.h"

#define SEQ_MAX 2000u /* elements while an expression is read */
#define SEQ_RUN 48u   /* elements of the part that is looked for; at most 64 */

struct seq_elem {
	struct re_set set;
	bool optional, repeats;
};

struct seq {
	struct seq_elem *p;
	size_t n;
	double cost; /* how often the row is expected to end at an octet of mail */
};

/* The most telling part of the expression; n == 0: there is none. Begins and ends with elements
 * that are not optional. */
struct seq seq_find(struct arena *a, const struct re *re);

#endif
