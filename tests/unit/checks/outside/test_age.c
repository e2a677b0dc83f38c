/* Since when domains are known here: fresh ones, and a store that is fresh itself. */
#include "unit/checks/memory_world.h"

#include "checks/outside/age.h"

static const struct check *const checks[] = { &check_sender, &check_age, NULL };

#define DAY (INT64_C(86400) * 1000)
#define CONF "cache { ttl = 0 } memory { local_domains = {here.test} }"

static struct scan *mail_of(struct memory_world *m, const char *from, const char *body)
{
	struct memory_mail mail = {
		.from = arena_printf(m->w.a, "a@%s", from).p,
		.to = "joe@here.test",
		.headers = arena_printf(m->w.a, "From: a@%s\n", from).p,
		.body = body,
	};

	return memory_mail(m, &mail);
}

static void send_it(struct memory_world *m, const char *from, const char *body)
{
	scan_free(mail_of(m, from, body));
}

static void expect(struct memory_world *m, struct scan *s, const char *args, const char *evidence)
{
	bool holds = memory_holds(m, s, "domain_age", args);

	if (holds != (evidence != NULL))
		fail_msg("%s: %s", args, holds ? "holds" : "does not hold");
	if (evidence)
		assert_str(memory_evidence_of(m, s, "domain_age", args), evidence);
}

/* A fresh installation knows nobody, and calls nobody new. */
static void test_fresh_store(void **state)
{
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, CONF);
	for (int day = 0; day < 8; day++) {
		s = mail_of(&m, arena_printf(m.w.a, "d%d.test", day).p, NULL);
		expect(&m, s, "from 7", NULL);
		scan_free(s);
		memory_later(&m, DAY);
	}
	send_it(&m, "old.test", NULL);
	s = mail_of(&m, "new.test", NULL);
	expect(&m, s, "from 7", "new.test: never seen");
	scan_free(s);
	memory_close(&m);
}

static void test_ages(void **state)
{
	static const struct {
		int64_t later; /* since the row before */
		const char *args, *evidence;
	} row[] = {
		{ 0, "from 0", "x.test: first seen 0 days ago" },
		{ DAY, "from 0", NULL },
		{ 0, "from 1", "x.test: first seen 1 days ago" },
		{ 0, "envelope 1", "x.test: first seen 1 days ago" },
		{ 0, "links 1", NULL },
		{ 6 * DAY, "from 7", "x.test: first seen 7 days ago" },
		{ DAY - 1, "from 7", "x.test: first seen 7 days ago" },
		{ 1, "from 7", NULL },
		{ 0, "from 30", "x.test: first seen 8 days ago" },
		{ 0, "from 120", NULL }, /* longer than anything is known */
		{ 100 * DAY, "from 30", NULL },
		/* not seen for so long that it is forgotten: new again */
		{ 130 * DAY, "from 7", "x.test: never seen" },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, CONF);
	send_it(&m, "first.test", NULL);
	memory_later(&m, 40 * DAY);
	send_it(&m, "x.test", NULL);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct scan *s;
		memory_later(&m, row[i].later);
		s = mail_of(&m, "x.test", NULL);
		expect(&m, s, row[i].args, row[i].evidence);
		scan_free(s);
	}
	memory_close(&m);
}

/* Spam is remembered like anything else; links and senders are of one memory. */
static void test_links(void **state)
{
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, CONF);
	send_it(&m, "first.test", "http://www.linked.test/\n");
	memory_later(&m, 20 * DAY);
	m.symbols = "x/SPAM=99";
	send_it(&m, "spam.test", NULL);
	m.symbols = "";
	memory_later(&m, 10 * DAY);
	s = mail_of(&m, "linked.test", "http://spam.test/ http://here.test/ http://192.0.2.9/\n");
	expect(&m, s, "from 14", NULL);
	expect(&m, s, "links 14", "spam.test: first seen 10 days ago");
	expect(&m, s, "links 9", NULL);
	scan_free(s);
	memory_close(&m);
}

/* One round trip of few questions, and nothing is written twice a day. */
static void test_limits(void **state)
{
	static const struct check *const alone[] = { &check_age, NULL };
	const struct age_facts *f;
	struct memory_world m;
	struct buf body;
	struct scan *s;

	(void)state;
	memory_open(&m, alone, "cache { ttl = 0 }");
	body = (struct buf){ .arena = m.w.a };
	for (int i = 0; i < 90; i++)
		buf_addf(&body, "http://d%d.test/ http://e.d%d.test/\n", i, i);
	buf_addc(&body, '\0');
	s = mail_of(&m, "x.test", body.p);
	f = scan_result(s, &check_age);
	assert_int_equal(f->n, AGE_NAMES);
	assert_int_equal(s->priv->nstores, AGE_NAMES); /* from and envelope are one, and since */
	scan_free(s);
	memory_later(&m, DAY / 2);
	s = mail_of(&m, "x.test", body.p);
	f = scan_result(s, &check_age);
	for (size_t i = 0; i < f->n; i++)
		assert_true(f->name[i].today);
	scan_free(s);
	memory_close(&m);
}

/* Who cannot ask calls nobody new. */
static void test_store_away(void **state)
{
	struct memory_world m;
	struct store *away;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, CONF);
	send_it(&m, "first.test", NULL);
	memory_later(&m, 40 * DAY);
	away = store_remote(m.w.loop, "/nonexistent/store.sock", NULL);
	m.w.env.store = away;
	s = mail_of(&m, "x.test", "http://y.test/\n");
	expect(&m, s, "from,envelope,links 7", NULL);
	scan_free(s);
	m.w.env.store = m.store;
	store_free(away);
	memory_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fresh_store), cmocka_unit_test(test_ages),
		cmocka_unit_test(test_links),	    cmocka_unit_test(test_limits),
		cmocka_unit_test(test_store_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
