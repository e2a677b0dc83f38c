/* What rules ask of DNS lists. */
#ifndef CHECKS_DNSLIST_PREDICATES_H
#define CHECKS_DNSLIST_PREDICATES_H

#include "checks/dnslist/desk.h"

extern const struct predicate dnslist_predicates[];

/* Which list is to be asked for what, by the rules that ask; -1 and *e: a list, scope or code that
 * is none. */
int dnslist_predicates_read(struct dnslist_config *k, const struct judge *j, struct err *e);

#endif
