/* Message-IDs of ours: what is remembered of a message that leaves, and which messages an incoming
 * one answers. */
#ifndef CHECKS_MEMORY_THREAD_H
#define CHECKS_MEMORY_THREAD_H

#include "checks/memory/memory.h"

#define THREAD_IDS 3u /* of one message that are looked up */
#define THREAD_TTL_MS (UINT64_C(30) * 86400 * 1000)
#define THREAD_DOMAINS 16u /* of recipients that are remembered with an id */

/* The message's own id; absent: none, or one that nobody could answer. */
struct str thread_own(struct scan *s);

/*
 * Ids it answers: the first of In-Reply-To, and the last different ones of References. Of a
 * bounce (null sender) the id of the message that came back, from the part that holds its header.
 * At most THREAD_IDS; their number.
 */
size_t thread_ids(struct scan *s, struct str out[THREAD_IDS]);

/* The id of the message that a bounce brings back, where it says that it could not be delivered
 * (not that it is late, nor that its reader is away); absent: no such bounce. */
struct str thread_returned(struct scan *s);

/* "mid:" and a hash: the store says nothing of the id. */
struct str thread_key(struct scan *s, struct str id);

/* What is kept under it: who sent it, and, if he has chosen them, the registrable domains of whom
 * it was sent to. */
struct str thread_value(struct scan *s, bool chosen);
struct str thread_user(struct str value);
/* It was sent to somebody at the registrable domain org. */
bool thread_sent_to(struct str value, struct str org);

#endif
