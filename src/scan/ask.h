/* What a scan asks the world. All that is asynchronous about it (start, join, cancel) is in ask.c.
 */
#ifndef SCAN_ASK_H
#define SCAN_ASK_H

#include "scan/scan.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/*
 * The DNS face of a scan: the same (name, type) is one question however often it is asked; at most
 * SCAN_MAX_QUERIES distinct ones (further ones are DNS_TEMPFAIL); answers stay valid as long as the
 * scan. A check that asked and returned CHECK_WAIT is run again when the answer is there.
 */
struct dns *scan_dns(struct scan *s);

/*
 * The running check may ask so many more distinct questions in this run; further ones are
 * DNS_TEMPFAIL. For what a sender chooses to let us ask: else he could use up the questions by
 * which others deny him their name.
 */
void scan_dns_allow(struct scan *s, unsigned more);

/* So many questions are kept back for the running check until it is done: no other may use them. */
void scan_dns_reserve(struct scan *s, unsigned n);

/* Distinct questions asked so far. */
unsigned scan_dns_count(const struct scan *s);

#pragma GCC visibility pop

#endif
