/* The wire engine's two halves: listeners and limits (wire.c), one connection (conn.c). */
#ifndef MILTER_WIRE_H
#define MILTER_WIRE_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

#include "milter/engine.h"
#include "milter/negotiate.h"
#include "milter/packet.h"
#include "milter/session.h"

#define WIRE_READ (256u * 1024u) /* octets taken by one read: the worker's only input buffer */
#define WIRE_HELD                                                                                  \
	(64u * 1024u) /* octets kept of a client that goes on while its verdict is waited for */
#define WIRE_OUT_KEPT (256u * 1024u) /* the output buffer is given back above that */
#define WIRE_ACCEPT_PAUSE 100u	     /* ms without accepting when there are no more descriptors */
#define WIRE_LINGER 500u /* ms that a draining worker waits for a new client to say who it is */

struct wire;

struct wire_listener {
	struct wire *w;
	struct event ev;
	int fd;
	bool tcp;
	struct str profile, name;
};

struct conn {
	LIST_ENTRY(conn) link;
	TAILQ_ENTRY(conn) qlink;
	struct wire *w;
	struct session *s;
	struct packet_reader in;
	struct negotiated neg;
	struct event rev, wev;
	int fd;
	bool reading, writing; /* the events are on */
	bool connected;	       /* SMFIC_CONNECT has come */
	bool piece;	       /* in the middle of a body packet */
	bool piece_go;	       /* which the session wants */
	bool waiting;	       /* for a verdict, or for a turn */
	bool queued, scanning; /* which of the two */
	bool busy;	       /* inside wire_conn_run or a call that may judge at once */
	bool finishing;	       /* QUIT: gone as soon as all replies are sent */
	bool closing;	       /* gone at the end of this event */
	char *held;	       /* octets that came while waiting */
	size_t nheld;
	char *out; /* what the socket did not take */
	size_t nout;
	uint64_t deadline, progress_at, idle_since; /* clock_mono_ms; 0: none */
	uint64_t messages;
};

struct wire {
	struct milter m;
	struct scan_env env;
	struct milter_config cfg;
	struct event_base *base;
	struct wire_listener *listeners;
	size_t nlisteners, nqueued;
	LIST_HEAD(, conn) conns;
	TAILQ_HEAD(, conn) queue; /* messages waiting for a turn, first come first served */
	char *in;		  /* WIRE_READ octets */
	struct packet_out out;	  /* replies of the burst being handled: empty between events */
	struct arena *scratch;
	struct loop_timer *tick, *resume;
	uint64_t tick_ms;
	int reserve; /* a descriptor to give up when there are no more */
	bool draining, freeing;
	uint64_t drain_at;
	void (*drained)(void *);
	void *drained_arg;
};

/* Takes over fd. */
void wire_conn_new(struct wire *w, const struct wire_listener *l, int fd);
void wire_conn_free(struct conn *c);
/* Time-outs, progress and draining of one connection. May free it. */
void wire_conn_tick(struct conn *c, uint64_t now);
/* Gives queued messages their turn while there is room. From event handlers, last. */
void wire_conn_pump(struct wire *w);
/* The clock that looks after connections runs while there are any. */
void wire_tick_on(struct wire *w);

#endif
