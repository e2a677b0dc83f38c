/* Octets that nobody else shall see: locked, not dumped, wiped when given up. */
#ifndef SIGN_SECRET_H
#define SIGN_SECRET_H

#include "base/str.h"

struct secret {
	unsigned char *p;
	size_t n;   /* in use; the owner's to set */
	size_t cap; /* octets that there is room for */
};

/* Room for cap octets, zero, in pages of their own; no memory aborts. Locking is an attempt: an
 * account that may not lock so much has it unlocked. */
struct secret secret_new(size_t cap);
void secret_free(struct secret *s); /* wipes */

static inline struct str secret_str(const struct secret *s)
{
	return str_of((const char *)s->p, s->n);
}

/* Where OpenSSL keeps the private parts of keys from now on: the same manners, as far as it has
 * them. Once a process. */
void secret_heap(void);

#endif
