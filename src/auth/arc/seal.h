/*
 * ARC sets made (RFC 8617 5.1): ARC-Authentication-Results, ARC-Message-Signature, ARC-Seal. Two
 * signatures, the second over the first: as DKIM's, a draft gives the digest and takes the
 * signature.
 */
#ifndef AUTH_ARC_SEAL_H
#define AUTH_ARC_SEAL_H

#include "auth/arc/arc.h"
#include "auth/dkim/sign.h"

struct arc_seal_request {
	const struct hdr_list
		*headers; /* as they will be when the message leaves, but for the new set */
	const struct arc_result *chain; /* what our own verification says of it */
	struct str domain, selector;
	enum key_type type;	/* RFC 8617 4.1.1: rsa; others may not understand ed25519 */
	enum canon head, body;	/* of the AMS; relaxed is customary */
	struct str body_digest; /* SHA-256 in that canonicalisation */
	const struct dkim_plan
		*plan;	    /* without ARC-* and Authentication-Results, which are never signed */
	struct str results; /* payload of the AAR: "mx.example; spf=pass ...; ..." */
	int64_t t;
	bool plain; /* as the public suite wants it: tags in alphabetical order, no folds (RFC 8617
		       has no order; b= depends on it); h= as the plan has it, each name once */
};

struct arc_draft; /* in the arena of arc_draft_new */

/*
 * NULL and *why: nothing may be added: the chain has ended (a seal says cv=fail, be the rest broken
 * or whole, RFC 8617 5.1.2); it has ARC_MAX_SETS sets already; it was not verified, or keys of it
 * could not be fetched (its state is not known, and cv=fail is for ever); limits kept fields out of
 * the header list that would have to be counted or signed; domain and selector are no names. A
 * chain that is broken now is sealed once more with cv=fail (its digest covers the new set
 * only, 5.1.2) where its highest instance can be read.
 *
 * The AMS signs what the plan names and every DKIM-Signature (4.1.2). The AAR is made of the
 * results: each on a line of its own, folded, cut behind a whole result at AUTHRES_MAX_FIELD
 * octets.
 */
struct arc_draft *arc_draft_new(struct arena *a, struct crypto *c,
				const struct arc_seal_request *req, const char **why);

/* Of the AMS; then, given its signature, of the seal. 32 octets each. */
struct str arc_draft_message(const struct arc_draft *d);
struct str arc_draft_seal(struct arc_draft *d, struct str message_signature);

/* Values of the three fields, to be inserted on top in this order: seal uppermost, then AMS, then
 * AAR. After arc_draft_seal. */
struct arc_set_fields {
	struct str seal, ams, aar;
};
struct arc_set_fields arc_draft_finish(struct arc_draft *d, struct str seal_signature);

/* The payload of an AAR out of the Authentication-Results fields of that authserv-id (in any case)
 * in a message (RFC 8617 4.1.1, 5.1): results as they are written, comments and all, in order of
 * appearance, at most AUTHRES_MAX_RESULTS and AUTHRES_MAX_FIELD octets; "ID; none" where there are
 * none. Fields that authres_parse refuses are left out. */
struct str arc_results_of(struct arena *a, const struct hdr_list *headers, struct str authserv_id);

#endif
