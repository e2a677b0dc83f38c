/* Signs of a taken-over account: a user with habits, and what is not among them. */
#include "unit/checks/memory_world.h"

#include "checks/memory/takeover.h"

static const struct check *const checks[] = { &check_sender, &check_takeover, NULL };

#define HOUR (INT64_C(3600) * 1000)
#define DAY (24 * HOUR)

/* joe writes to n people p0, p1, ... at domain, from that address. */
static struct scan *joe_writes(struct memory_world *m, const char *ip, const char *domain,
			       unsigned n)
{
	struct memory_mail mail = { .user = "Joe",
				    .ip = ip,
				    .from = "joe@here.test",
				    .headers = "From: joe@here.test\nMessage-ID: <1@here.test>\n" };
	struct buf to = { .arena = m->w.a };

	for (unsigned i = 0; i < n; i++)
		buf_addf(&to, "%sp%u@%s", i ? " " : "", i, domain);
	mail.to = arena_cstr(m->w.a, buf_str(&to));
	return memory_mail(m, &mail);
}

/* Twenty days of two messages a day to the same two people from one network. */
static void habits(struct memory_world *m)
{
	for (int i = 0; i < 40; i++) {
		scan_free(joe_writes(m, "192.0.2.1", "sender.test", 2));
		memory_later(m, DAY / 2);
	}
}

static void bounce(struct memory_world *m, const char *id, unsigned net)
{
	struct memory_mail mail = {
		.ip = arena_printf(m->w.a, "198.51.%u.1", net).p,
		.from = "",
		.to = "joe@here.test",
		.headers = "From: MAILER-DAEMON@x.test\nMIME-Version: 1.0\n"
			   "Content-Type: multipart/report; boundary=b\n",
	};

	mail.body = arena_printf(m->w.a,
				 "--b\n\nnot delivered\n--b\nContent-Type: message/rfc822\n\n"
				 "Message-ID: <%s>\n\ntext\n--b--\n",
				 id)
			    .p;
	scan_free(memory_mail(m, &mail));
}

static void test_habits_are_fine(void **state)
{
	static const struct {
		const char *predicate, *args;
	} row[] = {
		{ "takeover_new_networks", "1" },
		{ "takeover_novelty", "10 1" },
		{ "takeover_bounces", "1 1" },
		{ "takeover_burst", "1" },
	};
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	habits(&m);
	s = joe_writes(&m, "192.0.2.200", "sender.test", 2);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (memory_holds(&m, s, row[i].predicate, row[i].args))
			fail_msg("%s", row[i].predicate);
	scan_free(s);
	memory_close(&m);
}

static void test_networks(void **state)
{
	static const struct {
		const char *ip;
		int64_t later;
		bool one, three;
	} row[] = {
		{ "198.51.100.1", 0, true, false },	{ "198.51.100.2", 0, true, false },
		{ "192.0.2.1", 0, true, false }, /* at home, but elsewhere too */
		{ "203.0.113.1", HOUR, true, false },	{ "2001:db8:1::1", HOUR, true, true },
		{ "192.0.2.1", 2 * DAY, false, false }, { "203.0.113.7", 0, false, false },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	habits(&m);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct scan *s;
		memory_later(&m, row[i].later);
		s = joe_writes(&m, row[i].ip, "sender.test", 1);
		if (memory_holds(&m, s, "takeover_new_networks", "1") != row[i].one ||
		    memory_holds(&m, s, "takeover_new_networks", "3") != row[i].three)
			fail_msg("row %zu", i);
		scan_free(s);
	}
	memory_close(&m);
}

/* The first message of a user says nothing of networks. */
static void test_first_network(void **state)
{
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	s = joe_writes(&m, "198.51.100.1", "sender.test", 1);
	assert_false(memory_holds(&m, s, "takeover_new_networks", "1"));
	scan_free(s);
	memory_close(&m);
}

static void test_novelty(void **state)
{
	static const struct {
		bool settled;
		const char *domain;
		unsigned n;
		const char *args;
		bool holds;
	} row[] = {
		{ true, "victim.test", 20, "80 20", true },
		{ true, "victim.test", 10, "80 20", false },
		{ true, "sender.test", 2, "10 1", false },
		{ true, "here.test", 40, "10 1", false }, /* colleagues */
		{ false, "victim.test", 20, "80 20", false },
		{ false, "victim.test", 90, "80 20", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_world m;
		struct scan *s;
		memory_open(&m, checks, "cache { ttl = 0 }");
		if (row[i].settled)
			habits(&m);
		s = joe_writes(&m, NULL, row[i].domain, row[i].n);
		if (memory_holds(&m, s, "takeover_novelty", row[i].args) != row[i].holds)
			fail_msg("row %zu", i);
		scan_free(s);
		memory_close(&m);
	}
}

static void test_burst(void **state)
{
	static const struct {
		bool settled;
		unsigned n;
		const char *factor;
		bool holds;
	} row[] = {
		{ true, 60, "10", true },    { true, 12, "10", false }, /* too few to be one */
		{ true, 60, "2000", false }, { false, 60, "10", false }, { false, 95, "10", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_world m;
		struct scan *s;
		memory_open(&m, checks, "cache { ttl = 0 }");
		if (row[i].settled)
			habits(&m);
		s = joe_writes(&m, NULL, "sender.test", row[i].n);
		if (memory_holds(&m, s, "takeover_burst", row[i].factor) != row[i].holds)
			fail_msg("row %zu", i);
		scan_free(s);
		memory_close(&m);
	}
}

static void test_bounces(void **state)
{
	static const struct {
		const char *id;
		unsigned n;
		const char *args;
		bool holds, one_network;
	} row[] = {
		{ "1@here.test", 6, "20 5", true },
		{ "1@here.test", 6, "20 5", false,
		  true }, /* one who sends it back again and again */
		{ "1@here.test", 3, "20 5", false },
		{ "1@here.test", 6, "90 5", false },
		{ "9@here.test", 6, "20 5", false }, /* not of a message of his */
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_world m;
		struct scan *s;
		memory_open(&m, checks, "cache { ttl = 0 }");
		scan_free(joe_writes(&m, NULL, "victim.test", 15));
		for (unsigned k = 0; k < row[i].n; k++)
			bounce(&m, row[i].id, row[i].one_network ? 1 : k);
		s = joe_writes(&m, NULL, "victim.test", 1);
		if (memory_holds(&m, s, "takeover_bounces", row[i].args) != row[i].holds)
			fail_msg("row %zu", i);
		scan_free(s);
		memory_close(&m);
	}
}

/* What the operator wants to be done, only where the rule says so. */
static void test_action(void **state)
{
	static const struct {
		const char *conf, *symbols;
		enum action action;
		unsigned code;
	} row[] = {
		{ "", "senders/ACCOUNT_TAKEOVER=1", ACT_QUARANTINE, 0 },
		{ "takeover { action = tempfail }", "senders/ACCOUNT_TAKEOVER=1", ACT_TEMPFAIL,
		  451 },
		{ "takeover { action = reject }", "senders/ACCOUNT_TAKEOVER=1", ACT_REJECT, 550 },
		{ "takeover { action = accept }", "senders/ACCOUNT_TAKEOVER=1", ACT_ACCEPT, 0 },
		{ "takeover { action = reject }", "senders/TAKEOVER_BURST=1", ACT_ACCEPT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_world m;
		struct scan *s;
		memory_open(&m, checks, row[i].conf);
		m.symbols = row[i].symbols;
		s = joe_writes(&m, NULL, "sender.test", 1);
		assert_int_equal(s->verdict.action, row[i].action);
		assert_int_equal(s->verdict.reply.code, row[i].code);
		scan_free(s);
		memory_close(&m);
	}
}

/* An alert is told once an hour, and what is held does not become a habit. */
static void test_alert(void **state)
{
	struct memory_world m;
	const struct takeover_facts *f;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	habits(&m);
	m.symbols = "senders/ACCOUNT_TAKEOVER=1";
	scan_free(joe_writes(&m, "198.51.100.1", "victim.test", 50));
	s = joe_writes(&m, "198.51.100.1", "victim.test", 50);
	f = scan_result(s, &check_takeover);
	assert_true(f->told);
	assert_false(f->net_known);
	assert_true(f->sum[TAKEOVER_RCPTS_DAY] > 100);
	assert_true(takeover_usual(f) < 1);
	scan_free(s);
	memory_later(&m, HOUR + 1000);
	s = joe_writes(&m, "198.51.100.1", "victim.test", 1);
	f = scan_result(s, &check_takeover);
	assert_false(f->told);
	assert_true(s->priv->nstores <= 16);
	scan_free(s);
	memory_close(&m);
}

/* The memory of a process that cannot ask knows nobody, and must not call everybody new. */
static void test_store_away(void **state)
{
	static const struct {
		const char *predicate, *args;
	} row[] = {
		{ "takeover_new_networks", "1" }, { "takeover_novelty", "10 1" },
		{ "takeover_bounces", "1 1" },	  { "takeover_burst", "2" },
		{ "first_contact", "" },	  { "author_domain_new", "3" },
	};
	struct memory_mail stranger = { .from = "a@sender.test",
					.to = "joe@here.test",
					.headers = "From: a@sender.test\n" };
	struct memory_world m;
	struct store *away;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	habits(&m);
	away = store_remote(m.w.loop, "/nonexistent/store.sock", NULL);
	m.w.env.store = away;
	for (unsigned i = 0; i < 4; i++) {
		const char *ip = arena_printf(m.w.a, "198.51.%u.1", 100 + i).p;
		struct scan *s =
			i ? joe_writes(&m, ip, "victim.test", 95) : memory_mail(&m, &stranger);
		for (size_t k = 0; k < sizeof row / sizeof *row; k++)
			if (memory_holds(&m, s, row[k].predicate, row[k].args))
				fail_msg("message %u: %s", i, row[k].predicate);
		scan_free(s);
	}
	m.w.env.store = m.store;
	store_free(away);
	memory_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_habits_are_fine), cmocka_unit_test(test_networks),
		cmocka_unit_test(test_first_network),	cmocka_unit_test(test_novelty),
		cmocka_unit_test(test_burst),		cmocka_unit_test(test_bounces),
		cmocka_unit_test(test_action),		cmocka_unit_test(test_alert),
		cmocka_unit_test(test_store_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
