/* Reads key records and finds the one that verifies a signature. */
#include "auth/dkim/key.h"

#include "auth/dkim/dkim.h"
#include "auth/taglist.h"

static const char *const pubkey_faults[] = {
	[PUBKEY_SYNTAX] = "key is malformed",
	[PUBKEY_SHORT] = "key is too short",
	[PUBKEY_LONG] = "key is too long",
	[PUBKEY_EXPONENT] = "key has a bad exponent",
};

/* Whether it is a key record at all (RFC 6376 3.6.1: v= first if there, p= required). */
static const char *read_record(struct str txt, struct taglist *tags)
{
	const char *fault;
	const struct tag *v;

	if (txt.n > DKIM_MAX_KEY_TEXT)
		return "key record is too long";
	if (!taglist_read(txt, tags, &fault))
		return "key record is malformed";
	v = taglist_find(tags, "v");
	if (v && (v != tags->tag || !str_eq(v->value, STR("DKIM1"))))
		return "key record has a wrong version";
	return taglist_find(tags, "p") ? NULL : "key record without p=";
}

static bool flag_on(const struct taglist *tags, const char *tag, struct str word)
{
	return taglist_has_word(taglist_get(tags, tag), word);
}

/* What the key's owner does not allow. */
static const char *restriction(const struct taglist *tags, const struct signature *s)
{
	static const struct str types[] = {
		[KEY_RSA] = STR("rsa"), [KEY_ED25519] = STR("ed25519")
	};
	struct str k = taglist_get(tags, "k");

	if (!str_eq(k.p ? k : types[KEY_RSA], types[s->type]))
		return "key type does not match a=";
	if (taglist_find(tags, "h") && !flag_on(tags, "h", STR("sha256")))
		return "key is not for sha256";
	if (taglist_find(tags, "s") && !flag_on(tags, "s", STR("*")) &&
	    !flag_on(tags, "s", STR("email")))
		return "key is not for email";
	if (flag_on(tags, "t", STR("s")) && !s->own_domain)
		return "i= is not d= itself, as the key wants";
	return NULL;
}

struct reading {
	struct arena *arena;
	struct crypto *crypto;
	const struct signature *s;
	struct keyset *keys;
};

static void set_reason(struct keyset *keys, const char *reason)
{
	if (!keys->reason)
		keys->reason = reason;
}

/* One key record; true: it revokes the name. */
static bool take_key(const struct reading *r, const struct taglist *tags)
{
	struct key_record key = { .testing = flag_on(tags, "t", STR("y")),
				  .strict_i = flag_on(tags, "t", STR("s")) };
	struct str p = taglist_get(tags, "p");
	const char *reason = restriction(tags, r->s);
	const struct pubkey *unused;
	enum pubkey_fault fault;
	unsigned bits;

	if (!p.n)
		return true;
	if (!reason && !base64_decode(r->arena, p, &key.octets))
		reason = "key is not base64";
	if (reason) {
		set_reason(r->keys, reason);
		return false;
	}
	fault = pubkey_get(r->crypto, r->s->type, key.octets, &unused, &bits);
	if (!r->keys->bits)
		r->keys->bits = bits;
	if (fault != PUBKEY_OK)
		set_reason(r->keys, pubkey_faults[fault]);
	else
		r->keys->key[r->keys->n++] = key;
	return false;
}

static void read_records(const struct reading *r, const struct dns_answer *answer)
{
	size_t seen = 0;
	struct taglist tags;

	for (size_t i = 0; i < answer->n && i < DKIM_MAX_TXT && seen < DKIM_MAX_KEYS; i++) {
		const char *reason = read_record(answer->rr[i].data, &tags);

		if (reason) {
			set_reason(r->keys, reason);
			continue;
		}
		seen++;
		if (take_key(r, &tags)) {
			r->keys->n = 0;
			r->keys->reason = "key is revoked";
			return;
		}
	}
}

void keyset_read(struct arena *a, struct crypto *c, const struct dns_answer *answer,
		 const struct signature *s, struct keyset *keys)
{
	struct reading r = { .arena = a, .crypto = c, .s = s, .keys = keys };

	*keys = (struct keyset){ .result = AUTH_PERMERROR };
	switch (answer->status) {
	case DNS_OK:
		read_records(&r, answer);
		break;
	case DNS_TEMPFAIL:
		keys->result = AUTH_TEMPERROR;
		keys->reason = "key cannot be fetched now";
		return;
	case DNS_BOGUS:
		keys->reason = "key fails DNSSEC validation";
		return;
	default:
		break;
	}
	set_reason(keys, "no key");
	if (keys->n)
		keys->result = AUTH_PASS;
}

const struct key_record *keyset_verify(struct crypto *c, const struct keyset *keys,
				       const struct signature *s, struct str digest, unsigned *bits)
{
	for (size_t i = 0; i < keys->n; i++) {
		const struct pubkey *key;

		if (pubkey_get(c, s->type, keys->key[i].octets, &key, bits) == PUBKEY_OK &&
		    pubkey_verify(c, key, HASH_SHA256, digest, s->b))
			return &keys->key[i];
	}
	return NULL;
}
