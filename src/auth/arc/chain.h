/* The ARC fields of a message put together to a chain of sets (RFC 8617 4.2, 5.2 steps 1 to 3). */
#ifndef AUTH_ARC_CHAIN_H
#define AUTH_ARC_CHAIN_H

#include "auth/dkim/signature.h"

struct arc_parts {
	const struct hdr *aar;
	struct str payload; /* of the AAR, behind "i=N;" */
	struct signature *ams, *as;
};

/* One of four states: no chain (fields is 0), broken (fault), ended (fault too), or sound. */
struct arc_chain {
	size_t fields;	   /* ARC fields in the message */
	size_t n;	   /* sets, 0 unless ended or sound: set[0] has instance 1 */
	unsigned highest;  /* instance seen */
	const char *fault; /* why nothing in it can be validated */
	bool ended;	   /* because a seal in it says cv=fail */
	struct arc_parts *set;
};

/* Collects; at most ARC_MAX_SETS sets are read. */
void arc_chain_read(struct arena *a, const struct hdr_list *headers, struct arc_chain *chain);

#endif
