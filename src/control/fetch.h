/*
 * The fetcher of feeds: asks publishers by HTTPS whether there is a newer list, looks at files, has
 * them compiled, and puts the sets where all processes find them. One at a time. Whatever goes
 * wrong, the set that is there stays. What it knows of each feed is on disk, under a lock, so that
 * a daemon and a tool may both fetch.
 */
#ifndef CONTROL_FETCH_H
#define CONTROL_FETCH_H

#include "control/fetch_compile.h"

struct loop;
struct http;
struct board;
struct fetcher;

#define FETCH_LEAST_MS 300000u	   /* between two questions to a publisher, whatever happens */
#define FETCH_WORST_MS 21600000u   /* and at most, after failures; each doubles the wait */
#define FETCH_RETRY_AFTER_S 86400u /* what a publisher may ask for */
#define FETCH_FILE_MS 5000u	   /* a file is looked at so often */
#define FETCH_TOUCH_S 3600	   /* a file that does not change is good anew so often */
#define FETCH_AGAIN_S 60	   /* a file that has shrunk is looked into again */
#define FETCH_LOCKED_MS 2000u	   /* another process is at it */
#define FETCH_FIRST_MS 5000u	   /* at the start: anywhere within */

enum fetch_outcome {
	FETCH_CURRENT, /* no newer one */
	FETCH_NEW,
	FETCH_FAILED,
	FETCH_EARLY,  /* not asked: too soon after the last time */
	FETCH_LOCKED, /* not asked: another process fetches */
};

/* How it went; state is what is remembered now. */
typedef void fetch_fn(void *arg, size_t i, enum fetch_outcome o, const struct fetch_state *state,
		      const struct feed_counts *counts);

struct fetch_args {
	struct loop *loop;
	struct http *http;   /* NULL: only files */
	struct board *board; /* NULL: nobody counts; cells "feed:NAME" */
	const struct feed_specs *specs;
	const char *state; /* directory */
	bool once;	   /* of a tool: only what fetcher_ask asks for */
	fetch_fn *told;	   /* NULL: nobody */
	void *arg;
};

/* specs and state outlive it. NULL and *e: no directory can be made. */
struct fetcher *fetcher_new(const struct fetch_args *args, struct err *e);

/* What is under way is given up; sets are whole or as they were. NULL is fine. */
void fetcher_free(struct fetcher *f);

/* Fetches specs->spec[i] as soon as may be; told is called, from the loop. */
void fetcher_ask(struct fetcher *f, size_t i);

#endif
