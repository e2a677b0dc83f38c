/* Certificates over P-256, as a small authority of one's own makes them. */
#include "lib/certs.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define DAY 86400L

static void extend(X509 *x, int what, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, what, value);

	if (!e || !X509_add_ext(x, e, -1))
		abort();
	X509_EXTENSION_free(e);
}

static void name_it(X509 *x, const struct cert *ca, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x);

	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
				   0);
	X509_set_issuer_name(x, ca ? X509_get_subject_name(ca->x509) : subject);
}

struct cert cert_new(const struct cert *ca, const char *name, int days)
{
	struct cert c = { EVP_EC_gen("P-256"), X509_new() };
	char text[128];

	if (!c.key || !c.x509)
		abort();
	X509_set_version(c.x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c.x509), random() % 1000000 + 1);
	X509_gmtime_adj(X509_getm_notBefore(c.x509), days < 0 ? 2 * days * DAY : -DAY);
	X509_gmtime_adj(X509_getm_notAfter(c.x509), days * DAY);
	X509_set_pubkey(c.x509, c.key);
	name_it(c.x509, ca, name);
	extend(c.x509, NID_basic_constraints, ca ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (!ca)
		extend(c.x509, NID_key_usage, "critical,keyCertSign,cRLSign");
	snprintf(text, sizeof text, "DNS:%s", name);
	extend(c.x509, NID_subject_alt_name, text);
	if (!X509_sign(c.x509, ca ? ca->key : c.key, EVP_sha256()))
		abort();
	return c;
}

void cert_free(struct cert *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->x509);
}

static struct str text_of(struct arena *a, BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	struct str s = arena_dup(a, str_of(p, (size_t)n));

	BIO_free(b);
	return s;
}

struct str cert_pem(struct arena *a, const struct cert *c)
{
	BIO *b = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(b, c->x509);
	return text_of(a, b);
}

struct str cert_key_pem(struct arena *a, const struct cert *c)
{
	BIO *b = BIO_new(BIO_s_mem());

	PEM_write_bio_PrivateKey(b, c->key, NULL, NULL, 0, NULL, NULL);
	return text_of(a, b);
}
