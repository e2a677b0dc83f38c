/* Key files in a directory of their own, and a configuration whose keys a signer holds: as the
 * supervisor does it, but in one process. */
#ifndef TESTS_UNIT_CHECKS_SIGN_KEYS_WORLD_H
#define TESTS_UNIT_CHECKS_SIGN_KEYS_WORLD_H

#include "checks/sign/policy.h"
#include "unit/scan/world.h"

struct keys_world {
	char dir[32]; /* with keys e.key, e2.key (Ed25519) and r.key, r2.key (RSA) */
	struct sign_keys *keys;
	struct arena *a;
};

void keys_open(struct keys_world *k);
void keys_close(struct keys_world *k);
/* Writes DIR/name; "@DIR@" in text is the directory. The path. */
const char *keys_file(struct keys_world *k, const char *name, const char *text);
/* The text with "@DIR@" replaced. */
const char *keys_text(struct keys_world *k, const char *text);
/* signing_files, loaded, signing_settled. -1 and *e. */
int keys_settle(struct keys_world *k, const struct scan_setup *s, struct err *e);
/* Whether signing_files asks for SELECTOR.key. */
bool keys_asked(struct keys_world *w, const struct scan_setup *s, const char *selector);

#endif
