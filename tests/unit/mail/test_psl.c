/* The public suffix list: its own test suite, the reader of its file, and the system's list. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mail/psl.h"
#include "mail/domain.h"

#define SUITE MERLON_SRCDIR "/tests/conformance/psl/"
#define SUITE_ROWS 78u
#define SYSTEM_LIST "/usr/share/publicsuffix/public_suffix_list.dat"

static struct str slurp(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *p = arena_alloc(a, 1u << 20);
	size_t n;

	assert_non_null(f);
	n = fread(p, 1, 1u << 20, f);
	fclose(f);
	assert_true(n > 0 && n < 1u << 20);
	return str_of(p, n);
}

/* "null" and what domain_read refuses have none. */
static struct str registrable(struct arena *a, const struct psl *p, struct str name)
{
	struct str d = str_eq(name, STR("null")) ? STR_NULL : domain_read(a, name, 0);

	return d.p ? psl_registrable(p, d) : STR_NULL;
}

static void test_suite(void **state)
{
	struct arena *a = arena_new(0);
	struct str text = slurp(a, SUITE "tests.txt");
	struct err e = { "" };
	struct psl *p = psl_load(a, SUITE "public_suffix_list.dat", &e);
	size_t rows = 0;

	(void)state;
	assert_string_equal(e.text, "");
	assert_non_null(p);
	while (text.p) {
		struct str line = str_trim(str_cut(&text, '\n')), want, got;
		if (!line.n || str_starts(line, STR("//")))
			continue;
		got = registrable(a, p, str_cut(&line, ' '));
		want = str_eq(line, STR("null")) ? STR_NULL : domain_read(a, line, 0);
		assert_true(str_eq(line, STR("null")) || want.p);
		if (!str_eq(got, want) || !got.p != !want.p)
			fail_msg("row %zu: got \"%.*s\", expected \"%.*s\"", rows, STR_ARG(got),
				 STR_ARG(want));
		rows++;
	}
	assert_int_equal(rows, SUITE_ROWS);
	arena_free(a);
}

/* Writes a list to a file of its own and loads it. */
static struct psl *load_text(struct arena *a, struct str text, char path[64], struct err *e)
{
	struct psl *p;
	int fd;

	memcpy(path, "/tmp/merlon-psl-XXXXXX", 23);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_true(write(fd, text.p, text.n) == (ssize_t)text.n);
	close(fd);
	p = psl_load(a, path, e);
	unlink(path);
	return p;
}

/* publicsuffix.org/list, the algorithm: one row each. */
static void test_rules(void **state)
{
	static const char list[] = "\xef\xbb\xbf// a list\r\n"
				   "com\r\n"
				   "co.uk until the first blank\n"
				   "\n"
				   "*.wild\n"
				   "!except.wild\n"
				   "*.deep.wild\n"
				   "*\n"
				   "\xe5\x85\xac\xe5\x8f\xb8.cn\n"
				   "*.both\n"
				   "both\n"
				   "a.b.c.d";
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "com", "" },
		{ "example.com", "example.com" },
		{ "a.b.example.com", "example.com" },
		{ "co.uk", "" },
		{ "x.co.uk", "x.co.uk" },
		{ "uk", "" },
		{ "other.uk", "other.uk" },
		{ "wild", "" },
		{ "a.wild", "" },
		{ "b.a.wild", "b.a.wild" },
		{ "c.b.a.wild", "b.a.wild" },
		{ "except.wild", "except.wild" },
		{ "x.except.wild", "except.wild" },
		{ "deep.wild", "" },
		{ "a.deep.wild", "" },
		{ "b.a.deep.wild", "b.a.deep.wild" },
		{ "xn--55qx5d.cn", "" },
		{ "x.xn--55qx5d.cn", "x.xn--55qx5d.cn" },
		{ "both", "" },
		{ "x.both", "" },
		{ "y.x.both", "y.x.both" },
		{ "a.b.c.d", "" },
		{ "b.c.d", "c.d" },
		{ "z.a.b.c.d", "z.a.b.c.d" },
		{ "localhost", "" },
		{ "host.intranet", "host.intranet" },
		{ "notcom", "" },
		{ "xcom.notcom", "xcom.notcom" },
	};
	struct arena *a = arena_new(0);
	struct err e = { "" };
	char path[64];
	struct psl *p = load_text(a, str_c(list), path, &e);

	(void)state;
	assert_string_equal(e.text, "");
	assert_non_null(p);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_str(psl_registrable(p, str_c(rows[i].in)), rows[i].want);
	arena_free(a);
}

/* What is no list is refused with file and line; a name that is too new is only left out. */
static void test_refused(void **state)
{
	static const struct {
		struct str text;
		const char *at; /* what follows the path; NULL: it loads */
	} rows[] = {
		{ STR(""), ": no public suffix list" },
		{ STR("// only a comment\n"), ": no public suffix list" },
		{ STR("com\n<html>\n"), ":2: not a rule" },
		{ STR("com\nnet\na..b\n"), ":3: not a rule" },
		{ STR("com\n*.\n"), ":2: not a rule" },
		{ STR("com\n!\n"), ":2: not a rule" },
		{ STR("com\na.*.b\n"), ":2: not a rule" },
		{ STR("com\nn\0l\n"), ":2: not a rule" },
		{ STR("com\n\xf4\x8f\xbf\xbf.cn\n"), NULL },
		{ STR("com"), NULL },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err e = { "" };
		char path[64];
		struct psl *p = load_text(a, rows[i].text, path, &e);

		assert_int_equal(p == NULL, rows[i].at != NULL);
		if (!rows[i].at)
			continue;
		assert_true(str_starts(str_c(e.text), str_c(path)));
		assert_true(str_starts(str_skip(str_c(e.text), strlen(path)), str_c(rows[i].at)));
	}
	arena_free(a);
}

static void test_no_file(void **state)
{
	struct arena *a = arena_new(0);
	struct err e = { "" };

	(void)state;
	assert_null(psl_load(a, "/nonexistent/list.dat", &e));
	assert_true(str_starts(str_c(e.text), STR("/nonexistent/list.dat: ")));
	e.text[0] = '\0';
	assert_null(psl_load(a, "/", &e));
	assert_true(e.text[0] != '\0');
	arena_free(a);
}

/* PSL_MAX_FILE: one octet more is refused, before it is looked at. */
static void test_file_limit(void **state)
{
	struct arena *a = arena_new(0);
	char path[] = "/tmp/merlon-psl-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_true(write(fd, "com\n// ", 7) == 7);
	for (size_t more = 0; more <= 1; more++) {
		struct err e = { "" };
		struct psl *p;

		assert_int_equal(ftruncate(fd, (off_t)(PSL_MAX_FILE + more)), 0);
		p = psl_load(a, path, &e);
		assert_int_equal(p != NULL, more == 0);
		assert_int_equal(str_ifind(str_c(e.text), STR("over 16777216 octets")), more == 1);
	}
	close(fd);
	unlink(path);
	arena_free(a);
}

/* The list that the daemon reads by default, where it is installed. */
static void test_system(void **state)
{
	struct arena *a = arena_new(0);
	struct err e = { "" };
	struct psl *p;

	(void)state;
	if (access(SYSTEM_LIST, R_OK) != 0)
		skip();
	p = psl_load(a, SYSTEM_LIST, &e);
	assert_string_equal(e.text, "");
	assert_str(psl_registrable(p, STR("www.debian.org")), "debian.org");
	assert_str(psl_registrable(p, STR("a.b.co.uk")), "b.co.uk");
	assert_null(psl_registrable(p, STR("github.io")).p);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suite),	   cmocka_unit_test(test_rules),
		cmocka_unit_test(test_refused),	   cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_file_limit), cmocka_unit_test(test_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
