/* Reports in the store, and added up: any number of times, by whom, of when, and more than is kept.
 */
#include "control/report/summary.h"

#include "base/map.h"
#include "io/loop.h"
#include "lib/test.h"

#define DAY INT64_C(86400)
#define NOW (INT64_C(20000) * DAY + 3600)

struct bed {
	struct arena *a;
	struct loop *loop;
	struct store *store;
};

static int64_t now_ms(void *arg)
{
	(void)arg;
	return NOW * 1000;
}

static void open_bed(struct bed *b)
{
	b->a = arena_new(0);
	b->loop = loop_new();
	b->store = store_memory(b->loop);
	store_clock(b->store, now_ms, NULL);
}

static void close_bed(struct bed *b)
{
	store_free(b->store);
	loop_free(b->loop);
	arena_free(b->a);
}

static bool any(void *arg, struct str domain)
{
	(void)arg;
	return domain.n > 0;
}

/* A report of who about domain that ends days before now: good messages pass, bad ones do not. */
static struct str record(struct bed *b, const char *who, const char *id, const char *domain,
			 enum report_trust trust, int64_t days, uint64_t good, uint64_t bad)
{
	struct report_row row[2] = {
		{ .count = good, .dkim_aligned = true, .header_from = str_c(domain) },
		{ .count = bad,
		  .header_from = str_c(domain),
		  .spf_result = STR("fail"),
		  .spf_domain = str_c(domain) },
	};
	struct report_read r = { .kind = REPORT_DMARC,
				 .dmarc = { .email = arena_printf(b->a, "r@%s", who),
					    .id = str_c(id),
					    .domain = str_c(domain),
					    .begin = NOW - (days + 1) * DAY,
					    .end = NOW - days * DAY,
					    .row = row,
					    .nrows = 2 } };
	struct report_by by = { .trust = trust, .domain = str_c(who), .ours = any };
	struct report_sum *sum = ARENA_ARRAY(b->a, struct report_sum, SUM_MAX_SUMS);

	assert_int_equal(report_condense(b->a, &r, &by, sum), 1);
	return report_sum_format(b->a, sum);
}

static void add(struct bed *b, struct str octets)
{
	struct store_op op[SUMMARY_OPS];

	assert_int_equal(summary_add(b->a, octets, NOW, op), SUMMARY_OPS);
	store_wait(b->store, b->a, op, SUMMARY_OPS, 0);
}

static void look(struct bed *b, unsigned days, const char *domain, struct summary *s)
{
	struct err e;

	assert_true(summary_look(b->a, b->store, NOW, days, str_c(domain), s, &e));
}

static void test_add(void **state)
{
	struct bed b;
	struct summary s;

	(void)state;
	open_bed(&b);
	for (unsigned i = 0; i < 3; i++) {
		add(&b, record(&b, "a.test", "1", "x.test", TRUST_VERIFIED, 1, 10, 2));
		add(&b, record(&b, "b.test", "1", "x.test", TRUST_NONE, 1, 100, 20));
		add(&b, record(&b, "a.test", "1", "y.x.test", TRUST_VERIFIED, 1, 1, 0));
		add(&b, record(&b, "a.test", "2", "x.test", TRUST_VERIFIED, 40, 1000, 200));
		add(&b, record(&b, "a.test", "3", "x.test", TRUST_VERIFIED, 900, 5, 5));
		add(&b, record(&b, "a.test", "4", "x.test", TRUST_VERIFIED, -900, 7, 0));
	}
	/* somebody sends what a.test is known to have said: it does not count beside it */
	add(&b, record(&b, "a.test", "1", "x.test", TRUST_NONE, 1, 77, 77));
	look(&b, 7, NULL, &s);
	assert_int_equal(s.reports, 4);
	assert_int_equal(s.domain.n, 2);
	assert_str(s.domain.p[0].domain, "x.test");
	assert_int_equal(s.domain.p[0].good, 117);
	assert_int_equal(s.domain.p[0].bad, 22);
	assert_int_equal(s.domain.p[0].unverified, 1);
	assert_int_equal(s.domain.p[0].nreporters, 2);
	assert_int_equal(s.domain.p[0].line.p[0].group.count, 22);
	assert_int_equal(s.domain.p[0].line.p[0].unverified, 20);
	assert_str(s.domain.p[0].line.p[0].reporters, "a.test, b.test");
	look(&b, 90, "y.x.test", &s); /* what is older than is kept counts for the first day */
	assert_int_equal(s.reports, 1);
	look(&b, 90, "x.test", &s);
	assert_int_equal(s.reports, 6);
	assert_int_equal(s.domain.p[0].good, 1122);
	look(&b, 1, "x.test", &s); /* of today: what says it is of tomorrow */
	assert_int_equal(s.domain.p[0].good, 7);
	close_bed(&b);
}

/* Octets that are no report are passed over, cut anywhere or changed anywhere. */
static void test_damaged(void **state)
{
	struct bed b;
	struct store_op op[SUMMARY_OPS];
	struct report_sum s;

	(void)state;
	open_bed(&b);
	struct str good = record(&b, "a.test", "1", "x.test", TRUST_HAND, 1, 10, 2);
	for (size_t n = 0; n < good.n; n++)
		assert_int_equal(summary_add(b.a, str_sub(good, 0, n), NOW, op), 0);
	for (size_t i = 0; i < good.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			char *p = memcpy(arena_alloc(b.a, good.n), good.p, good.n);

			p[i] = (char)(p[i] ^ 1 << bit);
			report_sum_parse(b.a, str_of(p, good.n), &s);
		}
	close_bed(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
