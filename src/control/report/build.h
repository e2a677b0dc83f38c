/* Sums into reports that fit: one for each policy domain and policy, or several where one would be
 * too large. The same sums and settings give the same ids and octets. */
#ifndef CONTROL_REPORT_BUILD_H
#define CONTROL_REPORT_BUILD_H

#include "control/report/outbox.h"
#include "control/report/settings.h"
#include "control/report/window.h"

#define BUILD_PARTS_MAX 128u /* of one report; one that is larger still is not sent */
#define BUILD_LEAST 65536u   /* octets: a URI's smaller limit does not cut reports for all */

struct build_part {
	struct job job;	    /* goals are not known yet */
	struct str content; /* the message behind report_mail_head */
};

/* What a report is cut into; from: where its range begins (window_sums). 0: larger than all limits.
 * made: date of the messages. */
size_t build_parts(struct arena *a, struct crypto *c, const struct report_settings *s,
		   const struct window_report *r, uint64_t from, int64_t made,
		   struct build_part **out);

/* When a report of a window may go out: each domain at its own moment after the end. */
int64_t build_due(const struct report_settings *s, const struct report *r);

#endif
