/* What senders' messages asked the DNS: newest first, four of them, one sender a slot. */
#include "lib/test.h"

#include <stdio.h>

#include "base/buf.h"
#include "scan/history.h"

static const char *names(struct arena *a, const struct history *h, struct str sender)
{
	struct buf b = { .arena = a };
	const char *name;

	for (size_t i = 0; (name = history_name(h, sender, i)); i++)
		buf_addf(&b, "%s%s", i ? " " : "", name);
	return arena_cstr(a, buf_str(&b));
}

static void test_newest_first(void **state)
{
	static const struct {
		const char *note, *then;
	} t[] = {
		{ "a", "a" },	       { "b", "b a" },	      { "c", "c b a" },
		{ "b", "b c a" },      { "b", "b c a" },      { "d", "d b c a" },
		{ "e", "e d b c" },    { "c", "c e d b" },    { "a", "a c e d" },
		{ "", "a c e d" }, /* no name */
	};
	struct history *h = history_new();
	struct arena *a = arena_new(0);

	(void)state;
	assert_null(history_name(h, STR("s.test"), 0));
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		history_note(h, STR("s.test"), str_c(t[i].note));
		assert_string_equal(names(a, h, STR("s.test")), t[i].then);
		assert_string_equal(names(a, h, STR("other.test")), "");
	}
	assert_null(history_name(h, STR("s.test"), HISTORY_NAMES));
	arena_free(a);
	history_free(h);
}

static void test_what_is_no_name(void **state)
{
	struct history *h = history_new();
	char text[300];

	(void)state;
	memset(text, 'x', sizeof text);
	history_note(h, STR("s.test"), str_of(text, 254));
	history_note(h, STR("s.test"), str_of("a\0b", 3));
	assert_null(history_name(h, STR("s.test"), 0));
	history_note(h, STR("s.test"), str_of(text, 253));
	assert_int_equal(strlen(history_name(h, STR("s.test"), 0)), 253);
	history_free(h);
	history_free(NULL);
}

/* A newer sender takes an older one's slot whole: nobody sees another's names. */
static void test_collisions(void **state)
{
	struct history *h = history_new();
	char sender[32], key[32];
	size_t kept = 0;

	(void)state;
	for (unsigned i = 0; i < 3 * HISTORY_SENDERS; i++) {
		snprintf(sender, sizeof sender, "s%u.test", i);
		snprintf(key, sizeof key, "k%u", i);
		history_note(h, str_c(sender), str_c(key));
		assert_string_equal(history_name(h, str_c(sender), 0), key);
		assert_null(history_name(h, str_c(sender), 1));
	}
	for (unsigned i = 0; i < 3 * HISTORY_SENDERS; i++) {
		snprintf(sender, sizeof sender, "s%u.test", i);
		snprintf(key, sizeof key, "k%u", i);
		const char *name = history_name(h, str_c(sender), 0);
		if (name)
			assert_string_equal(name, key);
		kept += name != NULL;
	}
	assert_in_range(kept, 1, HISTORY_SENDERS);
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_first),
		cmocka_unit_test(test_what_is_no_name),
		cmocka_unit_test(test_collisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
