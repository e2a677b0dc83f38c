/*
 * Whose mail is signed (DKIM) and sealed (ARC), and with what: the configuration's sections,
 * OpenDKIM's tables, and the keys that `merlon dkim` keeps (sign/keyring.h).
 */
#ifndef CHECKS_SIGN_SIGNING_H
#define CHECKS_SIGN_SIGNING_H

#include "scan/setup.h"
#include "sign/keys.h"

/* DKIM-Signature of what our users send; ARC sets of what leaves again. */
extern const struct check check_sign, check_seal;

/* Options sign.*, sign_domain.*, seal.* stand in the tables of the two. Whether a signer is wanted.
 */
bool signing_wanted(const struct conf *c);

/* Where `merlon dkim` keeps keys: option sign.keys, else STATE/dkim. */
const char *signing_keys_dir(struct arena *a, const struct conf *c, const char *state);

/*
 * The key files that a generation of configuration asks for: the supervisor has them filled in by
 * the keeper (keeper_load) before workers are forked, and says so with signing_settled, which
 * decides what is signed with what. -1 and *e ("file:line: ..."): a key that was named in the
 * configuration or a table cannot be had, and all stays as it was. state: the directory, for the
 * keyring.
 */
struct sign_file *signing_files(const struct scan_setup *s, const char *state, size_t *n);
int signing_settled(const struct scan_setup *s, struct err *e);

/* The keyring (states of keys that `merlon dkim` keeps) is not that of the signing_files that were
 * settled: a new look is worth it. Cheap: asked every few seconds. */
bool signing_changed(const struct scan_setup *s);

#endif
