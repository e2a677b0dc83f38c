/* DNS lists: codes, names, digests; lists that refuse, lie and are silent; configurations. */
#include "unit/checks/dnslist_world.h"

static void test_codes(void **state)
{
	static const struct {
		const char *codes;
		uint8_t b[4];
		bool fits;
	} row[] = {
		{ "127.0.0.2", { 127, 0, 0, 2 }, true },
		{ "127.0.0.2", { 127, 0, 0, 3 }, false },
		{ "127.0.0.4-7", { 127, 0, 0, 4 }, true },
		{ "127.0.0.4-7", { 127, 0, 0, 7 }, true },
		{ "127.0.0.4-7", { 127, 0, 0, 8 }, false },
		{ "127.0.0.4-7", { 127, 0, 1, 5 }, false },
		{ "127.0.*.3", { 127, 0, 10, 3 }, true },
		{ "127.0.*.3", { 127, 0, 10, 2 }, false },
		{ "127.0.0.0/30", { 127, 0, 0, 3 }, true },
		{ "127.0.0.0/30", { 127, 0, 0, 4 }, false },
		{ "&8", { 127, 0, 0, 8 }, true },
		{ "&8", { 127, 0, 0, 88 }, true }, /* 64 + 16 + 8 */
		{ "&8", { 127, 0, 0, 80 }, false },
		{ "&8", { 10, 0, 0, 8 }, false },
		{ "&256", { 127, 0, 1, 0 }, true },
		{ "127.0.0.2, 127.0.0.9", { 127, 0, 0, 9 }, true },
		{ "txt:x", { 127, 0, 0, 2 }, false },
	};
	static const char *const wrong[] = { "",	   "127.0.0", "127.0.0.256", "127.0.0.7-4",
					     "&",	   "&0",      "txt:",	     "127.0.0.0/33",
					     "127.0.0.2.", "::1/128", "127.0.0.2,x", "127..0.2",
					     "*.*-3.0.0" };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct dns_rr rr = { .data = str_of((const char *)row[i].b, 4) };
		assert_true(dnslist_codes_ok(str_c(row[i].codes)));
		if (dnslist_codes_fit(str_c(row[i].codes), DNS_A, &rr) != row[i].fits)
			fail_msg("row %zu: %s", i, row[i].codes);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (dnslist_codes_ok(str_c(wrong[i])))
			fail_msg("taken: %s", wrong[i]);
	struct dns_rr text = { .data = STR("https://www.spamcop.net/bl") };
	assert_true(dnslist_codes_fit(STR("txt:SpamCop"), DNS_TXT, &text));
	assert_false(dnslist_codes_fit(STR("txt:SpamCop"), DNS_A, &text));
	assert_false(dnslist_codes_fit(STR("127.0.0.2"), DNS_TXT, &text));
}

static void test_zone_words(void **state)
{
	static const struct {
		const char *key, *value;
		bool ok;
	} row[] = {
		{ "zone", "zen.spamhaus.org", true },
		{ "zone", "Zen.Example.", true },
		{ "zone", "org", false },
		{ "zone", "a b", false },
		{ "zone", "", false },
		{ "scopes", "client,url", true },
		{ "scopes", "clients", false },
		{ "scopes", "", false },
		{ "scopes", "dkim_pass", false },
		{ "v6", "64", true },
		{ "v6", "128", false },
		{ "use", "no", true },
		{ "use", "maybe", false },
		{ "type", "TXT", true },
		{ "type", "MX", false },
		{ "refused", "127.0.0.1,127.0.0.255", true },
		{ "refused", "no", false },
		{ "priority", "1001", false },
		{ "hash", "sha1", true },
		{ "hash", "sha512", false },
		{ "coding", "base64", false },
		{ "digits", "64", false },
		{ "listed", "_dnsbl_.test", true },
		{ "listed", "a b", false },
		{ "listed", "", false },
		{ "what", "x", false },
	};
	struct arena *a = arena_new(0);
	struct dnslist_zone z;
	const char *expected;

	(void)state;
	dnslist_zone_init(a, &z, STR("x"));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (dnslist_zone_set(a, &z, str_c(row[i].key), str_c(row[i].value), &expected) !=
		    row[i].ok)
			fail_msg("%s=%s", row[i].key, row[i].value);
	arena_free(a);
}

/* Digests of "abc": RFC 1321 A.5, FIPS 180-4; and of an address as EBL has it. */
static void test_digests(void **state)
{
	static const struct {
		enum dnslist_digest d;
		enum dnslist_coding c;
		unsigned digits;
		const char *text, *label;
	} row[] = {
		{ DNSLIST_RAW, DNSLIST_HEX, 0, "abc", "abc" },
		{ DNSLIST_MD5, DNSLIST_HEX, 0, "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ DNSLIST_SHA1, DNSLIST_HEX, 0, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ DNSLIST_SHA1, DNSLIST_HEX, 0, "test@gmail.com",
		  "ea97b75619f5cb2b9df9d184c4541aafe3b87484" },
		{ DNSLIST_SHA256, DNSLIST_HEX, 0, "abc",
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a" },
		{ DNSLIST_SHA256, DNSLIST_HEX, 16, "abc", "ba7816bf8f01cfea" },
		{ DNSLIST_MD5, DNSLIST_BASE32, 0, "abc", "saavbgb42jh3bvuwh56sryl7oi" },
		{ DNSLIST_SHA1, DNSLIST_BASE32, 0, "abc", "vgmt4nsha2awvor6evyxqugcnsonbwe5" },
		{ DNSLIST_SHA256, DNSLIST_BASE32, 0, "abc",
		  "xj4bnp4pahh6uqkbidpf3lrceoyagyndsylxvhfucd7wd4qacwwq" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		assert_str(dnslist_hash(a, row[i].d, row[i].c, row[i].digits, str_c(row[i].text)),
			   row[i].label);
	arena_free(a);
}

static void test_mailboxes(void **state)
{
	static const struct {
		const char *local, *domain, *out;
	} row[] = {
		{ "User", "Example.COM", "user@example.com" },
		{ "a.b+tag", "Gmail.com", "ab@gmail.com" },
		{ "a.b", "googlemail.com", "ab@gmail.com" },
		{ "a.b+c+d", "example.com", "a.b@example.com" },
		{ "+", "example.com", "+@example.com" },
		{ "a b", "example.com", "" },
		{ "a@b", "example.com", "" },
		{ "", "example.com", "" },
		{ "a", "[192.0.2.1]", "" },
		{ "a", "", "" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		assert_str(dnslist_mailbox(a, str_c(row[i].local), str_c(row[i].domain)),
			   row[i].out);
	arena_free(a);
}

static void test_address_names(void **state)
{
	static const struct {
		const char *ip;
		unsigned bits;
		const char *name;
	} row[] = {
		{ "192.0.2.99", 0, "99.2.0.192" },
		{ "2001:db8:1:2:3:4:5:6789", 0,
		  "9.8.7.6.5.0.0.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2" },
		{ "2001:db8:1:2:3:4:5:6789", 64, "2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2" },
	};
	struct arena *a = arena_new(0);
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		assert_true(ip_parse(str_c(row[i].ip), &ip));
		assert_str(dnslist_ip_name(a, &ip, row[i].bits), row[i].name);
	}
	arena_free(a);
}

static void test_keys_hidden(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	assert_str(dnslist_shown(a, STR("abcdefghij0123456789abcdef.zen.dq.spamhaus.net")),
		   "***.zen.dq.spamhaus.net");
	assert_str(dnslist_shown(a, STR("zen.spamhaus.org")), "zen.spamhaus.org");
	arena_free(a);
}

/* ---- lists that do not serve ---- */

static void test_refused(void **state)
{
	static const char *const answers[] = { "127.255.255.254", "127.0.0.1" };
	static const struct letter m = { .ip = "20.0.2.7",
					 .helo = "a.example",
					 .from = "<a@b.example>" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct lists_world l;
		char zone[256];
		struct scan *s;
		snprintf(zone, sizeof zone,
			 "a.example.dom.test A %s\nb.example.dom.test A 127.0.1.2", answers[i]);
		lists_open(&l, "", zone, "dom zone=dom.test scopes=helo,mailfrom refused=127.0.0.1",
			   "dom helo,mailfrom");
		s = lists_mail(&l, &m);
		assert_string_equal(lists_say(&l, s, "dnslist dom helo"), "-");
		assert_string_not_equal(lists_say(&l, s, "dnslist_refused dom helo"), "-");
		assert_string_equal(lists_say(&l, s, "dnslist_refused dom helo 127.0.0.9"), "-");
		assert_string_equal(lists_say(&l, s, "dnslist_off"), "dom");
		assert_string_equal(lists_say(&l, s, "dnslist_unanswered"), "-");
		assert_int_equal(lists_counted(&l, "dnslist:dom", BOARD_REFUSED), 1);
		scan_free(s);
		s = lists_mail(&l, &(struct letter){ .ip = "20.0.2.7", .helo = "c.example" });
		assert_int_equal(lists_asked(&l, "c.example.dom.test"), 0);
		assert_string_equal(lists_say(&l, s, "dnslist_off"), "dom");
		scan_free(s);
		lists_close(&l);
	}
}

/* A name that somebody else has now answers whatever is asked. */
static void test_wild(void **state)
{
	static const struct letter m = { .ip = "20.0.2.7", .helo = "a.example" };
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l, "", "*.dom.test A 93.184.216.34", DOM_STANZA, "dom helo");
	s = lists_mail(&l, &m);
	assert_string_equal(lists_say(&l, s, "dnslist dom helo"), "-");
	assert_string_equal(lists_say(&l, s, "dnslist_off"), "dom");
	scan_free(s);
	assert_true(board_is_off(board_cell(l.w.env.board, STR("dnslist:dom"))));
	lists_close(&l);
}

/* A list of domains answers a question for an address with a code of refusal: who says HELO with
 * his bare address must not switch it off. */
static void test_numbers(void **state)
{
	static const struct letter m = {
		.ip = "20.0.2.7",
		.helo = "20.0.2.7",
		.from = "<a@10.1.2.3>",
		.headers = "From: <a@mail.1.2.3.4>\nReply-To: <b@192.168.1.4>\n"
			   "DKIM-Signature: v=1; d=4.3.2.1; s=x\n",
		.body = "http://1.2.3.4/x http://1.2.3.4.5/x\r\n",
	};
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l, "", "*.dom.test A 127.0.1.255", DOM_STANZA " refused=127.0.1.255",
		   "dom helo,rdns,mailfrom,from,replyto,dkim,url,urlhost");
	s = lists_mail(&l, &m);
	assert_int_equal(lists_asked(&l, ".dom.test"), 0);
	assert_string_equal(lists_say(&l, s, "dnslist_off"), "-");
	scan_free(s);
	lists_close(&l);
}

static bool silent_of(struct lists_world *l, const char *helo)
{
	struct scan *s = lists_mail(l, &(struct letter){ .ip = "20.0.2.7", .helo = helo });
	bool silent = strcmp(lists_say(l, s, "dnslist_unanswered"), "dom") == 0;

	assert_string_equal(lists_say(l, s, "dnslist dom helo"), "-");
	scan_free(s);
	return silent;
}

static void test_silent(void **state)
{
	struct lists_world l;
	char helo[32];

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", DOM_STANZA, "dom helo");
	for (unsigned i = 0; i < 8; i++) {
		char name[64];
		snprintf(helo, sizeof helo, "h%u.example", i);
		snprintf(name, sizeof name, "%s.dom.test", helo);
		zone_fault(l.w.zone, str_c(name), ZONE_ANY, ZONE_SERVFAIL);
		assert_true(silent_of(&l, helo));
	}
	assert_int_equal(lists_asked(&l, "dom.test"), BOARD_OPENS_AFTER);
	assert_int_equal(lists_counted(&l, "dnslist:dom", BOARD_FAILED), BOARD_OPENS_AFTER);
	assert_int_equal(lists_counted(&l, "dnslist:dom", BOARD_OFF), 3);
	lists_close(&l);
}

static void test_slow(void **state)
{
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l, "dnslist { timeout = 100ms }",
		   "a.example.dom.test DELAY 30000\na.example.dom.test A 127.0.1.2", DOM_STANZA,
		   "dom helo");
	s = lists_mail(&l, &(struct letter){ .ip = "20.0.2.7", .helo = "a.example" });
	assert_string_equal(lists_say(&l, s, "dnslist dom helo"), "-");
	assert_string_equal(lists_say(&l, s, "dnslist_unanswered"), "dom");
	scan_free(s);
	lists_close(&l);
}

static void run_selftest(struct lists_world *l, const char *zone, const char *stanza)
{
	lists_open(l, "", zone, stanza, "ip client");
	dnslist_selftest(l->w.a, &l->w.env);
	dnslist_selftest(l->w.a, &l->w.env); /* the second worker has nothing to do */
	for (unsigned i = 0; i < 10; i++)
		loop_turn(l->w.loop, 1);
	assert_int_equal(lists_asked(l, "ip.test"), 2);
	assert_int_equal(lists_counted(l, "dnslist:ip", BOARD_ASKED), 2);
}

static void test_selftest(void **state)
{
	static const struct {
		const char *zone;
		uint64_t good, failed, refused;
		bool off;
	} row[] = {
		{ "2.0.0.127.ip.test A 127.0.0.2", 2, 0, 0, false },
		{ "x A 192.0.2.1", 1, 1, 0, false },
		{ "*.ip.test A 127.0.0.2", 1, 0, 1, true },
		{ "*.ip.test A 127.255.255.254", 0, 0, 2, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lists_world l;
		run_selftest(&l, row[i].zone, IP_STANZA);
		assert_int_equal(lists_counted(&l, "dnslist:ip", BOARD_GOOD), row[i].good);
		assert_int_equal(lists_counted(&l, "dnslist:ip", BOARD_FAILED), row[i].failed);
		assert_int_equal(lists_counted(&l, "dnslist:ip", BOARD_REFUSED), row[i].refused);
		assert_int_equal(board_is_off(board_cell(l.w.env.board, STR("dnslist:ip"))),
				 row[i].off);
		lists_close(&l);
	}
}

/* ---- configuration ---- */

static void test_sections(void **state)
{
	static const struct letter m = { .ip = "20.0.2.7", .helo = "a.example" };
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l,
		   "dnszone \"dom\" { zone = \"Key.dom2.test\" scopes = {helo} }\n"
		   "dnszone \"ip\" { use = off }\n"
		   "dnszone \"new\" { zone = \"new.test\" scopes = {helo} }",
		   "a.example.key.dom2.test A 127.0.1.2\na.example.new.test A 127.0.0.2",
		   "dom zone=dom.test scopes=helo use=no\nip zone=ip.test scopes=client",
		   "dom helo\nip client\nnew helo");
	s = lists_mail(&l, &m);
	assert_string_equal(lists_say(&l, s, "dnslist dom helo"), "a.example (127.0.1.2)");
	assert_string_equal(lists_say(&l, s, "dnslist new helo"), "a.example (127.0.0.2)");
	assert_int_equal(lists_asked(&l, ".ip.test"), 0);
	assert_int_equal(lists_asked(&l, ".dom.test"), 0);
	scan_free(s);
	lists_close(&l);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *conf, *stanzas, *uses;
	} row[] = {
		{ "", "dom", "dom helo" },
		{ "", "dom zone=x", "dom helo" },
		{ "", "dom zone=dom.test scope=helo", "dom helo" },
		{ "", "dom zone=dom.test scopes=helo", "dim helo" },
		{ "", "dom zone=dom.test scopes=helo", "dom hello" },
		{ "", "dom zone=dom.test scopes=helo", "dom helo 127.0.0" },
		{ "dnszone \"own\" { scopes = {helo} }", "dom zone=dom.test", "dom helo" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lists_world l;
		struct err e = { "" };
		if (lists_try(&l, row[i].conf, "x A 192.0.2.1", row[i].stanzas, row[i].uses, &e) >=
		    0)
			fail_msg("row %zu is taken", i);
		assert_true(strlen(e.text) > 0);
		lists_close(&l);
	}
}

static void test_trusted(void **state)
{
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l, "", "7.2.0.20.ip.test A 127.0.0.2", IP_STANZA, "ip client");
	assert_true(cidr_parse(STR("20.0.2.0/24"), &l.net.net));
	l.view.trusted = (struct view_nets){ &l.net, 1 };
	s = lists_mail(&l, &(struct letter){ .ip = "20.0.2.7" });
	assert_int_equal(lists_asked(&l, "ip.test"), 0);
	scan_free(s);
	lists_close(&l);
}

static void test_spared(void **state)
{
	static const struct letter m = {
		.ip = "20.0.2.7", .body = "http://www.known.example/ http://b.example/\r\n"
	};
	struct lists_world l;

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", DOM_STANZA, "dom url");
	lists_add((struct lists *)(uintptr_t)l.judge.lists, STR("uridnsbl_skip_domain"),
		  STR("known.example"), STR_NULL);
	scan_free(lists_mail(&l, &m));
	assert_int_equal(lists_asked(&l, ".dom.test"), 1);
	lists_close(&l);
}

/* What others ask is the same question, and counts with the same list. */
static void test_shared(void **state)
{
	static const struct letter m = { .ip = "20.0.2.7", .helo = "a.example" };
	struct lists_world l;
	struct scan *s;
	struct dnslist_reply r;

	(void)state;
	lists_open(&l, "", "a.example.dom.test A 127.0.1.2", DOM_STANZA, "dom helo");
	s = lists_mail(&l, &m);
	r = dnslist_ask(s, STR("DOM.test."), STR("a.example"), DNS_A, 0);
	assert_int_equal(r.state, DNSLIST_LISTED);
	assert_int_equal(r.n, 1);
	assert_int_equal(lists_asked(&l, "dom.test"), 1);
	r = dnslist_ask(s, STR("dom.test"), str_of("a\0b", 3), DNS_A, 0);
	assert_int_equal(r.state, DNSLIST_CLEAN);
	scan_free(s);
	lists_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),	      cmocka_unit_test(test_zone_words),
		cmocka_unit_test(test_digests),	      cmocka_unit_test(test_mailboxes),
		cmocka_unit_test(test_address_names), cmocka_unit_test(test_keys_hidden),
		cmocka_unit_test(test_refused),	      cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_wild),	      cmocka_unit_test(test_silent),
		cmocka_unit_test(test_slow),	      cmocka_unit_test(test_selftest),
		cmocka_unit_test(test_sections),      cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_trusted),	      cmocka_unit_test(test_spared),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
