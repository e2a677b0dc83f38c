/* What a report came in: gzip, zip, a message, or as it is; found by its octets. */
#include "mail/file/unpack.h"

#include <stdarg.h>

#include "base/buf.h"
#include "mail/msg.h"
#include "report/read.h"

#define BEGIN_MAX 1024u /* octets in which XML says that it is a report */

bool report_fault(struct arena *a, struct report_read *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out->fault = arena_vprintf(a, fmt, ap);
	va_end(ap);
	out->kind = REPORT_NOTHING;
	return false;
}

/* ---- what it is ---- */

enum packing { PACKED_NOT, PACKED_GZIP, PACKED_ZIP };

static enum packing packing_of(struct str s)
{
	if (str_starts(s, STR("\x1f\x8b")))
		return PACKED_GZIP;
	return str_starts(s, STR("PK\3\4")) || str_starts(s, STR("PK\5\6")) ? PACKED_ZIP
									    : PACKED_NOT;
}

/* Without a byte order mark of UTF-8 and white space. */
static struct str begin(struct str s)
{
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_skip(s, 3);
	while (s.n && ch_fws(s.p[0]))
		s = str_skip(s, 1);
	return s;
}

static bool utf16(struct str s)
{
	return str_starts(s, STR("\xff\xfe<\0")) || str_starts(s, STR("\xfe\xff\0<")) ||
	       str_starts(s, STR("<\0?\0")) || str_starts(s, STR("\0<\0?"));
}

static bool is_xml(struct str s)
{
	struct str b = begin(s);

	return utf16(s) || (b.n && b.p[0] == '<');
}

static bool is_json(struct str s)
{
	struct str b = begin(s);

	return b.n && b.p[0] == '{';
}

bool report_begins(struct str s)
{
	struct str head = str_sub(begin(s), 0, BEGIN_MAX);

	if (packing_of(s) || is_json(s) || utf16(s))
		return true;
	return str_starts(head, STR("<?xml")) ||
	       (is_xml(s) && str_find(head, STR("feedback")) != SIZE_MAX);
}

/* ---- inflating ---- */

struct inflating {
	struct arena *a;
	struct unpack *u;
	struct str octets; /* the whole */
	uint64_t total;	   /* inflated so far, of all members */
	struct buf out;	   /* of this one */
	struct str *fault;
};

static bool too_large(struct inflating *w)
{
	*w->fault = arena_printf(w->a, "larger than %u MB inflated", REPORT_MAX_INFLATED >> 20);
	return false;
}

/* The octets of an entry as far as the limits allow. False: a fault. */
static bool inflate_entry(struct inflating *w)
{
	struct str block;

	w->out.n = 0;
	while (unpack_block(w->u, &block)) {
		w->total += block.n;
		if (w->total > REPORT_MAX_INFLATED)
			return too_large(w);
		if (w->total > REPORT_FREE && w->total / REPORT_MAX_RATIO > w->octets.n) {
			*w->fault = arena_printf(w->a, "inflates to more than %u times its size",
						 REPORT_MAX_RATIO);
			return false;
		}
		buf_add(&w->out, block);
	}
	return true;
}

/* A member of a zip that is no folder. 1: a report may be in it; 0: go on; -1: a fault. */
static int try_member(struct inflating *w, const struct unpack_entry *e)
{
	if (e->encrypted || unpack_encrypted(w->u)) {
		*w->fault = STR("an encrypted zip");
		return -1;
	}
	if (e->size != UINT64_MAX && e->size > REPORT_MAX_INFLATED)
		return too_large(w) - 1;
	if (!inflate_entry(w))
		return -1;
	return is_xml(buf_str(&w->out)) || is_json(buf_str(&w->out));
}

static bool unzip(struct inflating *w)
{
	enum unpack_result r = UNPACK_END;
	struct unpack_entry e;
	int found = 0;

	for (unsigned i = 0; i < REPORT_MAX_MEMBERS && !found; i++) {
		r = unpack_next(w->u, &e);
		if (r != UNPACK_ENTRY)
			break;
		if (!e.directory)
			found = try_member(w, &e);
	}
	if (!found)
		*w->fault = r == UNPACK_BROKEN ? STR("a zip that cannot be read")
					       : STR("a zip without XML or JSON in it");
	return found > 0;
}

static bool ungzip(struct inflating *w)
{
	struct unpack_entry e;

	/* What is no gzip beyond its first octets comes out as it is. */
	if (unpack_next(w->u, &e) == UNPACK_ENTRY && inflate_entry(w) &&
	    !str_eq(buf_str(&w->out), w->octets))
		return true;
	if (w->fault->n)
		return false;
	*w->fault = STR("gzip that cannot be read");
	return false;
}

static bool inflate_any(struct arena *a, struct str octets, enum packing p, struct str *out,
			struct str *fault)
{
	bool zip = p == PACKED_ZIP, good;
	struct inflating w = { .a = a,
			       .u = unpack_open(a, octets, zip ? UNPACK_ZIP : UNPACK_GZIP, true),
			       .octets = octets,
			       .out = { .arena = a },
			       .fault = fault };

	if (!w.u) {
		*fault = zip ? STR("a zip that cannot be read") : STR("gzip that cannot be read");
		return false;
	}
	good = zip ? unzip(&w) : ungzip(&w);
	unpack_close(w.u);
	*out = buf_str(&w.out);
	return good;
}

bool report_unpack(struct arena *a, struct str octets, struct str *out, struct str *fault)
{
	enum packing p = packing_of(octets);

	*out = octets;
	if (octets.n > (p ? REPORT_MAX_PACKED : REPORT_MAX_INFLATED)) {
		*fault = arena_printf(a, "larger than %u MB",
				      (p ? REPORT_MAX_PACKED : REPORT_MAX_INFLATED) >> 20);
		return false;
	}
	if (p && !inflate_any(a, octets, p, out, fault))
		return false;
	if (is_xml(*out) || is_json(*out))
		return true;
	*fault = packing_of(*out) ? STR("packed twice")
		 : out->n	  ? STR("neither XML nor JSON")
				  : STR("empty");
	return false;
}

/* ---- from any of these ---- */

static bool read_octets(struct arena *a, struct str octets, struct report_read *out)
{
	struct str text;

	if (!report_unpack(a, octets, &text, &out->fault))
		return false;
	if (is_json(text))
		return report_read_json(a, begin(text), out);
	return report_read_xml(a, utf16(text) ? text : begin(text), out);
}

static bool holds_parts(const struct mime_part *p)
{
	return p->multipart || p->message;
}

/* What a message says of a part is often wrong; what it begins with counts. HTML is no XML. */
static bool may_hold(const struct mime_part *p, struct str octets)
{
	return !holds_parts(p) && !str_eq(p->subtype, STR("html")) && report_begins(octets);
}

bool report_read_mail(struct arena *a, struct mime *m, struct report_read *out)
{
	struct str fault = STR_NULL;
	unsigned tries = 0;

	if (report_read_feedback(a, m, out))
		return true;
	fault = out->fault;
	for (size_t i = 0; i < m->parts.n && i < REPORT_MAX_PARTS && tries < REPORT_MAX_TRIES;
	     i++) {
		if (holds_parts(&m->parts.p[i]) || !may_hold(&m->parts.p[i], mime_data(m, i)))
			continue;
		tries++;
		*out = (struct report_read){ 0 };
		if (read_octets(a, mime_data(m, i), out))
			return true;
		fault = fault.n ? fault : out->fault;
	}
	if (m->flags & MIME_F_TRUNCATED)
		fault = STR("a message that is too large");
	return report_fault(a, out, "%.*s",
			    STR_ARG(fault.n ? fault : STR("a message without a report in it")));
}

struct message {
	struct arena *arena;
	struct hdr_list *headers;
	struct mime *mime; /* NULL: no body yet */
};

static void body(void *arg, struct str octets)
{
	struct message *m = arg;

	if (!m->mime)
		m->mime = mime_new(m->arena, m->headers, 0);
	mime_push(m->mime, octets);
}

static bool read_message(struct arena *a, struct str octets, struct report_read *out)
{
	struct hdr_list *headers = ARENA_NEW(a, struct hdr_list);
	struct message msg = { .arena = a, .headers = headers };
	struct msg_reader *r;

	hdr_init(headers, a);
	r = msg_new(a, headers, body, &msg);
	msg_feed(r, octets);
	msg_end(r);
	if (!headers->v.n)
		return report_fault(a, out, "neither a report nor a message");
	if (!msg.mime)
		return report_fault(a, out, "a message without a report in it");
	mime_end(msg.mime);
	return report_read_mail(a, msg.mime, out);
}

bool report_read(struct arena *a, struct str octets, struct report_read *out)
{
	*out = (struct report_read){ 0 };
	if (!octets.n)
		return report_fault(a, out, "empty");
	if (packing_of(octets) || is_xml(octets) || is_json(octets))
		return read_octets(a, octets, out);
	if (octets.n > 2 * REPORT_MAX_INFLATED)
		return report_fault(a, out, "larger than %u MB", 2 * REPORT_MAX_INFLATED >> 20);
	return read_message(a, octets, out);
}
