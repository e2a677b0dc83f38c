/* Rate limits: what the configuration may say, which buckets a message fills, and what follows. */
#include "unit/checks/gates.h"

#include <stdio.h>

/* ---- reading ---- */

static const struct {
	const char *text;
	bool size;
	double limit, period; /* 0: refused */
} limits[] = {
	{ "200/1h", false, 200, 3600 },
	{ "1/1s", false, 1, 1 },
	{ "10/90s", false, 10, 90 },
	{ "5/2m", false, 5, 120 },
	{ "7/1d", false, 7, 86400 },
	{ "50M/1d", true, 52428800, 86400 },
	{ "1k/1s", true, 1024, 1 },
	{ "100/1s", true, 100, 1 },
	{ "50M/1d", false, 0, 0 },
	{ "200", false, 0, 0 },
	{ "200/", false, 0, 0 },
	{ "/1h", false, 0, 0 },
	{ "200/1", false, 0, 0 },
	{ "200/h", false, 0, 0 },
	{ "0/1h", false, 0, 0 },
	{ "1/0s", false, 0, 0 },
	{ "-1/1h", false, 0, 0 },
	{ "1.5/1h", false, 0, 0 },
	{ "200/1h/1h", false, 0, 0 },
	{ "200 /1h", false, 0, 0 },
	{ "1000000000000/1h", false, 1e12, 3600 },
	{ "1000000000001/1h", false, 0, 0 },
	{ "99999999999999999999/1h", false, 0, 0 },
	{ "999999999999G/1h", true, 0, 0 },
	{ "1/366d", false, 1, 31622400 },
	{ "1/367d", false, 0, 0 },
	{ "1/99999999999999999999d", false, 0, 0 },
	{ "", false, 0, 0 },
	{ "/", false, 0, 0 },
	{ "\xff/\xff", true, 0, 0 },
};

static void reads_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		double limit = 0, period = 0;
		bool good =
			rate_limit_parse(str_c(limits[i].text), limits[i].size, &limit, &period);
		if (good != (limits[i].limit > 0) ||
		    (good && (limit != limits[i].limit || period != limits[i].period)))
			fail_msg("%s: %d %g %g", limits[i].text, good, limit, period);
	}
}

/* A NUL is no unit. */
static void reads_octets(void **state)
{
	double limit, period;

	(void)state;
	assert_false(rate_limit_parse(str_of("1\0/1h", 5), true, &limit, &period));
	assert_false(rate_limit_parse(str_of("1/1\0", 4), false, &limit, &period));
}

static void fault(void *arg, const char *line)
{
	snprintf(arg, 300, "%s", line);
}

static const struct {
	const char *conf, *fault; /* NULL: good */
} confs[] = {
	{ "", NULL },
	{ "rate a { key = {ip} limit = \"1/1s\" }", NULL },
	{ "rate a { key = {ip, rcpt, helo, user} limit = \"1/1s\" }", NULL },
	{ "rate outbound { key = {user} limit = \"1/1s\" }", NULL },
	{ "rate a { key = {ip} }", ":1: rate \"a\": limit: found \"\"" },
	{ "rate a { limit = \"1/1s\" }", "found a key of 0 parts" },
	{ "rate a { key = {ip, net, user, helo, rcpt} limit = \"1/1s\" }",
	  "found a key of 5 parts" },
	{ "rate a { key = {rcpt, rcpt_domain} limit = \"1/1s\" }", "expected one of them" },
	{ "rate a { key = {planet} limit = \"1/1s\" }", "planet" },
	{ "rate a { key = {asn, country} limit = \"1/1s\" }", NULL },
	{ "rate a { key = {ip} limit = \"many\" }", "expected how many in which time" },
	{ "rate a { key = {ip} limit = \"1M/1s\" }", "expected how many in which time" },
	{ "rate a { key = {ip} limit = \"1/1s\" action = drop }", "drop" },
	{ "rate a { key = {ip} limit = \"1/1s\" alert_at = 101 }", "alert_at" },
	{ "rate a { key = {ip} limit = \"1/1s\" } rate a { key = {ip} limit = \"1/1s\" }", "rate" },
	{ "rate \"a b\" { key = {ip} limit = \"1/1s\" }", "expected a title" },
	{ "rate \"\" { key = {ip} limit = \"1/1s\" }", "expected a title" },
};

static void reads_sections(void **state)
{
	static const struct conf_opt *const tables[] = { rate_options, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof confs / sizeof *confs; i++) {
		struct arena *a = arena_new(0);
		struct rate_config k;
		char why[300] = "";
		struct err e = { "" };
		const struct conf *c =
			conf_load_text(a, "test.conf", str_c(confs[i].conf), tables, fault, why);
		bool good = c && rate_read(a, c, &k, &e) == 0;
		if (good != !confs[i].fault)
			fail_msg("%s: %d %s%s", confs[i].conf, good, why, e.text);
		if (!good && !strstr(c ? e.text : why, confs[i].fault))
			fail_msg("%s: %s", confs[i].conf, c ? e.text : why);
		arena_free(a);
	}
}

static void has_a_limit_without_any(void **state)
{
	static const struct conf_opt *const tables[] = { rate_options, NULL };
	static const struct {
		const char *conf;
		size_t n;
		double limit;
	} t[] = {
		{ "", 1, 200 },
		{ "limits { default = no }", 0, 0 },
		{ "rate outbound { key = {user} limit = \"5/1s\" }", 1, 5 },
		{ "rate x { key = {user} limit = \"5/1s\" }", 2, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct rate_config k;
		char why[300];
		struct err e;
		assert_int_equal(rate_read(a,
					   conf_load_text(a, "test.conf", str_c(t[i].conf), tables,
							  fault, why),
					   &k, &e),
				 0);
		assert_int_equal(k.n, t[i].n);
		if (k.n)
			assert_true(k.rule[0].limit == t[i].limit);
		arena_free(a);
	}
}

/* ---- which buckets ---- */

#define RATE(key, more)                                                                            \
	"limits { default = no } rate r { key = {" key "} limit = \"100/1h\" " more " }"

static const struct {
	const char *conf;
	struct post post;
	const char *buckets; /* "part/part=cost part/part=cost" */
	bool genuine;	     /* DMARC passes for sender.test */
} rows[] = {
	{ RATE("ip", ""), { 0 }, "192.0.2.1=1" },
	{ RATE("ip", ""), { .ip = "2001:db8::9" }, "2001:db8::9=1" },
	{ RATE("net", ""), { 0 }, "192.0.2.0/24=1" },
	{ RATE("net", ""), { .ip = "2001:db8:1:2::9" }, "2001:db8:1::/48=1" },
	{ RATE("helo", ""), { .helo = "Mail.Test" }, "mail.test=1" },
	{ RATE("user", ""), { 0 }, "" },
	{ RATE("user", ""), { .user = "Bob@Here.test" }, "bob@here.test=1" },
	{ RATE("user, ip", ""), { .user = "bob" }, "bob/192.0.2.1=1" },
	{ RATE("from_domain", ""), { 0 }, "sender.test=1" },
	{ RATE("from_domain", ""), { .headers = "Subject: x\n" }, "sender.test=1" },
	{ RATE("from_domain", ""), { .headers = "Subject: x\n", .from = "<>" }, "" },
	{ RATE("rcpt", ""), { .rcpt = { "<B+x@Here.test>" } }, "b@here.test=1" },
	{ RATE("rcpt", ""),
	  { .rcpt = { "<b@here.test>", "<c@here.test>", "<B@here.test>", "bad" } },
	  "b@here.test=1 c@here.test=1" },
	{ RATE("ip, rcpt_domain", ""),
	  { .rcpt = { "<b@here.test>", "<c@here.test>", "<c@there.test>" } },
	  "192.0.2.1/here.test=1 192.0.2.1/there.test=1" },
	{ RATE("rcpt_domain", "count = recipients"),
	  { .rcpt = { "<b@here.test>", "<c@here.test>", "<c@there.test>" } },
	  "here.test=2 there.test=1" },
	{ RATE("ip", "count = recipients"),
	  { .rcpt = { "<b@here.test>", "<c@here.test>", "<c@there.test>" } },
	  "192.0.2.1=3" },
	{ RATE("ip", "count = bytes"),
	  { .headers = "From: a@b.test\n", .body = "12345" },
	  "192.0.2.1=21" },
	{ RATE("ip", "count = bounces"), { 0 }, "" },
	{ RATE("ip", "count = bounces"), { .from = "<>" }, "192.0.2.1=1" },
	{ RATE("ip", "count = rejects"), { 0 }, "192.0.2.1=1" },
	{ RATE("ip", "profile = inbound"), { 0 }, "192.0.2.1=1" },
	{ RATE("ip", "profile = inbound"), { .user = "bob" }, "" },
	{ RATE("ip", "profile = submission"), { 0 }, "" },
	{ RATE("ip", "profile = submission"), { .profile = "submission" }, "192.0.2.1=1" },
	{ RATE("ip", "except = {\"192.0.2.0/28\"}"), { 0 }, "" },
	{ RATE("ip", "except = {\"192.0.2.2\"}"), { 0 }, "192.0.2.1=1" },
	{ RATE("user", "except = {bob}"), { .user = "Bob" }, "" },
	{ RATE("user", "except = {\"here.test\"}"), { .user = "bob@here.test" }, "" },
	{ RATE("user", "except = {\"here.test\"}"),
	  { .user = "bob@there.test" },
	  "bob@there.test=1" },
	{ RATE("ip", "except = {\"sender.test\"}"), { 0 }, "", true },
	{ RATE("ip", "except = {\"sender.test\"}"), { 0 }, "192.0.2.1=1" }, /* claimed */
	{ RATE("ip", "except = {\"sender.test\"}"), { .profile = "submission" }, "" },
	{ RATE("ip", ""), { .profile = "reinjection" }, "" },
};

static const char *buckets_text(struct scan *s, const struct rate_config *k)
{
	struct rate_bucket b[RATE_BUCKETS_MAX];
	struct buf out = { .arena = s->arena };
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++)
		n += rate_buckets(s, &k->rule[i], b + n, RATE_BUCKETS_MAX - n);
	for (size_t i = 0; i < n && !scan_passive(s); i++) {
		for (size_t p = 0; p < b[i].rule->nparts; p++)
			buf_addf(&out, "%s%.*s",
				 p	 ? "/"
				 : out.n ? " "
					 : "",
				 STR_ARG(b[i].part[1 + p]));
		buf_addf(&out, "=%g", b[i].cost);
	}
	buf_addc(&out, '\0');
	return out.p;
}

static void fills_buckets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dmarc_facts dmarc = { .r = { .code = AUTH_PASS,
						    .from_domain = STR("sender.test") } };
		struct gates g;
		struct scan *s;
		const char *text;
		gates_open(&g, &check_rate, rows[i].conf);
		g.dmarc = rows[i].genuine ? &dmarc : NULL;
		s = gates_message(&g, &rows[i].post);
		text = buckets_text(s, scan_config(s, &check_rate));
		if (strcmp(text, rows[i].buckets) != 0)
			fail_msg("row %zu: got \"%s\", expected \"%s\"", i, text, rows[i].buckets);
		scan_free(s);
		gates_close(&g);
	}
}

/* A message to a thousand fills no more than its share of buckets. */
static void has_a_ceiling(void **state)
{
	struct gates g;
	struct scan *s;
	struct scan_client c = { .profile = STR("inbound") };

	(void)state;
	gates_open(&g, &check_rate,
		   "rate a { key = {rcpt} limit = \"9/1h\" } rate b { key = {ip, rcpt} limit = "
		   "\"9/1h\" }");
	assert_true(ip_parse(STR("192.0.2.1"), &c.ip));
	s = scan_new(&g.w.env, &c, 0);
	scan_mail(s, STR("<a@sender.test>"));
	for (unsigned i = 0; i < SCAN_MAX_RCPTS + 10; i++)
		scan_rcpt(s, arena_printf(g.w.a, "<u%u@here.test>", i));
	scan_eoh(s);
	scan_eom(s, world_done, &g.w);
	if (!g.w.done)
		world_wait(&g.w);
	scan_free(s);
	assert_int_equal(gates_records(&g, "rate:a"), RATE_RCPTS_MAX);
	assert_int_equal(gates_records(&g, "rate:b"), RATE_BUCKETS_MAX - RATE_RCPTS_MAX);
	gates_close(&g);
}

/* ---- what follows ---- */

static const struct {
	const char *action;
	enum action over;
} actions[] = {
	{ "alert", ACT_ACCEPT },
	{ "tempfail", ACT_TEMPFAIL },
	{ "hold", ACT_QUARANTINE },
	{ "reject", ACT_REJECT },
};

static void acts_over_the_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		struct gates g;
		struct post other = { .ip = "192.0.2.77" }, post = { 0 };
		char conf[100];
		snprintf(conf, sizeof conf, "rate r { key = {ip} limit = \"3/1h\" action = %s }",
			 actions[i].action);
		gates_open(&g, &check_rate, conf);
		for (int k = 0; k < 3; k++)
			assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
		assert_int_equal(gates_action(&g, &post), actions[i].over);
		assert_int_equal(gates_action(&g, &other), ACT_ACCEPT);
		gates_later(&g, 1199);
		assert_int_equal(gates_action(&g, &post), actions[i].over);
		gates_later(&g, 2); /* one has leaked out */
		assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
		assert_int_equal(gates_action(&g, &post), actions[i].over);
		gates_close(&g);
	}
}

static void counts_recipients(void **state)
{
	struct post two = { .user = "bob", .rcpt = { "<b@here.test>", "<c@here.test>" } };
	struct post one = { .user = "bob" };
	struct gates g;

	(void)state;
	gates_open(&g, &check_rate,
		   "rate outbound { key = {user} count = recipients limit = \"5/1h\" action = "
		   "tempfail profile = submission }");
	assert_int_equal(gates_action(&g, &two), ACT_ACCEPT);
	assert_int_equal(gates_action(&g, &two), ACT_ACCEPT);
	assert_int_equal(gates_action(&g, &two), ACT_TEMPFAIL);
	assert_int_equal(gates_action(&g, &one), ACT_ACCEPT);
	assert_int_equal(gates_action(&g, &one), ACT_TEMPFAIL);
	gates_close(&g);
}

/* A message that another limit, or the score, puts off counts when it comes again. */
static void gives_back_what_is_put_off(void **state)
{
	struct post post = { .rcpt = { "<b@here.test>" } }, other = { .rcpt = { "<c@here.test>" } };
	struct gates g;

	(void)state;
	gates_open(&g, &check_rate,
		   "rate all { key = {ip} limit = \"3/1h\" action = reject } "
		   "rate each { key = {rcpt} limit = \"1/1h\" action = tempfail } "
		   "score { tempfail = 10 }");
	g.score = 10;
	for (int i = 0; i < 5; i++)
		assert_int_equal(gates_action(&g, &post), ACT_TEMPFAIL);
	g.score = 0;
	assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	for (int i = 0; i < 5; i++)
		assert_int_equal(gates_action(&g, &post), ACT_TEMPFAIL);
	assert_int_equal(gates_action(&g, &other), ACT_ACCEPT);
	other.rcpt[0] = "<d@here.test>";
	assert_int_equal(gates_action(&g, &other), ACT_ACCEPT);
	other.rcpt[0] = "<e@here.test>";
	assert_int_equal(gates_action(&g, &other), ACT_REJECT);
	gates_close(&g);
}

/* What was refused counts once the verdict stands, what this limit refuses does not. */
static void counts_rejects(void **state)
{
	struct post post = { 0 };
	struct gates g;

	(void)state;
	gates_open(&g, &check_rate,
		   "rate r { key = {ip} count = rejects limit = \"2/1h\" action = reject }");
	assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	g.score = 20;
	assert_int_equal(gates_action(&g, &post), ACT_REJECT);
	g.score = 0;
	assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	g.score = 20;
	assert_int_equal(gates_action(&g, &post), ACT_REJECT);
	g.score = 0;
	for (int i = 0; i < 5; i++)
		assert_int_equal(gates_action(&g, &post), ACT_REJECT);
	gates_later(&g, 1801);
	assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	gates_close(&g);
}

static void tells_how_full(void **state)
{
	struct post post = { 0 };
	struct gates g;
	struct scan *s;
	uint64_t mark = 0;

	(void)state;
	gates_open(&g, &check_rate, "rate r { key = {ip} limit = \"4/1h\" alert_at = 50 }");
	for (int i = 1; i <= 5; i++) {
		s = gates_message(&g, &post);
		assert_int_equal(gates_says(s, &check_rate, "rate_above", "r", 50), i >= 2);
		assert_int_equal(gates_says(s, &check_rate, "rate_above", "*", 100), i >= 4);
		assert_int_equal(gates_says(s, &check_rate, "rate_above", "q", 1), false);
		assert_int_equal(gates_says(s, &check_rate, "rate_over", "*", 0), i >= 5);
		assert_int_equal(gates_says(s, &check_rate, "rate_over", "q", 0), false);
		assert_int_equal(gates_records(&g, "ratelog:"), i >= 2);
		assert_int_equal(gates_records(&g, "rateover:"), i >= 5);
		assert_int_not_equal(check_rate.mark(s), mark);
		mark = check_rate.mark(s);
		scan_free(s);
	}
	gates_close(&g);
}

static void key_is_raised(void **state)
{
	struct post post = { 0 };
	struct gates g;
	struct store_op op = { .kind = STORE_PUT,
			       .value = STR("4"),
			       .key = { "ratemax:r\0"
					"192.0.2.1",
					19 } };

	(void)state;
	gates_open(&g, &check_rate, "rate r { key = {ip} limit = \"2/1h\" action = tempfail }");
	for (int i = 0; i < 3; i++)
		assert_int_equal(gates_action(&g, &post), i < 2 ? ACT_ACCEPT : ACT_TEMPFAIL);
	gates_ask(&g, &op);
	for (int i = 0; i < 3; i++)
		assert_int_equal(gates_action(&g, &post), i < 2 ? ACT_ACCEPT : ACT_TEMPFAIL);
	op.value = STR("nonsense");
	gates_ask(&g, &op);
	assert_int_equal(gates_action(&g, &post), ACT_TEMPFAIL);
	gates_close(&g);
}

static void looks_only_where_nothing_is_written(void **state)
{
	struct post post = { 0 };
	struct gates g;

	(void)state;
	gates_open(&g, &check_rate,
		   "rate r { key = {ip} limit = \"2/1h\" action = tempfail alert_at = 1 }");
	g.w.env.readonly = true;
	for (int i = 0; i < 5; i++)
		assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	assert_int_equal(gates_records(&g, ""), 0);
	g.w.env.readonly = false;
	for (int i = 0; i < 3; i++)
		assert_int_equal(gates_action(&g, &post), i < 2 ? ACT_ACCEPT : ACT_TEMPFAIL);
	g.w.env.readonly = true;
	assert_int_equal(gates_action(&g, &post), ACT_TEMPFAIL);
	gates_close(&g);
}

/* The memory of this process limits on, and the message says so. */
static void limits_without_the_store(void **state)
{
	struct post post = { 0 };
	struct gates g;
	struct scan *s;

	(void)state;
	gates_open(&g, &check_rate, "rate r { key = {ip} limit = \"2/1h\" action = tempfail }");
	assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	gates_lose_store(&g);
	for (int i = 0; i < 5; i++)
		assert_int_equal(gates_action(&g, &post), i < 2 ? ACT_ACCEPT : ACT_TEMPFAIL);
	s = gates_message(&g, &post);
	assert_true(s->flags & SCAN_F_DEGRADED_STORE);
	scan_free(s);
	gates_close(&g);
}

/* Without a store nothing is limited, and nothing breaks. */
static void lives_without_a_store(void **state)
{
	struct post post = { 0 };
	struct store *store;
	struct gates g;

	(void)state;
	gates_open(&g, &check_rate, "rate r { key = {ip} limit = \"1/1h\" action = tempfail }");
	store = g.w.env.store;
	g.w.env.store = NULL;
	for (int i = 0; i < 3; i++)
		assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	g.w.env.store = store;
	gates_close(&g);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_limits),
		cmocka_unit_test(reads_octets),
		cmocka_unit_test(reads_sections),
		cmocka_unit_test(has_a_limit_without_any),
		cmocka_unit_test(fills_buckets),
		cmocka_unit_test(has_a_ceiling),
		cmocka_unit_test(acts_over_the_limit),
		cmocka_unit_test(counts_recipients),
		cmocka_unit_test(gives_back_what_is_put_off),
		cmocka_unit_test(counts_rejects),
		cmocka_unit_test(tells_how_full),
		cmocka_unit_test(key_is_raised),
		cmocka_unit_test(looks_only_where_nothing_is_written),
		cmocka_unit_test(limits_without_the_store),
		cmocka_unit_test(lives_without_a_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
