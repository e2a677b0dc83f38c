/* What the files of the check "sender" share. */
#ifndef CHECKS_MEMORY_SENDER_H
#define CHECKS_MEMORY_SENDER_H

#include "checks/memory/identity.h"

#define DAY_MS (INT64_C(86400) * 1000)
#define SENDER_TTL_MS (UINT64_C(180) * 86400 * 1000)
#define SENDER_HALF_LIFE_MS (UINT64_C(30) * 86400 * 1000)
#define SENDER_FIRST_MS                                                                            \
	INT64_C(600000)	       /* the copies of a first mailing are all the first contact */
#define SENDER_DAYS 400	       /* of an age; older is as old */
#define SENDER_RCPTS 8u	       /* recipients of a message that are looked up */
#define SENDER_REMEMBERED 100u /* recipients of a message of ours that are remembered */
#define SENDER_WRITERS 64u     /* users of a domain that are remembered for one correspondent */

/* The set of our users of a domain who have written to theirs; ours joins it. Both as
 * identity_address has them. */
struct store_op sender_correspondent(struct scan *s, struct str ours, struct str theirs);

extern const struct predicate sender_predicates[];
void sender_report(struct scan *s, json_t *root);

#endif
