/* Packets between the keeper and who asks it: each field of each type, its bounds, every cut. */
#include "lib/test.h"

#include "base/octets.h"
#include "sign/keeper.h"
#include "sign/talk.h"

static struct str filled(struct arena *a, char c, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	memset(p, c, n);
	return str_of(p, n);
}

static struct talk full(struct arena *a, enum talk_type type)
{
	struct talk t = { .type = type,
			  .number = 0x0102030405060708,
			  .index = SIGN_KEYS_MAX,
			  .ok = true,
			  .key = { .type = KEY_RSA, .bits = KEY_RSA_MAX },
			  .path = filled(a, 'p', TALK_PATH_MAX),
			  .domain = filled(a, 'd', TALK_NAME_MAX),
			  .selector = filled(a, 's', TALK_NAME_MAX),
			  .fault = filled(a, 'f', TALK_FAULT_MAX) };

	memset(t.key.id, 'i', SIGN_ID);
	t.key.public = filled(a, 'k', TALK_PUBLIC_MAX);
	return t;
}

static void test_round_trip(void **state)
{
	struct arena *a = arena_new(0);
	struct talk back;
	(void)state;

	for (enum talk_type type = 0; type < TALK_TYPES; type++) {
		struct talk t = full(a, type);
		struct str s = talk_format(a, &t);
		assert_true(s.n <= TALK_MAX);
		assert_true(talk_parse(s, &back));
		assert_int_equal(back.type, type);
		assert_true(back.number == t.number);
		assert_true(str_eq(talk_format(a, &back), s));
	}
	arena_free(a);
}

/* No packet that is shorter or longer than it says is one. */
static void test_cuts(void **state)
{
	struct arena *a = arena_new(0);
	struct talk back;
	(void)state;

	for (enum talk_type type = 0; type < TALK_TYPES; type++) {
		struct talk t = full(a, type);
		struct buf b = { .arena = a };
		buf_add(&b, talk_format(a, &t));
		for (size_t n = 0; n < b.n; n++)
			assert_false(talk_parse(str_sub(buf_str(&b), 0, n), &back));
		buf_addc(&b, '\0');
		assert_false(talk_parse(buf_str(&b), &back));
	}
	arena_free(a);
}

static void test_bounds(void **state)
{
	static const enum talk_type type[] = { TALK_FILE,   TALK_FILE,	 TALK_FILE,
					       TALK_LOAD,   TALK_MAKE,	 TALK_MAKE,
					       TALK_RESULT, TALK_RESULT, TALK_MAKE };
	struct arena *a = arena_new(0);
	struct talk back;
	(void)state;

	for (size_t i = 0; i < sizeof type / sizeof *type; i++) {
		struct talk t = full(a, type[i]);
		assert_true(talk_parse(talk_format(a, &t), &back));
		switch (i) {
		case 0:
			t.path = filled(a, 'p', TALK_PATH_MAX + 1);
			break;
		case 1:
			t.path = STR("");
			break;
		case 2:
			t.path = STR("a\0b");
			break;
		case 3:
			t.index = SIGN_KEYS_MAX + 1;
			break;
		case 4:
			t.domain = filled(a, 'd', TALK_NAME_MAX + 1);
			break;
		case 5:
			t.selector = filled(a, 's', TALK_NAME_MAX + 1);
			break;
		case 6:
			t.key.public = filled(a, 'k', TALK_PUBLIC_MAX + 1);
			break;
		case 7:
			t.key.bits = KEY_RSA_MAX + 1;
			break;
		default:
			t.key.type = (enum key_type)(KEY_ED25519 + 1);
		}
		if (talk_parse(talk_format(a, &t), &back))
			fail_msg("case %zu", i);
	}
	arena_free(a);
}

static void test_head(void **state)
{
	struct arena *a = arena_new(0);
	struct talk t = full(a, TALK_WIPE), back;
	struct str s = talk_format(a, &t);
	char *p = arena_cstr(a, s);
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		p[i] ^= 1;
		assert_false(talk_parse(str_of(p, s.n), &back));
		p[i] ^= 1;
	}
	p[3] = TALK_TYPES;
	assert_false(talk_parse(str_of(p, s.n), &back));
	p[3] = (char)0xff;
	assert_false(talk_parse(str_of(p, s.n), &back));
	arena_free(a);
}

/* A reason that is too long is cut, so that the answer comes. */
static void test_long_fault(void **state)
{
	struct arena *a = arena_new(0);
	struct talk t = full(a, TALK_LOADED), back;
	(void)state;

	t.fault = filled(a, 'f', 10 * TALK_FAULT_MAX);
	assert_true(talk_parse(talk_format(a, &t), &back));
	assert_int_equal(back.fault.n, TALK_FAULT_MAX);
	arena_free(a);
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "a", true },	     { "example.org", true },  { "xn--bcher-kva.example", true },
		{ "2026-01", true }, { "a--b", true },	       { "", false },
		{ ".", false },	     { "..", false },	       { "a.", false },
		{ ".a", false },     { "a..b", false },	       { "-a", false },
		{ "a-", false },     { "a.-b", false },	       { "a-.b", false },
		{ "A", false },	     { "a_b", true },	       { "a/b", false },
		{ "a b", false },    { "a\n", false },	       { "a\xc3\xa9", false },
		{ "*", false },	     { "a.b/../../c", false }, { "_x.example", true },
	};
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (talk_name_ok(str_c(cases[i].name)) != cases[i].good)
			fail_msg("\"%s\"", cases[i].name);
	assert_false(talk_name_ok(STR("a\0b")));
	assert_true(talk_name_ok(filled(a, 'a', 63)));
	assert_false(talk_name_ok(filled(a, 'a', 64)));
	for (unsigned i = 0; i < 126; i++)
		buf_add(&b, STR("a."));
	buf_addc(&b, 'a');
	assert_true(talk_name_ok(buf_str(&b))); /* 253 octets */
	buf_add(&b, STR(".a"));
	assert_false(talk_name_ok(buf_str(&b)));
	arena_free(a);
}

/* What would not fit is refused before anybody is asked: there is nobody. */
static void test_load_bounds(void **state)
{
	struct arena *a = arena_new(0);
	struct sign_file *f = ARENA_ARRAY(a, struct sign_file, SIGN_KEYS_MAX + 1);
	struct err e;
	(void)state;

	for (size_t i = 0; i <= SIGN_KEYS_MAX; i++)
		f[i] = (struct sign_file){ .path = "/nowhere", .where = "merlon.conf:7" };
	assert_int_equal(keeper_load(-1, a, f, SIGN_KEYS_MAX + 1, &e), -1);
	assert_string_equal(e.text, "20001 files of private keys, over 20000");
	f[2].path = arena_cstr(a, filled(a, 'p', TALK_PATH_MAX + 1));
	assert_int_equal(keeper_load(-1, a, f, 3, &e), -1);
	assert_string_equal(e.text, "merlon.conf:7: no path of a private key");
	f[2].path = "";
	assert_int_equal(keeper_load(-1, a, f, 3, &e), -1);
	assert_string_equal(e.text, "merlon.conf:7: no path of a private key");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_bounds),	    cmocka_unit_test(test_head),
		cmocka_unit_test(test_long_fault),  cmocka_unit_test(test_names),
		cmocka_unit_test(test_load_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
