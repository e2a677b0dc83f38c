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

#define KEYRING_FILE_MAX 4096u /* octets of a state file */
#define KEYRING_LOCK_MS 10000u /* for another writer to be done */

struct keyring_key {
	struct str domain, selector; /* A-labels, lower case */
	enum key_state state;
	struct sign_key key;
	const char *path;			 /* of the private half */
	int64_t made, active, retiring, retired; /* wall clock, seconds; 0: not yet */
	bool forced;				 /* activated without its record having been seen */
	bool unsaved; /* its file says otherwise: a change of two keys was cut short between them */
};

struct keyring {
	struct arena *arena;
	VEC(struct keyring_key) v; /* by domain, then by time */
};

/*
 * All of them. A directory that is not there is an empty ring. A state file that cannot be read is
 * told (log) and left out. Of several active keys of one domain and type the newest is active and
 * the others are retiring, which is what the writer meant that was cut short. -1 and *e: the
 * directory cannot be read, or has more than SIGN_KEYS_MAX keys.
 */
int keyring_read(struct arena *a, const char *state, const char *keys, struct keyring *out,
		 struct err *e);

/* Changes when anything in the ring has: of the times and names of its files. */
uint64_t keyring_stamp(const char *state);

/* NULL: there is none of that name. */
struct keyring_key *keyring_find(const struct keyring *r, struct str domain, struct str selector);

/* ---- for writers: merlon dkim, the control process ---- */

/* Whether they name a key: A-labels, lower case, that fit a name in DNS together. */
bool keyring_name_ok(struct arena *a, struct str domain, struct str selector);

/*
 * One writer at a time: makes STATE/keyring if need be and locks it until keyring_unlock or the end
 * of the process. What was read before is to be read again. -1 and *e; errno is EWOULDBLOCK where
 * another one did not let go in wait_ms.
 */
int keyring_lock(const char *state, uint64_t wait_ms, struct err *e);
void keyring_unlock(int fd); /* -1 is fine */

/* Writes a key's state file, whole or not at all, and on disk when it returns; under the lock. What
 * is made belongs to whom STATE belongs. -1 and *e. */
int keyring_put(const char *state, const struct keyring_key *k, struct err *e);
int keyring_forget(const char *state, const struct keyring_key *k, struct err *e);

/* Why a pending key is not active yet though its record is seen: a line beside its state, which is
 * no part of that (keyring_stamp). Absent text: nothing keeps it. What cannot be written is not
 * there. */
void keyring_note(const char *state, const struct keyring_key *k, struct str text);
struct str keyring_noted(struct arena *a, const char *state, const struct keyring_key *k);

/* The text of a state file, and its strict reader (path is not set). NULL: good; else what is
 * wrong. */
struct str keyring_format(struct arena *a, const struct keyring_key *k);
const char *keyring_parse(struct arena *a, struct str text, struct keyring_key *k);

#endif
