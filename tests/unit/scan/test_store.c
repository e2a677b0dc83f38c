/* What a scan asks the store and leaves there, and verdicts that hold for equal messages. */
#include "unit/scan/world.h"

#include "base/clock.h"
#include "scan/stats.h"
#include "store/store.h"

struct memory_world {
	struct world w; /* first */
	struct store *store;
	struct scan_stats stats;
	unsigned judged; /* times the judge was asked */
	uint64_t mark;
};

static struct memory_world *of(const struct scan *s)
{
	return s->env->arg;
}

/* ---- checks ---- */

static struct store_op count_op(const char *key)
{
	return (struct store_op){
		.kind = STORE_ADD, .key = str_c(key), .delta = { 1 }, .ttl_ms = 60000
	};
}

/* Counts under two keys, asks twice for one of them, and shows what it was told. */
static enum check_step memory_run(struct scan *s, void *state, const void *config)
{
	struct store_op a = count_op("t:a"), b = count_op("t:b");
	const struct store_answer *ra = scan_store(s, &a), *again = scan_store(s, &a),
				  *rb = scan_store(s, &b);

	(void)state;
	(void)config;
	if (!ra || !rb)
		return CHECK_WAIT;
	assert_ptr_equal(ra, again);
	world_mark(s->env->arg,
		   arena_printf(s->arena, "%d/%g/%g", ra->status, ra->sum[0], rb->sum[0]).p);
	return CHECK_DONE;
}

static uint64_t memory_mark(const struct scan *s)
{
	return of(s)->mark;
}

static void memory_after(struct scan *s, const void *config)
{
	(void)config;
	scan_store_note(s, &(struct store_op){ .kind = STORE_PUT,
					       .key = STR("t:note"),
					       .value = STR("seen"),
					       .ttl_ms = 60000 });
}

static const struct check memory = { .abi = CHECK_ABI,
				     .name = "memory",
				     .stage = SCAN_CONNECT,
				     .flags = CHECK_MEMORY,
				     .run = memory_run,
				     .mark = memory_mark,
				     .after = memory_after };

static enum check_step reader_run(struct scan *s, void *state, const void *config)
{
	(void)state;
	(void)config;
	world_mark(s->env->arg, "reads");
	return CHECK_DONE;
}

static const struct check reader = { .abi = CHECK_ABI,
				     .name = "reader",
				     .stage = SCAN_EOM,
				     .flags = CHECK_CONTENT,
				     .run = reader_run };

static void judge_run(const struct judge *j, struct scan *s)
{
	(void)j;
	of(s)->judged++;
	scan_symbol(s, STR("JUDGED"), 1.5, STR("why"), STR("test"));
}

static const struct judge judge = { .run = judge_run, .generation = 7 };

static void open_world(struct memory_world *m, const char *conf, bool with_store)
{
	static const struct check *const checks[] = { &reader, &memory, NULL };
	struct err e;

	memset(m, 0, sizeof *m);
	world_open(&m->w, checks, conf, "");
	assert_int_equal(scan_setup_judge(m->w.setup, &judge, &e), 0);
	m->store = with_store ? store_memory(m->w.loop) : NULL;
	m->w.env.store = m->store;
	m->w.env.stats = &m->stats;
}

static void close_world(struct memory_world *m)
{
	store_free(m->store);
	world_close(&m->w);
}

static struct scan *begin(struct memory_world *m, unsigned flags, const char *body)
{
	struct scan_client c = { .profile = STR("inbound"), .host = STR("client.test") };
	struct scan *s = scan_new(&m->w.env, &c, flags);

	scan_helo(s, STR("client.test"));
	scan_mail(s, STR("<a@one.test>"));
	world_headers(s, "Received: from x by y\nFrom: a@one.test\nSubject: s\n");
	scan_eoh(s);
	scan_body(s, str_c(body));
	scan_eom(s, world_done, m);
	return s;
}

static struct scan *message(struct memory_world *m, unsigned flags, const char *body)
{
	unsigned before = m->w.done;
	struct scan *s = begin(m, flags, body);

	if (m->w.done == before)
		world_wait(&m->w);
	return s;
}

/* ---- questions ---- */

static void test_questions(void **state)
{
	static const struct {
		unsigned flags;
		bool store, readonly;
		const char *trace; /* of two messages */
		bool note;
		uint64_t calls; /* two batches a message */
	} t[] = {
		{ 0, true, false, "1/1 2/2", true, 4 },
		{ 0, true, true, "0/0 0/0", false, 2 },
		{ SCAN_F_LOCAL, true, false, "0/0 0/0", false, 0 },
		{ 0, false, false, "0/0 0/0", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct memory_world m;
		struct arena *a = arena_new(0);
		struct str got = STR("");
		open_world(&m, "cache { ttl = 0s }", t[i].store);
		m.w.env.readonly = t[i].readonly;
		for (unsigned k = 0; k < 2; k++) {
			struct scan *s = message(&m, t[i].flags, "x\r\n");
			const char *sums = strchr(world_trace(&m.w), '/');
			got = arena_printf(a, "%.*s%s%.3s", STR_ARG(got), k ? " " : "", sums + 1);
			assert_int_equal(s->flags & SCAN_F_DEGRADED_STORE, 0);
			scan_free(s);
		}
		assert_string_equal(arena_cstr(a, got), t[i].trace);
		if (m.store) {
			assert_int_equal(store_stats(m.store)->calls, t[i].calls);
			assert_int_equal(store_wait(m.store, a,
						    &(struct store_op){ .kind = STORE_GET,
									.key = STR("t:note") },
						    1, 0)
						 ->status,
					 t[i].note ? STORE_OK : STORE_NONE);
		}
		close_world(&m);
		arena_free(a);
	}
}

/* A scan that goes away while the store is asked takes nothing with it. */
static void test_gone(void **state)
{
	struct memory_world m;

	(void)state;
	open_world(&m, "", true);
	scan_free(begin(&m, 0, "x\r\n"));
	for (unsigned i = 0; i < 3; i++)
		loop_turn(m.w.loop, 1);
	assert_int_equal(m.w.done, 0);
	close_world(&m);
}

/* ---- verdicts of equal messages ---- */

static void test_cache(void **state)
{
	static const struct {
		const char *conf, *first, *second;
		unsigned flags;	    /* of the second */
		uint64_t mark;	    /* then */
		uint64_t first_lim; /* flags of the first when it ends */
		bool hit;
	} t[] = {
		{ "", "x\r\n", "x\r\n", 0, 0, 0, true },
		{ "", "x\r\n", "y\r\n", 0, 0, 0, false },
		{ "", "x\r\n", "x\r\n", SCAN_F_NO_CACHE, 0, 0, false },
		{ "", "x\r\n", "x\r\n", 0, 1, 0, false },
		{ "", "x\r\n", "x\r\n", 0, 0, SCAN_F_PATTERNS, false },
		{ "cache { ttl = 0s }", "x\r\n", "x\r\n", 0, 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct memory_world m;
		struct scan *s;
		open_world(&m, t[i].conf, true);
		scan_free(message(&m, (unsigned)t[i].first_lim, t[i].first));
		world_trace(&m.w);
		m.mark = t[i].mark;
		s = message(&m, t[i].flags, t[i].second);
		assert_int_equal((s->flags & SCAN_F_CACHED) != 0, t[i].hit);
		assert_int_equal(strstr(world_trace(&m.w), "reads") != NULL, !t[i].hit);
		assert_int_equal(m.judged, t[i].hit ? 1 : 2);
		assert_int_equal(m.stats.n[COUNT_CACHE_HIT], t[i].hit);
		assert_int_equal(s->verdict.symbols.n, 1);
		assert_true(str_eq(s->verdict.symbols.p[0].name, STR("JUDGED")));
		assert_true(s->verdict.score > 1.49 && s->verdict.score < 1.51);
		scan_free(s);
		close_world(&m);
	}
}

/* Equal messages at once: one is judged, the others wait for it. */
static void test_single_flight(void **state)
{
	struct memory_world m;
	struct scan *s[5];

	(void)state;
	open_world(&m, "", true);
	for (size_t i = 0; i < 5; i++)
		s[i] = begin(&m, 0, "x\r\n");
	while (m.w.done < 5)
		world_wait(&m.w);
	assert_int_equal(m.judged, 1);
	assert_int_equal(m.stats.n[COUNT_CACHE_HIT], 4);
	for (size_t i = 0; i < 5; i++)
		scan_free(s[i]);
	close_world(&m);
}

/* A judge that never says anything is not waited for. */
static void test_claim_left(void **state)
{
	struct memory_world m;
	struct scan *s;
	uint64_t began;

	(void)state;
	open_world(&m, "", true);
	s = begin(&m, 0, "x\r\n");
	loop_turn(m.w.loop, 1);
	scan_free(s);
	m.w.done = 0;
	began = clock_mono_ms();
	scan_free(message(&m, 0, "x\r\n"));
	assert_true(clock_mono_ms() - began < 1000);
	assert_true(m.judged >= 1);
	close_world(&m);
}

static void test_record(void **state)
{
	struct arena *a = arena_new(0);
	const struct symbol y[] = { { STR("A"), 1.25, STR_NULL, STR("g") },
				    { STR("B_2"), -3, STR("e\0\xff"), STR("") } };
	struct str s = cache_format(a, 0x0102030405060708u, y, 2);
	struct cached v;

	(void)state;
	assert_true(cache_parse(a, s, &v));
	assert_int_equal(v.mark, 0x0102030405060708u);
	assert_int_equal(v.symbols.n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(str_eq(v.symbols.p[i].name, y[i].name));
		assert_true(str_eq(v.symbols.p[i].evidence, y[i].evidence));
		assert_int_equal(v.symbols.p[i].evidence.p == NULL, y[i].evidence.p == NULL);
		assert_true(v.symbols.p[i].score == y[i].score);
	}
	for (size_t n = 0; n < s.n; n++)
		assert_false(cache_parse(a, str_sub(s, 0, n), &v));
	assert_false(cache_parse(a, arena_printf(a, "%.*sx", STR_ARG(s)), &v));
	assert_false(cache_parse(a, STR("C"), &v));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),  cmocka_unit_test(test_gone),
		cmocka_unit_test(test_cache),	   cmocka_unit_test(test_single_flight),
		cmocka_unit_test(test_claim_left), cmocka_unit_test(test_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
