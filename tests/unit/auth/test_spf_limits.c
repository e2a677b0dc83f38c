/* The limits of SPF (RFC 7208 4.6.4, and our own): each at its number and one over it. */
#include "lib/test.h"

#include "base/buf.h"
#include "spf_case.h"

struct world {
	struct zone *z;
	struct arena *a;
};

static struct world world_new(void)
{
	return (struct world){ zone_new(), arena_new(0) };
}

static void world_free(struct world w)
{
	zone_free(w.z);
	arena_free(w.a);
}

static struct str octets(unsigned last)
{
	static const char o[][4] = { { (char)192, 0, 2, 1 }, { (char)198, 51, 100, 1 } };

	return str_of(o[last == 1 ? 0 : 1], 4);
}

/* A record at t.test of n terms of the form, each with its number, and then the rest. */
static void record(struct world w, unsigned n, const char *term, const char *rest)
{
	struct buf b = { .arena = w.a };

	buf_add(&b, STR("v=spf1"));
	for (unsigned i = 0; i < n; i++)
		buf_addf(&b, " %s%u.test", term, i);
	buf_addf(&b, " %s", rest);
	zone_add(w.z, STR("t.test"), DNS_TXT, buf_str(&b));
}

static void add_a(struct world w, const char *prefix, unsigned n, unsigned last)
{
	for (unsigned i = 0; i < n; i++)
		zone_add(w.z, arena_printf(w.a, "%s%u.test", prefix, i), DNS_A, octets(last));
}

static struct spf_result check(struct world w, enum spf_order order)
{
	struct spf_request req = spf_case_request("192.0.2.1", "t.test");

	return spf_case_run(w.a, w.z, &req, order, 7);
}

/* Both ways of answering say the same. */
static struct spf_result both(struct world w)
{
	struct spf_result now = check(w, ORDER_NOW), rounds = check(w, ORDER_ROUNDS);

	assert_int_equal(now.code, rounds.code);
	assert_int_equal(now.lookups, rounds.lookups);
	assert_int_equal(now.voids, rounds.voids);
	return rounds;
}

/* 4.6.4: ten terms are evaluated; the eleventh is not begun. */
static void terms(void **state)
{
	(void)state;
	for (unsigned n = SPF_MAX_TERMS; n <= SPF_MAX_TERMS + 1; n++) {
		struct world w = world_new();
		struct spf_result res;

		record(w, n, "a:h", "+all");
		add_a(w, "h", n, 2);
		res = both(w);
		assert_int_equal(res.code, n > SPF_MAX_TERMS ? AUTH_PERMERROR : AUTH_PASS);
		assert_int_equal(res.lookups, SPF_MAX_TERMS);
		check(w, ORDER_NOW);
		assert_int_equal(zone_questions(w.z), 1 + SPF_MAX_TERMS);
		world_free(w);
	}
}

/* Which terms count, wherever they stand; and a match before the limit is a match. */
static void counted(void **state)
{
	static const struct {
		const char *zone;
		enum auth_result code;
		unsigned lookups;
	} t[] = {
		/* ip4, ip6, all and unknown modifiers do not count */
		{ "t.test TXT \"v=spf1 ip4:198.51.100.1 ip6:::1 x=y a:h a:h exp=e.test -all\"",
		  AUTH_PERMERROR, 0 },
		{ "t.test TXT \"v=spf1 a:h.test a:h.test ip4:192.0.2.1 a:h.test\"", AUTH_PASS, 2 },
		/* the matching tenth, with more behind it */
		{ "t.test TXT \"v=spf1 a:h.test a:h.test a:h.test a:h.test a:h.test a:h.test "
		  "a:h.test "
		  "a:h.test a:h.test a:me.test a:h.test a:h.test -all\"",
		  AUTH_PASS, 10 },
		{ "t.test TXT \"v=spf1 a:h.test a:h.test a:h.test a:h.test a:h.test a:h.test "
		  "a:h.test "
		  "a:h.test a:h.test a:h.test a:me.test -all\"",
		  AUTH_PERMERROR, 10 },
		/* across include and redirect, which count themselves */
		{ "t.test TXT \"v=spf1 include:i.test include:i.test redirect=r.test\"\n"
		  "i.test TXT \"v=spf1 a:h.test mx:m.test exists:x.h.test\"\nx.h.test FAULT "
		  "NXDOMAIN\n"
		  "r.test TXT \"v=spf1 a:me.test -all\"",
		  AUTH_PASS, 10 },
		{ "t.test TXT \"v=spf1 include:i.test include:i.test redirect=r.test\"\n"
		  "i.test TXT \"v=spf1 a:h.test mx:m.test exists:x.h.test\"\nx.h.test FAULT "
		  "NXDOMAIN\n"
		  "r.test TXT \"v=spf1 a:h.test a:me.test -all\"",
		  AUTH_PERMERROR, 10 },
		/* rings */
		{ "t.test TXT \"v=spf1 include:t.test +all\"", AUTH_PERMERROR, 10 },
		{ "t.test TXT \"v=spf1 redirect=t.test\"", AUTH_PERMERROR, 10 },
		{ "t.test TXT \"v=spf1 include:r.test +all\"\nr.test TXT \"v=spf1 "
		  "redirect=t.test\"",
		  AUTH_PERMERROR, 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct world w = world_new();
		struct spf_result res;

		zone_text(w.z, "h.test A 198.51.100.1\nme.test A 192.0.2.1\nm.test MX 1 h.test");
		zone_text(w.z, t[i].zone);
		res = both(w);
		if (res.code != t[i].code || res.lookups != t[i].lookups)
			fail_msg("case %zu: %s, %u look-ups, %.*s", i, auth_word(res.code),
				 res.lookups, STR_ARG(res.reason));
		world_free(w);
	}
}

/* 4.6.4: two void look-ups are fine; the third is a permerror, whichever mechanism makes it. */
static void voids(void **state)
{
	static const char *const last[] = { "a:no.test +all", "mx:no.test +all",
					    "exists:no.test +all", "ptr:no.test +all",
					    "a:nodata.test +all" };

	(void)state;
	for (unsigned n = SPF_MAX_VOID - 1; n <= SPF_MAX_VOID; n++)
		for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
			struct world w = world_new();
			struct spf_result res;

			record(w, n, "a:void", last[i]);
			zone_text(w.z, "nodata.test TXT \"x\"");
			res = both(w);
			assert_int_equal(res.code, n == SPF_MAX_VOID ? AUTH_PERMERROR : AUTH_PASS);
			assert_int_equal(res.voids, n + 1);
			world_free(w);
		}
}

/* Void look-ups are those of terms: exchanges without an address (for this client's family) are
 * none. */
static void voids_of_hosts(void **state)
{
	struct world w = world_new();
	struct spf_result res;

	(void)state;
	record(w, 0, "", "mx:m.test ip4:192.0.2.1 -all");
	for (unsigned i = 0; i < 5; i++)
		zone_add_mx(w.z, STR("m.test"), 1, arena_printf(w.a, "gone%u.test", i));
	res = both(w);
	assert_int_equal(res.code, AUTH_PASS);
	assert_int_equal(res.voids, 0);
	world_free(w);
}

/* 4.6.4: ten exchanges; with eleven none is looked at. */
static void exchanges(void **state)
{
	(void)state;
	for (unsigned n = SPF_MAX_MX; n <= SPF_MAX_MX + 1; n++) {
		struct world w = world_new();

		record(w, 0, "", "mx -all");
		for (unsigned i = 0; i < n; i++)
			zone_add_mx(w.z, STR("t.test"), 1, arena_printf(w.a, "h%u.test", i));
		add_a(w, "h", SPF_MAX_MX - 1, 2);
		zone_add(w.z, arena_printf(w.a, "h%u.test", SPF_MAX_MX - 1), DNS_A, octets(1));
		assert_int_equal(both(w).code, n > SPF_MAX_MX ? AUTH_PERMERROR : AUTH_PASS);
		assert_int_equal(zone_questions(w.z), n > SPF_MAX_MX ? 2 : 2 + n);
		world_free(w);
	}
}

/* 4.6.4, 5.5: the tenth name by PTR counts, the eleventh is ignored. */
static void pointers(void **state)
{
	(void)state;
	for (unsigned good = SPF_MAX_PTR - 1; good <= SPF_MAX_PTR; good++) {
		struct world w = world_new();

		record(w, 0, "", "ptr:ok.test -all");
		for (unsigned i = 0; i <= SPF_MAX_PTR; i++) {
			struct str name = arena_printf(w.a, "h%u.ok.test", i);

			zone_add(w.z, STR("1.2.0.192.in-addr.arpa"), DNS_PTR, name);
			zone_add(w.z, name, DNS_A, octets(i == good ? 1 : 2));
		}
		assert_int_equal(both(w).code, good < SPF_MAX_PTR ? AUTH_PASS : AUTH_FAIL);
		assert_int_equal(zone_questions(w.z), 2 + SPF_MAX_PTR);
		world_free(w);
	}
}

/* Distinct questions: 1 record, 4 MX, and addresses up to the limit. */
static void queries(void **state)
{
	(void)state;
	for (unsigned over = 0; over <= 1; over++) {
		struct world w = world_new();
		unsigned hosts = SPF_MAX_QUERIES - 5 + over;
		struct spf_result res;

		record(w, 4, "mx:m", "+all");
		for (unsigned i = 0; i < hosts; i++)
			zone_add_mx(w.z, arena_printf(w.a, "m%u.test", i % 4), 1,
				    arena_printf(w.a, "h%u.test", i));
		add_a(w, "h", hosts, 2);
		res = both(w);
		assert_int_equal(res.code, over ? AUTH_PERMERROR : AUTH_PASS);
		assert_true(zone_questions(w.z) <= SPF_MAX_QUERIES);
		world_free(w);
	}
}

/* Over all runs of a check, however its answers are timed: no more than the RFC lets us ask. */
static void queries_in_all(void **state)
{
	(void)state;
	for (unsigned order = 0; order < ORDERS; order++) {
		struct world w = world_new();

		record(w, SPF_MAX_TERMS + 5, "mx:m", "+all");
		for (unsigned i = 0; i < (SPF_MAX_TERMS + 5) * SPF_MAX_MX; i++)
			zone_add_mx(w.z, arena_printf(w.a, "m%u.test", i / SPF_MAX_MX), 1,
				    arena_printf(w.a, "h%u.test", i));
		assert_int_equal(check(w, (enum spf_order)order).code, AUTH_PERMERROR);
		assert_true(zone_questions(w.z) <= 1 + SPF_MAX_TERMS * (1 + SPF_MAX_MX));
		if (order == ORDER_NOW)
			assert_int_equal(zone_questions(w.z), SPF_MAX_QUERIES);
		if (order == ORDER_ROUNDS || order == ORDER_FIRST)
			assert_true(zone_questions(w.z) <= SPF_MAX_QUERIES + SPF_MAX_TERMS);
		world_free(w);
	}
}

/* The same question twice is one. */
static void queries_are_distinct(void **state)
{
	struct world w = world_new();

	(void)state;
	record(w, 0, "", "mx:m.test mx:M.test mx:m.test. mx:m.test mx:m.test a:h0.test +all");
	for (unsigned i = 0; i < SPF_MAX_MX; i++)
		zone_add_mx(w.z, STR("m.test"), 1, arena_printf(w.a, "h%u.test", i));
	add_a(w, "h", SPF_MAX_MX, 2);
	assert_int_equal(both(w).code, AUTH_PASS);
	assert_int_equal(zone_questions(w.z), 2 + SPF_MAX_MX);
	world_free(w);
}

static void record_length(void **state)
{
	(void)state;
	for (size_t n = SPF_MAX_RECORD; n <= SPF_MAX_RECORD + 1; n++) {
		struct world w = world_new();
		char *p = arena_alloc(w.a, n);

		memset(p, ' ', n);
		memcpy(p, "v=spf1 +all", 11);
		zone_add(w.z, STR("t.test"), DNS_TXT, str_of(p, n));
		assert_int_equal(both(w).code, n > SPF_MAX_RECORD ? AUTH_PERMERROR : AUTH_PASS);
		world_free(w);
	}
}

/* 4.3, 7.3: a domain of 253 octets can be checked, one of 254 cannot. */
static void name_length(void **state)
{
	(void)state;
	for (size_t n = SPF_MAX_NAME; n <= SPF_MAX_NAME + 1; n++) {
		struct world w = world_new();
		char *p = arena_zalloc(w.a, n + 1);
		struct spf_request req;

		memset(p, 'x', n);
		for (size_t i = 49; i < 249; i += 50)
			p[i] = '.';
		zone_add(w.z, str_of(p, n), DNS_TXT, STR("v=spf1 +all"));
		req = spf_case_request("192.0.2.1", p);
		assert_int_equal(spf_case_run(w.a, w.z, &req, ORDER_NOW, 0).code,
				 n > SPF_MAX_NAME ? AUTH_NONE : AUTH_PASS);
		world_free(w);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms),
		cmocka_unit_test(counted),
		cmocka_unit_test(voids),
		cmocka_unit_test(voids_of_hosts),
		cmocka_unit_test(exchanges),
		cmocka_unit_test(pointers),
		cmocka_unit_test(queries),
		cmocka_unit_test(queries_in_all),
		cmocka_unit_test(queries_are_distinct),
		cmocka_unit_test(record_length),
		cmocka_unit_test(name_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
