/* The sentinels: which of them is asked, what it says, and what follows when the master moves. */
#include <stdio.h>
#include <stdlib.h>

#include "io/loop.h"
#include "store/redis/redis.h"

struct sentinel {
	struct redis *r;
	struct conn *conn;
	size_t at;	/* the address that is spoken to */
	size_t in_vain; /* sentinels since the last that answered */
	bool wanted;	/* the node waits for an answer */
	struct loop_timer *timer;
};

static void on_up(void *arg);
static void on_down(void *arg, const char *why, bool was_up);
static void poll(void *arg);

struct sentinel *sentinel_new(struct redis *r)
{
	static const struct conn_events events = { on_up, on_down };
	struct sentinel *s = calloc(1, sizeof *s);

	if (!s)
		bug("no memory for a sentinel");
	s->r = r;
	s->conn = conn_new(r->loop, &r->sentinel_config, &r->scripts, &events, s);
	return s;
}

void sentinel_free(struct sentinel *s)
{
	if (!s)
		return;
	loop_cancel(s->timer);
	conn_free(s->conn);
	free(s);
}

static void poll_in(struct sentinel *s, uint64_t ms)
{
	loop_cancel(s->timer);
	s->timer = loop_after(s->r->loop, ms, poll, s);
}

/* This one did not know: the next, and when none does, the node is told why. */
static void next(struct sentinel *s, const char *why)
{
	struct node *n = s->r->node;

	conn_close(s->conn, why);
	s->at = (s->at + 1) % s->r->naddr;
	if (++s->in_vain < s->r->naddr) {
		poll_in(s, 0);
		return;
	}
	s->in_vain = 0;
	poll_in(s, SENTINEL_POLL_MS);
	if (s->wanted) {
		s->wanted = false;
		node_refused(n, why);
	}
}

static bool master_of(const redisReply *r, struct redis_addr *a)
{
	struct str host;
	uint64_t port;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2)
		return false;
	host = reply_str(r->element[0]);
	if (!str_u64(reply_str(r->element[1]), 65535, &port))
		return false;
	return redis_addr_numeric(host, port, a);
}

static void on_master(void *arg, const redisReply *r)
{
	struct sentinel *s = arg;
	struct node *n = s->r->node;
	struct redis_addr a;

	if (!r)
		return; /* it went down, and on_down has seen to it */
	if (!master_of(r, &a)) {
		next(s,
		     r->type == REDIS_REPLY_ERROR ? r->str : "the sentinels know no such master");
		return;
	}
	s->in_vain = 0;
	poll_in(s, SENTINEL_POLL_MS);
	if (s->wanted) {
		s->wanted = false;
		node_dial_at(n, &a);
	} else if (conn_is_open(n->conn) && !redis_addr_eq(&a, &n->addr)) {
		node_leave(n, "the master has moved");
	}
}

static void ask(struct sentinel *s)
{
	struct str word[] = { STR("SENTINEL"), STR("get-master-addr-by-name"), s->r->master };

	if (!conn_is_open(s->conn))
		conn_open(s->conn, &s->r->addr[s->at]);
	else if (conn_is_up(s->conn))
		conn_query(s->conn, word, 3, on_master, s);
}

static void poll(void *arg)
{
	struct sentinel *s = arg;

	s->timer = NULL;
	ask(s);
}

static void on_up(void *arg)
{
	ask(arg);
}

static void on_down(void *arg, const char *why, bool was_up)
{
	struct sentinel *s = arg;
	char text[160];

	snprintf(text, sizeof text, "no sentinel answers: %s", why);
	if (was_up)
		poll_in(s, 0);
	else
		next(s, text);
}

void sentinel_ask(struct sentinel *s)
{
	s->wanted = true;
	poll_in(s, 0);
}

void sentinel_doubt(struct sentinel *s)
{
	if (s->r->naddr < 2)
		return;
	s->at = (s->at + 1) % s->r->naddr;
	conn_close(s->conn, "another sentinel may know better");
}
