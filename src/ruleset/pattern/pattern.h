/*
 * Regular expressions over views: PCRE2 with JIT decides; Hyperscan or Vectorscan, required
 * literals and class automata in front of it only say no. The results are the same without them.
 */
#ifndef RULESET_PATTERN_PATTERN_H
#define RULESET_PATTERN_PATTERN_H

#include "base/err.h"
#include "base/vec.h"

#define PATTERN_MATCH_LIMIT 100000u
#define PATTERN_DEPTH_LIMIT 1000u
#define PATTERN_HEAP_KIB 8192u
#define PATTERN_WINDOW                                                                             \
	(64u * 1024u)	   /* octets of one subject; longer ones are matched in windows            \
			    */
#define PATTERN_MAX 50000u /* in a set */
#define PATTERN_MAX_LEN (512u * 1024u) /* octets of one */

/* ---- one pattern ---- */

enum pattern_flag {
	PATTERN_CASELESS = 1,
	PATTERN_MULTILINE = 2,
	PATTERN_DOTALL = 4,
	PATTERN_EXTENDED = 8,
	PATTERN_UTF = 16, /* \x{100} and above, or \p{}: matched as UTF-8 */
};

/*
 * Splits "/.../ims", "m{...}x", "m!...!" or a bare expression, as Perl and SpamAssassin write them,
 * into text and flags. -1 and *e: no end, unknown modifier.
 */
int pattern_split(struct arena *a, struct str written, struct str *text, unsigned *flags,
		  struct err *e);

struct pattern; /* compiled; immutable, shared by forked workers */

/* -1 and *e: does not compile (with the offset), too long, or a nesting of quantifiers that no
 * limit makes bearable. warn (may be NULL): what a linter should say of it, or absent. */
int pattern_compile(struct arena *a, struct str text, unsigned flags, struct pattern **out,
		    struct str *warn, struct err *e);

/* The same for a pattern of one message: nothing is spent on making its matching fast. */
int pattern_compile_once(struct arena *a, struct str text, unsigned flags, struct pattern **out,
			 struct err *e);

/* ---- what a worker brings ---- */

struct pattern_scratch; /* match data, JIT stack, Hyperscan scratch: one per process, not shared */
struct pattern_scratch *pattern_scratch_new(struct arena *a);

/* Time spent in patterns for one message, all sets together; over it every scan ends at once. */
struct pattern_budget {
	uint64_t limit_us, used_us;
	uint64_t cpu_from_us; /* clock_cpu_us() when the budget was made: time in which others had
				 the processor does not count; 0: it does */
	bool over;	      /* the limit was reached */
	size_t limit_hits;    /* matches that PCRE2's own limits ended: counted as no match */
};

struct pattern_match {
	size_t from, to; /* in the subject */
};

/* Capture groups by name, for capture tests; value() of "" is the whole match. */
struct pattern_captures;
bool pattern_capture(const struct pattern_captures *c, size_t i, struct str *name,
		     struct str *value);

/* One pattern on one subject, from an offset. */
bool pattern_test(const struct pattern *p, struct pattern_scratch *s, struct pattern_budget *b,
		  struct str subject, size_t start, struct pattern_match *m);

/* ---- many patterns over the lines of one view ---- */

struct pattern_set;

struct pattern_set *pattern_set_new(struct arena *a);
/*
 * max: matches wanted of this pattern in one message; 1 unless the rule has tflags multiple,
 * UINT_MAX without a maxhits. Ids count from 0.
 */
size_t pattern_set_add(struct pattern_set *set, const struct pattern *p, uint32_t max);

/* How far the filters of a set are. FILTERED: nothing is missing that a compilation would bring;
 * that is so too where Hyperscan is not built in, or has nothing to do in this set. */
enum pattern_state { PATTERN_PLAIN, PATTERN_FILTERED };

/* Before it is built: leaves Hyperscan out, where it costs more than it saves. */
void pattern_set_no_hyperscan(struct pattern_set *set);

/*
 * After the last pattern: literals and automata at once. With cache_dir, Hyperscan's database is
 * loaded from there if it fits (hash of patterns, library version, CPU); compile makes it there
 * if it is missing (seconds, for big sets; without cache_dir for this process only). It holds
 * what the other filters hold back badly. Never fails: what cannot be had is left out. Returns
 * the state reached.
 */
enum pattern_state pattern_set_build(struct pattern_set *set, struct str cache_dir, bool compile);
size_t pattern_set_count(const struct pattern_set *set);

/*
 * Called for each match, in the order of lines and then of offsets within one pattern; patterns in
 * no order that may be relied on. Returning false: enough of this pattern.
 */
typedef bool pattern_hit_fn(void *arg, size_t id, size_t line, struct pattern_match m,
			    const struct pattern_captures *captures);

void pattern_set_scan(const struct pattern_set *set, struct pattern_scratch *s,
		      struct pattern_budget *b, const struct str *line, size_t nlines,
		      pattern_hit_fn *hit, void *arg);

/* Time of each pattern since the scratch was made (microseconds, and runs of PCRE2), for the list
 * of the slowest; false: no such id. */
bool pattern_set_cost(const struct pattern_set *set, const struct pattern_scratch *s, size_t id,
		      uint64_t *us, uint64_t *runs);

#endif
