/* The network directives of SpamAssassin's rule files: one table of words, one reader each. */
#include "checks/dnslist/sa.h"

const char sanet_allow = 1, sanet_deny = 2;

struct taker {
	struct arena *a;
	struct sanet_settings *set;
	struct str word, rest;
};

static struct str cut_word(struct str *s)
{
	size_t n = 0;
	struct str w;

	*s = str_trim(*s);
	while (n < s->n && !ch_fws(s->p[n]))
		n++;
	w = str_sub(*s, 0, n);
	*s = str_trim(str_skip(*s, n));
	return w;
}

static struct str no_dots(struct str s)
{
	while (s.n && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

static struct str domain_word(struct taker *t)
{
	struct str w = no_dots(cut_word(&t->rest));

	if (w.n && w.p[0] == '.')
		w = str_skip(w, 1);
	return arena_lower(t->a, w);
}

/* ---- readers: false where the line is not one ---- */

static bool take_bool(struct taker *t, bool *out)
{
	struct str w = cut_word(&t->rest);

	*out = str_eq(w, STR("1")) || str_ieq(w, STR("yes"));
	return !t->rest.n && (*out || str_eq(w, STR("0")) || str_ieq(w, STR("no")));
}

static bool skip_rbl(struct taker *t)
{
	return take_bool(t, &t->set->skip_rbl);
}

static bool skip_uribl(struct taker *t)
{
	return take_bool(t, &t->set->skip_uribl);
}

static bool skip_mailto(struct taker *t)
{
	return take_bool(t, &t->set->skip_mailto);
}

static bool dkim_uris(struct taker *t)
{
	return take_bool(t, &t->set->dkim_uris);
}

static bool max_domains(struct taker *t)
{
	uint64_t v;

	if (!str_u64(str_trim(t->rest), 1000000, &v))
		return false;
	t->set->max_domains = v > SANET_MAX_DOMAINS ? SANET_MAX_DOMAINS : (unsigned)v;
	return true;
}

/* "15", "1.5", "2m": milliseconds. */
static bool read_duration(struct str s, uint64_t *ms)
{
	static const struct {
		char unit;
		double ms;
	} units[] = {
		{ 's', 1000 }, { 'm', 60e3 }, { 'h', 3600e3 }, { 'd', 86400e3 }, { 'w', 604800e3 }
	};
	double v, unit = 1000;

	for (size_t i = 0; s.n > 1 && i < sizeof units / sizeof *units; i++)
		if (ch_lower(s.p[s.n - 1]) == units[i].unit) {
			unit = units[i].ms;
			s.n--;
			break;
		}
	if (!s.n || !ch_digit(s.p[0]) || !str_f64(s, &v) || v > 1e7)
		return false;
	*ms = (uint64_t)(v * unit);
	return true;
}

static bool block_time(struct taker *t)
{
	return read_duration(str_trim(t->rest), &t->set->block_ms);
}

static bool block_rule(struct taker *t)
{
	struct str rule = cut_word(&t->rest);
	size_t n = 0;

	for (; t->rest.n; n++)
		VEC_PUSH(t->a, t->set->blocks) = (struct sanet_block){ rule, domain_word(t) };
	return n > 0;
}

static bool restriction(struct taker *t)
{
	struct str how = cut_word(&t->rest);
	bool deny = str_ieq(how, STR("deny"));
	size_t n = 0;

	if (!deny && !str_ieq(how, STR("allow")))
		return false;
	for (; t->rest.n; n++)
		map_put(t->set->limits, domain_word(t),
			(void *)(uintptr_t)(deny ? &sanet_deny : &sanet_allow));
	return n > 0;
}

static bool clear_restriction(struct taker *t)
{
	t->set->limits = map_new(t->a, true);
	return !t->rest.n;
}

static bool headers(struct taker *t)
{
	t->set->headers = str_trim(t->rest);
	return t->set->headers.n > 0;
}

static bool ignore(struct taker *t)
{
	size_t n = 0;

	for (; t->rest.n; n++)
		map_put(t->set->ignore, cut_word(&t->rest), t->set);
	return n > 0;
}

static bool alias(struct taker *t)
{
	struct str *to = ARENA_NEW(t->a, struct str);
	size_t n = 0;

	if (str_chr(t->rest, '@') != SIZE_MAX)
		return false;
	*to = domain_word(t);
	for (; t->rest.n; n++)
		map_put(t->set->alias, domain_word(t), to);
	return n > 0;
}

/* hashbl_acl_NAME domain !domain: an exception stays one. */
static bool acl(struct taker *t)
{
	struct str name = arena_lower(t->a, str_skip(t->word, sizeof "hashbl_acl_" - 1));

	map_put(t->set->acl, name, (void *)(uintptr_t)&sanet_allow);
	while (t->rest.n) {
		struct str w = domain_word(t), key;
		bool not = str_starts(w, STR("!"));
		key = arena_printf(t->a, "%.*s:%.*s", STR_ARG(name), STR_ARG(str_skip(w, not )));
		if (not || !map_get(t->set->acl, key))
			map_put(t->set->acl, key,
				(void *)(uintptr_t)(not ? &sanet_deny : &sanet_allow));
	}
	return name.n > 0;
}

/* An expression in which _TLDS_ stands for any top level. */
static struct sa_regex *read_regex(struct taker *t)
{
	struct str mark = STR("_TLDS_"), text = str_trim(t->rest);
	size_t at = str_find(text, mark);

	if (at != SIZE_MAX)
		text = arena_printf(t->a, "%.*s(?:xn--[a-z0-9-]{1,59}|[a-z]{2,63})%.*s",
				    STR_ARG(str_sub(text, 0, at)),
				    STR_ARG(str_skip(text, at + mark.n)));
	return text.n ? sa_regex_new(t->a, text) : NULL;
}

static bool email_regex(struct taker *t)
{
	t->set->email = read_regex(t);
	return t->set->email != NULL;
}

static bool email_welcome(struct taker *t)
{
	t->set->welcome = read_regex(t);
	return t->set->welcome != NULL;
}

/* [rule] zone type [sub-test] */
static bool read_uri(struct taker *t, enum sanet_uri_kind kind, bool sub)
{
	struct sanet_uri *u = ARENA_NEW(t->a, struct sanet_uri);
	struct str rule = cut_word(&t->rest), test;

	u->zone = no_dots(cut_word(&t->rest));
	u->kind = kind;
	u->type = sanet_type(cut_word(&t->rest));
	test = str_trim(t->rest);
	if (!u->zone.n || !u->type || (test.n > 0) != sub ||
	    !sanet_test_read(t->a, SANET_URI, sub ? test : STR_NULL, &u->test))
		return false;
	map_put(t->set->uri, rule, u);
	return true;
}

static bool uri_line(struct taker *t)
{
	static const struct {
		const char *word;
		enum sanet_uri_kind kind;
		bool sub;
	} kinds[] = {
		{ "uridnsbl", URI_ADDRESS, false },
		{ "uridnssub", URI_ADDRESS, true },
		{ "urirhsbl", URI_NAME, false },
		{ "urirhssub", URI_NAME, true },
		{ "urinsrhsbl", URI_SERVER, false },
		{ "urinsrhssub", URI_SERVER, true },
		{ "urifullnsrhsbl", URI_FULL_SERVER, false },
		{ "urifullnsrhssub", URI_FULL_SERVER, true },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_eq(t->word, str_c(kinds[i].word)))
			return read_uri(t, kinds[i].kind, kinds[i].sub);
	return false;
}

static bool obsolete(struct taker *t)
{
	(void)t;
	return true;
}

static const struct {
	const char *word, *expected;
	bool (*take)(struct taker *t);
} words[] = {
	{ "uridnsbl", "RULE ZONE TYPE", uri_line },
	{ "uridnssub", "RULE ZONE TYPE SUBTEST", uri_line },
	{ "urirhsbl", "RULE ZONE TYPE", uri_line },
	{ "urirhssub", "RULE ZONE TYPE SUBTEST", uri_line },
	{ "urinsrhsbl", "RULE ZONE TYPE", uri_line },
	{ "urinsrhssub", "RULE ZONE TYPE SUBTEST", uri_line },
	{ "urifullnsrhsbl", "RULE ZONE TYPE", uri_line },
	{ "urifullnsrhssub", "RULE ZONE TYPE SUBTEST", uri_line },
	{ "uridnsbl_max_domains", "a number", max_domains },
	{ "uridnsbl_skip_mailto", "0 or 1", skip_mailto },
	{ "parse_dkim_uris", "0 or 1", dkim_uris },
	{ "uridnsbl_timeout", "a time", obsolete },
	{ "skip_rbl_checks", "0 or 1", skip_rbl },
	{ "skip_uribl_checks", "0 or 1", skip_uribl },
	{ "rbl_headers", "names of fields", headers },
	{ "dns_block_rule", "RULE and domains", block_rule },
	{ "dns_block_time", "a time", block_time },
	{ "dns_query_restriction", "allow or deny, and domains", restriction },
	{ "clear_dns_query_restriction", "nothing behind it", clear_restriction },
	{ "clear_dns_query_restrictions", "nothing behind it", clear_restriction },
	{ "hashbl_ignore", "values", ignore },
	{ "hashbl_email_regex", "an expression", email_regex },
	{ "hashbl_email_welcomelist", "an expression", email_welcome },
	{ "hashbl_email_whitelist", "an expression", email_welcome },
	{ "hashbl_email_domain_alias", "a domain, and those that stand for it", alias },
	{ "hashbl_acl_*", "domains", acl },
};

const char *const sanet_words[] = {
	"uridnsbl",
	"uridnssub",
	"urirhsbl",
	"urirhssub",
	"urinsrhsbl",
	"urinsrhssub",
	"urifullnsrhsbl",
	"urifullnsrhssub",
	"uridnsbl_max_domains",
	"uridnsbl_skip_mailto",
	"parse_dkim_uris",
	"uridnsbl_timeout",
	"skip_rbl_checks",
	"skip_uribl_checks",
	"rbl_headers",
	"dns_block_rule",
	"dns_block_time",
	"dns_query_restriction",
	"clear_dns_query_restriction",
	"clear_dns_query_restrictions",
	"hashbl_ignore",
	"hashbl_email_regex",
	"hashbl_email_welcomelist",
	"hashbl_email_whitelist",
	"hashbl_email_domain_alias",
	"hashbl_acl_*",
	NULL,
};

static bool word_is(struct str word, struct str known)
{
	if (known.p[known.n - 1] == '*')
		return str_starts(word, str_sub(known, 0, known.n - 1));
	return str_eq(word, known);
}

static int take_stanza(struct arena *a, const struct stanza *st, struct sanet_settings *out,
		       struct err *e)
{
	struct taker t = { a, out, st->word, st->rest };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!word_is(st->word, str_c(words[i].word)))
			continue;
		if (words[i].take(&t))
			return 0;
		return err_set(e, "%s:%d: %.*s: found \"%.*s\", expected %s", st->file, st->line,
			       STR_ARG(st->word), STR_ARG(str_sub(st->rest, 0, 200)),
			       words[i].expected);
	}
	return 0;
}

int sanet_settings_read(struct arena *a, const struct judge *j, struct sanet_settings *out,
			struct err *e)
{
	*out = (struct sanet_settings){
		.skip_mailto = true,
		.dkim_uris = true,
		.max_domains = 20,
		.block_ms = 300000,
		.uri = map_new(a, false),
		.limits = map_new(a, true),
		.ignore = map_new(a, true),
		.alias = map_new(a, true),
		.acl = map_new(a, true),
		.headers = STR("EnvelopeFrom,Reply-To,Disposition-Notification-To,"
			       "X-WebmailclientIP,X-Source-IP"),
	};
	for (size_t i = 0; i < j->nstanzas; i++)
		if (take_stanza(a, &j->stanza[i], out, e) < 0)
			return -1;
	return 0;
}
