/*
 * A relaxed online support vector machine (Sculley and Wachman, SIGIR 2007) over binary features
 * of unit length: view S by byte 4-grams, view T by the tokens of view C. A message that is not
 * clearly on its side goes into a ring, and one pass of dual coordinate ascent goes over the ring,
 * newest first.
 */
#ifndef LEARN_SVM_H
#define LEARN_SVM_H

#include "learn/model_priv.h"

#define SVM_RING 1000u
#define SVM_C 100.0	/* the most that one message weighs */
#define SVM_MARGIN 0.8	/* a message with more on its side is not learnt from */
#define SVM_TOKENS 600u /* of a message, that view T looks at: those of the lowest buckets */

struct svm_entry {
	uint64_t id;
	int y; /* 1 spam, -1 ham */
	double alpha;
	size_t n;
	uint32_t *at; /* room for max of its svm */
};

struct svm {
	float *w;      /* in the mapping */
	bool *changed; /* its blocks */
	size_t max;    /* features of a message */
	size_t n;      /* entries; those before next */
	size_t next;   /* where the next one goes */
	struct svm_entry e[SVM_RING];
};

struct svm *svm_new(struct arena *a, float *w, bool *changed, size_t max);

/* On which side: over 0 spam. */
double svm_margin(const float *w, const uint32_t *at, size_t n);

/* The features of view T: how many, and where (room for SVM_TOKENS). */
size_t svm_tokens(const struct features *f, uint32_t *at);

/* The i-th newest of its n entries. */
struct svm_entry *svm_recent(struct svm *s, size_t i);

/* at: at most max. */
void svm_learn(struct svm *s, const uint32_t *at, size_t n, int y, uint64_t id);

/* Takes out what the ring's entry put in. */
void svm_forget(struct svm *s, uint64_t id);

void svm_clear(struct svm *s);

#endif
