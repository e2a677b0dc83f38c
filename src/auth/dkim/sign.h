/*
 * DKIM signatures made (RFC 6376 5, 8301, 8463): which fields are signed, the field as it goes into
 * the message, and the digest that a key has to sign. No key is here: a draft gives the digest, and
 * takes the signature.
 */
#ifndef AUTH_DKIM_SIGN_H
#define AUTH_DKIM_SIGN_H

#include "auth/dkim/canon.h"

#define DKIM_SIGN_MAX_H 100u /* names in h=, as DKIM_MAX_H: others need not read more */

/* One field name of what is signed. */
struct dkim_plan_name {
	struct str name;
	bool oversign; /* named once more than there are, so that none can be added; also where
			  there is none */
};

/* The names that are signed where there are such fields, in this order; every field of a name is
 * signed. */
struct dkim_plan {
	size_t n;
	const struct dkim_plan_name *name;
};

/* Whether a field of that name may be signed: none that is added, changed or taken away on the way
 * (Return-Path, Received, Bcc, DKIM-Signature, Authentication-Results, ARC-*), and none whose name
 * h= could not hold. What a plan names in spite of this is not signed. */
bool dkim_may_sign(struct str name);

/* RFC 6376 5.4.1 and SPEC: From, Sender, Reply-To, Subject, Date, To, Cc, Message-ID, Content-Type,
 * MIME-Version oversigned, ... */
extern const struct dkim_plan dkim_plan_default;

struct dkim_sign_request {
	const struct hdr_list *headers; /* as they will be when the message leaves */
	const struct dkim_plan *plan;
	struct str domain, selector; /* A-labels, lower case */
	struct str identity;	     /* i=, "local@domain" or "@domain", not yet quoted for a tag;
					absent, or not within domain: not written */
	enum key_type type;
	enum canon head, body;
	struct str body_digest; /* SHA-256 in that canonicalisation, whole body (no l=) */
	int64_t t;		/* wall clock; 0: not written */
	int64_t x;		/* expiry, wall clock; 0, or not after t: not written */
};

/* A signature field without its signature. */
struct dkim_draft {
	struct str digest; /* 32 octets: what is to be signed */
	struct str value;  /* up to and with "b=" */
};

/*
 * h= has at most DKIM_SIGN_MAX_H names, From first: of a name that is there too often the lowest
 * fields are signed. Names of which a limit kept fields out of the header list are not signed.
 * False: no signature can be made that others verify, since the limits kept out a From, or more
 * fields than are remembered, or there are more From fields than names in h= (some verifiers count
 * every From as signed), or domain and selector are no names; out is filled all the same.
 */
bool dkim_draft(struct arena *a, struct crypto *c, const struct dkim_sign_request *req,
		struct dkim_draft *out);

/* The whole value of the field DKIM-Signature: CRLF folds, lines under 78 octets (but for a name
 * that is longer), no leading blank, no line end at the end. It is what the digest was made for
 * with one blank between colon and value. */
struct str dkim_sign_value(struct arena *a, const struct dkim_draft *d, struct str signature);

#endif
