/* What the model consists of: the mapping, and how it is read and written. */
#ifndef LEARN_MODEL_PRIV_H
#define LEARN_MODEL_PRIV_H

#include "learn/model.h"

#define MODEL_S_BLOCKS (MODEL_S / MODEL_BLOCK)
#define MODEL_C_BLOCKS (MODEL_C / MODEL_BLOCK)
#define MODEL_T_BLOCKS (MODEL_C / MODEL_BLOCK)
#define MODEL_USER_BLOCKS (MODEL_USER_C / MODEL_BLOCK)
#define MODEL_GLOBAL_BLOCKS (MODEL_WEIGHT_BLOCKS + MODEL_C_BLOCKS)
#define MODEL_ALL_BLOCKS (MODEL_GLOBAL_BLOCKS + MODEL_USERS * MODEL_USER_BLOCKS)

struct model_user {
	uint64_t id; /* keyed hash of the name; 0: free */
	uint32_t ham, spam;
	uint64_t used; /* number of the last training */
};

/* What is small in it: kept together with the ring. */
struct model_small {
	uint64_t events;
	uint32_t ham, spam;	      /* messages learnt */
	uint32_t ham_base, spam_base; /* what view C's counts are parts of: they decay */
	uint32_t decayed;	      /* day of the last decay; 0: none yet */
	struct model_user user[MODEL_USERS];
};

/* Everything is read and written with relaxed atomics; one process writes. A cell is ham in the low
 * and spam in the high half, so that the two are never of different times. */
struct model {
	struct hash_key key;
	struct model_small n;
	uint64_t told;
	bool changed[MODEL_ALL_BLOCKS]; /* since the block was last taken; of the trainer only */
	float s[MODEL_S];
	uint64_t c[MODEL_C];
	float t[MODEL_C];
	uint64_t u[MODEL_USERS][MODEL_USER_C] __attribute__((aligned(4096))); /* whole pages */
};

#define MODEL_GET(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define MODEL_SET(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

static inline float model_float(const float *p)
{
	float v;

	__atomic_load(p, &v, __ATOMIC_RELAXED);
	return v;
}

static inline void model_set_float(float *p, float v)
{
	__atomic_store(p, &v, __ATOMIC_RELAXED);
}

static inline uint32_t cell_ham(uint64_t cell)
{
	return (uint32_t)cell;
}

static inline uint32_t cell_spam(uint64_t cell)
{
	return (uint32_t)(cell >> 32);
}

static inline uint64_t cell_of(uint32_t ham, uint32_t spam)
{
	return (uint64_t)spam << 32 | ham;
}

/* One more (by 1) or one less (by -1), never below none. */
void model_count(uint32_t *n, int by);

uint64_t model_user_id(const struct model *m, struct str user);
/* The place of a user; MODEL_USERS: has none. */
size_t model_user_find(const struct model *m, uint64_t id);
/* The same, with the place of whoever learnt longest ago if there is no free one. */
size_t model_user_place(struct model *m, uint64_t id);
void model_user_clear(struct model *m, size_t place);

struct svm;
struct trainer_state {
	struct model *model;
	struct svm *s, *t; /* of views S and T */
};

#endif
