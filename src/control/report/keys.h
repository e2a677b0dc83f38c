/* Where windows of rows are in the store, and what stands there. */
#ifndef CONTROL_REPORT_KEYS_H
#define CONTROL_REPORT_KEYS_H

#include "control/report/window.h"

#define INDEX_KEY "dmr:index" /* log: windows that have rows, each at least once */
#define INDEX_LOG_MAX 4096u
#define MARKS_LOG_MAX 10000u

/* "dmr:rows:START:LENGTH:PART", "dmr:mark:START:LENGTH:PART". */
struct str rows_key(struct arena *a, const struct window_part *p);
struct str marks_key(struct arena *a, const struct window_part *p);

/* An entry of the index; part is 0. */
struct str index_format(struct arena *a, const struct window_part *p);
bool index_parse(struct str s, struct window_part *p);

/*
 * Marks of a part, in the order of its log. A plan says which range somebody reports; the first
 * plan stands until it is done, whoever does it. An entry of a lower number than one before it is
 * void.
 */
struct mark {
	char kind; /* 'P' plan, 'D' done */
	uint64_t fence, from, upto;
	uint64_t before; /* P: the range of the window before ends here */
};

struct marks {
	uint64_t fence; /* the highest */
	uint64_t done, done_by;
	bool planned;
	struct mark plan;
};

struct str mark_format(struct arena *a, const struct mark *m);
bool mark_parse(struct str s, struct mark *m);
void marks_add(struct marks *all, const struct mark *m);

#endif
