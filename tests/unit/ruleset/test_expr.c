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

/* a is 1, b is 0, c is 5, each in place of the letter's own number. */
static double chosen(void *arg, size_t ref)
{
	const double *of = arg;

	return of[ref == 5 ? 2 : ref];
}

/* Whatever the others are: 0 while all that it rests on is 0. */
static void assert_rests(const struct expr *x, const char *text, const size_t *on, size_t n)
{
	static const double some[] = { 0, 1, -3 };

	for (size_t i = 0; i < 27; i++) {
		double of[3] = { some[i % 3], some[i / 3 % 3], some[i / 9] };

		for (size_t k = 0; k < n; k++)
			of[on[k] == 5 ? 2 : on[k]] = 0;
		if (expr_eval(x, chosen, of) != 0)
			fail_msg("%s: is not 0", text);
	}
}

static void test_rests(void **state)
{
	static const struct {
		const char *text, *on; /* NULL: it is not 0 where all is */
	} row[] = {
		{ "a", "a" },
		{ "!a", NULL },
		{ "1", NULL },
		{ "0", "" },
		{ "a && b", "a" },
		{ "(a || b) && c", "c" },
		{ "c && (a || b)", "c" },
		{ "!c && (a || b)", "ab" },
		{ "a && (b || !c)", "a" },
		{ "(b || !c) && a", "a" },
		{ "a && !b && c", "a" },
		{ "!a && !b && c", "c" },
		{ "!a && !b", NULL },
		{ "a || b && c", "ab" },
		{ "a || !b", NULL },
		{ "a + b + c >= 2", "abc" },
		{ "(a + b + c >= 2) && c", "c" },
		{ "a + b < 1", NULL },
		{ "(a + b < 1) && c", "c" },
		{ "a - b > c", "abc" },
		{ "-a", "a" },
		{ "a ^ b", "ab" },
		{ "a == b", NULL },
		{ "(a && b) || (b && c)", "ab" },
		{ "a * (b && 0)", "a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena *a = arena_new(0);
		struct buf got = { .arena = a };
		struct err e;
		struct expr *x = expr_compile(a, str_c(row[i].text), resolve, NULL, &e);
		const size_t *on;
		size_t n;

		assert_non_null(x);
		if (expr_rests(x, a, &on, &n) != (row[i].on != NULL))
			fail_msg("%s", row[i].text);
		for (size_t k = 0; row[i].on && k < n; k++)
			buf_addc(&got, on[k] == 5 ? 'c' : on[k] == 1 ? 'a' : 'b');
		if (row[i].on) {
			assert_rests(x, row[i].text, on, n);
			assert_str(buf_str(&got), row[i].on);
		}
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
		cmocka_unit_test(test_rests),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
