/* URIs in the attributes of tags, and what relative ones stand for (RFC 3986 section 5.2, as
 * SpamAssassin follows it). */
#include "mail/view/sahtml.h"

static const struct {
	const char *tag;
	enum view_html_type type;
	const char *attr, *other; /* where its URI stands */
} holders[] = {
	{ "a", VIEW_HTML_A, "href", "data-saferedirecturl" },
	{ "area", VIEW_HTML_AREA, "href", "data-saferedirecturl" },
	{ "link", VIEW_HTML_LINK, "href", "data-saferedirecturl" },
	{ "img", VIEW_HTML_IMG, "src", NULL },
	{ "frame", VIEW_HTML_FRAME, "src", NULL },
	{ "iframe", VIEW_HTML_IFRAME, "src", NULL },
	{ "embed", VIEW_HTML_EMBED, "src", NULL },
	{ "script", VIEW_HTML_SCRIPT, "src", NULL },
	{ "form", VIEW_HTML_FORM, "action", NULL },
	{ "base", VIEW_HTML_BASE, "href", NULL },
	{ "bgsound", VIEW_HTML_BGSOUND, "src", NULL },
	{ "meta", VIEW_HTML_META, NULL, NULL },
	{ "body", VIEW_HTML_BODY, "background", NULL },
	{ "table", VIEW_HTML_TABLE, "background", NULL },
	{ "tr", VIEW_HTML_TR, "background", NULL },
	{ "td", VIEW_HTML_TD, "background", NULL },
};

const char *view_html_type_name(unsigned bit)
{
	for (size_t i = 0; i < sizeof holders / sizeof *holders; i++)
		if (holders[i].type == bit)
			return holders[i].tag;
	return "";
}

const struct view_html_uri *view_html_uris(const struct view_part *p, size_t *n)
{
	*n = 0;
	return p->html ? sahtml_uris(p->html, n) : NULL;
}

const struct view_html_uri *sahtml_uris(const struct sahtml *h, size_t *n)
{
	*n = h->unended ? 0 : h->uris.n;
	return h->uris.p;
}

struct str sahtml_attribute(struct sahtml *h, struct str attrs, struct str name)
{
	struct sahtml_attr at;
	bool wide = h->wide;

	while (sahtml_attr_next(&attrs, &at))
		if (str_ieq(at.name, name))
			return sahtml_unescape(h->arena, at.value, false, &wide);
	return STR_NULL;
}

size_t sahtml_uri(struct sahtml *h, struct str uri)
{
	size_t *at = map_get(h->uri_at, uri);

	if (at)
		return *at;
	at = ARENA_NEW(h->arena, size_t);
	*at = h->uris.n;
	map_put(h->uri_at, uri, at);
	VEC_PUSH(h->arena, h->uris) = (struct view_html_uri){ .uri = uri };
	return *at;
}

static bool space(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
}

struct str sahtml_canon_uri(struct sahtml *h, struct str uri)
{
	size_t n;

	for (;; uri = str_skip(uri, n)) {
		n = str_starts(uri, STR("\xc2\xa0")) ? 2 : (uri.n && space(uri.p[0]));
		if (!n)
			break;
	}
	for (;; uri.n -= n) {
		n = str_iends(uri, STR("\xc2\xa0")) ? 2 : (uri.n && space(uri.p[uri.n - 1]));
		if (!n)
			break;
	}
	for (size_t i = 0, chars = 0; i < uri.n && uri.n > VIEW_MAX_URI; i++) {
		chars += (uri.p[i] & 0xc0) != 0x80;
		if (chars > VIEW_MAX_URI) {
			h->uri_truncated = true;
			uri.n = i;
		}
	}
	return uri;
}

/* ---- relative to absolute ---- */

struct pieces {
	struct str scheme, authority, path, query, fragment; /* absent: not there */
};

static struct str until(struct str *s, const char *stop)
{
	size_t n = 0;
	struct str head;

	while (n < s->n && !(s->p[n] && strchr(stop, s->p[n])))
		n++;
	head = str_of(s->p, n);
	*s = str_of(s->p + n, s->n - n);
	return head;
}

static struct pieces take_apart(struct str s)
{
	struct pieces u = { 0 };
	struct str rest = s.p ? s : STR("");
	struct str scheme = until(&rest, ":/?#");

	if (scheme.n && rest.n && rest.p[0] == ':') {
		u.scheme = scheme;
		s = rest = str_skip(rest, 1);
	} else {
		rest = s.p ? s : STR("");
	}
	if (str_starts(rest, STR("//"))) {
		rest = str_skip(rest, 2);
		u.authority = until(&rest, "/?#");
	}
	u.path = until(&rest, "?#");
	if (rest.n && rest.p[0] == '?') {
		rest = str_skip(rest, 1);
		u.query = until(&rest, "#");
	}
	if (rest.n) {
		rest = str_skip(rest, 1);
		u.fragment = until(&rest, "\n");
	}
	return u;
}

/* "." and ".." of a path carried out. */
static struct str no_dots(struct arena *a, struct str in)
{
	struct buf b = { .arena = a };

	if (str_starts(in, STR("../")))
		in = str_skip(in, 2);
	else if (str_starts(in, STR("./")))
		in = str_skip(in, 1);
	buf_room(&b, in.n + 1);
	while (in.n && !str_eq(in, STR("0"))) {
		bool end1 = str_eq(in, STR("/.")), end2 = str_eq(in, STR("/.."));
		size_t n;

		if (end1 || str_starts(in, STR("/./"))) {
			in = end1 ? STR("/") : str_skip(in, 2);
		} else if (end2 || str_starts(in, STR("/../"))) {
			in = end2 ? STR("/") : str_skip(in, 3);
			n = str_rchr(buf_str(&b), '/');
			b.n = n == SIZE_MAX ? 0 : n;
		} else {
			n = str_chr(str_skip(in, 1), '/');
			n = n == SIZE_MAX ? in.n : n + 1;
			if (in.p[0] != '/' && n > in.n)
				n = in.n;
			buf_add(&b, str_sub(in, 0, n));
			in = str_skip(in, n);
		}
	}
	return buf_str(&b);
}

static struct str merge(struct arena *a, const struct pieces *base, struct str path)
{
	struct buf b = { .arena = a };
	size_t slash = str_rchr(base->path, '/');

	if (base->authority.p && !base->path.n)
		buf_addc(&b, '/');
	else if (slash != SIZE_MAX)
		buf_add(&b, str_sub(base->path, 0, slash + 1));
	buf_add(&b, path);
	return buf_str(&b);
}

static void resolve(struct arena *a, const struct pieces *base, struct pieces *r)
{
	if (r->scheme.p && base->scheme.p && str_eq(r->scheme, base->scheme))
		r->scheme = STR_NULL;
	if (r->scheme.p || r->authority.p) {
		r->path = no_dots(a, r->path);
		if (!r->scheme.p)
			r->scheme = base->scheme;
		return;
	}
	if (!r->path.n) {
		r->path = base->path;
		if (!r->query.p)
			r->query = base->query;
	} else if (r->path.p[0] == '/') {
		r->path = no_dots(a, r->path);
	} else {
		r->path = no_dots(a, merge(a, base, r->path));
	}
	r->authority = base->authority;
	r->scheme = base->scheme;
}

/* "www.", "ftp3." and the like. */
static bool host_like(struct str host, const char *name)
{
	size_t n = 3;

	if (!str_istarts(host, str_c(name)))
		return false;
	while (n < host.n && ch_digit(host.p[n]))
		n++;
	return n < host.n && host.p[n] == '.';
}

struct str sahtml_target(struct arena *a, struct str base, struct str uri)
{
	struct pieces b = take_apart(base), r = take_apart(uri);
	struct buf out = { .arena = a };

	resolve(a, &b, &r);
	buf_room(&out, uri.n + base.n + 16);
	if (r.scheme.n && !str_eq(r.scheme, STR("0"))) {
		buf_add(&out, r.scheme);
		buf_addc(&out, ':');
	} else if (r.authority.p && host_like(r.authority, "www")) {
		buf_add(&out, STR("http:"));
	} else if (r.authority.p && host_like(r.authority, "ftp")) {
		buf_add(&out, STR("ftp:"));
	}
	if (r.authority.p) {
		buf_add(&out, STR("//"));
		buf_add(&out, r.authority);
	}
	buf_add(&out, r.path);
	if (r.query.p) {
		buf_addc(&out, '?');
		buf_add(&out, r.query);
	}
	if (r.fragment.p) {
		buf_addc(&out, '#');
		buf_add(&out, r.fragment);
	}
	return buf_str(&out);
}

/* ---- tags ---- */

static void push(struct sahtml *h, enum view_html_type type, struct str uri)
{
	static const char *const whole[] = { "data:", "mailto:", "file:", "cid:", "tel:" };
	struct str target;
	bool is_whole = false;

	uri = sahtml_canon_uri(h, uri);
	if (!uri.n)
		return;
	if (h->left->uris < h->base.n + uri.n) {
		h->left->over = true;
		return;
	}
	h->left->uris -= h->base.n + uri.n;
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		is_whole |= str_istarts(uri, str_c(whole[i]));
	target = is_whole ? uri : sahtml_target(h->arena, h->base, uri);
	if (target.n) {
		size_t at = sahtml_uri(h, target);

		h->uris.p[at].types |= type;
	}
}

/* A base like "http://example.com/a/index.html" without its file, with a slash at the end. */
static void set_base(struct sahtml *h, struct str uri)
{
	struct buf b = { .arena = h->arena };
	size_t colon = str_chr(uri, ':'), at, dot, name;

	if (!str_istarts(uri, STR("http:")) && !str_istarts(uri, STR("https:")) &&
	    !str_istarts(uri, STR("ftp:")))
		return;
	at = colon + 1;
	for (int i = 0; i < 2 && at < uri.n && uri.p[at] == '/'; i++)
		at++;
	name = str_chr(str_skip(uri, at), '/');
	dot = str_rchr(uri, '.');
	if (name != SIZE_MAX && name > 0 && dot != SIZE_MAX && dot > at + name + 1 &&
	    uri.n - dot >= 3 && uri.n - dot <= 5 && str_chr(str_skip(uri, dot), '/') == SIZE_MAX) {
		size_t from = dot;

		while (from > at + name + 1 && uri.p[from - 1] != '/' && uri.p[from - 1] != '.')
			from--;
		if (from < dot)
			uri = str_sub(uri, 0, from);
	}
	buf_add(&b, uri);
	if (!uri.n || uri.p[uri.n - 1] != '/')
		buf_addc(&b, '/');
	h->base = buf_str(&b);
}

static bool word(char c)
{
	return ch_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* What follows the last "url=" of a refresh, up to ";". */
static struct str refresh_uri(struct str s)
{
	struct str found = STR_NULL;
	size_t end;

	for (size_t i = 0; i + 3 < s.n; i++) {
		size_t at = i + 3;

		if ((i && word(s.p[i - 1])) || !str_istarts(str_skip(s, i), STR("url")))
			continue;
		while (at < s.n && space(s.p[at]))
			at++;
		if (at == s.n || s.p[at] != '=')
			continue;
		for (at++; at < s.n && space(s.p[at]);)
			at++;
		found = str_of(s.p + at, s.n - at);
	}
	end = str_chr(found, ';');
	if (end != SIZE_MAX)
		found.n = end;
	return found;
}

/* "text/html; charset=..." */
static void meta_charset(struct sahtml *h, struct str content)
{
	size_t at = 0, n = 0;

	while (at < content.n && !(str_istarts(str_skip(content, at), STR("charset")) &&
				   (!at || !word(content.p[at - 1]))))
		at++;
	content = str_trim(str_skip(content, at + 7));
	if (!str_starts(content, STR("=")))
		return;
	content = str_trim(str_skip(content, 1));
	if (content.n && (content.p[0] == '"' || content.p[0] == '\''))
		content = str_skip(content, 1);
	while (n < content.n && content.p[n] != '"' && content.p[n] != '\'')
		n++;
	if (n)
		VEC_PUSH(h->arena, h->charsets) = str_sub(content, 0, n);
}

static void meta(struct sahtml *h, struct str attrs)
{
	struct str equiv = sahtml_attribute(h, attrs, STR("http-equiv"));
	struct str content = sahtml_attribute(h, attrs, STR("content"));
	struct str uri;

	if (str_ifind(equiv, STR("content-type")))
		meta_charset(h, content);
	if (!str_ifind(equiv, STR("refresh")))
		return;
	uri = refresh_uri(content);
	if (uri.p)
		push(h, VIEW_HTML_META, uri);
}

/* "font/href": of a tag that was written without a space. */
static bool runs_into(struct str name, struct str attr)
{
	return name.n > attr.n + 1 && str_iends(name, attr) && name.p[name.n - attr.n - 1] == '/' &&
	       word(name.p[name.n - attr.n - 2]);
}

/* Octets of U+FEFF left out. */
static struct str no_marks(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };
	size_t at;

	if (str_find(s, STR("\xef\xbb\xbf")) == SIZE_MAX)
		return s;
	while ((at = str_find(s, STR("\xef\xbb\xbf"))) != SIZE_MAX) {
		buf_add(&b, str_sub(s, 0, at));
		s = str_skip(s, at + 3);
	}
	buf_add(&b, s);
	return buf_str(&b);
}

static size_t holder_of(struct str tag)
{
	size_t i = 0;

	while (i < sizeof holders / sizeof *holders && !str_ieq(tag, str_c(holders[i].tag)))
		i++;
	return i;
}

struct str sahtml_link(struct sahtml *h, struct str tag, struct str attrs)
{
	size_t i = holder_of(tag);
	struct str name = str_c(holders[i].attr), rest = attrs;
	struct str value = sahtml_attribute(h, attrs, name);
	struct sahtml_attr at;
	bool wide = h->wide;

	while (holders[i].type < VIEW_HTML_BASE && holders[i].type != VIEW_HTML_FORM &&
	       sahtml_attr_next(&rest, &at))
		if (runs_into(at.name, name))
			value = sahtml_unescape(h->arena, at.value, false, &wide);
	return value.p && holders[i].type <= VIEW_HTML_LINK ? no_marks(h->arena, value) : value;
}

void sahtml_uris_of_tag(struct sahtml *h, struct str tag, struct str attrs)
{
	size_t i = holder_of(tag);
	struct str value;

	if (i == sizeof holders / sizeof *holders)
		return;
	if (!holders[i].attr) {
		meta(h, attrs);
		return;
	}
	value = sahtml_link(h, tag, attrs);
	if (value.p && holders[i].type == VIEW_HTML_BASE)
		value = sahtml_canon_uri(h, value);
	if (value.p)
		push(h, holders[i].type, value);
	if (value.p && holders[i].type == VIEW_HTML_BASE)
		set_base(h, value);
	if (holders[i].other) {
		value = sahtml_attribute(h, attrs, str_c(holders[i].other));
		if (value.p)
			push(h, holders[i].type, value);
	}
}
