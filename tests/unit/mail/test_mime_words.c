/* Encoded words in field values (RFC 2047, RFC 2231 5), as mail programs read them. */
#include "lib/test.h"

#include "base/buf.h"
#include "mail/mime/mime.h"

static const struct {
	const char *in, *out;
} table[] = {
	{ "", "" },
	{ " plain  text ", "plain  text" },
	/* RFC 2047 8 */
	{ "(=?ISO-8859-1?Q?a?=)", "(a)" },
	{ "(=?ISO-8859-1?Q?a?= b)", "(a b)" },
	{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)" },
	{ "(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)" },
	{ "(=?ISO-8859-1?Q?a_b?=)", "(a b)" },
	{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)" },
	{ "=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>" },
	{ "=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr\xc3\xa9 Pirard" },
	{ "=?iso-8859-1?b?SWYgeW91IGNhbg==?=", "If you can" },
	/* RFC 2231 5: the language */
	{ "=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore" },
	/* a character cut between words */
	{ "=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "\xc3\xa9" },
	{ "=?utf-8?q?a=C3?= =?UTF-8?b?qWI=?=", "a\xc3\xa9"
					       "b" },
	{ "=?utf-8?b?w6k=?= =?utf-8?b?w6k=?=", "\xc3\xa9\xc3\xa9" },
	{ "=?utf-8?b?w?= =?utf-8?b?6k?=", "\xc3\xa9" },
	{ "=?iso-2022-jp?b?GyRCRnw=?= =?iso-2022-jp?b?S1wbKEI=?=", "\xe6\x97\xa5\xe6\x9c\xac" },
	/* lenient: blanks inside, in a quoted string, inside a word, no blank around */
	{ "=?utf-8?q?a b c?=", "a b c" },
	{ "\"=?utf-8?q?a?=\"", "\"a\"" },
	{ "x=?utf-8?q?a?=y", "xay" },
	{ "=?utf-8?q?a?==?utf-8?q?b?=", "ab" },
	{ "=?utf-8?Q?"
	  "?=x",
	  "x" },
	{ "=?utf-8?Q?=41?=", "A" },
	{ "=?utf-8?q?=4x=?=", "=4x=" },
	/* broken ones stay as they are */
	{ "=?utf-8?q?a", "=?utf-8?q?a" },
	{ "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
	{ "=??q?a?=", "=??q?a?=" },
	{ "=?utf-8?qq?a?=", "=?utf-8?qq?a?=" },
	{ "=?=?=?", "=?=?=?" },
	{ "=? =?utf-8?q?a?=", "=? a" },
	/* raw octets: UTF-8 (RFC 6532), else ISO-8859-1 */
	{ "caf\xc3\xa9", "caf\xc3\xa9" },
	{ "caf\xe9", "caf\xc3\xa9" },
	{ "caf\xe9 =?utf-8?q?=C3=A9?=", "caf\xc3\xa9 \xc3\xa9" },
	/* folds */
	{ " a\r\n b\n\tc ", "a b\tc" },
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct arena *a = arena_new(0);

		assert_str(mime_words(a, str_c(table[i].in)), table[i].out);
		arena_free(a);
	}
}

/* An unknown charset is read as what it is; no NUL comes through. */
static void test_charsets(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	assert_str(mime_words(a, STR("=?x-unheard-of?q?=C3=A9?=")), "\xc3\xa9");
	assert_str(mime_words(a, STR("=?utf-8?q?a=00b?=")), "ab");
	arena_free(a);
}

/* 500 words of a field are decoded (LIMITS 1), what comes after them stays as it is. */
static void test_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct buf in = { .arena = a };
	struct str out;

	(void)state;
	for (unsigned i = 0; i < 501; i++)
		buf_add(&in, STR("=?utf-8?q?a?= "));
	out = mime_words(a, buf_str(&in));
	assert_int_equal(out.n, 500 + strlen(" =?utf-8?q?a?="));
	assert_true(str_iends(out, STR("aaa =?utf-8?q?a?=")));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_charsets),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
