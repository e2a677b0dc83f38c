/*
 * What is counted of the messages that a process judges: actions, times, limits, and what each
 * check said in a word ("spf" "pass"). Flat, so that it can lie in memory that processes share; one
 * process writes, any other may read and add up.
 */
#ifndef SCAN_STATS_H
#define SCAN_STATS_H

#include <stddef.h>
#include <stdint.h>

#define STATS_ACTIONS 7u   /* enum action */
#define STATS_STEPS 14u	   /* of time, see stats_step_ms */
#define STATS_RESULTS 256u /* different (check, word); a power of 2. More are not counted */
#define STATS_WORD 24u	   /* octets, NUL included; longer ones are cut */

enum scan_count {
	COUNT_MESSAGES,
	COUNT_CACHE_HIT, /* verdicts of equal messages that stood */
	COUNT_CACHE_MISS,
	COUNT_CACHE_WAIT,     /* messages that waited for an equal one to be judged */
	COUNT_DEGRADED_STORE, /* judged without the store */
	COUNT_DEGRADED_DNS,
	COUNT_DEGRADED_OTHER, /* without something else that was asked (scan_degraded) */
	COUNT_DEADLINE,
	COUNT_CPU,	 /* scan.cpu was reached */
	COUNT_PATTERNS,	 /* the time for regular expressions was used up */
	COUNT_TRUNCATED, /* a limit on size */
	COUNT_POISONED,
	SCAN_COUNTS
};

struct stats_result {
	char check[STATS_WORD], word[STATS_WORD]; /* "": free */
	uint64_t n;
};

struct scan_stats {
	uint64_t n[SCAN_COUNTS];
	uint64_t action[STATS_ACTIONS];
	uint64_t step[STATS_STEPS + 1]; /* messages that took so long at most; the last: longer */
	uint64_t took_us;		/* from the end of the message to the verdict, summed */
	struct stats_result result[STATS_RESULTS];
};

/* Upper ends of steps, ms, rising. */
extern const double stats_step_ms[STATS_STEPS];

struct scan;
/* A message that is judged: all but what is counted on its way. */
void stats_message(struct scan_stats *t, const struct scan *s);

/* sum += part, which another process may be writing. */
void stats_add(struct scan_stats *sum, const struct scan_stats *part);

#endif
