/*
 * The statistical classifier: view S, a relaxed online SVM over binary byte 4-grams (Sculley and
 * Wachman, SIGIR 2007), view C, Robinson-Fisher over tokens (Robinson 2003), and view T, a machine
 * as S over the tokens of C, fused by the mean of clamped log-odds. All numbers that a judge needs
 * lie in one mapping of fixed size which the trainer writes and everybody reads without locks; a
 * reader may see a training half done, which moves one score a little, once.
 */
#ifndef LEARN_MODEL_H
#define LEARN_MODEL_H

#include "learn/features.h"

#define MODEL_S_BITS 20u
#define MODEL_C_BITS 20u
#define MODEL_S (1u << MODEL_S_BITS) /* buckets */
#define MODEL_C (1u << MODEL_C_BITS)
#define MODEL_USERS 256u /* users and domains with counts of their own */
#define MODEL_USER_C (1u << 16)
#define MODEL_BLOCK 4096u /* buckets of a block, the unit that is stored */
#define MODEL_MIN 50u	  /* of ham and of spam: below it there is no score */
#define MODEL_FULL 200u	  /* of both: from here the points count in full */
#define MODEL_USER_MIN 30u

struct model; /* the mapping */

/* Shared memory, zero, made before fork; in a tool its own. NULL: no memory. */
struct model *model_new(void);
void model_free(struct model *m);

/* The key of the installation, without which features mean nothing. Zero: none yet. */
struct hash_key model_key(const struct model *m);
void model_set_key(struct model *m, struct hash_key key);

struct model_counts {
	uint32_t ham, spam; /* messages learnt */
	uint64_t events;    /* trainings so far; rises with each change */
	uint64_t told;	    /* calls of model_told since the mapping was made; 0 of a user */
};
struct model_counts model_counts(const struct model *m, struct str user); /* "" global */

/* What the model says of a message. */
struct score {
	bool known;	/* there is enough learnt for a score */
	double s, c, t; /* of the views, clamped to -20..20; larger is spammier */
	double user;	/* of C with the user's or domain's own counts, 0 without */
	double logit;	/* fused: what `merlon classify` prints */
	double p;	/* calibrated probability of spam, 0 to 1 */
	double ramp;	/* 0 to 1: how far between MODEL_MIN and MODEL_FULL */
	uint32_t ham, spam;
};

/* users: whose own counts are asked too, first match wins ("user@domain", then "domain"); may be
 * none. */
struct score model_score(const struct model *m, const struct features *f, const struct str *users,
			 size_t nusers);

/* The tokens that decided view C, strongest first: f(w) of Robinson, and how often each was seen.
 */
struct token_evidence {
	struct str text;
	double p;
	uint32_t ham, spam;
};
size_t model_explain(const struct model *m, const struct features *f, struct token_evidence *out,
		     size_t cap);

/* ---- training: one process ---- */

struct trainer_state; /* the rings of S and T: private memory */
struct trainer_state *model_trainer(struct arena *a, struct model *m);

enum learn_class { LEARN_NONE, LEARN_HAM, LEARN_SPAM };

/*
 * The message moves from one class to another: NONE to SPAM is learning, SPAM to NONE forgetting,
 * SPAM to HAM correcting. View C is exact: any sequence of moves ends as if only the last class of
 * each message had been learnt. id: of the message for the ring, unique (its digest's first 8
 * octets). user: "" or whose counts change too.
 */
void model_move(struct trainer_state *t, const struct features *f, enum learn_class from,
		enum learn_class to, uint64_t id, struct str user);

/* The same of the user's or domain's own counts alone. */
void model_move_user(struct trainer_state *t, const struct features *f, enum learn_class from,
		     enum learn_class to, struct str user);

/* Counts what somebody said, unlike what was learnt by itself: for who keeps verdicts. */
void model_told(struct trainer_state *t);

/* Forgets a user's or domain's own counts. */
void model_erase_user(struct trainer_state *t, struct str user);

/* Halves what is older than the half-life: called now and then. days: since 1970; half_life 0:
 * never. Returns the blocks changed. */
size_t model_decay(struct trainer_state *t, uint32_t today, uint32_t half_life);

/* ---- keeping: blocks of octets; portable (little-endian) ---- */

size_t model_blocks(const struct model *m);
/* The first of them are the weights of views S and T; what follows are counts. */
#define MODEL_WEIGHT_BLOCKS ((MODEL_S + MODEL_C) / MODEL_BLOCK)
/*
 * Block i if it is not all zero: its octets (in the arena), else absent. changed_only: absent if it
 * has not changed since the last call with clear; else its octets even if it is all zero now, for
 * what is kept of it to be replaced.
 */
struct str model_block(struct arena *a, struct model *m, size_t i, bool changed_only, bool clear);
/* False: not a block of this version. */
bool model_set_block(struct model *m, size_t i, struct str octets);

/* The rings of S and T, with counts and users: small things beside the blocks. The features of
 * their entries are in it. */
struct str model_ring(struct arena *a, const struct trainer_state *t);
bool model_set_ring(struct trainer_state *t, struct str octets);

void model_reset(struct trainer_state *t); /* as new, key kept */

#endif
