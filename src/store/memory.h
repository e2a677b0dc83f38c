/* Records in the memory of this process: bounded, the one touched longest ago leaves first. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store/table.h"

#define MEMORY_OCTETS_PER_ENTRY 1024u /* also bounded by memory: this much for each entry */

struct memory;

/* entries: records, members of sets and entries of logs, all together. */
struct memory *memory_new(size_t entries);
void memory_free(struct memory *m); /* NULL is fine */

/* Forgets all. */
void memory_clear(struct memory *m);

/* The same as a table, for table_run. */
const struct table *memory_table(const struct memory *m);
size_t memory_len(const struct memory *m);

#endif
