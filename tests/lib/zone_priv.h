/* What the files of the test zone share. */
#ifndef TESTS_LIB_ZONE_PRIV_H
#define TESTS_LIB_ZONE_PRIV_H

#include "base/map.h"
#include "base/vec.h"
#include "lib/zone.h"

struct zone_order {
	int type;
	bool is_delay;
	unsigned value; /* milliseconds, or enum zone_fault */
};

struct zone_set { /* the records of one type, side by side */
	int type;
	VEC(struct dns_rr) rr;
};

struct zone_node {
	uint32_t ttl;
	VEC(struct zone_set) set;
	VEC(struct zone_order) order;
};

struct zone_asked {
	struct str key; /* "name TYPE" */
	bool arrived;
	struct dns_answer answer;
};

struct zone_view {
	struct dns dns; /* first: the view is its struct dns */
	struct zone *zone;
	enum zone_mode mode;
	struct map *asked; /* key -> struct zone_asked */
	unsigned rounds;
};

struct zone {
	struct arena *arena;
	struct map *names; /* lower case, no dot at the end -> struct zone_node */
	struct zone_view view;
};

#endif
