/*
 * Where matches of an expression can begin, by their first four octets. Searches of dear
 * expressions are then tried there and nowhere else.
 */
#ifndef RULESET_PATTERN_STARTS_H
#define RULESET_PATTERN_STARTS_H

#include "ruleset/pattern/re.h"

#define STARTS_LEN 4u

/* A bit stands for some of the beginnings; one is there if each octet has the bit at its place. */
struct starts {
	uint64_t at[STARTS_LEN][256];
};

/* In the arena; NULL: a match may be empty, or more than the share most of all places are such. */
struct starts *starts_find(struct arena *a, const struct re *re, double most);

static inline bool starts_has(const struct starts *s, const unsigned char *p, size_t n, size_t at)
{
	if (n - at < STARTS_LEN)
		return true;
	return s->at[0][p[at]] & s->at[1][p[at + 1]] & s->at[2][p[at + 2]] & s->at[3][p[at + 3]];
}

#endif
