/*
 * Addresses that reports do not go to for a while, since they were refused or came back. What a
 * report is sent from names the address it went to in a way that nobody else can make up, so that a
 * bounce tells which address is bad, and only a real one does.
 */
#ifndef CONTROL_REPORT_SUPPRESS_H
#define CONTROL_REPORT_SUPPRESS_H

#include "auth/crypto.h"

#define SUPPRESS_SECRET 32u /* octets of the key that the sites of one store share */
#define SUPPRESS_HASH 16u   /* hexadecimal digits that name an address */
#define SUPPRESS_TAG 16u    /* hexadecimal digits that prove it */

/* The key of the store's record under which an address is suppressed: its value says why. */
struct str suppress_key(struct arena *a, struct crypto *c, struct str address);

/* "local+HASH.TAG@domain" of a bounce address for what goes to address; the bounce address as it
 * is where its local part leaves no room. */
struct str suppress_sender(struct arena *a, struct crypto *c, struct str bounce, struct str address,
			   struct str secret);

/* Whether to (whoever a bounce was sent to) is such an address: then the key to suppress. */
bool suppress_bounced(struct arena *a, struct crypto *c, struct str bounce, struct str to,
		      struct str secret, struct str *key);

#endif
