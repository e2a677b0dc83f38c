/*
 * A test zone behind the face of a worker's resolver (io/resolver.h): answers come from the loop,
 * in round trips that can be counted, with the zone's delays and faults.
 */
#ifndef TESTS_REPLAY_ROUND_RESOLVER_H
#define TESTS_REPLAY_ROUND_RESOLVER_H

#include "io/resolver.h"
#include "lib/zone.h"

/*
 * What is asked in one turn of the loop is answered in the next: one round trip. A name with DELAY
 * is answered that many milliseconds later, one with FAULT TIMEOUT not before timeout_ms (as
 * DNS_TEMPFAIL). Loop and zone live longer. resolver_free wants every question answered or
 * cancelled.
 */
struct resolver *round_resolver_new(struct loop *l, struct zone *z, uint64_t timeout_ms);

/* Turns of the loop in which questions without DELAY were answered. */
unsigned round_resolver_rounds(const struct resolver *r);

#endif
