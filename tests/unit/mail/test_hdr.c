/* The header list: octets, limits, odd names, hidden From lines. */
#include "lib/test.h"

#include <time.h>

#include "mail/hdr.h"

static void test_add(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value, *want_name, *want_value, *raw;
		bool odd;
		unsigned flags;
	} t[] = {
		{ "From", " a@b", "From", " a@b", "From: a@b\r\n" },
		{ "X", "", "X", "", "X:\r\n" },
		{ "X", "  \t v \t ", "X", "  \t v \t ", "X:  \t v \t \r\n" },
		{ "X", "a\n b\r\n\tc", "X", "a\r\n b\r\n\tc", "X:a\r\n b\r\n\tc\r\n" },
		{ "X", "a\n", "X", "a", "X:a\r\n" },
		{ "X", "a\r\n", "X", "a", "X:a\r\n" },
		{ "X", "a\n\n", "X", "a\r\n", "X:a\r\n\r\n" },
		{ "X", "a\r", "X", "a\r", "X:a\r\r\n", false, HDR_F_BARE_CR },
		{ "X", "a\rb\r\r\n c", "X", "a\rb\r\r\n c", "X:a\rb\r\r\n c\r\n", false,
		  HDR_F_BARE_CR },
		{ "X", "\xc3\xa9", "X", "\xc3\xa9", "X:\xc3\xa9\r\n", false, HDR_F_8BIT },
		{ "From ", " x", "From", " x", "From : x\r\n", true, HDR_F_ODD_NAME },
		{ "From\t ", "x", "From", "x", "From\t :x\r\n", true, HDR_F_ODD_NAME },
		{ "Fr om", "x", "Fr om", "x", "Fr om:x\r\n", true, HDR_F_ODD_NAME },
		{ "\xa0X", "x", "\xa0X", "x", "\xa0X:x\r\n", true, HDR_F_ODD_NAME | HDR_F_8BIT },
		{ "", "x", "", "x", ":x\r\n", true, HDR_F_ODD_NAME },
		{ "a:b", "x", "a:b", "x", "a:b:x\r\n", true, HDR_F_ODD_NAME },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct hdr_list h;
		const struct hdr *f;
		hdr_init(&h, a);
		f = hdr_add(&h, str_c(t[i].name), str_c(t[i].value));
		assert_non_null(f);
		assert_str(f->name, t[i].want_name);
		assert_str(f->value, t[i].want_value);
		assert_str(f->raw, t[i].raw);
		assert_int_equal(f->odd, t[i].odd);
		assert_int_equal(h.flags, t[i].flags);
		assert_int_equal(h.octets, f->raw.n);
		arena_free(a);
	}
}

static void test_nul(void **state)
{
	struct arena *a = arena_new(0);
	struct hdr_list h;
	const struct hdr *f;

	(void)state;
	hdr_init(&h, a);
	f = hdr_add(&h, STR("Fr\0om"), STR(" a\0b"));
	assert_true(str_eq(f->raw, STR("Fr\0om: a\0b\r\n")));
	assert_true(f->odd);
	assert_int_equal(h.flags, HDR_F_NUL | HDR_F_ODD_NAME);
	arena_free(a);
}

/* The octets are copied: what the caller does to its own later changes nothing. */
static void test_copied(void **state)
{
	struct arena *a = arena_new(0);
	char name[] = "X", value[] = "abc";
	struct hdr_list h;
	const struct hdr *f;

	(void)state;
	hdr_init(&h, a);
	f = hdr_add(&h, str_c(name), str_c(value));
	memset(name, '#', 1);
	memset(value, '#', 3);
	assert_str(f->raw, "X:abc\r\n");
	arena_free(a);
}

static void test_limit_field(void **state)
{
	static char big[HDR_MAX_FIELD + 1];
	struct arena *a = arena_new(0);
	struct hdr_list h;

	(void)state;
	memset(big, 'a', sizeof big);
	hdr_init(&h, a);
	assert_non_null(hdr_add(&h, STR("X"), str_of(big, HDR_MAX_FIELD - 4)));
	assert_int_equal(h.flags, 0);
	assert_null(hdr_add(&h, STR("X"), str_of(big, HDR_MAX_FIELD - 3)));
	assert_int_equal(h.flags, HDR_F_TOO_LONG);
	assert_null(hdr_add(&h, STR("X"), str_of(big, sizeof big)));
	/* LF that becomes CRLF counts. */
	big[3] = '\n';
	big[4] = ' ';
	assert_null(hdr_add(&h, STR("X"), str_of(big, HDR_MAX_FIELD - 4)));
	assert_int_equal(h.dropped, 3);
	assert_int_equal(h.v.n, 1);
	big[3] = 'a';
	assert_non_null(hdr_add(&h, str_of(big, HDR_MAX_NAME), STR("")));
	assert_null(hdr_add(&h, str_of(big, HDR_MAX_NAME + 1), STR("")));
	assert_int_equal(h.dropped, 4);
	arena_free(a);
}

static void test_limit_count(void **state)
{
	struct arena *a = arena_new(0);
	struct hdr_list h;

	(void)state;
	hdr_init(&h, a);
	for (size_t i = 0; i < HDR_MAX_FIELDS; i++)
		assert_non_null(hdr_add(&h, STR("X"), STR("")));
	assert_int_equal(h.flags, 0);
	assert_null(hdr_add(&h, STR("X"), STR("")));
	assert_int_equal(h.flags, HDR_F_TOO_MANY);
	assert_int_equal(h.hidden_from, 0);
	assert_null(hdr_add(&h, STR("from "), STR("")));
	assert_int_equal(h.hidden_from, 1);
	assert_int_equal(h.dropped, 2);
	arena_free(a);
}

static void test_limit_block(void **state)
{
	static char big[HDR_MAX_FIELD];
	struct arena *a = arena_new(0);
	struct hdr_list h;

	(void)state;
	memset(big, 'a', sizeof big);
	hdr_init(&h, a);
	for (size_t i = 0; i < HDR_MAX_BLOCK / HDR_MAX_FIELD; i++)
		assert_non_null(hdr_add(&h, STR("X"), str_of(big, HDR_MAX_FIELD - 4)));
	assert_int_equal(h.octets, HDR_MAX_BLOCK);
	assert_null(hdr_add(&h, STR("From"), STR("")));
	assert_int_equal(h.flags, HDR_F_TOO_BIG);
	assert_int_equal(h.hidden_from, 1);
	arena_free(a);
}

static void test_hidden_from(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		size_t hidden;
	} t[] = {
		{ "x\nFrom: a@b", 1 },
		{ "x\r\nFROM : a@b", 1 },
		{ "x\rFrom: a@b", 1 },
		{ "x\n from: a@b", 0 },
		{ "x\r\n from b: x", 0 },
		{ "x\nFrom\n : y", 1 },
		{ "x\nFroms: y", 0 },
		{ "x\nfrom:\rfrom:", 2 },
		{ "x\n\x01"
		  "from\xff: y",
		  1 },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct hdr_list h;
		hdr_init(&h, a);
		hdr_add(&h, STR("X"), str_c(t[i].value));
		assert_int_equal(h.hidden_from, t[i].hidden);
		arena_free(a);
	}
}

/* Many lines in one field cost no more than their octets. */
static void test_hostile(void **state)
{
	static const char *const units[] = { "\r", "\r\x01", "\n", "\rFrom", "\rx:" };
	static char big[HDR_MAX_FIELD - 4];
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		struct arena *a = arena_new(0);
		size_t n = strlen(units[i]);
		struct hdr_list h;
		hdr_init(&h, a);
		for (size_t k = 0; k + n <= sizeof big / 2; k += n)
			memcpy(big + k, units[i], n);
		for (unsigned k = 0; k < 16; k++)
			assert_non_null(hdr_add(&h, STR("X"), str_of(big, sizeof big / 2)));
		arena_free(a);
	}
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
}

static void test_like(void **state)
{
	(void)state;
	static const struct {
		struct str name;
		bool like;
	} t[] = {
		{ STR("From"), true },
		{ STR("fROM"), true },
		{ STR(" From\t"), true },
		{ STR("From\0"), true },
		{ STR("F\0r\xa0om"), true },
		{ STR("From:x"), true },
		{ STR("\xef\xbb\xbf"
		      "From"),
		  true },
		{ STR("From-"), false },
		{ STR("Fro"), false },
		{ STR(""), false },
		{ STR("X-From"), false },
		{ STR("Resent-From"), false },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_int_equal(hdr_like(t[i].name, STR("from")), t[i].like);
}

static void test_find(void **state)
{
	struct arena *a = arena_new(0);
	struct hdr_list h;

	(void)state;
	hdr_init(&h, a);
	hdr_add(&h, STR("A"), STR("1"));
	hdr_add(&h, STR("b"), STR("2"));
	hdr_add(&h, STR("a"), STR("3"));
	assert_str(hdr_find(&h, STR("a"), 0)->value, "1");
	assert_str(hdr_find(&h, STR("A"), 1)->value, "3");
	assert_null(hdr_find(&h, STR("a"), 2));
	assert_null(hdr_find(&h, STR("c"), 0));
	assert_int_equal(hdr_count(&h, STR("A")), 2);
	assert_int_equal(hdr_count(&h, STR("c")), 0);
	arena_free(a);
}

/* RFC 5322 2.2.3: unfolding removes the CRLF that WSP follows, and nothing else. */
static void test_unfold(void **state)
{
	static const char *const t[][2] = {
		{ " a", "a" },		{ "a\r\n b", "a b" },	    { " a\r\n\t b \r\n ", "a\t b" },
		{ "\r\n a", "a" },	{ "a\r\n \r\n b", "a  b" }, { "", "" },
		{ " \t ", "" },		{ "a\r b", "a\r b" },	    { "a\n b", "a b" },
		{ "a\r\nb", "a\r\nb" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_str(hdr_unfold(a, str_c(t[i][0])), t[i][1]);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),	    cmocka_unit_test(test_nul),
		cmocka_unit_test(test_copied),	    cmocka_unit_test(test_limit_field),
		cmocka_unit_test(test_limit_count), cmocka_unit_test(test_limit_block),
		cmocka_unit_test(test_hidden_from), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_like),	    cmocka_unit_test(test_find),
		cmocka_unit_test(test_unfold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
