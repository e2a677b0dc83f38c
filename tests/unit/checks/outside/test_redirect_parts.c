/* Of redirectors: which addresses are asked, which URLs are not, and where a reply leads. */
#include <openssl/evp.h>

#include "auth/crypto.h"
#include "base/buf.h"
#include "checks/outside/redirect.h"
#include "lib/test.h"

static const struct {
	const char *ip;
	bool open;
} addresses[] = {
	/* the public Internet */
	{ "8.8.8.8", true },
	{ "1.1.1.1", true },
	{ "9.255.255.255", true },
	{ "11.0.0.0", true },
	{ "100.63.255.255", true },
	{ "100.128.0.0", true },
	{ "126.255.255.255", true },
	{ "128.0.0.0", true },
	{ "169.253.255.255", true },
	{ "169.255.0.0", true },
	{ "172.15.255.255", true },
	{ "172.32.0.0", true },
	{ "192.167.255.255", true },
	{ "192.169.0.0", true },
	{ "198.17.255.255", true },
	{ "198.20.0.0", true },
	{ "223.255.255.255", true },
	{ "2606:4700:4700::1111", true },
	{ "2a00:1450:4001::1", true },
	{ "64:ff9b::8.8.8.8", true },
	{ "::ffff:8.8.8.8", true },
	/* this host, this network, those inside */
	{ "0.0.0.0", false },
	{ "0.1.2.3", false },
	{ "10.0.0.1", false },
	{ "10.255.255.255", false },
	{ "100.64.0.1", false },
	{ "100.127.255.255", false },
	{ "127.0.0.1", false },
	{ "127.255.255.254", false },
	{ "169.254.1.1", false },
	{ "172.16.0.1", false },
	{ "172.31.255.255", false },
	{ "192.168.0.1", false },
	{ "192.168.255.255", false },
	/* clouds' own services */
	{ "169.254.169.254", false },
	{ "169.254.170.2", false },
	{ "100.100.100.200", false },
	{ "168.63.129.16", false },
	{ "192.0.0.192", false },
	{ "fd00:ec2::254", false },
	{ "fd20:ce::254", false },
	/* for examples, measurements, protocols */
	{ "192.0.0.1", false },
	{ "192.0.2.1", false },
	{ "198.18.0.1", false },
	{ "198.19.255.255", false },
	{ "198.51.100.1", false },
	{ "203.0.113.1", false },
	{ "192.88.99.1", false },
	/* multicast, reserved, broadcast */
	{ "224.0.0.1", false },
	{ "239.255.255.250", false },
	{ "240.0.0.1", false },
	{ "255.255.255.255", false },
	/* of version 6 */
	{ "::", false },
	{ "::1", false },
	{ "::2", false },
	{ "fe80::1", false },
	{ "febf::1", false },
	{ "fec0::1", false },
	{ "fc00::1", false },
	{ "fdff:ffff::1", false },
	{ "ff02::1", false },
	{ "ff0e::1", false },
	{ "100::1", false },
	{ "2001:db8::1", false },
	{ "3fff::1", false },
	{ "2001:2::1", false },
	{ "2001:10::1", false },
	{ "2001:20::1", false },
	{ "4000::1", false },
	{ "5f00::1", false },
	/* one that stands in another */
	{ "::ffff:127.0.0.1", false },
	{ "::ffff:10.0.0.1", false },
	{ "::ffff:169.254.169.254", false },
	{ "::127.0.0.1", false },
	{ "::10.0.0.1", false },
	{ "::ffff:0:127.0.0.1", false },
	{ "64:ff9b::127.0.0.1", false },
	{ "64:ff9b::10.0.0.1", false },
	{ "64:ff9b::a9fe:a9fe", false },
	{ "64:ff9b::192.168.1.1", false },
	{ "64:ff9b::224.0.0.1", false },
	{ "64:ff9b:1::8.8.8.8", false },
	{ "64:ff9b::1:8.8.8.8", false },
	{ "2002:7f00:1::", false },
	{ "2002:a00:1::1", false },
	{ "2002:808:808::1", false },
	{ "2001:0:4136:e378:8000:63bf:3fff:fdd2", false },
	{ "2001::7f00:1", false },
	{ "2a00::5efe:127.0.0.1", false },
	{ "2a00::200:5efe:10.0.0.1", false },
};

static void test_addresses(void **state)
{
	struct redirect_guard guard = { 0 };
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		assert_true(ip_parse(str_c(addresses[i].ip), &ip));
		if ((ip_scope(&ip) == IP_PUBLIC) != addresses[i].open ||
		    redirect_may_connect(&guard, &ip) != addresses[i].open)
			fail_msg("%s", addresses[i].ip);
	}
	ip = (struct ip){ 0 };
	assert_int_equal(ip_scope(&ip), IP_SPECIAL);
	/* mapped ones that nobody has unmapped */
	ip = (struct ip){ .family = 6, .b = { [10] = 0xff, 0xff, 127, 0, 0, 1 } };
	assert_false(redirect_may_connect(&guard, &ip));
}

static void test_nets(void **state)
{
	static const struct {
		const char *ip;
		bool open;
	} t[] = {
		{ "127.0.0.1", true },	      { "127.1.0.1", false },
		{ "::ffff:127.0.0.1", true }, { "64:ff9b::127.0.0.1", false },
		{ "8.8.8.8", false },	      { "8.8.4.4", true },
		{ "2a00:1::1", false },	      { "2a00:2::1", true },
		{ "127.0.0.9", false },
	};
	struct redirect_guard guard = { .nallow = 1, .nrefuse = 3 };
	struct ip ip;

	(void)state;
	assert_true(cidr_parse(STR("127.0.0.0/24"), &guard.allow[0]));
	assert_true(cidr_parse(STR("8.8.8.0/24"), &guard.refuse[0]));
	assert_true(cidr_parse(STR("2a00:1::/32"), &guard.refuse[1]));
	assert_true(cidr_parse(STR("127.0.0.9"), &guard.refuse[2]));
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_true(ip_parse(str_c(t[i].ip), &ip));
		if (redirect_may_connect(&guard, &ip) != t[i].open)
			fail_msg("%s", t[i].ip);
	}
}

/* ---- URLs that tell for whom they are ---- */

#define WHO "Anna.Berg@Mail.Example"
#define LOWER "anna.berg@mail.example"

static struct str digest(struct arena *a, const char *name)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	size_t n = 0;

	assert_int_equal(EVP_Q_digest(NULL, name, NULL, LOWER, sizeof LOWER - 1, out, &n), 1);
	return arena_dup(a, str_of((char *)out, n));
}

static struct str hex(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	buf_hex(&b, s.p, s.n);
	return buf_str(&b);
}

static void test_personal(void **state)
{
	static const struct {
		const char *url;
		bool personal;
	} t[] = {
		{ "https://short.test/", false },
		{ "https://short.test/3xYzAb9", false },
		{ "https://short.test/summer-sale-2024", false },
		{ "https://short.test/a-very-long-name-of-an-article-about-mail-filters", false },
		{ "https://short.test/url?q=https%3A%2F%2Fshop.test%2Foffer&sa=D", false },
		{ "https://short.test/url?q=https://shop.test/a/b/c.html&utm_source=newsletter",
		  false },
		{ "https://short.test/?utm_campaign=summer_sale_2024_germany", false },
		{ "https://short.test/@someone/post", false },
		{ "https://short.test/?d=20240101", false },
		{ "https://short.test/?e=anna.berg@mail.example", true },
		{ "https://short.test/?e=ANNA.BERG%40mail.example", true },
		{ "https://short.test/?e=anna.berg%2540mail.example", true },
		{ "https://short.test/?e=bounce+anna.berg=mail.example", true },
		{ "https://short.test/?e=anna.berg", true },
		{ "https://short.test/anna.berg/x", true },
		{ "https://short.test/?e=somebody.else@other.example", true },
		{ "https://short.test/somebody%40other.example/x", true },
		{ "https://short.test/?t=9f86d081884c7d659a2feaa0c55ad015", true },
		{ "https://short.test/?t=550e8400-e29b-41d4-a716-446655440000", true },
		{ "https://short.test/?t=1234567890123456", true },
		{ "https://short.test/ls/click?upn=Kf8aJ2mQ9xZ7wL5tR3vB", true },
		{ "https://short.test/ls/KfaJmQxZwLtRvBnHc", true },
		{ "https://k3j9x2m8q4w7e1r5t6.short.test/x", true },
	};
	struct arena *a = arena_new(0);
	const struct str rcpt[] = { STR("<>"), STR("nonsense"), STR("<" WHO ">"), STR("<@>") };
	struct redirect_secrets *s = redirect_secrets(a, rcpt, 4);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (redirect_personal(a, s, str_c(t[i].url)) != t[i].personal)
			fail_msg("%s", t[i].url);
	arena_free(a);
}

/* The recipient's address, coded and digested in each way, in a URL that is all right else. */
static void test_codings(void **state)
{
	static const char *const name[] = { "MD5", "SHA1", "SHA256" };
	struct arena *a = arena_new(0);
	const struct str rcpt[] = { STR(WHO) };
	struct redirect_secrets *s = redirect_secrets(a, rcpt, 1), *none;
	struct str text[16];
	size_t n = 0;

	(void)state;
	none = redirect_secrets(a, rcpt, 0);
	assert_false(redirect_personal(a, none, STR("http://short.test/?u=anna.berg")));
	text[n++] = hex(a, STR(LOWER));
	text[n++] = hex(a, STR("7:" WHO));
	text[n++] = base64_encode(a, STR(LOWER));
	text[n++] = base64_encode(a, STR("1" LOWER));
	text[n++] = base64_encode(a, STR("12" LOWER "!"));
	text[n++] = base64_encode(a, STR("{\"e\":\"" WHO "\"}"));
	for (size_t i = 0; i < 3; i++) {
		text[n++] = hex(a, digest(a, name[i]));
		text[n++] = base64_encode(a, digest(a, name[i]));
	}
	for (size_t i = 0; i < n; i++) {
		char *url = arena_cstr(
			a, arena_printf(a, "http://short.test/x?y=%.*s", STR_ARG(text[i])));

		for (int form = 0; form < 2; form++) {
			if (!redirect_personal(a, s, str_c(url)))
				fail_msg("%s", url);
			for (char *p = url; *p; p++) /* RFC 4648 section 5 */
				*p = *p == '+' ? '-' : *p == '/' && p > strchr(url, '?') ? '_' : *p;
		}
	}
	arena_free(a);
}

/* More of the same costs more of the same. */
static void test_personal_many(void **state)
{
	struct arena *a = arena_new(0);
	struct str rcpt[3 * REDIRECT_RCPTS];
	struct redirect_secrets *s;
	char url[URL_MAX_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof rcpt / sizeof *rcpt; i++)
		rcpt[i] = arena_printf(a, "user%zu@mail.example", i);
	s = redirect_secrets(a, rcpt, sizeof rcpt / sizeof *rcpt);
	memset(url, '/', sizeof url);
	memcpy(url, "http://", 7);
	assert_false(redirect_personal(a, s, str_of(url, sizeof url)));
	memcpy(url + sizeof url - 30, "user19@mail.example", 19);
	assert_true(redirect_personal(a, s, str_of(url, sizeof url)));
	arena_free(a);
}

/* ---- where to ---- */

static void test_resolve(void **state)
{
	static const struct {
		const char *base, *ref, *to;
	} t[] = {
		{ "http://a.test/x/y?z", "https://b.test/q", "https://b.test/q" },
		{ "http://a.test/x/y?z", "HTTPS://B.test/q", "HTTPS://B.test/q" },
		{ "http://a.test/x/y?z", "//b.test/q", "http://b.test/q" },
		{ "https://a.test/x/y?z", "//b.test/q", "https://b.test/q" },
		{ "https://a.test:8443/x/y?z", "/q", "https://a.test:8443/q" },
		{ "http://a.test/x/y?z", "q", "http://a.test/x/q" },
		{ "http://a.test", "q", "http://a.test/q" },
		{ "http://a.test/x/y?z", "?q", "http://a.test/x/y?q" },
		{ "http://a.test/x/y?z", "../q", "http://a.test/x/../q" },
		{ "http://a.test/x/y?z", " \r\n https://b.\ttest/\nq ", "https://b.test/q" },
		{ "http://a.test/x", "\\\\b.test\\q", "http://b.test/q" },
		{ "http://a.test/x", "http:\\\\b.test", "http://b.test" },
		{ "http://a.test/x", "#top", "" },
		{ "http://a.test/x", "", "" },
		{ "http://a.test/x", "  ", "" },
		{ "http://a.test/x", "javascript:alert(1)", "" },
		{ "http://a.test/x", "data:text/html,x", "" },
		{ "http://a.test/x", "mailto:a@b.test", "" },
		{ "http://a.test/x", "file:///etc/passwd", "" },
		{ "http://a.test/x", "intent://b.test#Intent;end", "" },
		{ "http://a.test/x", "gopher://127.0.0.1:25/", "" },
	};
	struct arena *a = arena_new(0);
	struct url base;
	char big[2 * URL_MAX_LEN + 10];

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_true(url_parse(a, NULL, str_c(t[i].base), &base));
		assert_str(redirect_resolve(a, &base, str_c(t[i].ref)), t[i].to);
	}
	memset(big, 'x', sizeof big);
	big[0] = '/';
	assert_true(redirect_resolve(a, &base, str_of(big, URL_MAX_LEN)).n > 0);
	assert_int_equal(redirect_resolve(a, &base, str_of(big, URL_MAX_LEN + 1)).n, 0);
	assert_int_equal(redirect_resolve(a, &base, str_of(big, sizeof big)).n, 0);
	arena_free(a);
}

static void test_meta(void **state)
{
	static const struct {
		const char *page, *to;
	} t[] = {
		{ "<meta http-equiv=refresh content='0;url=http://b.test/'>", "http://b.test/" },
		{ "<META HTTP-EQUIV=\"Refresh\" CONTENT=\"5; URL='http://b.test/'\">",
		  "http://b.test/" },
		{ "<meta content=\"0, url = 'http://b.test/' x\" http-equiv=refresh>",
		  "http://b.test/" },
		{ "<meta http-equiv=refresh content=\"0; http://b.test/\">", "http://b.test/" },
		{ "<meta http-equiv=refresh content=\"0.5;url=//b.test/\">", "//b.test/" },
		{ "<meta http-equiv=refresh content=\"0;url=&#104;ttp://b.test/?a&amp;b\">",
		  "http://b.test/?a&b" },
		{ "<noscript><meta http-equiv=refresh content='0;url=http://b.test/'></noscript>",
		  "http://b.test/" },
		{ "<meta http-equiv=refresh content='5'><meta http-equiv=refresh "
		  "content='0;url=http://b.test/'>",
		  "http://b.test/" },
		{ "<!-- <meta http-equiv=refresh content='0;url=http://c.test/'> -->", "" },
		{ "<script>\"<meta http-equiv=refresh content='0;url=http://c.test/'>\"</script>",
		  "" },
		{ "<meta name=refresh content='0;url=http://b.test/'>", "" },
		{ "<meta http-equiv=refresh>", "" },
		{ "<meta http-equiv=refresh content=''>", "" },
		{ "<meta http-equiv=refresh content='0;url=\"'>", "" },
		{ "no page", "" },
		{ "", "" },
	};
	struct arena *a = arena_new(0);
	struct buf late = { .arena = a };

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_str(redirect_meta(a, str_c(t[i].page)), t[i].to);
	while (late.n < REDIRECT_OCTETS)
		buf_add(&late, STR("<p>text</p>"));
	buf_add(&late, str_c(t[0].page));
	assert_int_equal(redirect_meta(a, buf_str(&late)).n, 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),     cmocka_unit_test(test_nets),
		cmocka_unit_test(test_personal),      cmocka_unit_test(test_codings),
		cmocka_unit_test(test_personal_many), cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_meta),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
