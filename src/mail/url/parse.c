/* One URL as browsers take it apart (WHATWG URL 4.4), and its one normalised form. */
#include "base/buf.h"
#include "mail/domain.h"
#include "mail/url/host.h"

struct scheme {
	const char *name;
	uint16_t port;
};

/* Those whose slashes may turn and whose host is a name (WHATWG "special"). */
static const struct scheme special[] = {
	{ "http", 80 }, { "https", 443 }, { "ftp", 21 }, { "ws", 80 }, { "wss", 443 },
};

static const struct scheme *find_special(struct str scheme)
{
	for (size_t i = 0; i < sizeof special / sizeof *special; i++)
		if (str_eq(scheme, str_c(special[i].name)))
			return &special[i];
	return NULL;
}

static bool c0_or_space(char c)
{
	return (unsigned char)c <= 0x20;
}

static bool dropped(char c)
{
	return c == '\t' || c == '\n' || c == '\r';
}

/* Without blanks and controls at the ends, and without tabs and line ends inside. */
static struct str tidy(struct arena *a, struct str raw, unsigned *flags)
{
	char *out;
	size_t n = 0, cap;

	while (raw.n && c0_or_space(raw.p[0]))
		raw = str_skip(raw, 1);
	while (raw.n && c0_or_space(raw.p[raw.n - 1]))
		raw.n--;
	cap = raw.n < URL_MAX_LEN ? raw.n : URL_MAX_LEN;
	out = arena_alloc(a, cap);
	for (size_t i = 0; i < raw.n; i++) {
		if (dropped(raw.p[i])) {
			*flags |= URL_CONTROL;
			continue;
		}
		if (n == cap) {
			*flags |= URL_TOO_LONG;
			break;
		}
		out[n++] = raw.p[i];
	}
	return str_of(out, n);
}

/* Takes "scheme:" off s; absent: it has none. */
static struct str take_scheme(struct arena *a, struct str *s)
{
	size_t colon = 0;
	struct str scheme;

	if (!s->n || !ch_alpha(s->p[0]))
		return STR_NULL;
	while (colon < s->n && (ch_alnum(s->p[colon]) || s->p[colon] == '+' || s->p[colon] == '-' ||
				s->p[colon] == '.'))
		colon++;
	if (colon == s->n || s->p[colon] != ':')
		return STR_NULL;
	scheme = str_sub(*s, 0, colon);
	/* "example.com:8080/" is no scheme to anybody who clicks it */
	if (str_chr(scheme, '.') != SIZE_MAX && colon + 1 < s->n && ch_digit(s->p[colon + 1]))
		return STR_NULL;
	*s = str_skip(*s, colon + 1);
	return arena_lower(a, scheme);
}

static bool is_slash(char c, bool web)
{
	return c == '/' || (web && c == '\\');
}

/* ---- the normalised form ---- */

static void add_encoded(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '`') {
			buf_addc(b, s.p[i]);
			continue;
		}
		buf_addc(b, '%');
		buf_addc(b, hex[c >> 4]);
		buf_addc(b, hex[c & 15]);
	}
}

/* Length of "." or "%2e" that s begins with; 0: neither. */
static size_t dot_length(struct str s)
{
	if (s.n && s.p[0] == '.')
		return 1;
	return str_istarts(s, STR("%2e")) ? 3 : 0;
}

/* 1: "."; 2: ".."; 0: a name. */
static unsigned dot_segment(struct str s)
{
	unsigned dots = 0;
	size_t n;

	while (s.n && dots < 3 && (n = dot_length(s)) != 0) {
		s = str_skip(s, n);
		dots++;
	}
	return s.n || dots > 2 ? 0 : dots;
}

/* The path without dot segments. Backing up costs what was written before: linear in all. */
static void add_path(struct buf *b, struct str path)
{
	size_t root = b->n, i = 0;

	while (i <= path.n) {
		size_t from = i;
		unsigned dots;
		while (i < path.n && !is_slash(path.p[i], true))
			i++;
		dots = dot_segment(str_sub(path, from, i - from));
		if (dots == 2)
			while (b->n > root && b->p[--b->n] != '/')
				;
		if (dots == 0) {
			buf_addc(b, '/');
			add_encoded(b, str_sub(path, from, i - from));
		} else if (i == path.n) {
			buf_addc(b, '/');
		}
		i++;
	}
}

static void cut_rest(struct str rest, struct str *path, struct str *query, struct str *fragment)
{
	size_t hash = str_chr(rest, '#'), mark;

	*query = *fragment = STR_NULL;
	if (hash != SIZE_MAX) {
		*fragment = str_skip(rest, hash + 1);
		rest = str_sub(rest, 0, hash);
	}
	mark = str_chr(rest, '?');
	if (mark != SIZE_MAX) {
		*query = str_skip(rest, mark + 1);
		rest = str_sub(rest, 0, mark);
	}
	*path = rest;
}

/* ---- the authority ---- */

static bool read_port(struct str s, uint16_t own, struct url *u)
{
	uint64_t port;

	if (!s.n)
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (!ch_digit(s.p[i]))
			return false;
	while (s.n > 1 && s.p[0] == '0')
		s = str_skip(s, 1);
	if (!str_u64(s, UINT16_MAX, &port))
		return false;
	u->port = (uint16_t)port;
	if (port != own)
		u->flags |= URL_PORT;
	return true;
}

static void read_authority(struct arena *a, const struct psl *psl, struct str s, uint16_t own,
			   struct url *u)
{
	size_t at = str_rchr(s, '@'), colon, close;

	if (at != SIZE_MAX) {
		u->user = str_sub(s, 0, at);
		u->flags |= URL_USERINFO;
		s = str_skip(s, at + 1);
	}
	close = str_rchr(s, ']');
	if (s.n && s.p[0] == '[' && close == SIZE_MAX)
		close = s.n;
	colon = str_rchr(s, ':');
	if (colon != SIZE_MAX && (close == SIZE_MAX || colon > close)) {
		if (!read_port(str_skip(s, colon + 1), own, u))
			u->flags |= URL_BAD_HOST;
		s = str_sub(s, 0, colon);
	}
	url_host_read(a, psl, s, u);
}

static void write_web(struct arena *a, struct str rest, struct url *u)
{
	struct buf b = { .arena = a };
	struct str path, query;
	size_t at_path, at_query;

	cut_rest(rest, &path, &query, &u->fragment);
	if (str_chr(path, '\\') != SIZE_MAX)
		u->flags |= URL_BACKSLASH;
	buf_addf(&b, "%.*s://", STR_ARG(u->scheme));
	if (u->flags & URL_IP && u->ip.family == 6)
		buf_addf(&b, "[%.*s]", STR_ARG(u->host));
	else
		add_encoded(&b, u->host.n ? u->host : u->shown);
	if (u->flags & URL_PORT)
		buf_addf(&b, ":%u", u->port);
	at_path = b.n;
	add_path(&b, path.n ? str_skip(path, 1) : path);
	at_query = b.n;
	if (query.p) {
		buf_addc(&b, '?');
		add_encoded(&b, query);
	}
	u->clean = buf_str(&b);
	u->path = str_sub(u->clean, at_path, at_query - at_path);
	u->query = query.p ? str_skip(u->clean, at_query + 1) : STR_NULL;
}

/* Behind "http:": any number of slashes of either kind, then the authority. */
static bool read_web(struct arena *a, const struct psl *psl, struct str s, uint16_t own,
		     struct url *u)
{
	size_t i = 0, end;

	while (i < s.n && is_slash(s.p[i], true)) {
		if (s.p[i] == '\\')
			u->flags |= URL_BACKSLASH;
		i++;
	}
	s = str_skip(s, i);
	for (end = 0; end < s.n && !is_slash(s.p[end], true); end++)
		if (s.p[end] == '?' || s.p[end] == '#')
			break;
	read_authority(a, psl, str_sub(s, 0, end), own, u);
	if (!u->shown.n)
		return false;
	write_web(a, str_skip(s, end), u);
	return true;
}

/* ---- other schemes ---- */

static bool read_mailto(struct arena *a, struct str s, struct url *u)
{
	size_t slashes = 0;

	while (slashes < s.n && s.p[slashes] == '/')
		slashes++;
	cut_rest(str_skip(s, slashes), &u->path, &u->query, &u->fragment);
	u->address = str_trim(url_percent_decode(a, u->path));
	return u->address.n || u->query.n;
}

static bool read_other(struct arena *a, const struct psl *psl, struct str s, struct url *u)
{
	struct url host = { .host = STR("") };
	size_t end = 2;

	cut_rest(s, &u->path, &u->query, &u->fragment);
	if (!str_starts(s, STR("//")))
		return s.n > 0;
	while (end < u->path.n && u->path.p[end] != '/')
		end++;
	read_authority(a, psl, str_sub(u->path, 2, end - 2), 0, &host);
	u->path = str_skip(u->path, end);
	if (host.flags & URL_BAD_HOST || !host.host.n)
		return true;
	u->user = host.user;
	u->host = host.host;
	u->shown = host.shown;
	u->registrable = host.registrable;
	u->ip = host.ip;
	u->port = host.port;
	u->flags |= host.flags;
	return true;
}

/* "www.example.com/x" where a URL is wanted: a name under a known suffix. */
static bool read_bare(struct arena *a, const struct psl *psl, struct str s, struct url *u)
{
	bool slashes = s.n >= 2 && is_slash(s.p[0], true) && is_slash(s.p[1], true);

	u->scheme = STR("http");
	u->flags |= URL_SCHEMELESS;
	if (!slashes && (!s.n || is_slash(s.p[0], true) || s.p[0] == '#' || s.p[0] == '?'))
		return false;
	if (!read_web(a, psl, s, 80, u) || u->flags & URL_BAD_HOST)
		return false;
	if (u->flags & URL_IP_ODD)
		return slashes; /* 3.14 */
	if (slashes || u->flags & URL_IP || str_istarts(s, STR("www.")))
		return u->host.n > 0;
	return psl && u->registrable.p && psl_listed(psl, u->host);
}

bool url_parse(struct arena *a, const struct psl *psl, struct str raw, struct url *u)
{
	const struct scheme *web;
	struct str s;
	bool good;

	*u = (struct url){ .raw = raw, .host = STR(""), .part = UINT32_MAX, .parent = UINT32_MAX };
	s = tidy(a, raw, &u->flags);
	u->flags |= url_char_flags(s);
	u->clean = s;
	u->scheme = take_scheme(a, &s);
	if (!u->scheme.p)
		return read_bare(a, psl, s, u);
	web = find_special(u->scheme);
	if (web)
		return read_web(a, psl, s, web->port, u);
	good = str_eq(u->scheme, STR("mailto")) ? read_mailto(a, s, u) : read_other(a, psl, s, u);
	u->clean = arena_printf(a, "%.*s:%.*s", STR_ARG(u->scheme), STR_ARG(s));
	return good;
}
