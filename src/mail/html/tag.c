/* The elements and attributes that mean something to a mail program, by their names. */
#include "mail/html/tag.h"

#define LETTER(q, c) [q - 'a'] = { tags_##c, sizeof tags_##c / sizeof *tags_##c }

static const struct tag tags_a[] = {
	{ { "a", 1 }, TAG_A, TAG_FORMAT, GROUP_A, GROUP_A, GROUP_SCOPE },
	{ { "abbr", 4 }, TAG_OTHER },
	{ { "acronym", 7 }, TAG_OTHER },
	{ { "address", 7 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "applet", 6 }, TAG_OBJECT, 0, GROUP_SCOPE },
	{ { "area", 4 }, TAG_AREA, TAG_VOID },
	{ { "article", 7 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "aside", 5 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "audio", 5 }, TAG_AUDIO },
};
static const struct tag tags_b[] = {
	{ { "b", 1 }, TAG_OTHER, TAG_FORMAT | TAG_BREAKOUT },
	{ { "base", 4 }, TAG_BASE, TAG_VOID | TAG_IN_HEAD },
	{ { "basefont", 8 }, TAG_OTHER, TAG_VOID | TAG_IN_HEAD },
	{ { "bdi", 3 }, TAG_OTHER },
	{ { "bdo", 3 }, TAG_BDO },
	{ { "bgsound", 7 }, TAG_OTHER, TAG_VOID | TAG_IN_HEAD },
	{ { "big", 3 }, TAG_BIG, TAG_FORMAT | TAG_BREAKOUT },
	{ { "blink", 5 }, TAG_OTHER },
	{ { "blockquote", 10 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "body", 4 }, TAG_BODY, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_HEAD },
	{ { "br", 2 }, TAG_BR, TAG_VOID | TAG_BREAKOUT },
	{ { "button", 6 }, TAG_BUTTON, 0, GROUP_BUTTON, GROUP_BUTTON, GROUP_SCOPE },
};
static const struct tag tags_c[] = {
	{ { "canvas", 6 }, TAG_OTHER },
	{ { "caption", 7 }, TAG_OTHER, TAG_BLOCK, GROUP_SCOPE },
	{ { "center", 6 }, TAG_CENTER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "cite", 4 }, TAG_OTHER },
	{ { "code", 4 }, TAG_OTHER, TAG_FORMAT | TAG_BREAKOUT },
	{ { "col", 3 }, TAG_OTHER, TAG_VOID },
	{ { "colgroup", 8 }, TAG_OTHER, TAG_OPTIONAL },
};
static const struct tag tags_d[] = {
	{ { "data", 4 }, TAG_OTHER },
	{ { "datalist", 8 }, TAG_OTHER, TAG_HIDDEN },
	{ { "dd", 2 },
	  TAG_OTHER,
	  TAG_BLOCK | TAG_BREAKOUT | TAG_OPTIONAL,
	  GROUP_DD,
	  GROUP_DD | GROUP_P,
	  GROUP_LIST | GROUP_SCOPE },
	{ { "del", 3 }, TAG_OTHER },
	{ { "desc", 4 }, TAG_DESC, TAG_HIDDEN },
	{ { "details", 7 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "dfn", 3 }, TAG_OTHER },
	{ { "dialog", 6 }, TAG_DIALOG, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "dir", 3 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, GROUP_LIST, GROUP_P, GROUP_SCOPE },
	{ { "div", 3 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "dl", 2 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, GROUP_LIST, GROUP_P, GROUP_SCOPE },
	{ { "dt", 2 },
	  TAG_OTHER,
	  TAG_BLOCK | TAG_BREAKOUT | TAG_OPTIONAL,
	  GROUP_DD,
	  GROUP_DD | GROUP_P,
	  GROUP_LIST | GROUP_SCOPE },
};
static const struct tag tags_e[] = {
	{ { "em", 2 }, TAG_OTHER, TAG_FORMAT | TAG_BREAKOUT },
	{ { "embed", 5 }, TAG_EMBED, TAG_VOID | TAG_BREAKOUT },
};
static const struct tag tags_f[] = {
	{ { "fieldset", 8 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "figcaption", 10 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "figure", 6 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "font", 4 }, TAG_FONT, TAG_FORMAT },
	{ { "footer", 6 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "foreignobject", 13 }, TAG_FOREIGNOBJECT },
	{ { "form", 4 }, TAG_FORM, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "frame", 5 }, TAG_FRAME, TAG_VOID },
	{ { "frameset", 8 }, TAG_OTHER, TAG_BLOCK },
};
static const struct tag tags_h[] = {
	{ { "h1", 2 },
	  TAG_HEADING,
	  TAG_BLOCK | TAG_BREAKOUT,
	  GROUP_HEADING,
	  GROUP_P | GROUP_HEADING,
	  GROUP_SCOPE },
	{ { "h2", 2 },
	  TAG_HEADING,
	  TAG_BLOCK | TAG_BREAKOUT,
	  GROUP_HEADING,
	  GROUP_P | GROUP_HEADING,
	  GROUP_SCOPE },
	{ { "h3", 2 },
	  TAG_HEADING,
	  TAG_BLOCK | TAG_BREAKOUT,
	  GROUP_HEADING,
	  GROUP_P | GROUP_HEADING,
	  GROUP_SCOPE },
	{ { "h4", 2 },
	  TAG_HEADING,
	  TAG_BLOCK | TAG_BREAKOUT,
	  GROUP_HEADING,
	  GROUP_P | GROUP_HEADING,
	  GROUP_SCOPE },
	{ { "h5", 2 },
	  TAG_HEADING,
	  TAG_BLOCK | TAG_BREAKOUT,
	  GROUP_HEADING,
	  GROUP_P | GROUP_HEADING,
	  GROUP_SCOPE },
	{ { "h6", 2 },
	  TAG_HEADING,
	  TAG_BLOCK | TAG_BREAKOUT,
	  GROUP_HEADING,
	  GROUP_P | GROUP_HEADING,
	  GROUP_SCOPE },
	{ { "head", 4 }, TAG_HEAD, TAG_BLOCK | TAG_BREAKOUT, GROUP_HEAD },
	{ { "header", 6 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "hgroup", 6 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "hr", 2 }, TAG_OTHER, TAG_VOID | TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "html", 4 }, TAG_HTML, TAG_BLOCK, GROUP_SCOPE },
};
static const struct tag tags_i[] = {
	{ { "i", 1 }, TAG_OTHER, TAG_FORMAT | TAG_BREAKOUT },
	{ { "iframe", 6 }, TAG_IFRAME, TAG_HIDDEN },
	{ { "image", 5 }, TAG_IMAGE, TAG_VOID },
	{ { "img", 3 }, TAG_IMG, TAG_VOID | TAG_BREAKOUT },
	{ { "input", 5 }, TAG_INPUT, TAG_VOID },
	{ { "ins", 3 }, TAG_OTHER },
};
static const struct tag tags_k[] = {
	{ { "kbd", 3 }, TAG_OTHER },
	{ { "keygen", 6 }, TAG_OTHER, TAG_VOID },
};
static const struct tag tags_l[] = {
	{ { "label", 5 }, TAG_OTHER },
	{ { "legend", 6 }, TAG_OTHER },
	{ { "li", 2 },
	  TAG_OTHER,
	  TAG_BLOCK | TAG_BREAKOUT | TAG_OPTIONAL,
	  GROUP_LI,
	  GROUP_LI | GROUP_P,
	  GROUP_LIST | GROUP_SCOPE },
	{ { "link", 4 }, TAG_LINK, TAG_VOID | TAG_IN_HEAD },
	{ { "listing", 7 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
};
static const struct tag tags_m[] = {
	{ { "main", 4 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "map", 3 }, TAG_OTHER },
	{ { "mark", 4 }, TAG_MARK },
	{ { "marquee", 7 }, TAG_OTHER, TAG_BLOCK, GROUP_SCOPE },
	{ { "math", 4 }, TAG_MATH },
	{ { "menu", 4 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, GROUP_LIST, GROUP_P, GROUP_SCOPE },
	{ { "meta", 4 }, TAG_META, TAG_VOID | TAG_IN_HEAD | TAG_BREAKOUT },
	{ { "metadata", 8 }, TAG_DESC, TAG_HIDDEN },
	{ { "meter", 5 }, TAG_OTHER },
};
static const struct tag tags_n[] = {
	{ { "nav", 3 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "nobr", 4 }, TAG_OTHER, TAG_FORMAT | TAG_BREAKOUT },
	{ { "noembed", 7 }, TAG_NOEMBED, TAG_HIDDEN },
	{ { "noframes", 8 }, TAG_NOEMBED, TAG_HIDDEN | TAG_IN_HEAD },
	{ { "noscript", 8 }, TAG_OTHER, TAG_HIDDEN | TAG_IN_HEAD },
};
static const struct tag tags_o[] = {
	{ { "object", 6 }, TAG_OBJECT, 0, GROUP_SCOPE },
	{ { "ol", 2 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, GROUP_LIST, GROUP_P, GROUP_SCOPE },
	{ { "optgroup", 8 }, TAG_OTHER },
	{ { "option", 6 },
	  TAG_OTHER,
	  TAG_BLOCK | TAG_OPTIONAL,
	  GROUP_OPTION,
	  GROUP_OPTION,
	  GROUP_SCOPE },
	{ { "output", 6 }, TAG_OTHER },
};
static const struct tag tags_p[] = {
	{ { "p", 1 },
	  TAG_P,
	  TAG_BLOCK | TAG_BREAKOUT | TAG_OPTIONAL,
	  GROUP_P,
	  GROUP_P,
	  GROUP_SCOPE },
	{ { "param", 5 }, TAG_OTHER, TAG_VOID },
	{ { "picture", 7 }, TAG_OTHER },
	{ { "plaintext", 9 }, TAG_PLAINTEXT, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "pre", 3 }, TAG_PRE, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "progress", 8 }, TAG_OTHER },
};
static const struct tag tags_q[] = {
	{ { "q", 1 }, TAG_OTHER },
};
static const struct tag tags_r[] = {
	{ { "rp", 2 }, TAG_OTHER, TAG_HIDDEN },
	{ { "rt", 2 }, TAG_OTHER },
	{ { "ruby", 4 }, TAG_OTHER },
};
static const struct tag tags_s[] = {
	{ { "s", 1 }, TAG_OTHER, TAG_FORMAT | TAG_BREAKOUT },
	{ { "samp", 4 }, TAG_OTHER },
	{ { "script", 6 }, TAG_SCRIPT, TAG_HIDDEN | TAG_IN_HEAD },
	{ { "search", 6 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "section", 7 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "select", 6 }, TAG_OTHER },
	{ { "slot", 4 }, TAG_OTHER },
	{ { "small", 5 }, TAG_SMALL, TAG_FORMAT | TAG_BREAKOUT },
	{ { "source", 6 }, TAG_SOURCE, TAG_VOID },
	{ { "span", 4 }, TAG_OTHER, TAG_BREAKOUT },
	{ { "strike", 6 }, TAG_OTHER, TAG_FORMAT | TAG_BREAKOUT },
	{ { "strong", 6 }, TAG_OTHER, TAG_FORMAT | TAG_BREAKOUT },
	{ { "style", 5 }, TAG_STYLE, TAG_HIDDEN | TAG_IN_HEAD },
	{ { "sub", 3 }, TAG_OTHER, TAG_BREAKOUT },
	{ { "summary", 7 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
	{ { "sup", 3 }, TAG_OTHER, TAG_BREAKOUT },
	{ { "svg", 3 }, TAG_SVG },
};
static const struct tag tags_t[] = {
	{ { "table", 5 }, TAG_TABLE, TAG_BLOCK | TAG_BREAKOUT, GROUP_TABLE | GROUP_SCOPE },
	{ { "tbody", 5 },
	  TAG_OTHER,
	  TAG_BLOCK | TAG_OPTIONAL,
	  GROUP_SECTION,
	  GROUP_SECTION | GROUP_ROW | GROUP_CELL,
	  GROUP_TABLE },
	{ { "td", 2 },
	  TAG_TD,
	  TAG_BLOCK | TAG_OPTIONAL,
	  GROUP_CELL | GROUP_SCOPE,
	  GROUP_CELL,
	  GROUP_TABLE | GROUP_ROW },
	{ { "template", 8 }, TAG_OTHER, TAG_HIDDEN | TAG_IN_HEAD, GROUP_SCOPE },
	{ { "text", 4 }, TAG_OTHER },
	{ { "textarea", 8 }, TAG_TEXTAREA },
	{ { "tfoot", 5 },
	  TAG_OTHER,
	  TAG_BLOCK | TAG_OPTIONAL,
	  GROUP_SECTION,
	  GROUP_SECTION | GROUP_ROW | GROUP_CELL,
	  GROUP_TABLE },
	{ { "th", 2 },
	  TAG_TD,
	  TAG_BLOCK | TAG_OPTIONAL,
	  GROUP_CELL | GROUP_SCOPE,
	  GROUP_CELL,
	  GROUP_TABLE | GROUP_ROW },
	{ { "thead", 5 },
	  TAG_OTHER,
	  TAG_BLOCK | TAG_OPTIONAL,
	  GROUP_SECTION,
	  GROUP_SECTION | GROUP_ROW | GROUP_CELL,
	  GROUP_TABLE },
	{ { "time", 4 }, TAG_OTHER },
	{ { "title", 5 }, TAG_TITLE, TAG_HIDDEN | TAG_IN_HEAD },
	{ { "tr", 2 },
	  TAG_TR,
	  TAG_BLOCK | TAG_OPTIONAL,
	  GROUP_ROW,
	  GROUP_ROW | GROUP_CELL,
	  GROUP_TABLE },
	{ { "track", 5 }, TAG_SOURCE, TAG_VOID },
	{ { "tt", 2 }, TAG_OTHER, TAG_FORMAT | TAG_BREAKOUT },
};
static const struct tag tags_u[] = {
	{ { "u", 1 }, TAG_OTHER, TAG_FORMAT | TAG_BREAKOUT },
	{ { "ul", 2 }, TAG_OTHER, TAG_BLOCK | TAG_BREAKOUT, GROUP_LIST, GROUP_P, GROUP_SCOPE },
};
static const struct tag tags_v[] = {
	{ { "var", 3 }, TAG_OTHER, TAG_BREAKOUT },
	{ { "video", 5 }, TAG_VIDEO },
};
static const struct tag tags_w[] = {
	{ { "wbr", 3 }, TAG_OTHER, TAG_VOID },
};
static const struct tag tags_x[] = {
	{ { "xmp", 3 }, TAG_XMP, TAG_BLOCK | TAG_BREAKOUT, 0, GROUP_P, GROUP_SCOPE },
};
static const struct {
	const struct tag *p;
	size_t n;
} by_letter[26] = {
	LETTER('a', a), LETTER('b', b), LETTER('c', c), LETTER('d', d), LETTER('e', e),
	LETTER('f', f), LETTER('h', h), LETTER('i', i), LETTER('k', k), LETTER('l', l),
	LETTER('m', m), LETTER('n', n), LETTER('o', o), LETTER('p', p), LETTER('q', q),
	LETTER('r', r), LETTER('s', s), LETTER('t', t), LETTER('u', u), LETTER('v', v),
	LETTER('w', w), LETTER('x', x),
};

static const struct tag tag_other = { .id = TAG_OTHER };

const struct tag *tag_find(struct str name)
{
	unsigned letter = name.n ? (unsigned)(ch_lower(name.p[0]) - 'a') : 26;
	char last = name.n ? ch_lower(name.p[name.n - 1]) : 0;

	if (letter >= 26)
		return &tag_other;
	for (size_t i = 0; i < by_letter[letter].n; i++) {
		const struct tag *t = &by_letter[letter].p[i];

		if (t->name.n == name.n && t->name.p[name.n - 1] == last &&
		    (name.n <= 2 || str_ieq(t->name, name)))
			return t;
	}
	return &tag_other;
}

static const struct {
	struct str name;
	enum attr_id id;
} attr_names[] = {
	{ { "id", 2 }, ATTR_ID },
	{ { "src", 3 }, ATTR_SRC },
	{ { "alt", 3 }, ATTR_ALT },
	{ { "rel", 3 }, ATTR_REL },
	{ { "dir", 3 }, ATTR_DIR },
	{ { "href", 4 }, ATTR_HREF },
	{ { "text", 4 }, ATTR_TEXT },
	{ { "link", 4 }, ATTR_LINK },
	{ { "size", 4 }, ATTR_SIZE },
	{ { "type", 4 }, ATTR_TYPE },
	{ { "data", 4 }, ATTR_DATA },
	{ { "open", 4 }, ATTR_OPEN },
	{ { "ping", 4 }, ATTR_PING },
	{ { "class", 5 }, ATTR_CLASS },
	{ { "style", 5 }, ATTR_STYLE },
	{ { "width", 5 }, ATTR_WIDTH },
	{ { "color", 5 }, ATTR_COLOR },
	{ { "value", 5 }, ATTR_VALUE },
	{ { "media", 5 }, ATTR_MEDIA },
	{ { "height", 6 }, ATTR_HEIGHT },
	{ { "hidden", 6 }, ATTR_HIDDEN },
	{ { "action", 6 }, ATTR_ACTION },
	{ { "poster", 6 }, ATTR_POSTER },
	{ { "srcset", 6 }, ATTR_SRCSET },
	{ { "srcdoc", 6 }, ATTR_SRCDOC },
	{ { "bgcolor", 7 }, ATTR_BGCOLOR },
	{ { "content", 7 }, ATTR_CONTENT },
	{ { "download", 8 }, ATTR_DOWNLOAD },
	{ { "codebase", 8 }, ATTR_CODEBASE },
	{ { "background", 10 }, ATTR_BACKGROUND },
	{ { "formaction", 10 }, ATTR_FORMACTION },
	{ { "http-equiv", 10 }, ATTR_HTTP_EQUIV },
	{ { "xlink:href", 10 }, ATTR_XLINK_HREF },
};

#define ATTR_NAME_MAX 10u

/* Where the names of so many octets begin in attr_names. */
static const uint8_t attr_first[ATTR_NAME_MAX + 2] = { 0, 0, 0, 1, 5, 13, 19, 25, 27, 29, 29, 33 };

static size_t attr_find(struct str name)
{
	if (name.n > ATTR_NAME_MAX)
		return ATTRS;
	for (size_t i = attr_first[name.n]; i < attr_first[name.n + 1]; i++)
		if (attr_names[i].name.p[0] == ch_lower(name.p[0]) &&
		    str_ieq(attr_names[i].name, name))
			return attr_names[i].id;
	return ATTRS;
}

/* "onclick" and its like. */
static bool is_event(struct str name)
{
	if (name.n < 5 || !str_istarts(name, STR("on")))
		return false;
	for (size_t i = 2; i < name.n; i++)
		if (!ch_alpha(name.p[i]))
			return false;
	return true;
}

void attrs_read(const struct html_token *t, struct attrs *at)
{
	at->has = at->events = 0;
	at->event_text = STR_NULL;
	for (size_t i = 0; i < t->nattrs; i++) {
		size_t id = attr_find(t->attr[i].name);

		if (id < ATTRS && !attr_has(at, (enum attr_id)id)) {
			at->has |= UINT64_C(1) << id;
			at->v[id] = t->attr[i].value;
		} else if (id == ATTRS && is_event(t->attr[i].name)) {
			at->events++;
			at->event_text = t->attr[i].value;
		}
	}
}
