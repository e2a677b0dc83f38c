/* Keys under the octets they were read from, the least recently used one leaving when it is full.
 */
#ifndef AUTH_KEYCACHE_H
#define AUTH_KEYCACHE_H

#include <openssl/evp.h>

#include "auth/crypto.h"
#include "base/hash.h"

struct pubkey {
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *verify; /* RSA: ready for digests; NULL for Ed25519 */
	enum key_type type;
	unsigned bits;
	char *octets; /* owned */
	size_t n;
	uint32_t chain, older, newer; /* entry number + 1; 0: none */
};

#define KEYCACHE_BUCKETS (2 * KEY_CACHE_SIZE)

struct keycache {
	struct hash_key key;
	uint32_t used, oldest, newest;
	uint32_t bucket[KEYCACHE_BUCKETS];
	struct pubkey entry[KEY_CACHE_SIZE];
};

struct keycache *keycache_new(void);
void keycache_free(struct keycache *k);

/* The key under (type, octets), now the newest; NULL: there is none. */
struct pubkey *keycache_find(struct keycache *k, enum key_type type, struct str octets);

/* A new, newest entry under them, without a key yet: the caller fills pkey, verify and bits. */
struct pubkey *keycache_add(struct keycache *k, enum key_type type, struct str octets);

#endif
