/* The message divided into parts as SpamAssassin divides it: line by line, more forgiving than the
 * RFC in some places and less in others. */
#include "mail/view/parts.h"

#define KEPT_BLANKS 19u /* of a run of blank lines, behind the first */

/* Parts still to be looked at. */
struct todo {
	uint32_t part;
	struct str text;
	unsigned depth; /* how many levels may still be opened */
};

struct reader {
	struct view *v;
	struct arena *a;
	VEC(struct view_part) parts; /* as they are found: not yet in the order of the message */
	VEC(struct todo) todo;
};

/* ---- lines ---- */

static struct str next_line(struct str *s)
{
	size_t n = str_chr(*s, '\n');
	struct str line = str_sub(*s, 0, n == SIZE_MAX ? s->n : n + 1);

	*s = str_skip(*s, line.n);
	return line;
}

static bool blank(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (!ch_fws(line.p[i]) && line.p[i] != '\f' && line.p[i] != '\v')
			return false;
	return true;
}

struct blanks {
	struct buf out;
	struct str run;		  /* from its first line to where it ends */
	size_t n, first;	  /* lines of it; how many of its beginning are kept */
	size_t from[KEPT_BLANKS]; /* where its last lines begin, in the run */
};

static void end_blanks(struct blanks *b)
{
	size_t head = 0;
	struct str rest = b->run;

	if (b->n > b->first + KEPT_BLANKS) {
		for (size_t i = 0; i < b->first; i++)
			head += next_line(&rest).n;
		buf_add(&b->out, str_sub(b->run, 0, head));
		buf_add(&b->out, str_skip(b->run, b->from[b->n % KEPT_BLANKS]));
	} else {
		buf_add(&b->out, b->run);
	}
	b->n = 0;
	b->first = 1;
}

/* Long runs of blank lines cut down to 20. */
static struct str squeeze(struct arena *a, struct str in)
{
	struct blanks b = { .out = { .arena = a }, .first = 2 };
	struct str rest = in;
	size_t longest = 0, n = 0;

	while (rest.n && longest <= KEPT_BLANKS) {
		n = blank(next_line(&rest)) ? n + 1 : 0;
		longest = n > longest ? n : longest;
	}
	if (longest <= KEPT_BLANKS)
		return in;
	for (rest = in; rest.n;) {
		struct str line = next_line(&rest);

		if (!blank(line)) {
			if (b.n)
				end_blanks(&b);
			b.first = 1;
			buf_add(&b.out, line);
			continue;
		}
		if (!b.n)
			b.run = str_of(line.p, 0);
		b.from[b.n++ % KEPT_BLANKS] = b.run.n;
		b.run.n += line.n;
	}
	if (b.n)
		end_blanks(&b);
	return buf_str(&b.out);
}

static bool has_long_line(struct str s)
{
	while (s.n > VIEW_MAX_LINE) {
		size_t n = str_rchr(str_sub(s, 0, VIEW_MAX_LINE), '\n');

		if (n == SIZE_MAX)
			return true;
		s = str_skip(s, n + 1);
	}
	return false;
}

/* From the beginning of a line to the next line that begins with "--", or to the end. */
static struct str to_dashes(struct str s)
{
	struct str found;

	if (!s.n || str_starts(s, STR("--")))
		return s;
	found.p = memmem(s.p, s.n, "\n--", 3);
	return found.p ? str_skip(s, (size_t)(found.p + 1 - s.p)) : str_skip(s, s.n);
}

/* Lines over the limit get a line end every 2048 octets. */
static struct str cut_lines(struct arena *a, struct str in)
{
	struct buf b = { .arena = a };
	struct str rest = in;

	if (!has_long_line(in))
		return in;
	while (rest.n) {
		struct str line = next_line(&rest);

		while (line.n > VIEW_MAX_LINE) {
			buf_add(&b, str_sub(line, 0, VIEW_MAX_LINE));
			buf_addc(&b, '\n');
			line = str_skip(line, VIEW_MAX_LINE);
		}
		buf_add(&b, line);
	}
	return buf_str(&b);
}

/* ---- fields of a part ---- */

/* Length of the name that a line begins with, when a colon follows it; 0: it is no field. wsp: may
 * white space stand between? */
static size_t field_name(struct str line, bool wsp)
{
	size_t n = 0, at;

	while (n < line.n && line.p[n] > 32 && line.p[n] < 127 && line.p[n] != ':')
		n++;
	for (at = n; wsp && at < line.n && ch_wsp(line.p[at]);)
		at++;
	return n && at < line.n && line.p[at] == ':' ? n : 0;
}

/* Of a part inside a multipart: white space after the colon, folds too, goes; before it, stays. */
static void add_part_field(struct arena *a, struct view_part *p, struct str field)
{
	size_t colon = str_chr(field, ':'), at;

	if (colon == SIZE_MAX)
		return;
	at = colon + 1;
	while (at < field.n && (ch_fws(field.p[at]) || field.p[at] == '\f' || field.p[at] == '\v'))
		at++;
	VEC_PUSH(a, p->fields) =
		(struct view_field){ .name = str_sub(field, 0, colon),
				     .raw = str_sub(field, at, VIEW_MAX_PART_VALUE) };
}

static void add_message_field(struct arena *a, struct view_part *p, struct str field)
{
	size_t colon = str_chr(field, ':');
	struct str name;

	if (colon == SIZE_MAX)
		return;
	name = str_sub(field, 0, colon);
	while (name.n && ch_wsp(name.p[name.n - 1]))
		name.n--;
	VEC_PUSH(a, p->fields) =
		(struct view_field){ .name = name,
				     .raw = str_sub(field, colon + 1, VIEW_MAX_VALUE) };
}

struct str view_part_field(struct view *v, struct view_part *p, struct str name, bool *found)
{
	for (size_t i = p->fields.n; i-- > 0;) {
		struct view_field *f = &p->fields.p[i];

		if (!str_ieq(f->name, name))
			continue;
		if (!f->decoded.p)
			f->decoded = view_decode_value(v->arena, f->name, f->raw);
		if (!f->decoded.p)
			f->decoded = STR("");
		if (found)
			*found = true;
		return f->decoded;
	}
	if (found)
		*found = false;
	return STR("");
}

/* ---- a message: its header, then its body ---- */

/* The header of a message inside another; returns its body. */
static struct str read_header(struct arena *a, struct view_part *p, struct str text)
{
	struct str start = text, rest = text, line = next_line(&rest), field = STR_NULL;
	size_t odd = 0;

	if (str_starts(line, STR("From ")) || str_starts(line, STR("From\t")))
		start = rest;
	for (rest = start; rest.n; start = rest) {
		line = next_line(&rest);
		if (ch_wsp(line.p[0])) {
			field = field.p ? str_of(field.p, field.n + line.n) : line;
			continue;
		}
		if (field.p)
			add_message_field(a, p, field);
		field = STR_NULL;
		if (str_eq(line, STR("\n")))
			return rest;
		if (str_starts(line, STR("--")) || (!field_name(line, true) && ++odd > 3))
			return start;
		field = line;
	}
	if (field.p)
		add_message_field(a, p, field);
	return rest;
}

static bool is_boundary(struct str line, struct str boundary, bool *last)
{
	*last = false;
	if (line.n < boundary.n + 2 || line.p[0] != '-' || line.p[1] != '-' ||
	    (boundary.n && line.p[boundary.n + 1] != boundary.p[boundary.n - 1]) ||
	    !str_starts(str_skip(line, 2), boundary))
		return false;
	line = str_skip(line, 2 + boundary.n);
	if (blank(line))
		return true;
	*last = str_starts(line, STR("--")) && blank(str_skip(line, 2));
	return *last;
}

/* A new part under parent, or SIZE_MAX when there are too many. */
static struct view_part *add_part(struct reader *r, uint32_t parent)
{
	struct view_part *p = &VEC_PUSH(r->a, r->parts);

	*p = (struct view_part){ .parent = parent, .mime = UINT32_MAX, .leaf = true };
	if (parent != UINT32_MAX) {
		p->depth = r->parts.p[parent].depth + 1;
		r->parts.p[parent].leaf = false;
	}
	return p;
}

static void push(struct reader *r, struct view_part *p, struct str text, unsigned depth)
{
	VEC_PUSH(r->a, r->todo) = (struct todo){ (uint32_t)(p - r->parts.p), text, depth };
}

/* Type and boundary are known before the part is divided; the rest is for leaves. */
static void set_type(struct reader *r, struct view_part *p, struct str boundary)
{
	struct str ct = view_part_field(r->v, p, STR("content-type"), NULL);
	struct view_ctype t = view_ctype(r->a, ct);
	struct str named =
		view_disposition_name(view_part_field(r->v, p, STR("content-disposition"), NULL));
	bool digest = p->parent != UINT32_MAX &&
		      str_eq(r->parts.p[p->parent].type, STR("multipart/digest"));

	p->type = t.missing && digest ? STR("message/rfc822") : t.type;
	p->charset = t.charset;
	p->name = named.p ? named : t.name;
	p->boundary = t.boundary.n ? t.boundary : boundary;
}

/* A message's body is ready to be divided. */
static void push_message(struct reader *r, struct view_part *p, struct str body, unsigned depth)
{
	bool last;
	struct str rest = body, line = next_line(&rest);

	set_type(r, p, STR_NULL);
	body = squeeze(r->a, body);
	if (str_starts(p->type, STR("multipart/")) && rest.n && !blank(line) &&
	    !(p->boundary.p &&
	      (is_boundary(line, p->boundary, &last) ||
	       (str_starts(line, STR("--")) && str_starts(str_skip(line, 2), p->boundary))))) {
		struct buf b = { .arena = r->a };

		buf_addc(&b, '\n');
		buf_add(&b, body);
		body = buf_str(&b);
	}
	push(r, p, body, depth);
}

/* ---- multiparts ---- */

struct splitter {
	struct reader *r;
	struct str boundary;
	uint32_t parent;
	unsigned depth;
	struct view_part part; /* being read */
	bool in_body, nested;
	struct str field; /* being read; absent: none */
	const char *body; /* where its body begins; NULL: nowhere yet */
};

/* Behind a delimiter stands a field, or nothing. */
static void want_field(struct reader *r, struct str rest)
{
	if (rest.n && !field_name(next_line(&rest), false))
		r->v->broken |= VIEW_NO_PART_FIELDS;
}

static struct str after_preamble(struct reader *r, struct str text, struct str boundary)
{
	struct str rest = text;
	bool last;

	while (rest.n)
		if (is_boundary(next_line(&rest), boundary, &last) && !last) {
			want_field(r, rest);
			return rest;
		}
	return text;
}

static void read_epilogue(struct reader *r, struct str rest)
{
	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] != '.' && !blank(str_sub(rest, i, 1)))
			r->v->broken |= VIEW_EPILOGUE;
}

static void end_field(struct splitter *s)
{
	struct view_field *f;

	if (!s->field.p)
		return;
	add_part_field(s->r->a, &s->part, s->field);
	s->field = STR_NULL;
	f = &s->part.fields.p[s->part.fields.n - 1];
	if (str_ieq(f->name, STR("content-type"))) {
		struct str ct = view_part_field(s->r->v, &s->part, f->name, NULL);
		struct view_ctype t = view_ctype(s->r->a, ct);

		s->nested |= t.boundary.p && str_eq(t.boundary, s->boundary);
	}
}

/* The part goes to end; a delimiter takes the line end before it. */
static void end_part(struct splitter *s, const char *end, bool delimited)
{
	struct str body = s->body ? str_of(s->body, (size_t)(end - s->body)) : STR("");
	struct view_part *p = add_part(s->r, s->parent);

	body = cut_lines(s->r->a, body);
	if (delimited && body.n && body.p[body.n - 1] == '\n')
		body.n--;
	s->part.parent = p->parent;
	s->part.depth = p->depth;
	s->part.leaf = true;
	s->part.mime = UINT32_MAX;
	*p = s->part;
	set_type(s->r, p, s->boundary);
	push(s->r, p, body, s->depth);
	s->part = (struct view_part){ 0 };
	s->in_body = false;
	s->field = STR_NULL;
	s->body = NULL;
}

static void header_line(struct splitter *s, struct str line)
{
	bool name = field_name(line, true) > 0;
	struct str text = line;

	if (!name && s->field.p && ch_wsp(line.p[0])) {
		s->field.n += line.n;
		return;
	}
	if (name && s->field.p) {
		add_part_field(s->r->a, &s->part, s->field);
	} else if (!name) {
		end_field(s);
		s->in_body = true;
		if (text.n && text.p[text.n - 1] == '\n')
			text.n--;
		s->body = line.p;
		if (!text.n || str_eq(text, STR("\r")))
			s->body += line.n;
		else
			s->r->v->broken |= VIEW_NO_SEPARATOR;
		return;
	}
	s->field = line;
}

static void split(struct reader *r, const struct todo *t)
{
	struct splitter s = { .r = r, .parent = t->part, .depth = t->depth - 1 };
	struct str rest;
	size_t parts = 0;

	s.boundary = r->parts.p[t->part].boundary;
	r->parts.p[t->part].leaf = false;
	rest = after_preamble(r, t->text, s.boundary);
	while (rest.n && parts < VIEW_MAX_PARTS && r->parts.n < VIEW_MAX_ALL_PARTS) {
		struct str line;
		bool last = false, end;

		if (s.in_body)
			rest = to_dashes(rest);
		line = next_line(&rest);
		end = line.n && is_boundary(line, s.boundary, &last);
		if (end && s.nested) {
			end = false;
			s.nested = !last;
		}
		if (end || !rest.n) {
			if (!end && !s.body)
				s.body = line.p;
			end_part(&s, end ? line.p : line.p + line.n, end);
			parts++;
			if (end && last) {
				read_epilogue(r, rest);
				break;
			}
			if (end)
				want_field(r, rest);
		} else if (!s.in_body) {
			header_line(&s, line);
		}
	}
}

/* ---- the whole ---- */

static void open_message(struct reader *r, const struct todo *t)
{
	struct str text = view_part_decoded(r->v, &r->parts.p[t->part]);
	struct view_part *p;
	struct str line = text;

	if (!text.n)
		return;
	line = next_line(&line);
	if (line.n > 1 && line.p[line.n - 2] == '\r')
		text = view_lf(r->a, text);
	p = add_part(r, t->part);
	text = read_header(r->a, p, text);
	push_message(r, p, text, t->depth - 1);
}

static void open_part(struct reader *r, struct todo t)
{
	struct view_part *p = &r->parts.p[t.part];
	bool multi = str_starts(p->type, STR("multipart/"));

	if (multi && p->boundary.p && t.depth > 0) {
		split(r, &t);
		return;
	}
	p->raw = t.text;
	if (multi && !p->boundary.p)
		p->type = STR("text/plain");
	if ((str_eq(p->type, STR("message/rfc822")) || str_eq(p->type, STR("message/global"))) &&
	    t.depth > 0 && r->parts.n < VIEW_MAX_ALL_PARTS)
		open_message(r, &t);
}

/* Depth first: children stand behind their parent, in their order. */
static void put_in_order(struct reader *r)
{
	size_t n = r->parts.n;
	uint32_t *first = ARENA_ARRAY(r->a, uint32_t, n), *next = ARENA_ARRAY(r->a, uint32_t, n);
	uint32_t *place = ARENA_ARRAY(r->a, uint32_t, n), *open = ARENA_ARRAY(r->a, uint32_t, n);
	struct view_part *out = ARENA_ARRAY(r->a, struct view_part, n);
	size_t top = 0, put = 0;

	for (uint32_t i = (uint32_t)n; i-- > 1;) { /* index 0 is the root: nobody's child */
		next[i] = first[r->parts.p[i].parent];
		first[r->parts.p[i].parent] = i;
	}
	for (uint32_t at = 0;;) {
		place[at] = (uint32_t)put;
		out[put] = r->parts.p[at];
		if (out[put].parent != UINT32_MAX)
			out[put].parent = place[out[put].parent];
		put++;
		if (next[at])
			open[top++] = next[at];
		if (first[at])
			at = first[at];
		else if (top)
			at = open[--top];
		else
			break;
	}
	r->v->parts = out;
	r->v->nparts = put;
}

/* Which parts are those of our own reading: leaf by leaf, where there are as many of them. */
static void match_parts(struct view *v)
{
	const struct mime *m = v->content->mime;
	uint32_t *leaves = ARENA_ARRAY(v->arena, uint32_t, m->parts.n + 1);
	size_t n = 0, ours = 0;

	for (uint32_t i = 0; i < m->parts.n; i++) {
		bool parent = i + 1 < m->parts.n && m->parts.p[i + 1].parent == i;

		if (!parent && !m->parts.p[i].multipart &&
		    !(m->parts.p[i].flags & MIME_F_ALTERNATE))
			leaves[n++] = i;
	}
	for (size_t i = 0; i < v->nparts; i++)
		ours += v->parts[i].leaf;
	for (size_t i = 0, at = 0; ours == n && i < v->nparts; i++)
		if (v->parts[i].leaf)
			v->parts[i].mime = leaves[at++];
}

static void read_parts(struct view *v)
{
	struct reader r = { .v = v, .a = v->arena };
	struct view_part *root = add_part(&r, UINT32_MAX);

	for (size_t i = 0; i < v->headers->v.n; i++) {
		const struct hdr *h = &v->headers->v.p[i];
		struct buf b = { .arena = v->arena };

		buf_add(&b, view_lf(v->arena, h->value));
		buf_addc(&b, '\n');
		VEC_PUSH(v->arena, root->fields) =
			(struct view_field){ .name = h->name,
					     .raw = str_sub(buf_str(&b), 0, VIEW_MAX_VALUE) };
	}
	push_message(&r, root, view_lf(v->arena, v->content->mime->body), VIEW_MAX_DEPTH);
	for (size_t i = 0; i < r.todo.n; i++)
		open_part(&r, r.todo.p[i]);
	put_in_order(&r);
	match_parts(v);
}

const struct view_part *view_parts(struct view *v, size_t *n)
{
	if (!v->parts)
		read_parts(v);
	if (n)
		*n = v->nparts;
	return v->parts;
}

struct str view_part_decoded(struct view *v, struct view_part *p)
{
	struct str how;

	if (p->has_decoded)
		return p->decoded;
	how = view_part_field(v, p, STR("content-transfer-encoding"), NULL);
	if (str_ieq(how, STR("quoted-printable"))) {
		p->decoded = view_qp(v->arena, p->raw);
	} else if (str_ieq(how, STR("base64"))) {
		p->decoded = view_base64(v->arena, p->raw);
		if (str_starts(p->type, STR("text/")) || str_starts(p->type, STR("message/")))
			p->decoded = view_lf(v->arena, p->decoded);
	} else {
		p->decoded = p->raw;
	}
	p->has_decoded = true;
	return p->decoded;
}
