/* What a document points to and does: links, images, forms, frames, scripts. */
#include "mail/html/reader.h"

#define TINY_PX 2	   /* an image of this width and height or less is not to be seen */
#define SIZE_MAX_PX 100000 /* larger sizes count as this */

/* ---- addresses ---- */

static bool control(char c)
{
	return (unsigned char)c <= ' ';
}

/* As html_link.url says. */
static struct str clean(struct arena *a, struct str value)
{
	struct buf b = { .arena = a };
	struct str s = html_unescape_attr(a, value);

	while (s.n && control(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && control(s.p[s.n - 1]))
		s.n--;
	if (str_chr(s, '\n') >= s.n && str_chr(s, '\r') >= s.n && str_chr(s, '\t') >= s.n)
		return s;
	buf_room(&b, s.n);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\n' && s.p[i] != '\r' && s.p[i] != '\t')
			b.p[b.n++] = s.p[i];
	return buf_str(&b);
}

/* The kinds that take the reader, or what he types, somewhere. */
static bool leads(enum html_link_kind kind)
{
	return kind == HTML_LINK_A || kind == HTML_LINK_AREA || kind == HTML_LINK_FORM ||
	       kind == HTML_LINK_REFRESH || kind == HTML_LINK_FRAME || kind == HTML_LINK_OBJECT;
}

static void look_at_scheme(struct reader *r, enum html_link_kind kind, struct str url)
{
	if (str_istarts(url, STR("javascript:")) || str_istarts(url, STR("vbscript:"))) {
		reader_trick(r, HTML_TRICK_SCRIPT);
		link_script(r, url);
	}
	if (!str_istarts(url, STR("data:")))
		return;
	reader_trick(r, HTML_TRICK_DATA_URI);
	url = str_trim(str_skip(url, 5));
	if (leads(kind) &&
	    (str_istarts(url, STR("text/")) || str_starts(url, STR(",")) ||
	     str_starts(url, STR(";")) || str_istarts(url, STR("application/xhtml")) ||
	     str_istarts(url, STR("application/xml")) || str_istarts(url, STR("image/svg"))))
		reader_trick(r, HTML_TRICK_DATA_TEXT);
}

/* A new link of a clean address; NULL: over the limit. */
static struct html_link *add_clean(struct reader *r, enum html_link_kind kind, struct str url)
{
	struct html_link *l;

	look_at_scheme(r, kind, url);
	if (r->doc->links.n >= HTML_MAX_LINKS) {
		r->doc->truncated = true;
		reader_trick(r, HTML_TRICK_LIMIT);
		return NULL;
	}
	VEC_PUSH(r->arena, r->spans) = (struct span){ r->visible.out.n, r->visible.out.n };
	l = &VEC_PUSH(r->arena, r->doc->links);
	*l = (struct html_link){ .kind = kind, .url = url, .width = -1, .height = -1 };
	return l;
}

/* The same for the value of an attribute; NULL: there is none, or it is empty. */
static struct html_link *add(struct reader *r, enum html_link_kind kind, enum attr_id id)
{
	struct str url;

	if (!attr_has(&r->attrs, id))
		return NULL;
	url = clean(r->arena, r->attrs.v[id]);
	return url.n ? add_clean(r, kind, url) : NULL;
}

/* srcset="url 1x, url 2x" (WHATWG HTML 4.8.4.2.1). */
static void add_srcset(struct reader *r)
{
	struct str s;

	if (!attr_has(&r->attrs, ATTR_SRCSET))
		return;
	s = html_unescape_attr(r->arena, r->attrs.v[ATTR_SRCSET]);
	while (s.n) {
		struct str url = STR("");

		while (s.n && (control(s.p[0]) || s.p[0] == ','))
			s = str_skip(s, 1);
		url.p = s.p;
		while (url.n < s.n && !control(s.p[url.n]))
			url.n++;
		s = str_skip(s, url.n);
		if (url.n && url.p[url.n - 1] != ',')
			s = str_skip(s, str_chr(s, ','));
		while (url.n && url.p[url.n - 1] == ',')
			url.n--;
		if (url.n)
			add_clean(r, HTML_LINK_IMG, url);
	}
}

/* Where the text of a script, or markup in an attribute, names a place on the web. */
static void add_named(struct reader *r, struct str s)
{
	size_t at;

	while ((at = str_find(s, STR("://"))) != SIZE_MAX) {
		size_t from = at, to = at + 3;

		while (from > 0 && ch_alpha(s.p[from - 1]))
			from--;
		while (to < s.n && !control(s.p[to]) &&
		       str_chr(STR("\"'`<>)\\"), s.p[to]) == SIZE_MAX)
			to++;
		if (str_istarts(str_skip(s, from), STR("http")) &&
		    !add_clean(r, HTML_LINK_OTHER, str_sub(s, from, to - from)))
			return;
		s = str_skip(s, to);
	}
}

/* ---- <a> ---- */

void link_close(struct reader *r)
{
	struct html_link *l;

	if (!r->link.is_open)
		return;
	r->link.is_open = false;
	r->spans.p[r->link.at].to = r->visible.out.n;
	l = &r->doc->links.p[r->link.at];
	l->hidden = r->spans.p[r->link.at].to == r->spans.p[r->link.at].from && !r->link.image_seen;
}

static void anchor(struct reader *r)
{
	enum attr_id id = attr_has(&r->attrs, ATTR_HREF) ? ATTR_HREF : ATTR_XLINK_HREF;
	struct html_link *l = add(r, HTML_LINK_A, id);

	if (!l)
		return;
	if (attr_has(&r->attrs, ATTR_DOWNLOAD) &&
	    (str_istarts(l->url, STR("data:")) || str_istarts(l->url, STR("blob:"))))
		reader_trick(r, HTML_TRICK_SMUGGLING);
	link_close(r);
	r->link = (struct open_link){ .is_open = true, .at = r->doc->links.n - 1, .depth = r->n };
}

/* ---- images ---- */

static int whole_px(float n)
{
	return n < 0 ? 0 : n > SIZE_MAX_PX ? SIZE_MAX_PX : (int)n;
}

/* By style, else by attribute; -1: not said, or not in pixels. */
static int dimension(const struct reader *r, enum css_prop prop, enum attr_id id)
{
	const struct css_cascade *c = &r->maker.cascade;
	struct str s = str_trim(attr_get(&r->attrs, id));
	float n;

	if ((c->set >> prop & 1) && c->value[prop].kind <= CSS_PX)
		return whole_px(c->value[prop].n);
	s = css_trim(s);
	if (!s.n || !ch_digit(s.p[0]) || str_chr(s, '%') < s.n)
		return -1;
	for (n = 0; s.n && ch_digit(s.p[0]); s = str_skip(s, 1))
		n = n * 10 + (float)(s.p[0] - '0');
	return whole_px(n);
}

static struct str alt_text(struct reader *r)
{
	struct html_text t = { .out = { .arena = r->arena } };

	if (!attr_has(&r->attrs, ATTR_ALT))
		return STR("");
	text_add(&t, r->attrs.v[ATTR_ALT], 0);
	return buf_str(&t.out);
}

static void image_in_link(struct reader *r, const struct html_link *img, int64_t area)
{
	struct html_link *l = &r->doc->links.p[r->link.at];

	if (!l->has_image || area > (int64_t)l->width * l->height) {
		l->width = img->width;
		l->height = img->height;
	}
	l->has_image = true;
	r->link.image_seen |= !img->hidden;
}

static void image(struct reader *r, const struct style *style)
{
	struct html_link img = { .width = dimension(r, CSS_WIDTH, ATTR_WIDTH),
				 .height = dimension(r, CSS_HEIGHT, ATTR_HEIGHT) };
	bool both = img.width >= 0 && img.height >= 0;
	int64_t area = both ? (int64_t)img.width * img.height : 0;
	struct html_link *l;

	r->doc->images++;
	img.hidden =
		style->gone != STYLE_SEEN || style->invisible || img.width == 0 || img.height == 0;
	if (both && img.width <= TINY_PX && img.height <= TINY_PX) {
		reader_trick(r, HTML_TRICK_TINY_IMAGE);
		img.hidden = true;
	}
	r->doc->image_area += (size_t)area;
	if (r->link.is_open)
		image_in_link(r, &img, area);
	l = add(r, HTML_LINK_IMG, ATTR_SRC);
	if (!l)
		l = add(r, HTML_LINK_IMG, ATTR_XLINK_HREF);
	if (!l)
		return;
	l->hidden = img.hidden;
	l->width = img.width;
	l->height = img.height;
	l->has_image = true;
	l->text = alt_text(r);
}

/* ---- the rest ---- */

static void input(struct reader *r, const struct style *style)
{
	struct str type = str_trim(attr_get(&r->attrs, ATTR_TYPE));

	if (str_ieq(type, STR("password")))
		reader_trick(r, HTML_TRICK_PASSWORD_FIELD);
	else if (str_ieq(type, STR("image")))
		image(r, style);
	else if (str_ieq(type, STR("hidden")))
		r->doc->hide[HTML_HIDE_ATTRIBUTE] += text_count(attr_get(&r->attrs, ATTR_VALUE));
}

/* content="5; url='...'" of a meta refresh (WHATWG HTML 4.2.5.3). */
static void refresh(struct reader *r)
{
	struct str s = html_unescape_attr(r->arena, attr_get(&r->attrs, ATTR_CONTENT)), url;
	size_t i = 0;

	reader_trick(r, HTML_TRICK_META_REFRESH);
	while (i < s.n && (control(s.p[i]) || ch_digit(s.p[i]) || s.p[i] == '.'))
		i++;
	while (i < s.n && (control(s.p[i]) || s.p[i] == ';' || s.p[i] == ','))
		i++;
	url = str_skip(s, i);
	if (str_istarts(url, STR("url"))) {
		struct str behind = css_trim(str_skip(url, 3));

		if (behind.n && behind.p[0] == '=')
			url = css_trim(str_skip(behind, 1));
	}
	if (url.n && (url.p[0] == '"' || url.p[0] == '\'')) {
		struct str inside = str_skip(url, 1);

		url = str_sub(inside, 0, str_chr(inside, url.p[0]));
	}
	url = clean(r->arena, url);
	if (url.n)
		add_clean(r, HTML_LINK_REFRESH, url);
}

static void link_element(struct reader *r)
{
	if (!str_ifind(attr_get(&r->attrs, ATTR_REL), STR("stylesheet"))) {
		add(r, HTML_LINK_OTHER, ATTR_HREF);
		return;
	}
	if (add(r, HTML_LINK_CSS, ATTR_HREF))
		reader_trick(r, HTML_TRICK_REMOTE_CSS);
}

static void script(struct reader *r)
{
	reader_trick(r, open_is_foreign(r) ? HTML_TRICK_SVG_SCRIPT : HTML_TRICK_SCRIPT);
	if (!add(r, HTML_LINK_OTHER, ATTR_SRC))
		add(r, HTML_LINK_OTHER, ATTR_XLINK_HREF);
}

static void events(struct reader *r, const struct tag *tag)
{
	r->doc->trick[HTML_TRICK_EVENT] += r->attrs.events;
	if (r->attrs.events && (tag->id == TAG_SVG || open_is_foreign(r)))
		reader_trick(r, HTML_TRICK_SVG_SCRIPT);
	if (r->attrs.events) {
		struct str text = html_unescape_attr(r->arena, r->attrs.event_text);

		link_script(r, text);
		add_named(r, text);
	}
}

static void by_element(struct reader *r, const struct tag *tag, const struct style *style)
{
	switch ((enum tag_id)tag->id) {
	case TAG_A:
		anchor(r);
		break;
	case TAG_AREA:
		add(r, HTML_LINK_AREA, ATTR_HREF);
		break;
	case TAG_IMG:
	case TAG_IMAGE:
		image(r, style);
		break;
	case TAG_INPUT:
		input(r, style);
		add(r, HTML_LINK_FORM, ATTR_FORMACTION);
		break;
	case TAG_BUTTON:
		add(r, HTML_LINK_FORM, ATTR_FORMACTION);
		break;
	case TAG_FORM:
		reader_trick(r, HTML_TRICK_FORM);
		add(r, HTML_LINK_FORM, ATTR_ACTION);
		break;
	case TAG_LINK:
		link_element(r);
		break;
	case TAG_META:
		if (str_ieq(clean(r->arena, attr_get(&r->attrs, ATTR_HTTP_EQUIV)), STR("refresh")))
			refresh(r);
		break;
	case TAG_BASE:
		if (add(r, HTML_LINK_BASE, ATTR_HREF))
			reader_trick(r, HTML_TRICK_BASE);
		break;
	case TAG_IFRAME:
	case TAG_FRAME:
		reader_trick(r, HTML_TRICK_IFRAME);
		add(r, HTML_LINK_FRAME, ATTR_SRC);
		if (attr_has(&r->attrs, ATTR_SRCDOC))
			add_named(r, html_unescape_attr(r->arena, r->attrs.v[ATTR_SRCDOC]));
		break;
	case TAG_OBJECT:
	case TAG_EMBED:
		reader_trick(r, HTML_TRICK_OBJECT);
		add(r, HTML_LINK_OBJECT, ATTR_DATA);
		add(r, HTML_LINK_OBJECT, ATTR_SRC);
		add(r, HTML_LINK_OBJECT, ATTR_CODEBASE);
		break;
	case TAG_SCRIPT:
		script(r);
		break;
	case TAG_AUDIO:
	case TAG_VIDEO:
	case TAG_SOURCE:
		add(r, HTML_LINK_OTHER, ATTR_SRC);
		add(r, HTML_LINK_IMG, ATTR_POSTER);
		break;
	default:
		add(r, HTML_LINK_OTHER, ATTR_XLINK_HREF);
	}
}

void link_tag(struct reader *r, const struct tag *tag, const struct style *style)
{
	struct str image_url = r->maker.cascade.image;

	if (r->attrs.events)
		events(r, tag);
	by_element(r, tag, style);
	if (!r->attrs.has)
		return;
	add(r, HTML_LINK_BACKGROUND, ATTR_BACKGROUND);
	/* Those of the sheet are told once, at the end. */
	if (image_url.n && attr_has(&r->attrs, ATTR_STYLE)) {
		struct str url = clean(r->arena, image_url);

		if (url.n)
			add_clean(r, HTML_LINK_BACKGROUND, url);
	}
	add_srcset(r);
	add(r, HTML_LINK_OTHER, ATTR_PING);
	/* v:roundrect and the like, which Outlook draws */
	if (tag->id == TAG_OTHER) {
		add(r, HTML_LINK_OTHER, ATTR_HREF);
		add(r, HTML_LINK_IMG, ATTR_SRC);
	}
}

void link_hidden_tag(struct reader *r, const struct tag *tag, const struct attrs *at)
{
	enum html_link_kind kind = tag->id == TAG_IMG ? HTML_LINK_IMG : HTML_LINK_A;
	struct str url = attr_get(at, tag->id == TAG_IMG ? ATTR_SRC : ATTR_HREF);
	struct html_link *l;

	if (tag->id != TAG_IMG && tag->id != TAG_A && tag->id != TAG_AREA &&
	    (tag->id != TAG_OTHER || tag->name.n))
		return;
	url = clean(r->arena, url);
	l = url.n ? add_clean(r, kind, url) : NULL;
	if (l)
		l->hidden = true;
}

/* ---- scripts that make a file out of themselves ---- */

enum smuggling_sign {
	SIGN_SAVE = 1,	   /* msSaveOrOpenBlob */
	SIGN_BLOB = 2,	   /* new Blob, new File */
	SIGN_URL = 4,	   /* createObjectURL */
	SIGN_DECODE = 8,   /* atob, Uint8Array */
	SIGN_DOWNLOAD = 16 /* .download, .click() */
};

static const struct {
	struct str word;
	enum smuggling_sign sign;
} signs[] = {
	{ { "msSaveOrOpenBlob", 16 }, SIGN_SAVE },
	{ { "msSaveBlob", 10 }, SIGN_SAVE },
	{ { "Blob(", 5 }, SIGN_BLOB },
	{ { "new File(", 9 }, SIGN_BLOB },
	{ { "createObjectURL", 15 }, SIGN_URL },
	{ { "atob", 4 }, SIGN_DECODE },
	{ { "Uint8Array", 10 }, SIGN_DECODE },
	{ { "download", 8 }, SIGN_DOWNLOAD },
	{ { ".click(", 7 }, SIGN_DOWNLOAD },
};

/* A script that sends the reader away. Others name places for other reasons (JSON-LD). */
static bool goes_away(struct reader *r, struct str text)
{
	return open_is_foreign(r) || str_find(text, STR("location=")) != SIZE_MAX ||
	       str_find(text, STR("location =")) != SIZE_MAX ||
	       str_find(text, STR("location.")) != SIZE_MAX ||
	       str_find(text, STR("window.open")) != SIZE_MAX;
}

void link_script_text(struct reader *r, struct str text)
{
	link_script(r, text);
	if (goes_away(r, text))
		add_named(r, text);
}

void link_script(struct reader *r, struct str text)
{
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (!(r->smuggling & signs[i].sign) && str_find(text, signs[i].word) != SIZE_MAX)
			r->smuggling |= signs[i].sign;
}

static bool smuggles(unsigned signs_seen)
{
	if (signs_seen & SIGN_SAVE)
		return true;
	if ((signs_seen & SIGN_BLOB) && (signs_seen & SIGN_URL))
		return true;
	return (signs_seen & SIGN_DECODE) && (signs_seen & (SIGN_DOWNLOAD | SIGN_URL | SIGN_BLOB));
}

/* ---- the end ---- */

static void sheet_links(struct reader *r)
{
	for (size_t i = 0; i < r->sheet->imports.n; i++) {
		reader_trick(r, HTML_TRICK_REMOTE_CSS);
		add_clean(r, HTML_LINK_CSS, clean(r->arena, r->sheet->imports.p[i]));
	}
	for (size_t i = 0; i < r->sheet->images.n; i++)
		add_clean(r, HTML_LINK_BACKGROUND, clean(r->arena, r->sheet->images.p[i]));
}

void link_finish(struct reader *r)
{
	struct str visible = buf_str(&r->visible.out);

	sheet_links(r);
	for (size_t i = 0; i < r->doc->links.n; i++)
		if (r->doc->links.p[i].kind == HTML_LINK_A)
			r->doc->links.p[i].text =
				str_trim(str_sub(visible, r->spans.p[i].from,
						 r->spans.p[i].to - r->spans.p[i].from));
	if (smuggles(r->smuggling))
		reader_trick(r, HTML_TRICK_SMUGGLING);
}
