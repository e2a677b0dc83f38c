/* HTML rendered as SpamAssassin renders it, and what it notes on the way. */
#include "mail/view/sahtml.h"

static bool space(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
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
	invisible = !sahtml_is_blank(text) && sahtml_is_invisible(h);
	sahtml_note_cut_word(h, text);
	sahtml_add_text(h, text, invisible, wide);
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
	struct str href = sahtml_link(h, STR("a"), attrs);

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
	const struct sahtml_element *tag = sahtml_element(t->name);
	struct str name = tag ? str_c(tag->name) : arena_lower(h->arena, t->name);
	bool of_office = !tag && office(name);

	count_inside(h, name, start, of_office || (tag && (tag->flags & SAHTML_KNOWN)));
	if (!tag)
		return;
	if (tag->style != SAHTML_NO_STYLE && start)
		sahtml_style_open(&h->styles, tag->style, t->attrs);
	else if (tag->style != SAHTML_NO_STYLE)
		sahtml_style_close(&h->styles, tag->style);
	if (tag->flags & SAHTML_BREAK)
		sahtml_add_whitespace(h, STR("\n"));
	else if (tag->flags & SAHTML_BLANK)
		sahtml_add_whitespace(h, STR(" "));
	else if (tag->flags & SAHTML_BLOCK)
		sahtml_add_whitespace(h, STR("\n\n"));
	if (!start)
		return;
	if (tag->flags & SAHTML_URI)
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
	if (!h->wide) {
		narrow(h, h->titles.p, h->titles.n);
		narrow(h, h->scripts.p, h->scripts.n);
		narrow(h, h->comments.p, h->comments.n);
	}
	for (size_t i = 0; i < h->uris.n && !h->wide; i++)
		narrow(h, &h->uris.p[i].uri, 1);
	for (size_t i = 0; i < h->anchors.n; i++) {
		struct str text = buf_str(&h->anchors.p[i].text);

		if (!h->wide)
			narrow(h, &text, 1);
		VEC_PUSH(h->arena, h->anchor_texts) = text;
		VEC_PUSH(h->arena, h->uris.p[h->anchors.p[i].uri].anchors) = text;
	}
	sahtml_count_characters(h);
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

struct sahtml *sahtml_read(struct arena *a, struct str text, bool wide, size_t octets,
			   struct view_budget *left)
{
	struct sahtml *h = ARENA_NEW(a, struct sahtml);
	struct sahtml_lexer *l = ARENA_NEW(a, struct sahtml_lexer);
	struct sahtml_token t;

	h->arena = a;
	h->left = left;
	h->given_wide = h->wide = wide;
	h->text.arena = a;
	h->inside = map_new(a, false);
	h->uri_at = map_new(a, false);
	sahtml_styles_init(&h->styles, a);
	h->length = characters(text);
	left->over |= text.n > left->octets;
	text = str_sub(text, 0, left->octets);
	left->octets -= text.n;
	l->in = simplify(a, text);
	while (left->tokens && sahtml_next(l, &t)) {
		left->tokens--;
		if (t.kind == SAHTML_TEXT)
			on_text(h, &t);
		else if (t.kind == SAHTML_COMMENT)
			VEC_PUSH(a, h->comments) = t.text;
		else if (t.kind != SAHTML_DECLARATION)
			on_tag(h, &t);
		else if (str_istarts(t.text, STR("<!doctype")))
			on_doctype(h);
	}
	left->over |= !left->tokens;
	h->unended = l->nsections && l->section[l->nsections - 1] == SAHTML_IGNORE;
	finish(h, octets);
	return h;
}
