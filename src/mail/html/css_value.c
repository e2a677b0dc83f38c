/* The properties of CSS that are read: one table, and a reader for each kind of value. */
#include "mail/html/css_value.h"

#include "mail/html/color.h"

/* What moves further than this to the left or up is not on the screen; px. */
#define AWAY_PX 500.0f
#define FAR_PX 3000.0f

static struct css_value word(enum css_word w)
{
	return (struct css_value){ .kind = CSS_WORD, .n = (float)w };
}

/* Up to the first white space outside of brackets; cut off *s. */
static struct str token(struct str *s)
{
	struct str whole = css_trim(*s);
	size_t i = 0;

	while (i < whole.n && !ch_fws(whole.p[i]) && whole.p[i] != '\f' && whole.p[i] != ',')
		i = whole.p[i] == '(' || whole.p[i] == '"' || whole.p[i] == '\''
			    ? css_skip(whole, i)
			    : i + 1;
	*s = str_skip(whole, i + (i < whole.n));
	return str_sub(whole, 0, i);
}

/* ---- lengths ---- */

static const struct {
	struct str name;
	enum css_kind kind;
	float factor;
} units[] = {
	{ { "", 0 }, CSS_NUMBER, 1 },	 { { "px", 2 }, CSS_PX, 1 },
	{ { "%", 1 }, CSS_PERCENT, 1 },	 { { "em", 2 }, CSS_EM, 1 },
	{ { "pt", 2 }, CSS_PX, 1.333f }, { { "rem", 3 }, CSS_PX, 16 },
	{ { "ex", 2 }, CSS_EM, 0.5f },	 { { "ch", 2 }, CSS_EM, 0.5f },
	{ { "vw", 2 }, CSS_PX, 8 },	 { { "vh", 2 }, CSS_PX, 6 },
	{ { "vmin", 4 }, CSS_PX, 6 },	 { { "vmax", 4 }, CSS_PX, 8 },
	{ { "in", 2 }, CSS_PX, 96 },	 { { "cm", 2 }, CSS_PX, 37.8f },
	{ { "mm", 2 }, CSS_PX, 3.78f },	 { { "pc", 2 }, CSS_PX, 16 },
	{ { "q", 1 }, CSS_PX, 0.945f },
};

/* calc() of one term is that term. */
static struct str inside_calc(struct str s)
{
	if (str_istarts(s, STR("calc(")) && s.p[s.n - 1] == ')')
		return css_trim(str_sub(s, 5, s.n - 6));
	return s;
}

static bool length(struct str s, struct css_value *v)
{
	s = inside_calc(s);
	if (!css_number(&s, &v->n))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (str_ieq(units[i].name, s)) {
			v->kind = (uint8_t)units[i].kind;
			v->n *= units[i].factor;
			return true;
		}
	return false;
}

static float rough_px(struct css_value v)
{
	return v.kind == CSS_EM ? v.n * 16 : v.kind == CSS_PERCENT ? v.n * 8 : v.n;
}

static void read_length(struct css_building *b, enum css_prop prop, struct str value)
{
	struct css_value v = { 0 };

	if (length(value, &v))
		css_give(b, prop, v);
	else if (str_ieq(value, STR("auto")) || str_ieq(value, STR("none")) ||
		 str_ieq(value, STR("normal")) || str_ieq(value, STR("initial")))
		css_give(b, prop, word(CSS_WORD_NORMAL));
	else if (str_ieq(value, STR("inherit")))
		css_give(b, prop, (struct css_value){ .kind = CSS_INHERIT });
}

static void read_margin(struct css_building *b, enum css_prop prop, struct str value)
{
	struct css_value v[4] = { 0 };
	size_t n = 0;

	(void)prop;
	for (; value.n && n < 4; n++) {
		struct str t = token(&value);

		if (!length(t, &v[n]) && !str_ieq(t, STR("auto")))
			return;
	}
	if (!n)
		return;
	css_give(b, CSS_MARGIN_TOP, v[0]);
	css_give(b, CSS_MARGIN_LEFT, v[n == 4 ? 3 : n > 1 ? 1 : 0]);
}

/* ---- fonts ---- */

static const struct {
	struct str name;
	enum css_kind kind;
	float n;
} sizes[] = {
	{ { "xx-small", 8 }, CSS_PX, 9 },   { { "x-small", 7 }, CSS_PX, 10 },
	{ { "small", 5 }, CSS_PX, 13 },	    { { "medium", 6 }, CSS_PX, 16 },
	{ { "initial", 7 }, CSS_PX, 16 },   { { "large", 5 }, CSS_PX, 18 },
	{ { "x-large", 7 }, CSS_PX, 24 },   { { "xx-large", 8 }, CSS_PX, 32 },
	{ { "smaller", 7 }, CSS_EM, .83f }, { { "larger", 6 }, CSS_EM, 1.2f },
	{ { "inherit", 7 }, CSS_EM, 1 },
};

static bool font_size(struct str s, struct css_value *v)
{
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		if (str_ieq(sizes[i].name, s)) {
			v->kind = (uint8_t)sizes[i].kind;
			v->n = sizes[i].n;
			return true;
		}
	return length(s, v) && v->n >= 0;
}

static void read_font_size(struct css_building *b, enum css_prop prop, struct str value)
{
	struct css_value v = { 0 };

	if (font_size(value, &v))
		css_give(b, prop, v);
}

/* font: [style weight ...] size[/line-height] family */
static void read_font(struct css_building *b, enum css_prop prop, struct str value)
{
	(void)prop;
	while (value.n) {
		struct str t = token(&value), size = str_cut(&t, '/');
		struct css_value v = { 0 };

		if (!font_size(size, &v) || (v.kind == CSS_NUMBER && v.n >= 100))
			continue;
		css_give(b, CSS_FONT_SIZE, v);
		if (t.n && length(t, &v))
			css_give(b, CSS_LINE_HEIGHT, v);
		return;
	}
}

/* ---- colours ---- */

struct str css_url(struct str value)
{
	for (size_t i = 0; i + 4 < value.n; i++) {
		size_t at = str_chr(str_skip(value, i), '(');
		struct str inside;

		if (at == SIZE_MAX)
			break;
		i += at;
		if (i < 3 || !str_ieq(str_sub(value, i - 3, 3), STR("url")))
			continue;
		inside = css_trim(str_sub(value, i + 1, css_skip(value, i) - i - 1));
		if (inside.n && inside.p[inside.n - 1] == ')')
			inside = css_trim(str_sub(inside, 0, inside.n - 1));
		if (inside.n > 1 && (inside.p[0] == '"' || inside.p[0] == '\''))
			inside = str_sub(inside, 1, inside.n - 2);
		return inside;
	}
	return STR_NULL;
}

static void read_color(struct css_building *b, enum css_prop prop, struct str value)
{
	struct css_value v = { .kind = CSS_RGBA };

	if (str_ieq(value, STR("inherit")) || str_ieq(value, STR("currentcolor")))
		css_give(b, prop, (struct css_value){ .kind = CSS_INHERIT });
	else if (color_read(value, &v.rgba))
		css_give(b, prop, v);
}

static bool is_image(struct str t)
{
	return str_istarts(t, STR("url(")) || str_ifind(str_sub(t, 0, 40), STR("gradient(")) ||
	       str_istarts(t, STR("image(")) || str_istarts(t, STR("image-set("));
}

static void read_image(struct css_building *b, enum css_prop prop, struct str value)
{
	(void)prop;
	css_give(b, CSS_BACKGROUND_IMAGE, word(is_image(value) ? CSS_WORD_IMAGE : CSS_WORD_NORMAL));
	css_give_image(b, css_url(value));
}

static void read_background(struct css_building *b, enum css_prop prop, struct str value)
{
	struct css_value color = { .kind = CSS_RGBA };
	bool image = false;

	css_give_image(b, css_url(value));
	while (value.n) {
		struct str t = token(&value);
		uint32_t rgba;

		if (is_image(t))
			image = true;
		else if (color_read(t, &rgba))
			color.rgba = rgba;
	}
	css_give(b, prop, color);
	css_give(b, CSS_BACKGROUND_IMAGE, word(image ? CSS_WORD_IMAGE : CSS_WORD_NORMAL));
}

static void read_opacity(struct css_building *b, enum css_prop prop, struct str value)
{
	struct css_value v = { 0 };

	if (!length(value, &v))
		return;
	if (v.kind == CSS_PERCENT)
		v.n /= 100;
	css_give(b, prop, v);
}

/* filter: opacity(0), and alpha(opacity=0) of old. */
static void read_filter(struct css_building *b, enum css_prop prop, struct str value)
{
	size_t open = str_chr(value, '(');
	struct str inside = str_skip(value, open == SIZE_MAX ? value.n : open + 1);
	struct css_value v = { 0 };
	float scale = 1;

	if (str_istarts(value, STR("alpha(")) || str_istarts(value, STR("progid"))) {
		size_t equals = str_chr(inside, '=');

		inside = str_skip(inside, equals == SIZE_MAX ? inside.n : equals + 1);
		scale = 100;
	} else if (!str_istarts(value, STR("opacity("))) {
		return;
	}
	if (!css_number(&inside, &v.n))
		return;
	v.n /= inside.n && inside.p[0] == '%' ? 100 : scale;
	css_give(b, prop, v);
}

/* ---- words ---- */

static const struct {
	enum css_prop prop;
	struct str name;
	enum css_word word;
} words[] = {
	{ CSS_DISPLAY, { "none", 4 }, CSS_WORD_NONE },
	{ CSS_DISPLAY, { "inline", 6 }, CSS_WORD_NORMAL },
	{ CSS_DISPLAY, { "inline-block", 12 }, CSS_WORD_NORMAL },
	{ CSS_DISPLAY, { "block", 5 }, CSS_WORD_BLOCK },
	{ CSS_DISPLAY, { "flex", 4 }, CSS_WORD_BLOCK },
	{ CSS_DISPLAY, { "grid", 4 }, CSS_WORD_BLOCK },
	{ CSS_DISPLAY, { "table", 5 }, CSS_WORD_BLOCK },
	{ CSS_DISPLAY, { "table-cell", 10 }, CSS_WORD_BLOCK },
	{ CSS_DISPLAY, { "table-row", 9 }, CSS_WORD_BLOCK },
	{ CSS_DISPLAY, { "list-item", 9 }, CSS_WORD_BLOCK },
	{ CSS_DISPLAY, { "initial", 7 }, CSS_WORD_NORMAL },
	{ CSS_VISIBILITY, { "hidden", 6 }, CSS_WORD_NONE },
	{ CSS_VISIBILITY, { "collapse", 8 }, CSS_WORD_NONE },
	{ CSS_VISIBILITY, { "visible", 7 }, CSS_WORD_NORMAL },
	{ CSS_VISIBILITY, { "initial", 7 }, CSS_WORD_NORMAL },
	{ CSS_POSITION, { "absolute", 8 }, CSS_WORD_MOVED },
	{ CSS_POSITION, { "fixed", 5 }, CSS_WORD_MOVED },
	{ CSS_POSITION, { "relative", 8 }, CSS_WORD_MOVED },
	{ CSS_POSITION, { "sticky", 6 }, CSS_WORD_MOVED },
	{ CSS_POSITION, { "static", 6 }, CSS_WORD_NORMAL },
	{ CSS_OVERFLOW, { "hidden", 6 }, CSS_WORD_NONE },
	{ CSS_OVERFLOW, { "clip", 4 }, CSS_WORD_NONE },
	{ CSS_OVERFLOW, { "scroll", 6 }, CSS_WORD_NONE },
	{ CSS_OVERFLOW, { "auto", 4 }, CSS_WORD_NONE },
	{ CSS_OVERFLOW, { "visible", 7 }, CSS_WORD_NORMAL },
	{ CSS_DIRECTION, { "rtl", 3 }, CSS_WORD_RTL },
	{ CSS_DIRECTION, { "ltr", 3 }, CSS_WORD_NORMAL },
	{ CSS_BIDI, { "bidi-override", 13 }, CSS_WORD_OVERRIDE },
	{ CSS_BIDI, { "isolate-override", 16 }, CSS_WORD_OVERRIDE },
	{ CSS_BIDI, { "normal", 6 }, CSS_WORD_NORMAL },
	{ CSS_BIDI, { "embed", 5 }, CSS_WORD_NORMAL },
};

static void read_word(struct css_building *b, enum css_prop prop, struct str value)
{
	struct str first = token(&value);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].prop == prop && str_ieq(words[i].name, first)) {
			css_give(b, prop, word(words[i].word));
			return;
		}
}

/* ---- functions that take text away ---- */

/* Numbers of a function's arguments, at most max. */
static size_t arguments(struct str inside, struct css_value *v, size_t max)
{
	size_t n = 0;

	while (n < max && css_trim(inside).n) {
		struct str t = token(&inside);

		if (t.n && length(t, &v[n]))
			n++;
	}
	return n;
}

static bool all_below(const struct css_value *v, size_t n, float limit)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].n > limit)
			return false;
	return n > 0;
}

static bool any_small(const struct css_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].n < 0.02f && v[i].n > -0.02f)
			return true;
	return false;
}

static bool any_away(const struct css_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rough_px(v[i]) <= -AWAY_PX || rough_px(v[i]) >= FAR_PX)
			return true;
	return false;
}

/* Name and inside of the function at the front of *s, which is cut off. */
static bool function(struct str *s, struct str *name, struct str *inside)
{
	size_t open = str_chr(*s, '('), end;

	if (open == SIZE_MAX)
		return false;
	end = css_skip(*s, open);
	*name = css_trim(str_sub(*s, 0, open));
	*inside = str_sub(*s, open + 1, end - open - 1 - (s->p[end - 1] == ')'));
	*s = str_skip(*s, end);
	return true;
}

static void read_transform(struct css_building *b, enum css_prop prop, struct str value)
{
	struct str name, inside;
	bool away = false;

	while (function(&value, &name, &inside)) {
		struct css_value v[6] = { 0 };
		size_t n = arguments(inside, v, 6);

		if (str_istarts(name, STR("scale")))
			away |= any_small(v, n < 2 ? n : 2);
		else if (str_istarts(name, STR("translate")))
			away |= any_away(v, n < 2 ? n : 2);
		else if (str_ieq(name, STR("matrix")) && n == 6)
			away |= any_away(v + 4, 2) || (any_small(v, 1) && any_small(v + 1, 1)) ||
				(any_small(v + 2, 1) && any_small(v + 3, 1));
	}
	css_give(b, prop, word(away ? CSS_WORD_MOVED : CSS_WORD_NORMAL));
}

/* clip: rect(top, right, bottom, left) */
static void read_clip(struct css_building *b, enum css_prop prop, struct str value)
{
	struct str name, inside;
	struct css_value v[4] = { 0 };
	bool away = false;

	if (function(&value, &name, &inside) && str_ieq(name, STR("rect")) &&
	    arguments(inside, v, 4) == 4)
		away = v[2].n - v[0].n <= 1 || v[1].n - v[3].n <= 1;
	css_give(b, prop, word(away ? CSS_WORD_MOVED : CSS_WORD_NORMAL));
}

static void read_clip_path(struct css_building *b, enum css_prop prop, struct str value)
{
	struct str name, inside;
	struct css_value v[8] = { 0 };
	bool away = false;

	if (function(&value, &name, &inside)) {
		size_t n = arguments(inside, v, 8);

		if (str_ieq(name, STR("inset")))
			away = n && ((v[0].kind == CSS_PERCENT && v[0].n >= 50) ||
				     (v[0].kind == CSS_PX && v[0].n >= AWAY_PX));
		else if (str_ieq(name, STR("circle")) || str_ieq(name, STR("ellipse")))
			away = all_below(v, n ? 1 : 0, 0);
		else if (str_ieq(name, STR("polygon")))
			away = all_below(v, n, 0);
	}
	css_give(b, prop, word(away ? CSS_WORD_MOVED : CSS_WORD_NORMAL));
}

/* ---- the table ---- */

static const struct {
	struct str name;
	enum css_prop prop;
	css_reader *read;
} properties[] = {
	{ { "top", 3 }, CSS_TOP, read_length },
	{ { "left", 4 }, CSS_LEFT, read_length },
	{ { "font", 4 }, CSS_FONT_SIZE, read_font },
	{ { "clip", 4 }, CSS_CLIP, read_clip },
	{ { "color", 5 }, CSS_COLOR, read_color },
	{ { "width", 5 }, CSS_WIDTH, read_length },
	{ { "right", 5 }, CSS_RIGHT, read_length },
	{ { "height", 6 }, CSS_HEIGHT, read_length },
	{ { "margin", 6 }, CSS_MARGIN_LEFT, read_margin },
	{ { "filter", 6 }, CSS_OPACITY, read_filter },
	{ { "bottom", 6 }, CSS_BOTTOM, read_length },
	{ { "display", 7 }, CSS_DISPLAY, read_word },
	{ { "opacity", 7 }, CSS_OPACITY, read_opacity },
	{ { "position", 8 }, CSS_POSITION, read_word },
	{ { "overflow", 8 }, CSS_OVERFLOW, read_word },
	{ { "font-size", 9 }, CSS_FONT_SIZE, read_font_size },
	{ { "max-width", 9 }, CSS_MAX_WIDTH, read_length },
	{ { "transform", 9 }, CSS_TRANSFORM, read_transform },
	{ { "clip-path", 9 }, CSS_CLIP_PATH, read_clip_path },
	{ { "direction", 9 }, CSS_DIRECTION, read_word },
	{ { "max-height", 10 }, CSS_MAX_HEIGHT, read_length },
	{ { "background", 10 }, CSS_BACKGROUND, read_background },
	{ { "visibility", 10 }, CSS_VISIBILITY, read_word },
	{ { "margin-top", 10 }, CSS_MARGIN_TOP, read_length },
	{ { "overflow-x", 10 }, CSS_OVERFLOW, read_word },
	{ { "overflow-y", 10 }, CSS_OVERFLOW, read_word },
	{ { "line-height", 11 }, CSS_LINE_HEIGHT, read_length },
	{ { "text-indent", 11 }, CSS_TEXT_INDENT, read_length },
	{ { "margin-left", 11 }, CSS_MARGIN_LEFT, read_length },
	{ { "-ms-filter", 10 }, CSS_OPACITY, read_filter },
	{ { "-moz-opacity", 12 }, CSS_OPACITY, read_opacity },
	{ { "unicode-bidi", 12 }, CSS_BIDI, read_word },
	{ { "-ms-transform", 13 }, CSS_TRANSFORM, read_transform },
	{ { "-khtml-opacity", 14 }, CSS_OPACITY, read_opacity },
	{ { "-webkit-opacity", 15 }, CSS_OPACITY, read_opacity },
	{ { "background-color", 16 }, CSS_BACKGROUND, read_color },
	{ { "background-image", 16 }, CSS_BACKGROUND_IMAGE, read_image },
	{ { "-webkit-transform", 17 }, CSS_TRANSFORM, read_transform },
	{ { "-webkit-text-fill-color", 23 }, CSS_COLOR, read_color },
};

css_reader *css_property(struct str name, enum css_prop *prop)
{
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
		if (properties[i].name.n == name.n &&
		    properties[i].name.p[0] == ch_lower(name.p[0]) &&
		    str_ieq(properties[i].name, name)) {
			*prop = properties[i].prop;
			return properties[i].read;
		}
	return NULL;
}
