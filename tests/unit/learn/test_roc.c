/* Curves counted by hand. */
#include "lib/test.h"

#include <math.h>

#include "learn/roc.h"

static const struct {
	const char *what;
	const char *list; /* letters by falling score; "s" spam, "h" ham; "(" ")" equal scores */
	double rate, caught, area_above;
} rows[] = {
	{ "all apart", "sssshhhh", 0, 1, 0 },
	{ "all wrong", "hhhhssss", 0, 0, 1 },
	{ "one ham on top, none allowed", "hsss", 0, 0, 1 },
	{ "one ham of four on top, a quarter allowed", "hssshhh", 0.25, 1, 0.25 },
	{ "just under a quarter", "hssshhh", 0.24, 0, 0.25 },
	{ "equal scores are one step", "s(sh)sh", 0, 1.0 / 3, (0.5 + 1) / 6 },
	{ "all equal", "(shsh)", 0.4, 0, 0.5 },
	{ "no ham", "sss", 0, 1, 0.5 },
	{ "no spam", "hhh", 0, 0, 0.5 },
	{ "nothing", "", 0, 0, 0.5 },
};

static size_t read_list(const char *list, struct roc_point *p)
{
	double score = 100;
	bool together = false;
	size_t n = 0;

	for (; *list; list++) {
		if (*list == '(' || *list == ')') {
			together = *list == '(';
			score--;
			continue;
		}
		p[n++] = (struct roc_point){ score, *list == 's' };
		if (!together)
			score--;
	}
	return n;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_new(0);
		struct roc_point p[16];
		double threshold;
		struct roc r = roc_new(a, p, read_list(rows[i].list, p));
		double caught = roc_caught(&r, rows[i].rate, &threshold);
		if (fabs(caught - rows[i].caught) > 1e-9 ||
		    fabs(roc_area_above(&r) - rows[i].area_above) > 1e-9)
			fail_msg("%s: caught %f, area above %f", rows[i].what, caught,
				 roc_area_above(&r));
		arena_free(a);
	}
}

static void test_at(void **state)
{
	const struct roc_point p[] = { { 1, false }, { 3, true }, { NAN, false }, { 2, true } };
	struct arena *a = arena_new(0);
	struct roc r = roc_new(a, p, 4);
	size_t spam, ham;

	(void)state;
	roc_at(&r, 2, &spam, &ham);
	assert_int_equal(spam, 2);
	assert_int_equal(ham, 0);
	roc_at(&r, 1, &spam, &ham);
	assert_int_equal(ham, 1);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows),
					    cmocka_unit_test(test_at) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
