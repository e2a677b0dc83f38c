/* The back-end that many machines share: opening it, taking batches, giving them up. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "io/loop.h"
#include "store/redis/redis.h"
#include "store/redis/tls.h"

/* ---- batches ---- */

static void on_end(void *arg)
{
	struct job *j = arg;

	j->end_timer = NULL;
	job_close(j);
}

static struct job *job_new(struct redis *r, struct store_batch *b)
{
	struct arena *a = arena_new(2048);
	struct job *j = ARENA_NEW(a, struct job);

	*j = (struct job){ .r = r, .arena = a, .batch = b, .open = 1 };
	j->answer = ARENA_ARRAY(b->arena, struct store_answer, b->n ? b->n : 1);
	b->backend = j;
	LIST_INSERT_HEAD(&r->jobs, j, link);
	return j;
}

/* Whether one of them is of the same key as op. */
static bool touches(const struct job *j, const uint16_t *ops, unsigned n, size_t op)
{
	struct str key = command_key(&j->batch->op[op]);

	if (j->batch->op[op].kind == STORE_WALK)
		return true;
	for (unsigned i = 0; i < n; i++)
		if (str_eq(command_key(&j->batch->op[ops[i]]), key))
			return true;
	return false;
}

/*
 * Operations of the script are one piece where one server has all keys; else each is one, since
 * keys of different slots may not travel together. Those of one key in order, so that an operation
 * sees what those before it have done.
 */
static void cut_pieces(struct job *j)
{
	uint16_t ops[STORE_BATCH_MAX];
	unsigned n = 0;
	enum form f;

	for (size_t i = 0; i < j->batch->n; i++) {
		uint16_t number = (uint16_t)i;

		if (!command_form(&j->batch->op[i], &f, &j->answer[i])) {
			j->good++;
			continue;
		}
		if (n && (j->r->cluster || (f != FORM_OPS && touches(j, ops, n, i)))) {
			piece_new(j, ops, n);
			n = 0;
		}
		if (f == FORM_OPS)
			ops[n++] = number;
		else
			piece_new(j, &number, 1);
	}
	if (n)
		piece_new(j, ops, n);
}

static void begin(void *self, struct store_batch *b)
{
	struct redis *r = self;
	struct job *j = job_new(r, b);

	r->called_ms = clock_mono_ms();
	cut_pieces(j);
	if (j->first)
		job_trip(j);
	for (struct piece *p = j->first, *next; p; p = next) {
		next = p->next;
		piece_route(p);
	}
	if (j->open == 1)
		j->end_timer = loop_after(r->loop, 0, on_end, j);
	else
		j->open--;
}

/* What has not been sent is not sent any more; what was is answered to nobody. */
static void give_up(struct job *j)
{
	j->open++;
	j->batch = NULL;
	for (struct piece *p = j->first, *next; p; p = next) {
		next = p->next;
		if (!p->queue)
			continue;
		piece_unwait(p);
		job_close(j);
	}
	if (j->end_timer) {
		loop_cancel(j->end_timer);
		j->end_timer = NULL;
		j->open--;
	}
	job_close(j);
}

static void drop(void *self, struct store_batch *b)
{
	(void)self;
	if (b->backend)
		give_up(b->backend);
	b->backend = NULL;
}

/* ---- up and down ---- */

uint64_t redis_jitter(struct redis *r, uint64_t ms)
{
	r->dice = r->dice * 6364136223846793005u + 1442695040888963407u;
	return ms / 2 + (r->dice >> 33) % (ms + 1);
}

void redis_node_changed(struct redis *r, struct node *n, bool up)
{
	if (r->cluster) {
		cluster_node_changed(r->cluster, n, up);
		up = cluster_any_up(r->cluster);
	}
	if (r->told && up == r->up)
		return;
	r->told = true;
	r->up = up;
	store_report(r->store, up, up ? "" : n->why);
}

/* ---- opening and closing ---- */

static void redis_free(void *self)
{
	struct redis *r = self;
	struct job *j;

	while ((j = LIST_FIRST(&r->jobs))) {
		LIST_REMOVE(j, link);
		j->r = NULL;
		if (j->batch)
			j->batch->backend = NULL;
		give_up(j);
	}
	node_free(r->node);
	sentinel_free(r->sentinel);
	cluster_free(r->cluster);
	redis_tls_free(r->config.tls);
	arena_free(r->words.arena);
	arena_free(r->arena);
	free(r);
}

static int configure(struct redis *r, const struct store_redis_config *c, struct err *e)
{
	unsigned port = c->mode == REDIS_SENTINEL ? REDIS_SENTINEL_PORT : REDIS_PORT;
	struct arena *a = r->arena;

	if (c->nservers == 0)
		return err_set(e, "Redis: no server is named");
	if (c->mode == REDIS_SENTINEL && !c->master.n)
		return err_set(e, "Redis: Sentinel needs the name of the master");
	if (c->mode == REDIS_CLUSTER && c->database)
		return err_set(e, "Redis: a cluster has no database but 0");
	if (c->user.n && !c->password.n)
		return err_set(e, "Redis: a user needs a password");
	for (size_t i = 0; i < c->nservers; i++)
		if (redis_addr_parse(c->server[i], port, r->addr, REDIS_ADDRS_MAX, &r->naddr, e))
			return -1;
	if (c->tls && !(r->config.tls = redis_tls_new(c, e)))
		return -1;
	r->mode = (int)c->mode;
	r->prefix = arena_dup(a, c->prefix.n ? c->prefix : STR("merlon:"));
	r->master = arena_dup(a, c->master);
	r->config.user = arena_dup(a, c->user);
	r->config.password = arena_dup(a, c->password);
	r->config.database = c->database;
	r->config.scripts = true;
	r->config.master = c->mode == REDIS_SENTINEL;
	r->sentinel_config.password = arena_dup(a, c->sentinel_password);
	r->sentinel_config.tls = r->config.tls;
	return 0;
}

static void start(struct redis *r)
{
	if (r->mode == REDIS_CLUSTER) {
		r->cluster = cluster_new(r);
		cluster_refresh(r->cluster);
		return;
	}
	r->node = node_new(r);
	r->node->wanted = true;
	if (r->mode == REDIS_SENTINEL)
		r->sentinel = sentinel_new(r);
	node_want(r->node);
}

int store_redis_check(const struct store_redis_config *c, struct err *e)
{
	struct redis *r = calloc(1, sizeof *r);
	int rc;

	if (!r)
		bug("no memory for a store in Redis");
	r->arena = arena_new(0);
	rc = configure(r, c, e);
	redis_tls_free(r->config.tls);
	arena_free(r->arena);
	free(r);
	return rc;
}

struct store *store_redis(struct loop *l, const struct store_redis_config *c,
			  const struct store_limits *lim, struct err *e)
{
	static const struct store_backend backend = { "redis", begin, drop, redis_free };
	struct redis *r = calloc(1, sizeof *r);

	if (!r)
		bug("no memory for a store in Redis");
	r->loop = l;
	r->arena = arena_new(0);
	r->dice = hash_key_random().k0;
	r->called_ms = clock_mono_ms();
	LIST_INIT(&r->jobs);
	if (configure(r, c, e)) {
		redis_tls_free(r->config.tls);
		arena_free(r->arena);
		free(r);
		return NULL;
	}
	r->store = store_over(l, &backend, r, lim, true);
	start(r);
	return r->store;
}
