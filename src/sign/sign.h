/*
 * Signatures by private keys that whoever asks cannot see. The keys are held by the signer, a
 * process that parses no mail; who wants something signed sends it a digest and the name of a key
 * over a *lane*, one end of a socketpair (SOCK_SEQPACKET) made before anybody was forked, and gets
 * a signature. Requests and replies have one size and form each (sign/wire.h).
 */
#ifndef SIGN_SIGN_H
#define SIGN_SIGN_H

#include "auth/crypto.h"
#include "base/err.h"

struct loop;

#define SIGN_DIGEST 32u	   /* octets of what is signed: SHA-256 */
#define SIGN_MAX 512u	   /* octets of a signature: RSA of KEY_RSA_MAX bits */
#define SIGN_ID 32u	   /* octets that name a key: SHA-256 of its public half as p= has it */
#define SIGN_RSA_MIN 1024u /* bits of a key that is signed with (RFC 8301 3.2) */

/* What everybody may know of a key. */
struct sign_key {
	enum key_type type;
	unsigned bits; /* RSA: of the modulus; Ed25519: 256 */
	unsigned char id[SIGN_ID];
	struct str public; /* as p= has it, before base64: SubjectPublicKeyInfo, or 32 octets */
};

enum sign_status {
	SIGN_OK,
	SIGN_NO_KEY,  /* the signer has none of that name */
	SIGN_FAILED,  /* it has, and could not sign */
	SIGN_TIMEOUT, /* no answer in time */
	SIGN_GONE,    /* there is no signer, or it has no room for more */
};

struct sign_reply {
	enum sign_status status;
	struct str signature; /* of SIGN_OK: RSASSA-PKCS1-v1_5 over the digest, or Ed25519 of it
				 (RFC 8463 3) */
};

const char *sign_status_word(enum sign_status s); /* "ok", "no key", "failed", ... */

/* ---- who asks (client.c) ---- */

struct sign_client;
struct sign_call;

/* Over a lane, which is not closed by it. */
struct sign_client *sign_client_new(struct loop *l, int lane);

/* Without a signer: over keys that this process holds itself (tools, tests). Answers from the loop
 * all the same. keys must outlive it. */
struct sign_keys;
struct sign_client *sign_client_local(struct loop *l, const struct sign_keys *keys);

void sign_client_free(struct sign_client *c); /* cancels what is under way; NULL is fine */

#define SIGN_PENDING_MAX 4096u /* requests under way; more are SIGN_GONE */

/* Runs exactly once, from the loop, never from inside sign_ask, unless the call was cancelled. The
 * octets live as long as the callback. */
typedef void sign_done_fn(void *arg, const struct sign_reply *reply);

/* id: of the key; digest: SIGN_DIGEST octets, copied. */
struct sign_call *sign_ask(struct sign_client *c, const unsigned char id[SIGN_ID],
			   struct str digest, uint64_t timeout_ms, sign_done_fn *done, void *arg);
void sign_cancel(struct sign_call *k); /* NULL is fine */

#endif
