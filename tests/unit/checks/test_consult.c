/* One consultation of a language model, with a store and endpoints to order. */
#include "unit/checks/memory_world.h"

#include <stdio.h>

#include "checks/llm/consult.h"

#define MODEL "\"" MERLON_SRCDIR "/models/llm/openai.conf\""
#define ENDPOINT(name, more)                                                                       \
	"llm_endpoint \"" name "\" { url = \"http://127.0.0.1:9\" model = " MODEL " " more " }\n"

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

#define NOT_SAID ((struct http_reply){ .outcome = HTTP_OK, .status = 999 })

struct bench {
	struct memory_world m;
	struct scan *s;
	const struct opinion_config *k;
	struct llm_facts facts;
	struct board *board;
	struct consult c;
	struct http_reply said[OPINION_ENDPOINTS_MAX]; /* by endpoint, in the order of the file */
	unsigned asked[OPINION_ENDPOINTS_MAX];
	unsigned looks, appears; /* what another one hears appears at this look; 0: never */
	struct str record;
	bool down, ham, silent;
	const struct near *copy;
};

static const struct store_answer *ask_store(void *arg, const struct store_op *op)
{
	static const struct store_answer failed = { .status = STORE_FAILED };
	struct bench *b = arg;
	struct store_answer *a = ARENA_NEW(b->m.w.a, struct store_answer);

	if (b->down)
		return &failed;
	if (op->kind == STORE_GET && ++b->looks == b->appears)
		memory_store(&b->m, &(struct store_op){ .kind = b->record.n ? STORE_PUT : STORE_DEL,
							.key = op->key,
							.value = b->record,
							.ttl_ms = 10000 });
	*a = memory_store(&b->m, op);
	return a;
}

static const struct http_reply *ask_http(void *arg, struct str key, const struct http_request *r)
{
	struct bench *b = arg;

	(void)r;
	for (size_t i = 0; i < b->k->nendpoints; i++)
		if (str_eq(key, b->k->endpoint[i].cell)) {
			b->asked[i]++;
			return &b->said[i];
		}
	fail_msg("nobody knows %.*s", STR_ARG(key));
	return NULL;
}

/* An answer as a model gives it, to whatever canary was told. */
static const struct http_reply *answer_http(void *arg, struct str key, const struct http_request *r)
{
	struct bench *b = arg;
	struct http_reply *reply = ARENA_NEW(b->m.w.a, struct http_reply);
	const struct http_reply *told = ask_http(arg, key, r);

	if (told->status != 999 || b->silent)
		return b->silent ? NULL : told;
	*reply = (struct http_reply){
		.outcome = HTTP_OK,
		.status = 200,
		.body = arena_printf(
			b->m.w.a,
			"{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"role\":"
			"\"assistant\",\"content\":\"{\\\"canary\\\":\\\"%.*s\\\",\\\"label\\\":"
			"\\\"%s\\\",\\\"p_spam\\\":%s,\\\"p_phish\\\":0.1,\\\"reasons\\\":[],"
			"\\\"imitates\\\":\\\"\\\",\\\"note\\\":\\\"\\\"}\"}}],\"usage\":{"
			"\"prompt_tokens\":100,\"completion_tokens\":10}}",
			STR_ARG(b->c.q.canary), b->ham ? "ham" : "spam", b->ham ? "0.1" : "0.9"),
	};
	return reply;
}

static bool ask_pause(void *arg, struct str key, uint64_t ms)
{
	(void)arg;
	(void)key;
	(void)ms;
	return true;
}

static enum check_step start(struct bench *b)
{
	const struct opinion_site *site = &b->k->site[0];

	b->c = (struct consult){
		.s = b->s,
		.config = b->k,
		.site = site,
		.who = { STR("here.example"), STR("192.0.2.0/24"), STR("sender.test") },
		.facts = &b->facts,
		.copy = b->copy,
		.board = b->board,
		.world = { ask_store, answer_http, ask_pause, b },
	};
	return consult_run(&b->c);
}

static void consult(struct bench *b)
{
	assert_int_equal(start(b), CHECK_DONE);
	for (size_t i = 0; i < b->c.nnotes; i++)
		memory_store(&b->m, &b->c.note[i]);
}

static void open_bench(struct bench *b, const char *conf)
{
	static const struct check *const none[] = { NULL };
	char why[1200];

	*b = (struct bench){ 0 };
	memory_open(&b->m, none, "");
	b->s = memory_mail(&b->m, &(struct memory_mail){ .from = "a@sender.test",
							 .to = "b@here.example",
							 .headers = "From: a@sender.test\n" });
	b->k = load(b->m.w.a, conf, why);
	assert_string_equal(why, "");
	opinion_read(b->s, &b->facts);
	b->board = board_new();
	for (size_t i = 0; i < OPINION_ENDPOINTS_MAX; i++)
		b->said[i] = NOT_SAID;
}

static void close_bench(struct bench *b)
{
	board_free(b->board);
	scan_free(b->s);
	memory_close(&b->m);
}

/* The sums of every budget and of all that was spent. */
static void expect_spent(struct bench *b, double requests, double in, double out, double micros)
{
	struct budget_row row[BUDGET_ROWS + 1];
	size_t n = budget_rows(b->s, b->k, b->c.site, &b->c.who, b->c.wall_ms, false, row);

	assert_int_equal(n, 6);
	row[n++].key = budget_spent_key(b->s);
	for (size_t i = 0; i < n; i++) {
		struct store_op look = { .kind = STORE_ADD, .key = row[i].key };
		struct store_answer a = memory_store(&b->m, &look);
		if (a.sum[0] != requests || a.sum[1] != in || a.sum[2] != out || a.sum[3] != micros)
			fail_msg("record %zu: %g %g %g %g", i, a.sum[0], a.sum[1], a.sum[2],
				 a.sum[3]);
	}
}

#define ONE ENDPOINT("main", "price_in = 3 price_out = 7")
#define TWO ONE ENDPOINT("second", "priority = 20 price_in = 1 price_out = 1")

static void asks_once(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, ONE);
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_GIVEN);
	assert_int_equal(b.c.out.answer.label, LLM_SPAM);
	assert_int_equal(b.c.out.micros, 370);
	expect_spent(&b, 1, 100, 10, 370);
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_GIVEN);
	assert_true(b.c.out.cached && b.c.out.calls == 0 && b.c.out.p_spam == 0.9);
	assert_ptr_equal(b.c.out.endpoint, &b.k->endpoint[0]);
	assert_int_equal(b.asked[0], 1);
	memory_later(&b.m, INT64_C(8) * 86400000); /* longer than llm.cache_ttl */
	consult(&b);
	assert_int_equal(b.asked[0], 2);
	close_bench(&b);
}

/* Its message goes away while it is asked: what it reserved stays, its claim ends by itself. */
static void pays_for_who_hangs_up(void **state)
{
	struct bench b;
	struct store_op look = { .kind = STORE_ADD };
	struct budget_row row[BUDGET_ROWS];

	(void)state;
	open_bench(&b, ONE);
	b.silent = true;
	assert_int_equal(start(&b), CHECK_WAIT);
	b.silent = false;
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_SKIP_OTHER);
	memory_later(&b.m, (int64_t)b.k->timeout_ms + 2001);
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_GIVEN);
	assert_int_equal(b.asked[0], 2);
	assert_int_equal(budget_rows(b.s, b.k, b.c.site, &b.c.who, b.c.wall_ms, false, row), 6);
	look.key = row[1].key; /* of the day */
	assert_true(memory_store(&b.m, &look).sum[BUDGET_REQUESTS] == 2);
	look.key = budget_spent_key(b.s);
	assert_true(memory_store(&b.m, &look).sum[BUDGET_REQUESTS] == 1);
	close_bench(&b);
}

static void waits_for_another(void **state)
{
	struct bench b;
	struct str key;

	(void)state;
	open_bench(&b, ONE);
	consult(&b);
	key = b.c.key;
	b.record = memory_store(&b.m, &(struct store_op){ .kind = STORE_GET, .key = key }).value;
	struct store_op claim = {
		.kind = STORE_PUT, .key = key, .value = STR("?another"), .ttl_ms = 100000
	};
	memory_store(&b.m, &claim);
	b.appears = 4, b.looks = 0;
	consult(&b);
	assert_true(b.c.out.skip == OPINION_GIVEN && b.c.out.cached && b.looks == 4);
	memory_store(&b.m, &claim);
	b.record = STR(""), b.looks = 0; /* he gives up */
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_SKIP_OTHER);
	assert_string_equal(b.c.out.detail, "gave up");
	memory_store(&b.m, &claim);
	b.appears = 0; /* nothing ever comes */
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_SKIP_OTHER);
	assert_string_equal(b.c.out.detail, "timeout");
	assert_int_equal(b.asked[0], 1);
	memory_store(&b.m, &(struct store_op){ .kind = STORE_PUT, .key = key, .value = STR("=x") });
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_SKIP_STORE); /* no answer at all */
	close_bench(&b);
}

static const struct {
	const char *conf;
	enum opinion_skip skip;
	const char *what;
} budgets[] = {
	{ "llm { requests_day = 1 }", OPINION_SKIP_BUDGET, "requests day" },
	{ "llm { requests_minute = 1 }", OPINION_SKIP_BUDGET, "requests minute" },
	{ "llm { site_requests_day = 1 }", OPINION_SKIP_BUDGET, "requests day" },
	{ "llm { tokens_day = 300 }", OPINION_SKIP_BUDGET, "tokens day" },
	{ "llm { money_day = 0.001 }", OPINION_SKIP_BUDGET, "money day" },
	{ "llm { sender_calls = 1 }", OPINION_SKIP_SENDER, "requests sender" },
};

/* What is refused is spent by nobody, and the next one may try. */
static void keeps_to_budgets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
		struct arena *a = arena_new(0);
		struct bench b;
		double calls;
		open_bench(&b, arena_printf(a, "%s\n%s", budgets[i].conf, ONE).p);
		consult(&b); /* tokens and money: not even one fits */
		calls = b.asked[0];
		memory_store(&b.m, &(struct store_op){ .kind = STORE_DEL, .key = b.c.key });
		consult(&b);
		assert_int_equal(b.c.out.skip, budgets[i].skip);
		assert_string_equal(b.c.out.detail, budgets[i].what);
		assert_int_equal(b.asked[0], calls);
		expect_spent(&b, calls, calls * 100, calls * 10, calls * 370);
		assert_int_equal(
			memory_store(&b.m, &(struct store_op){ .kind = STORE_GET, .key = b.c.key })
				.status,
			STORE_NONE);
		close_bench(&b);
		arena_free(a);
	}
}

static const struct {
	struct http_reply reply;
	bool charged; /* with all that it can have cost */
	bool asked;   /* it left this host */
	const char *why;
} failing[] = {
	{ { .outcome = HTTP_TIMEOUT, .sent = true }, true, true, "timeout" },
	{ { .outcome = HTTP_TIMEOUT }, false, true, "timeout" },
	{ { .outcome = HTTP_GARBAGE, .sent = true }, true, true, "garbage" },
	{ { .outcome = HTTP_TOO_LARGE, .sent = true }, true, true, NULL },
	{ { .outcome = HTTP_UNREACHABLE }, false, true, NULL },
	{ { .outcome = HTTP_UNREACHABLE, .sent = true }, true, true, NULL },
	{ { .outcome = HTTP_TLS }, false, true, "tls" },
	{ { .outcome = HTTP_OK, .status = 400, .body = STR("{\"error\":\"x\"}") },
	  false,
	  true,
	  "status 400" },
	{ { .outcome = HTTP_OK, .status = 408 }, true, true, "status 408" },
	{ { .outcome = HTTP_OK, .status = 504 }, true, true, "status 504" },
	{ { .outcome = HTTP_OK, .status = 500 }, false, true, "status 500" },
	{ { .outcome = HTTP_OK, .status = 204 }, false, true, "status 204" },
	{ { .outcome = HTTP_BUSY }, false, false, NULL },
	{ { .outcome = HTTP_OFF }, false, false, NULL },
};

static void fails_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
		struct spending most;
		struct bench b;
		open_bench(&b, TWO);
		b.said[0] = failing[i].reply;
		consult(&b);
		assert_int_equal(b.c.out.skip, OPINION_GIVEN);
		assert_str(b.c.out.endpoint->name, "second");
		assert_int_equal(b.c.out.calls, failing[i].asked ? 2 : 1);
		most = budget_estimate(&b.k->endpoint[0], &b.c.q);
		expect_spent(&b, b.c.out.calls,
			     100 + (failing[i].charged ? (double)most.sum[1] : 0),
			     10 + (failing[i].charged ? (double)most.sum[2] : 0),
			     110 + (failing[i].charged ? (double)most.sum[3] : 0));
		close_bench(&b);
	}
}

static void says_that_all_failed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
		struct bench b;
		open_bench(&b, ONE);
		b.said[0] = failing[i].reply;
		consult(&b);
		assert_int_equal(b.c.out.skip,
				 failing[i].asked ? OPINION_SKIP_FAILED : OPINION_SKIP_ENDPOINT);
		if (failing[i].why)
			assert_string_equal(b.c.out.detail, failing[i].why);
		b.said[0] = NOT_SAID; /* the claim is given up: who comes next asks */
		consult(&b);
		assert_int_equal(b.c.out.skip, OPINION_GIVEN);
		close_bench(&b);
	}
}

static void leaves_alone_who_asks_for_it(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, ONE);
	b.said[0] =
		(struct http_reply){ .outcome = HTTP_OK, .status = 429, .retry_after = STR("9") };
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_SKIP_FAILED);
	assert_true(board_is_off(board_cell(b.board, STR("llm:main"))));
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_SKIP_ENDPOINT);
	assert_int_equal(b.asked[0], 1);
	close_bench(&b);
}

/* An answer that counts for nothing costs what it costs, and is not asked for again at once. */
static void keeps_faults_for_a_while(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, ONE);
	b.said[0] = (struct http_reply){
		.outcome = HTTP_OK,
		.status = 200,
		.body = STR("{\"choices\":[{\"finish_reason\":\"length\",\"message\":{\"content\":"
			    "\"\"}}],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":256}}"),
	};
	for (unsigned i = 0; i < 2; i++) {
		consult(&b);
		assert_int_equal(b.c.out.skip, OPINION_SKIP_FAULT);
		assert_int_equal(b.c.out.answer.fault, LLM_CUT);
		assert_int_equal(b.asked[0], 1);
	}
	expect_spent(&b, 1, 50, 256, 50 * 3 + 256 * 7);
	memory_later(&b.m, 61000);
	consult(&b);
	assert_int_equal(b.asked[0], 2);
	close_bench(&b);
}

#define FILTERED                                                                                   \
	"{\"error\":{\"code\":\"content_filter\",\"message\":\"x\",\"innererror\":{\"code\":"      \
	"\"ResponsibleAIPolicyViolation\"}}}"

/* What a provider's filter refuses is an answer: paid, kept, and no fault of the endpoint, or five
 * such mails would switch it off for all. */
static void bears_refusals(void **state)
{
	(void)state;
	for (unsigned status = 200; status <= 400; status += 200) {
		struct bench b;
		struct spending most;
		open_bench(&b, TWO);
		b.said[0] = (struct http_reply){ .outcome = HTTP_OK,
						 .status = status,
						 .body = STR(FILTERED) };
		for (unsigned i = 0; i < 2 * BOARD_OPENS_AFTER; i++) {
			consult(&b);
			assert_int_equal(b.c.out.skip, OPINION_SKIP_FAULT);
			assert_int_equal(b.c.out.answer.fault, LLM_REFUSED);
			assert_int_equal(b.asked[0], i / 2 + 1);
			memory_later(&b.m, i % 2 ? 61000 : 0);
		}
		assert_int_equal(b.asked[1], 0);
		assert_false(board_is_off(board_cell(b.board, STR("llm:main"))));
		most = budget_estimate(&b.k->endpoint[0], &b.c.q);
		assert_int_equal(most.sum[0], 1);
		assert_true(b.c.out.cached || b.c.out.micros == most.sum[3]);
		close_bench(&b);
	}
}

/* What is reserved is enough for the dearest one that may be asked. */
static void reserves_for_the_dearest(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, "llm { money_day = 0.001 }\n" ENDPOINT("free", "")
			       ENDPOINT("dear", "priority = 20 price_in = 3 price_out = 7"));
	b.said[0] = (struct http_reply){ .outcome = HTTP_UNREACHABLE };
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_SKIP_BUDGET);
	assert_string_equal(b.c.out.detail, "money day");
	assert_int_equal(b.asked[0] + b.asked[1], 0);
	close_bench(&b);
}

static const struct {
	unsigned same; /* bands */
	bool asked;
} twins[] = { { 10, false }, { 4, false }, { 3, true }, { 0, true } };

/* Texts with other digests and some bands in common. What was called ham is asked about again. */
/* The same where the first endpoint is down and another model answered. */
static void knows_them_from_another_model(void **state)
{
	struct near same = { .has_text = true };
	struct bench b;

	(void)state;
	open_bench(&b,
		   ENDPOINT("main", "") "llm_endpoint \"second\" { url = \"http://127.0.0.1:9\" "
					"model = \"" MERLON_SRCDIR
					"/models/llm/vllm.conf\" priority = 20 }\n");
	for (unsigned k = 0; k < NEAR_BANDS; k++)
		same.band[k] = k + 1;
	b.said[0] = (struct http_reply){ .outcome = HTTP_UNREACHABLE };
	b.copy = &same;
	consult(&b);
	assert_int_equal(b.asked[1], 1);
	scan_free(b.s);
	b.s = memory_mail(&b.m, &(struct memory_mail){ .from = "a@sender.test",
						       .to = "b@here.example",
						       .headers = "From: a@sender.test\n",
						       .body = "another text\n" });
	opinion_read(b.s, &b.facts);
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_GIVEN);
	assert_true(b.c.out.cached);
	assert_int_equal(b.asked[1], 1);
	close_bench(&b);
}

static void knows_nearly_equal_texts(void **state)
{
	struct near first = { .has_text = true }, other = { .has_text = true };

	(void)state;
	for (size_t i = 0; i < sizeof twins / sizeof *twins * 2; i++) {
		bool ham = i & 1;
		struct bench b;
		open_bench(&b, ONE);
		for (unsigned k = 0; k < NEAR_BANDS; k++) {
			first.band[k] = k + 1;
			other.band[k] = k < twins[i / 2].same ? k + 1 : k + 100;
		}
		b.copy = &first, b.ham = ham;
		consult(&b);
		b.copy = &other;
		scan_free(b.s);
		b.s = memory_mail(&b.m, &(struct memory_mail){ .from = "a@sender.test",
							       .to = "b@here.example",
							       .headers = "From: a@sender.test\n",
							       .body = "another text\n" });
		opinion_read(b.s, &b.facts);
		consult(&b);
		assert_int_equal(b.c.out.skip, OPINION_GIVEN);
		assert_int_equal(b.asked[0], ham || twins[i / 2].asked ? 2 : 1);
		assert_int_equal(b.c.out.cached, !ham && !twins[i / 2].asked);
		close_bench(&b);
	}
}

static void does_nothing_without_the_store(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, ONE);
	b.down = true;
	consult(&b);
	assert_int_equal(b.c.out.skip, OPINION_SKIP_STORE);
	assert_int_equal(b.asked[0], 0);
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_once),
		cmocka_unit_test(waits_for_another),
		cmocka_unit_test(keeps_to_budgets),
		cmocka_unit_test(fails_over),
		cmocka_unit_test(says_that_all_failed),
		cmocka_unit_test(pays_for_who_hangs_up),
		cmocka_unit_test(leaves_alone_who_asks_for_it),
		cmocka_unit_test(keeps_faults_for_a_while),
		cmocka_unit_test(bears_refusals),
		cmocka_unit_test(reserves_for_the_dearest),
		cmocka_unit_test(knows_nearly_equal_texts),
		cmocka_unit_test(knows_them_from_another_model),
		cmocka_unit_test(does_nothing_without_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
