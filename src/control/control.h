/*
 * The control process: keeps the embedded store for the workers, trains the classifier, answers at
 * the control socket and, where it is switched on, other sites' Pyzor clients. It parses no mail.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "control/trainer.h"

extern const struct conf_opt control_options[]; /* control.*, store.* */

/* Option store.backend: what is remembered is shared with other machines. */
bool control_shared(const struct conf *c);
/* Not, if it is "none". */
bool control_remembers(const struct conf *c);
/* Whether there is something for a control process to do: something to remember, feeds, keys. */
bool control_wanted(const struct conf *c);

/* Whether the store can be had and reports can be sent as the options say, as far as that is seen
 * without asking anybody: files that are read, what the library can. -1 and *e. */
int control_check(const struct conf *c, struct err *e);

struct board;
struct http;
struct resolver;
struct scan_stats;
struct sign_client;

struct control_args {
	const struct conf *conf;
	const char *state; /* directory */
	struct http *http; /* to fetch feeds by (io/http.h); NULL: only files are looked at */
	struct model *model;
	struct board *board;	  /* of the supervisor (scan/board.h) */
	int store_fd, control_fd; /* listening sockets of the supervisor, STATE/store.sock and
				     option control.socket; -1: none */
	int pyzor_fd;		  /* UDP socket; -1: none */
	int web_fd;		  /* of option metrics.listen (control/web.h); -1: none */
	/* What the workers counted (control/metrics.h). NULL: nobody knows. */
	unsigned (*scans)(void *arg, struct scan_stats *sum);
	void *scans_arg;
	const char *keys; /* directory of private keys; NULL: STATE/dkim */
	int keeper_fd;	  /* to ask the keeper of private keys (sign/keeper.h); -1: none */
	/* To look for keys in DNS, and to send reports by; NULL: neither is done. */
	struct resolver *resolver;
	/* Signs reports (sign/sign.h), and shows that it holds a key before that becomes active;
	 * NULL: they are not signed, nobody is asked. */
	struct sign_client *signer;
};

struct control;
struct control *control_new(struct loop *l, const struct control_args *args, struct err *e);
void control_free(struct control *c); /* writes everything first */

/*
 * Whoever trains what is kept in the state directory holds this lock, or two of them would write
 * over one another: the control process, merlon learn without a daemon, a control process that
 * still writes after its supervisor was killed. A descriptor, which goes with the process. -1 and
 * *e: it cannot be had; errno is EWOULDBLOCK where another one did not let go in wait_ms.
 */
int control_lock(const char *state, uint64_t wait_ms, struct err *e);
void control_unlock(int fd); /* -1 is fine */

/* The data base of this machine, STATE/store.db, whatever the backend is. */
struct store *control_local_store(struct loop *l, const char *state, bool readonly, struct err *e);

/* The store as the options say, for a worker (remote or Redis) or a tool without a daemon (SQLite,
 * readonly or not). NULL and *e. */
struct store *control_worker_store(struct loop *l, const struct conf *c, const char *state,
				   struct err *e);
struct store *control_tool_store(struct loop *l, const struct conf *c, const char *state,
				 bool readonly, struct err *e);

#endif
