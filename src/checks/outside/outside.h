/* Checks that ask what stands outside, and the facts they publish. */
#ifndef CHECKS_OUTSIDE_OUTSIDE_H
#define CHECKS_OUTSIDE_OUTSIDE_H

#include "checks/checks.h"

extern const struct check check_antivirus, check_external, check_feeds;

/* Published by check_antivirus (scan_result); nothing where no scanner is configured. */
struct antivirus_facts {
	enum antivirus_word {
		ANTIVIRUS_NONE,	     /* nothing in it that a scanner need look at */
		ANTIVIRUS_CLEAN,     /* nobody found anything */
		ANTIVIRUS_FAILED,    /* the same, but not all answered */
		ANTIVIRUS_HEURISTIC, /* not malware for sure (antivirus.heuristics) */
		ANTIVIRUS_MALWARE,
	} word;
	struct str name;    /* of the first of the worst */
	const char *partly; /* not all of it was looked at, and why; NULL: all */
};

#endif
