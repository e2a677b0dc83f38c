/* Metrics: what they say, as JSON and as text, and where they end. */
#include "control/metrics.h"

#include "control/frame.h"
#include "control/report/tally.h"
#include "lib/test.h"
#include "scan/board.h"

static unsigned scans(void *arg, struct scan_stats *sum)
{
	(void)arg;
	sum->n[COUNT_MESSAGES] = 3;
	sum->n[COUNT_DEGRADED_STORE] = 1;
	sum->action[0] = 2;
	sum->action[5] = 1;
	sum->step[0] = 1;
	sum->step[2] = 1;
	sum->step[STATS_STEPS] = 1;
	sum->took_us = 26004000;
	sum->result[7] = (struct stats_result){ "spf", "pass", 3 };
	return 2;
}

static void test_text(void **state)
{
	static const char *const lines[] = {
		"# TYPE merlon_build_info gauge\nmerlon_build_info{version=\"",
		"\nmerlon_workers 2\n",
		"# TYPE merlon_messages_total counter\nmerlon_messages_total{action=",
		"\nmerlon_messages_total{action=\"accept\"} 2\n",
		"\nmerlon_messages_total{action=\"reject\"} 1\n",
		"\nmerlon_message_seconds_bucket{le=\"0.001\"} 1\n",
		"\nmerlon_message_seconds_bucket{le=\"0.0025\"} 1\n",
		"\nmerlon_message_seconds_bucket{le=\"0.005\"} 2\n",
		"\nmerlon_message_seconds_bucket{le=\"25\"} 2\n",
		"\nmerlon_message_seconds_bucket{le=\"+Inf\"} 3\n",
		"\nmerlon_message_seconds_sum 26.004\n",
		"\nmerlon_message_seconds_count 3\n",
		"\nmerlon_messages_without_total{missing=\"store\"} 1\n",
		"\nmerlon_results_total{check=\"spf\",result=\"pass\"} 3\n",
		"\nmerlon_outside_asked_total{name=\"dnslist:a\\\"b\\\\c??\"} 2\n",
		"\nmerlon_outside_failed_total{name=\"dnslist:a\\\"b\\\\c??\"} 0\n",
		"\nmerlon_outside_money_total{name=\"llm:m\"} 0.25\n",
		"\nmerlon_outside_on{name=\"llm:m\"} 0\n",
		"\nmerlon_metrics_left_out 0\n",
	};
	struct arena *a = arena_new(0);
	struct board *b = board_new();
	struct metrics_world w = { .scans = scans, .board = b };
	struct board_cell *odd = board_cell(b, STR("dnslist:a\"b\\c\n\xff"));
	struct board_cell *model = board_cell(b, STR("llm:m"));
	json_t *report;
	struct str text;

	(void)state;
	board_ask(odd);
	board_ask(odd);
	board_add(model, BOARD_MICROS, 250000);
	board_off(model, 60000, "test");
	report = metrics_report(&w);
	text = metrics_text(a, report);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (str_find(text, str_c(lines[i])) == SIZE_MAX)
			fail_msg("no line %sin\n%.*s", lines[i], STR_ARG(text));
	/* What was never counted of somebody is not there. */
	assert_true(str_find(text, STR("merlon_outside_money_total{name=\"dnslist")) == SIZE_MAX);
	json_decref(report);
	board_free(b);
	arena_free(a);
}

/* With as many names as there can be, as long as they can be, it still fits into a frame. */
static void test_bounds(void **state)
{
	struct arena *a = arena_new(0);
	struct board *b = board_new();
	struct metrics_world w = { .scans = scans, .board = b };
	char name[METRICS_LABEL];
	json_t *report;
	char *json;
	struct str text, last = STR("merlon_metrics_left_out ");
	size_t at;

	(void)state;
	for (unsigned i = 0; i < BOARD_CELLS; i++) {
		memset(name, '"', sizeof name); /* twice as long in JSON */
		snprintf(name, 8, "x:%04u", i);
		name[6] = '"';
		for (unsigned k = 0; k < BOARD_COUNTS; k++)
			board_add(board_cell(b, str_of(name, sizeof name)), (enum board_count)k,
				  UINT64_C(1) << 50);
	}
	report = metrics_report(&w);
	json = json_dumps(report, JSON_COMPACT);
	text = metrics_text(a, report);
	assert_true(strlen(json) < FRAME_MAX - 64);
	at = str_find(text, last);
	assert_true(at != SIZE_MAX);
	assert_true(text.p[at + last.n] != '0');
	free(json);
	json_decref(report);
	board_free(b);
	arena_free(a);
}

static void test_tally(void **state)
{
	static struct tally t;
	struct report_sum s = { .kind = REPORT_DMARC, .good = 10, .bad = 2 };
	char name[32];

	(void)state;
	t.arena = arena_new(0);
	for (unsigned i = 0; i < TALLY_DOMAINS + 50; i++) {
		snprintf(name, sizeof name, "d%u.example", i);
		s.domain = str_c(name);
		tally_add(&t, &s);
		s.domain = STR("D0.example");
		tally_add(&t, &s);
	}
	assert_int_equal(t.n, TALLY_DOMAINS + 1);
	assert_int_equal(t.reports[REPORT_DMARC], 2 * (TALLY_DOMAINS + 50));
	assert_int_equal(t.domain[0].good[REPORT_DMARC], 10 * (TALLY_DOMAINS + 51));
	assert_int_equal(t.domain[1].bad[REPORT_DMARC], 2);
	assert_true(str_eq(t.domain[TALLY_DOMAINS].name, STR("other")));
	assert_int_equal(t.domain[TALLY_DOMAINS].bad[REPORT_DMARC], 100);
	arena_free(t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_tally),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
