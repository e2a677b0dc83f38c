/* Tests of the room's options: listeners, what is refused, what the engines get. */
#include "lib/test.h"

#include "milter/engine.h"

struct faults {
	char text[1024];
	size_t n;
};

static void note(void *arg, const char *line)
{
	struct faults *f = arg;

	snprintf(f->text, sizeof f->text, "%s", line);
	f->n++;
}

static const struct conf *load(struct arena *a, const char *text, struct faults *f)
{
	static const struct conf_opt *const tables[] = { milter_options, NULL };

	*f = (struct faults){ .n = 0 };
	return conf_load_text(a, "test.conf", str_c(text), tables, note, f);
}

static void test_default(void **state)
{
	struct arena *a = arena_new(0);
	struct faults f;
	const struct conf *c = load(a, "", &f);
	struct milter_listener *l;
	struct milter_config cfg;
	struct err e;
	size_t n;
	(void)state;

	assert_non_null(c);
	assert_int_equal(milter_listeners(a, c, &l, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_str(l->name, "default");
	assert_str(l->socket, "inet:8891@127.0.0.1");
	assert_str(l->profile, "inbound");
	assert_int_equal(l->fd, -1);
	milter_config_read(c, &cfg);
	/* LIMITS 1 and 5.12 */
	assert_false(cfg.libmilter);
	assert_int_equal(cfg.timeout_command, 60000);
	assert_int_equal(cfg.timeout_content, 300000);
	assert_int_equal(cfg.progress, 10000);
	assert_int_equal(cfg.max_sessions, 4000);
	assert_int_equal(cfg.max_scanning, 64);
	assert_int_equal(cfg.queue, 256);
	arena_free(a);
}

static void test_listeners(void **state)
{
	static const char text[] =
		"milter { timeout_command = 5s  queue = 0 }\n"
		"listen \"mx\" { socket = \"unix:/run/m/m.sock\"  mode = \"0666\"  group = "
		"\"mail\" }\n"
		"listen \"out\" { socket = \"inet6:8892@::1\"  profile = submission }\n"
		"listen \"again\" { socket = \"inet:8893@127.0.0.1\"  profile = reinjection }\n";
	struct arena *a = arena_new(0);
	struct faults f;
	const struct conf *c = load(a, text, &f);
	struct milter_listener *l;
	struct milter_config cfg;
	struct err e;
	size_t n;
	(void)state;

	assert_non_null(c);
	assert_int_equal(milter_listeners(a, c, &l, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_str(l[0].name, "mx");
	assert_str(l[0].group, "mail");
	assert_int_equal(l[0].mode, 0666);
	assert_string_equal(l[0].where, "test.conf:2");
	assert_str(l[1].profile, "submission");
	assert_int_equal(l[1].mode, 0660);
	assert_str(l[2].profile, "reinjection");
	milter_config_read(c, &cfg);
	assert_int_equal(cfg.timeout_command, 5000);
	assert_int_equal(cfg.queue, 0);
	arena_free(a);
}

/* Each is one fault of the file. */
static void test_refused(void **state)
{
	static const char *const t[] = {
		"milter { engine = other }",
		"milter { max_sessions = 0 }",
		"milter { max_sessions = 10001 }",
		"milter { timeout_command = 0 }",
		"milter { max_scanning = -1 }",
		"listen \"x\" { socket = \"127.0.0.1:8891\" }",
		"listen \"x\" { socket = \"inet:99999@127.0.0.1\" }",
		"listen \"x\" { socket = \"unix:relative\" }",
		"listen \"x\" { mode = \"0999\" }",
		"listen \"x\" { mode = \"4755\" }",
		"listen \"x\" { mode = \"rw\" }",
		"listen \"x\" { profile = outbound }",
	};
	struct arena *a = arena_new(0);
	struct faults f;
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_null(load(a, t[i], &f));
		assert_int_equal(f.n, 1);
		assert_true(str_starts(str_c(f.text), STR("test.conf:1: ")));
	}
	arena_free(a);
}

/* Sound options that do not go together. */
static void test_conflicts(void **state)
{
	static const struct {
		const char *text, *says;
	} t[] = {
		{ "milter { engine = libmilter }\nlisten \"a\" {}\n"
		  "listen \"b\" { socket = \"unix:/run/b\" }",
		  "one socket" },
		{ "listen \"a\" { socket = \"/run/a\" }\nlisten \"b\" { socket = \"/run/a\" }",
		  "twice" },
	};
	struct arena *a = arena_new(0);
	struct milter_listener *l;
	struct faults f;
	struct err e;
	size_t n;
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct conf *c = load(a, t[i].text, &f);

		assert_non_null(c);
		assert_int_equal(milter_listeners(a, c, &l, &n, &e), -1);
		assert_non_null(strstr(e.text, t[i].says));
		assert_true(str_starts(str_c(e.text), STR("test.conf:")));
	}
	arena_free(a);
}

static void test_single(void **state)
{
	struct arena *a = arena_new(0);
	struct faults f;
	const struct conf *c = load(a, "milter { engine = libmilter }", &f);
	struct milter_listener *l;
	struct err e;
	size_t n;
	(void)state;

	assert_true(milter_single_worker(c));
	assert_int_equal(milter_listeners(a, c, &l, &n, &e), 0);
	assert_int_equal(milter_bind(l, c, &e), 0);
	assert_int_equal(l->fd, -1); /* libmilter will */
	assert_false(milter_single_worker(load(a, "", &f)));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default), cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_single),
	};

	return cmocka_run_group_tests_name("milter/options", tests, NULL, NULL);
}
