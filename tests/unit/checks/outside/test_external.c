/*
 * Checks of the site: what they are told, what may come back, what follows, and what follows when
 * nothing useful comes back. They stand on loopback.
 */
#include "unit/checks/memory_world.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "checks/outside/external.h"
#include "lib/serve.h"

#define S(text)                                                                                    \
	{                                                                                          \
		text, sizeof text - 1                                                              \
	}
#define MAIL_HEAD                                                                                  \
	"From: \"An Author\" <a@sender.test>\nSubject: =?utf-8?q?h=C3=A9?=\nMessage-ID: <1@x>\n"
#define N48 "ABCDEFGHIJ_0123456789ABCDEFGHIJ_0123456789ABCDEF"
#define E200                                                                                       \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"8901234567890123456789012345678901234567890123456789012345678901234567890123456789012345" \
	"678901234567890123456789"
#define SYMBOL(n) "{\"name\":\"S" #n "\"}"
#define SIXTEEN                                                                                                       \
	SYMBOL(1)                                                                                                     \
	"," SYMBOL(2) "," SYMBOL(3) "," SYMBOL(4) "," SYMBOL(5) "," SYMBOL(6) "," SYMBOL(7) "," SYMBOL(8) "," SYMBOL( \
		9) "," SYMBOL(10) "," SYMBOL(11) "," SYMBOL(12) "," SYMBOL(13) "," SYMBOL(14) "," SYMBOL(15) "," SYMBOL(16)

static const struct check *const checks[] = { &check_external, NULL };

/* ---- what may come back ---- */

static const struct {
	struct str line;
	const char *want; /* NULL: refused */
} rows[] = {
	{ S("{\"symbols\":[]}\n"), "0.00" },
	{ S("{\"symbols\":[],\"score\":-2.5}\n"), "-2.50" },
	{ S("{ \"score\" : 3 , \"symbols\" : [ ] }\r\n"), "3.00" },
	{ S("{\"symbols\":[{\"name\":\"A_1\"}]}\n"), "0.00 A_1=1.00()" },
	{ S("{\"symbols\":[{\"name\":\"A\",\"value\":0,\"evidence\":\"x (y)\"},"
	    "{\"evidence\":\"\",\"name\":\"B\",\"value\":1e2}]}\n"),
	  "0.00 A=0.00(x (y)) B=100.00()" },
	{ S("{\"symbols\":[{\"name\":\"" N48 "\",\"evidence\":\"" E200 "\"}]}\n"),
	  "0.00 " N48 "=1.00(" E200 ")" },
	{ S("{\"symbols\":[" SIXTEEN "]}\n"),
	  "0.00 S1=1.00() S2=1.00() S3=1.00() S4=1.00() S5=1.00() S6=1.00() S7=1.00() S8=1.00() "
	  "S9=1.00() S10=1.00() S11=1.00() S12=1.00() S13=1.00() S14=1.00() S15=1.00() "
	  "S16=1.00()" },
	/* not one line, not JSON */
	{ S(""), NULL },
	{ S("\n"), NULL },
	{ S(" {\"symbols\":[]}\n"), NULL },
	{ S("{\"symbols\":[]}"), NULL },
	{ S("{\"symbols\":[]}\n\n"), NULL },
	{ S("{\"symbols\":\n[]}\n"), NULL },
	{ S("{\"symbols\":[]}{}\n"), NULL },
	{ S("{\"symbols\":[]\0}\n"), NULL },
	{ S("{'symbols':[]}\n"), NULL },
	{ S("not json\n"), NULL },
	/* another form */
	{ S("[]\n"), NULL },
	{ S("{}\n"), NULL },
	{ S("{\"score\":1}\n"), NULL },
	{ S("{\"symbols\":{}}\n"), NULL },
	{ S("{\"symbols\":null}\n"), NULL },
	{ S("{\"symbols\":[],\"action\":\"reject\"}\n"), NULL },
	{ S("{\"symbols\":[],\"symbols\":[]}\n"), NULL },
	{ S("{\"symbols\":[],\"score\":null}\n"), NULL },
	{ S("{\"symbols\":[],\"score\":\"5\"}\n"), NULL },
	{ S("{\"symbols\":[],\"score\":true}\n"), NULL },
	{ S("{\"symbols\":[],\"score\":NaN}\n"), NULL },
	{ S("{\"symbols\":[],\"score\":1e999}\n"), NULL },
	{ S("{\"symbols\":[\"A\"]}\n"), NULL },
	{ S("{\"symbols\":[[]]}\n"), NULL },
	{ S("{\"symbols\":[{}]}\n"), NULL },
	{ S("{\"symbols\":[{\"value\":1}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A\",\"score\":1}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A\",\"value\":\"1\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A\",\"value\":-1e999}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A\",\"evidence\":7}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A\"},{\"name\":\"A\"}]}\n"), NULL },
	{ S("{\"symbols\":[" SIXTEEN ",{\"name\":\"S17\"}]}\n"), NULL },
	/* names and evidence */
	{ S("{\"symbols\":[{\"name\":\"\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"a\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A B\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A-B\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"\xc3\x84\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A\\u0000\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"" N48 "G\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A\",\"evidence\":\"x\\ny\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A\",\"evidence\":\"\xc3\xa4\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A\",\"evidence\":\"\xff\"}]}\n"), NULL },
	{ S("{\"symbols\":[{\"name\":\"A\",\"evidence\":\"" E200 "x\"}]}\n"), NULL },
};

static const char *shown(struct arena *a, const struct external_reply *r)
{
	struct buf b = { .arena = a };

	buf_addf(&b, "%.2f", r->score);
	for (size_t i = 0; i < r->n; i++)
		buf_addf(&b, " %.*s=%.2f(%.*s)", STR_ARG(r->symbol[i].name), r->symbol[i].value,
			 STR_ARG(r->symbol[i].evidence));
	return arena_cstr(a, buf_str(&b));
}

/* Whatever of it has come. */
static void check_split(struct str line)
{
	for (size_t n = 0; n < line.n && line.p[0] == '{' && line.p[n] != '\n'; n++)
		assert_int_equal(external_whole(str_sub(line, 0, n)), 0);
}

static void reads(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct external_reply r;
		const char *why = NULL;
		bool good = external_reply_read(a, rows[i].line, &r, &why);
		if (good != (rows[i].want != NULL) || (!good && !why))
			fail_msg("%.*s", STR_ARG(rows[i].line));
		if (good)
			assert_string_equal(shown(a, &r), rows[i].want);
		assert_int_equal(external_whole(rows[i].line) == 1, good);
		check_split(rows[i].line);
	}
	arena_free(a);
}

static void does_not_wait_without_end(void **state)
{
	char *text = malloc(EXTERNAL_REPLY_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', EXTERNAL_REPLY_MAX + 1);
	text[0] = '{';
	assert_int_equal(external_whole(str_of(text, EXTERNAL_REPLY_MAX - 1)), 0);
	assert_int_equal(external_whole(str_of(text, EXTERNAL_REPLY_MAX)), -1);
	assert_int_equal(external_whole(STR("x")), -1);
	/* deep nesting is refused, and does no harm */
	memset(text, '[', EXTERNAL_REPLY_MAX);
	memcpy(text, "{\"symbols\":", 11);
	text[EXTERNAL_REPLY_MAX - 1] = '\n';
	assert_int_equal(external_whole(str_of(text, EXTERNAL_REPLY_MAX)), -1);
	free(text);
}

/* ---- the world ---- */

enum mode { SAYS, CLOSES, SILENT, HALF, HUGE_ };

struct site {
	struct memory_world m;
	struct board *board;
	struct arena *a;
	struct serve v;
	enum mode mode;
	const char *reply;
};

/* What it was told goes to a file, for the test to look at. */
static char told_path[] = "/tmp/merlon-external-XXXXXX";

static void keep(const char *text, size_t n)
{
	FILE *f = fopen(told_path, "w");

	if (!f || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		_exit(1);
}

static struct str told(struct arena *a)
{
	char *text = arena_alloc(a, 1 << 20);
	FILE *f = fopen(told_path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, 1 << 20, f);
	fclose(f);
	return str_of(text, n);
}

/* Everything that has come when nothing more does for a while. */
static size_t listen_long(int fd, char *text, size_t cap)
{
	size_t n = serve_read(fd, text, cap, "\n");
	struct timeval wait = { .tv_usec = 100000 };
	ssize_t more;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	while ((more = read(fd, text + n, cap - n)) > 0)
		n += (size_t)more;
	return n;
}

static void speak(int fd, unsigned n, void *arg)
{
	static char text[1 << 20], block[4096];
	const struct site *x = arg;

	(void)n;
	if (x->mode == CLOSES)
		return;
	keep(text, listen_long(fd, text, sizeof text));
	if (x->mode == SILENT)
		pause();
	if (x->mode == HALF)
		serve_say(fd, "{\"symbols\":[");
	memset(block, '{', sizeof block);
	for (int i = 0; x->mode == HUGE_ && i < 100000; i++)
		serve_write(fd, block, sizeof block);
	if (x->mode == SAYS)
		serve_say(fd, x->reply);
}

static void open_site(struct site *x, enum mode mode, const char *reply, const char *more)
{
	*x = (struct site){ .mode = mode, .reply = reply, .a = arena_new(0) };
	x->v = serve_unix(speak, x);
	memory_open(&x->m, checks,
		    arena_printf(x->a,
				 "external \"one\" { socket = \"unix:%s\" timeout = 900ms %s }",
				 x->v.path, more)
			    .p);
	x->board = board_new();
	x->m.w.env.board = x->board;
}

static void close_site(struct site *x)
{
	serve_stop(&x->v);
	memory_close(&x->m);
	board_free(x->board);
	arena_free(x->a);
}

static struct scan *mail(struct site *x)
{
	return memory_mail(&x->m,
			   &(struct memory_mail){
				   .from = "a@sender.test",
				   .to = "b@home.test c@home.test",
				   .headers = MAIL_HEAD
				   "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n",
				   .body = "--b\n\nhello\n--b\nContent-Type: application/x-thing; "
					   "name=\"plan.pdf\"\n\n%PDF-1.4 not really\n--b--\n" });
}

static bool holds(struct site *x, struct scan *s, const char *predicate, const char *args)
{
	return memory_holds(&x->m, s, predicate, args);
}

/* ---- what it is told ---- */

static const char *text_at(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "(none)";
}

static void check_facts(const json_t *o)
{
	const json_t *file = json_array_get(json_object_get(o, "files"), 0),
		     *auth = json_object_get(o, "auth"), *rcpt = json_object_get(o, "rcpt");

	assert_int_equal(json_integer_value(json_object_get(o, "version")), 1);
	assert_string_equal(text_at(o, "check"), "one");
	assert_string_equal(text_at(o, "ip"), "192.0.2.1");
	assert_string_equal(text_at(o, "host"), "client.test");
	assert_string_equal(text_at(o, "helo"), "client.test");
	assert_string_equal(text_at(o, "profile"), "inbound");
	assert_true(json_is_null(json_object_get(o, "auth_user")));
	assert_true(json_is_null(json_object_get(o, "queue_id")));
	assert_string_equal(text_at(o, "mail_from"), "a@sender.test");
	assert_int_equal(json_array_size(rcpt), 2);
	assert_string_equal(json_string_value(json_array_get(rcpt, 1)), "c@home.test");
	assert_int_equal(json_integer_value(json_object_get(o, "rcpts")), 2);
	assert_string_equal(text_at(auth, "spf"), "pass");
	assert_string_equal(text_at(auth, "dmarc"), "pass");
	assert_string_equal(text_at(auth, "dkim"), "none");
	assert_string_equal(text_at(o, "from"), "a@sender.test");
	assert_string_equal(text_at(o, "from_name"), "An Author");
	assert_string_equal(text_at(o, "from_domain"), "sender.test");
	assert_string_equal(text_at(o, "subject"), "h\xc3\xa9");
	assert_string_equal(text_at(o, "message_id"), "<1@x>");
	assert_string_equal(text_at(file, "name"), "plan.pdf");
	assert_string_equal(text_at(file, "type"), "application/pdf");
	assert_int_equal(json_integer_value(json_object_get(file, "octets")), 19);
	assert_int_equal(strlen(text_at(file, "sha256")), 64);
}

static void tells(void **state)
{
	static const char *const send[] = { "features", "headers", "message" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct site x;
		struct str rest, line;
		json_t *o;
		char more[40];
		snprintf(more, sizeof more, "send = %s", send[i]);
		open_site(&x, SAYS, "{\"symbols\":[]}\n", more);
		scan_free(mail(&x));
		rest = told(x.a);
		line = str_cut(&rest, '\n');
		o = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(o);
		check_facts(o);
		assert_int_equal(json_object_get(o, "headers") != NULL, i == 1);
		assert_int_equal(json_object_get(o, "message_octets") != NULL, i == 2);
		if (i == 1)
			assert_int_equal(json_array_size(json_object_get(o, "headers")), 5);
		if (i == 2) {
			assert_int_equal(rest.n,
					 json_integer_value(json_object_get(o, "message_octets")));
			assert_true(str_starts(rest, STR("From: \"An Author\"")));
			assert_true(str_ifind(rest, STR("boundary=b\r\n\r\n--b\r\n\r\nhello")));
			assert_true(str_iends(rest, STR("really\r\n--b--\r\n")));
		} else {
			assert_int_equal(rest.n, 0);
		}
		json_decref(o);
		close_site(&x);
	}
}

/* Of more files than are described the first ones are. */
static void tells_of_some_files(void **state)
{
	struct site x;
	struct str line;
	struct buf body;
	json_t *o;

	(void)state;
	open_site(&x, SAYS, "{\"symbols\":[]}\n", "");
	body = (struct buf){ .arena = x.a };
	for (unsigned i = 0; i < EXTERNAL_FILES_MAX + 5; i++)
		buf_addf(&body, "--b\nContent-Type: x/y; name=\"%u.bin\"\n\n%u\n", i, i);
	buf_add(&body, STR("--b--\n"));
	scan_free(memory_mail(&x.m,
			      &(struct memory_mail){ .from = "a@sender.test",
						     .to = "b@home.test",
						     .headers = MAIL_HEAD
						     "MIME-Version: 1.0\n"
						     "Content-Type: multipart/mixed; boundary=b\n",
						     .body = arena_cstr(x.a, buf_str(&body)) }));
	line = told(x.a);
	o = json_loadb(line.p, line.n, 0, NULL);
	assert_non_null(o);
	assert_int_equal(json_array_size(json_object_get(o, "files")), EXTERNAL_FILES_MAX);
	json_decref(o);
	close_site(&x);
}

/* ---- what follows ---- */

static void names(void **state)
{
	struct site x;
	struct scan *s;

	(void)state;
	open_site(&x, SAYS,
		  "{\"symbols\":[{\"name\":\"LEAKED\",\"evidence\":\"plan.pdf\"},"
		  "{\"name\":\"OTHER\",\"value\":99}],\"score\":-80}\n",
		  "min = -2 max = 3");
	s = mail(&x);
	assert_true(str_eq(memory_evidence_of(&x.m, s, "external", "one LEAKED"),
			   STR("one: LEAKED=1.00 (plan.pdf)")));
	assert_true(str_eq(memory_evidence_of(&x.m, s, "external", "* *"),
			   STR("one: LEAKED=1.00 (plan.pdf), one: OTHER=3.00")));
	assert_true(holds(&x, s, "external", "o* OTHER"));
	assert_false(holds(&x, s, "external", "two LEAKED"));
	assert_false(holds(&x, s, "external", "one ABSENT"));
	assert_true(holds(&x, s, "external", "one OTHER 3"));
	assert_false(holds(&x, s, "external", "one OTHER 3.5"));
	assert_true(holds(&x, s, "external_score", "-2 -1"));
	assert_false(holds(&x, s, "external_score", "-1 0"));
	assert_false(holds(&x, s, "external_failed", "*"));
	assert_int_equal(board_count(board_cell(x.board, STR("external:one")), BOARD_GOOD), 1);
	assert_int_equal(board_count(board_cell(x.board, STR("external:one")), BOARD_HITS), 1);
	scan_free(s);
	close_site(&x);
}

static const struct {
	enum mode mode;
	const char *reply, *why;
} faults[] = {
	{ CLOSES, NULL, "one: unreachable" },
	{ SILENT, NULL, "one: timeout" },
	{ HALF, NULL, "one: unreachable" },
	{ HUGE_, NULL, "one: garbage" },
	{ SAYS, "OK\n", "one: garbage" },
	{ SAYS, "{\"symbols\":[{\"name\":\"A\"},{\"name\":\"bad\"}],\"score\":5}\n",
	  "one: garbage" },
};

static void bears_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct site x;
		struct scan *s;
		open_site(&x, faults[i].mode, faults[i].reply, "");
		s = mail(&x);
		assert_int_equal(s->verdict.action, ACT_ACCEPT);
		if (!str_eq(memory_evidence_of(&x.m, s, "external_failed", "*"),
			    str_c(faults[i].why)))
			fail_msg("row %zu", i);
		assert_false(holds(&x, s, "external", "* *"));
		assert_false(holds(&x, s, "external_score", "-100 100"));
		assert_true(str_eq(s->verdict.edits.p[0].value, STR("external:one")));
		assert_int_equal(
			board_count(board_cell(x.board, STR("external:one")), BOARD_FAILED), 1);
		scan_free(s);
		close_site(&x);
	}
}

/* ---- options ---- */

static const struct {
	const char *conf;
	bool good;
} options[] = {
	{ "external \"a\" { socket = \"unix:/a\" }", true },
	{ "external \"a\" { socket = \"inet:1@127.0.0.1\" send = message min = -1 max = 100 }",
	  true },
	{ "external \"a\" { send = message }", false },
	{ "external \"a\" { socket = \"/a\" }", false },
	{ "external \"a\" { socket = \"unix:/a\" min = 1 }", false },
	{ "external \"a\" { socket = \"unix:/a\" max = -1 }", false },
	{ "external \"a\" { socket = \"unix:/a\" timeout = 1m }", false },
	{ "external \"a\" { socket = \"unix:/a\" send = all }", false },
	{ "external \"a\" { socket = \"unix:/a\" } external \"b\" { socket = \"unix:/a\" } "
	  "external \"c\" { socket = \"unix:/a\" } external \"d\" { socket = \"unix:/a\" }",
	  true },
	{ "external \"a\" { socket = \"unix:/a\" } external \"b\" { socket = \"unix:/a\" } "
	  "external \"c\" { socket = \"unix:/a\" } external \"d\" { socket = \"unix:/a\" } "
	  "external \"e\" { socket = \"unix:/a\" }",
	  false },
};

static void swallow(void *arg, const char *line)
{
	(void)line;
	(*(int *)arg)++;
}

static void checks_options(void **state)
{
	const struct conf_opt *tables[] = { check_external.options, NULL };
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		int faulty = 0;
		const void *config;
		struct err e;
		const struct conf *c = conf_load_text(a, "test.conf", str_c(options[i].conf),
						      tables, swallow, &faulty);
		bool good = c && check_external.setup(a, c, &config, &e) == 0;
		if (good != options[i].good)
			fail_msg("%s", options[i].conf);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),	  cmocka_unit_test(does_not_wait_without_end),
		cmocka_unit_test(tells),	  cmocka_unit_test(tells_of_some_files),
		cmocka_unit_test(names),	  cmocka_unit_test(bears_faults),
		cmocka_unit_test(checks_options),
	};
	int fd = mkstemp(told_path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(told_path);
	return failed;
}
