/*
 * DNS as protocol code sees it: a question either has its answer or it has not yet.
 * This is only the interface. Behind it stand the daemon's resolver (io/resolver.h), and in tests
 * a zone held in memory; nothing that asks can tell them apart.
 */
#ifndef BASE_DNS_H
#define BASE_DNS_H

#include "base/ip.h"

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
};

enum dns_status {
	DNS_OK,	      /* at least one record of the type asked for */
	DNS_NODATA,   /* the name exists, the type does not */
	DNS_NXDOMAIN, /* the name does not exist */
	DNS_TEMPFAIL, /* SERVFAIL, no answer in time, an answer that cannot be read, budget spent */
	DNS_BOGUS,    /* DNSSEC validation failed */
};

/* One record. Names are lower case, dots between labels, none at the end ("" is the root). */
struct dns_rr {
	struct str data; /* A: 4 octets; AAAA: 16; TXT: its strings joined; others: the name; any
			    octet, not NUL-terminated */
	uint16_t pref;	 /* MX only */
};

/* Immutable; lives at least as long as the struct dns that gave it. */
struct dns_answer {
	enum dns_status status;
	bool secure;  /* validated by DNSSEC */
	uint32_t ttl; /* seconds left when it was given */
	size_t n;
	const struct dns_rr *rr; /* CNAMEs are followed; in the order of the answer */
};

struct dns {
	const struct dns_answer *(*ask)(struct dns *, const char *name, int type);
};

/*
 * The answer to (name, type), or NULL for "not yet": the question is then under way, and whoever
 * asks returns a "wait" and is run again from its start when an answer has come. The answer always
 * comes in the end, if only as DNS_TEMPFAIL at a deadline. The same question may be asked any
 * number of times; it is one question.
 *
 * name: NUL-terminated; labels separated by dots, a dot at the end allowed; letters in any case;
 * any octet except NUL and dot stands for itself in a label (there are no escapes). A name that
 * DNS cannot hold (a label over 63 octets or empty, over 253 in all) is answered at once with
 * DNS_NXDOMAIN and never sent.
 */
static inline const struct dns_answer *dns_ask(struct dns *dns, const char *name, int type)
{
	return dns->ask(dns, name, type);
}

#endif
