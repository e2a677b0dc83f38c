/* Domain names: the one form, what is refused, and the conformance file of UTS 46. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/arena.h"
#include "mail/domain.h"

#define A63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const struct {
	struct str in;
	unsigned flags;
	const char *out; /* NULL: refused */
} reads[] = {
	{ STR("example.com"), 0, "example.com" },
	{ STR("EXAMPLE.Com."), 0, "example.com" },
	{ STR("localhost"), 0, "localhost" },
	{ STR("a"), 0, "a" },
	{ STR("1.2.3"), 0, "1.2.3" },
	{ STR("r3---sn-x.example"), 0, "r3---sn-x.example" },
	{ STR(A63 ".a"), 0, A63 ".a" },
	{ STR(A63 "." A63 "." A63 ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"),
	  0, A63 "." A63 "." A63 ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi" },
	/* over 253 octets, over 63 */
	{ STR(A63 "." A63 "." A63
		  ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij"),
	  0, NULL },
	{ STR(A63 "l.a"), 0, NULL },
	{ STR(""), 0, NULL },
	{ STR("."), 0, NULL },
	{ STR(".."), 0, NULL },
	{ STR(".a"), 0, NULL },
	{ STR("a..b"), 0, NULL },
	{ STR("a.b.."), 0, NULL },
	{ STR("-a.b"), 0, NULL },
	{ STR("a-.b"), 0, NULL },
	{ STR("a.-"), 0, NULL },
	{ STR("a b.c"), 0, NULL },
	{ STR(" a.b"), 0, NULL },
	{ STR("a.b "), 0, NULL },
	{ STR("a.b\n"), 0, NULL },
	{ STR("a\0.b"), 0, NULL },
	{ STR("a.b\0"), 0, NULL },
	{ STR("a.b\x7f"), 0, NULL },
	{ STR("[192.0.2.1]"), 0, NULL },
	{ STR("[IPv6:::1]"), 0, NULL },
	{ STR("a%2eb.c"), 0, NULL },
	{ STR("a@b"), 0, NULL },
	{ STR("a.b(c)"), 0, NULL },
	{ STR("a,b"), 0, NULL },
	{ STR("*.a"), 0, NULL },
	/* underscore */
	{ STR("_dmarc.a.b"), 0, NULL },
	{ STR("_dmarc.A.b"), DOMAIN_UNDERSCORE, "_dmarc.a.b" },
	{ STR("s_1._domainkey.a"), DOMAIN_UNDERSCORE, "s_1._domainkey.a" },
	{ STR("_"), DOMAIN_UNDERSCORE, "_" },
	{ STR("_-.a"), DOMAIN_UNDERSCORE, NULL },
	{ STR("b\xc3\xbc"
	      "cher_x.example"),
	  DOMAIN_UNDERSCORE, NULL },
	{ STR("xn--b_cher-kva.example"), DOMAIN_UNDERSCORE, NULL },
	{ STR("_dmarc.b\xc3\xbc"
	      "cher.example"),
	  DOMAIN_UNDERSCORE, "_dmarc.xn--bcher-kva.example" },
	{ STR("_dmarc.b\xc3\xbc"
	      "cher.example"),
	  0, NULL },
	{ STR("_dmarc."), DOMAIN_UNDERSCORE, "_dmarc" },
	/* a service label in front of a right-to-left name */
	{ STR("s._domainkey.\xd7\x90\xd7\x91.example"), DOMAIN_UNDERSCORE,
	  "s._domainkey.xn--4dbc.example" },
	{ STR("1_x.\xd7\x90\xd7\x91"), DOMAIN_UNDERSCORE, "1_x.xn--4dbc" },
	/* internationalised */
	{ STR("B\xc3\x9c"
	      "CHER.example"),
	  0, "xn--bcher-kva.example" },
	{ STR("XN--Bcher-KVA.example."), 0, "xn--bcher-kva.example" },
	{ STR("fa\xc3\x9f.de"), 0, "xn--fa-hia.de" },	     /* non-transitional */
	{ STR("\xef\xbd\x85xample.com"), 0, "example.com" }, /* full-width e */
	{ STR("exa\xc2\xadmple.com"), 0, "example.com" },    /* soft hyphen: mapped to nothing */
	{ STR("example\xe3\x80\x82"
	      "com"),
	  0, "example.com" }, /* ideographic full stop */
	{ STR("example.com\xef\xbc\x8e"), 0, "example.com" },
	{ STR("example.com.\xe3\x80\x82"), 0, NULL },
	{ STR("\xc3\xbc.r3---sn.example"), 0, "xn--tda.r3---sn.example" },
	{ STR("\xc3\xbc\xc3\xbc--x.example"), 0, NULL }, /* "--" hidden in an A-label */
	{ STR("a\xc2\xa0"
	      "b.example"),
	  0, NULL },				  /* no-break space becomes a space */
	{ STR("\xe2\x84\x80.example"), 0, NULL }, /* U+2100 becomes "a/c" */
	{ STR("a\xef\xbc\xa0"
	      "b"),
	  0, NULL }, /* full-width @ */
	{ STR("a\xe2\x80\x8b"
	      "b.example"),
	  0, "ab.example" }, /* zero width space: ignored by UTS 46 */
	{ STR("a\xe2\x80\x8d"
	      "b.example"),
	  0, NULL }, /* ZWJ out of context */
	{ STR("a\xe2\x80\xae"
	      "b.example"),
	  0, NULL }, /* RLO */
	{ STR("\xff.example"), 0, NULL },
	{ STR("\xc3.example"), 0, NULL },
	{ STR("\xed\xa0\x80.example"), 0, NULL }, /* a surrogate */
	{ STR("\xc3\xbc\0.example"), 0, NULL },
	/* A-labels that are none */
	{ STR("xn--.example"), 0, NULL },
	{ STR("xn--a.example"), 0, NULL },
	{ STR("xn--abc-.example"), 0, NULL },
	{ STR("xn--99999999.example"), 0, NULL },
	{ STR("xn--fa-HIa.de"), 0, "xn--fa-hia.de" },
	{ STR("xn--bcher-KVA8.example"), 0, NULL },
};

static void test_read(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
		struct str got = domain_read(a, reads[i].in, reads[i].flags);
		if (!reads[i].out) {
			if (got.p)
				fail_msg("row %zu: \"%.*s\" is not refused", i, STR_ARG(got));
			continue;
		}
		assert_str(got, reads[i].out);
		assert_int_equal(got.p[got.n], 0);
	}
	arena_free(a);
}

static void test_long_input(void **state)
{
	static char big[1 << 20];
	struct arena *a = arena_new(0);

	(void)state;
	memset(big, 'a', sizeof big);
	assert_null(domain_read(a, str_of(big, sizeof big), 0).p);
	memset(big, 0xad, sizeof big);
	assert_null(domain_read(a, str_of(big, sizeof big), 0).p);
	/* 1024 octets reach ICU, 1025 do not, though all of it would map to nothing. */
	for (size_t i = 0; i < 1025; i += 2)
		memcpy(big + i, "\xc2\xad", 2);
	big[1022] = 'a';
	big[1023] = 'a';
	big[1024] = 'a';
	assert_str(domain_read(a, str_of(big, 1024), 0), "aa");
	assert_null(domain_read(a, str_of(big, 1025), 0).p);
	arena_free(a);
}

static void test_unicode(void **state)
{
	static const char *const t[][2] = {
		{ "example.com", "example.com" },
		{ "xn--bcher-kva.example", "b\xc3\xbc"
					   "cher.example" },
		{ "_dmarc.xn--bcher-kva.example", "_dmarc.b\xc3\xbc"
						  "cher.example" },
		{ "xn--4dbc.xn--fa-hia.de", "\xd7\x90\xd7\x91.fa\xc3\x9f.de" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_str(domain_unicode(a, str_c(t[i][0])), t[i][1]);
	arena_free(a);
}

static void test_labels(void **state)
{
	struct str d = STR("a.bc.def");

	(void)state;
	assert_int_equal(domain_labels(d), 3);
	assert_int_equal(domain_labels(STR("")), 0);
	assert_int_equal(domain_labels(STR("a")), 1);
	assert_str(domain_last(d, 0), "");
	assert_str(domain_last(d, 1), "def");
	assert_str(domain_last(d, 2), "bc.def");
	assert_str(domain_last(d, 3), "a.bc.def");
	assert_str(domain_last(d, 9), "a.bc.def");
	assert_true(domain_within(d, d));
	assert_true(domain_within(d, STR("bc.def")));
	assert_false(domain_within(d, STR("c.def")));
	assert_false(domain_within(STR("bc.def"), d));
	assert_false(domain_within(d, STR("")));
	assert_false(domain_within(STR("xdef"), STR("def")));
}

/* Code points whose UTS 46 mapping changed after Unicode 15.0, which ICU 72 has. */
static const UChar32 remapped[][2] = {
	{ 0x04c0, 0x04c0 }, { 0x10a0, 0x10c5 }, { 0x115f, 0x1160 },   { 0x1e9e, 0x1e9e },
	{ 0x2132, 0x2132 }, { 0x2183, 0x2183 }, { 0x2f868, 0x2f868 },
};

/* The character is not in this ICU, or is mapped in another way there. */
static bool is_newer(UChar32 c)
{
	UVersionInfo age, mine;

	u_getUnicodeVersion(mine);
	u_charAge(c, age);
	for (size_t i = 0; i < sizeof remapped / sizeof *remapped; i++)
		if (c >= remapped[i][0] && c <= remapped[i][1] && mine[0] <= 15)
			return true;
	return age[0] == 0 || memcmp(age, mine, sizeof age) > 0;
}

/* One column of IdnaTestV2.txt with its escapes turned into UTF-8. */
static struct str column(struct arena *a, struct str s, bool *newer)
{
	char *out = arena_alloc(a, s.n * 4 + 1);
	int32_t n = 0, k = 0, len = (int32_t)s.n;

	while (k < len) {
		UChar32 c;
		if (s.p[k] == '\\' && k + 1 < len && s.p[k + 1] == 'u') {
			c = (UChar32)strtol(arena_cstr(a, str_sub(s, (size_t)k + 2, 4)), NULL, 16);
			k += 6;
		} else if (s.p[k] == '\\' && k + 1 < len && s.p[k + 1] == 'x') {
			size_t end = str_chr(str_skip(s, (size_t)k), '}');
			c = (UChar32)strtol(arena_cstr(a, str_sub(s, (size_t)k + 3, end - 3)), NULL,
					    16);
			k += (int32_t)end + 1;
		} else {
			U8_NEXT((const uint8_t *)s.p, k, len, c);
		}
		*newer |= is_newer(c);
		if (c >= 0xd800 && c <= 0xdfff) {
			memcpy(out + n, "\xed\xa0\x80", 3);
			n += 3;
		} else {
			U8_APPEND_UNSAFE((uint8_t *)out, n, (uint32_t)c);
		}
	}
	return str_of(out, (size_t)n);
}

/* The file's shorthand: blank repeats an earlier column, "" is the empty string. */
static struct str inherit(struct str s, struct str earlier)
{
	if (s.n == 0)
		return earlier;
	return str_eq(s, STR("\"\"")) ? STR("") : s;
}

struct idna_counts {
	int equal, refused, differs_on_purpose, newer;
};

/* domain.h lets through what these codes complain of, in plain names only. */
static bool on_purpose(struct str status, struct str got)
{
	return (str_eq(status, STR("[V2]")) || str_eq(status, STR("[A4_2]")) ||
		str_eq(status, STR("[V2, A4_2]"))) &&
	       got.p;
}

static void idna_row(struct arena *a, struct str line, struct idna_counts *n)
{
	struct str col[5], source, want, status, got;
	struct str rest = str_sub(line, 0, str_chr(line, '#'));
	bool newer = false;

	for (size_t i = 0; i < 5; i++)
		col[i] = str_trim(str_cut(&rest, ';'));
	source = column(a, inherit(col[0], STR("")), &newer);
	col[1] = inherit(col[1], col[0]);
	column(a, col[1], &newer);
	want = column(a, inherit(col[3], col[1]), &newer);
	status = col[4].n ? col[4] : col[2];
	got = domain_read(a, source, 0);
	if (status.n == 0 || str_eq(status, STR("[]"))) {
		if (newer) {
			n->newer++;
			return;
		}
		if (!str_eq(got, want))
			fail_msg("%.*s: got \"%.*s\"", STR_ARG(line), STR_ARG(got));
		n->equal++;
	} else if (on_purpose(status, got)) {
		if (want.n && want.p[want.n - 1] == '.')
			want.n--;
		assert_true(str_eq(got, want));
		n->differs_on_purpose++;
	} else {
		if (got.p)
			fail_msg("%.*s: \"%.*s\" is not refused", STR_ARG(line), STR_ARG(got));
		n->refused++;
	}
}

static void test_idna(void **state)
{
	FILE *f = fopen(MERLON_SRCDIR "/tests/conformance/unicode/IdnaTestV2.txt", "r");
	struct idna_counts n = { 0 };
	char line[65536];

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		struct arena *a = arena_new(0);
		struct str s = str_trim(str_c(line));
		if (s.n && s.p[0] != '#')
			idna_row(a, s, &n);
		arena_free(a);
	}
	fclose(f);
	print_message(
		"IdnaTestV2: %d equal, %d refused as they should be, %d let through on purpose, "
		"%d newer than this ICU\n",
		n.equal, n.refused, n.differs_on_purpose, n.newer);
	assert_true(n.equal >= 485 && n.refused >= 5771);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),	cmocka_unit_test(test_long_input),
		cmocka_unit_test(test_unicode), cmocka_unit_test(test_labels),
		cmocka_unit_test(test_idna),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
