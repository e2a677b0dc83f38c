/* What the files of the ruleset room share: one rule, and all of them. */
#ifndef RULESET_RULE_H
#define RULESET_RULE_H

#include "base/map.h"
#include "ruleset/expr.h"
#include "ruleset/ruleset.h"

enum rule_kind { RULE_NONE, RULE_EVAL, RULE_META }; /* NONE: only scored or described so far */

struct rule {
	struct str name;
	enum rule_kind kind;
	const char *file;
	int line;
	struct str text; /* as written after the name */

	const struct predicate *predicate; /* RULE_EVAL */
	size_t nargs;
	struct predicate_arg *arg;

	struct expr *expr; /* RULE_META */

	double score;
	bool scored;
	struct str describe, group, tflags;
	int64_t priority;
	size_t slot; /* of its value, when a message is judged */
	bool placed; /* in the order of evaluation */
};

struct rule_test {
	struct rule *rule;
	bool ok;
	struct str facts;
	const char *file;
	int line;
};

struct ruleset {
	struct judge judge; /* first */
	struct arena *arena;
	VEC(struct rule *) rules; /* as defined */
	struct map *by_name;
	VEC(struct rule_test) tests;
	size_t norder;
	struct rule **order; /* as evaluated: by priority, and what a meta refers to before it */
};

/* A subrule ("__...") has no score of its own and does not show. */
bool rule_is_sub(const struct rule *r);

/* judge.c */
void ruleset_run(const struct judge *j, struct scan *s);
/* Orders the rules; a meta that depends on itself is a fault. */
struct line_reader;
void ruleset_order(struct ruleset *set, struct line_reader *r);
void ruleset_test(struct ruleset *set, struct line_reader *r);

#endif
