/* Changes of the model: messages that move from one class to another, and time. */
#include <stddef.h>

#include "learn/svm.h"

struct trainer_state *model_trainer(struct arena *a, struct model *m)
{
	struct trainer_state *t = ARENA_NEW(a, struct trainer_state);

	t->model = m;
	t->s = svm_new(a, m->s, m->changed, FEATURES_RAW);
	t->t = svm_new(a, m->t, m->changed + MODEL_S_BLOCKS, SVM_TOKENS);
	return t;
}

void model_count(uint32_t *n, int by)
{
	uint32_t v = MODEL_GET(n);

	if (by > 0 && v < UINT32_MAX)
		MODEL_SET(n, v + 1);
	else if (by < 0 && v > 0)
		MODEL_SET(n, v - 1);
}

static uint64_t changed_cell(uint64_t cell, enum learn_class class, int by)
{
	uint32_t ham = cell_ham(cell), spam = cell_spam(cell);

	model_count(class == LEARN_HAM ? &ham : &spam, by);
	return cell_of(ham, spam);
}

/* The tokens of a message are counted once more, or once less, in cells that begin with block
 * first. */
static void count_tokens(struct model *m, uint64_t *cells, uint32_t mask, size_t first,
			 const struct features *f, enum learn_class class, int by)
{
	for (size_t i = 0; i < f->ntoken; i++) {
		uint32_t at = f->token[i].bucket & mask;
		MODEL_SET(&cells[at], changed_cell(MODEL_GET(&cells[at]), class, by));
		m->changed[first + at / MODEL_BLOCK] = true;
	}
}

static void count_global(struct model *m, const struct features *f, enum learn_class class, int by)
{
	count_tokens(m, m->c, MODEL_C - 1, MODEL_WEIGHT_BLOCKS, f, class, by);
	model_count(class == LEARN_HAM ? &m->n.ham : &m->n.spam, by);
	model_count(class == LEARN_HAM ? &m->n.ham_base : &m->n.spam_base, by);
}

static void count_user(struct model *m, size_t u, const struct features *f, enum learn_class class,
		       int by)
{
	count_tokens(m, m->u[u], MODEL_USER_C - 1, MODEL_GLOBAL_BLOCKS + u * MODEL_USER_BLOCKS, f,
		     class, by);
	model_count(class == LEARN_HAM ? &m->n.user[u].ham : &m->n.user[u].spam, by);
	MODEL_SET(&m->n.user[u].used, m->n.events);
}

static void move_user(struct model *m, const struct features *f, enum learn_class from,
		      enum learn_class to, struct str user)
{
	uint64_t id = model_user_id(m, user);
	size_t u = to == LEARN_NONE ? model_user_find(m, id) : model_user_place(m, id);

	if (u == MODEL_USERS)
		return;
	if (from != LEARN_NONE)
		count_user(m, u, f, from, -1);
	if (to != LEARN_NONE)
		count_user(m, u, f, to, 1);
}

void model_move(struct trainer_state *t, const struct features *f, enum learn_class from,
		enum learn_class to, uint64_t id, struct str user)
{
	struct model *m = t->model;
	uint32_t token[SVM_TOKENS];
	int y = to == LEARN_SPAM ? 1 : -1;

	MODEL_SET(&m->n.events, m->n.events + 1);
	if (user.n)
		move_user(m, f, from, to, user);
	if (from != LEARN_NONE) {
		count_global(m, f, from, -1);
		svm_forget(t->s, id);
		svm_forget(t->t, id);
	}
	if (to != LEARN_NONE) {
		count_global(m, f, to, 1);
		svm_learn(t->s, f->gram, f->ngram, y, id);
		svm_learn(t->t, token, svm_tokens(f, token), y, id);
	}
}

void model_move_user(struct trainer_state *t, const struct features *f, enum learn_class from,
		     enum learn_class to, struct str user)
{
	MODEL_SET(&t->model->n.events, t->model->n.events + 1);
	if (user.n)
		move_user(t->model, f, from, to, user);
}

void model_told(struct trainer_state *t)
{
	MODEL_SET(&t->model->told, t->model->told + 1);
}

/* ---- time ---- */

/* Half of n; of odd ones the half above for every second bucket, so that on the whole it is half.
 */
static uint32_t half(uint32_t n, uint32_t bucket)
{
	return n / 2 + (n & 1 & (bucket ^ bucket >> 7));
}

static bool halve(struct model *m, uint64_t *cells, size_t block)
{
	bool changed = false;

	for (uint32_t i = 0; i < MODEL_BLOCK; i++) {
		uint64_t cell = MODEL_GET(&cells[i]);
		if (!cell)
			continue;
		MODEL_SET(&cells[i], cell_of(half(cell_ham(cell), i), half(cell_spam(cell), i)));
		changed = true;
	}
	m->changed[block] = m->changed[block] || changed;
	return changed;
}

size_t model_decay(struct trainer_state *t, uint32_t today, uint32_t half_life)
{
	struct model *m = t->model;
	size_t n = 0;

	if (half_life == 0)
		return 0;
	if (m->n.decayed == 0)
		m->n.decayed = today;
	if (today < m->n.decayed || today - m->n.decayed < half_life)
		return 0;
	m->n.decayed = today;
	for (size_t i = 0; i < MODEL_C_BLOCKS; i++)
		n += halve(m, m->c + i * MODEL_BLOCK, MODEL_WEIGHT_BLOCKS + i);
	for (size_t u = 0; u < MODEL_USERS; u++)
		for (size_t i = 0; m->n.user[u].id && i < MODEL_USER_BLOCKS; i++)
			n += halve(m, m->u[u] + i * MODEL_BLOCK,
				   MODEL_GLOBAL_BLOCKS + u * MODEL_USER_BLOCKS + i);
	MODEL_SET(&m->n.ham_base, m->n.ham_base / 2);
	MODEL_SET(&m->n.spam_base, m->n.spam_base / 2);
	MODEL_SET(&m->n.events, m->n.events + 1);
	return n;
}

void model_reset(struct trainer_state *t)
{
	struct model *m = t->model;
	struct hash_key key = model_key(m);
	uint64_t told;

	for (size_t u = 0; u < MODEL_USERS; u++)
		if (m->n.user[u].id)
			model_user_clear(m, u);
	told = m->told + 1;
	memset(m, 0, offsetof(struct model, u));
	MODEL_SET(&m->told, told);
	memset(m->changed, true, sizeof m->changed);
	model_set_key(m, key);
	svm_clear(t->s);
	svm_clear(t->t);
}
