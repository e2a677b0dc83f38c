/* Tests of the text that is said: made plain, cut fairly, redacted; linear in its length. */
#include <time.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "llm/priv.h"
#include "lib/test.h"

static void test_normal(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "  a \t b\r\n\r\n c  ", "a b\nc" },
		{ "a\xE2\x80\x8B"
		  "b\xE2\x81\xA0\xC2\xAD"
		  "c\xEF\xBB\xBF",
		  "abc" },
		{ "\xEF\xBC\xA1\xEF\xBC\xA2\xEF\xBC\x91", "AB1" },
		{ "\xF0\x9D\x90\x80\xF0\x9D\x90\x9B", "Ab" },
		{ "x\xF3\xA0\x81\xA8\xF3\xA0\x81\xA9y", "xy" },
		{ "a\xE2\x80\xAE"
		  "b\xE2\x81\xA6"
		  "c",
		  "abc" },
		{ "a\xEE\x80\x80"
		  "b\xF3\xB0\x80\x80"
		  "c",
		  "abc" },
		{ "e\xCC\x81", "\xC3\xA9" },
		{ "e\x01\x02\xCC\x81", "\xC3\xA9" },
		{ "\xE5\xA4\xAA\xD9\x92\x02\xD9\x8E", "\xE5\xA4\xAA\xD9\x8E\xD9\x92" },
		{ "a\x01\x7F\x1B"
		  "b",
		  "ab" },
		{ "bad\xFF\xC0"
		  "octets",
		  "badoctets" },
		{ "a\xCB\x86"
		  "b",
		  "a b" },
		{ "a\xC2\xA0\xE2\x80\x83"
		  "b",
		  "a b" },
		{ "\xEF\xAC\x81", "fi" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct str s = llm_normal(a, str_c(rows[i].in), 1000);

		if (!str_eq(s, str_c(rows[i].out)))
			fail_msg("row %zu: \"%.*s\"", i, STR_ARG(s));
		assert_true(str_eq(llm_normal(a, s, 1000), s));
	}
	for (size_t max = 0; max < 12; max++)
		assert_true(llm_normal(a, STR("\xEF\xB7\xBA one two"), max).n <= max);
	arena_free(a);
}

static struct str repeated(struct arena *a, const char *text, size_t n)
{
	struct buf b = { .arena = a };

	while (b.n < n)
		buf_add(&b, str_c(text));
	return buf_str(&b);
}

/* What matters comes through, wherever it stands and whatever is put around it. */
static void test_cut(void **state)
{
	static const char *const padding[] = {
		"lorem ipsum dolor sit amet ",	     "A friendly sentence stands here. ", "word\n",
		"visit http://pad.example/ today. ", "your bank account is fine. ",	  "x"
	};
	static const size_t at[] = { 0, 500, 20000, 50000, 99000, 100000 };
	const struct str sting = STR(" Confirm your password at http://evil.example/login now. ");

	(void)state;
	for (size_t i = 0; i < sizeof(padding) / sizeof(*padding); i++)
		for (size_t k = 0; k < sizeof(at) / sizeof(*at); k++) {
			struct arena *a = arena_new(0);
			struct str pad = repeated(a, padding[i], 100000), s;
			size_t left;

			s = arena_printf(a, "%.*s%.*s%.*s", STR_ARG(str_sub(pad, 0, at[k])),
					 STR_ARG(sting), STR_ARG(str_skip(pad, at[k])));
			s = llm_cut(a, s, 8000, &left);
			assert_true(s.n <= 8000);
			assert_true(left > 90000);
			if (str_find(s, STR("evil.example")) == SIZE_MAX)
				fail_msg("padding %zu, at %zu: gone", i, at[k]);
			arena_free(a);
		}
}

static void test_cut_sizes(void **state)
{
	struct arena *a = arena_new(0);
	struct str s = repeated(a, "caf\xC3\xA9 costs 5 euro. ", 3000);

	(void)state;
	for (size_t max = 0; max < 3100; max += 7) {
		size_t left;
		struct str c = llm_cut(a, s, max, &left);

		assert_true(c.n <= max || (c.n == s.n && s.n <= max));
		assert_true((left == 0) == (c.n == s.n));
	}
	arena_free(a);
}

static void test_distinct(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	assert_str(llm_distinct(a, STR("short\nshort\nthis line is long enough to be one\n\n"
				       "This line is long enough to be one\nend")),
		   "short\nshort\nthis line is long enough to be one\nend");
	arena_free(a);
}

static void test_redact(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "mail a.b@example.com now", "mail [EMAIL] now" },
		{ "a at example dot com", "[EMAIL]" },
		{ "see us at example.com today", "see us at example.com today" },
		{ "at noon", "at noon" },
		{ "@handle and a@", "@handle and a@" },
		{ "http://example.com/a?b=c end", "http://example.com/... end" },
		{ "http://u:p@example.com:8080/ end", "http://example.com/... end" },
		{ "http://example.com end", "http://example.com end" },
		{ "and/or 24/7 w/o U.S./Canada", "and/or 24/7 w/o U.S./Canada" },
		{ "+1 555 123 4567", "+[PHONE]" },
		{ "4111 1111 1111 1111", "[CARD]" },
		{ "DE89 3704 0044 0532 0130 00", "[IBAN]" },
		{ "on 2026-11-22 at 13:45:10", "on 2026-11-22 at 13:45:10" },
		{ "$4,500,000 and 12345", "$4,500,000 and 12345" },
		{ "from 192.0.2.7 only", "from [IP] only" },
		{ "id 3f9a8b7c6d5e4f3a2b1c", "id [TOKEN]" },
		{ "ANN, ann and annex", "[NAME], [NAME] and annex" },
		{ "Dear Margaret Miller, hello", "Dear [NAME], hello" },
		{ "[EMAIL] [PHONE]", "[EMAIL] [PHONE]" },
	};
	struct arena *a = arena_new(0);
	struct hdr_list h;
	struct llm_facts f = { .headers = &h };
	struct llm_names *names;

	(void)state;
	hdr_init(&h, a);
	hdr_add(&h, STR("To"), STR(" Ann <reader@example.org>"));
	names = llm_names(a, &f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct str s = llm_redact(a, names, str_c(rows[i].in));

		if (!str_eq(s, str_c(rows[i].out)))
			fail_msg("\"%s\": \"%.*s\"", rows[i].in, STR_ARG(s));
		assert_true(str_eq(llm_redact(a, names, s), s));
	}
	arena_free(a);
}

/* However long letters of several octets are in front of "@" and behind it: none is cut in two. */
static void test_redact_whole(void **state)
{
	static const char *const letters[] = { "\xC3\xA4", "\xE5\xB1\xB1", "\xF0\x9F\x98\x80" };
	struct arena *a = arena_new(0);
	struct hdr_list h;
	struct llm_facts f = { .headers = &h };
	struct llm_names *names;

	(void)state;
	hdr_init(&h, a);
	names = llm_names(a, &f);
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		for (size_t before = 0; before < 4; before++) {
			struct str many = repeated(a, letters[i], 400);
			struct str s = arena_printf(a, "%.*s%.*s@%.*s%.*s.%.*s", (int)before,
						    "abcd", STR_ARG(many), (int)before, "abcd",
						    STR_ARG(many), STR_ARG(many));
			struct str out = llm_redact(a, names, s);

			assert_true(utf8_valid(out));
			assert_true(str_find(out, STR("[EMAIL]")) != SIZE_MAX);
		}
	arena_free(a);
}

static double cpu(const char *text, size_t n, struct llm_names *names)
{
	struct arena *a = arena_new(0);
	struct str s = repeated(a, text, n);
	clock_t t = clock();
	size_t left;

	(void)llm_redact(a, names, llm_normal(a, s, 3 * s.n));
	(void)llm_distinct(a, llm_cut(a, s, 60000, &left));
	t = clock() - t;
	arena_free(a);
	return (double)t / CLOCKS_PER_SEC;
}

/* Twice the text, twice the time; four times would be the square. */
static void test_linear(void **state)
{
	static const char *const attacks[] = {
		"1",	 "1 ", "@",  "a@", " at ",   "a at b dot ", "://",   "a.b/",	    "(((((",
		"DE12 ", "ab", "a.", "[",  "[EMAIL", "\xCC\x81",    "Dear ", "\xE5\xB1\xB1"
	};
	struct arena *a = arena_new(0);
	struct hdr_list h;
	struct llm_facts f = { .headers = &h };
	struct llm_names *names;

	(void)state;
	hdr_init(&h, a);
	hdr_add(&h, STR("To"), STR(" Ann <reader@example.org>"));
	names = llm_names(a, &f);
	for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
		double one = cpu(attacks[i], 100000, names), many;

		many = cpu(attacks[i], 800000, names);
		if (many > 0.4 && many > 24 * one)
			fail_msg("\"%s\": %.3f s, eight times as much: %.3f s", attacks[i], one,
				 many);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normal),	  cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_sizes), cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_redact),	  cmocka_unit_test(test_redact_whole),
		cmocka_unit_test(test_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
