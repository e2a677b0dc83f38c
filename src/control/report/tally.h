/* What reports that came in say of each domain of ours, counted since the process began: for
 * metrics. */
#ifndef CONTROL_REPORT_TALLY_H
#define CONTROL_REPORT_TALLY_H

#include "report/condense.h"

#define TALLY_DOMAINS 100u /* the rest is counted together, as "other" */
#define TALLY_KINDS ((size_t)REPORT_FAILURE + 1)

struct tally_domain {
	struct str name;
	uint64_t good[TALLY_KINDS], bad[TALLY_KINDS]; /* by enum report_kind */
};

struct tally {
	struct arena *arena; /* of the names */
	uint64_t reports[TALLY_KINDS];
	struct tally_domain domain[TALLY_DOMAINS + 1];
	size_t n;
};

void tally_add(struct tally *t, const struct report_sum *s);

#endif
