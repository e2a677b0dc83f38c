/* The two ways to try a classifier on a labelled corpus: online, and by folds. */
#include <math.h>

#include "base/clock.h"
#include "cmd/eval.h"
#include "cmd/source.h"

const double eval_rates[EVAL_RATES] = { 0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05 };

/* Always the same, so that a corpus gives the same figures. */
static const struct hash_key fixed = { UINT64_C(0x6d65726c6f6e2d31), UINT64_C(0x6576616c75617465) };

/* ---- the corpus ---- */

struct reading {
	struct eval *eval;
	bool spam;
};

static void take_mail(void *arg, struct str name, struct str octets)
{
	struct reading *r = arg;
	struct eval *v = r->eval;
	struct arena *a = arena_new(256 * 1024);
	uint64_t began = clock_cpu_us();
	struct eval_mail m = { .place = v->mails.n, .spam = r->spam };
	struct features f;

	(void)name;
	features_of_octets(a, fixed, octets, &f);
	v->read_us += clock_cpu_us() - began;
	m.features = arena_dup(v->arena, features_format(a, &f));
	VEC_PUSH(v->arena, v->mails) = m;
	*(r->spam ? &v->spam : &v->ham) += 1;
	arena_free(a);
}

/* Steele, Lea and Flood 2014: splitmix64. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void shuffle(struct eval *v, uint64_t seed)
{
	for (size_t i = v->mails.n; i > 1; i--) {
		size_t k = (size_t)(next_random(&seed) % i);
		struct eval_mail m = v->mails.p[i - 1];
		v->mails.p[i - 1] = v->mails.p[k];
		v->mails.p[k] = m;
	}
}

int eval_read(struct eval *v, const struct eval_options *o, struct err *e)
{
	for (size_t i = 0; i < o->sources.n; i++) {
		struct reading r = { v, o->sources.p[i].spam };
		if (source_each(o->sources.p[i].path, take_mail, &r, e) < 0)
			return -1;
	}
	if (!v->ham || !v->spam)
		return err_set(e, "%zu ham and %zu spam: expected some of each", v->ham, v->spam);
	shuffle(v, o->seed);
	return 0;
}

/* ---- one model ---- */

struct trial {
	struct arena *arena; /* of the trainer */
	struct model *model;
	struct trainer_state *trainer;
};

static int begin(struct trial *t, struct err *e)
{
	t->arena = arena_new(0);
	t->model = model_new();
	if (!t->model)
		return err_set(e, "no memory for a model");
	model_set_key(t->model, fixed);
	t->trainer = model_trainer(t->arena, t->model);
	return 0;
}

static void end(struct trial *t)
{
	if (t->model)
		model_free(t->model);
	arena_free(t->arena);
}

static void parse(struct arena *a, const struct eval_mail *m, struct features *f)
{
	if (!features_parse(a, m->features, f))
		bug("eval: features that do not parse");
}

static void classify(struct eval *v, const struct trial *t, struct eval_mail *m,
		     const struct features *f)
{
	uint64_t began = clock_cpu_us();
	struct score s = model_score(t->model, f, NULL, 0);

	v->classify_us += clock_cpu_us() - began;
	m->score = s.logit;
	m->p = s.known ? s.p : NAN;
}

static void train(struct eval *v, struct trial *t, const struct eval_mail *m,
		  const struct features *f)
{
	uint64_t began = clock_cpu_us();

	model_move(t->trainer, f, LEARN_NONE, m->spam ? LEARN_SPAM : LEARN_HAM, m->place + 1,
		   STR(""));
	v->train_us += clock_cpu_us() - began;
	v->trainings++;
}

/* ---- what came of it ---- */

static struct roc curve(struct arena *a, const struct eval_mail *m, size_t n)
{
	struct roc_point *p = ARENA_ARRAY(a, struct roc_point, n);

	for (size_t i = 0; i < n; i++)
		p[i] = (struct roc_point){ m[i].score, m[i].spam };
	return roc_new(a, p, n);
}

double eval_missed(const struct eval_curve *c, double rate)
{
	double at;

	return 1 - roc_caught(&c->roc, rate, &at);
}

static void add_step(struct eval *v, size_t from, size_t seen)
{
	struct arena *a = arena_new(0);
	struct roc all = curve(a, v->mails.p, seen);
	struct roc here = curve(a, v->mails.p + from, seen - from);
	const struct eval_curve c = { .roc = here };

	VEC_PUSH(v->arena, v->steps) =
		(struct eval_step){ .seen = seen,
				    .area = roc_area_above(&all),
				    .area_here = roc_area_above(&here),
				    .missed = { eval_missed(&c, 0.001), eval_missed(&c, 0.01) },
				    .ham = here.ham,
				    .spam = here.spam };
	arena_free(a);
}

#define FIT_ROUNDS 50u
#define STEP_MAX 0.2 /* of one round: classes that are apart would have it run away */

static double held(double x, double most)
{
	return x > most ? most : x < -most ? -most : x;
}

/* The logistic curve through scores and labels (Platt 1999), by Newton's method. */
static void fit_calibration(struct eval *v)
{
	double a = 0.1, b = 0;

	for (unsigned round = 0; round < FIT_ROUNDS; round++) {
		double ga = 0, gb = 0, haa = 1e-9, hab = 0, hbb = 1e-9, det;
		for (size_t i = 0; i < v->mails.n; i++) {
			const struct eval_mail *m = &v->mails.p[i];
			double p = 1 / (1 + exp(-(a * m->score + b))), w = p * (1 - p);
			double d = m->spam - p;
			if (isnan(m->p))
				continue;
			ga += d * m->score;
			gb += d;
			haa += w * m->score * m->score;
			hab += w * m->score;
			hbb += w;
		}
		det = haa * hbb - hab * hab;
		if (!(det > 1e-12))
			break;
		a += held((hbb * ga - hab * gb) / det, STEP_MAX);
		b += held((haa * gb - hab * ga) / det, STEP_MAX);
	}
	v->slope = a;
	v->offset = b;
}

static void conclude(struct eval *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->mails.n; i++) {
		const struct eval_mail *m = &v->mails.p[i];
		if (isnan(m->p))
			continue;
		v->p_error += (m->p - m->spam) * (m->p - m->spam);
		n++;
	}
	v->p_error = n ? v->p_error / (double)n : 0;
	fit_calibration(v);
	VEC_PUSH(v->arena, v->curves) =
		(struct eval_curve){ "statistics", "statistics",
				     curve(v->arena, v->mails.p, v->mails.n) };
}

/* ---- the protocols ---- */

int eval_online(struct eval *v, struct err *e)
{
	struct trial t = { 0 };
	struct arena *a = arena_new(256 * 1024);
	int rc = begin(&t, e);
	size_t from = 0;

	for (size_t i = 0; rc == 0 && i < v->mails.n; i++) {
		struct features f;
		parse(a, &v->mails.p[i], &f);
		classify(v, &t, &v->mails.p[i], &f);
		train(v, &t, &v->mails.p[i], &f);
		arena_reset(a);
		if ((i + 1) % EVAL_STEP == 0 || i + 1 == v->mails.n) {
			add_step(v, from, i + 1);
			from = i + 1;
		}
	}
	end(&t);
	arena_free(a);
	if (rc == 0)
		conclude(v);
	return rc;
}

static int try_fold(struct eval *v, unsigned fold, unsigned folds, eval_fold_fn *fn, void *arg,
		    struct err *e)
{
	struct trial t = { 0 };
	struct arena *a = arena_new(256 * 1024);
	int rc = begin(&t, e);

	for (unsigned pass = 0; rc == 0 && pass < 2; pass++)
		for (size_t i = 0; i < v->mails.n; i++) {
			struct features f;
			if ((i % folds == fold) != (pass == 1))
				continue;
			parse(a, &v->mails.p[i], &f);
			if (pass == 0)
				train(v, &t, &v->mails.p[i], &f);
			else
				classify(v, &t, &v->mails.p[i], &f);
			arena_reset(a);
		}
	if (rc == 0 && fn)
		rc = fn(arg, t.model, fold, e);
	end(&t);
	arena_free(a);
	return rc;
}

int eval_folds(struct eval *v, unsigned folds, eval_fold_fn *fn, void *arg, struct err *e)
{
	for (unsigned k = 0; k < folds; k++)
		if (try_fold(v, k, folds, fn, arg, e) < 0)
			return -1;
	conclude(v);
	return 0;
}
