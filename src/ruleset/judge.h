/* What the files that judge a message share. */
#ifndef RULESET_JUDGE_H
#define RULESET_JUDGE_H

#include "ruleset/rule.h"

/* Where a pattern rule hit first: what its evidence is made of. */
struct hit {
	const struct view_line *line; /* NULL: there is no text to show */
	struct pattern_match match;
};

struct tag { /* what a capture rule found */
	struct str name, value;
};

/* One message being judged. */
struct judging {
	const struct ruleset *set;
	struct scan *scan;
	struct arena *arena;
	struct view *view; /* never NULL where patterns are run */
	struct pattern_scratch *scratch;
	struct pattern_budget budget;
	double *value;	 /* by slot */
	bool *asked;	 /* by slot: something that the meta refers to has a value */
	struct hit *hit; /* by slot */
	VEC(struct tag) tags;
};

/* views.c: every pattern rule that is the same for all messages. */
void judge_views(struct judging *j);
/* The lines of a view; n 0: there are none. */
struct view_lines judge_lines(struct judging *j, const struct rule_view *v);

/* tags.c: uri_detail, and patterns with %{NAME} in them. */
void judge_dynamic(struct judging *j);
void judge_capture(struct judging *j, const struct pattern_captures *c);
size_t rule_tag_len(struct str s, size_t from); /* patterns.c */

/* evidence.c: `body 1.2+345: "Viagra"`. */
struct str judge_evidence(const struct judging *j, const struct rule *r);
/* What a function gave as evidence: RULESET_MAX_SHOWN octets, controls and what is no UTF-8 as
 * \xHH. */
struct str judge_shown(struct arena *a, struct str evidence);

#endif
