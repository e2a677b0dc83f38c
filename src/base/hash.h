/* Keyed hashing (SipHash, Aumasson and Bernstein 2012) for tables that hold what strangers send. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

struct hash_key {
	uint64_t k0, k1;
};

/* A key from the system's random source; aborts if there is none. */
struct hash_key hash_key_random(void);
uint64_t hash_sip13(struct hash_key k, struct str s);

/* hash_sip13 of s with its ASCII capitals in lower case. */
uint64_t hash_sip13_fold(struct hash_key k, struct str s);

/* SipHash-2-4 of the same paper, for what leaves the process (queue-wide message digests). */
uint64_t hash_sip24(struct hash_key k, struct str s);

#endif
