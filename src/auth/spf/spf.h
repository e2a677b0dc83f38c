/* SPF (RFC 7208): check_host() for one identity. */
#ifndef AUTH_SPF_SPF_H
#define AUTH_SPF_SPF_H

#include "auth/auth.h"

/* RFC 7208 4.6.4, and our own bounds (LIMITS 1). */
#define SPF_MAX_TERMS 10u /* terms that cause DNS look-ups */
#define SPF_MAX_VOID 2u	  /* look-ups without an answer */
#define SPF_MAX_MX 10u	  /* names of one "mx" */
#define SPF_MAX_PTR 10u	  /* names of one "ptr", the rest is ignored */
/* Distinct questions of one run, prefetch included; a record that needs more is a permerror. Over
 * all runs of a check those that were asked early and in vain come to them: SPF_MAX_TERMS more when
 * answers come in order, and never more than the RFC allows anyway, the record and 10 * (1 + 10),
 * however they are timed. */
#define SPF_MAX_QUERIES 40u
#define SPF_MAX_RECORD 4096u
#define SPF_MAX_NAME 253u /* after macro expansion: left labels are dropped */

struct spf_request {
	struct ip ip;	       /* the SMTP client; family 0: result none */
	struct str helo;       /* as given; raw octets */
	struct str local;      /* local part of the sender; "" is "postmaster" */
	struct str domain;     /* domain to check: of MAIL FROM, or the HELO name; raw octets */
	struct str receiver;   /* for %{r} in exp: our own host name; "" is "unknown" */
	int64_t now;	       /* for %{t} */
	bool want_explanation; /* look up exp= on fail */
};

struct spf_result {
	enum auth_result code; /* none neutral pass softfail fail temperror permerror */
	/* As checked, lower case, A-labels; the raw text where it is no domain. */
	struct str domain;
	/* Text of exp=, printable US-ASCII only; absent if there was none. */
	struct str explanation;
	unsigned lookups; /* terms counted against SPF_MAX_TERMS */
	unsigned voids;	  /* a, mx, ptr and exists whose own question had no answer */
	/* The term that decided, as written ("include:_spf.example.com"); absent: default or none.
	 */
	struct str mechanism;
	/* For people: "no SPF record at example.com"; printable US-ASCII; absent on pass. */
	struct str reason;
	/* Pass and neutral: the range that matched is wider than /16 (v4) or /32 (v6), or it was
	 * "all", or an "exists" whose name does not depend on the client's address (BreakSPF). */
	bool permissive;
};

/*
 * Evaluates check_host(ip, domain, local@domain). Prefetches all records that the terms read so
 * far will need, without counting them. The limits above count terms as they are evaluated, and
 * are applied before the work.
 */
enum auth_step spf_eval(struct arena *a, struct dns *dns, const struct spf_request *req,
			struct spf_result *res);

#endif
