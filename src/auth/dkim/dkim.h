/* DKIM verification (RFC 6376, 8301, 8463). */
#ifndef AUTH_DKIM_DKIM_H
#define AUTH_DKIM_DKIM_H

#include "auth/auth.h"
#include "auth/dkim/body.h"
#include "mail/hdr.h"

#define DKIM_MAX_SIGS 10u /* evaluated: aligned d= first, then top to bottom; all are counted */
#define DKIM_MAX_H 100u
#define DKIM_MAX_KEY_TEXT 4096u
#define DKIM_FUTURE_SLACK 300 /* seconds that t= may lie ahead */

enum dkim_l_policy { DKIM_L_IGNORE, DKIM_L_ACCEPT, DKIM_L_FAIL };

/* Fields of which the message holds one or more that h= does not cover: present and not signed, or
 * there more often than h= names them (added after signing, for all a verifier can tell). */
enum dkim_unsigned {
	DKIM_U_FROM = 1 << 0,
	DKIM_U_SENDER = 1 << 1,
	DKIM_U_REPLY_TO = 1 << 2,
	DKIM_U_TO = 1 << 3,
	DKIM_U_CC = 1 << 4,
	DKIM_U_SUBJECT = 1 << 5,
	DKIM_U_DATE = 1 << 6,
	DKIM_U_MESSAGE_ID = 1 << 7,
	DKIM_U_MIME_VERSION = 1 << 8,
	DKIM_U_CONTENT_TYPE = 1 << 9,
	DKIM_U_CONTENT_TRANSFER_ENCODING = 1 << 10,
};

struct dkim_request {
	const struct hdr_list *headers;
	struct str from_domain; /* the author domain (domain_read form) or absent: decides which are
				   evaluated first */
	int64_t now;		/* wall clock, for t= and x= */
	enum dkim_l_policy l_policy;
};

struct dkim_sig {
	enum auth_result result; /* none is not used: no signature, no entry */
	struct str domain;	 /* d=, domain_read form; absent if unreadable */
	struct str selector;	 /* s=, lower case; absent if unreadable */
	struct str identity;	 /* i= as written, or "@" d=; absent if unreadable */
	const char *algorithm;	 /* "rsa-sha256", "ed25519-sha256", "rsa-sha1"; NULL if unknown */
	unsigned key_bits;	 /* 0 if no key was read */
	struct str b8;		 /* first 8 characters of b= without white space */
	struct str reason;	 /* absent on a plain pass */
	bool testing;		 /* t=y in the key */
	bool strict_i;		 /* t=s in the key */
	bool dmarc_ok; /* counts for DMARC: pass, and not a body longer than l= under DKIM_L_IGNORE
			*/
	bool partial;  /* l= is shorter than the body */
	bool weak;     /* RSA under 2048 bits */
	unsigned unsigned_fields; /* enum dkim_unsigned: of which more are there than h= covers */
	int64_t t, x;		  /* 0 if absent */
	struct str h;		  /* the h= text */
};

struct dkim_result {
	size_t n; /* entries, top to bottom, one for each field that is in the header list */
	struct dkim_sig *sig;
	size_t total; /* DKIM-Signature fields in the message */
};

struct dkim;

/* Reads the signatures and wants their body hashes (body must not have begun). At end of headers.
 */
struct dkim *dkim_new(struct arena *a, struct crypto *c, struct body_hash *body,
		      const struct dkim_request *req);

/* Asks for the keys of every signature that will be evaluated, without waiting. */
void dkim_prefetch(struct dkim *d, struct dns *dns);

/* After body_hash_end. res lives in the arena of dkim_new. */
enum auth_step dkim_verify(struct dkim *d, struct dns *dns, struct dkim_result *res);

#endif
