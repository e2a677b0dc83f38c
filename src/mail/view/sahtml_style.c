/* What style text has that stands in nested tags, as far as SpamAssassin follows it. */
#include "mail/view/sahtml.h"

/* Attributes that count, by tag. */
static const struct {
	enum sahtml_tag tag;
	const char *names[4];
} used[] = {
	{ SAHTML_BASEFONT, { "color", "size" } },
	{ SAHTML_BODY, { "text" } },
	{ SAHTML_FONT, { "color", "size" } },
	{ SAHTML_TABLE, { "style" } },
	{ SAHTML_TD, { "style" } },
	{ SAHTML_TR, { "style" } },
	{ SAHTML_SPAN, { "style" } },
	{ SAHTML_P, { "style" } },
	{ SAHTML_DIV, { "style" } },
	{ SAHTML_A, { "style" } },
};

static bool space(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
}

static struct str trim(struct str s)
{
	while (s.n && space(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && space(s.p[s.n - 1]))
		s.n--;
	return s;
}

void sahtml_styles_init(struct sahtml_styles *s, struct arena *a)
{
	*s = (struct sahtml_styles){ .arena = a, .basefont = 3, .min_size = 3, .max_size = 3 };
	VEC_PUSH(a, s->stack) =
		(struct sahtml_style){ .tag = SAHTML_NO_STYLE, .bg = 0xffffff, .size = 3 };
}

static const struct sahtml_style *top(const struct sahtml_styles *s)
{
	return &s->stack.p[s->stack.n - 1];
}

static void pop(struct sahtml_styles *s)
{
	s->open[top(s)->tag]--;
	s->stack.n--;
}

void sahtml_style_close(struct sahtml_styles *s, enum sahtml_tag tag)
{
	if (tag == SAHTML_BODY || !s->open[tag])
		return;
	while (top(s)->tag != tag)
		pop(s);
	pop(s);
}

/* A cell closes a cell and what font is in it, a row a row too. */
static void close_table(struct sahtml_styles *s, enum sahtml_tag tag)
{
	if (!s->open[tag])
		return;
	while (top(s)->tag == SAHTML_FONT || top(s)->tag == SAHTML_TD ||
	       (tag == SAHTML_TR && top(s)->tag == SAHTML_TR))
		pop(s);
}

/* "+2", "-1" (relative) or "3" at the beginning. */
static bool size_value(struct str s, bool *relative, double *size)
{
	double v = 0;
	size_t i = 0;
	bool minus;

	while (i < s.n && space(s.p[i]))
		i++;
	minus = i < s.n && s.p[i] == '-';
	*relative = minus || (i < s.n && s.p[i] == '+');
	i += *relative;
	if (i == s.n || !ch_digit(s.p[i]))
		return false;
	for (; i < s.n && ch_digit(s.p[i]); i++)
		v = v * 10 + (s.p[i] - '0');
	*size = minus ? -v : v;
	return true;
}

/* Nothing but a line end at the very end: "." of a pattern stops at others. */
static bool one_line(struct str s)
{
	return str_chr(s, '\n') == SIZE_MAX;
}

static void set_color(struct sahtml_style *new, bool background, struct str value)
{
	uint32_t *to = background ? &new->bg : &new->fg;

	if (str_iends(value, STR("important"))) {
		struct str v = trim(str_sub(value, 0, value.n - 9));

		if (v.n && v.p[v.n - 1] == '!')
			value = trim(str_sub(v, 0, v.n - 1));
	}
	if (str_ifind(value, STR("rgb")))
		*to = sahtml_rgb(value);
	else if (str_ieq(value, STR("transparent")))
		*to = SAHTML_NO_COLOR;
	else if (!str_ieq(value, STR("inherit")))
		*to = sahtml_color(value);
}

/* One "property: value". */
static void declaration(struct sahtml_style *new, struct str d)
{
	size_t colon = str_chr(d, ':');
	struct str name, value;

	if (colon == SIZE_MAX)
		return;
	name = str_sub(d, 0, colon);
	while (name.n && space(name.p[0]))
		name = str_skip(name, 1);
	value = trim(str_skip(d, colon + 1));
	if (!one_line(value) || (!value.n && colon + 1 == d.n))
		return;
	if (str_ieq(name, STR("color"))) {
		set_color(new, false, value);
	} else if (str_ieq(name, STR("background-color"))) {
		set_color(new, true, value);
	} else if (str_eq(name, STR("background"))) {
		uint32_t c = sahtml_background(value);

		if (c != SAHTML_BAD_COLOR)
			new->bg = c;
	} else if (!value.n) {
		return;
	} else if (str_eq(trim(name), STR("display"))) {
		new->none = str_ieq(value, STR("none"));
	} else if (str_eq(trim(name), STR("visibility"))) {
		new->hidden = str_ieq(value, STR("hidden"));
	}
}

static void css(struct sahtml_style *new, uint32_t parent_bg, struct str style)
{
	while (style.p)
		declaration(new, str_cut(&style, ';'));
	if (new->bg == SAHTML_NO_COLOR)
		new->bg = parent_bg;
	if (new->fg == SAHTML_NO_COLOR)
		new->fg = new->bg;
}

static bool uses(enum sahtml_tag tag, struct str name)
{
	for (size_t i = 0; i < sizeof used / sizeof *used; i++)
		for (size_t k = 0; used[i].tag == tag && k < 4 && used[i].names[k]; k++)
			if (str_ieq(name, str_c(used[i].names[k])))
				return true;
	return false;
}

static void attribute(struct sahtml_styles *s, struct sahtml_style *new, struct sahtml_attr at)
{
	bool relative, wide = true;
	double size;
	struct str value = sahtml_unescape(s->arena, at.value, false, &wide);

	if (str_ieq(at.name, STR("style"))) {
		css(new, top(s)->bg, value);
	} else if (str_ieq(at.name, STR("size"))) {
		if (size_value(value, &relative, &size))
			new->size = relative ? s->basefont + size : size;
	} else {
		new->fg = sahtml_color(value);
	}
	if (new->size > s->max_size)
		s->max_size = new->size;
	else if (new->size < s->min_size)
		s->min_size = new->size;
}

static bool set_basefont(struct sahtml_styles *s, struct str attrs)
{
	struct sahtml_attr at;
	bool relative;
	double size;

	while (sahtml_attr_next(&attrs, &at)) {
		if (!str_ieq(at.name, STR("size")))
			continue;
		if (!size_value(at.value, &relative, &size) || relative)
			return false;
		s->basefont = size;
		return true;
	}
	return false;
}

void sahtml_style_open(struct sahtml_styles *s, enum sahtml_tag tag, struct str attrs)
{
	struct sahtml_style new;
	struct sahtml_attr at;
	unsigned seen = 0;

	if (tag == SAHTML_BASEFONT && set_basefont(s, attrs))
		return;
	if (tag == SAHTML_TD || tag == SAHTML_TR)
		close_table(s, tag);
	new = *top(s);
	new.tag = tag;
	if (tag == SAHTML_BIG)
		new.size += 1;
	else if (tag == SAHTML_SMALL)
		new.size -= 1;
	else
		while (sahtml_attr_next(&attrs, &at)) {
			unsigned bit = 1u << (at.name.n & 7); /* the first of a name counts */

			if (!uses(tag, at.name) || (seen & bit))
				continue;
			seen |= bit;
			attribute(s, &new, at);
		}
	s->open[tag]++;
	VEC_PUSH(s->arena, s->stack) = new;
}
