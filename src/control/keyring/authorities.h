/* Which name servers have authority for a name: the zone it lies in, its servers, their addresses,
 * as the site's resolver knows them. */
#ifndef CONTROL_KEYRING_AUTHORITIES_H
#define CONTROL_KEYRING_AUTHORITIES_H

#include "auth/auth.h"

#define AUTHORITIES_SERVERS_MAX 16u
#define AUTHORITIES_ADDRESSES_MAX 32u

struct authorities_address {
	struct str server;
	struct ip ip;	 /* family 0: there is none */
	const char *why; /* not */
};

struct authorities {
	struct str zone;
	struct str fault; /* not absent: they cannot be had; why */
	size_t n;
	struct authorities_address at[AUTHORITIES_ADDRESSES_MAX]; /* by server, then by address */
};

/* name: lower case, without a dot at its end. AUTH_WAIT: as all of auth. */
enum auth_step authorities_find(struct arena *a, struct dns *dns, struct str name,
				struct authorities *out);

#endif
