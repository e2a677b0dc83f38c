/*
 * What the workers of a supervisor tell one another about the world outside: for each list,
 * endpoint, and scanner how often it was asked and how it went, and whether it is left alone for a
 * while (circuit breaker). In memory they share; it outlives a reload. Nothing waits.
 */
#ifndef SCAN_BOARD_H
#define SCAN_BOARD_H

#include <jansson.h>

#include "base/str.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

#define BOARD_CELLS 512u
#define BOARD_NAME 96u	     /* octets of a name, its NUL included; a longer one is cut */
#define BOARD_OPENS_AFTER 5u /* failures in a row, of all workers together */
#define BOARD_OPEN_MS 30000u /* then one tries again */

struct board;
struct board_cell;

/* What is counted; enum and names are one table (board.c). */
enum board_count {
	BOARD_ASKED,
	BOARD_GOOD,    /* answers of use */
	BOARD_FAILED,  /* none in time, not to be reached, garbage */
	BOARD_OFF,     /* not asked, because the breaker is open or it is switched off */
	BOARD_REFUSED, /* it says that it does not serve us */
	BOARD_HITS,    /* listed; found; called spam */
	BOARD_CACHED,  /* answered from what is remembered */
	BOARD_SKIPPED, /* not asked, for another reason: budget, rate */
	BOARD_TOKENS_IN,
	BOARD_TOKENS_OUT,
	BOARD_MICROS, /* money, in millionths */
	BOARD_MS,     /* time waited for answers, summed */
	BOARD_COUNTS
};

struct board *board_new(void); /* before fork, or for one process */
void board_free(struct board *b);

/* The cell of "kind:name" ("dnslist:zen.spamhaus.org", "llm:main"), made if it is new. NULL board:
 * NULL. When the board is full: one cell named "other" for all the rest. */
struct board_cell *board_cell(struct board *b, struct str name);

/* All of these take NULL for a cell, and do nothing (ask: true). */
void board_add(struct board_cell *c, enum board_count what, uint64_t n);

/* Whether to ask now (counts BOARD_ASKED, or BOARD_OFF); after a pause one asker is told yes, who
 * must report. */
bool board_ask(struct board_cell *c);
void board_good(struct board_cell *c);			  /* counts, and closes */
bool board_failed(struct board_cell *c, const char *why); /* counts; true: it is off by it. why: a
							     static word or two */

/* Switched off for so long, because it says so or is not what it should be. True: it was not. */
bool board_off(struct board_cell *c, uint64_t ms, const char *why);
bool board_is_off(const struct board_cell *c);	   /* nothing is counted */
const char *board_why(const struct board_cell *c); /* what was said when it went off last; "" */

/* The first to ask for it is told true, once in every ms: for self-tests and log lines. */
bool board_once(struct board_cell *c, uint64_t ms);

uint64_t board_count(const struct board_cell *c, enum board_count what);
const char *board_name(const struct board_cell *c);

/* The cells in use, one after the other; NULL: the first, and no more. */
const struct board_cell *board_next(const struct board *b, const struct board_cell *c);

/* Every cell: [{"name", "state": "on|off|trying", "why", "off_ms", and each count}]. New reference.
 */
json_t *board_report(const struct board *b);

/* One log line ("outside") for each cell that something was counted in. */
void board_log(const struct board *b);

#pragma GCC visibility pop

#endif
