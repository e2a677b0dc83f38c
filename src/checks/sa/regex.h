/* Expressions that stand in the arguments of eval functions. */
#ifndef CHECKS_SA_REGEX_H
#define CHECKS_SA_REGEX_H

#include "base/arena.h"

#define SA_REGEX_MATCH_LIMIT 100000u
#define SA_REGEX_DEPTH_LIMIT 1000u
#define SA_REGEX_SUBJECT 65536u /* octets that are looked at */

struct sa_regex;

/* Compiled for one message, in its arena; NULL: does not compile. */
struct sa_regex *sa_regex_new(struct arena *a, struct str expression);
bool sa_regex_in(const struct sa_regex *r, struct str text);

/* The next match from octet *at on: its first group, or all of it where there is none; *at is then
 * behind it. False: no more. */
bool sa_regex_next(const struct sa_regex *r, struct str text, size_t *at, struct str *found);

#endif
