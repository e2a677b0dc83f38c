/* What a name server shows of a key, held against the key (RFC 6376 3.6.1, 8301, 8463). */
#ifndef CONTROL_KEYRING_PUBLISHED_H
#define CONTROL_KEYRING_PUBLISHED_H

#include "base/dns.h"
#include "sign/sign.h"

enum published {
	PUBLISHED_SAME,	   /* exactly this key, good for signing mail with */
	PUBLISHED_ALIAS,   /* a CNAME: the record is elsewhere */
	PUBLISHED_MISSING, /* no record */
	PUBLISHED_OTHER,   /* another key */
	PUBLISHED_REVOKED, /* p= is empty */
	PUBLISHED_WRONG,   /* something verifiers will not take for this key */
	PUBLISHED_LAME,	   /* the server does not answer for the zone */
	PUBLISHED_SILENT,  /* the server does not answer */
	PUBLISHED_NO_WAY,  /* this host cannot reach the address */
};

const char *published_word(enum published p); /* "same", "alias", "missing", ... */

struct published_found {
	enum published what;
	struct str detail; /* in words; of SAME: what is odd but does no harm; absent: nothing */
};

/* An answer for TXT: OK, NODATA or NXDOMAIN. */
void published_compare(struct arena *a, const struct dns_answer *x, const struct sign_key *key,
		       struct published_found *out);

#endif
