/* One report on its way: who may have it, the message for each of them, signed, handed to the
 * relay, and what came of it written down. */
#ifndef CONTROL_REPORT_SEND_H
#define CONTROL_REPORT_SEND_H

#include "auth/dkim/sign.h"
#include "control/report/consent.h"
#include "control/report/errand.h"
#include "control/report/outbox.h"
#include "control/report/settings.h"

#define SEND_KEYS_MAX 2u		  /* signatures of a message */
#define SEND_LIFE_S (5 * 86400)		  /* a report that has waited longer is given up */
#define SEND_DEFER_S 1800		  /* until the DNS is asked again */
#define SEND_SECRET_KEY STR("rpt:secret") /* of the store: SUPPRESS_SECRET octets */

struct keyring_key;

/* What all of them need. */
struct send_world {
	struct errand_world errand;
	struct crypto *crypto;
	const struct report_settings *settings;
	struct str secret;		      /* SUPPRESS_SECRET octets */
	const struct keyring_key *const *key; /* that sign: of the domain of From, active */
	size_t nkeys;
};

struct send;
struct send_outcome {
	bool over;     /* nothing is left to be done */
	bool no_relay; /* it is not there, or has no time for anybody */
	bool no_store; /* the store did not answer: nothing is known */
	int64_t due;   /* if it is not over */
	unsigned sent; /* messages now */
};
typedef void send_fn(void *arg, struct str id, const struct send_outcome *o);

/* now: wall clock, seconds; due or not, what waits is tried if force. id is copied. */
struct send *send_new(const struct send_world *w, struct str id, int64_t now, bool force,
		      send_fn *fn, void *arg);
void send_free(struct send *s); /* NULL is fine; not after fn */

/* Which addresses a report goes to, by rua (or ruf) and the DNS alone. False: answers are missing.
 * unknown: some address could not be decided. Those that may not have it are there with their
 * reasons. */
bool send_goals(struct arena *a, struct dns *dns, const struct report_settings *s,
		const struct job *j, struct goal goal[OUTBOX_ADDRESSES], size_t *n, bool *unknown);

#endif
