/* Reports about our mail, and their sums, for people and as JSON. */
#ifndef CMD_REPORT_SHOW_H
#define CMD_REPORT_SHOW_H

#include <jansson.h>

#include "control/report/summary.h"

/* What was wrong with messages of a group: "not signed; SPF softfail of b.example, not aligned". In
 * the arena; "" of what passed. */
struct str report_why(struct arena *a, const struct sum_group *g);

/* What a report says: its sums (condensed, of all domains) to stdout. */
void report_show(struct arena *a, struct str file, const struct report_sum *s, size_t n);
/* All of it. */
json_t *report_show_json(struct arena *a, struct str file, const struct report_read *r);

/* passing: the sources whose mail passes too. */
void report_show_summary(struct arena *a, const struct summary *s, bool passing);
json_t *report_summary_json(struct arena *a, const struct summary *s);

#endif
