/* Correspondents, replies, first contacts and names: mail goes out, mail comes in. */
#include "unit/checks/memory_world.h"

static const struct check *const checks[] = { &check_sender, NULL };

#define DAY (INT64_C(86400) * 1000)
#define FIRST (INT64_C(600) * 1000) /* how long a first contact is one */
#define MAIL_ID(who, id) "From: " who "\nMessage-ID: <" id ">\n"

static const struct memory_mail joe_writes = {
	.user = "joe",
	.from = "joe@here.test",
	.to = "ann@sender.test",
	.headers = "From: Joe Doe <joe@here.test>\nTo: Ann Other <ann@sender.test>\n"
		   "Message-ID: <1@here.test>\n",
};

static void send_it(struct memory_world *m, const struct memory_mail *mail)
{
	scan_free(memory_mail(m, mail));
}

/* What the row says of the message, in order of the names. */
static const char *const predicate[] = { "correspondent", "correspondent_domain",
					 "reply_to_ours", "names_our_message",
					 "first_contact", "known_name_other_address" };
enum { PREDICATES = sizeof predicate / sizeof *predicate };

static void check_row(struct memory_world *m, size_t row, const struct memory_mail *mail,
		      const char *want)
{
	struct scan *s = memory_mail(m, mail);

	for (size_t i = 0; i < PREDICATES; i++) {
		bool holds = memory_holds(m, s, predicate[i], "");
		if (holds != (want[i] == 'y'))
			fail_msg("row %zu: %s %s", row, predicate[i], holds ? "holds" : "does not");
	}
	scan_free(s);
}

/* joe@here.test has written to ann@sender.test and to fay@free.test, nobody else to anybody. */
static void test_inbound(void **state)
{
	static const struct {
		struct memory_mail mail;
		const char *want; /* as predicate[] */
	} row[] = {
		/* the correspondent, to him, to a colleague, and from a host that is not hers */
		{ { .from = "ann@sender.test",
		    .to = "joe@here.test",
		    .headers = "From: Ann Other <ann@sender.test>\n" },
		  "yy----" },
		{ { .from = "ann@sender.test",
		    .to = "jim@here.test",
		    .headers = "From: ann@sender.test\n" },
		  "-y----" },
		{ { .from = "ann@sender.test",
		    .to = "jim@else.test",
		    .headers = "From: ann@sender.test\n" },
		  "------" },
		{ { .ip = "192.0.2.9",
		    .from = "ann@sender.test",
		    .to = "joe@here.test",
		    .headers = "From: ann@sender.test\n" },
		  "------" },
		{ { .from = "ann@sender.test",
		    .to = "x@here.test joe+tag@here.test",
		    .headers = "From: Ann@Sender.Test\n" },
		  "yy----" },
		/* her reply, and one of a colleague of hers */
		{ { .from = "ann@sender.test",
		    .to = "joe@here.test",
		    .headers = "From: ann@sender.test\nIn-Reply-To: <1@here.test>\n" },
		  "yyyy--" },
		{ { .from = "bob@sender.test",
		    .to = "joe@here.test",
		    .headers = "From: bob@sender.test\nReferences: <0@x.test> <1@here.test>\n" },
		  "--yyy-" },
		/* anybody can name a message: a stranger, and one who forges her */
		{ { .from = "eve@other.test",
		    .to = "joe@here.test",
		    .headers = "From: eve@other.test\nIn-Reply-To: <1@here.test>\n" },
		  "---yy-" },
		{ { .ip = "192.0.2.9",
		    .from = "ann@sender.test",
		    .to = "joe@here.test",
		    .headers = "From: ann@sender.test\nIn-Reply-To: <1@here.test>\n" },
		  "---y--" },
		/* free mailboxes: only who was written to answers */
		{ { .from = "fay@free.test",
		    .to = "joe@here.test",
		    .headers = "From: fay@free.test\nIn-Reply-To: <2@here.test>\n" },
		  "yyyy--" },
		{ { .from = "eve@free.test",
		    .to = "joe@here.test",
		    .headers = "From: eve@free.test\nIn-Reply-To: <2@here.test>\n" },
		  "---yy-" },
		/* names of people we know, with addresses that are not theirs */
		{ { .from = "x@free.test",
		    .to = "joe@here.test",
		    .headers = "From: \"Other, Ann\" <x@free.test>\n" },
		  "----yy" },
		{ { .from = "x@free.test",
		    .to = "jim@here.test",
		    .headers = "From: =?utf-8?q?Joe_Doe?= <x@free.test>\n" },
		  "-----y" },
		{ { .from = "x@other.test",
		    .to = "joe@here.test",
		    .headers = "From: Somebody Else <x@other.test>\n" },
		  "----y-" },
		/* hostile threads */
		{ { .from = "eve@other.test",
		    .to = "joe@here.test",
		    .headers = "From: eve@other.test\nIn-Reply-To: <<>><@>\n"
			       "References: >>><<<\n" },
		  "------" },
		{ { .from = "eve@other.test",
		    .to = "joe@here.test",
		    .headers = "From: eve@other.test\nReferences: <1@here.test> <a@x> <b@x> "
			       "<c@x>\n" },
		  "------" },
	};
	struct memory_mail fay = joe_writes;
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	fay.to = "fay@free.test";
	fay.headers = MAIL_ID("joe@here.test", "2@here.test");
	send_it(&m, &joe_writes);
	send_it(&m, &fay);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		memory_later(&m, FIRST);
		check_row(&m, i, &row[i].mail, row[i].want);
	}
	memory_close(&m);
}

/* The copies of somebody's first mailing are all the first contact, and judged alike. */
static void test_first_mailing(void **state)
{
	static const struct {
		int64_t later;
		const char *want;
	} row[] = { { 0, "----y-" },
		    { 0, "----y-" },
		    { FIRST - 1, "----y-" },
		    { 1, "------" },
		    { DAY, "------" } };
	static const struct memory_mail mail = { .from = "ann@sender.test",
						 .to = "joe@here.test",
						 .headers = "From: ann@sender.test\n" };
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		memory_later(&m, row[i].later);
		check_row(&m, i, &mail, row[i].want);
	}
	memory_close(&m);
}

/* Who reads a newsletter of ours has subscribed to it himself: he is no correspondent, nor is what
 * answers it a reply; but he is not new to who sends it. */
static void test_newsletter(void **state)
{
	static const char *const field[] = { "List-Unsubscribe: <mailto:u@here.test>\n",
					     "List-Id: <news.here.test>\n", "Precedence: bulk\n",
					     "Precedence: list\n" };
	static const struct memory_mail answer = {
		.from = "ann@sender.test",
		.to = "joe@here.test",
		.headers = "From: ann@sender.test\nIn-Reply-To: <1@here.test>\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
		struct memory_mail mail = joe_writes;
		struct memory_world m;
		memory_open(&m, checks, "cache { ttl = 0 }");
		mail.headers = arena_printf(m.w.a, "%s%s", joe_writes.headers, field[i]).p;
		for (size_t again = 0; again < 2; again++) {
			struct scan *s = memory_mail(&m, &mail);
			const struct sender_facts *f = scan_result(s, &check_sender);
			assert_true(f->looked > 0);
			assert_int_equal(f->novel, again ? 0 : f->looked);
			scan_free(s);
		}
		check_row(&m, i, &answer, "---yy-");
		memory_close(&m);
	}
}

/* What of a message of ours is not remembered. */
static void test_not_remembered(void **state)
{
	static const struct {
		const char *user, *from, *headers, *symbols;
	} row[] = {
		{ "joe", "joe@here.test", "Auto-Submitted: auto-replied\n", "" },
		{ "joe", "joe@here.test", "Precedence: junk\n", "" },
		{ "joe", "joe@here.test",
		  "Content-Type: multipart/report; report-type=disposition-notification\n", "" },
		{ "joe", "", "", "" },
		{ NULL, "joe@here.test", "", "" },
		{ "joe", "joe@here.test", "", "x/SPAM=20" },
	};
	static const struct memory_mail answer = {
		.from = "ann@sender.test",
		.to = "joe@here.test",
		.headers = "From: ann@sender.test\nIn-Reply-To: <1@here.test>\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = joe_writes;
		struct memory_world m;
		memory_open(&m, checks, "cache { ttl = 0 }");
		mail.user = row[i].user;
		mail.from = row[i].from;
		mail.headers = arena_printf(m.w.a, "%s%s", joe_writes.headers, row[i].headers).p;
		m.symbols = row[i].symbols;
		send_it(&m, &mail);
		m.symbols = "";
		check_row(&m, i, &answer, "----y-");
		memory_close(&m);
	}
}

/* A server of ours hands over what its users write, without their names. */
static void test_behind_a_server(void **state)
{
	static const struct {
		const char *conf, *want;
	} row[] = {
		{ "cache { ttl = 0 } memory { local_domains = {\"here.test\"} }", "yyyy--" },
		{ "cache { ttl = 0 }", "----y-" },
	};
	static const struct memory_mail answer = {
		.from = "ann@sender.test",
		.to = "joe@here.test",
		.headers = "From: ann@sender.test\nIn-Reply-To: <1@here.test>\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = joe_writes;
		struct memory_world m;
		memory_open(&m, checks, row[i].conf);
		mail.user = "";
		send_it(&m, &mail);
		check_row(&m, i, &answer, row[i].want);
		memory_close(&m);
	}
}

/* The store forgets: ids after 30 days, correspondents after 180; a touch begins anew. */
static void test_forgets(void **state)
{
	static const struct {
		int64_t days;
		const char *want;
	} row[] = { { 0, "yyyy--" },
		    { 29, "yyyy--" },
		    { 2, "yy----" },
		    { 148, "yy----" },
		    { 2, "------" } /* but she has been here */ };
	struct memory_mail answer = {
		.from = "ann@sender.test",
		.to = "joe@here.test",
		.headers = "From: ann@sender.test\nIn-Reply-To: <1@here.test>\n",
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	send_it(&m, &joe_writes);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		memory_later(&m, row[i].days * DAY);
		check_row(&m, i, &answer, row[i].want);
	}
	memory_close(&m);
}

static void test_domain_age(void **state)
{
	static const struct {
		int64_t days;
		const char *from;
		const char *arg;
		bool is_new;
	} row[] = {
		{ 0, "eve@other.test", "30", true }, /* the first one of all */
		{ 1, "bob@other.test", "30", true },  { 28, "bob@other.test", "30", true },
		{ 2, "bob@other.test", "30", false }, { 0, "new@other.test", "30", false },
		{ 0, "bob@sender.test", "30", true },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = { .from = row[i].from, .to = "joe@here.test" };
		struct scan *s;
		memory_later(&m, row[i].days * DAY);
		mail.headers = arena_printf(m.w.a, "From: %s\n", row[i].from).p;
		s = memory_mail(&m, &mail);
		if (memory_holds(&m, s, "author_domain_new", row[i].arg) != row[i].is_new)
			fail_msg("row %zu", i);
		scan_free(s);
	}
	memory_close(&m);
}

/* That somebody was here is written once a day. */
static void test_written_once_a_day(void **state)
{
	static const struct {
		int64_t later;
		double times;
	} row[] = { { 0, 1 }, { DAY / 4, 1 }, { DAY, 2 }, { 1000, 2 }, { 2 * DAY, 3 } };
	static const struct memory_mail mail = { .from = "ann@sender.test",
						 .to = "joe@here.test",
						 .headers = "From: ann@sender.test\n" };
	struct store_op op = { .kind = STORE_ADD, .key = STR("seen:ann@sender.test") };
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct store_answer a;
		memory_later(&m, row[i].later);
		send_it(&m, &mail);
		a = memory_store(&m, &op);
		assert_int_equal(a.status, STORE_OK);
		if (a.sum[0] > row[i].times || a.sum[0] < row[i].times - 0.2)
			fail_msg("row %zu: %f", i, a.sum[0]);
	}
	memory_close(&m);
}

/* Bounces: whose message came back. */
static void test_bounces(void **state)
{
	static const char report[] =
		"From: MAILER-DAEMON@other.test\nMIME-Version: 1.0\n"
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n";
	static const struct {
		const char *from, *headers, *body;
		bool ours;
	} row[] = {
		{ "", report,
		  "--b\n\nnot delivered\n--b\nContent-Type: message/rfc822\n\n"
		  "From: joe@here.test\nMessage-ID: <1@here.test>\n\ntext\n--b--\n",
		  true },
		{ "", report,
		  "--b\n\nnot delivered\n--b\nContent-Type: text/rfc822-headers\n\n"
		  "From: joe@here.test\nMessage-ID:\n <1@here.test>\n--b--\n",
		  true },
		{ "", "From: MAILER-DAEMON@other.test\nIn-Reply-To: <1@here.test>\n", NULL, false },
		{ "", report,
		  "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
		  "Action: Failed\n--b\nContent-Type: message/rfc822\n\n"
		  "Message-ID: <1@here.test>\n\nx\n--b--\n",
		  true },
		{ "", report,
		  "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
		  "Action: delayed\n--b\nContent-Type: message/rfc822\n\n"
		  "Message-ID: <1@here.test>\n\nx\n--b--\n",
		  false },
		{ "", report,
		  "--b\n\nx\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <9@here.test>\n\n"
		  "text\n--b--\n",
		  false },
		{ "", report, "--b\n\nMessage-ID: <1@here.test>\n--b--\n", false },
		{ "a@other.test", report,
		  "--b\nContent-Type: message/rfc822\n\nMessage-ID: <1@here.test>\n\nx\n--b--\n",
		  false },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	send_it(&m, &joe_writes);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = { .from = row[i].from,
					    .to = "joe@here.test",
					    .headers = row[i].headers,
					    .body = row[i].body };
		struct scan *s = memory_mail(&m, &mail);
		if (memory_holds(&m, s, "bounce_of_ours", "") != row[i].ours)
			fail_msg("row %zu", i);
		scan_free(s);
	}
	memory_close(&m);
}

/* A message to more than are looked up costs no more questions, and is remembered up to a limit. */
static void test_limits(void **state)
{
	struct memory_mail many = joe_writes;
	struct memory_world m;
	struct buf to = { 0 };

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	to.arena = m.w.a;
	for (int i = 0; i < 101; i++)
		buf_addf(&to, "%sp%d@sender.test", i ? " " : "", i);
	many.to = arena_cstr(m.w.a, buf_str(&to));
	send_it(&m, &many);
	for (int i = 99; i <= 100; i++) {
		struct memory_mail mail = { .to = "joe@here.test" };
		mail.from = arena_printf(m.w.a, "p%d@sender.test", i).p;
		mail.headers = arena_printf(m.w.a, "From: %s\n", mail.from).p;
		check_row(&m, (size_t)i, &mail, i == 99 ? "yy----" : "----y-");
	}
	memory_close(&m);
}

/* Nothing is known where there is no store, and nothing is said. */
static void test_without_store(void **state)
{
	static const struct memory_mail mail = { .from = "ann@sender.test",
						 .to = "joe@here.test",
						 .headers = "From: ann@sender.test\n" };
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "");
	m.w.env.store = NULL;
	send_it(&m, &joe_writes);
	check_row(&m, 0, &mail, "------");
	memory_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inbound),
		cmocka_unit_test(test_first_mailing),
		cmocka_unit_test(test_not_remembered),
		cmocka_unit_test(test_newsletter),
		cmocka_unit_test(test_forgets),
		cmocka_unit_test(test_domain_age),
		cmocka_unit_test(test_bounces),
		cmocka_unit_test(test_behind_a_server),
		cmocka_unit_test(test_written_once_a_day),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_without_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
