/* tag=value lists (RFC 6376 3.2). */
#include "lib/test.h"

#include <stdio.h>

#include "auth/taglist.h"
#include "base/buf.h"

static const struct {
	struct str text;
	const char *flat; /* "name<value>" of each; NULL: refused */
} cases[] = {
	{ STR("a=1"), "a<1>" },
	{ STR("a=1;"), "a<1>" },
	{ STR("a=1; "), "a<1>" },
	{ STR("a=1;\r\n "), "a<1>" },
	{ STR(" a = 1 ; b = 2 "), "a<1>b<2>" },
	{ STR("a\r\n =\r\n\t1\r\n ;b=2"), "a<1>b<2>" },
	{ STR("a="), "a<>" },
	{ STR("a=;b="), "a<>b<>" },
	{ STR("a=b=c=="), "a<b=c==>" },
	/* 3.2: white space within a value is kept */
	{ STR("a=x \t y"), "a<x \t y>" },
	{ STR("a=x\r\n y"), "a<x\r\n y>" },
	/* 3.2: names and values are case-sensitive */
	{ STR("a=1;A=2"), "a<1>A<2>" },
	{ STR("a1_b=x"), "a1_b<x>" },
	{ STR("n=\xc3\xa4"), "n<\xc3\xa4>" },
	/* 3.2: a tag twice makes the whole list invalid */
	{ STR("a=1;b=2;a=1"), NULL },
	{ STR(""), NULL },
	{ STR(";"), NULL },
	{ STR(" "), NULL },
	{ STR("a"), NULL },
	{ STR("=1"), NULL },
	{ STR("a=1;;"), NULL },
	{ STR("a=1; ;b=2"), NULL },
	{ STR(";a=1"), NULL },
	{ STR("a=1;b"), NULL },
	{ STR("1a=1"), NULL },
	{ STR("_a=1"), NULL },
	{ STR("a-b=1"), NULL },
	{ STR("a b=1"), NULL },
	{ STR("a=1\r\n"), NULL }, /* a CRLF that folds nothing */
	{ STR("a=1\r\nb=2"), NULL },
	{ STR("a=x\ry"), NULL },
	{ STR("a=x\n y"), NULL },
	{ STR("a=x\0y"), NULL },
	{ STR("a=x\x7fy"), NULL },
	{ STR("a=x\x01y"), NULL },
	{ STR("\xc3\xa4=1"), NULL },
};

static void test_cases(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf flat = { .arena = a };
		struct taglist list;
		const char *fault;
		bool good = taglist_read(cases[i].text, &list, &fault);

		if (good != (cases[i].flat != NULL) || good != !fault)
			fail_msg("case %zu: %s", i, good ? "read" : fault);
		for (size_t j = 0; good && j < list.n; j++)
			buf_addf(&flat, "%.*s<%.*s>", STR_ARG(list.tag[j].name),
				 STR_ARG(list.tag[j].value));
		if (good)
			assert_str(buf_str(&flat), cases[i].flat);
	}
	arena_free(a);
}

static void test_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct taglist list;

	(void)state;
	for (unsigned i = 0; i < TAGLIST_MAX; i++)
		buf_addf(&b, "t%u=%u;", i, i);
	assert_true(taglist_read(buf_str(&b), &list, NULL));
	assert_int_equal(list.n, TAGLIST_MAX);
	assert_str(taglist_get(&list, "t63"), "63");
	buf_addf(&b, "one=more");
	assert_false(taglist_read(buf_str(&b), &list, NULL));
	arena_free(a);
}

static void test_access(void **state)
{
	struct taglist list;

	(void)state;
	assert_true(taglist_read(STR(" p= ; b=\r\n x y ;h= a : b\r\n : c"), &list, NULL));
	assert_non_null(taglist_get(&list, "p").p);
	assert_null(taglist_get(&list, "q").p);
	assert_null(taglist_get(&list, "B").p);
	assert_str(taglist_find(&list, "b")->raw, "\r\n x y ");
	assert_true(taglist_has_word(taglist_get(&list, "h"), STR("a")));
	assert_true(taglist_has_word(taglist_get(&list, "h"), STR("b")));
	assert_true(taglist_has_word(taglist_get(&list, "h"), STR("c")));
	assert_false(taglist_has_word(taglist_get(&list, "h"), STR("ab")));
	assert_false(taglist_has_word(taglist_get(&list, "h"), STR("A")));
	assert_false(taglist_has_word(STR_NULL, STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
