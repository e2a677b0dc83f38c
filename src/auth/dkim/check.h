/* One DKIM-Signature or ARC-Message-Signature against its key, headers and body. */
#ifndef AUTH_DKIM_CHECK_H
#define AUTH_DKIM_CHECK_H

#include "auth/dkim/canon.h"
#include "auth/dkim/key.h"

struct check_result {
	enum auth_result result; /* pass, fail, permerror, temperror */
	const char *reason;	 /* NULL on pass */
	unsigned key_bits;
	bool testing, strict_i; /* of the key that verified, or else the first usable one */
	bool partial;		/* l= is shorter than the body */
};

struct checker {
	struct arena *arena;
	struct crypto *crypto;
	const struct canon_headers *headers;
};

/* The signature is well-formed; the body has ended. AUTH_WAIT: its key has been asked for. */
enum auth_step check_signature(const struct checker *c, struct dns *dns, const struct signature *s,
			       const struct body_want *body, struct check_result *res);

/* Only the key and the signature over a digest that the caller made (seals). */
enum auth_step check_signed(const struct checker *c, struct dns *dns, const struct signature *s,
			    struct str digest, struct check_result *res);

#endif
