/*
 * The milter room's face to the daemon: listeners in, scans done, verdicts out. Two engines stand
 * behind it: the wire protocol on the worker's loop (versions 2 to 6), and libmilter.
 */
#ifndef MILTER_MILTER_H
#define MILTER_MILTER_H

#include "base/err.h"
#include "conf/conf.h"
#include "scan/scan.h"

extern const struct conf_opt milter_options[];

/* One listening socket, bound by the supervisor before privileges are dropped. */
struct milter_listener {
	struct str name;    /* title of its section, "default" without one */
	struct str socket;  /* "inet:8891@127.0.0.1", "inet6:8891@::1",
			       "unix:/run/merlon/merlon.sock" */
	struct str profile; /* "inbound", "submission", "reinjection" */
	unsigned mode;	    /* of a unix socket */
	struct str group;   /* of a unix socket; absent: as it comes */
	const char *where;  /* "file:line" of the socket option, "default" */
	int backlog;
	int fd;	       /* -1: not bound */
	uint64_t made; /* which unix socket file we made: only that one is unlinked; 0: none */
};

/* Reads the listeners of the configuration (the default one if it names none). */
int milter_listeners(struct arena *a, const struct conf *c, struct milter_listener **l, size_t *n,
		     struct err *e);

/* Binds and listens: close-on-exec, non-blocking; unix sockets get their mode and group, and a
 * stale socket file is replaced only if nobody answers on it. */
int milter_bind(struct milter_listener *l, const struct conf *c, struct err *e);
/* Closes, and unlinks a unix socket (only the process that bound it, at the end). */
void milter_unbind(struct milter_listener *l, bool unlink_path);

/* The configured engine can serve from one process only: libmilter opens its socket itself, in
 * milter_start, and milter_bind leaves it alone. */
bool milter_single_worker(const struct conf *c);

struct milter_stats {
	uint64_t connections, messages, actions[ACT_DISCARD + 1];
	uint64_t aborted, protocol_errors, timeouts;
	uint64_t refused;    /* connections over the limit, or without a descriptor for them */
	uint64_t overloaded; /* messages put off because the queue was full */
	uint64_t undone;     /* edits without the right to them, or not fit to be sent */
	size_t sessions, scanning;
};

struct milter;

/* Serves the listeners on env->loop until milter_drain. The engine is option milter.engine. */
struct milter *milter_start(const struct scan_env *env, const struct conf *c,
			    struct milter_listener *l, size_t n, struct err *e);

/*
 * Stops accepting; sessions that are open go on until the MTA ends them (one that is closed between
 * its commands would cost its client a temporary failure); done(arg) when none is left or after
 * grace_ms, when what is still there gets a temporary failure. Called again with a shorter grace:
 * that counts from then.
 */
void milter_drain(struct milter *m, uint64_t grace_ms, void (*done)(void *arg), void *arg);
void milter_free(struct milter *m);
const struct milter_stats *milter_stats(const struct milter *m);

#endif
