/* How a message was judged by DMARC and what was done with it, in the words of RFC 9990. */
#ifndef CHECKS_REPORT_JUDGED_H
#define CHECKS_REPORT_JUDGED_H

#include "checks/report/rows.h"

/* Fills all of the row but identity and moment, from what the checks published and the verdict.
 * Only where there is a policy (rows_of). Octets are in the scan's arena. */
void rows_judged(struct scan *s, struct row *out);

/* What stands for an action: none, quarantine (tagged: the recipient is warned), reject. */
enum dmarc_policy rows_done(enum action a);

#endif
