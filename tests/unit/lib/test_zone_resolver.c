/* Tests of the zone behind a resolver's face, and of the test DNS server's odd answers. */
#include "unit/io/world.h"

#include "lib/zone_resolver.h"

static const char text[] = "a.example     A     192.0.2.1\n"
			   "alias.example CNAME slow.example\n"
			   "slow.example  A     192.0.2.2\n"
			   "slow.example  DELAY 100\n"
			   "lost.example  FAULT TIMEOUT\n"
			   "id.example    FAULT WRONGID\n"
			   "sf.example    FAULT SERVFAIL\n"
			   "bogus.example FAULT BOGUS\n";

static void open_zone(struct world *w, unsigned delay_ms)
{
	struct zone_resolver_config cfg = { .delay_ms = delay_ms, .timeout_ms = 300 };

	*w = (struct world){ .loop = loop_new(), .zone = zone_new() };
	zone_text(w->zone, text);
	cfg.zone = w->zone;
	w->r = zone_resolver_new(w->loop, &cfg);
}

static void test_answers(void **state)
{
	static const struct {
		const char *name;
		enum dns_status status;
		uint64_t takes;
	} t[] = {
		{ "a.example", DNS_OK, 20 },	       { "A.EXAMPLE.", DNS_OK, 0 },
		{ "alias.example", DNS_OK, 120 },      { "slow.example", DNS_OK, 120 },
		{ "lost.example", DNS_TEMPFAIL, 300 }, { "id.example", DNS_TEMPFAIL, 300 },
		{ "sf.example", DNS_TEMPFAIL, 20 },    { "bogus.example", DNS_BOGUS, 20 },
		{ "no.example", DNS_NXDOMAIN, 20 },    { "example", DNS_NODATA, 20 },
		{ "a..example", DNS_NXDOMAIN, 0 },
	};
	struct world w;
	struct asked k;
	(void)state;

	open_zone(&w, 20);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		for (int round = 0; round < 2; round++) {
			world_ask(&w, &k, t[i].name, DNS_A);
			assert_int_equal(k.at_once, round > 0 || t[i].takes == 0);
			world_wait(&w, &k, 5000);
			assert_int_equal(k.a->status, t[i].status);
			if (round == 0)
				assert_in_range(k.ended - k.began, t[i].takes, t[i].takes + 1000);
			world_done(&k);
		}
	world_close(&w);
}

static void test_waiting(void **state)
{
	struct world w;
	struct asked a, b, c, left;
	(void)state;

	open_zone(&w, 0);
	world_ask(&w, &a, "slow.example", DNS_A);
	world_ask(&w, &b, "slow.example", DNS_A);
	world_ask_until(&w, &c, "slow.example", DNS_A, clock_mono_ms() + 30);
	resolver_cancel(b.q);
	world_wait(&w, &c, 5000);
	assert_int_equal(c.a->status, DNS_TEMPFAIL);
	assert_null(a.a);
	world_wait(&w, &a, 5000);
	assert_int_equal(a.a->status, DNS_OK);
	assert_int_equal(b.calls, 0);
	assert_int_equal(resolver_stats(w.r)->sent, 1);
	world_ask(&w, &left, "a.example", DNS_A);
	assert_false(left.at_once); /* also without any delay */
	world_done(&c);
	resolver_free(w.r);
	w.r = NULL;
	assert_memory_equal(a.a->rr[0].data.p, "\300\0\2\2", 4);
	world_done(&a);
	world_close(&w);
	assert_int_equal(left.calls, 0);
}

static struct dnsd_reply answer(const struct zone *z, struct arena *a, struct str query)
{
	return dnsd_answer(z, a, query, false);
}

/* What is no query gets FORMERR, NOTIMP or nothing; never an answer. */
static void test_dnsd_nonsense(void **state)
{
	static const struct {
		struct str query;
		bool silent;
		unsigned rcode;
	} t[] = {
		{ STR("\1\2\1\0\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0\1"), false, 0 },
		{ STR("\1\2\201\0\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0\1"), true, 0 },
		{ STR("\1\2\1\0\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0\3"), false, 5 },
		{ STR("\1\2\51\0\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0\1"), false, 4 },
		{ STR("\1\2\1\0\0\2\0\0\0\0\0\0\1a\7example\0\0\1\0\1"), false, 1 },
		{ STR("\1\2\1\0\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0"), false, 1 },
		{ STR("\1\2\1\0\0\1\0\0\0\0\0\0\1a\7exam"), false, 1 },
		{ STR("\1\2\1\0\0\1\0\0\0\0\0\0\300\14\0\1\0\1"), false, 1 },
		{ STR("\1\2\1\0\0\1\0\0\0\0\0\0\1a\1.\0\0\1\0\1"), false, 3 },
		{ STR("\1\2\1\0\0\1\0\0\0\0\0"), true, 0 },
		{ STR(""), true, 0 },
	};
	struct zone *z = zone_new();
	(void)state;

	zone_text(z, text);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct dnsd_reply r = answer(z, a, t[i].query);

		assert_int_equal(r.silent, t[i].silent);
		if (!r.silent) {
			assert_true(r.wire.n >= 12);
			assert_int_equal((unsigned char)r.wire.p[3] & 15, t[i].rcode);
		}
		arena_free(a);
	}
	zone_free(z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_dnsd_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
