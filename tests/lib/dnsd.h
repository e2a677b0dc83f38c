/*
 * A DNS server over a test zone (lib/zone.h), on UDP and TCP at 127.0.0.1: delays, faults, EDNS, TC
 * and truncation as a real one, and a count of what it was asked. It lives on a loop, its own
 * program's (dnsd_main.c) or its test's.
 */
#ifndef TESTS_LIB_DNSD_H
#define TESTS_LIB_DNSD_H

#include "io/loop.h"
#include "lib/zone.h"

struct dnsd;

struct dnsd_config {
	const struct zone *zone;
	uint32_t address;  /* IPv4, of this host, in network order; 0: 127.0.0.1 */
	uint16_t port;	   /* 0: a free one */
	unsigned delay_ms; /* of every answer, on top of the zone's */
};

struct dnsd_stats {
	uint64_t udp, tcp; /* questions that came */
	uint64_t replies;  /* that went out */
	uint64_t refused;  /* what came and was no question */
};

/* NULL and *e: the port is taken. */
struct dnsd *dnsd_new(struct loop *l, const struct dnsd_config *cfg, struct err *e);
void dnsd_free(struct dnsd *d); /* NULL is fine; what is delayed is not answered any more */

uint16_t dnsd_port(const struct dnsd *d);
struct dnsd_stats dnsd_stats(const struct dnsd *d);

/* How often this was asked ("example.com TXT", lower case). */
uint64_t dnsd_asked(const struct dnsd *d, const char *question);

/* All of it as one JSON object; the names of the first DNSD_MAX_NAMES questions. */
#define DNSD_MAX_NAMES 10000u
struct str dnsd_json(const struct dnsd *d, struct arena *a);

/* The answer to one query. silent: none is to be sent. */
struct dnsd_reply {
	bool silent;
	bool question; /* the query was one question */
	unsigned delay_ms;
	struct str name; /* in the arena, lower case */
	int type;
	struct str wire; /* in the arena */
};
struct dnsd_reply dnsd_answer(const struct zone *z, struct arena *a, struct str query, bool tcp);

#endif
