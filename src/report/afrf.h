/*
 * Failure reports (RFC 9991; RFC 6591 and 5965) as messages: what failed, and the header of the
 * message that failed without its body. The local parts of addresses in it are shown as hashes
 * (RFC 6590), which say only that two are the same.
 */
#ifndef REPORT_AFRF_H
#define REPORT_AFRF_H

#include "report/mail.h"

#define AFRF_HEADER_MAX 32768u /* octets of the header that are taken */

struct afrf {
	struct str id;
	struct str failure;	  /* "dmarc", "signature", "spf"; absent: dmarc */
	struct str domain;	  /* of From, which is reported */
	struct str auth_results;  /* value of the Authentication-Results field that says so */
	struct str envelope_from; /* "": null sender */
	struct ip source;
	bool dkim_aligned, spf_aligned;	       /* those that passed aligned */
	struct str dkim_domain, dkim_selector; /* of an aligned signature that failed; absent */
	struct str spf_dns;		       /* "txt : example.com : \"v=spf1 -all\""; absent */
	struct str delivery;		       /* "delivered", "reject", "policy", ...; absent */
	int64_t arrival;
	struct str header; /* header block of the message, lines as they came */
};

/* The message behind report_mail_head. secret: keys the hashes, so that nobody else can tell whose
 * they are. */
struct str afrf_content(struct arena *a, struct crypto *c, const struct afrf *f, struct str secret);

/* A header block with local parts hashed: every one in it, also one that blanks, comments or a fold
 * keep from its "@" and one before "%40", but for From, Sender, Message-ID and what is signed by
 * name (DKIM-Signature, ARC). Lines end in CRLF, of at most 998 octets; at most AFRF_HEADER_MAX
 * octets of the header are taken, cut at a field. */
struct str afrf_redact(struct arena *a, struct crypto *c, struct str header, struct str secret);

#endif
