/*
 * The keeper of private keys as a child of the supervisor, and the lanes over which its signers are
 * asked: one for each worker slot, one for the control process.
 */
#ifndef CMD_SIGNER_CHILD_H
#define CMD_SIGNER_CHILD_H

#include "cmd/app.h"
#include "cmd/children.h"
#include "cmd/privs.h"
#include "base/vec.h"
#include "sign/sign.h"

#define SIGNER_LANES (SHARED_WORKERS + 1u) /* at most; fewer where descriptors are scarce */

struct signer_child {
	struct child child;
	bool wanted; /* something is to be signed */
	bool stopping;
	struct privs account; /* whom the keeper becomes */
	bool again;	      /* we may still become it: a keeper that dies is forked again */
	const char *user, *dir, *state; /* sign.user and the directory of keys, as they were */
	unsigned processes;
	const struct app *app; /* in the keeper: to open the log by */
	size_t nlanes;
	int asker[SIGNER_LANES], signer[SIGNER_LANES]; /* the ends of each lane */
	int keeper[2], manage[2]; /* ours (the control process'), the keeper's; -1: not there */
	/* The files of the running generation, and those asked for last (a reload may yet be
	 * refused), with the keys that they held. */
	struct signer_files {
		struct arena *arena;
		const char **path;
		unsigned char (*id)[SIGN_ID];
		size_t n, nid;
	} running, asked;
	/* Keys of generations before, whose workers may still have mail in hand until then. */
	struct signer_past {
		struct arena *arena;
		VEC(struct signer_key {
			unsigned char id[SIGN_ID];
			uint64_t until_ms;
		})
		v;
	} past;
	uint64_t drain_ms;
	uint64_t look_ms;  /* when to look at the keyring next */
	uint64_t retry_ms; /* after the last failure; 0: there was none */
	bool unheld;	   /* a keeper that was forked again may not have the keys */
	/* What a child gives up before it becomes the keeper. */
	void (*leave)(void *arg);
	void *arg;
	pid_t parent;
};

/* Nothing is open. */
void signer_child_init(struct signer_child *s);

/*
 * Makes the sockets and the directory of keys and forks the keeper, while we may still be root, and
 * loads the keys; nothing where nothing is to be signed. -1 and *e; signer_child_close also after a
 * failure.
 */
int signer_child_open(struct signer_child *s, struct arena *a, const struct app *app,
		      const char *state, const struct privs *daemon, struct err *e);
void signer_child_close(struct signer_child *s);

/* Whether a reload may go on with that configuration: whom the keeper is, where it makes keys and
 * whether there is one cannot change. -1 and *e. */
int signer_child_same(const struct signer_child *s, const struct conf *conf, struct err *e);

/* The keeper reads what that generation asks for, and holds the keys on that older workers use,
 * whatever their files have become. -1 and *e ("file:line: ..."): a key cannot be had. */
int signer_child_load(struct signer_child *s, const struct app *app, struct err *e);

/* The generation of the last load runs; what others asked for may go with the next one. */
void signer_child_settled(struct signer_child *s);

/* True, every few seconds at most, if the keyring has changed and the generation has its keys now:
 * its workers are to be changed. */
bool signer_child_renew(struct signer_child *s, const struct app *app);

/* Whether this process can read the keys that are asked for, and the signer's account might: for a
 * check of the configuration. -1 and *e ("file:line: ..."). */
int signer_child_check(const struct app *app, const char *state, struct err *e);

/* A child ended: true if it was ours. */
bool signer_child_reaped(struct signer_child *s, pid_t pid, int status);
/* Forks the keeper again if it has died and may be. */
void signer_child_look_after(struct signer_child *s, const struct app *app);
void signer_child_stop(struct signer_child *s, int sig);

/* In a child: gives up all but the end of its own lane, which is the result; -1: none. slot: of a
 * worker; SIGNER_CONTROL: the control process, which keeps the manage socket too. */
#define SIGNER_CONTROL SIZE_MAX
int signer_child_lane(struct signer_child *s, size_t slot);

#endif
