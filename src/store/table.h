/*
 * What the embedded back-ends share: each operation, written once over the few things that a table
 * in memory and one in SQLite do differently. The limits are Redis's too. A row is a record
 * (store/record.h), or the head of a set ('S' count:u64) or of a log ('E' last id:u64 count:u64),
 * whose members and entries are kept beside it.
 */
#ifndef STORE_TABLE_H
#define STORE_TABLE_H

#include "store/record.h"

#define TABLE_MEMBERS 1000u	     /* of a set, where the operation names no limit */
#define TABLE_MEMBERS_MAX 100000u    /* whatever it names */
#define TABLE_ENTRIES 10000u	     /* of a log, where the operation names no limit */
#define TABLE_ENTRIES_MAX 1000000u   /* whatever it names */
#define TABLE_PAGE_OCTETS (1u << 20) /* a page of READ or WALK ends after so many octets */
#define TABLE_TTL_MAX_MS (3155760000ull * 1000) /* 100 years: longer ones are cut */

struct table_row {
	struct str value;
	int64_t ends; /* ms since 1970; 0: never */
};

/* A page of a walk or a log under way. */
struct table_page {
	struct arena *arena;
	struct store_entry *entry;
	size_t n, limit, octets;
};
/* False: the page is full, and s is not on it. */
bool table_page_add(struct table_page *p, uint64_t id, struct str s);

/* Each answers STORE_OK, STORE_NONE (not there) or, where it could not be done, STORE_FAILED or
 * STORE_FULL. Slices that are given out are in the arena or live until the next call. */
struct table {
	void *self;
	enum store_status (*get)(void *self, struct arena *a, struct str key, struct table_row *r);
	enum store_status (*put)(void *self, struct str key, const struct table_row *r);
	enum store_status (*del)(void *self, struct str key); /* the row alone */

	/* Members, their ends; STORE_NONE of put: it was not there before. */
	enum store_status (*member_get)(void *self, struct str key, struct str member,
					int64_t *ends);
	enum store_status (*member_put)(void *self, struct str key, struct str member,
					int64_t ends);
	enum store_status (*member_count)(void *self, struct str key, int64_t now, uint64_t *n);
	/* Removes those over at now: how many. */
	enum store_status (*member_expire)(void *self, struct str key, int64_t now, uint64_t *n);
	/* Removes the one that ends first. */
	enum store_status (*member_shift)(void *self, struct str key);

	/* Entries by rising id; STORE_NONE of put: there was none of that id before. */
	enum store_status (*entry_put)(void *self, struct str key, uint64_t id, struct str value);
	enum store_status (*entry_shift)(void *self, struct str key); /* removes the first */
	enum store_status (*entry_read)(void *self, struct str key, uint64_t after,
					struct table_page *page);

	/* Removes members and entries of key, of which shape says what they are: 'S', 'E'. */
	enum store_status (*clear)(void *self, struct str key, char shape);

	/* Raw records after cursor ("": from the beginning) until the page is full; *next: the
	 * cursor then, "" at the end. Over at now: left out. */
	enum store_status (*walk)(void *self, struct str cursor, int64_t now,
				  struct table_page *page, struct str *next);
};

/* Does op at now; what it answers lives as long as the arena. Ops may be hostile. */
void table_run(const struct table *t, struct arena *arena, const struct store_op *op, int64_t now,
	       struct store_answer *a);

/* Whether op changes anything (an ADD of nothing and a look do not). */
bool table_writes(const struct store_op *op);

#endif
