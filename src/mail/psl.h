/* The public suffix list (publicsuffix.org/list): which part of a name is registered. */
#ifndef MAIL_PSL_H
#define MAIL_PSL_H

#include "base/arena.h"
#include "base/err.h"

#define PSL_MAX_FILE (16u * 1024u * 1024u) /* octets; the list of 2026 has 0.3 million */

struct psl;

/* Loads the list from a file (UTF-8 text form, as Debian's publicsuffix package ships it). NULL and
 * *e: cannot be read, or is no list (file:line). Rules of both sections count. */
struct psl *psl_load(struct arena *a, const char *path, struct err *e);

/* The registrable domain of a domain_read() name: a slice of it; absent when the name is itself a
 * public suffix. An unlisted TLD is a suffix of its own ("*"). */
struct str psl_registrable(const struct psl *p, struct str domain);

/* The list has rules for the top-level domain of a domain_read() name, outside of its section of
 * private domains: what stands in a text and ends so may be a name. */
bool psl_listed(const struct psl *p, struct str domain);

#endif
