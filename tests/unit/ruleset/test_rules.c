/* Rule files: what they make of facts, and what is said of faulty ones. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "ruleset/lines.h"
#include "ruleset/ruleset.h"

/* ---- a check with two functions ---- */

static bool holds(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)s;
	(void)n;
	*evidence = arg[0].text;
	return str_eq(arg[0].text, STR("yes"));
}

static bool over(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)s;
	(void)n;
	(void)evidence;
	return arg[0].number > 10;
}

static enum check_step done(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

static const struct predicate predicates[] = {
	{ "holds", "s|n*", holds, "" },
	{ "over", "n", over, "" },
	{ 0 },
};
static const struct check check_fake = {
	.abi = CHECK_ABI, .name = "fake", .run = done, .predicates = predicates
};
static const struct check *const checks[] = { &check_fake, NULL };

/* ---- loading text ---- */

static void collect(void *arg, const char *text)
{
	struct buf *all = arg;

	buf_add(all, str_c(text));
	buf_addc(all, '\n');
}

static void never(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

struct world {
	struct arena *a;
	char dir[64];
	struct buf faults;
	struct scan_setup *setup;
	struct ruleset *rules;
};

static void load(struct world *w, const char *text)
{
	static const struct conf_opt *const tables[] = { ruleset_options, scan_options, NULL };
	const struct conf *c;
	struct err e;

	w->a = arena_new(0);
	w->faults = (struct buf){ .arena = w->a };
	snprintf(w->dir, sizeof w->dir, "/tmp/merlon-rules-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	write_text(arena_printf(w->a, "%s/10_first.cf", w->dir).p, text);
	write_text(arena_printf(w->a, "%s/more.inc", w->dir).p, "meta INCLUDED 1\n");
	c = conf_load_text(w->a, "test", arena_printf(w->a, "rules { dir = \"%s\" }", w->dir),
			   tables, never, NULL);
	assert_int_equal(scan_setup_new(w->a, c, checks, &w->setup, &e), 0);
	w->rules = ruleset_load(
		w->a, c, w->setup,
		&(struct ruleset_how){ .fault = collect, .note = collect, .arg = &w->faults });
}

static void unload(struct world *w)
{
	unlink(arena_printf(w->a, "%s/10_first.cf", w->dir).p);
	unlink(arena_printf(w->a, "%s/more.inc", w->dir).p);
	rmdir(w->dir);
	arena_free(w->a);
}

/* The names that hit, in order, with their scores. */
static struct str judged(struct world *w)
{
	struct scan s = { .arena = w->a };
	struct buf out = { .arena = w->a };

	ruleset_judge(w->rules)->run(ruleset_judge(w->rules), &s);
	for (size_t i = 0; i < s.verdict.symbols.n; i++)
		buf_addf(&out, "%s%.*s=%g", i ? " " : "", STR_ARG(s.verdict.symbols.p[i].name),
			 s.verdict.symbols.p[i].score);
	return buf_str(&out);
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *text, *hits;
	} row[] = {
		{ "header A eval:holds('yes')\nscore A 2.5\n", "A=2.5" },
		{ "header A eval:holds('no')\n", "" },
		{ "header A eval:holds(yes)\n", "A=1" },
		{ "header A eval:holds(\"yes\", 3, 4.5)\n", "A=1" },
		{ "header A eval:over(11)\nheader B eval:over(9)\n", "A=1" },
		{ "header __A eval:holds('yes')\nmeta B __A\nscore B 3\n", "B=3" },
		{ "meta B A && !C\nheader A eval:holds('yes')\nheader C eval:over(1)\nscore B -1\n",
		  "A=1 B=-1" },
		{ "header T_A eval:holds('yes')\n", "T_A=0.01" },
		{ "header A eval:holds('yes')\nscore A 1 2 3 4\n", "A=2" },
		{ "meta A 1\nmeta B 1\npriority B -10\n", "B=1 A=1" },
		{ "# comment\n  \nmeta A 1 # more\ndescribe A has a \\# in it\n", "A=1" },
		{ "ifplugin fake\nmeta A 1\nelse\nmeta B 1\nendif\n", "A=1" },
		{ "ifplugin other\nmeta A 1\nelse\nmeta B 1\nendif\n", "B=1" },
		{ "if (version >= 4.0) && !plugin(other)\nmeta A 1\nendif\n", "A=1" },
		{ "if can(holds)\nmeta A 1\nif can(nothing)\nmeta B 1\nelse\nmeta C "
		  "1\nendif\nendif\n",
		  "A=1 C=1" },
		{ "if plugin(other)\nif plugin(fake)\nmeta A 1\nelse\nmeta B 1\nendif\nendif\n",
		  "" },
		{ "include more.inc\n", "INCLUDED=1" },
		{ "meta A 1\nlang de describe A Text\ntflags A nice\ngroup A other\n", "A=-1" },
		{ "meta A 1\nmeta A 0\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w;
		load(&w, row[i].text);
		if (!w.rules)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		assert_str(judged(&w), row[i].hits);
		unload(&w);
	}
}

static void test_faults(void **state)
{
	static const struct {
		const char *text, *fault;
	} row[] = {
		{ "header A eval:holds()\n", "expected 1" },
		{ "header A eval:over('x')\n", "expected a number" },
		{ "header A eval:over(1, 2)\n", "too many arguments" },
		{ "header A eval:holds('x\n", "expected eval:" },
		{ "header A eval:holds('x)\n", "expected text in quotes" },
		{ "header A =~ /x/\n", "expected FIELD =~" },
		{ "header A Subject =~ x\n", "header A:" },
		{ "header A Subject == /x/\n", "expected FIELD =~" },
		{ "header A exists:\n", "expected exists:FIELD" },
		{ "body A\n", "expected an expression in slashes" },
		{ "body A /x\n", "10_first.cf:1: body A:" },
		{ "uri_detail A raw == /x/\n", "uri_detail A: expected raw, type" },
		{ "uri_detail A nothing =~ /x/\n", "uri_detail A: expected raw, type" },
		{ "header A eval:holds 'x'\n", "expected eval:" },
		{ "meta A B\nmeta B A\n", "meta A depends on itself" },
		{ "meta A (1\n", "meta A: expected \")\"" },
		{ "meta A\n", "expected an expression" },
		{ "meta A 1\nscore A x\n", "10_first.cf:2: score A" },
		{ "meta A 1\nscore A 1 2\n", "expected 1 or 4 numbers" },
		{ "score A 0x10\n", "expected 1 or 4 numbers" },
		{ "meta 1A 1\n", "expected a rule name" },
		{ "meta A 1\npriority A much\n", "expected a whole number" },
		{ "meta A 1\ntest A maybe\n", "expected ok or fail" },
		{ "meta A 1\ntest A fail -\n", "expected it to miss" },
		{ "header __A eval:holds('x')\nmeta A __A\ntest A ok -\n", "expected it to hit" },
		{ "meta A 1\ntest A ok B\n", "no rule B" },
		{ "if (version\nendif\n", "10_first.cf:1: if:" },
		{ "if 1\nmeta A 1\n", "ends inside an if" },
		{ "endif\n", "endif without if" },
		{ "else\n", "else without if" },
		{ "if 1\nelse\nelse\nendif\n", "10_first.cf:3: else without if" },
		{ "include nothing.cf\n", "10_first.cf:1: include:" },
		{ "include 10_first.cf\n", "nested deeper" },
		{ "include 10_first.cf\ninclude 10_first.cf\n", "more than 1000 files" },
		{ "include /dev/null\n", "not a file" },
		{ "include\n", "expected a path" },
		{ "meta A 1\ndescribe A\n", "expected text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w;
		load(&w, row[i].text);
		if (w.rules)
			fail_msg("row %zu loaded: %s", i, row[i].text);
		if (!strstr(arena_cstr(w.a, buf_str(&w.faults)), row[i].fault))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		unload(&w);
	}
}

/* The rules that are shipped load, and every scored one is described. */
static void test_shipped(void **state)
{
	static const char *const words[] = { "describe", "score" };
	struct arena *a = arena_new(0);
	FILE *f = fopen(MERLON_SRCDIR "/rules/30_auth.cf", "r");
	char line[512];
	size_t rules = 0, seen[2] = { 0 };

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		struct str s = str_c(line);
		bool rule = str_starts(s, STR("header ")) || str_starts(s, STR("meta "));
		if (rule && str_find(s, STR(" __")) == SIZE_MAX)
			rules++;
		else if (rule && str_starts(s, STR("meta ")))
			rules++;
		for (size_t i = 0; i < 2; i++)
			seen[i] += str_starts(s, str_c(words[i]));
	}
	fclose(f);
	assert_true(rules > 30);
	assert_int_equal(seen[0], rules);
	assert_int_equal(seen[1], rules);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
