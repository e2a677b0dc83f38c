/* Bounces of our reports, as workers left them in the spool: those to addresses that we did send
 * from suppress the address that the report went to. */
#ifndef CONTROL_REPORT_BOUNCED_H
#define CONTROL_REPORT_BOUNCED_H

#include "control/report/collect.h"
#include "control/report/settings.h"

struct bounced;
/* settings outlive it. */
struct bounced *bounced_new(struct loop *l, struct store *s,
			    const struct report_settings *settings);
void bounced_free(struct bounced *b); /* NULL is fine */
struct collect_taker bounced_taker(struct bounced *b);

#endif
