/*
 * What other programs do with a message, and what Merlon does with the configuration that was made
 * of theirs: both are started, shown the message as by an MTA, and what they say is held side by
 * side.
 */
#ifndef CMD_PEER_COMPARE_H
#define CMD_PEER_COMPARE_H

#include <jansson.h>

#include "cmd/peer.h"
#include "cmd/peer_mta.h"

struct peer_compare_options {
	struct peer_envelope envelope;
	struct str dns; /* for Merlon; absent: as configured */
	char **path;
	size_t npath;
	const struct conf_opt *const *tables;
};

/* One thing that both say: "dkim", "signature", "dmarc", ...; absent: nothing is said. */
struct peer_fact {
	const char *name;
	struct str theirs, ours;
	bool differs;
};

struct peer_comparison {
	struct str name;	     /* of the message */
	VEC(struct peer_fact) facts; /* those that differ first */
	size_t differences;
};

/* -1 and *e: a program is not there or does not work, a message cannot be read. */
typedef void peer_compare_fn(void *arg, const struct peer_comparison *c);
int peer_compare(struct peer_import *m, const struct peer_compare_options *o, peer_compare_fn *fn,
		 void *arg, struct err *e);

/* peer_facts.c: what an answer says. */
struct peer_facts_of {
	bool signs, policy, seals; /* which of the programs are compared */
};
void peer_facts(struct arena *a, const struct peer_facts_of *of, const struct peer_answer *theirs,
		const struct peer_answer *ours, struct peer_comparison *out);

#endif
