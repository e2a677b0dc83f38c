/*
 * Private keys in memory: read from files, made anew, signed with. Only the signer and tools of the
 * administrator link to what is here in earnest; what is read lies in memory that is locked, not
 * dumped, not inherited by who must not have it, and wiped when it is given up.
 */
#ifndef SIGN_KEYS_H
#define SIGN_KEYS_H

#include <sys/types.h>

#include "sign/sign.h"

#define SIGN_FILE_MAX 16384u /* octets of a key file */
#define SIGN_KEYS_MAX 20000u

/* A key by the file that holds it, as a configuration asks for it; the rest is filled in by whoever
 * has asked the signer (or keys_load). */
struct sign_file {
	const char *path;  /* as written, made absolute; "credential:NAME" is NAME in
			      $CREDENTIALS_DIRECTORY (systemd) */
	const char *where; /* "file:line" of what asks for it */
	bool known;	   /* the rest is true */
	bool ok;
	struct sign_key key;
	struct str fault; /* why not: "cannot be opened: Permission denied", ... */
};

/* All that one process holds. */
struct sign_keys;
struct sign_keys *sign_keys_new(void);
void sign_keys_free(struct sign_keys *k); /* wipes; NULL is fine */

/*
 * Reads a private key: PEM of PKCS#8 or PKCS#1 (not encrypted), RSA of SIGN_RSA_MIN to KEY_RSA_MAX
 * bits or Ed25519, or 32 octets of an Ed25519 seed in base64 as dkimpy has it. The file must be a
 * regular one that nobody but its owner may read or write, and its owner root or owner (the
 * account that the signer runs as; (uid_t)-1: any). Sets the rest of *f; its octets go to the
 * arena. False: it cannot be had, f->fault says why. The same key twice is held once.
 */
bool sign_keys_load(struct sign_keys *k, struct arena *a, struct sign_file *f, uid_t owner);

/* The same from octets (text of a file, "inline" in a table). */
bool sign_keys_add(struct sign_keys *k, struct arena *a, struct str text, struct sign_key *key,
		   struct str *fault);

/* Signs. out: SIGN_MAX octets. */
enum sign_status sign_keys_sign(const struct sign_keys *k, const unsigned char id[SIGN_ID],
				const unsigned char digest[SIGN_DIGEST], unsigned char *out,
				size_t *n);

/*
 * Makes a new pair. The private half as PEM (PKCS#8) goes to a new file of mode 0400 that belongs
 * to owner (who is root may give it away; (uid_t)-1: as it is): written beside, synced, then named,
 * so that it is there whole or not at all; a file that is there stays and is an error. bits: of
 * RSA. -1 and *e.
 */
int sign_key_make(struct arena *a, enum key_type type, unsigned bits, const char *path, uid_t owner,
		  struct sign_key *key, struct err *e);

/* Overwrites, syncs and removes a file of a private half; one that is not there is fine. -1 and *e.
 */
int sign_key_wipe(const char *path, struct err *e);

/* The value of its key record (RFC 6376 3.6.1): "v=DKIM1; k=rsa; p=...". */
struct str sign_key_record(struct arena *a, const struct sign_key *key);

#endif
