/*
 * One reading: octets to lines to parts. Lines end at CRLF, LF or a lone CR. The containers that
 * are open stand on a stack, so nothing here recurses however deep a message is.
 */
#include "mail/mime/mime_priv.h"

#define NONE SIZE_MAX
#define FEW 20u

static struct mime_part *part_at(const struct mime_scan *s, uint32_t index)
{
	return &s->m->parts.p[index];
}

bool mime_part_open(struct mime_scan *s, uint32_t parent, uint32_t *index)
{
	struct mime *m = s->m;
	struct mime_part p = { .index = (uint32_t)m->parts.n, .parent = parent };

	if (m->parts.n >= MIME_MAX_PARTS) {
		m->flags |= MIME_F_PARTS;
		return false;
	}
	if (parent != UINT32_MAX)
		p.depth = m->parts.p[parent].depth + 1;
	p.priv = ARENA_NEW(m->arena, struct mime_part_priv);
	if (s->base.p != m->body.p)
		p.priv->base = s->base;
	p.flags = s->alternate ? MIME_F_ALTERNATE : 0u;
	*index = p.index;
	VEC_PUSH(m->arena, m->parts) = p;
	return true;
}

/* Ends a part's body at an offset, however short it is. */
static void part_end(struct mime_part *p, size_t to)
{
	p->to = to > p->from ? to : p->from;
}

void mime_scan_header(struct mime_scan *s, uint32_t index, size_t from)
{
	struct mime_part *p = part_at(s, index);

	p->priv->fields = arena_alloc(s->m->arena, sizeof *p->priv->fields);
	hdr_init(p->priv->fields, s->m->arena);
	p->headers = p->priv->fields;
	p->priv->header_from = from;
	s->pos = s->seen = s->last_end = from;
	s->cur = index;
	s->state = MIME_S_HEADER;
	s->field_from = NONE;
}

/* The part's octets are octets of a container as they stand. */
static bool is_container(const struct mime_part *p)
{
	if (p->multipart)
		return p->boundary.n > 0 && p->boundary.n <= MIME_MAX_BOUNDARY;
	return p->message && p->encoding <= MIME_BINARY;
}

void mime_scan_body(struct mime_scan *s, uint32_t index, size_t from)
{
	struct mime_part *p = part_at(s, index);
	uint32_t child;

	p->from = p->to = s->pos = s->seen = s->last_end = from;
	s->cur = index;
	s->state = MIME_S_BODY;
	if (!is_container(p))
		return;
	if (p->depth >= MIME_MAX_DEPTH || s->open_n > MIME_MAX_DEPTH) {
		p->flags |= MIME_F_DEPTH;
		return;
	}
	for (size_t i = 0; p->multipart && i < s->open_n; i++)
		if (str_starts(part_at(s, s->open[i])->boundary, p->boundary))
			p->flags |= MIME_F_BOUNDARY_CLASH;
	p->priv->nested = true;
	s->open[s->open_n++] = index;
	s->state = MIME_S_BETWEEN;
	if (!p->multipart && mime_part_open(s, index, &child))
		mime_scan_header(s, child, from);
}

/* ---- header blocks ---- */

/* Offset of the colon of a field: a name without white space inside, white space, a colon. */
static size_t colon_of(struct str line)
{
	size_t colon = str_chr(line, ':'), end = colon;

	if (colon == NONE)
		return NONE;
	while (end && ch_wsp(line.p[end - 1]))
		end--;
	for (size_t i = 0; i < end; i++)
		if (ch_wsp(line.p[i]))
			return NONE;
	return end ? colon : NONE;
}

/* The fields of all parts are as many as there may be; a part may still say what it is. */
static bool too_many(struct mime *m, struct hdr_list *h, struct str field)
{
	if (m->priv->fields++ < MIME_MAX_FIELDS)
		return false;
	if (h->v.n < FEW && str_istarts(field, STR("content-")))
		return false;
	h->flags |= HDR_F_TOO_MANY;
	h->dropped++;
	m->flags |= MIME_F_PARTS;
	return true;
}

static void field_done(struct mime_scan *s)
{
	struct hdr_list *h = part_at(s, s->cur)->priv->fields;
	struct str f;
	size_t colon;

	if (s->field_from == NONE)
		return;
	f = str_sub(s->base, s->field_from, s->field_to - s->field_from);
	s->field_from = NONE;
	colon = str_chr(f, ':');
	if (!too_many(s->m, h, f))
		hdr_add(h, str_sub(f, 0, colon), str_skip(f, colon + 1));
}

/* The header block of cur is complete; its body begins at from. */
static void header_done(struct mime_scan *s, size_t from)
{
	struct mime_part *p = part_at(s, s->cur);

	field_done(s);
	mime_describe(s->m, p, p->parent == UINT32_MAX ? NULL : part_at(s, p->parent));
	mime_scan_body(s, s->cur, from);
}

/* False: the line is no part of the block, which has ended in front of it. */
static bool header_line(struct mime_scan *s, struct str line, size_t next)
{
	struct hdr_list *h = part_at(s, s->cur)->priv->fields;

	if (line.n == 0) {
		header_done(s, next);
		return true;
	}
	if (ch_wsp(line.p[0])) {
		if (s->field_from == NONE && !too_many(s->m, h, line))
			hdr_drop(h, line, HDR_F_LEADING_FOLD);
		s->field_to = (size_t)(line.p - s->base.p) + line.n;
		return true;
	}
	field_done(s);
	if (colon_of(line) == NONE) {
		bool mbox = str_starts(line, STR("From ")) || str_starts(line, STR(">From "));

		if (s->skip_bad || (mbox && s->pos == part_at(s, s->cur)->priv->header_from))
			return true;
		h->flags |= HDR_F_NO_COLON;
		part_at(s, s->cur)->flags |= MIME_F_HEADER_CUT;
		header_done(s, s->pos);
		return false;
	}
	s->field_from = s->pos;
	s->field_to = s->pos + line.n;
	return true;
}

/* ---- delimiters ---- */

/* Closes what is open inside level (or all: SIZE_MAX); its octets end at to. */
static void close_inside(struct mime_scan *s, size_t level, size_t to)
{
	/* More than once where a message ends here: its child has an empty header block. */
	while (s->state == MIME_S_HEADER)
		header_done(s, s->pos);
	if (s->state == MIME_S_BODY)
		part_end(part_at(s, s->cur), to);
	while (s->open_n > (level == NONE ? 0 : level + 1)) {
		struct mime_part *p = part_at(s, s->open[--s->open_n]);

		part_end(p, to);
		if (p->multipart && !p->priv->closed)
			p->flags |= p->priv->delimiters ? MIME_F_UNCLOSED : MIME_F_NO_PARTS;
	}
	s->state = MIME_S_BETWEEN;
}

static void delimiter(struct mime_scan *s, size_t level, enum mime_line kind, size_t next)
{
	struct mime_part *p;
	uint32_t parent, child;
	bool closed;

	close_inside(s, level, s->last_end);
	parent = s->open[level];
	p = part_at(s, parent);
	closed = p->priv->closed;
	if (closed)
		p->flags |= MIME_F_AFTER_CLOSE;
	p->priv->delimiters++;
	if (kind == MIME_L_CLOSE) {
		p->priv->closed = true;
	} else if (mime_part_open(s, parent, &child)) {
		part_at(s, child)->flags |= closed ? MIME_F_ALTERNATE : 0u;
		mime_scan_header(s, child, next);
	}
}

/* ---- lines ---- */

/* More than white space behind the last delimiter is a finding. */
static void between_line(struct mime_scan *s, struct str line)
{
	struct mime_part *p = s->open_n ? part_at(s, s->open[s->open_n - 1]) : NULL;

	if (p && p->priv->closed && str_trim(line).n)
		p->flags |= MIME_F_AFTER_CLOSE;
}

static void take_line(struct mime_scan *s, struct str line, size_t next)
{
	size_t level = 0;
	enum mime_line kind = MIME_L_TEXT;

	if (s->open_n && line.n > 2 && line.p[0] == '-' && line.p[1] == '-')
		kind = mime_line_kind(s, line, &level);
	if (kind != MIME_L_TEXT) {
		delimiter(s, level, kind, next);
		return;
	}
	while (s->state == MIME_S_HEADER)
		if (header_line(s, line, next))
			return;
	if (s->state == MIME_S_BETWEEN)
		between_line(s, line);
}

/* The first LF at or after seen, or the end of what is there; no octet is looked at twice. */
static size_t find_lf(struct mime_scan *s)
{
	size_t from = s->seen > s->lf_to ? s->seen : s->lf_to;
	const char *lf;

	if (s->lf < s->lf_to && s->lf >= s->seen)
		return s->lf;
	lf = from < s->base.n ? memchr(s->base.p + from, '\n', s->base.n - from) : NULL;
	s->lf = lf ? (size_t)(lf - s->base.p) : NONE;
	s->lf_to = lf ? s->lf + 1 : s->base.n;
	return lf ? s->lf : s->base.n;
}

/* The line at pos, without its end; *next is where the line behind it begins. False: its end is not
 * there yet. */
static bool line_at(struct mime_scan *s, bool final, struct str *line, size_t *next)
{
	size_t lf = find_lf(s), end = lf;
	const char *cr = lf > s->seen ? memchr(s->base.p + s->seen, '\r', lf - s->seen) : NULL;

	if (cr)
		end = (size_t)(cr - s->base.p);
	if (!final && (end == s->base.n || (cr && end + 1 == s->base.n))) {
		s->seen = end;
		return false;
	}
	if (s->pos == s->base.n)
		return false;
	*line = str_sub(s->base, s->pos, end - s->pos);
	*next = end + (end < s->base.n) + (cr && end + 1 == lf && lf < s->base.n);
	return true;
}

void mime_scan_run(struct mime_scan *s, bool final)
{
	struct str line;
	size_t next, start;

	while (s->state != MIME_S_BODY || s->open_n) {
		if (!line_at(s, final, &line, &next))
			break;
		start = s->pos;
		take_line(s, line, next);
		s->last_end = start + line.n;
		s->pos = s->seen = next;
	}
	if (final) {
		s->pos = s->base.n;
		close_inside(s, NONE, s->base.n);
	}
}
