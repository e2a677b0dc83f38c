/* Where reports that came in are kept: what the writer and the reader of them share. */
#ifndef CONTROL_REPORT_SUMMARY_KEY_H
#define CONTROL_REPORT_SUMMARY_KEY_H

#include "base/octets.h"
#include "control/report/summary.h"

#define SUMMARY_DAY INT64_C(86400)
#define SUMMARY_RING                                                                               \
	97 /* logs, which have no time to live: a day's is used again when nothing of it is left   \
	    */

/* The day since 1970 that a report counts for: t's, of those that are kept and not to come. */
int64_t summary_day(int64_t t, int64_t now);
struct str summary_log_key(struct arena *a, int64_t day);

#endif
