/* Rows of reports from the spool through the store to sums: each message once, whoever dies, comes
 * late, or does it twice. */
#include "lib/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/report/batch.h"
#include "control/report/gather.h"
#include "control/report/keys.h"
#include "control/report/sums.h"
#include "io/loop.h"

#define DAY 86400
#define HOUR 3600

struct bed {
	struct arena *a;
	struct loop *loop;
	struct store *store;
	struct windows *windows;
	struct gather *gather;
	int64_t start; /* of a window that ended yesterday */
	/* answers */
	bool came, good;
	struct window_part part[200];
	size_t nparts;
	enum windows_state state;
	struct window_sums *sums;
};

static int64_t moment(void *arg)
{
	return ((struct bed *)arg)->start + DAY - 1;
}

static void open_bed(struct bed *b)
{
	*b = (struct bed){ .a = arena_new(0), .loop = loop_new() };
	b->start = clock_wall() / DAY * DAY - 2 * DAY;
	b->store = store_memory(b->loop);
	b->windows = windows_new(b->loop, b->store);
	b->gather = gather_new(b->loop, b->store, DAY);
	gather_clock(b->gather, moment, b);
}

static void close_bed(struct bed *b)
{
	window_sums_free(b->sums);
	gather_free(b->gather);
	windows_free(b->windows);
	store_free(b->store);
	loop_free(b->loop);
	arena_free(b->a);
}

static void wait(struct bed *b)
{
	for (int i = 0; i < 100000 && !b->came; i++)
		loop_turn(b->loop, 100);
	assert_true(b->came);
	b->came = false;
}

/* Message number i of a domain, with one of a few facts. */
static struct str record(struct bed *b, unsigned i, const char *domain, unsigned facts,
			 int64_t judged)
{
	struct row r = { .judged = judged,
			 .policy_domain = str_c(domain),
			 .rua = STR("mailto:r@example.com"),
			 .p = STR("reject"),
			 .row = { .header_from = str_c(domain) } };

	memcpy(r.id, &i, sizeof i);
	r.id[0] = (unsigned char)(i * 7); /* rounds go by it */
	r.id[8] = 1;
	r.row.source = (struct ip){ 4, { 192, 0, 2, (uint8_t)facts } };
	return row_format(b->a, &r);
}

static void taken(void *token, bool good)
{
	struct bed *b = token;

	b->good = good;
	b->came = true;
}

static bool give(struct bed *b, const struct spool_record *r, size_t n)
{
	struct collect_taker t = gather_taker(b->gather);

	t.take(t.arg, r, n, taken, b);
	wait(b);
	return b->good;
}

static void give_one(struct bed *b, unsigned i, const char *domain, unsigned facts, int64_t judged)
{
	struct spool_record r = { SPOOL_DMARC_ROW, record(b, i, domain, facts, judged) };

	assert_true(give(b, &r, 1));
}

static void listed(void *arg, bool good, const struct window_part *p, size_t n)
{
	struct bed *b = arg;

	b->good = good;
	b->came = true;
	assert_true(n <= 200);
	b->nparts = n;
	for (size_t i = 0; i < n; i++)
		b->part[i] = p[i];
}

static size_t list(struct bed *b, int64_t ended)
{
	windows_list(b->windows, ended, listed, b);
	wait(b);
	assert_true(b->good);
	return b->nparts;
}

static void summed(void *arg, enum windows_state state, struct window_sums *sums)
{
	struct bed *b = arg;

	b->came = true;
	b->state = state;
	window_sums_free(b->sums);
	b->sums = sums;
}

static struct window_sums *sum(struct bed *b, struct window_part p, uint64_t fence)
{
	windows_sum(b->windows, p, fence, summed, b);
	wait(b);
	return b->sums;
}

static void is_done(void *arg, enum windows_state state)
{
	struct bed *b = arg;

	b->came = true;
	b->state = state;
}

static enum windows_state done(struct bed *b, struct window_part p, uint64_t upto, uint64_t fence)
{
	windows_done(b->windows, p, upto, fence, is_done, b);
	wait(b);
	return b->state;
}

/* ---- tests ---- */

static void test_batch(void **state)
{
	struct arena *a = arena_new(0);
	struct batch b;
	struct batch_reader r;
	struct batch_row row;
	unsigned char id[ROW_ID_SIZE] = { 9 };
	struct str s;
	size_t whole = 0;

	(void)state;
	batch_begin(&b, a, 1000);
	assert_true(batch_add(&b, id, 1000, STR("one")));
	assert_true(batch_add(&b, id, 1007, STR("two")));
	assert_true(batch_add(&b, id, 1000 + DAY, STR("one")));
	s = batch_end(&b);
	assert_int_equal(s.n, 5 + 2 * 5 + 3 * 24);
	assert_true(batch_open(&r, a, 1000, s));
	assert_true(batch_next(&r, &row));
	assert_int_equal(row.judged, 1000);
	assert_str(row.facts, "one");
	assert_memory_equal(row.id, id, ROW_ID_SIZE);
	assert_true(batch_next(&r, &row));
	assert_str(row.facts, "two");
	assert_true(batch_next(&r, &row));
	assert_int_equal(row.judged, 1000 + DAY);
	assert_str(row.facts, "one");
	assert_false(batch_next(&r, &row));
	assert_true(batch_whole(&r));
	for (size_t n = 0; n <= s.n; n++) {
		char *copy = arena_alloc(a, n + 1);

		memcpy(copy, s.p, n);
		if (!batch_open(&r, a, 1000, str_of(copy, n)))
			continue;
		while (batch_next(&r, &row))
			continue;
		whole += batch_whole(&r);
	}
	assert_int_equal(whole, 4); /* with 0, 1, 2, 3 rows */
	arena_free(a);
}

/* A batch takes no more than BATCH_MAX; the rest goes into the next one. */
static void test_full(void **state)
{
	const unsigned n = 60000;
	struct spool_record *r;
	struct bed b;
	uint64_t sum_all = 0;

	(void)state;
	open_bed(&b);
	r = ARENA_ARRAY(b.a, struct spool_record, n);
	for (unsigned i = 0; i < n; i++)
		r[i] = (struct spool_record){ SPOOL_DMARC_ROW,
					      record(&b, i, "a.test", i % 3, b.start + i) };
	assert_true(give(&b, r, n));
	assert_int_equal(gather_stats(b.gather)->rows, n);
	assert_int_equal(gather_stats(b.gather)->batches, 3);
	assert_int_equal(list(&b, b.start + DAY), 1);
	sum(&b, b.part[0], 7);
	assert_int_equal(b.state, WINDOWS_GOOD);
	assert_int_equal(b.sums->messages, n);
	assert_int_equal(b.sums->n, 1);
	assert_int_equal(b.sums->report[0].report.nrows, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(b.sums->report[0].report.row[i].source.b[3], i);
		sum_all += b.sums->report[0].report.row[i].count;
	}
	assert_int_equal(sum_all, n);
	close_bed(&b);
}

static void test_once(void **state)
{
	struct spool_record r[3];
	struct bed b;

	(void)state;
	open_bed(&b);
	assert_int_equal(list(&b, b.start + DAY), 0);
	for (unsigned i = 0; i < 3; i++)
		r[i] = (struct spool_record){ SPOOL_DMARC_ROW,
					      record(&b, i % 2, "a.test", 1, b.start) };
	assert_true(give(&b, r, 3));
	assert_true(give(&b, r, 3));			  /* killed before it said how far it got */
	assert_int_equal(list(&b, b.start + DAY - 1), 0); /* not over yet */
	assert_int_equal(list(&b, b.start + DAY), 1);
	sum(&b, b.part[0], 7);
	assert_int_equal(b.sums->messages, 2);
	assert_int_equal(b.sums->repeated, 4);
	assert_int_equal(b.sums->from, 0);
	assert_int_equal(b.sums->report[0].report.begin, b.start);
	assert_int_equal(b.sums->report[0].report.end, b.start + DAY - 1);
	assert_str(b.sums->report[0].policy_domain, "a.test");
	assert_str(b.sums->report[0].rua, "mailto:r@example.com");
	assert_str(b.sums->report[0].report.p, "reject");
	close_bed(&b);
}

/* What comes after a report is a report of its own, without what was in the first. */
static void test_late(void **state)
{
	uint64_t upto;
	struct bed b;

	(void)state;
	open_bed(&b);
	give_one(&b, 1, "a.test", 1, b.start);
	assert_int_equal(list(&b, b.start + DAY), 1);
	upto = sum(&b, b.part[0], 7)->upto;
	give_one(&b, 2, "a.test", 1, b.start + 5); /* after the plan */
	assert_int_equal(sum(&b, b.part[0], 7)->messages, 1);
	assert_int_equal(b.sums->upto, upto);
	assert_int_equal(done(&b, b.part[0], upto, 7), WINDOWS_GOOD);
	give_one(&b, 1, "a.test", 1, b.start);
	give_one(&b, 3, "a.test", 2, b.start + 6);
	assert_int_equal(list(&b, b.start + DAY), 1);
	sum(&b, b.part[0], 7);
	assert_int_equal(b.sums->from, upto);
	assert_int_equal(b.sums->messages, 2);
	assert_int_equal(b.sums->repeated, 1);
	assert_int_equal(done(&b, b.part[0], b.sums->upto, 7), WINDOWS_GOOD);
	assert_int_equal(list(&b, b.start + DAY), 0);
	assert_int_equal(sum(&b, window_at(b.start, DAY, STR("a.test")), 7)->upto, 0);
	close_bed(&b);
}

/* Who has the lease no more marks nothing; who has it goes on with the same range. */
static void test_fenced(void **state)
{
	struct window_part p;
	uint64_t upto;
	struct bed b;

	(void)state;
	open_bed(&b);
	give_one(&b, 1, "a.test", 1, b.start);
	p = window_at(b.start, DAY, STR("a.test"));
	upto = sum(&b, p, 7)->upto;
	give_one(&b, 2, "a.test", 1, b.start);
	assert_int_equal(sum(&b, p, 8)->upto, upto); /* the same sums */
	assert_int_equal(b.sums->messages, 1);
	assert_int_equal(done(&b, p, upto, 7), WINDOWS_LOST);
	sum(&b, p, 7);
	assert_int_equal(b.state, WINDOWS_LOST);
	assert_null(b.sums);
	assert_int_equal(list(&b, b.start + DAY), 1);
	assert_int_equal(done(&b, p, upto, 8), WINDOWS_GOOD);
	assert_int_equal(done(&b, p, upto, 8), WINDOWS_GOOD);
	/* a dry run plans nothing */
	assert_int_equal(sum(&b, p, 0)->messages, 1);
	assert_int_equal(b.sums->from, upto);
	give_one(&b, 3, "a.test", 1, b.start);
	assert_int_equal(sum(&b, p, 9)->messages, 2);
	assert_int_equal(done(&b, p, b.sums->upto + 1, 9), WINDOWS_LOST); /* nobody's plan */
	close_bed(&b);
}

/* A retry after midnight is not counted again; the same an age later is another message. */
static void test_midnight(void **state)
{
	struct window_part p;
	struct bed b;

	(void)state;
	open_bed(&b);
	b.start += DAY;
	p = window_at(b.start, DAY, STR("a.test"));
	give_one(&b, 1, "a.test", 1, b.start - 10);
	give_one(&b, 1, "a.test", 1, b.start + 10);
	give_one(&b, 2, "a.test", 1, b.start - WINDOW_RETRY_S - 1);
	give_one(&b, 2, "a.test", 1, b.start + 10);
	give_one(&b, 3, "a.test", 1, b.start + 11);
	sum(&b, p, 7);
	assert_int_equal(b.sums->messages, 2);
	assert_int_equal(b.sums->repeated, 1);
	p.start -= DAY;
	sum(&b, p, 7);
	assert_int_equal(b.sums->messages, 2);
	close_bed(&b);
}

/* Clocks: of what is far ahead, and of what is so old that its window is gone. */
static void test_clocks(void **state)
{
	struct bed b;

	(void)state;
	open_bed(&b);
	give_one(&b, 1, "a.test", 1, b.start + 400 * DAY);
	give_one(&b, 2, "a.test", 1, b.start - 30 * DAY);
	give_one(&b, 3, "a.test", 1, b.start - 3 * DAY);
	assert_int_equal(gather_stats(b.gather)->old, 1);
	assert_int_equal(list(&b, b.start + DAY), 2);
	assert_int_equal(b.part[0].start, b.start - 3 * DAY);
	assert_int_equal(b.part[1].start, b.start);
	close_bed(&b);
}

/* A window is removed when it is old, whether it was reported or not. */
static void test_removed(void **state)
{
	struct store_op op = { .kind = STORE_READ };
	struct window_part p;
	struct bed b;

	(void)state;
	open_bed(&b);
	b.start -= 6 * DAY; /* it ended as long ago as it is kept */
	give_one(&b, 1, "a.test", 1, b.start);
	p = window_at(b.start, DAY, STR("a.test"));
	op.key = rows_key(b.a, &p);
	assert_int_equal(store_wait(b.store, b.a, &op, 1, 0)->nentry, 1);
	assert_int_equal(list(&b, b.start + DAY), 0);
	assert_int_equal(store_wait(b.store, b.a, &op, 1, 0)->nentry, 0);
	close_bed(&b);
}

/* What is known to be removed is not removed again by each look, as long as the index is. */
static void test_removed_once(void **state)
{
	struct store_op op = { .kind = STORE_APPEND,
			       .key = STR(INDEX_KEY),
			       .limit = INDEX_LOG_MAX };
	struct window_part p = { .length = 3600 };
	uint64_t ops;
	struct bed b;

	(void)state;
	open_bed(&b);
	for (unsigned i = 0; i < 2000; i++) {
		p.start = b.start - (int64_t)(i + 500) * 3600;
		op.value = index_format(b.a, &p);
		store_wait(b.store, b.a, &op, 1, 0);
	}
	list(&b, b.start);
	ops = store_stats(b.store)->ops;
	assert_int_equal(list(&b, b.start), 0);
	assert_true(store_stats(b.store)->ops - ops < 100);
	close_bed(&b);
}

/* A store that has lost its records: a window stands in the index again before long. */
static void test_emptied(void **state)
{
	struct bed b;

	(void)state;
	open_bed(&b);
	give_one(&b, 1, "a.test", 1, b.start);
	store_wait(b.store, b.a, &(struct store_op){ STORE_DEL, .key = STR(INDEX_KEY) }, 1, 0);
	b.start += 3600; /* so much later */
	give_one(&b, 2, "a.test", 1, b.start);
	assert_int_equal(list(&b, b.start + DAY), 1);
	close_bed(&b);
}

/* Policies and addresses that change in a day are reports of their own, in a known order. */
static void test_order(void **state)
{
	static const char *const domains[] = { "b.test", "a.test", "c.test", "aa.test" };
	struct spool_record r[40];
	struct bed b;
	struct str before = STR_NULL;
	size_t seen = 0;

	(void)state;
	open_bed(&b);
	for (unsigned i = 0; i < 40; i++) {
		struct row row;

		assert_true(row_parse(b.a, record(&b, i, domains[i % 4], i % 7, b.start), &row));
		row.p = i % 3 ? STR("none") : STR("reject");
		row.rua = i % 2 ? STR("mailto:x@a.test") : STR("mailto:y@a.test");
		r[i] = (struct spool_record){ SPOOL_DMARC_ROW, row_format(b.a, &row) };
	}
	assert_true(give(&b, r, 40));
	list(&b, b.start + DAY);
	for (size_t i = 0; i < b.nparts; i++) {
		const struct window_sums *s = sum(&b, b.part[i], 7);

		for (size_t k = 0; k < s->n; k++) {
			const struct window_report *w = &s->report[k];

			assert_int_equal(w->variant, k && str_eq(s->report[k - 1].policy_domain,
								 w->policy_domain)
							     ? s->report[k - 1].variant + 1
							     : 0);
			seen += w->messages;
			for (size_t l = 1; l < w->report.nrows; l++)
				assert_true(w->report.row[l - 1].source.b[3] <
					    w->report.row[l].source.b[3]);
			before = w->policy_domain;
		}
	}
	assert_true(before.n > 0);
	assert_int_equal(seen, 40);
	close_bed(&b);
}

/* ---- sums in little memory ---- */

static struct window_sums *sum_of(const struct str *entry, size_t n, const struct sums_limits *lim,
				  unsigned *rounds)
{
	struct window_part p = { .start = 10 * DAY, .length = DAY };
	struct sums *s = sums_new(&p, lim);
	struct window_sums *out;

	*rounds = 0;
	do {
		++*rounds;
		for (size_t i = 0; i < n; i++)
			sums_entry(s, SUMS_COUNT, entry[i]);
	} while (sums_again(s));
	out = sums_result(s);
	sums_free(s);
	return out;
}

static void test_memory(void **state)
{
	static const struct {
		struct sums_limits lim;
		uint64_t messages, clipped;
		unsigned rounds;
	} row[] = {
		{ { 0 }, 4000, 0, 1 },
		{ { .ids = 4000 }, 4000, 0, 1 },
		{ { .ids = 2100 }, 4000, 0, 1 + 2 },
		{ { .ids = 600 }, 4000, 0, 1 + 1 + 1 + 8 },
		{ { .ids = 100, .rounds = 8 }, 800, 3200 * 2, 1 + 1 + 1 + 8 },
		{ { .rows = 2 }, 1600, 2400, 1 },
	};
	struct bed b;
	struct str entry[8];

	(void)state;
	open_bed(&b);
	for (unsigned i = 0; i < 8; i++) { /* each message twice */
		struct batch batch;

		batch_begin(&batch, b.a, 10 * DAY);
		for (unsigned k = 0; k < 1000; k++) {
			unsigned at = (i % 4) * 1000 + k;
			struct str rec = record(&b, at, "a.test", at % 5, 10 * DAY);

			assert_true(batch_add(&batch, (const unsigned char *)rec.p + 1, 10 * DAY,
					      row_facts(rec)));
		}
		entry[i] = batch_end(&batch);
	}
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		unsigned rounds;
		struct window_sums *s = sum_of(entry, 8, &row[i].lim, &rounds);

		assert_int_equal(s->messages, row[i].messages);
		assert_int_equal(s->clipped, row[i].clipped);
		assert_int_equal(rounds, row[i].rounds);
		if (!row[i].clipped)
			assert_int_equal(s->repeated, 4000);
		window_sums_free(s);
	}
	entry[3] = str_sub(entry[3], 0, entry[3].n - 24 * 500 - 1);
	entry[7] = STR("nonsense");
	{
		unsigned rounds;
		struct window_sums *s = sum_of(entry, 8, &row[0].lim, &rounds);

		assert_int_equal(s->damaged, 2);
		assert_int_equal(s->messages, 3000);
		window_sums_free(s);
	}
	close_bed(&b);
}

/* ---- the collector ---- */

struct taker {
	struct bed *bed;
	unsigned refuse; /* so many times */
	size_t got;
	bool later; /* answers from the loop */
	collect_taken_fn *taken;
	void *token;
};

static void answer(void *arg)
{
	struct taker *t = arg;

	t->taken(t->token, true);
}

static void take(void *arg, const struct spool_record *r, size_t n, collect_taken_fn *fn,
		 void *token)
{
	struct taker *t = arg;

	for (size_t i = 0; i < n; i++)
		assert_int_equal(r[i].type, SPOOL_BOUNCE);
	if (t->refuse) {
		t->refuse--;
		fn(token, false);
		return;
	}
	t->got += n;
	t->taken = fn;
	t->token = token;
	if (t->later)
		loop_after(t->bed->loop, 1, answer, t);
	else
		fn(token, true);
}

static void remove_spool(struct bed *b, const char *state)
{
	const char *spool = arena_printf(b->a, "%s/spool", state).p;
	DIR *d = opendir(spool);
	const struct dirent *e;

	while ((e = readdir(d)))
		unlink(arena_printf(b->a, "%s/%s", spool, e->d_name).p);
	closedir(d);
	rmdir(spool);
	rmdir(state);
}

/* Records of three kinds, one of which nobody wants, and a taker that fails at first. */
static void test_collector(void **state)
{
	char dir[] = "/tmp/test_windows.XXXXXX";
	struct bed b;
	struct taker t = { .bed = &b, .refuse = 1, .later = true };
	struct collect_taker taker[2] = { [1] = { SPOOL_BOUNCE, take, &t } };
	struct collect_args args = { .taker = taker, .ntakers = 2 };
	struct collector *c;
	struct spool *s;
	struct err e;

	(void)state;
	open_bed(&b);
	assert_non_null(mkdtemp(dir));
	taker[0] = gather_taker(b.gather); /* has them when the other one fails */
	args.loop = b.loop;
	args.state = dir;
	s = spool_open(dir, &e);
	for (unsigned i = 0; i < 5; i++) {
		assert_true(spool_add(s, SPOOL_BOUNCE, STR("x")));
		assert_true(spool_add(s, SPOOL_DMARC_ROW, record(&b, i, "a.test", 1, b.start)));
		assert_true(spool_add(s, SPOOL_FAILURE, STR("y")));
	}
	assert_true(spool_add(s, SPOOL_DMARC_ROW, STR("damaged")));
	spool_close(s);
	c = collector_new(&args, &e);
	assert_non_null(c);
	for (int i = 0; i < 1000 && !collector_stats(c)->records; i++)
		loop_turn(b.loop, 100);
	assert_int_equal(collector_stats(c)->records, 16);
	assert_int_equal(collector_stats(c)->failed, 1);
	assert_int_equal(collector_stats(c)->unwanted, 5);
	assert_int_equal(collector_waiting(c), 0);
	assert_int_equal(t.got, 5);
	assert_int_equal(gather_stats(b.gather)->rows, 5);
	assert_int_equal(gather_stats(b.gather)->damaged, 1);
	collector_free(c);
	list(&b, b.start + DAY);
	assert_int_equal(sum(&b, b.part[0], 1)->messages, 5);
	remove_spool(&b, dir);
	close_bed(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch),	     cmocka_unit_test(test_full),
		cmocka_unit_test(test_once),	     cmocka_unit_test(test_late),
		cmocka_unit_test(test_fenced),	     cmocka_unit_test(test_midnight),
		cmocka_unit_test(test_clocks),	     cmocka_unit_test(test_removed),
		cmocka_unit_test(test_removed_once), cmocka_unit_test(test_emptied),
		cmocka_unit_test(test_order),	     cmocka_unit_test(test_memory),
		cmocka_unit_test(test_collector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
