/* SPF records (RFC 7208 4.5, 4.6, 12): chosen, and read whole before anything is evaluated. */
#ifndef AUTH_SPF_RECORD_H
#define AUTH_SPF_RECORD_H

#include "auth/spf/spf.h"

enum spf_mech {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
};

struct spf_term {
	enum spf_mech mech;
	enum auth_result qualifier; /* pass, fail, softfail or neutral */
	bool counts;		    /* against SPF_MAX_TERMS (4.6.4) */
	uint8_t bits4, bits6;	    /* prefix lengths: 32 and 128 without */
	struct ip ip;	   /* of ip4 and ip6; a mapped address of ip6 stays one of family 6 */
	struct str domain; /* domain-spec; absent: the current domain */
	struct str text;   /* as written */
};

struct spf_record {
	size_t n;
	struct spf_term *term;
	struct str redirect, exp; /* domain-spec; absent: no such modifier */
	struct str bad;		  /* the term that is wrong */
};

/* One TXT text is an SPF record: "v=spf1", then a blank or the end (4.5). */
bool spf_record_is(struct str txt);

/*
 * Reads a record. NULL: it is well formed; else why not, for people, and rec->bad if it is one
 * term's fault. Slices point into text.
 */
const char *spf_record_parse(struct arena *a, struct str text, struct spf_record *rec);

#endif
