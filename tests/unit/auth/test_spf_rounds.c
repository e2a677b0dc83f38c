/* SPF and slow DNS: what a cold record costs, and that neither order nor failures change a verdict
 * wrongly. */
#include "lib/test.h"

#include "spf_case.h"

/* Records with much in them; each check is of me@t.test. */
static const struct {
	const char *what, *ip, *zone;
	unsigned rounds; /* at most */
} worlds[] = {
	{ "ten look-ups, depth 3, addresses in the innermost record", "192.0.2.1",
	  "t.test TXT \"v=spf1 include:a.test include:b.test mx:m.test -all exp=e.test\"\n"
	  "a.test TXT \"v=spf1 include:aa.test a:h1.test -all\"\n"
	  "aa.test TXT \"v=spf1 a:h2.test exists:%{ir}.x.test a:h3.test -all\"\n"
	  "b.test TXT \"v=spf1 ip4:198.51.100.9 a:h4.test exists:%{l}.y.test ?all\"\n"
	  "h1.test A 198.51.100.1\nh2.test A 198.51.100.2\nh3.test A 198.51.100.3\n"
	  "h4.test A 198.51.100.4\n1.2.0.192.y.test A 127.0.0.2\n"
	  "m.test MX 1 mx1.test\nm.test MX 2 mx2.test\nmx1.test A 198.51.100.5\n"
	  "mx2.test A 198.51.100.6\ne.test TXT \"no, %{i}\"\n",
	  4 },
	{ "ten look-ups, three records below the first", "192.0.2.1",
	  "t.test TXT \"v=spf1 a:h1.test a:h2.test include:a.test a:h6.test mx:m.test ~all\"\n"
	  "a.test TXT \"v=spf1 a:h3.test include:b.test a:h4.test -all\"\n"
	  "b.test TXT \"v=spf1 ip4:198.51.100.7 a:h5.test include:c.test -all\"\n"
	  "c.test TXT \"v=spf1 ip4:198.51.100.0/28 -all\"\n"
	  "h1.test A 198.51.100.1\nh2.test A 198.51.100.2\nh3.test A 198.51.100.3\n"
	  "h4.test A 198.51.100.4\nh5.test A 198.51.100.5\nh6.test A 198.51.100.6\n"
	  "m.test MX 1 h1.test\nm.test MX 2 me.test\nme.test A 192.0.2.1\n",
	  4 },
	{ "ten includes side by side", "192.0.2.1",
	  "t.test TXT \"v=spf1 include:i0.test include:i1.test include:i2.test include:i3.test "
	  "include:i4.test include:i5.test include:i6.test include:i7.test include:i8.test "
	  "include:i9.test -all\"\n"
	  "i0.test TXT \"v=spf1 ip4:198.51.100.1 -all\"\ni1.test TXT \"v=spf1 ip4:198.51.100.1 "
	  "-all\"\n"
	  "i2.test TXT \"v=spf1 ip4:198.51.100.1 -all\"\ni3.test TXT \"v=spf1 ip4:198.51.100.1 "
	  "-all\"\n"
	  "i4.test TXT \"v=spf1 ip4:198.51.100.1 -all\"\ni5.test TXT \"v=spf1 ip4:198.51.100.1 "
	  "-all\"\n"
	  "i6.test TXT \"v=spf1 ip4:198.51.100.1 -all\"\ni7.test TXT \"v=spf1 ip4:198.51.100.1 "
	  "-all\"\n"
	  "i8.test TXT \"v=spf1 ip4:198.51.100.1 -all\"\ni9.test TXT \"v=spf1 ip4:192.0.2.1 "
	  "-all\"\n",
	  2 },
	{ "redirect below an include, IPv6", "2001:db8::1",
	  "t.test TXT \"v=spf1 a:v4.test include:a.test -all\"\nv4.test A 192.0.2.1\n"
	  "a.test TXT \"v=spf1 a:six.test redirect=b.test\"\nsix.test AAAA 2001:db8::2\n"
	  "b.test TXT \"v=spf1 mx:m.test -all\"\nm.test MX 1 mx.test\nmx.test AAAA 2001:db8::1\n",
	  5 },
	{ "a mechanism that names the client's host", "192.0.2.1",
	  "t.test TXT \"v=spf1 a:h.test exists:%{p}.x.test -all\"\nh.test A 198.51.100.1\n"
	  "1.2.0.192.in-addr.arpa PTR me.t.test\nme.t.test A 192.0.2.1\nme.t.test.x.test A "
	  "127.0.0.2\n",
	  4 },
	{ "a softfail in an included record is no match", "192.0.2.1",
	  "t.test TXT \"v=spf1 include:a.test include:b.test mx:m.test -all\"\n"
	  "a.test TXT \"v=spf1 -a:me.test +all\"\nb.test TXT \"v=spf1 ~exists:ok.test +all\"\n"
	  "me.test A 192.0.2.1\nok.test A 127.0.0.2\nm.test MX 1 mx.test\nmx.test A 198.51.100.1\n",
	  3 },
};

#define WORLDS (sizeof(worlds) / sizeof(worlds[0]))

/* A failure here changes what a name is taken for, not whether it can be known (5.5, 7.3). */
static bool soft_spot(struct str question)
{
	return str_ifind(question, STR(" ptr")) || str_ifind(question, STR("me.t.test"));
}

static struct spf_result run(struct arena *a, struct zone *z, size_t i, enum spf_order order,
			     uint64_t seed)
{
	struct spf_request req = spf_case_request(worlds[i].ip, "t.test");

	return spf_case_run(a, z, &req, order, seed);
}

static struct zone *zone_of(size_t i)
{
	struct zone *z = zone_new();

	zone_text(z, worlds[i].zone);
	return z;
}

static void same(const char *what, const struct spf_result *x, const struct spf_result *y)
{
	if (x->code != y->code || x->lookups != y->lookups || x->voids != y->voids ||
	    x->permissive != y->permissive || !str_eq(x->mechanism, y->mechanism) ||
	    !str_eq(x->reason, y->reason) || !str_eq(x->explanation, y->explanation))
		fail_msg("%s: %s (%.*s), then %s (%.*s)", what, auth_word(x->code),
			 STR_ARG(x->reason), auth_word(y->code), STR_ARG(y->reason));
}

static void cost(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLDS; i++) {
		struct zone *z = zone_of(i);
		struct arena *a = arena_new(0);
		struct spf_result res = run(a, z, i, ORDER_ROUNDS, 0);

		assert_true(res.code == AUTH_PASS || res.code == AUTH_FAIL);
		if (zone_rounds(z) > worlds[i].rounds)
			fail_msg("%s: %u rounds", worlds[i].what, zone_rounds(z));
		assert_true(zone_questions(z) <= SPF_MAX_QUERIES);
		if (i < 3)
			assert_int_equal(res.lookups, SPF_MAX_TERMS);
		arena_free(a);
		zone_free(z);
	}
}

/* The same result, whatever order the answers come in. */
static void any_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLDS; i++) {
		struct zone *z = zone_of(i);
		struct arena *a = arena_new(0);
		struct spf_result first = run(a, z, i, ORDER_NOW, 0);

		for (uint64_t seed = 0; seed < 200; seed++) {
			struct spf_result res = run(
				a, z, i, seed < ORDERS ? (enum spf_order)seed : ORDER_MIXED, seed);

			same(worlds[i].what, &first, &res);
			assert_true(zone_questions(z) <= SPF_MAX_QUERIES);
		}
		arena_free(a);
		zone_free(z);
	}
}

/* Every question of a check in turn gets no answer: the result stays, or is a temperror. */
static void failures(void **state)
{
	static const enum zone_fault faults[] = { ZONE_SERVFAIL, ZONE_TIMEOUT, ZONE_BOGUS };
	size_t checked = 0;

	(void)state;
	for (size_t k = 0; k < WORLDS * 3; k++) {
		size_t i = k / 3;
		struct arena *a = arena_new(0);
		struct zone *whole = zone_of(i);
		struct spf_result fine = run(a, whole, i, ORDER_ROUNDS, 0);

		for (size_t q = 0; q < zone_questions(whole); q++) {
			struct str type = zone_question(whole, q), name = str_cut(&type, ' ');
			struct zone *z = zone_of(i);
			struct spf_result now, rounds;

			zone_fault(z, name, zone_type(type), faults[k % 3]);
			now = run(a, z, i, ORDER_NOW, 0);
			rounds = run(a, z, i, ORDER_MIXED, q);
			same("with a failure", &now, &rounds);
			if (now.code != AUTH_TEMPERROR && now.code != fine.code &&
			    !(soft_spot(zone_question(whole, q)) && now.code == AUTH_FAIL))
				fail_msg("%s: %.*s fails: %s", worlds[i].what,
					 STR_ARG(zone_question(whole, q)), auth_word(now.code));
			checked += now.code == AUTH_TEMPERROR;
			zone_free(z);
		}
		zone_free(whole);
		arena_free(a);
	}
	assert_true(checked > 100);
}

/* A term that is not needed is not asked for once it is known that it is not. */
static void economy(void **state)
{
	struct zone *z = zone_new();
	struct arena *a = arena_new(0);
	struct spf_request req = spf_case_request("192.0.2.1", "t.test");

	(void)state;
	zone_text(z, "t.test TXT \"v=spf1 a:h.test ip4:192.0.2.1 include:never.test mx ptr -all\"\n"
		     "h.test A 198.51.100.1\n");
	assert_int_equal(spf_case_run(a, z, &req, ORDER_ROUNDS, 0).code, AUTH_PASS);
	assert_int_equal(zone_questions(z), 2);
	arena_free(a);
	zone_free(z);
}

/* What was given back lives in the caller's arena, and a waiting check leaves nothing in it. */
static void memory(void **state)
{
	struct zone *z = zone_of(0);
	struct arena *a = arena_new(0);
	struct spf_request req = spf_case_request("192.0.2.1", "t.test");
	struct spf_result res = { .code = AUTH_POLICY };

	(void)state;
	assert_int_equal(spf_eval(a, zone_dns(z, ZONE_ROUNDS), &req, &res), AUTH_WAIT);
	assert_int_equal(arena_used(a), 0);
	assert_int_equal(res.code, AUTH_POLICY);
	res = run(a, z, 0, ORDER_ROUNDS, 0);
	zone_free(z);
	assert_str(res.mechanism, "-all");
	assert_str(res.explanation, "no, 192.0.2.1");
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(cost),	   cmocka_unit_test(any_order), cmocka_unit_test(failures),
		cmocka_unit_test(economy), cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
