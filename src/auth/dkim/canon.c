/* Header canonicalisation (RFC 6376 3.4) and the choice of fields to hash (5.4.2). */
#include "auth/dkim/canon.h"

/* FNV-1a of the lower-case name: only to skip comparisons, so that collisions cost nothing else. */
static uint32_t name_hash(struct str name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.n; i++)
		h = (uint32_t)((uint64_t)(h ^ (unsigned char)ch_lower(name.p[i])) * 16777619u);
	return h;
}

void canon_headers_init(struct canon_headers *x, struct arena *a, const struct hdr_list *list)
{
	uint32_t *name = ARENA_ARRAY(a, uint32_t, list->v.n);

	for (size_t i = 0; i < list->v.n; i++)
		name[i] = name_hash(list->v.p[i].name);
	x->list = list;
	x->name = name;
}

/* The lowest field of that name above (before) the index. */
static const struct hdr *find_above(const struct canon_headers *x, struct str name, size_t below,
				    const struct hdr *self)
{
	uint32_t h = name_hash(name);

	while (below-- > 0) {
		const struct hdr *f = &x->list->v.p[below];

		if (x->name[below] == h && f != self && str_ieq(f->name, name))
			return f;
	}
	return NULL;
}

void canon_select(const struct canon_headers *x, const struct str *names, size_t n,
		  const struct hdr *self, const struct hdr **fields)
{
	const struct hdr *first = x->list->v.p;

	for (size_t i = 0; i < n; i++) {
		size_t below = x->list->v.n, j = i;

		while (j > 0 && !str_ieq(names[j - 1], names[i]))
			j--;
		if (j > 0)
			below = fields[j - 1] ? (size_t)(fields[j - 1] - first) : 0;
		fields[i] = find_above(x, names[i], below, self);
	}
}

size_t canon_count(const struct canon_headers *x, struct str name)
{
	uint32_t h = name_hash(name);
	size_t count = 0;

	for (size_t i = 0; i < x->list->v.n; i++)
		count += x->name[i] == h && str_ieq(x->list->v.p[i].name, name);
	return count;
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
