/* Mail to the addresses that reports come to: what is published of it. */
#ifndef CHECKS_REPORT_INBOX_H
#define CHECKS_REPORT_INBOX_H

#include "checks/checks.h"
#include "report/condense.h"

extern const struct check check_report_inbox; /* option report.inbox */

#define INBOX_ADDRESSES_MAX 100u
#define INBOX_PER_DAY                                                                              \
	500u		       /* reports that are counted in a day, of one verified author's      \
				  organisational domain */
#define INBOX_UNVERIFIED 1000u /* of all others together */
#define INBOX_ALL 10000u       /* of all: as many are found again (control/report/summary.h) */

struct inbox_facts {
	struct str fault; /* why nothing was taken; absent: it was */
	enum report_kind kind;
	struct str reporter; /* "google.com", "Office Example" */
	struct str domain;   /* of ours, that the first sum is about */
	enum report_trust trust;
	bool seen;		  /* it is there already */
	struct str user, message; /* a complaint about his message: our user, its id; absent */
	struct report_sum *sum;
	size_t nsums;
};

#endif
