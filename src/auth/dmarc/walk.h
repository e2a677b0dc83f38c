/* Where DMARC records are looked for: one name, and the tree walk above it (RFC 9989 4.10). */
#ifndef AUTH_DMARC_WALK_H
#define AUTH_DMARC_WALK_H

#include "auth/dmarc/dmarc.h"

enum dmarc_at {
	DMARC_AT_WAIT,	 /* the answer is not here yet */
	DMARC_AT_FAILED, /* it could not be had */
	DMARC_AT_NONE,	 /* no record */
	DMARC_AT_MANY,	 /* several records: none of them counts */
	DMARC_AT_RECORD,
};

struct dmarc_node {
	struct str domain;
	enum dmarc_at at;
	struct dmarc_record record; /* if at is DMARC_AT_RECORD */
	bool usable;		    /* a policy can be had from it */
	struct str reason;	    /* why not */
};

struct dmarc_walk {
	size_t n; /* the names asked for, longest first; node[0] is the domain itself */
	struct dmarc_node node[DMARC_MAX_QUERIES];
	bool wait; /* something that is needed is not here yet: nothing below is valid */
	/*
	 * The node that could not be had and is needed; absent: none, and org is the organisational
	 * domain. If there is one, org is the shortest domain that could be it.
	 */
	const struct dmarc_node *failed;
	struct str org;
	const struct dmarc_node
		*psd; /* the record with psd=y that ended the walk above its start */
};

/* Asks for _dmarc.DOMAIN and reads what came. */
struct dmarc_node dmarc_node_read(struct arena *a, struct dns *dns, struct str domain);

/* Only asks for every name of the walk. */
void dmarc_walk_ask(struct dns *dns, struct str domain);

/* Asks for every name of the walk and evaluates it as far as it can (RFC 9989 4.10, 4.10.2). */
void dmarc_walk_run(struct arena *a, struct dns *dns, struct str domain, struct dmarc_walk *w);

#endif
