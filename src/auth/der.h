/*
 * Public RSA keys in DER (X.690, RFC 5280 4.1, RFC 8017 A.1.1), read strictly: definite and minimal
 * lengths, minimal positive integers, nothing behind the end. No other type of key is known here.
 */
#ifndef AUTH_DER_H
#define AUTH_DER_H

#include "base/str.h"

struct der_rsa {
	struct str n, e; /* big-endian, without leading zeros, slices of the input */
};

/* Reads a SubjectPublicKeyInfo of rsaEncryption with NULL parameters, or an RSAPublicKey. */
bool der_rsa_read(struct str der, struct der_rsa *key);

#endif
