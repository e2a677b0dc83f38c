/* The names and signs of a configuration text against the option table. */
#ifndef CONF_NAMES_H
#define CONF_NAMES_H

#include "conf/table.h"
#include "conf/text.h"

/* An option that the text sets, to be read from libconfuse afterwards; its value knows where. */
struct setting {
	struct row *row;
	size_t instance; /* of the row's section */
	bool append;	 /* a list that begins with += */
};

struct settings {
	VEC(struct setting) v;
};

/*
 * Walks through the text, reports every unknown name, doubled option and misplaced sign, and blanks
 * them out: libconfuse stops at the first fault, so what it gets has none left but wrong values.
 */
void names_check(struct table *t, struct text *text, struct faults *f, struct settings *out);

#endif
