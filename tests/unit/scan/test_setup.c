/* What the engine is set up from: the order of checks, its options, plug-ins, predicates. */
#include "unit/scan/world.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum check_step done(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

#define CHECK(id, ...)                                                                             \
	static const char *const id##_needs[] = { __VA_ARGS__ };                                   \
	static const struct check id = {                                                           \
		.abi = CHECK_ABI, .name = #id, .run = done, .needs = id##_needs                    \
	}

CHECK(a, NULL);
CHECK(b, "a", NULL);
CHECK(c, "b", "a", NULL);
CHECK(d, "c", NULL);
CHECK(self, "self", NULL);
CHECK(ring1, "ring3", NULL);
CHECK(ring2, "ring1", NULL);
CHECK(ring3, "ring2", NULL);
CHECK(lonely, "nobody", NULL);
static const struct check old = { .abi = CHECK_ABI + 1, .name = "old", .run = done };
static const struct check twin = { .abi = CHECK_ABI, .name = "a", .run = done };

/* ---- the order ---- */

static void test_order(void **state)
{
	static const struct {
		const struct check *check[6];
		const char *order; /* or the fault */
	} t[] = {
		{ { &a, &b, &c, &d }, "a b c d" },
		{ { &d, &c, &b, &a }, "a b c d" },
		{ { &c, &a, &d, &b }, "a b c d" },
		{ { NULL }, "" },
		{ { &b }, "check b needs a, which is not there" },
		{ { &a, &lonely }, "check lonely needs nobody, which is not there" },
		{ { &self }, "checks need each other in a circle" },
		{ { &a, &ring1, &ring2, &ring3 }, "checks need each other in a circle" },
		{ { &a, &old }, "check old is built for another version (6, not 5)" },
		{ { &a, &b, &twin }, "there are two checks named a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *ar = arena_new(0);
		struct buf got = { .arena = ar };
		struct err e;
		const struct scan_setup *s = world_setup(ar, t[i].check, "", &e);

		for (size_t k = 0; s && k < s->n; k++)
			buf_addf(&got, "%s%s", k ? " " : "", s->check[k]->name);
		assert_str(s ? buf_str(&got) : str_c(e.text), t[i].order);
		arena_free(ar);
	}
}

/* ---- checks that nobody asks ---- */

#define FACTS(id, ...)                                                                             \
	static const char *const id##_needs[] = { __VA_ARGS__ };                                   \
	static const struct check id = { .abi = CHECK_ABI,                                         \
					 .name = #id,                                              \
					 .run = done,                                              \
					 .flags = CHECK_FACTS,                                     \
					 .needs = id##_needs }

FACTS(people, NULL);
FACTS(spoof, "people", NULL);
FACTS(links, NULL);
CHECK(writer, "links", NULL);

struct asking {
	struct judge judge; /* first */
	const char *words;
};

static bool asks(const struct judge *j, const struct check *which)
{
	const struct asking *about = (const struct asking *)(const void *)j;

	return strstr(about->words, which->name) != NULL;
}

static void test_idle(void **state)
{
	static const struct check *const checks[] = { &people, &spoof, &links, &writer, &a, NULL };
	static const struct check *const fewer[] = { &people, &spoof, &links, &a, NULL };
	static const struct {
		const struct check *const *checks;
		struct asking by;
		const char *idle;
	} t[] = {
		{ checks, { { .asks = asks }, "" }, "people spoof " },
		{ checks, { { .asks = asks }, "spoof" }, "" }, /* and what it needs */
		{ checks, { { .asks = asks }, "people" }, "spoof " },
		{ fewer, { { .asks = asks }, "people" }, "spoof links " },
		{ checks, { { .asks = NULL }, "" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *ar = arena_new(0);
		struct buf got = { .arena = ar };
		struct err e;
		struct scan_setup *s = world_setup(ar, t[i].checks, "", &e);

		assert_non_null(s);
		assert_int_equal(scan_setup_judge(s, &t[i].by.judge, &e), 0);
		for (size_t k = 0; k < s->n; k++)
			if (s->idle[k])
				buf_addf(&got, "%s ", s->check[k]->name);
		assert_str(buf_str(&got), t[i].idle);
		arena_free(ar);
	}
}

static void test_needs_are_bits(void **state)
{
	static const struct check *const checks[] = { &d, &c, &b, &a, NULL };
	static const uint64_t needs[] = { 0, 1, 3, 4 };
	struct arena *ar = arena_new(0);
	struct err e;
	const struct scan_setup *s = world_setup(ar, checks, "", &e);

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(s->needs[i], needs[i]);
	arena_free(ar);
}

static void test_too_many_checks(void **state)
{
	static struct check many[SCAN_MAX_CHECKS + 1];
	static char name[SCAN_MAX_CHECKS + 1][8];
	const struct check *list[SCAN_MAX_CHECKS + 2] = { 0 };
	struct arena *ar = arena_new(0);
	struct err e;

	(void)state;
	for (size_t i = 0; i <= SCAN_MAX_CHECKS; i++) {
		snprintf(name[i], sizeof name[i], "n%zu", i);
		many[i] = (struct check){ .abi = CHECK_ABI, .name = name[i], .run = done };
		list[i] = &many[i];
	}
	assert_null(world_setup(ar, list, "", &e));
	assert_string_equal(e.text, "more than 64 checks");
	list[SCAN_MAX_CHECKS] = NULL;
	assert_non_null(world_setup(ar, list, "", &e));
	arena_free(ar);
}

/* ---- options ---- */

static int refuse(struct arena *ar, const struct conf *conf, const void **config, struct err *e)
{
	(void)ar;
	(void)conf;
	(void)config;
	return err_set(e, "this value is not good");
}

static const struct check strict = {
	.abi = CHECK_ABI, .name = "strict", .run = done, .setup = refuse
};

static void test_options(void **state)
{
	static const struct check *const none[] = { NULL }, *const strict_only[] = { &strict,
										     NULL };
	static const struct {
		const char *conf, *fault; /* fault NULL: good */
	} t[] = {
		{ "", NULL },
		{ "reply { reject = \"554 5.7.9 no\" }", NULL },
		{ "reply { reject = \"450 4.7.1 no\" }", "reply.reject: found \"450 4.7.1 no\"" },
		{ "reply { reject = \"550 4.7.1 no\" }", "reply.reject: found" },
		{ "reply { reject = \"550 5.7.1\" }", "reply.reject: found" },
		{ "reply { reject = \"550\" }", "reply.reject: found" },
		{ "reply { reject = \"\" }", "reply.reject: found" },
		{ "reply { reject = \"5501 5.7.1 x\" }", "reply.reject: found" },
		{ "reply { reject = \"5x0 5.7.1 x\" }", "reply.reject: found" },
		{ "reply { reject = \"550 5.x.1 y\" }", "reply.reject: found" },
		{ "reply { reject = \"550 5.0007.1 y\" }", "reply.reject: found" },
		{ "reply { reject = \"550 5.7.1.1 y\" }", "reply.reject: found" },
		{ "reply { reject = \"550 5.7.1 two\\nlines\" }", "reply.reject: found" },
		{ "reply { reject = \"550 5.7.1 caf\xc3\xa9\" }", "reply.reject: found" },
		{ "reply { tempfail = \"550 5.7.1 x\" }", "reply.tempfail: found" },
		{ "reply { greylist = \"451 x\" }", "reply.greylist: found" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *ar = arena_new(0);
		struct err e = { 0 };
		const struct scan_setup *s = world_setup(ar, none, t[i].conf, &e);

		if (!t[i].fault != !!s || (t[i].fault && !strstr(e.text, t[i].fault)))
			fail_msg("%s: %s", t[i].conf, e.text);
		arena_free(ar);
	}
	struct arena *ar = arena_new(0);
	struct err e;
	assert_null(world_setup(ar, strict_only, "", &e));
	assert_string_equal(e.text, "this value is not good");
	arena_free(ar);
}

/* ---- predicates ---- */

static const struct predicate predicates[] = { { "one", "", NULL, "" },
					       { "two", "", NULL, "" },
					       { 0 } };
static const struct check able = {
	.abi = CHECK_ABI, .name = "able", .run = done, .predicates = predicates
};

static void test_predicates(void **state)
{
	static const struct check *const checks[] = { &a, &able, NULL };
	struct arena *ar = arena_new(0);
	const struct check *owner;
	struct err e;
	const struct scan_setup *s = world_setup(ar, checks, "", &e);

	(void)state;
	assert_ptr_equal(scan_setup_predicate(s, STR("two"), &owner), &predicates[1]);
	assert_ptr_equal(owner, &able);
	assert_null(scan_setup_predicate(s, STR("three"), &owner));
	assert_null(scan_setup_predicate(s, STR(""), &owner));
	arena_free(ar);
}

/* ---- plug-ins ---- */

static void put_file(const char *dir, const char *name, const char *from)
{
	char path[256], target[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (from && from[0] == '/') {
		assert_int_equal(symlink(from, path), 0);
	} else if (from && realpath(from, target)) {
		assert_int_equal(symlink(target, path), 0);
	} else {
		f = fopen(path, "w");
		assert_non_null(f);
		fputs("this is no shared object\n", f);
		fclose(f);
	}
}

static void clear(const char *dir, const char *const *name)
{
	char path[256];

	for (; *name; name++) {
		snprintf(path, sizeof path, "%s/%s", dir, *name);
		unlink(path);
	}
	rmdir(dir);
}

static void test_plugins(void **state)
{
	static const struct {
		const char *name, *from;
		const char *fault; /* NULL: loads */
		size_t n;	   /* checks there are then, with one that was there before */
	} t[] = {
		{ "good.so", "tests/lib/crash/crash.so", NULL, 2 },
		{ "abi.so", "tests/lib/plugin/abi.so",
		  "built for version 6 of the interface, this is 5", 1 },
		{ "bare.so", "tests/lib/plugin/bare.so", "it has no merlon_plugin_checks", 1 },
		{ "text.so", NULL, "plug-in: ", 1 },
		{ "dangling.so", "/nonexistent/x.so", "plug-in: ", 1 },
		{ ".hidden.so", NULL, NULL, 1 },
		{ "note.txt", NULL, NULL, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const char *names[] = { t[i].name, NULL };
		const struct check *list[4] = { &a, NULL };
		char dir[] = "/tmp/merlon-plugins-XXXXXX";
		struct err e = { 0 };
		size_t n = 0;
		int rc;

		assert_non_null(mkdtemp(dir));
		put_file(dir, t[i].name, t[i].from);
		rc = scan_plugins_load(dir, list, 4, &e);
		clear(dir, names);
		while (list[n])
			n++;
		if ((rc < 0) != !!t[i].fault || (t[i].fault && !strstr(e.text, t[i].fault)) ||
		    n != t[i].n)
			fail_msg("%s: %d, %zu checks, %s", t[i].name, rc, n, e.text);
	}
}

static void test_plugins_without_room_or_place(void **state)
{
	static const char *const names[] = { "good.so", NULL };
	const struct check *list[2] = { &a, NULL };
	char dir[] = "/tmp/merlon-plugins-XXXXXX";
	struct err e = { 0 };

	(void)state;
	assert_int_equal(scan_plugins_load("/nonexistent/plugins", list, 2, &e), -1);
	assert_string_equal(e.text, "/nonexistent/plugins: No such file or directory");
	assert_int_equal(scan_plugins_load("/proc/version", list, 2, &e), -1);
	assert_non_null(mkdtemp(dir));
	put_file(dir, "good.so", "tests/lib/crash/crash.so");
	assert_int_equal(scan_plugins_load(dir, list, 2, &e), -1);
	assert_non_null(strstr(e.text, "more than 1 checks"));
	assert_null(list[1]);
	clear(dir, names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_needs_are_bits),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_too_many_checks),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_predicates),
		cmocka_unit_test(test_plugins),
		cmocka_unit_test(test_plugins_without_room_or_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
