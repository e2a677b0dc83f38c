/* A server we send to: dialled when somebody waits, and again and again while it is away. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "io/loop.h"
#include "store/redis/redis.h"

static void on_up(void *arg);
static void on_down(void *arg, const char *why, bool was_up);

struct node *node_new(struct redis *r)
{
	static const struct conn_events events = { on_up, on_down };
	struct node *n = calloc(1, sizeof *n);

	if (!n)
		bug("no memory for a node");
	n->r = r;
	n->down_ms = clock_mono_ms();
	n->conn = conn_new(r->loop, &r->config, &r->scripts, &events, n);
	TAILQ_INIT(&n->waiting);
	snprintf(n->why, sizeof n->why, "not connected");
	return n;
}

void node_free(struct node *n)
{
	if (!n)
		return;
	loop_cancel(n->dial_timer);
	loop_cancel(n->fail_timer);
	conn_free(n->conn);
	free(n);
}

bool node_up(const struct node *n)
{
	return conn_is_up(n->conn);
}

bool node_idle(const struct node *n)
{
	return TAILQ_EMPTY(&n->waiting) && conn_is_idle(n->conn);
}

/* ---- waiting ---- */

static void on_fail(void *arg)
{
	struct node *n = arg;
	struct pieces all;

	n->fail_timer = NULL;
	TAILQ_INIT(&all);
	for (struct piece *p; (p = TAILQ_FIRST(&n->waiting));) {
		piece_unwait(p);
		piece_wait(p, &all);
	}
	for (struct piece *p; (p = TAILQ_FIRST(&all));) {
		piece_unwait(p);
		piece_fault(p, n->why);
	}
}

static void fail_soon(struct node *n)
{
	if (!n->fail_timer)
		n->fail_timer = loop_after(n->r->loop, 0, on_fail, n);
}

static void send_waiting(struct node *n)
{
	for (struct piece *p; node_up(n) && (p = TAILQ_FIRST(&n->waiting));) {
		piece_unwait(p);
		piece_send(p);
	}
}

void node_take(struct node *n, struct piece *p)
{
	p->node = n;
	if (node_up(n)) {
		piece_send(p);
		return;
	}
	piece_wait(p, &n->waiting);
	node_want(n);
}

/* ---- dialling ---- */

static void dial(void *arg)
{
	struct node *n = arg;
	struct redis *r = n->r;

	n->dial_timer = NULL;
	if (conn_is_open(n->conn) || n->asking_way)
		return;
	n->tried_ms = clock_mono_ms();
	if (r->sentinel) {
		n->asking_way = true;
		sentinel_ask(r->sentinel);
		return;
	}
	if (!r->cluster)
		n->addr = r->addr[r->addr_at++ % r->naddr];
	conn_open(n->conn, &n->addr);
}

static void dial_in(struct node *n, uint64_t ms)
{
	loop_cancel(n->dial_timer);
	n->dial_timer = loop_after(n->r->loop, ms, dial, n);
}

void node_dial_at(struct node *n, const struct redis_addr *a)
{
	n->asking_way = false;
	n->addr = *a;
	if (!conn_is_open(n->conn))
		conn_open(n->conn, &n->addr);
}

/* Within half a second of a call, or of the one that failed, it is tried again; only where nobody
 * has asked for long, seldom. */
static uint64_t backoff(struct node *n)
{
	uint64_t now = clock_mono_ms(), ms = NODE_BACKOFF_MAX_MS;
	bool busy = now - n->r->called_ms < NODE_BUSY_MS || now - n->down_ms < NODE_BUSY_MS;

	if (n->fails < 10)
		ms = (uint64_t)NODE_BACKOFF_MS << n->fails;
	if (ms > (busy ? NODE_BACKOFF_BUSY_MS : NODE_BACKOFF_MAX_MS))
		ms = busy ? NODE_BACKOFF_BUSY_MS : NODE_BACKOFF_MAX_MS;
	n->fails++;
	return redis_jitter(n->r, ms);
}

void node_want(struct node *n)
{
	uint64_t now = clock_mono_ms();

	if (conn_is_open(n->conn) || n->asking_way)
		return;
	if (n->tried_ms == 0 || now - n->tried_ms >= NODE_BACKOFF_BUSY_MS)
		dial_in(n, 0);
	else if (n->fails)
		fail_soon(n);
	else if (!n->dial_timer)
		dial_in(n, 0);
}

/* ---- what becomes of it ---- */

static void on_up(void *arg)
{
	struct node *n = arg;

	if (n->up_ms)
		store_counters(n->r->store)->reconnects++;
	n->up_ms = clock_mono_ms();
	n->fails = 0;
	redis_node_changed(n->r, n, true);
	send_waiting(n);
}

void node_refused(struct node *n, const char *why)
{
	n->asking_way = false;
	snprintf(n->why, sizeof n->why, "%s", why);
	if (n->wanted || !TAILQ_EMPTY(&n->waiting))
		dial_in(n, backoff(n));
	fail_soon(n);
	redis_node_changed(n->r, n, false);
}

/* One that was up for a while is dialled at once, and what waits may wait for that. */
static void on_down(void *arg, const char *why, bool was_up)
{
	struct node *n = arg;
	uint64_t now = clock_mono_ms();
	bool short_lived = now - n->up_ms < NODE_BACKOFF_BUSY_MS;

	if (was_up)
		n->down_ms = now;
	if (n->r->sentinel && !was_up)
		sentinel_doubt(n->r->sentinel);
	if (!was_up || short_lived) {
		node_refused(n, why);
		return;
	}
	snprintf(n->why, sizeof n->why, "%s", why);
	n->tried_ms = now - NODE_BACKOFF_BUSY_MS;
	if (n->wanted)
		dial_in(n, 0);
	redis_node_changed(n->r, n, false);
}

void node_leave(struct node *n, const char *why)
{
	conn_close(n->conn, why);
}
