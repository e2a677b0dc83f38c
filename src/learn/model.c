/* The mapping, and what it says of a message. */
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "learn/bayes.h"
#include "learn/svm.h"

#define CLAMP 20.0
#define S_SCALE 4.0 /* of a margin, to the scale of log-odds */
#define C_SCALE 8.0 /* of Robinson's indicator less a half */
/* p = 1 / (1 + exp(-(A + B logit))) */
#define PLATT_A 0.0
#define PLATT_B 2.0

struct model *model_new(void)
{
	void *p = mmap(NULL, sizeof(struct model), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void model_free(struct model *m)
{
	if (m)
		munmap(m, sizeof *m);
}

struct hash_key model_key(const struct model *m)
{
	return (struct hash_key){ MODEL_GET(&m->key.k0), MODEL_GET(&m->key.k1) };
}

void model_set_key(struct model *m, struct hash_key key)
{
	MODEL_SET(&m->key.k0, key.k0);
	MODEL_SET(&m->key.k1, key.k1);
}

struct model_counts model_counts(const struct model *m, struct str user)
{
	struct model_counts n = { MODEL_GET(&m->n.ham), MODEL_GET(&m->n.spam),
				  MODEL_GET(&m->n.events) };
	size_t i;

	if (!user.n)
		return n;
	i = model_user_find(m, model_user_id(m, user));
	n.ham = i < MODEL_USERS ? MODEL_GET(&m->n.user[i].ham) : 0;
	n.spam = i < MODEL_USERS ? MODEL_GET(&m->n.user[i].spam) : 0;
	return n;
}

/* ---- what it says ---- */

static double clamp(double v)
{
	return fmin(fmax(v, -CLAMP), CLAMP);
}

static double token_f(const struct model *m, uint64_t cell)
{
	return bayes_token(cell_ham(cell), cell_spam(cell), MODEL_GET(&m->n.ham_base),
			   MODEL_GET(&m->n.spam_base));
}

static double view_c(const struct model *m, const struct features *f)
{
	struct bayes b = { 0 };

	for (size_t i = 0; i < f->ntoken; i++) {
		uint64_t cell = MODEL_GET(&m->c[f->token[i].bucket]);
		if (cell)
			bayes_add(&b, token_f(m, cell));
	}
	return clamp(C_SCALE * (bayes_indicator(&b) - 0.5));
}

static double view_s(const struct model *m, const struct features *f)
{
	return clamp(S_SCALE * svm_margin(m, f->gram, f->ngram));
}

/* How far a count is on its way from MODEL_MIN to MODEL_FULL. */
static double way(uint32_t n)
{
	return n <= MODEL_MIN	 ? 0
	       : n >= MODEL_FULL ? 1
				 : (double)(n - MODEL_MIN) / (double)(MODEL_FULL - MODEL_MIN);
}

struct score model_score(const struct model *m, const struct features *f, const struct str *users,
			 size_t nusers)
{
	struct score r = { .ham = MODEL_GET(&m->n.ham), .spam = MODEL_GET(&m->n.spam) };

	(void)users, (void)nusers;
	r.known = r.ham >= MODEL_MIN && r.spam >= MODEL_MIN;
	r.ramp = fmin(way(r.ham), way(r.spam));
	r.s = view_s(m, f);
	r.c = view_c(m, f);
	r.logit = (r.s + r.c) / 2;
	r.p = 1 / (1 + exp(-(PLATT_A + PLATT_B * r.logit)));
	return r;
}

/* ---- why ---- */

static int by_strength(const void *a, const void *b)
{
	const struct token_evidence *x = a, *y = b;
	double dx = fabs(x->p - 0.5), dy = fabs(y->p - 0.5);

	return dx < dy ? 1 : dx > dy ? -1 : 0;
}

size_t model_explain(const struct model *m, const struct features *f, struct token_evidence *out,
		     size_t cap)
{
	struct arena *a = arena_new(0);
	struct token_evidence *v = ARENA_ARRAY(a, struct token_evidence, f->ntoken);
	size_t n = 0;

	for (size_t i = 0; i < f->ntoken; i++) {
		uint64_t cell = MODEL_GET(&m->c[f->token[i].bucket]);
		double p = cell ? token_f(m, cell) : BAYES_X;
		if (cell && fabs(p - 0.5) >= BAYES_MIN_DEV)
			v[n++] = (struct token_evidence){ f->token[i].text, p, cell_ham(cell),
							  cell_spam(cell) };
	}
	qsort(v, n, sizeof *v, by_strength);
	n = n < cap ? n : cap;
	if (n)
		memcpy(out, v, n * sizeof *v);
	arena_free(a);
	return n;
}
