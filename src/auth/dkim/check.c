/* Checks one signature (RFC 6376 6.1.2, 6.1.3). */
#include "auth/dkim/check.h"

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
		verify(c, &keys, s,
		       canon_digest(c->arena, c->crypto, c->headers, s->name, s->nh, s->field,
				    s->b_raw, s->head),
		       res);
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
