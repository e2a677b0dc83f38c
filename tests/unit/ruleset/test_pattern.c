/* Patterns one by one: how they are written, what they match, and how much time they may take. */
#include <stdio.h>

#include "lib/test.h"

#include "base/clock.h"
#include "ruleset/pattern/priv.h"

static void test_split(void **state)
{
	static const struct {
		const char *written, *text;
		int flags; /* -1: refused */
	} rows[] = {
		{ "/abc/", "abc", 0 },
		{ " /a b/i ", "a b", PATTERN_CASELESS },
		{ "/a/ims", "a", PATTERN_CASELESS | PATTERN_MULTILINE | PATTERN_DOTALL },
		{ "/a\\/b/x", "a\\/b", PATTERN_EXTENDED },
		{ "m{a{2}}i", "a{2}", PATTERN_CASELESS },
		{ "m(a(b))", "a(b)", 0 },
		{ "m<a>", "a", 0 },
		{ "m[[ab]]", "[ab]", 0 },
		{ "m!a/b!", "a/b", 0 },
		{ "m,a/b,s", "a/b", PATTERN_DOTALL },
		{ "m'it'", "it", 0 },
		{ "m|^https?://|i", "^https?://", PATTERN_CASELESS },
		{ "m\"x\"", "x", 0 },
		{ "m#x#", "x", 0 },
		{ "qr/x/i", "x", PATTERN_CASELESS },
		{ "/a/n", "(?n)a", 0 },
		{ "//", "", 0 },
		{ "abc", "abc", 0 },
		{ "mail", "mail", 0 },
		{ "m_x_", "m_x_", 0 },
		{ "^m/", "^m/", 0 },
		{ "", "", 0 },
		{ "m", "m", 0 },
		{ "/abc", NULL, -1 },
		{ "/", NULL, -1 },
		{ "/abc/q", NULL, -1 },
		{ "/abc/e", NULL, -1 },
		{ "/abc/g", NULL, -1 },
		{ "/a/b/", NULL, -1 },
		{ "m{abc", NULL, -1 },
		{ "m!a!b!", NULL, -1 },
		{ "m<a>b>", NULL, -1 },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str text = STR_NULL;
		unsigned flags = 0;
		struct err e = { "" };
		int rc = pattern_split(a, str_c(rows[i].written), &text, &flags, &e);

		if ((rc == 0) != (rows[i].flags >= 0))
			fail_msg("%s: %d %s", rows[i].written, rc, e.text);
		if (rc == 0) {
			assert_str(text, rows[i].text);
			assert_int_equal(flags, rows[i].flags);
		} else {
			assert_true(e.text[0]);
		}
	}
	arena_free(a);
}

struct fixture {
	struct arena *a;
	struct pattern_scratch *s;
	bool jit;
};

static struct pattern *compiled(struct fixture *f, struct str text, unsigned flags)
{
	struct pattern *p = NULL;
	struct err e = { "" };

	if (pattern_compile_as(f->a, text, flags, f->jit ? HOW_FAST : 0, &p, NULL, &e) != 0)
		fail_msg("%.*s: %s", STR_ARG(text), e.text);
	/* what calls itself is left to the interpreter, which counts what it does */
	assert_int_equal(p->jit, f->jit && str_find(text, STR("(?R)")) == SIZE_MAX &&
					 str_find(text, STR("(?1)")) == SIZE_MAX &&
					 str_find(text, STR("(?&")) == SIZE_MAX);
	return p;
}

static struct pattern_budget budget(void)
{
	return (struct pattern_budget){ .limit_us = 10000000 };
}

static void match_rows(struct fixture *f)
{
	static const struct {
		struct str re;
		unsigned flags;
		struct str subject;
		size_t start;
		int from, to; /* -1: no match */
	} rows[] = {
		{ STR("b+"), 0, STR("abbc"), 0, 1, 3 },
		{ STR("B"), 0, STR("abbc"), 0, -1, 0 },
		{ STR("B"), PATTERN_CASELESS, STR("abbc"), 0, 1, 2 },
		{ STR("^b"), 0, STR("a\nb"), 0, -1, 0 },
		{ STR("^b"), PATTERN_MULTILINE, STR("a\nb"), 0, 2, 3 },
		{ STR("a$"), 0, STR("ba\n"), 0, 1, 2 },
		{ STR("a.b"), 0, STR("a\nb"), 0, -1, 0 },
		{ STR("a.b"), PATTERN_DOTALL, STR("a\nb"), 0, 0, 3 },
		{ STR("a b # c"), PATTERN_EXTENDED, STR("ab"), 0, 0, 2 },
		{ STR("(?i)x(?-i)y"), 0, STR("XY Xy"), 0, 3, 5 },
		{ STR("a\0b"), 0, STR("xa\0b"), 0, 1, 4 },
		{ STR("\\x00"), 0, STR("x\0"), 0, 1, 2 },
		{ STR("\\xe9"), 0, STR("caf\xe9"), 0, 3, 4 },
		{ STR("\xc3\xa9"), 0, STR("caf\xc3\xa9"), 0, 3, 5 },
		{ STR("^.$"), 0, STR("\xc3\xa9"), 0, -1, 0 },
		{ STR("^.$"), PATTERN_UTF, STR("\xc3\xa9"), 0, 0, 2 },
		{ STR("\\x{456}"), PATTERN_UTF, STR("a\xd1\x96"), 0, 1, 3 },
		{ STR("b"), PATTERN_UTF, STR("\xff\xc3 b \xc3"), 0, 3, 4 },
		{ STR("\\w\\b"), 0, STR("\xe9"), 0, -1, 0 }, /* as Perl: octets have no locale */
		{ STR("\\xc9"), PATTERN_CASELESS, STR("\xe9"), 0, -1, 0 },
		{ STR("a"), 0, STR("aba"), 1, 2, 3 },
		{ STR("(?<=a)b"), 0, STR("ab"), 1, 1, 2 },
		{ STR("^a"), 0, STR("aa"), 1, -1, 0 },
		{ STR(""), 0, STR(""), 0, 0, 0 },
		{ STR("a"), 0, STR(""), 0, -1, 0 },
		{ STR("$"), 0, STR("ab"), 2, 2, 2 },
		{ STR("a"), 0, STR("a"), 2, -1, 0 },
		{ STR("(?<x>a)\\k<x>"), 0, STR("baa"), 0, 1, 3 },
		{ STR("(?>a+)b|c++"), 0, STR("aacc"), 0, 2, 4 },
		{ STR("(a|b(?1)c)d"), 0, STR("bbaccd"), 0, 0, 6 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pattern *p = compiled(f, rows[i].re, rows[i].flags);
		struct pattern_budget b = budget();
		struct pattern_match m = { 0 };
		bool hit = pattern_test(p, f->s, &b, rows[i].subject, rows[i].start, &m);

		if (hit != (rows[i].from >= 0))
			fail_msg("row %zu: %d", i, hit);
		if (hit) {
			assert_int_equal(m.from, rows[i].from);
			assert_int_equal(m.to, rows[i].to);
		}
		assert_false(b.over);
		assert_int_equal(b.limit_hits, 0);
	}
}

static void test_match(void **state)
{
	(void)state;
	for (int jit = 0; jit < 2; jit++) {
		struct arena *a = arena_new(0);

		match_rows(&(struct fixture){ a, pattern_scratch_new(a), jit });
		arena_free(a);
	}
}

static void test_refused(void **state)
{
	static const char *const rows[] = { "(",  "a{2,1}",   "[z-a]",	 "(?P<n>", "\\x{456}",
					    "*a", "(?<=a+)b", "(*UTF)a", "\\C" };
	struct arena *a = arena_new(0);
	char *big = arena_alloc(a, PATTERN_MAX_LEN + 1);
	struct pattern *p;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		e.text[0] = 0;
		if (pattern_compile(a, str_c(rows[i]), 0, &p, NULL, &e) != -1)
			fail_msg("%s was taken", rows[i]);
		assert_true(e.text[0]);
	}
	memset(big, 'a', PATTERN_MAX_LEN + 1);
	assert_int_equal(-1, pattern_compile(a, str_of(big, PATTERN_MAX_LEN + 1), 0, &p, NULL, &e));
	arena_free(a);
}

static void test_warning(void **state)
{
	static const struct {
		const char *re;
		bool warned;
	} rows[] = {
		{ "(a+)+$", true },	  { "(?:\\w*)*x", true },   { "x([ab]+|c)+y", true },
		{ "(?:(?:a+)+)+", true }, { "(a{2,})+", true },	    { "(a+b)+", false },
		{ "(?:ab)+", false },	  { "a+b+", false },	    { "(a+)?", false },
		{ "[(a+)+]", false },	  { "\\(a+\\)+", false },   { "(a+)++", false },
		{ "(a++)+", false },	  { "(\\w+\\.)+x", false }, { "(a+){2,5}", false },
		{ ")+(", false },	  { "(", false },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pattern *p;
		struct str warn = STR("old");
		struct err e;

		pattern_compile(a, str_c(rows[i].re), 0, &p, &warn, &e);
		if ((warn.n > 0) != rows[i].warned)
			fail_msg("%s: \"%.*s\"", rows[i].re, STR_ARG(warn));
	}
	arena_free(a);
}

/* Long subjects are matched in windows: what lies across their borders is still found. */
static void windows(struct fixture *f)
{
	static const size_t at[] = { 0,	    1000,  60000,  61436,  61440,  61441,
				     65530, 65536, 122875, 122880, 150000, 199990 };
	const size_t n = 200000;
	char *text = arena_alloc(f->a, n);
	struct pattern *plain = compiled(f, STR("nee+dle(?<=needle)\\b"), 0);
	struct pattern *end = compiled(f, STR("\\.$"), 0);
	struct pattern *first = compiled(f, STR("^(?:\\.|needle)"), 0);
	struct pattern_match m;

	for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
		struct pattern_budget b = budget();

		memset(text, '.', n);
		memcpy(text + at[i], "needle", 6);
		assert_true(pattern_test(plain, f->s, &b, str_of(text, n), 0, &m));
		assert_int_equal(m.from, at[i]);
		assert_int_equal(m.to, at[i] + 6);
		assert_false(pattern_test(plain, f->s, &b, str_of(text, n), at[i] + 1, &m));
		assert_true(pattern_test(end, f->s, &b, str_of(text, n), 0, &m));
		assert_int_equal(m.to, n);
		assert_true(pattern_test(first, f->s, &b, str_of(text, n), 0, &m));
		assert_int_equal(m.from, 0);
		assert_false(pattern_test(first, f->s, &b, str_of(text, n), 1, &m));
		assert_int_equal(b.limit_hits, 0);
	}
}

static void test_windows(void **state)
{
	(void)state;
	for (int jit = 0; jit < 2; jit++) {
		struct arena *a = arena_new(0);

		windows(&(struct fixture){ a, pattern_scratch_new(a), jit });
		arena_free(a);
	}
}

/* Expressions that run away on the subjects made for them: one message stays under a second. */
static void evil(struct fixture *f)
{
	static const struct {
		const char *re, *unit, *end;
	} rows[] = {
		{ "(a+)+$", "a", "!" },
		{ "^(a+)+$", "a", "!" },
		{ "(?:a|aa)+$", "a", "!" },
		{ "(a|a?)+$", "a", "!" },
		{ "(?:\\w+\\s*)+:$", "ab ", "!" },
		{ "a*a*a*a*a*b", "a", "c" },
		{ "a.*b.*c.*d", "a", "" },
		{ "a.*b.*c.*d", "abc", "" },
		{ "(?s)<.*>.*<.*>.*!", "<>", "" },
		{ "\\s+$", " ", "x" },
		{ "(.*)\\1x", "ab", "" },
		{ "(?:(?:a{1,30}){1,30}){1,30}b", "a", "" },
		{ "(?=(a+))*\\1+\\1+b", "a", "" },
		{ "(?:.{0,500}x){3}y", "x", "" },
		{ "([^>]*a){20}q", "a", "" },
		{ "(?:[a-z]+-?)*\\d", "ab-", "!" },
		{ "(?<!b)(?:a?){30}a{30}b", "a", "" },
	};
	const size_t n = 1 << 20;
	char *text = arena_alloc(f->a, n);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t unit = strlen(rows[i].unit), end = strlen(rows[i].end);
		struct pattern *p = compiled(f, str_c(rows[i].re), 0);
		struct pattern_budget b = { .limit_us = 300000 };
		struct pattern_match m;
		uint64_t cpu;

		for (size_t k = 0; k < n; k++)
			text[k] = rows[i].unit[k % unit];
		memcpy(text + n - end, rows[i].end, end);
		cpu = clock_cpu_us();
		(void)pattern_test(p, f->s, &b, str_of(text, n), 0, &m);
		cpu = clock_cpu_us() - cpu;
		if (cpu > 1000000)
			fail_msg("%s: %zu ms (jit %d)", rows[i].re, (size_t)cpu / 1000, f->jit);
		if (b.over)
			assert_false(pattern_test(p, f->s, &b, STR("a"), 0, &m));
	}
}

static void test_evil(void **state)
{
	(void)state;
	for (int jit = 0; jit < 2; jit++) {
		struct arena *a = arena_new(0);

		evil(&(struct fixture){ a, pattern_scratch_new(a), jit });
		arena_free(a);
	}
}

/* PCRE2's own limits end a match: counted, and no match. */
static void test_limit_hit(void **state)
{
	struct arena *a = arena_new(0);
	struct fixture f = { a, pattern_scratch_new(a), true };
	struct pattern_budget b = budget();
	struct pattern_match m;

	(void)state;
	assert_false(pattern_test(compiled(&f, STR("(a+)+$"), 0), f.s, &b,
				  STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), 0, &m));
	assert_int_equal(b.limit_hits, 1);
	assert_false(b.over);
	arena_free(a);
}

/* ---- sets ---- */

struct seen {
	char text[512];
	size_t n;
	bool stop;
};

static bool note(void *arg, size_t id, size_t line, struct pattern_match m,
		 const struct pattern_captures *c)
{
	struct seen *s = arg;
	struct str name, value;

	s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "%zu@%zu:%zu-%zu", id, line,
				 m.from, m.to);
	for (size_t i = 1; pattern_capture(c, i, &name, &value); i++)
		s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, ",%.*s=%.*s",
					 STR_ARG(name), STR_ARG(value));
	s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, " ");
	return !s->stop;
}

static void test_set(void **state)
{
	static const struct str lines[] = { { "abcabc", 6 }, { "", 0 }, { "xabc", 4 } };
	static const struct {
		const char *re;
		uint32_t max;
		bool stop;
		const char *hits;
	} rows[] = {
		{ "abc", 1, false, "0@0:0-3 " },
		{ "abc", 2, false, "0@0:0-3 0@0:3-6 " },
		{ "abc", UINT32_MAX, false, "0@0:0-3 0@0:3-6 0@2:1-4 " },
		{ "abc", UINT32_MAX, true, "0@0:0-3 " },
		{ "abc", 0, false, "" },
		{ "b(?<what>.)", 1, false, "0@0:1-3,what=c " },
		{ "(?<y>x)|(?<z>a)", 1, false, "0@0:0-1,y=,z=a " },
		{ "^$", 5, false, "0@1:0-0 " },
		{ "x*", 4, false, "0@0:0-0 0@0:1-1 0@0:2-2 0@0:3-3 " },
		{ "x*$", UINT32_MAX, false, "0@0:6-6 0@1:0-0 0@2:4-4 " },
		{ "a?(?=b)", UINT32_MAX, false,
		  "0@0:0-1 0@0:1-1 0@0:3-4 0@0:4-4 0@2:1-2 0@2:2-2 " },
		{ "a\\Kb", UINT32_MAX, false, "0@0:1-2 0@0:4-5 0@2:2-3 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *a = arena_new(0);
		struct fixture f = { a, pattern_scratch_new(a), true };
		struct pattern_set *set = pattern_set_new(a);
		struct pattern_budget b = budget();
		struct seen seen = { .stop = rows[i].stop };
		uint64_t us, runs;

		pattern_set_add(set, compiled(&f, str_c(rows[i].re), 0), rows[i].max);
		assert_int_equal(PATTERN_FILTERED, pattern_set_build(set, STR_NULL, false));
		pattern_set_scan(set, f.s, &b, lines, 3, note, &seen);
		assert_str(str_of(seen.text, seen.n), rows[i].hits);
		assert_true(pattern_set_cost(set, f.s, 0, &us, &runs));
		assert_false(pattern_set_cost(set, f.s, 1, &us, &runs));
		arena_free(a);
	}
}

/* A budget that is spent ends this set and all that come after it. */
static void test_budget(void **state)
{
	struct arena *a = arena_new(0);
	struct fixture f = { a, pattern_scratch_new(a), true };
	struct pattern_set *set = pattern_set_new(a);
	struct pattern_budget b = { .limit_us = 20000 };
	char *text = arena_alloc(a, 1 << 20);
	struct str lines[64];
	struct seen seen = { .n = 0 };
	uint64_t cpu, us, runs;

	(void)state;
	memset(text, 'a', 1 << 20);
	for (size_t i = 0; i < 64; i++)
		lines[i] = str_of(text, 1 << 20);
	for (size_t i = 0; i < 64; i++)
		pattern_set_add(set, compiled(&f, STR("a.*a.*a.*b|[^a]"), 0), 1);
	pattern_set_build(set, STR_NULL, false);
	cpu = clock_cpu_us();
	pattern_set_scan(set, f.s, &b, lines, 64, note, &seen);
	assert_true(b.over);
	assert_true(clock_cpu_us() - cpu < 500000);
	assert_true(pattern_set_cost(set, f.s, 0, &us, &runs));
	assert_true(us > 0 && runs == 1);
	lines[0] = STR("b");
	pattern_set_scan(set, f.s, &b, lines, 1, note, &seen);
	assert_int_equal(seen.n, 0);
	arena_free(a);
}

/* A process that others kept waiting has not used its time. */
static void test_waiting_is_free(void **state)
{
	struct arena *a = arena_new(0);
	struct pattern_scratch *s = pattern_scratch_new(a);
	struct pattern_budget b = { .limit_us = 1000000, .used_us = 5000000 };
	struct pattern *p;
	struct err e;

	(void)state;
	assert_int_equal(pattern_compile(a, STR("b"), 0, &p, NULL, &e), 0);
	b.cpu_from_us = clock_cpu_us();
	assert_true(pattern_test(p, s, &b, STR("abc"), 0, NULL));
	assert_false(b.over);
	assert_true(b.used_us < 1000000);
	b = (struct pattern_budget){ .limit_us = 1000000, .used_us = 5000000 };
	pattern_test(p, s, &b, STR("abc"), 0, NULL);
	assert_true(b.over);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waiting_is_free),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_warning),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_evil),
		cmocka_unit_test(test_limit_hit),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
