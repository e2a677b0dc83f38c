/* What is counted of messages: by action, time, limit and what checks said; and added up. */
#include "scan/stats.h"

#include "unit/scan/world.h"

static enum check_step no_run(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

static const char *colour(const struct scan *s)
{
	const struct hdr *h = hdr_find(&s->headers, STR("X-Colour"), 0);

	return !h ? NULL : str_eq(str_trim(h->value), STR("red")) ? "red" : "other";
}

static const struct check check_colour = {
	.abi = CHECK_ABI,
	.name = "colour",
	.help = "a word",
	.stage = SCAN_EOM,
	.run = no_run,
	.word = colour,
};
static const struct check *const checks[] = { &check_colour, NULL };

static uint64_t said(const struct scan_stats *t, const char *word)
{
	uint64_t n = 0;

	for (size_t i = 0; i < STATS_RESULTS; i++)
		if (!strcmp(t->result[i].check, "colour") && !strcmp(t->result[i].word, word))
			n += t->result[i].n;
	return n;
}

static uint64_t sum(const uint64_t *n, size_t count)
{
	uint64_t all = 0;

	while (count)
		all += n[--count];
	return all;
}

static void test_messages(void **state)
{
	static const char *const mail[] = { "X-Colour: red\n", "X-Colour: red\n",
					    "X-Colour: blue\n", "Subject: none\n" };
	struct scan_stats t = { { 0 } };
	struct world w;

	(void)state;
	world_open(&w, checks, "", "");
	w.env.stats = &t;
	for (size_t i = 0; i < sizeof mail / sizeof *mail; i++)
		scan_free(world_message(&w, mail[i]));
	assert_int_equal(t.n[COUNT_MESSAGES], 4);
	assert_int_equal(t.action[ACT_ACCEPT], 4);
	assert_int_equal(sum(t.action, STATS_ACTIONS), 4);
	assert_int_equal(sum(t.step, STATS_STEPS + 1), 4);
	assert_int_equal(said(&t, "red"), 2);
	assert_int_equal(said(&t, "other"), 1);
	assert_int_equal(t.n[COUNT_POISONED], 0);
	w.poison = true;
	scan_free(world_message(&w, mail[0]));
	assert_int_equal(t.n[COUNT_POISONED], 1);
	world_close(&w);
}

static void test_sum(void **state)
{
	static struct scan_stats part[2], all;
	char word[STATS_WORD];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		part[i].n[COUNT_CPU] = 3 + i;
		part[i].action[ACT_REJECT] = 5;
		part[i].step[STATS_STEPS] = 1;
		part[i].took_us = 7;
	}
	part[0].result[9] = (struct stats_result){ "colour", "red", 2 };
	part[1].result[4] = (struct stats_result){ "colour", "red", 3 };
	part[1].result[5] = (struct stats_result){ "colour", "blue", 1 };
	stats_add(&all, &part[0]);
	stats_add(&all, &part[1]);
	assert_int_equal(all.n[COUNT_CPU], 7);
	assert_int_equal(all.action[ACT_REJECT], 10);
	assert_int_equal(all.step[STATS_STEPS], 2);
	assert_int_equal(all.took_us, 14);
	assert_int_equal(said(&all, "red"), 5);
	assert_int_equal(said(&all, "blue"), 1);
	/* More words than there is room for are left out, and nothing else. */
	for (size_t round = 0; round < 2; round++) {
		memset(part, 0, sizeof part);
		for (size_t i = 0; i < STATS_RESULTS; i++) {
			snprintf(word, sizeof word, "w%zu", round * STATS_RESULTS + i);
			part[0].result[i] = (struct stats_result){ "many", "", 1 };
			memcpy(part[0].result[i].word, word, sizeof word);
		}
		stats_add(&all, &part[0]);
	}
	assert_int_equal(said(&all, "red"), 5);
	stats_add(&all, &part[1]);
	for (size_t i = 0; i < STATS_RESULTS; i++)
		assert_true(all.result[i].check[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
