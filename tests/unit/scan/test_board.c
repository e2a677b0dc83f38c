/* The board: cells by name in memory that processes share, counts, and the breaker. */
#include "lib/test.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "scan/board.h"

static void test_nobody(void **state)
{
	(void)state;
	assert_null(board_cell(NULL, STR("x")));
	assert_true(board_ask(NULL));
	board_good(NULL);
	assert_false(board_failed(NULL, "x"));
	assert_false(board_off(NULL, 1, "x"));
	assert_false(board_is_off(NULL));
	assert_false(board_once(NULL, 1));
	assert_int_equal(board_count(NULL, BOARD_ASKED), 0);
}

static void test_breaker(void **state)
{
	struct board *b = board_new();
	struct board_cell *c = board_cell(b, STR("clamd"));

	(void)state;
	assert_ptr_equal(c, board_cell(b, STR("clamd")));
	assert_ptr_not_equal(c, board_cell(b, STR("icap")));
	for (unsigned i = 0; i < BOARD_OPENS_AFTER - 1; i++) {
		assert_true(board_ask(c));
		assert_false(board_failed(c, "timeout"));
	}
	assert_true(board_ask(c));
	board_good(c); /* which forgives */
	for (unsigned i = 0; i < BOARD_OPENS_AFTER; i++) {
		assert_true(board_ask(c));
		assert_int_equal(board_failed(c, "timeout"), i == BOARD_OPENS_AFTER - 1);
	}
	assert_true(board_is_off(c));
	assert_false(board_ask(c));
	assert_int_equal(board_count(c, BOARD_ASKED), 2 * BOARD_OPENS_AFTER);
	assert_int_equal(board_count(c, BOARD_FAILED), 2 * BOARD_OPENS_AFTER - 1);
	assert_int_equal(board_count(c, BOARD_OFF), 1);
	board_free(b);
}

/* What is off comes back for one asker first. */
static void test_half_open(void **state)
{
	struct board *b = board_new();
	struct board_cell *c = board_cell(b, STR("zone"));

	(void)state;
	assert_true(board_off(c, 20, "refused"));
	assert_false(board_off(c, 20, "refused")); /* it was */
	assert_false(board_ask(c));
	usleep(60000);
	assert_true(board_ask(c));
	assert_false(board_ask(c)); /* one tries, the others wait for him */
	board_failed(c, "refused");
	assert_true(board_is_off(c)); /* one failure is enough then */
	board_off(c, 1, "x");
	board_free(b);

	b = board_new();
	c = board_cell(b, STR("zone"));
	board_off(c, 20, "refused");
	usleep(60000);
	assert_true(board_ask(c));
	board_good(c);
	assert_true(board_ask(c));
	assert_true(board_ask(c));
	board_free(b);
}

static void test_shared(void **state)
{
	struct board *b = board_new();
	struct board_cell *c;
	pid_t pid = fork();
	int status = 1;

	(void)state;
	if (pid == 0) {
		for (int i = 0; i < 1000; i++)
			board_add(board_cell(b, STR("zone")), BOARD_HITS, 1);
		_exit(0);
	}
	for (int i = 0; i < 1000; i++)
		board_add(board_cell(b, STR("zone")), BOARD_HITS, 1);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	c = board_cell(b, STR("zone"));
	assert_int_equal(board_count(c, BOARD_HITS), 2000);
	assert_true(board_once(c, 60000));
	assert_false(board_once(c, 60000));
	board_free(b);
}

static void test_full(void **state)
{
	struct board *b = board_new();
	struct arena *a = arena_new(0);
	json_t *report;

	(void)state;
	for (unsigned i = 0; i < BOARD_CELLS + 50; i++)
		board_add(board_cell(b, arena_printf(a, "zone%u", i)), BOARD_ASKED, 1);
	assert_string_equal(board_name(board_cell(b, STR("one more"))), "other");
	assert_int_equal(board_count(board_cell(b, STR("one more")), BOARD_ASKED), 51);
	assert_int_equal(board_count(board_cell(b, STR("zone0")), BOARD_ASKED), 1);
	report = board_report(b);
	assert_int_equal(json_array_size(report), BOARD_CELLS);
	json_decref(report);
	arena_free(a);
	board_free(b);
}

static void test_report(void **state)
{
	struct board *b = board_new();
	char name[2 * BOARD_NAME];
	json_t *report, *one;

	(void)state;
	memset(name, 'n', sizeof name);
	board_off(board_cell(b, str_of(name, sizeof name)), 60000, "refused");
	report = board_report(b);
	assert_int_equal(json_array_size(report), 1);
	one = json_array_get(report, 0);
	assert_int_equal(json_string_length(json_object_get(one, "name")), BOARD_NAME - 1);
	assert_string_equal(json_string_value(json_object_get(one, "state")), "off");
	assert_string_equal(json_string_value(json_object_get(one, "why")), "refused");
	assert_true(json_integer_value(json_object_get(one, "off_ms")) > 50000);
	assert_int_equal(json_integer_value(json_object_get(one, "tokens_in")), 0);
	json_decref(report);
	board_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody),	  cmocka_unit_test(test_breaker),
		cmocka_unit_test(test_half_open), cmocka_unit_test(test_shared),
		cmocka_unit_test(test_full),	  cmocka_unit_test(test_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
