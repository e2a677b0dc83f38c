/*
 * What goes over a lane: packets of one request, and packets of one or more replies, each
 * as long as its signature; in network byte order. What is not exactly that is not answered.
 */
#ifndef SIGN_WIRE_H
#define SIGN_WIRE_H

#include "sign/sign.h"

#define SIGN_MAGIC 0x4d53u /* "MS" */
#define SIGN_VERSION 1u

/* magic 2, version 1, kind 1 (SIGN_KIND_DIGEST), reserved 4 (zero), number 8, id, digest. */
#define SIGN_REQUEST_SIZE (16u + SIGN_ID + SIGN_DIGEST)
#define SIGN_KIND_DIGEST 1u

/* magic 2, version 1, status 1, length 4, number 8, then so many octets. */
#define SIGN_REPLY_MAX (16u + SIGN_MAX)
#define SIGN_REPLIES_MAX 16u /* of a packet */

struct sign_request {
	uint64_t number; /* the asker's, returned as it is */
	unsigned char id[SIGN_ID], digest[SIGN_DIGEST];
};

void sign_request_write(const struct sign_request *r, unsigned char out[SIGN_REQUEST_SIZE]);
bool sign_request_read(struct str octets, struct sign_request *r);

/* signature: at most SIGN_MAX octets, empty unless SIGN_OK. How many octets it is. */
size_t sign_reply_write(uint64_t number, const struct sign_reply *r,
			unsigned char out[SIGN_REPLY_MAX]);
/* The first of a packet, which *octets then has no more. The signature points into them. False: it
 * is none. */
bool sign_reply_take(struct str *octets, uint64_t *number, struct sign_reply *r);

/*
 * The signer's life: takes requests from n lanes and answers each, until told by SIGTERM, when it
 * ends after what it has in hand; others of its kind, or the next one, take what is still in the
 * lanes. Several processes may serve the same lanes. beat is called at least once a second.
 */
void sign_serve(const struct sign_keys *k, const int *lane, size_t n, void (*beat)(void *arg),
		void *arg);

/* Handles what came from one lane (a packet) and writes the reply: how many octets; 0: nothing is
 * answered. */
size_t sign_handle(const struct sign_keys *k, struct str packet, unsigned char out[SIGN_REPLY_MAX]);

#endif
