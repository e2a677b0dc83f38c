/* Compound files (MS-CFB): sectors, chains, directory; every chain ends, whatever the file says. */
#ifndef MAIL_FILE_OLE_H
#define MAIL_FILE_OLE_H

#include "base/vec.h"

struct ole_entry {
	struct str name; /* UTF-8 */
	bool stream, root;
	uint32_t first, size;
};

struct ole {
	struct arena *arena;
	struct str s;
	size_t sector;	   /* octets */
	uint32_t sectors;  /* there are */
	VEC(uint32_t) fat; /* the sectors that hold the table */
	uint32_t cutoff;
	struct str mini, mini_fat; /* small streams: what they are cut from, and its table */
	VEC(struct ole_entry) entries;
	bool broken, more; /* a chain loops or leaves the file; more entries than max */
};

/* False: no compound file. At most max entries. */
bool ole_open(struct ole *o, struct arena *a, struct str octets, size_t max);

/* At most max octets of a stream's beginning; in the arena. */
struct str ole_read(struct ole *o, const struct ole_entry *e, size_t max);

#endif
