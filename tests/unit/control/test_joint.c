/* Machines that share a store: what one learns all learn, in the same order, once. The shared store
 * is one in memory, which can be made to fail, to forget, and to lose the end of its log. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/joint.h"
#include "lib/test.h"
#include "store/backend.h"

/* ---- a store that all machines speak to, each over a door of its own ---- */

struct world {
	struct arena *arena;
	struct loop *loop;
	struct store *shared;
	bool down;
};

struct passage {
	struct world *world;
	struct store *store;
	unsigned life; /* of the store */
};

/* One batch on its way; in the world's arena, since it may be given up at either end. */
struct transit {
	struct passage *p;
	struct store_batch *b; /* NULL: given up */
	unsigned life;
};

static struct str dup_str(struct arena *a, struct str s)
{
	return s.p ? arena_dup(a, s) : s;
}

static bool given_up(const struct transit *t)
{
	return !t->b || t->life != t->p->life;
}

static void passed(void *arg, const struct store_answer *a, size_t n)
{
	struct transit *t = arg;
	struct store_answer *copy;

	if (given_up(t))
		return;
	copy = ARENA_ARRAY(t->b->arena, struct store_answer, n);
	for (size_t i = 0; i < n; i++) {
		struct store_entry *e = ARENA_ARRAY(t->b->arena, struct store_entry, a[i].nentry);
		copy[i] = a[i];
		copy[i].value = dup_str(t->b->arena, a[i].value);
		for (size_t k = 0; k < a[i].nentry; k++)
			e[k] = (struct store_entry){ a[i].entry[k].id,
						     dup_str(t->b->arena, a[i].entry[k].value) };
		copy[i].entry = e;
	}
	store_batch_end(t->p->store, t->b, copy, false, NULL);
}

static void fail_later(void *arg)
{
	struct transit *t = arg;

	if (!given_up(t))
		store_batch_end(t->p->store, t->b, NULL, true, "down");
}

static void pass(void *self, struct store_batch *b)
{
	struct passage *p = self;
	struct transit *t = ARENA_NEW(p->world->arena, struct transit);

	*t = (struct transit){ p, b, p->life };
	b->backend = t;
	if (p->world->down)
		loop_after(p->world->loop, 1, fail_later, t);
	else
		store_send(p->world->shared, b->op, b->n, b->flags, passed, t);
}

static void drop(void *self, struct store_batch *b)
{
	struct transit *t = b->backend;

	(void)self;
	t->b = NULL;
}

static void leave(void *self)
{
	struct passage *p = self;

	p->life++;
}

static const struct store_backend passage_backend = { "passage", pass, drop, leave };

/* ---- machines ---- */

struct machine {
	struct world *world;
	struct passage passage;
	struct store *local;
	struct model *model;
	struct trainer *trainer;
};

static struct world *world_new(void)
{
	struct arena *a = arena_new(0);
	struct world *w = ARENA_NEW(a, struct world);

	w->arena = a;
	w->loop = loop_new();
	w->shared = store_memory(w->loop);
	return w;
}

static void world_free(struct world *w)
{
	store_free(w->shared);
	loop_free(w->loop);
	arena_free(w->arena);
}

static void machine_start(struct machine *m)
{
	static const struct store_limits lim = { .breaker_errors = 1000000 };
	struct trainer_args args = { .loop = m->world->loop, .local = m->local };
	struct err e;

	m->model = args.model = model_new();
	m->passage.store = args.shared =
		store_over(m->world->loop, &passage_backend, &m->passage, &lim, false);
	m->trainer = trainer_new(&args, &e);
	assert_non_null(m->trainer);
	m->trainer->set.snapshot_ms = 50;
}

static struct machine *machine_new(struct world *w)
{
	struct machine *m = ARENA_NEW(w->arena, struct machine);

	m->world = w;
	m->passage.world = w;
	m->local = store_memory(w->loop);
	machine_start(m);
	return m;
}

static void machine_stop(struct machine *m)
{
	trainer_free(m->trainer);
	store_free(m->passage.store);
	model_free(m->model);
}

/* kill -9: what it has not written is gone. */
static void machine_crash(struct machine *m)
{
	m->trainer->kept_id = m->trainer->head.log_id;
	m->trainer->unkept = false;
	machine_stop(m);
	machine_start(m);
}

static void machine_free(struct machine *m)
{
	machine_stop(m);
	store_free(m->local);
}

static void turn(struct world *w, uint64_t ms)
{
	uint64_t until = clock_mono_ms() + ms;

	while (clock_mono_ms() < until)
		loop_turn(w->loop, 20);
}

static uint32_t mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

static void count(void *arg, enum trainer_result r)
{
	unsigned *n = arg;

	n[r]++;
}

static unsigned results[TRAIN_FAILED + 1];

static void learn(struct machine *m, uint32_t n, enum learn_class to)
{
	struct arena *a = arena_new(0);
	uint32_t *gram = ARENA_ARRAY(a, uint32_t, 30);
	struct token *token = ARENA_ARRAY(a, struct token, 10);
	struct learn_event e = { .to = to, .source = LEARN_PERSON };

	for (uint32_t i = 0; i < 30; i++)
		gram[i] = i * 30000 + mix(n * 64 + i) % 30000;
	for (uint32_t i = 0; i < 10; i++)
		token[i].bucket = i * 100000 + mix(n % 50 * 16 + i) % 100000;
	e.f = (struct features){ .gram = gram, .ngram = 30, .token = token, .ntoken = 10 };
	n++;
	memcpy(e.f.digest, &n, sizeof n);
	trainer_learn(m->trainer, &e, count, results);
	arena_free(a);
}

static bool ready(const struct machine *m)
{
	struct hash_key k = model_key(m->model);

	return k.k0 && m->trainer->joint->key_known;
}

static void wait_ready(struct machine *m)
{
	uint64_t until = clock_mono_ms() + 10000;

	while (!ready(m) && clock_mono_ms() < until)
		loop_turn(m->world->loop, 20);
	assert_true(ready(m));
}

static void wait_counts(struct machine *m, uint32_t ham, uint32_t spam)
{
	uint64_t until = clock_mono_ms() + 10000;
	struct model_counts c = { 0 };

	do {
		loop_turn(m->world->loop, 20);
		c = model_counts(m->model, STR(""));
	} while ((c.ham != ham || c.spam != spam || joint_waiting(m->trainer->joint)) &&
		 clock_mono_ms() < until);
	assert_int_equal(c.ham, ham);
	assert_int_equal(c.spam, spam);
	assert_int_equal(joint_waiting(m->trainer->joint), 0);
}

static void same_models(struct machine *x, struct machine *y)
{
	for (size_t i = 0; i < model_blocks(x->model); i++) {
		struct arena *a = arena_new(0);
		struct str p = model_block(a, x->model, i, false, false);
		struct str q = model_block(a, y->model, i, false, false);
		assert_true(str_eq(p, q));
		arena_free(a);
	}
}

static bool nothing_counted(struct machine *m)
{
	bool zero = true;

	for (size_t i = MODEL_WEIGHT_BLOCKS; i < model_blocks(m->model) && zero; i++) {
		struct arena *a = arena_new(0);
		zero = !model_block(a, m->model, i, false, false).p;
		arena_free(a);
	}
	return zero;
}

/* ---- tests ---- */

static void both_learn(void **state)
{
	struct world *w = world_new();
	struct machine *x = machine_new(w), *y = machine_new(w);

	(void)state;
	wait_ready(x);
	wait_ready(y);
	for (uint32_t i = 0; i < 200; i++)
		learn(i % 3 ? x : y, i, i % 2 ? LEARN_HAM : LEARN_SPAM);
	wait_counts(x, 100, 100);
	wait_counts(y, 100, 100);
	same_models(x, y);
	for (uint32_t i = 0; i < 200; i++) /* each forgets what the other learnt */
		learn(i % 3 ? y : x, i, LEARN_NONE);
	wait_counts(x, 0, 0);
	wait_counts(y, 0, 0);
	assert_true(nothing_counted(x));
	assert_true(nothing_counted(y));
	same_models(x, y);
	machine_free(x);
	machine_free(y);
	world_free(w);
}

/* The store is away: what is learnt is acknowledged, waits, and goes there later. */
static void while_down(void **state)
{
	struct world *w = world_new();
	struct machine *x = machine_new(w), *y = machine_new(w);

	(void)state;
	memset(results, 0, sizeof results);
	wait_ready(x);
	wait_ready(y);
	w->down = true;
	for (uint32_t i = 0; i < 50; i++)
		learn(x, i, LEARN_SPAM);
	turn(w, 300);
	assert_int_equal(results[TRAINED], 50);
	assert_int_equal(trainer_stats(x->trainer)->waiting, 50);
	machine_crash(x);
	turn(w, 100);
	assert_int_equal(trainer_stats(x->trainer)->waiting, 50);
	w->down = false;
	wait_counts(x, 0, 50);
	wait_counts(y, 0, 50);
	same_models(x, y);
	machine_free(x);
	machine_free(y);
	world_free(w);
}

/* Crashes at any moment, of either: nothing twice, nothing lost. */
static void crashes(void **state)
{
	struct world *w = world_new();
	struct machine *x = machine_new(w), *y = machine_new(w);

	(void)state;
	memset(results, 0, sizeof results);
	wait_ready(x);
	wait_ready(y);
	for (uint32_t round = 0; round < 12; round++) {
		for (uint32_t i = 0; i < 30; i++)
			learn(i % 2 ? x : y, round * 30 + i, i % 3 ? LEARN_HAM : LEARN_SPAM);
		turn(w, mix(round) % 40);
		if (round % 4 == 1)
			trainer_flush(y->trainer);
		/* Ends its queue: the crash is of the model and of what was not sent. */
		machine_crash(round % 3 ? x : y);
		wait_ready(x);
		wait_ready(y);
	}
	assert_int_equal(results[TRAINED], 360);
	wait_counts(x, 240, 120);
	wait_counts(y, 240, 120);
	same_models(x, y);
	machine_free(x);
	machine_free(y);
	world_free(w);
}

/* The shared store is emptied: the machines notice and fill it again; a third finds everything. */
static void emptied(void **state)
{
	struct world *w = world_new();
	struct machine *x = machine_new(w), *y = machine_new(w), *z;

	(void)state;
	wait_ready(x);
	wait_ready(y);
	for (uint32_t i = 0; i < 60; i++)
		learn(i % 2 ? x : y, i, LEARN_SPAM);
	wait_counts(x, 0, 60);
	wait_counts(y, 0, 60);
	w->down = true;
	turn(w, 50);
	store_free(w->shared);
	w->shared = store_memory(w->loop);
	w->down = false;
	for (uint32_t i = 60; i < 100; i++)
		learn(i % 2 ? x : y, i, LEARN_SPAM);
	wait_counts(x, 0, 100);
	wait_counts(y, 0, 100);
	z = machine_new(w);
	wait_ready(z);
	wait_counts(z, 0, 100);
	for (uint32_t i = 0; i < 100; i++)
		learn(z, i, LEARN_NONE);
	wait_counts(z, 0, 0);
	wait_counts(x, 0, 0);
	assert_true(nothing_counted(x));
	machine_free(x);
	machine_free(y);
	machine_free(z);
	world_free(w);
}

/* More than the logs hold was learnt: a machine that starts again is who it was, and learns on. */
static void more_than_logs_hold(void **state)
{
	struct world *w = world_new();
	struct machine *x = machine_new(w);
	uint64_t name;

	(void)state;
	wait_ready(x);
	for (uint32_t i = 0; i < LOG_MAX + 500; i++) {
		learn(x, i, LEARN_SPAM);
		if (i % 1000 == 999)
			wait_counts(x, 0, i + 1);
	}
	wait_counts(x, 0, LOG_MAX + 500);
	name = x->trainer->joint->machine;
	machine_stop(x);
	machine_start(x);
	wait_ready(x);
	turn(w, 500);
	assert_int_equal(x->trainer->joint->machine, name);
	learn(x, LOG_MAX + 500, LEARN_HAM);
	wait_counts(x, 1, LOG_MAX + 500);
	machine_free(x);
	world_free(w);
}

static void put_shared(struct world *w, struct str key, struct str value)
{
	struct arena *a = arena_new(0);
	struct store_op op = { .kind = STORE_PUT, .key = key, .value = value };

	assert_int_equal(store_wait(w->shared, a, &op, 1, 0)->status, STORE_OK);
	arena_free(a);
}

/* The shared store is emptied, and who finds it first is new: its key gives way to the one with
 * which more was learnt, and nothing that was is lost. */
static void stranger_first(void **state)
{
	struct world *w = world_new();
	struct machine *x = machine_new(w), *y;

	(void)state;
	wait_ready(x);
	for (uint32_t i = 0; i < 60; i++)
		learn(x, i, LEARN_SPAM);
	wait_counts(x, 0, 60);
	machine_stop(x);
	store_free(w->shared);
	w->shared = store_memory(w->loop);
	put_shared(w, STR("m:epoch"), STR("another epoch..."));
	put_shared(w, STR("m:key"), STR("another key....."));
	y = machine_new(w);
	wait_ready(y);
	learn(y, 100, LEARN_HAM);
	wait_counts(y, 1, 0);
	machine_start(x);
	wait_counts(x, 0, 60);
	wait_counts(y, 0, 60);
	learn(y, 101, LEARN_HAM);
	wait_counts(x, 1, 60);
	same_models(x, y);
	machine_free(x);
	machine_free(y);
	world_free(w);
}

/* Who has no key leaves it to others to bring theirs. */
static void waits_for_others(void **state)
{
	struct world *w = world_new();
	struct machine *x = machine_new(w), *y;
	struct hash_key key;

	(void)state;
	wait_ready(x);
	key = model_key(x->model);
	machine_stop(x);
	store_free(w->shared);
	w->shared = store_memory(w->loop);
	y = machine_new(w);
	turn(w, 500);
	machine_start(x);
	wait_ready(y);
	assert_int_equal(key.k0, model_key(y->model).k0);
	machine_free(x);
	machine_free(y);
	world_free(w);
}

static bool snapshot_there(struct world *w)
{
	struct arena *a = arena_new(0);
	struct store_op op = { .kind = STORE_GET, .key = STR("m:snap") };
	bool there = store_wait(w->shared, a, &op, 1, 0)->status == STORE_OK;

	arena_free(a);
	return there;
}

/* A machine that joins when the log no longer holds everything: a snapshot, then the log after it;
 * what was learnt before its time can be forgotten there, too. */
static void joins(void **state)
{
	struct world *w = world_new();
	struct machine *x = machine_new(w), *z;
	uint64_t until = clock_mono_ms() + 10000;

	(void)state;
	wait_ready(x);
	for (uint32_t i = 0; i < 100; i++)
		learn(x, i, i % 2 ? LEARN_HAM : LEARN_SPAM);
	wait_counts(x, 50, 50);
	while (!snapshot_there(w) && clock_mono_ms() < until)
		turn(w, 50);
	turn(w, 500);
	x->trainer->set.snapshot_ms = 3600000;
	turn(w, 100);
	{ /* the log is cut: only its last entries are there */
		struct arena *a = arena_new(0);
		struct store_op op = { .kind = STORE_READ, .key = STR("m:log"), .limit = 1000 };
		const struct store_answer *r = store_wait(w->shared, a, &op, 1, 0);
		assert_int_equal(r->nentry, 100);
		op = (struct store_op){ .kind = STORE_APPEND,
					.key = STR("m:log"),
					.value = r->entry[99].value,
					.limit = 2 };
		store_wait(w->shared, a, &op, 1, 0);
		arena_free(a);
	}
	learn(x, 200, LEARN_SPAM);
	wait_counts(x, 50, 51);
	z = machine_new(w);
	wait_ready(z);
	wait_counts(z, 50, 51);
	same_models(x, z);
	machine_crash(z); /* what came by the snapshot is kept */
	wait_ready(z);
	wait_counts(z, 50, 51);
	for (uint32_t i = 0; i < 100; i++)
		learn(i % 2 ? z : x, i, LEARN_NONE);
	learn(z, 200, LEARN_NONE);
	wait_counts(x, 0, 0);
	wait_counts(z, 0, 0);
	assert_true(nothing_counted(x));
	assert_true(nothing_counted(z));
	same_models(x, z);
	machine_free(x);
	machine_free(z);
	world_free(w);
}

/* A fail-over loses the end of the log: the machines that had it send it again. */
static void loses_end(void **state)
{
	struct world *w = world_new();
	struct machine *x = machine_new(w), *y = machine_new(w);
	struct arena *a = arena_new(0);
	struct store_op op = { .kind = STORE_READ, .key = STR("m:log"), .limit = 1000 };
	const struct store_answer *r;

	(void)state;
	wait_ready(x);
	wait_ready(y);
	for (uint32_t i = 0; i < 40; i++)
		learn(x, i, LEARN_SPAM);
	wait_counts(x, 0, 40);
	wait_counts(y, 0, 40);
	r = store_wait(w->shared, a, &op, 1, 0);
	w->down = true;
	turn(w, 50);
	for (uint32_t i = 40; i < 50; i++)
		learn(y, i, LEARN_HAM);
	op.kind = STORE_DEL;
	store_wait(w->shared, a, &op, 1, 0);
	for (size_t i = 0; i < 30; i++) {
		struct store_op put = { .kind = STORE_APPEND,
					.key = STR("m:log"),
					.value = r->entry[i].value };
		store_wait(w->shared, a, &put, 1, 0);
	}
	w->down = false;
	wait_counts(y, 10, 40);
	wait_counts(x, 10, 40);
	same_models(x, y);
	machine_free(x);
	machine_free(y);
	arena_free(a);
	world_free(w);
}

/* What a machine learnt by itself before it shared goes to the others. */
static void history(void **state)
{
	struct world *w = world_new();
	struct machine *x = ARENA_NEW(w->arena, struct machine), *y;
	struct trainer_args args = { .loop = w->loop };
	struct err e;

	(void)state;
	memset(results, 0, sizeof results);
	x->world = x->passage.world = w;
	args.local = x->local = store_memory(w->loop);
	args.model = x->model = model_new();
	x->trainer = trainer_new(&args, &e);
	for (uint32_t i = 0; i < 30; i++)
		learn(x, i, LEARN_SPAM);
	turn(w, 50);
	assert_int_equal(results[TRAINED], 30);
	trainer_free(x->trainer);
	model_free(x->model);
	machine_start(x);
	wait_ready(x);
	y = machine_new(w);
	wait_ready(y);
	wait_counts(y, 0, 30);
	wait_counts(x, 0, 30);
	machine_free(x);
	machine_free(y);
	world_free(w);
}

int main(void)
{
	struct log_config quiet = { .level = LOG_LVL_ERROR, .target = "stderr" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_learn),	    cmocka_unit_test(while_down),
		cmocka_unit_test(crashes),	    cmocka_unit_test(emptied),
		cmocka_unit_test(stranger_first),   cmocka_unit_test(more_than_logs_hold),
		cmocka_unit_test(waits_for_others), cmocka_unit_test(joins),
		cmocka_unit_test(loses_end),	    cmocka_unit_test(history),
	};

	log_open(&quiet, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
