/* The filters in front of PCRE2: they never say no to a match. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/test.h"

#include "base/file.h"
#include "lib/re_sample.h"
#include "ruleset/pattern/set.h"

static void test_parse(void **state)
{
	static const struct {
		const char *re;
		unsigned flags;
		bool ok;
	} rows[] = {
		{ "a(b|c)*d{2,3}?[^x-z]++", 0, true },
		{ "(?i:a)(?#c)(?=x)(?<!y)(?<n>z)\\k<n>\\1", 0, true },
		{ "\\bfoo\\Q.*(\\Ebar$", 0, true },
		{ "[]a][^]b][[:alpha:][:^digit:]\\]\\w-]", 0, true },
		{ "a # (\n b", PATTERN_EXTENDED, true },
		{ "(?R)?(?1)?(?&x)(?<x>y)", 0, true },
		{ "(?|a|b)(?>c)(?'q'd)", 0, true },
		{ "", 0, true },
		{ "(a)\\10", 0, false },
		{ "(*ACCEPT)a", 0, false },
		{ "(?(1)a|b)", 0, false },
		{ "(?C1)a", 0, false },
		{ "a{,3}", 0, false },
		{ "\\X", 0, false },
		{ "a", PATTERN_UTF, false },
		{ "(a", 0, false },
		{ "a)", 0, false },
		{ "[a", 0, false },
		{ "[[.a.]]", 0, false },
		{ "a\\", 0, false },
		{ "\\x{100}", 0, false },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct re re;

		if (re_parse(a, str_c(rows[i].re), rows[i].flags, &re) != rows[i].ok)
			fail_msg("%s", rows[i].re);
	}
	arena_free(a);
}

static void test_literals(void **state)
{
	static const struct {
		const char *re, *literals;
	} rows[] = {
		{ "abc", "abc" },
		{ "(?i)AbC", "abc" },
		{ "ab?c", "ac abc" },
		{ "x(?:foo|bar)y", "xbary xfooy" },
		{ "x(?=hidden)y", "xy" },
		{ "foo.*longer", "longer" },
		{ "(?:one|two\\d+)", "one two" },
		{ "(?:one|.)", "" },
		{ "(?:abc)?", " abc" },
		{ "(?:abc)*", "" },
		{ "(?:abc)+", "abc" },
		{ "(?:abc){2}", "abcabc" },
		{ "(?:abc){3,}", "abcabc" },
		{ "q\\w+", "q" },
		{ "(z)\\1q", "q z" },
		{ "[ab][cd]", "ac ad bc bd" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct literals l;
		struct re re;
		struct str all = STR_NULL;

		assert_true(re_parse(a, str_c(rows[i].re), 0, &re));
		l = literal_find(a, &re);
		for (size_t n = 0; n < l.n; n++) {
			assert_true(str_find(str_c(rows[i].literals), l.p[n]) != SIZE_MAX);
			all = arena_printf(a, "%.*s%.*s ", STR_ARG(all), STR_ARG(l.p[n]));
		}
		if (l.n && all.n != strlen(rows[i].literals) + 1)
			if (strcmp(rows[i].re, "(z)\\1q") != 0)
				fail_msg("%s: %.*s", rows[i].re, STR_ARG(all));
		if (!l.n)
			assert_str(STR(""), rows[i].literals);
	}
	arena_free(a);
}

/* ---- one pattern with and without its filters ---- */

struct counter {
	size_t hits, sum;
};

static bool count(void *arg, size_t id, size_t line, struct pattern_match m,
		  const struct pattern_captures *captures)
{
	struct counter *c = arg;

	(void)captures;
	c->hits++;
	c->sum = c->sum * 31 + id * 1000003 + line * 8191 + m.from * 127 + m.to;
	return true;
}

static struct counter scanned(const struct pattern_set *set, struct pattern_scratch *s,
			      const struct str *line, size_t n)
{
	struct pattern_budget b = { .limit_us = 60000000 };
	struct counter c = { 0 };

	pattern_set_scan(set, s, &b, line, n, count, &c);
	assert_false(b.over);
	return c;
}

static struct pattern *compiled(struct arena *a, struct str text, unsigned flags)
{
	struct pattern *p = NULL;
	struct err e = { "" };

	if (pattern_compile(a, text, flags, &p, NULL, &e) != 0)
		fail_msg("%.*s: %s", STR_ARG(text), e.text);
	return p;
}

static struct str around(struct arena *a, struct str s, unsigned how)
{
	static const char *const before[] = { "", " ", "x", "\n", "a long way off, " };
	static const char *const behind[] = { "", " ", "\n", ". And the rest." };

	return arena_printf(a, "%s%.*s%s", before[how % 5], STR_ARG(s), behind[how % 4]);
}

/* How many of the samples PCRE2 found a match in; the filtered set must find it too. */
static size_t sampled(const struct pattern *p, struct pattern_scratch *s, unsigned layers,
		      size_t samples)
{
	struct arena *a = arena_new(0);
	struct pattern_set *set = pattern_set_new(a);
	struct dice dice = { p->text.n };
	struct re re;
	size_t found = 0;

	pattern_set_add(set, p, 1);
	pattern_set_build_with(set, layers, STR_NULL, false);
	if (!re_parse(a, p->text, p->flags, &re))
		samples = 0;
	for (size_t i = 0; i < samples; i++) {
		struct str line = around(a, re_sample(a, &re, &dice), (unsigned)i);
		struct pattern_budget b = { .limit_us = 60000000 };
		struct pattern_match m;

		if (!pattern_test(p, s, &b, line, 0, &m))
			continue;
		found++;
		if (scanned(set, s, &line, 1).hits != 1)
			fail_msg("missed: %.*s in \"%.*s\"", STR_ARG(p->text), STR_ARG(line));
	}
	arena_free(a);
	return found;
}

static const char *const expressions[] = {
	"viagra",
	"(?i)\\bv[il1|]\\W?[a@]\\W?g\\W?r\\W?a\\b",
	"(?:foo|ba[rz])+qux?",
	"a{3,9}b",
	"[a-f]{12}",
	"x.{0,30}y.{1,5}z",
	"^from: .*@example\\.(?:com|net)$",
	"(?!money)(?:[mM\\xcc]|rn|[\\xc9][\\xb1])(?:[oO0]|\\xc3[\\xb2-\\xb6])(?:[nN]|\\xc3\\xb1)["
	"e3]y",
	"(?:[a-z]{2,4} ){5,}",
	"\\d{1,3}(?:\\.\\d{1,3}){3}",
	"(?i)free(?-i)MONEY",
	"(a|b)\\1c",
	"\\$\\s?\\d+(?:,\\d{3})*(?:\\.\\d\\d)?",
	"(?:.|\\n)x",
	"[^a]\\Qa.b\\Ec",
	"(?:a?b?c?d?){2}e",
	"a?b?c?d?e",
	"z(?:y?x)?(?:w|vv|uuu)?t",
	"q(?:ab|c|def){1,3}r",
	"(?<=a)bcd(?=e)",
	"a++b*+c",
	"(?x) a b # c\n c",
	"\\x41\\x{42}\\103\\n?",
	"[\\x80-\\xff]{2}\\xe2",
	"(?:)",
	"x|",
	"$",
	"\\S",
	"(?:v+i*|w)a",
	"([ab][cd]?){2,6}[xyz]\\W",
	"(?s)a.b",
	"\\R\\h\\v",
	"[[:punct:]]{2}",
	"(?:(?:(?:a|b)c|d)e|f)g",
	"(?:\\w(?:cat|dog|bird).{0,5}){3}",
	"(?:(?:x[yz].?){2,3} .?){4}",
	"(?:one|two)?(?:\\W(?:a\\w*b|names?)){2,}",
	"(?:(?:qq.){30})",
	"(?:[kK]\\W{0,3}){2}[xX]",
};

static void test_samples(void **state)
{
	struct arena *a = arena_new(0);
	struct pattern_scratch *s = pattern_scratch_new(a);
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++) {
		struct pattern *p = compiled(a, str_c(expressions[i]), 0);

		for (unsigned layers = 0; layers < LAYER_ALL; layers++)
			found += sampled(p, s, layers, 60);
	}
	assert_true(found > 4000);
	arena_free(a);
}

/* ---- the stock rules, if they are given ---- */

struct stock {
	struct arena *a;
	struct pattern_scratch *s;
	struct pattern_set *filtered, *plain, *slow;
	VEC(const struct pattern *) all;
};

static void stock_read(struct stock *k, const char *path)
{
	struct str file, line, field;
	struct err e;

	if (file_read(k->a, path, 64 << 20, &file, &e) != 0)
		fail_msg("%s: %s", path, e.text);
	while (file.n) {
		unsigned flags = 0;
		struct pattern *p;

		line = str_cut(&file, '\n');
		field = str_cut(&line, '\t');
		flags |= str_chr(field, 'i') != SIZE_MAX ? PATTERN_CASELESS : 0;
		flags |= str_chr(field, 'm') != SIZE_MAX ? PATTERN_MULTILINE : 0;
		flags |= str_chr(field, 's') != SIZE_MAX ? PATTERN_DOTALL : 0;
		flags |= str_chr(field, 'x') != SIZE_MAX ? PATTERN_EXTENDED : 0;
		p = compiled(k->a, line, flags);
		VEC_PUSH(k->a, k->all) = p;
		pattern_set_add(k->filtered, p, UINT32_MAX);
		if (pattern_compile_as(k->a, line, flags, HOW_JIT, &p, NULL, &e) != 0)
			fail_msg("%s", e.text);
		pattern_set_add(k->plain, p, UINT32_MAX);
		if (pattern_compile_as(k->a, line, flags, 0, &p, NULL, &e) != 0)
			fail_msg("%s", e.text);
		pattern_set_add(k->slow, p, UINT32_MAX);
	}
}

static struct str *texts(struct arena *a, size_t *n)
{
	VEC(struct str) lines = { 0 };
	struct str file;
	struct err e;

	if (file_read(a, MERLON_SRCDIR "/tests/unit/ruleset/pattern_texts.txt", 1 << 20, &file,
		      &e) != 0)
		fail_msg("%s", e.text);
	while (file.n)
		VEC_PUSH(a, lines) = str_cut(&file, '\n');
	*n = lines.n;
	return lines.p;
}

static void same(struct counter x, struct counter y, const char *what)
{
	if (x.hits != y.hits || x.sum != y.sum)
		fail_msg("%s: %zu hits, without filters %zu", what, x.hits, y.hits);
}

static void test_stock(void **state)
{
	const char *path = getenv("MERLON_STOCK_PATTERNS");
	struct arena *a = arena_new(0);
	struct stock k = { .a = a,
			   .s = pattern_scratch_new(a),
			   .filtered = pattern_set_new(a),
			   .plain = pattern_set_new(a),
			   .slow = pattern_set_new(a) };
	size_t n, found = 0;
	struct str *line = texts(a, &n);
	struct counter plain;

	(void)state;
	if (!path) {
		arena_free(a);
		skip();
	}
	stock_read(&k, path);
	assert_true(k.all.n > 1000);
	pattern_set_build_with(k.filtered, LAYER_ALL, STR_NULL, false);
	pattern_set_build_with(k.plain, 0, STR_NULL, false);
	pattern_set_build_with(k.slow, 0, STR_NULL, false);
	plain = scanned(k.plain, k.s, line, n);
	assert_true(plain.hits > 1000);
	same(scanned(k.filtered, k.s, line, n), plain, "filters");
	same(scanned(k.slow, k.s, line, n), plain, "interpreter");
	for (size_t i = 0; i < k.all.n; i++)
		found += sampled(k.all.p[i], k.s, LAYER_GRAMS | LAYER_SHIFT, 6);
	printf("%zu patterns, %zu hits, %zu samples\n", k.all.n, plain.hits, found);
	assert_true(found > 2 * k.all.n);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_stock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
