/* Declarations of CSS: split, their properties looked up, their values read. */
#include "mail/html/css.h"

#include "base/buf.h"
#include "mail/html/css_value.h"

struct css_building {
	struct css_block block;
	struct css_decl decl[2 * CSS_PROPS];
	uint8_t at[2][CSS_PROPS]; /* by importance: 1 + place in decl */
	bool important;		  /* of the declaration that is read */
};

static bool css_blank(char c)
{
	return ch_fws(c) || c == '\f';
}

struct str css_trim(struct str s)
{
	while (s.n && css_blank(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && css_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The value of an escape behind its backslash, as a character of a name. */
static size_t escape(struct str s, char *c)
{
	uint32_t code = 0;
	size_t i = 0;

	for (; i < s.n && i < 6 && ch_hex(s.p[i]) >= 0; i++)
		code = code << 4 | (uint32_t)ch_hex(s.p[i]);
	if (i == 0)
		code = s.n ? (unsigned char)s.p[0] : 0;
	*c = code < 0x80 && (ch_alnum((char)code) || code == '-') ? (char)code : '_';
	if (i == 0)
		return s.n ? 1 : 0;
	return i + (i < s.n && css_blank(s.p[i]));
}

/* The last octet of the comment that begins at at, or the end. */
static size_t comment_end(struct str text, size_t at)
{
	for (at += 3; at < text.n; at++)
		if (text.p[at] == '/' && text.p[at - 1] == '*')
			return at;
	return text.n;
}

struct str css_plain(struct arena *a, struct str text)
{
	struct buf b = { .arena = a };

	if (str_chr(text, '\\') >= text.n && str_find(text, STR("/*")) >= text.n)
		return text;
	buf_room(&b, text.n);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '\\') {
			i += escape(str_skip(text, i + 1), &c);
		} else if (c == '/' && i + 1 < text.n && text.p[i + 1] == '*') {
			i = comment_end(text, i);
			c = ' ';
		}
		buf_addc(&b, c);
	}
	return buf_str(&b);
}

size_t css_skip(struct str text, size_t at)
{
	size_t depth = 0;

	for (; at < text.n; at++) {
		char c = text.p[at];

		if (c == '"' || c == '\'') {
			size_t end = str_chr(str_skip(text, at + 1), c);

			if (end == SIZE_MAX)
				return text.n;
			at += 1 + end;
		} else if (c == '(' || c == '[' || c == '{') {
			depth++;
		} else if ((c == ')' || c == ']' || c == '}') && depth) {
			depth--;
		}
		if (!depth)
			return at + 1;
	}
	return text.n;
}

/* From at to the ";" that ends a declaration, or the end. */
static size_t value_end(struct str text, size_t at)
{
	while (at < text.n && text.p[at] != ';') {
		char c = text.p[at];

		at = c == '"' || c == '\'' || c == '(' || c == '[' || c == '{' ? css_skip(text, at)
									       : at + 1;
	}
	return at;
}

void css_give(struct css_building *b, enum css_prop prop, struct css_value v)
{
	uint8_t *at = &b->at[b->important][prop];

	if (!*at)
		*at = (uint8_t)++b->block.n;
	b->decl[*at - 1] = (struct css_decl){ (uint8_t)prop, b->important, v };
}

void css_give_image(struct css_building *b, struct str url)
{
	if (!b->block.image.n)
		b->block.image = url;
}

/* Cuts "!important" off. */
static bool cut_important(struct str *value)
{
	size_t bang = str_rchr(*value, '!');

	if (bang == SIZE_MAX)
		return false;
	if (!str_ieq(css_trim(str_skip(*value, bang + 1)), STR("important")))
		return false;
	*value = css_trim(str_sub(*value, 0, bang));
	return true;
}

static void declaration(struct css_building *b, struct str name, struct str value)
{
	css_reader *reader = NULL;
	enum css_prop prop;

	name = css_trim(name);
	reader = css_property(name, &prop);
	if (!reader)
		return;
	value = css_trim(value);
	b->important = cut_important(&value);
	if (value.n)
		reader(b, prop, value);
}

const struct css_block *css_block_read(struct arena *a, struct str text)
{
	struct css_building b = { 0 };
	struct css_block *out;
	struct css_decl *decl;

	text = css_plain(a, text);
	for (size_t at = 0; at < text.n; at++) {
		size_t colon = at, end;

		while (colon < text.n && text.p[colon] != ':' && text.p[colon] != ';')
			colon++;
		if (colon == text.n || text.p[colon] == ';') {
			at = colon;
			continue;
		}
		end = value_end(text, colon + 1);
		declaration(&b, str_sub(text, at, colon - at),
			    str_sub(text, colon + 1, end - colon - 1));
		at = end;
	}
	if (!b.block.n && !b.block.image.n)
		return NULL;
	out = ARENA_NEW(a, struct css_block);
	*out = b.block;
	decl = ARENA_ARRAY(a, struct css_decl, b.block.n);
	memcpy(decl, b.decl, b.block.n * sizeof *decl);
	out->decl = decl;
	return out;
}
