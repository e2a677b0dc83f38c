/* The engine: when checks run, what they see, and how a scan ends. */
#include "unit/scan/world.h"

#include "base/clock.h"
#include "scan/ask.h"

/* ---- checks that write down when they run ---- */

static enum check_step fake_run(struct scan *s, const struct check *c, const char *const *ask,
				enum scan_stage until)
{
	struct world *w = s->env->arg;
	bool missing = false, failed = false;

	world_mark(w, c->name);
	for (; *ask; ask++) {
		const struct dns_answer *ans = dns_ask(scan_dns(s), *ask, DNS_TXT);

		missing = missing || !ans;
		failed = failed || (ans && ans->status == DNS_TEMPFAIL);
	}
	if (missing || s->stage < until)
		return CHECK_WAIT;
	scan_publish(s, c, failed ? "tempfail" : "fine");
	world_mark(w, failed ? "tempfail" : "fine");
	return CHECK_DONE;
}

#define FAKE(id, at, until, need, flag, ...)                                                       \
	static const struct check id;                                                              \
	static enum check_step run_##id(struct scan *s, void *state, const void *config)           \
	{                                                                                          \
		static const char *const ask[] = { __VA_ARGS__ };                                  \
		(void)state;                                                                       \
		(void)config;                                                                      \
		return fake_run(s, &id, ask, until);                                               \
	}                                                                                          \
	static const struct check id = { .abi = CHECK_ABI,                                         \
					 .name = #id,                                              \
					 .stage = (at),                                            \
					 .needs = (need),                                          \
					 .flags = (flag),                                          \
					 .run = run_##id }

static const char *const needs_early[] = { "early", NULL };
static const char *const needs_stuck[] = { "stuck", NULL };
static const char *const needs_last[] = { "last", NULL };

FAKE(early, SCAN_CONNECT, SCAN_CONNECT, NULL, 0, "one.test", "two.test", NULL);
FAKE(mail, SCAN_MAIL, SCAN_HEADERS, NULL, 0, NULL);
FAKE(after, SCAN_CONNECT, SCAN_CONNECT, needs_early, 0, "one.test", NULL);
FAKE(content, SCAN_HEADERS, SCAN_EOM, NULL, CHECK_CONTENT, NULL);
FAKE(slow, SCAN_CONNECT, SCAN_CONNECT, NULL, 0, "slow.test", "lost.test", NULL);
FAKE(last, SCAN_EOM, SCAN_EOM, needs_stuck, 0, NULL);
FAKE(final, SCAN_EOM, SCAN_EOM, needs_last, 0, NULL);

/* Waits for what never comes. */
static enum check_step stuck_run(struct scan *s, void *state, const void *config)
{
	static const struct check stuck;
	unsigned *runs = state;

	(void)config;
	(void)stuck;
	++*runs;
	world_mark(s->env->arg, "stuck");
	return CHECK_WAIT;
}

static const struct check stuck = { .abi = CHECK_ABI,
				    .name = "stuck",
				    .stage = SCAN_CONNECT,
				    .state_size = sizeof(unsigned),
				    .run = stuck_run };

/* Needs more CPU time than there is. */
static enum check_step burn_run(struct scan *s, void *state, const void *config)
{
	(void)state;
	(void)config;
	world_mark(s->env->arg, "burn");
	while (!scan_over(s) && clock_cpu_us() - s->priv->cpu_from < 5000000)
		continue;
	return CHECK_DONE;
}

static const struct check burn = { .abi = CHECK_ABI,
				   .name = "burn",
				   .stage = SCAN_HEADERS,
				   .flags = CHECK_CONTENT,
				   .run = burn_run };

static const char zone[] = "one.test TXT \"1\"\n"
			   "two.test TXT \"2\"\n"
			   "slow.test TXT \"3\"\n"
			   "slow.test DELAY 20\n"
			   "lost.test FAULT TIMEOUT\n";

/* ---- when a check runs ---- */

static void test_runs_again_only_for_a_reason(void **state)
{
	static const struct check *const checks[] = { &after, &early, &mail, NULL };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "", zone);
	s = world_scan(&w, "inbound");
	assert_string_equal(world_trace(&w), "early");
	loop_turn(w.loop, 100); /* each answer is a reason; what needs it follows at once */
	assert_string_equal(world_trace(&w), "early early fine after fine");
	assert_int_equal(scan_dns_count(s), 2);
	scan_helo(s, STR("x"));
	assert_string_equal(world_trace(&w), "");
	scan_mail(s, STR("<a@b.test>"));
	assert_string_equal(world_trace(&w), "mail");
	scan_rcpt(s, STR("<a@b.test>"));
	scan_rcpt(s, STR("<a@b.test>"));
	assert_string_equal(world_trace(&w), "");
	scan_header(s, STR("A"), STR(" b"));
	scan_header(s, STR("B"), STR(" b"));
	assert_string_equal(world_trace(&w), "mail"); /* SCAN_RCPT: all recipients are known */
	scan_eoh(s);
	assert_string_equal(world_trace(&w), "mail fine");
	scan_body(s, STR("x\r\n"));
	scan_eom(s, world_done, &w);
	assert_string_equal(world_trace(&w), "done");
	assert_string_equal(scan_result(s, &mail), "fine");
	assert_null(scan_result(s, &slow)); /* not of this scan */
	assert_int_equal(resolver_stats(w.resolver)->sent, 2);
	scan_free(s);
	world_close(&w);
}

static void test_need_is_done_before(void **state)
{
	static const struct check *const checks[] = { &after, &early, NULL };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "", zone);
	s = world_scan(&w, "inbound");
	assert_null(scan_result(s, &early));
	assert_null(scan_result(s, &after));
	loop_turn(w.loop, 100);
	assert_string_equal(scan_result(s, &early), "fine");
	assert_string_equal(scan_result(s, &after), "fine");
	scan_free(s);
	world_close(&w);
}

static void test_poisoned_leaves_content_out(void **state)
{
	static const struct check *const checks[] = { &content, &mail, NULL };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "", zone);
	s = world_message(&w, "From: a@b.test\n");
	assert_string_equal(world_trace(&w), "mail mail content mail fine content fine done");
	assert_int_equal(s->flags & SCAN_F_POISONED, 0);
	scan_free(s);
	w.poison = true;
	s = world_message(&w, "From: a@b.test\n");
	assert_null(strstr(world_trace(&w), "content"));
	assert_true(s->flags & SCAN_F_POISONED);
	assert_null(scan_result(s, &content));
	scan_free(s);
	world_close(&w);
}

/* ---- questions ---- */

/* Over its CPU time no more content is read; authentication goes on. */
static void test_cpu_leaves_content_out(void **state)
{
	static const struct check *const checks[] = { &burn, &content, &mail, NULL };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "scan { cpu = 20ms }", zone);
	s = world_message(&w, "From: a@b.test\n");
	assert_true(s->flags & SCAN_F_CPU);
	assert_true(s->priv->cpu_us >= 20000 && s->priv->cpu_us < 2000000);
	assert_null(strstr(world_trace(&w), "content"));
	assert_null(scan_result(s, &content));
	assert_string_equal(scan_result(s, &mail), "fine");
	scan_free(s);
	world_close(&w);
}

static void test_cpu_is_enough(void **state)
{
	static const struct check *const checks[] = { &content, NULL };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "", zone);
	s = world_message(&w, "From: a@b.test\n");
	assert_false(s->flags & SCAN_F_CPU);
	assert_false(scan_over(s));
	assert_string_equal(scan_result(s, &content), "fine");
	assert_int_equal(w.setup->cpu_us, 800000);
	scan_free(s);
	world_close(&w);
}

static void test_same_question_is_one(void **state)
{
	static const struct check *const checks[] = { &stuck, NULL };
	static const char *const name[] = { "One.Test", "one.test.", "ONE.TEST", "one.test" };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "", zone);
	s = world_scan(&w, "inbound");
	for (size_t i = 0; i < 4; i++)
		assert_null(dns_ask(scan_dns(s), name[i], DNS_TXT));
	assert_null(dns_ask(scan_dns(s), name[0], DNS_A));
	assert_int_equal(scan_dns_count(s), 2);
	assert_int_equal(resolver_stats(w.resolver)->asked, 2);
	assert_null(dns_ask(scan_dns(s), name[1], DNS_TXT));
	loop_turn(w.loop, 100);
	assert_non_null(dns_ask(scan_dns(s), name[0], DNS_TXT));
	assert_ptr_equal(dns_ask(scan_dns(s), name[0], DNS_TXT),
			 dns_ask(scan_dns(s), name[1], DNS_TXT));
	assert_int_equal(dns_ask(scan_dns(s), name[0], DNS_A)->status, DNS_NODATA);
	scan_free(s);
	world_close(&w);
}

static void test_budget_of_questions(void **state)
{
	static const struct check *const checks[] = { &stuck, NULL };
	struct world w;
	struct scan *s;
	char name[32];

	(void)state;
	world_open(&w, checks, "", zone);
	s = world_scan(&w, "inbound");
	for (unsigned i = 0; i < SCAN_MAX_QUERIES; i++) {
		snprintf(name, sizeof name, "n%u.test", i);
		assert_null(dns_ask(scan_dns(s), name, DNS_TXT));
	}
	assert_int_equal(s->flags & SCAN_F_DEGRADED_DNS, 0);
	assert_int_equal(dns_ask(scan_dns(s), "more.test", DNS_TXT)->status, DNS_TEMPFAIL);
	assert_true(s->flags & SCAN_F_DEGRADED_DNS);
	assert_int_equal(scan_dns_count(s), SCAN_MAX_QUERIES);
	assert_int_equal(resolver_stats(w.resolver)->asked, SCAN_MAX_QUERIES);
	assert_null(dns_ask(scan_dns(s), "n0.test", DNS_TXT)); /* an old one is still good */
	scan_free(s);
	assert_int_equal(resolver_stats(w.resolver)->inflight, 0);
	world_close(&w);
}

static void test_closed_asks(void **state)
{
	static const struct check *const checks[] = { &stuck, NULL };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "", zone);
	s = world_scan(&w, "inbound");
	assert_null(dns_ask(scan_dns(s), "one.test", DNS_TXT));
	loop_turn(w.loop, 100);
	assert_null(dns_ask(scan_dns(s), "two.test", DNS_TXT));
	scan_asks_close(s);
	assert_int_equal(resolver_stats(w.resolver)->inflight, 0);
	assert_int_equal(dns_ask(scan_dns(s), "one.test", DNS_TXT)->status, DNS_OK);
	assert_int_equal(dns_ask(scan_dns(s), "two.test", DNS_TXT)->status, DNS_TEMPFAIL);
	assert_int_equal(dns_ask(scan_dns(s), "three.test", DNS_TXT)->status, DNS_TEMPFAIL);
	assert_int_equal(resolver_stats(w.resolver)->asked, 2);
	scan_free(s);
	world_close(&w);
}

/* ---- the end ---- */

static void test_deadline(void **state)
{
	static const struct check *const checks[] = { &early, &slow, NULL };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "", zone);
	w.setup->deadline_ms = 60;
	s = world_message(&w, "From: a@b.test\n");
	assert_true(s->flags & SCAN_F_DEADLINE);
	assert_true(s->flags & SCAN_F_DEGRADED_DNS);
	assert_non_null(strstr(world_trace(&w), "slow tempfail done"));
	assert_string_equal(scan_result(s, &slow), "tempfail");
	assert_string_equal(scan_result(s, &early), "fine");
	assert_int_equal(w.done, 1);
	assert_int_equal(dns_ask(scan_dns(s), "slow.test", DNS_TXT)->status, DNS_OK);
	scan_free(s);
	world_close(&w);
}

/* A check that does not even finish then has no result, and what needs it runs all the same: who
 * removes forged fields must not be kept from it. */
static void test_deadline_with_a_check_that_never_ends(void **state)
{
	static const struct check *const checks[] = { &final, &last, &stuck, NULL };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "", zone);
	w.setup->deadline_ms = 10;
	s = world_message(&w, "From: a@b.test\n");
	assert_null(scan_result(s, &stuck));
	assert_non_null(strstr(world_trace(&w), "stuck last fine final fine done"));
	assert_string_equal(scan_result(s, &final), "fine");
	scan_free(s);
	world_close(&w);
}

static void test_no_deadline_before_the_end(void **state)
{
	static const struct check *const checks[] = { &slow, NULL };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "", zone);
	w.setup->deadline_ms = 5;
	s = world_scan(&w, "inbound");
	for (int i = 0; i < 4; i++)
		loop_turn(w.loop, 10);
	assert_int_equal(w.done, 0);
	assert_int_equal(s->flags & SCAN_F_DEADLINE, 0);
	scan_eom(s, world_done, &w);
	world_wait(&w);
	assert_true(s->flags & SCAN_F_DEADLINE);
	scan_free(s);
	world_close(&w);
}

/* done runs once: inside scan_eom if nothing is waited for, and it may free the scan. */
static void test_freed_by_done(void **state)
{
	static const struct check *const quick[] = { &mail, NULL };
	static const struct check *const waits[] = { &slow, NULL };
	struct world w;

	(void)state;
	world_open(&w, quick, "", zone);
	w.free_in_done = true;
	world_message(&w, "From: a@b.test\n");
	assert_int_equal(w.done, 1);
	world_close(&w);
	world_open(&w, waits, "", zone);
	w.setup->deadline_ms = 40;
	w.free_in_done = true;
	world_message(&w, "From: a@b.test\n");
	assert_int_equal(w.done, 1);
	world_close(&w);
}

/* Freed after each event, with questions under way; nothing is told or leaked afterwards. */
static void test_freed_at_every_moment(void **state)
{
	static const struct check *const checks[] = { &early, &after, &slow, NULL };
	struct world w;

	(void)state;
	world_open(&w, checks, "", zone);
	w.setup->deadline_ms = 5;
	for (int stop = 0; stop < 9; stop++) {
		struct scan *s = world_scan(&w, "inbound");

		for (int step = 0; step < stop; step++)
			switch (step) {
			case 0:
				scan_helo(s, STR("x"));
				break;
			case 1:
				scan_mail(s, STR("<>"));
				break;
			case 2:
				scan_rcpt(s, STR("<x@y>"));
				break;
			case 3:
				scan_header(s, STR("From"), STR(" a@b.test"));
				break;
			case 4:
				scan_eoh(s);
				break;
			case 5:
				scan_body(s, STR("x"));
				break;
			case 6:
				scan_eom(s, world_done, &w);
				break;
			default:
				loop_turn(w.loop, 0);
				break;
			}
		scan_free(s);
	}
	scan_free(NULL);
	assert_int_equal(resolver_stats(w.resolver)->inflight, 0);
	for (int i = 0; i < 3; i++)
		loop_turn(w.loop, 10);
	assert_int_equal(w.done, 0);
	world_close(&w);
}

/* Whoever leaves out commands still gets every check run. */
static void test_missing_events(void **state)
{
	static const struct check *const checks[] = { &early, &mail, &content, NULL };
	struct world w;
	struct scan *s;

	(void)state;
	world_open(&w, checks, "", zone);
	s = world_scan(&w, "inbound");
	scan_eom(s, world_done, &w);
	world_wait(&w);
	assert_string_equal(scan_result(s, &content), "fine");
	assert_string_equal(scan_result(s, &mail), "fine");
	assert_true(s->mail_ok);
	assert_int_equal(s->mail.domain.n, 0);
	scan_free(s);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_again_only_for_a_reason),
		cmocka_unit_test(test_need_is_done_before),
		cmocka_unit_test(test_poisoned_leaves_content_out),
		cmocka_unit_test(test_cpu_leaves_content_out),
		cmocka_unit_test(test_cpu_is_enough),
		cmocka_unit_test(test_same_question_is_one),
		cmocka_unit_test(test_budget_of_questions),
		cmocka_unit_test(test_closed_asks),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_deadline_with_a_check_that_never_ends),
		cmocka_unit_test(test_no_deadline_before_the_end),
		cmocka_unit_test(test_freed_by_done),
		cmocka_unit_test(test_freed_at_every_moment),
		cmocka_unit_test(test_missing_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
