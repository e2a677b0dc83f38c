/* Between the files of this room that hold private keys. */
#ifndef SIGN_PRIVATE_H
#define SIGN_PRIVATE_H

#include <openssl/evp.h>

#include "sign/keys.h"

/*
 * Reads a private key in any of the forms of sign_keys_load. The caller's to EVP_PKEY_free; *key's
 * octets go to the arena. NULL and *fault.
 */
EVP_PKEY *private_read(struct arena *a, struct str text, struct sign_key *key, struct str *fault);

/* What everybody may know of a pair. False: it is neither RSA nor Ed25519. */
bool private_describe(struct arena *a, EVP_PKEY *pkey, struct sign_key *key);

/* The key of that id, which from has, is held by to as well. False: from has none, or to is full.
 */
bool sign_keys_share(struct sign_keys *to, const struct sign_keys *from,
		     const unsigned char id[SIGN_ID]);

size_t sign_keys_count(const struct sign_keys *k);

#endif
