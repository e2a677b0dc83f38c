/* What the DKIM and ARC tests share: keys, a message, a zone, and one verification. */
#ifndef TESTS_UNIT_AUTH_DKIM_CASE_H
#define TESTS_UNIT_AUTH_DKIM_CASE_H

#include "auth/arc/arc.h"
#include "auth/dkim/dkim.h"
#include "base/buf.h"
#include "base/err.h"
#include "lib/sign.h"
#include "lib/zone.h"

#define NOW 1700000000

struct bench {
	struct arena *keys; /* of the signers */
	struct crypto *crypto;
	struct signer *rsa, *rsa2048, *ed25519, *rsa512;
	struct arena *a; /* of one case */
	struct zone *zone;
	struct hdr_list headers;
	struct str body;
};

/* Defined in the one file of each test that includes this. */
static inline int bench_setup(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	b->keys = arena_new(0);
	b->crypto = crypto_new();
	b->rsa = signer_load(b->keys, MERLON_SRCDIR "/tests/conformance/dkim/sign-test.private");
	b->rsa2048 = signer_new(b->keys, KEY_RSA, 2048, 65537);
	b->rsa512 = signer_new(b->keys, KEY_RSA, 512, 65537);
	b->ed25519 = signer_new(b->keys, KEY_ED25519, 0, 0);
	b->a = arena_new(0);
	*state = b;
	return 0;
}

static inline int bench_teardown(void **state)
{
	struct bench *b = *state;

	arena_free(b->a);
	zone_free(b->zone);
	arena_free(b->keys);
	crypto_free(b->crypto);
	free(b);
	return 0;
}

/* A new message and an empty zone. */
static inline void bench_begin(struct bench *b)
{
	arena_reset(b->a);
	zone_free(b->zone);
	b->zone = zone_new();
	hdr_init(&b->headers, b->a);
	b->body = STR("Hi.\r\n\r\nWe lost the game.\r\n");
	hdr_add(&b->headers, STR("From"), STR(" Joe <joe@example.com>"));
	hdr_add(&b->headers, STR("To"), STR(" sue@example.net"));
	hdr_add(&b->headers, STR("Subject"), STR(" Is dinner ready?"));
	hdr_add(&b->headers, STR("Date"), STR(" Fri, 11 Jul 2003 21:00:37 -0700"));
}

/* A TXT record; "@" in text stands for the public key in base64. */
static inline void bench_record(struct bench *b, const char *name, const struct signer *key,
				const char *text)
{
	struct str rest = str_c(text), head = str_cut(&rest, '@');
	struct buf out = { .arena = b->a };

	buf_add(&out, head);
	if (rest.p) {
		buf_add(&out, base64_encode(b->a, signer_public(b->a, key)));
		buf_add(&out, rest);
	}
	zone_add(b->zone, str_c(name), DNS_TXT, buf_str(&out));
}

/* A second list: the fields one above another, so that what is added last is on top. */
static inline void bench_on_top(struct bench *b, const char *name, struct str value)
{
	struct hdr_list below = b->headers;

	hdr_init(&b->headers, b->a);
	hdr_add(&b->headers, str_c(name), value);
	for (size_t i = 0; i < below.v.n; i++)
		hdr_add(&b->headers, below.v.p[i].name, below.v.p[i].value);
}

static inline struct dkim_result bench_dkim(struct bench *b, enum zone_mode mode,
					    enum dkim_l_policy l_policy, struct str from_domain)
{
	struct dkim_request req = {
		.headers = &b->headers, .from_domain = from_domain, .now = NOW, .l_policy = l_policy
	};
	struct body_hash *body = body_hash_new(b->a, b->crypto);
	struct dkim *d = dkim_new(b->a, b->crypto, body, &req);
	struct dns *dns = zone_dns(b->zone, mode);
	struct dkim_result res;

	dkim_prefetch(d, dns);
	body_hash_feed(body, b->body);
	body_hash_end(body);
	while (dkim_verify(d, dns, &res) == AUTH_WAIT)
		if (!zone_round(b->zone))
			bug("waiting for nothing");
	return res;
}

static inline struct arc_result bench_arc(struct bench *b, enum zone_mode mode)
{
	struct body_hash *body = body_hash_new(b->a, b->crypto);
	struct arc *x = arc_new(b->a, b->crypto, body, &b->headers, NOW);
	struct dns *dns = zone_dns(b->zone, mode);
	struct arc_result res;

	arc_prefetch(x, dns);
	body_hash_feed(body, b->body);
	body_hash_end(body);
	while (arc_verify(x, dns, &res) == AUTH_WAIT)
		if (!zone_round(b->zone))
			bug("waiting for nothing");
	return res;
}

#endif
