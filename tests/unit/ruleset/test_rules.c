/* Rule files: what they make of facts, and what is said of faulty ones. */
#include "world.h"

#include <stdio.h>

/* The names that hit, in order, with their scores. */
static struct str judged(struct world *w)
{
	struct buf out = { .arena = w->a };
	struct scan s;

	world_judge(w, &s, NULL);
	for (size_t i = 0; i < s.verdict.symbols.n; i++)
		buf_addf(&out, "%s%.*s=%g", i ? " " : "", STR_ARG(s.verdict.symbols.p[i].name),
			 s.verdict.symbols.p[i].score);
	return buf_str(&out);
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *text, *hits;
	} row[] = {
		{ "header A eval:holds('yes')\nscore A 2.5\n", "A=2.5" },
		{ "header A eval:holds('no')\n", "" },
		{ "header A eval:holds(yes)\n", "A=1" },
		{ "header A eval:holds(\"yes\", 3, 4.5)\n", "A=1" },
		{ "header A eval:over(11)\nheader B eval:over(9)\n", "A=1" },
		{ "header __A eval:holds('yes')\nmeta B __A\nscore B 3\n", "B=3" },
		{ "meta B A && !C\nheader A eval:holds('yes')\nheader C eval:over(1)\nscore B -1\n",
		  "A=1 B=-1" },
		{ "header T_A eval:holds('yes')\n", "T_A=0.01" },
		{ "header A eval:holds('yes')\nscore A 1 2 3 4\n", "A=2" },
		{ "meta A 1\nmeta B 1\npriority B -10\n", "B=1 A=1" },
		{ "# comment\n  \nmeta A 1 # more\ndescribe A has a \\# in it\n", "A=1" },
		{ "ifplugin fake\nmeta A 1\nelse\nmeta B 1\nendif\n", "A=1" },
		{ "ifplugin other\nmeta A 1\nelse\nmeta B 1\nendif\n", "B=1" },
		{ "if (version >= 4.0) && !plugin(other)\nmeta A 1\nendif\n", "A=1" },
		{ "if can(holds)\nmeta A 1\nif can(nothing)\nmeta B 1\nelse\nmeta C "
		  "1\nendif\nendif\n",
		  "A=1 C=1" },
		{ "if plugin(other)\nif plugin(fake)\nmeta A 1\nelse\nmeta B 1\nendif\nendif\n",
		  "" },
		{ "include more.inc\n", "INCLUDED=1" },
		{ "meta A 1\nlang de describe A Text\ntflags A nice\ngroup A other\n", "A=-1" },
		{ "meta A 1\nmeta A 0\n", "" },
		/* scores */
		{ "meta A 1\nscore A 2\nscore A (0.5)\nscore A (-1)\n", "A=1.5" },
		{ "meta A 1\nscore A 1 2 3 4\nscore A (1) (2) (3) (4)\n", "A=4" },
		{ "meta A 1\nscore A 0\n", "" },
		{ "meta A 1\nscore A 0\ntflags A info\n", "A=0" },
		{ "meta T_A 1\ntflags T_A nice\n", "T_A=-0.01" },
		/* a rule without score counts as 0; a meta over such a meta is not run at all */
		{ "header A eval:holds('yes')\nscore A 0\nmeta B !A\n", "B=1" },
		{ "meta A 1\nscore A 0\nmeta B !A\nmeta C !B\n", "" },
		{ "header A eval:holds('yes')\ntflags A learn\nmeta B 1\n", "B=1" },
		/* values as in Perl */
		{ "meta A 2\nmeta B 3\nmeta C (A && B) == 3\nmeta D (A || B) == 2\n",
		  "A=1 B=1 C=1 D=1" },
		{ "meta A 0 - 5\nmeta B A == 1\n", "A=1 B=1" },
		{ "meta A 1 / 0\nmeta B 5 ^ 4 == 4\n", "B=1" },
		{ "meta A ()\nmeta B !A\n", "B=1" },
		{ "meta A !NOWHERE\n", "A=1" },
		{ "meta X_A 1\nmeta X_B 1\nmeta Y_A 1\nmeta ALL rules_matching(X_*) == 2\n",
		  "X_A=1 X_B=1 Y_A=1 ALL=1" },
		{ "meta X_A 1\nmeta X_B rules_matching(X_?)\nmeta N rules_matching(Z*)\n",
		  "X_A=1 X_B=1" },
		/* words */
		{ "META A 1\nMeta B 1\n", "A=1 B=1" },
		{ "meta A 1#comment\nmeta B 1 # \\# x\n", "A=1 B=1" },
		{ "require_version 4.000001\nmeta A 1\n", "A=1" },
		{ "require_version @@VERSION@@\nmeta A 1\n", "A=1" },
		{ "require_version 3.004000\nif 1\nmeta A 1\n", "" },
		{ "if can(Mail::SpamAssassin::Conf::feature_bug6558_free)\nmeta A 1\nendif\n",
		  "A=1" },
		{ "if !can(Mail::SpamAssassin::Conf::feature_nothing)\nmeta A 1\nendif\n", "A=1" },
		{ "if has(Mail::SpamAssassin::Plugin::URIDetail::has_host_key)\nmeta A 1\nendif\n",
		  "A=1" },
		{ "ifplugin Mail::SpamAssassin::Plugin::ReplaceTags # {\nmeta A 1\nendif\n",
		  "A=1" },
		{ "ifplugin Mail::SpamAssassin::Plugin::TextCat\nmeta A 1\nendif\n", "" },
		{ "if (version >= 4.000001) && (version < 4.000002)\nmeta A 1\nendif\n", "A=1" },
		{ "if (perl_version >= 5.010000) && !local_tests_only\nmeta A 1\nendif\n", "A=1" },
		/* no content: patterns neither match nor fail to */
		{ "body A /x/\nheader B Subject !~ /x/\nheader C exists:From\nmeta D 1\n", "D=1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		world_load(&w, row[i].text);
		if (!w.rules)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		assert_str(judged(&w), row[i].hits);
		world_unload(&w);
	}
}

/* What is loaded, but not in full. */
static void test_notes(void **state)
{
	static const struct {
		const char *text, *note, *hits;
	} row[] = {
		{ "meta A 1\nnonsense x\n", "10_first.cf:2: unknown directive \"nonsense\"",
		  "A=1" },
		{ "meta A 1\nadd_header all X y\n", ":2: ignored: add_header: fields", "A=1" },
		{ "header A eval:nothing()\nmeta B !A\n",
		  "10_first.cf:1: header A: not loaded: no function nothing", "B=1" },
		{ "header A eval:nothing()\nmeta B !A\nmeta C B\n",
		  ":3: meta C: partial: it depends on B, which is partial", "B=1 C=1" },
		{ "full A eval:check_razor2()\n", "A: not loaded: the Razor service is not asked",
		  "" },
		{ "askdns A _SENDERDOMAIN_.x. A /^1/\n", "not loaded: no function askdns", "" },
		{ "rbl_timeout 5\nmeta B 1\n", "ignored: rbl_timeout: option", "B=1" },
		{ "body A /(/\nmeta B !A\n", "10_first.cf:1: body A: not loaded: ", "B=1" },
		{ "header A Subject:noise =~ /x/\n", "no such part of a field", "" },
		{ "meta A B\n", "10_first.cf:1: meta A: B is not defined: it counts as 0", "" },
		{ "score A 1\n", "A is scored, described or tested, but not defined", "" },
		{ "test A ok -\n", "test A: not run: the rule is not loaded", "" },
		{ "header A eval:holds('x')\ntest A ok -\n", "expected a message", "" },
		{ "require_version 3.0\nmeta A 1\n", "the rest of the file is left out", "" },
		{ "loadplugin Mail::SpamAssassin::Plugin::TxRep\n", "is not done here", "" },
		{ "bayes_stopword_xx a|b\n", "ignored: bayes_stopword_xx: statistics", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		world_load(&w, row[i].text);
		if (!w.rules)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		if (!strstr(arena_cstr(w.a, buf_str(&w.faults)), row[i].note))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		assert_true(ruleset_notes(w.rules) > 0);
		assert_str(judged(&w), row[i].hits);
		world_unload(&w);
	}
}

/* Each directive with what it leaves in the lists. */
static void test_lists(void **state)
{
	static const struct {
		const char *text, *list, *keys;
	} row[] = {
		{ "welcomelist_from *@A.example b@c.example\n", "welcomelist_from",
		  "*@a.example b@c.example" },
		{ "whitelist_from a@b\nunwelcomelist_from A@b\nwhitelist-from c@d\n",
		  "welcomelist_from", "c@d" },
		{ "welcomelist_from_rcvd a@b relay.example\n", "welcomelist_from_rcvd",
		  "a@b=relay.example" },
		{ "def_whitelist_from_dkim *@a b.example\ndef_whitelist_from_dkim *@c\n",
		  "def_welcomelist_from_dkim", "*@a=b.example *@c" },
		{ "def_welcomelist_auth a@b\nunwelcomelist_auth a@b\n", "def_welcomelist_auth",
		  "" },
		{ "enlist_uri_host (X) a.example !b.a.example\n", "uri_host:X",
		  "a.example !b.a.example" },
		{ "enlist_uri_host (X) a b\ndelist_uri_host (X) a\n", "uri_host:X", "b" },
		{ "blacklist_uri_host a.example\n", "uri_host:BLOCK", "a.example" },
		{ "enlist_addrlist (P) *@a *@b\n", "addrlist:P", "*@a *@b" },
		{ "util_rb_2tld a.b c.d\nclear_util_rb\nutil_rb_2tld e.f\n", "util_rb_2tld",
		  "e.f" },
		{ "blocklist_subject Buy * Now\n", "blocklist_subject", "buy * now" },
		{ "redirector_pattern /^A(.*)$/i\n", "redirector_pattern", "1=/^A(.*)$/i" },
		{ "adsp_override a.example custom_high\n", "adsp_override",
		  "a.example=custom_high" },
		{ "list names names.txt\n", "names",
		  "one.example=first two.example !not.one.example" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		struct str name = str_c(row[i].list), value;
		struct buf keys;
		world_load(&w, row[i].text);
		if (!w.rules)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		keys = (struct buf){ .arena = w.a };
		for (size_t k = 0; k < lists_count(w.rules->lists, name); k++) {
			struct str key = lists_key_at(w.rules->lists, name, k, &value);
			buf_addf(&keys, "%s%.*s%s%.*s", k ? " " : "", STR_ARG(key),
				 value.p ? "=" : "", STR_ARG(value));
		}
		assert_str(buf_str(&keys), row[i].keys);
		world_unload(&w);
	}
}

static void test_networks(void **state)
{
	static const struct {
		const char *written, *net; /* NULL: refused */
		bool not ;
	} row[] = {
		{ "192.0.2.1", "192.0.2.1/32", false },
		{ "192.0.2.0/24", "192.0.2.0/24", false },
		{ "!192.0.2.1", "192.0.2.1/32", true },
		{ "10.", "10.0.0.0/8", false },
		{ "192.168.", "192.168.0.0/16", false },
		{ "127/8", "127.0.0.0/8", false },
		{ "10/8", "10.0.0.0/8", false },
		{ "2001:db8::/32", "2001:db8::/32", false },
		{ "[2001:db8::1]", "2001:db8::1/128", false },
		{ "[2001:db8::]/64", "2001:db8::/64", false },
		{ "300.1", NULL, false },
		{ "1.2.3.4/33", NULL, false },
		{ "host.example", NULL, false },
		{ "!", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		char text[128], ip[IP_TEXT_MAX];
		snprintf(text, sizeof text,
			 "msa_networks 1.1.1.1\nclear_msa_networks\n"
			 "msa_networks %s\n",
			 row[i].written);
		world_load(&w, text);
		if (!w.rules != !row[i].net)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		if (w.rules) {
			const struct view_nets *n = &ruleset_judge(w.rules)->view->msa;
			assert_int_equal(n->n, 1);
			assert_int_equal(n->p[0].not, row[i].not );
			assert_str(arena_printf(w.a, "%s/%u", ip_format(&n->p[0].net.ip, ip),
						n->p[0].net.bits),
				   row[i].net);
		}
		world_unload(&w);
	}
}

static void test_score_sets(void **state)
{
	static const char *const hits[] = { "A=1 N=1", "A=2 N=1 NET=1", "A=3 N=1 B=1",
					    "A=4 N=1 NET=1 B=1" };

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct world w = { .local = i >= 4 };
		char options[32];
		snprintf(options, sizeof options, "score_set = %u", i & 3);
		w.options = options;
		world_load(&w, "meta A 1\nscore A 1 2 3 4\nheader N eval:holds('yes')\n"
			       "header NET eval:holds('yes')\ntflags NET net\n"
			       "header B eval:holds('yes')\ntflags B learn\n");
		assert_non_null(w.rules);
		assert_str(judged(&w), hits[w.local ? i & 2 : i]);
		world_unload(&w);
	}
}

static void test_faults(void **state)
{
	static const struct {
		const char *text, *fault;
	} row[] = {
		{ "header A eval:holds()\n", "expected 1" },
		{ "header A eval:over('x')\n", "expected a number" },
		{ "header A eval:over(1, 2)\n", "too many arguments" },
		{ "header A eval:holds('x\n", "expected eval:" },
		{ "header A eval:holds('x)\n", "expected text in quotes" },
		{ "header A =~ /x/\n", "expected FIELD =~" },
		{ "header A Subject =~ x\n", "header A:" },
		{ "header A Subject == /x/\n", "expected FIELD =~" },
		{ "header A exists:\n", "expected exists:FIELD" },
		{ "body A\n", "expected an expression in slashes" },
		{ "body A /x\n", "10_first.cf:1: body A:" },
		{ "uri_detail A raw == /x/\n", "uri_detail A: expected raw, type" },
		{ "uri_detail A nothing =~ /x/\n", "uri_detail A: expected raw, type" },
		{ "header A eval:holds 'x'\n", "expected eval:" },
		{ "meta A B\nmeta B A\n", "meta A depends on itself" },
		{ "meta A (1\n", "meta A: expected \")\"" },
		{ "meta A\n", "expected an expression" },
		{ "meta A 1\nscore A x\n", "10_first.cf:2: score A" },
		{ "meta A 1\nscore A 1 2\n", "expected 1 or 4 numbers" },
		{ "score A 0x10\n", "expected 1 or 4 numbers" },
		{ "meta 1A 1\n", "expected a rule name" },
		{ "meta A 1\npriority A much\n", "expected a whole number" },
		{ "meta A 1\ntest A maybe\n", "expected ok or fail" },
		{ "meta A 1\ntest A fail -\n", "expected it to miss" },
		{ "header __A eval:holds('x')\nmeta A __A\ntest A ok -\n", "expected it to hit" },
		{ "meta A 1\ntest A ok B\n", "no rule B" },
		{ "if (version\nendif\n", "10_first.cf:1: if:" },
		{ "if 1\nmeta A 1\n", "ends inside an if" },
		{ "endif\n", "endif without if" },
		{ "else\n", "else without if" },
		{ "if 1\nelse\nelse\nendif\n", "10_first.cf:3: else without if" },
		{ "include nothing.cf\n", "10_first.cf:1: include:" },
		{ "include 10_first.cf\n", "nested deeper" },
		{ "include 10_first.cf\ninclude 10_first.cf\n", "more than 1000 files" },
		{ "include /dev/null\n", "not a file" },
		{ "include\n", "expected a path" },
		{ "meta A 1\ndescribe A\n", "expected text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = { 0 };
		world_load(&w, row[i].text);
		if (w.rules)
			fail_msg("row %zu loaded: %s", i, row[i].text);
		if (!strstr(arena_cstr(w.a, buf_str(&w.faults)), row[i].fault))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&w.faults)));
		world_unload(&w);
	}
}

/* The rules that are shipped load, and every scored one is described. */
static void test_shipped(void **state)
{
	static const char *const words[] = { "describe", "score" };
	struct arena *a = arena_new(0);
	FILE *f = fopen(MERLON_SRCDIR "/rules/30_auth.cf", "r");
	char line[512];
	size_t rules = 0, seen[2] = { 0 };

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		struct str s = str_c(line);
		bool rule = str_starts(s, STR("header ")) || str_starts(s, STR("meta "));
		if (rule && str_find(s, STR(" __")) == SIZE_MAX)
			rules++;
		else if (rule && str_starts(s, STR("meta ")))
			rules++;
		for (size_t i = 0; i < 2; i++)
			seen[i] += str_starts(s, str_c(words[i]));
	}
	fclose(f);
	assert_true(rules > 30);
	assert_int_equal(seen[0], rules);
	assert_int_equal(seen[1], rules);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),   cmocka_unit_test(test_notes),
		cmocka_unit_test(test_lists),	   cmocka_unit_test(test_networks),
		cmocka_unit_test(test_score_sets), cmocka_unit_test(test_faults),
		cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
