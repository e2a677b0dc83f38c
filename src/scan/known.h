/* What every message is compared with: the public suffix list, and the names to protect. */
#ifndef SCAN_KNOWN_H
#define SCAN_KNOWN_H

#include "conf/conf.h"
#include "mail/lookalike/lookalike.h"

/* The list of option psl.file; *psl is NULL where that is empty, or left as it is and not there. -1
 * and *e: it cannot be read. */
int scan_psl(struct arena *a, const struct conf *c, const struct psl **psl, struct err *e);

/*
 * The names of lookalike.brands (empty there: shipped, a path) and lookalike.protect, without
 * lookalike_build: more can be added. NULL and *e: a list cannot be read.
 */
struct lookalike *scan_lookalike(struct arena *a, const struct conf *c, const struct psl *psl,
				 const char *shipped, struct err *e);

#endif
