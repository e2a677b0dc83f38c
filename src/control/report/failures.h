/*
 * Failed messages as workers left them in the spool, turned into failure reports in the outbox: so
 * many of a day about one policy domain, of all that share the store, whoever dies meanwhile.
 */
#ifndef CONTROL_REPORT_FAILURES_H
#define CONTROL_REPORT_FAILURES_H

#include "control/report/collect.h"
#include "control/report/settings.h"

#define FAILURES_SLOT_MS                                                                           \
	(UINT64_C(3) * 86400 * 1000) /* what was sent of a day is known so long                    \
				      */
#define FAILURES_OLD_S (2 * 86400)   /* older messages are not reported any more */
#define FAILURES_FULL_MAX 1024u	     /* domains that had theirs today, remembered in this process */

struct failures_stats {
	uint64_t reports; /* put into the outbox */
	uint64_t over;	  /* left out: the domain, or all of them, had their reports of that day */
	uint64_t dropped; /* damaged, too old, of excluded domains, or reports are off */
};

struct failures;
/* settings outlive it. */
struct failures *failures_new(struct loop *l, struct store *s,
			      const struct report_settings *settings);
void failures_free(struct failures *f); /* NULL is fine */
struct collect_taker failures_taker(struct failures *f);
const struct failures_stats *failures_stats(const struct failures *f);

#endif
