/* The content of a scan: who gets it, when, and that it is whole when the judge asks. */
#include "unit/scan/world.h"

static const struct check *const none[] = { NULL };

static void judge_run(const struct judge *j, struct scan *s)
{
	(void)j;
	assert_non_null(s->content);
	assert_non_null(s->view);
	assert_int_equal(content_urls(s->content)->n, 1);
	assert_str(content_urls(s->content)->p[0].host, "www.example.com");
}

static void nobody_asked(const struct judge *j, struct scan *s)
{
	(void)j;
	assert_null(s->content);
	assert_null(s->view);
}

static const struct {
	const char *profile;
	unsigned flags;
	bool judge, poison, content;
} rows[] = {
	{ "inbound", 0, true, false, true },
	{ "submission", 0, true, false, true },
	{ "inbound", SCAN_F_AUTH_ONLY, true, false, false },
	{ "inbound", 0, true, true, false },
	{ "inbound", 0, false, false, false },
	{ "reinjection", 0, true, false, false },
};

static void test_who(void **state)
{
	static const struct judge reads = { .run = judge_run }, idle = { .run = nobody_asked };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct scan_client client = { .profile = str_c(rows[i].profile) };
		struct world w;
		struct scan *s;
		world_open(&w, none, "", "");
		w.poison = rows[i].poison;
		w.setup->judge = !rows[i].judge ? NULL : rows[i].content ? &reads : &idle;
		s = scan_new(&w.env, &client, rows[i].flags);
		assert_non_null(s->lists);
		world_headers(s, "From: a@example.com\nSubject: x\n");
		scan_eoh(s);
		assert_int_equal(s->content != NULL, rows[i].content);
		assert_int_equal(s->view != NULL, rows[i].content);
		scan_body(s, STR("see https://www.exam"));
		scan_body(s, STR("ple.com/\r\n"));
		scan_eom(s, world_done, &w);
		if (!w.done)
			world_wait(&w);
		assert_int_equal(w.done, 1);
		scan_free(s);
		world_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_who) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
