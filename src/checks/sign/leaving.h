/*
 * A message as its MTA will emit it (mail/emit.h), for what signs it: the fields in the form that
 * leaves, the names that can be vouched for, or why no signature would live.
 */
#ifndef CHECKS_SIGN_LEAVING_H
#define CHECKS_SIGN_LEAVING_H

#include "auth/dkim/sign.h"
#include "scan/scan.h"

struct leaving {
	const struct hdr_list *headers;
	struct dkim_plan plan; /* the default one but for names whose fields cannot be foretold, and
				  for names that the MTA puts in where there are none */
	struct str fault;      /* absent: a signature lives; else why not */
};

/* Of these fields, and of the body, which is complete. line_max: sign.line_max, 0 for what this
 * MTA's is. */
void leaving_make(struct scan *s, const struct hdr_list *h, uint64_t line_max, struct leaving *out);

#endif
