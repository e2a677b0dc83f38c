/*
 * View S: a relaxed online support vector machine (Sculley and Wachman, SIGIR 2007). A message that
 * is not clearly on its side goes into a ring, and one pass of dual coordinate ascent goes over
 * the ring, newest first.
 */
#ifndef LEARN_SVM_H
#define LEARN_SVM_H

#include "learn/model_priv.h"

#define SVM_RING 1000u
#define SVM_C 100.0    /* the most that one message weighs */
#define SVM_MARGIN 0.8 /* a message with more on its side is not learnt from */

struct svm_entry {
	uint64_t id;
	int y; /* 1 spam, -1 ham */
	double alpha;
	size_t n;
	uint32_t *gram; /* room for FEATURES_RAW */
};

struct svm {
	struct model *model;
	size_t n;    /* entries; those before next */
	size_t next; /* where the next one goes */
	struct svm_entry e[SVM_RING];
};

struct svm *svm_new(struct arena *a, struct model *m);

/* On which side: over 0 spam. */
double svm_margin(const struct model *m, const uint32_t *gram, size_t n);

/* The i-th newest of its n entries. */
struct svm_entry *svm_recent(struct svm *s, size_t i);

void svm_learn(struct svm *s, const struct features *f, int y, uint64_t id);

/* Takes out what the ring's entry put in. */
void svm_forget(struct svm *s, uint64_t id);

void svm_clear(struct svm *s);

#endif
