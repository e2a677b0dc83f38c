/* Rules on messages: which hit, how often, and what is shown for it. */
#include "world.h"

#include "ruleset/judge.h"

#include <stdio.h>

#define MESSAGE                                                                                    \
	"From: \"A Friend\" <friend@one.example>\n"                                                \
	"To: user@site.example\n"                                                                  \
	"Subject: Cheap  things, cheap\n"                                                          \
	"Received: from a.example\n"                                                               \
	"Received: from b.example\n"                                                               \
	"Content-Type: text/plain\n"                                                               \
	"\n"                                                                                       \
	"Dear friend,\n"                                                                           \
	"buy now at http://shop.example.com/a?to=user@site.example\n"                              \
	"\n"                                                                                       \
	"Second paragraph, cheap cheap cheap.\n"

/* Name, "*N" if it counts more than once, and what is shown. */
static struct str hits(struct world *w, const char *message, bool evidence)
{
	struct buf out = { .arena = w->a };
	struct scan s;

	world_judge(w, &s, message);
	for (size_t i = 0; i < s.verdict.symbols.n; i++) {
		const struct symbol *y = &s.verdict.symbols.p[i];
		buf_addf(&out, "%s%.*s", i ? " " : "", STR_ARG(y->name));
		if (evidence)
			buf_addf(&out, " [%.*s]", STR_ARG(y->evidence));
	}
	for (size_t i = 0; i < s.verdict.subrules.n; i++)
		buf_addf(&out, "%s%.*s", out.n ? " " : "", STR_ARG(s.verdict.subrules.p[i]));
	return buf_str(&out);
}

static void test_headers(void **state)
{
	static const struct {
		const char *text, *hits;
	} row[] = {
		{ "header A Subject =~ /cheap/i\n", "A [header Subject: \"Cheap\"]" },
		{ "header A Subject =~ m{things}\n", "A [header Subject: \"things\"]" },
		{ "header A Subject =~ /dear/\n", "" },
		{ "header A Subject !~ /dear/\n", "A [header Subject: no match]" },
		{ "header A Subject !~ /Cheap/\n", "" },
		{ "header A From:addr =~ /^friend@one\\.example$/\n",
		  "A [header From:addr: \"friend@one.example\"]" },
		{ "header A From:name =~ /^A Friend$/\n", "A [header From:name: \"A Friend\"]" },
		{ "header A Received =~ /a\\.ex.*b\\.ex/s\n",
		  "A [header Received: \"a.example\\nfrom b.ex\"]" },
		{ "header A exists:From\nheader B exists:Sender\n", "A [header From: there]" },
		/* a field that is not there is an empty text */
		{ "header A Sender =~ /^$/\n", "A [header Sender: no match]" },
		{ "header A Sender !~ /x/\n", "A [header Sender: no match]" },
		{ "header A Sender =~ /x/ [if-unset: axe]\n", "A [header Sender: \"x\"]" },
		{ "header A Sender =~ /^UNSET$/ [if-unset: UNSET]\nheader B From =~ /^UNSET$/ "
		  "[if-unset: UNSET]\n",
		  "A [header Sender: \"UNSET\"]" },
		/* how often */
		{ "header __A Subject =~ /cheap/i\ntflags __A multiple\nmeta A __A == 2\n",
		  "A [] __A" },
		{ "header __A Subject =~ /cheap/i\nmeta A __A == 1\n", "A [] __A" },
		{ "header __A Subject =~ /[a-z]/\ntflags __A multiple maxhits=3\nmeta A __A == 3\n",
		  "A [] __A" },
		{ "header A Subject =~ /[a-z]/\ntflags A multiple maxhits=3\n",
		  "A [header Subject: \"h\" (3 times)]" },
		/* the later definition counts */
		{ "header A Subject =~ /cheap/i\nheader A Subject =~ /nothing/\n", "" },
		/* without score it is not run */
		{ "header A Subject =~ /cheap/i\nscore A 0\nmeta B !A\n", "B []" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		world_load(&w, row[i].text);
		if (!w.rules)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		assert_str(hits(&w, MESSAGE, true), row[i].hits);
		world_unload(&w);
	}
}

static void test_views(void **state)
{
	static const struct {
		const char *text, *hits;
	} row[] = {
		{ "body A /dear friend, buy/i\n", "A" },
		{ "body A /^Cheap  things/\n", "A" },
		{ "body A /^Cheap  things/\ntflags A nosubject\n", "" },
		{ "body __A /cheap/i\ntflags __A multiple\nmeta A __A == 5\n", "A __A" },
		{ "body __A /cheap/i\ntflags __A multiple nosubject\nmeta A __A == 3\n", "A __A" },
		{ "body __A /cheap/i\ntflags __A multiple maxhits=4\nmeta A __A == 4\n", "A __A" },
		{ "body A /friend,.*paragraph/s\n", "" },
		{ "rawbody A /friend,\\nbuy/\n", "A" },
		{ "full A /^From: .*paragraph/s\n", "A" },
		{ "uri A /shop\\.example/\nuri B /other/\n", "A" },
		{ "uri_detail A domain =~ /^example\\.com$/ type =~ /^parsed$/\n", "A" },
		{ "uri_detail A raw !~ /shop/\n", "" },
		{ "uri_detail A host =~ m,^shop, raw =~ /\\?to=/\n", "A" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		char text[512];
		snprintf(text, sizeof text, "util_rb_tld com\n%s", row[i].text);
		world_load(&w, text);
		if (!w.rules)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		assert_str(hits(&w, MESSAGE, false), row[i].hits);
		world_unload(&w);
	}
}

/* Of a message whose content is not looked at, nothing is said of it: not that it lacks anything.
 */
static void test_no_content(void **state)
{
	static const struct {
		const char *text, *with, *without;
	} row[] = {
		{ "header A Nothing !~ /x/\n", "A", "" },
		{ "header A exists:Subject\n", "A", "" },
		{ "header __A exists:Nothing\nmeta A !__A\n", "A", "" },
		{ "body __A /nothing/\nmeta __B !__A\nmeta A __B\n", "A __B", "" },
		{ "body __A eval:seen()\nmeta A !__A\n", "__A", "" },
		{ "header A eval:holds('yes')\n", "A", "A" },
		{ "header __A eval:holds('no')\nmeta A !__A\n", "A", "A" },
		{ "header __A eval:holds('yes')\nbody __B /nothing/\nmeta A __A && !__B\n", "A __A",
		  "__A" },
		/* the definition that counts is about something else */
		{ "body A eval:seen()\nheader A eval:holds('yes')\n", "A", "A" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		world_load(&w, row[i].text);
		if (!w.rules)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		assert_str(hits(&w, MESSAGE, false), row[i].with);
		assert_str(hits(&w, NULL, false), row[i].without);
		world_unload(&w);
	}
}

static void test_shown(void **state)
{
	static char rep[RULESET_MAX_SHOWN + 2];
	static const struct {
		struct str from, to;
	} row[] = {
		{ STR(""), STR("") },
		{ STR("a host, \xc3\xa9"), STR("a host, \xc3\xa9") },
		{ STR("\x1b[2J"), STR("\\x1b[2J") },
		{ STR("a\r\nb\tc\0d"), STR("a\\x0d\\x0ab\\x09c\\x00d") },
		{ STR("\x7f\xc2\x9b\xff"), STR("\\x7f\\xc2\\x9b\\xff") },
	};
	struct arena *a = arena_new(0);
	struct str got;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		got = judge_shown(a, row[i].from);
		assert_int_equal(got.n, row[i].to.n);
		assert_memory_equal(got.n ? got.p : "", row[i].to.p, got.n);
	}
	memset(rep, 'x', sizeof rep);
	assert_int_equal(judge_shown(a, str_of(rep, RULESET_MAX_SHOWN)).n, RULESET_MAX_SHOWN);
	assert_int_equal(judge_shown(a, str_of(rep, RULESET_MAX_SHOWN + 1)).n,
			 RULESET_MAX_SHOWN + 3);
	memcpy(rep + RULESET_MAX_SHOWN - 1, "\xc3\xa9", 2); /* not cut within */
	assert_int_equal(judge_shown(a, str_of(rep, RULESET_MAX_SHOWN + 1)).n,
			 RULESET_MAX_SHOWN + 2);
	arena_free(a);
}

static void test_captures(void **state)
{
	static const struct {
		const char *text, *hits;
	} row[] = {
		{ "header __T To:addr =~ /(?<USER>.*)/\nheader A ALL =~ /%{USER}/\n", "A __T" },
		{ "header A ALL =~ /%{USER}/\nheader __T To:addr =~ /(?<USER>.*)/\n", "A __T" },
		{ "header __T To:addr =~ /(?<USER>.*)/\nheader A From =~ /%{USER}/\n", "__T" },
		/* what is found is quoted */
		{ "header __T Subject =~ /(?<X>C.....)/\nheader A Subject =~ /^%{X}/\n", "A __T" },
		/* no value: neither =~ nor !~ */
		{ "header A Subject =~ /%{NOTHING}/\nheader B Subject !~ /%{NOTHING}/\n", "" },
		{ "header A Subject =~ /\\%{4}/\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		world_load(&w, row[i].text);
		if (!w.rules)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		assert_str(hits(&w, MESSAGE, false), row[i].hits);
		world_unload(&w);
	}
}

/* The expression that tags make: rule R of "rules" holds "expression". */
static void test_tags(void **state)
{
	static const struct {
		const char *text, *expression;
	} row[] = {
		{ "replace_tag A [aA]\nbody R /x<A>y/\n", "x[aA]y" },
		{ "replace_tag A [aA]\nbody R /<A><A>/\n", "[aA][aA]" },
		{ "replace_tag A [aA]\nbody R /<a><B>/\n", "<a><B>" },
		{ "replace_tag A [aA]\nreplace_inter W \\W?\nbody R /<inter W><A><A>x<A>/i\n",
		  "[aA]\\W?[aA]x[aA]" },
		/* without modifiers the expression begins with a tag, before which inter stands too
		 */
		{ "replace_tag A [aA]\nreplace_inter W \\W?\nbody R /<inter W><A><A>/\n",
		  "\\W?[aA]\\W?[aA]" },
		{ "replace_tag A [aA]\nreplace_post P {1,2}\nbody R /<post P><A>x<A>/\n",
		  "[aA]{1,2}x[aA]{1,2}" },
		{ "replace_tag A [aA]\nreplace_pre P \\b\nbody R /<pre P>x<A>/\n", "x\\b[aA]" },
		{ "replace_tag A [aA]\nreplace_tag B (?:<A>|b)\nbody R /<B>/\n", "(?:[aA]|b)" },
		{ "replace_tag A [aA]\nbody R /(?<!x)<A>/\n", "(?<!x)[aA]" },
		{ "replace_start {\nreplace_end }\nreplace_tag A a\nbody R /<A>/\n", "<A>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		char text[512];
		snprintf(text, sizeof text, "%sreplace_rules R\n", row[i].text);
		world_load(&w, text);
		if (!w.rules)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		assert_str(ruleset_rule(w.rules, STR("R"))->pattern_text, row[i].expression);
		world_unload(&w);
	}
}

/* Tests of patterns run when the rules are loaded. */
static void test_tests(void **state)
{
	static const struct {
		const char *text, *fault; /* NULL: all is well */
	} row[] = {
		{ "body A /x+y/\ntest A ok axxyb\ntest A fail xz\n", NULL },
		{ "body A /x+y/\ntest A ok xz\n", "test A: expected it to hit with \"xz\"" },
		{ "body A /x+y/\ntest A fail xy\n", "expected it to miss" },
		{ "header A Subject !~ /x/\ntest A ok y\ntest A fail x\n", NULL },
		{ "rawbody A /a\\nb\\tc\\\\/\ntest A ok a\\nb\\tc\\\\\n", NULL },
		{ "body A /^\\xc3\\xa4$/\ntest A ok \\xC3\\xa4\n", NULL },
		{ "body A /^\\\\q$/\ntest A ok \\q\n", NULL },
		{ "uri A /a|b/\ntest A ok a | b\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		world_load(&w, row[i].text);
		if (!w.rules != !!row[i].fault)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		if (row[i].fault && !strstr(arena_cstr(w.a, buf_str(&w.faults)), row[i].fault))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		world_unload(&w);
	}
}

static void test_cases(void **state)
{
	struct world w = { 0 };
	struct ruleset_case c;

	(void)state;
	world_load(&w,
		   "header A eval:holds('x')\n"
		   "test A ok ip=192.0.2.1 helo=h from=a@b rcpt=c@d rcpt=e@f tls=TLSv1.3 auth=u | "
		   "Subject: x\\nFrom: a@b\\n\\nbody\\x21\n"
		   "test A fail | Subject: y\n"
		   "body B /x/\ntest B ok x\n");
	assert_non_null(w.rules);
	assert_true(ruleset_case(w.rules, w.a, 0, &c));
	assert_true(c.ok);
	assert_str(c.rule, "A");
	assert_int_equal(c.client.family, 4);
	assert_str(c.helo, "h");
	assert_str(c.from, "a@b");
	assert_int_equal(c.nrcpt, 2);
	assert_str(c.rcpt[1], "e@f");
	assert_str(c.tls, "TLSv1.3");
	assert_str(c.auth_user, "u");
	assert_str(c.message, "Subject: x\r\nFrom: a@b\r\n\r\nbody!\r\n");
	assert_true(ruleset_case(w.rules, w.a, 1, &c));
	assert_false(c.ok);
	assert_false(c.from.p != NULL);
	assert_str(c.message, "Subject: y\r\n");
	assert_false(ruleset_case(w.rules, w.a, 2, &c));
	world_unload(&w);
}

/* The budget: what comes too late neither matches nor fails to, and the scan says so. */
static void test_budget(void **state)
{
	struct world w = { .options = "regex_budget = 10ms" };
	struct arena *a = arena_new(0);
	struct buf text = { .arena = a }, rules = { .arena = a };
	struct scan s;

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		buf_addf(&rules, "full R%u /(?:[a-w]{1,9}|x)+[0-9]{%u}[!?]/\n", i, i + 1);
	buf_add(&text, STR("Subject: x\n\n"));
	for (unsigned i = 0; i < 30000; i++)
		buf_add(&text, STR("aaaaaaaax"));
	world_load(&w, arena_cstr(a, buf_str(&rules)));
	assert_non_null(w.rules);
	world_judge(&w, &s, arena_cstr(a, buf_str(&text)));
	assert_true(s.flags & SCAN_F_PATTERNS);
	world_unload(&w);
	arena_free(a);
}

/* A message that has had its CPU time: neither patterns nor functions that read the content. */
static void test_over(void **state)
{
	static const char rules[] =
		"util_rb_tld com\nbody A /cheap/i\nheader B Subject !~ /nothing/\n"
		"header C eval:holds('yes')\nheader D eval:holds('yes')\n"
		"meta E !A && C\nuri_detail F raw =~ /shop/\n";
	struct world w = { 0 };

	(void)state;
	world_load(&w, rules);
	assert_non_null(w.rules);
	assert_false(ruleset_rule(w.rules, STR("D"))->content);
	ruleset_rule(w.rules, STR("D"))->content = true;
	assert_str(hits(&w, MESSAGE, false), "A B C D F");
	w.flags = SCAN_F_CPU;
	assert_str(hits(&w, MESSAGE, false), "C E");
	world_unload(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),	   cmocka_unit_test(test_views),
		cmocka_unit_test(test_captures),   cmocka_unit_test(test_tags),
		cmocka_unit_test(test_tests),	   cmocka_unit_test(test_cases),
		cmocka_unit_test(test_budget),	   cmocka_unit_test(test_over),
		cmocka_unit_test(test_no_content), cmocka_unit_test(test_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
