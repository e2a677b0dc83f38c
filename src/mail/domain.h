/*
 * Domain names as mail uses them: one reader, one form. Everything that compares domains compares
 * this form, so that no two parts of Merlon can disagree about a name.
 */
#ifndef MAIL_DOMAIN_H
#define MAIL_DOMAIN_H

#include "base/arena.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

#define DOMAIN_MAX 253u /* octets of a name: what DNS can hold (RFC 1035 2.3.4) as text */

enum domain_flag {
	DOMAIN_UNDERSCORE = 1, /* allow "_" in labels (names in DNS, not host names) */
};

/*
 * Reads an ASCII or UTF-8 domain and gives it as lower-case A-labels without a dot at the end
 * (UTS 46 non-transitional, STD3; RFC 5890), NUL-terminated in the arena. Checks: labels of 1 to
 * 63 octets of letters, digits, "-" (and "_" if allowed), no "-" at a label's ends, at most
 * DOMAIN_MAX in all. An A-label that does not decode to a valid U-label is refused, as are "", NUL,
 * white space, address literals and percent escapes. One label is fine ("localhost"). What is
 * refused gives an absent slice.
 */
struct str domain_read(struct arena *a, struct str s, unsigned flags);

/* The U-label form of a domain_read() name, for people; the A-label form where there is none. */
struct str domain_unicode(struct arena *a, struct str domain);

/* sub is name or ends in "." name. Both in domain_read form. */
bool domain_within(struct str sub, struct str name);

/* Number of labels; the name that consists of the last n labels (all if there are fewer). */
size_t domain_labels(struct str domain);
struct str domain_last(struct str domain, size_t n);

#pragma GCC visibility pop

#endif
