/*
 * Public keys, hashes and signatures as DKIM and ARC use them, over OpenSSL 3. Keys are read by our
 * own DER reader, as RSA or as 32 octets of Ed25519, never by a decoder that takes anything.
 */
#ifndef AUTH_CRYPTO_H
#define AUTH_CRYPTO_H

#include "base/arena.h"

#define KEY_RSA_MIN 1024u /* RFC 8301 3.2 */
#define KEY_RSA_MAX 4096u
#define KEY_CACHE_SIZE 4096u

enum key_type { KEY_RSA, KEY_ED25519 };
enum hash_alg { HASH_SHA1, HASH_SHA256 };
#define HASH_MAX 32

/* Fetched algorithms and a cache of parsed keys under the octets they were parsed from: one a
 * worker (it is not locked). The least recently used key leaves when it is full. It must outlive
 * every arena that was given to hash_new. */
struct crypto;
struct crypto *crypto_new(void);
void crypto_free(struct crypto *c);

struct pubkey; /* owned by the cache; valid until the next pubkey_get */

enum pubkey_fault { PUBKEY_OK, PUBKEY_SYNTAX, PUBKEY_SHORT, PUBKEY_LONG, PUBKEY_EXPONENT };

/* Reads SubjectPublicKeyInfo or RSAPublicKey (RFC 6376 3.6.1 says the latter), or for Ed25519 32
 * octets (RFC 8463). bits: modulus size, also when PUBKEY_SHORT or PUBKEY_LONG. */
enum pubkey_fault pubkey_get(struct crypto *c, enum key_type type, struct str der,
			     const struct pubkey **key, unsigned *bits);

/* RSASSA-PKCS1-v1_5 over a digest, or Ed25519 over the digest as message (RFC 8463 3). Nothing
 * verifies with HASH_SHA1 (RFC 8301 3.1). */
bool pubkey_verify(struct crypto *c, const struct pubkey *key, enum hash_alg alg, struct str digest,
		   struct str sig);

struct hash;
struct hash *hash_new(struct crypto *c, struct arena *a,
		      enum hash_alg alg); /* freed with the arena */
void hash_feed(struct hash *h, struct str octets);
/* A second hash that has been fed the same octets so far, in the arena of the first. */
struct hash *hash_fork(const struct hash *h);
struct str hash_end(struct hash *h); /* 20 or 32 octets in the hash's arena */

/* RFC 4648 base64, white space (FWS) inside ignored; false: not base64. Padding must be there and
 * the bits it leaves over must be zero: one octet string has one text. */
bool base64_decode(struct arena *a, struct str text, struct str *octets);
struct str base64_encode(struct arena *a, struct str octets);

#endif
