/* Tests of the store in memory: the suite, and its bounds. */
#include "lib/test.h"

#include <stdio.h>

#include "store/memory.h"
#include "unit/store/suite.h"

static void open_memory(struct suite *s)
{
	s->store = store_memory(s->loop);
	store_clock(s->store, suite_now, s);
}

static void close_memory(struct suite *s)
{
	store_free(s->store);
}

static const struct suite_kind kinds[] = { { "memory", open_memory, close_memory, true } };

static enum store_status run(struct memory *m, enum store_kind kind, unsigned key,
			     struct str member, size_t size)
{
	static char octets[2048];
	char name[32];
	struct arena *a = arena_new(0);
	struct store_op op = {
		.kind = kind, .member = member, .value = str_of(octets, size), .delta = { 1 }
	};
	struct store_answer ans;

	op.key = str_of(name, (size_t)snprintf(name, sizeof name, "t:%u", key));
	table_run(memory_table(m), a, &op, 1700000000000, &ans);
	arena_free(a);
	return ans.status;
}

/* It never holds more than it may, and what was touched longest ago leaves first. */
static void test_bounds(void **state)
{
	struct memory *m = memory_new(100);
	(void)state;

	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(run(m, STORE_PUT, i, STR_NULL, 10), STORE_OK);
		assert_int_equal(run(m, STORE_GET, 0, STR_NULL, 0), STORE_OK);
		assert_true(memory_len(m) <= 100);
	}
	assert_int_equal(run(m, STORE_GET, 901, STR_NULL, 0), STORE_OK);
	assert_int_equal(run(m, STORE_GET, 900, STR_NULL, 0), STORE_NONE);
	/* by octets too: 100 KiB hold fewer than 50 values of 2 KiB */
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(run(m, STORE_PUT, i, STR_NULL, 2048), STORE_OK);
	assert_true(memory_len(m) < 50 && memory_len(m) > 40);
	memory_clear(m);
	assert_int_equal(memory_len(m), 0);
	memory_free(m);
	memory_free(NULL);
}

/* One set or log cannot take it over either. */
static void test_bounds_below(void **state)
{
	struct memory *m = memory_new(100);
	char name[32];
	(void)state;

	for (unsigned i = 0; i < 1000; i++) {
		struct str member = str_of(name, (size_t)snprintf(name, sizeof name, "m%u", i));

		assert_int_equal(run(m, STORE_JOIN, 1, member, 0), STORE_OK);
		assert_int_equal(run(m, STORE_APPEND, 2, STR_NULL, 5), STORE_OK);
		assert_true(memory_len(m) <= 100);
	}
	memory_free(m);
}

/* Whether who gets the lease at that moment. */
static bool lease(struct memory *m, const char *who, int64_t now)
{
	struct arena *a = arena_new(0);
	struct store_op op = {
		.kind = STORE_LEASE, .key = STR("t:lease"), .value = str_c(who), .ttl_ms = 30000
	};
	struct store_answer ans;

	table_run(memory_table(m), a, &op, now, &ans);
	arena_free(a);
	assert_int_equal(ans.status, STORE_OK);
	return ans.admitted;
}

/* The clock was an hour ahead when an owner got it who is dead now: it ends when it would have. */
static void test_lease_from_the_future(void **state)
{
	struct memory *m = memory_new(100);
	int64_t now = 1700000000000;
	(void)state;

	assert_true(lease(m, "dead", now + 3600000));
	assert_false(lease(m, "me", now));
	assert_false(lease(m, "me", now + 15000));
	assert_false(lease(m, "me", now + 29999));
	assert_true(lease(m, "me", now + 30000));
	/* one who lives renews it */
	assert_true(lease(m, "me", now + 50000));
	assert_false(lease(m, "you", now + 70000));
	assert_true(lease(m, "you", now + 80000));
	memory_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_bounds_below),
		cmocka_unit_test(test_lease_from_the_future),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) +
	       suite_run(kinds, sizeof kinds / sizeof *kinds);
}
