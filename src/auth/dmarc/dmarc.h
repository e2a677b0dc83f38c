/* DMARC (RFC 9989; RFC 7489 with the public suffix list as option). */
#ifndef AUTH_DMARC_DMARC_H
#define AUTH_DMARC_DMARC_H

#include "auth/auth.h"
#include "auth/psl.h"

#define DMARC_MAX_QUERIES 8u /* RFC 9989 4.10: of one tree walk */
#define DMARC_MAX_RECORD 4096u
#define DMARC_MAX_URIS 10u

enum dmarc_policy { DMARC_P_NONE, DMARC_P_QUARANTINE, DMARC_P_REJECT };
enum dmarc_method { DMARC_RFC9989, DMARC_PSL };

/* A record as published (RFC 9989 4.7). Absent tags have their defaults; has_* say what was there. */
struct dmarc_record {
	enum dmarc_policy p, sp, np;
	bool has_p, has_sp, has_np;
	char psd;		      /* 'y', 'n' or 'u' */
	bool testing;		      /* t=y */
	bool strict_dkim, strict_spf; /* adkim=s, aspf=s */
	struct str rua, ruf, fo;      /* as written; absent if not there */
};

/* Reads one TXT text. False: not a DMARC record at all (v= missing or wrong: ignored), or one that
 * is malformed so that it counts as none; *reason then says why if it began with v=DMARC1. */
bool dmarc_record_parse(struct arena *a, struct str txt, struct dmarc_record *rec, struct str *reason);

struct dmarc_dkim {
	struct str domain; /* d= of a signature that counts (passed, covers the body), domain_read form */
};

struct dmarc_request {
	struct str from_domain; /* domain_read form, never absent */
	/* SPF for MAIL FROM (or HELO when the sender is null, RFC 7208 2.4), domain_read form; absent: no pass */
	struct str spf_domain;
	bool spf_temperror, dkim_temperror; /* a method could not be decided: no pass may mean temperror */
	size_t ndkim;
	const struct dmarc_dkim *dkim;
	enum dmarc_method method;
	const struct psl *psl; /* for DMARC_PSL */
};

struct dmarc_result {
	enum auth_result code;	  /* none pass fail temperror permerror */
	struct str from_domain;
	struct str policy_domain; /* holds the record used; absent if none */
	struct str org_domain;	  /* organisational domain of the author domain; absent if unknown */
	enum dmarc_policy policy; /* that applies to from_domain, before t=y */
	const char *policy_tag;	  /* "p", "sp", "np"; NULL without a record */
	struct dmarc_record record; /* valid if policy_domain is there */
	bool spf_aligned, dkim_aligned;
	struct str reason;	  /* absent on pass */
};

/*
 * Discovery, organisational domains, alignment and policy. Asks all labels of the tree walk at
 * once, for the author domain and for every identifier that could align. A record that could not
 * be fetched is temperror, never none.
 */
enum auth_step dmarc_eval(struct arena *a, struct dns *dns, const struct dmarc_request *req,
			  struct dmarc_result *res);

/* Only asks what dmarc_eval will ask for this author domain (at MAIL, by guess; at end of headers for real). */
void dmarc_prefetch(struct arena *a, struct dns *dns, struct str domain, enum dmarc_method method,
		    const struct psl *psl);

const char *dmarc_policy_word(enum dmarc_policy p); /* "none", "quarantine", "reject" */

#endif
