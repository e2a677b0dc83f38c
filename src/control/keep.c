/*
 * Blocks and ring on disk. Each has two places; a flush writes what has changed to the places that
 * are not valid, in as many batches as it takes, and last the head, which says what is valid and up
 * to where the log is in it. Whatever a crash leaves of a flush is not looked at.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/train.h"

#define BATCH_BLOCKS 32u
#define RING_PIECE (512u * 1024u)
#define LOAD_BATCH 32u

struct flush {
	struct arena *arena;
	struct head head;    /* what will be valid */
	struct store_op *op; /* all but the head */
	size_t n, sent;
	struct store_call *call;
	uint64_t began_us;
};

static struct str block_key(struct arena *a, size_t i, unsigned slot)
{
	return arena_printf(a, "m:b:%zu:%u", i, slot);
}

static struct str ring_key(struct arena *a, size_t i, unsigned slot)
{
	return arena_printf(a, "m:r:%zu:%u", i, slot);
}

/* ---- flush ---- */

static void schedule(struct trainer *t);

static void end_flush(struct trainer *t, bool good)
{
	struct flush *f = t->flush;

	t->flush = NULL;
	t->keep_all = t->not_kept = !good;
	if (good) {
		memcpy(t->kept, f->head.slot, f->head.nblocks);
		t->kept_id = f->head.log_id;
		t->head.ring_slot = f->head.ring_slot;
		t->unkept = false;
	} else {
		LOG(LOG_LVL_ERROR, "model_not_kept", F_INT("log", f->head.log_id));
	}
	LOG(LOG_LVL_DEBUG, "model_kept", F_INT("records", f->n), F_INT("log", f->head.log_id),
	    F_MS("ms", clock_mono_us() - f->began_us));
	arena_free(f->arena);
	schedule(t);
}

static bool all_written(const struct store_answer *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].status == STORE_FAILED || a[i].status == STORE_FULL)
			return false;
	return true;
}

static void head_written(void *arg, const struct store_answer *a, size_t n)
{
	end_flush(arg, all_written(a, n));
}

static void send_next(struct trainer *t);

static void blocks_written(void *arg, const struct store_answer *a, size_t n)
{
	struct trainer *t = arg;

	if (all_written(a, n))
		send_next(t);
	else
		end_flush(t, false);
}

static void send_next(struct trainer *t)
{
	struct flush *f = t->flush;
	size_t n = f->n - f->sent < BATCH_BLOCKS ? f->n - f->sent : BATCH_BLOCKS;
	struct store_op head = { .kind = STORE_PUT, .key = STR("m:ring") };

	if (n) {
		f->call = store_send(t->local, f->op + f->sent, n, STORE_DURABLE | STORE_SLOW,
				     blocks_written, t);
		f->sent += n;
		return;
	}
	head.value = head_format(f->arena, &f->head);
	f->call = store_send(t->local, &head, 1, STORE_DURABLE | STORE_SLOW, head_written, t);
}

/* A block without a valid place is all zero there; it may have stayed so. */
static void take_block(struct trainer *t, struct flush *f, size_t i)
{
	bool is_new = t->kept[i] == 0;
	struct str s = model_block(f->arena, t->model, i, !is_new && !t->keep_all, true);

	if (!s.p && (is_new || !t->keep_all))
		return;
	if (!s.p) {
		f->head.slot[i] = 0;
		return;
	}
	f->head.slot[i] = t->kept[i] == 1 ? 2 : 1;
	f->op[f->n++] = (struct store_op){ .kind = STORE_PUT,
					   .key = block_key(f->arena, i, f->head.slot[i]),
					   .value = s };
}

static void take_ring(struct trainer *t, struct flush *f)
{
	struct str ring = model_ring(f->arena, t->state);

	f->head.ring_slot = t->head.ring_slot == 1 ? 2 : 1;
	f->head.ring_octets = (uint32_t)ring.n;
	for (size_t i = 0; i * RING_PIECE < ring.n; i++)
		f->op[f->n++] =
			(struct store_op){ .kind = STORE_PUT,
					   .key = ring_key(f->arena, i, f->head.ring_slot),
					   .value = str_sub(ring, i * RING_PIECE, RING_PIECE) };
}

/* Over a readonly store nothing ever is. */
bool keep_wanted(const struct trainer *t)
{
	return t->unkept || (t->wrote && t->kept_id != t->head.log_id);
}

void keep_flush(struct trainer *t)
{
	struct arena *a;
	struct flush *f;

	if (t->flush || !keep_wanted(t))
		return;
	loop_cancel(t->flush_timer);
	t->flush_timer = NULL;
	a = arena_new(1 << 20);
	f = t->flush = ARENA_NEW(a, struct flush);
	f->arena = a;
	f->began_us = clock_mono_us();
	f->head = t->head;
	f->head.slot = ARENA_ARRAY(a, uint8_t, t->head.nblocks);
	memcpy(f->head.slot, t->kept, t->head.nblocks);
	f->op = ARENA_ARRAY(a, struct store_op, t->head.nblocks + 64);
	for (size_t i = 0; i < t->head.nblocks; i++)
		take_block(t, f, i);
	take_ring(t, f);
	send_next(t);
}

static void flush_now(void *arg)
{
	struct trainer *t = arg;

	t->flush_timer = NULL;
	keep_flush(t);
}

/* The time runs from the first event that is not kept. */
static void schedule(struct trainer *t)
{
	if (!t->flush_timer && !t->flush && !t->closing && keep_wanted(t))
		t->flush_timer = loop_after(t->loop, t->set.flush_ms, flush_now, t);
}

void keep_due(struct trainer *t)
{
	if (t->head.log_id - t->kept_id >= FLUSH_EVERY && !t->not_kept)
		keep_flush(t);
	else
		schedule(t);
}

void keep_free(struct trainer *t)
{
	loop_cancel(t->flush_timer);
	if (!t->flush)
		return;
	store_cancel(t->flush->call);
	arena_free(t->flush->arena);
	t->flush = NULL;
}

/* ---- load ---- */

static const struct store_answer *ask(struct trainer *t, struct arena *a, const struct store_op *op,
				      size_t n)
{
	return store_wait(t->local, a, op, n, STORE_SLOW);
}

static int load_key(struct trainer *t, struct arena *a, struct err *e)
{
	struct hash_key key = hash_key_random();
	struct store_op op = { .kind = STORE_GET, .key = STR("m:key") };
	const struct store_answer *r = ask(t, a, &op, 1);

	if (r->status == STORE_OK && r->value.n == sizeof key) {
		memcpy(&key, r->value.p, sizeof key);
		model_set_key(t->model, key);
		return 0;
	}
	if (r->status == STORE_FAILED)
		return err_set(e, "the store cannot be read");
	if (t->shared) /* those who share have one key: joint.c asks for it */
		return 0;
	op = (struct store_op){ .kind = STORE_PUT,
				.key = STR("m:key"),
				.value = str_of((const char *)&key, sizeof key) };
	r = store_wait(t->local, a, &op, 1, STORE_SLOW | STORE_DURABLE);
	if (r->status == STORE_OK)
		model_set_key(t->model, key);
	return 0;
}

static bool load_blocks(struct trainer *t, const struct head *h)
{
	struct store_op op[LOAD_BATCH];
	size_t at[LOAD_BATCH], i = 0;
	bool good = true;

	while (i < h->nblocks && good) {
		struct arena *a = arena_new(0);
		const struct store_answer *r;
		size_t n = 0;
		for (; i < h->nblocks && n < LOAD_BATCH; i++)
			if (h->slot[i]) {
				at[n] = i;
				op[n++] = (struct store_op){ .kind = STORE_GET,
							     .key = block_key(a, i, h->slot[i]) };
			}
		r = n ? ask(t, a, op, n) : NULL;
		for (size_t k = 0; k < n && good; k++)
			good = r[k].status == STORE_OK &&
			       model_set_block(t->model, at[k], r[k].value);
		arena_free(a);
	}
	return good;
}

static bool load_ring(struct trainer *t, const struct head *h)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	bool good = true;

	for (size_t i = 0; i * RING_PIECE < h->ring_octets && good; i++) {
		struct store_op op = { .kind = STORE_GET, .key = ring_key(a, i, h->ring_slot) };
		const struct store_answer *r = ask(t, a, &op, 1);
		good = r->status == STORE_OK;
		if (good)
			buf_add(&b, r->value);
	}
	good = good && b.n == h->ring_octets && model_set_ring(t->state, buf_str(&b));
	arena_free(a);
	return good;
}

/* The mapping outlives a process that ended well: it is as what was written out then. */
static bool is_current(struct trainer *t, const struct head *h)
{
	struct store_op op = {
		.kind = STORE_READ, .key = STR("m:log"), .id = h->log_id, .limit = 1
	};
	struct arena *a;
	bool good;

	if (h->events == 0 || model_counts(t->model, STR("")).events != h->events)
		return false;
	a = arena_new(0);
	good = ask(t, a, &op, 1)->nentry == 0;
	arena_free(a);
	return good;
}

static void start_empty(struct trainer *t)
{
	model_reset(t->state);
	memset(t->kept, 0, t->head.nblocks);
	t->keep_all = true;
}

static void load_head(struct trainer *t, struct arena *a)
{
	struct store_op op = { .kind = STORE_GET, .key = STR("m:ring") };
	const struct store_answer *r = ask(t, a, &op, 1);
	struct head *h = ARENA_NEW(a, struct head);
	size_t n = t->head.nblocks;

	h->nblocks = n;
	h->slot = ARENA_ARRAY(a, uint8_t, n);
	if (r->status != STORE_OK) {
		start_empty(t);
		return;
	}
	if (!head_parse(r->value, h)) {
		LOG(LOG_LVL_ERROR, "model_lost",
		    F_CSTR("reason", "its head is of another version"));
		start_empty(t);
		return;
	}
	if (!is_current(t, h)) {
		model_reset(t->state);
		if (!load_blocks(t, h)) {
			LOG(LOG_LVL_ERROR, "model_lost", F_CSTR("reason", "a block is damaged"));
			start_empty(t);
			return;
		}
	}
	if (!load_ring(t, h)) {
		LOG(LOG_LVL_ERROR, "model_lost", F_CSTR("reason", "the ring is damaged"));
		start_empty(t);
		return;
	}
	memcpy(t->kept, h->slot, n);
	h->slot = t->kept;
	t->head = *h;
	t->kept_id = h->log_id;
}

static void replay(struct trainer *t, const struct store_entry *s)
{
	struct arena *a = arena_new(0);
	struct learn_event event;
	struct log_entry e;

	t->head.log_id = s->id;
	if (!log_entry_parse(s->value, &e)) {
		LOG(LOG_LVL_ERROR, "log_entry_damaged", F_INT("log", s->id));
	} else {
		if (e.event.n && event_parse(a, e.event, &event))
			trainer_apply(t, &e.moves, &event);
		if (e.shared) {
			origin_seen(&t->head.origins, e.origin);
			t->head.shared_id = e.shared_id;
		}
		t->stats.replayed++;
	}
	arena_free(a);
}

static int replay_log(struct trainer *t, struct err *e)
{
	for (;;) {
		struct store_op op = {
			.kind = STORE_READ, .key = STR("m:log"), .id = t->head.log_id, .limit = 100
		};
		struct arena *a = arena_new(0);
		const struct store_answer *r = ask(t, a, &op, 1);
		size_t n = r->nentry;
		bool failed = r->status == STORE_FAILED;
		for (size_t i = 0; i < n; i++)
			replay(t, &r->entry[i]);
		arena_free(a);
		if (failed)
			return err_set(e, "the log of what was learnt cannot be read");
		if (n == 0)
			return 0;
	}
}

int keep_load(struct trainer *t, struct err *e)
{
	struct arena *a = arena_new(0);
	uint64_t began = clock_mono_us();
	int rc;

	t->head.nblocks = model_blocks(t->model);
	t->kept = t->head.slot = ARENA_ARRAY(t->arena, uint8_t, t->head.nblocks);
	rc = load_key(t, a, e);
	if (rc == 0)
		load_head(t, a);
	if (rc == 0)
		rc = replay_log(t, e);
	arena_free(a);
	if (rc == 0 && t->stats.replayed)
		LOG(LOG_LVL_INFO, "learnt_replayed", F_INT("events", t->stats.replayed),
		    F_MS("ms", clock_mono_us() - began));
	return rc;
}
