/*
 * Rows of a part of a window, summed: each identity once, equal facts in one line, in an order that
 * depends on nothing but the rows. Identities are held in memory for a part of them at a time where
 * they are many: then all rows are given several times.
 */
#ifndef CONTROL_REPORT_SUMS_H
#define CONTROL_REPORT_SUMS_H

#include "control/report/window.h"

struct sums;

struct sums_limits {
	size_t ids, rows, text; /* 0: WINDOW_MAX_* */
	unsigned rounds;
};

struct sums *sums_new(const struct window_part *p, const struct sums_limits *lim);
void sums_free(struct sums *s); /* NULL is fine */

/* An entry of the log: rows that are counted; rows that were counted before (in this part, or, in
 * before's log, in the window before it), whose identities are only looked at. */
enum sums_kind { SUMS_COUNT, SUMS_SEEN, SUMS_BEFORE };
void sums_entry(struct sums *s, enum sums_kind kind, struct str value);

/* At the end of all entries. True: give all of them again, in the same order. */
bool sums_again(struct sums *s);

/* Once, when sums_again said no: the result (from and upto are the caller's to fill). The arena is
 * its own. */
struct window_sums *sums_result(struct sums *s);

#endif
