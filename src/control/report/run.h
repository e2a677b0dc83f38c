/*
 * The reporter: of all control processes that share a store the one that holds the lease turns
 * windows that have ended into reports in the outbox, and sends what is due there. Its fencing
 * number goes with every mark, so that whoever was overtaken marks nothing.
 */
#ifndef CONTROL_REPORT_RUN_H
#define CONTROL_REPORT_RUN_H

#include "control/report/settings.h"
#include "io/resolver.h"
#include "sign/sign.h"
#include "store/store.h"

#define REPORTER_LEASE STR("rpt:lease")
#define REPORTER_NOW STR("rpt:now") /* a record: whoever holds the lease sends what there is */
#define REPORTER_OPEN STR("open")   /* its value: of windows that have not ended, too */
#define REPORTER_AHEAD_S 86400	    /* they end before that */
#define REPORTER_LEASE_MS 30000u
#define REPORTER_RENEW_MS 8000u
#define REPORTER_TICK_MS 1000u
#define REPORTER_LOOK_MS 10000u	   /* between looks for new reports in the outbox */
#define REPORTER_WINDOWS_MS 60000u /* between looks for windows that ended */
#define REPORTER_RELAY_MS 60000u   /* nothing is sent so long after the relay was not there */
#define REPORTER_GRACE_S 120	   /* for rows of other machines to be there */

struct reporter_sum { /* of a tool's run */
	bool lease;   /* it was ours */
	bool store;   /* it answered */
	size_t reports, sent, waiting;
	bool relay;
};
typedef void reporter_told_fn(void *arg, const struct reporter_sum *s);

struct reporter_args {
	struct loop *loop;
	struct store *store; /* the shared one, if there is one */
	struct resolver *resolver;
	struct sign_client *signer;		/* NULL: nothing is signed */
	const struct report_settings *settings; /* outlives it */
	const char *state, *keys; /* directories: keyring, private keys; NULL: no keyring */
	/* Of a tool: what there is goes out now, due or not, windows that ended at ended; then told
	 * is called, once. NULL: a daemon's. */
	int64_t ended;
	reporter_told_fn *told;
	void *arg;
};

struct reporter;
struct reporter *reporter_new(const struct reporter_args *args);
/* Messages that the relay took since it began. */
uint64_t reporter_sent(const struct reporter *r);
void reporter_free(struct reporter *r); /* gives the lease back; NULL is fine */

#endif
