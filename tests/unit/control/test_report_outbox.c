/* What the outbox keeps, how a report is cut into what fits, and addresses that bounces name. */
#include "control/report/outbox.h"

#include "control/report/build.h"
#include "control/report/bounced.h"
#include "control/report/send.h"
#include "control/report/suppress.h"
#include "io/loop.h"
#include "lib/test.h"

/* ---- jobs ---- */

static struct job sample(void)
{
	struct job j = { .kind = JOB_FAILURE,
			 .id = STR("0123456789abcdef0123456789abcdef"),
			 .domain = STR("example.com"),
			 .rua = STR("mailto:a@example.com"),
			 .begin = 86400,
			 .end = 172799,
			 .made = 172900,
			 .due = 180000,
			 .rows = 3,
			 .messages = 5,
			 .asked = true,
			 .deferred = 2,
			 .ngoals = 2 };

	j.goal[0] =
		(struct goal){ STR("a@example.com"), UINT64_MAX, GOAL_WAITS, 1, 99, STR("450 x") };
	j.goal[1] = (struct goal){ STR("b@example.com"), 1024, GOAL_SENT, 0, 0, STR("") };
	return j;
}

static void jobs(void **state)
{
	struct arena *a = arena_new(0);
	struct job j = sample(), back;
	struct str octets = job_format(a, &j);

	(void)state;
	assert_true(job_parse(octets, &back));
	assert_true(str_eq(job_format(a, &back), octets));
	assert_false(job_over(&back));
	back.goal[0].state = GOAL_REFUSED;
	assert_true(job_over(&back));
	back.asked = false;
	assert_false(job_over(&back));
	for (size_t n = 0; n < octets.n; n++)
		assert_false(job_parse(str_sub(octets, 0, n), &back));
	assert_false(job_parse(arena_printf(a, "%.*sx", STR_ARG(octets)), &back));
	arena_free(a);
}

static void pieces(void **state)
{
	static const size_t sizes[] = { 1, OUTBOX_PIECE, OUTBOX_PIECE + 1, OUTBOX_MAX };
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct store_op op[OUTBOX_OPS];
		struct job j = sample();
		struct str content = str_of(arena_zalloc(a, sizes[i]), sizes[i]);
		size_t n = job_write(a, &j, content, op), sum = 0;

		assert_true(n <= OUTBOX_OPS);
		assert_int_equal(j.pieces, n - 2);
		assert_int_equal(j.size, sizes[i]);
		for (size_t k = 0; k < n - 2; k++)
			sum += op[k].value.n;
		assert_int_equal(sum, sizes[i]);
		assert_int_equal(op[n - 1].kind, STORE_APPEND); /* last: what it names is there */
		assert_int_equal(op[0].kind, STORE_NEW);
		assert_int_equal(op[n - 2].kind, STORE_NEW);
	}
	arena_free(a);
}

/* ---- cut ---- */

/* Rows that do not compress well. */
static struct window_report window(struct arena *a, size_t rows)
{
	struct window_report w = { .policy_domain = STR("example.com"),
				   .rua = STR("mailto:a@example.com") };
	struct report_row *row = ARENA_ARRAY(a, struct report_row, rows + 1);
	uint64_t x = 88172645463325252;

	for (size_t i = 0; i < rows; i++) {
		row[i] = (struct report_row){ .source = { 6, { 0x20, 1, 0xd, 0xb8 } },
					      .count = i + 1 };
		for (size_t k = 4; k < 16; k++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			row[i].source.b[k] = (uint8_t)x;
		}
		row[i].header_from = arena_printf(a, "%llx.example.com", (unsigned long long)x);
	}
	w.report = (struct report){ .begin = 86400, .end = 172799, .row = row, .nrows = rows };
	return w;
}

static const struct report_settings settings = {
	.org = { "x", 1 },
	.email = { "a@mx.example", 12 },
	.submitter = { "mx.example", 10 },
	.max_size = 10u << 20,
	.jitter_ms = 6 * 3600 * 1000,
};

static void cut(void **state)
{
	static const struct {
		size_t rows;
		uint64_t max;
		const char *rua;
		size_t parts;
	} t[] = {
		{ 10, 10u << 20, "mailto:a@example.com", 1 },
		{ 20000, 10u << 20, "mailto:a@example.com", 1 },
		{ 20000, 65536, "mailto:a@example.com", 16 },
		{ 20000, 10u << 20, "mailto:a@example.com!64k", 16 },
		{ 20000, 10u << 20, "mailto:a@example.com!10k", 1 }, /* of no use to anybody else */
		{ 0, 10u << 20, "mailto:a@example.com", 0 },
	};
	struct crypto *c = crypto_new();

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct report_settings s = settings;
		struct window_report w = window(a, t[i].rows);
		struct build_part *one, *two;
		uint64_t messages = 0;
		size_t n, rows = 0;

		s.max_size = t[i].max;
		w.rua = str_c(t[i].rua);
		n = build_parts(a, c, &s, &w, 7, 1000, &one);
		if (n != t[i].parts)
			fail_msg("%zu: %zu parts", i, n);
		assert_int_equal(build_parts(a, c, &s, &w, 7, 2000, &two), n);
		for (size_t k = 0; k < n; k++) {
			rows += one[k].job.rows;
			messages += one[k].job.messages;
			if (n > 1)
				assert_true(one[k].content.n < 65536);
			/* One id, one content. */
			assert_true(str_eq(one[k].job.id, two[k].job.id));
			assert_true(str_eq(one[k].content, two[k].content));
			assert_true(k == 0 || !str_eq(one[k].job.id, one[k - 1].job.id));
		}
		assert_int_equal(rows, t[i].rows);
		assert_int_equal(messages, t[i].rows * (t[i].rows + 1) / 2);
		arena_free(a);
	}
	crypto_free(c);
}

/* Whoever gets a report can read it: no part is larger than what we would read ourselves. */
static void readable(void **state)
{
	struct crypto *c = crypto_new();
	struct arena *a = arena_new(0);
	struct window_report w = window(a, 100000);
	struct build_part *part;
	size_t n = build_parts(a, c, &settings, &w, 7, 1000, &part), rows = 0;

	(void)state;
	assert_true(n > 1);
	for (size_t i = 0; i < n; i++) {
		struct arena *reading = arena_new(0);
		struct report_read r;

		if (!report_read(reading, part[i].content, &r))
			fail_msg("%zu of %zu: %.*s", i, n, STR_ARG(r.fault));
		rows += r.dmarc.nrows;
		arena_free(reading);
	}
	assert_int_equal(rows, w.report.nrows);
	arena_free(a);
	crypto_free(c);
}

/* Another range, variant, domain or window is another id. */
static void ids(void **state)
{
	struct arena *a = arena_new(0);
	struct crypto *c = crypto_new();
	struct window_report w = window(a, 3);
	struct build_part *p[5];

	(void)state;
	build_parts(a, c, &settings, &w, 7, 1, &p[0]);
	build_parts(a, c, &settings, &w, 8, 1, &p[1]);
	w.variant = 1;
	build_parts(a, c, &settings, &w, 7, 1, &p[2]);
	w.policy_domain = STR("example.net");
	build_parts(a, c, &settings, &w, 7, 1, &p[3]);
	w.report.begin++;
	build_parts(a, c, &settings, &w, 7, 1, &p[4]);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(p[i]->job.id, p[k]->job.id));
	arena_free(a);
	crypto_free(c);
}

/* Within the jitter after the end, less for shorter windows, each domain at its own moment. */
static void moments(void **state)
{
	struct arena *a = arena_new(0);
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (int i = 0; i < 500; i++) {
		struct report r = { .begin = 86400, .end = 172799 };
		int64_t at;

		r.domain = arena_printf(a, "d%d.example", i);
		at = build_due(&settings, &r) - r.end - 1;
		least = at < least ? at : least;
		most = at > most ? at : most;
		r.begin = r.end - 3599;
		assert_true(build_due(&settings, &r) - r.end - 1 <= 900);
	}
	assert_true(least >= 0 && least < 600 && most > 20000 && most <= 21600);
	arena_free(a);
}

/* ---- bounces ---- */

static void bounces(void **state)
{
	static const char secret_text[SUPPRESS_SECRET + 1] = "0123456789abcdef0123456789abcdef";
	const struct str secret = str_of(secret_text, SUPPRESS_SECRET);
	struct arena *a = arena_new(0);
	struct crypto *c = crypto_new();
	struct str bounce = STR("dmarc@mx.example"), key, own;
	struct str from = suppress_sender(a, c, bounce, STR("Rua@Example.com"), secret);
	char *bad;

	(void)state;
	own = suppress_key(a, c, STR("rua@example.com"));
	assert_true(suppress_bounced(a, c, bounce, from, secret, &key));
	assert_true(str_eq(key, own));
	bad = arena_cstr(a, arena_lower(a, from));
	assert_true(suppress_bounced(a, c, bounce, str_of(bad, from.n), secret, &key));
	for (size_t i = 0; i < from.n; i++) { /* one octet of another kind is another address */
		bad = arena_cstr(a, from);
		bad[i] = bad[i] == '1' ? '2' : '1';
		assert_false(suppress_bounced(a, c, bounce, str_of(bad, from.n), secret, &key));
		assert_false(suppress_bounced(a, c, bounce, str_sub(from, 0, i), secret, &key));
	}
	assert_false(suppress_bounced(a, c, bounce, from, STR("another"), &key));
	assert_false(suppress_bounced(a, c, bounce, bounce, secret, &key));
	/* No room: the address as it is. */
	bounce = STR("a-very-long-local-part-of-some-thirty-one@mx.example");
	assert_true(str_eq(suppress_sender(a, c, bounce, STR("rua@example.com"), secret), bounce));
	arena_free(a);
	crypto_free(c);
}

/* More of them than one errand takes, by any number of records: each suppresses its own. */
#define BOUNCES 300u

static void all_taken(void *token, bool good)
{
	assert_true(good);
	*(bool *)token = true;
}

static void many_bounces(void **state)
{
	static const char secret_text[SUPPRESS_SECRET + 1] = "0123456789abcdef0123456789abcdef";
	const struct str secret = str_of(secret_text, SUPPRESS_SECRET);
	struct arena *a = arena_new(0);
	struct loop *l = loop_new();
	struct store *s = store_memory(l);
	struct crypto *c = crypto_new();
	struct report_settings k = { .bounce = STR("dmarc@mx.example"), .suppress_ms = 60000 };
	struct bounced *b = bounced_new(l, s, &k);
	struct collect_taker t = bounced_taker(b);
	struct store_op op = { .kind = STORE_PUT, .key = SEND_SECRET_KEY, .value = secret };
	struct spool_record *r = ARENA_ARRAY(a, struct spool_record, BOUNCES);
	bool done = false;

	(void)state;
	store_wait(s, a, &op, 1, 0);
	for (unsigned i = 0; i < BOUNCES; i++)
		r[i] = (struct spool_record){
			SPOOL_BOUNCE,
			suppress_sender(a, c, k.bounce, arena_printf(a, "a%u@x.example", i), secret)
		};
	t.take(t.arg, r, BOUNCES, all_taken, &done);
	while (!done)
		loop_turn(l, 1000);
	for (unsigned i = 0; i < BOUNCES; i++) {
		op = (struct store_op){ .kind = STORE_GET,
					.key = suppress_key(a, c,
							    arena_printf(a, "a%u@x.example", i)) };
		assert_int_equal(store_wait(s, a, &op, 1, 0)->status, STORE_OK);
	}
	bounced_free(b);
	store_free(s);
	loop_free(l);
	arena_free(a);
	crypto_free(c);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(jobs),	    cmocka_unit_test(pieces),
		cmocka_unit_test(cut),	    cmocka_unit_test(ids),
		cmocka_unit_test(moments),  cmocka_unit_test(bounces),
		cmocka_unit_test(readable), cmocka_unit_test(many_bounces)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
