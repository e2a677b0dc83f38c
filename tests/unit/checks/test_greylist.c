/* Greylisting: whom it puts off, whom it spares, and what is remembered of it. */
#include "unit/checks/gates.h"

#include <stdio.h>

/* ---- one-time codes ---- */

static const struct {
	const char *subject, *text;
	const char *code; /* NULL: none */
} codes[] = {
	{ "Your code is 482910", "", "482910" },
	{ "482910 is your verification code", "", "482910" },
	{ "x", "Your login code: 123 456", "123 456" },
	{ "x", "Your login code: 123-456", "123-456" },
	{ "G-482910 is your code", "", "482910" },
	{ "OTP", "\n\n 9041 \n", "9041" },
	{ "PIN", "90415678", "90415678" },
	{ "Ihr Best\xc3\xa4tigungscode: 4711", "", "4711" },
	{ "TAN 471199", "", "471199" },
	{ "2FA 471199", "", "471199" },
	{ "Votre code de v\xc3\xa9rification", "est 774411.", "774411" },
	{ "Tu c\xc3\xb3"
	  "digo es 774411",
	  "", "774411" },
	{ "Il tuo codice: 774411", "", "774411" },
	{ "Twoj kod to 774411", "", "774411" },
	{ "\xd0\x92\xd0\xb0\xd1\x88 \xd0\xba\xd0\xbe\xd0\xb4: 774411", "", "774411" },
	{ "\xd0\x9a\xd0\x9e\xd0\x94 774411", "", "774411" },
	{ "\xe9\xaa\x8c\xe8\xaf\x81\xe7\xa0\x81\xef\xbc\x9a"
	  "774411",
	  "", "774411" },
	{ "\xe8\xaa\x8d\xe8\xa8\xbc\xe3\x82\xb3\xe3\x83\xbc\xe3\x83\x89"
	  "774411",
	  "", "774411" },
	{ "\xec\x9d\xb8\xec\xa6\x9d\xeb\xb2\x88\xed\x98\xb8 774411", "", "774411" },
	{ "\xd8\xb1\xd9\x85\xd8\xb2 774411", "", "774411" },
	{ "x", "Use code 2024 or code 5512", "5512" },
	{ "hello", "how are you", NULL },
	{ "code", "", NULL },
	{ "482910", "", NULL },
	{ "Your code", "costs $4829 only", NULL },
	{ "Your code", "4,829.00 EUR", NULL },
	{ "Your code", "call 555-123-4567", NULL },
	{ "Your code", "https://x.test/4829", NULL },
	{ "Your code", "2023", NULL },
	{ "Your code", "123456789", NULL },
	{ "Your code", "123", NULL },
	{ "Your code", "a1234", NULL },
	{ "promo code 4829", "", NULL },
	{ "ZIP code 90210", "", NULL },
	{ "your discount-code 90210", "", NULL },
	{ "encode 482910", "", NULL },
	{ "pineapple 482910", "", NULL },
	{ "tango 482910", "", NULL },
	{ "", "", NULL },
};

static void knows_codes(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		struct str code = STR_NULL;
		bool is = greylist_code(a, str_c(codes[i].subject), str_c(codes[i].text), &code);
		if (is != (codes[i].code != NULL))
			fail_msg("\"%s\" \"%s\": %.*s", codes[i].subject, codes[i].text,
				 STR_ARG(code));
		if (is)
			assert_str(code, codes[i].code);
	}
	arena_free(a);
}

/* The ends of word and digits are 120 octets apart at most, in 2048 octets of text. */
static void looks_near(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (int gap = 100; gap < 140; gap++) {
		char text[300];
		struct str code;
		snprintf(text, sizeof text, "482910%*scode", gap, "");
		assert_int_equal(greylist_code(a, STR(""), str_c(text), &code), gap + 4 <= 120);
		snprintf(text, sizeof text, "code%*s482910", gap, "");
		assert_int_equal(greylist_code(a, STR(""), str_c(text), &code), gap + 6 <= 120);
	}
	for (int at = 2030; at < 2050; at++) {
		struct str text = arena_printf(a, "%*scode 482910 ", at, ""), code;
		assert_int_equal(greylist_code(a, STR(""), text, &code), at + 9 <= 2048);
	}
	arena_free(a);
}

/* ---- records ---- */

static void reads_records(void **state)
{
	static const struct {
		const char *text;
		char state;
		int64_t when;
	} t[] = {
		{ "w 1700000000", 'w', 1700000000 },
		{ "p 0", 'p', 0 },
		{ "r 1", 'r', 1 },
		{ "", 0, 0 },
		{ "w", 0, 0 },
		{ "w ", 0, 0 },
		{ "x 1", 0, 0 },
		{ "w -1", 0, 0 },
		{ "w 1 2", 0, 0 },
		{ "w 99999999999999999999", 0, 0 },
		{ "ww 1", 0, 0 },
		{ " 1", 0, 0 },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct greylist_record r = { 0 };
		assert_int_equal(greylist_parse(str_c(t[i].text), &r), t[i].state != 0);
		if (!t[i].state)
			continue;
		assert_int_equal(r.state, t[i].state);
		assert_int_equal(r.when, t[i].when);
		assert_str(greylist_format(a, r.state, r.when), t[i].text);
	}
	assert_false(greylist_parse(str_of("\0 1", 3), &(struct greylist_record){ 0 }));
	arena_free(a);
}

/* ---- who is put off ---- */

#define ON "greylist { enabled = yes "

static struct lists *pools(struct gates *g)
{
	struct lists *l = lists_new(g->w.a);

	lists_add(l, STR("greylist_pools"), STR("pool.test"), STR_NULL);
	return l;
}

static const struct judge *with_lists(struct gates *g)
{
	struct judge *j = ARENA_NEW(g->w.a, struct judge);

	*j = *g->w.setup->judge;
	j->lists = pools(g);
	return j;
}

static const struct {
	const char *conf;
	double score;
	struct post post;
	const char *spf; /* passes for that domain */
	unsigned known;	 /* 1 known, 2 genuine, 4 reply */
	bool put_off;
} rows[] = {
	{ "", 3, { 0 }, NULL, 0, false },
	{ ON "}", 3, { 0 }, NULL, 0, true },
	{ ON "}", 1.99, { 0 }, NULL, 0, false },
	{ ON "}", 2, { 0 }, NULL, 0, true },
	{ ON "}", 5.99, { 0 }, NULL, 0, true },
	{ ON "}", 6, { 0 }, NULL, 0, false },
	{ ON "to = 8 }", 6, { 0 }, NULL, 0, true },
	{ ON "from = -5 to = 0 }", -1, { 0 }, NULL, 0, true },
	{ ON "} score { tag = 4 }", 4, { 0 }, NULL, 0, false },
	{ ON "}", 3, { .user = "bob" }, NULL, 0, false },
	{ ON "}", 3, { .profile = "submission" }, NULL, 0, false },
	{ ON "}", 3, { .profile = "reinjection" }, NULL, 0, false },
	{ ON "}", 3, { .ip = "127.0.0.1" }, NULL, 0, false },
	{ ON "}", 3, { .ip = "192.168.1.1" }, NULL, 0, false },
	{ ON "except = {\"192.0.2.0/24\"} }", 3, { 0 }, NULL, 0, false },
	{ ON "except = {\"here.test\"} }", 3, { 0 }, NULL, 0, false },
	{ ON "except = {\"b@here.test\"} }", 3, { 0 }, NULL, 0, false },
	{ ON "except = {\"c@here.test\"} }", 3, { 0 }, NULL, 0, true },
	{ ON "except = {\"b@here.test\"} }",
	  3,
	  { .rcpt = { "<b@here.test>", "<c@here.test>" } },
	  NULL,
	  0,
	  true },
	{ ON "}", 3, { 0 }, NULL, 1, true },
	{ ON "}", 3, { 0 }, NULL, 3, false },
	{ ON "}", 3, { 0 }, NULL, 4, false },
	{ ON "}", 3, { 0 }, "pool.test", 0, false },
	{ ON "}", 3, { 0 }, "mx7.pool.test", 0, false },
	{ ON "}", 3, { 0 }, "carpool.test", 0, true },
	{ ON "}", 3, { .from = "<>" }, NULL, 0, true },
	{ ON "}", 3, { .rcpt = { "nobody" } }, NULL, 0, false },
	{ ON "}",
	  3,
	  { .headers = "From: a@sender.test\nSubject: Your code is 482910\n" },
	  NULL,
	  0,
	  false },
	{ ON "}",
	  3,
	  { .headers = "From: a@sender.test\nSubject: =?utf-8?B?WW91ciBjb2RlIGlzIDQ4MjkxMA==?=\n" },
	  NULL,
	  0,
	  false },
	{ ON "}", 3, { .body = "Your code is 482910\r\n" }, NULL, 0, false },
};

static void set_facts(struct gates *g, const char *spf, unsigned known)
{
	g->spf = ARENA_NEW(g->w.a, struct spf_facts);
	g->sender = ARENA_NEW(g->w.a, struct sender_facts);
	if (spf) {
		g->spf->mailfrom.code = AUTH_PASS;
		g->spf->mailfrom.domain = str_c(spf);
	}
	g->sender->known = known & 1;
	g->sender->genuine = known & 2;
	g->sender->reply = known & 4;
}

static void chooses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct gates g;
		enum action a;
		gates_open(&g, &check_greylist, rows[i].conf);
		g.w.setup->judge = with_lists(&g);
		g.score = rows[i].score;
		set_facts(&g, rows[i].spf, rows[i].known);
		a = gates_action(&g, &rows[i].post);
		if ((a == ACT_GREYLIST) != rows[i].put_off)
			fail_msg("row %zu: %s", i, action_word(a));
		assert_int_equal(gates_records(&g, "grey:") > 0, rows[i].put_off);
		gates_close(&g);
	}
}

/* ---- and comes again ---- */

struct again {
	int64_t later; /* seconds */
	struct post post;
	const char *spf;
	enum action action;
};

static void play(const char *conf, const struct again *t, size_t n)
{
	struct gates g;

	gates_open(&g, &check_greylist, conf);
	g.score = 3;
	for (size_t i = 0; i < n; i++) {
		enum action a;
		set_facts(&g, t[i].spf, 0);
		gates_later(&g, t[i].later);
		a = gates_action(&g, &t[i].post);
		if (a != t[i].action)
			fail_msg("%s: step %zu: %s", conf, i, action_word(a));
	}
	gates_close(&g);
}
#define PLAY(conf, ...)                                                                            \
	play(conf, (const struct again[]){ __VA_ARGS__ },                                          \
	     sizeof((const struct again[]){ __VA_ARGS__ }) / sizeof(struct again))

#define DAY 86400
#define OTHER_TEXT .headers = "From: a@sender.test\nSubject: other\n", .body = "words\r\n"

static void lets_in_who_comes_again(void **state)
{
	(void)state;
	PLAY(ON "}", { 0, { 0 }, NULL, ACT_GREYLIST }, { 60, { 0 }, NULL, ACT_GREYLIST },
	     { 59, { 0 }, NULL, ACT_GREYLIST }, { 1, { 0 }, NULL, ACT_ACCEPT },
	     { 0, { OTHER_TEXT }, NULL, ACT_ACCEPT });
	/* the network is what counts, not the address */
	PLAY(ON "}", { 0, { 0 }, NULL, ACT_GREYLIST },
	     { 120, { .ip = "192.0.2.200", OTHER_TEXT }, NULL, ACT_ACCEPT });
	PLAY(ON "}", { 0, { .ip = "2001:db8:1:2::3" }, NULL, ACT_GREYLIST },
	     { 120, { .ip = "2001:db8:1:ff::9", OTHER_TEXT }, NULL, ACT_ACCEPT });
	PLAY(ON "delay = 5m }", { 0, { 0 }, NULL, ACT_GREYLIST },
	     { 299, { 0 }, NULL, ACT_GREYLIST }, { 1, { 0 }, NULL, ACT_ACCEPT });
	/* another author, another domain of recipients, another network */
	PLAY(ON "}", { 0, { 0 }, NULL, ACT_GREYLIST },
	     { 120, { .headers = "From: a@other.test\n" }, NULL, ACT_GREYLIST },
	     { 0, { .rcpt = { "<b@there.test>" } }, NULL, ACT_GREYLIST },
	     { 0, { .ip = "198.51.100.1", OTHER_TEXT }, NULL, ACT_GREYLIST },
	     { 0, { .rcpt = { "<other@here.test>" } }, NULL, ACT_ACCEPT });
}

static void knows_pools(void **state)
{
	(void)state;
	/* by SPF, from anywhere */
	PLAY(ON "}", { 0, { 0 }, "big.test", ACT_GREYLIST },
	     { 120, { .ip = "203.0.113.9", OTHER_TEXT }, "big.test", ACT_ACCEPT });
	/* by the very message */
	PLAY(ON "}", { 0, { 0 }, NULL, ACT_GREYLIST },
	     { 60, { .ip = "203.0.113.9" }, NULL, ACT_GREYLIST },
	     { 60, { .ip = "198.51.100.9" }, NULL, ACT_ACCEPT },
	     { 1, { .ip = "198.51.100.9", OTHER_TEXT }, NULL, ACT_ACCEPT });
}

static void forgets(void **state)
{
	(void)state;
	/* who comes again too late begins anew */
	PLAY(ON "}", { 0, { 0 }, NULL, ACT_GREYLIST }, { DAY + 1, { 0 }, NULL, ACT_GREYLIST },
	     { 120, { 0 }, NULL, ACT_ACCEPT });
	PLAY(ON "}", { 0, { 0 }, NULL, ACT_GREYLIST }, { 120, { 0 }, NULL, ACT_ACCEPT },
	     { 35 * DAY, { OTHER_TEXT }, NULL, ACT_ACCEPT },
	     { 35 * DAY, { OTHER_TEXT }, NULL, ACT_ACCEPT },
	     { 36 * DAY + 1, { OTHER_TEXT }, NULL, ACT_GREYLIST });
	PLAY(ON "expire = 1h }", { 0, { 0 }, NULL, ACT_GREYLIST }, { 120, { 0 }, NULL, ACT_ACCEPT },
	     { 3601, { OTHER_TEXT }, NULL, ACT_GREYLIST });
	/* a clock that went wrong */
	PLAY(ON "}", { 0, { 0 }, NULL, ACT_GREYLIST }, { -30, { 0 }, NULL, ACT_GREYLIST },
	     { -60, { 0 }, NULL, ACT_ACCEPT });
}

/* A message to two domains waits until it has waited for both. */
static void strictest_decides(void **state)
{
	(void)state;
	PLAY(ON "}", { 0, { 0 }, NULL, ACT_GREYLIST },
	     { 120, { .rcpt = { "<b@here.test>", "<b@there.test>" } }, NULL, ACT_GREYLIST },
	     { 120, { .rcpt = { "<b@here.test>", "<b@there.test>" } }, NULL, ACT_ACCEPT },
	     { 0, { OTHER_TEXT, .rcpt = { "<b@there.test>" } }, NULL, ACT_ACCEPT });
}

/* An author's domain that DMARC vouches for passes once for all. */
static void authors_pass(void **state)
{
	struct dmarc_facts dmarc = { .r = { .code = AUTH_PASS,
					    .from_domain = STR("sender.test") } };
	struct post first = { 0 }, later = { .ip = "203.0.113.9", OTHER_TEXT };
	struct gates g;

	(void)state;
	gates_open(&g, &check_greylist, ON "}");
	g.score = 3;
	g.dmarc = &dmarc;
	assert_int_equal(gates_action(&g, &first), ACT_GREYLIST);
	assert_int_equal(gates_action(&g, &later), ACT_GREYLIST);
	gates_later(&g, 120);
	assert_int_equal(gates_action(&g, &first), ACT_ACCEPT);
	later.headers = "From: a@sender.test\nSubject: third\n";
	later.rcpt[0] = "<x@there.test>";
	assert_int_equal(gates_action(&g, &later), ACT_ACCEPT);
	dmarc.r.code = AUTH_FAIL;
	later.ip = "198.51.100.9";
	assert_int_equal(gates_action(&g, &later), ACT_GREYLIST);
	gates_close(&g);
}

static void put_key(struct gates *g, const char *value)
{
	static const char key[] = "grey:net\0"
				  "192.0.2.0/24\0sender.test\0here.test";

	gates_ask(g, &(struct store_op){ .kind = STORE_PUT,
					 .key = { key, sizeof key - 1 },
					 .value = str_c(value) });
}

static void released_by_hand(void **state)
{
	struct post post = { 0 };
	struct gates g;

	(void)state;
	gates_open(&g, &check_greylist, ON "}");
	g.score = 3;
	assert_int_equal(gates_action(&g, &post), ACT_GREYLIST);
	put_key(&g, "nonsense"); /* and what cannot be read puts nobody off */
	assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	put_key(&g, "w 1700000000");
	assert_int_equal(gates_action(&g, &post), ACT_GREYLIST);
	put_key(&g, "r 1700000000");
	assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	gates_close(&g);
}

/* One record, the first one, whoever writes it. */
static void two_at_once_are_one(void **state)
{
	struct post post = { 0 };
	struct gates g;

	(void)state;
	gates_open(&g, &check_greylist, ON "}");
	g.score = 3;
	gates_action(&g, &post);
	assert_int_equal(gates_records(&g, "grey:"), 2); /* the network's and the message's */
	gates_later(&g, 100);
	gates_action(&g, &post);
	assert_int_equal(gates_records(&g, "grey:"), 2);
	gates_later(&g, 20);
	assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	gates_close(&g);
}

static void nobody_to_ask_puts_nobody_off(void **state)
{
	struct post post = { 0 };
	struct store *store;
	struct gates g;

	(void)state;
	gates_open(&g, &check_greylist, ON "}");
	g.score = 3;
	store = g.w.env.store;
	g.w.env.store = NULL;
	assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	g.w.env.store = store;
	assert_int_equal(gates_action(&g, &post), ACT_GREYLIST);
	gates_lose_store(&g);
	for (int i = 0; i < 3; i++)
		assert_int_equal(gates_action(&g, &post), ACT_ACCEPT);
	gates_close(&g);
}

static void refuses_a_window_before_the_delay(void **state)
{
	struct arena *a = arena_new(0);
	static const struct check *const checks[] = { &check_spf, &check_dmarc, &check_sender,
						      &check_greylist, NULL };
	struct err e;

	(void)state;
	assert_null(world_setup(a, checks, "greylist { delay = 5m window = 5m }", &e));
	assert_non_null(strstr(e.text, "greylist.window"));
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_codes),
		cmocka_unit_test(looks_near),
		cmocka_unit_test(reads_records),
		cmocka_unit_test(chooses),
		cmocka_unit_test(lets_in_who_comes_again),
		cmocka_unit_test(knows_pools),
		cmocka_unit_test(forgets),
		cmocka_unit_test(strictest_decides),
		cmocka_unit_test(authors_pass),
		cmocka_unit_test(released_by_hand),
		cmocka_unit_test(two_at_once_are_one),
		cmocka_unit_test(nobody_to_ask_puts_nobody_off),
		cmocka_unit_test(refuses_a_window_before_the_delay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
