/* Who may have reports about a domain: RFC 9990 section 3 over zones that agree, say nothing, lie
 * and fail; and where reports then go. */
#include "control/report/consent.h"

#include "base/buf.h"
#include "control/report/send.h"
#include "lib/test.h"
#include "lib/zone.h"

static const char zone_of_all[] =
	"_dmarc.example.com TXT \"v=DMARC1; p=none\"\n"
	"_dmarc.example.net TXT \"v=DMARC1; p=none\"\n"
	"example.com._report._dmarc.given.example TXT \"v=DMARC1\"\n"
	"example.com._report._dmarc.policy.example TXT \"v=DMARC1; p=none\"\n"
	"*._report._dmarc.any.example TXT \"v=DMARC1;\"\n"
	"example.com._report._dmarc.moved.example TXT \"v=DMARC1; "
	"rua=mailto:new@moved.example!1k\"\n"
	"example.com._report._dmarc.thief.example TXT \"v=DMARC1; rua=mailto:x@victim.example\"\n"
	"example.com._report._dmarc.sub.example TXT \"v=DMARC1; rua=mailto:x@a.sub.example\"\n"
	"example.com._report._dmarc.half.example TXT "
	"\"v=DMARC1; rua=mailto:x@half.example,mailto:x@victim.example\"\n"
	"example.com._report._dmarc.odd.example TXT \"v=DMARC1; rua=mailto:x@odd.example?a=b\"\n"
	"example.com._report._dmarc.words.example TXT \"we want DMARC1 reports\"\n"
	"example.com._report._dmarc.late.example TXT \"x=y; v=DMARC1\"\n"
	"example.com._report._dmarc.second.example TXT \"hello\"\n"
	"example.com._report._dmarc.second.example TXT \"v=DMARC1\"\n"
	"example.com._report._dmarc.alias.example CNAME a.given.example\n"
	"a.given.example TXT \"v=DMARC1\"\n"
	"example.com._report._dmarc.down.example FAULT SERVFAIL\n"
	"example.com._report._dmarc.bogus.example FAULT BOGUS\n"
	"example.com._report._dmarc.both.example TXT \"v=DMARC1\"\n"
	"_dmarc.both.example FAULT SERVFAIL\n"
	"_dmarc.lost.example FAULT TIMEOUT\n";

static const struct {
	const char *rua, *domain;
	enum consent consent;
	const char *to; /* instead; NULL: the same */
} cases[] = {
	{ "mailto:a@example.com", "example.com", CONSENT_OWN, NULL },
	{ "mailto:a@reports.example.com", "example.com", CONSENT_OWN, NULL },
	{ "mailto:a@example.com", "mail.example.com", CONSENT_OWN, NULL },
	{ "mailto:a@b.example.com", "c.example.com", CONSENT_OWN, NULL },
	{ "mailto:a@example.net", "example.com", CONSENT_NONE, NULL },
	{ "mailto:a@notexample.com", "example.com", CONSENT_NONE, NULL },
	{ "mailto:a@given.example", "example.com", CONSENT_GIVEN, NULL },
	{ "mailto:a@given.example", "other.example", CONSENT_NONE, NULL },
	{ "mailto:a@given.example", "sub.example.com", CONSENT_NONE, NULL },
	{ "mailto:a@policy.example", "example.com", CONSENT_GIVEN, NULL },
	{ "mailto:a@any.example", "example.com", CONSENT_GIVEN, NULL },
	{ "mailto:a@any.example", "x.y.example.net", CONSENT_GIVEN, NULL },
	{ "mailto:a@moved.example", "example.com", CONSENT_GIVEN, "new@moved.example" },
	{ "mailto:a@thief.example", "example.com", CONSENT_NONE, NULL },
	{ "mailto:a@sub.example", "example.com", CONSENT_NONE, NULL },
	{ "mailto:a@half.example", "example.com", CONSENT_NONE, NULL },
	{ "mailto:a@odd.example", "example.com", CONSENT_NONE, NULL },
	{ "mailto:a@words.example", "example.com", CONSENT_NONE, NULL },
	{ "mailto:a@late.example", "example.com", CONSENT_NONE, NULL },
	{ "mailto:a@second.example", "example.com", CONSENT_GIVEN, NULL },
	{ "mailto:a@alias.example", "example.com", CONSENT_GIVEN, NULL },
	{ "mailto:a@down.example", "example.com", CONSENT_UNKNOWN, NULL },
	{ "mailto:a@bogus.example", "example.com", CONSENT_UNKNOWN, NULL },
	{ "mailto:a@both.example", "example.com", CONSENT_GIVEN, NULL },
	{ "mailto:a@lost.example", "example.com", CONSENT_UNKNOWN, NULL },
};

static void each(enum zone_mode mode)
{
	struct zone *z = zone_new();

	zone_text(z, zone_of_all);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena *a = arena_new(0);
		struct dns *dns = zone_dns(z, mode);
		const struct consent_request req = { .policy_domain = str_c(cases[i].domain) };
		struct report_uri uri[REPORT_URI_MAX];
		struct consent_result r;

		assert_int_equal(report_uris(a, str_c(cases[i].rua), uri), 1);
		do
			consent_check(a, dns, &req, &uri[0], &r);
		while (r.consent == CONSENT_WAIT && zone_round(z));
		if (r.consent != cases[i].consent)
			fail_msg("%s about %s: %s", cases[i].rua, cases[i].domain,
				 consent_word(r.consent));
		assert_int_equal(r.n, cases[i].to ? 1 : 0);
		if (cases[i].to)
			assert_str(r.uri[0].address, cases[i].to);
		assert_true((r.consent == CONSENT_NONE || r.consent == CONSENT_UNKNOWN) ==
			    (r.why != NULL));
		assert_true(zone_rounds(z) <= 2);
		arena_free(a);
	}
	zone_free(z);
}

static void at_once(void **state)
{
	(void)state;
	each(ZONE_NOW);
}

static void by_rounds(void **state)
{
	(void)state;
	each(ZONE_ROUNDS);
}

/* RFC 9990 3, step 4: a name that the DNS cannot hold is no consent. */
static void long_name(void **state)
{
	static const char label[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct arena *a = arena_new(0);
	struct zone *z = zone_new();
	struct consent_request req = { .policy_domain = arena_printf(a, "%s.%s.%s.%s.example",
								     label, label, label, label) };
	struct report_uri u = { .address = STR("a@given.example"), .domain = STR("given.example") };
	struct consent_result r;

	(void)state;
	consent_check(a, zone_dns(z, ZONE_NOW), &req, &u, &r);
	assert_int_equal(r.consent, CONSENT_NONE);
	zone_free(z);
	arena_free(a);
}

/* ruf= is overridden by ruf=, and rua= by rua=. */
static void failure(void **state)
{
	struct arena *a = arena_new(0);
	struct zone *z = zone_new();
	struct consent_request req = { .policy_domain = STR("example.com"), .failure = true };
	struct report_uri u = { .address = STR("a@two.example"), .domain = STR("two.example") };
	struct consent_result r;

	(void)state;
	zone_text(z, "example.com._report._dmarc.two.example TXT "
		     "\"v=DMARC1; rua=mailto:agg@two.example; ruf=mailto:fail@two.example\"\n");
	consent_check(a, zone_dns(z, ZONE_NOW), &req, &u, &r);
	assert_str(r.uri[0].address, "fail@two.example");
	req.failure = false;
	consent_check(a, zone_dns(z, ZONE_NOW), &req, &u, &r);
	assert_str(r.uri[0].address, "agg@two.example");
	zone_free(z);
	arena_free(a);
}

/* ---- where a report goes ---- */

static void goals(void **state)
{
	static const struct {
		const char *rua, *goals; /* "address state", joined by ", " */
		bool unknown;
	} t[] = {
		{ "mailto:a@example.com,mailto:b@example.net",
		  "a@example.com waits, b@example.net no consent", false },
		{ "mailto:a@example.com!1k", "a@example.com too large", false },
		{ "mailto:a@example.com!4k", "a@example.com waits", false },
		{ "mailto:a@moved.example", "new@moved.example too large", false },
		{ "mailto:a@example.com,https://example.com/x",
		  "a@example.com waits, https://example.com/x no consent", false },
		{ "mailto:a@example.com,mailto:A@example.com",
		  "a@example.com waits, mailto:A@example.com no consent", false },
		{ "mailto:a@example.com,mailto:a@down.example", "a@example.com waits", true },
		{ "", "", false },
	};
	struct zone *z = zone_new();
	struct report_settings s = { 0 };

	(void)state;
	zone_text(z, zone_of_all);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct job j = { .domain = STR("example.com"),
				 .rua = str_c(t[i].rua),
				 .size = 2000 };
		struct goal goal[OUTBOX_ADDRESSES];
		struct buf b = { .arena = a };
		bool unknown;
		size_t n;

		assert_true(send_goals(a, zone_dns(z, ZONE_NOW), &s, &j, goal, &n, &unknown));
		for (size_t k = 0; k < n; k++)
			buf_addf(&b, "%s%.*s %s", k ? ", " : "", STR_ARG(goal[k].address),
				 goal_word(goal[k].state));
		assert_str(buf_str(&b), t[i].goals);
		assert_int_equal(unknown, t[i].unknown);
		arena_free(a);
	}
	zone_free(z);
}

int main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(at_once), cmocka_unit_test(by_rounds),
					cmocka_unit_test(long_name), cmocka_unit_test(failure),
					cmocka_unit_test(goals) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
