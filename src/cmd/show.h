/* Text of strangers on a terminal. */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include <stdio.h>

#include "base/str.h"

/* The text as UTF-8 that a terminal does not obey: control characters, those that turn the
 * direction of what follows, and octets that are no UTF-8 as "?", a tab as a space. A line end is
 * newline; NULL: a space. */
void show_text(FILE *out, struct str s, const char *newline);

#endif
