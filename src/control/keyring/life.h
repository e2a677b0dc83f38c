/*
 * Keys live: the timer of the control process. Pending keys become active once every name server
 * shows them and the signers have them, retiring ones are wiped when what they signed has expired,
 * old ones get successors where that is asked for. Whatever happens to a key is a log event.
 */
#ifndef CONTROL_KEYRING_LIFE_H
#define CONTROL_KEYRING_LIFE_H

#include "control/keyring/authority.h"
#include "sign/keyring.h"

struct life;
struct sign_client;

#define LIFE_CHECKS_MAX 8u     /* keys that servers are asked about at a time */
#define LIFE_ACTIVE_EVERY 12u  /* rounds: how often keys that are needed are looked for in DNS */
#define LIFE_TELL_S 86400      /* what stays wrong is told again */
#define LIFE_FORGET_S 34560000 /* 400 days: a retired key's state is removed */
#define LIFE_WORK_MS 1000u     /* of a round: the loop waits for the hands no longer */
#define LIFE_PROOF_MS 10000u   /* for a signer to show that it holds a key */
#define LIFE_GATHER_MS 1000u   /* keys that are seen meanwhile become active together */
#define LIFE_FIRST_MS 2000u    /* after the start */

/* Who can make and wipe private halves (sign/keeper.h). -1 and *e. */
struct life_hands {
	int (*make)(void *arg, struct arena *a, struct str domain, struct str selector,
		    enum key_type type, unsigned bits, struct sign_key *key, struct err *e);
	int (*wipe)(void *arg, struct arena *a, struct str domain, struct str selector,
		    struct err *e);
	void *arg;
};

struct life_args {
	struct authority_args dns;
	const char *state, *keys; /* directories */
	struct life_hands hands;
	struct sign_client *signer; /* must show that it holds a key before that is active; NULL:
				       nobody is asked */
	uint64_t every_ms;	    /* a round */
	uint64_t work_ms;	    /* LIFE_WORK_MS: after that no hand is asked again in a round */
	int64_t rotate_s;	    /* the age at which an active key gets a successor; 0: never */
	int64_t keep_s;		    /* how long a retiring key is kept */
};

/* The strings outlive it. */
struct life *life_new(const struct life_args *args);
void life_free(struct life *l); /* NULL is fine */

#endif
