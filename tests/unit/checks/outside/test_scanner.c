/*
 * Virus scanners asked about messages: what they get, what follows from what they say, and what
 * follows when they are dead, slow, garbled or lying. They stand on loopback.
 */
#include "unit/checks/memory_world.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

#include "checks/outside/scanner.h"
#include "lib/serve.h"
#include "unit/checks/outside/scanners.h"

#define MAIL_HEAD "From: a@sender.test\nSubject: x\n"
#define FILE_HEAD MAIL_HEAD "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
#define PART(type, text) "--b\nContent-Type: " type "\n\n" text "\n"
#define FILE_BODY(text) PART("text/plain", "hello") PART("application/x-thing", text) "--b--\n"
#define TREE "--b\nContent-Type: message/rfc822\n\nFrom: x@y.test\n\ninner\n--b--\n"

static const struct check *const checks[] = { &check_antivirus, NULL };

/* ---- the world ---- */

struct site {
	struct memory_world m;
	struct board *board;
	struct arena *a;
};

static void open_site(struct site *x, const char *conf)
{
	memory_open(&x->m, checks, conf);
	x->board = board_new();
	x->m.w.env.board = x->board;
	x->a = arena_new(0);
}

static void close_site(struct site *x)
{
	memory_close(&x->m);
	board_free(x->board);
	arena_free(x->a);
}

static const char *conf_of(struct arena *a, const struct serve *v, const char *more)
{
	if (v->port)
		return arena_printf(a, "antivirus { clamd = {\"inet:%u@127.0.0.1\"} %s }", v->port,
				    more)
			.p;
	return arena_printf(a, "antivirus { clamd = {\"unix:%s\"} %s }", v->path, more).p;
}

static struct scan *mail(struct site *x, const char *headers, const char *body)
{
	return memory_mail(&x->m, &(struct memory_mail){ .from = "a@sender.test",
							 .to = "b@home.test",
							 .headers = headers,
							 .body = body });
}

static const struct antivirus_facts *facts(const struct scan *s)
{
	return scan_result(s, &check_antivirus);
}

static bool holds(struct site *x, struct scan *s, const char *predicate)
{
	return memory_holds(&x->m, s, predicate, "");
}

static uint64_t counted(struct site *x, const char *name, enum board_count what)
{
	return board_count(board_cell(x->board, str_c(name)), what);
}

static uint64_t counted_at(struct site *x, const struct serve *v, enum board_count what)
{
	char name[100];

	if (v->port)
		snprintf(name, sizeof name, "clamd:inet:%u@127.0.0.1", v->port);
	else
		snprintf(name, sizeof name, "clamd:unix:%s", v->path);
	return counted(x, name, what);
}

static bool degraded(const struct scan *s, const char *name)
{
	for (size_t i = 0; i < s->verdict.edits.n; i++)
		if (str_eq(s->verdict.edits.p[i].name, STR("X-Merlon-Degraded")))
			return str_ifind(s->verdict.edits.p[i].value, str_c(name));
	return false;
}

/* ---- what follows from what they say ---- */

static const struct {
	const char *conf, *headers, *body;
	enum antivirus_word word;
	const char *name;
	enum action action;
} verdicts[] = {
	{ "", FILE_HEAD, FILE_BODY("fine"), ANTIVIRUS_CLEAN, "", ACT_ACCEPT },
	{ "", FILE_HEAD, FILE_BODY("EVIL:Win.A-1;"), ANTIVIRUS_MALWARE, "Win.A-1", ACT_REJECT },
	{ "action = quarantine", FILE_HEAD, FILE_BODY("EVIL:Win.A-1;"), ANTIVIRUS_MALWARE,
	  "Win.A-1", ACT_QUARANTINE },
	{ "action = score", FILE_HEAD, FILE_BODY("EVIL:Win.A-1;"), ANTIVIRUS_MALWARE, "Win.A-1",
	  ACT_ACCEPT },
	{ "", FILE_HEAD, FILE_BODY("EVIL:Heuristics.Phishing.Email.SpoofedDomain;"),
	  ANTIVIRUS_HEURISTIC, "Heuristics.Phishing.Email.SpoofedDomain", ACT_ACCEPT },
	{ "", FILE_HEAD, FILE_BODY("EVIL:PUA.Win.Tool;"), ANTIVIRUS_HEURISTIC, "PUA.Win.Tool",
	  ACT_ACCEPT },
	{ "", FILE_HEAD, FILE_BODY("EVIL:Sanesecurity.Phishing.Fake.1.UNOFFICIAL;"),
	  ANTIVIRUS_HEURISTIC, "Sanesecurity.Phishing.Fake.1.UNOFFICIAL", ACT_ACCEPT },
	{ "heuristics = {\"Win.*\"}", FILE_HEAD, FILE_BODY("EVIL:Win.A-1;"), ANTIVIRUS_HEURISTIC,
	  "Win.A-1", ACT_ACCEPT },
	{ "heuristics = {}", FILE_HEAD, FILE_BODY("EVIL:PUA.Win.Tool;"), ANTIVIRUS_MALWARE,
	  "PUA.Win.Tool", ACT_REJECT },
	/* what is worth it */
	{ "", MAIL_HEAD, "EVIL:Win.A-1;\n", ANTIVIRUS_NONE, "", ACT_ACCEPT },
	{ "scan = all", MAIL_HEAD, "EVIL:Win.A-1;\n", ANTIVIRUS_MALWARE, "Win.A-1", ACT_REJECT },
	{ "", MAIL_HEAD "Content-Type: text/html\n", "<p>EVIL:Win.A-1;</p>\n", ANTIVIRUS_MALWARE,
	  "Win.A-1", ACT_REJECT },
	{ "", MAIL_HEAD "Content-Type: text/plain; name=a.txt\n", "EVIL:Win.A-1;\n",
	  ANTIVIRUS_MALWARE, "Win.A-1", ACT_REJECT },
	{ "", MAIL_HEAD "Content-Disposition: attachment\n", "EVIL:Win.A-1;\n", ANTIVIRUS_MALWARE,
	  "Win.A-1", ACT_REJECT },
	{ "", MAIL_HEAD, "begin 644 a.bin\n$145625,\n`\nend\nEVIL:Win.A-1;\n", ANTIVIRUS_MALWARE,
	  "Win.A-1", ACT_REJECT },
	/* part by part: decoded, and one in another */
	{ "scan = files", FILE_HEAD,
	  "--b\nContent-Type: application/x-thing\nContent-Transfer-Encoding: base64\n\n"
	  "RVZJTDpXaW4uQi0xOw==\n--b--\n",
	  ANTIVIRUS_MALWARE, "Win.B-1", ACT_REJECT },
	{ "scan = files", FILE_HEAD,
	  "--b\nContent-Type: message/rfc822\n\nFrom: x@y.test\nContent-Type: text/html\n\n"
	  "<p>EVIL:Win.C-1;</p>\n--b--\n",
	  ANTIVIRUS_MALWARE, "Win.C-1", ACT_REJECT },
	{ "scan = files", FILE_HEAD,
	  PART("text/plain", "1") PART("text/plain", "2") PART("text/html", "3")
		  PART("text/html", "4") PART("text/html", "5") PART("text/html", "6")
			  PART("text/html", "EVIL:Win.D-1;") "--b--\n",
	  ANTIVIRUS_MALWARE, "Win.D-1", ACT_REJECT },
	{ "scan = files", FILE_HEAD, FILE_BODY("EVIL:PUA.x;") PART("x/y", "z"), ANTIVIRUS_HEURISTIC,
	  "PUA.x", ACT_ACCEPT },
	/* of two, the worse one */
	{ "scan = files", FILE_HEAD,
	  PART("text/html", "EVIL:PUA.x;") PART("text/html", "EVIL:Win.E-1;") "--b--\n",
	  ANTIVIRUS_MALWARE, "Win.E-1", ACT_REJECT },
};

static void judges(void **state)
{
	enum scanner_mood mode = HONEST;
	struct serve v = serve_unix(scanner_clamd, &mode);
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
		struct site x;
		struct scan *s;
		open_site(&x, conf_of(a, &v, verdicts[i].conf));
		s = mail(&x, verdicts[i].headers, verdicts[i].body);
		if (!facts(s) || facts(s)->word != verdicts[i].word ||
		    !str_eq(facts(s)->name, str_c(verdicts[i].name)) ||
		    s->verdict.action != verdicts[i].action)
			fail_msg("row %zu: %d %.*s, %s", i, facts(s) ? (int)facts(s)->word : -1,
				 STR_ARG(facts(s) ? facts(s)->name : STR("")),
				 action_word(s->verdict.action));
		assert_int_equal(holds(&x, s, "av_malware"), verdicts[i].word == ANTIVIRUS_MALWARE);
		assert_false(holds(&x, s, "av_failed"));
		assert_false(degraded(s, "clamd"));
		scan_free(s);
		close_site(&x);
	}
	serve_stop(&v);
	arena_free(a);
}

static void says_why(void **state)
{
	enum scanner_mood mode = HONEST;
	struct serve v = serve_tcp(scanner_clamd, &mode);
	struct arena *a = arena_new(0);
	struct site x;
	struct scan *s;

	(void)state;
	open_site(&x, conf_of(a, &v, ""));
	s = mail(&x, FILE_HEAD, FILE_BODY("EVIL:Win.A(%q)\" <b>;"));
	assert_int_equal(s->verdict.reply.code, 550);
	assert_true(str_eq(s->verdict.reply.enhanced, STR("5.7.1")));
	assert_true(
		str_eq(s->verdict.reply.text, STR("the message carries malware (Win.A__q____b_)")));
	assert_true(str_eq(s->verdict.reason, STR("virus")));
	assert_true(str_eq(memory_evidence_of(&x.m, s, "av_malware", ""), STR("Win.A(%q)\" <b>")));
	scan_free(s);
	close_site(&x);
	serve_stop(&v);
	arena_free(a);
}

static void sends_the_whole(void **state)
{
	enum scanner_mood mode = HONEST;
	struct serve v = serve_unix(scanner_clamd, &mode);
	struct arena *a = arena_new(0);
	struct site x;
	struct str got;

	(void)state;
	open_site(&x, conf_of(a, &v, ""));
	scan_free(mail(&x, "X-Odd: first\nReceived: from x by y\nDKIM-Signature: a=b\n" FILE_HEAD,
		       FILE_BODY("fine")));
	got = scanner_seen(a);
	assert_true(str_starts(got, STR("Return-Path: <>\r\nX-Odd: first\r\nFrom: ")));
	assert_true(str_ifind(got, STR("boundary=b\r\n\r\n--b\r\n")));
	assert_true(str_iends(got, STR("\r\nfine\r\n--b--\r\n")));
	assert_false(str_ifind(got, STR("Received:")));
	assert_false(str_ifind(got, STR("DKIM-Signature:")));
	close_site(&x);
	serve_stop(&v);
	arena_free(a);
}

/* ---- what is remembered ---- */

static void remembers(void **state)
{
	static const char *const confs[] = { "", "scan = files" };
	enum scanner_mood mode = HONEST;
	struct serve v = serve_unix(scanner_clamd, &mode);
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct site x;
		struct scan *s;
		uint64_t parts = i ? 2 : 1;
		open_site(&x, conf_of(a, &v, confs[i]));
		scan_free(mail(&x, FILE_HEAD, FILE_BODY("EVIL:Win.A-1;")));
		assert_int_equal(counted_at(&x, &v, BOARD_ASKED), parts);
		assert_int_equal(counted_at(&x, &v, BOARD_GOOD), parts);
		/* the same, come another way */
		s = mail(&x, "Received: from z\n" FILE_HEAD, FILE_BODY("EVIL:Win.A-1;"));
		assert_int_equal(s->verdict.action, ACT_REJECT);
		assert_int_equal(facts(s)->word, ANTIVIRUS_MALWARE);
		assert_true(str_eq(facts(s)->name, STR("Win.A-1")));
		scan_free(s);
		assert_int_equal(counted_at(&x, &v, BOARD_ASKED), parts);
		assert_int_equal(counted_at(&x, &v, BOARD_CACHED), parts);
		assert_int_equal(counted_at(&x, &v, BOARD_HITS), 2);
		/* after an hour it is asked again */
		memory_later(&x.m, 3600 * 1000 + 1);
		scan_free(mail(&x, FILE_HEAD, FILE_BODY("EVIL:Win.A-1;")));
		assert_int_equal(counted_at(&x, &v, BOARD_ASKED), 2 * parts);
		/* part by part, a file that comes again in another message */
		scan_free(mail(&x, FILE_HEAD "X-Other: y\n", FILE_BODY("EVIL:Win.A-1;")));
		assert_int_equal(counted_at(&x, &v, BOARD_ASKED), i ? 2 * parts : 3);
		close_site(&x);
	}
	serve_stop(&v);
	arena_free(a);
}

/* The digest of a whole message is that of its fields and of its body's digest: octets that the
 * sender can put into a harmless file before. */
static void keeps_files_apart(void **state)
{
	static const char many[] = PART("text/html", "1") PART("text/html", "2")
		PART("text/html", "3") PART("text/html", "4") PART("text/html", "5")
			PART("text/html", "6") PART("text/html", "EVIL:Win.F-1;") "--b--\n";
	enum scanner_mood mode = HONEST;
	struct serve v = serve_unix(scanner_clamd, &mode);
	struct arena *a = arena_new(0);
	struct buf fields = { .arena = a }, body = { .arena = a };
	unsigned char digest[32], coded[1024];
	struct site x;
	struct scan *s;

	(void)state;
	for (const char *p = FILE_HEAD "\n"; *p; p++)
		buf_addf(&fields, *p == '\n' ? "\r%c" : "%c", *p);
	for (const char *p = many; *p; p++)
		buf_addf(&body, *p == '\n' ? "\r%c" : "%c", *p);
	assert_true(EVP_Digest(body.p, body.n, digest, NULL, EVP_sha256(), NULL));
	buf_add(&fields, str_of((const char *)digest, sizeof digest));
	assert_true(fields.n < 512);
	EVP_EncodeBlock(coded, (const unsigned char *)fields.p, (int)fields.n);
	open_site(&x, conf_of(a, &v, "scan = files"));
	s = mail(&x, FILE_HEAD,
		 arena_printf(a,
			      "--b\nContent-Type: x/y\nContent-Transfer-Encoding: base64\n\n%s\n"
			      "--b--\n",
			      coded)
			 .p);
	assert_int_equal(facts(s)->word, ANTIVIRUS_CLEAN);
	scan_free(s);
	s = mail(&x, FILE_HEAD, many);
	assert_int_equal(facts(s)->word, ANTIVIRUS_MALWARE);
	assert_int_equal(s->verdict.action, ACT_REJECT);
	scan_free(s);
	close_site(&x);
	serve_stop(&v);
	arena_free(a);
}

static void forgets_when_told(void **state)
{
	enum scanner_mood mode = HONEST;
	struct serve v = serve_unix(scanner_clamd, &mode);
	struct arena *a = arena_new(0);
	struct site x;

	(void)state;
	open_site(&x, conf_of(a, &v, "cache = 0"));
	scan_free(mail(&x, FILE_HEAD, FILE_BODY("fine")));
	scan_free(mail(&x, FILE_HEAD, FILE_BODY("fine")));
	assert_int_equal(counted_at(&x, &v, BOARD_ASKED), 2);
	assert_int_equal(counted_at(&x, &v, BOARD_CACHED), 0);
	close_site(&x);
	serve_stop(&v);
	arena_free(a);
}

/* ---- faults ---- */

static const struct {
	enum scanner_mood mode;
	const char *why;
} faults[] = {
	{ CLOSING, "unreachable" }, { SILENT, "timeout" },  { GARBLED, "garbage" },
	{ HALF, "unreachable" },    { HUGE_, "too large" }, { LYING, "garbage" },
	{ DOUBLE, "garbage" },	    { ERROR, "garbage" },   { TOO_MUCH, "too large for it" },
};

static void bears_faults(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		enum scanner_mood mode = faults[i].mode;
		struct serve v = serve_unix(scanner_clamd, &mode);
		struct str why;
		struct site x;
		struct scan *s;
		open_site(&x, conf_of(a, &v, "timeout = 300ms"));
		s = mail(&x, FILE_HEAD, FILE_BODY("EVIL:Win.A-1;"));
		why = memory_evidence_of(&x.m, s, "av_failed", "");
		if (!facts(s) || facts(s)->word != ANTIVIRUS_FAILED ||
		    s->verdict.action != ACT_ACCEPT || !degraded(s, "clamd") ||
		    !str_iends(why, str_c(faults[i].why)))
			fail_msg("row %zu: %d, %s, %.*s", i, facts(s) ? (int)facts(s)->word : -1,
				 action_word(s->verdict.action), STR_ARG(why));
		assert_int_equal(counted_at(&x, &v, BOARD_ASKED), 1);
		assert_int_equal(counted_at(&x, &v, BOARD_FAILED), mode != TOO_MUCH);
		scan_free(s);
		close_site(&x);
		serve_stop(&v);
	}
	arena_free(a);
}

/* Nothing is remembered of what was not looked at; after five failures it is left alone. */
static void leaves_alone(void **state)
{
	enum scanner_mood mode = CLOSING;
	struct serve v = serve_unix(scanner_clamd, &mode);
	struct arena *a = arena_new(0);
	struct site x;

	(void)state;
	open_site(&x, conf_of(a, &v, ""));
	for (int i = 0; i < 8; i++) {
		struct scan *s = mail(&x, FILE_HEAD, FILE_BODY("EVIL:Win.A-1;"));
		assert_int_equal(facts(s)->word, ANTIVIRUS_FAILED);
		assert_int_equal(s->verdict.action, ACT_ACCEPT);
		scan_free(s);
	}
	assert_int_equal(counted_at(&x, &v, BOARD_FAILED), 5);
	assert_int_equal(counted_at(&x, &v, BOARD_OFF), 3);
	assert_int_equal(counted_at(&x, &v, BOARD_CACHED), 0);
	close_site(&x);
	serve_stop(&v);
	arena_free(a);
}

static void puts_off_when_told(void **state)
{
	struct arena *a = arena_new(0);
	struct serve v = { .port = serve_nobody() };
	struct site x;
	struct scan *s;

	(void)state;
	open_site(&x, conf_of(a, &v, "on_failure = tempfail"));
	s = mail(&x, FILE_HEAD, FILE_BODY("fine"));
	assert_int_equal(s->verdict.action, ACT_TEMPFAIL);
	assert_true(str_eq(s->verdict.reason, STR("antivirus")));
	scan_free(s);
	s = mail(&x, MAIL_HEAD, "plain\n");
	assert_int_equal(s->verdict.action, ACT_ACCEPT);
	scan_free(s);
	close_site(&x);
	arena_free(a);
}

static void asks_the_next(void **state)
{
	enum scanner_mood garbled = GARBLED, honest = HONEST;
	struct serve first = serve_unix(scanner_clamd, &garbled),
		     last = serve_tcp(scanner_clamd, &honest);
	struct arena *a = arena_new(0);
	struct site x;
	struct scan *s;

	(void)state;
	open_site(&x, arena_printf(a,
				   "antivirus { clamd = {\"inet:%u@127.0.0.1\", \"unix:%s\", "
				   "\"inet:%u@127.0.0.1\"} }",
				   serve_nobody(), first.path, last.port)
			      .p);
	s = mail(&x, FILE_HEAD, FILE_BODY("EVIL:Win.A-1;"));
	assert_int_equal(facts(s)->word, ANTIVIRUS_MALWARE);
	assert_int_equal(s->verdict.action, ACT_REJECT);
	assert_false(degraded(s, "clamd"));
	assert_int_equal(counted_at(&x, &first, BOARD_FAILED), 1);
	assert_int_equal(counted_at(&x, &last, BOARD_GOOD), 1);
	scan_free(s);
	close_site(&x);
	serve_stop(&first);
	serve_stop(&last);
	arena_free(a);
}

/* ---- ICAP, and both ---- */

static const struct {
	const char *body;
	enum antivirus_word word;
	const char *name;
	enum action action;
} icap_rows[] = {
	{ FILE_BODY("fine"), ANTIVIRUS_CLEAN, "", ACT_ACCEPT },
	{ FILE_BODY("EVIL:Win.A-1;"), ANTIVIRUS_MALWARE, "Win.A-1", ACT_REJECT },
	{ FILE_BODY("EVIL:nameless;"), ANTIVIRUS_HEURISTIC, "unknown", ACT_ACCEPT },
};

static void asks_icap(void **state)
{
	struct serve v = serve_tcp(scanner_icap, NULL);
	struct arena *a = arena_new(0);
	struct site x;
	char cell[64];

	(void)state;
	open_site(&x,
		  arena_printf(a, "antivirus { icap = {\"icap://127.0.0.1:%u/av\"} }", v.port).p);
	for (size_t i = 0; i < sizeof icap_rows / sizeof *icap_rows; i++) {
		struct scan *s = mail(&x, FILE_HEAD, icap_rows[i].body);
		assert_non_null(facts(s));
		assert_int_equal(facts(s)->word, icap_rows[i].word);
		assert_true(str_eq(facts(s)->name, str_c(icap_rows[i].name)));
		assert_int_equal(s->verdict.action, icap_rows[i].action);
		assert_int_equal(holds(&x, s, "av_blocked"), i == 2);
		assert_false(holds(&x, s, "av_heuristic"));
		scan_free(s);
	}
	snprintf(cell, sizeof cell, "icap:127.0.0.1:%u", v.port);
	assert_int_equal(counted(&x, cell, BOARD_GOOD), 3);
	scan_free(mail(&x, FILE_HEAD, icap_rows[2].body));
	assert_int_equal(counted(&x, cell, BOARD_ASKED), 3);
	close_site(&x);
	serve_stop(&v);
	arena_free(a);
}

/* One is dead: what the other says counts, and that one is missing is said. */
static void asks_both(void **state)
{
	struct serve v = serve_tcp(scanner_icap, NULL);
	struct arena *a = arena_new(0);
	struct site x;
	struct scan *s;

	(void)state;
	open_site(&x, arena_printf(a,
				   "antivirus { clamd = {\"inet:%u@127.0.0.1\"} icap = "
				   "{\"icap://127.0.0.1:%u/av\"} }",
				   serve_nobody(), v.port)
			      .p);
	s = mail(&x, FILE_HEAD, FILE_BODY("EVIL:Win.A-1;"));
	assert_int_equal(facts(s)->word, ANTIVIRUS_MALWARE);
	assert_int_equal(s->verdict.action, ACT_REJECT);
	assert_true(degraded(s, "clamd"));
	assert_false(degraded(s, "icap"));
	assert_true(holds(&x, s, "av_failed"));
	scan_free(s);
	s = mail(&x, FILE_HEAD, FILE_BODY("fine"));
	assert_int_equal(facts(s)->word, ANTIVIRUS_FAILED);
	scan_free(s);
	close_site(&x);
	serve_stop(&v);
	arena_free(a);
}

/* ---- size ---- */

#define MANY 70000

/* A message over the limit: its small parts alone, and that is said. */
static void leaves_out_what_is_large(void **state)
{
	enum scanner_mood mode = HONEST;
	struct serve v = serve_unix(scanner_clamd, &mode);
	struct arena *a = arena_new(0);
	char *filler = arena_alloc(a, MANY + 1);
	struct site x;
	struct scan *s;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		filler[i] = i % 70 == 69 ? '\n' : 'f';
	filler[MANY] = '\0';
	open_site(&x, conf_of(a, &v, "max_size = 64k"));
	s = mail(&x, FILE_HEAD,
		 arena_printf(a, "%s--b\nContent-Type: x/y\n\n%s\n--b--\n",
			      PART("x/y", "EVIL:Win.A-1;"), filler)
			 .p);
	assert_int_equal(facts(s)->word, ANTIVIRUS_MALWARE);
	assert_true(str_eq(memory_evidence_of(&x.m, s, "av_partly", ""), STR("size")));
	scan_free(s);
	s = mail(&x, FILE_HEAD,
		 arena_printf(a, "--b\nContent-Type: x/y\n\nEVIL:Win.A-1;%s\n--b--\n", filler).p);
	assert_int_equal(facts(s)->word, ANTIVIRUS_NONE);
	assert_true(holds(&x, s, "av_partly"));
	assert_int_equal(counted_at(&x, &v, BOARD_SKIPPED), 2);
	scan_free(s);
	close_site(&x);
	serve_stop(&v);
	arena_free(a);
}

/* ---- options ---- */

static const struct {
	const char *conf;
	bool good;
} options[] = {
	{ "antivirus { clamd = {\"unix:/a\", \"unix:/b\", \"unix:/c\", \"unix:/d\"} }", true },
	{ "antivirus { clamd = {\"unix:/a\", \"unix:/b\", \"unix:/c\", \"unix:/d\", \"unix:/e\"} }",
	  false },
	{ "antivirus { clamd = {\"unix:a\"} }", false },
	{ "antivirus { clamd = {\"/run/clamav/clamd.ctl\"} }", false },
	{ "antivirus { clamd = {\"inet:3310@clamav.example\"} }", false },
	{ "antivirus { icap = {\"icap://127.0.0.1/x\"} }", true },
	{ "antivirus { icap = {\"icap://scanner.example/x\"} }", false },
	{ "antivirus { scan = some }", false },
	{ "antivirus { timeout = 2m }", false },
	{ "antivirus { max_size = 1k }", false },
};

static void swallow(void *arg, const char *line)
{
	(void)line;
	(*(int *)arg)++;
}

static void checks_options(void **state)
{
	static const struct conf_opt *const tables[] = { scanner_options, NULL };
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		int faulty = 0;
		const void *config;
		struct err e;
		const struct conf *c = conf_load_text(a, "test.conf", str_c(options[i].conf),
						      tables, swallow, &faulty);
		bool good = c && scanner_setup(a, c, &config, &e) == 0;
		if (good != options[i].good)
			fail_msg("%s", options[i].conf);
	}
	arena_free(a);
}

/* Off unless configured: nobody is asked, nothing is published. */
static void is_off(void **state)
{
	struct site x;
	struct scan *s;

	(void)state;
	open_site(&x, "");
	s = mail(&x, FILE_HEAD, FILE_BODY("EVIL:Win.A-1;"));
	assert_null(facts(s));
	assert_false(holds(&x, s, "av_failed"));
	scan_free(s);
	close_site(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(says_why),
		cmocka_unit_test(sends_the_whole),
		cmocka_unit_test(remembers),
		cmocka_unit_test(keeps_files_apart),
		cmocka_unit_test(forgets_when_told),
		cmocka_unit_test(bears_faults),
		cmocka_unit_test(leaves_alone),
		cmocka_unit_test(puts_off_when_told),
		cmocka_unit_test(asks_the_next),
		cmocka_unit_test(asks_icap),
		cmocka_unit_test(asks_both),
		cmocka_unit_test(leaves_out_what_is_large),
		cmocka_unit_test(checks_options),
		cmocka_unit_test(is_off),
	};
	int fd = mkstemp(scanner_seen_path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(scanner_seen_path);
	return failed;
}
