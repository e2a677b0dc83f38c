/* Names of hosts that look made by a machine for a line of a customer. Pure, linear in the name. */
#ifndef CHECKS_OUTSIDE_HOSTS_NAME_H
#define CHECKS_OUTSIDE_HOSTS_NAME_H

#include "base/arena.h"
#include "base/ip.h"
#include "mail/psl.h"
#include "scan/lists.h"

enum host_sign {
	HOST_ADDRESS = 1, /* all of its address, in decimal or hexadecimal, in either direction */
	HOST_PARTLY = 2,  /* its last two octets */
	HOST_DYNAMIC = 4, /* a word of the list host_dynamic */
	HOST_STATIC = 8,  /* of host_static */
	HOST_MAIL = 16,	  /* of host_mail */
	HOST_KNOWN = 32,  /* below a domain of the list host_known: of a mail provider */
	HOST_GENERIC = 64 /* an address, or a word of host_dynamic with or without a part of it;
			     none of host_mail, host_static or host_known */
};

/* Signs of a name in domain_read form for the host with this address (family 0: not known). Words
 * are those left of the registrable domain (psl NULL: of the last two labels). */
unsigned host_signs(struct arena *a, const struct lists *l, const struct psl *psl, struct str name,
		    const struct ip *ip);
/* "address,dynamic,generic"; in the arena. */
struct str host_signs_text(struct arena *a, unsigned signs);
/* One of these words is the name of one of the signs. */
bool host_signs_has(unsigned signs, struct str words);

#endif
