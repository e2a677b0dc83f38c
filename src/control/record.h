/*
 * The octets that the trainer keeps: entries of the logs, and the head of what was written out.
 * Everything that is read back is checked.
 */
#ifndef CONTROL_RECORD_H
#define CONTROL_RECORD_H

#include "control/votes.h"

/* An event of the shared log: whose it is, and the how manieth of his. */
struct origin {
	uint64_t machine, id;
};

/* Up to where the events of each machine were seen. */
#define ORIGINS_MAX 256u /* machines remembered; the one heard of least recently leaves */
struct origins {
	size_t n;
	struct origin o[ORIGINS_MAX];
};
/* Notes that this one was seen; false: it was before. */
bool origin_seen(struct origins *l, struct origin o);
/* The last one seen of that machine; 0: none. */
uint64_t origin_last(const struct origins *l, uint64_t machine);

/* "m:log": what was done to the model, in this order. */
struct log_entry {
	bool shared; /* it came by the shared log, where it stands at shared_id */
	uint64_t shared_id;
	struct origin origin;
	struct moves moves; /* none: the event changed nothing */
	struct str event;   /* octets; "" without moves */
};
struct str log_entry_format(struct arena *a, const struct log_entry *e);
bool log_entry_parse(struct str s, struct log_entry *e);

/* The shared "m:l:DIGEST": the votes after the event at shared_id, and before it. For machines that
 * have come later than the message. */
struct shared_votes {
	uint64_t shared_id;
	struct votes before, after;
};
struct str shared_votes_format(struct arena *a, const struct shared_votes *v);
bool shared_votes_parse(struct str s, struct shared_votes *v);

/* "m:out" holds events as they are; the shared "m:log" holds them with their origin. */
struct str shared_entry_format(struct arena *a, struct origin o, struct str event);
bool shared_entry_parse(struct str s, struct origin *o, struct str *event);

/* "m:ring": which blocks are valid, and up to where the logs are in them. */
struct head {
	uint64_t log_id; /* of the local log */
	uint64_t events; /* model_counts().events then */
	uint32_t day;	 /* up to which was decayed */
	uint8_t ring_slot;
	uint32_t ring_octets;
	uint64_t shared_id; /* of the shared log */
	struct origins origins;
	struct erased erased;
	size_t nblocks;
	uint8_t *slot; /* of each block: 0 all zero, 1 or 2: the record "m:b:N:SLOT" */
};
struct str head_format(struct arena *a, const struct head *h);
/* slot has room for nblocks; false too if there are not as many. */
bool head_parse(struct str s, struct head *h);

#endif
