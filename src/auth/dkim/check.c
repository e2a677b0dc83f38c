/* Checks one signature (RFC 6376 6.1.2, 6.1.3). */
#include "auth/dkim/check.h"

#define CHUNK 8192u /* header octets given to the hash at once, about */

static void flush(struct hash *h, struct buf *text)
{
	hash_feed(h, buf_str(text));
	text->n = 0;
}

/* The hash of step 2 of 3.7: selected fields, then the signature without its b=. */
static struct str header_digest(const struct checker *c, const struct signature *s)
{
	const struct hdr **fields = ARENA_ARRAY(c->arena, const struct hdr *, s->nh + 1);
	struct hash *h = hash_new(c->crypto, c->arena, HASH_SHA256);
	struct buf text = { .arena = c->arena };

	buf_room(&text, CHUNK);
	canon_select(c->headers, s->name, s->nh, s->field, fields);
	for (size_t i = 0; i < s->nh; i++) {
		if (!fields[i])
			continue;
		canon_field(&text, fields[i], s->head);
		if (text.n >= CHUNK / 2)
			flush(h, &text);
	}
	canon_signature(&text, s->field, s->b_raw, s->head);
	flush(h, &text);
	return hash_end(h);
}

static void set_result(struct check_result *res, enum auth_result result, const char *reason)
{
	res->result = result;
	res->reason = reason;
}

/* False: the result is there, or (res->result none) there is no answer yet. */
static bool get_keys(const struct checker *c, struct dns *dns, const struct signature *s,
		     struct keyset *keys, struct check_result *res)
{
	const struct dns_answer *answer = dns_ask(dns, s->query, DNS_TXT);

	*res = (struct check_result){ .result = AUTH_NONE };
	if (!answer)
		return false;
	keyset_read(c->arena, c->crypto, answer, s, keys);
	res->key_bits = keys->bits;
	if (keys->n) {
		res->testing = keys->key[0].testing;
		res->strict_i = keys->key[0].strict_i;
		return true;
	}
	set_result(res, keys->result, keys->reason);
	return false;
}

static void verify(const struct checker *c, const struct keyset *keys, const struct signature *s,
		   struct str digest, struct check_result *res)
{
	unsigned bits;
	const struct key_record *key = keyset_verify(c->crypto, keys, s, digest, &bits);

	if (!key) {
		set_result(res, AUTH_FAIL, "signature does not verify");
		return;
	}
	res->key_bits = bits;
	res->testing = key->testing;
	res->strict_i = key->strict_i;
	set_result(res, AUTH_PASS, NULL);
}

enum auth_step check_signature(const struct checker *c, struct dns *dns, const struct signature *s,
			       const struct body_want *body, struct check_result *res)
{
	struct keyset keys;

	if (!get_keys(c, dns, s, &keys, res))
		return res->result == AUTH_NONE ? AUTH_WAIT : AUTH_DONE;
	if (s->length != BODY_NO_LIMIT && s->length > body_length(body))
		set_result(res, AUTH_FAIL, "body is shorter than l=");
	else if (!str_eq(body_digest(body), s->bh))
		set_result(res, AUTH_FAIL, "body does not match bh=");
	else
		verify(c, &keys, s, header_digest(c, s), res);
	res->partial = s->length < body_length(body);
	return AUTH_DONE;
}

enum auth_step check_signed(const struct checker *c, struct dns *dns, const struct signature *s,
			    struct str digest, struct check_result *res)
{
	struct keyset keys;

	if (!get_keys(c, dns, s, &keys, res))
		return res->result == AUTH_NONE ? AUTH_WAIT : AUTH_DONE;
	verify(c, &keys, s, digest, res);
	return AUTH_DONE;
}
