/*
 * The visible author reduced to one domain, or an explicit reason why not. This is the only place
 * that decides it (RFC 9989 4.6 "author domain"; Chen, Paxson, Jiang 2020: A6 to A13).
 */
#ifndef MAIL_FROM_H
#define MAIL_FROM_H

#include "mail/addr.h"
#include "mail/hdr.h"

#define FROM_MAX_MAILBOXES 16u

enum from_why {
	FROM_OK,	 /* exactly one author domain */
	FROM_MISSING,	 /* no From field */
	FROM_FIELDS,	 /* more than one From field (odd names such as "From " count) */
	FROM_EMPTY,	 /* no mailbox in it (empty, or only groups without members) */
	FROM_SYNTAX,	 /* not an address list */
	FROM_DOMAINS,	 /* mailboxes of different domains */
	FROM_NO_DOMAIN,	 /* a mailbox without a domain, or with a literal */
	FROM_BAD_DOMAIN, /* a domain that domain_read refuses */
	FROM_ENCODED,	 /* an encoded word inside local part or domain */
	FROM_CONTROL,	 /* NUL or control characters in it */
	FROM_LIMIT,	 /* over FROM_MAX_MAILBOXES mailboxes */
	/* Programs are known to disagree about it: a group, a source route, ADDR_F_SPLIT, a display
	 * name that decodes to an author of another domain (from_display.h), a field only like From
	 * ("From\0"), a broken header block or dropped fields that may hide a From. */
	FROM_AMBIGUOUS,
};

struct from {
	enum from_why why;
	struct str domain; /* FROM_OK: in domain_read form; else absent */
	/* Every readable author domain, distinct, also when why != FROM_OK: policy may judge each
	 * of them (strictest applies). After a syntax error, and where programs disagree, whatever
	 * stands behind an "@" of the field is among them. At most FROM_MAX_MAILBOXES. */
	VEC(struct str) domains;
	struct addr_list list; /* of the first From field */
	bool multiple;	       /* more than one mailbox */
};

void from_read(struct arena *a, const struct hdr_list *h, struct from *out);

/* "more than one From field", ... for people and for "reason" in results; NULL for FROM_OK. */
const char *from_reason(enum from_why why);

#endif
