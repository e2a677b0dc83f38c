/*
 * Addresses of reports as DMARC records list them (RFC 9989 4.7: rua=, ruf=): "mailto:" URIs (RFC
 * 6068) with one address each, a size limit behind "!" or not, between commas. Strict: what is not
 * exactly that is not used, and says why.
 */
#ifndef REPORT_URI_H
#define REPORT_URI_H

#include "auth/dmarc/dmarc.h"

#define REPORT_URI_MAX DMARC_MAX_URIS
#define REPORT_LOCAL_MAX 64u /* RFC 5321 4.5.3.1.1 */

struct report_uri {
	struct str text;	    /* as written, trimmed */
	struct str address, domain; /* local@domain and its domain, an A-label in lower case */
	bool limited;
	uint64_t max;	   /* octets of a message; UINT64_MAX: no limit */
	const char *fault; /* NULL: it may be used; else only text counts */
};

/* Those of a list, at most REPORT_URI_MAX: how many. The same address twice is a fault of the
 * second. */
size_t report_uris(struct arena *a, struct str list, struct report_uri out[REPORT_URI_MAX]);

/* One address, as an option or a URI has it: a dot-atom, "@", a domain. False: it is none. */
bool report_address(struct arena *a, struct str s, struct str *address, struct str *domain);

#endif
