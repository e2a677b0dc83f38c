/* Weights that are known: by symmetry, by limits, and by the equation at the minimum. */
#include "lib/test.h"

#include <math.h>

#include "learn/fit.h"

enum { GOOD, BAD, NEVER, BOTH, FEATURES };

static const uint32_t good[] = { GOOD, BOTH }, bad[] = { BAD, BOTH };
static const struct fit_row rows[] = { { true, 2, bad },   { true, 2, bad },   { true, 2, good },
				       { false, 2, good }, { false, 2, good }, { false, 2, bad } };
static const struct fit_options options = {
	.penalty = 0.1, .ham_weight = 1, .max_rounds = 10000, .tolerance = 1e-10
};

static struct fit_result train(struct arena *a, double low, double high)
{
	static double lows[FEATURES], highs[FEATURES];

	for (size_t f = 0; f < FEATURES; f++) {
		lows[f] = low;
		highs[f] = high;
	}
	return fit_train(a,
			 &(struct fit_problem){ .row = rows,
						.nrows = sizeof rows / sizeof *rows,
						.nfeatures = FEATURES,
						.low = lows,
						.high = highs },
			 NULL, 0, &options);
}

static void test_symmetry(void **state)
{
	struct arena *a = arena_new(0);
	struct fit_result r = train(a, -10, 10);

	(void)state;
	assert_true(r.weight[BAD] > 0.3);
	assert_true(fabs(r.weight[BAD] + r.weight[GOOD]) < 1e-6);
	assert_true(fabs(r.weight[BOTH]) < 1e-6);
	assert_true(r.weight[NEVER] == 0);
	arena_free(a);
}

/* At the minimum the slope of the whole is 0. */
static void test_minimum(void **state)
{
	struct arena *a = arena_new(0);
	struct fit_result r = train(a, -10, 10);
	double slope = options.penalty * r.weight[BAD];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].feature[0] == BAD)
			slope += 1 / (1 + exp(-(r.bias + fit_score(r.weight, &rows[i])))) -
				 (rows[i].spam ? 1 : 0);
	assert_true(fabs(slope) < 1e-6);
	arena_free(a);
}

static void test_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct fit_result r = train(a, 0, 0.2);

	(void)state;
	assert_true(r.weight[GOOD] == 0);
	assert_true(r.weight[BAD] == 0.2);
	arena_free(a);
}

static void test_subset(void **state)
{
	static const double low[FEATURES] = { -9, -9, -9, -9 }, high[FEATURES] = { 9, 9, 9, 9 };
	static const size_t use[] = { 2, 5 }; /* where the good rule is bad, and the other way */
	const struct fit_problem p = { rows, 6, FEATURES, low, high };
	struct arena *a = arena_new(0);
	struct fit_result r = fit_train(a, &p, use, 2, &options);

	(void)state;
	assert_true(r.weight[GOOD] > 0 && r.weight[BAD] < 0);
	assert_int_equal(fit_train(a, &p, use, 0, &options).rounds, 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_symmetry),
					    cmocka_unit_test(test_minimum),
					    cmocka_unit_test(test_limits),
					    cmocka_unit_test(test_subset) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
