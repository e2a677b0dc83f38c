/*
 * An entry of the log of a part of a window: some rows, each as identity, moment and the number of
 * its facts, which stand in front once each.
 */
#ifndef CONTROL_REPORT_BATCH_H
#define CONTROL_REPORT_BATCH_H

#include "base/map.h"
#include "base/octets.h"
#include "report/row.h"

#define BATCH_MAX (512u << 10) /* octets */

struct batch {
	struct arena *arena;
	int64_t start; /* of the window */
	struct map *seen;
	struct buf facts, rows;
	uint32_t nfacts, nrows;
};

void batch_begin(struct batch *b, struct arena *a, int64_t start);
/* False: it is full (BATCH_MAX), and nothing was added. The facts must live as long as the batch.
 */
bool batch_add(struct batch *b, const unsigned char id[ROW_ID_SIZE], int64_t judged,
	       struct str facts);
struct str batch_end(struct batch *b);

/* ---- read ---- */

struct batch_row {
	const unsigned char *id;
	int64_t judged;
	struct str facts; /* not looked into */
};

struct batch_reader {
	int64_t start;
	const struct str *facts;
	uint32_t nfacts;
	struct octets rows;
};

/* False: it is no batch (any octets may be given), as far as is seen before its rows are read. */
bool batch_open(struct batch_reader *r, struct arena *a, int64_t start, struct str s);
/* The next row; false: there is none, or none that makes sense. */
bool batch_next(struct batch_reader *r, struct batch_row *out);
/* All rows were read and made sense. */
bool batch_whole(const struct batch_reader *r);

#endif
