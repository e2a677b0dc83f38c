/* merlon dkim: what its commands share. */
#ifndef CMD_KEYTOOL_H
#define CMD_KEYTOOL_H

#include <jansson.h>

#include "cmd/app.h"
#include "sign/keyring.h"

enum keytool_format { KEYTOOL_BIND, KEYTOOL_PLAIN, KEYTOOL_NSUPDATE, KEYTOOL_JSON };

struct keytool_site {
	struct arena *arena;
	struct app *app;
	const char *state, *keys; /* directories */
	struct keyring ring;
	int lock; /* -1: none */
};

/* What the command line says; a verb takes some of it. */
struct keytool_options {
	const char *conf, *state, *dns, *selector;
	enum keytool_format format;
	bool json, rsa, ed25519, activate, now, last;
	bool format_given, type_given;
	unsigned bits;
	char **argument;
	size_t narguments;
};

/* The ring as it is; write: under its lock, and the state directory is made if need be. False: said
 * why. keytool_close is due in any case. */
bool keytool_open(struct keytool_site *s, const struct keytool_options *o, bool write);
void keytool_close(struct keytool_site *s);

/* A domain of the command line as A-labels; absent: said why. */
struct str keytool_domain(struct keytool_site *s, const char *text);
/* A key by domain and selector; NULL: said why. */
struct keyring_key *keytool_key(struct keytool_site *s, const char *domain, const char *selector);

/* Makes a pair of that type and writes that it is pending. NULL: said why. */
struct keyring_key *keytool_make(struct keytool_site *s, struct str domain, struct str selector,
				 enum key_type type, unsigned bits);

/* Overwrites and removes its private half. -1 and *e. */
int keytool_wipe(const struct keytool_site *s, const struct keyring_key *k, struct err *e);

/* "merlon dkim: ..." on stderr. */
void keytool_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* When a retiring key's record may go: wall clock. */
int64_t keytool_until(const struct keytool_site *s, const struct keyring_key *k);
/* What is to be done about it next, in words. */
struct str keytool_next(const struct keytool_site *s, const struct keyring_key *k);
/* Why a pending key that is seen everywhere is not active; absent: nothing is known. */
struct str keytool_note(const struct keytool_site *s, const struct keyring_key *k);
struct str keytool_time(struct arena *a, int64_t t); /* "never" of 0 */

json_t *keytool_json(const struct keytool_site *s, const struct keyring_key *k);
void keytool_print_json(json_t *j); /* and gives it up */
/* What is to be published, or for a retired key deleted. */
void keytool_print_record(const struct keytool_site *s, const struct keyring_key *k,
			  enum keytool_format format);

/* The verbs; their exit codes. */
int keytool_new(const struct keytool_options *o);
int keytool_list(const struct keytool_options *o);
int keytool_show(const struct keytool_options *o);
int keytool_check(const struct keytool_options *o);
int keytool_rotate(const struct keytool_options *o);
int keytool_retire(const struct keytool_options *o);

#endif
