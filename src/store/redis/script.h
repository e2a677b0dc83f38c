/* The scripts that Redis runs for us, by their hash. */
#ifndef STORE_REDIS_SCRIPT_H
#define STORE_REDIS_SCRIPT_H

#include "base/str.h"

enum script_id {
	SCRIPT_OPS,  /* operations on records and sets, any number in one call */
	SCRIPT_READ, /* entries of a log, or nil where there is no log */
	SCRIPT_DUMP, /* a key as raw records, a page at a time */
	SCRIPT_COUNT
};

/* What Redis called them. The hash of a script is the same at every server. */
struct scripts {
	char sha[SCRIPT_COUNT][41];
};

struct str script_text(enum script_id id);
bool script_named(struct scripts *s, enum script_id id, struct str sha);

#endif
