/* Hyperscan's databases: made, kept, loaded, and left alone when they are damaged. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/test.h"

#include "base/file.h"
#include "lib/re_sample.h"
#include "ruleset/pattern/set.h"

/* Patterns that literals hold back badly, as Hyperscan gets them, and some that it refuses. */
static const char *const expressions[] = {
	"[a-f0-9]{12}",
	"\\b\\d{1,3}(?:\\.\\d{1,3}){3}\\b",
	"(?i)\\b[aeiou]{3}\\b",
	"^\\s*$",
	"\\S",
	"([a-z])\\1\\1\\1",
	"(?<!x)[yz]{2}(?!w)",
	"[A-Z]{5,}\\W[A-Z]{5,}",
	"(?:[^ ] ){6}",
	"e\\b",
	"[[:punct:]]{4}",
	"a(?>b*)[bc]",
};
#define NEXPRESSIONS (sizeof expressions / sizeof expressions[0])

struct fixture {
	struct arena *a;
	struct pattern_scratch *s;
	char dir[64];
};

static int set_up(void **state)
{
	struct arena *a = arena_new(0);
	struct fixture *f = ARENA_NEW(a, struct fixture);

	f->a = a;
	f->s = pattern_scratch_new(a);
	snprintf(f->dir, sizeof f->dir, "/tmp/merlon-patterns-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	*state = f;
	return 0;
}

/* The only file of the directory; absent: there is none. */
static struct str the_file(struct fixture *f)
{
	DIR *d = opendir(f->dir);
	struct str found = STR_NULL;

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (e->d_name[0] != '.') {
			assert_null(found.p);
			found = arena_printf(f->a, "%s/%s", f->dir, e->d_name);
		}
	closedir(d);
	return found;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	struct str file = the_file(f);

	if (file.p)
		unlink(file.p);
	rmdir(f->dir);
	arena_free(f->a);
	return 0;
}

static struct pattern_set *set_of(struct fixture *f, unsigned layers, const char *dir, bool compile,
				  enum pattern_state *state)
{
	struct pattern_set *set = pattern_set_new(f->a);

	for (size_t i = 0; i < NEXPRESSIONS; i++) {
		struct pattern *p;
		struct err e;

		if (pattern_compile(f->a, str_c(expressions[i]), 0, &p, NULL, &e) != 0)
			fail_msg("%s: %s", expressions[i], e.text);
		pattern_set_add(set, p, UINT32_MAX);
	}
	*state = pattern_set_build_with(set, layers, dir ? str_c(dir) : STR_NULL, compile);
	return set;
}

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

static struct counter scanned(struct fixture *f, const struct pattern_set *set)
{
	struct pattern_budget b = { .limit_us = 60000000 };
	struct counter c = { 0 };
	struct dice dice = { 1 };
	struct str line[200];

	for (size_t i = 0; i < 200; i++) {
		struct re re;

		assert_true(re_parse(f->a, str_c(expressions[i % NEXPRESSIONS]), 0, &re));
		line[i] = re_sample(f->a, &re, &dice);
		if (i % 3)
			line[i] = arena_printf(f->a, "A %.*s!", STR_ARG(line[i]));
	}
	pattern_set_scan(set, f->s, &b, line, 200, count, &c);
	return c;
}

static void same_hits(struct fixture *f, const struct pattern_set *set)
{
	enum pattern_state state;
	struct counter x = scanned(f, set);
	struct counter y = scanned(f, set_of(f, 0, NULL, false, &state));

	assert_true(y.hits > 500);
	assert_int_equal(x.hits, y.hits);
	assert_int_equal(x.sum, y.sum);
}

static void test_cache(void **arg)
{
	struct fixture *f = *arg;
	enum pattern_state state;
	struct pattern_set *set = set_of(f, LAYER_ALL, f->dir, false, &state);

	if (!hyper_built())
		skip();
	assert_int_equal(state, PATTERN_PLAIN);
	assert_null(the_file(f).p);
	same_hits(f, set);
	set = set_of(f, LAYER_ALL, f->dir, true, &state);
	assert_int_equal(state, PATTERN_FILTERED);
	assert_true(hyper_count(set->filters.hyper) >= 6);
	assert_non_null(the_file(f).p);
	same_hits(f, set);
	set = set_of(f, LAYER_ALL, f->dir, false, &state);
	assert_int_equal(state, PATTERN_FILTERED);
	assert_true(hyper_count(set->filters.hyper) >= 6);
	same_hits(f, set);
	set = set_of(f, LAYER_HYPER, f->dir, false, &state); /* the same, without the others */
	same_hits(f, set);
}

static void test_left_out(void **arg)
{
	struct fixture *f = *arg;
	struct pattern_set *set = pattern_set_new(f->a);
	struct pattern *p;
	struct err e;

	pattern_set_no_hyperscan(set);
	for (size_t i = 0; i < NEXPRESSIONS; i++) {
		assert_int_equal(pattern_compile(f->a, str_c(expressions[i]), 0, &p, NULL, &e), 0);
		pattern_set_add(set, p, UINT32_MAX);
	}
	assert_int_equal(pattern_set_build(set, str_c(f->dir), true), PATTERN_FILTERED);
	assert_null(set->filters.hyper);
	assert_null(the_file(f).p);
	same_hits(f, set);
}

/* Not one octet may be other than it was written. */
static void test_damaged(void **arg)
{
	struct fixture *f = *arg;
	enum pattern_state state;
	struct str path, file;
	struct err e;

	set_of(f, LAYER_ALL, f->dir, true, &state);
	if (!hyper_built())
		skip();
	path = the_file(f);
	assert_int_equal(0, file_read(f->a, path.p, 64 << 20, &file, &e));
	for (size_t at = 0; at < file.n; at += at < 120 ? 1 : file.n / 50) {
		int fd = open(path.p, O_RDWR);
		char c = (char)(file.p[at] ^ 0x20);

		assert_int_equal(1, pwrite(fd, &c, 1, (off_t)at));
		set_of(f, LAYER_ALL, f->dir, false, &state);
		assert_int_equal(state, PATTERN_PLAIN);
		assert_int_equal(1, pwrite(fd, &file.p[at], 1, (off_t)at));
		close(fd);
	}
	set_of(f, LAYER_ALL, f->dir, false, &state);
	assert_int_equal(state, PATTERN_FILTERED);
	assert_int_equal(0, truncate(path.p, (off_t)file.n / 2));
	set_of(f, LAYER_ALL, f->dir, false, &state);
	assert_int_equal(state, PATTERN_PLAIN);
	same_hits(f, set_of(f, LAYER_ALL, f->dir, true, &state)); /* made anew */
	assert_int_equal(state, PATTERN_FILTERED);
	set_of(f, LAYER_ALL, f->dir, false, &state);
	assert_int_equal(state, PATTERN_FILTERED);
}

/* A directory that cannot be written is no fault. */
static void test_no_directory(void **arg)
{
	struct fixture *f = *arg;
	enum pattern_state state;

	same_hits(f, set_of(f, LAYER_ALL, "/proc/nothing/here", true, &state));
	assert_int_equal(state, PATTERN_FILTERED);
	same_hits(f, set_of(f, LAYER_ALL, "/proc/nothing/here", false, &state));
	assert_int_equal(state, hyper_built() ? PATTERN_PLAIN : PATTERN_FILTERED);
}

/* What would take minutes is not given to it. */
static void test_bounds(void **arg)
{
	static const struct {
		const char *re;
		bool taken;
	} rows[] = {
		{ "[a-z]{100}", true },
		{ "[a-z]{0,200}x", true },
		{ "[a-z]{0,201}x", false },
		{ "[a-z]{5000}", false },
		{ "", false },
	};
	struct fixture *f = *arg;
	char *text = arena_alloc(f->a, HYPER_LEN_MAX + 1);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(hyper_takes(str_c(rows[i].re), 0), rows[i].taken);
	assert_false(hyper_takes(STR("a"), PATTERN_UTF));
	assert_false(hyper_takes(STR("a\0b"), 0));
	memset(text, '|', HYPER_LEN_MAX);
	assert_true(hyper_takes(str_of(text, HYPER_BRANCH_MAX), 0));
	assert_false(hyper_takes(str_of(text, HYPER_BRANCH_MAX + 1), 0));
	memset(text, 'a', HYPER_LEN_MAX + 1);
	assert_true(hyper_takes(str_of(text, HYPER_LEN_MAX), 0));
	assert_false(hyper_takes(str_of(text, HYPER_LEN_MAX + 1), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cache, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
