/*
 * The steps of a key's life, each written so that a crash between any two writes leaves a ring that
 * is good: a key is active before the one before it retires, and its private half is gone before
 * its state says so. All under keyring_lock, on a ring that was read under it.
 */
#ifndef CONTROL_KEYRING_STEPS_H
#define CONTROL_KEYRING_STEPS_H

#include "sign/keyring.h"

#define STEPS_TRIES 8u /* selectors tried, where files without a state are in the way */

/* The n-th selector of that day (UTC) that the ring does not have: "20261122r" (RSA) or "20261122e"
 * (Ed25519), then "20261122r2" and so on. */
struct str steps_selector(struct arena *a, const struct keyring *r, struct str domain,
			  enum key_type type, int64_t now, unsigned n);

/* The active key of a domain of that type; NULL: none. */
const struct keyring_key *steps_active(const struct keyring *r, struct str domain,
				       enum key_type type);

/* -1 and *e. What is written is changed in the ring too. */

/* A pair was made: its key is pending. k->path is not looked at. */
int steps_pending(const char *state, struct keyring_key *k, int64_t now, struct err *e);
/* It is active, and what was active of its type and domain is retiring, since k->active. */
int steps_activate(const char *state, struct keyring *r, struct keyring_key *k, int64_t now,
		   bool forced, struct err *e);
/* An active key is signed with no longer. */
int steps_retire(const char *state, struct keyring_key *k, int64_t now, struct err *e);
/* Its private half is gone. */
int steps_retired(const char *state, struct keyring_key *k, int64_t now, struct err *e);
/* Writes what a change left unwritten that was cut short. */
int steps_finish(const char *state, struct keyring *r, struct err *e);

/* Whether k became retiring when new became active. */
bool steps_replaced(const struct keyring_key *k, const struct keyring_key *new);

#endif
