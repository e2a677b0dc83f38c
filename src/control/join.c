/*
 * Joining a shared log that is new to us or was emptied: whose key it is that all use, and where
 * what was learnt before comes from.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/joint.h"
#include "base/octets.h"

/* With another key nothing that was learnt means anything. */
static void drop_model(struct joint *j)
{
	static const struct store_op del[] = { { .kind = STORE_DEL, .key = STR("m:ring") },
					       { .kind = STORE_DEL, .key = STR("m:log") },
					       { .kind = STORE_DEL, .key = STR("m:out") } };
	struct trainer *t = j->t;

	LOG(LOG_LVL_WARN, "model_dropped",
	    F_CSTR("reason", "the machines that share the store have another key"));
	model_reset(t->state);
	t->head.events = t->head.log_id = t->kept_id = t->head.origins.n = 0;
	memset(t->kept, 0, t->head.nblocks);
	t->keep_all = true;
	j->machine = joint_new_machine();
	j->out_id = j->sent = j->base = 0;
	store_send(t->local, del, 3, STORE_DURABLE | STORE_SLOW, NULL, NULL);
}

static void take_key(struct joint *j, struct str value)
{
	struct hash_key mine = model_key(j->t->model), theirs;
	struct store_op op = { .kind = STORE_PUT, .key = STR("m:key"), .value = value };

	memcpy(&theirs, value.p, sizeof theirs);
	j->key_known = true;
	j->yields = false;
	if (mine.k0 == theirs.k0 && mine.k1 == theirs.k1)
		return;
	if (mine.k0 || mine.k1)
		drop_model(j);
	model_set_key(j->t->model, theirs);
	store_send(j->t->local, &op, 1, STORE_DURABLE | STORE_SLOW, NULL, NULL);
}

/* How much was learnt with our key. */
static uint64_t learnt_here(const struct joint *j)
{
	return j->t->head.events + joint_waiting(j);
}

static void claimed(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;

	j->call = NULL;
	joint_next(j, joint_answered(a, n) ? 0 : JOINT_DOWN_MS);
}

/* Our key instead of the one that is there, and a log that is empty: all others join anew. */
static void claim(struct joint *j)
{
	struct arena *a = arena_new(0);
	struct hash_key epoch = hash_key_random(), key = model_key(j->t->model);
	struct buf weight = { .arena = a };
	struct store_op op[] = { { .kind = STORE_DEL, .key = STR("m:log") },
				 { .kind = STORE_DEL, .key = STR("m:snap") },
				 { .kind = STORE_PUT, .key = STR("m:weight") },
				 { .kind = STORE_PUT, .key = STR("m:key") },
				 { .kind = STORE_PUT, .key = STR("m:epoch") } };

	octets_u(&weight, learnt_here(j), 8);
	op[2].value = buf_str(&weight);
	op[3].value = str_of((const char *)&key, sizeof key);
	op[4].value = str_of((const char *)&epoch, sizeof epoch);
	LOG(LOG_LVL_WARN, "shared_key_replaced", F_INT("events", learnt_here(j)));
	j->call = store_send(j->t->shared, op, sizeof op / sizeof *op, 0, claimed, j);
	arena_free(a);
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void weighed(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;
	struct octets weight;
	uint64_t theirs;

	j->call = NULL;
	if (!joint_answered(a, n)) {
		joint_next(j, JOINT_DOWN_MS);
		return;
	}
	weight = (struct octets){ .left = a[1].value };
	theirs = most(a[0].nentry, octets_get_u(&weight, 8));
	theirs = most(theirs, snapshot_events(j, a[2].value));
	if (theirs < learnt_here(j)) {
		claim(j);
		return;
	}
	j->yields = true;
	joint_next(j, 0);
}

/*
 * Another key is there. A store that was emptied may have got it from a machine that is new: more
 * was learnt with ours then, and it is the other one that gives way.
 */
static void weigh(struct joint *j)
{
	static const struct store_op op[] = { { .kind = STORE_READ, .key = STR("m:log") },
					      { .kind = STORE_GET, .key = STR("m:weight") },
					      { .kind = STORE_GET, .key = STR("m:snap") } };

	j->call = store_send(j->t->shared, op, sizeof op / sizeof *op, 0, weighed, j);
}

static bool has_key(const struct joint *j)
{
	struct hash_key key = model_key(j->t->model);

	return key.k0 || key.k1;
}

static bool is_other_key(const struct joint *j, struct str theirs)
{
	struct hash_key key = model_key(j->t->model);

	return has_key(j) && !str_eq(theirs, str_of((const char *)&key, sizeof key));
}

/* Nobody's key is there yet: ours was put, and is read like another's, or we wait for others. */
static void no_key(struct joint *j)
{
	if (!has_key(j) && !j->keyless_ms)
		j->keyless_ms = clock_mono_ms();
	joint_next(j, has_key(j) ? 0 : JOINT_POLL_MS);
}

static void joined(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;
	struct trainer *t = j->t;
	bool fresh;

	j->call = NULL;
	if (t->flush || t->round || !joint_answered(a, n) ||
	    (a[0].status == STORE_OK && a[0].value.n != EPOCH) ||
	    (a[1].status == STORE_OK && a[1].value.n != sizeof(struct hash_key))) {
		joint_next(j, JOINT_DOWN_MS);
		return;
	}
	if (a[0].status != STORE_OK || a[1].status != STORE_OK) {
		no_key(j);
		return;
	}
	if (is_other_key(j, a[1].value) && learnt_here(j) && !j->yields) {
		weigh(j);
		return;
	}
	take_key(j, a[1].value);
	fresh = t->head.events == 0 && j->out_id == 0;
	memcpy(j->epoch, a[0].value.p, EPOCH);
	LOG(LOG_LVL_INFO, "shared_log_joined", F_INT("waiting", joint_waiting(j)));
	t->head.shared_id = j->last_mark = 0;
	j->accept_jumps = true;
	j->sent = 0;
	j->came_later = j->came_later || fresh;
	if (fresh) {
		snapshot_fetch(j);
		return;
	}
	retell_start(j);
	joint_keep(j);
	joint_next(j, 0);
}

void join_start(struct joint *j)
{
	struct hash_key epoch = hash_key_random(), key = model_key(j->t->model);
	struct store_op op[2] = { { .kind = STORE_NEW, .key = STR("m:epoch") },
				  { .kind = STORE_NEW, .key = STR("m:key") } };

	if (!has_key(j))
		key = hash_key_random();
	if (!has_key(j) && (!j->keyless_ms || clock_mono_ms() - j->keyless_ms < JOINT_FOUND_MS))
		op[0].kind = op[1].kind = STORE_GET;
	op[0].value = str_of((const char *)&epoch, sizeof epoch);
	op[1].value = str_of((const char *)&key, sizeof key);
	j->call = store_send(j->t->shared, op, 2, 0, joined, j);
}
