/* Dual coordinate ascent over a ring of messages. */
#include "learn/svm.h"

#include <math.h>

#define STEP_MIN 1e-6 /* a smaller step is not made */

struct svm *svm_new(struct arena *a, float *w, bool *changed, size_t max)
{
	struct svm *s = ARENA_NEW(a, struct svm);
	uint32_t *room = arena_alloc(a, arena_mul(SVM_RING * max, sizeof *room));

	s->w = w;
	s->changed = changed;
	s->max = max;
	for (size_t i = 0; i < SVM_RING; i++)
		s->e[i].at = room + i * max;
	return s;
}

double svm_margin(const float *w, const uint32_t *at, size_t n)
{
	double sum = 0;

	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)model_float(&w[at[i]]);
	return sum / sqrt((double)n);
}

size_t svm_tokens(const struct features *f, uint32_t *at)
{
	size_t n = f->ntoken < SVM_TOKENS ? f->ntoken : SVM_TOKENS;

	for (size_t i = 0; i < n; i++)
		at[i] = f->token[i].bucket;
	return n;
}

/* The weights of an entry's features change as its alpha does by step. */
static void weigh(struct svm *s, const struct svm_entry *e, double step)
{
	float by = (float)(step * e->y / sqrt((double)e->n));

	for (size_t i = 0; i < e->n; i++) {
		model_set_float(&s->w[e->at[i]], model_float(&s->w[e->at[i]]) + by);
		s->changed[e->at[i] / MODEL_BLOCK] = true;
	}
}

/* Moves one alpha to where its message stands at the margin. */
static void ascend(struct svm *s, struct svm_entry *e)
{
	double gap = 1 - e->y * svm_margin(s->w, e->at, e->n);
	double alpha = fmin(fmax(e->alpha + gap, 0), SVM_C);

	if (fabs(alpha - e->alpha) < STEP_MIN)
		return;
	weigh(s, e, alpha - e->alpha);
	e->alpha = alpha;
}

struct svm_entry *svm_recent(struct svm *s, size_t i)
{
	return &s->e[(s->next + SVM_RING - 1 - i) % SVM_RING];
}

void svm_learn(struct svm *s, const uint32_t *at, size_t n, int y, uint64_t id)
{
	struct svm_entry *e = &s->e[s->next];

	if (n == 0 || y * svm_margin(s->w, at, n) >= SVM_MARGIN)
		return;
	s->next = (s->next + 1) % SVM_RING;
	s->n += s->n < SVM_RING;
	e->id = id;
	e->y = y;
	e->alpha = 0;
	e->n = n;
	memcpy(e->at, at, n * sizeof *at);
	for (size_t i = 0; i < s->n; i++)
		ascend(s, svm_recent(s, i));
}

/* Those newer than entry i move up; its room becomes that of the next one. */
static void take_out(struct svm *s, size_t i)
{
	uint32_t *room = svm_recent(s, i)->at;

	for (; i > 0; i--)
		*svm_recent(s, i) = *svm_recent(s, i - 1);
	svm_recent(s, 0)->at = room;
	s->next = (s->next + SVM_RING - 1) % SVM_RING;
	s->n--;
}

void svm_forget(struct svm *s, uint64_t id)
{
	for (size_t i = 0; i < s->n; i++) {
		struct svm_entry *e = svm_recent(s, i);
		if (e->id != id)
			continue;
		weigh(s, e, -e->alpha);
		take_out(s, i);
		return;
	}
}

void svm_clear(struct svm *s)
{
	s->n = 0;
	s->next = 0;
}
