/* A replay: a test as text, of a zone, messages event by event, and the verdicts that are expected.
 */
#ifndef TESTS_REPLAY_REPLAY_H
#define TESTS_REPLAY_REPLAY_H

#include "base/buf.h"
#include "lib/sign.h"
#include "lib/zone.h"
#include "replay/round_resolver.h"
#include "ruleset/ruleset.h"
#include "scan/ask.h"
#include "scan/history.h"
#include "scan/priv.h"

struct replay_key {
	struct str name; /* SELECTOR._domainkey.DOMAIN */
	struct signer *signer;
};

/* One message that is collected until its end, since signatures cover all of it. */
struct replay_mail {
	struct hdr_list headers;
	struct buf body, tail;	    /* tail: what comes after it was signed */
	VEC(struct str) signatures; /* values of DKIM-Signature, top first */
	VEC(struct str) added;	    /* "Name: value" put on top after it was signed */
	unsigned rounds_before, rounds_data;
};

struct replay {
	const char *file;
	int line;
	struct arena *a;
	struct zone *zone;
	struct loop *loop;
	struct buf conf;
	struct scan_env env;
	struct scan_setup *setup;
	struct str rules;	/* absent: those of authentication */
	struct sign_keys *held; /* by the signer; NULL: there is none */
	char dir[32];		/* of key files; "": none */
	bool nosigner;
	uint64_t deadline_ms; /* 0: the configured one */
	bool poison;
	VEC(struct replay_key) keys;
	struct replay_mail mail;
	struct scan *scan;
	bool done;
	unsigned failures, expected;
};

/* Says what is wrong at this line. */
void replay_fault(struct replay *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* outgoing.c: key files, the signer that holds them, and a message as it left. */
void replay_rules(struct replay *r, struct str rest);
void replay_private(struct replay *r, struct str rest);
void replay_nosigner(struct replay *r, struct str rest);
struct str replay_keys_text(struct replay *r, struct str text); /* "@KEYS@" replaced */
bool replay_keys_settle(struct replay *r);
void replay_keys_free(struct replay *r);
void replay_left(struct replay *r, struct hdr_list *out);

/* expect WHAT TEXT: holds the verdict against the text. */
void replay_expect(struct replay *r, struct str rest);

#endif
