/* A log of the store read page by page, and batches of operations with one end. */
#ifndef CONTROL_REPORT_LOGREAD_H
#define CONTROL_REPORT_LOGREAD_H

#include "store/store.h"

struct loop;
struct logread;

#define LOGREAD_ANSWER_MS 30000u /* for each answer of the store */

/* False: no more of them. */
typedef bool logread_entry_fn(void *arg, uint64_t id, struct str value);
typedef void logread_end_fn(void *arg, bool good);

/* One at a time for each. */
struct logread *logread_new(struct loop *l, struct store *s);
void logread_free(struct logread *r); /* cancels; NULL is fine */

/* Entries after id `after`, up to and with `upto` (0: all). end runs once, from the loop. The key
 * must live until then. limit: entries of a page at most (0: the store's); with once only one page
 * is read. */
struct logread_range {
	struct str key;
	uint64_t after, upto, limit;
	bool once;
};
void logread_start(struct logread *r, const struct logread_range *range, logread_entry_fn *entry,
		   logread_end_fn *end, void *arg);

/* Operations, copied; end says whether all of them were done, by the store and not by the fallback
 * of this process. seen (NULL: nobody) gets the answers before that. */
typedef void logread_answers_fn(void *arg, const struct store_answer *a, size_t n);
void logread_send(struct logread *r, const struct store_op *op, size_t n, logread_answers_fn *seen,
		  logread_end_fn *end, void *arg);

#endif
