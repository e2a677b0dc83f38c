/* What senders' messages asked the DNS: newest first, four of them, one sender a slot. */
#include "lib/test.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "scan/history.h"

static const char *names(struct arena *a, const struct history *h, struct str sender)
{
	struct buf b = { .arena = a };
	char name[HISTORY_NAME_SIZE];

	for (size_t i = 0; history_name(h, sender, i, name); i++)
		buf_addf(&b, "%s%s", i ? " " : "", name);
	return arena_cstr(a, buf_str(&b));
}

static void test_newest_first(void **state)
{
	static const struct {
		const char *note, *then;
	} t[] = {
		{ "a", "a" },	    { "b", "b a" },	{ "c", "c b a" },   { "b", "b c a" },
		{ "b", "b c a" },   { "d", "d b c a" }, { "e", "e d b c" }, { "c", "c e d b" },
		{ "a", "a c e d" }, { "", "a c e d" }, /* no name */
	};
	struct history *h = history_new();
	struct arena *a = arena_new(0);
	char name[HISTORY_NAME_SIZE];

	(void)state;
	assert_false(history_name(h, STR("s.test"), 0, name));
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		history_note(h, STR("s.test"), str_c(t[i].note));
		assert_string_equal(names(a, h, STR("s.test")), t[i].then);
		assert_string_equal(names(a, h, STR("other.test")), "");
	}
	assert_false(history_name(h, STR("s.test"), HISTORY_NAMES, name));
	arena_free(a);
	history_free(h);
}

static void test_what_is_no_name(void **state)
{
	struct history *h = history_new();
	char text[300], name[HISTORY_NAME_SIZE];

	(void)state;
	memset(text, 'x', sizeof text);
	history_note(h, STR("s.test"), str_of(text, 254));
	history_note(h, STR("s.test"), str_of("a\0b", 3));
	assert_false(history_name(h, STR("s.test"), 0, name));
	history_note(h, STR("s.test"), str_of(text, 253));
	assert_true(history_name(h, STR("s.test"), 0, name));
	assert_int_equal(strlen(name), 253);
	history_free(h);
	history_free(NULL);
}

/* A newer sender takes an older one's slot whole: nobody sees another's names. */
static void test_collisions(void **state)
{
	struct history *h = history_new();
	char sender[32], key[32], name[HISTORY_NAME_SIZE];
	size_t kept = 0;

	(void)state;
	for (unsigned i = 0; i < 3 * HISTORY_SENDERS; i++) {
		snprintf(sender, sizeof sender, "s%u.test", i);
		snprintf(key, sizeof key, "k%u", i);
		history_note(h, str_c(sender), str_c(key));
		assert_true(history_name(h, str_c(sender), 0, name));
		assert_string_equal(name, key);
		assert_false(history_name(h, str_c(sender), 1, name));
	}
	for (unsigned i = 0; i < 3 * HISTORY_SENDERS; i++) {
		snprintf(sender, sizeof sender, "s%u.test", i);
		snprintf(key, sizeof key, "k%u", i);
		if (!history_name(h, str_c(sender), 0, name))
			continue;
		assert_string_equal(name, key);
		kept++;
	}
	assert_in_range(kept, 1, HISTORY_SENDERS);
	history_free(h);
}

/* What one process notes the others know, and two that write at once leave only whole names. */
static void test_shared(void **state)
{
	struct history *h = history_new();
	char name[HISTORY_NAME_SIZE], text[2][201];
	pid_t child;
	int status;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		memset(text[i], i ? 'b' : 'a', 200), text[i][200] = '\0';
	child = fork();
	for (size_t i = 0; i < 20000; i++) {
		history_note(h, STR("s.test"), str_of(text[child != 0], 100 + i % 100));
		if (history_name(h, STR("s.test"), i % HISTORY_NAMES, name) &&
		    strspn(name, name[0] == 'a' ? "a" : "b") != strlen(name)) {
			if (child == 0)
				_exit(1);
			fail_msg("torn: %s", name);
		}
	}
	if (child == 0) {
		history_note(h, STR("child.test"), STR("noted"));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(history_name(h, STR("child.test"), 0, name));
	assert_string_equal(name, "noted");
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_first),
		cmocka_unit_test(test_what_is_no_name),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
