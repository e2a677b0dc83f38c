/* One fetch: signature, text, compilation. */
#ifndef CONTROL_FETCH_JOB_H
#define CONTROL_FETCH_JOB_H

#include "control/fetch_compile.h"

struct loop;
struct http;
struct fetch_job;

struct fetch_job_args {
	struct loop *loop;
	struct http *http;
	const struct feed_spec *spec;
	const char *set;		  /* path */
	const struct fetch_state *before; /* stays as it is until the end */
};

enum fetch_kind { FETCH_NOTHING_NEW, FETCH_GOT, FETCH_FAULT };

struct fetch_result {
	enum fetch_kind kind;
	struct compile_result compiled; /* FETCH_GOT; its why also after FETCH_FAULT */
	struct str etag, modified;	/* "" if there is none; of a file: what stat says of it */
	uint64_t retry_after_s;		/* 0: not said */
};

/* Called once, from the loop; it may free the job. */
typedef void fetch_job_fn(void *arg, const struct fetch_result *r);

struct fetch_job *fetch_job_new(const struct fetch_job_args *args, fetch_job_fn *done, void *arg);
void fetch_job_free(struct fetch_job *j); /* gives up what is under way; NULL is fine */

#endif
