/*
 * The libmilter engine's two halves: callbacks in libmilter's threads (lib_calls.c), scans on the
 * loop (lib_engine.c). Between them: a locked queue of events, and one answer a message.
 */
#ifndef MILTER_LIB_H
#define MILTER_LIB_H

#include <pthread.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

#include "milter/engine.h"
#include "milter/session.h"

#define LIB_STOP_MS 10000u /* libmilter looks every 5 s whether it was told to stop */
#define LIB_TICK 100u	   /* ms between looks at a drain */

struct lib;

/* Owned by the loop's thread but for what is marked: that is under lib->lock. */
struct lib_session {
	LIST_ENTRY(lib_session) link;
	TAILQ_ENTRY(lib_session) qlink;
	struct lib *lib;
	struct session *s;
	bool queued, scanning;
	pthread_cond_t answer;	       /* locked */
	bool answered;		       /* locked: the event waited for is done */
	const struct verdict *verdict; /* locked: NULL: stopping, no verdict will come */
	uint32_t actions, steps;       /* of the callbacks' side: negotiated */
};

enum lib_kind {
	LIB_OPEN,
	LIB_CONNECT,
	LIB_HELO,
	LIB_MAIL,
	LIB_RCPT,
	LIB_HEADER,
	LIB_EOH,
	LIB_BODY,
	LIB_EOM,
	LIB_END,
	LIB_ABORT,
	LIB_CLOSE,
};

/* An event with its octets behind it. */
struct lib_event {
	STAILQ_ENTRY(lib_event) link;
	struct lib_session *ls;
	enum lib_kind kind;
	bool wait; /* the callback waits until it has been handled */
	bool leadspc;
	char cmd; /* whose macros these are */
	struct ip ip;
	struct str a, b, id, auth, tls, mta;
	size_t undone; /* LIB_END: edits that were not done */
};

struct lib {
	struct milter m;
	struct scan_env env;
	struct milter_config cfg;
	struct milter_listener listener;
	size_t nqueued;
	LIST_HEAD(, lib_session) sessions;
	TAILQ_HEAD(, lib_session) queue;
	struct event wake;
	struct loop_timer *tick;
	uint64_t drain_at;
	void (*drained)(void *);
	void *drained_arg;
	pthread_t thread;
	int fd; /* eventfd: the queue was empty and is not any more */

	pthread_mutex_t lock;
	STAILQ_HEAD(, lib_event) events; /* locked */
	bool stopping;			 /* locked: nobody waits any more */
	bool ended;			 /* locked: smfi_main has returned */
	uint32_t actions, steps;	 /* locked: negotiated last, for a session after QUIT_NC */
};

/* Registers the callbacks; they serve lib from now on. -1: libmilter refuses. */
int lib_register(struct lib *lib);

/* Hands an event to the loop, copied. Waits for it if asked to. */
void lib_post(struct lib *lib, const struct lib_event *ev);
/* Waits for the verdict of a posted LIB_EOM, at most ms: 1 and *v (NULL: none will come); 0: not
 * yet. */
int lib_wait(struct lib_session *ls, uint64_t ms, const struct verdict **v);

#endif
