/* Tests of the answer cache: who goes when it is full, when entries end, and what memory they take.
 */
#include "lib/test.h"

#include <stdio.h>

#include "base/arena.h"
#include "io/cache.h"

static struct cache_body *body(size_t octets, uint64_t expires)
{
	static char data[65536];
	struct dns_rr rr = { str_of(data, octets), 7 };
	struct dns_answer a = { .status = DNS_OK, .n = 1, .rr = &rr };

	return cache_body_new(&a, expires);
}

static void put(struct cache *c, const char *key, size_t octets, uint64_t expires)
{
	struct cache_body *b = body(octets, expires);

	cache_put(c, str_c(key), b, 0);
	cache_body_unref(b);
}

static bool has(struct cache *c, const char *key, uint64_t now)
{
	struct cache_body *b = cache_get(c, str_c(key), now);

	cache_body_unref(b);
	return b != NULL;
}

static void test_lru(void **state)
{
	struct cache *c = cache_new(3);
	(void)state;

	put(c, "a", 1, 100);
	put(c, "b", 1, 100);
	put(c, "c", 1, 100);
	assert_true(has(c, "a", 0));
	put(c, "d", 1, 100);
	assert_false(has(c, "b", 0)); /* used longest ago */
	assert_true(has(c, "a", 0) && has(c, "c", 0) && has(c, "d", 0));
	put(c, "a", 2, 100); /* in place of the other */
	assert_int_equal(cache_len(c), 3);
	cache_free(c);
	cache_free(NULL);
}

static void test_expiry(void **state)
{
	struct cache *c = cache_new(3);
	(void)state;

	put(c, "a", 1, 100);
	assert_true(has(c, "a", 99));
	assert_false(has(c, "a", 100));
	assert_int_equal(cache_len(c), 0);
	put(c, "b", 1, 0); /* expired already: not kept, and forgets what was there */
	assert_int_equal(cache_len(c), 0);
	put(c, "a", 1, 100);
	put(c, "a", 1, 0);
	assert_false(has(c, "a", 0));
	cache_free(c);
}

static void test_nothing(void **state)
{
	struct cache *c = cache_new(0);
	(void)state;

	put(c, "a", 1, 100);
	assert_false(has(c, "a", 0));
	assert_int_equal(cache_len(c), 0);
	cache_free(c);
}

/* Large answers cannot fill the memory: fewer of them are kept. */
static void test_octets(void **state)
{
	const size_t entries = 1000, large = 60000;
	struct cache *c = cache_new(entries);
	char key[32];
	(void)state;

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "%u", i);
		put(c, key, large, 100);
		assert_true(cache_len(c) * large <= entries * CACHE_OCTETS_PER_ENTRY);
		assert_true(has(c, key, 0));
	}
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "s%u", i);
		put(c, key, 10, 100);
	}
	assert_int_equal(cache_len(c), entries);
	cache_free(c);
}

/* An answer in somebody's hands outlives the entry and the cache. */
static void test_references(void **state)
{
	struct cache *c = cache_new(1);
	struct cache_body *b;
	(void)state;

	put(c, "a", 5, 100);
	b = cache_get(c, STR("a"), 0);
	assert_non_null(b);
	put(c, "b", 5, 100);
	cache_free(c);
	assert_int_equal(b->n, 1);
	assert_int_equal(b->rr[0].data.n, 5);
	assert_int_equal(b->rr[0].pref, 7);
	cache_body_unref(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lru),	   cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_nothing),	   cmocka_unit_test(test_octets),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
