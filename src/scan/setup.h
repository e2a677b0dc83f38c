/*
 * One generation of configuration as the engine needs it: which checks there are and in what order,
 * the judge, thresholds, replies and header options. Immutable once the workers are forked.
 */
#ifndef SCAN_SETUP_H
#define SCAN_SETUP_H

#include "scan/check.h"

/* Options of the engine itself (score.*, reply.*, scan.*, headers.*). */
extern const struct conf_opt scan_options[];

struct scan_setup {
	struct arena *arena;
	const struct conf *conf;
	size_t n;
	const struct check *check[SCAN_MAX_CHECKS]; /* those a check needs stand before it */
	const void *config[SCAN_MAX_CHECKS];
	uint64_t needs[SCAN_MAX_CHECKS]; /* bit i: check i must be done before */
	const struct judge *judge;	 /* NULL: no rules */
	bool idle[SCAN_MAX_CHECKS];	 /* not run: nobody asks what it would find */
	bool deferred[SCAN_MAX_CHECKS]; /* reads content only for the judge: a cached verdict spares
					   it */
	uint64_t generation; /* digest of the configuration and the rules, equal on all machines */
	uint64_t cache_ms;   /* verdicts of equal messages are kept so long; 0: not */

	uint64_t deadline_ms;
	uint64_t sign_ms; /* for a signature */
	uint64_t cpu_us;  /* of one message; 0: as much as it takes */
	double tag_at, quarantine_at, tempfail_at, reject_at, discard_at;
	bool tempfail_on_error; /* put off what could not be checked in full */
	struct smtp_reply reject, tempfail, greylist;
	bool header_score, header_symbols, header_flag;
	const struct str *strip_names;
	size_t nstrip_names;
};

/*
 * Orders the checks by their needs and runs their setup. checks ends in NULL. -1 and *e: a need
 * that is unknown or goes in a circle, too many checks, a wrong ABI, or what a setup refused.
 */
int scan_setup_new(struct arena *a, const struct conf *c, const struct check *const *checks,
		   struct scan_setup **out, struct err *e);

/* The judge of all scans, before the first; checks that it has no question for become idle, the
 * others are told what its rules say to them. -1 and *e: a check refuses a line of them. */
int scan_setup_judge(struct scan_setup *s, const struct judge *j, struct err *e);

/* The predicate of that name and the check that has it; NULL if there is none. */
const struct predicate *scan_setup_predicate(const struct scan_setup *setup, struct str name,
					     const struct check **owner);

/*
 * Loads every *.so of a directory, in order of name, and appends their checks to list (room for
 * cap, NULL-terminated). -1 and *e: no such directory, cannot be loaded,
 * no descriptor table, another ABI. Plug-ins stay loaded.
 */
int scan_plugins_load(const char *dir, const struct check **list, size_t cap, struct err *e);

#endif
