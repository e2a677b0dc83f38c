/*
 * What a virus scanner says of one object, whoever it is: a verdict and a name; and the record by
 * which that is remembered.
 */
#ifndef CHECKS_OUTSIDE_SCANNER_REPLY_H
#define CHECKS_OUTSIDE_SCANNER_REPLY_H

#include "base/arena.h"

#define SCANNER_NAME_MAX 128u /* octets of a name */

enum scanner_code {
	SCANNER_CLEAN,
	SCANNER_FOUND,	   /* it has a name for it */
	SCANNER_BLOCKED,   /* it would not let it pass, and does not say that it is malware */
	SCANNER_TOO_LARGE, /* it has not looked: over its own limit */
};

struct scanner_reply {
	enum scanner_code code;
	struct str name; /* FOUND, BLOCKED: printable US-ASCII, at most SCANNER_NAME_MAX */
};

/* What is scanned: octets in pieces, one after another, and the digest they are remembered by. */
struct scanner_object {
	const struct str *piece;
	size_t npieces;
	uint64_t octets;
	bool message; /* a whole message, not a file of one */
	uint8_t sha256[32];
};

/* Printable US-ASCII, not blank at its ends, at most SCANNER_NAME_MAX octets. */
bool scanner_name_ok(struct str name);

/* The same of whatever stands there: other octets become "?", what is too long is cut, and nothing
 * becomes "unknown". */
struct str scanner_name_clean(struct arena *a, struct str name);

/* Whether one of the patterns (str_iglob) fits. */
bool scanner_name_in(struct str name, const struct str *pattern, size_t n);

/* "1C", "1FName", "1BName": a verdict for the store. False: what stands there is none, or one of
 * another version. Nothing is remembered of what was not looked at: absent. */
struct str scanner_record_write(struct arena *a, const struct scanner_reply *r);
bool scanner_record_read(struct str record, struct scanner_reply *r);

#endif
