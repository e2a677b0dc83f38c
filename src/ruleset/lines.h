/* Rule files as a stream of directives: comments, includes and conditions are dealt with here. */
#ifndef RULESET_LINES_H
#define RULESET_LINES_H

#include "ruleset/rule.h"

struct rule_line {
	const char *file;
	int line;
	enum rule_layer layer;
	struct str word; /* the directive: in lower case, "_" for "-" */
	struct str rest; /* what follows it, trimmed */
};

struct line_reader {
	struct arena *arena;
	const struct scan_setup *setup; /* for plugin() and can() */
	const struct ruleset_how *how;
	enum rule_layer layer;
	struct ruleset *set; /* its notes */
	void (*take)(void *arg, const struct rule_line *l);
	void *arg;
	size_t faults;
};

/* Says what is wrong in a line, and refuses the files for it. */
void line_fault(struct line_reader *r, const struct rule_line *l, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Says what is not taken of a line. */
void line_note(struct line_reader *r, const struct rule_line *l, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Cuts the first word off *rest. */
struct str line_word(struct str *rest);

/* Reads a file, or every *.cf of a directory in order of name; a path that is not there, and a
 * directory without one, is a fault. */
void lines_read(struct line_reader *r, const char *path);

/* cond.c: whether the lines under `if`, `ifplugin` count. */
bool lines_condition(struct line_reader *r, const struct rule_line *l);
/* Whether what a plug-in of SpamAssassin does is done here; also the name of one of our checks. */
bool lines_plugin(const struct scan_setup *setup, struct str name);

#define LANGUAGE_VERSION 4.000001 /* what we answer to in `if (version >= ...)` */

#endif
