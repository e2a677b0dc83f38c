/* What is remembered of countries and networks: reputation, limits, accounts taken over. */
#include "unit/checks/memory_world.h"

#include "checks/memory/rate.h"
#include "checks/memory/reputation.h"
#include "checks/memory/takeover.h"
#include "checks/outside/geo.h"

static const struct check *const checks[] = { &check_geo, &check_sender, &check_reputation,
					      &check_takeover, NULL };

#define DIR MERLON_SRCDIR "/tests/unit/checks/outside/geo/"
#define CONF                                                                                       \
	"cache { ttl = 0 } dmarc { reject = accept } geo { country = \"" DIR                       \
	"country.mmdb\" asn = \"" DIR "asn.mmdb\" }"
#define HOUR (INT64_C(3600) * 1000)
#define DAY (24 * HOUR)

/* ---- reputation ---- */

static double marks(struct memory_world *m, const char *value)
{
	struct scan *s = world_scan(&m->w, "inbound");
	struct str part[2] = { STR("asn"), str_c(value) };
	struct store_op op = { .kind = STORE_ADD, .key = memory_key(s, "rep", part, 2) };
	struct store_answer a = memory_store(m, &op);

	scan_free(s);
	return a.status == STORE_OK ? a.sum[REPUTATION_SPAM_MONTH] : -1;
}

static void test_reputation(void **state)
{
	static const struct {
		const char *ip;
		double marks;
	} row[] = {
		{ "192.0.2.9", 1 },
		{ "192.0.2.200", 2 },  /* of another network of theirs */
		{ "198.51.100.1", 2 }, /* nobody knows whose */
		{ "10.0.0.1", 2 },
	};
	struct memory_mail mail = { .from = "a@bare.test",
				    .to = "joe@here.test",
				    .headers = "From: a@bare.test\n" };
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, CONF);
	m.symbols = "dnsbl/L=2";
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		mail.ip = row[i].ip;
		scan_free(memory_mail(&m, &mail));
		if (marks(&m, "AS64496") != row[i].marks)
			fail_msg("row %zu: %f", i, marks(&m, "AS64496"));
	}
	memory_close(&m);
}

/* ---- limits ---- */

static void test_rate(void **state)
{
	static const struct {
		const char *ip, *asn, *country; /* NULL: no bucket */
	} row[] = {
		{ "192.0.2.9", "AS64496", "DE" },
		{ "192.0.2.200", "AS64496", "FR" },
		{ "2001:db8:1::4", "AS4200000001", "BR" },
		{ "198.51.100.1", NULL, "NO" },
		{ "10.0.0.1", NULL, NULL },
	};
	struct rate_rule rule[] = {
		{ .name = STR("a"), .part = { RATE_ASN }, .nparts = 1 },
		{ .name = STR("c"), .part = { RATE_COUNTRY }, .nparts = 1 },
	};
	struct memory_world m;

	(void)state;
	assert_string_equal(rate_part_word(RATE_ASN), "asn");
	assert_string_equal(rate_part_word(RATE_COUNTRY), "country");
	memory_open(&m, checks, CONF);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = { .ip = row[i].ip,
					    .from = "a@sender.test",
					    .to = "b@here.test",
					    .headers = "From: a@sender.test\n" };
		struct scan *s = memory_mail(&m, &mail);
		for (size_t k = 0; k < 2; k++) {
			const char *want = k ? row[i].country : row[i].asn;
			struct rate_bucket b;
			assert_int_equal(rate_buckets(s, &rule[k], &b, 1), want != NULL);
			if (want)
				assert_str(b.part[1], want);
		}
		scan_free(s);
	}
	memory_close(&m);
}

/* ---- accounts ---- */

static struct scan *joe_from(struct memory_world *m, const char *ip)
{
	struct memory_mail mail = { .user = "joe",
				    .ip = ip,
				    .from = "joe@here.test",
				    .to = "ann@sender.test",
				    .headers = "From: joe@here.test\n" };

	return memory_mail(m, &mail);
}

static void expect(struct memory_world *m, struct scan *s, const char *predicate, bool want)
{
	bool holds = memory_holds(m, s, predicate, "");

	if (holds != want)
		fail_msg("%s %s", predicate, holds ? "holds" : "does not hold");
}

/* joe at home, for some days. */
static void habits(struct memory_world *m)
{
	for (int i = 0; i < 5; i++) {
		struct scan *s = joe_from(m, "192.0.2.1");
		expect(m, s, "takeover_new_country", false);
		expect(m, s, "takeover_new_asn", false);
		scan_free(s);
		memory_later(m, DAY);
	}
}

static void test_takeover(void **state)
{
	static const struct {
		const char *ip;
		int64_t later;
		bool country, asn;
	} row[] = {
		{ "192.0.2.77", 0, false, false },
		{ "192.0.2.200", 0, true, false },	  /* another country, the same network */
		{ "192.0.2.200", 2 * HOUR, true, false }, /* new for a day */
		{ "192.0.2.1", 0, false, false },
		{ "192.0.2.200", DAY, false, false },
		{ "203.0.113.4", 0, true, true },
		{ "10.0.0.1", 0, false, false },
		{ "203.0.113.4", 40 * DAY, true, true }, /* and forgotten after a month */
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, CONF);
	habits(&m);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct scan *s;
		memory_later(&m, row[i].later);
		if (row[i].later > 30 * DAY)
			scan_free(joe_from(&m, "192.0.2.1"));
		s = joe_from(&m, row[i].ip);
		expect(&m, s, "takeover_new_country", row[i].country);
		expect(&m, s, "takeover_new_asn", row[i].asn);
		scan_free(s);
	}
	memory_close(&m);
}

static void test_evidence(void **state)
{
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, CONF);
	habits(&m);
	s = joe_from(&m, "203.0.113.4");
	assert_str(memory_evidence_of(&m, s, "takeover_new_country", ""), "CN, 1 others known");
	assert_str(memory_evidence_of(&m, s, "takeover_new_asn", ""), "AS64511, 1 others known");
	scan_free(s);
	memory_close(&m);
}

/* Whoever holds the account: what is held back does not become a habit. */
static void test_alarmed(void **state)
{
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, CONF);
	habits(&m);
	m.symbols = "x/ACCOUNT_TAKEOVER=1";
	for (int i = 0; i < 3; i++) {
		struct scan *s = joe_from(&m, "203.0.113.4");
		expect(&m, s, "takeover_new_country", true);
		scan_free(s);
		memory_later(&m, 2 * DAY);
	}
	memory_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reputation), cmocka_unit_test(test_rate),
		cmocka_unit_test(test_takeover),   cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_alarmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
