/* Countries and networks of the hosts that a message comes from and leads to. */
#ifndef CHECKS_OUTSIDE_GEO_H
#define CHECKS_OUTSIDE_GEO_H

#include "checks/outside/geo_db.h"
#include "scan/setup.h"

#define GEO_HOPS 32u  /* untrusted Received hops that are looked up */
#define GEO_LINKS 32u /* addresses of links that are looked up */

extern const struct check check_geo;

/* What databases know of the client; never NULL: of what is not known the fields are absent. */
const struct geo_place *geo_client(const struct scan *s);
/* "AS3320"; absent where it is not known. In the scan's arena. */
struct str geo_asn_text(struct scan *s);

/*
 * For the supervisor, whose children inherit what it has: looks at the files of a configuration and
 * takes in what has changed. True: children made from now on know more than those before. Logs a
 * file that is not to be had, once; what was there stays.
 */
bool geo_renew(const struct scan_setup *setup);

/* ---- shared by the files of the check ---- */

enum geo_where {
	GEO_CLIENT,
	GEO_HOP,    /* an untrusted host of the Received fields, other than the client */
	GEO_ORIGIN, /* the oldest of them, the client if there is none */
	GEO_LINK, /* the host of a link: an address, or a name whose addresses somebody asked for */
	GEO_AUTHOR, /* the country that the author's domain is registered under */
	GEO_WHERES
};

struct geo_spot {
	enum geo_where where;
	struct str name; /* address or domain */
	struct geo_place place;
};

/* The state of the check. */
struct geo_state {
	struct geo_place client;
	const char *missing; /* a file that was never there, or NULL */
	bool collected;
	struct geo_spot spot[3 + GEO_HOPS + GEO_LINKS];
	size_t n;
};

void geo_look(const struct scan *s, const struct ip *ip, struct geo_place *out);
/* All of a message, collected when somebody asks first: not before its checks are done. */
const struct geo_state *geo_spots(struct scan *s);

extern const struct predicate geo_predicates[];
void geo_report(struct scan *s, json_t *root);

#endif
