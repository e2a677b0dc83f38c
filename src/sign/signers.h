/* The signers as their keeper sees them: started with a set of keys, renewed, restarted when they
 * die. */
#ifndef SIGN_SIGNERS_H
#define SIGN_SIGNERS_H

#include "sign/keeper.h"

#define SIGNERS_NICE 5 /* below those who read mail */

struct signer {
	pid_t pid; /* 0: none */
	uint64_t generation;
	uint64_t started_ms, restart_at_ms; /* restart_at_ms: dead, to be started again then */
	unsigned quick_deaths;
	bool leaving; /* told to end */
};

struct signers {
	const struct keeper_args *args;
	const struct sign_keys *keys; /* of the present generation */
	uint64_t generation;
	int keepers_own; /* a file of the keeper that no signer has; -1 */
	_Atomic uint64_t
		*beat_ms; /* last sign of life of each, in memory they share; NULL: none yet */
	struct signer v[2 * KEEPER_SIGNERS_MAX];
};

/*
 * As many as wanted, with these keys; when all of them are ready the earlier ones are told to end,
 * which they do after what they have in hand. -1 and *e: not all of them came to life; then those
 * that did are ended and the earlier ones stay.
 */
int signers_renew(struct signers *s, const struct sign_keys *keys, struct err *e);

/* A child has ended. */
void signers_reaped(struct signers *s, pid_t pid, int status);

/* Starts again what is due, and kills what is silent. Returns the milliseconds until it is to be
 * called again. */
int signers_look_after(struct signers *s);

/* All of them, and waits. */
void signers_end(struct signers *s);

/* By a signer: what it needs of the system from here on, and nothing else (seccomp). */
int signer_cage(struct err *e);

/* By keeper and signers: memory that comes from here on is not written to a swap device, if we may.
 */
void signers_lock_memory(void);

/* By keeper and signers: no core file, and no other process of the account may look in. */
void signers_hide(void);

#endif
