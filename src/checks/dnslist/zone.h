/* What is known of a list: where it is, what may be asked of it, what its answers mean. */
#ifndef CHECKS_DNSLIST_ZONE_H
#define CHECKS_DNSLIST_ZONE_H

#include "base/map.h"
#include "checks/dnslist/dnslist.h"

/* What of a message a list is asked for. */
enum dnslist_scope {
	SCOPE_CLIENT,
	SCOPE_RECEIVED,
	SCOPE_HELO,
	SCOPE_RDNS,
	SCOPE_MAILFROM,
	SCOPE_FROM,
	SCOPE_REPLYTO,
	SCOPE_DKIM,
	SCOPE_URL,
	SCOPE_URLHOST,
	SCOPE_URLIP,
	SCOPE_FROMADDR,
	SCOPE_REPLYADDR,
	SCOPE_BODYADDR,
	SCOPE_URLHASH,
	SCOPES
};

/* Of the client and what he says of himself: not of our own users. */
#define SCOPES_CLIENT                                                                              \
	(1u << SCOPE_CLIENT | 1u << SCOPE_RECEIVED | 1u << SCOPE_HELO | 1u << SCOPE_RDNS |         \
	 1u << SCOPE_MAILFROM | 1u << SCOPE_FROM | 1u << SCOPE_REPLYTO | 1u << SCOPE_FROMADDR |    \
	 1u << SCOPE_REPLYADDR | 1u << SCOPE_DKIM)
#define SCOPES_ADDRESS (1u << SCOPE_CLIENT | 1u << SCOPE_RECEIVED | 1u << SCOPE_URLIP)

enum dnslist_v6 { V6_NO, V6_NIBBLE, V6_64 };

#define DNSLIST_MAX_ZONES 100u
#define DNSLIST_REFUSED "127.255.255.0/24" /* of every list, besides its own codes */

struct dnslist_zone {
	struct str name;   /* as rules call it */
	struct str suffix; /* of its questions; lower case, no dot at the end */
	struct str cell;   /* of the board */
	unsigned scopes;   /* bits of enum dnslist_scope: what it may be asked for */
	unsigned wanted;   /* what some rule asks of it */
	bool use;
	bool v4;
	bool full; /* of domains the whole name, not the registrable one */
	enum dnslist_v6 v6;
	int type;	    /* DNS_A or DNS_TXT */
	unsigned priority;  /* the smaller, the sooner it is asked */
	struct str refused; /* codes: they are no listings */
	enum dnslist_digest digest;
	enum dnslist_coding coding;
	unsigned digits;
	struct str hosts; /* names of lists: URL digests of hosts there only; "": of all */
	struct str listed, unlisted; /* test points below the suffix; "": none */
};

struct dnslist_config {
	bool use;
	unsigned max_queries;
	uint64_t timeout_ms;
	const struct conf *conf;
	struct dnslist_zone **zone; /* by priority */
	size_t n;
	struct map *by_name, *by_suffix;
	const struct judge *judge; /* NULL: none */
};

/* The registrable domain; the name itself where there is none, or no public suffix list. */
struct str dnslist_org(const struct scan *s, struct str domain);

extern const struct conf_opt dnslist_options[];

/* setup and rules of check_dnslist (scan/check.h). */
int dnslist_setup(struct arena *a, const struct conf *c, const void **config, struct err *e);
int dnslist_rules(struct arena *a, const struct conf *c, const struct judge *j, const void **config,
		  struct err *e);

/* "client,received": true and the bits; dkim_pass and dkim_aligned are bits above SCOPES. */
#define SCOPE_DKIM_PASS (1u << SCOPES)
#define SCOPE_DKIM_ALIGNED (1u << (SCOPES + 1))
bool dnslist_scopes(struct str words, unsigned *bits);
const char *dnslist_scope_word(enum dnslist_scope s);

/* "NAME key=value ...", of a rule file or of a section: true, or false and what was expected. */
bool dnslist_zone_set(struct arena *a, struct dnslist_zone *z, struct str key, struct str value,
		      const char **expected);
void dnslist_zone_init(struct arena *a, struct dnslist_zone *z, struct str name);

/* The suffix for people: labels that look like a customer's key are "***". */
struct str dnslist_shown(struct arena *a, struct str suffix);

/* ---- codes (codes.c) ---- */

/*
 * Codes are words separated by ","; one of them has to fit:
 *	127.0.0.2	this address; each octet may be a range (4-7) or * (all)
 *	127.0.0.0/8	a network
 *	&8		an address of 127.0.0.0/8 whose last three octets, as a number, share a bit
 *			with this one
 *	txt:word	a text that has this in it, in any case
 */
bool dnslist_codes_ok(struct str codes);
/* rr of that type fits one of them. */
bool dnslist_codes_fit(struct str codes, int type, const struct dns_rr *rr);

#endif
