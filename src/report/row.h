/*
 * What is kept of one message that was judged by a DMARC policy, as octets: who it was (an
 * identity, so that it is counted once), when, and the facts of its line in an aggregate report.
 * Equal facts have equal octets, so that lines are summed by comparing them.
 */
#ifndef REPORT_ROW_H
#define REPORT_ROW_H

#include "auth/auth.h"
#include "report/report.h"

#define ROW_ID_SIZE 16u
#define ROW_HEAD_SIZE (1u + ROW_ID_SIZE + 8u) /* version, identity, moment; then the facts */
#define ROW_FACTS_MAX 60000u		      /* octets */
#define ROW_NAME_MAX 253u		      /* of a domain or selector */
#define ROW_COMMENT_MAX 255u
#define ROW_RUA_MAX 4096u
#define ROW_FO_MAX 16u
#define ROW_DKIM_MAX 100u /* RFC 9990 3.1.3 */

/*
 * The facts. Names are printable US-ASCII without blanks, at most ROW_NAME_MAX; policy_domain and
 * row.header_from are never empty; count, envelope_to and the parts of an address are not kept.
 * Words are those of RFC 9990; one that is not of its list is not kept (absent).
 */
struct row {
	unsigned char id[ROW_ID_SIZE];
	int64_t judged; /* seconds since 1970 */
	struct str policy_domain, rua;
	struct str p, sp, np, adkim, aspf, fo, testing, discovery; /* as in struct report */
	struct report_row row;
};

/* A record. Text that may not stand in one is left out, or cut; STR_NULL: no row can be made of it
 * (no policy domain, no author domain, no address). */
struct str row_format(struct arena *a, const struct row *r);

/* False: not a record (any octets may be given). Slices point into s, or are constant;
 * row->row.dkim is in the arena. */
bool row_parse(struct arena *a, struct str s, struct row *r);

/* Only the facts of a record, which are its end; and back. */
struct str row_facts(struct str record);
bool row_facts_parse(struct arena *a, struct str facts, struct row *r);

/* The policy domain that stands in the facts of a record; absent: it is none. Nothing else of them
 * is looked at. */
struct str row_facts_domain(struct str facts);

/* The beginning of the facts that is the policy and its rua: what is the same in all lines of a
 * report; absent: they are no facts. */
struct str row_facts_policy(struct str facts);

#endif
