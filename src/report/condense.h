/*
 * What is kept of a report that came in: who says what of which domain of ours, its sums exact and
 * its sources in so far as they are worth it. A few kilobytes of octets, whatever came.
 */
#ifndef REPORT_CONDENSE_H
#define REPORT_CONDENSE_H

#include "base/buf.h"
#include "report/report.h"

#define SUM_MAX_GROUPS 256u   /* of a sum; the rest is added up */
#define SUM_MAX_OCTETS 48000u /* of a sum, written */
#define SUM_MAX_SUMS 64u      /* of a report: policies of a TLS report */
#define SUM_DKIM 2u	      /* results kept of a group */
#define SUM_IDENTITY 16u

/* How far the reporter is known: a mail that anybody can have written; a file that somebody here
 * has added; a mail whose author DMARC confirms, and who is the reporter. */
enum report_trust { TRUST_NONE, TRUST_HAND, TRUST_VERIFIED };
const char *report_trust_word(enum report_trust t); /* "unverified", "by hand", "verified" */

/* Messages (sessions, complaints) that are alike. */
struct sum_group {
	struct ip source; /* family 0: not told, or several */
	uint64_t count;
	bool rest;	 /* what was left after SUM_MAX_GROUPS: of no one source */
	struct str what; /* TLS: result type; complaints: feedback type or what failed */
	struct str mx;	 /* TLS */
	/* DMARC; of what passed only the flags and header_from */
	struct str header_from, override;
	enum dmarc_policy disposition;
	bool dkim_aligned, spf_aligned;
	struct report_dkim dkim[SUM_DKIM];
	size_t ndkim;
	struct str spf_domain, spf_result;
};

struct report_sum {
	enum report_kind kind;
	enum report_trust trust;
	uint8_t identity[SUM_IDENTITY]; /* of reporter, id and domain: the same report, however it
					   comes */
	struct str reporter, reporter_domain, id, domain;
	struct str policy; /* p of DMARC, policy-type of TLS; absent: not told */
	struct str user;   /* complaints: the user of ours who sent it; absent: not known */
	int64_t begin, end;
	uint64_t good, bad; /* DMARC pass and fail, sessions with TLS and without; complaints: bad
			     */
	VEC(struct sum_group) group;
};

struct report_by {
	enum report_trust trust;
	struct str domain; /* of the mail's author; absent: no mail */
	struct str user;
	int64_t now; /* for what says no time: complaints */
	bool (*ours)(void *arg, struct str domain);
	void *arg;
};

/* The sums of a report about domains of ours, at most SUM_MAX_SUMS; 0: there is none. */
size_t report_condense(struct arena *a, const struct report_read *r, const struct report_by *by,
		       struct report_sum out[SUM_MAX_SUMS]);

/* All of a group but its count, as octets in b. */
struct str sum_group_key(struct buf *b, const struct sum_group *g);

/* The key under which stores have it: "rptin:", its identity, its trust. */
struct str report_sum_key(struct arena *a, const struct report_sum *s, enum report_trust t);

/* As octets; what does not fit into SUM_MAX_OCTETS is added up first. */
struct str report_sum_format(struct arena *a, struct report_sum *s);
/* False: not of this form. */
bool report_sum_parse(struct arena *a, struct str octets, struct report_sum *s);

#endif
