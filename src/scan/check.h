/*
 * The SDK of checks, in the tree and in plug-ins. A check is one descriptor: it finds facts and
 * exports predicates; rules in text files name and score them.
 */
#ifndef SCAN_CHECK_H
#define SCAN_CHECK_H

#include <jansson.h>

#include "conf/conf.h"
#include "scan/scan.h"

#define CHECK_ABI 5 /* raised whenever struct check or what it reaches (struct scan) changes */

enum check_step { CHECK_DONE, CHECK_WAIT };

enum check_flag {
	CHECK_CONTENT = 1, /* parses the message beyond headers and body hashes: left out for a
			      message that crashed us twice */
	CHECK_FACTS = 2,   /* all it has is predicates: left out where no rule asks them */
	CHECK_MEMORY = 4,  /* what it finds is of this moment (counters, limits, digests that others
			      report): run although a cached verdict is at hand; see mark */
	CHECK_LATE = 8, /* begins when all others are done and scan_preliminary is there; spared by
			   a cached verdict */
};

struct predicate_arg {
	struct str text;
	double number; /* where the argument type is 'n' */
};

/*
 * eval:name(args) of a rule. args types: one letter each, 's' text, 'n' number; after '|' optional
 * ones; "*" at the end: any number more of the last. Returns whether it holds and may set *evidence
 * (in the scan's arena). Runs after all checks are done; a check that did not finish has no result.
 */
struct predicate {
	const char *name;
	const char *args;
	bool (*test)(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence);
	const char *help;
};

struct check {
	unsigned abi; /* CHECK_ABI */
	const char *name;
	const char *help;
	enum scan_stage stage; /* the first stage whose input it needs */
	const char *const
		*needs; /* names of checks that must be done before; NULL at the end; or NULL */
	unsigned flags;
	const struct conf_opt *options; /* ends in a row without name; or NULL */
	size_t state_size;		/* of the zeroed memory a scan holds for it */

	/* Once, before workers are forked: what it needs of the configuration, as an opaque
	 * immutable value in the arena (NULL is fine); -1 and *e on a value it refuses. Optional.
	 */
	int (*setup)(struct arena *a, const struct conf *c, const void **config, struct err *e);

	/*
	 * Words of rule files that this check reads itself (j->stanza; "word_*" is every one that
	 * begins so); NULL at the end. And once,
	 * after setup, when the rules are there: what they ask of it (j->use, those of its own
	 * predicates among them) and say to it; *config is what setup made of it and may be
	 * replaced. -1 and *e ("file:line: ...") on a line it refuses: the rules are not loaded.
	 * Not called where there are no rules. Both optional.
	 */
	const char *const *directives;
	int (*rules)(struct arena *a, const struct conf *c, const struct judge *j,
		     const void **config, struct err *e);

	/*
	 * Goes on from wherever it is; is run again, from its start, when an answer it asked for
	 * has come, a stage has been reached, or a check it needs is done. Publishes its result
	 * (scan_publish) just before CHECK_DONE. At the deadline it is run one last time with every
	 * unanswered question as DNS_TEMPFAIL and the stage at SCAN_EOM; if it then still waits, it
	 * has no result, and the checks that need it are run without.
	 */
	enum check_step (*run)(struct scan *s, void *state, const void *config);

	const struct predicate *predicates; /* ends in a row without name; or NULL */

	/* Adds its part to the JSON object "auth" (or its own key) of a report. Optional. */
	void (*report)(struct scan *s, json_t *root);

	/*
	 * Of a CHECK_MEMORY check: what of its result the symbols of the verdict depend on, as a
	 * number that changes when they could. A cached verdict stands only while all marks are
	 * what they were. Coarse is good: a counter's magnitude, not its value. Optional: always 0.
	 */
	uint64_t (*mark)(const struct scan *s);

	/* Runs when the score stands and before it becomes an action, for verdicts from the cache
	 * too: what greylists, limits and traps demand (scan_require). Optional. */
	void (*settle)(struct scan *s, const void *config);

	/*
	 * Runs when the action stands (s->verdict.action) and before the edits are put in order:
	 * what goes into a message depending on how it was judged (scan_insert, scan_delete):
	 * signatures, seals. For passive mail too, and where only authentication is wanted: look at
	 * scan_passive. Optional.
	 */
	void (*amend)(struct scan *s, const void *config);

	/* Runs when the verdict stands, also for one from the cache: counts, remembers, teaches
	 * (scan_store_note, scan_learn). Not for passive mail, nor where only authentication is
	 * wanted. Optional. */
	void (*after)(struct scan *s, const void *config);

	/* Its result as one word for the log, where it stands under the check's name; NULL: nothing
	 * to say. Optional. */
	const char *(*word)(const struct scan *s);
};

/* What a plug-in exports: const struct check *const merlon_plugin_checks[] (NULL at the end). */
#define CHECK_PLUGIN_SYMBOL "merlon_plugin_checks"

#endif
