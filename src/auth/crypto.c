/* Public keys, hashes and signatures over OpenSSL 3: fetched once, contexts used again. */
#include "auth/crypto.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "auth/der.h"
#include "auth/keycache.h"
#include "base/err.h"

#define ED25519_KEY 32u
#define ED25519_SIG 64u
#define SPARE_MAX 32u /* digest contexts kept for the next message */

struct crypto {
	EVP_MD *md[2];	     /* by enum hash_alg */
	EVP_PKEY_CTX *make;  /* for EVP_PKEY_fromdata */
	EVP_MD_CTX *ed25519; /* used again for each verification */
	struct keycache *keys;
	size_t spares;
	EVP_MD_CTX *spare[SPARE_MAX];
};

struct hash {
	struct crypto *crypto;
	struct arena *arena;
	EVP_MD_CTX *ctx;
};

/* ---- life ---- */

struct crypto *crypto_new(void)
{
	struct crypto *c = calloc(1, sizeof *c);

	if (!c)
		bug("out of memory");
	c->md[HASH_SHA1] = EVP_MD_fetch(NULL, "SHA1", NULL);
	c->md[HASH_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
	c->make = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	c->ed25519 = EVP_MD_CTX_new();
	if (!c->md[HASH_SHA1] || !c->md[HASH_SHA256] || !c->ed25519 || !c->make ||
	    EVP_PKEY_fromdata_init(c->make) <= 0)
		bug("OpenSSL has no SHA-1, SHA-256 or RSA");
	c->keys = keycache_new();
	return c;
}

void crypto_free(struct crypto *c)
{
	if (!c)
		return;
	while (c->spares)
		EVP_MD_CTX_free(c->spare[--c->spares]);
	keycache_free(c->keys);
	EVP_MD_CTX_free(c->ed25519);
	EVP_PKEY_CTX_free(c->make);
	EVP_MD_free(c->md[HASH_SHA1]);
	EVP_MD_free(c->md[HASH_SHA256]);
	free(c);
}

/* ---- keys ---- */

static unsigned bits_of(struct str number)
{
	unsigned top = number.n ? (unsigned char)number.p[0] : 0, bits = 0;

	for (; top; top >>= 1)
		bits++;
	return number.n ? bits + 8 * (unsigned)(number.n - 1) : 0;
}

static bool odd(struct str number)
{
	return (number.p[number.n - 1] & 1) != 0;
}

static enum pubkey_fault rsa_fault(const struct der_rsa *rsa, unsigned bits)
{
	if (bits < KEY_RSA_MIN)
		return PUBKEY_SHORT;
	if (bits > KEY_RSA_MAX)
		return PUBKEY_LONG;
	if (bits_of(rsa->e) > 32 || bits_of(rsa->e) < 2 || !odd(rsa->e))
		return PUBKEY_EXPONENT;
	return odd(rsa->n) ? PUBKEY_OK : PUBKEY_SYNTAX;
}

/* OSSL_PARAM wants integers in the machine's order of octets. */
static void native(unsigned char *out, struct str big_endian)
{
	for (size_t i = 0; i < big_endian.n; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		out[big_endian.n - 1 - i] = (unsigned char)big_endian.p[i];
#else
		out[i] = (unsigned char)big_endian.p[i];
#endif
}

static EVP_PKEY *rsa_pkey(struct crypto *c, const struct der_rsa *rsa)
{
	unsigned char n[KEY_RSA_MAX / 8], e[4];
	OSSL_PARAM params[3];
	EVP_PKEY *pkey = NULL;

	native(n, rsa->n);
	native(e, rsa->e);
	params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, rsa->n.n);
	params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, rsa->e.n);
	params[2] = OSSL_PARAM_construct_end();
	if (EVP_PKEY_fromdata(c->make, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return NULL;
	return pkey;
}

static EVP_PKEY_CTX *rsa_verifier(struct crypto *c, EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	if (!ctx || EVP_PKEY_verify_init(ctx) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, c->md[HASH_SHA256]) <= 0)
		bug("OpenSSL cannot verify RSA");
	return ctx;
}

static enum pubkey_fault rsa_get(struct crypto *c, struct str der, struct pubkey **key,
				 unsigned *bits)
{
	struct der_rsa rsa;
	enum pubkey_fault fault;
	EVP_PKEY *pkey;

	if (!der_rsa_read(der, &rsa))
		return PUBKEY_SYNTAX;
	*bits = bits_of(rsa.n);
	fault = rsa_fault(&rsa, *bits);
	if (fault != PUBKEY_OK)
		return fault;
	pkey = rsa_pkey(c, &rsa);
	if (!pkey) {
		ERR_clear_error();
		return PUBKEY_SYNTAX;
	}
	*key = keycache_add(c->keys, KEY_RSA, der);
	(*key)->pkey = pkey;
	(*key)->verify = rsa_verifier(c, pkey);
	return PUBKEY_OK;
}

static enum pubkey_fault ed25519_get(struct crypto *c, struct str octets, struct pubkey **key,
				     unsigned *bits)
{
	EVP_PKEY *pkey;

	if (octets.n != ED25519_KEY)
		return PUBKEY_SYNTAX;
	pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL,
					      (const unsigned char *)octets.p, octets.n);
	if (!pkey) {
		ERR_clear_error();
		return PUBKEY_SYNTAX;
	}
	*bits = 8 * ED25519_KEY;
	*key = keycache_add(c->keys, KEY_ED25519, octets);
	(*key)->pkey = pkey;
	return PUBKEY_OK;
}

enum pubkey_fault pubkey_get(struct crypto *c, enum key_type type, struct str der,
			     const struct pubkey **key, unsigned *bits)
{
	struct pubkey *found = keycache_find(c->keys, type, der);
	enum pubkey_fault fault = PUBKEY_OK;

	*bits = found ? found->bits : 0;
	if (!found) {
		fault = type == KEY_RSA ? rsa_get(c, der, &found, bits)
					: ed25519_get(c, der, &found, bits);
		if (found)
			found->bits = *bits;
	}
	*key = found;
	return fault;
}

static bool ed25519_verify(struct crypto *c, const struct pubkey *key, struct str message,
			   struct str sig)
{
	if (sig.n != ED25519_SIG || EVP_MD_CTX_reset(c->ed25519) <= 0)
		return false;
	return EVP_DigestVerifyInit_ex(c->ed25519, NULL, NULL, NULL, NULL, key->pkey, NULL) > 0 &&
	       EVP_DigestVerify(c->ed25519, (const unsigned char *)sig.p, sig.n,
				(const unsigned char *)message.p, message.n) == 1;
}

bool pubkey_verify(struct crypto *c, const struct pubkey *key, enum hash_alg alg, struct str digest,
		   struct str sig)
{
	bool good;

	if (alg != HASH_SHA256)
		return false;
	if (key->type == KEY_ED25519)
		good = ed25519_verify(c, key, digest, sig);
	else
		good = EVP_PKEY_verify(key->verify, (const unsigned char *)sig.p, sig.n,
				       (const unsigned char *)digest.p, digest.n) == 1;
	if (!good)
		ERR_clear_error();
	return good;
}

/* ---- hashes ---- */

static void hash_done(void *arg)
{
	struct hash *h = arg;
	struct crypto *c = h->crypto;

	if (c->spares < SPARE_MAX)
		c->spare[c->spares++] = h->ctx;
	else
		EVP_MD_CTX_free(h->ctx);
}

static struct hash *hash_make(struct crypto *c, struct arena *a)
{
	struct hash *h = ARENA_NEW(a, struct hash);

	h->crypto = c;
	h->arena = a;
	h->ctx = c->spares ? c->spare[--c->spares] : EVP_MD_CTX_new();
	if (!h->ctx)
		bug("out of memory");
	arena_cleanup(a, hash_done, h);
	return h;
}

struct hash *hash_new(struct crypto *c, struct arena *a, enum hash_alg alg)
{
	struct hash *h = hash_make(c, a);

	if (EVP_DigestInit_ex2(h->ctx, c->md[alg], NULL) <= 0)
		bug("OpenSSL cannot begin a digest");
	return h;
}

struct hash *hash_fork(const struct hash *h)
{
	struct hash *twin = hash_make(h->crypto, h->arena);

	if (EVP_MD_CTX_copy_ex(twin->ctx, h->ctx) <= 0)
		bug("OpenSSL cannot copy a digest");
	return twin;
}

void hash_feed(struct hash *h, struct str octets)
{
	if (octets.n && EVP_DigestUpdate(h->ctx, octets.p, octets.n) <= 0)
		bug("OpenSSL cannot go on with a digest");
}

struct str hash_end(struct hash *h)
{
	unsigned n = 0;
	unsigned char *out = arena_alloc(h->arena, HASH_MAX);

	if (EVP_DigestFinal_ex(h->ctx, out, &n) <= 0)
		bug("OpenSSL cannot end a digest");
	return str_of((const char *)out, n);
}
