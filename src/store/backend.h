/* What a back-end is to store.c, which brings deadlines, breaker and fallback for all of them. */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/store.h"

/* One batch under way, made and ended by store.c. Ops are store.c's own copies. */
struct store_batch {
	const struct store_op *op;
	size_t n;
	unsigned flags;
	struct arena *arena; /* of answers; lives until the batch ends */
	void *backend;	     /* for the back-end's use */
};

/*
 * The back-end ends a batch by this, once; a is in batch->arena. failed: nobody answered (then a is
 * NULL); it counts for the breaker. An answer that is STORE_FAILED and local is one that nobody
 * gave, though others were given: the fallback answers it. Not from inside begin.
 */
void store_batch_end(struct store *s, struct store_batch *b, const struct store_answer *a,
		     bool failed, const char *why);

struct store_backend {
	const char *name;
	/* Takes the batch. */
	void (*begin)(void *self, struct store_batch *b);
	/* The batch is given up (deadline, cancel): it will not be ended. */
	void (*drop)(void *self, struct store_batch *b);
	/* What is under way is done if that takes no waiting; nobody hears of it. */
	void (*free)(void *self);
};

/* A store over a back-end. fallback: whether the memory of this process answers when it fails. */
struct store *store_over(struct loop *l, const struct store_backend *b, void *self,
			 const struct store_limits *lim, bool fallback);

/* What the back-end knows of its connection, for store_watch and store_up. A store begins as up. */
void store_report(struct store *s, bool up, const char *why);
struct store_stats *store_counters(struct store *s);
void *store_backend_of(const struct store *s); /* self; for tests */
int64_t store_now_ms(const struct store *s);

#endif
