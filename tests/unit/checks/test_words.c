/* What the checks share: lists of words in rules, and our name in Authentication-Results. */
#include "lib/test.h"

#include <unistd.h>

#include "checks/checks.h"
#include "checks/words.h"

static const struct {
	struct str list;
	const char *word;
	bool has;
} rows[] = {
	{ { "pass", 4 }, "pass", true },
	{ { "fail,permerror", 14 }, "fail", true },
	{ { "fail,permerror", 14 }, "permerror", true },
	{ { "fail, permerror", 15 }, "permerror", true },
	{ { "fail permerror", 14 }, "permerror", true },
	{ { "fail|permerror", 14 }, "permerror", true },
	{ { "\tFAIL\r\n", 7 }, "fail", true },
	{ { ",,,fail,,", 9 }, "fail", true },
	{ { "permerror", 9 }, "perm", false },
	{ { "permerror", 9 }, "error", false },
	{ { "softfail", 8 }, "fail", false },
	{ { "fail", 4 }, "softfail", false },
	{ { "fail.pass", 9 }, "pass", false },
	{ { "fail;pass", 9 }, "pass", false },
	{ { "pa\0ss", 5 }, "pa", false },
	{ { "pass\0", 5 }, "pass", false },
	{ { "none", 3 }, "none", false },
	{ { "", 0 }, "pass", false },
	{ { " , |", 4 }, "pass", false },
	{ { " , |", 4 }, "", false },
	{ { NULL, 0 }, "pass", false },
};

static void finds_whole_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (words_has(rows[i].list, rows[i].word) != rows[i].has)
			fail_msg("row %zu: \"%.*s\", \"%s\"", i, STR_ARG(rows[i].list),
				 rows[i].word);
}

static void never(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

static void count(void *arg, const char *text)
{
	assert_true(text[0] != '\0');
	++*(int *)arg;
}

static const struct conf *load(struct arena *a, const char *text, conf_fault_fn *fault, void *arg)
{
	const struct conf_opt *const tables[] = { check_authres.options, NULL };

	return conf_load_text(a, "test", str_c(text), tables, fault, arg);
}

/* RFC 8601 2.5: the name identifies the site; without one it is the host's. */
static void has_a_name(void **state)
{
	struct arena *a = arena_new(0);
	char host[256] = "";

	(void)state;
	assert_int_equal(gethostname(host, sizeof host - 1), 0);
	assert_str(authres_id(a, load(a, "auth { authserv_id = \"mx.example\" }", never, NULL)),
		   "mx.example");
	assert_str(authres_id(a, load(a, "", never, NULL)), host[0] ? host : "localhost");
	assert_str(authres_id(a, load(a, "auth { authserv_id = \"\" }", never, NULL)),
		   host[0] ? host : "localhost");
	arena_free(a);
}

/* A name that could end the field early or be read as more than a name is refused. */
static void refuses_what_is_no_name(void **state)
{
	static const char *const bad[] = { "a b", "a;b",	   "a(b)", "a\\\"b",
					   "a/1", "\\xe4.example", "a\\nb" };
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int faults = 0;
		struct str text = arena_printf(a, "auth { authserv_id = \"%s\" }", bad[i]);
		assert_null(load(a, text.p, count, &faults));
		assert_int_equal(faults, 1);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_whole_words),
		cmocka_unit_test(has_a_name),
		cmocka_unit_test(refuses_what_is_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
