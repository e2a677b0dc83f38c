/* What DNS says of the names that a client and a sender give. */
#ifndef CHECKS_OUTSIDE_HOSTS_H
#define CHECKS_OUTSIDE_HOSTS_H

#include "scan/check.h"

#define HOSTS_MX 2u /* mail hosts of MAIL FROM's domain whose addresses are asked for */

extern const struct check check_hosts;

/* What was found of a name; bits. Nothing at all: it was not asked for, being no name. */
enum host_found {
	HOSTS_UNKNOWN = 1,     /* an answer is missing: nothing else is said of it */
	HOSTS_NXDOMAIN = 2,    /* there is no such name */
	HOSTS_NOTHING = 4,     /* neither MX nor address (nor, of HELO, that of the name above) */
	HOSTS_ADDRESS = 8,     /* it has an address */
	HOSTS_HAS_MX = 16,     /* and mail hosts; asked of HELO names without address only */
	HOSTS_NULL_MX = 32,    /* takes no mail (RFC 7505) */
	HOSTS_MX_LITERAL = 64, /* a mail host is an address where a name must be (RFC 5321 5.1) */
	HOSTS_MX_LOCAL = 128,  /* those with addresses have none but private ones or loopback */
	HOSTS_MX_GONE = 256,   /* none of them exists */
	HOSTS_MATCH = 512,     /* an address is the client's */
	HOSTS_OTHER = 1024,    /* none is */
	HOSTS_LOCAL = 2048,    /* all are private or loopback */
	HOSTS_OURS = 4096,     /* our own name, or one of our domains' that leads elsewhere */
};

struct hosts_facts {
	unsigned helo, mail, from; /* enum host_found */
	struct str mail_domain;	   /* of MAIL FROM in domain_read form; absent: none */
};

/* Published by check_hosts; NULL: it has none. */
const struct hosts_facts *hosts_facts(const struct scan *s);

/* ---- shared by the files of the check ---- */

/* Each asks and answers false as long as something is under way. */
bool hosts_ask_helo(struct scan *s, struct str name, unsigned *found);
/* whole: mail hosts' addresses too, which costs a round trip more. */
bool hosts_ask_sender(struct scan *s, struct str domain, bool whole, unsigned *found);

extern const struct predicate hosts_predicates[];

#endif
