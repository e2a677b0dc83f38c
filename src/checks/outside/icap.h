/*
 * ICAP (RFC 3507), as far as a virus scanner needs it: one RESPMOD request for an object, and what
 * the answer says of it. 204: it may pass. Else fields of the answer have the name of what was
 * found (draft-stecher-icap-subid: X-Infection-Found, X-Virus-ID, X-Violations-Found); without
 * them, another object in place of ours says that it may not pass.
 */
#ifndef CHECKS_OUTSIDE_ICAP_H
#define CHECKS_OUTSIDE_ICAP_H

#include "base/err.h"
#include "base/ip.h"
#include "checks/outside/scanner_reply.h"

#define ICAP_PORT 1344u
#define ICAP_REPLY_MAX 32768u  /* octets that are read of an answer */
#define ICAP_HEADER_MAX 16384u /* of them its own header */
#define ICAP_SAME 256u	       /* octets of a body that are held against ours */

struct icap_url {
	struct ip ip;
	uint16_t port;
	struct str text;    /* the whole */
	struct str host;    /* "127.0.0.1:1344", "[::1]:1344" as written */
	struct str service; /* "/avscan" */
};

/* "icap://ADDRESS[:PORT]/SERVICE", the address a number. False and what was expected in why. */
bool icap_url_parse(struct str text, struct icap_url *u, char *why, size_t cap);

/* The pieces that are written: those of the object are not copied. */
const struct str *icap_request(struct arena *a, const struct icap_url *u,
			       const struct scanner_object *o, size_t *n);

/* Whether so much of an answer is there that it can be read: 1; 0: more is to come; -1: it is
 * none. */
int icap_whole(struct str so_far);

/* False: it is no answer about the object (an error of the server, or not ICAP). */
bool icap_reply_read(struct arena *a, struct str octets, const struct scanner_object *o,
		     struct scanner_reply *r);

#endif
