/*
 * Windows of rows in the store: what was judged between two moments, as the machines that share a
 * store have written it (collect.h), read back without what is there twice, and summed for each
 * policy domain. A window is cut into parts by the hash of the policy domain, so that one part fits
 * in memory. What was reported stands in a log of its own, fenced by the number of the reporter's
 * lease: whoever was overtaken marks nothing.
 *
 * A reporter, for each part that windows_list gives: windows_sum; writes the reports down (under
 * keys that are the same for the same part, range and domain); windows_done. When it dies in
 * between, the next one is given the same range again, and so the same sums to the octet. Rows that
 * come later are another range of the part: a supplementary report of only these.
 */
#ifndef CONTROL_REPORT_WINDOW_H
#define CONTROL_REPORT_WINDOW_H

#include "conf/conf.h"
#include "report/report.h"
#include "store/store.h"

struct loop;

#define WINDOW_PARTS 16u	  /* of a window */
#define WINDOW_KEEP_S (7 * 86400) /* after its end a window is removed */
#define WINDOW_RETRY_S                                                                             \
	(6 * 3600) /* a message of the window before, counted there and seen again                 \
		      this much later, is not counted again */
#define WINDOW_MAX_IDS                                                                             \
	(2u << 20)		/* identities in memory; of more the log is read several times     \
				 */
#define WINDOW_MAX_ROUNDS 64u	/* and at most so often: then clipped */
#define WINDOW_MAX_ROWS 400000u /* different lines of a part; more are clipped */
#define WINDOW_MAX_TEXT (128u << 20) /* octets of their facts */

/* A part of a window. */
struct window_part {
	int64_t start;	 /* seconds since 1970, a multiple of length */
	uint32_t length; /* seconds */
	unsigned part;	 /* 0 to WINDOW_PARTS - 1 */
};

/* The window that moment is in. */
struct window_part window_at(int64_t moment, uint32_t length, struct str policy_domain);

/* Option report.dmarc.window in seconds. */
uint32_t window_length(const struct conf *c);

struct windows;
struct windows *windows_new(struct loop *l, struct store *s);
void windows_free(struct windows *w); /* cancels what is under way; NULL is fine */

/* ---- which ---- */

/* good false: the store did not answer. Oldest first; valid until the next call of a windows. */
typedef void windows_list_fn(void *arg, bool good, const struct window_part *p, size_t n);

/* Those that ended at or before that moment and have rows that were not reported. One call of a
 * windows at a time (this, sum or done): a second one is a bug. */
void windows_list(struct windows *w, int64_t ended, windows_list_fn *fn, void *arg);

/* ---- sums ---- */

/* The sums of one policy domain under one policy and one rua. */
struct window_report {
	struct str policy_domain, rua;
	unsigned variant; /* counts from 0 where the policy or rua of the domain changed */
	uint64_t messages;
	struct report report; /* domain, policy, rows, begin, end; the rest is the caller's */
};

struct window_sums {
	struct window_part part;
	uint64_t from, upto; /* the range: entries of the log after from, up to upto. from 0: the
				first report of that window; upto 0: there is nothing to report */
	const struct window_report *report; /* by policy domain, then variant */
	size_t n;
	uint64_t messages;   /* counted, of all */
	uint64_t repeated;   /* rows left out, since they were there before */
	uint64_t clipped;    /* rows left out, since there was no room for them */
	uint64_t damaged;    /* entries of the log that make no sense */
	struct arena *arena; /* all of it is in here */
};

enum windows_state {
	WINDOWS_GOOD,
	WINDOWS_FAILED, /* the store did not answer: again later */
	WINDOWS_LOST,	/* somebody with a higher fencing number is at work on that part, or was */
};

/* That number, after WINDOWS_LOST: milliseconds since 1970 on the clock of whoever gave it. */
uint64_t windows_overtaker(const struct windows *w);

/* sums: NULL unless good; the callee's, who frees sums->arena (window_sums_free). */
typedef void windows_sum_fn(void *arg, enum windows_state state, struct window_sums *sums);

/* fence: the fencing number of the lease (not 0); 0: a dry run, which writes nothing. */
void windows_sum(struct windows *w, struct window_part p, uint64_t fence, windows_sum_fn *fn,
		 void *arg);
void window_sums_free(struct window_sums *s); /* NULL is fine */

/* ---- done ---- */

typedef void windows_done_fn(void *arg, enum windows_state state);

/* The range was taken care of: it is not given again. LOST: nothing is marked. */
void windows_done(struct windows *w, struct window_part p, uint64_t upto, uint64_t fence,
		  windows_done_fn *fn, void *arg);

#endif
