/*
 * Work for one report that asks the store, the DNS, the signer and the relay: a function that is
 * run again, from its start, whenever an answer has come, as checks are. The same key is one
 * question, asked once.
 */
#ifndef CONTROL_REPORT_ERRAND_H
#define CONTROL_REPORT_ERRAND_H

#include "base/dns.h"
#include "io/smtp.h"
#include "sign/sign.h"
#include "store/store.h"

struct resolver;
struct errand;

#define ERRAND_DNS_MS 10000u   /* for an answer of the DNS */
#define ERRAND_STORE_MS 30000u /* for an answer of the store */
#define ERRAND_SIGN_MS 10000u  /* for a signature */

struct errand_world {
	struct loop *loop;
	struct store *store;
	struct resolver *resolver;
	struct sign_client *signer; /* NULL: SIGN_GONE */
	struct smtp *smtp;
	uint64_t store_ms; /* 0: ERRAND_STORE_MS */
};

/* True: it is done. Run from the loop. */
typedef bool errand_fn(struct errand *e, void *arg);
/* Called once, when it is done; the errand and its arena are gone after it. */
typedef void errand_done_fn(void *arg);

struct errand *errand_new(const struct errand_world *w, errand_fn *fn, errand_done_fn *done,
			  void *arg);
void errand_for(struct errand *e, void *arg); /* another arg, one that lives in its arena */
void errand_free(struct errand *e);	      /* cancels; done is not called. NULL is fine */

struct arena *errand_arena(struct errand *e);

/* A batch of operations: its answers, or NULL for not yet. Of a store that gives none in time all
 * are STORE_FAILED; what it was asked may be done all the same. */
const struct store_answer *errand_store(struct errand *e, struct str key, const struct store_op *op,
					size_t n);

struct dns *errand_dns(struct errand *e);

const struct sign_reply *errand_sign(struct errand *e, const unsigned char id[SIGN_ID],
				     struct str digest);

/* octets of the message must stay. */
const struct smtp_answer *errand_smtp(struct errand *e, struct str key,
				      const struct smtp_message *m);

#endif
