/* Private keys from text: PEM, DER in base64, or the seed of an Ed25519 key in base64. */
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "sign/private.h"
#include "sign/secret.h"

#define SEED 32u
#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
/* Where the algorithm of a PKCS#8 structure is named: version and lengths stand before it. */
#define OID_WITHIN 32u

/* ---- base64, into memory that is wiped ---- */

/* The next digit's value; 64: padding; -1: the end; -2: no digit. */
static int digit(struct str *s)
{
	while (s->n && ch_fws(s->p[0]))
		*s = str_skip(*s, 1);
	if (!s->n)
		return -1;
	char c = s->p[0];
	*s = str_skip(*s, 1);
	if (c == '=')
		return 64;
	int v = ch_base64(c);
	return v < 0 ? -2 : v;
}

/* Nothing but padding of the right length may follow the digits (RFC 4648 section 4). */
static bool ends_well(struct str s, int d, size_t digits)
{
	size_t pad = 0;

	for (; d == 64; d = digit(&s))
		pad++;
	return d == -1 && digits > 0 && digits % 4 != 1 && (digits + pad) % 4 == 0 && pad <= 2;
}

/* out: room for text.n octets is enough. */
static bool decode64(struct str text, struct secret *out)
{
	uint32_t bits = 0;
	size_t digits = 0;
	int d;

	out->n = 0;
	while ((d = digit(&text)) >= 0 && d < 64) {
		bits = bits << 6 | (uint32_t)d;
		if (digits++ % 4)
			out->p[out->n++] = (unsigned char)(bits >> (6 - 2 * ((digits - 1) % 4)));
	}
	return ends_well(text, d, digits);
}

/* ---- what a file holds ---- */

struct block {
	struct str label, body;
};

/* The next "-----BEGIN label----- body -----END label-----" of *s, which becomes what follows. */
static bool next_block(struct str *s, struct block *b)
{
	size_t at = str_find(*s, STR(BEGIN)), end;
	struct str rest;

	if (at == SIZE_MAX)
		return false;
	rest = str_skip(*s, at + sizeof BEGIN - 1);
	at = str_find(rest, STR(DASHES));
	if (at == SIZE_MAX)
		return false;
	b->label = str_sub(rest, 0, at);
	rest = str_skip(rest, at + sizeof DASHES - 1);
	end = str_find(rest, STR(END));
	if (end == SIZE_MAX)
		return false;
	b->body = str_sub(rest, 0, end);
	*s = str_skip(rest, end + sizeof END - 1);
	if (!str_starts(*s, b->label) || !str_starts(str_skip(*s, b->label.n), STR(DASHES)))
		return false;
	*s = str_skip(*s, b->label.n + sizeof DASHES - 1);
	return true;
}

enum form { FORM_PKCS8, FORM_PKCS1, FORM_ANY };

static const struct label {
	const char *name;
	enum form form;
	const char *fault; /* NULL: is read */
} labels[] = {
	{ "PRIVATE KEY", FORM_PKCS8, NULL },
	{ "RSA PRIVATE KEY", FORM_PKCS1, NULL },
	{ "ENCRYPTED PRIVATE KEY", FORM_ANY, "is encrypted: only keys without a passphrase" },
	{ "EC PRIVATE KEY", FORM_ANY, "is a key of neither RSA nor Ed25519" },
	{ "DSA PRIVATE KEY", FORM_ANY, "is a key of neither RSA nor Ed25519" },
	{ "OPENSSH PRIVATE KEY", FORM_ANY, "is a key of OpenSSH's own form, not PKCS#8 or PKCS#1" },
};

static const struct label *label_find(struct str name)
{
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (str_eq(name, str_c(labels[i].name)))
			return &labels[i];
	return NULL;
}

/* The one private key among the blocks of a PEM text. A fault: NULL if there is none. */
static const char *find_block(struct str text, struct block *out, enum form *form)
{
	const struct label *l;
	struct block b;
	bool found = false, other = false;

	while (next_block(&text, &b)) {
		l = label_find(b.label);
		other = other || !l;
		if (!l)
			continue;
		if (l->fault)
			return l->fault;
		if (found)
			return "holds more than one private key";
		found = true;
		*out = b;
		*form = l->form;
	}
	if (!found)
		return other ? "holds no private key" : "is damaged: PEM without its end";
	/* RFC 1421 headers, which encrypted PKCS#1 has */
	return str_find(out->body, STR("ENCRYPTED")) != SIZE_MAX
		       ? "is encrypted: only keys without a passphrase"
		       : NULL;
}

/* ---- OpenSSL ---- */

static EVP_PKEY *decode(struct str der, const char *structure, const char *type)
{
	const unsigned char *p = (const unsigned char *)der.p;
	size_t n = der.n;
	EVP_PKEY *pkey = NULL;
	OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(&pkey, "DER", structure, type,
							      OSSL_KEYMGMT_SELECT_ALL, NULL, NULL);

	if (!ctx || OSSL_DECODER_from_data(ctx, &p, &n) <= 0 || n != 0) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	OSSL_DECODER_CTX_free(ctx);
	ERR_clear_error();
	return pkey;
}

static bool names(struct str der, const char *oid, size_t n)
{
	return str_find(str_sub(der, 0, OID_WITHIN), str_of(oid, n)) != SIZE_MAX;
}

static EVP_PKEY *decode_form(struct str der, enum form form, const char **fault)
{
	static const char rsa[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
	static const char ed25519[] = "\x06\x03\x2b\x65\x70";
	EVP_PKEY *pkey = NULL;

	*fault = "is damaged";
	if (form != FORM_PKCS1 && names(der, rsa, sizeof rsa - 1))
		pkey = decode(der, "PrivateKeyInfo", "RSA");
	else if (form != FORM_PKCS1 && names(der, ed25519, sizeof ed25519 - 1))
		pkey = decode(der, "PrivateKeyInfo", "ED25519");
	else if (form == FORM_PKCS8)
		*fault = "is a key of neither RSA nor Ed25519";
	else
		pkey = decode(der, "type-specific", "RSA");
	return pkey;
}

static EVP_PKEY *from_octets(struct str octets, enum form form, const char **fault)
{
	if (form == FORM_ANY && octets.n == SEED)
		return EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL,
						       (const unsigned char *)octets.p, octets.n);
	return decode_form(octets, form, fault);
}

static EVP_PKEY *from_text(struct str text, const char **fault)
{
	struct block b = { .body = text };
	enum form form = FORM_ANY;
	struct secret octets;
	EVP_PKEY *pkey = NULL;

	if (str_find(text, STR(BEGIN)) != SIZE_MAX) {
		*fault = find_block(text, &b, &form);
		if (*fault)
			return NULL;
	}
	octets = secret_new(b.body.n + 1);
	if (decode64(b.body, &octets))
		pkey = from_octets(secret_str(&octets), form, fault);
	else
		*fault = form == FORM_ANY ? "holds no private key" : "is damaged: not base64";
	secret_free(&octets);
	return pkey;
}

/* ---- what may be signed with ---- */

bool private_describe(struct arena *a, EVP_PKEY *pkey, struct sign_key *key)
{
	unsigned char raw[SEED], *der = raw;
	size_t n = sizeof raw;
	int got;

	key->type = EVP_PKEY_is_a(pkey, "ED25519") ? KEY_ED25519 : KEY_RSA;
	if (key->type == KEY_RSA && !EVP_PKEY_is_a(pkey, "RSA"))
		return false;
	key->bits = key->type == KEY_RSA ? (unsigned)EVP_PKEY_get_bits(pkey) : 8 * SEED;
	if (key->type == KEY_ED25519) {
		if (EVP_PKEY_get_raw_public_key(pkey, raw, &n) <= 0)
			return false;
		key->public = arena_dup(a, str_of((const char *)raw, n));
	} else {
		der = NULL;
		got = i2d_PUBKEY(pkey, &der);
		if (got <= 0)
			return false;
		key->public = arena_dup(a, str_of((const char *)der, (size_t)got));
		OPENSSL_free(der);
	}
	SHA256((const unsigned char *)key->public.p, key->public.n, key->id);
	return true;
}

static BIGNUM *number(EVP_PKEY *pkey, const char *name)
{
	BIGNUM *v = BN_secure_new();

	if (!v || EVP_PKEY_get_bn_param(pkey, name, &v) <= 0) {
		BN_clear_free(v);
		return NULL;
	}
	return v;
}

/* value * factor is one modulo prime - 1 (minus: 1) or prime (0). */
static bool inverse(const BIGNUM *value, const BIGNUM *factor, const BIGNUM *prime, BN_ULONG minus,
		    BN_CTX *ctx)
{
	BIGNUM *m = BN_secure_new(), *r = BN_secure_new();
	bool good = m && r && BN_copy(m, prime) && BN_sub_word(m, minus) && !BN_is_zero(m) &&
		    BN_mod_mul(r, value, factor, m, ctx) && BN_is_one(r);

	BN_clear_free(m);
	BN_clear_free(r);
	return good;
}

enum { N, E, P, Q, DP, DQ, QINV, NUMBERS };

static bool fits(BIGNUM *const v[NUMBERS], BN_CTX *ctx)
{
	BIGNUM *n = BN_secure_new();
	bool good = n && BN_mul(n, v[P], v[Q], ctx) && BN_cmp(n, v[N]) == 0 && BN_is_odd(n) &&
		    inverse(v[E], v[DP], v[P], 1, ctx) && inverse(v[E], v[DQ], v[Q], 1, ctx) &&
		    inverse(v[Q], v[QINV], v[P], 0, ctx);

	BN_clear_free(n);
	return good;
}

/* Whether what is signed with the private numbers verifies by the public ones (primes are taken to
 * be prime): a file whose parts do not belong together is told when it is read. */
static bool rsa_sound(EVP_PKEY *pkey)
{
	static const char *const name[NUMBERS] = {
		[N] = OSSL_PKEY_PARAM_RSA_N,
		[E] = OSSL_PKEY_PARAM_RSA_E,
		[P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
		[Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,
		[DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
		[DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
		[QINV] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *v[NUMBERS] = { NULL };
	bool good = ctx != NULL;

	for (size_t i = 0; i < NUMBERS && good; i++) {
		v[i] = number(pkey, name[i]);
		good = v[i] != NULL;
	}
	good = good && fits(v, ctx);
	for (size_t i = 0; i < NUMBERS; i++)
		BN_clear_free(v[i]);
	BN_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

/* As verifiers have it (LIMITS 1, DKIM): 3 to under 2^32, odd. */
static bool exponent_fits(EVP_PKEY *pkey)
{
	BIGNUM *e = number(pkey, OSSL_PKEY_PARAM_RSA_E);
	bool good = e && BN_is_odd(e) && !BN_is_one(e) && BN_num_bits(e) <= 32;

	BN_free(e);
	return good;
}

static struct str rsa_fault(struct arena *a, EVP_PKEY *pkey, unsigned bits)
{
	if (bits < SIGN_RSA_MIN)
		return arena_printf(a, "is RSA of %u bits, under %u", bits, SIGN_RSA_MIN);
	if (bits > KEY_RSA_MAX)
		return arena_printf(a, "is RSA of %u bits, over %u", bits, KEY_RSA_MAX);
	if (!exponent_fits(pkey))
		return STR("is RSA with a public exponent that verifiers refuse");
	return rsa_sound(pkey) ? STR_NULL : STR("is damaged: its numbers do not belong together");
}

EVP_PKEY *private_read(struct arena *a, struct str text, struct sign_key *key, struct str *fault)
{
	const char *why = "is damaged";
	EVP_PKEY *pkey = from_text(text, &why);

	*fault = STR_NULL;
	if (!pkey)
		*fault = str_c(why);
	else if (!private_describe(a, pkey, key))
		*fault = STR("is a key of neither RSA nor Ed25519");
	else if (key->type == KEY_RSA)
		*fault = rsa_fault(a, pkey, key->bits);
	if (!fault->n)
		return pkey;
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return NULL;
}
