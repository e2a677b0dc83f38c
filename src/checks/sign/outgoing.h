/*
 * What is found out about a message that leaves, from its headers on: whether it is to be signed
 * and sealed, its fields as they will be, the author that a list puts in place of the true one.
 */
#ifndef CHECKS_SIGN_OUTGOING_H
#define CHECKS_SIGN_OUTGOING_H

#include "auth/arc/arc.h"
#include "checks/sign/policy.h"
#include "checks/sign/sealing.h"

/* Begins with the headers and places the body hashes; check_sign and check_seal need it. */
extern const struct check check_outgoing;

/* What a list writes in place of the author (seal.munge_from). */
struct munged {
	bool on;
	struct str from, reply_to, original; /* values; reply_to absent: there is one */
};

struct outgoing {
	struct signing_choice choice;
	bool seal;
	struct body_want *sign_body, *seal_body; /* NULL: not wanted */
	struct arc_result chain;		 /* of passive mail that is sealed */
	struct munged munged;
	const struct hdr_list *headers; /* as they leave, but for what is added on top */
};

/* munge.c: false: nobody to put in the author's place. An address of List-Post is one only where a
 * list has sent the message on: the envelope sender is of its domain, and was not when it came. */
bool munge_author(struct scan *s, const struct sealing_config *k, struct munged *out);

/* fields.c: the fields without those that are stripped, and with a list's author. */
const struct hdr_list *outgoing_headers(struct scan *s, const struct munged *m);
/* The list with such a field on top (as it will be written: one blank behind the colon). */
const struct hdr_list *outgoing_on_top(struct arena *a, const struct hdr_list *h, struct str name,
				       const struct str *value, size_t n);

/* came.c: what was said when the message came in: our name, whether our own fields in mail that
 * comes back say so, and whether it failed DMARC then. */
struct str outgoing_id(const struct scan *s);
bool outgoing_said(const struct scan *s, struct str method, struct str result);
/* Whether its envelope sender was of that domain then. */
bool outgoing_sent_from(const struct scan *s, struct str domain);
bool outgoing_failed(const struct scan *s);
/* Whether it is judged spam, or comes back from a filter and was judged so before. */
bool outgoing_spam(const struct scan *s);

/* What is published by check_sign. */
struct signed_with {
	const struct outgoing *o;
	struct str value[SIGNING_MAX]; /* absent: that one did not come */
	bool asked, failed;	       /* a signer was asked; one of them did not come */
	struct str fault;	       /* why a signature would not live; absent: it does */
};

/* sign.c: how it stands with signing, but for what the score says. */
enum signing_why signing_state(const struct scan *s);
/* Whether signature i goes in, if the message is not judged spam. */
bool signing_goes_in(const struct scan *s, const struct signed_with *w, size_t i);

#endif
