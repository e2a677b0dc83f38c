/* merlon learn import: what other filters have learnt. */
#ifndef CMD_LEARN_IMPORT_H
#define CMD_LEARN_IMPORT_H

#include "cmd/teacher.h"

/* arg: the kind, the file, and mail whose words are looked for. undo: takes it back. An
 * APP_EXIT_*. */
int learn_import(struct teacher *t, char **arg, int n, bool undo, bool json);

/* Whether such arguments can be. */
bool learn_import_usage(char **arg, int n);

#endif
