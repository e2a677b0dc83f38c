/* RFC 5322 dates (3.3, obsolete zones of 4.3 included). */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include "base/str.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/* Seconds since 1970-01-01 UTC into *t. False: not a date. Comments and folds are allowed. */
bool date_parse(struct str value, int64_t *t);

/* "Sun, 22 Nov 2026 04:00:00 +0000" into out[32], NUL-terminated; returns out. */
#define DATE_MAX 32
char *date_format(int64_t t, char out[DATE_MAX]);

#pragma GCC visibility pop

#endif
