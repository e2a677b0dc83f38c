/* Where a redirector says to go: its Location field, or its page. */
#include "base/buf.h"
#include "checks/outside/redirect.h"
#include "mail/html/html.h"

/* Without what browsers take out: blanks and controls around it, tabs and line ends inside. */
static struct str clean(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	while (s.n && (unsigned char)s.p[0] <= ' ')
		s = str_skip(s, 1);
	while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\t' && s.p[i] != '\r' && s.p[i] != '\n')
			buf_addc(&b, s.p[i] == '\\' ? '/' : s.p[i]);
	return buf_str(&b);
}

/* RFC 3986 section 3.1; its length, or 0. */
static size_t scheme(struct str s)
{
	size_t n = 0;

	while (n < s.n && (ch_alnum(s.p[n]) || strchr("+-.", s.p[n])))
		n++;
	return n && ch_alpha(s.p[0]) && n < s.n && s.p[n] == ':' ? n : 0;
}

static bool web(struct str s, size_t n)
{
	struct str word = str_sub(s, 0, n);

	return str_ieq(word, STR("http")) || str_ieq(word, STR("https"));
}

/* scheme://host[:port] */
static struct str origin(const struct url *base)
{
	size_t n = base->scheme.n + 3;

	while (n < base->clean.n && !strchr("/?#", base->clean.p[n]))
		n++;
	return str_sub(base->clean, 0, n);
}

struct str redirect_resolve(struct arena *a, const struct url *base, struct str ref)
{
	struct str front = origin(base), path = base->path.n ? base->path : STR("/");
	size_t n, slash;

	if (ref.n > 2 * URL_MAX_LEN)
		return STR_NULL;
	ref = clean(a, ref);
	n = scheme(ref);
	if (!ref.n || ref.n > URL_MAX_LEN || ref.p[0] == '#')
		return STR_NULL; /* nowhere, or here */
	if (n)
		return web(ref, n) ? ref : STR_NULL;
	if (str_starts(ref, STR("//")))
		return arena_printf(a, "%.*s:%.*s", STR_ARG(base->scheme), STR_ARG(ref));
	if (ref.p[0] == '/')
		path = STR("");
	else if (ref.p[0] != '?') {
		slash = str_rchr(path, '/');
		path = slash == SIZE_MAX ? STR("/") : str_sub(path, 0, slash + 1);
	}
	return arena_printf(a, "%.*s%.*s%.*s", STR_ARG(front), STR_ARG(path), STR_ARG(ref));
}

/* ---- pages ---- */

static struct str attribute(const struct html_token *t, const char *name)
{
	for (size_t i = 0; i < t->nattrs; i++)
		if (str_ieq(t->attr[i].name, str_c(name)))
			return t->attr[i].value;
	return STR_NULL;
}

static void blanks(struct str *s)
{
	while (s->n && (ch_fws(s->p[0]) || s->p[0] == '\f'))
		*s = str_skip(*s, 1);
}

/* "5; url='...'" (WHATWG HTML, shared declarative refresh steps). */
static struct str refresh(struct str s)
{
	size_t end;

	blanks(&s);
	while (s.n && (ch_digit(s.p[0]) || s.p[0] == '.'))
		s = str_skip(s, 1);
	blanks(&s);
	if (s.n && (s.p[0] == ';' || s.p[0] == ','))
		s = str_skip(s, 1);
	blanks(&s);
	if (str_istarts(s, STR("url"))) {
		struct str rest = str_skip(s, 3);

		blanks(&rest);
		if (rest.n && rest.p[0] == '=') {
			s = str_skip(rest, 1);
			blanks(&s);
		}
	}
	if (!s.n || (s.p[0] != '"' && s.p[0] != '\''))
		return s;
	end = str_chr(str_skip(s, 1), s.p[0]);
	return str_sub(s, 1, end);
}

struct str redirect_meta(struct arena *a, struct str page)
{
	struct html_lexer l = { .in = str_sub(page, 0, REDIRECT_OCTETS) };
	struct html_token *t = ARENA_NEW(a, struct html_token);

	while (html_next(&l, t)) {
		struct str to;

		if (t->kind != HTML_START || !str_ieq(t->name, STR("meta")) ||
		    !str_ieq(str_trim(attribute(t, "http-equiv")), STR("refresh")))
			continue;
		to = refresh(html_unescape_attr(a, attribute(t, "content")));
		if (to.n)
			return to;
	}
	return STR_NULL;
}
