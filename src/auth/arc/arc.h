/* ARC chain validation (RFC 8617 5.2). */
#ifndef AUTH_ARC_ARC_H
#define AUTH_ARC_ARC_H

#include "auth/auth.h"
#include "auth/dkim/body.h"
#include "mail/hdr.h"

#define ARC_MAX_SETS 50u /* RFC 8617 5.1.1.1 */
#define ARC_MAX_VERIFY                                                                             \
	51u /* signatures verified: newest AMS, all seals, older AMS with what is left */

struct arc_set {
	unsigned instance;
	struct str sealer;   /* d= of the ARC-Seal, domain_read form */
	struct str selector; /* s= of the ARC-Seal */
	struct str aar;	     /* payload of the ARC-Authentication-Results after "i=N;", unfolded */
	bool ams_pass;	     /* its ARC-Message-Signature verifies on the message as it is */
	bool ams_known;	     /* it was evaluated */
	bool from_signed;    /* and its h= names From, as often as the message has one */
};

struct arc_result {
	enum auth_result
		code;	/* none pass fail (a key that cannot be fetched: fail, temporary set) */
	bool temporary; /* the fail is for want of DNS answers */
	/* The sets are whole, but a seal among them says cv=fail: an earlier hop ended the chain,
	 * and nothing in it can be validated. code is then none, as the public suite has it;
	 * whoever seals must not go on with such a chain (RFC 8617 5.1.2), nor begin a new one. */
	bool ended;
	unsigned instances; /* sets in the message; for a broken chain the highest instance seen */
	/* 0: every AMS from 1 on verifies (RFC 8617 5.2 step 6 says so); else the lowest instance
	 * whose AMS verifies, given all newer ones verify; -1 unless pass */
	int oldest_pass;
	size_t n; /* n entries in order of instance; only when code is pass, or structurally sound
		   */
	struct arc_set *set;
	struct str reason; /* absent on pass, and on none unless ended */
};

struct arc;

/* As dkim_new, dkim_prefetch and dkim_verify. now: wall clock, for t= and x= of the newest AMS. */
struct arc *arc_new(struct arena *a, struct crypto *c, struct body_hash *body,
		    const struct hdr_list *headers, int64_t now);
void arc_prefetch(struct arc *x, struct dns *dns);
enum auth_step arc_verify(struct arc *x, struct dns *dns, struct arc_result *res);

#endif
