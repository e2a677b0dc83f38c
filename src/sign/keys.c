/* The keys of one process by their ids, each ready to sign. */
#include "sign/keys.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/map.h"
#include "sign/private.h"
#include "sign/secret.h"

/* A context is made when its key signs for the first time and kept: making it costs as much as a
 * tenth of an Ed25519 signature. */
struct held {
	unsigned char id[SIGN_ID];
	enum key_type type;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *rsa;
	EVP_MD_CTX *ed25519;
};

struct sign_keys {
	struct arena *arena;
	struct map *by_id;
};

struct sign_keys *sign_keys_new(void)
{
	struct arena *a = arena_new(0);
	struct sign_keys *k = ARENA_NEW(a, struct sign_keys);

	secret_heap();
	k->arena = a;
	k->by_id = map_new(a, false);
	return k;
}

void sign_keys_free(struct sign_keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < map_len(k->by_id); i++) {
		struct held *h = map_at(k->by_id, i);
		EVP_PKEY_CTX_free(h->rsa);
		EVP_MD_CTX_free(h->ed25519);
		EVP_PKEY_free(h->pkey);
	}
	arena_free(k->arena);
}

static struct str id_str(const unsigned char id[SIGN_ID])
{
	return str_of((const char *)id, SIGN_ID);
}

/* Takes pkey; false: there is no room, and pkey is gone. */
static bool hold(struct sign_keys *k, const unsigned char id[SIGN_ID], enum key_type type,
		 EVP_PKEY *pkey)
{
	bool known = map_get(k->by_id, id_str(id)) != NULL;
	struct held *h;

	if (known || map_len(k->by_id) >= SIGN_KEYS_MAX) {
		EVP_PKEY_free(pkey);
		return known;
	}
	h = ARENA_NEW(k->arena, struct held);
	memcpy(h->id, id, SIGN_ID);
	h->type = type;
	h->pkey = pkey;
	map_put(k->by_id, id_str(h->id), h);
	return true;
}

bool sign_keys_add(struct sign_keys *k, struct arena *a, struct str text, struct sign_key *key,
		   struct str *fault)
{
	EVP_PKEY *pkey = private_read(a, text, key, fault);

	if (!pkey)
		return false;
	if (hold(k, key->id, key->type, pkey))
		return true;
	*fault = arena_printf(a, "is one more than %u keys", SIGN_KEYS_MAX);
	return false;
}

bool sign_keys_share(struct sign_keys *to, const struct sign_keys *from,
		     const unsigned char id[SIGN_ID])
{
	const struct held *h = map_get(from->by_id, id_str(id));

	return h && EVP_PKEY_up_ref(h->pkey) > 0 && hold(to, id, h->type, h->pkey);
}

size_t sign_keys_count(const struct sign_keys *k)
{
	return map_len(k->by_id);
}

/* ---- signing ---- */

static bool rsa_ready(struct held *h)
{
	if (h->rsa)
		return true;
	h->rsa = EVP_PKEY_CTX_new_from_pkey(NULL, h->pkey, NULL);
	if (h->rsa && EVP_PKEY_sign_init(h->rsa) > 0 &&
	    EVP_PKEY_CTX_set_rsa_padding(h->rsa, RSA_PKCS1_PADDING) > 0 &&
	    EVP_PKEY_CTX_set_signature_md(h->rsa, EVP_sha256()) > 0)
		return true;
	EVP_PKEY_CTX_free(h->rsa);
	h->rsa = NULL;
	return false;
}

static bool rsa_sign(struct held *h, const unsigned char *digest, unsigned char *out, size_t *n)
{
	return rsa_ready(h) && EVP_PKEY_sign(h->rsa, out, n, digest, SIGN_DIGEST) > 0;
}

static bool ed25519_begin(struct held *h)
{
	if (!h->ed25519)
		h->ed25519 = EVP_MD_CTX_new();
	else
		EVP_MD_CTX_reset(h->ed25519);
	return h->ed25519 &&
	       EVP_DigestSignInit_ex(h->ed25519, NULL, NULL, NULL, NULL, h->pkey, NULL) > 0;
}

/* A context signs again and again; where OpenSSL ends it with the first signature it is begun
 * anew. */
static bool ed25519_sign(struct held *h, const unsigned char *digest, unsigned char *out, size_t *n)
{
	if (!h->ed25519 && !ed25519_begin(h))
		return false;
	if (EVP_DigestSign(h->ed25519, out, n, digest, SIGN_DIGEST) > 0)
		return true;
	*n = SIGN_MAX;
	return ed25519_begin(h) && EVP_DigestSign(h->ed25519, out, n, digest, SIGN_DIGEST) > 0;
}

enum sign_status sign_keys_sign(const struct sign_keys *k, const unsigned char id[SIGN_ID],
				const unsigned char digest[SIGN_DIGEST], unsigned char *out,
				size_t *n)
{
	struct held *h = map_get(k->by_id, id_str(id));

	*n = 0;
	if (!h)
		return SIGN_NO_KEY;
	*n = SIGN_MAX;
	if (h->type == KEY_RSA ? rsa_sign(h, digest, out, n) : ed25519_sign(h, digest, out, n))
		return SIGN_OK;
	ERR_clear_error();
	*n = 0;
	return SIGN_FAILED;
}
