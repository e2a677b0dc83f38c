/* Virus scanners: what the files of the check share. */
#ifndef CHECKS_OUTSIDE_SCANNER_H
#define CHECKS_OUTSIDE_SCANNER_H

#include "checks/outside/outside.h"
#include "checks/outside/scanner_reply.h"
#include "scan/ask.h"

#define SCANNER_SERVERS_MAX 4u
#define SCANNER_OBJECTS_MAX 6u /* files of one message that are scanned one by one */
#define SCANNER_FOUND_MAX 8u   /* names kept */

/* ---- scanner_options.c ---- */

struct scanner_server {
	struct stream_address address;
	struct str url;	   /* ICAP's */
	const char *where; /* for the board: "clamd:unix:/run/clamav/clamd.ctl" */
};

/* One kind of scanner; its servers stand in for one another, in this order. */
struct scanner_engine {
	const char *name; /* "clamd" */
	char letter;	  /* in the store's keys */
	struct scanner_server server[SCANNER_SERVERS_MAX];
	size_t nservers;
	const struct str *(*request)(struct arena *a, const struct scanner_server *server,
				     const struct scanner_object *o, size_t *n);
	bool (*read)(struct arena *a, struct str octets, const struct scanner_object *o,
		     struct scanner_reply *r);
	int (*whole)(struct str so_far);
	size_t max_octets; /* of a reply */
};

enum scanner_mode { SCANNER_MESSAGE, SCANNER_FILES, SCANNER_ALL };
enum scanner_action { SCANNER_REJECT, SCANNER_QUARANTINE, SCANNER_SCORE };

#define SCANNER_ENGINES 2u

struct scanner_config {
	struct scanner_engine engine[SCANNER_ENGINES];
	size_t nengines; /* those that have a server */
	enum scanner_mode mode;
	uint64_t max_size, timeout_ms, cache_ms;
	enum scanner_action action;
	bool tempfail; /* when no scanner answers */
	const struct str *heuristics;
	size_t nheuristics;
};

extern const struct conf_opt scanner_options[];
int scanner_setup(struct arena *a, const struct conf *c, const void **config, struct err *e);

/* ---- scanner_what.c ---- */

struct scanner_plan {
	struct scanner_object object[SCANNER_OBJECTS_MAX];
	size_t n;	    /* 0: nothing that a scanner need look at */
	const char *partly; /* why not all of the message is in them; NULL: it is */
};

/* At SCAN_EOM. body: the digest of the body (CANON_SIMPLE, whole). Pieces point into the message.
 */
void scanner_choose(struct scan *s, const struct scanner_config *k, struct str body,
		    struct scanner_plan *plan);

/* ---- scanner.c ---- */

struct scanner_finding {
	struct str name;
	bool blocked; /* SCANNER_BLOCKED */
	bool heuristic;
};

/* Of one engine and one object. */
struct scanner_outcome {
	struct scanner_reply reply;
	bool answered, cached;
	const char *why;   /* it has not: the last server's fault */
	const char *where; /* and which one */
};

struct scanner_result {
	struct antivirus_facts facts; /* first: what others see */
	struct scanner_finding found[SCANNER_FOUND_MAX];
	size_t nfound;
	struct str why; /* what did not answer, and why; absent: all did */
	struct scanner_outcome outcome[SCANNER_ENGINES][SCANNER_OBJECTS_MAX];
	struct scanner_plan plan;
};

/* ---- scanner_rules.c ---- */

extern const struct predicate scanner_predicates[];

#endif
