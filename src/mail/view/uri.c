/* All URIs of a message: of its text, of its HTML; each once, with what it was found as. */
#include "mail/view/header_priv.h"
#include "mail/view/uri_priv.h"

#include "base/buf.h"

#define VIEW_MAX_HOSTS 64u /* of the forms of one URI */

enum type { TYPE_PARSED = 1u << 16, TYPE_SCHEMELESS = 1u << 17, TYPE_UNLINKED = 1u << 18 };

/* One URI while it is collected. */
struct item {
	struct view_uri u;
	unsigned types;
	view_line_vec cleaned;
	VEC(struct view_uri_host) hosts;
	VEC(struct str) texts;
};

struct view_uris {
	VEC(struct item *) items;
	struct map *by_raw, *seen;
	struct view_uri *details;
	struct view_lines all;
};

static void add_line(struct arena *a, view_line_vec *v, struct str s)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->p[i].text, s))
			return;
	VEC_PUSH(a, *v) = (struct view_line){ s, UINT32_MAX, SIZE_MAX };
}

static void add_host(struct arena *a, struct item *it, struct str host, struct str domain)
{
	for (size_t i = 0; i < it->hosts.n; i++)
		if (str_eq(it->hosts.p[i].host, host))
			return;
	if (it->hosts.n < VIEW_MAX_HOSTS)
		VEC_PUSH(a, it->hosts) = (struct view_uri_host){ host, domain };
}

static void add_forms(struct view *v, struct item *it, const uri_forms *forms)
{
	for (size_t i = 0; i < forms->n; i++) {
		struct str s = str_sub(forms->p[i], 0, VIEW_MAX_URI), domain, host;
		add_line(v->arena, &it->cleaned, s);
		if (!view_uri_domain(v, v->arena, s, &domain, &host))
			continue;
		add_host(v->arena, it, host, domain);
		it->u.host = host;
		it->u.domain = domain;
	}
}

/* named: not without a host that could be asked for. Returns NULL where it is not kept. */
static struct item *add_uri(struct view *v, struct str raw, unsigned types, bool named)
{
	struct item *it = map_get(v->uris->by_raw, raw);
	uri_forms forms = { 0 };

	if (it) { /* the same forms again */
		if (!named || it->hosts.n)
			it->types |= types;
		return it;
	}
	if (v->uris->items.n >= VIEW_MAX_URIS)
		return NULL;
	it = ARENA_NEW(v->arena, struct item);
	it->u.raw = raw;
	it->u.host = it->u.domain = STR("");
	it->types = types;
	uri_clean(v, v->arena, raw, &forms);
	add_forms(v, it, &forms);
	if (named && !it->hosts.n)
		return NULL;
	VEC_PUSH(v->arena, v->uris->items) = it;
	map_put(v->uris->by_raw, raw, it);
	return it;
}

/* The last ")" with no "(" before it ends a link, and so do dots and the like at its end. */
static struct str trim_found(struct str s)
{
	size_t close = str_rchr(str_sub(s, 0, str_chr(s, '(')), ')');

	if (close != SIZE_MAX)
		s = str_sub(s, 0, close);
	while (s.n && s.p[s.n - 1] && strchr("-~!@#^&*()_+=:;'?,.", s.p[s.n - 1]))
		s.n--;
	return s;
}

/* "cid:...", "mid:...", "http://" with nothing behind it. */
static bool no_link(struct str s)
{
	size_t i = 0, k;

	if (str_istarts(s, STR("cid:")) || str_istarts(s, STR("mid:")))
		return true;
	while (i < s.n && (ch_alnum(s.p[i]) || s.p[i] == '_'))
		i++;
	if (!i || i >= s.n || s.p[i] != ':')
		return false;
	for (k = i + 1; k < s.n && s.p[k] == '/'; k++)
		continue;
	return k == s.n && k <= i + 3;
}

static bool www(struct str s)
{
	size_t i = 3;

	if (!str_istarts(s, STR("www")))
		return false;
	while (i < s.n && i < 5 && ch_digit(s.p[i]))
		i++;
	return i < s.n && s.p[i] == '.';
}

/* A "/" in front of the last "@", with something between. */
static bool slash_before_at(struct str s)
{
	size_t slash = str_chr(s, '/'), at = str_rchr(s, '@');

	return slash != SIZE_MAX && at != SIZE_MAX && at > slash + 1;
}

/* Without "skype:", "email:" and the like in front of an address. */
static struct str strip_label(struct str s)
{
	static const char *const labels[] = {
		"skype:", "email:", "e-mail:", "mail:", "-mail:", ":"
	};

	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (str_istarts(s, str_c(labels[i]))) {
			s = str_skip(s, strlen(labels[i]));
			while (s.n && s.p[0] == ':')
				s = str_skip(s, 1);
			return s;
		}
	return s;
}

/* "x@y" with a dot behind one character or more of y. */
static bool dot_after_at(struct str s)
{
	size_t at = str_chr(s, '@');

	return at != SIZE_MAX && str_chr(str_skip(s, at + 2), '.') != SIZE_MAX;
}

static struct str prefixed(struct arena *a, const char *scheme, struct str s)
{
	struct buf b = { .arena = a };

	buf_add(&b, str_c(scheme));
	buf_add(&b, s);
	return buf_str(&b);
}

/* With the scheme that a mail program would take it for; absent: nothing would be linked. */
static struct str with_scheme(struct arena *a, struct str s, unsigned *types)
{
	static const char *const schemes[] = { "http:", "https:", "ftp:", "mailto:" };

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (str_istarts(s, str_c(schemes[i])))
			return s;
	*types |= TYPE_SCHEMELESS;
	if (str_istarts(s, STR("ftp.")))
		return prefixed(a, "ftp://", s);
	if (www(s) || slash_before_at(s))
		return prefixed(a, "http://", s);
	if (str_chr(s, '@') != SIZE_MAX) {
		if (!dot_after_at(s) || str_find(s, STR("&nbsp;")) != SIZE_MAX)
			return STR_NULL;
		return prefixed(a, "mailto:", strip_label(s));
	}
	if (str_chr(s, '.') == SIZE_MAX)
		return STR_NULL;
	*types |= TYPE_UNLINKED;
	return prefixed(a, "http://", s);
}

static bool mail_host_valid(struct view *v, struct str uri)
{
	size_t at = str_chr(uri, '@'), i = at + 1;
	struct str host;

	if (at == SIZE_MAX)
		return false;
	while (i < uri.n && uri.p[i] != '?' && uri.p[i] != '&' && uri.p[i] != '>')
		i++;
	host = str_sub(uri, at + 1, i - at - 1);
	while (host.n > 3 && str_eq(str_skip(host, host.n - 3), STR("%20")))
		host.n -= 3;
	return view_tld_valid(v, host);
}

static void add_found(struct view *v, const struct uri_found *f)
{
	struct str raw = trim_found(f->text), uri;
	unsigned types = TYPE_PARSED;

	if (map_get(v->uris->seen, raw))
		return;
	map_put(v->uris->seen, raw, v);
	if (f->mail && str_chr(raw, '@') == SIZE_MAX)
		return;
	if ((f->host.p && !view_fqdn_valid(f->host)) || no_link(raw))
		return;
	uri = with_scheme(v->arena, raw, &types);
	if (!uri.p)
		return;
	if (str_istarts(uri, STR("mailto:"))) {
		if (uri_has_escape(uri))
			uri = uri_recode(v->arena, uri);
		if (!mail_host_valid(v, uri))
			return;
	}
	add_uri(v, uri, types, true);
}

static void collect_text(struct view *v)
{
	const struct view_lines *body = view_body(v);
	struct uri_found f;

	for (size_t i = 0; i < body->n; i++)
		for (size_t at = 0; uri_next(v, body->p[i].text, at, &f); at = f.end)
			add_found(v, &f);
}

static void collect_html(struct view *v)
{
	size_t nparts, n;
	const struct view_part *parts = view_parts(v, &nparts);

	view_render(v);
	for (size_t i = 0; i < nparts; i++) {
		const struct view_html_uri *u = view_html_uris(&parts[i], &n);
		for (size_t k = 0; k < n; k++) {
			struct item *it =
				add_uri(v, u[k].uri, u[k].types ? u[k].types : TYPE_PARSED, false);
			for (size_t t = 0; it && t < u[k].anchors.n; t++)
				VEC_PUSH(v->arena, it->texts) = u[k].anchors.p[t];
		}
	}
}

static void add_type(struct buf *b, const char *name)
{
	if (b->n)
		buf_addc(b, ' ');
	buf_add(b, str_c(name));
}

static void finish_item(struct view *v, struct item *it, struct view_uri *to)
{
	static const struct {
		unsigned bit;
		const char *name;
	} own[] = {
		{ TYPE_PARSED, "parsed" },
		{ TYPE_SCHEMELESS, "schemeless" },
		{ TYPE_UNLINKED, "unlinked" },
	};
	struct buf type = { .arena = v->arena }, text = { .arena = v->arena };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (it->types & own[i].bit)
			add_type(&type, own[i].name);
	for (unsigned i = 0; i < VIEW_HTML_TYPES; i++)
		if (it->types & 1u << i)
			add_type(&type, view_html_type_name(1u << i));
	for (size_t i = 0; i < it->texts.n; i++) {
		if (i)
			buf_addc(&text, '\n');
		buf_add(&text, it->texts.p[i]);
	}
	*to = it->u;
	to->type = buf_str(&type);
	to->text = buf_str(&text);
	to->cleaned = (struct view_lines){ it->cleaned.p, it->cleaned.n };
	to->hosts = it->hosts.p;
	to->nhosts = it->hosts.n;
	to->texts = it->texts.p;
	to->ntexts = it->texts.n;
}

static void finish(struct view *v, struct view_uris *u)
{
	struct map *seen = map_new(v->arena, false);
	view_line_vec all = { 0 };

	u->details = ARENA_ARRAY(v->arena, struct view_uri, u->items.n + 1);
	for (size_t i = 0; i < u->items.n; i++) {
		const view_line_vec *c = &u->items.p[i]->cleaned;
		finish_item(v, u->items.p[i], &u->details[i]);
		for (size_t k = 0; k < c->n; k++)
			if (!map_put(seen, c->p[k].text, v))
				VEC_PUSH(v->arena, all) = c->p[k];
	}
	u->all = (struct view_lines){ all.p, all.n };
}

static const struct view_uris *uris(struct view *v)
{
	if (v->uris)
		return v->uris;
	v->uris = ARENA_NEW(v->arena, struct view_uris);
	v->uris->by_raw = map_new(v->arena, false);
	v->uris->seen = map_new(v->arena, false);
	collect_text(v);
	collect_html(v);
	finish(v, v->uris);
	return v->uris;
}

const struct view_lines *view_uri(struct view *v)
{
	return &uris(v)->all;
}

const struct view_uri *view_uri_details(struct view *v, size_t *n)
{
	const struct view_uris *u = uris(v);

	*n = u->items.n;
	return u->details;
}
