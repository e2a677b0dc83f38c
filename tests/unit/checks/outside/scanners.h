/* Virus scanners of tests, on loopback: honest ones, and others. */
#ifndef TESTS_UNIT_CHECKS_OUTSIDE_SCANNERS_H
#define TESTS_UNIT_CHECKS_OUTSIDE_SCANNERS_H

#include "base/arena.h"

enum scanner_mood {
	HONEST,	  /* finds "EVIL:name;" */
	CLOSING,  /* closes at once */
	SILENT,	  /* never answers */
	GARBLED,  /* answers something else */
	HALF,	  /* half a reply, then it closes */
	HUGE_,	  /* never stops */
	LYING,	  /* "OK", of something that was not asked */
	DOUBLE,	  /* two replies in one */
	ERROR,	  /* an error of its own */
	TOO_MUCH, /* its limit is passed; it does not read all */
};

/* For serve.h. clamd: arg is its enum scanner_mood; icap: honest. "EVIL:nameless;" it would replace
 * without a name. */
void scanner_clamd(int fd, unsigned n, void *arg);
void scanner_icap(int fd, unsigned n, void *arg);

/* The file in which clamd keeps what came last: for mkstemp, before any is started. */
extern char scanner_seen_path[];
struct str scanner_seen(struct arena *a);

#endif
