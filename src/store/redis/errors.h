/* What each error of Redis means to us. */
#ifndef STORE_REDIS_ERRORS_H
#define STORE_REDIS_ERRORS_H

#include "store/redis/addr.h"

enum redis_action {
	REDIS_FAULT,  /* nobody answered: it counts for the breaker, the fallback answers */
	REDIS_DATA,   /* an answer: it cannot be done with this key */
	REDIS_FULL,   /* not written: no room */
	REDIS_SCRIPT, /* again, with the script in full */
	REDIS_MASTER, /* this is none: find the master, again there */
	REDIS_CLOSE,  /* this connection is no good: a new one, again there */
	REDIS_AGAIN,  /* again, to the same */
	REDIS_MOVED,  /* again, at the node that is named, for good */
	REDIS_ASK,    /* again, at the node that is named, this once */
	REDIS_NOMAP,  /* as REDIS_FAULT, and the map of slots is old */
};

enum redis_action redis_error_action(struct str text);

/* "MOVED 3999 127.0.0.1:6381" and ASK; a host that is left out is host. False: not of this form. */
bool redis_error_where(struct str text, const char *host, unsigned *slot, struct redis_addr *a);

#endif
