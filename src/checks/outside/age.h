/* How long domains have been known here: when they were seen first. */
#ifndef CHECKS_OUTSIDE_AGE_H
#define CHECKS_OUTSIDE_AGE_H

#include "scan/check.h"

#define AGE_LINKS 4u /* sites of a message's links that are looked up */
#define AGE_NAMES (2u + AGE_LINKS)
#define AGE_TTL_MS (UINT64_C(120) * 86400 * 1000) /* what is not seen so long is forgotten */
#define AGE_DAYS 120				  /* and nothing is said of more days */

extern const struct check check_age;

enum age_where { AGE_FROM, AGE_ENVELOPE, AGE_LINK };

struct age_name {
	enum age_where where;
	struct str site; /* registrable domain */
	bool asked;	 /* the store knows */
	bool seen;	 /* before this message */
	bool today;	 /* within a day: that need not be written again */
	int64_t days;	 /* since the first time; 0 where it was never seen */
};

struct age_facts {
	struct age_name name[AGE_NAMES];
	size_t n;
	int64_t since; /* days that domains have been remembered here; -1: not known */
};

#endif
