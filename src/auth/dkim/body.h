/*
 * Body hashes (RFC 6376 3.4.3, 3.4.4, 3.7): one pass over the body serves every DKIM and ARC
 * signature; each distinct (hash, canonicalisation, length) is computed once, as the body arrives.
 */
#ifndef AUTH_DKIM_BODY_H
#define AUTH_DKIM_BODY_H

#include "auth/crypto.h"

enum canon { CANON_SIMPLE, CANON_RELAXED };

struct body_hash; /* all that one message wants */
struct body_want; /* one of them */

#define BODY_NO_LIMIT UINT64_MAX

struct body_hash *body_hash_new(struct arena *a, struct crypto *c);

/* Before the first body octet. length is l=, BODY_NO_LIMIT without. Equal wants are one. */
struct body_want *body_hash_want(struct body_hash *b, enum hash_alg alg, enum canon canon,
				 uint64_t length);

/* Body octets with CRLF line ends, in pieces of any size; then the end. */
void body_hash_feed(struct body_hash *b, struct str octets);
void body_hash_end(struct body_hash *b);

/* After the end: the digest, and the length of the whole canonicalised body (l= greater than it:
 * the signature is broken; smaller: octets behind l= are unsigned). */
struct str body_digest(const struct body_want *w);
uint64_t body_length(const struct body_want *w);

#endif
