/* Robinson-Fisher: f(w), and the chi-squared tests as logarithms, so that nothing underflows. */
#include "learn/bayes.h"

#include <math.h>

#define ENOUGH 1e-12 /* of a series: what comes after it does not count */

double bayes_token(uint32_t ham, uint32_t spam, double all_ham, double all_spam)
{
	double h = all_ham > 0 ? fmin(ham / all_ham, 1) : 0;
	double s = all_spam > 0 ? fmin(spam / all_spam, 1) : 0;
	double n = (double)ham + spam;

	if (h + s <= 0)
		return BAYES_X;
	return bayes_share(s / (h + s), n);
}

double bayes_share(double share, double n)
{
	return (BAYES_S * BAYES_X + n * share) / (BAYES_S + n);
}

void bayes_add(struct bayes *b, double f)
{
	if (fabs(f - 0.5) < BAYES_MIN_DEV)
		return;
	b->ham -= log(f);
	b->spam -= log1p(-f);
	b->n++;
}

/*
 * ln Q of chi-squared 2 m with 2 n degrees of freedom: exp(-m) times the sum of m^i / i! for i < n.
 * Where the terms rise up to the last one (m >= n) they are added from there; else what is missing
 * from 1 is added up from the first one left out.
 */
double bayes_log_q(double m, size_t n)
{
	double last = (double)n - 1, term = 1, sum = 1;

	if (n == 0 || m <= 0)
		return 0;
	if (m >= (double)n) {
		for (double i = last; i > 0 && term > ENOUGH; i--)
			sum += term *= i / m;
		return fmin(0, last * log(m) - m - lgamma(last + 1) + log(sum));
	}
	for (double i = (double)n + 1; term > ENOUGH; i++)
		sum += term *= m / i;
	sum *= exp((double)n * log(m) - m - lgamma((double)n + 1));
	return sum < 1 ? log1p(-sum) : -INFINITY;
}

double bayes_indicator(const struct bayes *b, unsigned depend)
{
	size_t n = (b->n + depend - 1) / depend;
	double part = b->n ? (double)n / (double)b->n : 0;

	return (1 + exp(bayes_log_q(b->ham * part, n)) - exp(bayes_log_q(b->spam * part, n))) / 2;
}
