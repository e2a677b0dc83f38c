/* The text of a configuration with its includes in place, and where each of its lines came from. */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include "base/vec.h"
#include "conf/fault.h"

struct text_segment {
	unsigned first; /* line of the whole text from which on it holds */
	struct place at;
};

/* Octets of blank that follow the text, for signs that were forgotten at its end. */
#define TEXT_SLACK 8u

struct text {
	char *p; /* n octets and TEXT_SLACK blanks, then a NUL; no comments */
	size_t n;
	VEC(struct text_segment) segments;
};

/*
 * Reads path, or takes name and given (if given.p is not NULL) as the first file. What cannot stand
 * in a configuration is reported and left out.
 */
void text_load(struct arena *a, const char *path, struct str given, struct faults *f,
	       struct text *out);

struct place text_place(const struct text *t, unsigned line);

#endif
