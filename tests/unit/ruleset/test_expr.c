/* Expressions of meta rules: values by table, faults by table. */
#include "lib/test.h"

#include "base/buf.h"
#include "ruleset/expr.h"

/* a is 1, b is 0, c is 5; f(x) is the length of x. */
static bool resolve(void *arg, struct str name, struct str call_arg, bool is_call, size_t *ref)
{
	(void)arg;
	if (is_call && str_eq(name, STR("f"))) {
		*ref = call_arg.n;
		return true;
	}
	if (is_call || name.n != 1 || name.p[0] < 'a' || name.p[0] > 'c')
		return false;
	*ref = name.p[0] == 'a' ? 1 : name.p[0] == 'b' ? 0 : 5;
	return true;
}

static double value(void *arg, size_t ref)
{
	(void)arg;
	return (double)ref;
}

static void test_values(void **state)
{
	static const struct {
		const char *text;
		double value;
	} row[] = {
		{ "a", 1 },
		{ "a && b", 0 },
		{ "a || b", 1 },
		{ "!a", 0 },
		{ "!!a", 1 },
		{ "!b && a", 1 },
		{ "!(a && b)", 1 },
		{ "a + c * 2", 11 },
		{ "(a + c) * 2", 12 },
		{ "c - a - a", 3 },
		{ "c / 2", 2.5 },
		{ "c / b", 0 },
		{ "-c + 10", 5 },
		{ "a + b + c > 5", 1 },
		{ "a+b+c>=6&&!b", 1 },
		{ "c == 5", 1 },
		{ "c != 5", 0 },
		{ "c <= 4.5", 0 },
		{ "c < 6", 1 },
		{ "a || b && b", 1 },
		{ "(a || b) && b", 0 },
		{ "f(hello) == 5", 1 },
		{ " ( ( a ) ) ", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena *a = arena_new(0);
		struct err e;
		struct expr *x = expr_compile(a, str_c(row[i].text), resolve, NULL, &e);
		if (!x)
			fail_msg("%s: %s", row[i].text, e.text);
		if (expr_eval(x, value, NULL) != row[i].value)
			fail_msg("%s: got %g", row[i].text, expr_eval(x, value, NULL));
		arena_free(a);
	}
}

static void test_faults(void **state)
{
	static const char *const row[] = { "",	    "a b",   "a &&",  "&& a",  "(a",	"a)",
					   "()",    "1.2.3", "a + ",  "f(a",   "d",	"g(x)",
					   "a ! b", "a & b", "a | b", "a = b", "\"a\"", "1e" };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena *a = arena_new(0);
		struct err e = { "" };
		if (expr_compile(a, str_c(row[i]), resolve, NULL, &e))
			fail_msg("%s: compiled", row[i]);
		assert_true(e.text[0]);
		arena_free(a);
	}
}

static void test_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf deep = { .arena = a }, at = { .arena = a }, longer = { .arena = a };
	struct err e = { "" };

	(void)state;
	for (size_t i = 0; i < EXPR_MAX_STACK; i++)
		buf_addc(&at, '!');
	buf_addc(&at, 'a');
	assert_non_null(expr_compile(a, buf_str(&at), resolve, NULL, &e));
	for (size_t i = 0; i <= EXPR_MAX_STACK; i++)
		buf_addc(&deep, '(');
	assert_null(expr_compile(a, buf_str(&deep), resolve, NULL, &e));
	assert_non_null(strstr(e.text, "nested deeper"));
	for (size_t i = 0; i < EXPR_MAX_TOKENS; i++)
		buf_add(&longer, STR("a+"));
	buf_addc(&longer, 'a');
	assert_null(expr_compile(a, buf_str(&longer), resolve, NULL, &e));
	assert_non_null(strstr(e.text, "terms"));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
