/*
 * The stream protocol of clamd (clamd(8), INSTREAM): what is written to it and what it answers.
 *
 *	"zINSTREAM" NUL, the length in four octets (network order), the octets, a length of zero
 *	"stream: OK" NUL
 *	"stream: NAME FOUND" NUL
 *	"INSTREAM size limit exceeded. ERROR" NUL
 */
#ifndef CHECKS_OUTSIDE_CLAMD_H
#define CHECKS_OUTSIDE_CLAMD_H

#include "checks/outside/scanner_reply.h"

#define CLAMD_REPLY_MAX 512u /* octets */

/* The pieces that are written: those of the object are not copied. */
const struct str *clamd_request(struct arena *a, const struct scanner_object *o, size_t *n);

/* Whether that is a whole reply (struct stream_request): 1; 0: more is to come; -1: it will never
 * be one, or is an error that says nothing of the object. */
int clamd_whole(struct str so_far);

/* A whole reply, its NUL included. False: it is none. */
bool clamd_reply_read(struct str octets, struct scanner_reply *r);

#endif
