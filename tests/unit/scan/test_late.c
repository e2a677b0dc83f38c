/* Late checks: when they run, what they are told, and how far what they find moves the score. */
#include "unit/scan/world.h"

struct late_world {
	struct world w; /* first */
	double base;	/* score without the late check */
	double vote;	/* of the rule that asks it */
	double lo, hi;
	bool may_accept, finds, degrades;
	bool found; /* in this message */
	unsigned judged;
	double told; /* the preliminary score; -1000: none */
	enum action told_action;
};

static struct late_world *of(const struct scan *s)
{
	return s->env->arg;
}

static enum check_step late_run(struct scan *s, void *state, const void *config)
{
	struct late_world *m = of(s);
	const struct verdict *pre = scan_preliminary(s);

	(void)state;
	(void)config;
	world_mark(s->env->arg, "late");
	m->told = pre ? pre->score : -1000;
	m->told_action = pre ? pre->action : ACT_DISCARD;
	m->found = pre && m->finds;
	if (m->found)
		scan_late(s, m->lo, m->hi, m->may_accept);
	if (m->degrades)
		scan_degraded(s, "oracle");
	scan_degraded(s, "oracle");
	return CHECK_DONE;
}

static enum check_step early_run(struct scan *s, void *state, const void *config)
{
	(void)state;
	(void)config;
	if (s->stage < SCAN_EOM)
		return CHECK_WAIT;
	world_mark(s->env->arg, "early");
	return CHECK_DONE;
}

/* The late one stands first, and still runs last. */
static const struct check late = { .abi = CHECK_ABI,
				   .name = "late",
				   .stage = SCAN_CONNECT,
				   .flags = CHECK_LATE,
				   .run = late_run };
static const struct check early = {
	.abi = CHECK_ABI, .name = "early", .stage = SCAN_CONNECT, .run = early_run
};

static void judge_run(const struct judge *j, struct scan *s)
{
	struct late_world *m = of(s);

	(void)j;
	m->judged++;
	scan_symbol(s, STR("BASE"), m->base, STR_NULL, STR("test"));
	if (m->found)
		scan_symbol(s, STR("VOTE"), m->vote, STR_NULL, STR("test"));
}

static const struct judge judge = { .run = judge_run };

static const char conf[] = "score { tag = 6 reject = 15 }\n";

static struct scan *message(struct late_world *m, unsigned flags)
{
	struct scan_client c = { .profile = STR("inbound") };
	struct scan *s = scan_new(&m->w.env, &c, flags);

	scan_helo(s, STR("client.test"));
	scan_mail(s, STR("<a@one.test>"));
	world_headers(s, "From: a@one.test\nSubject: s\n");
	scan_eoh(s);
	scan_body(s, STR("text\r\n"));
	scan_eom(s, world_done, m);
	if (!m->w.done)
		world_wait(&m->w);
	return s;
}

static void open_world(struct late_world *m)
{
	static const struct check *const checks[] = { &late, &early, NULL };
	struct err e;

	world_open(&m->w, checks, conf, "");
	assert_int_equal(scan_setup_judge(m->w.setup, &judge, &e), 0);
}

static bool has(const struct scan *s, const char *name)
{
	for (size_t i = 0; i < s->verdict.symbols.n; i++)
		if (str_eq(s->verdict.symbols.p[i].name, str_c(name)))
			return true;
	return false;
}

static void test_bounds(void **state)
{
	static const struct {
		double base, vote, lo, hi;
		bool may_accept;
		double want;
		bool cap;
		enum action action;
	} t[] = {
		{ 3, 2, -1, 4, false, 5, false, ACT_ACCEPT },	  /* within */
		{ 3, 50, -1, 4, false, 7, true, ACT_TAG },	  /* too much of it */
		{ 3, -50, -1, 4, false, 2, true, ACT_ACCEPT },	  /* too little */
		{ 14, 4, -1, 4, false, 14.99, true, ACT_TAG },	  /* rejects nobody */
		{ 16, 4, -1, 4, false, 20, false, ACT_REJECT },	  /* who is not rejected anyway */
		{ 6.5, -1, -1, 4, false, 6, true, ACT_TAG },	  /* accepts nobody */
		{ 6.5, -1, -1, 4, true, 5.5, false, ACT_ACCEPT }, /* but where it may */
		{ 6.5, -9, -1, 4, true, 5.5, true, ACT_ACCEPT },  /* and not further */
		{ 3, 2, 0, 0, false, 3, true, ACT_ACCEPT },	  /* no effect at all */
		{ 3, -2, 1, -1, false, 3, true, ACT_ACCEPT },	  /* bounds the wrong way round */
		{ 15, -1, -1, 4, true, 14, false, ACT_TAG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct late_world m = { .base = t[i].base };
		struct scan *s;

		open_world(&m);
		m.base = t[i].base;
		m.vote = t[i].vote;
		m.lo = t[i].lo;
		m.hi = t[i].hi;
		m.may_accept = t[i].may_accept;
		m.finds = true;
		s = message(&m, 0);
		assert_true(s->verdict.score > t[i].want - 1e-9 &&
			    s->verdict.score < t[i].want + 1e-9);
		assert_int_equal(has(s, "LATE_CAP"), t[i].cap);
		assert_true(has(s, "VOTE"));
		assert_int_equal(s->verdict.action, t[i].action);
		assert_int_equal(m.judged, 2);
		assert_true(m.told > t[i].base - 1e-9 && m.told < t[i].base + 1e-9);
		scan_free(s);
		world_close(&m.w);
	}
}

static void test_order_and_cost(void **state)
{
	struct late_world m = { 0 };
	struct scan *s;

	(void)state;
	open_world(&m);
	m.base = 7;
	m.told = 0;
	s = message(&m, 0);
	assert_string_equal(world_trace(&m.w), "early late done");
	assert_int_equal(m.told_action, ACT_TAG);
	assert_int_equal(m.judged, 1); /* it found nothing: the first judgement stands */
	assert_true(s->verdict.score > 6.99 && s->verdict.score < 7.01);
	assert_int_equal(s->verdict.symbols.n, 1);
	assert_int_equal(s->verdict.action, ACT_TAG);
	scan_free(s);
	world_close(&m.w);
}

/* Who is not judged has no preliminary verdict. */
static void test_not_judged(void **state)
{
	struct late_world m = { 0 };
	struct scan *s;

	(void)state;
	open_world(&m);
	m.finds = true;
	s = message(&m, SCAN_F_AUTH_ONLY);
	assert_true(m.told < -999);
	assert_int_equal(m.judged, 0);
	scan_free(s);
	world_close(&m.w);
}

static void test_degraded(void **state)
{
	struct late_world m = { 0 };
	struct scan *s;
	bool said = false;

	(void)state;
	open_world(&m);
	m.degrades = true;
	s = message(&m, 0);
	for (size_t i = 0; i < s->verdict.edits.n; i++)
		if (str_eq(s->verdict.edits.p[i].name, STR("X-Merlon-Degraded"))) {
			assert_str(s->verdict.edits.p[i].value, "oracle");
			said = true;
		}
	assert_true(said);
	scan_free(s);
	world_close(&m.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_order_and_cost),
		cmocka_unit_test(test_not_judged),
		cmocka_unit_test(test_degraded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
