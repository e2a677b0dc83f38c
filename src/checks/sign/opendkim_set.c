/* OpenDKIM's data sets: keys and values from text files, lists and constant databases. */
#include "checks/sign/opendkim.h"

#include "base/buf.h"
#include "base/file.h"

/* ---- rows ---- */

static bool is_pattern(const struct odk_set *s, struct str key)
{
	return s->kind == ODK_REFILE && str_chr(key, '*') != SIZE_MAX;
}

/* "*@host" without another star. */
static struct str host_of_pattern(struct str key)
{
	struct str rest = str_skip(key, 2);

	return str_starts(key, STR("*@")) && str_chr(rest, '*') == SIZE_MAX ? rest : STR_NULL;
}

/* Rows of one key are a chain in their order; the map has its first row, + 1. */
static void index_under(struct odk_set *s, struct arena *a, struct map *m, struct str key, size_t i)
{
	struct chain {
		size_t first, last;
	} *c = map_get(m, key);

	if (c) {
		s->rows.p[c->last].same = i + 1;
		c->last = i;
		return;
	}
	c = ARENA_NEW(a, struct chain);
	c->first = c->last = i;
	map_put(m, key, c);
}

static void index_row(struct odk_set *s, struct arena *a, size_t i)
{
	struct str key = s->rows.p[i].key, host = host_of_pattern(key);

	if (!is_pattern(s, key))
		index_under(s, a, s->exact, key, i);
	else if (host.n)
		index_under(s, a, s->hosts, host, i);
	else
		VEC_PUSH(a, s->patterns) = i;
}

static int add_row(struct arena *a, struct odk_set *s, struct odk_row row, struct err *e)
{
	if (row.key.n + row.value.n > ODK_LINE_MAX)
		return err_at(e, s->name, row.line, "a row over %u octets", ODK_LINE_MAX);
	if (s->rows.n >= ODK_ROWS_MAX)
		return err_at(e, s->name, row.line, "more than %u rows", ODK_ROWS_MAX);
	VEC_PUSH(a, s->rows) = row;
	return 0;
}

/* Key, white space, value; "#" begins a comment wherever it stands. */
static int text_rows(struct arena *a, struct str text, struct odk_set *s, struct err *e)
{
	for (int line = 1; text.n; line++) {
		struct str rest = str_cut(&text, '\n');
		struct odk_row row = { .line = line };

		rest = str_trim(str_cut(&rest, '#'));
		if (!rest.n)
			continue;
		row.key = str_word(&rest);
		rest = str_trim(rest);
		row.value = rest.n ? rest : STR_NULL;
		if (add_row(a, s, row, e) < 0)
			return -1;
	}
	return 0;
}

/* Items between commas, each a key or key=value. */
static int list_rows(struct arena *a, struct str text, struct odk_set *s, struct err *e)
{
	for (int n = 1; text.n; n++) {
		struct str rest = str_trim(str_cut(&text, ','));
		struct odk_row row = { .line = n };

		row.key = str_trim(str_cut(&rest, '='));
		row.value = rest.p ? str_trim(rest) : STR_NULL;
		if (row.key.n && add_row(a, s, row, e) < 0)
			return -1;
	}
	return 0;
}

int odk_parse(struct arena *a, enum odk_kind kind, const char *name, struct str octets,
	      struct odk_set *out, struct err *e)
{
	int rc;

	*out = (struct odk_set){ .kind = kind, .name = name };
	out->exact = map_new(a, true);
	out->hosts = map_new(a, true);
	if (octets.n > ODK_FILE_MAX)
		return err_at(e, name, 0, "over %u octets", ODK_FILE_MAX);
	rc = kind == ODK_CSL   ? list_rows(a, octets, out, e)
	     : kind == ODK_CDB ? odk_cdb_rows(a, octets, out, e)
			       : text_rows(a, octets, out, e);
	for (size_t i = 0; rc == 0 && i < out->rows.n; i++)
		index_row(out, a, i);
	return rc;
}

/* ---- what a specification names ---- */

/* Kinds that OpenDKIM may read and that are not read here. */
static const char *const foreign[] = {
	"db:",	"bdb:",	     "dsn:", "ldap:",	"ldaps:",  "ldapi:",
	"lua:", "memcache:", "mdb:", "erlang:", "socket:", "repute:"
};

static const struct {
	const char *prefix;
	enum odk_kind kind;
} prefixes[] = {
	{ "file:", ODK_FILE }, { "refile:", ODK_REFILE }, { "cdb:", ODK_CDB }, { "csl:", ODK_CSL }
};

static enum odk_kind kind_of(struct str *spec)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		struct str prefix = str_c(prefixes[i].prefix);
		if (str_istarts(*spec, prefix)) {
			*spec = str_skip(*spec, prefix.n);
			return prefixes[i].kind;
		}
	}
	return spec->n && (spec->p[0] == '/' || spec->p[0] == '.') ? ODK_FILE : ODK_CSL;
}

int odk_load(struct arena *a, struct str spec, const char *base, struct odk_set *out, struct err *e)
{
	enum odk_kind kind;
	struct str octets;
	const char *path;
	struct err why;

	spec = str_trim(spec);
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (str_istarts(spec, str_c(foreign[i])))
			return err_set(e,
				       "data sets of the kind %s are not read; write the table "
				       "into a text file and name it as file: or refile:",
				       foreign[i]);
	kind = kind_of(&spec);
	if (kind == ODK_CSL)
		return odk_parse(a, kind, "list", arena_dup(a, spec), out, e);
	path = file_beside(a, base, str_trim(spec));
	if (file_read(a, path, ODK_FILE_MAX, &octets, &why) < 0)
		return err_set(e, "%s: %s", path, why.text);
	return odk_parse(a, kind, path, octets, out, e);
}

/* ---- looking up ---- */

/* pattern, in which "*" is any octets, is all of s, in any case. No recursion; at most the product
 * of the lengths in steps. */
static bool star_match(struct str pattern, struct str s)
{
	size_t i = 0, k = 0, star = SIZE_MAX, back = 0;

	while (k < s.n) {
		if (i < pattern.n && pattern.p[i] == '*') {
			star = i++;
			back = k;
		} else if (i < pattern.n && ch_lower(pattern.p[i]) == ch_lower(s.p[k])) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			k = ++back;
		} else {
			return false;
		}
	}
	while (i < pattern.n && pattern.p[i] == '*')
		i++;
	return i == pattern.n;
}

static size_t first_under(const struct map *m, struct str key)
{
	const size_t *first = key.n ? map_get(m, key) : NULL;

	return first ? *first : SIZE_MAX;
}

/* What follows the last "@", which is what "*@host" without another "@" can stand for. */
static struct str host_part(struct str key)
{
	size_t at = str_rchr(key, '@');

	return at == SIZE_MAX ? STR_NULL : str_skip(key, at + 1);
}

/* Where the three indexes of a set stand: rows still to come, SIZE_MAX at the end of each. */
struct cursor {
	const struct odk_set *set;
	struct str key;
	size_t exact, host, pattern, at; /* at: of patterns */
};

static void next_pattern(struct cursor *c)
{
	const struct odk_set *s = c->set;

	for (c->pattern = SIZE_MAX; c->at < s->patterns.n && c->pattern == SIZE_MAX; c->at++)
		if (star_match(s->rows.p[s->patterns.p[c->at]].key, c->key))
			c->pattern = s->patterns.p[c->at];
}

static size_t next_same(const struct odk_set *s, size_t i)
{
	return s->rows.p[i].same - 1; /* 0 - 1: SIZE_MAX, the end */
}

/* The next row in the order of the file; SIZE_MAX: no more. */
static size_t next_row(struct cursor *c)
{
	size_t i = c->exact < c->host ? c->exact : c->host;

	if (c->pattern < i)
		i = c->pattern;
	if (i == SIZE_MAX)
		return i;
	if (i == c->exact)
		c->exact = next_same(c->set, i);
	else if (i == c->host)
		c->host = next_same(c->set, i);
	else
		next_pattern(c);
	return i;
}

size_t odk_matches(const struct odk_set *s, struct str key, const struct odk_row **out, size_t max)
{
	struct cursor c = { .set = s, .key = key };
	size_t n = 0, i;

	if (!key.n || key.n > ODK_QUERY_MAX)
		return 0;
	c.exact = first_under(s->exact, key);
	c.host = first_under(s->hosts, host_part(key));
	next_pattern(&c);
	while (n < max && (i = next_row(&c)) != SIZE_MAX)
		out[n++] = &s->rows.p[i];
	return n;
}

const struct odk_row *odk_find(const struct odk_set *s, struct str key)
{
	const struct odk_row *row;

	return odk_matches(s, key, &row, 1) ? row : NULL;
}
