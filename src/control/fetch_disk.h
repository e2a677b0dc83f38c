/* Files of feeds: how they are written, and what is remembered of fetching one. */
#ifndef CONTROL_FETCH_DISK_H
#define CONTROL_FETCH_DISK_H

#include "base/arena.h"
#include "base/err.h"

/* Beside path, to disk, then in its place: whoever reads has the old or the new. Of the owner of
 * the directory, if we are root. -1 and *e. */
int fetch_put(const char *path, struct str octets, struct err *e);

/* The same as of now: its time of change becomes the present. */
void fetch_touch(const char *path);

/* DIR/feeds, made if need be; of the owner of DIR, if we are root. -1 and *e. */
int fetch_dir(const char *state, struct err *e);

#define FETCH_ETAG_MAX 512u
#define FETCH_DATE_MAX 64u
#define FETCH_WHY_MAX 200u

/* Seconds are of the wall clock; 0: never. */
struct fetch_state {
	uint64_t same;	/* feed_spec.same of what was fetched */
	uint64_t asked; /* and of what was tried last */
	char etag[FETCH_ETAG_MAX], modified[FETCH_DATE_MAX]; /* "": none; of a file: etag is what
								  stat says of it */
	char sha256[65];				     /* of the text */
	int64_t tried, fetched, changed; /* asked; told that ours is current; got another */
	int64_t not_before;		 /* it is not asked again */
	uint64_t entries, octets;
	unsigned failures, shrunk; /* in a row */
	char why[FETCH_WHY_MAX];   /* of the last failure; "" after none */
};

/* A reason, cut if need be; what is not printable becomes "?". */
void fetch_say(char why[FETCH_WHY_MAX], struct str text);

/* All zero where there is none, or nothing that could be read. */
void fetch_state_read(const char *path, struct fetch_state *s);
int fetch_state_write(const char *path, const struct fetch_state *s, struct err *e);

#endif
