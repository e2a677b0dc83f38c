/* Spam traps: which addresses are, what keeps them from counting, what becomes of the mail. */
#include "unit/checks/gates.h"

#include <stdio.h>
#include <unistd.h>

#define DAY 86400

/* ---- which addresses are ---- */

static char aged_path[] = "/tmp/merlon-aged-XXXXXX";

static void write_aged(const char *text)
{
	FILE *f = fopen(aged_path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static const struct conf *load(struct arena *a, const char *text, char *fault_text);

static void fault(void *arg, const char *line)
{
	snprintf(arg, 300, "%s", line);
}

static const struct conf *load(struct arena *a, const char *text, char *fault_text)
{
	static const struct conf_opt *const tables[] = { trap_options, NULL };

	return conf_load_text(a, "test.conf", str_c(text), tables, fault, fault_text);
}

#define LISTS                                                                                      \
	"trap { addresses = {\"Bait@Example.com\", \"tag+x@example.com\"} "                        \
	"patterns = {\"old.*@example.com\", \"?@one.test\"} "                                      \
	"domains = {\"trap.test\", \"b\xc3\xbc"                                                    \
	"cher.test\"} aged_file = \"%s\" }"

/* Now is 2023-11-14. */
static const struct {
	const char *address;
	enum trap_kind kind;
} rows[] = {
	{ "bait@example.com", TRAP_ADDRESS },
	{ "bait+news@example.com", TRAP_ADDRESS },
	{ "bait+@example.com", TRAP_ADDRESS },
	{ "tag+x@example.com", TRAP_ADDRESS },
	{ "tag@example.com", TRAP_NONE },
	{ "tag+y@example.com", TRAP_NONE },
	{ "abait@example.com", TRAP_NONE },
	{ "bait@sub.example.com", TRAP_NONE },
	{ "bait", TRAP_NONE },
	{ "", TRAP_NONE },
	{ "@", TRAP_NONE },
	{ "+@example.com", TRAP_NONE },
	{ "old.@example.com", TRAP_PATTERN },
	{ "old.john@example.com", TRAP_PATTERN },
	{ "oldjohn@example.com", TRAP_NONE },
	{ "x@one.test", TRAP_PATTERN },
	{ "xy@one.test", TRAP_NONE },
	{ "anything@trap.test", TRAP_DOMAIN },
	{ "anything@deep.trap.test", TRAP_DOMAIN },
	{ "anything@mousetrap.test", TRAP_NONE },
	{ "x@xn--bcher-kva.test", TRAP_DOMAIN },
	{ "gone@example.com", TRAP_AGED },
	{ "gone+x@example.com", TRAP_AGED },
	{ "long@example.com", TRAP_AGED },
	{ "just@example.com", TRAP_AGED },
	{ "almost@example.com", TRAP_NONE },
	{ "recent@example.com", TRAP_NONE },
};

static void knows_its_addresses(void **state)
{
	struct arena *a = arena_new(0);
	struct trap_list *l;
	char why[300] = "";
	struct err e;

	(void)state;
	write_aged("# who left\n\ngone@example.com\r\nLong@example.com , 2020-02-29\n"
		   "just@example.com,2023-05-15\nalmost@example.com,2023-05-16\n"
		   "recent@example.com,2023-11-01");
	assert_int_equal(
		trap_list_read(a, load(a, arena_printf(a, LISTS, aged_path).p, why), &l, &e), 0);
	for (int n = 300; n < 340; n++) {
		struct str long_one = arena_printf(a, "%0*d@trap.test", n - 10, 0);
		assert_int_equal(trap_list_find(l, long_one, 0),
				 n <= 320 ? TRAP_DOMAIN : TRAP_NONE);
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (trap_list_find(l, str_c(rows[i].address), 1700000000) != rows[i].kind)
			fail_msg("%s is no %s", rows[i].address, trap_kind_word(rows[i].kind));
	arena_free(a);
}

static void user_ages(void **state)
{
	struct arena *a = arena_new(0);
	char why[300] = "";
	struct trap_list *l;
	struct err e;

	(void)state;
	write_aged("a@example.com,1970-01-11\n");
	assert_int_equal(trap_list_read(a,
					load(a,
					     arena_printf(a,
							  "trap { aged_file = \"%s\" aged_after "
							  "= 10d }",
							  aged_path)
						     .p,
					     why),
					&l, &e),
			 0);
	assert_int_equal(trap_list_find(l, STR("a@example.com"), 20 * DAY - 1), TRAP_NONE);
	assert_int_equal(trap_list_find(l, STR("a@example.com"), 20 * DAY), TRAP_AGED);
	arena_free(a);
}

static const struct {
	const char *conf, *aged, *fault;
} refused[] = {
	{ "trap { addresses = {\"nobody\"} }", "", "expected an address" },
	{ "trap { addresses = {\"@example.com\"} }", "", "expected an address" },
	{ "trap { patterns = {\"*\"} }", "", "expected a pattern" },
	{ "trap { domains = {\"a b\"} }", "", "expected a domain" },
	{ "trap { action = tarpit }", "", "accept" },
	{ "trap { max_real = -1 }", "", "max_real" },
	{ "trap { aged_file = \"/nonexistent/aged\" }", "", "/nonexistent/aged" },
	{ "trap { aged_file = \"%s\" }", "a@example.com\nx\n", ":2: expected" },
	{ "trap { aged_file = \"%s\" }", "a@example.com,2023-13-01\n", ":1: expected" },
	{ "trap { aged_file = \"%s\" }", "a@example.com,2023-1-01\n", ":1: expected" },
	{ "trap { aged_file = \"%s\" }", "a@example.com,\n", ":1: expected" },
};

static void refuses_nonsense(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct arena *a = arena_new(0);
		bool with_path = strstr(refused[i].conf, "%s") != NULL;
		struct str text = str_c(refused[i].conf);
		const struct conf *c;
		struct trap_list *l;
		char why[300] = "";
		struct err e = { "" };
		if (with_path)
			text = arena_printf(a, "trap { aged_file = \"%s\" }", aged_path);
		write_aged(refused[i].aged);
		c = load(a, text.p, why);
		if (c && trap_list_read(a, c, &l, &e) == 0)
			fail_msg("%s is taken", refused[i].conf);
		if (!strstr(c ? e.text : why, refused[i].fault))
			fail_msg("%s: %s", refused[i].conf, c ? e.text : why);
		arena_free(a);
	}
}

/* ---- what becomes of the mail ---- */

#define TRAPS "trap { addresses = {\"bait@here.test\", \"lure@here.test\"} "

static const struct {
	const char *conf;
	struct post post;
	bool known; /* the author, by DMARC */
	enum action action;
	bool hit; /* and counts */
	unsigned dropped;
} fates[] = {
	{ TRAPS "}", { .rcpt = { "<b@here.test>" } }, false, ACT_ACCEPT, false, 0 },
	{ TRAPS "}", { .rcpt = { "<bait@here.test>" } }, false, ACT_DISCARD, true, 0 },
	{ TRAPS "}", { .rcpt = { "BAIT@HERE.test" } }, false, ACT_DISCARD, true, 0 },
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>", "<lure@here.test>" } },
	  false,
	  ACT_DISCARD,
	  true,
	  0 },
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>", "<b@here.test>" } },
	  false,
	  ACT_ACCEPT,
	  true,
	  1 },
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>", "<b@here.test>", "<lure@here.test>" } },
	  false,
	  ACT_ACCEPT,
	  true,
	  2 },
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>", "<b@here.test>", "<c@here.test>" } },
	  false,
	  ACT_ACCEPT,
	  false,
	  0 },
	{ TRAPS "max_real = 0 }",
	  { .rcpt = { "<bait@here.test>", "<b@here.test>" } },
	  false,
	  ACT_ACCEPT,
	  false,
	  0 },
	{ TRAPS "action = reject }",
	  { .rcpt = { "<bait@here.test>" } },
	  false,
	  ACT_REJECT,
	  true,
	  0 },
	{ TRAPS "action = tag }", { .rcpt = { "<bait@here.test>" } }, false, ACT_ACCEPT, true, 0 },
	{ TRAPS "action = tag }",
	  { .rcpt = { "<bait@here.test>", "<b@here.test>" } },
	  false,
	  ACT_ACCEPT,
	  true,
	  0 },
	/* what keeps it from counting */
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>" }, .from = "<>" },
	  false,
	  ACT_ACCEPT,
	  false,
	  0 },
	{ TRAPS "guard_bounces = no }",
	  { .rcpt = { "<bait@here.test>" }, .from = "<>" },
	  false,
	  ACT_DISCARD,
	  true,
	  0 },
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>" }, .user = "u@here.test" },
	  false,
	  ACT_ACCEPT,
	  false,
	  0 },
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>" }, .profile = "submission" },
	  false,
	  ACT_ACCEPT,
	  false,
	  0 },
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>" }, .ip = "10.1.2.3" },
	  false,
	  ACT_ACCEPT,
	  false,
	  0 },
	{ TRAPS "}", { .rcpt = { "<bait@here.test>" }, .ip = "::1" }, false, ACT_ACCEPT, false, 0 },
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>" }, .ip = "fd00::1" },
	  false,
	  ACT_ACCEPT,
	  false,
	  0 },
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>" }, .ip = "172.32.0.1" },
	  false,
	  ACT_DISCARD,
	  true,
	  0 },
	{ TRAPS "guard_local = no }",
	  { .rcpt = { "<bait@here.test>" }, .ip = "10.1.2.3" },
	  false,
	  ACT_DISCARD,
	  true,
	  0 },
	{ TRAPS "}", { .rcpt = { "<bait@here.test>" } }, true, ACT_ACCEPT, false, 0 },
	{ TRAPS "guard_known = no }",
	  { .rcpt = { "<bait@here.test>" } },
	  true,
	  ACT_DISCARD,
	  true,
	  0 },
	{ TRAPS "}",
	  { .rcpt = { "<bait@here.test>" }, .profile = "reinjection" },
	  false,
	  ACT_ACCEPT,
	  false,
	  0 },
	/* no addresses at all */
	{ TRAPS "}", { .rcpt = { "<bait @here.test>" } }, false, ACT_ACCEPT, false, 0 },
	{ TRAPS "}", { .rcpt = { "<bait>" } }, false, ACT_ACCEPT, false, 0 },
	{ TRAPS "}", { .rcpt = { "" } }, false, ACT_ACCEPT, false, 0 },
};

static unsigned dropped(const struct scan *s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->verdict.edits.n; i++)
		n += s->verdict.edits.p[i].op == EDIT_DEL_RCPT;
	return n;
}

static void makes_its_fate(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
		struct sender_facts sender = { .known = true, .genuine = true };
		struct dmarc_facts dmarc = { .r = { .code = AUTH_PASS,
						    .from_domain = STR("sender.test") } };
		struct gates g;
		struct scan *s;
		gates_open(&g, &check_trap, fates[i].conf);
		g.sender = fates[i].known ? &sender : NULL;
		g.dmarc = fates[i].known ? &dmarc : NULL;
		s = gates_message(&g, &fates[i].post);
		if (s->verdict.action != fates[i].action || dropped(s) != fates[i].dropped ||
		    gates_says(s, &check_trap, "trap_hit", "", 0) != fates[i].hit)
			fail_msg("row %zu: %s, %u dropped, hit %d", i,
				 action_word(s->verdict.action), dropped(s),
				 gates_says(s, &check_trap, "trap_hit", "", 0));
		scan_free(s);
		gates_close(&g);
	}
}

/* ---- what is learnt ---- */

static void teaches(void **state)
{
	static const uint32_t gram[] = { 1, 2, 3 };
	struct statistics_facts st = { .features = { .gram = gram, .ngram = 3 } };
	struct digest_facts digest = { .near = { .has_text = true, .words = 50 }, .pyzor = "abc" };
	struct post trapped = { .rcpt = { "<bait@here.test>" } }, other = { 0 };
	struct post bounce = { .rcpt = { "<bait@here.test>" }, .from = "<>" };
	struct store_op look = { .kind = STORE_ADD };
	struct str key[NEAR_KEYS_MAX];
	struct gates g;

	(void)state;
	gates_open(&g, &check_trap, TRAPS "}");
	g.statistics = &st;
	g.digest = &digest;
	for (unsigned i = 0; i < NEAR_BANDS; i++)
		digest.near.band[i] = 1000 + i;
	assert_int_equal(near_keys(g.w.a, &digest.near, key), NEAR_BANDS);
	gates_action(&g, &other);
	gates_action(&g, &bounce);
	assert_int_equal(g.learnt, 0);
	assert_int_equal(gates_records(&g, "near:"), 0);
	for (unsigned copies = 1; copies <= 2; copies++) {
		gates_action(&g, &trapped);
		assert_int_equal(g.learnt, copies);
		assert_int_equal(g.last.to, LEARN_SPAM);
		assert_int_equal(g.last.source, LEARN_TRAP);
		assert_int_equal(g.last.f.ngram, 3);
		assert_int_equal(g.last.near.band[7], 1007);
		assert_string_equal(g.last.pyzor, "abc");
		assert_int_equal(gates_records(&g, "near:"), NEAR_BANDS);
		look.key = key[0];
		assert_true(gates_ask(&g, &look).sum[NEAR_TRAP] == copies);
	}
	gates_close(&g);
}

/* A thousand variations from one network are not a thousand lessons. */
static void teaches_so_much(void **state)
{
	static const uint32_t gram[] = { 1, 2, 3 };
	static const struct {
		const char *ip;
		unsigned messages, learnt; /* since the beginning */
		int64_t seconds;	   /* later */
	} row[] = {
		{ "192.0.2.1", 19, 19, 0 },   { "192.0.2.7", 5, 20, 0 },
		{ "198.51.100.1", 2, 22, 0 }, { "2001:db8::1", 25, 42, 0 },
		{ "192.0.2.1", 1, 42, 3600 }, { "192.0.2.1", 1, 43, DAY },
	};
	struct statistics_facts st = { .features = { .gram = gram, .ngram = 3 } };
	struct gates g;

	(void)state;
	gates_open(&g, &check_trap, TRAPS "}");
	g.statistics = &st;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct post p = { .ip = row[i].ip, .rcpt = { "<bait@here.test>" } };
		gates_later(&g, row[i].seconds);
		for (unsigned k = 0; k < row[i].messages; k++)
			gates_action(&g, &p);
		if (g.learnt != row[i].learnt)
			fail_msg("row %zu: %u", i, g.learnt);
	}
	gates_close(&g);
}

static int make_file(void **state)
{
	int fd = mkstemp(aged_path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(aged_path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_addresses),
		cmocka_unit_test(user_ages),
		cmocka_unit_test(refuses_nonsense),
		cmocka_unit_test(makes_its_fate),
		cmocka_unit_test(teaches),
		cmocka_unit_test(teaches_so_much),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
