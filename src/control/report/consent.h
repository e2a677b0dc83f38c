/*
 * Whether reports about a domain may go to an address (RFC 9990 3, RFC 9991 5): to one of its own
 * organisation, or to one whose host says in the DNS that it wants them. What could not be asked is
 * no consent yet.
 */
#ifndef CONTROL_REPORT_CONSENT_H
#define CONTROL_REPORT_CONSENT_H

#include "report/uri.h"

enum consent {
	CONSENT_WAIT,	 /* answers are missing: to be run again */
	CONSENT_OWN,	 /* the same organisation */
	CONSENT_GIVEN,	 /* <domain>._report._dmarc.<host> says so */
	CONSENT_NONE,	 /* nothing goes there */
	CONSENT_UNKNOWN, /* the DNS did not answer: to be asked again later */
};
const char *consent_word(enum consent c); /* "own", "given", "none", "unknown" */

struct consent_request {
	struct str policy_domain;
	enum dmarc_method method;
	const struct psl *psl; /* for DMARC_PSL */
	bool failure;	       /* ruf=, not rua= */
};

struct consent_result {
	enum consent consent;
	const char *why; /* of NONE and UNKNOWN */
	/* Where to instead, of the same host; n 0: to the address that was asked about. */
	struct report_uri uri[REPORT_URI_MAX];
	size_t n;
};

/* u has no fault. */
void consent_check(struct arena *a, struct dns *dns, const struct consent_request *req,
		   const struct report_uri *u, struct consent_result *out);

#endif
