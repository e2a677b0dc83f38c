/*
 * Records that must not be lost and that nobody waits for: appended to a file of the worker's own
 * under STATE/spool by one write() before the verdict goes out, so that they survive the death of
 * any process; the control process reads them from there, in order, and says how far it got. A
 * record may be read again after a crash: whoever counts must see by its id that it has it.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "base/arena.h"
#include "base/err.h"

#define SPOOL_RECORD_MAX 65536u	   /* octets of one record */
#define SPOOL_FILE_MAX (16u << 20) /* octets of one file; then the next one begins */
#define SPOOL_TOTAL_MAX                                                                            \
	(512u << 20) /* of what is not read yet; more records are refused, and counted */

enum spool_type {
	SPOOL_DMARC_ROW = 1, /* a message judged by a DMARC policy (checks/report) */
	SPOOL_REPORT_IN = 2, /* a report that came to us (checks/report) */
	SPOOL_FAILURE = 3,   /* a failure report to be sent (checks/report) */
	SPOOL_BOUNCE = 4,    /* a bounce of a report of ours (checks/report) */
};

/* ---- written by workers ---- */

struct spool;

/* Opens a new file in STATE/spool (made if need be), unlike any other's. NULL and *e. */
struct spool *spool_open(const char *state, struct err *e);
void spool_close(struct spool *s); /* NULL is fine */

/* Appends. False: no room, or the file cannot be written: counted, logged once. */
bool spool_add(struct spool *s, enum spool_type type, struct str record);
uint64_t spool_refused(const struct spool *s); /* records, since it was opened */

/* ---- read by the control process ---- */

struct spool_reader;
struct spool_reader *spool_reader_new(const char *state, struct err *e);
void spool_reader_free(struct spool_reader *r);

struct spool_record {
	enum spool_type type;
	struct str octets;
};

/*
 * The next records, at most max and at most about 1 MiB, in the arena; 0: none now. A file whose
 * writer is gone is removed when all of it is committed. What is damaged at its end (a write cut
 * off) is passed over.
 */
size_t spool_read(struct spool_reader *r, struct arena *a, struct spool_record *out, size_t max);

/* All that spool_read has given so far is done with: it will not be given again, also after a
 * restart. -1 and *e: that could not be written down; it is done with in this reader's life. */
int spool_commit(struct spool_reader *r, struct err *e);

/* What was not committed is given again, from the first of it. */
void spool_rewind(struct spool_reader *r);

/* How much waits: octets of all files that are not committed, and of how many files. */
uint64_t spool_waiting(const struct spool_reader *r, size_t *files);

#endif
