/* SPF macros (RFC 7208 7): the syntax of strings that hold them, and their expansion. */
#ifndef AUTH_SPF_MACRO_H
#define AUTH_SPF_MACRO_H

#include "auth/spf/spf.h"

#define SPF_MAX_EXPLANATION                                                                        \
	1024u /* octets of an expanded explanation: it goes into an SMTP reply */

/* Macros in one string: a name of SPF_MAX_NAME octets has no room for the values of as many. */
#define SPF_MAX_MACROS 128u

enum spf_macro_use {
	SPF_MACRO_DOMAIN,  /* in a domain-spec: no %{c} %{r} %{t}; ends as a domain does */
	SPF_MACRO_UNKNOWN, /* in a modifier that nobody knows */
	SPF_MACRO_TEXT,	   /* in an explanation: blanks are text */
};

/* Whether s is a domain-spec, macro-string or explain-string (RFC 7208 12), of at most
 * SPF_MAX_MACROS macros. A domain-spec is not empty. */
bool spf_macro_check(struct str s, enum spf_macro_use use);

/* Whether the letter (lower case) occurs in s as a macro. s has been checked. */
bool spf_macro_has(struct str s, char letter);

struct spf_macro_env {
	const struct spf_request *req;
	struct ip ip;	      /* of family 4 if it is a v4 client, however written */
	struct str sender;    /* domain of the sender, for %{o} and %{s} */
	struct str domain;    /* being checked now, for %{d} */
	struct str validated; /* for %{p}; absent: "unknown" */
};

/*
 * The expansion of a checked domain-spec: without a dot at the end, at most SPF_MAX_NAME octets;
 * a longer one loses labels on the left (RFC 7208 7.3). "" if nothing is left.
 */
struct str spf_macro_domain(struct arena *a, const struct spf_macro_env *env, struct str s);

/* The expansion of a checked explain-string, cut at SPF_MAX_EXPLANATION; octets that are not
 * printable US-ASCII (a sender can put them there) are "?". */
struct str spf_macro_text(struct arena *a, const struct spf_macro_env *env, struct str s);

#endif
