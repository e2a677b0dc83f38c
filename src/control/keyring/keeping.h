/* Keys' lives as a configuration wants them, with a keeper to make and wipe private halves. */
#ifndef CONTROL_KEYRING_KEEPING_H
#define CONTROL_KEYRING_KEEPING_H

#include "control/control.h"
#include "control/keyring/life.h"

struct keeping;

/* NULL: nothing is signed, or there is no resolver. */
struct keeping *keeping_new(struct loop *l, const struct control_args *args);
void keeping_free(struct keeping *k); /* NULL is fine */

#endif
