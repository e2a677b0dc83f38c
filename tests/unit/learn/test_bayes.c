/* Robinson-Fisher: f(w), the chi-squared test against known values and at its ends. */
#include "lib/test.h"

#include <math.h>

#include "learn/bayes.h"

static void tokens(void **state)
{
	(void)state;
	assert_true(fabs(bayes_token(0, 0, 10, 10) - BAYES_X) < 1e-12);
	assert_true(fabs(bayes_token(0, 1, 10, 10) - (BAYES_S * BAYES_X + 1) / (BAYES_S + 1)) <
		    1e-12);
	assert_true(fabs(bayes_token(5, 5, 10, 10) - 0.5) < 1e-3);
	assert_true(bayes_token(1, 1, 100, 10) > 0.9);
	assert_true(bayes_token(0, 7, 0, 0) == BAYES_X);
	assert_true(bayes_token(UINT32_MAX, UINT32_MAX, 1, 1) > 0.4);
}

/* Q of chi-squared 2 m with 2 n degrees of freedom, from tables. */
static void chi(void **state)
{
	static const struct {
		double m;
		size_t n;
		double q;
	} t[] = {
		{ 0.5, 1, 0.6065306597126334 }, { 2, 1, 0.1353352832366127 },
		{ 3, 3, 0.4231900811268436 },	{ 10, 5, 0.0292526880769611 },
		{ 1, 10, 0.9999998885745217 },	{ 50, 50, 0.4811916845279567 },
		{ 60, 50, 0.0844066810936918 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (fabs(exp(bayes_log_q(t[i].m, t[i].n)) - t[i].q) > 1e-8)
			fail_msg("Q(%g, %zu) is %.12g", t[i].m, t[i].n,
				 exp(bayes_log_q(t[i].m, t[i].n)));
	assert_true(bayes_log_q(0, 5) == 0 && bayes_log_q(-1, 5) == 0 && bayes_log_q(3, 0) == 0);
	assert_true(isfinite(bayes_log_q(1e6, 10)) && bayes_log_q(1e6, 10) < -9e5);
	assert_true(bayes_log_q(1e5, 10000) < 0 && bayes_log_q(1, 10000) <= 0);
	for (double m = 0.1; m < 200; m *= 1.1) /* falls as m rises */
		assert_true(bayes_log_q(m * 1.1, 20) <= bayes_log_q(m, 20));
}

static void indicator(void **state)
{
	struct bayes none = { 0 }, spam = { 0 }, ham = { 0 }, both = { 0 };

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		bayes_add(&spam, 0.99);
		bayes_add(&ham, 0.01);
		bayes_add(&both, i & 1 ? 0.99 : 0.01);
		bayes_add(&none, 0.5 + (i & 1 ? 0.3 : -0.3)); /* says too little */
	}
	assert_int_equal(none.n, 0);
	assert_true(bayes_indicator(&none, 10) == 0.5);
	assert_true(bayes_indicator(&spam, 10) > 0.99 && bayes_indicator(&ham, 10) < 0.01);
	assert_true(fabs(bayes_indicator(&both, 10) - 0.5) < 1e-6);
	assert_true(bayes_indicator(&spam, 1) >= bayes_indicator(&spam, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),
		cmocka_unit_test(chi),
		cmocka_unit_test(indicator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
