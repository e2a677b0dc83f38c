/* Dates: RFC 5322 3.3 and 4.3, what is out of range, and the way there and back. */
#include "lib/test.h"

#include <time.h>

#include "mail/date.h"

#define T0 1795320000 /* Sun, 22 Nov 2026 04:00:00 +0000 */

static const struct {
	struct str in;
	int64_t t;
} good[] = {
	{ STR("Sun, 22 Nov 2026 04:00:00 +0000"), T0 },
	{ STR(" Sun,\r\n 22\tNov 2026 04:00:00 +0000 (UTC)\r\n "), T0 },
	{ STR("22 Nov 2026 04:00:00 +0000"), T0 },
	{ STR("22 Nov 2026 04:00 +0000"), T0 },
	{ STR("Mon, 22 Nov 2026 04:00:00 +0000"), T0 }, /* the wrong day is nobody's business */
	{ STR("sun, 22 nOV 2026 04:00:00 gmt"), T0 },
	{ STR("22 Nov 2026 05:30:00 +0130"), T0 },
	{ STR("21 Nov 2026 20:00:00 -0800"), T0 },
	{ STR("22 Nov 2026 04:00:00 -0000"), T0 },
	{ STR("22 Nov 2026 04:00:01 +0000"), T0 + 1 },
	{ STR("22 Nov 2026 03:59:60 +0000"), T0 },
	{ STR("22 Nov 2026 04:00:00 +9959"), T0 - 99 * 3600 - 59 * 60 },
	/* obsolete zones (4.3) */
	{ STR("22 Nov 2026 04:00:00 UT"), T0 },
	{ STR("21 Nov 2026 23:00:00 EST"), T0 },
	{ STR("22 Nov 2026 00:00:00 EDT"), T0 },
	{ STR("21 Nov 2026 22:00:00 CST"), T0 },
	{ STR("21 Nov 2026 23:00:00 CDT"), T0 },
	{ STR("21 Nov 2026 21:00:00 MST"), T0 },
	{ STR("21 Nov 2026 22:00:00 MDT"), T0 },
	{ STR("21 Nov 2026 20:00:00 PST"), T0 },
	{ STR("21 Nov 2026 21:00:00 PDT"), T0 },
	{ STR("22 Nov 2026 04:00:00 Z"), T0 },
	{ STR("22 Nov 2026 04:00:00 A"), T0 }, /* military: as -0000 */
	{ STR("22 Nov 2026 04:00:00 y"), T0 },
	{ STR("22 Nov 2026 04:00:00 CEST"), T0 }, /* unknown: as -0000 */
	/* years of two and three digits (4.3) */
	{ STR("1 Jan 00 00:00 GMT"), 946684800 },
	{ STR("1 Jan 49 00:00 GMT"), 2493072000 },
	{ STR("1 Jan 50 00:00 GMT"), -631152000 },
	{ STR("1 Jan 70 00:00 GMT"), 0 },
	{ STR("1 Jan 101 00:00 GMT"), 978307200 },
	/* CFWS between all tokens (obs-date) */
	{ STR("(a)Sun(b),(c)22(d)Nov(e)2026(f)04(g):(h)00(i):(j)00(k)+0000(l)"), T0 },
	{ STR("22Nov2026 4:00:00+0000"), T0 },
	/* ends of what is read */
	{ STR("1 Jan 1900 00:00:00 +0000"), -2208988800 },
	{ STR("31 Dec 9999 23:59:59 +0000"), 253402300799 },
	{ STR("29 Feb 2000 00:00:00 +0000"), 951782400 },
	{ STR("29 Feb 2024 00:00:00 +0000"), 1709164800 },
};

static const struct str bad[] = {
	STR(""),
	STR(" "),
	STR("(22 Nov 2026 04:00:00 +0000)"),
	STR("Sun"),
	STR("Sun,"),
	STR("Sun 22 Nov 2026 04:00:00 +0000"),
	STR("Foo, 22 Nov 2026 04:00:00 +0000"),
	STR("Sunday, 22 Nov 2026 04:00:00 +0000"),
	STR("22 Nov 2026"),
	STR("22 Nov 2026 04:00:00"),
	STR("22 Nov 2026 04 +0000"),
	STR("22 Nov 2026 04:00: +0000"),
	STR("22 Nov 2026 04:0:00 +0000"),
	STR("22 Nov 2026 04:00:00 +000"),
	STR("22 Nov 2026 04:00:00 +00000"),
	STR("22 Nov 2026 04:00:00 +0060"),
	STR("22 Nov 2026 04:00:00 0000"),
	STR("22 Nov 2026 04:00:00 J"),
	STR("22 Nov 2026 04:00:00 UNKNOWN"),
	STR("22 Nov 2026 04:00:00 GMT+1"),
	STR("22 Nov 2026 04:00:00 +0000 x"),
	STR("22 Nov 2026 04:00:00 +0000;"),
	STR("22 Nov 2026 04:00:00 +0000 (x"),
	STR("22 Nov 2026 04:00:00 +0000\0"),
	STR("22\0Nov 2026 04:00:00 +0000"),
	STR("0 Nov 2026 04:00:00 +0000"),
	STR("31 Nov 2026 04:00:00 +0000"),
	STR("32 Dec 2026 04:00:00 +0000"),
	STR("29 Feb 2026 04:00:00 +0000"),
	STR("29 Feb 1900 04:00:00 +0000"),
	STR("222 Nov 2026 04:00:00 +0000"),
	STR("22 Foo 2026 04:00:00 +0000"),
	STR("22 November 2026 04:00:00 +0000"),
	STR("22 Nov 6 04:00:00 +0000"),
	STR("22 Nov 1899 04:00:00 +0000"),
	STR("22 Nov 02026 04:00:00 +0000"),
	STR("22 Nov 10000 04:00:00 +0000"),
	STR("22 Nov 99999999999999999999 04:00:00 +0000"),
	STR("22 Nov 2026 24:00:00 +0000"),
	STR("22 Nov 2026 04:60:00 +0000"),
	STR("22 Nov 2026 04:00:61 +0000"),
	STR("22 Nov 2026 004:00:00 +0000"),
	STR("-2 Nov 2026 04:00:00 +0000"),
	STR("2026-11-22T04:00:00Z"),
	STR("Sun Nov 22 04:00:00 2026"),
	STR("((((((((((((((((((x)))))))))))))))))) 22 Nov 2026 04:00:00 +0000"),
};

static void test_parse(void **state)
{
	int64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		if (!date_parse(good[i].in, &t))
			fail_msg("\"%.*s\" is refused", STR_ARG(good[i].in));
		assert_true(t == good[i].t);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		t = 42;
		if (date_parse(bad[i], &t))
			fail_msg("\"%.*s\" is taken", STR_ARG(bad[i]));
		assert_true(t == 42);
	}
}

/* Every day from 1900 to 9999 (at an odd second), against the C library's calendar. */
static void test_format(void **state)
{
	char out[DATE_MAX], want[DATE_MAX * 2];
	int64_t back;

	(void)state;
	for (int64_t t = -2208988800; t <= 253402300799; t += 86400 * 3 + 12345) {
		time_t tt = (time_t)t;
		struct tm tm;
		assert_non_null(gmtime_r(&tt, &tm));
		strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S +0000", &tm);
		assert_string_equal(date_format(t, out), want);
		assert_true(date_parse(str_c(out), &back) && back == t);
	}
}

static void test_format_ends(void **state)
{
	char out[DATE_MAX];

	(void)state;
	assert_string_equal(date_format(T0, out), "Sun, 22 Nov 2026 04:00:00 +0000");
	assert_string_equal(date_format(-1, out), "Wed, 31 Dec 1969 23:59:59 +0000");
	assert_string_equal(date_format(INT64_MIN, out), "Mon, 01 Jan 1900 00:00:00 +0000");
	assert_string_equal(date_format(INT64_MAX, out), "Fri, 31 Dec 9999 23:59:59 +0000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
