/* Rule files as a stream of directives: comments, includes and conditions are dealt with here. */
#ifndef RULESET_LINES_H
#define RULESET_LINES_H

#include "ruleset/ruleset.h"

struct rule_line {
	const char *file;
	int line;
	struct str word; /* the directive */
	struct str rest; /* what follows it, trimmed */
};

struct line_reader {
	struct arena *arena;
	const struct scan_setup *setup; /* for plugin() and can() */
	ruleset_fault_fn *fault;
	void *fault_arg;
	void (*take)(void *arg, const struct rule_line *l);
	void *arg;
	size_t faults;
};

/* Says what is wrong in a line. */
void line_fault(struct line_reader *r, const struct rule_line *l, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Reads a file, or every *.cf of a directory in order of name; a path that is not there, and a
 * directory without one, is a fault. */
void lines_read(struct line_reader *r, const char *path);

#endif
