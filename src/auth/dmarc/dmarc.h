/* DMARC (RFC 9989; RFC 7489 with the public suffix list as option). */
#ifndef AUTH_DMARC_DMARC_H
#define AUTH_DMARC_DMARC_H

#include "auth/auth.h"
#include "mail/psl.h"

#define DMARC_MAX_QUERIES 8u /* RFC 9989 4.10: of one tree walk */
#define DMARC_MAX_RECORD 4096u
#define DMARC_MAX_URIS 10u
#define DMARC_MAX_WALKS                                                                            \
	4u /* identifiers that get a tree walk of their own; the rest do not align */

enum dmarc_policy { DMARC_P_NONE, DMARC_P_QUARANTINE, DMARC_P_REJECT };
enum dmarc_method { DMARC_RFC9989, DMARC_PSL };

/* A record as published (RFC 9989 4.7). Absent tags have their defaults; has_* say what was there.
 */
struct dmarc_record {
	enum dmarc_policy p, sp, np;
	bool has_p, has_sp, has_np;
	char psd;		      /* 'y', 'n' or 'u' */
	bool testing;		      /* t=y */
	bool strict_dkim, strict_spf; /* adkim=s, aspf=s */
	struct str rua, ruf, fo;      /* as written; absent if not there */
};

/*
 * Reads one TXT text. False with *reason absent: not a DMARC record at all (v= missing, wrong or
 * not first: ignored). False with *reason: a record, and *rec is filled in as far as it goes (a
 * tree walk counts it and heeds its psd=), but no policy can be had from it: no valid p=, sp= or
 * np= and no rua= (RFC 9989 4.10.1). With a rua= such a record is p=none, and true.
 */
bool dmarc_record_parse(struct arena *a, struct str txt, struct dmarc_record *rec,
			struct str *reason);

struct dmarc_dkim {
	struct str domain; /* d= of a signature that counts (passed, covers the body), domain_read
			      form */
	bool temperror;	   /* or of one that could not be decided: never a pass, see below */
};

struct dmarc_request {
	struct str from_domain; /* domain_read form, never absent */
	/* SPF for MAIL FROM (or HELO when the sender is null, RFC 7208 2.4), domain_read form;
	 * absent: no pass */
	struct str spf_domain;
	/*
	 * spf_domain did not pass, it could not be decided. If nothing passes and an undecided
	 * identifier would have aligned, the result is temperror. One that could not have aligned
	 * changes nothing: else anybody could turn a fail into temperror with a broken zone of his
	 * own.
	 */
	bool spf_temperror;
	size_t ndkim;
	const struct dmarc_dkim *dkim;
	enum dmarc_method method;
	const struct psl *psl; /* for DMARC_PSL */
};

struct dmarc_result {
	enum auth_result code; /* none pass fail temperror permerror */
	struct str from_domain;
	struct str policy_domain; /* holds the record used; absent if none */
	struct str org_domain; /* organisational domain of the author domain; absent if unknown */
	enum dmarc_policy policy;   /* that applies to from_domain, before t=y */
	const char *policy_tag;	    /* "p", "sp", "np"; NULL without a record */
	struct dmarc_record record; /* valid if policy_domain is there */
	bool spf_aligned, dkim_aligned;
	struct str reason; /* absent on pass */
};

/*
 * Discovery, organisational domains, alignment and policy. Asks all labels of the tree walk at
 * once, for the author domain and for every identifier that could align. A record that could not
 * be fetched is temperror, never none.
 */
enum auth_step dmarc_eval(struct arena *a, struct dns *dns, const struct dmarc_request *req,
			  struct dmarc_result *res);

/* What the domain's owner asks to be done: none unless the result is fail; with t=y one level below
 * the policy (RFC 9989 4.7: quarantine for reject, none for quarantine). */
enum dmarc_policy dmarc_asked_for(const struct dmarc_result *res);

/* Only asks what dmarc_eval will ask for this author domain (at MAIL, by guess; at end of headers
 * for real). */
void dmarc_prefetch(struct arena *a, struct dns *dns, struct str domain, enum dmarc_method method,
		    const struct psl *psl);

const char *dmarc_policy_word(enum dmarc_policy p); /* "none", "quarantine", "reject" */

#endif
