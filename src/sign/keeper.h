/*
 * The keeper: the process that reads private keys and forks the signers, who inherit them. It is
 * forked by the supervisor while that may still choose an account, becomes the signer's account,
 * and listens to two sockets (SOCK_SEQPACKET): the supervisor's, who says which files to hold, and
 * the control process', who may ask for a new pair. It reads no mail, no DNS and no configuration.
 */
#ifndef SIGN_KEEPER_H
#define SIGN_KEEPER_H

#include "sign/keys.h"

#define KEEPER_SIGNERS_MAX 64u
#define KEEPER_SILENT_MS 30000u /* a signer that does not move for so long is killed */
#define KEEPER_LOAD_MS 15000u	/* for an answer of the keeper, many keys included */

struct keeper_args {
	int supervisor;	 /* socket; at its end, ours */
	int manage;	 /* socket of the control process; -1: none */
	const int *lane; /* the signers' ends */
	size_t nlanes;
	unsigned processes; /* signers */
	uint64_t silent_ms; /* KEEPER_SILENT_MS but in tests; 0: that */
	const char *dir;    /* keys that are made go to DIR/DOMAIN/SELECTOR.key */
	uid_t owner;	    /* of key files, but for root's */
	pid_t parent;	    /* the supervisor; without it the keeper ends. 0: not looked at */
	/* Credentials (systemd; "credential:NAME", the rest unused), which the keeper reads before
	 * it changes its account; they do not change while a service runs. */
	const struct sign_file *credential;
	size_t ncredentials;
	/* In the keeper before it reads a file, and again in each signer before it serves: gives up
	 * what a process gives up, the account first. NULL: nothing. */
	int (*confine)(void *arg, struct err *e);
	void *arg;
};

/* The life of the keeper; the exit code. A signer that dies, or does not
 * move, is forked again. SIGTERM: all end. */
int keeper_run(const struct keeper_args *args);

/*
 * By the supervisor: the keeper reads these files (those that it held and are not among them it
 * forgets) and starts new signers; the old ones end after what they have in hand. Fills in each
 * file; ok or not is said there. Waits. -1 and *e: no keeper, or no answer in time.
 */
int keeper_load(int fd, struct arena *a, struct sign_file *file, size_t n, struct err *e);

/*
 * By the supervisor, before keeper_load: these keys are held on by that, besides what it reads,
 * where they are held now; files may say something else meanwhile, or nothing. Does not wait for an
 * answer. -1 and *e.
 */
int keeper_keep(int fd, unsigned char (*id)[SIGN_ID], size_t n, struct err *e);

/* By the control process: makes a pair in DIR/DOMAIN/SELECTOR.key (A-labels, sign_key_make). Waits.
 * -1 and *e. */
int keeper_make(int fd, struct arena *a, struct str domain, struct str selector, enum key_type type,
		unsigned bits, struct sign_key *key, struct err *e);

/* By the control process: overwrites and removes DIR/DOMAIN/SELECTOR.key. One that is not there is
 * fine. Waits. -1 and *e. */
int keeper_wipe(int fd, struct arena *a, struct str domain, struct str selector, struct err *e);

#endif
