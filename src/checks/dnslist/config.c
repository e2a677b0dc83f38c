/* The options of DNS lists, and the lists that rule files and configuration make together. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "checks/dnslist/predicates.h"
#include "mail/domain.h"

#define SCOPE_WORDS                                                                                \
	"client|received|helo|rdns|mailfrom|from|replyto|dkim|url|urlhost|urlip|fromaddr|"         \
	"replyaddr|bodyaddr|urlhash"

const struct conf_opt dnslist_options[] = {
	{ .name = "dnslist.use",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "whether lists are asked by DNS; their keepers learn which addresses, domains "
		  "and digests of addresses and links are in our mail, see merlon-rules(5)" },
	{ .name = "dnslist.max_queries",
	  .type = CONF_INT,
	  .def = "64",
	  .allow = "0..64",
	  .help = "distinct questions to lists for one message, of the 100 that all checks have "
		  "together" },
	{ .name = "dnslist.timeout",
	  .type = CONF_TIME,
	  .def = "3s",
	  .allow = "100ms..20s",
	  .help = "how long an answer of a list is waited for" },
	{ .name = "dnszone.*.zone",
	  .type = CONF_STR,
	  .secret = true,
	  .help = "where the list of that name is asked: for a list of the rules another name, "
		  "often with a key in it; a list that is off without one is on with it" },
	{ .name = "dnszone.*.use",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "whether the list is asked" },
	{ .name = "dnszone.*.scopes",
	  .type = CONF_LIST,
	  .allow = SCOPE_WORDS,
	  .help = "what the list is asked for" },
	{ .name = "dnszone.*.v4",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "the list is asked for IPv4 addresses" },
	{ .name = "dnszone.*.v6",
	  .type = CONF_ENUM,
	  .def = "no",
	  .allow = "no|nibble|64",
	  .help = "the list is asked for IPv6 addresses: all 32 digits of them, or those of the "
		  "/64" },
	{ .name = "dnszone.*.names",
	  .type = CONF_ENUM,
	  .def = "registrable",
	  .allow = "registrable|full",
	  .help = "of a domain, the registrable one or the whole name is asked for" },
	{ .name = "dnszone.*.type",
	  .type = CONF_ENUM,
	  .def = "A",
	  .allow = "A|TXT",
	  .help = "which records are asked for" },
	{ .name = "dnszone.*.refused",
	  .type = CONF_LIST,
	  .help = "codes by which the list refuses to serve us, besides 127.255.255.0/24" },
	{ .name = "dnszone.*.priority",
	  .type = CONF_INT,
	  .def = "50",
	  .allow = "0..1000",
	  .help = "lists of smaller numbers are asked first, while there are questions left" },
	{ .name = "dnszone.*.hash",
	  .type = CONF_ENUM,
	  .def = "none",
	  .allow = "none|md5|sha1|sha256",
	  .help = "addresses and links are asked for by this digest" },
	{ .name = "dnszone.*.coding",
	  .type = CONF_ENUM,
	  .def = "hex",
	  .allow = "hex|base32",
	  .help = "how a digest is written" },
	{ .name = "dnszone.*.digits",
	  .type = CONF_INT,
	  .def = "0",
	  .allow = "0..63",
	  .help = "characters of a digest that are asked for; 0: all" },
	{ .name = "dnszone.*.hosts",
	  .type = CONF_STR,
	  .help = "names of lists of the rules, with commas: links are asked for by digest where "
		  "their host is in one of them; empty: all links" },
	{ .name = "dnszone.*.listed",
	  .type = CONF_STR,
	  .help = "a name below the list that has to be listed, for the self-test; none: no test" },
	{ .name = "dnszone.*.unlisted",
	  .type = CONF_STR,
	  .help = "a name below the list that must not be listed, for the self-test; none: no "
		  "test" },
	{ 0 },
};

/* ---- sections ---- */

static const char *const section_keys[] = { "zone",   "scopes", "use",	   "v4",       "v6",
					    "names",  "type",	"refused", "priority", "hash",
					    "coding", "digits", "hosts",   "listed",   "unlisted" };

static struct str joined(struct arena *a, const struct str *item, size_t n)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%.*s", i ? "," : "", STR_ARG(item[i]));
	return buf_str(&b);
}

/* The value of a section's option, as a rule file would have it. */
static struct str value_of(struct arena *a, const struct conf *c, size_t i, const char *key)
{
	static const char *const v6[] = { "no", "nibble", "64" };
	static const char *const names[] = { "registrable", "full" };
	static const char *const types[] = { "A", "TXT" };
	static const char *const hashes[] = { "none", "md5", "sha1", "sha256" };
	static const char *const codings[] = { "hex", "base32" };
	static const struct {
		const char *key;
		const char *const *words;
	} enums[] = { { "v6", v6 },
		      { "names", names },
		      { "type", types },
		      { "hash", hashes },
		      { "coding", codings } };
	struct str k = str_c(key);
	const struct str *item;

	for (size_t e = 0; e < sizeof enums / sizeof *enums; e++)
		if (str_eq(k, str_c(enums[e].key)))
			return str_c(enums[e].words[conf_sec_enum(c, "dnszone", i, key)]);
	if (str_eq(k, STR("scopes")) || str_eq(k, STR("refused"))) {
		size_t n = conf_sec_list(c, "dnszone", i, key, &item);
		return joined(a, item, n);
	}
	if (str_eq(k, STR("use")) || str_eq(k, STR("v4")))
		return conf_sec_bool(c, "dnszone", i, key) ? STR("yes") : STR("no");
	if (str_eq(k, STR("priority")) || str_eq(k, STR("digits")))
		return arena_printf(a, "%d", (int)conf_sec_int(c, "dnszone", i, key));
	return conf_sec_str(c, "dnszone", i, key);
}

static int apply_section(struct arena *a, const struct conf *c, size_t i, struct dnslist_zone *z,
			 struct err *e)
{
	for (size_t k = 0; k < sizeof section_keys / sizeof *section_keys; k++) {
		const char *key = section_keys[k], *expected;
		if (!conf_sec_is_set(c, "dnszone", i, key) ||
		    dnslist_zone_set(a, z, str_c(key), value_of(a, c, i, key), &expected))
			continue;
		return err_set(e, "%s: dnszone \"%.*s\": %s: found \"%.*s\", expected %s",
			       conf_sec_where(c, "dnszone", i, key), STR_ARG(z->name), key,
			       STR_ARG(value_of(a, c, i, key)), expected);
	}
	if (conf_sec_is_set(c, "dnszone", i, "zone") && !conf_sec_is_set(c, "dnszone", i, "use"))
		z->use = true;
	return 0;
}

int dnslist_setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct dnslist_config *k = ARENA_NEW(a, struct dnslist_config);

	k->conf = c;
	k->use = conf_bool(c, "dnslist.use");
	k->max_queries = (unsigned)conf_int(c, "dnslist.max_queries");
	k->timeout_ms = conf_time_ms(c, "dnslist.timeout");
	k->by_name = map_new(a, false);
	k->by_suffix = map_new(a, true);
	*config = k;
	for (size_t i = 0; i < conf_sections(c, "dnszone"); i++) {
		struct dnslist_zone z;
		dnslist_zone_init(a, &z, conf_section_title(c, "dnszone", i));
		if (apply_section(a, c, i, &z, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- rule files ---- */

/* The list of that name, made if it is new. NULL: there are too many. */
static struct dnslist_zone *zone_named(struct arena *a, struct dnslist_config *k, struct str name)
{
	struct dnslist_zone *z = map_get(k->by_name, name);

	if (z || map_len(k->by_name) == DNSLIST_MAX_ZONES)
		return z;
	z = ARENA_NEW(a, struct dnslist_zone);
	dnslist_zone_init(a, z, name);
	map_put(k->by_name, z->name, z);
	return z;
}

static int apply_stanza(struct arena *a, struct dnslist_config *k, const struct stanza *s,
			struct err *e)
{
	struct str rest = s->rest, name = str_word(&rest);
	struct dnslist_zone *z = name.n ? zone_named(a, k, name) : NULL;

	if (!z)
		return err_at(e, s->file, s->line,
			      "dnslist: expected a name, and no more than %u lists",
			      DNSLIST_MAX_ZONES);
	while ((rest = str_trim(rest)).n) {
		struct str value = str_word(&rest), key = str_cut(&value, '=');
		const char *expected;
		if (!dnslist_zone_set(a, z, key, value, &expected))
			return err_at(e, s->file, s->line,
				      "dnslist %.*s: %.*s: found \"%.*s\", expected %s",
				      STR_ARG(name), STR_ARG(key), STR_ARG(value), expected);
	}
	return 0;
}

/* Test points of RFC 5782 section 5 where none are told. */
static void default_points(struct dnslist_zone *z)
{
	bool addresses = z->v4 && (z->scopes & SCOPES_ADDRESS);
	bool digests = z->digest != DNSLIST_RAW;

	if (!z->listed.p)
		z->listed = addresses && !digests ? STR("2.0.0.127") : STR("");
	if (!z->unlisted.p)
		z->unlisted = addresses && !digests ? STR("1.0.0.127")
			      : z->v4 && !digests   ? STR("invalid")
						    : STR("");
}

static int by_priority(const void *a, const void *b)
{
	const struct dnslist_zone *const *x = a, *const *y = b;

	if ((*x)->priority != (*y)->priority)
		return (*x)->priority < (*y)->priority ? -1 : 1;
	return str_icmp((*x)->name, (*y)->name);
}

static int list_zones(struct arena *a, struct dnslist_config *k, struct err *e)
{
	k->zone = ARENA_ARRAY(a, struct dnslist_zone *, map_len(k->by_name) + 1);
	for (size_t i = 0; i < map_len(k->by_name); i++) {
		struct dnslist_zone *z = map_at(k->by_name, i);
		if (!z->suffix.n)
			return err_set(e, "dnslist %.*s: expected zone=, where it is asked",
				       STR_ARG(z->name));
		default_points(z);
		k->zone[k->n++] = z;
	}
	qsort(k->zone, k->n, sizeof *k->zone, by_priority);
	for (size_t i = 0; i < k->n; i++)
		if (!map_get(k->by_suffix, k->zone[i]->suffix))
			map_put(k->by_suffix, k->zone[i]->suffix, k->zone[i]);
	return 0;
}

int dnslist_rules(struct arena *a, const struct conf *c, const struct judge *j, const void **config,
		  struct err *e)
{
	const struct dnslist_config *old = *config;
	struct dnslist_config *k = ARENA_NEW(a, struct dnslist_config);

	*k = *old;
	k->by_name = map_new(a, false);
	k->by_suffix = map_new(a, true);
	k->judge = j;
	for (size_t i = 0; i < j->nstanzas; i++)
		if (str_eq(j->stanza[i].word, STR("dnslist")) &&
		    apply_stanza(a, k, &j->stanza[i], e) < 0)
			return -1;
	for (size_t i = 0; i < conf_sections(c, "dnszone"); i++) {
		struct dnslist_zone *z = zone_named(a, k, conf_section_title(c, "dnszone", i));
		if (!z)
			return err_set(e, "dnszone: expected no more than %u lists",
				       DNSLIST_MAX_ZONES);
		if (apply_section(a, c, i, z, e) < 0)
			return -1;
		if (!z->suffix.n)
			return err_set(e,
				       "%s: dnszone \"%.*s\": found no zone, expected one, or the "
				       "name of a list of the rules",
				       conf_sec_where(c, "dnszone", i, "zone"), STR_ARG(z->name));
	}
	if (list_zones(a, k, e) < 0)
		return -1;
	*config = k;
	return dnslist_predicates_read(k, j, e);
}
