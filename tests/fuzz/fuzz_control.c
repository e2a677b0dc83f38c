/* Fuzzes what comes by the control socket and what the trainer reads back from a store: frames and
 * records. What is read is written again, and read to the same. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "control/frame.h"
#include "control/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct str x, struct str y, const char *what)
{
	if (!str_eq(x, y))
		bug("%s: written otherwise than it was read", what);
}

static void frames(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };
	struct str rest = s;
	struct frame f;
	struct hello h;

	while (frame_take(&rest, &f) > 0) {
		frame_put(&b, (enum frame_type)f.type, f.payload);
		if (f.type == FRAME_HELLO && hello_parse(f.payload, &h) && h.same_version)
			same(hello_format(a, &h), f.payload, "hello");
	}
	same(buf_str(&b), str_sub(s, 0, s.n - rest.n), "frame");
}

static void votes(struct arena *a, struct str s)
{
	struct shared_votes sv;
	struct votes v;

	if (votes_parse(s, &v))
		same(votes_format(a, &v), s, "votes");
	if (shared_votes_parse(s, &sv))
		same(shared_votes_format(a, &sv), s, "shared votes");
}

static void logs(struct arena *a, struct str s)
{
	struct log_entry e;
	struct origin o;
	struct str event;

	if (log_entry_parse(s, &e) && e.moves.n > MOVES_MAX)
		bug("too many moves");
	if (shared_entry_parse(s, &o, &event))
		same(shared_entry_format(a, o, event), s, "shared entry");
}

static void heads(struct arena *a, struct str s)
{
	struct head *h = ARENA_NEW(a, struct head), *again = ARENA_NEW(a, struct head);
	struct str out;

	h->nblocks = again->nblocks = 8;
	h->slot = ARENA_ARRAY(a, uint8_t, 8);
	again->slot = ARENA_ARRAY(a, uint8_t, 8);
	if (!head_parse(s, h))
		return;
	out = head_format(a, h);
	if (!head_parse(out, again))
		bug("a head that was written cannot be read");
	same(head_format(a, again), out, "head");
}

/* An event against votes that are there: counts can only follow from what was. */
static void decisions(struct arena *a, struct str s)
{
	struct erased *gone = ARENA_NEW(a, struct erased);
	struct learn_event e = { .f.digest = { 1 } };
	struct votes v = { 0 };
	struct moves m;

	erased_add(gone, STR("b"), 5);
	for (size_t i = 0; i + 3 <= s.n && i < 300; i += 3) {
		static const char *const users[] = {
			"", "a", "b", "c", "d", "e", "f", "g", "h", "i"
		};
		enum learn_class was = votes_class(&v);
		e.to = (enum learn_class)((uint8_t)s.p[i] % 3);
		e.source = (enum learn_source)((uint8_t)s.p[i + 1] % LEARN_SOURCES);
		e.user = str_c(users[(uint8_t)s.p[i + 2] % 10]);
		e.when_ms = (int64_t)i;
		if (votes_decide(&v, &e, gone, &m) != TRAINED && votes_class(&v) != was)
			bug("refused, and changed all the same");
		if (v.n > VOTES_MAX || m.n > MOVES_MAX)
			bug("%zu votes, %zu moves", v.n, m.n);
		if (m.n && !m.m[0].user.n && (m.m[0].from != was || m.m[0].to != votes_class(&v)))
			bug("a move that is none");
	}
	votes(a, votes_format(a, &v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const part[])(struct arena *, struct str) = { frames, votes, logs, heads,
								    decisions };
	struct arena *a;

	if (size < 1)
		return 0;
	a = arena_new(0);
	part[data[0] % (sizeof part / sizeof *part)](a, str_of((const char *)data + 1, size - 1));
	arena_free(a);
	return 0;
}
