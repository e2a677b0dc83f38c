/*
 * What others report of our mail, summed up: every report that came in is kept condensed
 * (report/condense.h) for SUMMARY_DAYS under its identity, so that one that comes again, or is
 * written again after a crash, is there once; a log for each day says which there are.
 */
#ifndef CONTROL_REPORT_SUMMARY_H
#define CONTROL_REPORT_SUMMARY_H

#include "control/report/collect.h"
#include "control/report/tally.h"
#include "report/condense.h"
#include "store/store.h"

#define SUMMARY_DAYS 90u
#define SUMMARY_PER_DAY 10000u /* reports of a day that are found again */
#define SUMMARY_OPS 2u
#define SUMMARY_MAX_REPORTS 100000u /* that one look adds up */
#define SUMMARY_MAX_LINES 5000u	    /* different findings of one domain; the rest is added up */
#define SUMMARY_MAX_DOMAINS 2000u
#define SUMMARY_REPORTERS 5u

/*
 * A record of type SPOOL_REPORT_IN (what report_sum_format made) as operations that put it into the
 * store, in this order; may be done any number of times. now: seconds since 1970. Octets live as
 * long as the record and the arena. 0: it is no such record.
 */
size_t summary_add(struct arena *a, struct str record, int64_t now,
		   struct store_op out[SUMMARY_OPS]);

/* Who takes such records from the collector and does that. */
struct loop;
struct summaries;
struct summaries *summaries_new(struct loop *l, struct store *s);
void summaries_free(struct summaries *t); /* NULL is fine */
struct collect_taker summaries_taker(struct summaries *t);
/* What came since; a report that comes twice counts twice. */
const struct tally *summaries_tally(const struct summaries *t);

/* ---- looking at it ---- */

/* One finding: messages that failed in the same way, from one source. */
struct summary_line {
	struct sum_group group; /* count: of all reports */
	struct str reporters; /* who said so, SUMMARY_REPORTERS at most: "google.com, yahoo.com" */
	size_t nreporters;    /* named there */
	size_t reports;	      /* that say so */
	uint64_t unverified;  /* of count, by reporters that nobody confirms */
};

struct summary_domain {
	struct str domain;
	enum report_kind kind;
	size_t reports, unverified; /* all; of which by reporters that nobody confirms */
	size_t nreporters;
	uint64_t good, bad;
	struct str policy;	       /* as reported last */
	VEC(struct summary_line) line; /* what fails first, the most first */
	struct map *index, *names;     /* while it is made */
};

/* DMARC: these messages passed. */
static inline bool summary_passes(const struct summary_line *l)
{
	return l->group.dkim_aligned || l->group.spf_aligned;
}

struct summary {
	struct arena *arena;
	int64_t from, to;		   /* seconds since 1970 */
	VEC(struct summary_domain) domain; /* by name, then kind */
	size_t reports;
	bool cut;	   /* a limit was reached: more is there */
	struct map *index; /* while it is made */
};

/*
 * Adds up the reports of the last days, of one domain and those below it (absent: all). False and
 * *e: the store cannot be asked.
 */
bool summary_look(struct arena *a, struct store *store, int64_t now, unsigned days,
		  struct str domain, struct summary *out, struct err *e);

#endif
