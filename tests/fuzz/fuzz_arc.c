/*
 * Fuzzes ARC validation: chains that are signed well are edited in their ARC fields as the input
 * says. A chain that still passes may differ from what was signed in white space and in the case of
 * field names, and in nothing else.
 */
#include <stdlib.h>

#include "auth/arc/arc.h"
#include "base/buf.h"
#include "lib/sign.h"
#include "lib/zone.h"

#define CHAINS 4u
#define FIELD_ROOM 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct arena *arena;
	struct crypto *crypto;
	struct zone *zone;
	struct hdr_list chain[CHAINS]; /* of 1 to CHAINS sets; 3 plain fields, then 3 a set */
	struct str body;
};

static struct world *make_world(void)
{
	struct world *w = calloc(1, sizeof *w);
	struct signer *key;

	w->arena = arena_new(0);
	w->crypto = crypto_new();
	w->zone = zone_new();
	w->body = STR("Hello.\r\n");
	key = signer_load(w->arena, MERLON_SRCDIR "/tests/conformance/dkim/sign-test.private");
	zone_add(w->zone, STR(SIGN_SELECTOR "._domainkey." SIGN_DOMAIN), DNS_TXT,
		 signer_record(w->arena, key));
	for (unsigned k = 0; k < CHAINS; k++) {
		struct hdr_list *h = &w->chain[k];

		hdr_init(h, w->arena);
		hdr_add(h, STR("From"), STR(" a@example.com"));
		hdr_add(h, STR("To"), STR(" b@example.com"));
		hdr_add(h, STR("Subject"), STR(" hello"));
		for (unsigned i = 1; i <= k + 1; i++)
			sign_arc(w->arena, w->crypto, key, i, i == 1 ? "none" : "pass",
				 "From:To:Subject", h, w->body);
	}
	return w;
}

/* Takes "position, octets to delete, octets to insert, those" from *in and does that to s. */
static struct str edit(struct arena *a, struct str s, struct str *in)
{
	struct buf out = { .arena = a };
	size_t at, del, ins;

	if (in->n < 4 || s.n > FIELD_ROOM)
		return s;
	at = ((size_t)(unsigned char)in->p[0] << 8 | (unsigned char)in->p[1]) % (s.n + 1);
	del = (unsigned char)in->p[2] % 8;
	ins = (unsigned char)in->p[3] % 32;
	*in = str_skip(*in, 4);
	buf_add(&out, str_sub(s, 0, at));
	buf_add(&out, str_sub(*in, 0, ins));
	buf_add(&out, str_skip(s, at + del));
	*in = str_skip(*in, ins);
	return buf_str(&out);
}

static bool same_but_blanks(struct str a, struct str b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.n && ch_fws(a.p[i]))
			i++;
		while (j < b.n && ch_fws(b.p[j]))
			j++;
		if (i == a.n || j == b.n)
			return i == a.n && j == b.n;
		if (a.p[i++] != b.p[j++])
			return false;
	}
}

static void validate(struct world *w, struct arena *a, const struct hdr_list *h, bool same)
{
	struct body_hash *body = body_hash_new(a, w->crypto);
	struct arc *x = arc_new(a, w->crypto, body, h, 1700000000);
	struct arc_result res;

	body_hash_feed(body, w->body);
	body_hash_end(body);
	if (arc_verify(x, zone_dns(w->zone, ZONE_NOW), &res) != AUTH_DONE)
		abort();
	if (res.code == AUTH_PASS && !same)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world *w;
	struct str in = str_of((const char *)data, size);
	struct hdr_list h;
	struct arena *a;
	const struct hdr_list *signed_list;
	size_t target;
	bool same = true;

	if (!w)
		w = make_world();
	if (in.n < 2)
		return 0;
	a = arena_new(0);
	hdr_init(&h, a);
	signed_list = &w->chain[data[0] % CHAINS];
	target = 3 + data[1] % (signed_list->v.n - 3);
	in = str_skip(in, 2);
	for (size_t i = 0; i < signed_list->v.n; i++) {
		const struct hdr *f = &signed_list->v.p[i];
		struct str value = f->value;

		if (i == target)
			while (in.n >= 4)
				value = edit(a, value, &in);
		same = same && same_but_blanks(value, f->value);
		hdr_add(&h, f->name, value);
	}
	validate(w, a, &h, same);
	arena_free(a);
	return 0;
}
