/* Tests of the loop: timers fire once, in time, never when cancelled, and the loop can be left. */
#include "lib/test.h"

#include "base/clock.h"
#include "io/loop.h"

struct seen {
	struct loop *l;
	char order[8];
	size_t n;
	uint64_t at[8];
	struct loop_timer *victim;
};

struct mark {
	struct seen *seen;
	char c;
};

static void mark(void *arg)
{
	struct mark *m = arg;

	m->seen->at[m->seen->n] = clock_mono_us();
	m->seen->order[m->seen->n++] = m->c;
}

static void mark_and_stop(void *arg)
{
	struct mark *m = arg;

	mark(arg);
	loop_stop(m->seen->l);
}

static void cancel_victim(void *arg)
{
	struct mark *m = arg;

	mark(arg);
	loop_cancel(m->seen->victim);
}

static void chain(void *arg)
{
	struct mark *m = arg;

	mark(arg);
	loop_after(m->seen->l, 0, mark, arg);
}

static void test_order_and_time(void **state)
{
	struct loop *l = loop_new();
	struct seen s = { .l = l };
	struct mark m[] = { { &s, 'c' }, { &s, 'a' }, { &s, 'b' }, { &s, 'x' } };
	uint64_t t0 = clock_mono_us();
	(void)state;

	loop_after(l, 30, mark_and_stop, &m[0]);
	loop_after(l, 0, mark, &m[1]);
	loop_after(l, 15, mark, &m[2]);
	loop_cancel(loop_after(l, 5, mark, &m[3]));
	loop_cancel(NULL);
	assert_int_equal(s.n, 0); /* never from inside loop_after */
	loop_run(l);
	assert_string_equal(s.order, "abc");
	assert_true(s.at[1] - t0 >= 15000 && s.at[2] - t0 >= 30000);
	loop_free(l);
}

static void test_cancel_from_callback(void **state)
{
	struct loop *l = loop_new();
	struct seen s = { .l = l };
	struct mark m[] = { { &s, 'a' }, { &s, 'x' }, { &s, 'z' } };
	(void)state;

	/* Both are due in the same turn: the first takes the second away. */
	loop_after(l, 1, cancel_victim, &m[0]);
	s.victim = loop_after(l, 2, mark, &m[1]);
	for (uint64_t until = clock_mono_ms() + 10; clock_mono_ms() < until;)
		continue;
	loop_after(l, 5, mark_and_stop, &m[2]);
	loop_run(l);
	assert_string_equal(s.order, "az");
	loop_free(l);
}

static void test_turn(void **state)
{
	struct loop *l = loop_new();
	struct seen s = { .l = l };
	struct mark m = { &s, 'a' };
	uint64_t t0 = clock_mono_ms();
	(void)state;

	loop_turn(l, 20);
	assert_true(clock_mono_ms() - t0 >= 20);
	loop_after(l, 0, chain, &m);
	loop_turn(l, 1000);
	assert_int_equal(s.n, 1);
	loop_turn(l, 1000);
	assert_string_equal(s.order, "aa");
	assert_true(clock_mono_ms() - t0 < 1000);
	loop_free(l);
}

/* What is still set when the loop goes is forgotten, not called and not leaked. */
static void test_free_pending(void **state)
{
	struct loop *l = loop_new();
	struct seen s = { .l = l };
	struct mark m = { &s, 'a' };
	(void)state;

	for (uint64_t i = 0; i < 100; i++)
		loop_after(l, i, mark, &m);
	loop_free(l);
	loop_free(NULL);
	assert_int_equal(s.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_time),
		cmocka_unit_test(test_cancel_from_callback),
		cmocka_unit_test(test_turn),
		cmocka_unit_test(test_free_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
