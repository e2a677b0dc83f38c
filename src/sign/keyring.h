/*
 * DKIM keys through their lives: pending (made; its record is not seen everywhere yet), active
 * (mail is signed with it), retiring (no longer signed with, but what it signed is still on its
 * way), retired (its record may go, its private half is gone). The private half is a file that only
 * the signer reads, SIGN.KEYS/DOMAIN/SELECTOR.key; everything else is a small text file,
 * STATE/keyring/DOMAIN/SELECTOR, written whole or not at all.
 */
#ifndef SIGN_KEYRING_H
#define SIGN_KEYRING_H

#include "base/vec.h"
#include "sign/keys.h"

enum key_state { KEY_PENDING, KEY_ACTIVE, KEY_RETIRING, KEY_RETIRED };
const char *key_state_word(enum key_state s);

struct keyring_key {
	struct str domain, selector; /* A-labels, lower case */
	enum key_state state;
	struct sign_key key;
	const char *path;			 /* of the private half */
	int64_t made, active, retiring, retired; /* wall clock, seconds; 0: not yet */
	bool forced;				 /* activated without its record having been seen */
};

struct keyring {
	struct arena *arena;
	VEC(struct keyring_key) v; /* by domain, then by time */
};

/* All of them. A directory that is not there is an empty ring. A state file that cannot be read is
 * told (log) and left out. -1 and *e: the directory cannot be read. */
int keyring_read(struct arena *a, const char *state, const char *keys, struct keyring *out,
		 struct err *e);

/* Changes when anything in the ring has: of the times and names of its files. */
uint64_t keyring_stamp(const char *state);

#endif
