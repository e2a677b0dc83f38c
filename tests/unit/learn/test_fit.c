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

/* 400 messages: one rule is right nine times in ten, one says nothing, one hits everything. */
static size_t make(struct fit_row *row, uint32_t (*hit)[3])
{
	for (size_t i = 0; i < 400; i++) {
		bool spam = i % 2, right = i % 20 < 18;
		size_t n = 0;
		hit[i][n++] = 0;
		if (i / 2 % 3 == 0)
			hit[i][n++] = 1;
		if (spam == right)
			hit[i][n++] = 2;
		row[i] = (struct fit_row){ spam, n, hit[i] };
	}
	return 400;
}

static void test_scores(void **state)
{
	static const double low[] = { 0, 0, 0 }, high[] = { 8, 8, 8 };
	static uint32_t hit[400][3];
	static struct fit_row row[400];
	const struct fit_problem p = { row, make(row, hit), 3, low, high, NULL };
	const struct fit_goal goal = { .threshold = 5, .ham_rate = 0.2 };
	struct arena *a = arena_new(0);
	const double *score = fit_scores(a, &p, NULL, 0, &options, &goal);
	const double *cross = fit_cross(a, &p, &options, &goal, 5);
	size_t spam = 0, ham = 0;

	(void)state;
	assert_true(score[2] > 3 && score[2] <= 8);
	assert_true(score[0] >= 0 && score[1] >= 0);
	for (size_t i = 0; i < p.nrows; i++)
		*(row[i].spam ? &spam : &ham) += cross[i] >= goal.threshold - 1e-9;
	assert_true(spam > 150 && ham <= 40);
	arena_free(a);
}

/* No score passes its limit, and what the corpus says nothing of stays what it was. */
static void test_limit_and_prior(void **state)
{
	static const double low[] = { 0, 0, 0 }, high[] = { 2, 2, 2 };
	static const double prior[] = { 0, 0, 1.5 };
	static const uint32_t one = 0;
	static const struct fit_row row[] = { { true, 1, &one }, { false, 0, NULL },
					      { true, 1, &one }, { false, 0, NULL },
					      { true, 1, &one }, { false, 0, NULL },
					      { true, 1, &one }, { false, 0, NULL },
					      { true, 1, &one }, { false, 0, NULL } };
	const struct fit_problem p = { row, 10, 3, low, high, prior };
	const struct fit_goal goal = { .threshold = 50, .ham_rate = 0 };
	struct arena *a = arena_new(0);
	const double *score = fit_scores(a, &p, NULL, 0, &options, &goal);

	(void)state;
	assert_true(score[0] > 0 && score[0] <= 2);
	assert_true(score[1] == 0);
	assert_true(fabs(score[2] - 1.5) < 1e-9);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_symmetry), cmocka_unit_test(test_minimum),
		cmocka_unit_test(test_limits),	 cmocka_unit_test(test_subset),
		cmocka_unit_test(test_scores),	 cmocka_unit_test(test_limit_and_prior)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
