/* Fuzz target: a message as parts, whole and in pieces, which must give the same. */
#include "base/buf.h"
#include "base/err.h"
#include "mail/mime/mime.h"
#include "mail/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void keep(void *arg, struct str octets)
{
	buf_add(arg, octets);
}

/* Pushed step octets at a time. */
static struct mime *read_by(struct arena *a, const struct hdr_list *h, struct str body, size_t kept,
			    size_t step)
{
	struct mime *m = mime_new(a, h, kept);

	for (size_t i = 0; i < body.n; i += step)
		mime_push(m, str_sub(body, i, step));
	mime_end(m);
	return m;
}

static void check(bool good, const char *what)
{
	if (!good)
		bug("%s", what);
}

static void check_tree(const struct mime *m, size_t i)
{
	const struct mime_part *p = &m->parts.p[i];

	check(p->index == i && p->from <= p->to, "a part is not where it says");
	check(i == 0 ? p->parent == UINT32_MAX : p->parent < i, "a part comes before its parent");
	check(i == 0 || p->depth == m->parts.p[p->parent].depth + 1, "a depth is wrong");
	check(p->depth <= MIME_MAX_DEPTH && p->params.n <= MIME_MAX_PARAMS, "a limit is broken");
}

static void check_same(struct mime *m, struct mime *other, size_t i)
{
	const struct mime_part *p = &m->parts.p[i], *q = &other->parts.p[i];

	check(str_eq(p->path, q->path) && str_eq(p->type, q->type) && str_eq(p->name, q->name),
	      "the cut changes a part");
	check(p->from == q->from && p->to == q->to && p->parent == q->parent,
	      "the cut changes where a part is");
	check(str_eq(mime_raw(m, p), mime_raw(other, q)) &&
		      str_eq(mime_data(m, i), mime_data(other, i)) &&
		      str_eq(mime_text(m, i), mime_text(other, i)) &&
		      memcmp(mime_sha256(m, i), mime_sha256(other, i), 32) == 0,
	      "the cut changes octets");
	check(mime_data(m, i).n <= mime_raw(m, p).n * 3 / 2 + 3, "decoding makes more of it");
	check(p->flags == q->flags, "the cut changes a finding");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct buf body = { .arena = a };
	struct hdr_list h;
	struct msg_reader *r;
	struct mime *m, *other;
	size_t step = size ? data[0] % 7u + 1 : 1, kept = size > 1 && data[1] % 4 == 0 ? 64 : 0;

	hdr_init(&h, a);
	r = msg_new(a, &h, keep, &body);
	msg_feed(r, str_of((const char *)data + (size > 1 ? 2 : size), size > 1 ? size - 2 : 0));
	msg_end(r);
	/* the octets as a milter may bring them, not as lines */
	if (size > 2 && data[1] % 3 == 0) {
		size_t at = size - size / 2;

		body = (struct buf){ .arena = a };
		buf_add(&body, str_of((const char *)data + at, size - at));
	}
	m = read_by(a, &h, buf_str(&body), kept, body.n ? body.n : 1);
	other = read_by(a, &h, buf_str(&body), kept, step);
	check(m->parts.n && m->parts.n <= MIME_MAX_PARTS, "not as many parts as there may be");
	check(m->parts.n == other->parts.n, "the cut changes the parts");
	check(str_eq(m->body, other->body) && m->octets == body.n, "the cut changes the body");
	for (size_t i = 0; i < m->parts.n; i++) {
		check_tree(m, i);
		check_same(m, other, i);
	}
	check(m->flags == other->flags, "the cut changes the findings");
	arena_free(a);
	return 0;
}
