/* Tests of byte slices. */
#include "lib/test.h"

static void test_compare(void **state)
{
	static const struct {
		const char *a, *b;
		int icmp;
	} t[] = {
		{ "", "", 0 },	    { "a", "A", 0 },	    { "a", "b", -1 }, { "B", "a", 1 },
		{ "ab", "a", 1 },   { "a", "AB", -1 },	    { "[", "{", -1 }, { "@", "`", -1 },
		{ "\xff", "a", 1 }, { "\xc1", "\xe1", -1 }, { "Z", "_", 1 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct str a = str_c(t[i].a), b = str_c(t[i].b);
		assert_int_equal(str_icmp(a, b), t[i].icmp);
		assert_int_equal(str_icmp(b, a), -t[i].icmp);
		assert_int_equal(str_ieq(a, b), t[i].icmp == 0);
		assert_int_equal(str_eq(a, b), strcmp(t[i].a, t[i].b) == 0);
	}
	assert_true(str_eq(STR_NULL, STR("")));
	assert_true(str_ieq(STR_NULL, STR("")));
	assert_false(str_eq(str_of("a\0b", 3), str_of("a\0c", 3)));
}

static void test_ends(void **state)
{
	static const struct {
		const char *s, *part;
		bool starts, istarts, iends;
	} t[] = {
		{ "Subject", "Sub", true, true, false },
		{ "Subject", "sub", false, true, false },
		{ "Subject", "JECT", false, false, true },
		{ "ab", "abc", false, false, false },
		{ "", "", true, true, true },
		{ "a", "", true, true, true },
		{ "", "a", false, false, false },
		{ "abc", "ABC", false, true, true },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct str s = str_c(t[i].s), part = str_c(t[i].part);
		assert_int_equal(str_starts(s, part), t[i].starts);
		assert_int_equal(str_istarts(s, part), t[i].istarts);
		assert_int_equal(str_iends(s, part), t[i].iends);
	}
	assert_true(str_starts(STR("a"), STR_NULL));
	assert_false(str_starts(STR_NULL, STR("a")));
	assert_true(str_iends(STR_NULL, STR_NULL));
}

static void test_glob(void **state)
{
	static const struct {
		const char *pattern, *s;
		bool fits;
	} t[] = {
		{ "", "", true },	  { "", "a", false },	    { "*", "", true },
		{ "*", "abc", true },	  { "?", "", false },	    { "?", "a", true },
		{ "a*c", "abbc", true },  { "a*c", "abcd", false }, { "a*b*c", "aXbYbZc", true },
		{ "*ab", "aab", true },	  { "a**", "a", true },	    { "a?c", "a*c", true },
		{ "*b?", "abab", false }, { "A*", "abc", false },   { "abc", "ab", false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (str_glob(str_c(t[i].pattern), str_c(t[i].s)) != t[i].fits)
			fail_msg("%s on %s", t[i].pattern, t[i].s);
	assert_true(str_iglob(STR("A*?c"), STR("abBC")));
	assert_false(str_iglob(STR("a?"), STR("A")));
}

static void test_search(void **state)
{
	static const struct {
		const char *s, *needle;
		size_t at;
		bool ifind;
	} t[] = {
		{ "hello", "l", 2, true },	   { "hello", "lo", 3, true },
		{ "hello", "LO", SIZE_MAX, true }, { "hello", "x", SIZE_MAX, false },
		{ "hello", "", 0, true },	   { "", "", 0, true },
		{ "", "x", SIZE_MAX, false },	   { "ab", "abc", SIZE_MAX, false },
		{ "aab", "ab", 1, true },	   { "hello", "hello", 0, true },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(str_find(str_c(t[i].s), str_c(t[i].needle)), t[i].at);
		assert_int_equal(str_ifind(str_c(t[i].s), str_c(t[i].needle)), t[i].ifind);
	}
	assert_int_equal(str_chr(STR("abcb"), 'b'), 1);
	assert_int_equal(ch_base64('Z') + ch_base64('z') + ch_base64('9'), 25 + 51 + 61);
	assert_int_equal(ch_base64('+') * 64 + ch_base64('/'), 62 * 64 + 63);
	assert_int_equal(ch_base64('='), -1);
	assert_int_equal(str_rchr(STR("abcb"), 'b'), 3);
	assert_int_equal(str_chr(STR("abcb"), 'x'), SIZE_MAX);
	assert_int_equal(str_rchr(STR_NULL, 'x'), SIZE_MAX);
	assert_int_equal(str_chr(STR_NULL, 'x'), SIZE_MAX);
	assert_int_equal(str_chr(str_of("a\0b", 3), '\0'), 1);
	assert_int_equal(str_find(STR_NULL, STR("x")), SIZE_MAX);
}

static void test_cuts(void **state)
{
	struct str line = STR(" one\t two \r\n");
	struct str s = STR("a=b=c");
	(void)state;

	assert_str(str_sub(s, 1, 2), "=b");
	assert_str(str_sub(s, 4, 99), "c");
	assert_str(str_sub(s, 99, 1), "");
	assert_str(str_sub(s, 5, SIZE_MAX), "");
	assert_null(str_sub(STR_NULL, 3, 3).p);
	assert_str(str_skip(s, 2), "b=c");
	assert_str(str_trim(STR(" \t\r\na b\r\n")), "a b");
	assert_str(str_trim(STR(" \r\n")), "");
	assert_str(str_trim(STR_NULL), "");
	assert_str(str_word(&line), "one");
	assert_str(str_word(&line), "two");
	assert_str(str_word(&line), "");
	assert_str(line, "");
	assert_str(str_cut(&s, '='), "a");
	assert_str(s, "b=c");
	assert_str(str_cut(&s, '='), "b");
	assert_str(str_cut(&s, '='), "c");
	assert_null(s.p);
	s = STR("x=");
	assert_str(str_cut(&s, '='), "x");
	assert_true(s.p && s.n == 0); /* empty, not absent */
}

static void test_u64(void **state)
{
	static const struct {
		const char *s;
		uint64_t max;
		bool ok;
		uint64_t v;
	} t[] = {
		{ "0", 0, true, 0 },
		{ "007", 10, true, 7 },
		{ "10", 10, true, 10 },
		{ "11", 10, false, 0 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999", UINT64_MAX, false, 0 },
		{ "", 10, false, 0 },
		{ "-1", 10, false, 0 },
		{ "+1", 10, false, 0 },
		{ " 1", 10, false, 0 },
		{ "1 ", 10, false, 0 },
		{ "0x1", 10, false, 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		uint64_t v = 99;
		assert_int_equal(str_u64(str_c(t[i].s), t[i].max, &v), t[i].ok);
		assert_int_equal(v, t[i].ok ? t[i].v : 99);
	}
	uint64_t v;
	assert_false(str_u64(str_of("1\0", 2), 10, &v));
	assert_false(str_u64(STR_NULL, 10, &v));
}

static void test_f64(void **state)
{
	static const struct {
		const char *s;
		bool ok;
		double v;
	} t[] = {
		{ "0", true, 0 },      { "1.5", true, 1.5 },  { "-.5", true, -0.5 },
		{ "+2", true, 2 },     { "1e3", true, 1000 }, { "2E-1", true, 0.2 },
		{ "", false, 0 },      { "-", false, 0 },     { ".", false, 0 },
		{ "1.2.3", false, 0 }, { "1 ", false, 0 },    { " 1", false, 0 },
		{ "0x10", false, 0 },  { "inf", false, 0 },   { "nan", false, 0 },
		{ "1e999", false, 0 }, { "1,5", false, 0 },   { "e", false, 0 },
	};
	char wide[65];
	double v;
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		v = 99;
		assert_int_equal(str_f64(str_c(t[i].s), &v), t[i].ok);
		assert_true(v == (t[i].ok ? t[i].v : 99));
	}
	memset(wide, '0', sizeof wide);
	assert_true(str_f64(str_of(wide, 63), &v));
	assert_false(str_f64(str_of(wide, 64), &v));
	assert_false(str_f64(str_of("1\0", 2), &v));
	assert_false(str_f64(STR_NULL, &v));
}

static void test_octets(void **state)
{
	(void)state;

	for (int i = 0; i < 256; i++) {
		char c[3] = { 'a', (char)i, 'z' };
		assert_int_equal(str_ascii(str_of(c, 3)), i < 128);
		assert_int_equal(str_printable(str_of(c, 3)), i >= 32 && i < 127);
	}
	assert_true(str_ascii(STR_NULL));
	assert_false(str_printable(STR_NULL));
}

static void test_chars(void **state)
{
	(void)state;

	for (int i = 0; i < 256; i++) {
		char c = (char)i;
		bool alpha = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z');
		assert_int_equal(ch_alpha(c), alpha);
		assert_int_equal(ch_digit(c), i >= '0' && i <= '9');
		assert_int_equal(ch_alnum(c), alpha || (i >= '0' && i <= '9'));
		assert_int_equal(ch_lower(c), (char)(i >= 'A' && i <= 'Z' ? i + 32 : i));
		const char *hex = i ? strchr("0123456789abcdef", ch_lower(c)) : NULL;
		assert_int_equal(ch_hex(c), hex ? hex - "0123456789abcdef" : -1);
		assert_int_equal(ch_fws(c), i && strchr(" \t\r\n", i) != NULL);
		assert_int_equal(ch_wsp(c), i && strchr(" \t", i) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare), cmocka_unit_test(test_ends),
		cmocka_unit_test(test_search),	cmocka_unit_test(test_glob),
		cmocka_unit_test(test_cuts),	cmocka_unit_test(test_u64),
		cmocka_unit_test(test_f64),	cmocka_unit_test(test_octets),
		cmocka_unit_test(test_chars),
	};

	return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
