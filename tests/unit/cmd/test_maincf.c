/* main.cf as text: what is read, what is changed, and that nothing else is. */
#include "lib/test.h"

#include "base/arena.h"
#include "cmd/maincf.h"

static const struct {
	const char *text, *value; /* of "p"; NULL: not set */
} gets[] = {
	{ "", NULL },
	{ "q = 1\n", NULL },
	{ "p = 1\n", "1" },
	{ "p=1", "1" },
	{ "p =\n", "" },
	{ "p = a = b\n", "a = b" },
	{ "#p = 1\n", NULL },
	{ " p = 1\n", NULL },
	{ "pp = 1\n", NULL },
	{ "p = 1\np = 2\n", "2" },
	{ "p = 1,\n  2\n\t3\nq = 4\n", "1, 2 3" },
	{ "p = 1,\n# no\n  2\n", "1, 2" },
	{ "p = 1,\n  # no\n  2\n", "1, 2" },
	{ "p = 1,\n\n  2\n", "1, 2" },
	{ "p = 1,\n \t \n  2\n", "1, 2" },
	{ "p = 1\n# no\nq = 2\n  3\n", "1" },
	{ "p =\n  1", "1" },
	{ "p = 1\r\n", "1" },
};

static void reads(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof gets / sizeof *gets; i++) {
		struct str v = maincf_get(a, str_c(gets[i].text), STR("p"));
		assert_int_equal(v.p == NULL, gets[i].value == NULL);
		if (gets[i].value)
			assert_str(v, gets[i].value);
	}
	arena_free(a);
}

static const struct {
	const char *before, *after; /* p set to "x" */
} sets[] = {
	{ "", "p = x\n" },
	{ "q = 1\n", "q = 1\np = x\n" },
	{ "q = 1", "q = 1\np = x\n" },
	{ "p = 1\nq = 2\n", "p = x\nq = 2\n" },
	{ "p=x\n", "p=x\n" },
	{ "p = x", "p = x" },
	{ "p = 1\nq = 2\np = 3\n", "p = 1\nq = 2\np = x\n" },
	{ "p = 1,\n  2\nq = 3\n", "p = x\nq = 3\n" },
	{ "p = 1,\n# why\n\n  2\n# next\nq = 3\n", "p = x\n# why\n\n# next\nq = 3\n" },
	{ "#p = 1\n", "#p = 1\np = x\n" },
	{ "# a\n\np = 1\n\n# b\nq = 2\n  3\n", "# a\n\np = x\n\n# b\nq = 2\n  3\n" },
};

static void changes_one_parameter(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		assert_str(maincf_set(a, str_c(sets[i].before), STR("p"), STR("x")), sets[i].after);
	arena_free(a);
}

static const struct {
	const char *socket, *queue, *postfix;
} sockets[] = {
	{ "inet:8891@127.0.0.1", "/q", "inet:127.0.0.1:8891" },
	{ "inet6:8891@::1", "/q", "inet:[::1]:8891" },
	{ "unix:/run/merlon/m.sock", "/var/spool/postfix", "unix:/run/merlon/m.sock" },
	{ "unix:/var/spool/postfix/merlon/m.sock", "/var/spool/postfix", "unix:merlon/m.sock" },
	{ "unix:/var/spool/postfix/merlon/m.sock", "/var/spool/postfix/", "unix:merlon/m.sock" },
	{ "unix:/var/spool/postfix2/m.sock", "/var/spool/postfix",
	  "unix:/var/spool/postfix2/m.sock" },
	{ "unix:/var/spool/postfix", "/var/spool/postfix", "unix:/var/spool/postfix" },
};

static void writes_sockets_for_postfix(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
		assert_str(maincf_socket(a, str_c(sockets[i].socket), str_c(sockets[i].queue)),
			   sockets[i].postfix);
	arena_free(a);
}

#define OURS "inet:127.0.0.1:8891"
static const struct {
	const char *before, *after; /* lists of milters; "" means none */
} lists[] = {
	{ "", OURS },
	{ OURS, OURS },
	{ "unix:other", "unix:other, " OURS },
	{ "unix:other, " OURS, "unix:other, " OURS },
	{ "unix:other " OURS " unix:third", "unix:other " OURS " unix:third" },
	{ "{ " OURS ", default_action=accept }", "{ " OURS ", default_action=accept }" },
	{ "{" OURS "}", "{" OURS "}" },
	{ OURS "2", OURS "2, " OURS },
	{ "$more", "$more, " OURS },
	{ "$", "$, " OURS },
};

static void adds_itself_once(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		assert_str(maincf_with(a, str_c(lists[i].before), str_c(OURS)), lists[i].after);
	arena_free(a);
}

static const struct {
	const char *before, *after;
} files[] = {
	{ "", "smtpd_milters = " OURS "\nmilter_default_action = tempfail\n" },
	{ "myhostname = mx.example",
	  "myhostname = mx.example\nsmtpd_milters = " OURS "\nmilter_default_action = tempfail\n" },
	{ "smtpd_milters = unix:dkim\nnon_smtpd_milters = $smtpd_milters\n"
	  "milter_default_action = accept\n",
	  "smtpd_milters = unix:dkim, " OURS "\nnon_smtpd_milters = unix:dkim\n"
	  "milter_default_action = accept\n" },
	{ "non_smtpd_milters = ${smtpd_milters}\n",
	  "non_smtpd_milters = \nsmtpd_milters = " OURS "\nmilter_default_action = tempfail\n" },
	{ "non_smtpd_milters = $(smtpd_milters)\nsmtpd_milters = " OURS "\n",
	  "non_smtpd_milters = $(smtpd_milters)\nsmtpd_milters = " OURS
	  "\nmilter_default_action = tempfail\n" },
	{ "non_smtpd_milters = unix:sign, $smtpd_milters_more\nmilter_default_action = tempfail\n",
	  "non_smtpd_milters = unix:sign, $smtpd_milters_more\nmilter_default_action = tempfail\n"
	  "smtpd_milters = " OURS "\n" },
	{ "smtpd_milters = a\nsmtpd_milters =\n  b,\n# kept\n  c\n",
	  "smtpd_milters = a\nsmtpd_milters = b, c, " OURS "\n# kept\n"
	  "milter_default_action = tempfail\n" },
};

static void attaches_and_is_idempotent(void **state)
{
	struct arena *a = arena_new(0);
	const struct str ours = STR("inet:8891@127.0.0.1");

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct str once = maincf_attach(a, str_c(files[i].before), ours);
		assert_str(once, files[i].after);
		assert_str(maincf_attach(a, once, ours), files[i].after);
	}
	assert_str(maincf_get(a,
			      maincf_attach(a, STR("queue_directory = /q\n"), STR("unix:/q/m/s")),
			      STR("smtpd_milters")),
		   "unix:m/s");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(changes_one_parameter),
		cmocka_unit_test(writes_sockets_for_postfix),
		cmocka_unit_test(adds_itself_once),
		cmocka_unit_test(attaches_and_is_idempotent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
