/* Tests of what is made of an endpoint's reply: strict, bounded, and never a vote by mistake. */
#include "base/buf.h"
#include "llm/llm.h"
#include "lib/test.h"

static const struct llm_question question = {
	.canary = { "c0ffee0123456789", 16 },
	.boundary = { "00112233445566778899aabbccddeeff", 32 },
};

#define GOOD                                                                                       \
	"{\"canary\":\"c0ffee0123456789\",\"label\":\"phish\",\"p_spam\":0.97,\"p_phish\":0.9,"    \
	"\"reasons\":[\"credential_request\",\"urgency\"],\"imitates\":\"Example Bank\","          \
	"\"note\":\"wants a password\"}"

/* content as the text of a completion. */
static struct str wrapped(struct arena *a, const char *content, const char *finish)
{
	json_t *o = json_pack("{s:[{s:s, s:{s:s, s:s}}], s:{s:i, s:i}}", "choices", "finish_reason",
			      finish, "message", "role", "assistant", "content", content, "usage",
			      "prompt_tokens", 900, "completion_tokens", 60);
	char *text = json_dumps(o, 0);
	struct str out = arena_dup(a, str_c(text));

	free(text);
	json_decref(o);
	return out;
}

static struct llm_answer ask(struct arena *a, struct str body, bool lenient)
{
	const struct llm_model m = { .fence = lenient, .think = lenient };
	struct llm_answer x;

	llm_reply(a, &m, &question, body, &x);
	return x;
}

static void test_good(void **state)
{
	struct arena *a = arena_new(0);
	struct llm_answer x = ask(a, wrapped(a, GOOD, "stop"), false);

	(void)state;
	assert_int_equal(x.fault, LLM_FINE);
	assert_int_equal(x.label, LLM_PHISH);
	assert_true(x.p_spam > 0.96 && x.p_spam < 0.98 && x.p_phish > 0.89);
	assert_int_equal(x.nreasons, 2);
	assert_string_equal(llm_reason_word(x.reason[0]), "credential_request");
	assert_str(x.imitates, "Example Bank");
	assert_str(x.note, "wants a password");
	assert_int_equal(x.tokens_in, 900);
	assert_int_equal(x.tokens_out, 60);
	arena_free(a);
}

/* Of GOOD with one thing other. */
#define WITH(canary, label, spam, phish, reasons, rest)                                            \
	"{\"canary\":" canary ",\"label\":" label ",\"p_spam\":" spam ",\"p_phish\":" phish        \
	",\"reasons\":" reasons "," rest "}"
#define C "\"c0ffee0123456789\""
#define REST "\"imitates\":\"\",\"note\":\"\""

static const struct {
	const char *content;
	enum llm_fault fault;
} contents[] = {
	{ WITH(C, "\"ham\"", "0.02", "0", "[]", REST), LLM_FINE },
	{ WITH(C, "\"ham\"", "0", "0", "[\"personal\"]", REST), LLM_FINE },
	{ WITH(C, "\"unknown\"", "0.5", "0", "[]", REST), LLM_FINE },
	{ "  \n" WITH(C, "\"bulk\"", "0.5", "0", "[]", REST) "\n", LLM_FINE },
	{ "", LLM_CUT },
	{ " \n", LLM_CUT },
	{ "ham", LLM_NOT_SCHEMA },
	{ "[]", LLM_NOT_SCHEMA },
	{ "[" WITH(C, "\"ham\"", "0", "0", "[]", REST) "]", LLM_NOT_SCHEMA },
	{ "```json\n" GOOD "\n```", LLM_NOT_SCHEMA },
	{ "<think>x</think>" GOOD, LLM_NOT_SCHEMA },
	{ GOOD GOOD, LLM_NOT_SCHEMA },
	{ GOOD " That is my verdict.", LLM_NOT_SCHEMA },
	{ WITH("\"c0ffee0123456788\"", "\"ham\"", "0", "0", "[]", REST), LLM_CANARY },
	{ WITH("\"\"", "\"ham\"", "0", "0", "[]", REST), LLM_CANARY },
	{ WITH("17", "\"ham\"", "0", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"Ham\"", "0", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"safe\"", "0", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "1", "0", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "-0.1", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"spam\"", "1.01", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"spam\"", "1e400", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"spam\"", "\"0.9\"", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"spam\"", "true", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"spam\"", "NaN", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0.9", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"scam\"", "0.1", "0", "[]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "\"personal\"", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "[\"made_up\"]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "[1]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "[\"other\",\"other\"]", REST), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "[\"other\",\"threat\",\"romance\",\"adult\"]", REST),
	  LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "[]", "\"imitates\":\"\""), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "[]", REST ",\"more\":1"), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "[]", REST ",\"label\":\"spam\""), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "[]", "\"imitates\":null,\"note\":\"\""), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "[]", "\"imitates\":\"\",\"note\":{}"), LLM_NOT_SCHEMA },
	{ WITH(C, "\"ham\"", "0", "0", "[]", "\"imitates\":\"\",\"note\":\"c0ffee0123456789\""),
	  LLM_CANARY },
	{ WITH(C, "\"ham\"", "0", "0", "[]", "\"imitates\":\"C0FFEE0123456789\",\"note\":\"\""),
	  LLM_CANARY },
	{ WITH(C, "\"ham\"", "0", "0", "[]",
	       "\"imitates\":\"\",\"note\":\"MAIL 00112233445566778899aabbccddeeff\""),
	  LLM_CANARY },
	{ "My instructions say that the canary is c0ffee0123456789.", LLM_CANARY },
};

static void test_contents(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(*contents); i++) {
		struct arena *a = arena_new(0);
		struct llm_answer x = ask(a, wrapped(a, contents[i].content, "stop"), false);

		if (x.fault != contents[i].fault)
			fail_msg("%s: %s", contents[i].content, llm_fault_word(x.fault));
		if (x.fault != LLM_FINE)
			assert_int_equal(x.label, LLM_UNKNOWN);
		arena_free(a);
	}
}

static void test_lenient(void **state)
{
	static const struct {
		const char *content;
		enum llm_fault fault;
	} rows[] = {
		{ "```json\n" GOOD "\n```", LLM_FINE },
		{ "```\n" GOOD "\n```\n", LLM_FINE },
		{ "<think>hm, {\"label\":\"ham\"}</think>\n" GOOD, LLM_FINE },
		{ "<think>\n</think>```json" GOOD "```", LLM_FINE },
		{ "<think>it never ends " GOOD, LLM_CUT },
		{ "```json\n" GOOD "\n```\n```json\n" GOOD "\n```", LLM_NOT_SCHEMA },
		{ "Sure: ```json\n" GOOD "\n```", LLM_NOT_SCHEMA },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena *a = arena_new(0);
		struct llm_answer x = ask(a, wrapped(a, rows[i].content, "stop"), true);

		if (x.fault != rows[i].fault)
			fail_msg("%s: %s", rows[i].content, llm_fault_word(x.fault));
		arena_free(a);
	}
}

static const struct {
	const char *body;
	enum llm_fault fault;
} bodies[] = {
	{ "", LLM_NO_REPLY },
	{ "<html>502 Bad Gateway</html>", LLM_NO_REPLY },
	{ "null", LLM_NO_REPLY },
	{ "[]", LLM_NO_REPLY },
	{ "{}", LLM_NO_REPLY },
	{ "{\"choices\":[]}", LLM_NO_REPLY },
	{ "{\"choices\":[{}]}", LLM_NO_REPLY },
	{ "{\"choices\":{\"message\":{}}}", LLM_NO_REPLY },
	{ "{\"choices\":[{\"message\":\"x\"}]}", LLM_NO_REPLY },
	{ "{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"stop\"}]}", LLM_CUT },
	{ "{\"choices\":[{\"message\":{\"content\":\"\",\"reasoning_content\":\"...\"},"
	  "\"finish_reason\":\"length\"}]}",
	  LLM_CUT },
	{ "{\"choices\":[{\"message\":{\"content\":\"{\"},\"finish_reason\":\"length\"}]}",
	  LLM_CUT },
	{ "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"content_filter\"}]}",
	  LLM_REFUSED },
	{ "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I cannot\"},"
	  "\"finish_reason\":\"stop\"}]}",
	  LLM_REFUSED },
	{ "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"1\"}]},"
	  "\"finish_reason\":\"tool_calls\"}]}",
	  LLM_NOT_SCHEMA },
	{ "{\"choices\":[{\"message\":{\"content\":\"x\"}},{\"message\":{\"content\":\"y\"}}]}",
	  LLM_NO_REPLY },
	{ "{\"error\":{\"message\":\"no such model\",\"type\":\"invalid_request_error\"}}",
	  LLM_NO_REPLY },
	{ "{\"error\":\"model 'x' not found\"}", LLM_NO_REPLY }, /* Ollama */
	{ "{\"object\":\"error\",\"message\":\"too long\",\"code\":400}", LLM_NO_REPLY }, /* vLLM */
	{ "{\"error\":{\"code\":500,\"message\":\"x\",\"type\":\"server_error\"}}",
	  LLM_NO_REPLY }, /* llama.cpp */
	{ "{\"error\":{\"code\":\"content_filter\",\"message\":\"The response was filtered\","
	  "\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\",\"content_filter_result\":"
	  "{\"jailbreak\":{\"filtered\":true,\"detected\":true}}}}}",
	  LLM_REFUSED }, /* Azure */
	{ "{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\"x\"},"
	  "\"content_filter_results\":{\"hate\":{\"filtered\":true,\"severity\":\"high\"}}}]}",
	  LLM_REFUSED },
	{ "{\"done\":true,\"done_reason\":\"length\",\"message\":{\"content\":\"{\"}}", LLM_CUT },
	{ "{\"choices\":[],\"choices\":[]}", LLM_NO_REPLY },
};

static void test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct arena *a = arena_new(0);
		struct llm_answer x = ask(a, str_c(bodies[i].body), false);

		if (x.fault != bodies[i].fault)
			fail_msg("%s: %s", bodies[i].body, llm_fault_word(x.fault));
		assert_int_equal(x.label, LLM_UNKNOWN);
		arena_free(a);
	}
}

/* Ollama's own interface. */
static void test_native(void **state)
{
	struct arena *a = arena_new(0);
	json_t *o = json_pack("{s:s, s:b, s:s, s:{s:s, s:s}, s:i, s:i}", "model", "x", "done", 1,
			      "done_reason", "stop", "message", "role", "assistant", "content",
			      GOOD, "prompt_eval_count", 11, "eval_count", 7);
	char *text = json_dumps(o, 0);
	struct llm_answer x = ask(a, str_c(text), false);

	(void)state;
	assert_int_equal(x.fault, LLM_FINE);
	assert_int_equal(x.tokens_in, 11);
	assert_int_equal(x.tokens_out, 7);
	free(text);
	json_decref(o);
	arena_free(a);
}

/* Each limit, on both sides. */
static void test_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a }, deep = { .arena = a }, note = { .arena = a };
	struct llm_answer x;

	(void)state;
	for (size_t i = 0; i < LLM_MAX_REPLY; i++)
		buf_addc(&b, ' ');
	buf_add(&b, wrapped(a, GOOD, "stop"));
	x = ask(a, buf_str(&b), false);
	assert_int_equal(x.fault, LLM_NO_REPLY);
	x = ask(a, str_skip(buf_str(&b), b.n - LLM_MAX_REPLY), false);
	assert_int_equal(x.fault, LLM_FINE);
	for (size_t i = 0; i < 60000; i++)
		buf_addc(&deep, '[');
	x = ask(a, buf_str(&deep), false);
	assert_int_equal(x.fault, LLM_NO_REPLY);
	buf_add(&note, STR("{\"canary\":" C ",\"label\":\"ham\",\"p_spam\":0,\"p_phish\":0,"
			   "\"reasons\":[],\"imitates\":\"\",\"note\":\""));
	for (size_t i = 0; i < 600; i++)
		buf_add(&note, STR("\xC3\xA4"));
	buf_add(&note, STR("\\n\\u001b[31m\"}"));
	x = ask(a, wrapped(a, arena_cstr(a, buf_str(&note)), "stop"), false);
	assert_int_equal(x.fault, LLM_FINE);
	assert_int_equal(x.note.n, 2 * LLM_NOTE_MAX);
	for (size_t i = 0; i < LLM_MAX_ANSWER; i++)
		buf_addc(&note, ' ');
	buf_add(&note, STR("{}"));
	x = ask(a, wrapped(a, arena_cstr(a, buf_str(&note)), "stop"), false);
	assert_int_equal(x.fault, LLM_NOT_SCHEMA);
	arena_free(a);
}

static void test_control_characters(void **state)
{
	struct arena *a = arena_new(0);
	struct llm_answer x =
		ask(a,
		    wrapped(a,
			    WITH(C, "\"spam\"", "0.9", "0", "[]",
				 "\"imitates\":\"a\\u001b[2Jb\",\"note\":\"x\\ny\\u202ez\\u0007\""),
			    "stop"),
		    false);

	(void)state;
	assert_int_equal(x.fault, LLM_FINE);
	assert_str(x.imitates, "a[2Jb");
	assert_str(x.note, "x yz");
	arena_free(a);
}

static void test_pack(void **state)
{
	struct arena *a = arena_new(0);
	struct llm_answer x = ask(a, wrapped(a, GOOD, "stop"), false), y;
	struct str packed = llm_answer_pack(a, &x);

	(void)state;
	assert_true(llm_answer_unpack(a, packed, &y));
	assert_int_equal(y.label, x.label);
	assert_true(y.p_spam == x.p_spam && y.p_phish == x.p_phish && y.nreasons == 2);
	assert_int_equal(y.reason[1], x.reason[1]);
	assert_str(y.note, "wants a password");
	assert_str(y.imitates, "Example Bank");
	for (size_t i = 0; i < packed.n; i++)
		assert_false(llm_answer_unpack(a, str_sub(packed, 0, i), &y));
	for (size_t i = 0; i < packed.n; i++) {
		char *p = arena_cstr(a, packed);

		p[i] = (char)0xFF;
		if (llm_answer_unpack(a, str_of(p, packed.n), &y))
			assert_true(y.label <= LLM_UNKNOWN && y.nreasons <= LLM_REASONS_MAX);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	cmocka_unit_test(test_contents),
		cmocka_unit_test(test_lenient), cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_native),	cmocka_unit_test(test_limits),
		cmocka_unit_test(test_pack),	cmocka_unit_test(test_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
