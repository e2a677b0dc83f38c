/* One URL taken apart as browsers do it, and the URLs that are inside it. */
#include "lib/test.h"

#include "mail/url/url.h"

#define LIST MERLON_SRCDIR "/tests/conformance/psl/public_suffix_list.dat"

struct row {
	const char *raw;
	const char *host;  /* NULL: refused */
	const char *org;   /* NULL: absent */
	const char *clean; /* NULL: not compared */
	unsigned flags;
};

#define H(h) "http://" h "/"

static const struct row rows[] = {
	{ "http://example.com/", "example.com", "example.com", H("example.com"), 0 },
	{ "http://example.com", "example.com", "example.com", H("example.com"), 0 },
	{ "HTTP://WWW.Example.COM/Path", "www.example.com", "example.com",
	  "http://www.example.com/Path", 0 },
	{ "https://a.b.example.co.uk/x?y=z#f", "a.b.example.co.uk", "example.co.uk",
	  "https://a.b.example.co.uk/x?y=z", 0 },
	{ "ftp://ftp.example.org/pub/", "ftp.example.org", "example.org",
	  "ftp://ftp.example.org/pub/", 0 },
	{ "wss://example.com/socket", "example.com", "example.com", "wss://example.com/socket", 0 },
	{ "http://co.uk/", "co.uk", NULL, H("co.uk"), 0 },
	{ "http://localhost/", "localhost", NULL, H("localhost"), 0 },
	{ "http://example.com./", "example.com", "example.com", H("example.com"), 0 },
	{ "  http://example.com/ \r\n", "example.com", "example.com", H("example.com"), 0 },
	{ "\x01\x1fhttp://example.com/\x02", "example.com", "example.com", H("example.com"), 0 },
	/* slashes of both kinds, and too few or many of them */
	{ "http:example.com/", "example.com", "example.com", H("example.com"), 0 },
	{ "http:/example.com/", "example.com", "example.com", H("example.com"), 0 },
	{ "http:///example.com/", "example.com", "example.com", H("example.com"), 0 },
	{ "http://///example.com/", "example.com", "example.com", H("example.com"), 0 },
	{ "http:\\\\example.com\\a\\b", "example.com", "example.com", "http://example.com/a/b",
	  URL_BACKSLASH },
	{ "http:/\\example.com/", "example.com", "example.com", H("example.com"), URL_BACKSLASH },
	{ "https://example.com\\@bank.example/", "example.com", "example.com",
	  "https://example.com/@bank.example/", URL_BACKSLASH },
	{ "//example.com/x", "example.com", "example.com", "http://example.com/x", URL_SCHEMELESS },
	{ "\\\\example.com\\x", "example.com", "example.com", "http://example.com/x",
	  URL_SCHEMELESS | URL_BACKSLASH },
	/* tabs and line ends */
	{ "ht\ttp://exa\nmple.c\rom/", "example.com", "example.com", H("example.com"),
	  URL_CONTROL },
	{ "java\nscript:alert(1)", "", NULL, "javascript:alert(1)", URL_CONTROL },
	{ "http://example.com/a\tb", "example.com", "example.com", "http://example.com/ab",
	  URL_CONTROL },
	{ "http://exam\x01ple.com/", "", NULL, NULL, URL_BAD_HOST | URL_CONTROL },
	/* userinfo */
	{ "http://bank.example@evil.com/", "evil.com", "evil.com", H("evil.com"), URL_USERINFO },
	{ "http://user:pass@evil.com:8080/", "evil.com", "evil.com", "http://evil.com:8080/",
	  URL_USERINFO | URL_PORT },
	{ "http://a@b@evil.com/", "evil.com", "evil.com", H("evil.com"), URL_USERINFO },
	{ "http://www.bank.example%2Flogin@evil.com/", "evil.com", "evil.com", H("evil.com"),
	  URL_USERINFO },
	{ "http://evil.com/@bank.example", "evil.com", "evil.com", "http://evil.com/@bank.example",
	  0 },
	{ "http://evil.com?@bank.example", "evil.com", "evil.com", "http://evil.com/?@bank.example",
	  0 },
	{ "http://evil.com#@bank.example", "evil.com", "evil.com", "http://evil.com/", 0 },
	/* ports */
	{ "http://example.com:80/", "example.com", "example.com", H("example.com"), 0 },
	{ "https://example.com:443/", "example.com", "example.com", "https://example.com/", 0 },
	{ "https://example.com:80/", "example.com", "example.com", "https://example.com:80/",
	  URL_PORT },
	{ "http://example.com:/", "example.com", "example.com", H("example.com"), 0 },
	{ "http://example.com:00080/", "example.com", "example.com", H("example.com"), 0 },
	{ "http://example.com:65535/", "example.com", "example.com", "http://example.com:65535/",
	  URL_PORT },
	{ "http://example.com:65536/", "example.com", "example.com", NULL, URL_BAD_HOST },
	{ "http://example.com:8x/", "example.com", "example.com", NULL, URL_BAD_HOST },
	{ "example.com:8080/x", "example.com", "example.com", "http://example.com:8080/x",
	  URL_SCHEMELESS | URL_PORT },
	/* percent escapes in the host */
	{ "http://%65xample.com/", "example.com", "example.com", H("example.com"),
	  URL_PERCENT_HOST },
	{ "http://ex%61mple%2Ecom/", "example.com", "example.com", H("example.com"),
	  URL_PERCENT_HOST },
	{ "http://b%C3%BCcher.de/", "xn--bcher-kva.de", "xn--bcher-kva.de", H("xn--bcher-kva.de"),
	  URL_PERCENT_HOST | URL_IDN },
	{ "http://example%2/", "", NULL, NULL, URL_PERCENT_HOST | URL_BAD_HOST },
	{ "http://evil%2Fcom/", "", NULL, NULL, URL_PERCENT_HOST | URL_BAD_HOST },
	{ "http://evil%00.com/", "", NULL, NULL, URL_PERCENT_HOST | URL_BAD_HOST | URL_CONTROL },
	{ "http://%31%32%37.0.0.1/", "127.0.0.1", NULL, H("127.0.0.1"), URL_PERCENT_HOST | URL_IP },
	/* addresses */
	{ "http://192.0.2.1/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP },
	{ "http://192.0.2.1./", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://0300.0.2.1/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://0xC0.0x00.0x02.0x01/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://0xC0000201/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://3221225985/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://030000001001/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://192.0.513/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://192.513/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://127.1/", "127.0.0.1", NULL, H("127.0.0.1"), URL_IP | URL_IP_ODD },
	{ "http://0x7f.1/", "127.0.0.1", NULL, H("127.0.0.1"), URL_IP | URL_IP_ODD },
	{ "http://0x/", "0.0.0.0", NULL, H("0.0.0.0"), URL_IP | URL_IP_ODD },
	{ "http://0/", "0.0.0.0", NULL, H("0.0.0.0"), URL_IP | URL_IP_ODD },
	{ "http://4294967295/", "255.255.255.255", NULL, NULL, URL_IP | URL_IP_ODD },
	{ "http://4294967296/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://256.0.0.1/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://1.2.3.4.5/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://1.2.3.08/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://foo.0x4/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://foo.1.2.3.4/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://１９２.０.２.１/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://①⑨②.⓪.②.①/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://192。0。2。1/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://[2001:DB8::1]/", "2001:db8::1", NULL, "http://[2001:db8::1]/", URL_IP },
	{ "http://[2001:db8::1]:8080/", "2001:db8::1", NULL, "http://[2001:db8::1]:8080/",
	  URL_IP | URL_PORT },
	{ "http://[::ffff:192.0.2.1]/", "192.0.2.1", NULL, H("192.0.2.1"), URL_IP | URL_IP_ODD },
	{ "http://[::1", "", NULL, NULL, URL_BAD_HOST },
	{ "http://[]/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://[IPv6:2001:db8::1]/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://[example.com]/", "", NULL, NULL, URL_BAD_HOST },
	/* internationalised names */
	{ "http://münchen.de/straße", "xn--mnchen-3ya.de", "xn--mnchen-3ya.de",
	  "http://xn--mnchen-3ya.de/stra%C3%9Fe", URL_IDN },
	{ "http://XN--MNCHEN-3YA.de/", "xn--mnchen-3ya.de", "xn--mnchen-3ya.de", NULL, URL_IDN },
	{ "http://россия.рф/", "xn--h1alffa9f.xn--p1ai", "xn--h1alffa9f.xn--p1ai", NULL, URL_IDN },
	{ "http://例え。テスト/", "xn--r8jz45g.xn--zckzah", "xn--r8jz45g.xn--zckzah", NULL,
	  URL_IDN },
	{ "http://ｅｘａｍｐｌｅ．ｃｏｍ/", "example.com", "example.com", H("example.com"), 0 },
	{ "http://exam\u00adple.com/", "example.com", "example.com", H("example.com"),
	  URL_ZERO_WIDTH },
	{ "http://exam\u200bple.com/", "example.com", "example.com", H("example.com"),
	  URL_ZERO_WIDTH },
	{ "http://exam%E2%80%8Bple.com/", "example.com", "example.com", H("example.com"),
	  URL_ZERO_WIDTH | URL_PERCENT_HOST },
	{ "http://example.com/\u202egpj.exe", "example.com", "example.com", NULL, URL_BIDI },
	{ "http://a\u202eb.com/", "", NULL, NULL, URL_BIDI | URL_BAD_HOST },
	{ "http://faß.de/", "xn--fa-hia.de", "xn--fa-hia.de", NULL, URL_IDN },
	{ "http://xn--zzzzzzzz.com/", "xn--zzzzzzzz.com", "xn--zzzzzzzz.com", NULL,
	  URL_BAD_HOST | URL_IDN },
	{ "http://\xff\xfe.com/", "", NULL, NULL, URL_BAD_HOST },
	/* names that only DNS takes */
	{ "http://a_b.example.com/", "a_b.example.com", "example.com", NULL, 0 },
	{ "http://-a.example.com/", "-a.example.com", "example.com", NULL, 0 },
	{ "http://a-.example.com/", "a-.example.com", "example.com", NULL, 0 },
	{ "http://a..example.com/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://exa mple.com/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://exa<mple.com/", "", NULL, NULL, URL_BAD_HOST },
	{ "http://exa|mple.com/", "", NULL, NULL, URL_BAD_HOST },
	/* paths */
	{ "http://example.com/a/./b/../c", "example.com", "example.com", "http://example.com/a/c",
	  0 },
	{ "http://example.com/../../x", "example.com", "example.com", "http://example.com/x", 0 },
	{ "http://example.com/a/%2e%2E/b", "example.com", "example.com", "http://example.com/b",
	  0 },
	{ "http://example.com/a/..", "example.com", "example.com", H("example.com"), 0 },
	{ "http://example.com/.../x", "example.com", "example.com", "http://example.com/.../x", 0 },
	{ "http://example.com/a b\"<>`", "example.com", "example.com",
	  "http://example.com/a%20b%22%3C%3E%60", 0 },
	{ "http://example.com?q=a b", "example.com", "example.com", "http://example.com/?q=a%20b",
	  0 },
	{ "http://example.com/?", "example.com", "example.com", "http://example.com/?", 0 },
	{ "http://example.com/a?b?c#d#e", "example.com", "example.com", "http://example.com/a?b?c",
	  0 },
	/* without scheme */
	{ "www.example.com", "www.example.com", "example.com", "http://www.example.com/",
	  URL_SCHEMELESS },
	{ "example.com/login", "example.com", "example.com", "http://example.com/login",
	  URL_SCHEMELESS },
	{ "example.com", "example.com", "example.com", H("example.com"), URL_SCHEMELESS },
	{ "index.html", NULL, NULL, NULL, 0 },
	{ "/index.html", NULL, NULL, NULL, 0 },
	{ "#top", NULL, NULL, NULL, 0 },
	{ "?x=http://example.com", NULL, NULL, NULL, 0 },
	{ "", NULL, NULL, NULL, 0 },
	{ " \t\r\n", NULL, NULL, NULL, 0 },
	{ "com", NULL, NULL, NULL, 0 },
	{ "click here", NULL, NULL, NULL, 0 },
	{ "http://", NULL, NULL, NULL, 0 },
	{ "http:", NULL, NULL, NULL, 0 },
	{ "https:///", NULL, NULL, NULL, 0 },
	{ "http://?q", NULL, NULL, NULL, 0 },
	{ "http://user@/", NULL, NULL, NULL, 0 },
	{ "1http://example.com/", NULL, NULL, NULL, 0 },
	/* other schemes */
	{ "mailto:User@Example.com", "", NULL, "mailto:User@Example.com", 0 },
	{ "MAILTO:a%40b.example?subject=x", "", NULL, NULL, 0 },
	{ "mailto://a@b.example", "", NULL, NULL, 0 },
	{ "mailto:", NULL, NULL, NULL, 0 },
	{ "data:text/html;base64,PGI+", "", NULL, "data:text/html;base64,PGI+", 0 },
	{ "tel:+431234567", "", NULL, "tel:+431234567", 0 },
	{ "javascript:alert(1)", "", NULL, NULL, 0 },
	{ "cid:part1@example.com", "", NULL, NULL, 0 },
	{ "tg://resolve/x", "resolve", NULL, NULL, 0 },
	{ "smb://evil.com/share", "evil.com", "evil.com", NULL, 0 },
	{ "tel:", NULL, NULL, NULL, 0 },
};

static struct psl *load(struct arena *a)
{
	struct err e;
	struct psl *p = psl_load(a, LIST, &e);

	assert_non_null(p);
	return p;
}

static void check_row(struct arena *a, const struct psl *psl, const struct row *r)
{
	struct url u;

	if (url_parse(a, psl, str_c(r->raw), &u) != (r->host != NULL))
		fail_msg("\"%s\": %s", r->raw, r->host ? "refused" : "taken");
	if (!r->host)
		return;
	if (!str_eq(u.host, str_c(r->host)))
		fail_msg("\"%s\": host \"%.*s\"", r->raw, STR_ARG(u.host));
	if (!str_eq(u.registrable, str_c(r->org)) || !u.registrable.p != !r->org)
		fail_msg("\"%s\": registrable \"%.*s\"", r->raw, STR_ARG(u.registrable));
	if (r->clean && !str_eq(u.clean, str_c(r->clean)))
		fail_msg("\"%s\": clean \"%.*s\"", r->raw, STR_ARG(u.clean));
	if (u.flags != r->flags)
		fail_msg("\"%s\": flags %x, expected %x", r->raw, u.flags, r->flags);
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

/* The pieces are slices of the one clean form, and what is clean stays as it is. */
static void test_clean_again(void **state)
{
	struct arena *a = arena_new(0);
	const struct psl *psl = load(a);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct url u, v;
		if (!rows[i].host || !*rows[i].host || rows[i].flags & URL_BAD_HOST ||
		    !url_parse(a, psl, str_c(rows[i].raw), &u))
			continue;
		assert_true(url_parse(a, psl, u.clean, &v));
		if (!str_eq(u.clean, v.clean) || !str_eq(u.host, v.host) ||
		    !str_eq(u.path, v.path) || !str_eq(u.query, v.query))
			fail_msg("\"%s\": \"%.*s\" became \"%.*s\"", rows[i].raw, STR_ARG(u.clean),
				 STR_ARG(v.clean));
	}
	arena_free(a);
}

static void test_pieces(void **state)
{
	struct arena *a = arena_new(0);
	const struct psl *psl = load(a);
	struct url u;

	(void)state;
	assert_true(url_parse(a, psl, STR("HTTPS://u:p@MÜNCHEN.de:8443/a/b?c=d&e#f?g"), &u));
	assert_str(u.scheme, "https");
	assert_str(u.user, "u:p");
	assert_str(u.shown, "münchen.de");
	assert_int_equal(u.port, 8443);
	assert_str(u.path, "/a/b");
	assert_str(u.query, "c=d&e");
	assert_str(u.fragment, "f?g");
	assert_int_equal(u.part, UINT32_MAX);
	assert_int_equal(u.parent, UINT32_MAX);
	assert_true(url_parse(a, psl, STR("mailto:a%40b.example?subject=x"), &u));
	assert_str(u.address, "a@b.example");
	assert_str(u.query, "subject=x");
	assert_false(url_parse(a, NULL, STR("example.com"), &u));
	assert_true(url_parse(a, NULL, STR("www.example.com"), &u));
	assert_str(u.registrable, "example.com");
	arena_free(a);
}

/* URL_MAX_LEN octets are looked at, those that a browser drops not counted. */
static void test_long(void **state)
{
	struct arena *a = arena_new(0);
	const struct psl *psl = load(a);
	char *p = arena_alloc(a, 1u << 20);
	struct url u;

	(void)state;
	memset(p, 'x', 1u << 20);
	memcpy(p, "http://example.com/", 19);
	assert_true(url_parse(a, psl, str_of(p, URL_MAX_LEN), &u));
	assert_int_equal(u.clean.n, URL_MAX_LEN);
	assert_int_equal(u.flags, 0);
	assert_true(url_parse(a, psl, str_of(p, URL_MAX_LEN + 1), &u));
	assert_int_equal(u.clean.n, URL_MAX_LEN);
	assert_int_equal(u.flags, URL_TOO_LONG);
	memset(p + 7, '\t', 1u << 19);
	memcpy(p + 7 + (1u << 19), "evil.com/", 9);
	assert_true(url_parse(a, psl, str_of(p, 1u << 20), &u));
	assert_str(u.host, "evil.com");
	memset(p, '/', 1u << 20);
	memcpy(p, "http:", 5);
	assert_false(url_parse(a, psl, str_of(p, 1u << 20), &u));
	arena_free(a);
}

static const struct {
	const char *raw, *inside; /* clean forms, blanks between */
} nested[] = {
	{ "https://r.example/?u=http://evil.com/a", "http://evil.com/a" },
	{ "https://r.example/?u=http%3A%2F%2Fevil.com%2Fa%3Fb%3D1%26c%3D2&x=y",
	  "http://evil.com/a?b=1&c=2" },
	{ "https://r.example/?u=http%253A%252F%252Fevil.com", "http://evil.com/" },
	{ "https://r.example/?u=http%25253A%25252F%25252Fevil.com", "http://evil.com/" },
	{ "https://r.example/?u=http%2525253A%2525252F%2525252Fevil.com", "http://evil.com/" },
	{ "https://r.example/?u=http%252525253A%252525252F%252525252Fevil.com", "" },
	{ "https://r.example/https://evil.com/x", "https://evil.com/x" },
	{ "https://r.example/go/https%3A%2F%2Fevil.com%2Fx", "https://evil.com/x" },
	{ "https://r.example/#https://evil.com/", "https://evil.com/" },
	{ "https://r.example/?q=evil.com", "http://evil.com/" },
	{ "https://r.example/?q=index.html&r=3.14", "" },
	{ "https://r.example/?evil.com/x", "http://evil.com/x" },
	{ "https://r.example/?mail=a@evil.com", "" },
	{ "https://r.example/?u=//evil.com/x", "http://evil.com/x" },
	{ "https://r.example/?a=http://one.com/&b=http://two.com/",
	  "http://one.com/ http://two.com/" },
	{ "https://r.example/?u=http%3A%2F%2Fone.com%2F%3Fv%3Dhttp%253A%252F%252Ftwo.com%252F",
	  "http://one.com/?v=http%3A%2F%2Ftwo.com%2F http://two.com/" },
	{ "https://r.example/?u=http:/\\evil.com", "http://evil.com/" },
	{ "https://r.example/?t=12:30&c=red", "" },
	{ "https://r.example/", "" },
	{ "mailto:a@b.example?body=http://evil.com/", "" },
};

static void test_nested(void **state)
{
	struct arena *a = arena_new(0);
	const struct psl *psl = load(a);

	(void)state;
	for (size_t i = 0; i < sizeof nested / sizeof *nested; i++) {
		url_vec v = { 0 };
		struct str want = str_c(nested[i].inside);
		size_t k = 1;
		VEC_PUSH(a, v) = (struct url){ 0 };
		assert_true(url_parse(a, psl, str_c(nested[i].raw), &v.p[0]));
		url_nested(a, psl, &v.p[0], 0, &v);
		for (; want.n; k++) {
			struct str one = str_cut(&want, ' ');
			if (k >= v.n || !str_eq(v.p[k].clean, one))
				fail_msg("%s: number %zu is \"%.*s\"", nested[i].raw, k,
					 STR_ARG(k < v.n ? v.p[k].clean : STR("none")));
			assert_int_equal(v.p[k].origin, URL_FROM_NESTED);
			assert_true(v.p[k].flags & URL_NESTED && v.p[k].parent < k);
		}
		if (v.n != k)
			fail_msg("%s: one more, \"%.*s\"", nested[i].raw, STR_ARG(v.p[k].clean));
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),   cmocka_unit_test(test_clean_again),
		cmocka_unit_test(test_pieces), cmocka_unit_test(test_long),
		cmocka_unit_test(test_nested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
