/* What the files of the check of digests share. */
#ifndef CHECKS_MEMORY_DIGEST_H
#define CHECKS_MEMORY_DIGEST_H

#include "checks/memory/memory.h"

#define DIGEST_SERVERS_MAX 4u

/* Of one record of the store. */
struct digest_sums {
	double spam, ham, trap, seen;
};

struct digest_found {
	struct digest_facts facts; /* first: what others see */
	struct digest_sums file;   /* the worst file that no ham has */
	struct digest_sums shape;
	bool mixed; /* copies were called both */
	struct str key[NEAR_KEYS_MAX];
	size_t nkeys;
	uint64_t there; /* bit i: the record of key i was there, or may have been */
};

/* Three sums taken together: learnt as spam or come to a trap, and not as ham too. */
bool digest_bad(const struct digest_sums *s);

/* ---- digest_near.c ---- */

/* A look at what is counted under a key of near_keys; with a delta, counts. */
struct store_op digest_near_op(struct str key);

/* Asks for every key; false: not all answers are here. Fills the facts when they are. */
bool digest_near_ask(struct scan *s, struct digest_found *f);
/* One more. Of what nobody has seen before, and nothing else speaks of, a record is kept for
 * DIGEST_FIRST_TTL_MS only: most messages come once, and whoever likes may write many. */
#define DIGEST_FIRST_TTL_MS (UINT64_C(2) * 86400 * 1000)
void digest_near_seen(struct scan *s, const struct digest_found *f);

/* ---- digest_pyzor.c ---- */

struct digest_server {
	struct str host;
	uint16_t port;
};

struct digest_config {
	struct digest_server server[DIGEST_SERVERS_MAX];
	size_t nservers;
	uint64_t timeout_ms;
	struct pyzor_account who;
};

/* What was sent, so that asking again is the same question. */
struct digest_asked {
	struct str datagram[DIGEST_SERVERS_MAX];
};

extern const struct conf_opt digest_options[];
int digest_pyzor_setup(struct arena *a, const struct conf *c, struct digest_config *k,
		       struct err *e);
void digest_pyzor_read(struct scan *s, char out[PYZOR_DIGEST + 1]); /* "": it has none */
bool digest_pyzor_ask(struct scan *s, const struct digest_config *k, struct digest_asked *asked,
		      struct digest_facts *f);

/* ---- digest_rules.c ---- */

extern const struct predicate digest_predicates[];

#endif
