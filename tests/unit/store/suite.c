/* The suite for every kind of store. */
#include "lib/test.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/record.h"
#include "unit/store/scripts.h"
#include "unit/store/suite.h"

#define KEY(z) .key = { z, sizeof(z) - 1 }
#define VAL(z) .value = { z, sizeof(z) - 1 }
#define MEM(z) .member = { z, sizeof(z) - 1 }

/* ---- what they are run with ---- */

int64_t suite_now(void *suite)
{
	struct suite *s = suite;

	return s->now;
}

static void pass(struct suite *s, uint64_t ms)
{
	uint64_t until = clock_mono_ms() + ms;

	if (s->kind->clock)
		s->now += (int64_t)ms;
	else
		while (ms && clock_mono_ms() < until)
			loop_turn(s->loop, until - clock_mono_ms());
}

static const struct store_answer *ask(struct suite *s, const struct store_op *op)
{
	return store_wait(s->store, s->arena, op, 1, STORE_SLOW);
}

static void hold_sum(const struct suite *s, const struct want *w, double got, double want)
{
	if (w->decays && !s->kind->clock)
		assert_true(got <= want * 1.001 && (want == 0 || got > 0));
	else
		assert_true(fabs(got - want) <= 1e-9 * fabs(want));
}

static void hold(const struct suite *s, const char *script, size_t i, const struct step *st,
		 const struct store_answer *a)
{
	const struct want *w = &st->want;

	if (a->status != w->status || a->admitted != w->admitted || a->nentry != w->nentry ||
	    a->local)
		fail_msg("%s, %s[%zu]: status %d, admitted %d, %zu entries", s->kind->name, script,
			 i, a->status, a->admitted, a->nentry);
	if (w->value)
		assert_str(a->value, w->value);
	if (w->first)
		assert_str(a->entry[0].value, w->first);
	if (st->op.kind == STORE_ADD || st->op.kind == STORE_TAKE || st->op.kind == STORE_JOIN)
		for (unsigned k = 0; k < STORE_SUMS; k++)
			hold_sum(s, w, a->sum[k], w->sum[k]);
}

static void open_one(struct suite *s, const struct suite_kind *kind)
{
	*s = (struct suite){ .kind = kind, .now = 1700000000000 };
	s->loop = loop_new();
	s->arena = arena_new(0);
	kind->open(s);
	assert_non_null(s->store);
}

static void close_one(struct suite *s)
{
	s->kind->close(s);
	arena_free(s->arena);
	loop_free(s->loop);
}

static void test_scripts(void **state)
{
	const struct suite_kind *kind = *state;

	for (size_t i = 0; i < suite_nscripts; i++) {
		struct suite s;

		open_one(&s, kind);
		for (size_t k = 0; k < suite_scripts[i].n; k++) {
			const struct step *st = &suite_scripts[i].step[k];

			pass(&s, st->wait_ms);
			hold(&s, suite_scripts[i].name, k, st, ask(&s, &st->op));
		}
		close_one(&s);
	}
}

/* Times that answers tell, and that they are those of the data's clock. */
static void test_times(void **state)
{
	struct suite s;
	const struct store_answer *a;
	struct store_op op = { .kind = STORE_ADD, KEY("t:c"), .delta = { 1 } };
	int64_t made;

	open_one(&s, *state);
	a = ask(&s, &op);
	made = a->created_ms;
	assert_true(made > 1600000000000 && a->updated_ms == made);
	if (s.kind->clock)
		assert_int_equal(made, s.now);
	pass(&s, 50);
	a = ask(&s, &op);
	assert_int_equal(a->created_ms, made);
	assert_true(a->updated_ms >= made + 45);
	op.delta[0] = 0;
	assert_int_equal(ask(&s, &op)->updated_ms, a->updated_ms);
	op.key = STR("t:unknown");
	assert_int_equal(ask(&s, &op)->created_ms, 0);
	close_one(&s);
}

/* A fencing number rises with every change of owner, and with none besides. */
static void test_fencing(void **state)
{
	static const struct {
		uint64_t wait_ms;
		const char *who;
		unsigned flags;
		bool rises;
	} t[] = {
		{ 0, "a", 0, true },
		{ 0, "a", 0, false },
		{ 0, "b", 0, false },
		{ 200, "b", 0, true },
		{ 0, "b", STORE_F_RELEASE, false },
		{ 5, "a", 0, true },
		{ 200, "a", 0, true },
	};
	struct suite s;
	double last = 0;

	open_one(&s, *state);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct store_op op = { .kind = STORE_LEASE,
				       .flags = t[i].flags,
				       .key = STR("t:lease"),
				       .value = str_c(t[i].who),
				       .ttl_ms = 150 };
		const struct store_answer *a;

		pass(&s, t[i].wait_ms);
		a = ask(&s, &op);
		assert_true(t[i].rises ? a->sum[0] > last : a->sum[0] == last);
		last = a->sum[0];
	}
	close_one(&s);
}

/* Keys, values and members of any octets and of the greatest length. */
static void test_octets(void **state)
{
	static char value[STORE_VALUE_MAX + 1];
	char key[STORE_KEY_MAX + 1];
	struct suite s;
	struct store_op op;

	for (size_t i = 0; i < sizeof value; i++)
		value[i] = (char)(i * 31 + i / 256);
	open_one(&s, *state);
	for (unsigned n = 1; n <= sizeof key; n += n < 8 ? 1 : n == STORE_KEY_MAX ? 1 : 63) {
		bool fits = n <= STORE_KEY_MAX;
		size_t len = n == STORE_KEY_MAX ? STORE_VALUE_MAX : n * 3;

		for (size_t i = 0; i < n; i++)
			key[i] = (char)(i ^ n);
		op = (struct store_op){ .kind = STORE_PUT,
					.key = str_of(key, n),
					.value = str_of(value, len) };
		assert_int_equal(ask(&s, &op)->status, fits ? STORE_OK : STORE_FAILED);
		op.kind = STORE_GET;
		op.value = STR_NULL;
		if (fits)
			assert_true(str_eq(ask(&s, &op)->value, str_of(value, len)));
		op = (struct store_op){ .kind = STORE_JOIN,
					.key = STR("t:members"),
					.member = str_of(key, n) };
		assert_int_equal(ask(&s, &op)->status, fits ? STORE_OK : STORE_FAILED);
	}
	op = (struct store_op){ .kind = STORE_PUT,
				.key = STR("t:large"),
				.value = str_of(value, sizeof value) };
	assert_int_equal(ask(&s, &op)->status, STORE_FULL);
	op.kind = STORE_APPEND;
	assert_int_equal(ask(&s, &op)->status, STORE_FULL);
	op.kind = STORE_READ;
	assert_int_equal(ask(&s, &op)->status, STORE_NONE);
	close_one(&s);
}

/* Ids of a log rise, one reads on from any of them, and a page is bounded. */
static void test_log_ids(void **state)
{
	struct suite s;
	struct store_op op = { .kind = STORE_APPEND, .key = STR("t:log"), .limit = 100000 };
	const struct store_answer *a;
	uint64_t id[40], last = 0;
	char text[20000];
	size_t n = 0;

	open_one(&s, *state);
	for (size_t i = 0; i < 40; i++) {
		memset(text, (int)('A' + i), sizeof text);
		op.value = str_of(text, sizeof text);
		a = ask(&s, &op);
		assert_int_equal(a->status, STORE_OK);
		assert_true(a->id > last);
		id[i] = last = a->id;
	}
	op = (struct store_op){ .kind = STORE_READ, .key = STR("t:log"), .id = id[30] };
	a = ask(&s, &op);
	assert_int_equal(a->nentry, 9);
	assert_int_equal(a->entry[0].id, id[31]);
	for (op.id = 0; (a = ask(&s, &op))->nentry; op.id = id[n - 1])
		for (size_t i = 0; i < a->nentry; i++, n++) {
			assert_int_equal(a->entry[i].id, id[n]);
			assert_int_equal(a->entry[i].value.n, sizeof text);
			assert_int_equal(a->entry[i].value.p[1], 'A' + n);
		}
	assert_int_equal(n, 40);
	close_one(&s);
}

/* A batch answers in order, of the greatest size too; later operations see earlier ones. */
static void test_batches(void **state)
{
	static const unsigned flags[] = { 0, STORE_SLOW, STORE_DURABLE,
					  STORE_DURABLE | STORE_SLOW };
	struct suite s;
	const struct store_answer *a;
	struct store_op op[STORE_BATCH_MAX];
	double sum = 0;

	open_one(&s, *state);
	for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
		for (size_t i = 0; i < STORE_BATCH_MAX; i++)
			op[i] = (struct store_op){ .kind = STORE_ADD,
						   .key = STR("t:n"),
						   .delta = { 1 } };
		a = store_wait(s.store, s.arena, op, STORE_BATCH_MAX, flags[f]);
		for (size_t i = 0; i < STORE_BATCH_MAX; i++) {
			assert_int_equal(a[i].status, STORE_OK);
			assert_true(a[i].sum[0] == ++sum);
		}
	}
	store_wait(s.store, s.arena, op, 0, 0);
	close_one(&s);
}

/* Writes and looks in turn, of one key and of others between. */
static void test_mixed_batch(void **state)
{
	struct suite s;
	const struct store_answer *a;
	struct store_op op[60];
	double sum = 0;

	open_one(&s, *state);
	for (size_t i = 0; i < 60; i++) {
		struct str key = i % 3 == 2 ? arena_printf(s.arena, "t:%zu", i) : STR("t:n");

		op[i] = (struct store_op){ .kind = STORE_ADD, .key = key };
		op[i].delta[0] = i % 3 == 0 || i % 2 == 0;
	}
	a = store_wait(s.store, s.arena, op, 60, 0);
	for (size_t i = 0; i < 60; i++) {
		assert_int_equal(a[i].status, STORE_OK);
		sum += i % 3 == 2 ? 0 : op[i].delta[0];
		assert_true(a[i].sum[0] == (i % 3 == 2 ? op[i].delta[0] : sum));
	}
	close_one(&s);
}

struct heard {
	size_t n;
	bool inside;
};

static void hear(void *arg, const struct store_answer *a, size_t n)
{
	struct heard *h = arg;

	assert_false(h->inside);
	assert_int_equal(n, 1);
	assert_int_equal(a->status, STORE_OK);
	h->n++;
}

/* Answers come later, once, and not to who has cancelled; what was sent is done all the same. */
static void test_calls(void **state)
{
	struct suite s;
	struct heard h = { .inside = true };
	struct store_op op = { .kind = STORE_ADD, .key = STR("t:c"), .delta = { 1 } };
	struct store_call *c[4];

	open_one(&s, *state);
	for (size_t i = 0; i < 4; i++)
		c[i] = store_send(s.store, &op, 1, STORE_SLOW, hear, &h);
	store_cancel(c[1]);
	store_cancel(NULL);
	h.inside = false;
	op.delta[0] = 0;
	while (h.n < 3)
		loop_turn(s.loop, 1000);
	assert_true(ask(&s, &op)->sum[0] == 4);
	assert_int_equal(h.n, 3);
	assert_true(store_up(s.store));
	assert_int_equal(store_stats(s.store)->failed, 0);
	store_send(s.store, &op, 1, 0, hear, &h);
	close_one(&s); /* with a call under way */
	assert_int_equal(h.n, 3);
}

/* ---- moving ---- */

static int by_octets(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	int d = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return d ? d : x->n < y->n ? -1 : x->n > y->n;
}

static size_t walk_all(struct suite *s, uint64_t page, struct str *out, size_t max)
{
	struct store_op op = { .kind = STORE_WALK, .limit = page };
	const struct store_answer *a;
	size_t n = 0;

	do {
		a = ask(s, &op);
		assert_int_equal(a->status, STORE_OK);
		/* A page may be a little more where the store hands out what it has together. */
		assert_true(a->nentry <= STORE_PAGE_MAX);
		for (size_t i = 0; i < a->nentry; i++) {
			assert_true(n < max);
			out[n++] = a->entry[i].value;
		}
		op.value = a->value;
	} while (a->value.n);
	qsort(out, n, sizeof *out, by_octets);
	return n;
}

static void fill(struct suite *s)
{
	struct store_op op[8];

	for (size_t i = 0; i < 60; i++) {
		struct str key = arena_printf(s->arena, "t:%c%zu", 0, i);
		struct str set = arena_printf(s->arena, "t:set%zu", i % 7);
		struct str log = arena_printf(s->arena, "t:log%zu", i % 5);

		op[0] = (struct store_op){ .kind = STORE_PUT,
					   VAL("v\0w"),
					   .ttl_ms = i % 2 ? 0 : 900000 };
		op[1] = (struct store_op){ .kind = STORE_ADD, .delta = { 1, (double)i / 7 } };
		op[2] = (struct store_op){ .kind = STORE_TAKE, .cost = (double)i / 3, .burst = 99 };
		op[3] = (struct store_op){ .kind = STORE_LEASE, VAL("me"), .ttl_ms = 900000 };
		for (size_t k = 0; k < 4; k++)
			op[k].key = arena_printf(s->arena, "t:%zu%c%zu", i, 0, k);
		op[4] = (struct store_op){ .kind = STORE_JOIN, .ttl_ms = i % 3 ? 0 : 900000 };
		op[4].key = set;
		op[4].member = key;
		op[5] = (struct store_op){ .kind = STORE_APPEND };
		op[5].key = log;
		op[5].value = key;
		op[6] = (struct store_op){
			.kind = STORE_PUT, KEY("t:gone"), VAL("x"), .ttl_ms = 1
		};
		store_wait(s->store, s->arena, op, 7, STORE_SLOW);
	}
	pass(s, 50);
}

/* All that is walked, restored in another store of the kind, is walked there as it was. */
static void test_move(void **state)
{
	enum { MOST = 1000 };
	struct suite from, to;
	struct str *a, *b;
	size_t n;

	open_one(&from, *state);
	fill(&from);
	a = ARENA_ARRAY(from.arena, struct str, MOST);
	b = ARENA_ARRAY(from.arena, struct str, MOST);
	n = walk_all(&from, 7, a, MOST);
	assert_int_equal(n, 60 * 6);
	assert_int_equal(walk_all(&from, 0, b, MOST), n);
	for (size_t i = 0; i < n; i++)
		assert_true(str_eq(a[i], b[i]));
	/* What is kept elsewhere may be emptied by the next open: the slices are ours. */
	open_one(&to, *state);
	for (int twice = 0; twice < 2; twice++)
		for (size_t i = 0; i < n; i++) {
			struct store_op op = { .kind = STORE_RESTORE, .value = a[i] };

			assert_int_equal(ask(&to, &op)->status, STORE_OK);
		}
	assert_int_equal(walk_all(&to, 11, b, MOST), n);
	for (size_t i = 0; i < n; i++)
		assert_true(str_eq(a[i], b[i]));
	/* And they are as alive as they were: */
	struct store_op join_op = { .kind = STORE_JOIN, KEY("t:set1"), MEM("new") };
	struct store_op append_op = { .kind = STORE_APPEND, KEY("t:log1"), VAL("new") };
	struct store_op read_op = { .kind = STORE_READ, KEY("t:log1") };
	assert_true(ask(&to, &join_op)->sum[0] == 10);
	assert_int_equal(ask(&to, &append_op)->status, STORE_OK);
	const struct store_answer *read = ask(&to, &read_op);
	assert_int_equal(read->nentry, 13);
	assert_str(read->entry[12].value, "new");
	close_one(&to);
	close_one(&from);
}

/* What is no raw record is not restored, and no cursor of ours is no page. */
static void test_no_record(void **state)
{
	static const char *const octets[] = { "", "R", "R1234567", "Xabcdefghij",
					      "garbage garbage" };
	struct raw_record raw = { 'R', STR("t:x"), STR_NULL, STR("Vvalue"), 0, 0 };
	struct suite s;
	struct str good;

	open_one(&s, *state);
	for (size_t i = 0; i < sizeof octets / sizeof *octets; i++) {
		struct store_op op = { .kind = STORE_RESTORE, .value = str_c(octets[i]) };

		assert_int_equal(ask(&s, &op)->status, STORE_FAILED);
	}
	good = raw_format(s.arena, &raw);
	for (size_t n = 0; n <= good.n; n++) {
		struct store_op op = { .kind = STORE_RESTORE, .value = str_sub(good, 0, n) };
		bool fits = n > good.n - 6; /* with its kind, it is a value, if a shorter one */

		assert_int_equal(ask(&s, &op)->status, fits ? STORE_OK : STORE_FAILED);
	}
	raw.ends_ms = 1000;
	struct store_op op = { .kind = STORE_RESTORE, .value = raw_format(s.arena, &raw) };
	op.key = STR("t:x");
	ask(&s, &(struct store_op){ .kind = STORE_DEL, .key = STR("t:x") });
	assert_int_equal(ask(&s, &op)->status, STORE_OK); /* but it is over */
	op.kind = STORE_GET;
	assert_int_equal(ask(&s, &op)->status, STORE_NONE);
	close_one(&s);
}

int suite_run(const struct suite_kind *kind, size_t n)
{
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		void *k = (void *)(uintptr_t)&kind[i];
		const struct CMUnitTest tests[] = {
#define WITH(f) { #f, f, NULL, NULL, k }
			WITH(test_scripts),	WITH(test_times),   WITH(test_fencing),
			WITH(test_octets),	WITH(test_log_ids), WITH(test_batches),
			WITH(test_mixed_batch), WITH(test_calls),   WITH(test_move),
			WITH(test_no_record),
		};

		failed += cmocka_run_group_tests_name(kind[i].name, tests, NULL, NULL);
	}
	return failed;
}
