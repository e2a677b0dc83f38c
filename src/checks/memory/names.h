/* Display names of people our users write with, and of our users: which address has which name. */
#ifndef CHECKS_MEMORY_NAMES_H
#define CHECKS_MEMORY_NAMES_H

#include "checks/memory/memory.h"

#define NAMES_OF_MESSAGE 8u /* recipients whose names are remembered */
#define NAMES_ADDRESSES 8u  /* addresses kept of one name */
#define NAMES_COMMON 4u	    /* a name of so many addresses is nobody's */
#define NAMES_TTL_MS (UINT64_C(180) * 86400 * 1000)

/*
 * The set of addresses that go by that name in mail with users of domain (of ours): "name:...". The
 * words of a name count in any order and case. Absent: it is no name of a person (one word, an
 * address, too short or too long).
 */
struct str names_key(struct scan *s, struct str domain, struct str name);

#endif
