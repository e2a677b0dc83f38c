/* What the files of the SPF evaluator share: one evaluation under way. */
#ifndef AUTH_SPF_INTERNAL_H
#define AUTH_SPF_INTERNAL_H

#include "auth/spf/macro.h"
#include "auth/spf/record.h"

struct spf_frame {
	struct spf_record rec;
	struct str domain; /* it was found at */
	size_t next;	   /* term that is evaluated, or will be next */
	bool unknown; /* a term was skipped for want of an answer: no result of it is certain */
};

struct spf_question {
	struct str name;
	int type;
};

enum spf_out {
	SPF_NO,	   /* the term does not match */
	SPF_MATCH, /* it does */
	SPF_ENTER, /* a record was entered: go on there */
	SPF_WAIT,  /* an answer is missing */
	SPF_END,   /* the evaluation is over: code and reason are set */
};

/*
 * One run of the evaluator. It goes on past the first missing answer, taking what it does not know
 * for "no match", with ahead set: the rest of the run then only serves to ask early, and what it
 * comes to is thrown away. So an answer that was waited for meets the same evaluation, whenever it
 * comes.
 */
struct spf_run {
	struct arena *arena; /* scratch, of this run */
	struct dns *dns;
	struct spf_macro_env env; /* domain is that of the top frame */
	bool ahead;
	unsigned lookups, voids;
	size_t nq;
	struct spf_question q[SPF_MAX_QUERIES];
	size_t depth; /* frames; 0 before the first record is there */
	struct spf_frame frame[SPF_MAX_TERMS + 1];
	enum auth_result code;
	struct str reason, mechanism;
	bool permissive; /* of the innermost term that matched */
};

/* Ends the evaluation: returns SPF_END. */
enum spf_out spf_end(struct spf_run *r, enum auth_result code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Text from outside, printable and cut, for a reason. */
const char *spf_quote(struct spf_run *r, struct str s);

/*
 * Asks. SPF_MATCH: *ans is there (any status); SPF_WAIT; SPF_END: one question too many. A name
 * that cannot be asked for is answered with DNS_NXDOMAIN.
 */
enum spf_out spf_ask(struct spf_run *r, struct str name, int type, const struct dns_answer **ans);

/* As spf_ask for a term's own question: ends the evaluation on an error of DNS, counts a void
 * answer, and then is SPF_NO. SPF_MATCH: there are records. */
enum spf_out spf_ask_term(struct spf_run *r, struct str name, int type,
			  const struct dns_answer **ans);

/* The name that a domain-spec stands for, or the current domain if it is absent: SPF_MATCH,
 * SPF_WAIT or SPF_END. */
enum spf_out spf_target(struct spf_run *r, struct str spec, struct str *name);

/* Any mechanism but include: SPF_NO, SPF_MATCH, SPF_WAIT or SPF_END; sets permissive on a match. */
enum spf_out spf_mech_match(struct spf_run *r, const struct spf_term *t);

/* The client's name, confirmed by its addresses, for %{p} (7.3); "" if there is none. SPF_MATCH,
 * SPF_WAIT or SPF_END. */
enum spf_out spf_validated(struct spf_run *r, struct str domain, struct str *name);

/* The explanation of the bottom frame's record: SPF_MATCH and *text (absent: none), or SPF_WAIT. */
enum spf_out spf_explain(struct spf_run *r, struct str *text);

#endif
