/* A resolver (io/resolver.h) over a test zone, without network: for replay tests of the engine. */
#ifndef TESTS_LIB_ZONE_RESOLVER_H
#define TESTS_LIB_ZONE_RESOLVER_H

#include "io/resolver.h"
#include "lib/zone.h"

struct zone_resolver_config {
	struct zone *zone;   /* its view (zone_dns) is the resolver's: zone_questions counts */
	unsigned delay_ms;   /* of every answer, on top of the zone's */
	uint64_t timeout_ms; /* when what is lost (TIMEOUT, WRONGID) becomes TEMPFAIL; 0: 5000 */
};

/*
 * The first time a question is asked its answer comes by the loop, after the delays; later it is
 * known at once. Everything it gives is valid until zone_free, given back or not in time.
 */
struct resolver *zone_resolver_new(struct loop *l, const struct zone_resolver_config *cfg);

#endif
