/* A message divided into parts as Python's email.feedparser does it. */
#include "learn/digest/pyzor_priv.h"

enum frame_kind {
	FRAME_MESSAGE, /* message/x: holds one message */
	FRAME_STATUS,  /* message/delivery-status: groups of fields with blank lines between */
	FRAME_PREAMBLE,
	FRAME_PARTS,
};

struct frame {
	enum frame_kind kind;
	bool child; /* one is being read */
	bool digest;
	const char *from; /* of the preamble */
	struct pyzor_type type;
};

/* Where an inner part ends, although the message goes on. */
struct stop {
	bool blank; /* at an empty line; else at a delimiter */
	struct str boundary;
};

struct reader {
	struct arena *arena;
	const char *p, *end, *lf; /* lf: the first LF from p on, or end */
	size_t nframes, nstops;
	struct frame frame[PYZOR_MAX_DEPTH];
	struct stop stop[PYZOR_MAX_DEPTH];
	bool pending; /* a part that is read, but may lose its last line end yet */
	struct pyzor_part part;
	pyzor_part_fn *fn;
	void *arg;
};

/* ---- lines ---- */

static bool is_eol(char c)
{
	return c == '\r' || c == '\n';
}

/* "--", the boundary, perhaps "--", blanks, a line end. */
static bool is_delimiter(struct str line, struct str boundary, bool *closes)
{
	*closes = false;
	if (line.n < 2 + boundary.n || line.p[0] != '-' || line.p[1] != '-' ||
	    memcmp(line.p + 2, boundary.p ? boundary.p : "", boundary.n) != 0 ||
	    !str_ascii(boundary))
		return false;
	line = str_skip(line, 2 + boundary.n);
	if (str_starts(line, STR("--"))) {
		*closes = true;
		line = str_skip(line, 2);
	}
	while (line.n && ch_wsp(*line.p))
		line = str_skip(line, 1);
	return line.n == 0 || is_eol(*line.p);
}

static bool stops(const struct reader *r, struct str line)
{
	bool blank = is_eol(*line.p), dashes = line.n >= 2 && line.p[0] == '-' && line.p[1] == '-';
	bool closes;

	if (!blank && !dashes)
		return false;
	for (size_t i = r->nstops; i-- > 0;)
		if (r->stop[i].blank ? blank : is_delimiter(line, r->stop[i].boundary, &closes))
			return true;
	return false;
}

/* The line at p with its end (LF, CR LF or CR); false: here it ends for who reads. */
static bool line_at(struct reader *r, struct str *line)
{
	const char *cr;

	if (r->p >= r->end)
		return false;
	if (r->lf < r->p) {
		r->lf = memchr(r->p, '\n', (size_t)(r->end - r->p));
		if (!r->lf)
			r->lf = r->end;
	}
	*line = str_of(r->p, (size_t)(r->lf - r->p));
	cr = memchr(r->p, '\r', line->n);
	if (cr && cr + 1 != r->lf)
		line->n = (size_t)(cr - r->p) + 1;
	else if (r->lf < r->end)
		line->n++;
	return !r->nstops || !stops(r, *line);
}

static struct str all_lines(struct reader *r)
{
	const char *from = r->p;
	struct str line;

	if (!r->nstops)
		r->p = r->end;
	while (line_at(r, &line))
		r->p += line.n;
	return str_of(from, (size_t)(r->p - from));
}

/* ---- parts that are read ---- */

static void flush(struct reader *r)
{
	if (r->pending)
		r->fn(r->arg, &r->part);
	r->pending = false;
}

/* The last line end belongs to the delimiter. */
static void trim(struct reader *r)
{
	struct str *s = &r->part.payload;

	if (!r->pending)
		return;
	if (s->n >= 2 && s->p[s->n - 2] == '\r' && s->p[s->n - 1] == '\n')
		s->n -= 2;
	else if (s->n && is_eol(s->p[s->n - 1]))
		s->n--;
}

/* ---- headers ---- */

static bool is_field(struct str line)
{
	size_t i = 0;

	if (ch_wsp(*line.p) || str_starts(line, STR("From ")))
		return true;
	while (i < line.n && line.p[i] > ' ' && line.p[i] < 127 && line.p[i] != ':')
		i++;
	return i < line.n && line.p[i] == ':';
}

struct fields {
	struct str type, encoding; /* absent: none */
};

static void keep_field(struct fields *f, struct str name, struct str value)
{
	struct str *to = str_ieq(name, STR("content-type"))		   ? &f->type
			 : str_ieq(name, STR("content-transfer-encoding")) ? &f->encoding
									   : NULL;

	if (!to || to->p)
		return;
	while (value.n && ch_wsp(*value.p))
		value = str_skip(value, 1);
	while (value.n && is_eol(value.p[value.n - 1]))
		value.n--;
	*to = value;
}

/* One field, at p; folded lines are in it. False: the line is given back to the body. */
static bool read_field(struct reader *r, struct str line, bool first, struct fields *f)
{
	const char *start = r->p;
	size_t colon = str_chr(line, ':');
	bool from = str_starts(line, STR("From ")), folded = ch_wsp(*line.p);
	struct str next;

	r->p += line.n;
	if (from && !first && !(line_at(r, &next) && is_field(next))) {
		r->p = start;
		r->lf = start - 1;
		return false;
	}
	while (line_at(r, &next) && ch_wsp(*next.p))
		r->p += next.n;
	if (!from && !folded && colon > 0 && colon != SIZE_MAX)
		keep_field(f, str_sub(line, 0, colon),
			   str_of(start + colon + 1, (size_t)(r->p - start) - colon - 1));
	return true;
}

static void read_fields(struct reader *r, struct fields *f)
{
	struct str line;

	*f = (struct fields){ .encoding = STR_NULL };
	for (bool first = true; line_at(r, &line); first = false) {
		if (!is_field(line)) {
			if (is_eol(*line.p))
				r->p += line.n;
			return;
		}
		if (!read_field(r, line, first, f))
			return;
	}
}

/* ---- the tree ---- */

static void push(struct reader *r, enum frame_kind kind, const struct pyzor_type *type)
{
	struct frame *f = &r->frame[r->nframes++];

	*f = (struct frame){ .kind = kind, .from = r->p, .type = *type };
	f->digest = kind == FRAME_PREAMBLE && str_eq(type->sub, STR("digest"));
}

/* A part begins at p: its fields; then its octets, or a frame for what is in it. */
static void begin(struct reader *r)
{
	bool digest = r->nframes && r->frame[r->nframes - 1].digest;

	for (;;) {
		struct pyzor_type type;
		struct fields f;

		flush(r);
		read_fields(r, &f);
		pyzor_type_read(r->arena, f.type.p ? f.type : STR("text/plain"), &type);
		if (!f.type.p && digest)
			type.main = STR("message"), type.sub = STR("rfc822");
		digest = false;
		if (r->nframes < PYZOR_MAX_DEPTH && str_eq(type.main, STR("message"))) {
			bool status = str_eq(type.sub, STR("delivery-status"));

			push(r, status ? FRAME_STATUS : FRAME_MESSAGE, &type);
			if (status)
				return;
			continue;
		}
		if (r->nframes < PYZOR_MAX_DEPTH && str_eq(type.main, STR("multipart")) &&
		    type.has_boundary) {
			push(r, FRAME_PREAMBLE, &type);
			return;
		}
		r->part = (struct pyzor_part){ type, f.encoding, all_lines(r) };
		r->pending = true;
		if (str_eq(type.main, STR("multipart")))
			flush(r);
		return;
	}
}

static void begin_within(struct reader *r, struct frame *f, struct stop stop)
{
	r->stop[r->nstops++] = stop;
	f->child = true;
	begin(r);
}

static void step_status(struct reader *r, struct frame *f)
{
	struct str line;

	if (f->child) {
		r->nstops--;
		if (line_at(r, &line))
			r->p += line.n;
		if (!line_at(r, &line)) {
			r->nframes--;
			return;
		}
	}
	begin_within(r, f, (struct stop){ .blank = true });
}

/* To the first delimiter. Without one, the preamble is all there is. */
static void step_preamble(struct reader *r, struct frame *f)
{
	struct str line;
	bool closes = false;

	while (line_at(r, &line)) {
		if (is_delimiter(line, f->type.boundary, &closes)) {
			if (closes)
				break;
			f->kind = FRAME_PARTS;
			return;
		}
		r->p += line.n;
	}
	r->part = (struct pyzor_part){
		.type = f->type,
		.payload = str_of(f->from, (size_t)(r->p - f->from)),
	};
	r->pending = true;
	flush(r);
	all_lines(r);
	r->nframes--;
}

static void step_parts(struct reader *r, struct frame *f)
{
	struct str line;
	bool closes;

	if (f->child) {
		r->nstops--;
		trim(r);
		flush(r);
		f->child = false;
	}
	if (!line_at(r, &line) || !is_delimiter(line, f->type.boundary, &closes) || closes) {
		all_lines(r);
		r->nframes--;
		return;
	}
	while (line_at(r, &line) && is_delimiter(line, f->type.boundary, &closes))
		r->p += line.n;
	begin_within(r, f, (struct stop){ .boundary = f->type.boundary });
}

void pyzor_parts(struct arena *a, struct str message, pyzor_part_fn *fn, void *arg)
{
	struct reader *r = ARENA_NEW(a, struct reader);

	r->arena = a;
	r->fn = fn;
	r->arg = arg;
	r->p = message.p ? message.p : "";
	r->end = r->p + message.n;
	r->lf = memchr(r->p, '\n', message.n);
	if (!r->lf)
		r->lf = r->end;
	begin(r);
	while (r->nframes) {
		struct frame *f = &r->frame[r->nframes - 1];

		if (f->kind == FRAME_MESSAGE)
			r->nframes--;
		else if (f->kind == FRAME_STATUS)
			step_status(r, f);
		else if (f->kind == FRAME_PREAMBLE)
			step_preamble(r, f);
		else
			step_parts(r, f);
	}
	flush(r);
}
