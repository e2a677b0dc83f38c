/* The mapping, and what it says of a message. */
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "learn/bayes.h"
#include "learn/svm.h"

#define CLAMP 20.0
#define SVM_SCALE 4.0	/* of a margin, to the scale of log-odds */
#define C_SCALE 8.0	/* of Robinson's indicator less a half */
#define USER_SCALE 24.0 /* the same of a user's own: it may stand against three views */
#define USER_HALF 30.0	/* messages of a user's own at which they count as much as all others' */
/* The tokens of a message depend on each other: so many of them count as one that does not
 * (Robinson's effective size). */
#define DEPEND 10u
/* Messages of the rarer class at which half is believed of what the views say. */
#define TRUST_HALF 10.0
/*
 * p = 1 / (1 + exp(-(A + B logit))), by maximum likelihood (Platt 1999) over scores of the
 * development corpus that the model had not learnt from: three orders online, from the 1000th
 * message on, and seven folds of other lists and other months without feedback. Of the latter, of
 * those over 0.99 99.5 % were spam, of those under 0.01 none; A is below 0 because unseen ham lies
 * nearer to 0 than spam does.
 */
#define PLATT_A -1.7
#define PLATT_B 3.5

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
				  MODEL_GET(&m->n.events), MODEL_GET(&m->told) };
	size_t i;

	if (!user.n)
		return n;
	i = model_user_find(m, model_user_id(m, user));
	n.told = 0;
	n.ham = i < MODEL_USERS ? MODEL_GET(&m->n.user[i].ham) : 0;
	n.spam = i < MODEL_USERS ? MODEL_GET(&m->n.user[i].spam) : 0;
	return n;
}

/* ---- what it says ---- */

static double clamp(double v)
{
	return fmin(fmax(v, -CLAMP), CLAMP);
}

/* What view C's counts are parts of, and a user's own ones. */
struct shares {
	double ham, spam;
	const uint64_t *own; /* NULL: none */
	double own_ham, own_spam;
};

static struct shares shares_of(const struct model *m)
{
	return (struct shares){ .ham = MODEL_GET(&m->n.ham_base),
				.spam = MODEL_GET(&m->n.spam_base) };
}

static double token_f(const struct shares *s, uint64_t cell)
{
	return bayes_token(cell_ham(cell), cell_spam(cell), s->ham, s->spam);
}

/* The share of a class that has a token: everybody's, and more of the user's own the more of it
 * there is. */
static double own_share(double n, double all, double own, double all_own)
{
	double trust = all_own / (all_own + USER_HALF);

	return (1 - trust) * (all > 0 ? fmin(n / all, 1) : 0) +
	       trust * (all_own > 0 ? fmin(own / all_own, 1) : 0);
}

/* As token_f, in the eyes of a user: as many messages as are known of both, in the shares that
 * both make. */
static double token_own(const struct shares *s, uint64_t cell, uint64_t own)
{
	double h = own_share(cell_ham(cell), s->ham, cell_ham(own), s->own_ham);
	double p = own_share(cell_spam(cell), s->spam, cell_spam(own), s->own_spam);
	double n = (double)cell_ham(cell) + cell_spam(cell) + cell_ham(own) + cell_spam(own);

	return n > 0 && h + p > 0 ? bayes_share(p / (h + p), n) : BAYES_X;
}

/* Robinson's indicator less a half, -0.5 to 0.5. */
static double view_c(const struct model *m, const struct features *f, const struct shares *s)
{
	struct bayes b = { 0 };

	for (size_t i = 0; i < f->ntoken; i++) {
		uint32_t at = f->token[i].bucket;
		uint64_t cell = MODEL_GET(&m->c[at]);
		uint64_t own = s->own ? MODEL_GET(&s->own[at & (MODEL_USER_C - 1)]) : 0;
		if (s->own)
			bayes_add(&b, token_own(s, cell, own));
		else if (cell)
			bayes_add(&b, token_f(s, cell));
	}
	return bayes_indicator(&b, DEPEND) - 0.5;
}

static double view_s(const struct model *m, const struct features *f)
{
	return clamp(SVM_SCALE * svm_margin(m->s, f->gram, f->ngram));
}

static double view_t(const struct model *m, const struct features *f)
{
	uint32_t token[SVM_TOKENS];
	size_t n = svm_tokens(f, token);

	return clamp(SVM_SCALE * svm_margin(m->t, token, n));
}

/* What the first of the users who has learnt enough says; how much it weighs beside a view. */
static double view_user(const struct model *m, const struct features *f, const struct str *users,
			size_t nusers, double *weight)
{
	struct shares s = shares_of(m);
	size_t u = MODEL_USERS;

	*weight = 0;
	for (size_t i = 0; i < nusers && u == MODEL_USERS; i++) {
		u = model_user_find(m, model_user_id(m, users[i]));
		if (u == MODEL_USERS)
			continue;
		s.own_ham = MODEL_GET(&m->n.user[u].ham);
		s.own_spam = MODEL_GET(&m->n.user[u].spam);
		if (s.own_ham + s.own_spam < MODEL_USER_MIN)
			u = MODEL_USERS;
	}
	if (u == MODEL_USERS)
		return 0;
	s.own = m->u[u];
	*weight = (s.own_ham + s.own_spam) / (s.own_ham + s.own_spam + USER_HALF);
	return clamp(USER_SCALE * view_c(m, f, &s));
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
	struct shares all = shares_of(m);
	double rarer = r.ham < r.spam ? r.ham : r.spam, own;

	r.known = r.ham >= MODEL_MIN && r.spam >= MODEL_MIN;
	r.ramp = fmin(way(r.ham), way(r.spam));
	r.s = view_s(m, f);
	r.t = view_t(m, f);
	r.c = clamp(C_SCALE * view_c(m, f, &all));
	r.user = view_user(m, f, users, nusers, &own);
	r.logit = (r.s + r.c + r.t + own * r.user) / (3 + own) * rarer / (rarer + TRUST_HALF);
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
	struct shares all = shares_of(m);
	size_t n = 0;

	for (size_t i = 0; i < f->ntoken; i++) {
		uint64_t cell = MODEL_GET(&m->c[f->token[i].bucket]);
		double p = cell ? token_f(&all, cell) : BAYES_X;
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
