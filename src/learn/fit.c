/*
 * The rows are turned round once: for each rule, the messages it hit. A step for one weight then
 * costs no more than those, and the margins of all messages are kept up to date.
 */
#include "learn/fit.h"

#include <math.h>

struct column {
	size_t n;
	size_t *row; /* positions in the training set */
};

struct training {
	const struct fit_problem *p;
	const struct fit_options *o;
	size_t n;
	bool *spam;
	double *margin; /* bias and weights of its rules, summed */
	struct column *column;
};

double fit_score(const double *weight, const struct fit_row *row)
{
	double sum = 0;

	for (size_t i = 0; i < row->n; i++)
		sum += weight[row->feature[i]];
	return sum;
}

static const struct fit_row *row_of(const struct fit_problem *p, const size_t *use, size_t i)
{
	return &p->row[use ? use[i] : i];
}

static void turn_round(struct arena *a, struct training *t, const size_t *use)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct fit_row *r = row_of(t->p, use, i);
		t->spam[i] = r->spam;
		for (size_t k = 0; k < r->n; k++)
			t->column[r->feature[k]].n++;
	}
	for (size_t f = 0; f < t->p->nfeatures; f++) {
		t->column[f].row = ARENA_ARRAY(a, size_t, t->column[f].n);
		t->column[f].n = 0;
	}
	for (size_t i = 0; i < t->n; i++) {
		const struct fit_row *r = row_of(t->p, use, i);
		for (size_t k = 0; k < r->n; k++) {
			struct column *c = &t->column[r->feature[k]];
			c->row[c->n++] = i;
		}
	}
}

/* First and second derivative of the loss of one message by its margin. */
static void slopes(const struct training *t, size_t i, double *first, double *second)
{
	double p = 1 / (1 + exp(-t->margin[i])), weight = t->spam[i] ? 1 : t->o->ham_weight;

	*first += weight * (p - (t->spam[i] ? 1 : 0));
	*second += weight * p * (1 - p);
}

#define STEP_MAX 2.0   /* of a weight at once: a Newton step far from the end goes astray */
#define CURVE_MIN 1e-6 /* what the second derivative counts at least */

static double newton(double first, double second)
{
	double step = -first / (second > CURVE_MIN ? second : CURVE_MIN);

	return step > STEP_MAX ? STEP_MAX : step < -STEP_MAX ? -STEP_MAX : step;
}

static double step_bias(struct training *t, double *bias)
{
	double first = 0, second = 0, step;

	for (size_t i = 0; i < t->n; i++)
		slopes(t, i, &first, &second);
	step = newton(first, second);
	*bias += step;
	for (size_t i = 0; i < t->n; i++)
		t->margin[i] += step;
	return fabs(step);
}

static double step_weight(struct training *t, size_t f, double *weight)
{
	const struct column *c = &t->column[f];
	double prior = t->p->prior ? t->p->prior[f] : 0;
	double first = t->o->penalty * (*weight - prior), second = t->o->penalty, next, step;

	for (size_t k = 0; k < c->n; k++)
		slopes(t, c->row[k], &first, &second);
	next = *weight + newton(first, second);
	next = fmin(fmax(next, t->p->low[f]), t->p->high[f]);
	step = next - *weight;
	*weight = next;
	for (size_t k = 0; k < c->n; k++)
		t->margin[c->row[k]] += step;
	return fabs(step);
}

/* Weights begin at what they are without evidence. */
static void begin(struct training *t, double *weight)
{
	for (size_t f = 0; t->p->prior && f < t->p->nfeatures; f++) {
		weight[f] = t->p->prior[f];
		for (size_t k = 0; k < t->column[f].n; k++)
			t->margin[t->column[f].row[k]] += weight[f];
	}
}

static bool learnable(const struct training *t, size_t f)
{
	return t->column[f].n > 0 && t->p->low[f] < t->p->high[f];
}

struct fit_result fit_train(struct arena *a, const struct fit_problem *p, const size_t *use,
			    size_t nuse, const struct fit_options *o)
{
	struct training t = { .p = p, .o = o, .n = use ? nuse : p->nrows };
	struct fit_result r = { .weight = ARENA_ARRAY(a, double, p->nfeatures) };
	struct arena *own = arena_new(0);
	double largest = INFINITY;

	t.spam = ARENA_ARRAY(own, bool, t.n);
	t.margin = ARENA_ARRAY(own, double, t.n);
	t.column = ARENA_ARRAY(own, struct column, p->nfeatures);
	turn_round(own, &t, use);
	begin(&t, r.weight);
	while (t.n && largest > o->tolerance && r.rounds < o->max_rounds) {
		largest = step_bias(&t, &r.bias);
		for (size_t f = 0; f < p->nfeatures; f++)
			if (learnable(&t, f))
				largest = fmax(largest, step_weight(&t, f, &r.weight[f]));
		r.rounds++;
	}
	arena_free(own);
	return r;
}
