/* The site's resolver as protocol code sees DNS (base/dns.h): whoever asks is run again when an
 * answer has come. */
#ifndef CONTROL_KEYRING_ASKS_H
#define CONTROL_KEYRING_ASKS_H

#include "base/dns.h"

struct loop;
struct resolver;
struct asks;

typedef void asks_fn(void *arg);

/* deadline: on clock_mono_ms; what is unanswered then is DNS_TEMPFAIL. again is called from the
 * loop, never from inside a question; asks_free may be called from it. */
struct asks *asks_new(struct loop *l, struct resolver *r, uint64_t deadline, asks_fn *again,
		      void *arg);
void asks_free(struct asks *q); /* NULL is fine; answers are gone then */
struct dns *asks_dns(struct asks *q);

#endif
