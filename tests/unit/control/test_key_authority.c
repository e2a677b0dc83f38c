/* Tests of asking every server with authority, over servers on loopback that differ. */
#include "lib/test.h"

#include <arpa/inet.h>

#include "control/keyring/authority.h"
#include "lib/dnsd.h"
#include "lib/zone_resolver.h"

#define P "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define GOOD "s._domainkey.example.com TXT \"v=DKIM1; k=ed25519; p=" P "\"\n"
#define TARGET "s.keys.example.net TXT \"v=DKIM1; k=ed25519; p=" P "\"\n"
#define ALIAS "s._domainkey.example.com CNAME s.keys.example.net\n"

struct seen {
	struct loop *loop;
	struct arena *arena;
	bool seen, absent;
	size_t n;
	struct str summary;
};

static void told(void *arg, const struct authority_report *r)
{
	struct seen *s = arg;

	s->seen = r->seen;
	s->absent = r->absent;
	s->n += r->n;
	s->summary = authority_summary(s->arena, r);
	loop_stop(s->loop);
}

static const char resolver_world[] = "example.com NS ns1.example.net\n"
				     "example.com NS ns2.example.net\n"
				     "keys.example.net NS ns2.example.net\n"
				     "ns1.example.net A 127.0.0.1\n"
				     "ns2.example.net A 127.0.0.2\n";

struct server {
	struct zone *zone;
	struct dnsd *dnsd;
};

static struct server serve(struct loop *l, const char *text, const char *address, uint16_t port)
{
	struct server s = { zone_new(), NULL };
	struct dnsd_config c = { .zone = s.zone, .address = inet_addr(address), .port = port };
	struct err e;

	zone_text(s.zone, text);
	s.dnsd = dnsd_new(l, &c, &e);
	if (!s.dnsd)
		fail_msg("%s", e.text);
	return s;
}

static void end(struct server *s)
{
	dnsd_free(s->dnsd);
	zone_free(s->zone);
}

static struct seen run(const char *first, const char *second, const char *more)
{
	struct seen s = { .loop = loop_new(), .arena = arena_new(0) };
	struct server one = serve(s.loop, first, "127.0.0.1", 0);
	struct server two = serve(s.loop, second, "127.0.0.2", dnsd_port(one.dnsd));
	struct zone *z = zone_new();
	struct authority_args args = { .loop = s.loop, .port = dnsd_port(one.dnsd) };
	struct sign_key key = { .type = KEY_ED25519, .bits = 256 };

	zone_text(z, resolver_world);
	zone_text(z, more);
	args.resolver = zone_resolver_new(s.loop, &(struct zone_resolver_config){ .zone = z });
	assert_true(base64_decode(s.arena, STR(P), &key.public));
	authority_cancel(authority_ask(&args, STR("example.com"), STR("s"), &key, told, &s));
	authority_cancel(NULL);
	authority_ask(&args, STR("example.com"), STR("s"), &key, told, &s);
	loop_run(s.loop);
	resolver_free(args.resolver);
	zone_free(z);
	end(&one);
	end(&two);
	loop_free(s.loop);
	return s;
}

static void test_servers(void **state)
{
	static const struct {
		const char *first, *second, *more;
		bool seen, absent;
		size_t n;
		const char *summary;
	} rows[] = {
		{ GOOD, GOOD, "", true, false, 2, "" },
		{ GOOD, "", "", false, true, 2,
		  "ns2.example.net (127.0.0.2): missing, there is no record" },
		{ GOOD, "s._domainkey.example.com FAULT REFUSED\n", "", false, false, 2,
		  "ns2.example.net (127.0.0.2): not authoritative, REFUSED" },
		{ GOOD, "s._domainkey.example.com FAULT GARBAGE\n", "", false, false, 2,
		  "ns2.example.net (127.0.0.2): silent, its answer cannot be read" },
		{ GOOD, "s._domainkey.example.com TXT \"v=DKIM1; k=ed25519; p=\"\n", "", false,
		  true, 2,
		  "ns2.example.net (127.0.0.2): revoked, p= is empty: the key is revoked" },
		{ GOOD "s._domainkey.example.com FAULT TRUNCATE\n", GOOD, "", true, false, 2, "" },
		{ ALIAS, ALIAS TARGET, "", true, false, 3, "" },
		{ ALIAS, GOOD, "", false, true, 3,
		  "ns2.example.net (127.0.0.2): missing, there is no record" },
		{ ALIAS, ALIAS, "", false, true, 3,
		  "ns2.example.net (127.0.0.2): missing, there is no record" },
		{ ALIAS, ALIAS "s.keys.example.net CNAME s._domainkey.example.com\n", "", false,
		  false, 3,
		  "ns2.example.net (127.0.0.2): silent, its answer cannot be read; "
		  "ns2.example.net (127.0.0.2): silent, its answer cannot be read" },
		{ GOOD, GOOD, "example.com NS ns3.example.net\n", false, false, 3,
		  "ns3.example.net: silent, it has no address" },
		{ GOOD, GOOD, "example.com FAULT SERVFAIL NS\n", false, false, 0,
		  "example.com: the resolver has no answer" },
		{ GOOD, GOOD, "s._domainkey.example.com FAULT BOGUS\n", false, false, 0,
		  "s._domainkey.example.com: DNSSEC validation fails" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct seen s = run(rows[i].first, rows[i].second, rows[i].more);

		assert_str(s.summary, rows[i].summary);
		assert_int_equal(s.seen, rows[i].seen);
		assert_int_equal(s.absent, rows[i].absent);
		assert_int_equal(s.n, rows[i].n);
		arena_free(s.arena);
	}
}

/* A server that says nothing holds the key, within the time of the whole. */
static void test_dead(void **state)
{
	struct seen s = run(GOOD, "s._domainkey.example.com FAULT TIMEOUT\n", "");

	(void)state;
	assert_str(s.summary, "ns2.example.net (127.0.0.2): silent, no answer");
	assert_false(s.seen);
	arena_free(s.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
