/* The nodes of a cluster and the map of its slots. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "io/loop.h"
#include "store/redis/redis.h"

struct cluster {
	struct redis *r;
	struct node *node[REDIS_NODES_MAX]; /* masters we heard of, seeds too; NULL: free */
	uint8_t slot[REDIS_SLOTS];	    /* 1 + index into node; 0: nobody's */
	bool mapped;
	bool wanted, asking; /* a new map is; it is under way */
	uint64_t asked_ms;
	size_t seed; /* which is dialled next */
	struct node *asked;
	struct loop_timer *timer;
	struct pieces unmapped;
};

struct cluster *cluster_new(struct redis *r)
{
	struct cluster *c = calloc(1, sizeof *c);

	if (!c)
		bug("no memory for a cluster");
	c->r = r;
	c->wanted = true;
	TAILQ_INIT(&c->unmapped);
	return c;
}

void cluster_free(struct cluster *c)
{
	if (!c)
		return;
	loop_cancel(c->timer);
	for (size_t i = 0; i < REDIS_NODES_MAX; i++)
		node_free(c->node[i]);
	free(c);
}

/* CRC-16/XMODEM of the key, or of what is between its first "{" and the next "}" if that is
 * something (cluster specification, "Hash tags"). */
unsigned cluster_slot(struct str key)
{
	size_t open = str_chr(key, '{'), close;
	unsigned crc = 0;

	if (open != SIZE_MAX) {
		close = str_chr(str_skip(key, open + 1), '}');
		if (close != SIZE_MAX && close > 0)
			key = str_sub(key, open + 1, close);
	}
	for (size_t i = 0; i < key.n; i++) {
		crc ^= (unsigned)(unsigned char)key.p[i] << 8;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
	}
	return (crc & 0xffff) % REDIS_SLOTS;
}

/* ---- nodes ---- */

static size_t node_index(const struct cluster *c, const struct redis_addr *a)
{
	size_t unused = REDIS_NODES_MAX;

	for (size_t i = 0; i < REDIS_NODES_MAX; i++) {
		if (c->node[i] && redis_addr_eq(&c->node[i]->addr, a))
			return i;
		if (!c->node[i] && unused == REDIS_NODES_MAX)
			unused = i;
	}
	return unused;
}

static size_t node_at(struct cluster *c, const struct redis_addr *a)
{
	size_t i = node_index(c, a);

	if (i < REDIS_NODES_MAX && !c->node[i]) {
		c->node[i] = node_new(c->r);
		c->node[i]->addr = *a;
	}
	return i;
}

struct node *cluster_node(struct cluster *c, const struct redis_addr *a)
{
	size_t i = node_at(c, a);

	return i < REDIS_NODES_MAX ? c->node[i] : NULL;
}

bool cluster_any_up(const struct cluster *c)
{
	for (size_t i = 0; i < REDIS_NODES_MAX; i++)
		if (c->node[i] && c->node[i]->wanted && node_up(c->node[i]))
			return true;
	return false;
}

struct node *cluster_master_after(struct cluster *c, struct arena *a, struct str text)
{
	struct node *best = NULL;
	char past[192] = "";

	if (text.n < sizeof past)
		memcpy(past, text.p ? text.p : "", text.n);
	for (size_t i = 0; i < REDIS_NODES_MAX; i++) {
		struct node *n = c->node[i];

		if (!n || !n->wanted)
			continue;
		if (strcmp(arena_cstr(a, redis_addr_text(a, &n->addr)), past) <= 0)
			continue;
		if (!best || strcmp(arena_cstr(a, redis_addr_text(a, &n->addr)),
				    arena_cstr(a, redis_addr_text(a, &best->addr))) < 0)
			best = n;
	}
	return best;
}

/* ---- the map ---- */

static void ask(struct cluster *c);

/* "start, end, [host, port, ...], replicas...": false if it is not of this form. */
static bool map_range(struct cluster *c, const redisReply *r, uint8_t *slot)
{
	const redisReply *where;
	struct redis_addr a;
	struct str host;
	size_t i;

	if (r->type != REDIS_REPLY_ARRAY || r->elements < 3 ||
	    r->element[0]->type != REDIS_REPLY_INTEGER ||
	    r->element[1]->type != REDIS_REPLY_INTEGER)
		return false;
	where = r->element[2];
	if (where->type != REDIS_REPLY_ARRAY || where->elements < 2 ||
	    where->element[1]->type != REDIS_REPLY_INTEGER || r->element[0]->integer < 0 ||
	    r->element[1]->integer >= REDIS_SLOTS)
		return false;
	host = reply_str(where->element[0]);
	if (!redis_addr_numeric(host.n ? host : str_c(c->asked->addr.host),
				(uint64_t)where->element[1]->integer, &a))
		return false;
	i = node_at(c, &a);
	if (i >= REDIS_NODES_MAX)
		return false;
	for (long long s = r->element[0]->integer; s <= r->element[1]->integer; s++)
		slot[s] = (uint8_t)(i + 1);
	return true;
}

/* Nodes that own nothing any more are forgotten, unless somebody still waits for them. */
static void settle(struct cluster *c)
{
	bool owns[REDIS_NODES_MAX] = { false };

	for (size_t s = 0; s < REDIS_SLOTS; s++)
		if (c->slot[s])
			owns[c->slot[s] - 1] = true;
	for (size_t i = 0; i < REDIS_NODES_MAX; i++) {
		struct node *n = c->node[i];

		if (!n)
			continue;
		n->wanted = owns[i];
		if (n->wanted && !node_up(n)) {
			node_want(n);
		} else if (!n->wanted && node_idle(n)) {
			node_free(n);
			c->node[i] = NULL;
		}
	}
}

static void route_unmapped(struct cluster *c)
{
	struct pieces all;

	TAILQ_INIT(&all);
	for (struct piece *p; (p = TAILQ_FIRST(&c->unmapped));) {
		piece_unwait(p);
		piece_wait(p, &all);
	}
	for (struct piece *p; (p = TAILQ_FIRST(&all));) {
		piece_unwait(p);
		piece_route(p);
	}
}

static void fail_unmapped(struct cluster *c, const char *why)
{
	for (struct piece *p; (p = TAILQ_FIRST(&c->unmapped));) {
		piece_unwait(p);
		piece_fault(p, why);
	}
}

static void on_timer(void *arg)
{
	struct cluster *c = arg;

	c->timer = NULL;
	ask(c);
}

static void ask_in(struct cluster *c, uint64_t ms)
{
	if (!c->timer)
		c->timer = loop_after(c->r->loop, ms, on_timer, c);
}

static void on_map(void *arg, const redisReply *r)
{
	struct cluster *c = arg;
	uint8_t slot[REDIS_SLOTS] = { 0 };
	bool good = r && r->type == REDIS_REPLY_ARRAY && r->elements > 0;

	c->asking = false;
	for (size_t i = 0; good && i < r->elements; i++)
		good = map_range(c, r->element[i], slot);
	if (!good) {
		ask_in(c, CLUSTER_REFRESH_MS);
		fail_unmapped(c, "no map of the cluster's slots");
		return;
	}
	memcpy(c->slot, slot, sizeof slot);
	c->mapped = true;
	c->wanted = false;
	settle(c);
	redis_node_changed(c->r, c->asked, true);
	route_unmapped(c);
}

/* A seed that is neither open nor about to be is dialled, one after the other. */
static void dial_seed(struct cluster *c)
{
	struct node *n = cluster_node(c, &c->r->addr[c->seed++ % c->r->naddr]);

	if (n)
		node_want(n);
}

static struct node *any_up(const struct cluster *c)
{
	for (size_t i = 0; i < REDIS_NODES_MAX; i++) {
		size_t at = (i + c->seed) % REDIS_NODES_MAX;

		if (c->node[at] && node_up(c->node[at]))
			return c->node[at];
	}
	return NULL;
}

static void ask(struct cluster *c)
{
	struct str word[] = { STR("CLUSTER"), STR("SLOTS") };
	struct node *n = any_up(c);

	if (c->asking || !c->wanted)
		return;
	c->asked_ms = clock_mono_ms();
	c->seed++;
	if (n && conn_query(n->conn, word, 2, on_map, c)) {
		c->asked = n;
		c->asking = true;
		return;
	}
	dial_seed(c);
	ask_in(c, CLUSTER_REFRESH_MS / 2);
}

void cluster_refresh(struct cluster *c)
{
	uint64_t past = clock_mono_ms() - c->asked_ms;

	c->wanted = true;
	ask_in(c, past < CLUSTER_REFRESH_MS ? CLUSTER_REFRESH_MS - past : 0);
}

void cluster_moved(struct cluster *c, unsigned slot, struct node *n)
{
	for (size_t i = 0; i < REDIS_NODES_MAX; i++)
		if (c->node[i] == n)
			c->slot[slot] = (uint8_t)(i + 1);
	n->wanted = true;
	cluster_refresh(c);
}

void cluster_node_changed(struct cluster *c, struct node *n, bool up)
{
	(void)n;
	if (up && c->wanted && !c->asking)
		ask(c);
	if (up)
		return;
	if (c->mapped)
		cluster_refresh(c);
	else if (!any_up(c))
		fail_unmapped(c, n->why);
}

/* ---- pieces ---- */

void cluster_route(struct cluster *c, struct piece *p, struct str key)
{
	struct buf b = { .arena = p->job->arena };
	uint8_t owner;

	buf_add(&b, c->r->prefix);
	buf_add(&b, key);
	owner = c->slot[cluster_slot(buf_str(&b))];
	if (!c->mapped) {
		piece_wait(p, &c->unmapped);
		ask_in(c, 0);
	} else if (p->walks) {
		walk_go(p);
	} else if (!owner) {
		piece_fault(p, "a slot of the cluster that nobody serves");
	} else {
		node_take(c->node[owner - 1], p);
	}
}
