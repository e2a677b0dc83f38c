/*
 * The store in an SQLite file. Counted writes share one open transaction, which is committed soon;
 * durable batches that come in one turn of the loop share one that is on disk before they are
 * answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/sqlite.h"

struct backend {
	struct sqlite q; /* first: sqlite_of */
	struct store *store;
	struct loop *loop;
	struct queue queue;
	struct table table;
	char *path;
	bool readonly;
	bool in_tx, durable; /* a transaction is open; it is one that syncs */
	unsigned writes;     /* in it */
	struct loop_timer *commit, *look;
	uint64_t shut_until_ms; /* writes are refused till then */
	enum store_status shut_as;
	bool careful;	  /* there was no room: each group is committed before it is answered */
	struct str swept; /* the sweep has come so far, malloc'd; absent: a round begins */
	uint64_t rest_until_ms;
};

/* ---- the transaction ---- */

static void forget_timer(struct loop_timer **t)
{
	loop_cancel(*t);
	*t = NULL;
}

static enum store_status shut(struct backend *b, enum store_status as, uint64_t ms)
{
	b->shut_as = as;
	b->shut_until_ms = clock_mono_ms() + ms;
	return as;
}

static void set_synchronous(struct backend *b, bool full)
{
	if (b->durable != full)
		sqlite3_exec(b->q.db,
			     full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
			     NULL, NULL, NULL);
	b->durable = full;
}

static void tell_room(struct backend *b, bool room)
{
	if (b->careful != room)
		return;
	b->careful = !room;
	if (room)
		LOG(LOG_LVL_INFO, "store_room", F_CSTR("path", b->path));
	else
		LOG(LOG_LVL_ERROR, "store_full", F_CSTR("path", b->path),
		    F_CSTR("why", sqlite3_errmsg(b->q.db)));
}

/* After an error SQLite may have undone the transaction by itself, or it is of no use. */
static void tx_abandon(struct backend *b)
{
	if (!sqlite3_get_autocommit(b->q.db))
		sqlite_run(&b->q, ST_ROLLBACK);
	b->in_tx = false;
	b->writes = 0;
	forget_timer(&b->commit);
	set_synchronous(b, false);
}

static enum store_status tx_commit(struct backend *b)
{
	enum store_status st = STORE_OK;

	if (!b->in_tx)
		return STORE_OK;
	/* An operation of several statements may have stopped between them. */
	if (b->q.failed || sqlite3_get_autocommit(b->q.db))
		st = b->q.full ? STORE_FULL : STORE_FAILED;
	else
		st = sqlite_run(&b->q, ST_COMMIT);
	if (st == STORE_OK || b->q.full)
		tell_room(b, st == STORE_OK);
	tx_abandon(b);
	if (b->q.full)
		shut(b, STORE_FULL, SQL_SHUT_MS);
	b->q.full = b->q.failed = false;
	return st;
}

static void commit_now(void *self)
{
	struct backend *b = self;

	b->commit = NULL;
	if (tx_commit(b) != STORE_OK)
		LOG(LOG_LVL_WARN, "store_writes_lost", F_CSTR("path", b->path));
}

static enum store_status tx_open(struct backend *b, bool durable)
{
	enum store_status st;

	if (clock_mono_ms() < b->shut_until_ms)
		return b->shut_as;
	if (durable && (st = tx_commit(b)) != STORE_OK)
		return st;
	if (b->in_tx)
		return STORE_OK;
	set_synchronous(b, durable);
	st = sqlite_run(&b->q, ST_BEGIN);
	if (st != STORE_OK) {
		set_synchronous(b, false);
		return shut(b, st, SQL_SHUT_MS);
	}
	b->q.full = b->q.failed = false;
	b->in_tx = true;
	if (!durable)
		b->commit = loop_after(b->loop, SQL_COMMIT_MS, commit_now, b);
	return STORE_OK;
}

/* ---- batches ---- */

static bool went_wrong(const struct store_answer *a)
{
	return a->status == STORE_FAILED || a->status == STORE_FULL;
}

static void refuse(const struct queue_item *i, enum store_status st)
{
	for (size_t k = 0; k < i->batch->n; k++)
		if (table_writes(&i->batch->op[k]))
			i->answer[k] = (struct store_answer){ .status = st };
}

/* can: whether there is a transaction to write in, or what to answer. */
static void run_batch(struct backend *b, struct queue_item *i, enum store_status can)
{
	struct store_batch *batch = i->batch;
	bool whole = (batch->flags & STORE_DURABLE) && can == STORE_OK && b->in_tx;
	enum store_status bad = STORE_OK;
	int64_t now = store_now_ms(b->store);
	size_t before = arena_used(batch->arena);

	i->answer = ARENA_ARRAY(batch->arena, struct store_answer, batch->n);
	if (whole)
		sqlite_run(&b->q, ST_SAVE);
	for (size_t k = 0; k < batch->n; k++) {
		bool writes = table_writes(&batch->op[k]);

		i->answer[k].status = can == STORE_OK ? STORE_FAILED : can;
		if (arena_used(batch->arena) - before > SQL_ANSWERS_MAX)
			i->answer[k].status = STORE_FAILED;
		else if (!writes || can == STORE_OK)
			table_run(&b->table, batch->arena, &batch->op[k], now, &i->answer[k]);
		b->writes += writes;
		if (writes && went_wrong(&i->answer[k]) && bad == STORE_OK)
			bad = i->answer[k].status;
	}
	if (whole && bad != STORE_OK) {
		sqlite_run(&b->q, ST_UNDO);
		refuse(i, bad);
	}
	if (whole)
		sqlite_run(&b->q, ST_RELEASE);
}

static bool any_write(const struct store_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (table_writes(&b->op[i]))
			return true;
	return false;
}

/* What one transaction is to be had for: how many batches of the group, and what they need. */
struct group {
	struct queue_item *first;
	bool writes, durable;
};

static struct group group_of(struct queue_item *first)
{
	struct group g = { .first = first };

	for (struct queue_item *i = first; i; i = i->next)
		if (any_write(i->batch)) {
			g.writes = true;
			g.durable = g.durable || (i->batch->flags & STORE_DURABLE);
		}
	return g;
}

static bool must_commit(const struct backend *b, const struct group *g)
{
	return g->durable || b->careful || b->writes >= SQL_COMMIT_WRITES || b->q.failed ||
	       sqlite3_get_autocommit(b->q.db);
}

/* Answers batches, without telling yet; returns the first for which there was no room. */
static struct queue_item *run_group(struct backend *b, struct queue_item *first)
{
	struct group g = group_of(first);
	enum store_status can = STORE_OK;
	struct queue_item *i;
	size_t held = 0;

	if (g.writes)
		can = b->readonly ? STORE_FAILED : tx_open(b, g.durable);
	for (i = first; i && held <= SQL_GROUP_MAX; i = i->next) {
		run_batch(b, i, can);
		held += arena_used(i->batch->arena);
	}
	if (g.writes && can == STORE_OK && must_commit(b, &g)) {
		can = tx_commit(b);
		for (struct queue_item *k = first; can != STORE_OK && k != i; k = k->next)
			refuse(k, can);
	}
	return i;
}

static struct queue_item *fail_group(struct queue_item *first)
{
	for (struct queue_item *i = first; i; i = i->next) {
		i->answer = ARENA_ARRAY(i->batch->arena, struct store_answer, i->batch->n);
		for (size_t k = 0; k < i->batch->n; k++)
			i->answer[k].status = STORE_FAILED;
	}
	return NULL;
}

/* ---- the file ---- */

static void reopen(struct backend *b, const char *because)
{
	struct err e;
	char why[256];

	/* It is of the data base that will be closed. */
	sqlite3_snprintf(sizeof why, why, "%s", because);

	if (b->q.db) {
		LOG(LOG_LVL_WARN, "store_reopened", F_CSTR("path", b->path), F_CSTR("why", why));
		if (b->q.damaged)
			tx_abandon(b);
		tx_commit(b);
	}
	if (b->q.damaged) {
		sqlite_shut(&b->q);
		sqlite_set_aside(b->path, why);
	}
	sqlite_shut(&b->q);
	if (sqlite_open(&b->q, b->path, false, &e) < 0)
		store_report(b->store, false, e.text);
	else
		store_report(b->store, true, "");
	b->table.self = &b->q;
}

static void run(void *self)
{
	struct backend *b = self;
	struct queue_item *at = queue_take(&b->queue), *until, *next;

	while (at) {
		until = b->q.db ? run_group(b, at) : fail_group(at);
		for (; at != until; at = next) {
			next = at->next;
			store_batch_end(b->store, at->batch, at->answer, false, NULL);
		}
	}
	if (b->q.damaged && !b->readonly)
		reopen(b, sqlite3_errmsg(b->q.db));
}

/* ---- now and then ---- */

static void set_swept(struct backend *b, struct str key)
{
	char *p = key.n ? malloc(key.n) : NULL;

	if (key.n && !p)
		bug("no memory for a key");
	if (p)
		memcpy(p, key.p, key.n);
	free((char *)(uintptr_t)b->swept.p);
	b->swept = str_of(p, key.n);
	if (!key.n)
		b->rest_until_ms = clock_mono_ms() + SQL_SWEEP_REST_MS;
}

/* A transaction is opened only where there is something to remove. */
static void sweep(struct backend *b)
{
	struct arena *a = arena_new(0);
	int64_t now = store_now_ms(b->store);
	struct str key = b->swept;
	uint64_t gone;
	bool some = true;

	if (sqlite_sweep_look(&b->q, a, now, SQL_SWEEP_ROWS, b->swept, &some, &key) == STORE_OK &&
	    !some) {
		set_swept(b, key);
	} else if (tx_open(b, false) == STORE_OK) {
		key = b->swept;
		if (sqlite_sweep(&b->q, a, now, SQL_SWEEP_ROWS, &key, &gone) == STORE_OK)
			set_swept(b, key);
		b->writes++;
	}
	arena_free(a);
}

/* Another process that reads for long keeps it from beginning anew. */
static void trim_wal(struct backend *b)
{
	struct arena *a = arena_new(0);
	struct stat st;

	if (stat(arena_printf(a, "%s-wal", b->path).p, &st) == 0 &&
	    st.st_size > (off_t)SQL_WAL_OCTETS && tx_commit(b) == STORE_OK) {
		int rc = sqlite3_wal_checkpoint_v2(b->q.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
						   NULL);

		LOG(LOG_LVL_WARN, "store_wal", F_CSTR("path", b->path), F_INT("octets", st.st_size),
		    F_CSTR("checkpoint", sqlite3_errstr(rc)));
	}
	arena_free(a);
}

static void look(void *self)
{
	struct backend *b = self;

	b->look = loop_after(b->loop, SQL_LOOK_MS, look, b);
	if (!b->q.db)
		reopen(b, "");
	else if (!sqlite_in_place(&b->q))
		reopen(b, "the file was replaced");
	if (!b->q.db)
		return;
	if (clock_mono_ms() >= b->rest_until_ms)
		sweep(b);
	trim_wal(b);
	if (b->q.damaged)
		reopen(b, sqlite3_errmsg(b->q.db));
}

/* ---- the store ---- */

static void begin(void *self, struct store_batch *batch)
{
	struct backend *b = self;

	queue_add(&b->queue, batch);
}

static void drop(void *self, struct store_batch *batch)
{
	struct backend *b = self;

	queue_drop(&b->queue, batch);
}

static void free_it(void *self)
{
	struct backend *b = self;
	struct queue_item *first = queue_take(&b->queue);

	while (b->q.db && first)
		first = run_group(b, first);
	if (b->q.db)
		tx_commit(b);
	queue_fini(&b->queue);
	loop_cancel(b->commit);
	loop_cancel(b->look);
	set_swept(b, STR_NULL);
	sqlite_shut(&b->q);
	free(b->path);
	free(b);
}

static const struct store_backend methods = { "sqlite", begin, drop, free_it };

struct store *store_sqlite(struct loop *l, const char *path, bool readonly, struct err *e)
{
	struct backend *b = calloc(1, sizeof *b);

	if (!b || !(b->path = strdup(path)))
		bug("no memory for a store");
	if (sqlite_open(&b->q, path, readonly, e) < 0) {
		free(b->path);
		free(b);
		return NULL;
	}
	b->readonly = readonly;
	b->loop = l;
	b->table = sqlite_table;
	b->table.self = &b->q;
	b->store = store_over(l, &methods, b, NULL, false);
	queue_init(&b->queue, l, run, b);
	if (!readonly)
		b->look = loop_after(l, SQL_LOOK_MS, look, b);
	return b->store;
}

struct sqlite *sqlite_of(struct store *s)
{
	return store_backend_of(s);
}
