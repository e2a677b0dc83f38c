/* iprev (RFC 8601 2.7.3, 3): every result word, errors at every place, order of answers. */
#include "lib/test.h"

#include "auth/iprev.h"
#include "lib/zone.h"

static const char text[] =
	"1.2.0.192.in-addr.arpa PTR mail.example.com\n"
	"mail.example.com A 192.0.2.1\n"
	"mail.example.com AAAA 2001:db8::1\n"
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR "
	"Mail.Example.Com.\n"
	"2.2.0.192.in-addr.arpa PTR other.example.com\n"
	"2.2.0.192.in-addr.arpa PTR both.example.com\n"
	"other.example.com A 192.0.2.99\n"
	"both.example.com A 192.0.2.98\nboth.example.com A 192.0.2.2\n"
	"3.2.0.192.in-addr.arpa PTR other.example.com\n"
	"4.2.0.192.in-addr.arpa PTR nowhere.example.com\n"
	"5.2.0.192.in-addr.arpa FAULT SERVFAIL\n"
	"6.2.0.192.in-addr.arpa PTR lost.example.com\n"
	"6.2.0.192.in-addr.arpa PTR other.example.com\n"
	"lost.example.com FAULT TIMEOUT\n"
	"7.2.0.192.in-addr.arpa PTR lost.example.com\n"
	"7.2.0.192.in-addr.arpa PTR seven.example.com\n"
	"seven.example.com A 192.0.2.7\n"
	"8.2.0.192.in-addr.arpa FAULT BOGUS\n"
	"9.2.0.192.in-addr.arpa TXT \"no name\"\n"
	"10.2.0.192.in-addr.arpa PTR \"a\\x00b.example.com\"\n"
	"11.2.0.192.in-addr.arpa PTR forged.example.com\n"
	"forged.example.com FAULT BOGUS\n"
	"12.2.0.192.in-addr.arpa CNAME 12.pool.example.com\n"
	"12.pool.example.com PTR twelve.example.com\n"
	"twelve.example.com CNAME real.example.com\nreal.example.com A 192.0.2.12\n"
	"13.2.0.192.in-addr.arpa PTR \"[192.0.2.13]\"\n";

static const struct {
	const char *ip;
	enum auth_result code;
	const char *name; /* NULL: absent */
	unsigned rounds;
} cases[] = {
	{ "192.0.2.1", AUTH_PASS, "mail.example.com", 2 },
	{ "2001:db8::1", AUTH_PASS, "mail.example.com", 2 },
	{ "192.0.2.2", AUTH_PASS, "both.example.com", 2 },
	{ "192.0.2.3", AUTH_FAIL, "other.example.com", 2 },
	{ "192.0.2.4", AUTH_FAIL, "nowhere.example.com", 2 },
	{ "192.0.2.5", AUTH_TEMPERROR, NULL, 1 },
	{ "192.0.2.6", AUTH_TEMPERROR, NULL, 2 },
	{ "192.0.2.7", AUTH_PASS, "seven.example.com", 2 },
	{ "192.0.2.8", AUTH_TEMPERROR, NULL, 1 },
	{ "192.0.2.9", AUTH_PERMERROR, NULL, 1 },
	{ "192.0.2.10", AUTH_FAIL, NULL, 1 },
	{ "192.0.2.11", AUTH_TEMPERROR, NULL, 2 },
	{ "192.0.2.12", AUTH_PASS, "twelve.example.com", 2 },
	{ "192.0.2.13", AUTH_FAIL, NULL, 1 },
	{ "192.0.2.200", AUTH_PERMERROR, NULL, 1 },
	{ "2001:db8::2", AUTH_PERMERROR, NULL, 1 },
	{ "", AUTH_NONE, NULL, 0 },
};

/* last: of what waits, the last answer comes first, one by one. */
static void run(struct zone *z, enum zone_mode mode, bool last, size_t i)
{
	struct arena *a = arena_new(0);
	struct dns *dns = zone_dns(z, mode);
	struct iprev_result res;
	struct ip ip = { 0 };

	ip_parse(str_c(cases[i].ip), &ip);
	while (iprev_eval(a, dns, &ip, &res) == AUTH_WAIT) {
		assert_true(zone_waiting(z) > 0);
		if (last)
			zone_arrive(z, zone_waiting(z) - 1);
		else
			zone_round(z);
	}
	if (res.code != cases[i].code)
		fail_msg("%s: %s", cases[i].ip, auth_word(res.code));
	if (cases[i].name)
		assert_str(res.name, cases[i].name);
	else
		assert_null(res.name.p);
	assert_true((res.code == AUTH_PASS) == !res.reason.p);
	if (mode == ZONE_ROUNDS && !last)
		assert_int_equal(zone_rounds(z), cases[i].rounds);
	arena_free(a);
}

static void results(void **state)
{
	struct zone *z = zone_new();

	(void)state;
	zone_text(z, text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run(z, ZONE_NOW, false, i);
		run(z, ZONE_ROUNDS, false, i);
		run(z, ZONE_ROUNDS, true, i);
	}
	zone_free(z);
}

/* IPREV_MAX_NAMES: the last name that is looked at, and the first that is not. */
static void limit(void **state)
{
	(void)state;
	for (unsigned good = IPREV_MAX_NAMES - 1; good <= IPREV_MAX_NAMES; good++) {
		struct zone *z = zone_new();
		struct arena *a = arena_new(0);
		struct ip ip = { .family = 4, .b = { 192, 0, 2, 1 } };
		struct iprev_result res;

		for (unsigned i = 0; i < IPREV_MAX_NAMES + 5; i++) {
			struct str name = arena_printf(a, "n%u.example.com", i);
			char octets[4] = { (char)192, 0, 2, (char)(i == good ? 1 : 9) };

			zone_add(z, STR("1.2.0.192.in-addr.arpa"), DNS_PTR, name);
			zone_add(z, name, DNS_A, str_of(octets, 4));
		}
		assert_int_equal(iprev_eval(a, zone_dns(z, ZONE_NOW), &ip, &res), AUTH_DONE);
		assert_int_equal(res.code, good < IPREV_MAX_NAMES ? AUTH_PASS : AUTH_FAIL);
		assert_int_equal(zone_questions(z), 1 + IPREV_MAX_NAMES);
		arena_free(a);
		zone_free(z);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),
		cmocka_unit_test(limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
