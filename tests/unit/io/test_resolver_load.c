/* Tests of the resolver under load and with servers that fail: limits, latency, silence, recovery.
 */
#include "unit/io/world.h"

#define LOADED_MS 1000u /* what "at once" may take on a busy machine */

static const char zone_of_load[] = "*.fast.example A 192.0.2.1\n"
				   "fast.example A 192.0.2.1\n"
				   "*.dead.example FAULT TIMEOUT\n"
				   "*.in-addr.arpa FAULT TIMEOUT\n"
				   "*.gb.example FAULT GARBAGE\n"
				   "*.id.example FAULT WRONGID\n"
				   "*.sf.example FAULT SERVFAIL\n";

static struct asked *ask_many(struct world *w, size_t n, const char *fmt)
{
	struct asked *k = calloc(n, sizeof *k);

	assert_non_null(k);
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_new(0);

		world_ask(w, &k[i], arena_printf(a, "n%zu.%s", i, fmt).p, DNS_A);
		arena_free(a);
	}
	return k;
}

/* How many of them are answered with status. */
static size_t count_of(const struct asked *k, size_t n, enum dns_status status)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += k[i].a && k[i].a->status == status;
	return found;
}

static void done_many(struct asked *k, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		resolver_cancel(k[i].q); /* NULL once it is answered */
		world_done(&k[i]);
	}
	free(k);
}

/* One round trip and one datagram for the first question of all, and for forty at a time. */
static void test_round_trips(void **state)
{
	struct world w;
	struct asked first, *k;
	uint64_t began, took;
	(void)state;

	world_open(&w, zone_of_load, 20, NULL);
	world_ask(&w, &first, "fast.example", DNS_A);
	world_wait(&w, &first, 10000);
	assert_in_range(first.ended - first.began, 20, LOADED_MS);
	assert_int_equal(dnsd_stats(w.dnsd).udp, 1);
	began = clock_mono_ms();
	k = ask_many(&w, 40, "fast.example");
	for (size_t i = 0; i < 40; i++)
		world_wait(&w, &k[i], 10000);
	took = clock_mono_ms() - began;
	assert_int_equal(count_of(k, 40, DNS_OK), 40);
	assert_int_equal(dnsd_stats(w.dnsd).udp, 41);
	assert_in_range(took, 20, 40 * 20 - 100); /* by far not one after another */
	world_done(&first);
	done_many(k, 40);
	world_close(&w);
}

/*
 * A stranger's zone that is silent, or nonsense, for seconds and by the hundred, takes nothing from
 * questions for other names.
 */
static void test_bad_neighbours(void **state)
{
	static const char *const bad[] = { "dead.example", "gb.example", "id.example",
					   "sf.example" };
	struct world w;
	struct asked *k[4];
	(void)state;

	world_open(&w, zone_of_load, 0, NULL);
	for (size_t i = 0; i < 4; i++)
		k[i] = ask_many(&w, 100 / (i + 1), bad[i]);
	for (uint64_t round = 0; round < (TIMEOUT_MS + 3000) / 250; round++) {
		struct asked good;
		char name[40];

		world_run(&w, 250);
		snprintf(name, sizeof name, "r%u.fast.example", (unsigned)round);
		world_ask(&w, &good, name, DNS_A);
		world_wait(&w, &good, 10000);
		assert_int_equal(good.a->status, DNS_OK);
		assert_true(good.ended - good.began < LOADED_MS);
		world_done(&good);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(count_of(k[i], 100 / (i + 1), DNS_TEMPFAIL), 100 / (i + 1));
		done_many(k[i], 100 / (i + 1));
	}
	assert_int_equal(resolver_stats(w.r)->inflight, 0);
	world_close(&w);
}

static void test_zone_limit(void **state)
{
	const size_t n = RESOLVER_MAX_PER_ZONE + 10;
	struct world w;
	struct asked *k, other, *ptr;
	(void)state;

	world_open(&w, zone_of_load, 0, NULL);
	k = ask_many(&w, n, "dead.example");
	assert_int_equal(count_of(k, n, DNS_TEMPFAIL), 10);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(k[i].at_once, i >= RESOLVER_MAX_PER_ZONE);
	assert_int_equal(resolver_stats(w.r)->refused, 10);
	/* Joining is no new question; other zones have their own count, also below arpa. */
	world_ask(&w, &other, "n0.dead.EXAMPLE", DNS_A);
	assert_false(other.at_once);
	world_wait(&w, &other, TIMEOUT_MS + LOADED_MS);
	world_done(&other);
	ptr = ask_many(&w, 150, "2.0.192.in-addr.arpa");
	assert_int_equal(count_of(ptr, 150, DNS_TEMPFAIL), 0);
	done_many(ptr, 150);
	ptr = ask_many(&w, 150, "3.1.192.in-addr.arpa");
	assert_int_equal(count_of(ptr, 150, DNS_TEMPFAIL), 0);
	/* What was refused is not remembered as failed. */
	for (size_t i = 0; i < n; i++)
		world_wait(&w, &k[i], TIMEOUT_MS + LOADED_MS);
	world_ask(&w, &other, "n205.dead.example", DNS_A);
	assert_false(other.at_once);
	resolver_cancel(other.q);
	done_many(k, n);
	world_run(&w, TIMEOUT_MS + 300);
	done_many(ptr, 150);
	world_close(&w);
}

static void test_process_limit(void **state)
{
	const size_t n = RESOLVER_MAX_INFLIGHT + 5;
	struct asked *k = calloc(n, sizeof *k);
	struct world w;
	(void)state;

	assert_non_null(k);
	world_open(&w, "lost FAULT TIMEOUT\n*.lost FAULT TIMEOUT\n", 0, NULL);
	for (size_t i = 0; i < n; i++) {
		char name[40];

		snprintf(name, sizeof name, "a.n%zu.lost", i);
		world_ask(&w, &k[i], name, DNS_A);
		assert_int_equal(k[i].at_once, i >= RESOLVER_MAX_INFLIGHT);
	}
	assert_int_equal(resolver_stats(w.r)->inflight, RESOLVER_MAX_INFLIGHT);
	world_run(&w, TIMEOUT_MS + LOADED_MS);
	assert_int_equal(count_of(k, n, DNS_TEMPFAIL), n);
	assert_int_equal(resolver_stats(w.r)->inflight, 0);
	done_many(k, n);
	world_close(&w);
}

/* The server goes away: TEMPFAIL in time. It comes back: the next question is answered. */
static void test_recovery(void **state)
{
	struct dnsd_config cfg = { .port = 0 };
	struct world w;
	struct asked k;
	struct err e;
	(void)state;

	world_open(&w, zone_of_load, 0, NULL);
	cfg.port = dnsd_port(w.dnsd);
	cfg.zone = w.zone;
	assert_int_equal(world_status(&w, "a.fast.example", DNS_A), DNS_OK);
	dnsd_free(w.dnsd);
	world_ask(&w, &k, "b.fast.example", DNS_A);
	world_wait(&w, &k, TIMEOUT_MS + LOADED_MS);
	assert_int_equal(k.a->status, DNS_TEMPFAIL);
	world_done(&k);
	assert_int_equal(world_status(&w, "a.fast.example", DNS_A), DNS_OK); /* remembered */
	w.dnsd = dnsd_new(w.loop, &cfg, &e);
	assert_non_null(w.dnsd);
	world_ask(&w, &k, "c.fast.example", DNS_A);
	world_wait(&w, &k, LOADED_MS);
	assert_int_equal(k.a->status, DNS_OK);
	world_done(&k);
	world_close(&w);
}

/* A second server beside the world's own, and a resolver that asks the world's first. */
static struct dnsd *open_second(struct world *w, const struct zone *z)
{
	struct resolver_config cfg = { .timeout_ms = TIMEOUT_MS,
				       .cache_entries = 10,
				       .max_ttl = 10 };
	struct dnsd_config second = { .zone = z };
	char first_addr[40], second_addr[40];
	struct str list[2];
	struct dnsd *d;
	struct err e;

	d = dnsd_new(w->loop, &second, &e);
	assert_non_null(d);
	snprintf(first_addr, sizeof first_addr, "127.0.0.1@%u", dnsd_port(w->dnsd));
	snprintf(second_addr, sizeof second_addr, "127.0.0.1@%u", dnsd_port(d));
	list[0] = str_c(first_addr);
	list[1] = str_c(second_addr);
	cfg.servers = list;
	cfg.nservers = 2;
	resolver_free(w->r);
	w->r = resolver_new(w->loop, &cfg, &e);
	assert_non_null(w->r);
	return d;
}

/* The answer's status, and how long it took. */
static enum dns_status timed(struct world *w, const char *name, uint64_t *ms)
{
	enum dns_status status;
	struct asked k;

	world_ask(w, &k, name, DNS_A);
	world_wait(w, &k, 10000);
	assert_non_null(k.a);
	status = k.a->status;
	*ms = k.ended - k.began;
	world_done(&k);
	return status;
}

/* Of two servers the first is silent: the second is asked after a while, from then on first. */
static void test_silent_first(void **state)
{
	struct zone *z = zone_new();
	struct dnsd *second;
	struct world w;
	uint64_t ms;
	(void)state;

	zone_text(z, zone_of_load);
	world_open(&w, "*.example FAULT TIMEOUT\n", 0, NULL);
	second = open_second(&w, z);
	assert_int_equal(timed(&w, "a.fast.example", &ms), DNS_OK);
	assert_in_range(ms, TIMEOUT_MS / 4, TIMEOUT_MS / 4 + LOADED_MS);
	for (int i = 0; i < 20; i++) {
		char name[40];

		snprintf(name, sizeof name, "n%d.fast.example", i);
		assert_int_equal(timed(&w, name, &ms), DNS_OK);
		assert_true(ms < TIMEOUT_MS / 4);
	}
	dnsd_free(second);
	zone_free(z);
	world_close(&w);
}

/* The first says SERVFAIL: the second is asked at once. Both do: that is the answer. */
static void test_failing_first(void **state)
{
	struct zone *z = zone_new();
	struct dnsd *second;
	struct world w;
	uint64_t ms;
	(void)state;

	zone_text(z, zone_of_load);
	world_open(&w, "*.example FAULT SERVFAIL\n", 0, NULL);
	second = open_second(&w, z);
	assert_int_equal(timed(&w, "a.sf.example", &ms), DNS_TEMPFAIL);
	assert_int_equal(dnsd_asked(w.dnsd, "a.sf.example A"), 1);
	assert_int_equal(dnsd_asked(second, "a.sf.example A"), 1);
	assert_true(ms < TIMEOUT_MS / 4);
	assert_int_equal(timed(&w, "a.fast.example", &ms), DNS_OK);
	assert_true(ms < TIMEOUT_MS / 4);
	/* It is preferred now. */
	assert_int_equal(timed(&w, "b.fast.example", &ms), DNS_OK);
	assert_int_equal(dnsd_asked(w.dnsd, "b.fast.example A"), 0);
	dnsd_free(second);
	zone_free(z);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),   cmocka_unit_test(test_bad_neighbours),
		cmocka_unit_test(test_zone_limit),    cmocka_unit_test(test_process_limit),
		cmocka_unit_test(test_recovery),      cmocka_unit_test(test_silent_first),
		cmocka_unit_test(test_failing_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
