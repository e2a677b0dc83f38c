/* The options of keys' lives, and the timer as the control process runs it. */
#ifndef CONTROL_KEYRING_OPTIONS_H
#define CONTROL_KEYRING_OPTIONS_H

#include "conf/conf.h"

extern const struct conf_opt keyring_options[]; /* sign.rotate, sign.check, ... */

/* Whether mail is signed or sealed at all. */
bool keyring_wanted(const struct conf *c);

/* How long a key is kept that is signed with no longer, in seconds: until what it signed has
 * expired, and some time. */
int64_t keyring_keep_s(const struct conf *c);

#endif
