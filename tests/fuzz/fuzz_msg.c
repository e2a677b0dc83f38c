/* Fuzz target: the message reader gives the same fields and body however its input is cut. */
#include "base/buf.h"
#include "base/err.h"
#include "mail/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct hdr_list h;
	struct buf body;
};

static void take_body(void *arg, struct str s)
{
	buf_add(&((struct seen *)arg)->body, s);
}

/* Pieces of step, step * 2 + 1, ... octets; step 0: all at once. */
static void read_all(struct arena *a, struct str in, size_t step, struct seen *seen)
{
	struct msg_reader *r;
	size_t i = 0, n = step;

	hdr_init(&seen->h, a);
	seen->body = (struct buf){ .arena = a };
	r = msg_new(a, &seen->h, take_body, seen);
	while (step && i < in.n) {
		msg_feed(r, str_sub(in, i, n));
		i += n;
		n = n < 64 ? n * 2 + 1 : step;
	}
	if (!step)
		msg_feed(r, in);
	msg_end(r);
}

static void same(const struct seen *x, const struct seen *y)
{
	if (x->h.v.n != y->h.v.n || x->h.flags != y->h.flags || x->h.octets != y->h.octets ||
	    x->h.dropped != y->h.dropped || x->h.hidden_from != y->h.hidden_from)
		bug("the cut changes the list");
	for (size_t i = 0; i < x->h.v.n; i++)
		if (!str_eq(x->h.v.p[i].raw, y->h.v.p[i].raw) ||
		    !str_eq(x->h.v.p[i].name, y->h.v.p[i].name))
			bug("the cut changes a field");
	if (!str_eq(buf_str(&x->body), buf_str(&y->body)))
		bug("the cut changes the body");
}

/* Fields read again from their own octets are the same; every line end is CRLF. */
static void check(struct arena *a, const struct seen *x)
{
	struct str b = buf_str(&x->body);
	struct seen again;
	size_t octets = 0;

	for (size_t i = 0; i < x->h.v.n; i++) {
		const struct hdr *f = &x->h.v.p[i];
		octets += f->raw.n;
		if (f->raw.n > HDR_MAX_FIELD || f->name.n > HDR_MAX_NAME ||
		    f->name.n + f->value.n + 3 > f->raw.n || f->name.p != f->raw.p ||
		    f->value.p + f->value.n + 2 != f->raw.p + f->raw.n)
			bug("a field is not within its octets");
		read_all(a, f->raw, 0, &again);
		if (again.h.v.n != 1 || !str_eq(again.h.v.p[0].raw, f->raw))
			bug("a field is not read back");
		hdr_unfold(a, f->value);
	}
	if (octets != x->h.octets || octets > HDR_MAX_BLOCK || x->h.v.n > HDR_MAX_FIELDS)
		bug("a limit is broken");
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\n' && (i == 0 || b.p[i - 1] != '\r'))
			bug("a bare LF in the body");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size);
	struct seen whole, cut;

	read_all(a, in, 0, &whole);
	for (size_t step = 1; step < 4; step++) {
		read_all(a, in, step, &cut);
		same(&whole, &cut);
	}
	check(a, &whole);
	arena_free(a);
	return 0;
}
