/* Body hashes: canonicalisation, l=, and pieces of every size. */
#include "lib/test.h"

#include <stdlib.h>

#include "auth/dkim/body.h"
#include "base/buf.h"
#include "unit/auth/crypto_case.h"

static struct str sha256(struct state *s, struct str octets)
{
	struct hash *h = hash_new(s->c, s->a, HASH_SHA256);

	hash_feed(h, octets);
	return hash_end(h);
}

#define LINE70 "0123456789 123456789 123456789 123456789 123456789 123456789 123456789"

static const struct {
	struct str body, simple, relaxed;
} cases[] = {
	/* RFC 6376 3.4.3, 3.4.4: the empty body */
	{ STR(""), STR("\r\n"), STR("") },
	{ STR("\r\n"), STR("\r\n"), STR("") },
	{ STR("\r\n\r\n\r\n"), STR("\r\n"), STR("") },
	/* 3.4.5 */
	{ STR(" C \r\nD \t E\r\n\r\n\r\n"), STR(" C \r\nD \t E\r\n"), STR(" C\r\nD E\r\n") },
	{ STR("a"), STR("a\r\n"), STR("a\r\n") },
	{ STR("a\r\n"), STR("a\r\n"), STR("a\r\n") },
	{ STR("a\r\n\r\nb"), STR("a\r\n\r\nb\r\n"), STR("a\r\n\r\nb\r\n") },
	{ STR("\r\n\r\na\r\n"), STR("\r\n\r\na\r\n"), STR("\r\n\r\na\r\n") },
	{ STR("a \t\r\n"), STR("a \t\r\n"), STR("a\r\n") },
	{ STR("a \t"), STR("a \t\r\n"), STR("a\r\n") },
	{ STR("\ta\t\tb\t"), STR("\ta\t\tb\t\r\n"), STR(" a b\r\n") },
	{ STR("a\tb"), STR("a\tb\r\n"), STR("a b\r\n") },
	/* lines that are empty only once their white space is gone */
	{ STR("a\r\n \r\n\t\r\n"), STR("a\r\n \r\n\t\r\n"), STR("a\r\n") },
	{ STR(" \r\n"), STR(" \r\n"), STR("") },
	{ STR("  "), STR("  \r\n"), STR("") },
	{ STR("a\r\n \r\nb\r\n"), STR("a\r\n \r\nb\r\n"), STR("a\r\n\r\nb\r\n") },
	/* a CR or LF alone is data, and white space before it stays */
	{ STR("a\rb\r\n"), STR("a\rb\r\n"), STR("a\rb\r\n") },
	{ STR("a \rb\r\n"), STR("a \rb\r\n"), STR("a \rb\r\n") },
	{ STR("a \nb\r\n"), STR("a \nb\r\n"), STR("a \nb\r\n") },
	{ STR("a\r"), STR("a\r\r\n"), STR("a\r\r\n") },
	{ STR("a  \r"), STR("a  \r\r\n"), STR("a \r\r\n") },
	{ STR("a\r\r\n"), STR("a\r\r\n"), STR("a\r\r\n") },
	{ STR("a\r\n\r"), STR("a\r\n\r\r\n"), STR("a\r\n\r\r\n") },
	{ STR("\r\r\n\r\n"), STR("\r\r\n"), STR("\r\r\n") },
	{ STR("\n"), STR("\n\r\n"), STR("\n\r\n") },
	{ STR("a \r \r\n"), STR("a \r \r\n"), STR("a \r\r\n") },
	{ STR("a\r\n\n\r\n"), STR("a\r\n\n\r\n"), STR("a\r\n\n\r\n") },
	{ STR("\0\x80\xff \0\r\n"), STR("\0\x80\xff \0\r\n"), STR("\0\x80\xff \0\r\n") },
	/* beyond one step of the scan */
	{ STR(LINE70 " \r\n" LINE70 "  x\r\n"), STR(LINE70 " \r\n" LINE70 "  x\r\n"),
	  STR(LINE70 "\r\n" LINE70 " x\r\n") },
	{ STR(LINE70 "\t" LINE70 "\r\n\r\n"), STR(LINE70 "\t" LINE70 "\r\n"),
	  STR(LINE70 " " LINE70 "\r\n") },
	{ STR("0123456789abcde \r\n0123456789abcdef \r\n0123456789abcd  \r\n"),
	  STR("0123456789abcde \r\n0123456789abcdef \r\n0123456789abcd  \r\n"),
	  STR("0123456789abcde\r\n0123456789abcdef\r\n0123456789abcd\r\n") },
};

/* Feeds body cut at i and at j; holds both digests and lengths against what they must be. */
static void check_cut(struct state *s, size_t k, size_t i, size_t j)
{
	struct body_hash *b = body_hash_new(s->a, s->c);
	struct body_want *ws = body_hash_want(b, HASH_SHA256, CANON_SIMPLE, BODY_NO_LIMIT);
	struct body_want *wr = body_hash_want(b, HASH_SHA256, CANON_RELAXED, BODY_NO_LIMIT);
	struct str body = cases[k].body;

	body_hash_feed(b, str_sub(body, 0, i));
	body_hash_feed(b, str_sub(body, i, j - i));
	body_hash_feed(b, str_skip(body, j));
	body_hash_end(b);
	if (!str_eq(body_digest(ws), sha256(s, cases[k].simple)) ||
	    body_length(ws) != cases[k].simple.n)
		fail_msg("case %zu, simple, cut at %zu and %zu", k, i, j);
	if (!str_eq(body_digest(wr), sha256(s, cases[k].relaxed)) ||
	    body_length(wr) != cases[k].relaxed.n)
		fail_msg("case %zu, relaxed, cut at %zu and %zu", k, i, j);
}

static void test_every_cut(void **state)
{
	struct state *s = *state;

	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		size_t n = cases[k].body.n;

		for (size_t i = 0; i <= n; i++) {
			for (size_t j = i; j <= n; j += n > 64 ? 7 : 1)
				check_cut(s, k, i, j);
			arena_reset(s->a);
		}
	}
}

static void test_octet_by_octet(void **state)
{
	struct state *s = *state;

	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		struct body_hash *b = body_hash_new(s->a, s->c);
		struct body_want *w = body_hash_want(b, HASH_SHA256, CANON_RELAXED, BODY_NO_LIMIT);

		for (size_t i = 0; i < cases[k].body.n; i++)
			body_hash_feed(b, str_sub(cases[k].body, i, 1));
		body_hash_end(b);
		assert_true(str_eq(body_digest(w), sha256(s, cases[k].relaxed)));
	}
}

/* 3.7, 3.4.5: l= counts octets of the canonical body. */
static void test_every_length(void **state)
{
	struct state *s = *state;

	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		struct body_hash *b = body_hash_new(s->a, s->c);
		struct body_want *ws[200], *wr[200];
		size_t n = cases[k].body.n + 4;

		for (size_t l = 0; l < n; l++) {
			ws[l] = body_hash_want(b, HASH_SHA256, CANON_SIMPLE, l);
			wr[l] = body_hash_want(b, HASH_SHA256, CANON_RELAXED, l);
		}
		body_hash_feed(b, cases[k].body);
		body_hash_end(b);
		for (size_t l = 0; l < n; l++) {
			assert_true(str_eq(body_digest(ws[l]),
					   sha256(s, str_sub(cases[k].simple, 0, l))));
			assert_true(str_eq(body_digest(wr[l]),
					   sha256(s, str_sub(cases[k].relaxed, 0, l))));
			assert_int_equal(body_length(ws[l]), cases[k].simple.n);
			assert_int_equal(body_length(wr[l]), cases[k].relaxed.n);
		}
		arena_reset(s->a);
	}
}

static void test_wants_are_shared(void **state)
{
	struct state *s = *state;
	struct body_hash *b = body_hash_new(s->a, s->c);
	struct body_want *w = body_hash_want(b, HASH_SHA256, CANON_SIMPLE, 5);

	assert_ptr_equal(w, body_hash_want(b, HASH_SHA256, CANON_SIMPLE, 5));
	assert_ptr_not_equal(w, body_hash_want(b, HASH_SHA1, CANON_SIMPLE, 5));
	assert_ptr_not_equal(w, body_hash_want(b, HASH_SHA256, CANON_RELAXED, 5));
	assert_ptr_not_equal(w, body_hash_want(b, HASH_SHA256, CANON_SIMPLE, 6));
}

/* A body of any length takes no memory (LIMITS: the body hash is over the whole body). */
static void test_constant_memory(void **state)
{
	struct state *s = *state;
	struct body_hash *b = body_hash_new(s->a, s->c);
	static char chunk[65536];
	size_t used;

	body_hash_want(b, HASH_SHA256, CANON_SIMPLE, BODY_NO_LIMIT);
	body_hash_want(b, HASH_SHA256, CANON_RELAXED, BODY_NO_LIMIT);
	for (size_t i = 0; i < sizeof chunk; i++)
		chunk[i] = "\r\n\r\n  \t \r\n"[i % 10];
	used = arena_used(s->a);
	for (size_t i = 0; i < 320; i++) {
		body_hash_feed(b, str_of(chunk, sizeof chunk));
		if (i % 64 == 63)
			body_hash_feed(b, STR("x y\r\n"));
	}
	assert_int_equal(arena_used(s->a), used);
	body_hash_end(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_octet_by_octet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_length, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wants_are_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(test_constant_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
