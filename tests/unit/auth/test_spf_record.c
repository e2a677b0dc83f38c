/* SPF records: the grammar of RFC 7208 12, term by term and octet by octet. */
#include "lib/test.h"

#include "auth/spf/record.h"

static void selection(void **state)
{
	static const struct {
		struct str txt;
		bool is;
	} t[] = {
		{ { "v=spf1", 6 }, true },	   { { "v=spf1 ", 7 }, true },
		{ { "V=SPF1 -all", 11 }, true },   { { "v=spf10 -all", 12 }, false },
		{ { "v=spf1\t-all", 11 }, false }, { { " v=spf1", 7 }, false },
		{ { "v=spf1\0", 7 }, false },	   { { "v=spf2.0/pra", 12 }, false },
		{ { "v=spf", 5 }, false },	   { { "", 0 }, false },
		{ { "v=spf1-all", 10 }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (spf_record_is(t[i].txt) != t[i].is)
			fail_msg("\"%.*s\"", STR_ARG(t[i].txt));
}

/* One term each; NULL: well formed. */
static const struct {
	const char *term;
	bool good;
} terms[] = {
	/* qualifiers and names */
	{ "all", true },
	{ "+all", true },
	{ "-ALL", true },
	{ "~All", true },
	{ "?all", true },
	{ "!all", false },
	{ "--all", false },
	{ "- all", false },
	{ "-", false },
	{ "+", false },
	{ "all:", false },
	{ "all:example.com", false },
	{ "all/8", false },
	{ "all.", false },
	{ "moo", false },
	{ "moo:a.example.com", false },
	{ "a1", false },
	{ "A", true },
	{ "-foo=bar", false },
	{ ":", false },
	{ "=", false },
	{ "/", false },
	{ "%", false },
	/* include and exists want a domain */
	{ "include", false },
	{ "include:", false },
	{ "include:a.example.com", true },
	{ "include:a.example.com/24", false },
	{ "include:example", false },
	{ "exists", false },
	{ "exists:", false },
	{ "exists:%{i}.example.com", true },
	{ "exists:%{i}.example.com/24", false },
	{ "exists:%{d}", true },
	/* a, mx, ptr may have one */
	{ "a", true },
	{ "a:", false },
	{ "a:a.example.com", true },
	{ "mx", true },
	{ "mx:a.example.com.", true },
	{ "mx:", false },
	{ "ptr", true },
	{ "ptr:example.com", true },
	{ "ptr:", false },
	{ "ptr/0", false },
	{ "aexample.com", false },
	{ "a=example.com", true },
	/* domain-spec: domain-end and toplabel */
	{ "a:museum", false },
	{ "a:museum.", false },
	{ "a:a.museum.", true },
	{ "a:.com", true },
	{ "a:a.b-c", true },
	{ "a:a.b-", false },
	{ "a:a.-b", false },
	{ "a:a.1", false },
	{ "a:a.1a", true },
	{ "a:a.1-1", true },
	{ "a:a.--", false },
	{ "a:192.0.2.1", false },
	{ "a:a.example.com:8080", false },
	{ "a:foo:bar/baz.example.com", true },
	{ "a:example.com..", false },
	{ "a:a..example.com", true },
	{ "a:a.c_m", false },
	{ "a:%{d}", true },
	{ "a:%{d}.", false },
	{ "a:%{d}com", false },
	{ "a:%{d}.com", true },
	{ "a:%%", true },
	{ "a:%_", true },
	{ "a:%-", true },
	{ "a:%", false },
	{ "a:a.com%", false },
	{ "a:%a.com", false },
	{ "a:\"a.com", true },
	{ "a:a.com\"", false },
	/* prefix lengths */
	{ "a/0", true },
	{ "a/32", true },
	{ "a/33", false },
	{ "a/00", false },
	{ "a/08", false },
	{ "a/", false },
	{ "a//", false },
	{ "a//0", true },
	{ "a//128", true },
	{ "a//129", false },
	{ "a/24//64", true },
	{ "a/24//", false },
	{ "a/24/64", false },
	{ "a//64/24", false },
	{ "a///64", false },
	{ "a/24//064", false },
	{ "a:a.example.com/24//64", true },
	{ "a:a.example.com/", false },
	{ "a:/24", false },
	{ "a:%{d}/24", true },
	{ "mx/24", true },
	{ "a/4294967296", false },
	{ "a/18446744073709551617", false },
	{ "a/-1", false },
	{ "a/+1", false },
	{ "a:a.example.com/2a", false },
	/* addresses */
	{ "ip4:192.0.2.1", true },
	{ "ip4:192.0.2.0/24", true },
	{ "ip4:192.0.2.0/0", true },
	{ "ip4:192.0.2.0/33", false },
	{ "ip4:192.0.2.0/", false },
	{ "ip4:192.0.2.0//24", false },
	{ "ip4:192.0.2", false },
	{ "ip4:192.0.2.256", false },
	{ "ip4:192.0.2.01", false },
	{ "ip4:192.0.2.1.", false },
	{ "ip4:", false },
	{ "ip4", false },
	{ "ip4/24", false },
	{ "ip4:2001:db8::1", false },
	{ "ip4:192.0.2.1:25", false },
	{ "ip4:a.example.com", false },
	{ "ip4:%{i}", false },
	{ "ip4:0xc0.0.2.1", false },
	{ "ip4=192.0.2.1", true },
	{ "ip6:2001:db8::1", true },
	{ "ip6:2001:db8::/32", true },
	{ "ip6:::", true },
	{ "ip6:::/0", true },
	{ "ip6:2001:db8::/129", false },
	{ "ip6:2001:db8::/032", false },
	{ "ip6:::ffff:192.0.2.1", true },
	{ "ip6:192.0.2.1", false },
	{ "ip6:2001:db8", false },
	{ "ip6:[2001:db8::1]", false },
	{ "ip6:IPv6:2001:db8::1", false },
	{ "ip6", false },
	{ "ip6:fe80::1%eth0", false },
	{ "ip6:2001:db8::1//64", false },
	{ "ip6:1:2:3:4:5:6:7:8:9", false },
	/* modifiers */
	{ "redirect=a.example.com", true },
	{ "redirect=", false },
	{ "redirect=example", false },
	{ "REDIRECT=%{d}", true },
	{ "redirect:a.example.com", false },
	{ "redirect", false },
	{ "redirect=a.example.com/24", false },
	{ "exp=a.example.com", true },
	{ "exp=", false },
	{ "exp=%{r}.example.com", false },
	{ "foo=", true },
	{ "foo=%{q}", false },
	{ "foo=%{r}%{t}%{c}", true },
	{ "foo=%", false },
	{ "1foo=bar", false },
	{ "=bar", false },
	{ "f-o_o.1=bar", true },
	{ "f!o=bar", false },
	{ "foo=a=b:c/d", true },
};

static const char *parse(struct arena *a, struct str text)
{
	struct spf_record rec;

	return spf_record_parse(a, text, &rec);
}

static void grammar(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		const char *wrong = parse(a, arena_printf(a, "v=spf1 %s", terms[i].term));

		if (!wrong != terms[i].good)
			fail_msg("%s: %s", terms[i].term, wrong ? wrong : "taken");
		/* 4.6: an error behind a term that would decide is an error all the same */
		wrong = parse(a, arena_printf(a, "v=spf1 +all  %s  ", terms[i].term));
		if (!wrong != terms[i].good)
			fail_msg("+all %s: %s", terms[i].term, wrong ? wrong : "taken");
	}
	arena_free(a);
}

/* 12: terms are separated by SP only; every other octet outside %x21-7E is an error anywhere. */
static void every_octet(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (int c = 0; c < 256; c++) {
		char text[] = "v=spf1 a:_.example.com foo=_ -all";
		bool good = c >= 0x20 && c <= 0x7e && c != '%';

		text[9] = (char)c;
		if (c == ' ') /* "a:" and ".example.com" */
			good = false;
		if (!parse(a, str_of(text, sizeof(text) - 1)) != good)
			fail_msg("octet %d in a domain", c);
		text[9] = '_';
		text[27] = (char)c;
		good = c >= 0x20 && c <= 0x7e && c != '%';
		if (!parse(a, str_of(text, sizeof(text) - 1)) != good)
			fail_msg("octet %d in a modifier", c);
	}
	arena_free(a);
}

static void values(void **state)
{
	struct arena *a = arena_new(0);
	struct spf_record rec;

	(void)state;
	assert_null(spf_record_parse(a,
				     STR("v=spf1 ?A:x.example.com/24//64 x=y -ip6:2001:DB8::/32 "
					 "exp=e.example.com ~mx//96 redirect=%{d1}.example.com"),
				     &rec));
	assert_int_equal(rec.n, 3);
	assert_int_equal(rec.term[0].mech, SPF_A);
	assert_int_equal(rec.term[0].qualifier, AUTH_NEUTRAL);
	assert_int_equal(rec.term[0].bits4, 24);
	assert_int_equal(rec.term[0].bits6, 64);
	assert_true(rec.term[0].counts);
	assert_str(rec.term[0].domain, "x.example.com");
	assert_str(rec.term[0].text, "?A:x.example.com/24//64");
	assert_int_equal(rec.term[1].mech, SPF_IP6);
	assert_int_equal(rec.term[1].qualifier, AUTH_FAIL);
	assert_int_equal(rec.term[1].bits6, 32);
	assert_memory_equal(rec.term[1].ip.b, "\x20\x01\x0d\xb8", 4);
	assert_false(rec.term[1].counts);
	assert_int_equal(rec.term[2].qualifier, AUTH_SOFTFAIL);
	assert_int_equal(rec.term[2].bits4, 32);
	assert_int_equal(rec.term[2].bits6, 96);
	assert_null(rec.term[2].domain.p);
	assert_str(rec.redirect, "%{d1}.example.com");
	assert_str(rec.exp, "e.example.com");
	/* 6: each at most once */
	assert_non_null(parse(a, STR("v=spf1 redirect=a.b REDIRECT=a.b")));
	assert_non_null(parse(a, STR("v=spf1 exp=a.b -all Exp=a.b")));
	assert_null(parse(a, STR("v=spf1 foo=a foo=a")));
	assert_non_null(spf_record_parse(a, STR("v=spf1 mx ip4:1.2.3 -all"), &rec));
	assert_str(rec.bad, "ip4:1.2.3");
	arena_free(a);
}

static void limit(void **state)
{
	char text[SPF_MAX_RECORD + 1];
	struct arena *a = arena_new(0);

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "v=spf1", 6);
	memcpy(text + SPF_MAX_RECORD - 4, "-all", 4);
	assert_null(parse(a, str_of(text, SPF_MAX_RECORD)));
	assert_non_null(parse(a, str_of(text, SPF_MAX_RECORD + 1)));
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(selection),   cmocka_unit_test(grammar),
		cmocka_unit_test(every_octet), cmocka_unit_test(values),
		cmocka_unit_test(limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
