/* The classifier's word for rules, what is learnt by itself, and what users send to spam@ and ham@.
 */
#include "unit/checks/memory_world.h"

#include "learn/features_message.h"

static const struct check *const checks[] = { &check_sender, &check_statistics, &check_autolearn,
					      &check_feedback, NULL };

#define EVENTS_MAX 64u

struct caught {
	struct arena *a;
	struct learn_event e[EVENTS_MAX];
	size_t n;
};

static void catch_event(void *arg, const struct learn_event *e)
{
	struct caught *c = arg;

	assert_true(c->n < EVENTS_MAX);
	c->e[c->n] = *e;
	c->e[c->n++].user = arena_dup(c->a, e->user);
}

struct lesson {
	struct memory_world m;
	struct model *model;
	struct trainer_state *trainer;
	struct caught caught;
};

static void begin(struct lesson *l, const char *conf)
{
	*l = (struct lesson){ 0 };
	memory_open(&l->m, checks, conf);
	l->model = model_new();
	assert_non_null(l->model);
	model_set_key(l->model, (struct hash_key){ 1, 2 });
	l->trainer = model_trainer(l->m.w.a, l->model);
	l->caught.a = l->m.w.a;
	l->m.w.env.model = l->model;
	l->m.w.env.learn = catch_event;
	l->m.w.env.learn_arg = &l->caught;
}

static void end(struct lesson *l)
{
	memory_close(&l->m);
	model_free(l->model);
}

/* So many different ones of each kind. */
static void teach(struct lesson *l, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (int spam = 0; spam < 2; spam++) {
			struct arena *a = arena_new(0);
			struct features f;
			features_of_octets(
				a, model_key(l->model),
				arena_printf(a, "Subject: %s %u\nX-N: %u\n\n%s number%u\n",
					     spam ? "lottery" : "minutes", i, i,
					     spam ? "casino prize pills" : "agenda patch review",
					     i),
				&f);
			model_move(l->trainer, &f, LEARN_NONE, spam ? LEARN_SPAM : LEARN_HAM,
				   2 * i + (unsigned)spam + 1, STR(""));
			arena_free(a);
		}
}

/* ---- statistics ---- */

static struct scan *spam_comes(struct lesson *l)
{
	return memory_mail(&l->m, &(struct memory_mail){ .from = "a@bare.test",
							 .to = "bob@here.test",
							 .headers = "From: a@bare.test\n"
								    "Subject: lottery\n",
							 .body = "casino prize pills\n" });
}

static void test_bands(void **state)
{
	static const struct {
		unsigned learnt; /* of each */
		bool early, full;
	} row[] = { { 0, false, false },
		    { MODEL_MIN - 1, false, false },
		    { MODEL_MIN, true, false },
		    { MODEL_FULL - 1, true, false },
		    { MODEL_FULL, false, true } };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lesson l;
		struct scan *s;
		begin(&l, "");
		teach(&l, row[i].learnt);
		s = spam_comes(&l);
		assert_int_equal(memory_holds(&l.m, s, "stat_between", "0.99 1 early"),
				 row[i].early);
		assert_int_equal(memory_holds(&l.m, s, "stat_between", "0.99 1 full"), row[i].full);
		assert_int_equal(memory_holds(&l.m, s, "stat_between", "0.99 1"),
				 row[i].early || row[i].full);
		assert_false(memory_holds(&l.m, s, "stat_between", "0 0.99"));
		assert_int_equal(memory_holds(&l.m, s, "check_bayes", "0.99 1"),
				 row[i].early || row[i].full);
		assert_false(memory_holds(&l.m, s, "check_bayes", "0 0.01"));
		scan_free(s);
		end(&l);
	}
}

static void test_evidence(void **state)
{
	struct lesson l;
	struct scan *s;
	struct str evidence;

	(void)state;
	begin(&l, "stat { tokens = 2 }");
	teach(&l, MODEL_FULL);
	s = spam_comes(&l);
	evidence = memory_evidence_of(&l.m, s, "stat_between", "0.99 1 full");
	assert_true(str_starts(evidence, STR("p 0.99")) || str_starts(evidence, STR("p 1.0")));
	assert_true(str_ifind(evidence, STR("(0/200)")));
	assert_true(str_chr(evidence, ',') == str_rchr(evidence, ','));
	scan_free(s);
	end(&l);
}

static void test_not_asked(void **state)
{
	struct lesson l;
	struct scan *s;

	(void)state;
	begin(&l, "stat { enabled = no }");
	teach(&l, MODEL_FULL);
	s = spam_comes(&l);
	assert_null(scan_result(s, &check_statistics));
	assert_false(memory_holds(&l.m, s, "stat_between", "0 1"));
	scan_free(s);
	end(&l);
	begin(&l, "");
	l.m.w.env.model = NULL;
	s = spam_comes(&l);
	assert_null(scan_result(s, &check_statistics));
	assert_false(memory_holds(&l.m, s, "check_bayes", "0 1"));
	assert_int_equal(l.caught.n, 0);
	scan_free(s);
	end(&l);
}

/* ---- what is learnt by itself ---- */

static void test_auto(void **state)
{
	static const struct {
		const char *what, *conf, *user, *from, *symbols;
		enum learn_class to;
	} row[] = {
		{ "two pieces", "", NULL, "a@bare.test", "dnsbl/RBL=2 lookalike/LA=3", LEARN_SPAM },
		{ "one piece", "", NULL, "a@bare.test", "dnsbl/RBL=2", LEARN_NONE },
		{ "one piece twice", "", NULL, "a@bare.test", "dnsbl/RBL=2 dnsbl/RBM=3",
		  LEARN_NONE },
		{ "its own vote", "", NULL, "a@bare.test", "statistics/MODEL_SPAM_99=5 dnsbl/RBL=2",
		  LEARN_NONE },
		{ "its own vote alone", "", NULL, "a@bare.test", "statistics/MODEL_SPAM_99=50",
		  LEARN_NONE },
		{ "none", "", NULL, "a@sender.test", "", LEARN_NONE },
		{ "our user", "", "bob@here.test", "bob@here.test", "", LEARN_HAM },
		{ "our user, not accepted", "", "bob@here.test", "bob@here.test", "x/SPAM=20",
		  LEARN_NONE },
		{ "our user, but listed", "", "bob@here.test", "bob@here.test", "dnsbl/RBL=0.1",
		  LEARN_NONE },
		{ "switched off", "learn { auto = no }", NULL, "a@bare.test",
		  "dnsbl/RBL=2 lookalike/LA=3", LEARN_NONE },
		{ "switched off, our user", "learn { auto = no }", "bob@here.test", "bob@here.test",
		  "", LEARN_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lesson l;
		struct scan *s;
		begin(&l, row[i].conf);
		l.m.symbols = row[i].symbols;
		s = memory_mail(&l.m, &(struct memory_mail){ .user = row[i].user,
							     .from = row[i].from,
							     .to = "c@other.test",
							     .headers = arena_printf(l.m.w.a,
										     "From: %s\n"
										     "Subject: x\n",
										     row[i].from)
										.p });
		if (l.caught.n != (row[i].to != LEARN_NONE) ||
		    (l.caught.n &&
		     (l.caught.e[0].to != row[i].to || l.caught.e[0].source != LEARN_AUTO ||
		      l.caught.e[0].user.n || !l.caught.e[0].f.ntoken)))
			fail_msg("%s: %zu events", row[i].what, l.caught.n);
		scan_free(s);
		end(&l);
	}
}

/* Somebody our user wrote to answers; from elsewhere, nobody knows whether it is him. */
static void test_correspondent(void **state)
{
	static const struct {
		const char *ip;
		enum learn_class to;
	} row[] = { { "192.0.2.1", LEARN_HAM }, { "192.0.2.99", LEARN_NONE } };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lesson l;
		begin(&l, "memory { local_domains = {\"here.test\"} }");
		scan_free(memory_mail(
			&l.m, &(struct memory_mail){
				      .user = "bob@here.test",
				      .from = "bob@here.test",
				      .to = "a@sender.test",
				      .headers = "From: bob@here.test\nTo: a@sender.test\n" }));
		l.caught.n = 0;
		memory_later(&l.m, 60000);
		scan_free(memory_mail(
			&l.m, &(struct memory_mail){
				      .ip = row[i].ip,
				      .from = "a@sender.test",
				      .to = "bob@here.test",
				      .headers = "From: a@sender.test\nTo: bob@here.test\n" }));
		if (l.caught.n != (row[i].to != LEARN_NONE) ||
		    (l.caught.n && l.caught.e[0].to != row[i].to))
			fail_msg("%s: %zu events", row[i].ip, l.caught.n);
		end(&l);
	}
}

/* One answer of ours does not let him teach as much as he likes: so many a day, his site together.
 */
static void test_correspondent_floods(void **state)
{
	struct lesson l;

	(void)state;
	begin(&l, "memory { local_domains = {\"here.test\"} }");
	scan_free(memory_mail(&l.m, &(struct memory_mail){ .user = "bob@here.test",
							   .from = "bob@here.test",
							   .to = "a@sender.test",
							   .headers = "From: bob@here.test\n" }));
	for (unsigned day = 0; day < 2; day++) {
		l.caught.n = 0;
		for (unsigned i = 0; i < 40; i++)
			scan_free(memory_mail(
				&l.m, &(struct memory_mail){
					      .from = "a@sender.test",
					      .to = "bob@here.test",
					      .headers = arena_printf(l.m.w.a,
								      "From: a@sender.test\n"
								      "Subject: %u of %u\n",
								      i, day)
								 .p }));
		assert_int_equal(l.caught.n, 20);
		memory_later(&l.m, 25 * 3600 * 1000);
	}
	end(&l);
}

/* ---- cached verdicts ---- */

/* What Bob has taught for himself says nothing to Carol, whose copy is equal. */
static void test_cached_for_others(void **state)
{
	static const struct {
		bool taught, cached;
	} row[] = { { false, true }, { true, false } };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = { .from = "a@bare.test",
					    .to = "bob@here.test",
					    .headers = "From: a@bare.test\nSubject: lottery\n" };
		struct lesson l;
		struct scan *s;
		begin(&l, "");
		if (row[i].taught) {
			struct features f;
			features_of_octets(l.m.w.a, model_key(l.model), STR("Subject: x\n\ny\n"),
					   &f);
			model_move_user(l.trainer, &f, LEARN_NONE, LEARN_HAM, STR("bob@here.test"));
		}
		scan_free(memory_mail(&l.m, &mail));
		mail.to = "carol@here.test";
		s = memory_mail(&l.m, &mail);
		if (((s->flags & SCAN_F_CACHED) != 0) != row[i].cached)
			fail_msg("row %zu", i);
		scan_free(s);
		end(&l);
	}
}

/* ---- feedback ---- */

static const char addresses[] = "learn { spam_addresses = {\"Spam@Here.Test\"} "
				"ham_addresses = {\"ham@here.test\", \"notspam@here.test\"} }";

#define ATTACHED "--x\nContent-Type: message/rfc822\n\nSubject: prize %u\nX-N: %u\n\npills\n"

static const char *attached(struct arena *a, unsigned n)
{
	struct str body = STR("--x\n\nplease learn this\n");

	for (unsigned i = 0; i < n; i++)
		body = arena_printf(a, "%.*s" ATTACHED, STR_ARG(body), i, i);
	return arena_printf(a, "%.*s--x--\n", STR_ARG(body)).p;
}

static struct scan *feedback(struct lesson *l, const char *user, const char *to, const char *body)
{
	return memory_mail(&l->m, &(struct memory_mail){
					  .user = user,
					  .from = "bob@here.test",
					  .to = to,
					  .headers = "From: bob@here.test\nMIME-Version: 1.0\n"
						     "Content-Type: multipart/mixed; boundary=x\n",
					  .body = body });
}

/* Events of persons; automatic ones are of the mail itself. */
static size_t by_person(const struct lesson *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->caught.n; i++)
		n += l->caught.e[i].source == LEARN_PERSON;
	return n;
}

static void test_feedback(void **state)
{
	static const struct {
		const char *user, *to;
		unsigned attached;
		size_t learnt;
		enum learn_class class;
		const char *as;
	} row[] = {
		{ "bob@here.test", "spam@here.test", 1, 1, LEARN_SPAM, "bob@here.test" },
		{ "Bob", "SPAM@here.test", 2, 2, LEARN_SPAM, "bob@here.test" },
		{ "bob@here.test", "notspam@here.test", 3, 3, LEARN_HAM, "bob@here.test" },
		{ "bob@here.test", "notspam@here.test ham@here.test", 1, 1, LEARN_HAM,
		  "bob@here.test" },
		{ "bob@here.test", "spam@here.test", 25, 20, LEARN_SPAM, "bob@here.test" },
		{ "bob@here.test", "spam@here.test", 0, 0, LEARN_NONE, NULL },
		{ "bob@here.test", "spam@here.test ham@here.test", 1, 0, LEARN_NONE, NULL },
		{ "bob@here.test", "spam@here.test carol@here.test", 1, 0, LEARN_NONE, NULL },
		{ "bob@here.test", "carol@here.test", 1, 0, LEARN_NONE, NULL },
		{ NULL, "spam@here.test", 1, 0, LEARN_NONE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lesson l;
		struct scan *s;
		begin(&l, addresses);
		s = feedback(&l, row[i].user, row[i].to, attached(l.m.w.a, row[i].attached));
		if (by_person(&l) != row[i].learnt ||
		    (s->verdict.action == ACT_DISCARD) != (row[i].learnt > 0))
			fail_msg("row %zu: %zu events, %s", i, by_person(&l),
				 action_word(s->verdict.action));
		for (size_t k = 0; k < l.caught.n; k++)
			if (l.caught.e[k].source == LEARN_PERSON &&
			    (l.caught.e[k].to != row[i].class ||
			     !str_eq(l.caught.e[k].user, str_c(row[i].as))))
				fail_msg("row %zu: event %zu", i, k);
		scan_free(s);
		end(&l);
	}
}

/* What is learnt is the message that was attached, octet by octet. */
static void test_what_is_attached(void **state)
{
	static const char original[] = "Subject: prize 0\nX-N: 0\n\npills\n";
	static const struct {
		const char *what, *body;
		size_t learnt;
	} row[] = {
		{ "as a message",
		  "--x\nContent-Type: message/rfc822\n\nSubject: prize 0\nX-N: "
		  "0\n\npills\n\n--x--\n",
		  1 },
		{ "as a file in base64",
		  "--x\nContent-Type: application/octet-stream; name=a.EML\n"
		  "Content-Transfer-Encoding: base64\n\n"
		  "U3ViamVjdDogcHJpemUgMApYLU46IDAKCnBpbGxzCg==\n--x--\n",
		  1 },
		{ "inside another one",
		  "--x\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; "
		  "boundary=y\n\n"
		  "--y\nContent-Type: message/rfc822\n\nSubject: inner\n\nx\n--y--\n\n--x--\n",
		  1 },
		{ "no message",
		  "--x\nContent-Type: application/octet-stream; name=a.txt\n\nSubject: "
		  "x\n\nx\n--x--\n",
		  0 },
	};
	struct features want;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lesson l;
		begin(&l, addresses);
		scan_free(feedback(&l, "bob@here.test", "spam@here.test", row[i].body));
		if (by_person(&l) != row[i].learnt)
			fail_msg("%s: %zu events", row[i].what, by_person(&l));
		end(&l);
	}
	for (size_t i = 0; i < 2; i++) {
		struct lesson l;
		struct scan *s;
		begin(&l, addresses);
		s = feedback(&l, "bob@here.test", "spam@here.test", row[i].body);
		features_of_octets(l.m.w.a, model_key(l.model), str_c(original), &want);
		for (size_t k = 0; k < l.caught.n; k++)
			if (l.caught.e[k].source == LEARN_PERSON)
				assert_int_equal(l.caught.e[k].f.ntoken, want.ntoken);
		scan_free(s);
		end(&l);
	}
}

/* Nobody who trains: the mail is delivered. */
static void test_nobody_learns(void **state)
{
	struct lesson l;
	struct scan *s;

	(void)state;
	begin(&l, addresses);
	l.m.w.env.learn = NULL;
	s = feedback(&l, "bob@here.test", "spam@here.test", attached(l.m.w.a, 1));
	assert_int_equal(s->verdict.action, ACT_ACCEPT);
	scan_free(s);
	end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bands),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_auto),
		cmocka_unit_test(test_correspondent),
		cmocka_unit_test(test_correspondent_floods),
		cmocka_unit_test(test_cached_for_others),
		cmocka_unit_test(test_feedback),
		cmocka_unit_test(test_what_is_attached),
		cmocka_unit_test(test_nobody_learns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
