/*
 * Rows of DMARC reports on their way from the spool to the windows in the store: batches with their
 * facts interned, appended to the log of their part of the window.
 */
#ifndef CONTROL_REPORT_GATHER_H
#define CONTROL_REPORT_GATHER_H

#include "control/report/collect.h"
#include "control/report/window.h"

#define GATHER_AHEAD_S 3600	/* a row of later than that is of now: a clock was wrong */
#define GATHER_ANSWER_MS 30000u /* the store has so long */
#define GATHER_LOG_MAX 1000000u /* batches in the log of a part */
#define GATHER_OPS 16u		/* of one call of the store */

struct gather_stats {
	uint64_t rows, batches;
	uint64_t damaged; /* records that are no rows */
	uint64_t old;	  /* of windows that are removed already */
};

struct gather;
/* length: of windows, in seconds. */
struct gather *gather_new(struct loop *l, struct store *s, uint32_t length);
void gather_free(struct gather *g); /* NULL is fine */
struct collect_taker gather_taker(struct gather *g);
const struct gather_stats *gather_stats(const struct gather *g);
/* For tests: what time it is. */
void gather_clock(struct gather *g, int64_t (*now)(void *arg), void *arg);

#endif
