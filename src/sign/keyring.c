/* One key of the keyring as text, there and back. */
#include "sign/keyring.h"

#include <openssl/evp.h>

#include "base/buf.h"
#include "mail/domain.h"

#define KEYRING_VERSION 1u
#define TIME_MAX (1ull << 40) /* seconds: no clock is there yet */
#define BITS_TEXT_MAX 1100u   /* octets of the public half of KEY_RSA_MAX bits, with room */
#define KEY_LABEL "._domainkey."

static const char *const state_words[] = {
	[KEY_PENDING] = "pending",
	[KEY_ACTIVE] = "active",
	[KEY_RETIRING] = "retiring",
	[KEY_RETIRED] = "retired",
};
#define STATES (sizeof state_words / sizeof *state_words)

const char *key_state_word(enum key_state s)
{
	return state_words[s];
}

static bool is_name(struct arena *a, struct str s)
{
	return s.n && str_eq(domain_read(a, s, DOMAIN_UNDERSCORE), s);
}

bool keyring_name_ok(struct arena *a, struct str domain, struct str selector)
{
	return domain.n + selector.n + sizeof KEY_LABEL - 1 <= DOMAIN_MAX && is_name(a, domain) &&
	       is_name(a, selector);
}

/* ---- out ---- */

struct str keyring_format(struct arena *a, const struct keyring_key *k)
{
	struct buf b = { .arena = a };

	buf_addf(&b, "version = %u\n", KEYRING_VERSION);
	buf_addf(&b, "domain = %.*s\n", STR_ARG(k->domain));
	buf_addf(&b, "selector = %.*s\n", STR_ARG(k->selector));
	buf_addf(&b, "state = %s\n", key_state_word(k->state));
	buf_addf(&b, "type = %s\n", k->key.type == KEY_RSA ? "rsa" : "ed25519");
	buf_addf(&b, "bits = %u\n", k->key.bits);
	buf_addf(&b, "public = %.*s\n", STR_ARG(base64_encode(a, k->key.public)));
	buf_addf(&b, "made = %lld\n", (long long)k->made);
	buf_addf(&b, "active = %lld\n", (long long)k->active);
	buf_addf(&b, "retiring = %lld\n", (long long)k->retiring);
	buf_addf(&b, "retired = %lld\n", (long long)k->retired);
	buf_addf(&b, "forced = %s\n", k->forced ? "yes" : "no");
	return buf_str(&b);
}

/* ---- in ---- */

struct reading {
	struct arena *arena;
	struct keyring_key *k;
};

static bool take_version(struct reading *r, struct str v)
{
	uint64_t n;

	(void)r;
	return str_u64(v, UINT32_MAX, &n) && n == KEYRING_VERSION;
}

static bool take_domain(struct reading *r, struct str v)
{
	r->k->domain = arena_dup(r->arena, v);
	return v.n > 0;
}

static bool take_selector(struct reading *r, struct str v)
{
	r->k->selector = arena_dup(r->arena, v);
	return v.n > 0;
}

static bool take_state(struct reading *r, struct str v)
{
	for (size_t i = 0; i < STATES; i++) {
		if (str_eq(v, str_c(state_words[i]))) {
			r->k->state = (enum key_state)i;
			return true;
		}
	}
	return false;
}

static bool take_type(struct reading *r, struct str v)
{
	r->k->key.type = str_eq(v, STR("rsa")) ? KEY_RSA : KEY_ED25519;
	return str_eq(v, STR("rsa")) || str_eq(v, STR("ed25519"));
}

static bool take_bits(struct reading *r, struct str v)
{
	uint64_t n;

	if (!str_u64(v, KEY_RSA_MAX, &n))
		return false;
	r->k->key.bits = (unsigned)n;
	return true;
}

static bool take_public(struct reading *r, struct str v)
{
	unsigned n = 0;

	return v.n > 0 && v.n <= BITS_TEXT_MAX && str_chr(v, ' ') == SIZE_MAX &&
	       str_chr(v, '\t') == SIZE_MAX && str_chr(v, '\r') == SIZE_MAX &&
	       base64_decode(r->arena, v, &r->k->key.public) &&
	       EVP_Digest(r->k->key.public.p, r->k->key.public.n, r->k->key.id, &n, EVP_sha256(),
			  NULL) == 1 &&
	       n == SIGN_ID;
}

static bool take_time(struct str v, int64_t *t)
{
	uint64_t n;

	if (!str_u64(v, TIME_MAX, &n))
		return false;
	*t = (int64_t)n;
	return true;
}

static bool take_made(struct reading *r, struct str v)
{
	return take_time(v, &r->k->made);
}

static bool take_active(struct reading *r, struct str v)
{
	return take_time(v, &r->k->active);
}

static bool take_retiring(struct reading *r, struct str v)
{
	return take_time(v, &r->k->retiring);
}

static bool take_retired(struct reading *r, struct str v)
{
	return take_time(v, &r->k->retired);
}

static bool take_forced(struct reading *r, struct str v)
{
	r->k->forced = str_eq(v, STR("yes"));
	return r->k->forced || str_eq(v, STR("no"));
}

static const struct row {
	const char *name;
	bool (*take)(struct reading *r, struct str value);
	const char *fault;
} rows[] = {
	{ "version", take_version, "version: not 1" },
	{ "domain", take_domain, "domain: empty" },
	{ "selector", take_selector, "selector: empty" },
	{ "state", take_state, "state: not pending, active, retiring or retired" },
	{ "type", take_type, "type: not rsa or ed25519" },
	{ "bits", take_bits, "bits: no size of a key" },
	{ "public", take_public, "public: no base64, or too long" },
	{ "made", take_made, "made: no time in seconds" },
	{ "active", take_active, "active: no time in seconds" },
	{ "retiring", take_retiring, "retiring: no time in seconds" },
	{ "retired", take_retired, "retired: no time in seconds" },
	{ "forced", take_forced, "forced: not yes or no" },
};
#define ROWS (sizeof rows / sizeof *rows)

static const char *take_line(struct reading *r, struct str line, unsigned *seen)
{
	size_t at = str_find(line, STR(" = "));

	if (at == SIZE_MAX)
		return "a line that is not \"name = value\"";
	for (size_t i = 0; i < ROWS; i++) {
		if (!str_eq(str_sub(line, 0, at), str_c(rows[i].name)))
			continue;
		if (*seen & 1u << i)
			return "a name twice";
		*seen |= 1u << i;
		return rows[i].take(r, str_skip(line, at + 3)) ? NULL : rows[i].fault;
	}
	return "a name that is not known";
}

/* What the lines say of one another. */
static const char *disagreement(struct arena *a, const struct keyring_key *k)
{
	const struct sign_key *key = &k->key;

	if (!keyring_name_ok(a, k->domain, k->selector))
		return "domain or selector: not a name in lower case that DNS can hold";
	if (key->type == KEY_ED25519 && (key->public.n != 32 || key->bits != 256))
		return "public: not an Ed25519 key";
	if (key->type == KEY_RSA && (key->bits < SIGN_RSA_MIN || key->public.n < key->bits / 8))
		return "public: not an RSA key of so many bits";
	if (!k->made || (k->state >= KEY_RETIRING && !k->retiring) ||
	    (k->state == KEY_ACTIVE && !k->active) || (k->state == KEY_RETIRED && !k->retired))
		return "state: its time is not there";
	return NULL;
}

const char *keyring_parse(struct arena *a, struct str text, struct keyring_key *k)
{
	struct reading r = { a, k };
	const char *fault = NULL;
	unsigned seen = 0;

	*k = (struct keyring_key){ 0 };
	if (text.n > KEYRING_FILE_MAX)
		return "too long";
	if (text.n == 0 || text.p[text.n - 1] != '\n')
		return "cut short";
	text.n--;
	while (text.p && !fault)
		fault = take_line(&r, str_cut(&text, '\n'), &seen);
	if (!fault && seen != (1u << ROWS) - 1)
		fault = "a line is missing";
	return fault ? fault : disagreement(a, k);
}
