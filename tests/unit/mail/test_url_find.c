/* URLs in plain text: with and without scheme, in disguise, in sentences; and what costs time. */
#include "lib/test.h"

#include <time.h>

#include "mail/url/url.h"

#define LIST MERLON_SRCDIR "/tests/conformance/psl/public_suffix_list.dat"

struct row {
	const char *text;
	const char *found; /* hosts (addresses of mailto), blanks between */
	unsigned flags;	   /* of the first */
	const char *raw;   /* of the first; NULL: not compared */
};

static const struct row rows[] = {
	{ "See http://example.com/a for more.", "example.com", 0, "http://example.com/a" },
	{ "See http://example.com/a.", "example.com", 0, "http://example.com/a" },
	{ "(see http://example.com/a)", "example.com", 0, "http://example.com/a" },
	{ "http://example.com/a_(b)", "example.com", 0, "http://example.com/a_(b)" },
	{ "(http://example.com/a_(b))", "example.com", 0, "http://example.com/a_(b)" },
	{ "[http://example.com/]", "example.com", 0, "http://example.com/" },
	{ "<http://example.com/>", "example.com", 0, "http://example.com/" },
	{ "<URL:http://example.com/>", "example.com", 0, "http://example.com/" },
	{ "\"http://example.com/\"", "example.com", 0, "http://example.com/" },
	{ "'http://example.com/'", "example.com", 0, "http://example.com/" },
	{ "*http://example.com/*", "example.com", 0, "http://example.com/" },
	{ "http://example.com/?a=b!", "example.com", 0, "http://example.com/?a=b" },
	{ "http://example.com/a;", "example.com", 0, "http://example.com/a" },
	{ "http://example.com, http://example.org", "example.com example.org", 0, NULL },
	{ "http://example.com\thttp://example.org\r\nhttp://example.net",
	  "example.com example.org example.net", 0, NULL },
	{ "HTTPS://EXAMPLE.COM/", "example.com", 0, "HTTPS://EXAMPLE.COM/" },
	{ "ftp://ftp.example.com/x", "ftp.example.com", 0, NULL },
	{ "http:\\\\example.com\\x", "example.com", URL_BACKSLASH, NULL },
	{ "http:/example.com/x", "example.com", 0, NULL },
	{ "http://192.0.2.1/x", "192.0.2.1", URL_IP, NULL },
	{ "http://0x7f.1/", "127.0.0.1", URL_IP | URL_IP_ODD, NULL },
	{ "http://[2001:db8::1]/x", "2001:db8::1", URL_IP, NULL },
	{ "http://user@evil.com/", "evil.com", URL_USERINFO, NULL },
	{ "http://localhost:8080/", "localhost", URL_PORT, NULL },
	{ "xhttp://example.com/", "example.com", 0, "http://example.com/" },
	{ "http://a.example.comhttp://b.example.com/", "a.example.com b.example.com", 0, NULL },
	{ "http:// and https://", "", 0, NULL },
	{ "http://", "", 0, NULL },
	{ "http", "", 0, NULL },
	{ "mailto:someone@example.com", "someone@example.com", 0, NULL },
	{ "mailto:someone@example.com?subject=x.", "someone@example.com", 0,
	  "mailto:someone@example.com?subject=x" },
	/* without scheme */
	{ "go to www.example.com/login now", "www.example.com", URL_SCHEMELESS,
	  "www.example.com/login" },
	{ "WWW.EXAMPLE.COM", "www.example.com", URL_SCHEMELESS, NULL },
	{ "www.intra.local", "www.intra.local", URL_SCHEMELESS, NULL },
	{ "visit example.com.", "example.com", URL_SCHEMELESS, "example.com" },
	{ "visit example.co.uk/x?y today", "example.co.uk", URL_SCHEMELESS, "example.co.uk/x?y" },
	{ "example.com:8080/x", "example.com", URL_SCHEMELESS | URL_PORT, "example.com:8080/x" },
	{ "at example.com: read this", "example.com", URL_SCHEMELESS, "example.com" },
	{ "(example.com)", "example.com", URL_SCHEMELESS, "example.com" },
	{ "wait...example.com", "example.com", URL_SCHEMELESS, NULL },
	{ "example.com...", "example.com", URL_SCHEMELESS, "example.com" },
	{ "-example.com-", "example.com", URL_SCHEMELESS, "example.com" },
	{ "münchen.de", "xn--mnchen-3ya.de", URL_SCHEMELESS | URL_IDN, NULL },
	{ "россия.рф!", "xn--h1alffa9f.xn--p1ai", URL_SCHEMELESS | URL_IDN, NULL },
	{ "163.com", "163.com", URL_SCHEMELESS, NULL },
	{ "tool.sh", "", 0, NULL },
	{ "tool.sh/install", "tool.sh", URL_SCHEMELESS, NULL },
	{ "get.tool.sh", "get.tool.sh", URL_SCHEMELESS, NULL },
	{ "setup.py README.md photo.zip libc.so", "", 0, NULL },
	{ "index.html a.out main.c", "", 0, NULL },
	{ "e.g. this, i.e. that, a.m. and U.S.A.", "", 0, NULL },
	{ "version 1.2.3 of 12.5.2020", "", 0, NULL },
	{ "it is finished.It works.So we go", "", 0, NULL },
	{ "/usr/lib/foo.com", "", 0, NULL },
	{ "C:\\foo.com", "", 0, NULL },
	{ "foo.com()", "", 0, NULL },
	{ "someone@example.com", "", 0, NULL },
	{ "a.b@example.com, c.d@example.org", "", 0, NULL },
	{ "co.uk", "", 0, NULL },
	{ "foo_bar.com", "", 0, NULL },
	{ "no.such.tldx", "", 0, NULL },
	{ ".com", "", 0, NULL },
	{ "...", "", 0, NULL },
	/* in languages without blanks */
	{ "詳しくはhttp://example.com/をご覧ください", "example.com", 0, "http://example.com/" },
	{ "詳細はwww.example.comをご覧", "www.example.com", URL_SCHEMELESS, "www.example.com" },
	{ "请访问example.com。谢谢", "example.com", URL_SCHEMELESS, "example.com" },
	{ "http://example.comへ", "example.com", 0, "http://example.com" },
	{ "http://例え.jp/", "xn--r8jz45g.jp", URL_IDN, NULL },
	{ "「http://example.com/」", "example.com", 0, "http://example.com/" },
	{ "“http://example.com/”", "example.com", 0, "http://example.com/" },
	/* in disguise */
	{ "hxxp://evil.com/x", "evil.com", URL_OBFUSCATED, "hxxp://evil.com/x" },
	{ "hXXps://evil.com", "evil.com", URL_OBFUSCATED, NULL },
	{ "h**p://evil.com", "evil.com", URL_OBFUSCATED, NULL },
	{ "hxxp[:]//evil.com", "evil.com", URL_OBFUSCATED, NULL },
	{ "https[://]evil[.]com/x", "evil.com", URL_OBFUSCATED, "https[://]evil[.]com/x" },
	{ "http://evil[.]com/x", "evil.com", URL_OBFUSCATED, "http://evil[.]com/x" },
	{ "evil[.]com", "evil.com", URL_OBFUSCATED | URL_SCHEMELESS, "evil[.]com" },
	{ "www(.)evil(.)com", "www.evil.com", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "evil(dot)com", "evil.com", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "evil (dot) com", "evil.com", URL_OBFUSCATED | URL_SCHEMELESS, "evil (dot) com" },
	{ "evil {dot} com/x", "evil.com", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "evil [ DOT ] co [dot] uk", "evil.co.uk", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "visit evilshop dot com today", "evilshop.com", URL_OBFUSCATED | URL_SCHEMELESS,
	  "evilshop dot com" },
	{ "www dot evil dot com", "www.evil.com", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "www . evil . com", "www.evil.com", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "the dot com bubble, an early dot com", "", 0, NULL },
	{ "one [.] two", "", 0, NULL },
	{ "a list [dot] and (dot)", "", 0, NULL },
	{ "http://exa\u00admple.com/x", "example.com", URL_OBFUSCATED | URL_ZERO_WIDTH, NULL },
	{ "exa\u200bmple.com", "example.com", URL_OBFUSCATED | URL_ZERO_WIDTH | URL_SCHEMELESS,
	  "exa\u200bmple.com" },
	{ "h\u200bttp://evil.com/", "evil.com", URL_OBFUSCATED | URL_ZERO_WIDTH, NULL },
	{ "ｅｖｉｌ．ｃｏｍ", "evil.com", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "www。evil。com", "www.evil.com", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "evil．com/x", "evil.com", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "𝐞𝐯𝐢𝐥.𝐜𝐨𝐦", "evil.com", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "ⓔⓥⓘⓛ.com", "evil.com", URL_OBFUSCATED | URL_SCHEMELESS, NULL },
	{ "http：／／evil.com/", "evil.com", URL_OBFUSCATED, NULL },
	{ "http://evil.com/\u200bpath", "evil.com", URL_ZERO_WIDTH, NULL },
	{ "http://evil.com/?a=ｂ", "evil.com", 0, NULL },
	{ "\xff\xfehttp://example.com/\xff", "example.com", 0, "http://example.com/" },
};

static struct psl *load(struct arena *a)
{
	struct err e;
	struct psl *p = psl_load(a, LIST, &e);

	assert_non_null(p);
	return p;
}

static struct str name_of(const struct url *u)
{
	return u->address.p ? u->address : u->host;
}

static void check_row(struct arena *a, const struct psl *psl, const struct row *r)
{
	struct str want = str_c(r->found), text = str_c(r->text);
	url_vec v = { 0 };
	size_t i = 0;

	url_find(a, psl, text, URL_MAX_KEPT, &v);
	for (; want.n; i++) {
		struct str one = str_cut(&want, ' ');
		if (i >= v.n || !str_eq(name_of(&v.p[i]), one))
			fail_msg("\"%s\": number %zu is \"%.*s\"", r->text, i,
				 STR_ARG(i < v.n ? name_of(&v.p[i]) : STR("none")));
		assert_true(str_eq(v.p[i].raw, str_sub(text, v.p[i].offset, v.p[i].raw.n)));
	}
	if (v.n != i)
		fail_msg("\"%s\": one more, \"%.*s\"", r->text, STR_ARG(v.p[i].clean));
	if (v.n && v.p[0].flags != r->flags)
		fail_msg("\"%s\": flags %x, expected %x", r->text, v.p[0].flags, r->flags);
	if (r->raw && !str_eq(v.p[0].raw, str_c(r->raw)))
		fail_msg("\"%s\": raw \"%.*s\"", r->text, STR_ARG(v.p[0].raw));
}

static void test_rows(void **state)
{
	struct arena *a = arena_new(0);
	const struct psl *psl = load(a);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(a, psl, &rows[i]);
	arena_free(a);
}

static void test_shown_host(void **state)
{
	static const struct {
		const char *text, *host; /* NULL: absent */
	} shown[] = {
		{ "www.bank.com", "bank.com" },
		{ "https://www.bank.com/login", "bank.com" },
		{ " bank.co.uk ", "bank.co.uk" },
		{ "Visit bank.com now", "bank.com" },
		{ "http://192.0.2.1/", "192.0.2.1" },
		{ "bank [.] com", "bank.com" },
		{ "Click here", NULL },
		{ "info@bank.com", NULL },
		{ "mailto:info@bank.com", NULL },
		{ "", NULL },
	};
	struct arena *a = arena_new(0);
	const struct psl *psl = load(a);

	(void)state;
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		struct str got = url_shown_host(a, psl, str_c(shown[i].text));
		if (!got.p != !shown[i].host || !str_eq(got, str_c(shown[i].host)))
			fail_msg("\"%s\": \"%.*s\"", shown[i].text, STR_ARG(got));
	}
	arena_free(a);
}

/* At most max, and a list that is not empty is added to. */
static void test_max(void **state)
{
	struct arena *a = arena_new(0);
	const struct psl *psl = load(a);
	url_vec v = { 0 };

	(void)state;
	url_find(a, psl, STR("a.com b.com c.com"), 2, &v);
	assert_int_equal(v.n, 2);
	url_find(a, psl, STR("a.com b.com c.com"), 2, &v);
	assert_int_equal(v.n, 4);
	url_find(a, psl, STR("a.com"), 0, &v);
	assert_int_equal(v.n, 4);
	url_find(a, NULL, STR("a.com www.b.com http://c.com"), 9, &v);
	assert_int_equal(v.n, 6);
	arena_free(a);
}

/* Long texts are read in pieces, and nothing is lost between two of them, wherever it stands. */
static void test_pieces(void **state)
{
	static const char *const filler[] = { "some words\r\n", "some words, and more ", "x," };
	const struct str url = STR("http://bank[.]com/"), here = STR(" ");
	struct arena *a = arena_new(0);
	const struct psl *psl = load(a);

	(void)state;
	for (size_t i = 0; i < 3 * 60; i++) {
		struct str fill = str_c(filler[i % 3]);
		size_t at = 256 * 1024 - 30 + i / 3, n = at + 300000;
		char *p = arena_alloc(a, n);
		url_vec v = { 0 };
		bool found = false;

		for (size_t k = 0; k < n; k++)
			p[k] = fill.p[k % fill.n];
		p[at - 1] = i % 3 == 2 ? ',' : here.p[0];
		memcpy(p + at, url.p, url.n);
		p[at + url.n] = i % 3 == 2 ? '<' : here.p[0];
		url_find(a, psl, str_of(p, n), 100, &v);
		for (size_t k = 0; k < v.n; k++)
			found |= v.p[k].offset == at && str_eq(v.p[k].raw, url) &&
				 str_eq(v.p[k].host, STR("bank.com"));
		if (!found)
			fail_msg("at %zu among \"%s\"", at, filler[i % 3]);
	}
	arena_free(a);
}

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds that the text of n times what takes. */
static double cost(const struct psl *psl, struct str what, size_t n, size_t max)
{
	struct arena *a = arena_new(0);
	char *p = arena_alloc(a, what.n * n);
	url_vec v = { 0 };
	double from;

	for (size_t i = 0; i < n; i++)
		memcpy(p + i * what.n, what.p, what.n);
	from = cpu();
	url_find(a, psl, str_of(p, what.n * n), max, &v);
	from = cpu() - from;
	arena_free(a);
	return from;
}

/* Doubling an attack at most doubles its cost (with room for noise), and none costs a second. */
static void test_worst(void **state)
{
	static const char *const attack[] = {
		"www.",
		"a.",
		"http://",
		"http:",
		"http:/",
		"x",
		"(",
		"[.]",
		"[",
		" dot ",
		"hxx",
		"mailto:",
		"a@",
		"a.com@",
		"%68",
		"\u200b",
		"a。",
		"ａ",
		"例",
		"例a",
		".",
		"..",
		"a . ",
		"www . ",
		"h**p[:]//",
		"é.",
		"\xff",
		"a.com ",
		"a.com",
		"a.com/",
		"http://a.com",
		"https://",
		"http://a.com/ ",
		"://",
		"a-.com ",
		"http://[::",
		"éa.рф ",
	};
	struct arena *a = arena_new(0);
	const struct psl *psl = load(a);

	(void)state;
	for (size_t i = 0; i < sizeof attack / sizeof *attack; i++) {
		struct str what = str_c(attack[i]);
		double one = cost(psl, what, 100000, URL_MAX_KEPT),
		       two = cost(psl, what, 200000, URL_MAX_KEPT);
		if (one > 0.5 || two > 3 * one + 0.02)
			fail_msg("\"%s\": %.3f s, twice that: %.3f s", attack[i], one, two);
	}
	assert_true(cost(psl, STR("http://example.com/path?query "), 10000, 10000) < 0.5);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),  cmocka_unit_test(test_shown_host),
		cmocka_unit_test(test_max),   cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_worst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
