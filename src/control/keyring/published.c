/* Compares key records with keys, and says in words what is wrong with them. */
#include "control/keyring/published.h"

#include "auth/taglist.h"
#include "base/buf.h"

const char *published_word(enum published p)
{
	static const char *const word[] = {
		[PUBLISHED_SAME] = "same",
		[PUBLISHED_ALIAS] = "alias",
		[PUBLISHED_MISSING] = "missing",
		[PUBLISHED_OTHER] = "other key",
		[PUBLISHED_REVOKED] = "revoked",
		[PUBLISHED_WRONG] = "wrong",
		[PUBLISHED_LAME] = "not authoritative",
		[PUBLISHED_SILENT] = "silent",
		[PUBLISHED_NO_WAY] = "unreachable from here",
	};

	return word[p];
}

static void wrong(struct published_found *out, struct str detail)
{
	*out = (struct published_found){ PUBLISHED_WRONG, detail };
}

static bool has_word(const struct taglist *tags, const char *tag, const char *word)
{
	return taglist_has_word(taglist_get(tags, tag), str_c(word));
}

/* p= is there and not empty. */
static void compare_key(struct arena *a, struct str p, const struct sign_key *key,
			struct published_found *out)
{
	struct str octets, ours = base64_encode(a, key->public);

	if (!base64_decode(a, p, &octets)) {
		if (p.n < ours.n && str_starts(ours, p))
			wrong(out, arena_printf(a, "p= is cut off after %zu of %zu characters", p.n,
						ours.n));
		else
			wrong(out, STR("p= is not base64"));
	} else if (str_eq(octets, key->public)) {
		*out = (struct published_found){ PUBLISHED_SAME, STR_NULL };
	} else if (octets.n < key->public.n && str_starts(key->public, octets)) {
		wrong(out, arena_printf(a, "p= is cut off after %zu of %zu octets", octets.n,
					key->public.n));
	} else {
		*out = (struct published_found){ PUBLISHED_OTHER,
						 STR("p= is not that of this key") };
	}
}

/* What verifiers will not use the record for. False: said in *out. */
static bool usable(struct arena *a, const struct taglist *tags, const struct sign_key *key,
		   struct published_found *out)
{
	struct str type = key->type == KEY_RSA ? STR("rsa") : STR("ed25519");
	struct str k = taglist_get(tags, "k");

	if (!str_eq(k.p ? k : STR("rsa"), type))
		wrong(out, k.p ? arena_printf(a, "k= is not %.*s, which the key is", STR_ARG(type))
			       : arena_printf(a, "k=%.*s is missing", STR_ARG(type)));
	else if (taglist_find(tags, "h") && !has_word(tags, "h", "sha256"))
		wrong(out, STR("h= does not allow sha256"));
	else if (taglist_find(tags, "s") && !has_word(tags, "s", "*") &&
		 !has_word(tags, "s", "email"))
		wrong(out, STR("s= does not allow email"));
	else
		return true;
	return false;
}

static void compare_one(struct arena *a, struct str txt, const struct sign_key *key,
			struct published_found *out)
{
	struct taglist tags;
	const struct tag *v;
	const char *fault;
	struct str p;

	if (str_chr(txt, '"') != SIZE_MAX || str_chr(txt, '\\') != SIZE_MAX) {
		wrong(out, STR("quotation marks or backslashes are in the record itself"));
		return;
	}
	if (!taglist_read(txt, &tags, &fault)) {
		wrong(out, arena_printf(a, "no key record: %s", fault));
		return;
	}
	v = taglist_find(&tags, "v");
	p = taglist_get(&tags, "p");
	if (v && (v != tags.tag || !str_eq(v->value, STR("DKIM1"))))
		wrong(out, STR("v=DKIM1 does not stand first"));
	else if (!p.p)
		wrong(out, STR("p= is missing"));
	else if (!p.n)
		*out = (struct published_found){ PUBLISHED_REVOKED,
						 STR("p= is empty: the key is revoked") };
	else if (usable(a, &tags, key, out))
		compare_key(a, p, key, out);
	if (out->what == PUBLISHED_SAME && has_word(&tags, "t", "y"))
		out->detail = STR("t=y: verifiers are told that this is only a test");
}

/* Several records; perhaps the strings of one. */
static void compare_many(struct arena *a, const struct dns_answer *x, const struct sign_key *key,
			 struct published_found *out)
{
	struct published_found joined;

	for (size_t i = 0; i < x->n && i < 2; i++) {
		struct buf b = { .arena = a };

		buf_add(&b, x->rr[i].data);
		buf_add(&b, x->rr[1 - i].data);
		compare_one(a, buf_str(&b), key, &joined);
		if (x->n != 2 || joined.what != PUBLISHED_SAME)
			continue;
		wrong(out, STR("one record was split into two: its strings belong together"));
		return;
	}
	wrong(out, arena_printf(a, "%zu records where there must be one", x->n));
}

void published_compare(struct arena *a, const struct dns_answer *x, const struct sign_key *key,
		       struct published_found *out)
{
	*out = (struct published_found){ PUBLISHED_MISSING, STR("there is no record") };
	if (x->status != DNS_OK)
		return;
	if (x->n == 1)
		compare_one(a, x->rr[0].data, key, out);
	else
		compare_many(a, x, key, out);
}
