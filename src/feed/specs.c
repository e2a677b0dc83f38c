/* What the configuration says of feeds. */
#include <stdio.h>

#include "base/hash.h"
#include "feed/feeds.h"

static bool is_source(struct str v, char *why, size_t cap)
{
	snprintf(why, cap, "https://..., http://..., or file:/path");
	return !v.n || str_istarts(v, STR("https://")) || str_istarts(v, STR("http://")) ||
	       str_starts(v, STR("file:/"));
}

static bool is_header(struct str v, char *why, size_t cap)
{
	size_t colon = str_chr(v, ':');

	snprintf(why, cap, "\"Name: value\", printable");
	return colon != SIZE_MAX && colon > 0 && str_printable(v) &&
	       str_chr(str_sub(v, 0, colon), ' ') == SIZE_MAX;
}

static bool read_hex(struct str v, uint8_t out[32])
{
	for (size_t i = 0; i < v.n; i++)
		if (ch_hex(v.p[i]) < 0)
			return false;
	for (size_t i = 0; i < 32 && v.n == 64; i++)
		out[i] = (uint8_t)(ch_hex(v.p[2 * i]) << 4 | ch_hex(v.p[2 * i + 1]));
	return v.n == 64;
}

static bool is_sum(struct str v, char *why, size_t cap)
{
	uint8_t out[32];

	snprintf(why, cap, "64 hexadecimal digits");
	return !v.n || read_hex(v, out);
}

static bool is_separator(struct str v, char *why, size_t cap)
{
	snprintf(why, cap, "comma, tab, or one character");
	return str_eq(v, STR("comma")) || str_eq(v, STR("tab")) ||
	       (v.n == 1 && v.p[0] > ' ' && v.p[0] < 127 && v.p[0] != '"');
}

const struct conf_opt feed_options[] = {
	{ .name = "feed.*.source",
	  .type = CONF_STR,
	  .check = is_source,
	  .secret = true, /* many a publisher has the key in it */
	  .help = "where the list is: https://..., or file:/path, which is looked at every few "
		  "seconds; http://... only with sha256 or key" },
	{ .name = "feed.*.form",
	  .type = CONF_ENUM,
	  .def = "list",
	  .allow = "list|csv|hosts|rpz",
	  .help = "one entry a line, comma-separated values, a hosts file, or a response policy "
		  "zone" },
	{ .name = "feed.*.kind",
	  .type = CONF_ENUM,
	  .def = "auto",
	  .allow = "auto|url|host|ip|digest|address",
	  .help = "what its entries are; auto: each by its looks" },
	{ .name = "feed.*.class",
	  .type = CONF_ENUM,
	  .def = "other",
	  .allow = "phish|malware|spam|allow|other",
	  .help = "what is said of those who are listed, by which the shipped rules take it; "
		  "other: "
		  "only rules that name the feed do" },
	{ .name = "feed.*.column",
	  .type = CONF_INT,
	  .def = "1",
	  .allow = "1..64",
	  .help = "of form csv: the column that holds the entries" },
	{ .name = "feed.*.separator",
	  .type = CONF_STR,
	  .def = "comma",
	  .check = is_separator,
	  .help = "of form csv: what stands between columns, comma, tab, or one character" },
	{ .name = "feed.*.refresh",
	  .type = CONF_TIME,
	  .def = "1h",
	  .allow = "5m..30d",
	  .help = "how often the publisher is asked for a newer one; no oftener than he allows" },
	{ .name = "feed.*.timeout",
	  .type = CONF_TIME,
	  .def = "2m",
	  .allow = "1s..10m",
	  .help = "time for one fetch, of which all must have come" },
	{ .name = "feed.*.max_age",
	  .type = CONF_TIME,
	  .def = "7d",
	  .allow = "10m..365d",
	  .help = "after so long without a good fetch messages say that the feed is stale" },
	{ .name = "feed.*.header",
	  .type = CONF_LIST,
	  .check = is_header,
	  .secret = true,
	  .help = "header fields of the request, \"Name: value\": a key of the publisher, a "
		  "User-Agent" },
	{ .name = "feed.*.ca",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file of the authorities that the publisher's certificate is checked with; "
		  "empty: "
		  "the system's" },
	{ .name = "feed.*.sha256",
	  .type = CONF_STR,
	  .def = "",
	  .check = is_sum,
	  .help = "the SHA-256 that the text must have; empty: any" },
	{ .name = "feed.*.key",
	  .type = CONF_STR,
	  .def = "",
	  .check = is_sum,
	  .help = "Ed25519 key, in hexadecimal, that signed the text: 64 octets at the source with "
		  "\".sig\" behind it; empty: it is not signed" },
	{ 0 },
};

const char *feed_class_word(enum feed_class c)
{
	static const char *const word[FEED_CLASSES] = { "phish", "malware", "spam", "allow",
							"other" };

	return word[c];
}

static int fault(const struct conf *c, size_t i, const char *opt, struct str name, const char *text,
		 struct err *e)
{
	return err_set(e, "%s: feed \"%.*s\": %s", conf_sec_where(c, "feed", i, opt), STR_ARG(name),
		       text);
}

static bool good_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= FEEDS_NAME_MAX;
}

/* Of what makes the same entries of the same text: what was fetched for another is not good. */
static uint64_t same(const struct conf *c, size_t i)
{
	static const char *const opt[] = { "source", "separator", "sha256", "key" };
	struct hash_key k = { conf_sec_enum(c, "feed", i, "form") << 8 |
				      conf_sec_enum(c, "feed", i, "kind"),
			      (uint64_t)conf_sec_int(c, "feed", i, "column") };

	for (size_t n = 0; n < sizeof opt / sizeof *opt; n++)
		k.k0 = hash_sip13(k, conf_sec_str(c, "feed", i, opt[n]));
	return k.k0;
}

static int read_source(struct arena *a, const struct conf *c, size_t i, struct feed_spec *s,
		       struct err *e)
{
	struct str source = conf_sec_str(c, "feed", i, "source");

	if (!source.n)
		return fault(c, i, "source", s->name, "found no source, expected one", e);
	if (str_starts(source, STR("file:"))) {
		s->path = arena_cstr(a, str_skip(source, strlen("file:")));
		return 0;
	}
	s->url = source;
	if (str_istarts(source, STR("http://")) && !s->pinned && !s->is_signed)
		return fault(
			c, i, "source", s->name,
			"found http://, expected https://, or sha256 or key beside it: whoever "
			"is on the way could write the list",
			e);
	return 0;
}

static int read_one(struct arena *a, const struct conf *c, size_t i, struct feed_spec *s,
		    struct err *e)
{
	struct str separator = conf_sec_str(c, "feed", i, "separator");

	s->name = conf_section_title(c, "feed", i);
	if (!good_name(s->name))
		return fault(c, i, "source", s->name,
			     "a name is of letters, digits, \"-\" and \"_\", at most 64", e);
	s->format = (struct feed_format){
		.form = (enum feed_form)conf_sec_enum(c, "feed", i, "form"),
		.kind = (enum feed_kind)conf_sec_enum(c, "feed", i, "kind"),
		.column = (unsigned)conf_sec_int(c, "feed", i, "column"),
		.separator = separator.n == 1		     ? separator.p[0]
			     : str_eq(separator, STR("tab")) ? '\t'
							     : ',',
	};
	s->class = (enum feed_class)conf_sec_enum(c, "feed", i, "class");
	s->refresh_ms = conf_sec_time_ms(c, "feed", i, "refresh");
	s->timeout_ms = conf_sec_time_ms(c, "feed", i, "timeout");
	s->max_age_ms = conf_sec_time_ms(c, "feed", i, "max_age");
	s->nheaders = conf_sec_list(c, "feed", i, "header", &s->header);
	s->ca = conf_sec_str(c, "feed", i, "ca").p;
	s->pinned = read_hex(conf_sec_str(c, "feed", i, "sha256"), s->sha256);
	s->is_signed = read_hex(conf_sec_str(c, "feed", i, "key"), s->key);
	s->same = same(c, i);
	if (s->max_age_ms < s->refresh_ms)
		return fault(c, i, "max_age", s->name, "found a max_age under refresh", e);
	return read_source(a, c, i, s, e);
}

int feed_specs_read(struct arena *a, const struct conf *c, struct feed_specs *out, struct err *e)
{
	size_t n = conf_sections(c, "feed");

	*out = (struct feed_specs){ .spec = ARENA_ARRAY(a, struct feed_spec, n + 1) };
	if (n > FEEDS_MAX)
		return err_set(e, "%s: found %zu feeds, expected at most %u",
			       conf_sec_where(c, "feed", n - 1, "source"), n, FEEDS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (read_one(a, c, i, &out->spec[i], e) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (str_ieq(out->spec[k].name, out->spec[i].name))
				return fault(c, i, "source", out->spec[i].name,
					     "found two of this name, expected one", e);
		out->n++;
	}
	return 0;
}

const char *feeds_dir(struct arena *a, const char *dir)
{
	return arena_printf(a, "%s/feeds", dir).p;
}

const char *feeds_path(struct arena *a, const char *dir, struct str name, const char *ext)
{
	return arena_printf(a, "%s/feeds/%.*s.%s", dir, STR_ARG(name), ext).p;
}
