/* Tests of the keyed hash and of the maps that stand on it. */
#include "lib/test.h"

#include "base/hash.h"
#include "base/map.h"

#define MANY 100000u

/* Key 000102…0f, input 00 01 02 … of the given length: appendix A of the SipHash paper for 2-4. */
static void test_vectors(void **state)
{
	static const struct {
		size_t n;
		uint64_t h24;
	} t[] = {
		{ 0, 0x726fdb47dd0e0e31u },  { 1, 0x74f839c593dc67fdu },
		{ 7, 0xab0200f58b01d137u },  { 8, 0x93f5f5799a932462u },
		{ 15, 0xa129ca6149be45e5u }, { 63, 0x958a324ceb064572u },
	};
	const struct hash_key key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
	char in[64];
	(void)state;

	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (char)i;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_int_equal(hash_sip24(key, str_of(in, t[i].n)), t[i].h24);
	/* 1-3: what CPython's and Rust's default hashers are built on. */
	assert_int_equal(hash_sip13(key, STR("")), 0xabac0158050fc4dcu);
	assert_int_equal(hash_sip13(key, str_of(in, 1)), 0xc9f49bf37d57ca93u);
}

static void test_fold_hash(void **state)
{
	struct hash_key key = hash_key_random();
	char a[67], b[67];
	(void)state;

	for (int shift = 0; shift < 256; shift++) {
		for (size_t i = 0; i < sizeof a; i++) {
			a[i] = (char)(i * 7 + (size_t)shift);
			b[i] = ch_lower(a[i]);
		}
		for (size_t n = 0; n <= sizeof a; n++)
			assert_int_equal(hash_sip13_fold(key, str_of(a, n)),
					 hash_sip13(key, str_of(b, n)));
	}
}

static void test_many(void **state)
{
	struct arena *a = arena_new(0);
	struct map *m = map_new(a, false);
	size_t *values = ARENA_ARRAY(a, size_t, MANY);
	(void)state;

	assert_null(map_get(m, STR("key0")));
	for (size_t i = 0; i < MANY; i++) {
		values[i] = i;
		assert_null(map_put(m, arena_printf(a, "key%zu", i), &values[i]));
	}
	assert_int_equal(map_len(m), MANY);
	for (size_t i = 0; i < MANY; i++) {
		struct str key = arena_printf(a, "key%zu", i);
		assert_ptr_equal(map_get(m, key), &values[i]);
		assert_ptr_equal(map_at(m, i), &values[i]);
		assert_true(str_eq(map_key_at(m, i), key));
	}
	assert_null(map_get(m, STR("key100000")));
	assert_null(map_get(m, STR("KEY1")));
	assert_ptr_equal(map_put(m, STR("key5"), &values[0]), &values[5]);
	assert_ptr_equal(map_get(m, STR("key5")), &values[0]);
	assert_int_equal(map_len(m), MANY);
	arena_free(a);
}

static void test_fold(void **state)
{
	static int one, two;
	struct arena *a = arena_new(0);
	struct map *m = map_new(a, true);
	(void)state;

	assert_null(map_put(m, STR("Subject"), &one));
	assert_ptr_equal(map_get(m, STR("sUBJECT")), &one);
	assert_ptr_equal(map_put(m, STR("SUBJECT"), &two), &one);
	assert_str(map_key_at(m, 0), "Subject");
	assert_int_equal(map_len(m), 1);
	/* Only ASCII letters fold: neither '@' and '`' nor 8-bit octets are pairs. */
	assert_null(map_put(m, STR("a@"), &one));
	assert_null(map_get(m, STR("a`")));
	assert_null(map_put(m, STR("\xc1"), &one));
	assert_null(map_get(m, STR("\xe1")));
	arena_free(a);
}

static void test_odd_keys(void **state)
{
	static int v[4];
	struct arena *a = arena_new(0);
	struct map *m = map_new(a, false);
	(void)state;

	assert_null(map_put(m, STR_NULL, &v[0]));
	assert_ptr_equal(map_get(m, STR("")), &v[0]);
	assert_null(map_put(m, str_of("\0", 1), &v[1]));
	assert_null(map_put(m, str_of("\0\0", 2), &v[2]));
	assert_null(map_put(m, str_of("a\0b", 3), &v[3]));
	assert_ptr_equal(map_get(m, str_of("\0", 1)), &v[1]);
	assert_ptr_equal(map_get(m, str_of("a\0b", 3)), &v[3]);
	assert_null(map_get(m, str_of("a\0c", 3)));
	assert_int_equal(map_len(m), 4);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),	 cmocka_unit_test(test_fold_hash),
		cmocka_unit_test(test_many),	 cmocka_unit_test(test_fold),
		cmocka_unit_test(test_odd_keys),
	};

	return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
