/*
 * HTTP and HTTPS requests of one process over libcurl's multi interface on the loop. Every request
 * ends: at its deadline, at its limits, or when it is cancelled. Names are asked of our own
 * resolver (or stand in the hosts file), so that nothing blocks and a guard sees each address
 * before it is connected to. No cookies, no proxies of the environment, no redirects followed, no
 * other protocol.
 */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "io/loop.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

#define HTTP_MAX_HEADER 16384u /* octets of all header fields of a reply */

struct http;
struct http_call;
struct resolver;

/* What a client needs for TLS; in memory, since workers may not be able to open files. Immutable,
 * longer than every request. */
struct http_tls {
	struct str ca;	      /* PEM; absent: the system's */
	struct str cert, key; /* PEM of a client; absent: none */
};

struct http_request {
	const char *method; /* "GET", "HEAD", "POST" */
	struct str url;
	const struct str *header; /* "Name: value", printable */
	size_t nheaders;
	struct str body;
	struct str unix_path;	    /* connect there instead; absent: by the URL */
	const struct http_tls *tls; /* NULL: the system's roots */
	uint64_t timeout_ms;	    /* of the whole, 1.. */
	uint64_t connect_ms;	    /* 0: as the whole */
	size_t max_octets;     /* of the body; more is HTTP_TOO_LARGE, unless cut; as are header
				  fields of over HTTP_MAX_HEADER */
	bool cut;	       /* what is beyond max_octets is left unread */
	bool decode;	       /* gzip and deflate are asked for, and undone; max_octets is of the
				  result */
	struct str label;      /* what max_inflight counts; absent: nothing */
	unsigned max_inflight; /* of this label in this process; 0: any */
	/* Whether this address may be connected to; asked for each, at the moment of connecting.
	 * NULL: any. Such a request has a connection of its own. */
	bool (*may_connect)(void *arg, const struct ip *ip);
	void *arg;
};

enum http_outcome {
	HTTP_OK, /* a reply, whatever its status */
	HTTP_TIMEOUT,
	HTTP_UNREACHABLE, /* no address, refused, reset */
	HTTP_TLS,	  /* handshake or certificate */
	HTTP_GARBAGE,	  /* no HTTP */
	HTTP_TOO_LARGE,
	HTTP_BUSY,	/* max_inflight */
	HTTP_FORBIDDEN, /* may_connect said no; a URL of another protocol */
	HTTP_OFF,	/* not asked: scan/ask.h */
};
const char *http_word(enum http_outcome o); /* "timeout", ... */

struct http_reply {
	enum http_outcome outcome;
	unsigned status; /* 0: none */
	struct str body;
	struct str location, etag, last_modified, content_type,
		retry_after; /* "" if there is none */
	uint64_t ms;	     /* it took */
	struct str why;	     /* for people, printable; "" */
	bool sent;	     /* some of the request left this host, or nobody knows */
};

/* Octets of the reply are valid during the call. Runs once, from the loop, never from inside
 * http_send, unless the call was cancelled. */
typedef void http_fn(void *arg, const struct http_reply *reply);

/* resolver: outlives it. One a process, made after fork. */
struct http *http_new(struct loop *l, struct resolver *r);
void http_free(struct http *h); /* cancels what is under way; NULL is fine */

/* Never NULL: what cannot be sent is answered from the loop. The request is copied. */
struct http_call *http_send(struct http *h, const struct http_request *r, http_fn *fn, void *arg);
void http_cancel(struct http_call *c); /* NULL is fine */

/* A copy that lives as long as the arena. */
struct http_reply http_reply_keep(struct arena *a, const struct http_reply *r);

/* The same for tools, turning the loop; octets in the arena. */
struct http_reply http_wait(struct http *h, struct arena *a, const struct http_request *r);

/* Whether a URL is one that http_send would take: http or https, a host, no user, printable. */
bool http_url_ok(struct str url, char *why, size_t cap);

#pragma GCC visibility pop

#endif
