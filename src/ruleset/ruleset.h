/*
 * Rules: text files in SpamAssassin's .cf language turn predicates into named, scored, described
 * and tested symbols.
 *
 * Read now: header NAME eval:f(args), meta, score, describe, priority, tflags, group, test,
 * include, if / ifplugin / else / endif, lang (skipped).
 */
#ifndef RULESET_RULESET_H
#define RULESET_RULESET_H

#include "scan/setup.h"

#define RULESET_MAX_RULES 50000u
#define RULESET_MAX_FILE (16u * 1024u * 1024u)
#define RULESET_MAX_FILES 1000u /* of a directory, or by include from one of its files */
#define RULESET_MAX_INCLUDE 16u /* depth */
#define RULESET_MAX_IF 64u	/* depth */
#define RULESET_MAX_ARGS 16u	/* of one eval */

extern const struct conf_opt ruleset_options[];

/* Everything wrong with the rules, one call each: "30_auth.cf:12: ...". */
typedef void ruleset_fault_fn(void *arg, const char *text);

struct ruleset;

/*
 * Reads the directory of option rules.dir (every *.cf in order of name) and then the files of
 * rules.files, over the predicates of setup's checks, and runs the tests in them. NULL: there were
 * faults, all of them told.
 */
struct ruleset *ruleset_load(struct arena *a, const struct conf *c, const struct scan_setup *setup,
			     ruleset_fault_fn *fault, void *arg);

const struct judge *ruleset_judge(const struct ruleset *r);
size_t ruleset_count(const struct ruleset *r);

#endif
