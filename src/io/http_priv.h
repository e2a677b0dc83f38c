/* What the files of the HTTP client share about it, and nobody else sees. */
#ifndef IO_HTTP_PRIV_H
#define IO_HTTP_PRIV_H

#include <curl/curl.h>
#include <sys/queue.h>

#include "io/hosts.h"
#include "io/http.h"
#include "io/resolver.h"

#define HTTP_MAX_ADDRESSES 8u	  /* of one name that are tried, of each family */
#define HTTP_SECOND_FAMILY_MS 50u /* RFC 8305 section 3: so long the other family is waited for */

struct http {
	struct loop *loop;
	struct resolver *resolver;
	struct arena *arena;
	struct hosts *hosts;
	struct multi *multi; /* NULL before the first request */
	LIST_HEAD(, http_call) calls;
	size_t ncalls;
};

struct http_call {
	LIST_ENTRY(http_call) link;
	struct http *http;
	struct arena *arena;
	struct http_request request; /* copied */
	http_fn *fn;
	void *arg;
	uint64_t began;
	struct loop_timer *limit; /* of the whole */
	struct loop_timer *soon;  /* told from the loop; or the second family is late */

	/* where to */
	CURLU *url;
	struct str host; /* NUL-terminated, no brackets, no dot at the end */
	uint16_t port;
	bool numeric; /* host is an address */
	struct http_query {
		struct http_call *call;
		struct resolver_query *query;
		bool done;
	} query[2]; /* A, AAAA */
	struct ip ip[2 * HTTP_MAX_ADDRESSES];
	size_t nips;

	/* the transfer */
	CURL *easy;
	struct curl_slist *header, *resolve;
	char error[CURL_ERROR_SIZE];
	bool forbidden, full, too_large;
	size_t header_octets;
	bool in_body;
	char *body;
	size_t nbody, body_cap;

	struct http_reply reply;
};

/* http_url.c: reads the URL of the call. False and why. */
bool http_target(struct http_call *c, char *why, size_t cap);

/* http_names.c: finds the addresses of the host, then http_go or http_end. */
void http_resolve(struct http_call *c);
void http_resolve_cancel(struct http_call *c);

/* http_curl.c */
bool http_multi(struct http *h);
void http_go(struct http_call *c); /* the addresses are there */
void http_detach(struct http_call *c);
bool http_sent(const struct http_call *c); /* some of the request left; before it is detached */

/* http.c: the outcome is told from the loop, soon. */
void http_end(struct http_call *c, enum http_outcome o, const char *why);

#endif
