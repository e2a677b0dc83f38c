/*
 * Fuzzes signing and sealing: the first octet chooses key and canonicalisation, the rest is a
 * message. Whatever is drafted must verify once it stands on top of the message; a chain that is
 * sealed over and over passes or has ended.
 */
#include <stdlib.h>

#include "auth/arc/seal.h"
#include "auth/dkim/dkim.h"
#include "auth/dkim/sign.h"
#include "lib/sign.h"
#include "lib/zone.h"
#include "mail/msg.h"

#define NOW 1700000000
#define DOMAIN "example.com"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct arena *arena;
	struct crypto *crypto;
	struct zone *zone;
	struct signer *key[2];
};

/* One message, as text and as it is read. */
struct mail {
	const struct world *w;
	struct arena *a;
	const struct signer *key;
	struct str selector;
	enum canon head, canon;
	struct hdr_list headers;
	struct buf body;
};

static void check(bool good)
{
	if (!good)
		abort();
}

static struct world *make_world(void)
{
	static const char ed25519[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
		"-----END PRIVATE KEY-----\n";
	struct world *w = calloc(1, sizeof *w);

	w->arena = arena_new(0);
	w->crypto = crypto_new();
	w->zone = zone_new();
	w->key[0] =
		signer_load(w->arena, MERLON_SRCDIR "/tests/conformance/dkim/sign-test.private");
	w->key[1] = signer_read(w->arena, str_c(ed25519));
	for (int i = 0; i < 2; i++)
		zone_add(w->zone, i ? STR("k1._domainkey." DOMAIN) : STR("k0._domainkey." DOMAIN),
			 DNS_TXT, signer_record(w->arena, w->key[i]));
	return w;
}

static void add_body(void *arg, struct str octets)
{
	buf_add(arg, octets);
}

static void read_mail(struct mail *m, struct str text)
{
	struct msg_reader *r;

	hdr_init(&m->headers, m->a);
	m->body = (struct buf){ .arena = m->a };
	r = msg_new(m->a, &m->headers, add_body, &m->body);
	msg_feed(r, text);
	msg_end(r);
}

/* The message with one more field on top, read anew from its octets. */
static void put_on_top(struct mail *m, const char *name, struct str value)
{
	struct buf text = { .arena = m->a };
	struct str body = buf_str(&m->body);

	buf_addf(&text, "%s: ", name);
	buf_add(&text, value);
	buf_add(&text, STR("\r\n"));
	for (size_t i = 0; i < m->headers.v.n; i++)
		buf_add(&text, m->headers.v.p[i].raw);
	buf_add(&text, STR("\r\n"));
	buf_add(&text, body);
	read_mail(m, buf_str(&text));
	check(m->headers.dropped || str_eq(body, buf_str(&m->body)));
}

static void check_form(struct str value)
{
	size_t col = 0;

	for (size_t i = 0; i < value.n; i++, col++) {
		char c = value.p[i];

		check(((unsigned char)c >= 32 && c != 127) || c == '\t' || c == '\r' || c == '\n');
		if (c != '\r')
			continue;
		check(i + 3 < value.n && value.p[i + 1] == '\n' && value.p[i + 2] == '\t' &&
		      !ch_fws(value.p[i + 3]) && col <= 998);
		col = 0;
	}
}

static struct str digest_of(struct mail *m)
{
	struct body_hash *b = body_hash_new(m->a, m->w->crypto);
	struct body_want *want = body_hash_want(b, HASH_SHA256, m->canon, BODY_NO_LIMIT);

	body_hash_feed(b, buf_str(&m->body));
	body_hash_end(b);
	return body_digest(want);
}

/* ---- DKIM ---- */

static void verify_dkim(struct mail *m)
{
	struct body_hash *body = body_hash_new(m->a, m->w->crypto);
	struct dkim_request req = { .headers = &m->headers, .now = NOW };
	struct dkim *d = dkim_new(m->a, m->w->crypto, body, &req);
	struct dkim_result res;

	body_hash_feed(body, buf_str(&m->body));
	body_hash_end(body);
	check(dkim_verify(d, zone_dns(m->w->zone, ZONE_NOW), &res) == AUTH_DONE);
	check(res.n > 0 && res.sig[0].result == AUTH_PASS);
}

static void try_dkim(struct mail *m, struct str identity)
{
	struct dkim_sign_request req = { .headers = &m->headers,
					 .plan = &dkim_plan_default,
					 .domain = STR(DOMAIN),
					 .selector = m->selector,
					 .identity = identity,
					 .type = signer_type(m->key),
					 .head = m->head,
					 .body = m->canon,
					 .body_digest = digest_of(m),
					 .t = NOW,
					 .x = NOW + 1 };
	struct dkim_draft d;
	struct str value;

	if (!dkim_draft(m->a, m->w->crypto, &req, &d))
		return;
	value = dkim_sign_value(m->a, &d, signer_sign(m->a, m->key, d.digest));
	check_form(value);
	put_on_top(m, "DKIM-Signature", value);
	if (!m->headers.dropped)
		verify_dkim(m);
}

/* ---- ARC ---- */

static void verify_arc(struct mail *m, struct arc_result *res)
{
	struct body_hash *body = body_hash_new(m->a, m->w->crypto);
	struct arc *x = arc_new(m->a, m->w->crypto, body, &m->headers, NOW);

	body_hash_feed(body, buf_str(&m->body));
	body_hash_end(body);
	check(arc_verify(x, zone_dns(m->w->zone, ZONE_NOW), res) == AUTH_DONE);
}

/* One set on top. False: there is none. */
static bool seal(struct mail *m, const struct arc_result *chain)
{
	struct arc_seal_request req = { .headers = &m->headers,
					.chain = chain,
					.domain = STR(DOMAIN),
					.selector = m->selector,
					.type = signer_type(m->key),
					.head = m->head,
					.body = m->canon,
					.body_digest = digest_of(m),
					.plan = &dkim_plan_default,
					.results = arc_results_of(m->a, &m->headers, STR("mx")),
					.t = NOW };
	const char *why = NULL;
	struct arc_draft *d = arc_draft_new(m->a, m->w->crypto, &req, &why);
	struct arc_set_fields set;
	struct str s;

	check(!d == (why != NULL));
	if (!d)
		return false;
	s = signer_sign(m->a, m->key, arc_draft_message(d));
	s = signer_sign(m->a, m->key, arc_draft_seal(d, s));
	set = arc_draft_finish(d, s);
	check_form(set.aar);
	check_form(set.ams);
	check_form(set.seal);
	put_on_top(m, "ARC-Authentication-Results", set.aar);
	put_on_top(m, "ARC-Message-Signature", set.ams);
	put_on_top(m, "ARC-Seal", set.seal);
	return true;
}

static void try_arc(struct mail *m)
{
	for (unsigned hop = 0; hop < 3; hop++) {
		struct arc_result before, after;

		verify_arc(m, &before);
		if (!seal(m, &before))
			return;
		if (m->headers.dropped)
			return;
		verify_arc(m, &after);
		if (before.code == AUTH_FAIL) {
			check(after.code != AUTH_PASS);
			check(!seal(m, &after));
			return;
		}
		check(after.code == AUTH_PASS && after.oldest_pass == 0);
		check(after.instances == before.instances + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world *w;
	struct str text = str_of((const char *)data, size);
	struct mail m = { 0 };
	unsigned how;

	if (!w)
		w = make_world();
	if (!size)
		return 0;
	how = data[0];
	m = (struct mail){ .w = w,
			   .a = arena_new(0),
			   .key = w->key[how & 1],
			   .selector = how & 1 ? STR("k1") : STR("k0"),
			   .head = how & 2 ? CANON_SIMPLE : CANON_RELAXED,
			   .canon = how & 4 ? CANON_SIMPLE : CANON_RELAXED };
	text = str_skip(text, 1);
	read_mail(&m, text);
	if (how & 8) {
		try_arc(&m);
	} else {
		/* The identity is whatever the message begins with. */
		try_dkim(&m, arena_printf(m.a, "%.*s@" DOMAIN, STR_ARG(str_sub(text, 0, 20))));
	}
	arena_free(m.a);
	return 0;
}
