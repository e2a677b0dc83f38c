/* iprev (RFC 8601 2.7.3, 3): the client's name by PTR, confirmed by A or AAAA. */
#ifndef AUTH_IPREV_H
#define AUTH_IPREV_H

#include "auth/auth.h"

#define IPREV_MAX_NAMES 10u

struct iprev_result {
	enum auth_result code; /* none (no address) pass fail temperror permerror (no PTR) */
	struct str name;       /* pass: the confirmed name; fail: the first PTR name; else absent */
	struct str reason;
};

enum auth_step iprev_eval(struct arena *a, struct dns *dns, const struct ip *ip,
			  struct iprev_result *res);

#endif
