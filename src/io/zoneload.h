/* How many questions are under way below each zone, so that one zone cannot take all there may be.
 */
#ifndef IO_ZONELOAD_H
#define IO_ZONELOAD_H

#include "base/hash.h"

struct zoneloads;
struct zoneload;

struct zoneloads *zoneloads_new(void);
void zoneloads_free(struct zoneloads *all); /* NULL is fine; everybody has left */

/*
 * Counts one more below the zone of wire, a name in wire form and lower case: its last two labels;
 * of reverse names the /16 or /32. NULL: it has max already. Give it back with zoneload_leave.
 */
struct zoneload *zoneload_enter(struct zoneloads *all, struct str wire, size_t max);
void zoneload_leave(struct zoneload *z);

#endif
