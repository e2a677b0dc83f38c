/* HTML rendered as SpamAssassin renders it, and what it notes on the way. */
#include <unicode/uchar.h>

#include "base/utf8.h"
#include "mail/view/sahtml.h"

enum {
	KNOWN = 1,  /* an element of HTML */
	TRICK = 2,  /* none, but rendered */
	URI = 4,    /* its attributes hold URIs */
	BREAK = 8,  /* white space of its own: a line end */
	BLANK = 16, /* a space */
	BLOCK = 32
}; /* two line ends */

static const struct tag {
	const char *name;
	unsigned char flags;
	enum sahtml_tag style;
} tags[] = {
	{ "a", KNOWN | URI, SAHTML_A },
	{ "abbr", KNOWN, SAHTML_NO_STYLE },
	{ "acronym", KNOWN, SAHTML_NO_STYLE },
	{ "address", KNOWN, SAHTML_NO_STYLE },
	{ "applet", KNOWN, SAHTML_NO_STYLE },
	{ "area", KNOWN | URI, SAHTML_NO_STYLE },
	{ "b", KNOWN, SAHTML_NO_STYLE },
	{ "base", KNOWN | URI, SAHTML_NO_STYLE },
	{ "basefont", KNOWN, SAHTML_BASEFONT },
	{ "bdo", KNOWN, SAHTML_NO_STYLE },
	{ "bgsound", TRICK | URI, SAHTML_NO_STYLE },
	{ "big", KNOWN, SAHTML_BIG },
	{ "blockquote", KNOWN | BLOCK, SAHTML_NO_STYLE },
	{ "body", KNOWN | URI, SAHTML_BODY },
	{ "br", KNOWN | BREAK, SAHTML_NO_STYLE },
	{ "button", KNOWN, SAHTML_NO_STYLE },
	{ "caption", KNOWN, SAHTML_NO_STYLE },
	{ "center", KNOWN, SAHTML_NO_STYLE },
	{ "cite", KNOWN, SAHTML_NO_STYLE },
	{ "code", KNOWN, SAHTML_NO_STYLE },
	{ "col", KNOWN, SAHTML_NO_STYLE },
	{ "colgroup", KNOWN, SAHTML_NO_STYLE },
	{ "dd", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "del", KNOWN, SAHTML_NO_STYLE },
	{ "dfn", KNOWN, SAHTML_NO_STYLE },
	{ "dir", KNOWN, SAHTML_NO_STYLE },
	{ "div", KNOWN | BREAK, SAHTML_DIV },
	{ "dl", KNOWN, SAHTML_NO_STYLE },
	{ "dt", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "em", KNOWN, SAHTML_NO_STYLE },
	{ "embed", TRICK | URI | BLANK, SAHTML_NO_STYLE },
	{ "fieldset", KNOWN, SAHTML_NO_STYLE },
	{ "font", KNOWN, SAHTML_FONT },
	{ "form", KNOWN | URI, SAHTML_NO_STYLE },
	{ "frame", KNOWN | URI, SAHTML_NO_STYLE },
	{ "frameset", KNOWN, SAHTML_NO_STYLE },
	{ "h1", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "h2", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "h3", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "h4", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "h5", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "h6", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "head", KNOWN, SAHTML_NO_STYLE },
	{ "hr", KNOWN | BLOCK, SAHTML_NO_STYLE },
	{ "html", KNOWN, SAHTML_NO_STYLE },
	{ "i", KNOWN, SAHTML_NO_STYLE },
	{ "iframe", KNOWN | URI, SAHTML_NO_STYLE },
	{ "img", KNOWN | URI, SAHTML_NO_STYLE },
	{ "input", KNOWN, SAHTML_NO_STYLE },
	{ "ins", KNOWN, SAHTML_NO_STYLE },
	{ "isindex", KNOWN, SAHTML_NO_STYLE },
	{ "kbd", KNOWN, SAHTML_NO_STYLE },
	{ "label", KNOWN, SAHTML_NO_STYLE },
	{ "legend", KNOWN, SAHTML_NO_STYLE },
	{ "li", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "link", KNOWN | URI, SAHTML_NO_STYLE },
	{ "listing", TRICK | BLOCK, SAHTML_NO_STYLE },
	{ "map", KNOWN, SAHTML_NO_STYLE },
	{ "menu", KNOWN, SAHTML_NO_STYLE },
	{ "meta", KNOWN | URI, SAHTML_NO_STYLE },
	{ "nobr", KNOWN, SAHTML_NO_STYLE },
	{ "noframes", KNOWN, SAHTML_NO_STYLE },
	{ "noscript", KNOWN, SAHTML_NO_STYLE },
	{ "object", KNOWN, SAHTML_NO_STYLE },
	{ "ol", KNOWN, SAHTML_NO_STYLE },
	{ "optgroup", KNOWN, SAHTML_NO_STYLE },
	{ "option", KNOWN, SAHTML_NO_STYLE },
	{ "p", KNOWN | BLOCK, SAHTML_P },
	{ "param", KNOWN, SAHTML_NO_STYLE },
	{ "plaintext", TRICK | BLOCK, SAHTML_NO_STYLE },
	{ "pre", KNOWN | BLOCK, SAHTML_NO_STYLE },
	{ "q", KNOWN, SAHTML_NO_STYLE },
	{ "s", KNOWN, SAHTML_NO_STYLE },
	{ "samp", KNOWN, SAHTML_NO_STYLE },
	{ "script", KNOWN | URI, SAHTML_NO_STYLE },
	{ "select", KNOWN, SAHTML_NO_STYLE },
	{ "small", KNOWN, SAHTML_SMALL },
	{ "span", KNOWN, SAHTML_SPAN },
	{ "strike", KNOWN, SAHTML_NO_STYLE },
	{ "strong", KNOWN, SAHTML_NO_STYLE },
	{ "style", KNOWN, SAHTML_NO_STYLE },
	{ "sub", KNOWN, SAHTML_NO_STYLE },
	{ "sup", KNOWN, SAHTML_NO_STYLE },
	{ "table", KNOWN | URI, SAHTML_TABLE },
	{ "tbody", KNOWN, SAHTML_NO_STYLE },
	{ "td", KNOWN | URI | BLANK, SAHTML_TD },
	{ "textarea", KNOWN, SAHTML_NO_STYLE },
	{ "tfoot", KNOWN, SAHTML_NO_STYLE },
	{ "th", KNOWN | BLANK, SAHTML_TD },
	{ "thead", KNOWN, SAHTML_NO_STYLE },
	{ "title", KNOWN | BLOCK, SAHTML_NO_STYLE },
	{ "tr", KNOWN | URI, SAHTML_TR },
	{ "tt", KNOWN, SAHTML_NO_STYLE },
	{ "u", KNOWN, SAHTML_NO_STYLE },
	{ "ul", KNOWN, SAHTML_NO_STYLE },
	{ "var", KNOWN, SAHTML_NO_STYLE },
	{ "x-sigsep", KNOWN, SAHTML_NO_STYLE },
	{ "x-tab", KNOWN, SAHTML_NO_STYLE },
	{ "xmp", TRICK | BLOCK, SAHTML_NO_STYLE },
};

static const struct tag *find_tag(struct str name)
{
	size_t lo = 0, hi = sizeof tags / sizeof *tags;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int order = str_icmp(str_c(tags[mid].name), name);

		if (order == 0)
			return &tags[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* ---- text ---- */

static struct str last_piece(const struct sahtml *h)
{
	size_t n = h->pieces.n;
	size_t from = n > 1 ? h->pieces.p[n - 2].end : 0;

	return n ? str_of(h->text.p + from, h->pieces.p[n - 1].end - from) : STR_NULL;
}

static void end_piece(struct sahtml *h, struct sahtml_piece piece)
{
	piece.end = h->text.n;
	VEC_PUSH(h->arena, h->pieces) = piece;
}

static void add_whitespace(struct sahtml *h, struct str space)
{
	struct str before = last_piece(h);

	if (before.n && !h->pieces.p[h->pieces.n - 1].whitespace &&
	    !h->pieces.p[h->pieces.n - 1].invisible && before.p[before.n - 1] == ' ') {
		h->text.n--;
		h->pieces.p[h->pieces.n - 1].end--;
	}
	buf_add(&h->text, space);
	end_piece(h, (struct sahtml_piece){ .whitespace = true });
}

static bool space(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
}

/* Octets of white space at i; what UTF-8 of a no-break space looks like in ISO-8859-1 is one. */
static size_t space_at(struct str s, size_t i)
{
	if (space(s.p[i]))
		return 1;
	return s.p[i] == '\xc3' && str_starts(str_skip(s, i), STR("\xc3\x82\xc2\xa0")) ? 4 : 0;
}

static void add_text(struct sahtml *h, struct str text, bool invisible, bool wide)
{
	bool follows = h->pieces.n && !invisible && h->pieces.p[h->pieces.n - 1].whitespace;
	char *to = buf_room(&h->text, text.n), *start = to;
	size_t i = 0;

	while (i < text.n) {
		size_t n = space_at(text, i);

		if (!n) {
			*to++ = text.p[i++];
			continue;
		}
		i += n;
		while (n == 1 && i < text.n && space(text.p[i]))
			i++;
		if (!follows || to > start)
			*to++ = ' ';
		else
			follows = false; /* one space only */
	}
	h->text.n += (size_t)(to - start);
	end_piece(h, (struct sahtml_piece){ .invisible = invisible, .wide = wide });
}

static bool is_blank(struct str s)
{
	size_t i = 0, n = 1;

	while (i < s.n && n) {
		n = space_at(s, i);
		i += n;
	}
	return i == s.n && n;
}

/* ---- what makes text invisible ---- */

static double distance(uint32_t x, uint32_t y)
{
	double r = (double)(x >> 16 & 255) - (double)(y >> 16 & 255);
	double g = (double)(x >> 8 & 255) - (double)(y >> 8 & 255);
	double b = (double)(x & 255) - (double)(y & 255);

	r *= 0.2126;
	g *= 0.7152;
	b *= 0.0722;
	return r * r + g * g + b * b; /* squared */
}

static bool is_invisible(struct sahtml *h)
{
	const struct sahtml_style *s = &h->styles.stack.p[h->styles.stack.n - 1];

	if (s->fg == s->bg || (s->fg < SAHTML_BAD_COLOR && s->bg < SAHTML_BAD_COLOR &&
			       distance(s->fg, s->bg) < 12.0 * 12.0)) {
		h->font_low_contrast = true;
		return true;
	}
	if (s->fg == SAHTML_BAD_COLOR || s->bg == SAHTML_BAD_COLOR) {
		h->font_invalid_color = true;
		return true;
	}
	return s->size <= 1 || s->none || s->hidden;
}

/* ---- words that tags cut ---- */

/* A character that can stand in a word: no white space, no ASCII punctuation. */
static bool letter(const struct sahtml *h, uint32_t c)
{
	if (c < 0x80)
		return c < 0x21 ? !(c == ' ' || (c >= 9 && c <= 13))
				: ch_alnum((char)c) || c == 127;
	return !h->wide || !u_isUWhiteSpace((UChar32)c);
}

/* What Perl's \w takes. */
static bool word(const struct sahtml *h, uint32_t c)
{
	if (c < 0x80)
		return ch_alnum((char)c) || c == '_';
	return h->wide && (u_isalnum((UChar32)c) || u_charType((UChar32)c) == U_NON_SPACING_MARK ||
			   u_charType((UChar32)c) == U_COMBINING_SPACING_MARK ||
			   u_charType((UChar32)c) == U_CONNECTOR_PUNCTUATION);
}

static uint32_t char_before(struct str s, size_t *at)
{
	uint32_t c = 0;

	do
		--*at;
	while (*at && (s.p[*at] & 0xc0) == 0x80);
	return utf8_read(str_skip(s, *at), &c) ? c : 0xfffd;
}

/* Characters of a word at the end of s, 1 to 7, that a boundary begins; 0: none. */
static size_t word_at_end(const struct sahtml *h, struct str s)
{
	size_t at = s.n, n = 0, best = 0;
	bool inner = false; /* the character behind is of a word */

	while (at && n < 8) {
		uint32_t c = char_before(s, &at);

		if (n && word(h, c) != inner)
			best = n;
		if (!letter(h, c) || n == 7)
			return best;
		inner = word(h, c);
		n++;
	}
	return at == 0 && inner ? n : best;
}

/* The same at the beginning, and a boundary ends it: as long as can be. */
static size_t word_at_start(const struct sahtml *h, struct str s)
{
	size_t i = 0, n = 0, best = 0;
	bool inner = false;

	while (i < s.n) {
		uint32_t c = 0;
		size_t used = utf8_read(str_skip(s, i), &c);

		i += used ? used : 1;
		if (n && word(h, c) != inner)
			best = n;
		if (!letter(h, c) || n == 7)
			return best;
		inner = word(h, c);
		n++;
	}
	return inner ? n : best;
}

static void note_cut_word(struct sahtml *h, struct str text)
{
	struct str before = last_piece(h), key;
	size_t at = before.n, first, second;
	uint32_t c = 0;

	if (!before.n || !text.n || !utf8_read(text, &c) || !letter(h, c) ||
	    !letter(h, char_before(before, &at)))
		return;
	h->obfuscation++;
	first = word_at_end(h, before);
	second = first ? word_at_start(h, text) : 0;
	if (!second)
		return;
	key = arena_printf(h->arena, "%zu_%zu", first, second);
	if (!map_get(h->backhair, key))
		map_put(h->backhair, key, h);
}

/* ---- tokens ---- */

static void on_text(struct sahtml *h, const struct sahtml_token *t)
{
	struct str text = t->text;
	bool invisible, wide = h->given_wide;

	if (!t->literal)
		text = sahtml_unescape(h->arena, text, true, &wide);
	if (h->in_script) {
		VEC_PUSH(h->arena, h->scripts) = text;
		return;
	}
	if (h->in_style)
		return;
	if (h->in_a && h->anchors.n)
		buf_add(&h->anchors.p[h->anchors.n - 1].text, text);
	if (h->in_title && h->titles.n) {
		buf_add(&h->title, text);
		h->titles.p[h->titles.n - 1] = buf_str(&h->title);
	}
	h->wide |= wide;
	invisible = !is_blank(text) && is_invisible(h);
	note_cut_word(h, text);
	add_text(h, text, invisible, wide);
}

/* "o:p", "st1:City": of Office; counted as an element, and no more. */
static bool office(struct str tag)
{
	size_t colon = str_chr(tag, ':');
	struct str rest = str_skip(tag, colon == SIZE_MAX ? tag.n : colon + 1);

	if (rest.n && rest.p[rest.n - 1] == '/')
		rest.n--;
	if (!rest.n || !((colon == 1 && tag.p[0] == 'o') ||
			 (colon == 3 && tag.p[0] == 's' && tag.p[1] == 't' && ch_digit(tag.p[2]))))
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if (!ch_alnum(rest.p[i]) && rest.p[i] != '_' && rest.p[i] != '-' &&
		    (unsigned char)rest.p[i] < 0x80)
			return false;
	return true;
}

static void count_inside(struct sahtml *h, struct str name, bool start, bool element)
{
	struct sahtml_count *c = map_get(h->inside, name);

	h->tags++;
	h->elements += element;
	if (!c) {
		c = ARENA_NEW(h->arena, struct sahtml_count);
		map_put(h->inside, name, c);
		h->tags_seen++;
		h->elements_seen += element;
	}
	if (start)
		c->inside++;
	else if (c->inside)
		c->inside--;
	else
		h->closed_extra++;
	if (str_eq(name, STR("a")))
		h->in_a = c->inside;
	else if (str_eq(name, STR("script")))
		h->in_script = c->inside;
	else if (str_eq(name, STR("style")))
		h->in_style = c->inside;
	else if (str_eq(name, STR("title")))
		h->in_title = c->inside;
}

/* "640", or "80%" of a screen of 800 x 600; 200 where it says nothing. */
static double image_side(struct str s, double percent)
{
	double v = 0;
	size_t i = 0;

	if (s.n && s.p[s.n - 1] == '\n')
		s.n--;
	while (i < s.n && ch_digit(s.p[i]) && i < 15)
		v = v * 10 + (s.p[i++] - '0');
	if (i && i + 1 == s.n && s.p[i] == '%')
		v *= percent;
	else if (i != s.n)
		v = 0;
	return v > 0 ? v : 200;
}

/* A name of a typeface, or some with commas between. */
static bool is_face(struct str s)
{
	size_t i = 0, letters;

	while (i < s.n && space(s.p[i]))
		i++;
	for (bool first = true;; first = false) {
		char end;

		if (i < s.n && (s.p[i] == '"' || s.p[i] == '\'' || (first && s.p[i] == '.')))
			i++;
		letters = i;
		if (i < s.n && (ch_alpha(s.p[i]) || (first && s.p[i] == ' ')))
			i++;
		while (i > letters && i < s.n &&
		       (ch_alpha(s.p[i]) || s.p[i] == ' ' || s.p[i] == '-'))
			i++;
		end = i > letters ? s.p[i - 1] : '\0';
		if (i < letters + 2 || !ch_alpha(end))
			return false;
		i += i < s.n && ch_digit(s.p[i]);
		i += i < s.n && (s.p[i] == '"' || s.p[i] == '\'');
		if (i == s.n || s.p[i] != ',')
			break;
		for (i++; i < s.n && space(s.p[i]);)
			i++;
	}
	i += i < s.n && s.p[i] == ';';
	i += i + 1 == s.n && s.p[i] == '\n';
	return i == s.n;
}

static void on_image(struct sahtml *h, struct str attrs)
{
	struct str width = sahtml_attribute(h, attrs, STR("width"));
	struct str height = sahtml_attribute(h, attrs, STR("height"));

	if (h->in_a && h->anchors.n)
		buf_add(&h->anchors.p[h->anchors.n - 1].text, STR("<img>\n"));
	if (width.p && height.p)
		h->image_area += image_side(width, 8) * image_side(height, 6);
}

static void on_anchor(struct sahtml *h, struct str attrs)
{
	struct str href = sahtml_attribute(h, attrs, STR("href"));

	VEC_PUSH(h->arena, h->anchors) = (struct sahtml_anchor){
		.uri = sahtml_uri(h, href.p ? sahtml_canon_uri(h, href) : STR("")),
		.text = { .arena = h->arena }
	};
}

static void look_at(struct sahtml *h, struct str name, struct str attrs)
{
	if (str_eq(name, STR("font"))) {
		struct str face = sahtml_attribute(h, attrs, STR("face"));

		h->font_face_bad |= face.p && !is_face(face);
	} else if (str_eq(name, STR("img"))) {
		on_image(h, attrs);
	} else if (str_eq(name, STR("form"))) {
		h->form_action_mailto |=
			str_ifind(sahtml_attribute(h, attrs, STR("action")), STR("mailto:"));
	} else if (str_eq(name, STR("object")) || str_eq(name, STR("embed"))) {
		h->embeds = true;
	} else if (str_eq(name, STR("a"))) {
		on_anchor(h, attrs);
	} else if (str_eq(name, STR("title"))) {
		h->title = (struct buf){ .arena = h->arena };
		VEC_PUSH(h->arena, h->titles) = STR("");
	}
}

static void on_tag(struct sahtml *h, const struct sahtml_token *t)
{
	bool start = t->kind == SAHTML_START;
	const struct tag *tag = find_tag(t->name);
	struct str name = tag ? str_c(tag->name) : arena_lower(h->arena, t->name);
	bool of_office = !tag && office(name);

	count_inside(h, name, start, of_office || (tag && (tag->flags & KNOWN)));
	if (!tag)
		return;
	if (tag->style != SAHTML_NO_STYLE && start)
		sahtml_style_open(&h->styles, tag->style, t->attrs);
	else if (tag->style != SAHTML_NO_STYLE)
		sahtml_style_close(&h->styles, tag->style);
	if (tag->flags & BREAK)
		add_whitespace(h, STR("\n"));
	else if (tag->flags & BLANK)
		add_whitespace(h, STR(" "));
	else if (tag->flags & BLOCK)
		add_whitespace(h, STR("\n\n"));
	if (!start)
		return;
	if (tag->flags & URI)
		sahtml_uris_of_tag(h, name, t->attrs);
	look_at(h, name, t->attrs);
}

/* ---- the document ---- */

/* "&nbsp;" to a space. */
static struct str plain_spaces(struct arena *a, struct str in)
{
	char *p = arena_alloc(a, in.n + 1), *to = p;
	size_t at = 0;

	while (at < in.n) {
		size_t n = str_chr(str_skip(in, at), '&');

		n = n == SIZE_MAX ? in.n - at : n;
		memcpy(to, in.p + at, n);
		to += n;
		at += n;
		if (at == in.n)
			break;
		if (str_starts(str_skip(in, at), STR("&nbsp;"))) {
			*to++ = ' ';
			at += 6;
		} else {
			*to++ = in.p[at++];
		}
	}
	return str_of(p, (size_t)(to - p));
}

/* Octets of "<name />" at i; *name: those of its name. */
static size_t empty_tag(struct str s, size_t i, size_t *name)
{
	size_t at = i + 1;

	while (at < s.n && (ch_alnum(s.p[at]) || s.p[at] == '_'))
		at++;
	*name = at - i - 1;
	while (at < s.n && space(s.p[at]))
		at++;
	return *name && at + 1 < s.n && s.p[at] == '/' && s.p[at + 1] == '>' ? at + 2 - i : 0;
}

/* "<br />" to "<br>", and typographic quotes to plain ones, since attributes stand in them. */
static struct str simplify(struct arena *a, struct str in)
{
	struct str s = plain_spaces(a, in);
	char *p = (char *)(uintptr_t)s.p;
	size_t to = 0, i = 0;

	while (i < s.n) {
		size_t name, n = p[i] == '<' ? empty_tag(s, i, &name) : 0;

		if (n) {
			memmove(p + to, p + i, name + 1);
			to += name + 1;
			p[to++] = '>';
			i += n;
		} else if (p[i] == '\xe2' && i + 2 < s.n && p[i + 1] == '\x80' &&
			   (p[i + 2] == '\x9c' || p[i + 2] == '\x9d')) {
			p[to++] = '"';
			i += 3;
		} else {
			p[to++] = p[i++];
		}
	}
	return str_of(p, to);
}

/* Characters, and those of them that are white space. */
static void count_characters(struct sahtml *h)
{
	size_t all = 0, white = 0, i = 0;

	while (i < h->text.n) {
		unsigned char u = (unsigned char)h->text.p[i];

		all++;
		if (u < 0x80) {
			white += u == ' ' || (u >= 9 && u <= 11) || u == 13 || (h->wide && u == 12);
			i++;
		} else {
			uint32_t c = 0;
			size_t n = utf8_read(str_skip(buf_str(&h->text), i), &c);

			white += h->wide && u_isUWhiteSpace((UChar32)c);
			i += n ? n : 1;
		}
	}
	h->html_length = (double)all;
	h->non_space_len = (double)(all - white);
}

static double characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return (double)n;
}

static void narrow(struct sahtml *h, struct str *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = view_octets(h->arena, p[i]);
}

static void finish(struct sahtml *h, size_t octets)
{
	for (size_t i = 0; i < h->anchors.n; i++) {
		VEC_PUSH(h->arena, h->anchor_texts) = buf_str(&h->anchors.p[i].text);
		VEC_PUSH(h->arena, h->uris.p[h->anchors.p[i].uri].anchors) =
			buf_str(&h->anchors.p[i].text);
	}
	if (!h->wide) {
		narrow(h, h->titles.p, h->titles.n);
		narrow(h, h->scripts.p, h->scripts.n);
		narrow(h, h->comments.p, h->comments.n);
		narrow(h, h->anchor_texts.p, h->anchor_texts.n);
	}
	count_characters(h);
	h->has_ratio = octets > 0;
	if (octets)
		h->ratio = ((double)octets - h->html_length) / (double)octets;
}

static void on_doctype(struct sahtml *h)
{
	struct str name = STR("!doctype");

	h->elements++;
	h->tags++;
	if (!map_get(h->inside, name))
		map_put(h->inside, name, ARENA_NEW(h->arena, struct sahtml_count));
}

struct sahtml *sahtml_read(struct arena *a, struct str text, bool wide, size_t octets)
{
	struct sahtml *h = ARENA_NEW(a, struct sahtml);
	struct sahtml_lexer *l = ARENA_NEW(a, struct sahtml_lexer);
	struct sahtml_token t;

	h->arena = a;
	h->given_wide = h->wide = wide;
	h->text.arena = a;
	h->inside = map_new(a, false);
	h->uri_at = map_new(a, false);
	h->backhair = map_new(a, false);
	sahtml_styles_init(&h->styles, a);
	h->length = characters(text);
	l->in = simplify(a, str_sub(text, 0, SAHTML_MAX_OCTETS));
	while (sahtml_next(l, &t)) {
		if (t.kind == SAHTML_TEXT)
			on_text(h, &t);
		else if (t.kind == SAHTML_COMMENT)
			VEC_PUSH(a, h->comments) = t.text;
		else if (t.kind != SAHTML_DECLARATION)
			on_tag(h, &t);
		else if (str_istarts(t.text, STR("<!doctype")))
			on_doctype(h);
	}
	finish(h, octets);
	return h;
}
