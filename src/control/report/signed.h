/* Messages of ours with DKIM signatures by the signer. */
#ifndef CONTROL_REPORT_SIGNED_H
#define CONTROL_REPORT_SIGNED_H

#include "control/report/send.h"

enum signed_state {
	SIGNED_WAIT,   /* to be run again */
	SIGNED_GOOD,   /* every key has signed; none if there is none */
	SIGNED_FAILED, /* the signer is not there, or some key cannot: again later */
};

/* message: head and body with CRLF. t: of the signatures. *out: with the fields in front. */
enum signed_state signed_message(struct errand *e, const struct send_world *w, struct str message,
				 int64_t t, struct str *out);

#endif
