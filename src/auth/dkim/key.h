/* DKIM key records (RFC 6376 3.6.1) and what they allow one signature to do. */
#ifndef AUTH_DKIM_KEY_H
#define AUTH_DKIM_KEY_H

#include "auth/auth.h"
#include "auth/dkim/signature.h"

/*
 * RFC 6376 3.6.2.2 leaves several records at one name undefined. All of them are the domain's own
 * words, so a signature verifies if it does with any of the first DKIM_MAX_KEYS that are key
 * records; but one that is revoked (empty p=) revokes the name.
 */
#define DKIM_MAX_KEYS 3u
#define DKIM_MAX_TXT 16u /* records looked at */

struct key_record {
	struct str octets;
	bool testing, strict_i; /* t=y, t=s */
};

struct keyset {
	/* Not AUTH_PASS: no key can be used; why. */
	enum auth_result result;
	const char *reason;
	unsigned bits; /* of the first key that could be read, also of one that is too short */
	size_t n;      /* usable ones */
	struct key_record key[DKIM_MAX_KEYS];
};

/* What the answer for s->query has for this signature. */
void keyset_read(struct arena *a, struct crypto *c, const struct dns_answer *answer,
		 const struct signature *s, struct keyset *keys);

/* The key that verifies the signature over that digest, or NULL. bits: its size. */
const struct key_record *keyset_verify(struct crypto *c, const struct keyset *keys,
				       const struct signature *s, struct str digest,
				       unsigned *bits);

#endif
