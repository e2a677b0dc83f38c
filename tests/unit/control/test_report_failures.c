/* Failed messages into the outbox: so many a day and policy domain, once, whatever happens. */
#include "control/report/failures.h"

#include "base/clock.h"
#include "control/report/outbox.h"
#include "control/report/send.h"
#include "io/loop.h"
#include "lib/test.h"
#include "report/failure.h"

struct world {
	struct arena *arena;
	struct loop *loop;
	struct store *store;
	struct failures *failures;
	struct report_settings settings;
	struct str exclude[1];
	int64_t noon; /* of today, so that no midnight comes between */
	int taken;    /* 1: good, -1: not */
};

static void open_world(struct world *w, unsigned per_day)
{
	*w = (struct world){ .arena = arena_new(0),
			     .loop = loop_new(),
			     .exclude = { STR("not.test") } };
	w->noon = clock_wall() / 86400 * 86400 + 43200;
	w->store = store_memory(w->loop);
	w->settings = (struct report_settings){ .use = true,
						.failures = true,
						.failures_per_day = per_day,
						.submitter = STR("mx.test"),
						.exclude = w->exclude,
						.nexclude = 1 };
	w->failures = failures_new(w->loop, w->store, &w->settings);
}

static void close_world(struct world *w)
{
	failures_free(w->failures);
	store_free(w->store);
	loop_free(w->loop);
	arena_free(w->arena);
}

/* As a control process that begins. */
static void begin_again(struct world *w)
{
	failures_free(w->failures);
	w->failures = failures_new(w->loop, w->store, &w->settings);
}

static struct spool_record record(struct world *w, unsigned id, const char *domain, int64_t ago)
{
	struct failure f = { .id = { (unsigned char)id, (unsigned char)(id >> 8) },
			     .policy_domain = str_c(domain),
			     .ruf = STR("mailto:r@x.test"),
			     .what = { .failure = STR("dmarc"),
				       .domain = str_c(domain),
				       .source = { 4, { 192, 0, 2, 1 } },
				       .auth_results = STR("dmarc=fail"),
				       .arrival = w->noon - ago,
				       .header = STR("To: ann@ours.test\r\n") } };

	return (struct spool_record){ SPOOL_FAILURE, failure_format(w->arena, &f) };
}

static void taken(void *token, bool good)
{
	struct world *w = token;

	assert_int_equal(w->taken, 0);
	w->taken = good ? 1 : -1;
}

static bool give(struct world *w, const struct spool_record *r, size_t n)
{
	struct collect_taker t = failures_taker(w->failures);

	w->taken = 0;
	t.take(t.arg, r, n, taken, w);
	while (!w->taken)
		loop_turn(w->loop, 1000);
	return w->taken > 0;
}

/* Of the log: all, and how many different ones. */
static size_t outbox(struct world *w, struct str id[8])
{
	struct store_op op = { .kind = STORE_READ, .key = OUTBOX_LOG };
	const struct store_answer *a = store_wait(w->store, w->arena, &op, 1, 0);
	size_t n = 0;

	for (size_t i = 0; i < a->nentry; i++) {
		size_t j = 0;

		while (j < n && !str_eq(id[j], a->entry[i].value))
			j++;
		assert_true(j < 8);
		id[j] = a->entry[i].value;
		n += j == n;
	}
	return n;
}

static struct str get(struct world *w, struct str key)
{
	struct store_op op = { .kind = STORE_GET, .key = key };

	return store_wait(w->store, w->arena, &op, 1, 0)->value;
}

/* The job, and its content: no recipient in it. */
static void made(void **state)
{
	struct spool_record r;
	struct str id[8], content;
	struct world w;
	struct job j;

	(void)state;
	open_world(&w, 1);
	r = record(&w, 0xab, "a.test", 0);
	assert_true(give(&w, &r, 1));
	assert_int_equal(outbox(&w, id), 1);
	assert_str(id[0], "ab000000000000000000000000000000");
	assert_true(job_parse(get(&w, job_key(w.arena, id[0])), &j));
	assert_int_equal(j.kind, JOB_FAILURE);
	assert_str(j.domain, "a.test");
	assert_str(j.rua, "mailto:r@x.test");
	assert_false(j.asked);
	assert_true(j.due <= clock_wall());
	content = get(&w, job_piece_key(w.arena, id[0], 0));
	assert_int_equal(content.n, j.size);
	assert_true(str_find(content, STR("\r\nAuthentication-Results: mx.test; dmarc=fail\r\n")) !=
		    SIZE_MAX);
	assert_true(str_find(content, STR("@ours.test")) != SIZE_MAX);
	assert_true(str_find(content, STR("ann")) == SIZE_MAX);
	assert_int_equal(get(&w, SEND_SECRET_KEY).n, 32);
	close_world(&w);
}

/* A second one of that day is none, in this process and in the next one; another day's and another
 * domain's is. */
static void rate(void **state)
{
	struct spool_record r[6];
	struct str id[8];
	struct world w;

	(void)state;
	open_world(&w, 1);
	r[0] = record(&w, 1, "a.test", 0);
	r[1] = record(&w, 2, "a.test", 0);
	r[2] = record(&w, 3, "b.test", 0);
	r[3] = record(&w, 4, "a.test", 86400);
	assert_true(give(&w, r, 4));
	assert_int_equal(outbox(&w, id), 3);
	assert_int_equal(failures_stats(w.failures)->over, 1);
	r[0] = record(&w, 5, "a.test", 0);
	assert_true(give(&w, r, 1));
	begin_again(&w);
	r[0] = record(&w, 6, "a.test", 0);
	assert_true(give(&w, r, 1));
	assert_int_equal(failures_stats(w.failures)->over, 1);
	assert_int_equal(outbox(&w, id), 3);
	close_world(&w);
	open_world(&w, 2);
	for (unsigned char i = 0; i < 4; i++)
		r[i] = record(&w, i, "a.test", 0);
	assert_true(give(&w, r, 4));
	assert_int_equal(outbox(&w, id), 2);
	close_world(&w);
}

/* FAILURE_DAY_MAX: of all domains; the next day begins anew. */
static void many(void **state)
{
	struct spool_record *r;
	struct world w;

	(void)state;
	open_world(&w, 1);
	r = ARENA_ARRAY(w.arena, struct spool_record, FAILURE_DAY_MAX + 3);
	for (size_t i = 0; i < FAILURE_DAY_MAX + 2; i++)
		r[i] = record(&w, (unsigned)i, arena_printf(w.arena, "d%zu.test", i).p, 86400);
	r[FAILURE_DAY_MAX + 2] = record(&w, 60000, "a.test", 0);
	assert_true(give(&w, r, FAILURE_DAY_MAX + 3));
	assert_int_equal(failures_stats(w.failures)->reports, FAILURE_DAY_MAX + 1);
	assert_int_equal(failures_stats(w.failures)->over, 2);
	close_world(&w);
}

/* What is given again after a crash takes no room of another, and its content stays. */
static void again(void **state)
{
	struct spool_record r[2];
	struct str id[8];
	struct world w;

	(void)state;
	open_world(&w, 2);
	r[0] = record(&w, 1, "a.test", 0);
	r[1] = record(&w, 2, "a.test", 0);
	assert_true(give(&w, r, 1));
	begin_again(&w);
	assert_true(give(&w, r, 2));
	assert_int_equal(failures_stats(w.failures)->over, 0);
	assert_int_equal(outbox(&w, id), 2);
	close_world(&w);
}

static void dropped(void **state)
{
	struct spool_record r[5];
	struct str id[8];
	struct world w;

	(void)state;
	open_world(&w, 1);
	r[0] = (struct spool_record){ SPOOL_FAILURE, STR("nonsense") };
	r[1] = record(&w, 1, "sub.not.test", 0);
	r[2] = record(&w, 2, "old.test", FAILURES_OLD_S + 86400);
	r[3] = record(&w, 3, "future.test", -2 * 86400);
	assert_true(give(&w, r, 4));
	assert_int_equal(failures_stats(w.failures)->dropped, 4);
	w.settings.failures = false;
	r[4] = record(&w, 4, "a.test", 0);
	assert_true(give(&w, &r[4], 1));
	assert_int_equal(outbox(&w, id), 0);
	close_world(&w);
}

/* A store that does not answer: not taken, and given again. */
static void no_store(void **state)
{
	struct store_limits lim = { .deadline_ms = 50 };
	struct spool_record r;
	struct world w;

	(void)state;
	open_world(&w, 1);
	failures_free(w.failures);
	store_free(w.store);
	w.store = store_remote(w.loop, "/nonexistent/store", &lim);
	w.failures = failures_new(w.loop, w.store, &w.settings);
	r = record(&w, 1, "a.test", 0);
	assert_false(give(&w, &r, 1));
	assert_int_equal(failures_stats(w.failures)->reports, 0);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(made),	   cmocka_unit_test(rate),     cmocka_unit_test(again),
		cmocka_unit_test(dropped), cmocka_unit_test(no_store), cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
