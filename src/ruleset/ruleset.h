/*
 * Rules: text files in the .cf language of SpamAssassin 4.0 turn patterns over views of the message
 * and predicates of the checks into named, scored, described and tested symbols.
 *
 * What is written wrongly is a fault, and refuses the files. What is written well but not taken (a
 * function or a directive that is not known, an expression that PCRE2 refuses, the network) is a
 * note: that rule is not loaded, and a meta that refers to it counts it as 0.
 */
#ifndef RULESET_RULESET_H
#define RULESET_RULESET_H

#include "scan/setup.h"

#define RULESET_MAX_RULES 50000u
#define RULESET_MAX_FILE (16u * 1024u * 1024u)
#define RULESET_MAX_FILES 1000u	 /* of a directory, or by include from one of its files */
#define RULESET_MAX_INCLUDE 16u	 /* depth */
#define RULESET_MAX_IF 64u	 /* depth */
#define RULESET_MAX_ARGS 64u	 /* of one eval */
#define RULESET_MAX_HITS 1000u	 /* counted of a rule with tflags multiple and no maxhits */
#define RULESET_MAX_EVIDENCE 80u /* octets of matched text that are shown */
#define RULESET_MAX_SHOWN 400u	 /* octets of what a function gives as evidence */
#define RULESET_MAX_TAGS 64u	 /* values that capture rules keep of one message */
#define RULESET_MAX_NETS 10000u	 /* of trusted_networks and its kin */

extern const struct conf_opt ruleset_options[];

/* "30_auth.cf:12: ...": faults, and notes. */
typedef void ruleset_fault_fn(void *arg, const char *text);

struct ruleset_how {
	ruleset_fault_fn *fault; /* everything wrong with the rules, one call each */
	ruleset_fault_fn *note;	 /* what is not taken of them; NULL: only counted */
	void *arg;
	bool local;	  /* score set 0 for 1, and 2 for 3: the scans will ask nobody */
	struct str state; /* directory whose cache/ is meant where that option is empty; absent:
			     none */
};

struct ruleset;

/*
 * Reads the directory of option rules.dir (every *.cf in order of name), then the files of
 * rules.files and rules.runtime, over the predicates of setup's checks, and runs those of their
 * tests that need no scan. NULL: there were faults, all of them told.
 */
struct ruleset *ruleset_load(struct arena *a, const struct conf *c, const struct scan_setup *setup,
			     const struct ruleset_how *how);

/* What the views and the content of messages need besides the rules' own: the public suffix list
 * (NULL: none) and the names to protect (NULL: none). Before the first message. */
void ruleset_attach(struct ruleset *r, const struct psl *psl, const struct lookalike *lookalike);

/* ---- filters in front of the patterns (filter.c) ---- */

/* Where they are kept: option rules.cache, or cache/ in the directory state. Absent: nowhere, or
 * option rules.hyperscan is off. */
struct str ruleset_cache(struct arena *a, const struct conf *c, struct str state);

/* Nothing is missing that a compilation would bring. */
bool ruleset_filtered(const struct ruleset *r);

/* Builds them anew: from cache, and made there if compile is set (seconds, one progress call for
 * each view). What forked processes have of r stays as it is. Returns ruleset_filtered. */
typedef void ruleset_progress_fn(void *arg, size_t done, size_t all);
bool ruleset_filter(struct ruleset *r, struct str cache, bool compile,
		    ruleset_progress_fn *progress, void *arg);

/* Time that the patterns of the i-th rule took in the process of state (judge->state), and how
 * often they were tried. False: no more rules. Rules without patterns have 0. */
bool ruleset_cost(const struct ruleset *r, const void *state, size_t i, struct str *name,
		  uint64_t *us, uint64_t *runs);

/* One log line with the slowest rules of the process of state, if there are any. */
void ruleset_log_slowest(const struct ruleset *r, const void *state);

/* Where the rules that came with the program are, and lists/ with them: "rules" in the program's
 * directory or beside it (a build tree), "share/merlon/rules" beside its directory (an installed
 * tree, wherever it was moved to), or where they were to be installed. A path that we may not look
 * at is the answer if there is no better one: its fault is to be told. */
const char *ruleset_shipped(struct arena *a);

const struct judge *ruleset_judge(const struct ruleset *r);
size_t ruleset_count(const struct ruleset *r);
size_t ruleset_notes(const struct ruleset *r);

/* ---- tests that need a scan: of eval rules, and those with an envelope ---- */

struct ruleset_case {
	struct str rule;
	bool ok;
	struct str text; /* as written */
	const char *file;
	int line;
	struct ip client;
	struct str helo, host, from, tls, auth_user; /* absent: not said */
	struct str rcpt[8];
	size_t nrcpt;
	struct str message; /* with CRLF */
};

/* The i-th of them. False: no more. Lives in the arena. */
bool ruleset_case(const struct ruleset *r, struct arena *a, size_t i, struct ruleset_case *out);

#endif
