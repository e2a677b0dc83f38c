/*
 * The site's own checks, asked over a stream: a line of JSON out, a line of JSON back. What the
 * lines hold is in merlon.conf(5), EXTERNAL CHECKS.
 */
#ifndef CHECKS_OUTSIDE_EXTERNAL_H
#define CHECKS_OUTSIDE_EXTERNAL_H

#include "checks/outside/outside.h"
#include "scan/ask.h"

#define EXTERNAL_MAX 4u		  /* sections */
#define EXTERNAL_REPLY_MAX 65536u /* octets */
#define EXTERNAL_SYMBOLS_MAX 16u
#define EXTERNAL_NAME_MAX 48u
#define EXTERNAL_EVIDENCE_MAX 200u
#define EXTERNAL_FILES_MAX 32u /* described in a question */

/* ---- external_reply.c ---- */

struct external_symbol {
	struct str name; /* A-Z, 0-9 and "_", at most EXTERNAL_NAME_MAX */
	double value;
	struct str evidence; /* printable US-ASCII, at most EXTERNAL_EVIDENCE_MAX; "" */
};

struct external_reply {
	struct external_symbol symbol[EXTERNAL_SYMBOLS_MAX];
	size_t n;
	double score; /* 0: it says none */
};

/* A whole line, its LF included. False: it is none of ours: *why says what is wrong. Numbers are
 * finite and not clamped yet. */
bool external_reply_read(struct arena *a, struct str line, struct external_reply *r,
			 const char **why);

/* Whether that is a whole reply (struct stream_request): 1; 0: more is to come; -1: it will never
 * be one. */
int external_whole(struct str so_far);

/* ---- external_request.c ---- */

enum external_send { EXTERNAL_FEATURES, EXTERNAL_HEADERS, EXTERNAL_MESSAGE };

/* The pieces that are written, at SCAN_EOM: the line, and the octets of the message behind it. */
const struct str *external_request(struct scan *s, struct str name, enum external_send send,
				   size_t *n);

#endif
