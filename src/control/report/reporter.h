/* What the files of the reporter share about it, and nobody else sees. */
#ifndef CONTROL_REPORT_REPORTER_H
#define CONTROL_REPORT_REPORTER_H

#include "control/report/run.h"
#include "control/report/send.h"
#include "control/report/window.h"
#include "sign/keyring.h"

/* A report of the outbox that is not over. */
struct pending {
	char id[REPORT_ID_MAX];
	uint64_t entry; /* of the log */
	int64_t due;
	bool force; /* due or not */
};

struct reporter {
	struct reporter_args args;
	struct arena *arena;
	struct crypto *crypto;
	struct smtp *smtp;
	struct windows *windows;
	char me[64]; /* owner of the lease */

	/* the lease */
	bool asked, held;
	uint64_t fence, renew_ms; /* on clock_mono_ms, as all that end in _ms here */
	uint64_t until_ms;
	struct store_call *lease_call;

	/* what is under way; one thing at a time */
	bool busy;
	struct loop_timer *timer;
	struct store_call *call;
	struct send *send;

	/* the outbox */
	bool secret; /* is known */
	unsigned char secret_octets[32];
	uint64_t look_ms, seen, head; /* entries of the log */
	struct pending *pending;      /* by entry */
	size_t npending, cap;
	uint64_t sending; /* entry of what r->send is about */
	uint64_t relay_ms;

	/* windows (gather.c) */
	uint64_t windows_ms;
	bool force; /* what is found there goes out at once */
	bool open;  /* windows that have not ended, too */
	struct window_part *part;
	size_t nparts, at;
	bool outdated; /* a part was overtaken by a number that a new lease would be above */
	struct window_sums *sums;
	size_t report; /* of sums */
	struct build_part *build;
	size_t nbuild, built;
	struct arena *scratch;

	/* keys of the domain of From */
	struct arena *keys_arena;
	const struct keyring_key *key[SEND_KEYS_MAX];
	size_t nkeys;
	uint64_t stamp;
	bool keys_read;
	struct send_world world;

	struct reporter_sum sum;
	bool looked, listed; /* of a tool's run */
};

/* The one to be tried next; NULL: none yet. */
struct pending *pending_due(struct pending *p, size_t n, int64_t now);

void reporter_work(struct reporter *r);	     /* does the next thing, if nothing is under way */
void reporter_lost(struct reporter *r);	     /* somebody else holds the lease */
void reporter_give_back(struct reporter *r); /* somebody else may have it, or we anew */

/* reporter_windows.c: turns windows into reports. It is busy until it calls reporter_work. */
void reporter_windows(struct reporter *r);
void reporter_windows_stop(struct reporter *r);

/* reporter_keys.c: reads the keyring when it has changed. */
void reporter_keys(struct reporter *r);

#endif
