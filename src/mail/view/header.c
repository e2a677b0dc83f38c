/* Header rules' texts: fields by name, groups of fields, and parts of them. */
#include "mail/view/header_priv.h"

#include "base/buf.h"

enum part {
	PART_VALUE,
	PART_RAW = 1,
	PART_ADDR = 2,
	PART_NAME = 4,
	PART_HOST = 8,
	PART_DOMAIN = 16,
	PART_IP = 32,
	PART_REVIP = 64,
	PART_FIRST = 128,
	PART_LAST = 256
};

static const struct {
	const char *name;
	unsigned parts;
} modifiers[] = {
	{ "raw", PART_RAW },
	{ "addr", PART_ADDR },
	{ "name", PART_NAME },
	{ "host", PART_HOST },
	{ "domain", PART_HOST | PART_DOMAIN },
	{ "ip", PART_IP },
	{ "revip", PART_IP | PART_REVIP },
	{ "first", PART_FIRST },
	{ "last", PART_LAST },
};

/* A request: "From:first:addr". */
struct spec {
	struct str name;
	unsigned parts;
};

static struct spec read_spec(struct str s)
{
	struct spec r = { .name = str_cut(&s, ':') };

	while (s.p) {
		struct str m = str_cut(&s, ':');
		for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++)
			if (str_eq(m, str_c(modifiers[i].name)))
				r.parts |= modifiers[i].parts;
	}
	return r;
}

static void push(struct view *v, view_line_vec *out, struct str s)
{
	VEC_PUSH(v->arena, *out) = (struct view_line){ s.p ? s : STR(""), UINT32_MAX, SIZE_MAX };
}

static struct str with_lf(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\n';
	return str_of(p, s.n + 1);
}

/* A value with its folds and a line end. */
static struct str field_raw(struct view *v, const struct hdr *h)
{
	struct str s = with_lf(v->arena, view_lf(v->arena, h->value));

	return str_sub(s, 0, VIEW_MAX_FIELD);
}

static struct str field_decoded(struct view *v, const struct hdr *h)
{
	return with_lf(v->arena, view_decode_value(v->arena, h->name, field_raw(v, h)));
}

/* Folds as one space, as of a field that is put together with others. */
static struct str one_line(struct arena *a, struct str s)
{
	struct buf out = { .arena = a };

	for (size_t i = 0; i < s.n; i++) {
		size_t end = i + 1;
		if (s.p[i] != '\n') {
			buf_addc(&out, s.p[i]);
			continue;
		}
		while (end < s.n && view_space(s.p[end]))
			end++;
		if (end > i + 1 && out.n && out.p[out.n - 1] == '\r')
			out.n--;
		buf_addc(&out, end > i + 1 ? ' ' : '\n');
		i = end - 1;
	}
	return buf_str(&out);
}

enum form { FORM_DECODED, FORM_RAW, FORM_RAW_LINE };

static void add_fields(struct view *v, view_line_vec *out, struct str name, enum form form)
{
	for (size_t i = 0; i < v->headers->v.n; i++) {
		const struct hdr *h = &v->headers->v.p[i];
		if (!str_ieq(str_sub(h->name, 0, VIEW_MAX_NAME), name))
			continue;
		if (form == FORM_DECODED)
			push(v, out, field_decoded(v, h));
		else if (form == FORM_RAW)
			push(v, out, field_raw(v, h));
		else
			push(v, out, one_line(v->arena, field_raw(v, h)));
	}
}

static void add_all(struct view *v, view_line_vec *out, bool raw)
{
	size_t size = 0;

	for (size_t i = 0; i < v->headers->v.n; i++) {
		const struct hdr *h = &v->headers->v.p[i];
		struct str name = str_sub(h->name, 0, VIEW_MAX_NAME), value;
		struct buf b = { .arena = v->arena };
		if (raw) {
			push(v, out, view_lf(v->arena, h->raw));
			continue;
		}
		value = field_decoded(v, h);
		size += name.n + value.n + 2;
		if (size > VIEW_MAX_HEADER)
			break;
		buf_add(&b, name);
		buf_add(&b, STR(": "));
		buf_add(&b, value);
		push(v, out, buf_str(&b));
	}
}

/* Fields above and with the Received field of that number, or from it on. */
static void add_range(struct view *v, view_line_vec *out, size_t border, bool below, bool raw)
{
	view_line_vec all = { 0 };
	ptrdiff_t at = -1, stop = (ptrdiff_t)border - (v->client && v->client->ip.family);

	add_all(v, &all, raw);
	for (size_t i = 0; i < all.n; i++) {
		at += str_istarts(all.p[i].text, STR("received:"));
		if (below ? at >= stop : at <= stop && stop >= 0)
			push(v, out, all.p[i].text);
		if (!below && at >= stop)
			break;
	}
}

static const struct {
	const char *name;
	bool internal, below;
} ranges[] = {
	{ "ALL-TRUSTED", false, false },
	{ "ALL-INTERNAL", true, false },
	{ "ALL-UNTRUSTED", false, true },
	{ "ALL-EXTERNAL", true, true },
};

static bool add_group(struct view *v, const struct spec *q, view_line_vec *out)
{
	bool raw = q->parts & PART_RAW;
	size_t trusted, internal;

	if (str_eq(q->name, STR("ALL"))) {
		add_all(v, out, raw);
		return true;
	}
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		if (!str_eq(q->name, str_c(ranges[i].name)))
			continue;
		view_relay_counts(v, &trusted, &internal);
		add_range(v, out, ranges[i].internal ? internal : trusted, ranges[i].below, raw);
		return true;
	}
	return false;
}

static const char *const message_ids[] = { "X-Message-Id", "Resent-Message-Id",
					   "X-Original-Message-ID", "Message-Id" };

static void add_named(struct view *v, const struct spec *q, view_line_vec *out)
{
	enum form joined = q->parts & PART_RAW ? FORM_RAW_LINE : FORM_DECODED;
	bool raw = q->parts & (PART_RAW | PART_ADDR | PART_NAME);
	struct str s;

	if (str_ieq(q->name, STR("EnvelopeFrom"))) {
		s = view_envelope_from(v);
		if (s.p)
			push(v, out, s);
	} else if (str_istarts(q->name, STR("X-Spam-Relays-")) &&
		   (s = view_relays_text(v, str_skip(q->name, 14))).p) {
		push(v, out, s);
	} else if (str_ieq(q->name, STR("ToCc"))) {
		add_fields(v, out, STR("To"), joined);
		add_fields(v, out, STR("Cc"), joined);
	} else if (str_eq(q->name, STR("MESSAGEID"))) {
		for (size_t i = 0; i < sizeof message_ids / sizeof *message_ids; i++)
			add_fields(v, out, str_c(message_ids[i]), joined);
	} else {
		add_fields(v, out, q->name, raw ? FORM_RAW : FORM_DECODED);
	}
}

/* Runs of white space as one space, none at the ends, no single quotes around the whole. */
static struct str tidy_name(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	struct str t = view_trim(s);
	size_t n = 0;

	if (!t.n)
		return s;
	for (size_t i = 0; i < t.n; i++) {
		bool space = view_space(t.p[i]);
		if (!space || p[n - 1] != ' ')
			p[n++] = space ? ' ' : t.p[i];
	}
	if (n >= 2 && p[0] == '\'' && p[n - 1] == '\'')
		return str_of(p + 1, n - 2);
	return str_of(p, n);
}

static void addresses_of(struct view *v, unsigned parts, struct str line, view_line_vec *out)
{
	size_t n;
	struct view_addr *a = view_addresses(v->arena, line, &n);

	for (size_t i = 0; i < n; i++) {
		struct str s = parts & PART_ADDR ? a[i].address : a[i].phrase;
		if (!s.p)
			continue;
		if (!(parts & (PART_ADDR | PART_RAW)))
			s = tidy_name(v->arena, view_decode_text(v->arena, STR("phrase"), s));
		push(v, out, s);
	}
}

static void host_of(struct view *v, unsigned parts, struct str line, view_line_vec *out)
{
	struct str s;

	if (parts & PART_HOST) {
		s = view_host_of(v, line, parts & PART_ADDR);
		if (s.n && parts & PART_DOMAIN)
			s = view_trim_domain(v, v->arena, s);
	} else {
		s = view_ip_of(line);
		if (s.p && parts & PART_REVIP)
			s = view_ip_reverse(v->arena, s);
	}
	if (s.p)
		push(v, out, s);
}

typedef void piece_fn(struct view *v, unsigned parts, struct str line, view_line_vec *out);

/* Each line becomes the pieces of it that are asked for. */
static void take_pieces(struct view *v, unsigned parts, piece_fn *fn, view_line_vec *lines)
{
	view_line_vec out = { 0 };

	for (size_t i = 0; i < lines->n; i++)
		fn(v, parts, lines->p[i].text, &out);
	*lines = out;
}

static struct view_lines look_up(struct view *v, struct str name)
{
	struct spec q = read_spec(name);
	view_line_vec out = { 0 };

	if (!add_group(v, &q, &out)) {
		add_named(v, &q, &out);
		if (out.n && q.parts & (PART_FIRST | PART_LAST)) {
			out.p[0] = out.p[q.parts & PART_FIRST ? 0 : out.n - 1];
			out.n = 1;
		}
		if (q.parts & (PART_ADDR | PART_NAME))
			take_pieces(v, q.parts, addresses_of, &out);
		if (q.parts & (PART_HOST | PART_IP))
			take_pieces(v, q.parts, host_of, &out);
	}
	return (struct view_lines){ out.p, out.n };
}

const struct view_lines *view_header_lines(struct view *v, struct str name)
{
	struct view_lines *l;

	if (!v->head) {
		v->head = ARENA_NEW(v->arena, struct view_head);
		v->head->cache = map_new(v->arena, false);
	}
	l = map_get(v->head->cache, name);
	if (!l) {
		l = ARENA_NEW(v->arena, struct view_lines);
		*l = look_up(v, name);
		map_put(v->head->cache, arena_dup(v->arena, name), l);
	}
	return l;
}

struct str view_header(struct view *v, struct str name)
{
	const struct view_lines *l = view_header_lines(v, name);
	struct buf out = { .arena = v->arena };
	bool lf;

	if (l->n < 2)
		return l->n ? l->p[0].text : STR_NULL;
	lf = l->p[0].text.n && l->p[0].text.p[l->p[0].text.n - 1] == '\n';
	for (size_t i = 0; i < l->n; i++) {
		if (i && !lf)
			buf_addc(&out, '\n');
		buf_add(&out, l->p[i].text);
	}
	return buf_str(&out);
}
