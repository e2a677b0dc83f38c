/*
 * The message reader: a line splitter in front of two consumers, the header block and the body.
 * A CR at the end of a piece waits for the next octet, since only that says what it is.
 */
#include "mail/msg.h"

#include "base/buf.h"

/* A line that may be the beginning of a field, and the field it became. */
struct msg_reader {
	struct arena *arena;
	struct hdr_list *h;
	msg_body_fn *fn;
	void *arg;
	struct buf field; /* lines of the current field, folds as CRLF, without the last CRLF */
	size_t line;	  /* octets of the current line so far */
	bool cr;	  /* a CR not yet known to belong to a line end */
	bool in_body;
	bool over;     /* the field is over HDR_MAX_FIELD; its beginning is in field */
	bool orphan;   /* a folded line with no field to belong to */
	bool is_field; /* the first line of field has been seen to be one */
	bool any;      /* a line was seen */
};

struct msg_reader *msg_new(struct arena *a, struct hdr_list *h, msg_body_fn *fn, void *arg)
{
	struct msg_reader *r = ARENA_NEW(a, struct msg_reader);

	r->arena = a;
	r->h = h;
	r->fn = fn;
	r->arg = arg;
	r->field.arena = a;
	return r;
}

bool msg_in_body(const struct msg_reader *r)
{
	return r->in_body;
}

/* Offset of the colon of a field: a name without white space inside, white space, a colon. */
static size_t colon_of(struct str line)
{
	size_t colon = str_chr(line, ':'), end = colon;

	if (colon == SIZE_MAX)
		return SIZE_MAX;
	while (end && ch_wsp(line.p[end - 1]))
		end--;
	for (size_t i = 0; i < end; i++)
		if (ch_wsp(line.p[i]))
			return SIZE_MAX;
	return end ? colon : SIZE_MAX;
}

static void field_reset(struct msg_reader *r)
{
	r->field.n = 0;
	r->over = r->orphan = r->is_field = false;
}

/* The current field is complete. */
static void field_done(struct msg_reader *r)
{
	struct str f = buf_str(&r->field);
	size_t colon;

	if (r->orphan) {
		hdr_drop(r->h, f, HDR_F_LEADING_FOLD);
	} else if (r->is_field) {
		colon = colon_of(f);
		if (r->over)
			hdr_drop(r->h, str_sub(f, 0, colon), HDR_F_TOO_LONG);
		else
			hdr_add(r->h, str_sub(f, 0, colon), str_skip(f, colon + 1));
	}
	field_reset(r);
}

static void body(struct msg_reader *r, struct str s)
{
	if (s.n && r->fn)
		r->fn(r->arg, s);
}

/* The line in r->field is no field: it ends the block and is body. */
static void broken(struct msg_reader *r)
{
	r->h->flags |= HDR_F_NO_COLON;
	r->in_body = true;
	body(r, buf_str(&r->field));
	field_reset(r);
}

/* The first line of a field-to-be is here. False: it was the mbox line, or it ended the block. */
static void first_line_done(struct msg_reader *r)
{
	struct str line = buf_str(&r->field);

	r->is_field = colon_of(line) != SIZE_MAX;
	if (r->is_field)
		return;
	if (!r->any && str_starts(line, STR("From ")))
		field_reset(r);
	else
		broken(r);
}

/* Adds octets to the field while it is under the limit (the last CRLF counts). */
static void field_add(struct msg_reader *r, struct str s)
{
	size_t room = HDR_MAX_FIELD - 2 - r->field.n;

	if (s.n > room)
		r->over = true;
	buf_add(&r->field, str_sub(s, 0, room));
}

static void line_begins(struct msg_reader *r, char first)
{
	if (!ch_wsp(first)) {
		field_done(r);
	} else if (r->is_field) {
		field_add(r, STR("\r\n"));
	} else {
		field_done(r);
		r->orphan = true;
	}
}

/* Octets of a header line (no line end among them). */
static void header_data(struct msg_reader *r, struct str s)
{
	if (s.n == 0)
		return;
	if (r->line == 0)
		line_begins(r, s.p[0]);
	r->line += s.n;
	field_add(r, s);
	if (r->over && !r->orphan && !r->is_field) {
		r->is_field = colon_of(buf_str(&r->field)) != SIZE_MAX;
		if (!r->is_field) {
			/* What did not fit any more is the end of s. */
			size_t kept = HDR_MAX_FIELD - 2 - (r->line - s.n);
			broken(r);
			body(r, str_skip(s, kept));
		}
	}
}

/* A line ended: with a line end, or (at_end) because the input did. */
static void header_line_done(struct msg_reader *r, bool at_end)
{
	if (r->line == 0) {
		field_done(r);
		r->in_body = true;
		return;
	}
	if (!r->orphan && !r->is_field)
		first_line_done(r);
	if (r->in_body && !at_end)
		body(r, STR("\r\n"));
	r->any = true;
	r->line = 0;
}

/* Header octets up to the end of s or of the block; returns how many were taken. */
static size_t header_feed(struct msg_reader *r, struct str s)
{
	size_t i = 0;

	while (i < s.n && !r->in_body) {
		struct str rest = str_skip(s, i);
		size_t lf = str_chr(rest, '\n');
		struct str line = str_sub(rest, 0, lf);
		if (r->cr && lf != 0) {
			r->cr = false;
			header_data(r, STR("\r"));
			continue;
		}
		r->cr = line.n && line.p[line.n - 1] == '\r';
		line.n -= r->cr;
		header_data(r, line);
		if (lf == SIZE_MAX)
			return s.n;
		r->cr = false;
		if (r->in_body)
			body(r, STR("\r\n"));
		else
			header_line_done(r, false);
		i += lf + 1;
	}
	return i;
}

/* Body octets: whole runs are passed on, cut only where an LF lacks its CR. */
static void body_feed(struct msg_reader *r, struct str s)
{
	size_t from = 0, at = 0, lf;

	if (r->cr && s.n)
		body(r, s.p[0] == '\n' ? STR_NULL : STR("\r"));
	while ((lf = str_chr(str_skip(s, at), '\n')) != SIZE_MAX) {
		lf += at;
		at = lf + 1;
		if (lf > from && s.p[lf - 1] == '\r')
			continue;
		body(r, str_sub(s, from, lf - from));
		body(r, STR("\r\n"));
		from = at;
	}
	if (s.n)
		r->cr = s.n > from && s.p[s.n - 1] == '\r';
	if (s.n > from)
		body(r, str_sub(s, from, s.n - from - r->cr));
}

void msg_feed(struct msg_reader *r, struct str octets)
{
	size_t n = r->in_body ? 0 : header_feed(r, octets);

	if (r->in_body)
		body_feed(r, str_skip(octets, n));
}

void msg_end(struct msg_reader *r)
{
	if (r->cr) {
		r->cr = false;
		if (r->in_body)
			body(r, STR("\r"));
		else
			header_data(r, STR("\r"));
	}
	if (r->in_body)
		return;
	if (r->line)
		header_line_done(r, true);
	if (!r->in_body)
		field_done(r);
	r->in_body = true;
}
