/* Tests of the resolver against a real server: answers, memory, joining, cancelling, deadlines. */
#include "unit/io/world.h"

#define LOADED_MS 1000u /* what "at once" may take on a busy machine */

static const char zone_of_kinds[] = "a.example       A     192.0.2.1\n"
				    "a.example       A     192.0.2.2\n"
				    "a.example       AAAA  2001:db8::1\n"
				    "a.example       TXT   \"v=spf1 \" \"-all\"\n"
				    "a.example       MX    10 Mail.A.example\n"
				    "null.example    MX    0 \"\"\n"
				    "alias.example   CNAME b.example\n"
				    "b.example       CNAME c.example\n"
				    "c.example       A     192.0.2.3\n"
				    "out.example     CNAME nowhere.other\n"
				    "round.example   CNAME round.example\n"
				    "tc.example      A     192.0.2.4\n"
				    "tc.example      FAULT TRUNCATE\n"
				    "sf.example      FAULT SERVFAIL\n"
				    "ref.example     FAULT REFUSED\n"
				    "nx.example      A     192.0.2.5\n"
				    "nx.example      FAULT NXDOMAIN\n"
				    "bogus.example   FAULT BOGUS\n"
				    "gb.example      A     192.0.2.6\n"
				    "gb.example      FAULT GARBAGE\n"
				    "id.example      A     192.0.2.7\n"
				    "id.example      FAULT WRONGID\n"
				    "lost.example    FAULT TIMEOUT\n"
				    "slow.example    A     192.0.2.8\n"
				    "slow.example    DELAY 300\n"
				    "localhost       A     192.0.2.9\n"
				    "x.test          A     192.0.2.10\n"
				    "1.0.0.127.in-addr.arpa PTR one.example\n"
				    "1.0.0.10.in-addr.arpa  PTR ten.example\n"
				    "\"back\\\\slash @;(\\xff).example\" A 192.0.2.12\n"
				    "type99.example  TYPE99 x\n";

struct kind {
	const char *name;
	int type;
	enum dns_status status;
	size_t n;
	const char *data; /* of the first record */
};

static const struct kind kinds[] = {
	{ "a.example", DNS_A, DNS_OK, 2, "\300\0\2\1" },
	{ "A.Example.", DNS_AAAA, DNS_OK, 1, NULL },
	{ "a.example", DNS_TXT, DNS_OK, 1, "v=spf1 -all" },
	{ "a.example", DNS_MX, DNS_OK, 1, "mail.a.example" },
	{ "null.example", DNS_MX, DNS_OK, 1, "" },
	{ "a.example", DNS_NS, DNS_NODATA, 0, NULL },
	{ "no.a.example", DNS_A, DNS_NXDOMAIN, 0, NULL },
	{ "alias.example", DNS_A, DNS_OK, 1, "\300\0\2\3" },
	{ "alias.example", DNS_TXT, DNS_NODATA, 0, NULL },
	{ "alias.example", DNS_CNAME, DNS_OK, 1, "b.example" },
	{ "out.example", DNS_A, DNS_NXDOMAIN, 0, NULL },
	{ "round.example", DNS_A, DNS_TEMPFAIL, 0, NULL },
	{ "tc.example", DNS_A, DNS_OK, 1, "\300\0\2\4" },
	{ "sf.example", DNS_A, DNS_TEMPFAIL, 0, NULL },
	{ "ref.example", DNS_A, DNS_TEMPFAIL, 0, NULL },
	{ "nx.example", DNS_A, DNS_NXDOMAIN, 0, NULL },
	{ "bogus.example", DNS_TXT, DNS_TEMPFAIL, 0, NULL },
	{ "gb.example", DNS_A, DNS_TEMPFAIL, 0, NULL },
	{ "id.example", DNS_A, DNS_TEMPFAIL, 0, NULL },
	{ "lost.example", DNS_A, DNS_TEMPFAIL, 0, NULL },
	{ "slow.example", DNS_A, DNS_OK, 1, "\300\0\2\10" },
	/* The site's resolver is asked for these too. */
	{ "localhost", DNS_A, DNS_OK, 1, "\300\0\2\11" },
	{ "x.test", DNS_A, DNS_OK, 1, "\300\0\2\12" },
	{ "1.0.0.127.in-addr.arpa", DNS_PTR, DNS_OK, 1, "one.example" },
	{ "1.0.0.10.in-addr.arpa", DNS_PTR, DNS_OK, 1, "ten.example" },
	/* Octets that are special in zone files stand for themselves. */
	{ "back\\slash @;(\xff).example", DNS_A, DNS_OK, 1, "\300\0\2\14" },
	{ "Back\\Slash @;(\xff).EXAMPLE", DNS_A, DNS_OK, 1, "\300\0\2\14" },
	{ "back\\092slash.example", DNS_A, DNS_NXDOMAIN, 0, NULL },
};
#define NKINDS (sizeof kinds / sizeof *kinds)

static void check_kind(const struct kind *k, const struct asked *got)
{
	if (!got->a || got->a->status != k->status || got->a->n != k->n)
		fail_msg("%s type %d: status %d, %zu records", k->name, k->type,
			 got->a ? (int)got->a->status : -1, got->a ? got->a->n : 0);
	if (k->data && k->type == DNS_A)
		assert_memory_equal(got->a->rr[0].data.p, k->data, 4);
	else if (k->data)
		assert_str(got->a->rr[0].data, k->data);
	assert_int_equal(got->calls, got->at_once ? 0 : 1);
	assert_false(got->a->secure);
}

/* All kinds at once: LIMITS 5.6. Silent, slow and broken names hold nobody else up. */
static void test_kinds(void **state)
{
	struct world w;
	struct asked k[NKINDS];
	(void)state;

	world_open(&w, zone_of_kinds, 0, NULL);
	for (size_t i = 0; i < NKINDS; i++)
		world_ask(&w, &k[i], kinds[i].name, kinds[i].type);
	for (size_t i = 0; i < NKINDS; i++) {
		world_wait(&w, &k[i], TIMEOUT_MS + LOADED_MS);
		check_kind(&kinds[i], &k[i]);
		if (kinds[i].status != DNS_TEMPFAIL)
			assert_true(k[i].ended - k[i].began < LOADED_MS);
		world_done(&k[i]);
	}
	/* Each fine name took one datagram. */
	assert_int_equal(dnsd_asked(w.dnsd, "a.example A"), 1);
	assert_int_equal(dnsd_asked(w.dnsd, "slow.example A"), 1);
	assert_int_equal(dnsd_asked(w.dnsd, "sf.example A"), 1);
	/* All that came of it is remembered. */
	for (size_t i = 0; i < NKINDS; i++) {
		world_ask(&w, &k[i], kinds[i].name, kinds[i].type);
		assert_true(k[i].at_once);
		check_kind(&kinds[i], &k[i]);
		world_done(&k[i]);
	}
	world_close(&w);
}

/* RFC 1035 2.3.4: what no name can be is not asked. */
static void test_impossible(void **state)
{
	char label[65], lengthy[256];
	const char *names[] = { "a..example", ".example", label, lengthy, ".." };
	struct world w;
	(void)state;

	memset(label, 'a', 64);
	label[64] = '\0';
	for (size_t i = 0; i < 255; i++)
		lengthy[i] = i % 2 ? '.' : 'a';
	lengthy[255] = '\0';
	world_open(&w, "", 0, NULL);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct asked k;

		world_ask(&w, &k, names[i], DNS_A);
		assert_true(k.at_once);
		assert_int_equal(k.a->status, DNS_NXDOMAIN);
		world_done(&k);
	}
	/* 253 octets are a name. */
	lengthy[253] = '\0';
	assert_int_equal(world_status(&w, lengthy, DNS_A), DNS_NXDOMAIN);
	assert_int_equal(dnsd_stats(w.dnsd).udp, 1);
	world_close(&w);
}

/* An answer near the limit of DNS comes over TCP, whole. */
static void test_large(void **state)
{
	struct world w;
	struct asked k;
	static char text[60000];
	(void)state;

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)(i * 31 + i / 255);
	world_open(&w, "", 0, NULL);
	zone_add(w.zone, STR("large.example"), DNS_TXT, str_of(text, sizeof text));
	world_ask(&w, &k, "large.example", DNS_TXT);
	world_wait(&w, &k, 10000);
	assert_int_equal(k.a->status, DNS_OK);
	assert_int_equal(k.a->rr[0].data.n, sizeof text);
	assert_memory_equal(k.a->rr[0].data.p, text, sizeof text);
	assert_int_equal(dnsd_stats(w.dnsd).tcp, 1);
	world_done(&k);
	world_close(&w);
}

static void test_ttl(void **state)
{
	static const struct {
		const char *name, *question;
	} t[] = {
		{ "short.example", "short.example A" },
		{ "empty.example", "empty.example A" },
		{ "gone.example", "gone.example A" },
	};
	struct world w;
	struct asked k;
	(void)state;

	world_open(&w,
		   "short.example A 192.0.2.1\nshort.example TTL 2\n"
		   "empty.example TTL 2\n"
		   "gone.example TTL 2\ngone.example FAULT NXDOMAIN\n"
		   "long.example A 192.0.2.1\nlong.example TTL 1000000\n"
		   "zero.example A 192.0.2.1\nzero.example TTL 0\n",
		   0, NULL);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < 3; i++)
			world_status(&w, t[i].name, DNS_A);
	assert_int_equal(resolver_stats(w.r)->cache_hits, 3);
	world_run(&w, 1100);
	world_ask(&w, &k, "short.example", DNS_A);
	assert_true(k.at_once && k.a->ttl == 0); /* 0.9 s left */
	world_done(&k);
	world_run(&w, 1000);
	for (size_t i = 0; i < 3; i++) {
		world_status(&w, t[i].name, DNS_A);
		assert_int_equal(dnsd_asked(w.dnsd, t[i].question), 2);
	}
	world_ask(&w, &k, "long.example", DNS_A);
	world_wait(&w, &k, 10000);
	assert_in_range(k.a->ttl, 86390, 86400); /* cut to max_ttl */
	world_done(&k);
	for (int round = 0; round < 2; round++)
		assert_int_equal(world_status(&w, "zero.example", DNS_A), DNS_OK);
	assert_int_equal(resolver_stats(w.r)->cache_hits, 4);
	world_close(&w);
}

/* A failure is remembered for fail_ttl, and then asked anew. */
static void test_failure_ttl(void **state)
{
	const struct resolver_config cfg = { .timeout_ms = 300,
					     .cache_entries = 100,
					     .max_ttl = 100,
					     .max_negative_ttl = 100,
					     .fail_ttl_min = 1,
					     .fail_ttl_max = 2 };
	struct world w;
	uint64_t lost;
	(void)state;

	world_open(&w, "sf.example FAULT SERVFAIL\nlost.example FAULT TIMEOUT\n", 0, &cfg);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(world_status(&w, "sf.example", DNS_A), DNS_TEMPFAIL);
		assert_int_equal(world_status(&w, "lost.example", DNS_A), DNS_TEMPFAIL);
	}
	assert_int_equal(dnsd_asked(w.dnsd, "sf.example A"), 1);
	lost = dnsd_asked(w.dnsd, "lost.example A");
	world_run(&w, 2100);
	zone_fault(w.zone, STR("sf.example"), DNS_A, ZONE_FINE);
	zone_add(w.zone, STR("sf.example"), DNS_A, str_of("\300\0\2\1", 4));
	/* libunbound itself holds on to one last failure for five seconds. */
	assert_int_equal(world_status(&w, "sf.example", DNS_A), DNS_OK);
	assert_int_equal(world_status(&w, "lost.example", DNS_A), DNS_TEMPFAIL);
	assert_true(dnsd_asked(w.dnsd, "lost.example A") > lost);
	world_close(&w);
}

#define MANY 50

static void test_join(void **state)
{
	struct world w;
	struct asked k[MANY];
	(void)state;

	world_open(&w, "slow.example A 192.0.2.1\nslow.example DELAY 50\n", 0, NULL);
	for (size_t i = 0; i < MANY; i++)
		world_ask(&w, &k[i], i % 2 ? "slow.example" : "SLOW.example.", DNS_A);
	for (size_t i = 0; i < MANY; i++) {
		world_wait(&w, &k[i], 10000);
		assert_int_equal(k[i].calls, 1);
		assert_int_equal(k[i].a->n, 1);
	}
	assert_int_equal(dnsd_asked(w.dnsd, "slow.example A"), 1);
	assert_int_equal(resolver_stats(w.r)->joined, MANY - 1);
	assert_int_equal(resolver_stats(w.r)->sent, 1);
	assert_int_equal(resolver_stats(w.r)->inflight, 0);
	/* Each has its own; the last one back outlives the resolver. */
	for (size_t i = 1; i < MANY; i++)
		world_done(&k[i]);
	world_close(&w);
	assert_memory_equal(k[0].a->rr[0].data.p, "\300\0\2\1", 4);
	world_done(&k[0]);
}

/* Who cancels is not called; the answer is remembered all the same. */
static void test_cancel(void **state)
{
	struct world w;
	struct asked k[3];
	(void)state;

	world_open(&w, "slow.example A 192.0.2.1\nslow.example DELAY 50\n", 0, NULL);
	for (size_t i = 0; i < 3; i++) {
		world_ask(&w, &k[i], "slow.example", DNS_A);
		resolver_cancel(k[i].q);
	}
	resolver_cancel(NULL);
	assert_int_equal(resolver_stats(w.r)->inflight, 1);
	world_run(&w, 300);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(k[i].calls, 0);
	world_ask(&w, &k[0], "slow.example", DNS_A);
	assert_true(k[0].at_once);
	world_done(&k[0]);
	assert_int_equal(dnsd_asked(w.dnsd, "slow.example A"), 1);
	world_close(&w);
}

/* Each waiter's own deadline; the question's goes on, for others and for the cache. */
static void test_deadline(void **state)
{
	uint64_t now = clock_mono_ms();
	struct world w;
	struct asked k[3], lost;
	(void)state;

	world_open(&w,
		   "slow.example A 192.0.2.1\nslow.example DELAY 800\nlost.example FAULT TIMEOUT\n",
		   0, NULL);
	now = clock_mono_ms();
	world_ask(&w, &k[0], "slow.example", DNS_A);
	world_ask_until(&w, &k[1], "slow.example", DNS_A, now + 100);
	world_ask_until(&w, &k[2], "slow.example", DNS_A, now);
	assert_true(k[2].at_once && k[2].a->status == DNS_TEMPFAIL);
	world_ask(&w, &lost, "lost.example", DNS_A);
	world_wait(&w, &k[1], 10000);
	assert_int_equal(k[1].a->status, DNS_TEMPFAIL);
	assert_in_range(k[1].ended - now, 100, 799);
	assert_null(k[0].a);
	world_wait(&w, &k[0], 10000);
	assert_int_equal(k[0].a->status, DNS_OK);
	world_wait(&w, &lost, 10000);
	assert_int_equal(lost.a->status, DNS_TEMPFAIL);
	assert_in_range(lost.ended - lost.began, TIMEOUT_MS - 100, TIMEOUT_MS + LOADED_MS);
	assert_int_equal(resolver_stats(w.r)->inflight, 0);
	for (size_t i = 0; i < 3; i++)
		world_done(&k[i]);
	world_done(&lost);
	world_close(&w);
}

/* A server that says nothing at all: soon nobody waits for long; the first answer ends that. */
static void test_silent(void **state)
{
	struct asked k[20], late, probe;
	char name[20][32];
	struct world w;
	(void)state;

	world_open(
		&w,
		"*.lost.example FAULT TIMEOUT\nslow.example A 192.0.2.1\nslow.example DELAY 400\n",
		0, NULL);
	for (size_t i = 0; i < 20; i++) {
		snprintf(name[i], sizeof name[i], "n%zu.lost.example", i);
		world_ask(&w, &k[i], name[i], DNS_A);
	}
	for (size_t i = 0; i < 20; i++) {
		world_wait(&w, &k[i], 10000);
		assert_int_equal(k[i].a->status, DNS_TEMPFAIL);
		assert_true(k[i].ended - k[i].began >= TIMEOUT_MS - 100);
	}
	world_ask(&w, &late, "more.lost.example", DNS_A);
	world_wait(&w, &late, 10000);
	assert_int_equal(late.a->status, DNS_TEMPFAIL);
	assert_in_range(late.ended - late.began, RESOLVER_SILENT_MS - 1, TIMEOUT_MS - 100);

	world_ask(&w, &probe, "slow.example", DNS_A); /* its asker is gone before it is answered */
	world_wait(&w, &probe, 10000);
	assert_int_equal(probe.a->status, DNS_TEMPFAIL);
	world_run(&w, 1000);
	assert_int_equal(world_status(&w, "slow.example", DNS_A), DNS_OK);
	world_done(&late);
	world_ask(&w, &late, "again.lost.example", DNS_A);
	world_wait(&w, &late, 10000);
	assert_true(late.ended - late.began >= TIMEOUT_MS - 100);
	for (size_t i = 0; i < 20; i++)
		world_done(&k[i]);
	world_done(&late);
	world_done(&probe);
	world_close(&w);
}

/* One that is called back asks again and takes back what others asked. */
struct busy {
	struct world *w;
	struct asked other, again, hit;
	unsigned calls;
};

static void on_busy(void *arg, const struct dns_answer *a)
{
	struct busy *b = arg;

	resolver_put(a);
	b->calls++;
	resolver_cancel(b->other.q);
	world_ask(b->w, &b->hit, "a.example", DNS_A);
	world_ask(b->w, &b->again, "b.example", DNS_A);
}

static void test_reentry(void **state)
{
	struct resolver_query *q;
	struct world w;
	struct busy b = { .w = &w };
	(void)state;

	world_open(&w, "a.example A 192.0.2.1\nb.example A 192.0.2.2\n", 0, NULL);
	assert_null(resolver_ask(w.r, "a.example", DNS_A, 0, on_busy, &b, &q));
	world_ask(&w, &b.other, "a.example", DNS_A);
	world_run(&w, 100);
	world_wait(&w, &b.again, 10000);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.other.calls, 0);
	assert_true(b.hit.at_once);
	assert_int_equal(b.again.a->status, DNS_OK);
	world_done(&b.hit);
	world_done(&b.again);
	world_close(&w);
}

/* A resolver that goes away calls nobody; whoever asked may not cancel any more. */
static void test_free_early(void **state)
{
	struct world w;
	struct asked k[MANY];
	(void)state;

	world_open(&w, "*.lost.example FAULT TIMEOUT\n*.example A 192.0.2.1\n", 0, NULL);
	for (size_t i = 0; i < MANY; i++) {
		char name[40];

		snprintf(name, sizeof name, i % 2 ? "n%zu.lost.example" : "n%zu.example", i);
		world_ask(&w, &k[i], name, DNS_A);
	}
	world_run(&w, 20);
	for (size_t i = 0; i < MANY; i++)
		world_done(&k[i]);
	world_close(&w);
	for (size_t i = 0; i < MANY; i++)
		assert_true(k[i].calls == (i % 2 ? 0 : k[i].calls));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),	    cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_large),	    cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_failure_ttl), cmocka_unit_test(test_join),
		cmocka_unit_test(test_cancel),	    cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_silent),	    cmocka_unit_test(test_reentry),
		cmocka_unit_test(test_free_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
