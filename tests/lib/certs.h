/* Keys and certificates that a test makes for itself. */
#ifndef TESTS_LIB_CERTS_H
#define TESTS_LIB_CERTS_H

#include <openssl/x509.h>

#include "base/arena.h"

struct cert {
	EVP_PKEY *key;
	X509 *x509;
};

/* Signed by ca (NULL: by itself, and may sign others). name: DNS name it is for; days: how long
 * from yesterday on, negative: until then. */
struct cert cert_new(const struct cert *ca, const char *name, int days);
void cert_free(struct cert *c);

struct str cert_pem(struct arena *a, const struct cert *c);
struct str cert_key_pem(struct arena *a, const struct cert *c);

#endif
