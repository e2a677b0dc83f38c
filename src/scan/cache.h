/*
 * Verdicts of equal messages: what the rules said of a message is kept in the store for a while
 * under a digest of its headers, body, envelope and client, of the configuration and the rules. A
 * message with the same digest gets the same symbols without its content being read, provided that
 * authentication and memory (marks of the checks) say what they said then. One of several equal
 * messages that arrive at once is judged; the others wait for it, but not for long.
 */
#ifndef SCAN_CACHE_H
#define SCAN_CACHE_H

#include "scan/ask.h"

enum cache_step {
	CACHE_OFF,
	CACHE_ASKED, /* the store was asked */
	CACHE_WAIT,  /* another one judges it: asked again in a while */
	CACHE_FOUND, /* there is one; not known yet whether it stands */
	CACHE_HIT,
	CACHE_MISS,
};

struct scan_cache {
	enum cache_step step;
	struct body_want *body;
	struct str key; /* absent: off */
	bool ours;	/* we hold the claim: others wait for us */
	unsigned polls;
	struct str found; /* the record */
	struct loop_timer *timer;
	struct store_call *call;
};

/* A record that is a verdict; one that is a claim is "C". */
struct cached {
	uint64_t mark;
	VEC(struct symbol) symbols;
};
#define CACHE_SYMBOLS_MAX 300u
#define CACHE_RECORD_MAX 65536u

struct str cache_format(struct arena *a, uint64_t mark, const struct symbol *v, size_t n);
/* False: not a verdict's record (any octets may be given). Slices point into s. */
bool cache_parse(struct arena *a, struct str s, struct cached *out);

/* ---- for the engine ---- */

void scan_cache_want(struct scan *s);  /* at the end of the headers: whether it will be asked */
void scan_cache_begin(struct scan *s); /* at the end of the message */
/* Goes on as far as it can. True: something has changed, checks may be runnable. others_done: all
 * checks that are never left out are done. */
bool scan_cache_go(struct scan *s, bool others_done);
bool scan_cache_open(const struct scan *s); /* not decided yet */
/* Adds the symbols of the cached verdict; false: there is none. */
bool scan_cache_apply(struct scan *s);
void scan_cache_keep(struct scan *s); /* the verdict stands */
void scan_cache_close(struct scan *s);

#endif
