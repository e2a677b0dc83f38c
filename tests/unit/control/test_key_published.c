/* Tests of what is said of published key records, and of finding the servers to ask. */
#include "lib/test.h"

#include "base/buf.h"
#include "control/keyring/authorities.h"
#include "control/keyring/published.h"
#include "lib/zone.h"

#define P "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static void test_compare(void **state)
{
	static const struct {
		const char *txt[3];
		enum published what;
		const char *detail;
	} rows[] = {
		{ { "v=DKIM1; k=ed25519; p=" P }, PUBLISHED_SAME, "" },
		{ { "k=ed25519; p=" P }, PUBLISHED_SAME, "" },
		{ { "v=DKIM1;k=ed25519;h=sha1:sha256;s=email;t=s;n=hi;p=" P ";" },
		  PUBLISHED_SAME,
		  "" },
		{ { "v=DKIM1; k=ed25519; p=AAECAwQFBgcICQoLDA0O DxAREhMUFRYXGBkaGxwdHh8=" },
		  PUBLISHED_SAME,
		  "" },
		{ { "v=DKIM1; k=ed25519; t=y; p=" P },
		  PUBLISHED_SAME,
		  "t=y: verifiers are told that this is only a test" },
		{ { NULL }, PUBLISHED_MISSING, "there is no record" },
		{ { "v=DKIM1; k=ed25519; p=" },
		  PUBLISHED_REVOKED,
		  "p= is empty: the key is revoked" },
		{ { "v=DKIM1; k=ed25519" }, PUBLISHED_WRONG, "p= is missing" },
		{ { "v=DKIM1; p=" P }, PUBLISHED_WRONG, "k=ed25519 is missing" },
		{ { "v=DKIM1; k=rsa; p=" P },
		  PUBLISHED_WRONG,
		  "k= is not ed25519, which the key is" },
		{ { "v=DKIM1; k=ed25519; h=sha1; p=" P },
		  PUBLISHED_WRONG,
		  "h= does not allow sha256" },
		{ { "v=DKIM1; k=ed25519; s=tlsrpt; p=" P },
		  PUBLISHED_WRONG,
		  "s= does not allow email" },
		{ { "k=ed25519; v=DKIM1; p=" P }, PUBLISHED_WRONG, "v=DKIM1 does not stand first" },
		{ { "v=DKIM2; k=ed25519; p=" P }, PUBLISHED_WRONG, "v=DKIM1 does not stand first" },
		{ { "v=DKIM1; k=ed25519; p=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" },
		  PUBLISHED_WRONG,
		  "p= is cut off after 43 of 44 characters" },
		{ { "v=DKIM1; k=ed25519; p=AAECAwQF" },
		  PUBLISHED_WRONG,
		  "p= is cut off after 6 of 32 octets" },
		{ { "v=DKIM1; k=ed25519; p=AAEC\303\244" }, PUBLISHED_WRONG, "p= is not base64" },
		{ { "v=DKIM1; k=ed25519; p=//ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" },
		  PUBLISHED_OTHER,
		  "p= is not that of this key" },
		{ { "\"v=DKIM1; k=ed25519; p=" P "\"" },
		  PUBLISHED_WRONG,
		  "quotation marks or backslashes are in the record itself" },
		{ { "v=DKIM1\\; k=ed25519\\; p=" P },
		  PUBLISHED_WRONG,
		  "quotation marks or backslashes are in the record itself" },
		{ { "hello" }, PUBLISHED_WRONG, NULL },
		{ { "v=DKIM1; k=ed25519; p=" P, "v=DKIM1; k=ed25519; p=" P },
		  PUBLISHED_WRONG,
		  "2 records where there must be one" },
		{ { "DA0ODxAREhMUFRYXGBkaGxwdHh8=", "v=DKIM1; k=ed25519; p=AAECAwQFBgcICQoL" },
		  PUBLISHED_WRONG,
		  "one record was split into two: its strings belong together" },
	};
	struct arena *a = arena_new(0);
	struct sign_key key = { .type = KEY_ED25519, .bits = 256 };

	(void)state;
	assert_true(base64_decode(a, STR(P), &key.public));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dns_rr rr[3];
		struct dns_answer x = { .status = DNS_NXDOMAIN, .rr = rr };
		struct published_found f;

		while (x.n < 3 && rows[i].txt[x.n]) {
			rr[x.n] = (struct dns_rr){ .data = str_c(rows[i].txt[x.n]) };
			x.n++;
			x.status = DNS_OK;
		}
		published_compare(a, &x, &key, &f);
		assert_int_equal(f.what, rows[i].what);
		if (rows[i].detail)
			assert_str(f.detail, rows[i].detail);
		assert_true(f.what < PUBLISHED_NO_WAY && published_word(f.what));
	}
	arena_free(a);
}

static struct str shown(struct arena *a, const struct authorities *x)
{
	struct buf b = { .arena = a };
	char ip[IP_TEXT_MAX];

	buf_add(&b, x->fault.p ? x->fault : x->zone);
	for (size_t i = 0; i < x->n; i++)
		buf_addf(&b, " %.*s=%s", STR_ARG(x->at[i].server),
			 x->at[i].ip.family ? ip_format(&x->at[i].ip, ip) : x->at[i].why);
	return buf_str(&b);
}

static const char world[] = "example.com NS ns2.example.net\n"
			    "example.com NS ns1.example.net\n"
			    "ns1.example.net A 192.0.2.2\n"
			    "ns1.example.net A 192.0.2.1\n"
			    "ns1.example.net AAAA 2001:db8::1\n"
			    "ns2.example.net A 192.0.2.3\n"
			    "_domainkey.own.example.com NS ns2.example.net\n"
			    "a._domainkey.alias.example.com CNAME apex.example\n"
			    "apex.example NS wrong.example.net\n"
			    "alias.example.com NS ns2.example.net\n"
			    "bad.example NS gone.example.net\n"
			    "bad.example NS mute.example.net\n"
			    "mute.example.net FAULT SERVFAIL\n"
			    "broken.example FAULT SERVFAIL NS\n"
			    "bogus.example FAULT BOGUS NS\n";

static void test_authorities(void **state)
{
	static const struct {
		const char *name, *shown;
	} rows[] = {
		{ "s._domainkey.example.com",
		  "example.com ns1.example.net=192.0.2.1 ns1.example.net=192.0.2.2 "
		  "ns1.example.net=2001:db8::1 ns2.example.net=192.0.2.3" },
		{ "s._domainkey.deep.down.example.com",
		  "example.com ns1.example.net=192.0.2.1 ns1.example.net=192.0.2.2 "
		  "ns1.example.net=2001:db8::1 ns2.example.net=192.0.2.3" },
		{ "s._domainkey.own.example.com",
		  "_domainkey.own.example.com ns2.example.net=192.0.2.3" },
		{ "a._domainkey.alias.example.com", "alias.example.com ns2.example.net=192.0.2.3" },
		{ "s._domainkey.bad.example",
		  "bad.example gone.example.net=it has no address "
		  "mute.example.net=its addresses cannot be found out" },
		{ "s._domainkey.broken.example", "broken.example: the resolver has no answer" },
		{ "s._domainkey.bogus.example", "bogus.example: DNSSEC validation fails" },
		{ "s._domainkey.nowhere.test", "no zone is found that the name lies in" },
	};
	struct zone *z = zone_new();
	struct arena *a = arena_new(0);

	(void)state;
	zone_text(z, world);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dns *dns = zone_dns(z, ZONE_ROUNDS);
		struct authorities x;

		while (authorities_find(a, dns, str_c(rows[i].name), &x) == AUTH_WAIT)
			assert_true(zone_round(z));
		assert_str(shown(a, &x), rows[i].shown);
	}
	arena_free(a);
	zone_free(z);
}

/* Sixteen servers and thirty-two addresses are asked; one more of either is said, not passed over.
 */
static void test_limits(void **state)
{
	static const struct {
		unsigned servers, each;
		const char *fault;
	} rows[] = {
		{ 16, 2, "" },
		{ 17, 1, "the zone has more than 16 servers" },
		{ 11, 3, "its servers have more than 32 addresses" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct zone *z = zone_new();
		struct authorities x;

		for (unsigned s = 0; s < rows[i].servers; s++) {
			struct str name = arena_printf(a, "ns%02u.example", s);

			zone_add(z, STR("example.com"), DNS_NS, name);
			for (unsigned k = 0; k < rows[i].each; k++) {
				char ip[4] = { 10, 0, (char)s, (char)k };

				zone_add(z, name, DNS_A, str_of(ip, 4));
			}
		}
		assert_int_equal(authorities_find(a, zone_dns(z, ZONE_NOW),
						  STR("s._domainkey.example.com"), &x),
				 AUTH_DONE);
		assert_str(x.fault, rows[i].fault);
		if (!x.fault.p)
			assert_int_equal(x.n, 32);
		zone_free(z);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_authorities),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
