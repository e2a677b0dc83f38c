/* Tests of the front of a store over a back-end that does as it is told: deadline, breaker,
 * fallback, and who is told what. */
#include "lib/test.h"

#include <stdlib.h>

#include "base/clock.h"
#include "io/loop.h"
#include "store/backend.h"

enum mode { ANSWERS, FAILS, SILENT, FULL };

/* The back-end: its batches wait for the next turn of the loop, or for ever. */
struct fake {
	struct store *store;
	struct loop *loop;
	enum mode mode;
	struct store_batch *batch;
	unsigned begun, dropped;
	bool up;
	unsigned told;
	char why[64];
};

static void answer(void *arg)
{
	struct fake *f = arg;
	struct store_batch *b = f->batch;
	struct store_answer *a = ARENA_ARRAY(b->arena, struct store_answer, b->n);

	f->batch = NULL;
	for (size_t i = 0; i < b->n; i++)
		a[i].status = f->mode == FULL ? STORE_FULL : STORE_OK;
	if (f->mode == FAILS)
		store_batch_end(f->store, b, NULL, true, "it fails");
	else
		store_batch_end(f->store, b, a, false, NULL);
}

static void begin(void *self, struct store_batch *b)
{
	struct fake *f = self;

	f->begun++;
	if (f->mode == SILENT)
		return;
	assert_null(f->batch);
	f->batch = b;
	loop_after(f->loop, 0, answer, f);
}

static void drop(void *self, struct store_batch *b)
{
	struct fake *f = self;
	(void)b;

	f->dropped++;
}

static void free_it(void *self)
{
	(void)self;
}

static const struct store_backend methods = { "fake", begin, drop, free_it };

static void told(void *arg, bool up, const char *why)
{
	struct fake *f = arg;

	assert_true(up != f->up);
	f->up = up;
	f->told++;
	memccpy(f->why, why, '\0', sizeof f->why - 1);
}

static void open_fake(struct fake *f, bool fallback)
{
	static const struct store_limits limits = { .deadline_ms = 200,
						    .breaker_errors = 3,
						    .breaker_window_ms = 2000,
						    .breaker_open_ms = 500 };

	*f = (struct fake){ .loop = loop_new(), .up = true };
	f->store = store_over(f->loop, &methods, f, &limits, fallback);
	store_watch(f->store, told, f);
}

static void close_fake(struct fake *f)
{
	store_free(f->store);
	loop_free(f->loop);
}

static void pass(struct fake *f, uint64_t ms)
{
	uint64_t until = clock_mono_ms() + ms, now;

	while ((now = clock_mono_ms()) < until)
		loop_turn(f->loop, until - now);
}

static struct store_answer ask(struct fake *f, enum store_kind kind, unsigned flags)
{
	struct arena *a = arena_new(0);
	struct store_op op = { .kind = kind,
			       .key = STR("t:k"),
			       .member = STR("m"),
			       .value = STR("v"),
			       .delta = { 1 },
			       .burst = 9,
			       .cost = 1 };
	struct store_answer ans = *store_wait(f->store, a, &op, 1, flags);

	ans.value = STR_NULL;
	arena_free(a);
	return ans;
}

/* Nobody waits longer than the deadline; what comes after it is for nobody. */
static void test_deadline(void **state)
{
	struct fake f;
	uint64_t began;
	(void)state;

	open_fake(&f, true);
	assert_true(ask(&f, STORE_ADD, 0).status == STORE_OK);
	f.mode = SILENT;
	began = clock_mono_ms();
	assert_true(ask(&f, STORE_ADD, 0).local);
	assert_in_range(clock_mono_ms() - began, 199, 1500);
	assert_int_equal(f.dropped, 1);
	assert_int_equal(store_stats(f.store)->local, 1);
	assert_true(store_stats(f.store)->late_ms_max >= 199);
	close_fake(&f);
}

/* Some failures open it; then nobody is asked, until one may try, whose luck decides. */
static void test_breaker(void **state)
{
	struct fake f;
	(void)state;

	open_fake(&f, true);
	f.mode = FAILS;
	for (int i = 0; i < 2; i++)
		assert_true(ask(&f, STORE_ADD, 0).local);
	assert_true(store_up(f.store));
	assert_true(ask(&f, STORE_ADD, 0).local);
	assert_false(store_up(f.store) || f.up);
	assert_string_equal(f.why, "it fails");
	assert_int_equal(f.begun, 3);
	for (int i = 0; i < 20; i++)
		assert_true(ask(&f, STORE_ADD, 0).local);
	assert_int_equal(f.begun, 3);
	pass(&f, 520);
	assert_true(ask(&f, STORE_ADD, 0).local); /* the one that tries */
	assert_true(ask(&f, STORE_ADD, 0).local);
	assert_int_equal(f.begun, 4);
	f.mode = ANSWERS;
	pass(&f, 520);
	assert_false(ask(&f, STORE_ADD, 0).local);
	assert_true(store_up(f.store) && f.up);
	assert_false(ask(&f, STORE_ADD, 0).local);
	assert_int_equal(f.begun, 6);
	assert_int_equal(f.told, 2);
	assert_int_equal(store_stats(f.store)->opened, 1);
	close_fake(&f);
}

static void count_one(void *arg, const struct store_answer *a, size_t n)
{
	unsigned *local = arg;
	(void)n;

	*local += a->local;
}

/* While one tries, the others do not, however many come at once. */
static void test_half_open(void **state)
{
	struct store_op op = { .kind = STORE_ADD, .key = STR("t:k"), .delta = { 1 } };
	struct fake f;
	unsigned local = 0;
	(void)state;

	open_fake(&f, true);
	f.mode = FAILS;
	for (int i = 0; i < 3; i++)
		ask(&f, STORE_ADD, 0);
	f.mode = SILENT;
	pass(&f, 520);
	for (int i = 0; i < 10; i++)
		store_send(f.store, &op, 1, 0, count_one, &local);
	assert_int_equal(f.begun, 4);
	pass(&f, 300);
	assert_int_equal(local, 10);
	assert_int_equal(f.dropped, 1);
	close_fake(&f);
}

/* Failures that are far apart do not open it; a connection that is back closes it. */
static void test_window(void **state)
{
	struct fake f;
	(void)state;

	open_fake(&f, true);
	f.mode = FAILS;
	for (int i = 0; i < 4; i++) {
		ask(&f, STORE_ADD, 0);
		pass(&f, 1100);
	}
	assert_true(store_up(f.store));
	for (int i = 0; i < 3; i++)
		ask(&f, STORE_ADD, 0);
	assert_false(store_up(f.store));
	store_report(f.store, false, "gone");
	store_report(f.store, true, "");
	assert_true(store_up(f.store));
	f.mode = ANSWERS;
	assert_false(ask(&f, STORE_ADD, 0).local);
	close_fake(&f);
}

/* What this process can do alone, and what it does not claim to know. */
static void test_fallback(void **state)
{
	static const struct {
		enum store_kind kind;
		unsigned flags;
		enum store_status status;
		bool local;
	} t[] = {
		{ STORE_GET, 0, STORE_FAILED, true },
		{ STORE_DEL, 0, STORE_FAILED, true },
		{ STORE_NEW, 0, STORE_NONE, true },
		{ STORE_NEW, 0, STORE_OK, true },
		{ STORE_GET, 0, STORE_OK, true },
		{ STORE_PUT, 0, STORE_OK, true },
		{ STORE_GET, STORE_SLOW, STORE_FAILED, false },
		{ STORE_PUT, STORE_DURABLE, STORE_FAILED, false },
		{ STORE_DEL, 0, STORE_OK, true },
		{ STORE_ADD, 0, STORE_OK, true },
		{ STORE_DEL, 0, STORE_OK, true },
		{ STORE_TAKE, 0, STORE_OK, true },
		{ STORE_DEL, 0, STORE_OK, true },
		{ STORE_JOIN, 0, STORE_OK, true },
		{ STORE_LEASE, 0, STORE_FAILED, true },
		{ STORE_APPEND, 0, STORE_FAILED, true },
		{ STORE_READ, 0, STORE_FAILED, true },
		{ STORE_WALK, 0, STORE_FAILED, true },
		{ STORE_RESTORE, 0, STORE_FAILED, true },
	};
	struct fake f;
	(void)state;

	open_fake(&f, true);
	f.mode = FAILS;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct store_answer a = ask(&f, t[i].kind, t[i].flags);

		if (a.status != t[i].status || a.local != t[i].local)
			fail_msg("row %zu: status %d, local %d", i, a.status, a.local);
	}
	close_fake(&f);
	open_fake(&f, false);
	f.mode = FAILS;
	assert_int_equal(ask(&f, STORE_ADD, 0).status, STORE_FAILED);
	assert_false(ask(&f, STORE_ADD, 0).local);
	close_fake(&f);
}

/* A store without room counts here, except what is to be on disk; it is no failure of its. */
static void test_no_room(void **state)
{
	struct fake f;
	struct store_answer a;
	(void)state;

	open_fake(&f, true);
	f.mode = FULL;
	for (int i = 1; i <= 10; i++) {
		a = ask(&f, STORE_ADD, 0);
		assert_true(a.local && a.status == STORE_OK && a.sum[0] == i);
	}
	assert_int_equal(ask(&f, STORE_ADD, STORE_DURABLE).status, STORE_FULL);
	assert_int_equal(ask(&f, STORE_APPEND, 0).status, STORE_FULL);
	assert_true(store_up(f.store));
	close_fake(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadline),  cmocka_unit_test(test_breaker),
		cmocka_unit_test(test_half_open), cmocka_unit_test(test_window),
		cmocka_unit_test(test_fallback),  cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
