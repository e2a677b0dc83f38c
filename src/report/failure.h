/*
 * What is kept of one message about which a failure report (RFC 9991) may go out, as octets: who it
 * was, whose policy it is, where reports of it go, and what the report says.
 */
#ifndef REPORT_FAILURE_H
#define REPORT_FAILURE_H

#include "report/afrf.h"

#define FAILURE_ID_SIZE 16u
#define FAILURE_NAME_MAX 253u /* of a domain or selector */
#define FAILURE_TEXT_MAX 900u /* of what stands in a field of the report */
#define FAILURE_RUF_MAX 4096u

/* Text is printable US-ASCII; the header block may be any octets, at most AFRF_HEADER_MAX. */
struct failure {
	unsigned char id[FAILURE_ID_SIZE]; /* of the message */
	struct str policy_domain, ruf;
	struct afrf what; /* id is absent; auth_results without whose they are */
};

/* A record. Text that may not stand in one is left out, what is too long is cut; STR_NULL: none can
 * be made of it (no policy domain, author domain, address, or nowhere to report to). */
struct str failure_format(struct arena *a, const struct failure *f);

/* False: not a record (any octets may be given). Slices point into s. */
bool failure_parse(struct str s, struct failure *f);

/* A key of the store: the n-th report (from 0) of the day of arrival about a policy domain is
 * taken.
 */
struct str failure_slot(struct arena *a, struct str policy_domain, int64_t arrival, unsigned n);
#define FAILURE_SLOTS_MAX 10u /* reports of a day about one policy domain */

/* And of a set of the ids of that day's reports, at most one more than there may be: whoever has a
 * zone has as many policy domains as he likes, each with a mail for whoever his MX records name. */
struct str failure_day(struct arena *a, int64_t arrival);
#define FAILURE_DAY_MAX 1000u

/* fo= of a DMARC record (RFC 9989 4.7) and how a message fared: what is to be reported, in the
 * words of RFC 6591 ("dmarc", "signature", "spf"); NULL: nothing. */
struct failure_facts {
	bool dmarc_failed;		/* no mechanism passed aligned */
	bool dkim_aligned, spf_aligned; /* it passed, and is */
	bool signature_failed, spf_failed;
};
const char *failure_wanted(struct str fo, const struct failure_facts *f);

#endif
