/* check_host(): every mechanism and result of RFC 7208 4 to 6, with what is said about it. */
#include "lib/test.h"

#include "spf_case.h"

static const char text[] =
	"none.test TXT \"something else\"\n"
	"nodata.test A 192.0.2.1\n"
	"two.test TXT \"v=spf1 +all\"\ntwo.test TXT \"V=spf1 -all\"\n"
	"one.test TXT \"v=spf10 +all\"\none.test TXT \"v=spf1 -all\"\n"
	"empty.test TXT \"v=spf1\"\n"
	"syntax.test TXT \"v=spf1 +all ip4:1.2.3\"\n"
	"eight.test TXT \"v=spf1 +all \\xe9=x\"\n"
	"soft.test TXT \"v=spf1 ~all\"\n"
	"open.test TXT \"v=spf1 ?all\"\n"
	"all.test TXT \"v=spf1 all\"\n"
	"dots.test TXT \"v=spf1 ptr:ptr.test. include:soft.test. a:a.test. -all\"\n"
	"order.test TXT \"v=spf1 -ip4:192.0.2.1 +ip4:192.0.2.0/24 ~all\"\n"
	"wide.test TXT \"v=spf1 ip4:192.0.0.0/15 ip6:2001:db8::/31 -all\"\n"
	"narrow.test TXT \"v=spf1 ip4:192.0.0.0/16 ip6:2001:db8::/32 -all\"\n"
	"inwide.test TXT \"v=spf1 include:all.test -all\"\n"
	"exists.test TXT \"v=spf1 exists:%{ir}.list.test -all\"\n"
	"1.2.0.192.list.test A 127.0.0.2\n"
	"blind.test TXT \"v=spf1 exists:%{l}.users.test -all\"\nme.users.test A 127.0.0.2\n"
	"a.test TXT \"v=spf1 a -all\"\na.test A 192.0.2.1\na.test AAAA 2001:db8::1\n"
	"acidr.test TXT \"v=spf1 a:a.test/24//64 -all\"\n"
	"mx.test TXT \"v=spf1 mx/30//126 -all\"\nmx.test MX 10 mx1.test\nmx.test MX 20 mx2.test\n"
	"mx1.test A 192.0.2.9\nmx2.test A 192.0.2.1\nmx2.test AAAA 2001:db8::1\n"
	"nullmx.test TXT \"v=spf1 mx -all\"\nnullmx.test MX 0 .\n"
	"ptr.test TXT \"v=spf1 ptr -all\"\nhost.ptr.test A 192.0.2.1\nptr.test A 192.0.2.3\n"
	"evilptr.test A 192.0.2.4\n"
	"1.2.0.192.in-addr.arpa PTR host.ptr.test\n"
	"2.2.0.192.in-addr.arpa PTR host.ptr.test\n"
	"3.2.0.192.in-addr.arpa PTR lost.test\n3.2.0.192.in-addr.arpa PTR ptr.test\n"
	"4.2.0.192.in-addr.arpa PTR evilptr.test\n"
	"5.2.0.192.in-addr.arpa FAULT SERVFAIL\n"
	"lost.test FAULT TIMEOUT\n"
	"bogus.test FAULT BOGUS\n"
	"redirect.test TXT \"v=spf1 redirect=order.test exp=e.test\"\n"
	"redirnone.test TXT \"v=spf1 redirect=none.test\"\n"
	"redirall.test TXT \"v=spf1 redirect=none.test ?all\"\n"
	"incnone.test TXT \"v=spf1 include:none.test +all\"\n"
	"incbad.test TXT \"v=spf1 include:syntax.test +all\"\n"
	"incsoft.test TXT \"v=spf1 include:soft.test include:open.test include:empty.test "
	"ip4:192.0.2.1 -all\"\n"
	"incminus.test TXT \"v=spf1 -include:all.test +all\"\n"
	"inclost.test TXT \"v=spf1 include:lost.test +all\"\n"
	"incbogus.test TXT \"v=spf1 include:bogus.test +all\"\n"
	"incmacro.test TXT \"v=spf1 include:%{h1} +all\"\n"
	"exp.test TXT \"v=spf1 -all exp=e.test\"\n"
	"e.test TXT \"%{i} may not send for %{d}; %{s}\" \" now.\"\n"
	"exp8.test TXT \"v=spf1 -all exp=e8.test\"\ne8.test TXT \"caf\\xc3\\xa9\"\n"
	"exp2.test TXT \"v=spf1 -all exp=e2.test\"\ne2.test TXT \"a\"\ne2.test TXT \"b\"\n"
	"expbad.test TXT \"v=spf1 -all exp=ebad.test\"\nebad.test TXT \"100%\"\n"
	"explost.test TXT \"v=spf1 -all exp=lost.test\"\n"
	"expnx.test TXT \"v=spf1 -all exp=nowhere.test\"\n"
	"expinc.test TXT \"v=spf1 -include:all.test exp=e.test\"\n"
	"expredir.test TXT \"v=spf1 redirect=exp.test exp=e8.test\"\n"
	"expp.test TXT \"v=spf1 -all exp=ep.test\"\nep.test TXT \"hello %{p}\"\n"
	"p.test TXT \"v=spf1 exists:%{p}.p.list.test -all\"\nhost.ptr.test.p.list.test A "
	"127.0.0.2\n"
	"xn--bcher-kva.test TXT \"v=spf1 +all\"\n"
	"under_score.test TXT \"v=spf1 +all\"\n"
	"test TXT \"v=spf1 +all\"\n"
	"[192.0.2.1] TXT \"v=spf1 +all\"\n";

#define ME "192.0.2.1"
#define ME6 "2001:db8::1"

static const struct {
	const char *domain, *ip;
	enum auth_result code;
	const char *mechanism; /* NULL: absent */
	unsigned lookups, voids;
	bool permissive;
	const char *explanation; /* NULL: absent */
} cases[] = {
	/* 4.3, 4.4, 4.5, 4.6, 4.7 */
	{ "none.test", ME, AUTH_NONE },
	{ "nodata.test", ME, AUTH_NONE },
	{ "nowhere.test", ME, AUTH_NONE },
	{ "none.test", "", AUTH_NONE },
	{ "all.test", "", AUTH_NONE },
	{ "test", ME, AUTH_NONE },
	{ "[192.0.2.1]", ME, AUTH_NONE },
	{ "", ME, AUTH_NONE },
	{ ".", ME, AUTH_NONE },
	{ "..test", ME, AUTH_NONE },
	{ "a..test", ME, AUTH_NONE },
	{ "all.test..", ME, AUTH_NONE },
	{ "all .test", ME, AUTH_NONE },
	{ "\xff.test", ME, AUTH_NONE },
	{ "lost.test", ME, AUTH_TEMPERROR },
	{ "bogus.test", ME, AUTH_TEMPERROR },
	{ "two.test", ME, AUTH_PERMERROR },
	{ "one.test", ME, AUTH_FAIL, "-all" },
	{ "empty.test", ME, AUTH_NEUTRAL },
	{ "syntax.test", ME, AUTH_PERMERROR },
	{ "eight.test", ME, AUTH_PERMERROR },
	{ "B\xc3\xbc"
	  "cher.test",
	  ME, AUTH_PASS, "+all", 0, 0, true },
	{ "under_score.test", ME, AUTH_PASS, "+all", 0, 0, true },
	{ "ALL.test.", ME, AUTH_PASS, "all", 0, 0, true },
	/* 4.6.2, 5.1 */
	{ "soft.test", ME, AUTH_SOFTFAIL, "~all" },
	{ "open.test", ME, AUTH_NEUTRAL, "?all", 0, 0, true },
	{ "order.test", ME, AUTH_FAIL, "-ip4:192.0.2.1" },
	{ "dots.test", ME, AUTH_PASS, "ptr:ptr.test.", 1 },
	{ "dots.test", "192.0.2.2", AUTH_FAIL, "-all", 3 },
	{ "order.test", "192.0.2.2", AUTH_PASS, "+ip4:192.0.2.0/24" },
	{ "order.test", "192.0.3.2", AUTH_SOFTFAIL, "~all" },
	/* 5: a mapped address is one of v4; 5.6 */
	{ "order.test", "::ffff:192.0.2.2", AUTH_PASS, "+ip4:192.0.2.0/24" },
	{ "wide.test", ME, AUTH_PASS, "ip4:192.0.0.0/15", 0, 0, true },
	{ "wide.test", ME6, AUTH_PASS, "ip6:2001:db8::/31", 0, 0, true },
	{ "narrow.test", ME, AUTH_PASS, "ip4:192.0.0.0/16" },
	{ "narrow.test", ME6, AUTH_PASS, "ip6:2001:db8::/32" },
	{ "narrow.test", "192.1.0.1", AUTH_FAIL, "-all" },
	{ "inwide.test", ME, AUTH_PASS, "include:all.test", 1, 0, true },
	/* 5.7 */
	{ "exists.test", ME, AUTH_PASS, "exists:%{ir}.list.test", 1 },
	{ "exists.test", "192.0.2.2", AUTH_FAIL, "-all", 1, 1 },
	{ "blind.test", ME, AUTH_PASS, "exists:%{l}.users.test", 1, 0, true },
	{ "blind.test", ME6, AUTH_PASS, "exists:%{l}.users.test", 1, 0, true },
	/* 5.3, 5.4 */
	{ "a.test", ME, AUTH_PASS, "a", 1 },
	{ "a.test", ME6, AUTH_PASS, "a", 1 },
	{ "a.test", "192.0.2.2", AUTH_FAIL, "-all", 1 },
	{ "acidr.test", "192.0.2.77", AUTH_PASS, "a:a.test/24//64", 1 },
	{ "acidr.test", "2001:db8::77", AUTH_PASS, "a:a.test/24//64", 1 },
	{ "acidr.test", "2001:db8:0:1::1", AUTH_FAIL, "-all", 1 },
	{ "mx.test", ME, AUTH_PASS, "mx/30//126", 1 },
	{ "mx.test", ME6, AUTH_PASS, "mx/30//126", 1 },
	{ "mx.test", "192.0.2.4", AUTH_FAIL, "-all", 1 },
	{ "nullmx.test", ME, AUTH_FAIL, "-all", 1 },
	/* 5.5 */
	{ "ptr.test", ME, AUTH_PASS, "ptr", 1 },
	{ "ptr.test", "192.0.2.2", AUTH_FAIL, "-all", 1 },
	{ "ptr.test", "192.0.2.3", AUTH_PASS, "ptr", 1 },
	{ "ptr.test", "192.0.2.4", AUTH_FAIL, "-all", 1 },
	{ "ptr.test", "192.0.2.5", AUTH_FAIL, "-all", 1 },
	{ "ptr.test", "192.0.2.6", AUTH_FAIL, "-all", 1, 1 },
	/* 5.2 */
	{ "incnone.test", ME, AUTH_PERMERROR, "include:none.test", 1 },
	{ "incbad.test", ME, AUTH_PERMERROR, "include:syntax.test", 1 },
	{ "incsoft.test", ME, AUTH_PASS, "ip4:192.0.2.1", 3 },
	{ "incminus.test", ME, AUTH_FAIL, "-include:all.test", 1 },
	{ "inclost.test", ME, AUTH_TEMPERROR, "include:lost.test", 1 },
	{ "incbogus.test", ME, AUTH_TEMPERROR, "include:bogus.test", 1 },
	{ "incmacro.test", ME, AUTH_PERMERROR, "include:%{h1}", 1 },
	/* 6.1 */
	{ "redirect.test", "192.0.2.2", AUTH_PASS, "+ip4:192.0.2.0/24", 1 },
	{ "redirect.test", ME, AUTH_FAIL, "-ip4:192.0.2.1", 1 },
	{ "redirnone.test", ME, AUTH_PERMERROR, NULL, 1 },
	{ "redirall.test", ME, AUTH_NEUTRAL, "?all", 0, 0, true },
	/* 6.2 */
	{ "exp.test", ME, AUTH_FAIL, "-all", 0, 0, false,
	  "192.0.2.1 may not send for exp.test; me@exp.test now." },
	{ "exp8.test", ME, AUTH_FAIL, "-all" },
	{ "exp2.test", ME, AUTH_FAIL, "-all" },
	{ "expbad.test", ME, AUTH_FAIL, "-all" },
	{ "explost.test", ME, AUTH_FAIL, "-all" },
	{ "expnx.test", ME, AUTH_FAIL, "-all" },
	{ "expinc.test", ME, AUTH_FAIL, "-include:all.test", 1, 0, false,
	  "192.0.2.1 may not send for expinc.test; me@expinc.test now." },
	{ "expredir.test", ME, AUTH_FAIL, "-all", 1, 0, false,
	  "192.0.2.1 may not send for exp.test; me@expredir.test now." },
	{ "expp.test", ME, AUTH_FAIL, "-all", 0, 0, false, "hello host.ptr.test" },
	{ "expp.test", "192.0.2.2", AUTH_FAIL, "-all", 0, 0, false, "hello unknown" },
	{ "expp.test", "192.0.2.5", AUTH_FAIL, "-all", 0, 0, false, "hello unknown" },
	/* 7.3 */
	{ "p.test", ME, AUTH_PASS, "exists:%{p}.p.list.test", 1 },
	{ "p.test", "192.0.2.2", AUTH_FAIL, "-all", 1, 1 },
};

static void assert_absent_or(struct str got, const char *want)
{
	if (want)
		assert_str(got, want);
	else
		assert_null(got.p);
}

static void results(void **state)
{
	struct zone *z = zone_new();

	(void)state;
	zone_text(z, text);
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]) * ORDERS; k++) {
		size_t i = k / ORDERS;
		struct spf_request req = spf_case_request(cases[i].ip, cases[i].domain);
		struct arena *a = arena_new(0);
		struct spf_result res = spf_case_run(a, z, &req, (enum spf_order)(k % ORDERS), i);

		if (res.code != cases[i].code)
			fail_msg("%s %s: %s (%.*s)", cases[i].domain, cases[i].ip,
				 auth_word(res.code), STR_ARG(res.reason));
		assert_absent_or(res.mechanism, cases[i].mechanism);
		assert_absent_or(res.explanation, cases[i].explanation);
		if (res.lookups != cases[i].lookups || res.voids != cases[i].voids)
			fail_msg("%s: %u look-ups, %u void", cases[i].domain, res.lookups,
				 res.voids);
		if (res.permissive != cases[i].permissive)
			fail_msg("%s %s: permissive is wrong", cases[i].domain, cases[i].ip);
		assert_true((res.code == AUTH_PASS) == !res.reason.p);
		arena_free(a);
	}
	zone_free(z);
}

/* The domain as checked, and what people are told. */
static void words(void **state)
{
	static const struct {
		const char *domain, *ip, *as_checked, *reason;
	} t[] = {
		{ "NONE.Test.", ME, "none.test", "no SPF record at NONE.Test" },
		{ "B\xc3\xbc"
		  "CHER.test",
		  ME, "xn--bcher-kva.test", NULL },
		{ "[192.0.2.1]", ME, "[192.0.2.1]",
		  "\"[192.0.2.1]\" is not a domain that can have an SPF record" },
		{ "x\r\ny", ME, "x\r\ny", "\"x??y\" is not a domain that can have an SPF record" },
		{ "\xff.test", ME, "\xff.test", "\"?.test\" is not a domain" },
		{ "all.test", "", "all.test", "the client has no address" },
		{ "two.test", ME, "two.test", "more than one SPF record at two.test" },
		{ "eight.test", ME, "eight.test",
		  "SPF record of eight.test: \"?=x\": not a mechanism" },
		{ "lost.test", ME, "lost.test", "DNS error for the SPF record of lost.test" },
		{ "empty.test", ME, "empty.test", "no term of empty.test matches" },
		{ "soft.test", ME, "soft.test", "nothing else matches \"~all\" of soft.test" },
		{ "redirect.test", ME, "redirect.test",
		  "the client matches \"-ip4:192.0.2.1\" of order.test" },
	};
	struct zone *z = zone_new();
	struct arena *a = arena_new(0);

	(void)state;
	zone_text(z, text);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct spf_request req = spf_case_request(t[i].ip, t[i].domain);
		struct spf_result res = spf_case_run(a, z, &req, ORDER_NOW, 0);

		assert_str(res.domain, t[i].as_checked);
		assert_absent_or(res.reason, t[i].reason);
	}
	arena_free(a);
	zone_free(z);
}

/* 6.2: what the sender puts into an explanation does not get out raw; and only if it is wanted. */
static void explanation_is_clean(void **state)
{
	struct zone *z = zone_new();
	struct arena *a = arena_new(0);
	struct spf_request req = spf_case_request(ME, "exp.test");
	struct spf_result res;

	(void)state;
	zone_text(z, text);
	req.local = STR("a\r\nX: y\0\x1b\xff");
	res = spf_case_run(a, z, &req, ORDER_ROUNDS, 0);
	assert_str(res.explanation,
		   "192.0.2.1 may not send for exp.test; a??X: y???@exp.test now.");
	req.want_explanation = false;
	res = spf_case_run(a, z, &req, ORDER_ROUNDS, 0);
	assert_null(res.explanation.p);
	assert_int_equal(zone_questions(z), 1);
	arena_free(a);
	zone_free(z);
}

/* A NUL in a name that the sender made up: nothing is asked for the part before it. */
static void nul_in_name(void **state)
{
	struct zone *z = zone_new();
	struct arena *a = arena_new(0);
	struct spf_request req = spf_case_request(ME, "n.test");
	struct spf_result res;

	(void)state;
	zone_text(z, "n.test TXT \"v=spf1 exists:%{l}.n.test -all\"\nok.n.test A 127.0.0.2\n"
		     "ok A 127.0.0.2\n");
	req.local = STR("ok");
	assert_int_equal(spf_case_run(a, z, &req, ORDER_NOW, 0).code, AUTH_PASS);
	req.local = STR("ok\0.x");
	res = spf_case_run(a, z, &req, ORDER_NOW, 0);
	assert_int_equal(res.code, AUTH_FAIL);
	assert_int_equal(zone_questions(z), 1);
	req.domain = STR("n.test\0.x");
	assert_int_equal(spf_case_run(a, z, &req, ORDER_NOW, 0).code, AUTH_NONE);
	arena_free(a);
	zone_free(z);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),
		cmocka_unit_test(words),
		cmocka_unit_test(explanation_is_clean),
		cmocka_unit_test(nul_in_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
