/* Greylisting: what is remembered of a message that was put off, and what spares one. */
#ifndef CHECKS_MEMORY_GREYLIST_H
#define CHECKS_MEMORY_GREYLIST_H

#include "checks/memory/gate.h"

/* Domains of recipients that one message is put off for: the first distinct ones. */
#define GREYLIST_RCPTS_MAX 8u
#define GREYLIST_HEAD 512u /* octets of the visible text that tell a message from another */

/*
 * Keys of the store, "grey" and the parts:
 *	net NETWORK AUTHOR RCPTDOMAIN	network 192.0.2.0/24 or spf:DOMAIN
 *	content HASH AUTHOR RCPTDOMAIN	the very message, wherever it comes from
 *	author DOMAIN			authenticated by DMARC, and passed before
 * Value: a letter and seconds since 1970.
 */
#define GREYLIST_WAITS 'w'    /* put off for the first time then */
#define GREYLIST_PASSED 'p'   /* came back in time, last seen then */
#define GREYLIST_RELEASED 'r' /* let in by hand */

struct greylist_record {
	char state; /* 0: none */
	int64_t when;
};
/* False: octets that are no such record. */
bool greylist_parse(struct str value, struct greylist_record *r);
struct str greylist_format(struct arena *a, char state, int64_t when);

struct greylist_keys {
	struct str net[GREYLIST_RCPTS_MAX]; /* one for each domain of recipients */
	size_t n;			    /* 0: nobody to put it off for */
	struct str content;
	struct str author; /* absent: DMARC does not pass */
};
/* except: recipients who get everything at once. The scan is at SCAN_EOM. */
void greylist_keys(struct scan *s, const struct gate_except *except, struct greylist_keys *out);

/* The domain of SPF that passes: of MAIL FROM, or of HELO for a bounce; absent: it does not. */
struct str greylist_spf(const struct scan *s);

/* Somebody waits for it: it seems to hold a code that is good for minutes, 4 to 8 digits near a
 * word for it. Of the decoded subject and the beginning of the text. */
bool greylist_code(struct arena *a, struct str subject, struct str text, struct str *code);
#define GREYLIST_CODE_TEXT 2048u /* octets of the text that are read */

#endif
