/* What tests of rules share: rules from text, and a message that they judge. */
#ifndef TESTS_UNIT_RULESET_WORLD_H
#define TESTS_UNIT_RULESET_WORLD_H

#include "lib/test.h"

#include "base/buf.h"
#include "ruleset/rule.h"

struct world {
	struct arena *a;
	char dir[64];
	unsigned flags;	     /* more of enum scan_flag for its messages */
	const char *options; /* more of the section "rules" of the configuration */
	bool local;	     /* nobody will be asked */
	struct buf faults;   /* and notes, a line each */
	struct scan_setup *setup;
	struct ruleset *rules;
};

/* Rules over a check with the functions holds('yes') and over(number), and one of content
 * with seen(); beside them the files
 * more.inc (a rule INCLUDED) and names.txt (a list). */
void world_load(struct world *w, const char *text);
void world_unload(struct world *w);
/* The message (NULL: one whose content is not looked at), judged. */
void world_judge(struct world *w, struct scan *s, const char *message);

#endif
