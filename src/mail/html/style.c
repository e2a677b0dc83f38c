/* The style of an element out of its parent's, its attributes and the rules that meet it. */
#include "mail/html/style.h"

#include "mail/html/color.h"

#define AWAY_PX 500.0f /* to the left or up */
#define FAR_PX 3000.0f /* to the right or down */
#define WINDOW_PX 800.0f
#define LINK_BLUE 0x0000EEFFu

struct style style_root(void)
{
	return (struct style){
		.font_px = 16,
		.opacity = 1,
		.color = COLOR_BLACK,
		.background = COLOR_WHITE,
		.link = LINK_BLUE,
		.gone = STYLE_SEEN,
		.reason = STYLE_SEEN,
		.layout = true,
	};
}

static void gone(struct style *s, enum html_hide why)
{
	if (s->gone == STYLE_SEEN)
		s->gone = (uint8_t)why;
	if (why == HTML_HIDE_DISPLAY || why == HTML_HIDE_ATTRIBUTE || why == HTML_HIDE_ELEMENT)
		s->layout = false;
}

/* ---- what attributes say: hints with the least weight ---- */

static void give_color(struct css_cascade *c, enum css_prop prop, struct str value)
{
	struct css_value v = { .kind = CSS_RGBA };

	if (color_legacy(value, &v.rgba))
		cascade_give(c, prop, v, 0);
}

/* <font size>: 1 to 7, or so much more or less than 3. */
static void give_font_size(struct css_cascade *c, struct style *s, struct str value)
{
	static const float px[] = { 10, 10, 13, 16, 18, 24, 32, 48 };
	struct css_value v = { .kind = CSS_PX };
	struct str t = str_trim(value);
	bool relative = t.n && (t.p[0] == '+' || t.p[0] == '-');
	float n;

	if (!css_number(&t, &n))
		return;
	s->font_attribute = n == 0 && !relative;
	if (relative)
		n += 3;
	v.n = s->font_attribute ? 0 : px[n < 1 ? 1 : n > 7 ? 7 : (int)n];
	cascade_give(c, CSS_FONT_SIZE, v, 0);
}

static void give_word(struct css_cascade *c, enum css_prop prop, enum css_word word)
{
	cascade_give(c, prop, (struct css_value){ .kind = CSS_WORD, .n = (float)word }, 0);
}

static void hints(struct css_cascade *c, struct style *s, const struct tag *tag,
		  const struct attrs *at)
{
	if (attr_has(at, ATTR_BGCOLOR))
		give_color(c, CSS_BACKGROUND, at->v[ATTR_BGCOLOR]);
	if (attr_has(at, ATTR_BACKGROUND) && at->v[ATTR_BACKGROUND].n)
		give_word(c, CSS_BACKGROUND_IMAGE, CSS_WORD_IMAGE);
	if (tag->id == TAG_FONT && attr_has(at, ATTR_COLOR))
		give_color(c, CSS_COLOR, at->v[ATTR_COLOR]);
	if (tag->id == TAG_FONT && attr_has(at, ATTR_SIZE))
		give_font_size(c, s, at->v[ATTR_SIZE]);
	if (tag->id == TAG_BODY && attr_has(at, ATTR_TEXT))
		give_color(c, CSS_COLOR, at->v[ATTR_TEXT]);
	if (tag->id == TAG_BODY && attr_has(at, ATTR_LINK))
		color_legacy(at->v[ATTR_LINK], &s->link);
	if (attr_has(at, ATTR_DIR))
		give_word(c, CSS_DIRECTION,
			  str_ieq(str_trim(at->v[ATTR_DIR]), STR("rtl")) ? CSS_WORD_RTL
									 : CSS_WORD_NORMAL);
}

/* What a browser's own sheet says of the element. */
static void defaults(struct css_cascade *c, struct style *s, const struct tag *tag,
		     const struct attrs *at)
{
	if (tag->flags & TAG_HIDDEN)
		gone(s, HTML_HIDE_ELEMENT);
	if (tag->id == TAG_A && attr_has(at, ATTR_HREF))
		cascade_give(c, CSS_COLOR, (struct css_value){ CSS_RGBA, 0, s->link }, 0);
	else if (tag->id == TAG_SMALL || tag->id == TAG_BIG)
		cascade_give(c, CSS_FONT_SIZE,
			     (struct css_value){ CSS_EM, tag->id == TAG_BIG ? 1.2f : 0.83f, 0 }, 0);
	else if (tag->id == TAG_MARK)
		cascade_give(c, CSS_BACKGROUND, (struct css_value){ CSS_RGBA, 0, 0xFFFF00FF }, 0);
	else if (tag->id == TAG_BDO)
		give_word(c, CSS_BIDI, CSS_WORD_OVERRIDE);
	else if (tag->id == TAG_PRE || tag->id == TAG_XMP || tag->id == TAG_TEXTAREA ||
		 tag->id == TAG_PLAINTEXT)
		s->lines = true;
	else if (tag->id == TAG_DIALOG && !attr_has(at, ATTR_OPEN))
		give_word(c, CSS_DISPLAY, CSS_WORD_NONE);
}

/* ---- what the cascade says ---- */

static const struct css_value *value(const struct css_cascade *c, enum css_prop prop)
{
	return c->set >> prop & 1 ? &c->value[prop] : NULL;
}

static bool is_word(const struct css_cascade *c, enum css_prop prop, enum css_word word)
{
	const struct css_value *v = value(c, prop);

	return v && v->kind == CSS_WORD && v->n == (float)word;
}

static float px(const struct style *s, const struct css_value *v)
{
	switch ((enum css_kind)v->kind) {
	case CSS_EM:
		return v->n * s->font_px;
	case CSS_PERCENT:
		return v->n / 100 * WINDOW_PX;
	case CSS_NUMBER:
	case CSS_PX:
		return v->n;
	default:
		return 0;
	}
}

static bool is_length(const struct css_value *v)
{
	return v && v->kind <= CSS_PERCENT;
}

static bool moved_away(const struct style *s, const struct css_cascade *c, enum css_prop prop)
{
	const struct css_value *v = value(c, prop);
	float n = is_length(v) ? px(s, v) : 0;

	return n <= -AWAY_PX || n >= FAR_PX;
}

static void set_font(struct style *s, const struct css_cascade *c)
{
	const struct css_value *v = value(c, CSS_FONT_SIZE);

	if (!v)
		return;
	if (v->kind == CSS_PERCENT)
		s->font_px *= v->n / 100;
	else
		s->font_px = px(s, v);
	s->font_attribute &= c->key[CSS_FONT_SIZE] == 0;
	if (!(s->font_px < 1e4f))
		s->font_px = 1e4f;
}

static void set_colors(struct style *s, const struct css_cascade *c)
{
	const struct css_value *color = value(c, CSS_COLOR), *back = value(c, CSS_BACKGROUND);

	if (color && color->kind == CSS_RGBA)
		s->color = color->rgba;
	if (back && back->kind == CSS_RGBA) {
		s->background = color_over(back->rgba, s->background);
		if ((back->rgba & 0xFF) == 0xFF)
			s->unknown_background = false;
	}
	if (is_word(c, CSS_BACKGROUND_IMAGE, CSS_WORD_IMAGE))
		s->unknown_background = true;
}

static void set_words(struct style *s, const struct css_cascade *c, bool hidden)
{
	const struct css_value *v = value(c, CSS_OPACITY);

	if (is_word(c, CSS_DISPLAY, CSS_WORD_NONE))
		gone(s, HTML_HIDE_DISPLAY);
	else if (hidden && !value(c, CSS_DISPLAY))
		gone(s, HTML_HIDE_ATTRIBUTE);
	s->block = is_word(c, CSS_DISPLAY, CSS_WORD_BLOCK);
	if (value(c, CSS_VISIBILITY))
		s->invisible = is_word(c, CSS_VISIBILITY, CSS_WORD_NONE);
	if (value(c, CSS_DIRECTION))
		s->rtl = is_word(c, CSS_DIRECTION, CSS_WORD_RTL);
	if (value(c, CSS_BIDI))
		s->override = is_word(c, CSS_BIDI, CSS_WORD_OVERRIDE);
	if (v) {
		s->opacity *= v->n < 0 ? 0 : v->n > 1 ? 1 : v->n;
		if (s->opacity <= STYLE_MIN_OPACITY)
			gone(s, HTML_HIDE_OPACITY);
	}
}

static void set_place(struct style *s, const struct css_cascade *c)
{
	bool away = is_word(c, CSS_TRANSFORM, CSS_WORD_MOVED) ||
		    moved_away(s, c, CSS_MARGIN_LEFT) || moved_away(s, c, CSS_MARGIN_TOP);

	if (is_word(c, CSS_POSITION, CSS_WORD_MOVED))
		away |= moved_away(s, c, CSS_LEFT) || moved_away(s, c, CSS_RIGHT) ||
			moved_away(s, c, CSS_TOP) || moved_away(s, c, CSS_BOTTOM);
	if (away)
		gone(s, HTML_HIDE_OFFSCREEN);
	if (is_length(value(c, CSS_TEXT_INDENT)))
		s->indented = moved_away(s, c, CSS_TEXT_INDENT);
}

/* The property says a length that leaves room for nothing. */
static bool no_room(const struct style *s, const struct css_cascade *c, enum css_prop prop)
{
	const struct css_value *v = value(c, prop);

	return is_length(v) && px(s, v) <= STYLE_MAX_ALONE;
}

static void set_box(struct style *s, const struct css_cascade *c)
{
	const struct css_value *line = value(c, CSS_LINE_HEIGHT);
	bool none = no_room(s, c, CSS_WIDTH) || no_room(s, c, CSS_HEIGHT) ||
		    no_room(s, c, CSS_MAX_WIDTH) || no_room(s, c, CSS_MAX_HEIGHT);

	if (is_word(c, CSS_CLIP, CSS_WORD_MOVED) || is_word(c, CSS_CLIP_PATH, CSS_WORD_MOVED) ||
	    (none && is_word(c, CSS_OVERFLOW, CSS_WORD_NONE)))
		gone(s, HTML_HIDE_CLIP);
	if (is_length(line)) {
		float n = line->kind == CSS_NUMBER    ? line->n * s->font_px
			  : line->kind == CSS_PERCENT ? line->n / 100 * s->font_px
						      : px(s, line);

		s->flat = n <= STYLE_MAX_ALONE;
	} else if (line) {
		s->flat = false;
	}
}

void style_judge(struct style *s)
{
	if (s->gone != STYLE_SEEN)
		s->reason = s->gone;
	else if (s->invisible)
		s->reason = HTML_HIDE_VISIBILITY;
	else if (s->font_px <= STYLE_MIN_FONT_PX)
		s->reason = s->font_attribute ? HTML_HIDE_ATTRIBUTE : HTML_HIDE_FONT_SIZE;
	else if (s->indented)
		s->reason = HTML_HIDE_OFFSCREEN;
	else if (s->flat)
		s->reason = HTML_HIDE_CLIP;
	else if (!s->unknown_background && color_unseen(s->color, s->background))
		s->reason = HTML_HIDE_COLOR;
	else if ((s->color & 0xFF) <= 255 * STYLE_MIN_OPACITY)
		s->reason = HTML_HIDE_COLOR;
	else
		s->reason = STYLE_SEEN;
}

/* ---- the whole ---- */

static uint64_t quick_hash(struct str s)
{
	uint64_t h = s.n, w;
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8) {
		memcpy(&w, s.p + i, 8);
		h = (h ^ w) * 0x9E3779B97F4A7C15u;
		h ^= h >> 29;
	}
	for (; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x9E3779B97F4A7C15u;
	return h ^ h >> 32;
}

/* The declarations of a style attribute, perhaps from memory. */
static const struct css_block *inline_block(struct style_maker *m, struct str text)
{
	struct style_cached *c = &m->cache[quick_hash(text) % STYLE_CACHE];

	if (!c->text.p || !str_eq(c->text, text)) {
		c->text = text;
		c->block = css_block_read(m->arena, html_unescape_attr(m->arena, text));
	}
	return c->block;
}

void style_make(struct style_maker *m, const struct style *parent, const struct tag *tag,
		const struct attrs *at, const struct css_element *path, size_t n, struct style *out)
{
	struct css_cascade *c = &m->cascade;
	const struct css_block *own;

	*out = *parent;
	out->block = false;
	c->set = 0;
	c->image = STR_NULL;
	defaults(c, out, tag, at);
	if (at->has)
		hints(c, out, tag, at);
	sheet_match(m->sheet, path, n, c);
	if (attr_has(at, ATTR_STYLE)) {
		own = inline_block(m, at->v[ATTR_STYLE]);
		if (own)
			cascade_inline(c, own);
	}
	if (!c->set && !attr_has(at, ATTR_HIDDEN)) {
		out->reason = out->gone != STYLE_SEEN ? out->gone : out->reason;
		return;
	}
	set_font(out, c);
	set_colors(out, c);
	set_words(out, c, attr_has(at, ATTR_HIDDEN));
	set_place(out, c);
	set_box(out, c);
	style_judge(out);
}
