/* Messages of ours with DKIM signatures by the signer. */
#include "control/report/signed.h"

#include "sign/keyring.h"

/* Our own fields, each on lines that we wrote. */
static struct str read_head(struct str message, struct hdr_list *h)
{
	size_t end = str_find(message, STR("\r\n\r\n"));
	struct str head = str_sub(message, 0, end == SIZE_MAX ? message.n : end + 2);

	while (head.n) {
		size_t at = 0;
		struct str field;

		do {
			size_t line = str_find(str_skip(head, at), STR("\r\n"));
			at = line == SIZE_MAX ? head.n : at + line + 2;
		} while (at < head.n && ch_wsp(head.p[at]));
		field = str_sub(head, 0, at);
		head = str_skip(head, at);
		at = str_chr(field, ':');
		if (at != SIZE_MAX)
			hdr_add(h, str_sub(field, 0, at), str_skip(field, at + 1));
	}
	return end == SIZE_MAX ? STR("") : str_skip(message, end + 4);
}

static struct str digest_of(struct arena *a, struct crypto *c, struct str body)
{
	struct body_hash *b = body_hash_new(a, c);
	struct body_want *want = body_hash_want(b, HASH_SHA256, CANON_RELAXED, BODY_NO_LIMIT);

	body_hash_feed(b, body);
	body_hash_end(b);
	return body_digest(want);
}

enum signed_state signed_message(struct errand *e, const struct send_world *w, struct str message,
				 int64_t t, struct str *out)
{
	struct arena *a = errand_arena(e);
	struct buf b = { .arena = a };
	struct hdr_list h;
	struct dkim_sign_request req = { .headers = &h,
					 .plan = &dkim_plan_default,
					 .head = CANON_RELAXED,
					 .body = CANON_RELAXED,
					 .t = t };
	enum signed_state state = SIGNED_GOOD;

	hdr_init(&h, a);
	req.body_digest = digest_of(a, w->crypto, read_head(message, &h));
	for (size_t i = 0; i < w->nkeys && i < SEND_KEYS_MAX; i++) {
		const struct keyring_key *k = w->key[i];
		const struct sign_reply *r;
		struct dkim_draft d;
		struct str value;

		req.domain = k->domain;
		req.selector = k->selector;
		req.type = k->key.type;
		if (!dkim_draft(a, w->crypto, &req, &d))
			return SIGNED_FAILED;
		r = errand_sign(e, k->key.id, d.digest);
		if (!r) {
			state = SIGNED_WAIT; /* and the next one is asked at the same time */
			continue;
		}
		if (r->status != SIGN_OK)
			return SIGNED_FAILED;
		value = dkim_sign_value(a, &d, r->signature);
		buf_addf(&b, "DKIM-Signature: %.*s\r\n", STR_ARG(value));
	}
	buf_add(&b, message);
	*out = buf_str(&b);
	return state;
}
