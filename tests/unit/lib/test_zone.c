/* The test zone itself: a test bed that lies makes every test worthless. */
#include "lib/test.h"
#include "lib/zone.h"

static const char text[] =
	"; a comment\n"
	"example.com TXT \"v=spf1 \" \"-all\" ; joined\r\n"
	"example.com TXT \"a;\\x00\\\"\\\\\\xff\"\n"
	"example.com MX 10 Mail.Example.COM.\n"
	"Mail.example.com. A 192.0.2.1\n"
	"mail.example.com A 192.0.2.2\n"
	"mail.example.com AAAA 2001:db8::1\n"
	"mapped.example.com AAAA ::ffff:192.0.2.1\n"
	"www.example.com CNAME mail.example.com\n"
	"*.wild.example.com A 192.0.2.9\n"
	"a.b.wild.example.com A 192.0.2.8\n"
	"loop.example.com CNAME loop.example.com\n"
	"lost.example.com A 192.0.2.1\n"
	"lost.example.com FAULT TIMEOUT\n"
	"half.example.com A 192.0.2.1\n"
	"half.example.com FAULT SERVFAIL TXT\n"
	"nx.example.com A 192.0.2.1\n"
	"nx.example.com FAULT NXDOMAIN\n"
	"bogus.example.com FAULT BOGUS\n"
	"cut.example.com A 192.0.2.1\n"
	"cut.example.com FAULT TRUNCATE A\n"
	"garbage.example.com FAULT GARBAGE\n"
	"id.example.com FAULT WRONGID\n"
	"no.example.com FAULT REFUSED\n"
	"slow.example.com DELAY 250 TXT\n"
	"slow.example.com DELAY 10\n"
	"slow.example.com TTL 60\n"
	"old.example.com TYPE99 word\n"
	"c0.example.com CNAME c1.example.com\nc1.example.com CNAME c2.example.com\n"
	"c2.example.com CNAME c3.example.com\nc3.example.com CNAME c4.example.com\n"
	"c4.example.com CNAME c5.example.com\nc5.example.com CNAME c6.example.com\n"
	"c6.example.com CNAME c7.example.com\nc7.example.com CNAME c8.example.com\n"
	"c8.example.com A 192.0.2.3\ncc.example.com CNAME c0.example.com\n"
	"dangling.example.com CNAME nowhere.example.com\n";

static void answers(void **state)
{
	static const struct {
		const char *name;
		int type;
		enum dns_status status;
		size_t n;
	} t[] = {
		{ "example.com", DNS_TXT, DNS_OK, 2 },
		{ "EXAMPLE.com.", DNS_TXT, DNS_OK, 2 },
		{ "example.com", DNS_A, DNS_NODATA, 0 },
		{ "com", DNS_A, DNS_NODATA, 0 },
		{ "", DNS_A, DNS_NODATA, 0 },
		{ "example.org", DNS_A, DNS_NXDOMAIN, 0 },
		{ "mail.example.com", DNS_A, DNS_OK, 2 },
		{ "www.example.com", DNS_A, DNS_OK, 2 },
		{ "www.example.com", DNS_CNAME, DNS_OK, 1 },
		{ "www.example.com", DNS_TXT, DNS_NODATA, 0 },
		{ "x.wild.example.com", DNS_A, DNS_OK, 1 },
		{ "x.y.wild.example.com", DNS_A, DNS_OK, 1 },
		{ "b.wild.example.com", DNS_A, DNS_NODATA, 0 },
		{ "x.b.wild.example.com", DNS_A, DNS_NXDOMAIN, 0 },
		{ "loop.example.com", DNS_A, DNS_TEMPFAIL, 0 },
		{ "c0.example.com", DNS_A, DNS_OK, 1 },	      /* 8 CNAMEs */
		{ "cc.example.com", DNS_A, DNS_TEMPFAIL, 0 }, /* 9 */
		{ "dangling.example.com", DNS_A, DNS_NXDOMAIN, 0 },
		{ "lost.example.com", DNS_A, DNS_TEMPFAIL, 0 },
		{ "half.example.com", DNS_A, DNS_OK, 1 },
		{ "half.example.com", DNS_TXT, DNS_TEMPFAIL, 0 },
		{ "nx.example.com", DNS_A, DNS_NXDOMAIN, 0 },
		{ "bogus.example.com", DNS_A, DNS_BOGUS, 0 },
		{ "cut.example.com", DNS_A, DNS_OK, 1 },
		{ "garbage.example.com", DNS_A, DNS_TEMPFAIL, 0 },
		{ "id.example.com", DNS_A, DNS_TEMPFAIL, 0 },
		{ "no.example.com", DNS_A, DNS_TEMPFAIL, 0 },
		{ "old.example.com", 99, DNS_OK, 1 },
		{ "a..example.com", DNS_A, DNS_NXDOMAIN, 0 },
		{ "example.com..", DNS_TXT, DNS_NXDOMAIN, 0 },
	};
	struct zone *z = zone_new();
	struct dns *dns;

	(void)state;
	zone_text(z, text);
	dns = zone_dns(z, ZONE_NOW);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct dns_answer *ans = dns_ask(dns, t[i].name, t[i].type);

		if (!ans || ans->status != t[i].status || ans->n != t[i].n)
			fail_msg("%s %d: status %d, %zu records", t[i].name, t[i].type,
				 ans ? (int)ans->status : -1, ans ? ans->n : 0);
	}
	zone_free(z);
}

static void values(void **state)
{
	struct zone *z = zone_new();
	struct dns *dns;
	const struct dns_answer *ans;

	(void)state;
	zone_text(z, text);
	dns = zone_dns(z, ZONE_NOW);
	ans = dns_ask(dns, "example.com", DNS_TXT);
	assert_str(ans->rr[0].data, "v=spf1 -all");
	assert_true(str_eq(ans->rr[1].data, STR("a;\0\"\\\xff")));
	assert_int_equal(ans->ttl, 300);
	ans = dns_ask(dns, "example.com", DNS_MX);
	assert_str(ans->rr[0].data, "mail.example.com");
	assert_int_equal(ans->rr[0].pref, 10);
	ans = dns_ask(dns, "mail.example.com", DNS_AAAA);
	assert_int_equal(ans->rr[0].data.n, 16);
	ans = dns_ask(dns, "mapped.example.com", DNS_AAAA);
	assert_memory_equal(ans->rr[0].data.p, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	assert_int_equal(dns_ask(dns, "slow.example.com", DNS_TXT)->ttl, 60);
	assert_int_equal(zone_find(z, STR("slow.example.com"), DNS_TXT).delay_ms, 250);
	assert_int_equal(zone_find(z, STR("slow.example.com"), DNS_A).delay_ms, 10);
	assert_str(zone_find(z, STR("www.example.com"), DNS_A).cname, "mail.example.com");
	assert_int_equal(zone_find(z, STR("cut.example.com"), DNS_A).fault, ZONE_TRUNCATE);
	zone_free(z);
}

static void rounds(void **state)
{
	struct zone *z = zone_new();
	struct dns *dns;
	char label64[80] = { 0 };

	(void)state;
	zone_text(z, text);
	dns = zone_dns(z, ZONE_ROUNDS);
	memset(label64, 'a', 64);
	assert_int_equal(dns_ask(dns, label64, DNS_A)->status, DNS_NXDOMAIN); /* at once, unasked */
	assert_false(zone_round(z));
	assert_null(dns_ask(dns, "example.com", DNS_TXT));
	assert_null(dns_ask(dns, "Example.com.", DNS_TXT));
	assert_null(dns_ask(dns, "example.com", DNS_MX));
	assert_int_equal(zone_questions(z), 2);
	assert_str(zone_question(z, 0), "example.com txt");
	assert_int_equal(zone_waiting(z), 2);
	zone_arrive(z, 1);
	assert_null(dns_ask(dns, "example.com", DNS_TXT));
	assert_non_null(dns_ask(dns, "example.com", DNS_MX));
	assert_true(zone_round(z));
	assert_int_equal(zone_rounds(z), 1);
	assert_int_equal(dns_ask(dns, "example.com", DNS_TXT)->n, 2);
	zone_dns(z, ZONE_ROUNDS);
	assert_int_equal(zone_questions(z), 0);
	assert_int_equal(zone_rounds(z), 0);
	zone_free(z);
}

static void mistakes(void **state)
{
	static const struct {
		const char *text, *says;
	} t[] = {
		{ "a A 192.0.2.1\nb A 192.0.2.256\n", "f:2: A takes an IPv4 address" },
		{ "a A ::1", "f:1: A takes an IPv4 address" },
		{ "a AAAA x", "f:1: AAAA takes an IPv6 address" },
		{ "a TXT word", "f:1: TXT takes quoted strings" },
		{ "a TXT \"word", "f:1: a quoted string without an end" },
		{ "a TXT \"\\n\"", "f:1: an escape that is not \\xNN, \\\" or \\\\" },
		{ "a MX mail", "f:1: MX takes a preference and a name" },
		{ "a FAULT SLEEP", "f:1: no such fault" },
		{ "a FAULT TIMEOUT B", "f:1: no such type" },
		{ "a DELAY x", "f:1: DELAY takes milliseconds" },
		{ "a TTL x", "f:1: TTL takes seconds" },
		{ "a BB b", "f:1: no such type" },
		{ "a NS b c", "f:1: one value, please" },
		{ "a A", "f:1: a name, a type and a value, please" },
	};
	struct zone *z = zone_new();
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(zone_read(z, str_c(t[i].text), "f", &e), -1);
		assert_string_equal(e.text, t[i].says);
	}
	assert_int_equal(zone_load(z, "/proc/nowhere", &e), -1);
	zone_free(z);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(values),
		cmocka_unit_test(rounds),
		cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
