/* The second opinion of a language model: its options, limits, and who is asked about. */
#include "unit/checks/memory_world.h"

#include <stdio.h>

#include "checks/llm/consult.h"

#define MODEL "\"" MERLON_SRCDIR "/models/llm/openai.conf\""
#define ENDPOINT(name, more)                                                                       \
	"llm_endpoint \"" name "\" { url = \"http://127.0.0.1:9\" model = " MODEL " " more " }\n"

/* ---- options ---- */

static void fault(void *arg, const char *line)
{
	snprintf(arg, 1200, "%s", line);
}

/* What is wrong with it; "" if nothing is. */
static const struct opinion_config *load(struct arena *a, const char *text, char why[1200])
{
	static const struct conf_opt *const tables[] = { opinion_options, NULL };
	const struct conf *c;
	const void *k = NULL;
	struct err e;

	why[0] = '\0';
	c = conf_load_text(a, "test.conf", str_c(text), tables, fault, why);
	if (c && opinion_setup(a, c, &k, &e) < 0) {
		snprintf(why, 1200, "%s", e.text);
		return NULL;
	}
	return k;
}

static const struct {
	const char *text, *fault;
} refused[] = {
	{ "llm { mode = on }", "test.conf:1: llm.mode: there is no section llm_endpoint" },
	{ "\nllm_site \"a.example\" { mode = shadow }", "there is no section llm_endpoint" },
	{ "llm { mode = maybe }", "test.conf:1: llm.mode" },
	{ "llm { band = 5 }", "llm.band" },
	{ "llm { band = \"9..2\" }", "two scores" },
	{ "llm { band = \"2..x\" }", "two scores" },
	{ "llm { effect_min = 1 }", "llm.effect_min" },
	{ "llm { effect_max = -1 }", "llm.effect_max" },
	{ "llm { audit = 101 }", "llm.audit" },
	{ "llm { privacy = none }", "llm.privacy" },
	{ "llm_endpoint \"a\" { url = \"ftp://x/\" model = " MODEL " }", "llm_endpoint.*.url" },
	{ "llm_endpoint \"a\" { url = \"http://127.0.0.1:9\" }", "found no model" },
	{ "llm_endpoint \"a\" { model = " MODEL " }", "found no url" },
	{ "\n\nllm_endpoint \"a\" { url = \"http://127.0.0.1:9\" model = \"/nonexistent.conf\" }",
	  "test.conf:3: llm_endpoint \"a\": model: /nonexistent.conf" },
	{ ENDPOINT("a", "key_file = \"/nonexistent\""), "key_file: /nonexistent" },
	{ ENDPOINT("a", "key_file = \"name\""), "CREDENTIALS_DIRECTORY" },
	{ ENDPOINT("a", "cert = \"/etc/passwd\""), "both a certificate and its key" },
	{ ENDPOINT("a", "ca = \"/nonexistent\""), "ca: /nonexistent" },
	{ ENDPOINT("a", "headers = {\"no colon\"}"), "headers" },
	{ ENDPOINT("a", "headers = {\"a: b\\r\\nc: d\"}"), "headers" },
	{ ENDPOINT("a", "max_inflight = 0"), "max_inflight" },
	{ ENDPOINT("a", "") "llm_site \"a..b\" { mode = on }", "expected a domain" },
	{ ENDPOINT("a", "") "llm_site \"a.example\" { endpoints = {\"b\"} }",
	  "test.conf:2: llm_site \"a.example\": endpoints: found \"b\"" },
	{ ENDPOINT("a", "") "llm_site \"a.example\" { endpoints = {\"a\", \"a\"} }",
	  "expected the name of an llm_endpoint, once" },
};

static void refuses_nonsense(void **state)
{
	char why[1200];

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct arena *a = arena_new(0);
		assert_null(load(a, refused[i].text, why));
		if (!strstr(why, refused[i].fault))
			fail_msg("%s: got \"%s\", expected \"%s\"", refused[i].text, why,
				 refused[i].fault);
		arena_free(a);
	}
}

static void reads_sites(void **state)
{
	struct arena *a = arena_new(0);
	char why[1200];
	const struct opinion_config *k = load(
		a,
		"llm { privacy = full requests_day = 10 site_tokens_day = 5 money_day = 0.25 "
		"}\n" ENDPOINT("late", "priority = 20") ENDPOINT(
			"early",
			"priority = 5 price_in = 2") "llm_site \"a.example\" { mode = on privacy = "
						     "features endpoints = {\"late\"} "
						     "tokens_day = 7 }\nllm_site "
						     "\"deep.a.example\" { mode = shadow }\n",
		why);
	const struct opinion_site *site;

	(void)state;
	assert_string_equal(why, "");
	assert_int_equal(k->mode, OPINION_ON);
	assert_int_equal(k->limit[OPINION_DAY].requests, 10);
	assert_int_equal(k->limit[OPINION_DAY].micros, 250000);
	site = opinion_site(k, STR("other.example"));
	assert_int_equal(site->mode, OPINION_OFF);
	assert_int_equal(site->nendpoints, 2);
	assert_str(site->endpoint[0]->name, "early");
	assert_int_equal(opinion_cost(site->endpoint[0], 1000, 1000), 2000);
	site = opinion_site(k, STR("x.a.example"));
	assert_int_equal(site->privacy, LLM_FEATURES);
	assert_int_equal(site->nendpoints, 1);
	assert_str(site->endpoint[0]->name, "late");
	assert_int_equal(site->limit[OPINION_DAY].tokens, 7);
	site = opinion_site(k, STR("deep.a.example"));
	assert_int_equal(site->mode, OPINION_SHADOW);
	assert_int_equal(site->limit[OPINION_DAY].tokens, 5);
	assert_str(opinion_site(k, STR("nota.example"))->domain, "");
	/* Mail to two of them. */
	for (unsigned i = 0; i < 2; i++) {
		const struct opinion_site *wide = opinion_site(k, STR("deep.a.example"));
		site = opinion_site(k, STR("a.example"));
		site = i ? opinion_site_join(a, wide, site) : opinion_site_join(a, site, wide);
		assert_int_equal(site->mode, OPINION_SHADOW);
		assert_int_equal(site->privacy, LLM_FEATURES);
		assert_int_equal(site->nendpoints, 1);
		assert_str(site->endpoint[0]->name, "late");
		assert_int_equal(site->limit[OPINION_DAY].tokens, i ? 5 : 7);
	}
	arena_free(a);
}

/* ---- limits ---- */

static const struct {
	struct opinion_limits limit;
	double sum[STORE_SUMS];
	const char *over;
} sums[] = {
	{ { 0, 0, 0 }, { 1e9, 1e9, 1e9, 1e15 }, NULL },
	{ { 5, 0, 0 }, { 5, 0, 0, 0 }, NULL },
	{ { 5, 0, 0 }, { 6, 0, 0, 0 }, "requests" },
	{ { 0, 100, 0 }, { 1, 60, 40, 0 }, NULL },
	{ { 0, 100, 0 }, { 1, 60, 41, 0 }, "tokens" },
	{ { 0, 0, 1000 }, { 1, 0, 0, 1000 }, NULL },
	{ { 0, 0, 1000 }, { 1, 0, 0, 1001 }, "money" },
	{ { 5, 100, 1000 }, { 6, 200, 0, 2000 }, "requests" },
};

static void knows_limits(void **state)
{
	struct budget_row row = { .key = STR("k"), .ttl_ms = 5 };
	struct spending was = { { 1, 100, 256, 50 } }, is = { { 2, 90, 20, 50 } };
	struct store_op op;

	(void)state;
	for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
		const char *got = budget_over(&sums[i].limit, sums[i].sum);
		if (!got != !sums[i].over || (got && strcmp(got, sums[i].over) != 0))
			fail_msg("row %zu: got %s", i, got ? got : "nothing");
	}
	assert_true(budget_correct(&row, &was, &is, &op));
	assert_true(op.delta[0] == 1 && op.delta[1] == -10 && op.delta[2] == -236 &&
		    op.delta[3] == 0);
	assert_false(budget_correct(&row, &was, &was, &op));
	op = budget_op(&row, &was, true);
	assert_true(op.delta[0] == -1 && op.delta[3] == -50);
}

/* ---- who is asked about ---- */

#define PGP(text)                                                                                  \
	"-----BEGIN PGP MESSAGE-----\nVersion: 1\n\nhQEMA0JhYmVsMQf+K/9x\n" text                   \
	"=aBcD\n-----END PGP MESSAGE-----\n"
#define LINE "You have won a million, and all that we need is your bank account today.\n"
#define OFFER LINE LINE LINE LINE

#define ONE ENDPOINT("main", "price_in = 3 price_out = 7")

static const struct {
	const char *symbols, *user, *ip, *body;
	enum opinion_skip skip;
} mails[] = {
	{ "test/A=1.9", NULL, NULL, NULL, OPINION_SKIP_BAND },
	{ "test/A=2", NULL, NULL, NULL, OPINION_SKIP_ENDPOINT },
	{ "test/A=9", NULL, NULL, NULL, OPINION_SKIP_ENDPOINT },
	{ "test/A=9.1", NULL, NULL, NULL, OPINION_SKIP_BAND },
	{ "test/A=-5", NULL, NULL, NULL, OPINION_SKIP_BAND },
	{ "test/ASKS=0 test/A=-5", NULL, NULL, NULL, OPINION_SKIP_ENDPOINT },
	{ "test/ASKS=0 test/A=20", NULL, NULL, NULL, OPINION_SKIP_BAND },
	{ "test/A=5", "bob", NULL, NULL, OPINION_SKIP_OURS },
	{ "test/A=5", NULL, NULL, "-----BEGIN PGP MESSAGE-----\n", OPINION_SKIP_ENCRYPTED },
	{ "test/A=5", NULL, NULL, PGP("") "Regards\nBob\n", OPINION_SKIP_ENCRYPTED },
	{ "test/A=5", NULL, NULL, OFFER PGP(""), OPINION_SKIP_ENDPOINT },
	{ "test/A=5", NULL, NULL, PGP("") OFFER, OPINION_SKIP_ENDPOINT },
	{ "test/A=5", NULL, NULL, PGP(OFFER), OPINION_SKIP_ENDPOINT },
	{ "test/A=5", NULL, NULL, "see -----BEGIN PGP MESSAGE----- there\n",
	  OPINION_SKIP_ENDPOINT },
};

static void chooses_its_mail(void **state)
{
	static const struct check *const checks[] = { &check_llm, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof mails / sizeof *mails; i++) {
		const struct opinion_facts *f;
		struct memory_world m;
		struct scan *s;
		memory_open(&m, checks, "llm { mode = on audit = 0 triggers = {ASKS} }\n" ONE);
		m.symbols = mails[i].symbols;
		s = memory_mail(&m, &(struct memory_mail){ .from = "a@sender.test",
							   .to = "b@here.example",
							   .headers = "From: a@sender.test\n",
							   .user = mails[i].user,
							   .ip = mails[i].ip,
							   .body = mails[i].body });
		f = scan_result(s, &check_llm);
		assert_non_null(f);
		if (f->o.skip != mails[i].skip)
			fail_msg("mail %zu: %s, expected %s", i, opinion_skip_word(f->o.skip),
				 opinion_skip_word(mails[i].skip));
		scan_free(s);
		memory_close(&m);
	}
}

static const struct {
	const char *to;
	enum opinion_skip skip;
} several[] = {
	{ "b@here.example", OPINION_SKIP_ENDPOINT },
	{ "b@here.example c@here.example", OPINION_SKIP_ENDPOINT },
	{ "c@silent.example", OPINION_SKIP_OFF },
	{ "b@here.example c@silent.example", OPINION_SKIP_OFF },
	{ "c@silent.example b@here.example", OPINION_SKIP_OFF },
};

/* One text is sent, so the strictest of its recipients' sites decides. */
static void heeds_all_recipients(void **state)
{
	static const struct check *const checks[] = { &check_llm, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof several / sizeof *several; i++) {
		const struct opinion_facts *f;
		struct memory_world m;
		struct scan *s;
		memory_open(&m, checks,
			    "llm { mode = on audit = 0 }\n" ONE
			    "llm_site \"silent.example\" { mode = off }\n");
		m.symbols = "test/A=5";
		s = memory_mail(&m, &(struct memory_mail){ .from = "a@sender.test",
							   .to = several[i].to,
							   .headers = "From: a@sender.test\n" });
		f = scan_result(s, &check_llm);
		assert_non_null(f);
		if (f->o.skip != several[i].skip)
			fail_msg("%s: %s", several[i].to, opinion_skip_word(f->o.skip));
		scan_free(s);
		memory_close(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_nonsense),	cmocka_unit_test(reads_sites),
		cmocka_unit_test(knows_limits),		cmocka_unit_test(chooses_its_mail),
		cmocka_unit_test(heeds_all_recipients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
