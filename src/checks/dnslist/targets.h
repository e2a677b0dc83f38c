/* What a message brings that lists are asked for, scope by scope. */
#ifndef CHECKS_DNSLIST_TARGETS_H
#define CHECKS_DNSLIST_TARGETS_H

#include "base/vec.h"
#include "checks/dnslist/desk.h"

#define DNSLIST_MAX_HOPS 4u	  /* Received hops: the nearest, and the origin */
#define DNSLIST_MAX_SIGNERS 5u	  /* domains of DKIM signatures, those of the author's site first */
#define DNSLIST_MAX_ADDRESSES 10u /* mail addresses of the body */
#define DNSLIST_MAX_DIGESTS 10u	  /* links that are asked for by digest */
#define DNSLIST_TEXT_MAX 65536u	  /* octets of text that are searched for addresses */

typedef VEC(struct dnslist_target *) dnslist_targets;

/* Each adds what there is of its scope; from the stage on at which it is there. */
void dnslist_client(struct scan *s, dnslist_targets *out);   /* connect */
void dnslist_helo(struct scan *s, dnslist_targets *out);     /* helo */
void dnslist_mailfrom(struct scan *s, dnslist_targets *out); /* mail */
void dnslist_relays(struct scan *s, dnslist_targets *out);   /* headers: received; the client, where
								 none is public or known */
void dnslist_people(struct scan *s,
		    dnslist_targets *out); /* headers: from, replyto, and addresses */
void dnslist_signers(struct scan *s, dnslist_targets *out); /* headers */
void dnslist_links(struct scan *s, dnslist_targets *out);   /* eom: url, urlhost, urlip, urlhash */
void dnslist_addresses(struct scan *s, dnslist_targets *out); /* eom: bodyaddr */

/* The client's name in DNS. False: not known yet. */
bool dnslist_rdns(struct scan *s, dnslist_targets *out);

/* ---- between the files that find them ---- */

/* NULL: it is there already. */
struct dnslist_target *dnslist_add(struct scan *s, dnslist_targets *out, enum dnslist_scope scope,
				   struct str name);
void dnslist_add_ip(struct scan *s, dnslist_targets *out, enum dnslist_scope scope,
		    const struct ip *ip); /* what is not public is left out */
/* Links to that host are asked for by digest. */
bool dnslist_host_asked(const struct scan *s, const struct dnslist_zone *z, struct str host);
/* dnslist_mailbox of somebody who is none of us, and no recipient; else absent. */
struct str dnslist_stranger(struct scan *s, struct str local, struct str domain);

/* Of a domain_read name; left out are what is spared, addresses, and names of private networks. */
void dnslist_add_domain(struct scan *s, dnslist_targets *out, enum dnslist_scope scope,
			struct str name);

#endif
