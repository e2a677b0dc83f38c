/*
 * The octets of a spool file, and how its name is made. A file begins with SPOOL_MAGIC; then come
 * records: length of the octets (u32), their check sum (u32, type included), type (u8), octets.
 * Numbers are big-endian. Whoever writes a file holds a lock on it (flock) from before it has its
 * name until he is gone, so that a file without a lock has its last record.
 */
#ifndef STORE_SPOOL_FILE_H
#define STORE_SPOOL_FILE_H

#include "store/spool.h"

#define SPOOL_MAGIC "spool 1\n"
#define SPOOL_MAGIC_SIZE 8u
#define SPOOL_HEAD_SIZE 9u
#define SPOOL_NAME_SIZE 33u /* TIME-RANDOM, in hexadecimal digits: by name is by age */
#define SPOOL_MARK "read"   /* the file that says how far each file was read */

/* Whether name is that of a spool file. */
bool spool_is_file(struct str name);

/* The check sum of a record whose type and octets are given one after the other. */
uint32_t spool_sum(struct str typed);

/* STATE/spool in the arena. */
const char *spool_path(struct arena *a, const char *state);

struct spool_mark {
	struct str name;
	uint64_t offset;
};

/* What SPOOL_MARK says, in the arena; nothing where it is not there or makes no sense (records
 * then come again). */
size_t spool_marks(struct arena *a, int dir, struct spool_mark **out);

/* How far that file was read: 0 if nothing is said of it. */
uint64_t spool_marked(const struct spool_mark *m, size_t n, struct str name);

#endif
