/* Header canonicalisation (RFC 6376 3.4) and the choice of fields to hash (5.4.2). */
#include "auth/dkim/canon.h"

/* Fields of one name, as numbers + 1; 0: none. */
struct canon_name {
	uint32_t lowest, count;
	uint32_t cursor; /* of canon_select: the next one to be taken */
};

void canon_headers_init(struct canon_headers *x, struct arena *a, const struct hdr_list *list)
{
	uint32_t *above = ARENA_ARRAY(a, uint32_t, list->v.n);

	x->list = list;
	x->names = map_new(a, true);
	x->above = above;
	for (size_t i = 0; i < list->v.n; i++) {
		struct canon_name *n = map_get(x->names, list->v.p[i].name);

		if (!n) {
			n = ARENA_NEW(a, struct canon_name);
			map_put(x->names, list->v.p[i].name, n);
		}
		above[i] = n->lowest;
		n->lowest = (uint32_t)i + 1;
		n->count++;
	}
}

/* The next field of that name upwards. */
static const struct hdr *take(const struct canon_headers *x, struct canon_name *n,
			      const struct hdr *self)
{
	while (n && n->cursor) {
		const struct hdr *f = &x->list->v.p[n->cursor - 1];

		n->cursor = x->above[n->cursor - 1];
		if (f != self)
			return f;
	}
	return NULL;
}

void canon_select(const struct canon_headers *x, const struct str *names, size_t n,
		  const struct hdr *self, const struct hdr **fields)
{
	for (size_t i = 0; i < n; i++) {
		struct canon_name *name = map_get(x->names, names[i]);

		if (name)
			name->cursor = name->lowest;
	}
	for (size_t i = 0; i < n; i++)
		fields[i] = take(x, map_get(x->names, names[i]), self);
}

size_t canon_count(const struct canon_headers *x, struct str name)
{
	const struct canon_name *n = map_get(x->names, name);

	return n ? n->count : 0;
}

/* Runs of white space to one blank, folds undone. blank: white space is held back from before. */
struct relax {
	char *out;
	bool blank;
};

static void relax(struct relax *r, struct str s)
{
	char *out = r->out;
	bool blank = r->blank;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (ch_wsp(c)) {
			blank = true;
			continue;
		}
		if (c == '\r' && i + 2 < s.n && s.p[i + 1] == '\n' && ch_wsp(s.p[i + 2])) {
			i++;
			continue;
		}
		if (blank)
			*out++ = ' ';
		blank = false;
		*out++ = c;
	}
	r->out = out;
	r->blank = blank;
}

static struct str skip_blanks(struct str s)
{
	for (;;) {
		if (s.n && ch_wsp(s.p[0]))
			s = str_skip(s, 1);
		else if (s.n > 2 && s.p[0] == '\r' && s.p[1] == '\n' && ch_wsp(s.p[2]))
			s = str_skip(s, 3);
		else
			return s;
	}
}

/* head and tail are the two parts of the value; what stood between them is left out. */
static void relaxed_field(struct buf *out, struct str name, struct str head, struct str tail)
{
	struct relax r = { .out = buf_room(out, name.n + head.n + tail.n + 4) };

	for (size_t i = 0; i < name.n; i++)
		*r.out++ = ch_lower(name.p[i]);
	*r.out++ = ':';
	relax(&r, skip_blanks(head));
	relax(&r, tail);
	out->n = (size_t)(r.out - out->p);
}

void canon_field(struct buf *out, const struct hdr *f, enum canon c)
{
	if (c == CANON_SIMPLE) {
		buf_add(out, f->raw);
		return;
	}
	relaxed_field(out, f->name, f->value, STR_NULL);
	buf_add(out, STR("\r\n"));
}

void canon_signature(struct buf *out, const struct hdr *f, struct str b, enum canon c)
{
	size_t at = (size_t)(b.p - f->value.p), line = f->raw.n - 2;
	size_t before = line - f->value.n + at; /* where b begins in raw */

	if (c == CANON_RELAXED) {
		relaxed_field(out, f->name, str_sub(f->value, 0, at), str_skip(f->value, at + b.n));
		return;
	}
	buf_add(out, str_sub(f->raw, 0, before));
	buf_add(out, str_sub(f->raw, before + b.n, line - before - b.n));
}

#define CHUNK 8192u /* header octets given to the hash at once, about */

static void flush(struct hash *h, struct buf *text)
{
	hash_feed(h, buf_str(text));
	text->n = 0;
}

struct str canon_digest(struct arena *a, struct crypto *c, const struct canon_headers *x,
			const struct str *names, size_t n, const struct hdr *self, struct str b,
			enum canon canon)
{
	const struct hdr **fields = ARENA_ARRAY(a, const struct hdr *, n + 1);
	struct hash *h = hash_new(c, a, HASH_SHA256);
	struct buf text = { .arena = a };

	buf_room(&text, CHUNK);
	canon_select(x, names, n, self, fields);
	for (size_t i = 0; i < n; i++) {
		if (!fields[i])
			continue;
		canon_field(&text, fields[i], canon);
		if (text.n >= CHUNK / 2)
			flush(h, &text);
	}
	canon_signature(&text, self, b, canon);
	flush(h, &text);
	return hash_end(h);
}
