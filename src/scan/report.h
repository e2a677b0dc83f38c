/* A finished scan as JSON: what `merlon scan --json`, the control API and the history show. */
#ifndef SCAN_REPORT_H
#define SCAN_REPORT_H

#include <jansson.h>

#include "scan/scan.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/* The whole object; the caller's to json_decref. file: shown as "file". Stable: absent facts are
 * null. */
json_t *scan_report(struct scan *s, struct str file);

/* Text as a JSON string: octets that are not UTF-8 become U+FFFD; an absent slice is null. */
json_t *report_str(struct str s);
/* A C string or null. */
json_t *report_word(const char *z);

#pragma GCC visibility pop

#endif
