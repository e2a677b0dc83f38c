/* One DNS server, asked through a libunbound context of its own on the loop. */
#ifndef IO_UPSTREAM_H
#define IO_UPSTREAM_H

#include "base/err.h"
#include "base/str.h"
#include "io/loop.h"
#include "io/servers.h"

struct upstream;

/* timeout_ms: after how long nobody waits for an answer any more. */
struct upstream *upstream_new(struct loop *l, const struct server *s, uint64_t timeout_ms,
			      struct err *e);
void upstream_free(struct upstream *u); /* NULL is fine; calls nobody back */

/*
 * pkt: the answer's octets, valid during the call; absent: there is none (time-out, SERVFAIL,
 * REFUSED, nonsense). May be called from inside upstream_ask; must not call into this file.
 */
struct upstream_reply {
	struct str pkt;
	bool secure, bogus;
};
typedef void upstream_fn(void *arg, const struct upstream_reply *reply);

/* One question under way; the caller's memory, which stays where it is until fn or the cancel. */
struct upstream_query {
	struct upstream *up;
	upstream_fn *fn;
	void *arg;
	int id;
	bool live;
};

/* wire: the name in wire form. q->live afterwards: fn has still to come. */
void upstream_ask(struct upstream *u, struct str wire, int type, upstream_fn *fn, void *arg,
		  struct upstream_query *q);

/* fn will not be called. What libunbound has begun ends by itself, unheard. */
void upstream_cancel(struct upstream_query *q);

#endif
