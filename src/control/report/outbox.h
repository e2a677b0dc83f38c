/*
 * Reports on their way, in the store: what is sent (one id, one content, written before anybody is
 * sent anything), to whom, and how far that has come. Who takes over after a crash, on this machine
 * or another, sends the same octets.
 *
 *	rpt:o          log of ids, in the order in which they were made
 *	rpt:h          id of the log's entry before which all are over
 *	rpt:j:ID       struct job
 *	rpt:c:ID:N     the content in pieces
 *	rpt:a:ID:I:N   the N-th attempt for the I-th address was somebody's
 */
#ifndef CONTROL_REPORT_OUTBOX_H
#define CONTROL_REPORT_OUTBOX_H

#include "report/uri.h"
#include "store/store.h"

#define OUTBOX_LOG STR("rpt:o")
#define OUTBOX_HEAD STR("rpt:h")
#define OUTBOX_LOG_MAX 200000u
#define OUTBOX_KEEP_MS (UINT64_C(10) * 86400 * 1000) /* jobs and contents stay in the store */
#define OUTBOX_PIECE (512u << 10)		     /* octets of a piece of content */
#define OUTBOX_MAX (32u << 20)			     /* octets of a content */
#define OUTBOX_ADDRESSES (2 * REPORT_URI_MAX)

enum job_kind { JOB_AGGREGATE, JOB_FAILURE };

enum goal_state {
	GOAL_WAITS,
	GOAL_SENT,
	GOAL_NO_CONSENT,
	GOAL_TOO_LARGE, /* for the limit of the URI */
	GOAL_SUPPRESSED,
	GOAL_REFUSED,  /* 5xx */
	GOAL_GIVEN_UP, /* after so many attempts */
	GOAL_STATES
};
const char *goal_word(enum goal_state s);

/* An address of a report, and how far it has come. */
struct goal {
	struct str address;
	uint64_t max;
	enum goal_state state;
	unsigned attempts;
	int64_t due; /* wall clock, seconds */
	struct str why;
};

struct job {
	enum job_kind kind;
	struct str id, domain; /* report id, policy domain */
	struct str rua;	       /* as the record had it */
	int64_t begin, end;    /* of the window */
	int64_t made;	       /* Date of the message */
	int64_t due;
	uint64_t rows, messages;
	uint32_t size, pieces; /* of the content: all of the message behind report_mail_head */
	bool asked;	       /* goals are what the DNS said of rua */
	unsigned deferred;     /* times that the DNS did not say */
	size_t ngoals;
	struct goal goal[OUTBOX_ADDRESSES];
};

/* Nothing is left to be done for it. */
bool job_over(const struct job *j);

struct str job_key(struct arena *a, struct str id);
struct str job_piece_key(struct arena *a, struct str id, unsigned i);

struct str job_format(struct arena *a, const struct job *j);
bool job_parse(struct str octets, struct job *j); /* slices point into octets */

/* The operations that write a job and its content, the log's entry last; the first write of an id
 * stays. out: room for OUTBOX_MAX / OUTBOX_PIECE + 3. content sets size and pieces of *j. How many.
 */
#define OUTBOX_OPS (OUTBOX_MAX / OUTBOX_PIECE + 3u)
size_t job_write(struct arena *a, struct job *j, struct str content, struct store_op *out);

#endif
