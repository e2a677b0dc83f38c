/*
 * One connection to one Redis: connect, introduce ourselves, send commands, and notice when nobody
 * answers. Never waits; RESP2 only.
 */
#ifndef STORE_REDIS_CONN_H
#define STORE_REDIS_CONN_H

#include "store/redis/addr.h"
#include "store/redis/reader.h"
#include "store/redis/script.h"

struct loop;
struct conn;

#define CONN_OPEN_MS 1000u	/* to connect and be let in */
#define CONN_STALL_MS 1000u	/* no octet while a command waits: the connection is dead */
#define CONN_SLOW_MS 30000u	/* the same while a command of a tool waits */
#define CONN_TIME_MS 10000u	/* Redis's clock is asked for so often */
#define CONN_OUT_MAX (8u << 20) /* octets not yet sent */

/* How we introduce ourselves. Lives as long as the connections that use it. */
struct conn_config {
	struct str user, password;
	unsigned database;
	bool scripts; /* load them */
	bool master;  /* refuse a replica */
	void *tls;    /* redisSSLContext, or NULL */
};

struct conn_events {
	void (*up)(void *arg);
	/* It was refused, broke, or was closed by us for why. Commands that wait come back with
	 * NULL, before or after this. Nothing may be opened from inside. */
	void (*down)(void *arg, const char *why, bool was_up);
};

/* A command under way, in the caller's memory until fn has run: once, from the loop, with NULL if
 * no answer will come. The reply lives until fn returns. */
struct conn_cmd {
	void (*fn)(struct conn_cmd *cmd, const redisReply *r);
	struct conn *conn;
	bool slow;
	bool alone; /* the next command must follow it (ASKING) */
};

struct conn *conn_new(struct loop *l, const struct conn_config *cfg, struct scripts *scripts,
		      const struct conn_events *ev, void *arg);
/* No event comes any more; commands that wait come back with NULL all the same. NULL is fine. */
void conn_free(struct conn *c);

/* Events come later, from the loop, never from inside. Only when it is closed. */
void conn_open(struct conn *c, const struct redis_addr *a);
/* Ends it as if it had broken. */
void conn_close(struct conn *c, const char *why);

bool conn_is_open(const struct conn *c); /* opening or up */
bool conn_is_up(const struct conn *c);
bool conn_is_idle(const struct conn *c); /* no command waits for its answer */

/* False: it could not be sent (not up, too much is waiting), and fn will not run. */
bool conn_send(struct conn *c, struct conn_cmd *cmd, int argc, const char **argv,
	       const size_t *argvlen);

/* Redis's clock, in ms since 1970, to within a round trip. */
int64_t conn_now_ms(const struct conn *c);

/* A question of our own, one at a time: false if one is under way, or it is not up. fn runs unless
 * the connection is freed; r is NULL if no answer will come. */
typedef void conn_query_fn(void *arg, const redisReply *r);
bool conn_query(struct conn *c, const struct str *word, int n, conn_query_fn *fn, void *arg);

#endif
