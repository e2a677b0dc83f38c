/* Signs messages for tests and benches: DKIM-Signature fields and whole ARC sets. */
#ifndef TESTS_LIB_SIGN_H
#define TESTS_LIB_SIGN_H

#include "auth/crypto.h"
#include "auth/dkim/signature.h"
#include "mail/hdr.h"

struct signer; /* a key pair; freed with its arena */

/* A new pair. bits and exponent are for RSA. */
struct signer *signer_new(struct arena *a, enum key_type type, unsigned bits, unsigned exponent);

/* The pair in a PEM file; aborts without one. */
struct signer *signer_load(struct arena *a, const char *path);

/* The pair in PEM text. */
struct signer *signer_read(struct arena *a, struct str pem);

/* Its public key as p= has it (before base64), and a key record. */
struct str signer_public(struct arena *a, const struct signer *s);
struct str signer_record(struct arena *a, const struct signer *s);

/* The signature over a digest, not in base64. */
struct str signer_sign(struct arena *a, const struct signer *s, struct str digest);
enum key_type signer_type(const struct signer *s);

/*
 * The value of a signature field (SIG_DKIM or SIG_AMS) over headers and body: " " tags "; bh=...;
 * b=...". tags says the rest; what it says wrong is signed as well as can be.
 */
struct str sign_value(struct arena *a, struct crypto *c, const struct signer *s,
		      enum signature_kind kind, const char *tags, const struct hdr_list *headers,
		      struct str body);

/* Adds set number i to the headers: AAR, AMS (h= as given) and a seal that says cv. */
void sign_arc(struct arena *a, struct crypto *c, const struct signer *s, unsigned i, const char *cv,
	      const char *h, struct hdr_list *headers, struct str body);

/* The same with these results in its AAR, instead of dkim=pass. */
void sign_arc_of(struct arena *a, struct crypto *c, const struct signer *s, unsigned i,
		 const char *cv, const char *h, const char *results, struct hdr_list *headers,
		 struct str body);

#define SIGN_DOMAIN "seal.example" /* d= and s= of sign_arc */
#define SIGN_SELECTOR "arc"

#endif
