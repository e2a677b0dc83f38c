/* The links of a message, from everywhere, each once. */
#include "base/buf.h"
#include "base/map.h"
#include "mail/content_priv.h"
#include "mail/url/host.h"

#define MAX_FOUND 10000u		 /* in one text */
#define ALL_HOSTS (URL_MAX_KEPT * 4 / 5) /* kept, until only new hosts are kept */

#define MAX_TEXT (8u * 1024u * 1024u) /* octets of all texts together that are looked through */
#define MAX_TEXT_END (64u * 1024u)    /* and of the end of one that is longer than what is left */

struct found {
	struct content *c;
	struct arena *scratch; /* of what is found; what is kept is copied out of it */
	size_t left;	       /* of MAX_TEXT */
	struct map *seen;      /* origin and clean form -> index + 1 */
	struct map *hosts;     /* that are kept */
};

static struct str key_of(struct arena *a, const struct url *u)
{
	return arena_printf(a, "%d %.*s", (int)u->origin, STR_ARG(u->clean));
}

/* Kept while there is room; the last fifth of it is for hosts that are not there yet, so that many
 * links to one place do not hide one to another. */
static bool room_for(const struct found *f, const struct url *u)
{
	size_t n = f->c->priv->urls.n;

	return n < URL_MAX_KEPT && (n < ALL_HOSTS || !map_get(f->hosts, u->host));
}

static struct str copied(struct arena *a, struct str s)
{
	return s.p ? arena_dup(a, s) : s;
}

/* The URL out of the scratch memory. */
static struct url url_copy(struct arena *a, const struct url *from)
{
	struct url u = *from;
	struct str *const text[] = { &u.raw,	  &u.clean,   &u.scheme,      &u.user,
				     &u.host,	  &u.shown,   &u.path,	      &u.query,
				     &u.fragment, &u.address, &u.registrable, &u.text };

	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		*text[i] = copied(a, *text[i]);
	return u;
}

/* Index of a URL that is new and kept; SIZE_MAX. */
static size_t keep(struct found *f, const struct url *u)
{
	url_vec *urls = &f->c->priv->urls;
	struct str key = key_of(f->scratch, u);
	struct url *kept;
	size_t at = (size_t)(uintptr_t)map_get(f->seen, key);

	f->c->priv->urls_found++;
	if (at > 0) {
		if (!(u->flags & URL_HIDDEN))
			urls->p[at - 1].flags &= ~(unsigned)URL_HIDDEN;
		return SIZE_MAX;
	}
	if (!room_for(f, u))
		return SIZE_MAX;
	kept = &VEC_PUSH(f->c->arena, *urls);
	*kept = url_copy(f->c->arena, u);
	map_put(f->seen, arena_dup(f->c->arena, key), (void *)(uintptr_t)urls->n);
	if (kept->host.n)
		map_put(f->hosts, kept->host, f->c);
	return urls->n - 1;
}

/* One URL and those inside it. */
static void add(struct found *f, const struct url *u)
{
	size_t at = keep(f, u);
	url_vec inside = { 0 };

	if (at == SIZE_MAX)
		return;
	url_nested(f->scratch, f->c->env->psl, u, (uint32_t)at, &inside);
	for (size_t i = 0; i < inside.n; i++) {
		struct url *in = &inside.p[i];
		in->part = u->part;
		in->offset = u->offset;
		in->parent = (uint32_t)at; /* the outermost, whatever it stood in */
		in->flags |= u->flags & URL_HIDDEN;
		keep(f, in);
	}
}

static void look_through(struct found *f, struct str text, enum url_origin origin, uint32_t part,
			 unsigned flags)
{
	url_vec v = { 0 };

	url_find(f->scratch, f->c->env->psl, text, MAX_FOUND, &v);
	for (size_t i = 0; i < v.n; i++) {
		v.p[i].origin = origin;
		v.p[i].part = part;
		v.p[i].flags |= flags;
		add(f, &v.p[i]);
	}
	arena_reset(f->scratch);
}

static void add_text(struct found *f, struct str text, enum url_origin origin, uint32_t part,
		     unsigned flags)
{
	size_t n = text.n < f->left ? text.n : f->left, end = text.n - n;

	look_through(f, str_sub(text, 0, n), origin, part, flags);
	f->left -= n;
	if (end > 0)
		look_through(f, str_skip(text, text.n - (end < MAX_TEXT_END ? end : MAX_TEXT_END)),
			     origin, part, flags);
}

/* An image is not looked into; other kinds of "data:" are shown, or run. */
static bool holds_text(struct str s)
{
	static const struct str data[] = { STR("text/"),
					   STR("application/xhtml"),
					   STR("application/xml"),
					   STR("image/svg"),
					   STR(","),
					   STR(";") };
	static const struct str schemes[] = { STR("javascript:"), STR("vbscript:"), STR("ms-"),
					      STR("view-source:") };

	if (str_istarts(s, STR("data:"))) {
		for (size_t i = 0; i < sizeof data / sizeof *data; i++)
			if (str_istarts(str_trim(str_skip(s, 5)), data[i]))
				return true;
		return false;
	}
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (str_istarts(s, schemes[i]))
			return true;
	return false;
}

/* What a URL carries that names no host: other URLs, as text or in base64, again and again. */
static void look_inside(struct found *f, struct str s, uint32_t part)
{
	for (unsigned depth = 0; depth < URL_MAX_NESTED && s.n; depth++) {
		struct str text = url_percent_decode(f->c->arena, s);
		size_t at = str_find(text, STR(";base64,"));
		unsigned flags = 0;

		add_text(f, text, URL_FROM_HTML, part, 0);
		if (at == SIZE_MAX)
			return;
		s = str_skip(text, at + 8);
		for (at = 0; at < s.n && str_chr(STR("\"'<> "), s.p[at]) == SIZE_MAX; at++)
			;
		s = mime_base64(f->c->arena, str_sub(s, 0, at), &flags);
	}
}

static void add_one(struct found *f, struct str raw, enum url_origin origin, uint32_t part,
		    const struct html_link *link)
{
	struct url u = { 0 };

	if (holds_text(raw))
		look_inside(f, raw, part);
	if (!url_parse(f->scratch, f->c->env->psl, raw, &u))
		return;
	u.origin = origin;
	u.part = part;
	u.parent = UINT32_MAX;
	if (link) {
		u.text = link->text;
		u.flags |= link->hidden ? URL_HIDDEN : 0;
	}
	add(f, &u);
	arena_reset(f->scratch);
}

static void add_html(struct found *f, const struct html_doc *doc, uint32_t part)
{
	for (size_t i = 0; i < doc->links.n; i++)
		add_one(f, doc->links.p[i].url, URL_FROM_HTML, part, &doc->links.p[i]);
	add_text(f, doc->visible, URL_FROM_HTML_TEXT, part, 0);
	add_text(f, doc->hidden, URL_FROM_HTML_TEXT, part, URL_HIDDEN);
}

/* Long lines go on behind a line end and a blank (RFC 5545 3.1). */
static struct str unfolded(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	buf_room(&b, s.n);
	for (size_t i = 0; i < s.n; i++) {
		size_t end = i + (s.p[i] == '\r' && i + 1 < s.n);

		if (s.p[end] == '\n' && end + 1 < s.n && ch_wsp(s.p[end + 1]))
			i = end + 1;
		else
			buf_addc(&b, s.p[i]);
	}
	return buf_str(&b);
}

static void add_part(struct found *f, uint32_t part)
{
	const struct mime_part *p = &f->c->mime->parts.p[part];
	const struct html_doc *doc;

	if (p->multipart || p->message)
		return;
	doc = content_html(f->c, part);
	if (doc)
		add_html(f, doc, part);
	else if (str_eq(p->type, STR("text")) && str_eq(p->subtype, STR("calendar")))
		add_text(f, unfolded(f->c->arena, mime_text(f->c->mime, part)), URL_FROM_TEXT, part,
			 0);
	else if (str_eq(p->type, STR("text")))
		add_text(f, mime_text(f->c->mime, part), URL_FROM_TEXT, part, 0);
}

/* ---- header fields ---- */

/* Fields of lists (RFC 2369, RFC 8058): URLs in angle brackets, comments between them. */
static void add_bracketed(struct found *f, struct str value, enum url_origin origin)
{
	struct str s = hdr_unfold(f->c->arena, value);

	while (s.n) {
		size_t open = str_chr(s, '<'), close;
		if (open == SIZE_MAX)
			return;
		s = str_skip(s, open + 1);
		close = str_chr(s, '>');
		add_one(f, str_trim(str_sub(s, 0, close)), origin, UINT32_MAX, NULL);
		if (close == SIZE_MAX)
			return;
		s = str_skip(s, close + 1);
	}
}

static void add_headers(struct found *f)
{
	static const struct {
		struct str name;
		enum url_origin origin;
	} fields[] = {
		{ STR("Subject"), URL_FROM_SUBJECT },
		{ STR("List-Unsubscribe"), URL_FROM_UNSUBSCRIBE },
		{ STR("List-Help"), URL_FROM_HEADER },
		{ STR("List-Subscribe"), URL_FROM_HEADER },
		{ STR("List-Archive"), URL_FROM_HEADER },
		{ STR("List-Owner"), URL_FROM_HEADER },
		{ STR("List-Post"), URL_FROM_HEADER },
		{ STR("Archived-At"), URL_FROM_HEADER },
	};
	const struct hdr_list *headers = f->c->mime->headers;

	for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
		for (size_t i = 0; i < headers->v.n; i++) {
			const struct hdr *h = &headers->v.p[i];
			if (!hdr_like(h->name, fields[k].name))
				continue;
			if (fields[k].origin == URL_FROM_SUBJECT)
				add_text(f, mime_words(f->c->arena, h->value), URL_FROM_SUBJECT,
					 UINT32_MAX, 0);
			else
				add_bracketed(f, h->value, fields[k].origin);
		}
}

void content_find_urls(struct content *c)
{
	struct found f = { .c = c,
			   .scratch = arena_new(0),
			   .left = MAX_TEXT,
			   .seen = map_new(c->arena, false),
			   .hosts = map_new(c->arena, false) };

	add_headers(&f);
	for (size_t i = 0; i < c->mime->parts.n; i++)
		add_part(&f, (uint32_t)i);
	arena_free(f.scratch);
}
