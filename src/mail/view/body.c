/* The body as body rules see it: text parts rendered, white space collapsed, paragraphs as lines.
 */
#include <unicode/uchar.h>

#include "base/utf8.h"
#include "mail/view/sahtml.h"

static struct str effective_type(const struct view_part *p)
{
	if (str_iends(p->name, STR(".html")) || str_iends(p->name, STR(".htm")) ||
	    str_iends(p->name, STR(".shtml")) || str_iends(p->name, STR(".shtm")))
		return STR("text/html");
	return p->type;
}

bool view_part_is_text(const struct view_part *p)
{
	struct str type = effective_type(p);

	return str_starts(type, STR("text/")) || str_starts(type, STR("message/")) ||
	       str_eq(type, STR("text")) || str_eq(type, STR("message"));
}

/* Octets as the characters of ISO-8859-1. */
static struct str from_octets(struct arena *a, struct str in)
{
	char *p, *to;

	if (str_ascii(in))
		return in;
	p = to = arena_alloc(a, arena_mul(in.n, 2));
	for (size_t i = 0; i < in.n; i++) {
		unsigned char u = (unsigned char)in.p[i];

		if (u >= 0x80)
			*to++ = (char)(0xc0 | u >> 6);
		*to++ = (char)(u < 0x80 ? u : (0x80 | (u & 63)));
	}
	return str_of(p, (size_t)(to - p));
}

struct str view_octets(struct arena *a, struct str in)
{
	char *p, *to;

	for (size_t i = 0; i < in.n; i++)
		if ((unsigned char)in.p[i] >= 0xc4)
			return in; /* has others */
	if (str_ascii(in))
		return in;
	p = to = arena_alloc(a, in.n);
	for (size_t i = 0; i < in.n; i++) {
		unsigned char u = (unsigned char)in.p[i];

		if (u >= 0x80 && i + 1 < in.n)
			u = (unsigned char)((u & 3u) << 6 | ((unsigned char)in.p[++i] & 63u));
		*to++ = (char)u;
	}
	return str_of(p, (size_t)(to - p));
}

/* The part's text as UTF-8. */
static struct str part_text(struct view *v, struct view_part *p)
{
	struct str in = view_part_decoded(v, p);
	struct str charset = p->charset.p ? p->charset : STR("us-ascii");

	if (!v->env.raw_charset)
		return view_charset(v->arena, in, charset, false, &p->wide);
	p->wide = !str_ascii(in) && utf8_valid(in) &&
		  (str_ieq(charset, STR("us-ascii")) || str_ieq(charset, STR("utf-8")));
	return p->wide ? in : from_octets(v->arena, in);
}

/* The pieces that are (not) invisible. */
static struct str pieces(struct arena *a, const struct sahtml *h, bool invisible, bool *wide)
{
	char *p = arena_alloc(a, h->text.n + 1), *to = p;
	size_t from = 0;

	for (size_t i = 0; i < h->pieces.n; i++) {
		size_t n = h->pieces.p[i].end - from;

		if (h->pieces.p[i].invisible == invisible && n) {
			memcpy(to, h->text.p + from, n);
			to += n;
			*wide |= h->pieces.p[i].wide;
		}
		from = h->pieces.p[i].end;
	}
	return str_of(p, (size_t)(to - p));
}

static void render(struct view *v, struct view_part *p)
{
	struct str type = effective_type(p), text;
	bool html = str_eq(type, STR("text/html"));

	p->is_text = p->leaf && (html || str_eq(type, STR("text/plain")));
	if (!p->is_text)
		return;
	text = part_text(v, p);
	if (!html || !p->decoded.n) {
		p->rendered = p->visible = text;
		p->visible_wide = p->wide;
		return;
	}
	p->html = sahtml_read(v->arena, text, p->wide, p->decoded.n, &v->left);
	p->wide = p->html->wide;
	p->rendered = buf_str(&p->html->text);
	p->visible = pieces(v->arena, p->html, false, &p->visible_wide);
	p->invisible = pieces(v->arena, p->html, true, &p->invisible_wide);
}

void view_render(struct view *v)
{
	view_parts(v, NULL);
	if (v->rendered)
		return;
	for (size_t i = 0; i < v->nparts; i++)
		render(v, &v->parts[i]);
	v->rendered = true;
}

/* ---- from the parts to one text ---- */

/* The octet at which a text of more than max characters is cut. */
static size_t cut_at(struct str s, bool wide, size_t max)
{
	size_t chars = 0, from = SIZE_MAX, line = SIZE_MAX, blank = SIZE_MAX;

	if (s.n <= max)
		return s.n;
	for (size_t i = 0; i < s.n; i++) {
		if (wide && (s.p[i] & 0xc0) == 0x80)
			continue;
		if (chars == max)
			from = i;
		if (chars >= max && chars - max <= 1024) {
			if (s.p[i] == '\n' && line == SIZE_MAX)
				line = i + 1;
			if (s.p[i] == ' ' && blank == SIZE_MAX)
				blank = i + 1;
		}
		if (++chars > max + 1025)
			break;
	}
	if (from == SIZE_MAX)
		return s.n;
	return line != SIZE_MAX ? line : (blank != SIZE_MAX ? blank : from);
}

/* Octets of the white space at i; 0: none stands there. */
static size_t space_at(struct str s, size_t i, bool wide)
{
	unsigned char u = (unsigned char)s.p[i];
	uint32_t c = 0;
	size_t n;

	if (u < 0x80)
		return u == ' ' || (u >= 9 && u <= 13);
	if (!wide)
		return 0;
	if (u != 0xc2 && u != 0xe1 && u != 0xe2 && u != 0xe3)
		return 0;
	n = utf8_read(str_skip(s, i), &c);
	return n && u_isUWhiteSpace((UChar32)c) ? n : 0;
}

/* Where a part's text begins, before and after. */
struct place {
	size_t in, out;
	uint32_t mime;
};

struct places {
	struct place *p;
	size_t n, cap;
};

/* Runs of white space: two line ends or more make a paragraph, everything else a space. */
static void collapse(struct buf *to, struct str s, bool wide, struct places *places)
{
	size_t i = 0, place = 0;

	while (i < s.n) {
		size_t from = i, n, first = SIZE_MAX, last = 0;

		for (; place < places->n && places->p[place].in <= i; place++)
			places->p[place].out = to->n;
		while (i < s.n && (n = space_at(s, i, wide)) > 0) {
			if (s.p[i] == '\n') {
				first = first == SIZE_MAX ? i : first;
				last = i;
			}
			i += n;
		}
		if (i == from) {
			buf_addc(to, s.p[i] ? s.p[i] : '\n');
			i++;
		} else if (first == SIZE_MAX || first == last) {
			buf_addc(to, ' ');
		} else {
			if (first > from)
				buf_addc(to, ' ');
			buf_addc(to, '\n');
			if (last + 1 < i)
				buf_addc(to, ' ');
		}
	}
}

enum half { WHOLE, VISIBLE, INVISIBLE };

static struct str half(const struct view_part *p, enum half which, bool *wide)
{
	*wide |=
		which == WHOLE ? p->wide : (which == VISIBLE ? p->visible_wide : p->invisible_wide);
	return which == WHOLE ? p->rendered : (which == VISIBLE ? p->visible : p->invisible);
}

/* The parts' texts one behind the other. */
static struct str all_text(struct view *v, enum half which, struct places *places)
{
	struct buf raw = { .arena = v->arena }, text = { .arena = v->arena };
	bool wide = false, any = false;

	view_render(v);
	for (size_t i = 0; i < v->nparts; i++) {
		const struct view_part *p = &v->parts[i];
		struct str s;

		if (!p->leaf || !p->type.n)
			continue;
		any = true;
		if (raw.n)
			buf_addc(&raw, '\n');
		if (!p->is_text)
			continue;
		VEC_PUSH(v->arena, *places) = (struct place){ raw.n, SIZE_MAX, p->mime };
		s = half(p, which, &wide);
		buf_add(&raw, str_sub(s, 0, cut_at(s, true, VIEW_MAX_BODY_PART)));
	}
	if (!any)
		return STR_NULL;
	if (which != INVISIBLE) {
		buf_add(&text, view_part_field(v, &v->parts[0], STR("subject"), NULL));
		buf_addc(&text, '\n');
	}
	buf_room(&text, raw.n + 1);
	if (wide || str_ascii(buf_str(&raw))) {
		collapse(&text, buf_str(&raw), wide, places);
	} else {
		struct buf narrow = { .arena = v->arena };

		collapse(&narrow, buf_str(&raw), false, places);
		places->n = 0; /* no more true of what it becomes */
		buf_add(&text, view_octets(v->arena, buf_str(&narrow)));
	}
	return buf_str(&text);
}

/* ---- lines ---- */

typedef VEC(struct view_line) line_vec;

static void add_line(struct view *v, line_vec *to, struct str s)
{
	VEC_PUSH(v->arena, *to) = (struct view_line){ s, UINT32_MAX, SIZE_MAX };
}

/* Each line is of the last part that began before it; lines and places are in order. */
static void place_lines(line_vec *lines, const struct places *places, const char *text)
{
	size_t next = 0;

	for (size_t i = 0; i < lines->n; i++) {
		size_t at = (size_t)(lines->p[i].text.p - text);

		while (next < places->n && places->p[next].out <= at)
			next++;
		if (next)
			lines->p[i].part = places->p[next - 1].mime;
	}
}

/* Long ones are cut behind a space where there is one. */
static void cut_line(struct view *v, line_vec *to, struct str s)
{
	while (s.n > VIEW_MAX_LINE) {
		size_t at = str_rchr(str_sub(s, 0, VIEW_MAX_LINE + 1), ' ');
		size_t n = at == SIZE_MAX ? VIEW_MAX_LINE : at + 1;

		add_line(v, to, str_sub(s, 0, n));
		s = str_skip(s, n);
	}
	add_line(v, to, s);
}

const struct view_lines *view_body(struct view *v)
{
	line_vec lines = { 0 };
	struct places places = { 0 };
	struct str text, whole;

	if (v->body.p)
		return &v->body;
	whole = text = all_text(v, WHOLE, &places);
	while (text.n) {
		size_t n = str_chr(text, '\n');

		n = n == SIZE_MAX ? text.n : n + 1;
		cut_line(v, &lines, str_sub(text, 0, n));
		text = str_skip(text, n);
	}
	place_lines(&lines, &places, whole.p);
	v->body = (struct view_lines){ lines.p, lines.n };
	if (!lines.n)
		v->body.p = ARENA_NEW(v->arena, struct view_line);
	return &v->body;
}

struct str view_body_visible(struct view *v)
{
	struct places places = { 0 };

	if (!v->visible.p)
		v->visible = all_text(v, VISIBLE, &places);
	return v->visible;
}

struct str view_body_invisible(struct view *v)
{
	struct places places = { 0 };

	if (!v->invisible.p)
		v->invisible = all_text(v, INVISIBLE, &places);
	return v->invisible;
}
