/* The message reader: what it makes of a file, whole and split at every octet. */
#include "lib/test.h"

#include "base/buf.h"
#include "mail/msg.h"

struct seen {
	struct hdr_list h;
	struct buf body;
	bool in_body;
};

static void take_body(void *arg, struct str s)
{
	struct seen *seen = arg;

	assert_true(seen->in_body || s.n);
	buf_add(&seen->body, s);
}

/* Reads in with a cut before octet cut, or octet by octet (cut == SIZE_MAX). */
static struct seen *read_cut(struct arena *a, struct str in, size_t cut)
{
	struct seen *seen = ARENA_NEW(a, struct seen);
	struct msg_reader *r;

	hdr_init(&seen->h, a);
	seen->body.arena = a;
	r = msg_new(a, &seen->h, take_body, seen);
	if (cut == SIZE_MAX) {
		for (size_t i = 0; i < in.n; i++)
			msg_feed(r, str_sub(in, i, 1));
	} else {
		msg_feed(r, str_sub(in, 0, cut));
		msg_feed(r, str_skip(in, cut));
	}
	seen->in_body = msg_in_body(r);
	msg_end(r);
	assert_true(msg_in_body(r));
	return seen;
}

static struct str raw_of(struct arena *a, const struct seen *s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s->h.v.n; i++) {
		buf_add(&b, s->h.v.p[i].raw);
		buf_addc(&b, '|');
	}
	return buf_str(&b);
}

#define F(n) HDR_F_##n

static const struct {
	struct str in;
	const char *fields; /* raw fields, "|" after each */
	const char *body;
	unsigned flags;
	size_t dropped, hidden;
} table[] = {
	{ STR(""), "", "", 0, 0, 0 },
	{ STR("A: b"), "A: b\r\n|", "", 0, 0, 0 },
	{ STR("A: b\n"), "A: b\r\n|", "", 0, 0, 0 },
	{ STR("A: b\r\n\r\n"), "A: b\r\n|", "", 0, 0, 0 },
	{ STR("A: b\n\nbody"), "A: b\r\n|", "body", 0, 0, 0 },
	{ STR("A: b\r\n\r\nx\ny\r\nz\n"), "A: b\r\n|", "x\r\ny\r\nz\r\n", 0, 0, 0 },
	{ STR("A: b\nB:\n\n\n\n"), "A: b\r\n|B:\r\n|", "\r\n\r\n", 0, 0, 0 },
	{ STR("\nbody\r"), "", "body\r", 0, 0, 0 },
	{ STR("\r\n\r\r\n\r"), "", "\r\r\n\r", 0, 0, 0 },
	{ STR("\nx\r\ry\n\r\nz\r"), "", "x\r\ry\r\n\r\nz\r", 0, 0, 0 },
	/* folds, blanks kept as they came */
	{ STR("A:b \n \tc\nB: d"), "A:b \r\n \tc\r\n|B: d\r\n|", "", 0, 0, 0 },
	{ STR("A: b\n  \n c\n\n"), "A: b\r\n  \r\n c\r\n|", "", 0, 0, 0 },
	{ STR("A:\n b\n"), "A:\r\n b\r\n|", "", 0, 0, 0 },
	/* lone CR is data */
	{ STR("A: b\rc\r\n\r\n"), "A: b\rc\r\n|", "", F(BARE_CR), 0, 0 },
	{ STR("A: b\r\r\n\r\nx"), "A: b\r\r\n|", "x", F(BARE_CR), 0, 0 },
	{ STR("A: b\r"), "A: b\r\r\n|", "", F(BARE_CR), 0, 0 },
	{ STR("A: b\rFrom: c\n"), "A: b\rFrom: c\r\n|", "", F(BARE_CR), 0, 1 },
	/* mbox line, and what only looks like one */
	{ STR("From x@y Mon Jan 1 00:00:00 2024\nA: b\n"), "A: b\r\n|", "", 0, 0, 0 },
	{ STR("From x@y\n\nbody"), "", "body", 0, 0, 0 },
	{ STR("From : x@y\n\n"), "From : x@y\r\n|", "", F(ODD_NAME), 0, 0 },
	{ STR("A: b\nFrom x@y\nB: c\n\n"), "A: b\r\n|", "From x@y\r\nB: c\r\n\r\n", F(NO_COLON), 0,
	  0 },
	{ STR("From x@y\nFrom x@y\n\n"), "", "From x@y\r\n\r\n", F(NO_COLON), 0, 0 },
	/* odd names */
	{ STR("A \t: b\n"), "A \t: b\r\n|", "", F(ODD_NAME), 0, 0 },
	{ STR("\xff: b\n"), "\xff: b\r\n|", "", F(ODD_NAME) | F(8BIT), 0, 0 },
	{ STR("\x01: b\n"), "\x01: b\r\n|", "", F(ODD_NAME), 0, 0 },
	/* no field */
	{ STR("A: b\nno field\nC: d\n\nx"), "A: b\r\n|", "no field\r\nC: d\r\n\r\nx", F(NO_COLON),
	  0, 0 },
	{ STR("A: b\nno field"), "A: b\r\n|", "no field", F(NO_COLON), 0, 0 },
	{ STR("A: b\nno field\r"), "A: b\r\n|", "no field\r", F(NO_COLON), 0, 0 },
	{ STR("A: b\n: d\n"), "A: b\r\n|", ": d\r\n", F(NO_COLON), 0, 0 },
	{ STR("A b: c\n"), "", "A b: c\r\n", F(NO_COLON), 0, 0 },
	{ STR("From\n : c\n"), "", "From\r\n : c\r\n", F(NO_COLON), 0, 0 },
	/* folded lines with nothing to belong to */
	{ STR(" From: a@b\nFrom: c@d\n\n"), "From: c@d\r\n|", "", F(LEADING_FOLD), 1, 1 },
	{ STR("\tx\n From: a@b\n \nA: b"), "A: b\r\n|", "", F(LEADING_FOLD), 3, 1 },
	{ STR("From x@y\n z: q\nA: b"), "A: b\r\n|", "", F(LEADING_FOLD), 1, 0 },
	{ STR(" "), "", "", F(LEADING_FOLD), 1, 0 },
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		for (size_t cut = 0; cut <= table[i].in.n + 1; cut++) {
			struct arena *a = arena_new(0);
			struct seen *s =
				read_cut(a, table[i].in, cut > table[i].in.n ? SIZE_MAX : cut);
			assert_str(raw_of(a, s), table[i].fields);
			assert_str(buf_str(&s->body), table[i].body);
			assert_int_equal(s->h.flags, table[i].flags);
			assert_int_equal(s->h.dropped, table[i].dropped);
			assert_int_equal(s->h.hidden_from, table[i].hidden);
			arena_free(a);
		}
	}
}

static void test_in_body(void **state)
{
	struct arena *a = arena_new(0);
	struct hdr_list h;
	struct msg_reader *r;

	(void)state;
	hdr_init(&h, a);
	r = msg_new(a, &h, NULL, NULL);
	msg_feed(r, STR("A: b\r\n\r"));
	assert_false(msg_in_body(r));
	assert_int_equal(h.v.n, 0);
	msg_feed(r, STR("\n"));
	assert_true(msg_in_body(r));
	assert_int_equal(h.v.n, 1);
	msg_feed(r, STR("no callback: nothing happens\r\n\r"));
	msg_end(r);
	arena_free(a);
}

static struct str long_line(struct arena *a, struct str head, size_t n, struct str tail)
{
	struct buf b = { .arena = a };

	buf_add(&b, head);
	for (size_t i = 0; i < n; i++)
		buf_addc(&b, 'x');
	buf_add(&b, tail);
	return buf_str(&b);
}

/* HDR_MAX_FIELD holds while reading, at any cut: the field is dropped, what follows is read. */
static void test_limits(void **state)
{
	static const size_t cuts[] = { 0,
				       3,
				       HDR_MAX_FIELD - 3,
				       HDR_MAX_FIELD - 2,
				       HDR_MAX_FIELD - 1,
				       HDR_MAX_FIELD,
				       HDR_MAX_FIELD + 1 };

	(void)state;
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		struct arena *a = arena_new(0);
		struct seen *s = read_cut(
			a, long_line(a, STR("A:"), HDR_MAX_FIELD - 4, STR("\r\nB: c\r\n\r\n")),
			cuts[i]);
		assert_int_equal(s->h.v.n, 2);
		assert_int_equal(s->h.v.p[0].raw.n, HDR_MAX_FIELD);
		s = read_cut(a, long_line(a, STR("From:"), HDR_MAX_FIELD - 6, STR("\nB: c\n\nx")),
			     cuts[i]);
		assert_str(raw_of(a, s), "B: c\r\n|");
		assert_str(buf_str(&s->body), "x");
		assert_int_equal(s->h.flags, HDR_F_TOO_LONG);
		assert_int_equal(s->h.hidden_from, 1);
		/* A line without a colon that is longer than any field is body. */
		s = read_cut(a, long_line(a, STR(""), HDR_MAX_FIELD + 10, STR("\r\r\ny:z\n")),
			     cuts[i]);
		assert_int_equal(s->h.v.n, 0);
		assert_int_equal(s->h.flags, HDR_F_NO_COLON);
		assert_int_equal(s->body.n, HDR_MAX_FIELD + 10 + 3 + 5);
		arena_free(a);
	}
}

/* Memory does not grow with the body. */
static void test_body_is_not_kept(void **state)
{
	static char piece[65536];
	struct arena *a = arena_new(0);
	struct hdr_list h;
	struct msg_reader *r;
	size_t used;

	(void)state;
	memset(piece, '\n', sizeof piece);
	hdr_init(&h, a);
	r = msg_new(a, &h, NULL, NULL);
	msg_feed(r, STR("A: b\n\n"));
	used = arena_used(a);
	for (size_t i = 0; i < 64; i++)
		msg_feed(r, str_of(piece, sizeof piece));
	msg_end(r);
	assert_int_equal(arena_used(a), used);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_in_body),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_body_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
