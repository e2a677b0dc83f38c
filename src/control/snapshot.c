/*
 * The model as a whole in the shared store, for machines that join: "m:snap" says up to where the
 * shared log is in it and which records it consists of; each has two places, as on disk. Whoever
 * has the lease leaves one now and then.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/joint.h"

#define PIECE (256u * 1024u) /* of the ring */
#define BATCH 8u	     /* records */

struct snapshot {
	struct arena *arena; /* of what is under way */
	struct store_call *call;
	struct head *head; /* of the one that is written or read */
	struct store_op *op;
	size_t n, at;
	uint64_t next_ms, written_id;
	struct buf ring;
};

static struct snapshot *get(struct joint *j)
{
	if (!j->snapshot)
		j->snapshot = ARENA_NEW(j->t->arena, struct snapshot);
	return j->snapshot;
}

static void end(struct snapshot *s)
{
	arena_free(s->arena);
	s->arena = NULL;
	s->call = NULL;
}

void snapshot_free(struct joint *j)
{
	if (!j->snapshot)
		return;
	store_cancel(j->snapshot->call);
	end(j->snapshot);
}

static struct str block_key(struct arena *a, size_t i, unsigned slot)
{
	return arena_printf(a, "m:snap:b:%zu:%u", i, slot);
}

static struct str ring_key(struct arena *a, size_t i, unsigned slot)
{
	return arena_printf(a, "m:snap:r:%zu:%u", i, slot);
}

static struct head *head_for(struct joint *j, struct arena *a)
{
	struct head *h = ARENA_NEW(a, struct head);

	h->nblocks = j->t->head.nblocks;
	h->slot = ARENA_ARRAY(a, uint8_t, h->nblocks);
	return h;
}

uint64_t snapshot_events(struct joint *j, struct str head)
{
	struct arena *a = arena_new(0);
	struct head *h = head_for(j, a);
	uint64_t n = head_parse(head, h) ? h->events : 0;

	arena_free(a);
	return n;
}

/* ---- writing ---- */

static void write_next(struct joint *j);

static void written(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;
	struct snapshot *s = j->snapshot;

	s->call = NULL;
	if (!joint_answered(a, n)) {
		end(s);
		return;
	}
	if (s->at <= s->n) {
		write_next(j);
		return;
	}
	LOG(LOG_LVL_INFO, "snapshot_left", F_INT("records", s->n),
	    F_INT("shared", s->head->shared_id));
	s->written_id = s->head->shared_id;
	end(s);
}

/* The head comes last: until then the one before is valid. */
static void write_next(struct joint *j)
{
	struct snapshot *s = j->snapshot;
	size_t n = s->n - s->at < BATCH ? s->n - s->at : BATCH;
	struct store_op head = { .kind = STORE_PUT, .key = STR("m:snap") };

	if (n) {
		s->call = store_send(j->t->shared, s->op + s->at, n, 0, written, j);
		s->at += n;
		return;
	}
	head.value = head_format(s->arena, s->head);
	s->at++;
	s->call = store_send(j->t->shared, &head, 1, 0, written, j);
}

static void take_model(struct joint *j, unsigned slot)
{
	struct snapshot *s = j->snapshot;
	struct trainer *t = j->t;
	struct str octets = model_ring(s->arena, t->state);
	uint8_t *slots = ARENA_ARRAY(s->arena, uint8_t, t->head.nblocks);

	*s->head = t->head;
	s->head->log_id = 0;
	s->head->slot = slots;
	s->head->ring_slot = (uint8_t)slot;
	s->head->ring_octets = (uint32_t)octets.n;
	s->op = ARENA_ARRAY(s->arena, struct store_op, t->head.nblocks + octets.n / PIECE + 1);
	s->n = s->at = 0;
	for (size_t i = 0; i < t->head.nblocks; i++) {
		struct str block = model_block(s->arena, t->model, i, false, false);
		if (!block.p)
			continue;
		slots[i] = (uint8_t)slot;
		s->op[s->n++] = (struct store_op){ .kind = STORE_PUT,
						   .key = block_key(s->arena, i, slot),
						   .value = block };
	}
	for (size_t i = 0; i * PIECE < octets.n; i++)
		s->op[s->n++] = (struct store_op){ .kind = STORE_PUT,
						   .key = ring_key(s->arena, i, slot),
						   .value = str_sub(octets, i * PIECE, PIECE) };
}

static void leased(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;
	struct snapshot *s = j->snapshot;
	bool there;

	s->call = NULL;
	if (!joint_answered(a, n) || !a[0].admitted || j->t->round) {
		end(s);
		return;
	}
	s->head = head_for(j, s->arena);
	there = a[1].status == STORE_OK && head_parse(a[1].value, s->head);
	take_model(j, there && s->head->ring_slot == 1 ? 2 : 1);
	write_next(j);
}

void snapshot_due(struct joint *j)
{
	struct snapshot *s = get(j);
	uint64_t now = clock_mono_ms(), every = j->t->set.snapshot_ms;
	struct str me = str_of((const char *)&j->machine, sizeof j->machine);
	struct store_op op[2] = {
		{ .kind = STORE_LEASE, .key = STR("m:lease"), .value = me, .ttl_ms = 3 * every },
		{ .kind = STORE_GET, .key = STR("m:snap") }
	};

	if (s->arena || now < s->next_ms || s->written_id == j->t->head.shared_id)
		return;
	s->next_ms = now + every;
	s->arena = arena_new(0);
	s->call = store_send(j->t->shared, op, 2, 0, leased, j);
}

/* ---- reading ---- */

static void give_up(struct joint *j)
{
	end(j->snapshot);
	model_reset(j->t->state);
	memset(j->epoch, 0, EPOCH); /* joins anew */
	joint_next(j, JOINT_DOWN_MS);
}

static void go_on(struct joint *j)
{
	end(j->snapshot);
	joint_keep(j);
	joint_next(j, 0);
}

static void read_next(struct joint *j);

/* Without a crash in between, what was read is on disk soon. */
static void all_read(struct joint *j)
{
	struct snapshot *s = j->snapshot;
	struct trainer *t = j->t;

	if (s->ring.n != s->head->ring_octets || !model_set_ring(t->state, buf_str(&s->ring))) {
		give_up(j);
		return;
	}
	t->head.shared_id = s->head->shared_id;
	t->head.origins = s->head->origins;
	t->head.erased = s->head->erased;
	t->head.day = s->head->day;
	t->head.events = model_counts(t->model, STR("")).events;
	t->keep_all = t->unkept = true;
	keep_flush(t);
	LOG(LOG_LVL_INFO, "snapshot_read", F_INT("events", t->head.events),
	    F_INT("shared", t->head.shared_id));
	go_on(j);
}

static void got_records(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;
	struct snapshot *s = j->snapshot;
	size_t from = s->at - n;
	bool good = joint_answered(a, n);

	s->call = NULL;
	for (size_t i = 0; i < n && good; i++) {
		const struct store_op *op = &s->op[from + i];
		good = a[i].status == STORE_OK;
		if (good && op->id) /* a block, number id - 1 */
			good = model_set_block(j->t->model, (size_t)op->id - 1, a[i].value);
		else if (good)
			buf_add(&s->ring, a[i].value);
	}
	if (good)
		read_next(j);
	else
		give_up(j);
}

static void read_next(struct joint *j)
{
	struct snapshot *s = j->snapshot;
	size_t n = s->n - s->at < BATCH ? s->n - s->at : BATCH;

	if (!n) {
		all_read(j);
		return;
	}
	s->at += n;
	s->call = store_send(j->t->shared, s->op + s->at - n, n, 0, got_records, j);
}

static void list_records(struct snapshot *s)
{
	struct head *h = s->head;

	s->op = ARENA_ARRAY(s->arena, struct store_op, h->nblocks + h->ring_octets / PIECE + 1);
	s->n = s->at = 0;
	s->ring = (struct buf){ .arena = s->arena };
	for (size_t i = 0; i < h->nblocks; i++)
		if (h->slot[i])
			s->op[s->n++] =
				(struct store_op){ .kind = STORE_GET,
						   .id = i + 1,
						   .key = block_key(s->arena, i, h->slot[i]) };
	for (size_t i = 0; i * PIECE < h->ring_octets; i++)
		s->op[s->n++] = (struct store_op){ .kind = STORE_GET,
						   .key = ring_key(s->arena, i, h->ring_slot) };
}

static void got_head(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;
	struct snapshot *s = j->snapshot;

	s->call = NULL;
	if (!joint_answered(a, n)) {
		give_up(j);
		return;
	}
	s->head = head_for(j, s->arena);
	if (a->status != STORE_OK || !head_parse(a->value, s->head)) {
		go_on(j); /* there is none */
		return;
	}
	list_records(s);
	read_next(j);
}

void snapshot_fetch(struct joint *j)
{
	struct snapshot *s = get(j);
	struct store_op op = { .kind = STORE_GET, .key = STR("m:snap") };

	end(s);
	s->arena = arena_new(0);
	s->call = store_send(j->t->shared, &op, 1, 0, got_head, j);
}
