/* Where links of shorteners and redirectors lead: what the files of the check share, and the facts
 * that others may use. */
#ifndef CHECKS_OUTSIDE_REDIRECT_H
#define CHECKS_OUTSIDE_REDIRECT_H

#include "base/ip.h"
#include "mail/url/url.h"
#include "scan/ask.h"
#include "scan/check.h"

#define REDIRECT_URLS 10u      /* of a message: ceiling of redirect.max_urls */
#define REDIRECT_HOPS 5u       /* of a URL: ceiling of redirect.max_hops */
#define REDIRECT_REQUESTS 10u  /* of a message; the others of SCAN_MAX_HTTP are for other checks */
#define REDIRECT_OCTETS 16384u /* of a page that are read */
#define REDIRECT_NETS 64u
#define REDIRECT_PORTS 16u
#define REDIRECT_RCPTS 20u /* whose addresses are looked for in URLs */

enum redirect_outcome {
	REDIRECT_STAYS,	 /* it shows a page of its own */
	REDIRECT_LEADS,	 /* to "to" */
	REDIRECT_DEAD,	 /* it says that there is no such link, or not any more */
	REDIRECT_LONG,	 /* redirect.max_hops redirections, and no end */
	REDIRECT_INSIDE, /* to an address that is not of the public Internet, or the name of one */
	REDIRECT_FAILED, /* no answer that says where to */
	REDIRECT_PERSONAL, /* not asked: it may tell who is asked for */
};

struct redirect {
	const struct url *from; /* content_urls */
	struct url to;		/* where REDIRECT_LEADS, REDIRECT_LONG: the last one known */
	enum redirect_outcome outcome;
	unsigned hops;
	bool cached; /* it was asked before */
};

/* Published by check_redirect; nothing where it is off or no link is of a redirector. */
struct redirect_facts {
	size_t n;
	const struct redirect *p;
	bool partly; /* there are more redirectors than redirect.max_urls */
};
extern const struct check check_redirect;

/* Of one link of the message (content_urls), or NULL; for predicates, and for checks that need
 * "redirect". */
const struct redirect *redirect_of(const struct scan *s, const struct url *u);

/* ---- redirect_guard.c ---- */

/* The nets that options name. */
struct redirect_guard {
	struct cidr allow[REDIRECT_NETS], refuse[REDIRECT_NETS];
	size_t nallow, nrefuse;
};

/* May be connected to: public (ip_scope) or allowed, and not refused. A guard as arg: for
 * http_request. */
bool redirect_may_connect(void *arg, const struct ip *ip);

/* ---- redirect_token.c ---- */

/* What must not be in a URL that is asked. */
struct redirect_secrets;
struct redirect_secrets *redirect_secrets(struct arena *a, const struct str *rcpt, size_t n);

/* Whether a URL may tell for whom it was made: an address, one of these recipients' in any of the
 * usual codings and digests, or something long that looks like chance. Time linear in the URL, for
 * each recipient. */
bool redirect_personal(struct arena *a, const struct redirect_secrets *s, struct str url);

/* ---- redirect_next.c ---- */

/* Where a reference leads from a URL (RFC 3986 section 5.2, dots left to the reader), white space
 * and line ends taken out as browsers do; absent: nowhere on the web. */
struct str redirect_resolve(struct arena *a, const struct url *base, struct str ref);

/* The URL of a page's <meta http-equiv=refresh>; absent: there is none. Of at most
 * REDIRECT_OCTETS. */
struct str redirect_meta(struct arena *a, struct str page);

/* ---- redirect_rules.c ---- */

extern const struct predicate redirect_predicates[];
const char *redirect_word(enum redirect_outcome o);

#endif
