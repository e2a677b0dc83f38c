/* The body as rawbody rules see it: text parts without their transfer encoding, in chunks; and the
 * fields of parts, for mimeheader rules. */
#include "mail/view/parts.h"

/* The first c at or behind from, if it is no further than max octets away; SIZE_MAX. */
static size_t near(struct str s, size_t from, size_t max, char c)
{
	size_t at = str_chr(str_sub(s, from, max + 1), c);

	return at == SIZE_MAX ? SIZE_MAX : from + at;
}

/* Where s is cut behind from: a line end, a ">", a space, each within max octets; else right there.
 * Returns how many octets stay. */
static size_t cut_behind(struct str s, size_t from, size_t max, size_t fallback)
{
	static const char stops[] = { '\n', '>', ' ' };

	for (size_t i = 0; i < sizeof stops; i++) {
		size_t at = near(s, from, max, stops[i]);

		if (at != SIZE_MAX)
			return at + 1;
	}
	return fallback;
}

static void add_chunks(struct view *v, struct view_part *p, struct str s)
{
	VEC(struct view_line) lines = { .p = v->rawbody.p, .n = v->rawbody.n };
	size_t at = 0;

	lines.cap = lines.n;
	while (s.n > VIEW_MAX_LINE && s.n - at > 2 * VIEW_MAX_LINE) {
		size_t from = at + VIEW_MAX_LINE;
		size_t end = cut_behind(s, from, VIEW_MAX_LINE - 1, from + 1);

		VEC_PUSH(v->arena, lines) =
			(struct view_line){ str_sub(s, at, end - at), p->mime, at };
		at = end;
	}
	if (at < s.n || !s.n)
		VEC_PUSH(v->arena, lines) = (struct view_line){ str_skip(s, at), p->mime, at };
	v->rawbody = (struct view_lines){ lines.p, lines.n };
}

const struct view_lines *view_rawbody(struct view *v)
{
	if (v->rawed)
		return &v->rawbody;
	view_parts(v, NULL);
	for (size_t i = 0; i < v->nparts; i++) {
		struct view_part *p = &v->parts[i];
		struct str s;

		if (!p->leaf || !p->type.n || !view_part_is_text(p) ||
		    str_eq(p->type, STR("text/calendar")))
			continue;
		s = view_part_decoded(v, p);
		if (s.n > VIEW_MAX_RAW_PART)
			s.n = cut_behind(s, VIEW_MAX_RAW_PART, 1024, VIEW_MAX_RAW_PART);
		add_chunks(v, p, s);
	}
	v->rawed = true;
	return &v->rawbody;
}

/* ---- mimeheader ---- */

/* All fields of a part, as "Name: value" lines. */
static struct str all_fields(struct view *v, struct view_part *p, bool raw)
{
	struct buf b = { .arena = v->arena };

	for (size_t i = 0; i < p->fields.n; i++) {
		struct view_field *f = &p->fields.p[i];

		if (!f->decoded.p && !raw)
			f->decoded = view_decode_value(v->arena, f->name, f->raw);
		buf_add(&b, f->name);
		buf_add(&b, STR(": "));
		buf_add(&b, raw ? f->raw : f->decoded);
		if (!raw)
			buf_addc(&b, '\n');
	}
	return buf_str(&b);
}

static struct str field_line(struct view *v, struct view_part *p, struct str name, bool raw)
{
	struct buf b = { .arena = v->arena };
	bool found;
	struct str value;

	if (str_eq(name, STR("ALL")))
		return all_fields(v, p, raw);
	for (size_t i = p->fields.n; raw && i-- > 0;)
		if (str_ieq(p->fields.p[i].name, name))
			return p->fields.p[i].raw;
	value = raw ? STR_NULL : view_part_field(v, p, name, &found);
	if (raw)
		return STR(""); /* SpamAssassin's too */
	if (!found)
		return STR_NULL;
	buf_add(&b, value);
	buf_addc(&b, '\n');
	return buf_str(&b);
}

const struct view_lines *view_mimeheader(struct view *v, struct str name)
{
	struct view_lines *out = ARENA_NEW(v->arena, struct view_lines);
	VEC(struct view_line) lines = { 0 };
	bool raw = str_iends(name, STR(":raw"));

	if (raw)
		name.n -= 4;
	view_parts(v, NULL);
	for (size_t i = 0; i < v->nparts; i++) {
		struct view_part *p = &v->parts[i];
		struct str s = p->type.n ? field_line(v, p, name, raw) : STR_NULL;

		if (s.p)
			VEC_PUSH(v->arena, lines) = (struct view_line){ s, p->mime, SIZE_MAX };
	}
	*out = (struct view_lines){ lines.p, lines.n };
	return out;
}
