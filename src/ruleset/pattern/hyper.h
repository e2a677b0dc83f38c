/*
 * Hyperscan (or Vectorscan) in front of the patterns that literals hold back badly: one database a
 * set, kept on disk under the hash of what it was made of. It only says which may match.
 */
#ifndef RULESET_PATTERN_HYPER_H
#define RULESET_PATTERN_HYPER_H

#include "base/vec.h"

#define HYPER_LEN_MAX 300u    /* octets of an expression that is given to it */
#define HYPER_REPEAT_MAX 200u /* a bounded repetition over this is too dear to compile */
#define HYPER_BRANCH_MAX 40u  /* alternatives of one expression */
#define HYPER_LEAST 4u	      /* patterns; fewer are not worth a database */

struct hyper; /* immutable, shared by forked workers */

struct hyper_entry {
	struct str text;
	unsigned flags; /* enum pattern_flag */
	uint32_t id;
};

/* Whether an expression is of a kind that is compiled in bearable time. */
bool hyper_takes(struct str text, unsigned flags);

/*
 * The database of these from the file in dir, or made now and written there if compile is set.
 * NULL: there is none. An unreadable, damaged or foreign file is as none. In the arena, which
 * gives the library's memory back too.
 */
struct hyper *hyper_open(struct arena *a, const struct hyper_entry *entry, size_t n, struct str dir,
			 bool compile);

/* The ids that it holds; the library may have refused some. */
size_t hyper_count(const struct hyper *h);
uint32_t hyper_id(const struct hyper *h, size_t i);

/* Working memory of a process, enlarged for h; *scratch is NULL at first. False: not to be had. */
bool hyper_scratch(const struct hyper *h, void **scratch);
void hyper_scratch_free(void *scratch);

/* Sets the bits of the ids that may match in the line. False: it could not tell. */
bool hyper_scan(const struct hyper *h, void *scratch, struct str line, uint64_t *bits);

/* Whether this build has the library. */
bool hyper_built(void);

#endif
