/* Where a Redis is: a unix socket, or an address and a port. */
#ifndef STORE_REDIS_ADDR_H
#define STORE_REDIS_ADDR_H

#include "base/arena.h"
#include "base/err.h"

#define REDIS_PORT 6379u
#define REDIS_SENTINEL_PORT 26379u
#define REDIS_ADDRS_MAX 32u /* of all servers that the configuration names */

struct redis_addr {
	char host[108]; /* a path (starts with '/'), or a numeric address; NUL-terminated */
	unsigned port;	/* 0: a unix socket */
};

/*
 * "unix:/path", "/path", "host", "host:port", "[v6]:port". A name is looked up here and now, since
 * a look-up would stop the loop later: all its addresses are appended to out[cap], *n counts them.
 * -1 and *e: no address, or an unknown name.
 */
int redis_addr_parse(struct str text, unsigned port, struct redis_addr *out, size_t cap, size_t *n,
		     struct err *e);

/* A numeric address and a port as Redis itself tells them; false if it is none. */
bool redis_addr_numeric(struct str host, uint64_t port, struct redis_addr *out);

bool redis_addr_eq(const struct redis_addr *a, const struct redis_addr *b);

/* For logs: "unix:/path", "127.0.0.1:6379", "[::1]:6379". */
struct str redis_addr_text(struct arena *a, const struct redis_addr *r);

#endif
