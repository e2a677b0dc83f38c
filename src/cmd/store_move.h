/* Walking a whole store, and moving it: as lines of JSON. */
#ifndef CMD_STORE_MOVE_H
#define CMD_STORE_MOVE_H

#include <stdio.h>

#include "io/loop.h"
#include "store/record.h"

/* One raw record and its octets; valid during the call. Octets that are none: r is NULL. */
typedef void store_move_fn(void *arg, const struct raw_record *r, struct str octets);

/* Every record of the store, told on a terminal as it goes. -1 and *e. */
int store_move_each(struct store *s, store_move_fn *fn, void *arg, struct err *e);

/*
 * Lines of JSON: a head, {"store":"merlon","version":1,"backend":"sqlite|redis"}; records,
 * {"shape":"record|member|entry", "key":...,"member":...,"id":N,"ends_ms":N,"value":...} with
 * octets in base64; and an end with their number, {"end":true,"records":N}. *n: how many.
 */
int store_move_export(struct store *s, bool embedded, FILE *out, uint64_t *n, struct err *e);

struct store_moved {
	uint64_t records; /* that came */
	uint64_t over;	  /* of those, that had no time to live left */
	uint64_t left;	  /* of those, of the classifier, left out */
};

/*
 * What such lines say. -1 and *e: line and why, also where the end is missing; what came before is
 * restored. A machine has the classifier in its own data base, whatever the store is, and what
 * machines share of it is kept otherwise there: of an export of Redis none of it goes into an
 * embedded store.
 */
int store_move_import(struct store *s, bool embedded, FILE *in, struct store_moved *out,
		      struct err *e);

#endif
