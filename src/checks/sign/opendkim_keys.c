/* OpenDKIM's tables of keys and of signers. */
#include "base/buf.h"
#include "checks/sign/opendkim.h"

struct str odk_percent(struct arena *a, struct str text, struct str domain)
{
	struct buf b = { .arena = a };

	if (str_chr(text, '%') == SIZE_MAX)
		return text;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '%')
			buf_add(&b, domain);
		else
			buf_addc(&b, text.p[i]);
	}
	return buf_str(&b);
}

/* ---- keys ---- */

/* What is neither a path nor could be one is the key: PEM, or its base64. */
static bool is_key_text(struct str s)
{
	if (str_find(s, STR("-----BEGIN")) != SIZE_MAX)
		return true;
	if (s.n < 120 || s.p[0] == '/' || s.p[0] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (ch_base64(s.p[i]) < 0 && s.p[i] != '=' && !ch_fws(s.p[i]))
			return false;
	return true;
}

static bool is_selector(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_alnum(s.p[i]) && !strchr("-_.%", s.p[i]))
			return false;
	return s.n > 0 && s.n <= 253;
}

bool odk_key_read(const struct odk_row *row, struct odk_key *out, const char **why)
{
	struct str rest = row->value;

	*out = (struct odk_key){ .name = row->key, .line = row->line };
	out->domain = str_trim(str_cut(&rest, ':'));
	out->selector = str_trim(str_cut(&rest, ':'));
	rest = str_trim(rest);
	*why = !out->domain.n		     ? "no domain (expected domain:selector:key)"
	       : !is_selector(out->selector) ? "no selector (expected domain:selector:key)"
	       : !rest.n		     ? "no key (expected domain:selector:key)"
					     : NULL;
	if (*why)
		return false;
	if (str_eq(out->domain, STR("%")))
		out->domain = STR_NULL;
	out->in_table = is_key_text(rest);
	out->path = out->in_table ? STR_NULL : rest;
	return true;
}

/* ---- signers ---- */

struct odk_signer odk_signer_read(struct arena *a, const struct odk_row *row, struct str domain)
{
	struct str rest = row->value;
	struct odk_signer g = { .line = row->line };

	g.key = str_trim(str_cut(&rest, ':'));
	if (str_eq(g.key, STR("%")))
		g.key = domain;
	rest = str_trim(rest);
	g.identity = rest.n ? odk_percent(a, rest, domain) : STR_NULL;
	return g;
}

struct found {
	struct arena *arena;
	const struct odk_set *set;
	struct str domain;
	size_t max, n;
	struct odk_signer *out;
};

static void take(struct found *f, const struct odk_row *row)
{
	if (row && f->n < f->max)
		f->out[f->n++] = odk_signer_read(f->arena, row, f->domain);
}

static void take_key(struct found *f, struct str left, struct str right)
{
	if (f->n < f->max)
		take(f, odk_find(f->set, arena_printf(f->arena, "%.*s%.*s", STR_ARG(left),
						      STR_ARG(right))));
}

/* at + ".b.c", ".b.c", at + ".c", ".c" of "a.b.c". */
static void take_parents(struct found *f, struct str at)
{
	struct str rest = f->domain;
	size_t dot;

	while ((dot = str_chr(rest, '.')) != SIZE_MAX) {
		take_key(f, at, str_skip(rest, dot));
		take_key(f, STR(""), str_skip(rest, dot));
		rest = str_skip(rest, dot + 1);
	}
}

/* OpenDKIM 2.11 takes user@.parent and .parent of each level together; its manual has all of the
 * former first. */
static void by_key(struct found *f, struct str at)
{
	take_key(f, at, f->domain);
	take_key(f, STR(""), f->domain);
	take_parents(f, at);
	take_key(f, at, STR("*"));
	take_key(f, STR(""), STR("*"));
}

size_t odk_signers(struct arena *a, const struct odk_set *s, struct str local, struct str domain,
		   bool all, struct odk_signer out[ODK_SIGNERS_MAX])
{
	struct found f = {
		.arena = a, .set = s, .domain = domain, .max = all ? ODK_SIGNERS_MAX : 1, .out = out
	};
	const struct odk_row *row[ODK_SIGNERS_MAX];
	size_t n;

	if (local.n + domain.n + 2 > ODK_QUERY_MAX)
		return 0;
	if (s->kind != ODK_REFILE) {
		by_key(&f, arena_printf(a, "%.*s@", STR_ARG(local)));
		return f.n;
	}
	n = odk_matches(s, arena_printf(a, "%.*s@%.*s", STR_ARG(local), STR_ARG(domain)), row,
			f.max);
	for (size_t i = 0; i < n; i++)
		take(&f, row[i]);
	return f.n;
}
