/* DMARC when DNS fails or an identifier is undecided, its limits, and the public suffix list mode.
 */
#include "unit/auth/dmarc_case.h"

#include "base/buf.h"

#define EX "example.com"
#define A_EX EXISTS("a." EX)

/* 5.3.6: what could not be asked is temperror, never none or fail; what was not needed does not
 * matter. */
static const struct dmarc_case failures[] = {
	{ "own name", FAIL_AT(EX), EX, EX, EX, "temperror - - - - -" },
	{ "own name, timeout", "_dmarc." EX " FAULT TIMEOUT TXT\n", EX, "", "",
	  "temperror - - - - -" },
	{ "own name, garbage", "_dmarc." EX " FAULT GARBAGE TXT\n", EX, "", "",
	  "temperror - - - - -" },
	{ "own name, DNSSEC", D(EX, "p=none") "_dmarc." EX " FAULT BOGUS TXT\n", EX, EX, "",
	  "temperror - - - - -" },
	{ "own name, record above", FAIL_AT("a." EX) D(EX, "p=none"), "a." EX, "", "",
	  "temperror - - - - -" },
	{ "parent, nothing else", FAIL_AT(EX) A_EX, "a." EX, "a." EX, "", "temperror - - - - -" },
	{ "top, nothing else", FAIL_AT("com"), EX, EX, "", "temperror - - - - -" },
	{ "top, inherited", D(EX, "p=reject") FAIL_AT("com") A_EX, "a." EX, "a." EX, "",
	  "temperror - - - - -" },
	{ "top, own record, same domain", D(EX, "p=reject") FAIL_AT("com"), EX, "", EX,
	  "pass - example.com reject p dkim" },
	{ "top, own record, strict", D(EX, "p=reject; aspf=s; adkim=s") FAIL_AT("com"), EX, "a." EX,
	  "b." EX, "fail - example.com reject p -" },
	{ "top, own record, nothing passed", D(EX, "p=reject") FAIL_AT("com"), EX, "", "",
	  "fail - example.com reject p -" },
	{ "top, own record, another top", D(EX, "p=reject") FAIL_AT("com"), EX, "example.net", "",
	  "fail - example.com reject p -" },
	{ "top, own record, subdomain", D(EX, "p=reject") FAIL_AT("com"), EX, "a." EX, "",
	  "temperror - example.com reject p -" },
	{ "top, own record, neighbour", D(EX, "p=reject") FAIL_AT("com"), EX, "other.com", "",
	  "temperror - example.com reject p -" },
	{ "middle, own record, neighbour of the middle", D("a." EX, "p=reject") FAIL_AT(EX),
	  "a." EX, "other.com", "", "fail - a.example.com reject p -" },
	{ "middle, own record, sibling", D("a." EX, "p=reject") FAIL_AT(EX), "a." EX, "b." EX, "",
	  "temperror - a.example.com reject p -" },
	{ "middle, record above, sibling of it",
	  D("a." EX, "p=reject") FAIL_AT(EX) D("com", "p=none"), "a." EX, "other.com", "",
	  "temperror - a.example.com reject p -" },
	{ "above psd=n", D(EX, "p=reject; psd=n") FAIL_AT("com"), EX, "a." EX, "",
	  "pass example.com example.com reject p spf" },
	{ "above psd=y", D("co.uk", "p=reject; psd=y") FAIL_AT("uk"), "b.co.uk", "", "",
	  "fail b.co.uk co.uk reject p -", .rounds = 1 },
	{ "long name, one that is skipped", D(EX, "p=reject") FAIL_AT("b.c.d.e.f.g." EX),
	  "a.b.c.d.e.f.g." EX, "", EX, "pass example.com example.com reject p dkim" },
	{ "identifier's own name", D(EX, "p=reject") FAIL_AT("b." EX), EX, "b." EX, "",
	  "temperror example.com example.com reject p -" },
	{ "identifier's own name, another passes", D(EX, "p=reject") FAIL_AT("b." EX), EX, "b." EX,
	  "c." EX, "pass example.com example.com reject p dkim" },
	{ "below the identifier's psd=n",
	  D(EX, "p=reject") D("b." EX, "p=none; psd=n") FAIL_AT("c.b." EX), EX, "c.b." EX, "",
	  "fail example.com example.com reject p -" },
	{ "a stranger's own name cannot undo a fail",
	  D(EX, "p=reject") FAIL_AT("evil.com") FAIL_AT("a.evil.com"), EX, "a.evil.com", "evil.com",
	  "fail example.com example.com reject p -" },
	{ "nor a stranger's top", D(EX, "p=reject") FAIL_AT("net"), EX, "evil.net", "",
	  "fail example.com example.com reject p -" },
	{ "existence", D(EX, "p=none; np=reject") "a." EX " FAULT SERVFAIL A\n", "a." EX, "", "",
	  "temperror example.com example.com none p -" },
	{ "existence, but it passes", D(EX, "p=none; np=reject") "a." EX " FAULT SERVFAIL A\n",
	  "a." EX, "", EX, "pass example.com example.com none p dkim" },
	{ "existence does not matter without np",
	  D(EX, "p=none; sp=reject") "a." EX " FAULT BOGUS\n", "a." EX, "", "",
	  "fail example.com example.com reject sp -" },
};

/* An identifier that could not be decided counts if it would have aligned, and only then. */
static const struct dmarc_case undecided[] = {
	{ "SPF, same", D(EX, "p=reject"), EX, "?" EX, "",
	  "temperror example.com example.com reject p -" },
	{ "SPF, subdomain", D(EX, "p=reject"), EX, "?a." EX, "",
	  "temperror example.com example.com reject p -" },
	{ "SPF, strict", D(EX, "p=reject; aspf=s"), EX, "?a." EX, "",
	  "fail example.com example.com reject p -" },
	{ "SPF, stranger", D(EX, "p=reject"), EX, "?evil.com", "",
	  "fail example.com example.com reject p -" },
	{ "DKIM, same", D(EX, "p=reject"), EX, "", "?" EX,
	  "temperror example.com example.com reject p -" },
	{ "DKIM, stranger", D(EX, "p=reject"), EX, "", "?evil.net ?evil.com",
	  "fail example.com example.com reject p -" },
	{ "DKIM, sub-organisation", D(EX, "p=reject") D("a." EX, "p=none; psd=n"), EX, "", "?a." EX,
	  "fail example.com example.com reject p -" },
	{ "DKIM, and SPF passes", D(EX, "p=reject"), EX, EX, "?" EX,
	  "pass example.com example.com reject p spf" },
	{ "SPF, and DKIM passes", D(EX, "p=reject"), EX, "?" EX, "evil.net " EX,
	  "pass example.com example.com reject p dkim" },
	{ "DKIM, and the same passes", D(EX, "p=reject"), EX, "", "?" EX " " EX,
	  "pass example.com example.com reject p dkim" },
	{ "no record", "", EX, "?" EX, "?" EX, "none example.com - - - -" },
};

/* RFC 7489 with the list of the conformance suite: com, co.uk, *.ck, !www.ck. */
static const struct dmarc_case by_list[] = {
	{ "own record", D(EX, "p=reject"), EX, "", "", "fail example.com example.com reject p -" },
	{ "7489 6.6.3: the registered domain's", D(EX, "p=none; sp=reject") A_EX, "a.b." EX, "", "",
	  "fail example.com example.com reject sp -" },
	{ "nothing between is asked", D("b." EX, "p=reject") A_EX, "a.b." EX, "", "",
	  "none example.com - - - -" },
	{ "7489 6.6.3: two records end it",
	  D("a." EX, "p=none") D("a." EX, "p=none") D(EX, "p=reject"), "a." EX, EX, "",
	  "none example.com - - - -" },
	{ "psd= means nothing here", D("a." EX, "p=reject; psd=n") D(EX, "p=none"), "a." EX, "",
	  "b." EX, "pass example.com a.example.com reject p dkim" },
	{ "records are not needed to align", D("a." EX, "p=reject"), "a." EX, EX, "",
	  "pass example.com a.example.com reject p spf" },
	{ "the suffix's record is not used", D("com", "p=reject"), EX, EX, "",
	  "none example.com - - - -" },
	{ "siblings under a suffix", D("a.co.uk", "p=reject"), "a.co.uk", "b.co.uk", "co.uk",
	  "fail a.co.uk a.co.uk reject p -" },
	{ "a suffix as author", D("co.uk", "p=reject"), "co.uk", "a.co.uk", "co.uk",
	  "pass co.uk co.uk reject p dkim" },
	{ "a suffix is not its customer", D("co.uk", "p=reject"), "co.uk", "a.co.uk", "b.co.uk",
	  "fail co.uk co.uk reject p -" },
	{ "wildcard rule", D("b.test.ck", "p=reject"), "a.b.test.ck", "c.test.ck", "",
	  "fail b.test.ck b.test.ck reject p -" },
	{ "exception rule", D("www.ck", "p=reject") EXISTS("a.www.ck"), "a.www.ck", "b.www.ck", "",
	  "pass www.ck www.ck reject p spf" },
	{ "unlisted TLD", D("b.nosuchtld", "p=reject"), "a.b.nosuchtld", "c.nosuchtld",
	  "b.nosuchtld", "pass b.nosuchtld b.nosuchtld reject p dkim" },
	{ "strict", D(EX, "p=reject; adkim=s"), EX, "", "a." EX,
	  "fail example.com example.com reject p -" },
	{ "failure at the author", FAIL_AT("a." EX) D(EX, "p=none"), "a." EX, EX, "",
	  "temperror example.com - - - -" },
	{ "failure at the registered domain", FAIL_AT(EX) A_EX, "a." EX, EX, "",
	  "temperror example.com - - - -" },
	{ "failure there, own record", D("a." EX, "p=reject") FAIL_AT(EX), "a." EX, EX, "",
	  "pass example.com a.example.com reject p spf" },
	{ "undecided", D(EX, "p=reject"), EX, "?a." EX, "",
	  "temperror example.com example.com reject p -" },
	{ "np", D(EX, "p=none; np=reject"), "a." EX, "", "",
	  "fail example.com example.com reject np -" },
};

static void test_failures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		case_run(&failures[i], DMARC_RFC9989, NULL);
	for (size_t i = 0; i < sizeof undecided / sizeof *undecided; i++)
		case_run(&undecided[i], DMARC_RFC9989, NULL);
}

static void test_by_list(void **state)
{
	struct arena *a = arena_new(0);
	struct err e;
	struct psl *p =
		psl_load(a, MERLON_SRCDIR "/tests/conformance/psl/public_suffix_list.dat", &e);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < sizeof by_list / sizeof *by_list; i++)
		case_run(&by_list[i], DMARC_PSL, p);
	arena_free(a);
}

/* No answer at any one name of the walk makes a pass out of anything, or a none. */
static void test_every_failure(void **state)
{
	static const char *const names[] = { "com", EX, "a." EX, "b.a." EX, "c." EX };
	static const char *const zones[] = {
		D(EX, "p=reject"),
		D("b.a." EX, "p=reject") D("a." EX, "p=none; psd=n"),
		D("com", "p=reject; psd=y"),
		D("a." EX, "p=reject") D("com", "p=reject"),
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
			struct zone *z = zone_new();
			struct dmarc_request req = { .from_domain = STR("b.a." EX),
						     .spf_domain = STR("evil.com") };
			struct dmarc_result res;

			zone_text(z, zones[i]);
			zone_text(z, arena_printf(a, FAIL_AT("%s"), names[k]).p);
			assert_int_equal(dmarc_eval(a, zone_dns(z, ZONE_NOW), &req, &res),
					 AUTH_DONE);
			/* evil.com aligns only where com itself says so, in the last zone */
			if (i < 3)
				assert_int_not_equal(res.code, AUTH_PASS);
			assert_int_not_equal(res.code, AUTH_NONE);
			zone_free(z);
		}
	}
	arena_free(a);
}

struct list {
	struct dmarc_dkim p[32];
	size_t n;
};

static void add_dkim(struct list *l, struct str domain)
{
	assert_true(l->n < 32);
	l->p[l->n++].domain = domain;
}

/* DMARC_MAX_QUERIES a walk, DMARC_MAX_WALKS identifiers: the most questions a message can cause. */
static void test_questions(void **state)
{
	struct arena *a = arena_new(0);
	struct zone *z = zone_new();
	struct list dkim = { 0 };
	struct dmarc_request req = { .from_domain = STR("a.b.c.d.e.f.g.h." EX) };
	struct dmarc_result res;
	struct dns *dns;

	(void)state;
	zone_text(z, D(EX, "p=reject; np=none"));
	for (char c = 'a'; c <= 'z'; c++)
		add_dkim(&dkim, arena_printf(a, "%c%c.1.2.3.4.5.6.7.8." EX, c, c));
	dns = zone_dns(z, ZONE_NOW);
	assert_int_equal(dmarc_eval(a, dns, &req, &res), AUTH_DONE);
	assert_int_equal(zone_questions(z), DMARC_MAX_QUERIES + 1);
	req.dkim = dkim.p;
	req.ndkim = dkim.n;
	dns = zone_dns(z, ZONE_NOW);
	assert_int_equal(dmarc_eval(a, dns, &req, &res), AUTH_DONE);
	assert_int_equal(res.code, AUTH_PASS);
	assert_true(zone_questions(z) <= (DMARC_MAX_WALKS + 1) * DMARC_MAX_QUERIES + 1);
	zone_free(z);
	arena_free(a);
}

/* More identifiers than walks: those over the limit do not align, the rest still do. */
static void test_walk_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct zone *z = zone_new();
	struct list dkim = { 0 };
	struct dmarc_request req = { .from_domain = STR(EX) };
	struct dmarc_result res;
	struct buf text = { .arena = a };

	(void)state;
	buf_add(&text, STR(D(EX, "p=reject")));
	for (size_t i = 0; i < DMARC_MAX_WALKS; i++) {
		add_dkim(&dkim, arena_printf(a, "x%zu." EX, i));
		buf_addf(&text, D("x%zu." EX, "p=none; psd=n"), i);
	}
	add_dkim(&dkim, STR("late." EX));
	buf_addc(&text, '\0');
	zone_text(z, text.p);
	req.dkim = dkim.p;
	req.ndkim = dkim.n;
	assert_int_equal(dmarc_eval(a, zone_dns(z, ZONE_NOW), &req, &res), AUTH_DONE);
	assert_int_equal(res.code, AUTH_FAIL);
	dkim.p[DMARC_MAX_WALKS].domain = STR(EX); /* needs no walk */
	assert_int_equal(dmarc_eval(a, zone_dns(z, ZONE_NOW), &req, &res), AUTH_DONE);
	assert_int_equal(res.code, AUTH_PASS);
	zone_free(z);
	arena_free(a);
}

/* RFC 9989 4.7, t: one level below, and nothing for what did not fail. */
static void test_asked_for(void **state)
{
	static const struct {
		enum auth_result code;
		enum dmarc_policy policy;
		bool testing;
		enum dmarc_policy want;
	} rows[] = {
		{ AUTH_FAIL, DMARC_P_REJECT, false, DMARC_P_REJECT },
		{ AUTH_FAIL, DMARC_P_QUARANTINE, false, DMARC_P_QUARANTINE },
		{ AUTH_FAIL, DMARC_P_NONE, false, DMARC_P_NONE },
		{ AUTH_FAIL, DMARC_P_REJECT, true, DMARC_P_QUARANTINE },
		{ AUTH_FAIL, DMARC_P_QUARANTINE, true, DMARC_P_NONE },
		{ AUTH_FAIL, DMARC_P_NONE, true, DMARC_P_NONE },
		{ AUTH_PASS, DMARC_P_REJECT, false, DMARC_P_NONE },
		{ AUTH_TEMPERROR, DMARC_P_REJECT, false, DMARC_P_NONE },
		{ AUTH_NONE, DMARC_P_REJECT, false, DMARC_P_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dmarc_result r = { .code = rows[i].code,
					  .policy = rows[i].policy,
					  .record = { .testing = rows[i].testing } };
		assert_int_equal(dmarc_asked_for(&r), rows[i].want);
	}
}

/* What dmarc_prefetch asked for is all that the evaluation of that author domain needs. */
static void test_prefetch(void **state)
{
	struct arena *a = arena_new(0);
	struct zone *z = zone_new();
	struct dmarc_request req = { .from_domain = STR("b.a." EX) };
	struct dmarc_result res;
	struct dns *dns;

	(void)state;
	zone_text(z, D(EX, "p=none; np=reject"));
	dns = zone_dns(z, ZONE_ROUNDS);
	dmarc_prefetch(a, dns, req.from_domain, DMARC_RFC9989, NULL);
	assert_int_equal(zone_questions(z), 5);
	assert_true(zone_round(z));
	assert_int_equal(dmarc_eval(a, dns, &req, &res), AUTH_DONE);
	assert_string_equal(res.policy_tag, "np");
	assert_int_equal(zone_questions(z), 5);
	zone_free(z);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures),      cmocka_unit_test(test_by_list),
		cmocka_unit_test(test_every_failure), cmocka_unit_test(test_questions),
		cmocka_unit_test(test_walk_limit),    cmocka_unit_test(test_prefetch),
		cmocka_unit_test(test_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
