/*
 * One exchange over a byte stream, unix or TCP: connect, write all, read until the reply is whole,
 * close. With a time limit and a size limit.
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "io/loop.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

struct stream_call;

/* "unix:/path", "inet:port@address" or "inet6:port@address" (as listeners are written), address a
 * number. Parsed once, by setup functions. */
struct stream_address {
	struct str path; /* NUL-terminated; absent: ip and port */
	struct ip ip;
	uint16_t port;
};
bool stream_address_parse(struct arena *a, struct str text, struct stream_address *out, char *why,
			  size_t cap);
/* Whether it is one: a conf_check_fn. */
bool stream_address_ok(struct str text, char *why, size_t cap);

struct stream_request {
	struct stream_address to;
	const struct str *piece; /* what is written, in order; the octets must outlive the call */
	size_t npieces;
	size_t max_octets;   /* of the reply */
	uint64_t timeout_ms; /* of the whole */
	/* Whether what has come so far is the whole reply: 1 yes, 0 more is to come, -1 garbage.
	 * NULL: whole when the peer closes. Gets more each time, from the beginning. */
	int (*whole)(struct str so_far);
};

enum stream_outcome {
	STREAM_OK,
	STREAM_TIMEOUT,
	STREAM_UNREACHABLE, /* nobody listens, reset; closed before the reply was whole */
	STREAM_GARBAGE,
	STREAM_TOO_LARGE,
	STREAM_OFF, /* not asked: scan/ask.h */
};
const char *stream_word(enum stream_outcome o);

struct stream_reply {
	enum stream_outcome outcome;
	struct str octets;
	uint64_t ms;
};

typedef void stream_fn(void *arg, const struct stream_reply *reply);

/* Never NULL: what cannot be had is answered from the loop. fn runs once, from the loop, never from
 * inside, unless cancelled. A peer that answers before all is written (clamd's size limit) is
 * heard. */
struct stream_call *stream_send(struct loop *l, const struct stream_request *r, stream_fn *fn,
				void *arg);
void stream_cancel(struct stream_call *c); /* NULL is fine */

/* The same for tools, turning the loop. */
struct stream_reply stream_wait(struct loop *l, struct arena *a, const struct stream_request *r);

#pragma GCC visibility pop

#endif
