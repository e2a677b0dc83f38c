/*
 * The octets of one record, the same in SQLite, in Redis and in an export, so that what moves from
 * one to the other is the same afterwards. Integers and doubles are big-endian.
 *
 *	'V' octets                                        PUT, NEW
 *	'A' n:u8 created:i64 updated:i64 sum:f64 x n      ADD
 *	'T' updated:i64 level:f64                         TAKE
 *	'L' fencing:i64 owner                             LEASE
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "store/store.h"

struct record {
	char kind;
	struct str value;		/* V: octets; L: owner */
	int64_t created_ms, updated_ms; /* A, T */
	int64_t fencing;		/* L */
	unsigned n;
	double sum[STORE_SUMS]; /* A; T: [0] is the level */
};

#define RECORD_HEAD_MAX (2u + 16u + 8u * STORE_SUMS)

/* False: not a record (any octets may be given). Slices point into s. */
bool record_parse(struct str s, struct record *r);
struct str record_format(struct arena *a, const struct record *r);

/*
 * What op makes of the record r (kind 0: there is none) at now: fills the answer, changes r, and
 * returns whether r is to be written. For GET, PUT, NEW, ADD, TAKE and LEASE; what is over its time
 * to live counts as none before it comes here. Written with kind 0: to be removed (a lease that is
 * given back).
 */
bool record_apply(struct record *r, const struct store_op *op, int64_t now_ms,
		  struct store_answer *a);

/* The sums of an 'A' record as they are at now: each halved with half_life_ms[i] (0: never) since
 * it was touched last. */
void record_fade(double sum[STORE_SUMS], const struct record *r,
		 const uint64_t half_life_ms[STORE_SUMS], int64_t now_ms);

/* A raw record of STORE_WALK: shape ('R' record, 'S' set member, 'E' log entry), key, member or id,
 * octets, and when it ends (ms since 1970; 0: never, as entries of logs). */
struct raw_record {
	char shape;
	struct str key, member, value;
	uint64_t id;
	int64_t ends_ms;
};
bool raw_parse(struct str s, struct raw_record *r);
struct str raw_format(struct arena *a, const struct raw_record *r);

#endif
