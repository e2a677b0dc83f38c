/* Signs messages for tests and benches. */
#include "lib/sign.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "auth/dkim/canon.h"
#include "base/err.h"

struct signer {
	EVP_PKEY *pkey;
	enum key_type type;
};

static void signer_free(void *arg)
{
	struct signer *s = arg;

	EVP_PKEY_free(s->pkey);
}

static struct signer *adopt(struct arena *a, EVP_PKEY *pkey)
{
	struct signer *s = ARENA_NEW(a, struct signer);

	if (!pkey)
		bug("no key to sign with");
	s->pkey = pkey;
	s->type = EVP_PKEY_is_a(pkey, "RSA") ? KEY_RSA : KEY_ED25519;
	arena_cleanup(a, signer_free, s);
	return s;
}

struct signer *signer_new(struct arena *a, enum key_type type, unsigned bits, unsigned exponent)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *pkey = NULL;
	size_t nbits = bits;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t("bits", &nbits),
				OSSL_PARAM_construct_uint("e", &exponent),
				OSSL_PARAM_construct_end() };

	if (type == KEY_ED25519)
		return adopt(a, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	if (!ctx || EVP_PKEY_keygen_init(ctx) <= 0 || EVP_PKEY_CTX_set_params(ctx, params) <= 0 ||
	    EVP_PKEY_generate(ctx, &pkey) <= 0)
		bug("cannot make an RSA key of %u bits", bits);
	EVP_PKEY_CTX_free(ctx);
	return adopt(a, pkey);
}

struct signer *signer_load(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "r");
	EVP_PKEY *pkey;

	if (!f)
		bug("cannot read %s", path);
	pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	return adopt(a, pkey);
}

struct signer *signer_read(struct arena *a, struct str pem)
{
	BIO *text = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *pkey = text ? PEM_read_bio_PrivateKey(text, NULL, NULL, NULL) : NULL;

	BIO_free(text);
	return adopt(a, pkey);
}

struct str signer_public(struct arena *a, const struct signer *s)
{
	unsigned char raw[32], *der = NULL;
	size_t n = sizeof raw;
	int len;
	struct str copy;

	if (s->type == KEY_ED25519) {
		if (EVP_PKEY_get_raw_public_key(s->pkey, raw, &n) <= 0)
			bug("no raw public key");
		return arena_dup(a, str_of((const char *)raw, n));
	}
	len = i2d_PUBKEY(s->pkey, &der);
	if (len <= 0)
		bug("i2d_PUBKEY failed");
	copy = arena_dup(a, str_of((const char *)der, (size_t)len));
	OPENSSL_free(der);
	return copy;
}

struct str signer_record(struct arena *a, const struct signer *s)
{
	struct str p = base64_encode(a, signer_public(a, s));

	return arena_printf(a, "v=DKIM1; k=%s; p=%.*s", s->type == KEY_RSA ? "rsa" : "ed25519",
			    STR_ARG(p));
}

/* ---- signing ---- */

static struct str sign_rsa(struct arena *a, const struct signer *s, struct str digest)
{
	unsigned char *out = arena_alloc(a, 1024);
	size_t n = 1024;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, s->pkey, NULL);

	if (!ctx || EVP_PKEY_sign_init(ctx) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) <= 0 ||
	    EVP_PKEY_sign(ctx, out, &n, (const unsigned char *)digest.p, digest.n) <= 0)
		bug("cannot sign");
	EVP_PKEY_CTX_free(ctx);
	return str_of((const char *)out, n);
}

static struct str sign_ed25519(struct arena *a, const struct signer *s, struct str digest)
{
	unsigned char *out = arena_alloc(a, 64);
	size_t n = 64;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, s->pkey, NULL) <= 0 ||
	    EVP_DigestSign(ctx, out, &n, (const unsigned char *)digest.p, digest.n) <= 0)
		bug("cannot sign");
	EVP_MD_CTX_free(ctx);
	return str_of((const char *)out, n);
}

struct str signer_sign(struct arena *a, const struct signer *s, struct str digest)
{
	return s->type == KEY_RSA ? sign_rsa(a, s, digest) : sign_ed25519(a, s, digest);
}

enum key_type signer_type(const struct signer *s)
{
	return s->type;
}

static struct str sign_text(struct arena *a, struct crypto *c, const struct signer *s,
			    const struct buf *text)
{
	struct hash *h = hash_new(c, a, HASH_SHA256);
	struct str digest;

	hash_feed(h, buf_str(text));
	digest = hash_end(h);
	return base64_encode(a, signer_sign(a, s, digest));
}

/* A field that is not in the list. */
static struct hdr loose_field(struct arena *a, const char *name, struct str value)
{
	struct hdr_list list;

	hdr_init(&list, a);
	if (!hdr_add(&list, str_c(name), value))
		bug("field over a limit");
	return list.v.p[0];
}

static struct str body_hash_of(struct arena *a, struct crypto *c, const struct signature *s,
			       struct str body)
{
	struct body_hash *all = body_hash_new(a, c);
	struct body_want *w = body_hash_want(all, HASH_SHA256, s->body, s->length);

	body_hash_feed(all, body);
	body_hash_end(all);
	return base64_encode(a, body_digest(w));
}

struct str sign_value(struct arena *a, struct crypto *c, const struct signer *s,
		      enum signature_kind kind, const char *tags, const struct hdr_list *headers,
		      struct str body)
{
	const char *name = kind == SIG_DKIM ? "DKIM-Signature" : "ARC-Message-Signature";
	struct buf text = { .arena = a };
	struct canon_headers index;
	const struct hdr **fields;
	struct signature sig;
	struct str bh, value;
	struct hdr f = loose_field(a, name, arena_printf(a, " %s; bh=; b=", tags));

	signature_read(a, kind, &f, &sig);
	bh = body_hash_of(a, c, &sig, body);
	value = arena_printf(a, " %s; bh=%.*s; b=", tags, STR_ARG(bh));
	f = loose_field(a, name, value);
	signature_read(a, kind, &f, &sig);
	canon_headers_init(&index, a, headers);
	fields = ARENA_ARRAY(a, const struct hdr *, sig.nh + 1);
	canon_select(&index, sig.name, sig.nh, &f, fields);
	for (size_t i = 0; i < sig.nh; i++)
		if (fields[i])
			canon_field(&text, fields[i], sig.head);
	if (!sig.b_raw.p)
		sig.b_raw = str_of(f.value.p + f.value.n, 0);
	canon_signature(&text, &f, sig.b_raw, sig.head);
	bh = sign_text(a, c, s, &text);
	return arena_printf(a, "%.*s%.*s", STR_ARG(value), STR_ARG(bh));
}

/* ---- ARC ---- */

static const struct hdr *field_of(const struct hdr_list *headers, const char *name, unsigned i)
{
	char want[16];

	snprintf(want, sizeof want, " i=%u;", i);
	for (size_t k = 0; k < headers->v.n; k++)
		if (str_ieq(headers->v.p[k].name, str_c(name)) &&
		    str_starts(headers->v.p[k].value, str_c(want)))
			return &headers->v.p[k];
	bug("no %s %u", name, i);
}

/* The sets before the seal of instance n, in order, and its own first two fields. */
static void add_sets(struct buf *text, const struct hdr_list *headers, unsigned n)
{
	for (unsigned i = 1; i <= n; i++) {
		canon_field(text, field_of(headers, "ARC-Authentication-Results", i),
			    CANON_RELAXED);
		canon_field(text, field_of(headers, "ARC-Message-Signature", i), CANON_RELAXED);
		if (i < n)
			canon_field(text, field_of(headers, "ARC-Seal", i), CANON_RELAXED);
	}
}

void sign_arc(struct arena *a, struct crypto *c, const struct signer *s, unsigned i, const char *cv,
	      const char *h, struct hdr_list *headers, struct str body)
{
	sign_arc_of(a, c, s, i, cv, h, "dkim=pass", headers, body);
}

void sign_arc_of(struct arena *a, struct crypto *c, const struct signer *s, unsigned i,
		 const char *cv, const char *h, const char *results, struct hdr_list *headers,
		 struct str body)
{
	const char *alg = s->type == KEY_RSA ? "rsa-sha256" : "ed25519-sha256";
	struct buf text = { .arena = a };
	struct str ams, b, seal;
	struct hdr f;

	ams = arena_printf(a, "i=%u; a=%s; c=relaxed/relaxed; d=%s; s=%s; h=%s", i, alg,
			   SIGN_DOMAIN, SIGN_SELECTOR, h);
	ams = sign_value(a, c, s, SIG_AMS, ams.p, headers, body);
	hdr_add(headers, STR("ARC-Message-Signature"), ams);
	hdr_add(headers, STR("ARC-Authentication-Results"),
		arena_printf(a, " i=%u; mx%u.example; %s", i, i, results));
	add_sets(&text, headers, i);
	seal = arena_printf(a, " i=%u; a=%s; cv=%s; d=%s; s=%s; b=", i, alg, cv, SIGN_DOMAIN,
			    SIGN_SELECTOR);
	f = loose_field(a, "ARC-Seal", seal);
	canon_signature(&text, &f, str_of(f.value.p + f.value.n, 0), CANON_RELAXED);
	b = sign_text(a, c, s, &text);
	hdr_add(headers, STR("ARC-Seal"), arena_printf(a, "%.*s%.*s", STR_ARG(seal), STR_ARG(b)));
}
