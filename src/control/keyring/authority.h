/*
 * Whether every name server with authority shows a key: finds the zone and its servers, asks each
 * of their addresses for the key's record, and says what each has. Aliases are followed.
 */
#ifndef CONTROL_KEYRING_AUTHORITY_H
#define CONTROL_KEYRING_AUTHORITY_H

#include "base/ip.h"
#include "control/keyring/published.h"

struct loop;
struct resolver;
struct authority;

#define AUTHORITY_FIND_MS 20000u /* for the resolver, to name the servers */
#define AUTHORITY_ASK_MS 5000u	 /* for each server */
#define AUTHORITY_NAMES_MAX 4u	 /* the name, and what it is an alias of */

struct authority_args {
	struct loop *loop;
	struct resolver *resolver;
	uint16_t port; /* of the servers */
};

struct authority_server {
	struct str name; /* asked for */
	struct str zone, server;
	struct ip ip; /* family 0: none is known */
	enum published what;
	struct str detail; /* absent: none */
};

struct authority_report {
	bool seen;	  /* every server shows exactly this key */
	bool absent;	  /* some server answers and does not show it */
	struct str fault; /* not absent: the servers cannot be had; why */
	size_t n;
	const struct authority_server *server;
};

/* The report is valid during the call. */
typedef void authority_fn(void *arg, const struct authority_report *r);

/* "SELECTOR._domainkey.DOMAIN" */
struct str authority_name(struct arena *a, struct str domain, struct str selector);

/* fn runs once, from the loop and never from inside, unless cancelled. key is copied. */
struct authority *authority_ask(const struct authority_args *args, struct str domain,
				struct str selector, const struct sign_key *key, authority_fn *fn,
				void *arg);
void authority_cancel(struct authority *q); /* NULL is fine */

/* Whether this one does not stand in the way: it shows the key, or cannot be reached from here
 * where the same server can at another address. */
bool authority_good(const struct authority_report *r, const struct authority_server *s);

/* What keeps it from being seen, for one line of a log: "ns1.example.net (192.0.2.1): missing; ..."
 */
struct str authority_summary(struct arena *a, const struct authority_report *r);

#endif
