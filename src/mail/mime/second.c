/*
 * Second readings: where two mail programs may see different parts, both are looked at. Each new
 * part stands under the part that it reads again. All of them together look at no more octets than
 * a budget of twice the body, and none of them is read again in the same way.
 */
#include "mail/mime/mime_priv.h"

#define LOOK 8192u /* octets in which a boundary is guessed, or a header block looked on */
#define SAMPLE 256u
#define SMALL 65536u /* the budget of an empty body */

/* A reading of the octets of a part. */
struct again {
	struct mime_scan scan;
	uint32_t of, index;
	struct mime_part *p; /* the new part; valid until something is opened */
};

static struct mime_part *part_at(struct mime *m, uint32_t i)
{
	return &m->parts.p[i];
}

/* A new part that reads base again, described as part of is, but for its type. False: a limit. */
static bool again_open(struct again *g, struct mime *m, uint32_t of, struct str base, size_t cost)
{
	const struct mime_part *old;
	struct mime_part *p;

	*g = (struct again){ .scan = { .m = m, .base = base, .alternate = true }, .of = of };
	if (cost > m->priv->budget)
		m->flags |= MIME_F_PARTS;
	if (part_at(m, of)->depth >= MIME_MAX_DEPTH)
		m->flags |= MIME_F_DEPTH;
	if (part_at(m, of)->depth >= MIME_MAX_DEPTH || cost > m->priv->budget ||
	    !mime_part_open(&g->scan, of, &g->index))
		return false;
	m->priv->budget -= cost;
	old = part_at(m, of);
	p = part_at(m, g->index);
	p->headers = old->headers;
	p->encoding = old->encoding;
	p->encoding_given = old->encoding_given;
	p->disposition = old->disposition;
	p->name = old->name;
	p->other_name = old->other_name;
	p->id = old->id;
	p->priv->reread = true;
	g->p = p;
	return true;
}

/* The same octets as part of has. */
static bool again_same(struct again *g, struct mime *m, uint32_t of)
{
	const struct mime_part *old = part_at(m, of);
	struct str base = str_sub(mime_base(m, old), 0, old->to);

	return again_open(g, m, of, base, old->to - old->from);
}

static void take_type(struct again *g)
{
	const struct mime_part *old = part_at(g->scan.m, g->of);

	g->p->type = old->type;
	g->p->subtype = old->subtype;
	g->p->type_given = old->type_given;
	g->p->params.p = old->params.p;
	g->p->params.n = g->p->params.cap = old->params.n;
	g->p->charset = old->charset;
	g->p->boundary = old->boundary;
	g->p->multipart = old->multipart;
	g->p->message = old->message;
}

static void again_run(struct again *g, size_t from)
{
	mime_scan_body(&g->scan, g->index, from);
	mime_scan_run(&g->scan, true);
}

/* ---- other fields ---- */

static void as_type(struct mime *m, uint32_t i, struct str value)
{
	struct again g;

	if (!again_same(&g, m, i))
		return;
	mime_describe_type(m->arena, g.p, value, NULL);
	again_run(&g, part_at(m, i)->from);
}

static void as_encoded(struct mime *m, uint32_t i, enum mime_encoding e)
{
	struct again g;

	if (!again_same(&g, m, i))
		return;
	take_type(&g);
	g.p->encoding = e;
	again_run(&g, part_at(m, i)->from);
}

/* A container with its encoding undone. False: it is not encoded in that way. */
static bool as_decoded(struct mime *m, uint32_t i, enum mime_encoding e)
{
	struct mime_part *p = part_at(m, i);
	struct str raw = mime_raw(m, p), data;
	unsigned flags = 0;
	struct again g;

	if (raw.n > m->priv->budget) {
		m->flags |= MIME_F_PARTS;
		return true;
	}
	data = mime_decode(m->arena, e, raw, &flags);
	p->flags |= flags;
	if (!data.n || !again_open(&g, m, i, data, raw.n))
		return flags == 0;
	take_type(&g);
	g.p->encoding = MIME_8BIT;
	again_run(&g, 0);
	return flags == 0;
}

static void by_encoding(struct mime *m, uint32_t i, enum mime_encoding e)
{
	const struct mime_part *p = part_at(m, i);
	bool container = p->multipart || p->message;

	if (!container)
		as_encoded(m, i, e);
	else if (e <= MIME_BINARY)
		as_encoded(m, i, MIME_8BIT);
	else if (e != MIME_UNKNOWN)
		as_decoded(m, i, e);
}

static void encodings(struct mime *m, uint32_t i)
{
	const struct mime_part_priv *priv = part_at(m, i)->priv;
	enum mime_encoding like;

	for (size_t k = 0; !priv->reread && k < priv->encodings_n; k++) {
		mime_encoding_of(priv->encodings[k], &like);
		if (like != MIME_UNKNOWN)
			by_encoding(m, i, like);
	}
}

/* A container that says it is encoded, and may be or not. */
static void container(struct mime *m, uint32_t i)
{
	enum mime_encoding e = part_at(m, i)->encoding;
	bool message = part_at(m, i)->message;

	if (e <= MIME_BINARY || e == MIME_UNKNOWN) {
		if (message && e == MIME_UNKNOWN)
			as_encoded(m, i, MIME_8BIT);
		return;
	}
	if (!as_decoded(m, i, e) && message)
		as_encoded(m, i, MIME_8BIT);
}

/* ---- other boundaries ---- */

static void as_split(struct mime *m, uint32_t i, struct str boundary, bool loose)
{
	struct again g;

	if (!boundary.n || !again_same(&g, m, i))
		return;
	take_type(&g);
	if (!g.p->multipart) {
		g.p->type = STR("multipart");
		g.p->subtype = STR("mixed");
	}
	g.p->multipart = true;
	g.p->boundary = str_sub(boundary, 0, MIME_MAX_BOUNDARY);
	g.scan.loose = loose;
	again_run(&g, part_at(m, i)->from);
}

static struct str line_from(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '\n' && s.p[n] != '\r')
		n++;
	return str_sub(s, 0, n);
}

/* Behind a line and its end. */
static struct str line_skip(struct str s, struct str line)
{
	s = str_skip(s, line.n);
	if (s.n && s.p[0] == '\r')
		s = str_skip(s, 1);
	return s.n && s.p[0] == '\n' ? str_skip(s, 1) : s;
}

/* What some readers take for the boundary: a line "--..." in front of a field "Content-...". */
static struct str guess_boundary(struct str raw)
{
	struct str s = str_sub(raw, 0, LOOK);

	while (s.n) {
		struct str line = line_from(s), rest = line_skip(s, line);

		if (line.n > 2 && str_starts(line, STR("--")) && str_istarts(rest, STR("content-")))
			return str_trim(str_skip(line, 2));
		s = rest;
	}
	return STR_NULL;
}

static void boundaries(struct mime *m, uint32_t i)
{
	const struct mime_part *p = part_at(m, i);
	struct str first = p->boundary, guess = STR_NULL;
	bool whole = p->flags & (MIME_F_NO_PARTS | MIME_F_BAD_BOUNDARY);
	size_t left = MIME_MAX_ODD;

	if (p->flags & MIME_F_DEPTH)
		return;
	if (p->priv->loose || first.n > MIME_MAX_BOUNDARY)
		as_split(m, i, first, true);
	for (size_t k = 0; left && k < part_at(m, i)->params.n; k++) {
		struct mime_param q = part_at(m, i)->params.p[k];

		if (!str_eq(q.name, STR("boundary")) || str_eq(q.value, first))
			continue;
		as_split(m, i, str_trim(q.value), false);
		left--;
	}
	if (!whole || part_at(m, i)->priv->delimiters)
		return;
	guess = guess_boundary(mime_raw(m, part_at(m, i)));
	if (!str_eq(guess, first))
		as_split(m, i, guess, false);
	as_type(m, i, STR("text/plain"));
}

/* ---- the rest ---- */

/* The lines behind a cut go on with MIME fields. */
static bool goes_on(struct str raw)
{
	struct str s = str_sub(raw, 0, LOOK);

	while (s.n) {
		struct str line = line_from(s);

		if (line.n == 0)
			return false;
		if (str_istarts(line, STR("content-")))
			return true;
		s = line_skip(s, line);
	}
	return false;
}

static void header_again(struct mime *m, uint32_t i)
{
	const struct mime_part *p = part_at(m, i);
	const struct hdr_list *old = p->headers;
	size_t from = p->priv->fields ? p->priv->header_from : p->from;
	struct again g;

	if (!goes_on(mime_raw(m, p)) || !again_same(&g, m, i))
		return;
	g.scan.skip_bad = true;
	mime_scan_header(&g.scan, g.index, from);
	for (size_t k = 0; old == m->headers && k < old->v.n; k++)
		hdr_add(g.p->priv->fields, old->v.p[k].name, old->v.p[k].value);
	mime_scan_run(&g.scan, true);
}

/* Text that says it is base64 and shows at once that it is not. */
static bool not_base64(struct str raw)
{
	struct str s = str_sub(str_trim(str_sub(raw, 0, SAMPLE)), 0, SAMPLE);

	for (size_t i = 0; i < s.n; i++)
		if (!ch_alnum(s.p[i]) && !ch_fws(s.p[i]) && s.p[i] != '+' && s.p[i] != '/' &&
		    s.p[i] != '=')
			return true;
	return false;
}

/* uuencoded files between the lines of a text. */
static void uu_files(struct mime *m, uint32_t i)
{
	struct str raw = mime_raw(m, part_at(m, i)), base = mime_base(m, part_at(m, i)), block,
		   name;
	size_t at = 0;
	struct again g;

	while (mime_uu_find(raw, &at, &block, &name)) {
		if (!again_open(&g, m, i, base, block.n))
			return;
		g.p->type = STR("application");
		g.p->subtype = STR("octet-stream");
		g.p->encoding = MIME_UU;
		g.p->encoding_given = STR_NULL;
		g.p->disposition = STR("attachment");
		g.p->name = mime_words(m->arena, name);
		g.p->other_name = STR_NULL;
		g.p->from = (size_t)(block.p - base.p);
		g.p->to = g.p->from + block.n;
	}
}

static void read_again(struct mime *m, uint32_t i)
{
	const struct mime_part *p = part_at(m, i);
	const struct mime_part_priv *priv = p->priv;
	bool text = str_eq(p->type, STR("text")), fresh = !priv->reread;

	for (size_t k = 0; fresh && k < priv->types_n; k++)
		as_type(m, i, priv->types[k]);
	if (fresh && (p->flags & MIME_F_BAD_TYPE) && !p->multipart && p->boundary.n)
		as_split(m, i, p->boundary, false);
	encodings(m, i);
	p = part_at(m, i);
	if (p->multipart || p->message)
		container(m, i);
	if (fresh && part_at(m, i)->multipart)
		boundaries(m, i);
	if (fresh && (part_at(m, i)->flags & MIME_F_HEADER_CUT))
		header_again(m, i);
	p = part_at(m, i);
	if (text && p->encoding == MIME_BASE64 && not_base64(mime_raw(m, p)))
		as_encoded(m, i, MIME_8BIT);
	p = part_at(m, i);
	if (text && (p->encoding <= MIME_BINARY || p->encoding == MIME_UNKNOWN))
		uu_files(m, i);
}

void mime_second(struct mime *m)
{
	m->priv->budget = 2 * m->body.n + SMALL;
	for (uint32_t i = 0; i < m->parts.n; i++)
		read_again(m, i);
}
