/* The end of a scan: score to action, replies, the order of edits, and the report of it all. */
#include "unit/scan/world.h"

#include <stdlib.h>

#include "scan/report.h"

/* ---- a judge and a check that do what the test says ---- */

struct play {
	double score;
	enum action require;
	struct smtp_reply reply;
	const char *delete_prefix; /* fields a check removes */
	const char *insert;
};

static const struct play *play_of(const struct scan *s);

static void judge_run(const struct judge *j, struct scan *s)
{
	const struct play *p = play_of(s);

	(void)j;
	if (p->score != 0)
		scan_symbol(s, STR("FIRST"), p->score, STR("ev\xff\x80id"), STR("group"));
	scan_symbol(s, STR("SECOND"), 0, STR_NULL, STR("group"));
}

static const struct judge judge = { judge_run };

static bool prefixed(struct scan *s, const struct hdr *h, const void *arg)
{
	(void)s;
	return str_istarts(h->name, str_c(arg));
}

static enum check_step play_run(struct scan *s, void *state, const void *config)
{
	const struct play *p = play_of(s);

	(void)state;
	(void)config;
	if (p->delete_prefix)
		scan_delete_where(s, prefixed, p->delete_prefix);
	if (p->insert)
		scan_insert(s, 0, STR("Authentication-Results"), str_c(p->insert));
	scan_require(s, p->require, p->reply.code ? &p->reply : NULL, STR("check"));
	return CHECK_DONE;
}

static const struct check check_play = {
	.abi = CHECK_ABI, .name = "play", .stage = SCAN_EOM, .run = play_run
};
static const struct check *const checks[] = { &check_play, NULL };

struct stage {
	struct world w; /* first: env.arg points here */
	struct play play;
};

static const struct play *play_of(const struct scan *s)
{
	return &((const struct stage *)s->env->arg)->play;
}

static void stage_open(struct stage *g, const char *conf, struct play play)
{
	world_open(&g->w, checks, conf, "");
	g->w.setup->judge = &judge;
	g->play = play;
}

/* Edits as text: "-name/2" and "+name: value". */
static const char *edits_text(struct scan *s)
{
	struct buf b = { .arena = s->arena };

	for (size_t i = 0; i < s->verdict.edits.n; i++) {
		const struct edit *d = &s->verdict.edits.p[i];

		buf_add(&b, i ? STR(" ") : STR(""));
		if (d->op == EDIT_DELETE)
			buf_addf(&b, "-%.*s/%u", STR_ARG(d->name), d->index);
		else
			buf_addf(&b, "+%.*s", STR_ARG(d->name));
	}
	return arena_cstr(s->arena, buf_str(&b));
}

/* ---- score to action ---- */

static void test_thresholds(void **state)
{
	static const char all[] =
		"score { tag = 2 quarantine = 4 tempfail = 6 reject = 8 discard = 10 }";
	static const struct {
		const char *conf;
		double score;
		enum action require, action;
		const char *reason;
	} t[] = {
		{ all, 0, ACT_ACCEPT, ACT_ACCEPT, "" },
		{ all, 1.99, ACT_ACCEPT, ACT_ACCEPT, "" },
		{ all, 2, ACT_ACCEPT, ACT_TAG, "score" },
		{ all, 4, ACT_ACCEPT, ACT_QUARANTINE, "score" },
		{ all, 6, ACT_ACCEPT, ACT_TEMPFAIL, "score" },
		{ all, 8, ACT_ACCEPT, ACT_REJECT, "score" },
		{ all, 1e9, ACT_ACCEPT, ACT_DISCARD, "score" },
		{ all, -50, ACT_ACCEPT, ACT_ACCEPT, "" },
		{ all, 2, ACT_REJECT, ACT_REJECT, "check" },
		{ all, 8, ACT_REJECT, ACT_REJECT, "check" },
		{ all, 10, ACT_REJECT, ACT_DISCARD, "score" },
		{ all, 2, ACT_GREYLIST, ACT_GREYLIST, "check" },
		{ "", 5.99, ACT_ACCEPT, ACT_ACCEPT, "" },
		{ "", 6, ACT_ACCEPT, ACT_TAG, "score" },
		{ "", 15, ACT_ACCEPT, ACT_REJECT, "score" },
		{ "", 999999, ACT_ACCEPT, ACT_REJECT, "score" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct stage g;
		struct scan *s;

		stage_open(&g, t[i].conf,
			   (struct play){ .score = t[i].score, .require = t[i].require });
		s = world_message(&g.w, "From: a@b.test\n");
		if (s->verdict.action != t[i].action)
			fail_msg("%g: %s, not %s", t[i].score, action_word(s->verdict.action),
				 action_word(t[i].action));
		assert_str(s->verdict.reason.p ? s->verdict.reason : STR(""), t[i].reason);
		scan_free(s);
		world_close(&g.w);
	}
}

static void test_replies(void **state)
{
	static const char conf[] = "reply { reject = \"550 5.7.1 %q of %d: 100%% no %x %\" "
				   "tempfail = \"451 4.7.1 later\" greylist = \"450 4.2.0 grey\" }";
	static const struct smtp_reply own = { 554, { "5.7.26", 6 }, { "own %d", 6 } };
	static const struct {
		enum action action;
		bool own;
		unsigned code;
		const char *enhanced, *text;
	} t[] = {
		{ ACT_ACCEPT, false, 0, "", "" },
		{ ACT_TAG, false, 0, "", "" },
		{ ACT_DISCARD, false, 0, "", "" },
		{ ACT_REJECT, false, 550, "5.7.1", "Q1 of b.test: 100% no %x %" },
		{ ACT_TEMPFAIL, false, 451, "4.7.1", "later" },
		{ ACT_GREYLIST, false, 450, "4.2.0", "grey" },
		{ ACT_REJECT, true, 554, "5.7.26", "own b.test" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct stage g;
		struct scan *s;

		stage_open(&g, conf,
			   (struct play){ .require = t[i].action,
					  .reply = t[i].own ? own : (struct smtp_reply){ 0 } });
		s = world_scan(&g.w, "inbound");
		scan_mail(s, STR("<>"));
		scan_set_queue_id(s, STR("Q1"));
		scan_header(s, STR("From"), STR(" a@b.test"));
		scan_eom(s, world_done, &g.w);
		assert_int_equal(s->verdict.reply.code, t[i].code);
		assert_str(s->verdict.reply.enhanced, t[i].enhanced);
		assert_str(s->verdict.reply.text, t[i].text);
		scan_free(s);
		world_close(&g.w);
	}
}

/* ---- edits ---- */

static void test_edit_order(void **state)
{
	static const char none[] =
		"headers { score = false symbols = false flag = false strip = {} }";
	static const struct {
		const char *conf, *profile, *headers, *edits;
		double score;
	} t[] = {
		{ "", "inbound", "From: a@b.test\n",
		  "+X-Merlon-Symbols +X-Merlon-Score +Authentication-Results", 0 },
		{ "", "inbound", "From: a@b.test\n",
		  "+X-Merlon-Symbols +X-Merlon-Score +X-Spam-Flag +Authentication-Results", 7 },
		{ none, "inbound", "X-Spam-Flag: NO\nFrom: a@b.test\n", "+Authentication-Results",
		  7 },
		/* from the bottom up, counted by name, any case */
		{ none, "inbound", "Bad: 1\nGood: 1\nbad: 2\nBADDER: 3\nBad: 4\n",
		  "-Bad/3 -BADDER/1 -bad/2 -Bad/1 +Authentication-Results", 0 },
		{ "", "inbound", "X-Spam-Flag: NO\nx-merlon-score: 0\nX-Spam-Flag: NO\nX-Spam: 1\n",
		  "-X-Spam-Flag/2 -x-merlon-score/1 -X-Spam-Flag/1 +X-Merlon-Symbols "
		  "+X-Merlon-Score +Authentication-Results",
		  0 },
		{ "", "submission", "X-Spam-Flag: NO\nFrom: a@b.test\n",
		  "-X-Spam-Flag/1 +X-Merlon-Symbols +X-Merlon-Score +Authentication-Results", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct stage g;
		struct scan *s;

		stage_open(&g, t[i].conf,
			   (struct play){ .score = t[i].score,
					  .delete_prefix = "bad",
					  .insert = "mx.test; none" });
		s = world_scan(&g.w, t[i].profile);
		world_headers(s, t[i].headers);
		scan_eom(s, world_done, &g.w);
		assert_string_equal(edits_text(s), t[i].edits);
		scan_free(s);
		world_close(&g.w);
	}
}

/* Fields that a limit kept out of the list count, and are removed too. */
static void test_delete_over_limits(void **state)
{
	struct stage g;
	struct scan *s;
	char *big = malloc(HDR_MAX_FIELD + 2);

	(void)state;
	assert_non_null(big);
	memset(big, 'x', HDR_MAX_FIELD + 1);
	stage_open(&g, "headers { score = no symbols = no flag = no strip = {} }",
		   (struct play){ .delete_prefix = "bad" });
	s = world_scan(&g.w, "inbound");
	scan_header(s, STR("Bad"), STR(" 1"));
	scan_header(s, STR("Bad"), str_of(big, HDR_MAX_FIELD + 1));
	scan_header(s, STR("Good"), STR(" 1"));
	scan_header(s, STR("Bad"), STR(" 3"));
	scan_header(s, STR("BAD"), str_of(big, HDR_MAX_FIELD + 1));
	scan_header(s, STR("Bad-Other"), str_of(big, HDR_MAX_FIELD + 1));
	scan_eom(s, world_done, &g.w);
	assert_true(s->flags & SCAN_F_TRUNCATED);
	assert_int_equal(s->headers.v.n, 3);
	assert_string_equal(edits_text(s), "-Bad-Other/1 -BAD/4 -Bad/3 -Bad/2 -Bad/1");
	scan_free(s);
	world_close(&g.w);
	free(big);
}

static void test_many_fields_over_the_limit(void **state)
{
	struct stage g;
	struct scan *s;
	unsigned last = 0;

	(void)state;
	stage_open(&g, "headers { score = no symbols = no flag = no strip = {} }",
		   (struct play){ .delete_prefix = "bad" });
	s = world_scan(&g.w, "inbound");
	for (unsigned i = 0; i < HDR_MAX_FIELDS + 500; i++)
		scan_header(s, i % 5 ? STR("Bad") : STR("Good"), STR(" x"));
	scan_eom(s, world_done, &g.w);
	assert_int_equal(s->verdict.edits.n, (HDR_MAX_FIELDS + 500) / 5 * 4);
	for (size_t i = s->verdict.edits.n; i-- > 0;)
		assert_int_equal(s->verdict.edits.p[i].index, ++last);
	scan_free(s);
	world_close(&g.w);
}

static void test_degraded_header(void **state)
{
	static const struct {
		unsigned flags;
		const char *value; /* NULL: none */
	} t[] = {
		{ 0, NULL },
		{ SCAN_F_DEGRADED_DNS, "dns" },
		{ SCAN_F_DEADLINE, "deadline" },
		{ SCAN_F_DEADLINE | SCAN_F_DEGRADED_DNS, "deadline, dns" },
		{ SCAN_F_DEGRADED_STORE, "store" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct stage g;
		struct scan *s;
		struct str value = STR_NULL;

		stage_open(&g, "", (struct play){ 0 });
		s = world_scan(&g.w, "inbound");
		s->flags |= t[i].flags;
		scan_eom(s, world_done, &g.w);
		for (size_t k = 0; k < s->verdict.edits.n; k++)
			if (str_eq(s->verdict.edits.p[k].name, STR("X-Merlon-Degraded")))
				value = s->verdict.edits.p[k].value;
		assert_int_equal(!value.p, !t[i].value);
		if (value.p)
			assert_str(value, t[i].value);
		scan_free(s);
		world_close(&g.w);
	}
}

/* Mail that comes back from another filter: not one octet is touched, whatever it says. */
static void test_reinjection_is_untouched(void **state)
{
	struct stage g;
	struct scan *s;

	(void)state;
	stage_open(&g, "", (struct play){ .score = 100 });
	s = world_scan(&g.w, "reinjection");
	world_headers(s, "X-Spam-Flag: YES\nX-Merlon-Score: 3\nFrom: a@b.test\n");
	scan_eom(s, world_done, &g.w);
	assert_int_equal(s->verdict.action, ACT_ACCEPT);
	assert_int_equal(s->verdict.edits.n, 0);
	scan_free(s);
	world_close(&g.w);
}

/* ---- the report ---- */

static const char *json_at(json_t *root, const char *a, size_t i, const char *b)
{
	json_t *j = json_array_get(json_object_get(root, a), i);

	return json_string_value(json_object_get(j, b));
}

static void test_report(void **state)
{
	struct stage g;
	struct scan *s;
	json_t *root;

	(void)state;
	stage_open(&g, "", (struct play){ .score = 6.5, .insert = "mx.test; none" });
	s = world_message(&g.w, "X-Spam-Flag: NO\nFrom: a@b.test\n");
	root = scan_report(s, STR("a\xff.eml"));
	assert_string_equal(json_string_value(json_object_get(root, "file")), "a\xef\xbf\xbd.eml");
	assert_string_equal(json_string_value(json_object_get(root, "action")), "tag");
	assert_true(json_number_value(json_object_get(root, "score")) == 6.5);
	assert_true(json_is_object(json_object_get(root, "auth")));
	assert_true(json_is_null(json_object_get(root, "authentication_results")));
	assert_string_equal(json_at(root, "symbols", 0, "evidence"),
			    "ev\xef\xbf\xbd\xef\xbf\xbdid");
	assert_true(json_is_null(
		json_object_get(json_array_get(json_object_get(root, "symbols"), 1), "evidence")));
	assert_string_equal(json_at(root, "edits", 0, "op"), "delete");
	assert_string_equal(json_at(root, "edits", 1, "op"), "insert");
	assert_int_equal(json_integer_value(json_object_get(root, "dns_queries")), 0);
	json_decref(root);
	scan_free(s);
	world_close(&g.w);
}

static void test_report_text(void **state)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		  "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },		    /* overlong */
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* surrogate */
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" }, /* cut */
		{ "\xc3x", "\xef\xbf\xbdx" },
		{ "a\r\n\tb\x01", "a\r\n\tb\x01" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		json_t *j = report_str(str_c(t[i].in));

		assert_string_equal(json_string_value(j), t[i].out);
		json_decref(j);
	}
	json_t *nul = report_str(str_of("a\0b", 3));
	assert_int_equal(json_string_length(nul), 3);
	json_decref(nul);
	json_t *absent = report_str(STR_NULL);
	assert_true(json_is_null(absent));
	json_decref(absent);
}

static void test_report_of_authentication_only(void **state)
{
	struct scan_client c = { .profile = STR("inbound") };
	struct stage g;
	struct scan *s;
	json_t *root;

	(void)state;
	stage_open(&g, "", (struct play){ .score = 100, .insert = "mx.test; none" });
	s = scan_new(&g.w.env, &c, SCAN_F_AUTH_ONLY);
	scan_eom(s, world_done, &g.w);
	assert_string_equal(edits_text(s), "+Authentication-Results");
	root = scan_report(s, STR_NULL);
	assert_true(json_is_null(json_object_get(root, "file")));
	assert_true(json_is_null(json_object_get(root, "action")));
	assert_true(json_is_null(json_object_get(root, "score")));
	assert_true(json_is_null(json_object_get(root, "threshold")));
	assert_int_equal(json_array_size(json_object_get(root, "symbols")), 0);
	json_decref(root);
	scan_free(s);
	world_close(&g.w);
}

/* What a message did is still its own while the judge works: a crash there counts. */
static void test_judging_is_announced(void **state)
{
	struct stage g;
	struct scan *s;

	(void)state;
	stage_open(&g, "", (struct play){ 0 });
	s = world_message(&g.w, "From: a@b.test\n");
	assert_int_equal(g.w.digest, s->priv->digest);
	assert_true(g.w.digest != 0);
	scan_free(s);
	world_close(&g.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_edit_order),
		cmocka_unit_test(test_delete_over_limits),
		cmocka_unit_test(test_many_fields_over_the_limit),
		cmocka_unit_test(test_degraded_header),
		cmocka_unit_test(test_reinjection_is_untouched),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_report_text),
		cmocka_unit_test(test_report_of_authentication_only),
		cmocka_unit_test(test_judging_is_announced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
