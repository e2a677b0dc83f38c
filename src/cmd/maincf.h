/* Postfix's main.cf as text: parameters read and set without losing a comment or a blank. */
#ifndef CMD_MAINCF_H
#define CMD_MAINCF_H

#include "base/arena.h"

/* The value of a parameter (the last one set counts), folds joined by blanks; absent if not set. */
struct str maincf_get(struct arena *a, struct str text, struct str name);

/* The text with the parameter set: in place of the last line that sets it, else at the end. */
struct str maincf_set(struct arena *a, struct str text, struct str name, struct str value);

#endif
