/* Addresses that reports do not go to for a while. */
#include "control/report/suppress.h"

#include "base/buf.h"
#include "report/uri.h"

#define PREFIX "rpt:x:"

/* Hexadecimal digits of a keyed hash: the key before and behind, each of one length, so that no
 * text can be read in two ways. */
static struct str digits(struct arena *a, struct crypto *c, struct str secret, struct str s,
			 size_t n)
{
	struct hash *h = hash_new(c, a, HASH_SHA256);
	struct buf b = { .arena = a };

	hash_feed(h, secret);
	hash_feed(h, s);
	hash_feed(h, secret);
	buf_hex(&b, hash_end(h).p, n / 2);
	return buf_str(&b);
}

/* Of an address in any letters. */
static struct str name_of(struct arena *a, struct crypto *c, struct str address)
{
	return digits(a, c, STR(""), arena_lower(a, address), SUPPRESS_HASH);
}

struct str suppress_key(struct arena *a, struct crypto *c, struct str address)
{
	return arena_printf(a, PREFIX "%.*s", STR_ARG(name_of(a, c, address)));
}

struct str suppress_sender(struct arena *a, struct crypto *c, struct str bounce, struct str address,
			   struct str secret)
{
	size_t at = str_rchr(bounce, '@');
	struct str name = name_of(a, c, address);
	struct str tag = digits(a, c, secret, name, SUPPRESS_TAG);

	if (at == SIZE_MAX || at + 2 + SUPPRESS_HASH + SUPPRESS_TAG > REPORT_LOCAL_MAX)
		return bounce;
	return arena_printf(a, "%.*s+%.*s.%.*s%.*s", STR_ARG(str_sub(bounce, 0, at)), STR_ARG(name),
			    STR_ARG(tag), STR_ARG(str_skip(bounce, at)));
}

/* In the time that all of it takes, wherever it differs. */
static bool same(struct str a, struct str b)
{
	unsigned char differs = 0;

	for (size_t i = 0; i < a.n && a.n == b.n; i++)
		differs |= (unsigned char)(a.p[i] ^ b.p[i]);
	return a.n == b.n && !differs;
}

bool suppress_bounced(struct arena *a, struct crypto *c, struct str bounce, struct str to,
		      struct str secret, struct str *key)
{
	size_t at = str_rchr(bounce, '@');
	struct str lower = arena_lower(a, to), name;

	if (at == SIZE_MAX || to.n != bounce.n + 2 + SUPPRESS_HASH + SUPPRESS_TAG)
		return false;
	name = str_sub(lower, at + 1, SUPPRESS_HASH);
	to = arena_printf(a, "%.*s+%.*s.%.*s%.*s", STR_ARG(str_sub(bounce, 0, at)), STR_ARG(name),
			  STR_ARG(digits(a, c, secret, name, SUPPRESS_TAG)),
			  STR_ARG(str_skip(bounce, at)));
	*key = arena_printf(a, PREFIX "%.*s", STR_ARG(name));
	return same(lower, arena_lower(a, to));
}
