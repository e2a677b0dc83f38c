/* Header canonicalisation and the choice of fields (RFC 6376 3.4.1, 3.4.2, 3.7, 5.4.2). */
#include "lib/test.h"

#include "auth/dkim/canon.h"
#include "base/arena.h"

static const struct {
	const char *name;
	struct str value;
	const char *simple, *relaxed;
} fields[] = {
	/* 3.4.5 */
	{ "A", STR(" X"), "A: X\r\n", "a:X\r\n" },
	{ "B", STR(" Y\t\r\n\tZ  "), "B: Y\t\r\n\tZ  \r\n", "b:Y Z\r\n" },
	{ "SUBJect", STR("x"), "SUBJect:x\r\n", "subject:x\r\n" },
	{ "S", STR(""), "S:\r\n", "s:\r\n" },
	{ "S", STR(" \t "), "S: \t \r\n", "s:\r\n" },
	{ "S", STR("\r\n x"), "S:\r\n x\r\n", "s:x\r\n" },
	{ "S", STR("\r\n \r\n \r\n x"), "S:\r\n \r\n \r\n x\r\n", "s:x\r\n" },
	{ "S", STR("x\r\n "), "S:x\r\n \r\n", "s:x\r\n" },
	{ "S", STR("a  b\t\tc"), "S:a  b\t\tc\r\n", "s:a b c\r\n" },
	{ "S", STR("a\r\n\tb"), "S:a\r\n\tb\r\n", "s:a b\r\n" },
	/* a CR alone is data */
	{ "S", STR(" a\rb"), "S: a\rb\r\n", "s:a\rb\r\n" },
	{ "S", STR(" \xc3\xa4 \x80"), "S: \xc3\xa4 \x80\r\n", "s:\xc3\xa4 \x80\r\n" },
};

static void test_fields(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct buf out = { .arena = a };
		struct hdr_list list;
		const struct hdr *f;

		hdr_init(&list, a);
		f = hdr_add(&list, str_c(fields[i].name), fields[i].value);
		canon_field(&out, f, CANON_SIMPLE);
		assert_str(buf_str(&out), fields[i].simple);
		out.n = 0;
		canon_field(&out, f, CANON_RELAXED);
		assert_str(buf_str(&out), fields[i].relaxed);
	}
	arena_free(a);
}

/* A line end that folds nothing must not vanish: a signed "aFrom:b" is not "a", line end, "From:b".
 */
static void test_no_split(void **state)
{
	struct arena *a = arena_new(0);
	struct buf out = { .arena = a };
	struct str raw = STR("S: a\r\nFrom: b\r\n");
	struct hdr f = { .name = str_sub(raw, 0, 1),
			 .value = str_sub(raw, 2, raw.n - 4),
			 .raw = raw };

	(void)state;
	canon_field(&out, &f, CANON_RELAXED);
	assert_str(buf_str(&out), "s:a\r\nFrom: b\r\n");
	arena_free(a);
}

/* 3.7: b= is deleted with all white space around its value, and no CRLF follows. */
static void test_signature(void **state)
{
	static const struct {
		struct str value, b;
		const char *simple, *relaxed;
	} cases[] = {
		{ STR(" v=1; b=abc"), STR("abc"), "S: v=1; b=", "s:v=1; b=" },
		{ STR(" v=1; b=abc; d=x"), STR("abc"), "S: v=1; b=; d=x", "s:v=1; b=; d=x" },
		{ STR(" b=\r\n abc\r\n def ; d=x "), STR("\r\n abc\r\n def "), "S: b=; d=x ",
		  "s:b=; d=x" },
		{ STR(" v=1;\r\n b = abc;\r\n\td=x"), STR(" abc"), "S: v=1;\r\n b =;\r\n\td=x",
		  "s:v=1; b =; d=x" },
		{ STR("b="), STR(""), "S:b=", "s:b=" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = { .arena = a };
		struct hdr_list list;
		const struct hdr *f;
		size_t at;
		struct str b;

		hdr_init(&list, a);
		f = hdr_add(&list, STR("S"), cases[i].value);
		at = cases[i].b.n ? str_find(f->value, cases[i].b) : f->value.n;
		b = str_sub(f->value, at, cases[i].b.n);
		canon_signature(&out, f, b, CANON_SIMPLE);
		assert_str(buf_str(&out), cases[i].simple);
		out.n = 0;
		canon_signature(&out, f, b, CANON_RELAXED);
		assert_str(buf_str(&out), cases[i].relaxed);
	}
	arena_free(a);
}

/* 5.4.2: from the bottom up, then nothing; in the order of h=; the signature itself never (3.5). */
static void test_select(void **state)
{
	static const struct str names[] = { STR("b"), STR("A"), STR("b"), STR("a"), STR("a"),
					    STR("c"), STR(""),	STR("B"), STR("b") };
	static const int want[] = { 4, 3, 1, 0, -1, -1, -1, -1, -1 };
	struct arena *a = arena_new(0);
	struct canon_headers x;
	const struct hdr *out[9];
	struct hdr_list list;

	(void)state;
	hdr_init(&list, a);
	hdr_add(&list, STR("a"), STR("0"));
	hdr_add(&list, STR("B"), STR("1"));
	hdr_add(&list, STR("b"), STR("self"));
	hdr_add(&list, STR("A"), STR("3"));
	hdr_add(&list, STR("b"), STR("4"));
	canon_headers_init(&x, a, &list);
	canon_select(&x, names, 9, &list.v.p[2], out);
	for (size_t i = 0; i < 9; i++)
		assert_ptr_equal(out[i], want[i] < 0 ? NULL : &list.v.p[want[i]]);
	assert_int_equal(canon_count(&x, STR("B")), 3);
	assert_int_equal(canon_count(&x, STR("c")), 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_no_split),
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_select),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
