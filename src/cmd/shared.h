/*
 * The page that supervisor and workers share: what each worker is doing, and which messages made
 * workers crash. Written by single stores; nothing is locked.
 */
#ifndef CMD_SHARED_H
#define CMD_SHARED_H

#include <stdatomic.h>

#include "base/hash.h"
#include "scan/stats.h"

#define SHARED_WORKERS 512u /* slots: workers of all generations at once */
#define SHARED_POISON 256u  /* messages remembered; the oldest leaves */
#define SHARED_CRASHES 2u   /* a message that crashed this many workers is not parsed again */

struct shared_worker {
	_Atomic uint64_t digest;   /* header digest of the message being worked on; 0: none */
	_Atomic uint64_t beat_ms;  /* monotonic clock of its last sign of life */
	_Atomic int ready;	   /* serves its listeners */
	_Atomic uint64_t messages; /* judged since it began */
	struct scan_stats stats;   /* written by the worker alone */
};

struct shared_poison {
	_Atomic uint64_t digest;
	_Atomic unsigned crashes;
};

struct shared {
	struct hash_key digest_key;
	struct shared_worker worker[SHARED_WORKERS];
	struct shared_poison poison[SHARED_POISON];
	_Atomic uint64_t control_beat_ms; /* of the control process, as a worker's */
	_Atomic int control_ready;
	size_t next_poison;	   /* the supervisor's alone */
	_Atomic unsigned nworkers; /* slots that were ever used; the rest is untouched */
};

/* One page set for the life of the supervisor; inherited over fork. NULL: no memory. */
struct shared *shared_new(void);
void shared_free(struct shared *s);

/* The supervisor counts a crash on this message; returns how many there were. */
unsigned shared_crashed(struct shared *s, uint64_t digest);
bool shared_poisoned(const struct shared *s, uint64_t digest);

#endif
