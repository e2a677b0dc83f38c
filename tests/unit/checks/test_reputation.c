/* Reputation: how marks become a score, who gets them, and on what evidence. */
#include <math.h>

#include "unit/checks/memory_world.h"

#include "checks/memory/reputation.h"

static const struct check *const checks[] = { &check_sender, &check_reputation, NULL };

#define DAY (INT64_C(86400) * 1000)
#define CONF "cache { ttl = 0 } dmarc { reject = accept }"

/* ---- arithmetic ---- */

static void test_rate(void **state)
{
	static const struct {
		enum reputation_kind kind;
		double sum[STORE_SUMS]; /* day: spam, ham; month: spam, ham */
		double least, most;
		double spam, ham; /* of all messages, in a month */
	} row[] = {
		{ REPUTATION_NET, { 0, 0, 0, 0 }, 0, 0 },
		{ REPUTATION_NET, { 9, 0, 9.9, 0 }, 0, 0 }, /* too few */
		{ REPUTATION_NET, { 0, 0, 10, 0 }, 0.8, 1.3 },
		{ REPUTATION_NET, { 0, 0, 100, 0 }, 2.5, 3.5 },
		{ REPUTATION_NET, { 0, 0, 1e9, 0 }, 3.9, 4 },
		{ REPUTATION_NET, { 0, 0, 50, 50 }, 0, 0 },
		{ REPUTATION_NET, { 0, 0, 0, 1e9 }, -2, -1.9 }, /* shared: half as good */
		{ REPUTATION_FROM, { 0, 0, 0, 1e9 }, -4, -3.9 },
		{ REPUTATION_FROM, { 0, 0, 0, 10 }, -1.3, -0.8 },
		{ REPUTATION_URL, { 0, 0, 0, 1e9 }, 0, 0 }, /* anybody links to anybody */
		{ REPUTATION_CLAIM, { 0, 0, 0, 1e9 }, 0, 0 },
		{ REPUTATION_CLAIM, { 0, 0, 1e9, 0 }, 1.9, 2 },
		/* a good month and a bad day: what happens now weighs more */
		{ REPUTATION_FROM, { 100, 0, 100, 100 }, 2, 4 },
		{ REPUTATION_FROM, { 4, 0, 4, 100 }, -4, -1.5 }, /* but not a few */
		{ REPUTATION_NET, { INFINITY, 0, INFINITY, 0 }, 0, 0 },
		{ REPUTATION_NET, { NAN, NAN, NAN, NAN }, 0, 0 },
		/* no more spam than from others: a large provider, a host of fonts */
		{ REPUTATION_NET, { 0, 0, 300, 40 }, 0, 0.3, 2000, 300 },
		{ REPUTATION_URL, { 0, 0, 900, 150 }, 0, 0, 2000, 300 },
		{ REPUTATION_URL, { 0, 0, 300, 0 }, 2.4, 4, 2000, 300 },
		{ REPUTATION_FROM, { 0, 0, 40, 300 }, -0.3, 0, 300, 2000 },
		{ REPUTATION_FROM, { 0, 0, 0, 100 }, -4, -2, 2000, 300 },
		/* nothing is known of ham here */
		{ REPUTATION_NET, { 0, 0, 300, 0 }, 0.5, 1, 2000, 0.001 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct reputation_entity e = { .kind = row[i].kind };
		double all[STORE_SUMS] = { 0, 0, row[i].spam, row[i].ham };
		memcpy(e.sum, row[i].sum, sizeof e.sum);
		if (row[i].ham == 0) /* much of both */
			all[REPUTATION_SPAM_MONTH] = all[REPUTATION_HAM_MONTH] = 1e6;
		reputation_rate(&e, all);
		if (!(e.score >= row[i].least && e.score <= row[i].most))
			fail_msg("row %zu: %f", i, e.score);
		assert_true(e.confidence >= 0 && e.confidence <= 1);
	}
}

/* Each mark for the worse makes it worse, each for the better better. */
static void test_monotonic(void **state)
{
	static const double all[STORE_SUMS] = { 0, 0, 1e6, 1e6 };
	double last = -5;

	(void)state;
	for (int spam = 0; spam <= 100; spam++) {
		struct reputation_entity e = { .kind = REPUTATION_DKIM_DOMAIN,
					       .sum = { 0, 0, spam, 100 - spam } };
		reputation_rate(&e, all);
		assert_true(e.score > last);
		last = e.score;
	}
}

/* ---- marks ---- */

static double marks(struct memory_world *m, const char *kind, const char *value,
		    enum reputation_sum sum)
{
	struct scan *s = world_scan(&m->w, "inbound");
	struct str part[2] = { str_c(kind), str_c(value) };
	struct store_op op = { .kind = STORE_ADD, .key = memory_key(s, "rep", part, 2) };
	struct store_answer a = memory_store(m, &op);

	scan_free(s);
	return a.status == STORE_OK ? a.sum[sum] : 0;
}

/* One message; which entities get a mark, of which side. */
static void test_marks(void **state)
{
	static const struct {
		const char *ip, *mail, *from, *symbols;
		const char *spam, *ham; /* "kind value;..." of all that have a mark */
	} row[] = {
		{ NULL, "a@sender.test", "a@sender.test", "", "", "" },
		{ NULL, "a@sender.test", "a@sender.test", "statistics/BAYES_99=9.9", "", "" },
		{ NULL, "a@sender.test", "a@sender.test", "reputation/REPUTATION_BAD=4", "", "" },
		{ NULL, "a@sender.test", "a@sender.test", "dnsbl/L=2",
		  "net 192.0.2.0/24;spf sender.test;from sender.test;url bad.test", "" },
		{ "192.0.2.9", "a@bare.test", "a@bare.test", "dnsbl/L=2",
		  "net 192.0.2.0/24;claim bare.test;url bad.test", "" },
		/* who is forged is not blamed */
		{ "192.0.2.9", "a@bare.test", "a@sender.test", "", "net 192.0.2.0/24;url bad.test",
		  "" },
		{ "127.0.0.1", "a@bare.test", "a@bare.test", "dnsbl/L=2",
		  "claim bare.test;url bad.test", "" },
		{ NULL, "ann@sender.test", "ann@sender.test", "known", "",
		  "net 192.0.2.0/24;spf sender.test;from sender.test;url bad.test" },
		/* evidence against evidence */
		{ NULL, "ann@sender.test", "ann@sender.test", "known dnsbl/L=2", "", "" },
	};
	static const char *const all[][2] = {
		{ "net", "192.0.2.0/24" },  { "spf", "sender.test" },  { "from", "sender.test" },
		{ "claim", "sender.test" }, { "claim", "bare.test" },  { "spf", "bare.test" },
		{ "url", "bad.test" },	    { "net", "127.0.0.0/24" }, { "from", "bare.test" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = { .ip = row[i].ip,
					    .from = row[i].mail,
					    .to = "joe@here.test",
					    .body = "see http://www.bad.test/x\n" };
		struct memory_mail out = { .user = "joe",
					   .from = "joe@here.test",
					   .to = "ann@sender.test",
					   .headers = "From: joe@here.test\n" };
		struct memory_world m;
		memory_open(&m, checks, CONF);
		mail.headers = arena_printf(m.w.a, "From: %s\n", row[i].from).p;
		if (strncmp(row[i].symbols, "known", 5) == 0)
			scan_free(memory_mail(&m, &out));
		m.symbols =
			strncmp(row[i].symbols, "known", 5) ? row[i].symbols : row[i].symbols + 5;
		while (m.symbols[0] == ' ')
			m.symbols++;
		scan_free(memory_mail(&m, &mail));
		for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
			struct str name = arena_printf(m.w.a, "%s %s", all[k][0], all[k][1]);
			bool spam = str_find(str_c(row[i].spam), name) != SIZE_MAX;
			bool ham = str_find(str_c(row[i].ham), name) != SIZE_MAX;
			if (marks(&m, all[k][0], all[k][1], REPUTATION_SPAM_MONTH) != spam ||
			    marks(&m, all[k][0], all[k][1], REPUTATION_HAM_MONTH) != ham)
				fail_msg("row %zu: %s %s", i, all[k][0], all[k][1]);
		}
		memory_close(&m);
	}
}

/* ---- what is said ---- */

static struct scan *from_sender(struct memory_world *m)
{
	static const struct memory_mail mail = { .from = "a@sender.test",
						 .to = "joe@here.test",
						 .headers = "From: a@sender.test\n" };

	return memory_mail(m, &mail);
}

/* Much of both is known. */
static void seed(struct memory_world *m)
{
	struct scan *s = world_scan(&m->w, "inbound");
	struct str part[2] = { STR("all"), STR("") };
	struct store_op op = { .kind = STORE_ADD,
			       .key = memory_key(s, "rep", part, 2),
			       .delta = { 0, 0, 1e6, 1e6 } };

	assert_int_equal(memory_store(m, &op).status, STORE_OK);
	scan_free(s);
}

/* A listed network: after ten copies it has a bad name, which fades. */
static void test_fades(void **state)
{
	static const struct {
		unsigned more; /* listed messages first */
		int64_t days;
		bool over_1, over_0;
	} row[] = {
		{ 9, 0, false, false }, { 2, 0, true, true },	 { 10, 0, true, true },
		{ 0, 20, true, true },	{ 0, 60, false, false },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, CONF);
	seed(&m);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct scan *s;
		m.symbols = "dnsbl/L=2";
		for (unsigned k = 0; k < row[i].more; k++)
			scan_free(from_sender(&m));
		m.symbols = "";
		memory_later(&m, row[i].days * DAY);
		s = from_sender(&m);
		if (memory_holds(&m, s, "reputation_over", "1") != row[i].over_1 ||
		    memory_holds(&m, s, "reputation_over", "0.1") != row[i].over_0)
			fail_msg("row %zu", i);
		scan_free(s);
	}
	memory_close(&m);
}

static void test_said(void **state)
{
	struct memory_world m;
	struct scan *s;
	struct str text;

	(void)state;
	memory_open(&m, checks, CONF);
	seed(&m);
	m.symbols = "dnsbl/L=2";
	for (int i = 0; i < 30; i++)
		scan_free(from_sender(&m));
	m.symbols = "";
	s = from_sender(&m);
	text = memory_evidence_of(&m, s, "reputation_over", "1");
	assert_true(str_find(text, STR("net 192.0.2.0/24: 30 spam, 0 ham")) != SIZE_MAX);
	assert_true(str_find(text, STR("from sender.test: 30 spam, 0 ham")) != SIZE_MAX);
	assert_true(memory_holds(&m, s, "reputation_of", "net 1"));
	assert_true(memory_holds(&m, s, "reputation_of", "spf 1"));
	assert_false(memory_holds(&m, s, "reputation_of", "url 0"));
	assert_false(memory_holds(&m, s, "reputation_of", "net -1"));
	assert_false(memory_holds(&m, s, "reputation_under", "-0.5"));
	scan_free(s);
	memory_close(&m);
}

/* A good name cannot be borrowed: links to it and its name in From earn nothing. */
static void test_not_borrowed(void **state)
{
	static const struct memory_mail out = { .user = "joe",
						.from = "joe@here.test",
						.to = "ann@sender.test",
						.headers = "From: joe@here.test\n" };
	static const struct memory_mail in = { .from = "ann@sender.test",
					       .to = "joe@here.test",
					       .headers = "From: ann@sender.test\n",
					       .body = "http://sender.test/\n" };
	static const struct memory_mail forged = { .ip = "198.51.100.1",
						   .from = "ann@sender.test",
						   .to = "joe@here.test",
						   .headers = "From: ann@sender.test\n",
						   .body = "http://sender.test/\n" };
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, CONF);
	seed(&m);
	scan_free(memory_mail(&m, &out));
	for (int i = 0; i < 40; i++)
		scan_free(memory_mail(&m, &in));
	s = memory_mail(&m, &in);
	assert_true(memory_holds(&m, s, "reputation_under", "-1.5"));
	scan_free(s);
	s = memory_mail(&m, &forged);
	assert_false(memory_holds(&m, s, "reputation_under", "-0.01"));
	scan_free(s);
	memory_close(&m);
}

/* Links have what questions the others leave; many domains are no more questions. */
static void test_limits(void **state)
{
	struct memory_mail mail = { .from = "a@sender.test",
				    .to = "joe@here.test",
				    .headers = "From: Ann Other <a@sender.test>\n"
					       "In-Reply-To: <1@x.test>\nReferences: <2@x.test> "
					       "<3@x.test> <4@x.test> <5@x.test>\n" };
	struct memory_world m;
	struct buf body = { 0 };
	const struct reputation *r;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, CONF);
	body.arena = m.w.a;
	for (int i = 0; i < 50; i++)
		buf_addf(&body, "http://d%d.test/\n", i);
	mail.body = arena_cstr(m.w.a, buf_str(&body));
	s = memory_mail(&m, &mail);
	r = scan_result(s, &check_reputation);
	assert_int_equal(r->n, REPUTATION_ASKS);
	assert_int_equal(s->priv->nstores, 17); /* all of a message to one recipient */
	scan_free(s);
	memory_close(&m);
}

/* Spam that links to somebody's site does not spoil what he writes himself. */
static void test_links_of_others(void **state)
{
	static const struct memory_mail spam = { .ip = "198.51.100.1",
						 .from = "x@bare.test",
						 .to = "joe@here.test",
						 .headers = "From: x@bare.test\n",
						 .body = "http://www.sender.test/\n" };
	static const struct memory_mail own = { .from = "ann@sender.test",
						.to = "joe@here.test",
						.headers = "From: ann@sender.test\n",
						.body = "http://www.sender.test/\n" };
	static const struct memory_mail claimed = { .ip = "192.0.2.200",
						    .from = "x@plain.test",
						    .to = "joe@here.test",
						    .headers = "From: ann@sender.test\n",
						    .body = "http://www.sender.test/\n" };
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, CONF);
	seed(&m);
	m.symbols = "dnsbl/L=2";
	for (int i = 0; i < 60; i++)
		scan_free(memory_mail(&m, &spam));
	m.symbols = "";
	s = memory_mail(&m, &own);
	assert_false(memory_holds(&m, s, "reputation_over", "0.1"));
	scan_free(s);
	s = memory_mail(&m, &claimed);
	assert_true(memory_holds(&m, s, "reputation_of", "url 2"));
	scan_free(s);
	memory_close(&m);
}

/* One message of somebody's, sent on again and again with its signature, is one mark or a few; the
 * network that does it gets them all. */
static void test_copies(void **state)
{
	static const struct check *const with_digest[] = { &check_sender, &check_digest,
							   &check_reputation, NULL };
	static const struct memory_mail mail = {
		.from = "ann@sender.test",
		.to = "joe@here.test",
		.headers = "From: ann@sender.test\n",
		.body = "one two three four five six seven eight nine ten eleven twelve thirteen\n"
			"and then some more words that make a text of it which can be told from\n"
			"other texts by its shingles, of which there are quite many in this one\n"
			"see http://bad.test/\n",
	};
	static const struct {
		const char *kind, *value;
		double least, most;
	} row[] = {
		{ "net", "192.0.2.0/24", 39, 40.1 },
		{ "from", "sender.test", 3, 4 },
		{ "spf", "sender.test", 3, 4 },
		{ "url", "bad.test", 3, 4 },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, with_digest, CONF);
	seed(&m);
	m.symbols = "dnsbl/L=2";
	for (int i = 0; i < 40; i++)
		scan_free(memory_mail(&m, &mail));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		double n = marks(&m, row[i].kind, row[i].value, REPUTATION_SPAM_MONTH);
		if (!(n >= row[i].least && n <= row[i].most))
			fail_msg("%s: %f", row[i].kind, n);
	}
	memory_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),   cmocka_unit_test(test_monotonic),
		cmocka_unit_test(test_marks),  cmocka_unit_test(test_fades),
		cmocka_unit_test(test_said),   cmocka_unit_test(test_not_borrowed),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_links_of_others),
		cmocka_unit_test(test_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
