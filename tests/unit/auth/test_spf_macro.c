/* SPF macros (RFC 7208 7): the table of letters and transformers, and how names and texts are cut.
 */
#include "lib/test.h"

#include "auth/spf/macro.h"
#include "base/buf.h"

static const struct spf_request request = {
	.helo = { "mx.Example.org", 14 },
	.local = { "strong-bad", 10 },
	.domain = { "email.example.com", 17 },
	.receiver = { "in.example.net", 14 },
	.now = 1700000000,
};

static struct spf_macro_env env_of(const char *ip)
{
	struct spf_macro_env env = { .req = &request,
				     .sender = request.domain,
				     .domain = request.domain };

	assert_true(ip_parse(str_c(ip), &env.ip));
	return env;
}

/* The examples of 7.4, then the rest. */
static const struct {
	const char *ip, *spec, *out;
} names[] = {
	{ "192.0.2.3", "%{s}", "strong-bad@email.example.com" },
	{ "192.0.2.3", "%{o}", "email.example.com" },
	{ "192.0.2.3", "%{d}", "email.example.com" },
	{ "192.0.2.3", "%{d4}", "email.example.com" },
	{ "192.0.2.3", "%{d3}", "email.example.com" },
	{ "192.0.2.3", "%{d2}", "example.com" },
	{ "192.0.2.3", "%{d1}", "com" },
	{ "192.0.2.3", "%{dr}", "com.example.email" },
	{ "192.0.2.3", "%{d2r}", "example.email" },
	{ "192.0.2.3", "%{l}", "strong-bad" },
	{ "192.0.2.3", "%{l-}", "strong.bad" },
	{ "192.0.2.3", "%{lr}", "strong-bad" },
	{ "192.0.2.3", "%{lr-}", "bad.strong" },
	{ "192.0.2.3", "%{l1r-}", "strong" },
	{ "192.0.2.3", "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com" },
	{ "192.0.2.3", "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
	{ "192.0.2.3", "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
	  "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
	{ "192.0.2.3", "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
	  "3.2.0.192.in-addr.strong.lp._spf.example.com" },
	{ "192.0.2.3", "%{d2}.trusted-domains.example.net",
	  "example.com.trusted-domains.example.net" },
	{ "2001:db8::cb01", "%{ir}.%{v}._spf.%{d2}",
	  "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com" },
	{ "192.0.2.3", "%{p}", "unknown" },
	{ "192.0.2.3", "%{h}", "mx.Example.org" },
	{ "192.0.2.3", "%{D2}", "example.com" },
	{ "192.0.2.3", "%{S}", "strong-bad%40email.example.com" },
	{ "192.0.2.3", "%{S1@}", NULL },
	{ "192.0.2.3", "%{d127}", "email.example.com" },
	{ "192.0.2.3", "%{d99999999999999999999}", "email.example.com" },
	{ "192.0.2.3", "%{d1R}", "email" },
	{ "192.0.2.3", "%{l2r-.+,/_=}", "bad.strong" },
	{ "192.0.2.3", "%%%_%-.%{d}", "% %20.email.example.com" },
	{ "192.0.2.3", "a.example.com.", "a.example.com" },
	{ "192.0.2.3", "%{d0}", NULL },
	{ "192.0.2.3", "%{d00}", NULL },
	{ "192.0.2.3", "%{}", NULL },
	{ "192.0.2.3", "%{", NULL },
	{ "192.0.2.3", "%{d", NULL },
	{ "192.0.2.3", "%{dr2}", NULL },
	{ "192.0.2.3", "%{d:}", NULL },
	{ "192.0.2.3", "%{d-1}", NULL },
	{ "192.0.2.3", "%{ d}", NULL },
	{ "192.0.2.3", "%{q}", NULL },
	{ "192.0.2.3", "%{dd}", NULL },
	{ "192.0.2.3", "%{%{d}}", NULL },
	{ "192.0.2.3", "%(d)", NULL },
	{ "192.0.2.3", "%d", NULL },
	{ "192.0.2.3", "%{c}", NULL }, /* 7.2: only in explanations */
	{ "192.0.2.3", "%{R}", NULL },
	{ "192.0.2.3", "%{t}", NULL },
	{ "192.0.2.3", "", NULL },
};

static void domains(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct spf_macro_env env = env_of(names[i].ip);
		struct str spec = str_c(names[i].spec);

		if (spf_macro_check(spec, SPF_MACRO_DOMAIN) != (names[i].out != NULL))
			fail_msg("%s: wrongly %s", names[i].spec,
				 names[i].out ? "refused" : "taken");
		if (names[i].out)
			assert_str(spf_macro_domain(a, &env, spec), names[i].out);
	}
	arena_free(a);
}

static void texts(void **state)
{
	static const struct {
		const char *spec, *out;
	} t[] = {
		{ "", "" },
		{ "a  b.", "a  b." },
		{ "%{c} %{r} %{t}", "192.0.2.3 in.example.net 1700000000" },
		{ "See http://%{d}/why.html?s=%{S}&i=%{i}",
		  "See "
		  "http://email.example.com/"
		  "why.html?s=strong-bad%40email.example.com&i=192.0.2.3" },
		{ "%{H}", "mx.Example.org" },
		{ "100%", NULL },
		{ "tab\there", NULL },
		{ "%{x}", NULL },
		{ "\xc3\xa9", NULL },
	};
	struct spf_macro_env env = env_of("192.0.2.3");
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(spf_macro_check(str_c(t[i].spec), SPF_MACRO_TEXT),
				 t[i].out != NULL);
		if (t[i].out)
			assert_str(spf_macro_text(a, &env, str_c(t[i].spec)), t[i].out);
	}
	arena_free(a);
}

/* Values that come from the client: empty, delimiters only, any octet. */
static void hostile(void **state)
{
	static const struct {
		struct str local;
		const char *spec, *name, *text;
	} t[] = {
		{ { "", 0 }, "%{l}.x.y", "postmaster.x.y", "postmaster.x.y" },
		{ { "...", 3 }, "%{l2}.x.y", "..x.y", "..x.y" },
		{ { "...", 3 }, "%{l2r}.x.y", "..x.y", "..x.y" },
		{ { "a.", 2 }, "%{lr}.x.y", ".a.x.y", ".a.x.y" },
		{ { ".a", 2 }, "%{l1}.x.y", "a.x.y", "a.x.y" },
		{ { "%{d}", 4 }, "%{l}.x.y", "%{d}.x.y", "%{d}.x.y" },
		{ { "a\r\nb", 4 }, "%{L}.x.y", "a%0D%0Ab.x.y", "a%0D%0Ab.x.y" },
		{ { "\xff\x7f", 2 }, "%{L}.x.y", "%FF%7F.x.y", "%FF%7F.x.y" },
		{ { "a\r\n\xff", 4 }, "%{l}.x.y", "a\r\n\xff.x.y", "a???.x.y" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct spf_macro_env env = env_of("192.0.2.3");
		struct spf_request req = request;

		req.local = t[i].local;
		env.req = &req;
		assert_str(spf_macro_domain(a, &env, str_c(t[i].spec)), t[i].name);
		assert_str(spf_macro_text(a, &env, str_c(t[i].spec)), t[i].text);
	}
	arena_free(a);
}

/* The expansion of "%{l}." and filler to a length in all. */
static struct str of_length(struct arena *a, struct str local, size_t fill)
{
	struct spf_macro_env env = env_of("192.0.2.3");
	struct spf_request req = request;
	struct buf b = { .arena = a };

	req.local = local;
	env.req = &req;
	buf_add(&b, STR("%{l}."));
	for (size_t i = 0; i < fill; i++)
		buf_addc(&b, i % 50 == 49 && i + 10 < fill ? '.' : 'x');
	buf_add(&b, STR(".example.com"));
	return spf_macro_domain(a, &env, buf_str(&b));
}

/* 7.3: over SPF_MAX_NAME octets, labels on the left are dropped until it fits. */
static void truncation(void **state)
{
	struct arena *a = arena_new(0);
	char *big = arena_alloc(a, 100000);
	struct spf_macro_env env = env_of("192.0.2.3");
	struct spf_request req = request;
	struct str s;

	(void)state;
	/* "abc." + fill + ".example.com" = 4 + fill + 12 */
	s = of_length(a, STR("abc"), SPF_MAX_NAME - 16);
	assert_int_equal(s.n, SPF_MAX_NAME);
	assert_true(str_starts(s, STR("abc.x")));
	s = of_length(a, STR("abc"), SPF_MAX_NAME - 15);
	assert_int_equal(s.n, SPF_MAX_NAME - 3);
	assert_true(str_starts(s, STR("xxx")));
	/* far too long: the same as if all of it had been kept */
	memset(big, 'y', 100000);
	env.req = &req;
	req.local = str_of(big, 100000);
	assert_str(spf_macro_domain(a, &env, STR("%{l}.%{L}.%{l}.example.com")), "example.com");
	assert_str(spf_macro_domain(a, &env, STR("%{l}")), "");
	for (size_t i = 0; i < 100000; i += 2)
		big[i] = '.';
	s = spf_macro_domain(a, &env, STR("%{lr}.%{l}.example.com"));
	assert_int_equal(s.n, SPF_MAX_NAME);
	assert_true(str_iends(s, STR(".y.y.example.com")));
	assert_int_equal(spf_macro_text(a, &env, STR("%{l}%{l}")).n, SPF_MAX_EXPLANATION);
	req.local = str_of(big, SPF_MAX_EXPLANATION);
	assert_int_equal(spf_macro_text(a, &env, STR("%{l}")).n, SPF_MAX_EXPLANATION);
	arena_free(a);
}

static void letters(void **state)
{
	(void)state;
	assert_true(spf_macro_has(STR("a.%{P2r}.com"), 'p'));
	assert_false(spf_macro_has(STR("%%{p}.%{d}.com"), 'p'));
	assert_false(spf_macro_has(STR(""), 'p'));
}

/* SPF_MAX_MACROS, whatever the string is for. */
static void test_many(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };

	(void)state;
	for (unsigned i = 0; i < SPF_MAX_MACROS; i++)
		buf_add(&b, STR("%{d}%%"));
	assert_true(spf_macro_check(buf_str(&b), SPF_MACRO_DOMAIN));
	buf_add(&b, STR("%{d}"));
	for (enum spf_macro_use use = SPF_MACRO_DOMAIN; use <= SPF_MACRO_TEXT; use++)
		assert_false(spf_macro_check(buf_str(&b), use));
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),  cmocka_unit_test(domains),
		cmocka_unit_test(texts),      cmocka_unit_test(hostile),
		cmocka_unit_test(truncation), cmocka_unit_test(letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
