/* libconfuse: from checked names to values. */
#ifndef CONF_READ_H
#define CONF_READ_H

#include "conf/names.h"

/* Parses the text and fills the values of all settings; wrong ones go to f. */
void read_values(struct arena *a, struct table *t, const struct text *text,
		 const struct settings *settings, struct faults *f);

#endif
