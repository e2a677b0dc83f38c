/* The lists: lines of rule files, and what sections of the configuration make of them. */
#include "checks/dnslist/zone.h"

#include "base/buf.h"
#include "base/err.h"
#include "mail/domain.h"

static const char *const scope_words[SCOPES] = {
	"client", "received", "helo",  "rdns",	   "mailfrom",	"from",	    "replyto", "dkim",
	"url",	  "urlhost",  "urlip", "fromaddr", "replyaddr", "bodyaddr", "urlhash",
};

const char *dnslist_scope_word(enum dnslist_scope s)
{
	return scope_words[s];
}

static unsigned scope_bit(struct str word)
{
	for (unsigned i = 0; i < SCOPES; i++)
		if (str_eq(word, str_c(scope_words[i])))
			return 1u << i;
	if (str_eq(word, STR("dkim_pass")))
		return SCOPE_DKIM_PASS;
	return str_eq(word, STR("dkim_aligned")) ? SCOPE_DKIM_ALIGNED : 0;
}

bool dnslist_scopes(struct str words, unsigned *bits)
{
	*bits = 0;
	while (words.n) {
		unsigned bit = scope_bit(str_trim(str_cut(&words, ',')));
		if (!bit)
			return false;
		*bits |= bit;
	}
	return *bits != 0;
}

struct str dnslist_shown(struct arena *a, struct str suffix)
{
	struct buf b = { .arena = a };

	buf_add_shown(&b, suffix, '.');
	return buf_str(&b);
}

/* ---- values ---- */

/* Words of a value and what they stand for. */
struct word {
	const char *text;
	int value;
};

static bool word_in(struct str s, const struct word *w, int *value)
{
	for (; w->text; w++)
		if (str_eq(s, str_c(w->text))) {
			*value = w->value;
			return true;
		}
	return false;
}

static bool set_flag(struct str s, bool *flag)
{
	static const struct word words[] = { { "yes", 1 }, { "no", 0 },	  { "on", 1 },
					     { "off", 0 }, { "true", 1 }, { "false", 0 },
					     { NULL, 0 } };
	int value;

	if (!word_in(s, words, &value))
		return false;
	*flag = value;
	return true;
}

static bool set_zone(struct arena *a, struct dnslist_zone *z, struct str s)
{
	struct str name = s;

	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	name = domain_read(a, name, DOMAIN_UNDERSCORE);
	if (!name.n || domain_labels(name) < 2)
		return false;
	z->suffix = name;
	return true;
}

static bool set_scopes(struct arena *a, struct dnslist_zone *z, struct str s)
{
	(void)a;
	return dnslist_scopes(s, &z->scopes) && !(z->scopes >> SCOPES);
}

static bool set_use(struct arena *a, struct dnslist_zone *z, struct str s)
{
	(void)a;
	return set_flag(s, &z->use);
}

static bool set_v4(struct arena *a, struct dnslist_zone *z, struct str s)
{
	(void)a;
	return set_flag(s, &z->v4);
}

static bool set_v6(struct arena *a, struct dnslist_zone *z, struct str s)
{
	static const struct word words[] = {
		{ "no", V6_NO }, { "nibble", V6_NIBBLE }, { "64", V6_64 }, { NULL, 0 }
	};
	int value;

	(void)a;
	if (!word_in(s, words, &value))
		return false;
	z->v6 = (enum dnslist_v6)value;
	return true;
}

static bool set_names(struct arena *a, struct dnslist_zone *z, struct str s)
{
	static const struct word words[] = { { "registrable", 0 }, { "full", 1 }, { NULL, 0 } };
	int value;

	(void)a;
	if (!word_in(s, words, &value))
		return false;
	z->full = value;
	return true;
}

static bool set_type(struct arena *a, struct dnslist_zone *z, struct str s)
{
	static const struct word words[] = { { "A", DNS_A }, { "TXT", DNS_TXT }, { NULL, 0 } };

	(void)a;
	return word_in(s, words, &z->type);
}

static bool set_refused(struct arena *a, struct dnslist_zone *z, struct str s)
{
	z->refused = arena_dup(a, s);
	return dnslist_codes_ok(s);
}

static bool set_priority(struct arena *a, struct dnslist_zone *z, struct str s)
{
	uint64_t n;

	(void)a;
	if (!str_u64(s, 1000, &n))
		return false;
	z->priority = (unsigned)n;
	return true;
}

static bool set_digest(struct arena *a, struct dnslist_zone *z, struct str s)
{
	static const struct word words[] = { { "none", DNSLIST_RAW },
					     { "md5", DNSLIST_MD5 },
					     { "sha1", DNSLIST_SHA1 },
					     { "sha256", DNSLIST_SHA256 },
					     { NULL, 0 } };
	int value;

	(void)a;
	if (!word_in(s, words, &value))
		return false;
	z->digest = (enum dnslist_digest)value;
	return true;
}

static bool set_coding(struct arena *a, struct dnslist_zone *z, struct str s)
{
	static const struct word words[] = { { "hex", DNSLIST_HEX },
					     { "base32", DNSLIST_BASE32 },
					     { NULL, 0 } };
	int value;

	(void)a;
	if (!word_in(s, words, &value))
		return false;
	z->coding = (enum dnslist_coding)value;
	return true;
}

static bool set_digits(struct arena *a, struct dnslist_zone *z, struct str s)
{
	uint64_t n;

	(void)a;
	if (!str_u64(s, 63, &n))
		return false;
	z->digits = (unsigned)n;
	return true;
}

static bool set_hosts(struct arena *a, struct dnslist_zone *z, struct str s)
{
	z->hosts = arena_dup(a, s);
	return true;
}

/* Names below a list that none can register ("_dnsbl_.test") are fine. */
static bool set_point(struct arena *a, struct str s, struct str *out)
{
	*out = str_eq(s, STR("none")) ? STR("") : arena_lower(a, s);
	return s.n > 0 && s.n <= DOMAIN_MAX && str_printable(s) && str_chr(s, ' ') == SIZE_MAX;
}

static bool set_listed(struct arena *a, struct dnslist_zone *z, struct str s)
{
	return set_point(a, s, &z->listed);
}

static bool set_unlisted(struct arena *a, struct dnslist_zone *z, struct str s)
{
	return set_point(a, s, &z->unlisted);
}

static const struct key {
	const char *name;
	bool (*set)(struct arena *a, struct dnslist_zone *z, struct str value);
	const char *expected;
} keys[] = {
	{ "zone", set_zone, "a domain" },
	{ "scopes", set_scopes,
	  "some of client, received, helo, rdns, mailfrom, from, replyto, dkim, url, urlhost, "
	  "urlip, "
	  "fromaddr, replyaddr, bodyaddr, urlhash" },
	{ "use", set_use, "yes or no" },
	{ "v4", set_v4, "yes or no" },
	{ "v6", set_v6, "no, nibble or 64" },
	{ "names", set_names, "registrable or full" },
	{ "type", set_type, "A or TXT" },
	{ "refused", set_refused, "codes, such as 127.0.0.255 or 127.0.1.0/24" },
	{ "priority", set_priority, "0 to 1000" },
	{ "hash", set_digest, "none, md5, sha1 or sha256" },
	{ "coding", set_coding, "hex or base32" },
	{ "digits", set_digits, "0 to 63" },
	{ "hosts", set_hosts, "names of lists" },
	{ "listed", set_listed, "a name below the list, or none" },
	{ "unlisted", set_unlisted, "a name below the list, or none" },
};

bool dnslist_zone_set(struct arena *a, struct dnslist_zone *z, struct str key, struct str value,
		      const char **expected)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (str_eq(key, str_c(keys[i].name))) {
			*expected = keys[i].expected;
			return keys[i].set(a, z, value);
		}
	*expected = "zone, scopes, use, v4, v6, names, type, refused, priority, hash, coding, "
		    "digits, hosts, listed or unlisted";
	return false;
}

void dnslist_zone_init(struct arena *a, struct dnslist_zone *z, struct str name)
{
	*z = (struct dnslist_zone){ .name = arena_dup(a, name),
				    .use = true,
				    .v4 = true,
				    .type = DNS_A,
				    .priority = 50,
				    .refused = STR("") };
	z->cell = arena_printf(a, "dnslist:%.*s", STR_ARG(name));
}
