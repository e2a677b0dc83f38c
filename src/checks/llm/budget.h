/*
 * What asking may cost: requests, tokens and money by the minute and the day, of all, of one site,
 * and how often one sender's network and author may make us ask. Counted in the store, so that
 * machines share it: reserved by estimate before, corrected to what it was after.
 *
 * A message whose connection or worker goes away while its endpoint is waited for is never
 * corrected: what was reserved stays counted until its span ends, for the endpoint may have billed
 * it, and a budget that is too small by one estimate is safe where one that is too large is not.
 * Whose message it is pays with its own row (net, author), so that nobody empties others' budgets
 * by hanging up. The claim of such a message ends by its time to live, two seconds after its
 *deadline; until then those with the same text are judged without an opinion (OPINION_SKIP_OTHER).
 *
 * Keys, "llm:" and the parts, separated by NUL; each a STORE_ADD record with the sums below:
 *	all minute N, all day N		N: number of the span since 1970
 *	site DOMAIN minute N, site DOMAIN day N
 *	net NETWORK N, author DOMAIN N	N: number of the sender's window
 *	local HOST N			what one process asks while the store is down
 *	spent				all that ever was, without reservations
 *	endpoint NAME day N		calls, failures, milliseconds, money
 *	near MODEL BAND			digest of a text with this band that is spam (near.c)
 * and "llm:answer DIGEST", what was answered: '?' and who asks it, or '=', the model's hash, and
 *the answer (llm_answer_pack).
 */
#ifndef CHECKS_LLM_BUDGET_H
#define CHECKS_LLM_BUDGET_H

#include "checks/llm/opinion.h"
#include "scan/ask.h"

enum budget_sum { BUDGET_REQUESTS, BUDGET_TOKENS_IN, BUDGET_TOKENS_OUT, BUDGET_MICROS };
enum budget_endpoint_sum { ENDPOINT_CALLS, ENDPOINT_FAILED, ENDPOINT_MS, ENDPOINT_MICROS };

struct spending {
	uint64_t sum[4]; /* enum budget_sum */
};

/* Whom a message belongs to; "" where it has none. */
struct budget_who {
	struct str site, net, author;
};

struct budget_row {
	struct str key;
	uint64_t ttl_ms;
	struct opinion_limits limit;
	bool sender;	  /* OPINION_SKIP_SENDER, not _BUDGET */
	const char *what; /* "a day", for people */
};
#define BUDGET_ROWS 7u

extern const char *const budget_span_word[OPINION_SPANS];
extern const uint64_t budget_span_ms[OPINION_SPANS];

/* Every budget that the message falls under; local: the store is down. In the scan's arena. */
size_t budget_rows(struct scan *s, const struct opinion_config *k, const struct opinion_site *site,
		   const struct budget_who *who, int64_t now_ms, bool local,
		   struct budget_row out[BUDGET_ROWS]);

/* Puts it on the record; give: takes it off. */
struct store_op budget_op(const struct budget_row *r, const struct spending *x, bool give);
/* What was really spent instead of what was reserved; false: the same. */
bool budget_correct(const struct budget_row *r, const struct spending *was,
		    const struct spending *is, struct store_op *out);
/* Which limit the sums are over, "requests", "tokens", "money"; NULL: none. */
const char *budget_over(const struct opinion_limits *l, const double sum[STORE_SUMS]);

struct str budget_spent_key(struct scan *s);
struct str budget_endpoint_key(struct scan *s, struct str name, int64_t now_ms);
struct str budget_answer_key(struct scan *s, struct str digest);

/* What one request costs at most, before anybody has counted. */
struct spending budget_estimate(const struct opinion_endpoint *p, const struct llm_question *q);
/* The same of whichever of the site's endpoints costs most; q: of the first. */
struct spending budget_most(const struct opinion_site *site, const struct llm_question *q);

#endif
