/* Charsets: the table of names, what they are read as, broken and hostile octets, the bounds. */
#include "lib/test.h"

#include <time.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "mail/text/charset.h"
#include "mail/text/charset_names.h"

#define U CHARSET_UNKNOWN
#define B CHARSET_BROKEN
#define G CHARSET_GUESSED
#define W CHARSET_UTF16
#define S CHARSET_UTF7

static const struct {
	struct str name, in;
	const char *out;
	unsigned flags;
} reads[] = {
	/* the fast paths */
	{ STR("us-ascii"), STR("plain"), "plain", 0 },
	{ STR("utf-8"), STR("na\xc3\xafve"), "na\xc3\xafve", 0 },
	{ STR("utf-8"), STR(""), "", 0 },
	{ STR(""), STR("plain"), "plain", 0 },
	{ STR(""), STR("na\xc3\xafve"), "na\xc3\xafve", G },
	{ STR(""), STR("na\xefve"), "na\xc3\xafve", G },
	/* us-ascii that is not: RFC 2046 4.1.2 */
	{ STR("us-ascii"), STR("na\xefve"), "na\xc3\xafve", B },
	{ STR("US-ASCII"), STR("na\xc3\xafve"), "na\xc3\xafve", B },
	/* broken UTF-8 (RFC 3629 3) */
	{ STR("utf-8"),
	  STR("a\xff"
	      "b"),
	  "a\xef\xbf\xbd"
	  "b",
	  B },
	{ STR("utf-8"), STR("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd", B },
	{ STR("utf-8"), STR("\xed\xa0\x80x"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx", B },
	{ STR("utf-8"), STR("abc\xe2\x82"), "abc\xef\xbf\xbd\xef\xbf\xbd", B },
	{ STR("utf8"), STR("a\0b"), "ab", 0 },
	{ STR("utf-8"), STR("\xef\xbb\xbftext"), "text", 0 },
	/* as browsers: latin1 is windows-1252 */
	{ STR("iso-8859-1"),
	  STR("\x80"
	      "5 \x93q\x94"),
	  "\xe2\x82\xac"
	  "5 \xe2\x80\x9cq\xe2\x80\x9d",
	  0 },
	{ STR("ISO8859-1"), STR("\xe9"), "\xc3\xa9", 0 },
	{ STR("iso-8859-9"), STR("\xfe\x80"), "\xc5\x9f\xe2\x82\xac", 0 },
	{ STR("iso-8859-15"), STR("\xa4"), "\xe2\x82\xac", 0 },
	{ STR("ansi"), STR("\x92"), "\xe2\x80\x99", 0 },
	{ STR("cp-850"), STR("\x82"), "\xc3\xa9", 0 },
	{ STR("\"koi8-r\""), STR("\xd0\xd2"), "\xd0\xbf\xd1\x80", 0 },
	{ STR("charset=koi8-r"), STR("\xd0"), "\xd0\xbf", 0 },
	{ STR("koi8-r*ru"), STR("\xd0"), "\xd0\xbf", 0 },
	{ STR("windows-1251; format=flowed"), STR("\xef"), "\xd0\xbf", 0 },
	{ STR("win-1251"), STR("\xef"), "\xd0\xbf", 0 },
	{ STR("iso-8859-8-i"), STR("\xe0"), "\xd7\x90", 0 },
	{ STR("x-mac-cyrillic"), STR("\x80"), "\xd0\x90", 0 },
	{ STR("tis-620"), STR("\xa1"), "\xe0\xb8\x81", 0 },
	/* East Asia */
	{ STR("gb2312"), STR("\xc4\xe3\xba\xc3"), "\xe4\xbd\xa0\xe5\xa5\xbd", 0 },
	{ STR("x-gbk"), STR("\x81\x40"), "\xe4\xb8\x82", 0 },
	{ STR("gb2312"), STR("\x81\x30\x81\x30"), "\xc2\x80", 0 },
	{ STR("big5"), STR("\xa7\x41"), "\xe4\xbd\xa0", 0 },
	{ STR("ks_c_5601-1987"), STR("\xb0\xa1\x81\x41"), "\xea\xb0\x80\xea\xb0\x82", 0 },
	{ STR("euc-kr"), STR("\xb0\xa1"), "\xea\xb0\x80", 0 },
	{ STR("shift_jis"), STR("\x82\xb1\\"), "\xe3\x81\x93\\", 0 },
	{ STR("euc-jp"), STR("\xa4\xb3"), "\xe3\x81\x93", 0 },
	{ STR("iso-2022-jp"), STR("\033$B$3$s\033(B a"), "\xe3\x81\x93\xe3\x82\x93 a", 0 },
	{ STR("ISO-2022-JP"), STR("a"), "a", 0 },
	{ STR("iso-2022-kr"),
	  STR("\033$)C\x0e\x30\x21\x0f"
	      "a"),
	  "\xea\xb0\x80"
	  "a",
	  0 },
	{ STR("hz-gb-2312"), STR("~{Dc:C~} a~~"), "\xe4\xbd\xa0\xe5\xa5\xbd a~", 0 },
	{ STR(""), STR("\033$B$3\033(B"), "\xe3\x81\x93", 0 },
	/* an ASCII octet behind a lead octet is not swallowed */
	{ STR("euc-kr"), STR("\xfe<a>"), "\xef\xbf\xbd<a>", B },
	{ STR("big5"), STR("\xfe<a>"), "\xef\xbf\xbd<a>", B },
	{ STR("shift_jis"),
	  STR("\x85"
	      "A"),
	  "\xef\xbf\xbd"
	  "A",
	  B },
	{ STR("gb18030"), STR("\xff<"), "\xef\xbf\xbd<", B },
	{ STR("euc-jp"), STR("\xa4"), "\xef\xbf\xbd", B },
	/* UTF-7 (RFC 2152) and its other names */
	{ STR("utf-7"), STR("Hi +AGEAYg- x"), "Hi ab x", S },
	{ STR("unicode-1-1-utf-7"), STR("+AGE-"), "a", S },
	{ STR("utf-7"), STR("A +- B"), "A + B", S },
	/* UTF-16 and UTF-32 */
	{ STR("utf-16"),
	  STR("\xff\xfe"
	      "a\0b\0"),
	  "ab", W },
	{ STR("utf-16"), STR("\xfe\xff\0a\0b"), "ab", W },
	{ STR("utf-16"), STR("a\0b\0"), "ab", W },
	{ STR("utf-16"), STR("\0a\0b"), "ab", W },
	{ STR("utf-16le"), STR("\x3d\xd8\x00\xde"), "\xf0\x9f\x98\x80", W },
	{ STR("utf-16le"),
	  STR("\x3d\xd8"
	      "a\0"),
	  "\xef\xbf\xbd"
	  "a",
	  W | B },
	{ STR("utf-16le"), STR("a\0b"), "a\xef\xbf\xbd", W | B },
	{ STR(""),
	  STR("\xff\xfe"
	      "a\0"),
	  "a", W },
	{ STR("utf-8"),
	  STR("\xff\xfe"
	      "a\0"),
	  "a", W },
	{ STR("iso-8859-1"),
	  STR("\xff\xfe"
	      "a\0"),
	  "a", W },
	{ STR("iso-8859-1"),
	  STR("\xff\xfe"
	      "a"),
	  "\xc3\xbf\xc3\xbe"
	  "a",
	  0 },
	{ STR("utf-32"), STR("\xff\xfe\0\0a\0\0\0"), "a", W },
	{ STR("utf-32be"), STR("\0\0\0a"), "a", W },
	{ STR("utf-16"), STR("plain text"), "plain text", B },
	/* names that only iconv has */
	{ STR("viscii"), STR("Vi\xaet"), "Vi\xe1\xbb\x87t", 0 },
	{ STR("tcvn"), STR("\xb5"), "\xc3\xa0", 0 },
	{ STR("iso-8859-16"), STR("\xaa"), "\xc8\x98", 0 },
	{ STR("koi8-t"), STR("\x80"), "\xd2\x9b", 0 },
	{ STR("armscii-8"), STR("\xb2"), "\xd4\xb1", 0 },
	{ STR("johab"), STR("\x88\x61"), "\xea\xb0\x80", 0 },
	{ STR("iso-ir-111"), STR("\xd0"), "\xd0\xbf", 0 },
	{ STR("ptcp154"), STR("\xc0"), "\xd0\x90", 0 },
	{ STR("koi8-t"), STR("a\x88z"), "a\xef\xbf\xbdz", B },
	/* names of nothing */
	{ STR("x-unknown"), STR("\xe9"), "\xc3\xa9", G },
	{ STR("x-user-defined"), STR("\xc3\xa9"), "\xc3\xa9", G },
	{ STR("unknown-8bit"), STR("a"), "a", 0 },
	{ STR("no-such-charset"), STR("\xe9"), "\xc3\xa9", U },
	{ STR("no-such-charset"), STR("\xc3\xa9"), "\xc3\xa9", U },
	{ STR("../../etc/passwd"), STR("a"), "a", U },
	{ STR("scsu"), STR("\xe9"), "\xc3\xa9", U },
	{ STR("utf-8\0x"), STR("a"), "a", U },
	{ STR("\"\""), STR("\xe9"), "\xc3\xa9", G },
	{ STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), STR("\xe9"),
	  "\xc3\xa9", U },
	/* EBCDIC by ICU alone */
	{ STR("ibm037"), STR("\x81\x82"), "ab", 0 },
};

static void test_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
		struct arena *a = arena_new(0);
		unsigned flags = 99;
		struct str out = charset_to_utf8(a, reads[i].name, reads[i].in, &flags);
		if (!str_eq(out, str_c(reads[i].out)) || flags != reads[i].flags)
			fail_msg("row %zu (%.*s): \"%.*s\" %u, expected \"%s\" %u", i,
				 STR_ARG(reads[i].name), STR_ARG(out), flags, reads[i].out,
				 reads[i].flags);
		charset_to_utf8(a, reads[i].name, reads[i].in, NULL);
		arena_free(a);
	}
}

static const struct {
	const char *name, *canonical; /* NULL: unknown */
} canonicals[] = {
	{ "latin1", "windows-1252" },
	{ "ISO_8859-1:1987", "windows-1252" },
	{ "UTF8", "utf-8" },
	{ "ascii", "us-ascii" },
	{ "gb2312", "gb18030" },
	{ "ks_c_5601-1987", "euc-kr" },
	{ "cp932", "shift_jis" },
	{ "cp-850", "ibm850" },
	{ "x-unknown", NULL },
	{ "no-such", NULL },
	{ "", NULL },
	{ "viscii", "viscii" },
	{ "IBM037", "ibm037" },
	{ "iso-8859-11", "windows-874" },
	{ "iso-8859-10", "iso-8859-10" },
	{ "unicode-1-1-utf-7", "utf-7" },
	{ "cp855", "ibm855" },
};

static void test_canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof canonicals / sizeof *canonicals; i++) {
		struct arena *a = arena_new(0);
		struct str c = charset_canonical(a, str_c(canonicals[i].name));
		if (canonicals[i].canonical)
			assert_str(c, canonicals[i].canonical);
		else
			assert_null(c.p);
		arena_free(a);
	}
}

/* Sorted, keys as charset_key() makes them, every backend there. */
static void test_table(void **state)
{
	const struct charset_name *c, *before = NULL;
	size_t n = 0;

	(void)state;
	for (; (c = charset_name_at(n)) != NULL; n++, before = c) {
		struct arena *a = arena_new(0);
		unsigned flags;
		if (before)
			assert_true(strcmp(before->key, c->key) < 0);
		assert_str(charset_key(a, str_c(c->key)), c->key);
		assert_ptr_equal(charset_name_find(str_c(c->key)), c);
		charset_to_utf8(a, str_c(c->key), STR("\xe4\xe5 abc \xe6\xe7"), &flags);
		if (flags & CHARSET_UNKNOWN)
			fail_msg("nobody reads %s", c->key);
		if (c->name)
			assert_str(charset_canonical(a, str_c(c->name)), c->name);
		arena_free(a);
	}
	assert_true(n > 500);
}

/* Every octet and every pair of octets in every charset of the table: UTF-8, at most three for one,
 * and ASCII is ASCII where the table says so. */
static void test_bounds(void **state)
{
	const struct charset_name *c;
	char all[512], ascii[127];

	(void)state;
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (char)(i < 256 ? i : 511 - i);
	for (size_t i = 0; i < sizeof ascii; i++)
		ascii[i] = (char)(i + 1);
	for (size_t n = 0; (c = charset_name_at(n)) != NULL; n++) {
		struct arena *a = arena_new(0);
		struct str in = str_of(all, sizeof all),
			   out = charset_to_utf8(a, str_c(c->key), in, NULL);
		assert_true(utf8_valid(out));
		assert_true(out.n <= 3 * in.n);
		assert_true(str_chr(out, '\0') == SIZE_MAX);
		if (c->flags & CN_ASCII) {
			struct str plain = str_of(ascii, sizeof ascii);
			out = charset_to_utf8(a, str_c(c->key), plain, NULL);
			assert_ptr_equal(out.p, plain.p);
			assert_int_equal(out.n, plain.n);
		}
		arena_free(a);
	}
}

static void test_no_copy(void **state)
{
	struct str in = STR("na\xc3\xafve, all of it UTF-8 and longer than a word");
	struct arena *a = arena_new(0);

	(void)state;
	assert_ptr_equal(charset_to_utf8(a, STR("utf-8"), in, NULL).p, in.p);
	assert_ptr_equal(charset_to_utf8(a, STR(""), in, NULL).p, in.p);
	assert_int_equal(charset_to_utf8(a, STR("utf-8"), in, NULL).n, in.n);
	arena_free(a);
}

/* Larger than a turn of the converter: pairs and escapes across its border. */
static void test_long(void **state)
{
	enum { N = 5000 };
	static char in[2 * N * 2];
	struct arena *a = arena_new(0);
	struct str out;
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		memcpy(in + 4 * i, "\x3d\xd8\x00\xde", 4);
	}
	for (size_t skip = 0; skip <= 2; skip += 2) {
		out = charset_to_utf8(a, STR("utf-16le"), str_skip(str_of(in, sizeof in), skip),
				      NULL);
		if (skip)
			out = str_skip(out, 3);
		for (; out.n; out = str_skip(out, 4)) {
			assert_int_equal(utf8_read(out, &c), 4);
			assert_int_equal(c, 0x1f600);
		}
	}
	arena_free(a);
}

/* Megabytes of what a charset does not have cost no more than a call for each of the first. */
static void test_hopeless(void **state)
{
	enum { N = 3000000 };
	struct arena *a = arena_new(0);
	char *in = arena_alloc(a, N);
	unsigned flags;
	struct str out;
	clock_t began;

	(void)state;
	for (size_t i = 0; i < N; i++)
		in[i] = i % 2 ? '\xff' : '\x88';
	memcpy(in + N - 4, "end.", 4);
	began = clock();
	out = charset_to_utf8(a, STR("koi8-t"), str_of(in, N), &flags);
	assert_true(clock() - began < 5 * CLOCKS_PER_SEC);
	assert_int_equal(flags, B);
	assert_true(utf8_valid(out) && str_iends(out, STR("end.")));
	arena_free(a);
}

/* The first hundred thousand broken octets are U+FFFD, what follows "?": no flood of three for one.
 */
static void test_replaced(void **state)
{
	enum { N = 150000, LIMIT = 100000 };
	static const struct str names[] = { STR("utf-8"), STR("gb18030") };
	struct arena *a = arena_new(0);
	char *in = arena_alloc(a, N);

	(void)state;
	memset(in, 0xff, N);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str out = charset_to_utf8(a, names[i], str_of(in, N), NULL);
		assert_int_equal(out.n, 3 * LIMIT + (N - LIMIT));
		assert_true(str_iends(out, STR("??")));
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),	 cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_table),	 cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_no_copy),	 cmocka_unit_test(test_long),
		cmocka_unit_test(test_hopeless), cmocka_unit_test(test_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
