/* Private keys as text, made for a test: PEM in its forms. */
#ifndef TESTS_UNIT_SIGN_PEMS_H
#define TESTS_UNIT_SIGN_PEMS_H

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "base/arena.h"

/* RFC 8463 A.2, as dkimpy has it in a file. */
#define SEED_TEXT "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
#define SEED_PUBLIC "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

enum pem { PEM_PKCS8, PEM_TRADITIONAL, PEM_ENCRYPTED, PEM_ENCRYPTED_TRADITIONAL, PEM_PUBLIC };

static inline struct str pem_of(struct arena *a, EVP_PKEY *pkey, enum pem form)
{
	BIO *out = BIO_new(BIO_s_mem());
	unsigned char word[] = "passphrase";
	const EVP_CIPHER *aes = EVP_aes_128_cbc();
	struct str s;
	char *p;
	long n;

	switch (form) {
	case PEM_PKCS8:
		PEM_write_bio_PKCS8PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL);
		break;
	case PEM_TRADITIONAL:
		PEM_write_bio_PrivateKey_traditional(out, pkey, NULL, NULL, 0, NULL, NULL);
		break;
	case PEM_ENCRYPTED:
		PEM_write_bio_PKCS8PrivateKey(out, pkey, aes, (char *)word, 10, NULL, NULL);
		break;
	case PEM_ENCRYPTED_TRADITIONAL:
		PEM_write_bio_PrivateKey_traditional(out, pkey, aes, word, 10, NULL, NULL);
		break;
	case PEM_PUBLIC:
		PEM_write_bio_PUBKEY(out, pkey);
	}
	n = BIO_get_mem_data(out, &p);
	s = arena_dup(a, str_of(p, (size_t)n));
	BIO_free(out);
	return s;
}

static inline struct str pem_rsa(struct arena *a, unsigned bits)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
	struct str s = pem_of(a, pkey, PEM_PKCS8);

	EVP_PKEY_free(pkey);
	return s;
}

#endif
