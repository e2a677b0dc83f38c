/*
 * From the text of a feed to its set, in a process of its own: two million entries take a second,
 * and who fetches has others to serve meanwhile.
 */
#ifndef CONTROL_FETCH_COMPILE_H
#define CONTROL_FETCH_COMPILE_H

#include <sys/types.h>

#include "control/fetch_disk.h"
#include "feed/feeds.h"

#define FETCH_CPU_S 120u   /* CPU time that a compilation may take */
#define FETCH_SIG_MAX 512u /* octets of a signature's file */
#define FETCH_SHRUNK 3u	   /* fetches after which a list of less than half is believed */

struct compile_task {
	const struct feed_spec *spec;
	struct str text, sig; /* of a URL; those of a file are read there */
	const char *set_path;
	const struct fetch_state *before;
};

enum compile_outcome {
	COMPILE_NEW,	/* another set is in place */
	COMPILE_SAME,	/* the text is the one of the set that is there */
	COMPILE_SHRUNK, /* less than half of what was there: not put in place */
	COMPILE_BAD,
};

struct compile_result {
	enum compile_outcome outcome;
	struct feed_counts counts;
	uint64_t octets;
	char sha256[65];
	char why[FETCH_WHY_MAX];
};

/* Forks. What the child has to say comes over *fd, as one struct compile_result; if it ends without
 * that, it was killed. -1 and *e. The child dies with us. */
pid_t compile_start(const struct compile_task *t, int *fd, struct err *e);

/* The same here and now. */
void compile_here(const struct compile_task *t, struct compile_result *out);

#endif
