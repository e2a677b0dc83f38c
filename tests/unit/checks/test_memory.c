/* Keys, networks, addresses and evidence of checks that remember. */
#include "unit/checks/memory_world.h"

#include "checks/memory/names.h"

static const struct check *const checks[] = { &check_sender, NULL };

static struct str text_of(const char *z, size_t n)
{
	return str_of(z, n);
}

static void assert_text(struct str got, const char *want)
{
	if (!str_eq(got, str_c(want)))
		fail_msg("\"%.*s\", not \"%s\"", STR_ARG(got), want);
}

/* ---- keys ---- */

static void test_keys(void **state)
{
	struct memory_world m;
	static const char long_text[] =
		"a-very-long-local-part-of-an-address-that-nobody-would-type@long.test";
	struct str part[2];
	struct scan *s;

	(void)state;
	memory_open(&m, checks, "");
	s = world_scan(&m.w, "inbound");
	part[0] = STR("a");
	part[1] = STR("b");
	assert_true(str_eq(memory_key(s, "ns", part, 2), text_of("ns:a\0b", 6)));
	part[1] = str_c(long_text);
	assert_int_equal(memory_key(s, "ns", part, 2).n, strlen("ns:a") + 1 + 65);
	scan_free(s);
	memory_close(&m);
}

/* No two lists of parts have one key, whatever octets a sender puts in. */
static void test_keys_differ(void **state)
{
	static const struct {
		const char *part[2];
		size_t n[2];
	} row[] = {
		{ { "a\0b", "c" }, { 3, 1 } }, { { "a", "b\0c" }, { 1, 3 } },
		{ { "a", "b" }, { 1, 1 } },    { { "ab", "" }, { 2, 0 } },
		{ { "", "ab" }, { 0, 2 } },    { { "\0", "" }, { 1, 0 } },
		{ { "", "\0" }, { 0, 1 } },    { { "", "" }, { 0, 0 } },
	};
	enum { ROWS = sizeof row / sizeof *row };
	struct memory_world m;
	struct str key[ROWS];
	struct scan *s;

	(void)state;
	memory_open(&m, checks, "");
	s = world_scan(&m.w, "inbound");
	for (size_t i = 0; i < ROWS; i++) {
		struct str part[2] = { str_of(row[i].part[0], row[i].n[0]),
				       str_of(row[i].part[1], row[i].n[1]) };
		key[i] = memory_key(s, "ns", part, 2);
		for (size_t k = 0; k < i; k++)
			if (str_eq(key[i], key[k]))
				fail_msg("rows %zu and %zu", k, i);
	}
	scan_free(s);
	memory_close(&m);
}

/* The text of a hash is not the key of what it is the hash of. */
static void test_keys_hashed(void **state)
{
	struct memory_world m;
	struct str text = STR("a-text-of-more-than-sixty-four-octets-that-is-"
			      "therefore-kept-as-its-hash");
	struct str key, again;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, "");
	s = world_scan(&m.w, "inbound");
	key = memory_key(s, "ns", &text, 1);
	text = str_skip(key, 3);
	again = memory_key(s, "ns", &text, 1);
	assert_false(str_eq(key, again));
	text = str_skip(key, 4);
	again = memory_key(s, "ns", &text, 1);
	assert_false(str_eq(key, again));
	assert_true(key.n < STORE_KEY_MAX);
	scan_free(s);
	memory_close(&m);
}

static void test_net(void **state)
{
	static const struct {
		const char *ip, *net;
	} row[] = {
		{ "192.0.2.77", "192.0.2.0/24" },
		{ "::ffff:192.0.2.77", "192.0.2.0/24" },
		{ "2001:db8:1:2:3::4", "2001:db8:1::/48" },
		{ "2001:db8::1", "2001:db8::/48" },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct scan_client c = { .profile = STR("inbound") };
		struct scan *s;
		assert_true(ip_parse(str_c(row[i].ip), &c.ip));
		s = scan_new(&m.w.env, &c, 0);
		assert_text(memory_net(s), row[i].net);
		scan_free(s);
	}
	memory_close(&m);
}

/* ---- addresses and domains ---- */

static void test_rcpt(void **state)
{
	static const struct {
		const char *path, *address;
	} row[] = {
		{ "<Bob@Here.Test>", "bob@here.test" },
		{ "<bob+lists@here.test>", "bob@here.test" },
		{ "<+odd@here.test>", "+odd@here.test" },
		{ "<bob@B\303\274cher.test>", "bob@xn--bcher-kva.test" },
		{ "<postmaster>", "" },
		{ "<>", "" },
		{ "<bob@[192.0.2.1]>", "" },
		{ "<bo b@here.test>", "" },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct scan *s = world_scan(&m.w, "inbound");
		scan_rcpt(s, str_c(row[i].path));
		assert_text(memory_rcpt(s, 0), row[i].address);
		assert_text(memory_rcpt(s, 1), "");
		scan_free(s);
	}
	memory_close(&m);
}

static void test_local(void **state)
{
	static const struct {
		const char *domain;
		bool local;
	} row[] = {
		{ "here.test", true }, { "mail.here.test", true }, { "xhere.test", false },
		{ "test", false },     { "also-here.test", true }, { "", false },
	};
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, "memory { local_domains = {\"Here.Test\", \"also-here.test\"} }");
	s = world_scan(&m.w, "inbound");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (memory_is_local(s, str_c(row[i].domain)) != row[i].local)
			fail_msg("%s", row[i].domain);
	scan_free(s);
	memory_close(&m);
}

/* Who a message is from: MAIL FROM, From, client; the author with DMARC, and without doubt. */
static void test_author(void **state)
{
	static const struct {
		const char *mail, *from, *ip, *author;
		bool genuine;
	} row[] = {
		{ "a@sender.test", "a@sender.test", NULL, "sender.test", true },
		{ "a@sender.test", "a@sender.test", "192.0.2.9", "", false },
		{ "x@other.test", "a@sender.test", NULL, "", false },
		{ "a@plain.test", "a@plain.test", NULL, "", true },
		{ "a@wide.test", "a@wide.test", NULL, "", false },
		{ "a@bare.test", "a@bare.test", NULL, "", false },
		{ "a@plain.test", "a@bare.test", NULL, "", false },
		{ "a@sender.test", "a@sender.test, b@other.test", NULL, "", false },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = { .ip = row[i].ip,
					    .from = row[i].mail,
					    .to = "b@here.test" };
		struct scan *s;
		mail.headers = arena_printf(m.w.a, "From: %s\n", row[i].from).p;
		s = memory_mail(&m, &mail);
		assert_text(memory_author(s), row[i].author);
		if (memory_holds(&m, s, "author_genuine", "") != row[i].genuine)
			fail_msg("row %zu", i);
		scan_free(s);
	}
	memory_close(&m);
}

/* ---- names ---- */

static void test_names(void **state)
{
	static const struct {
		const char *a, *b; /* b NULL: a is no name of a person */
		bool same;
	} row[] = {
		{ "Jane Boss", "jane boss", true },
		{ "Jane Boss", "Boss, Jane", true },
		{ "Jane Boss", "Jane  \"Boss\"", true },
		{ "Jane Boss", "Jane Bass", false },
		{ "J\303\274rgen Bo\303\237", "J\303\274rgen Bo\303\237", true },
		{ "Jane", NULL, false },
		{ "jane boss@here.test", NULL, false },
		{ "J B", NULL, false },
		{ "one two three four five six seven", NULL, false },
	};
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, "");
	s = world_scan(&m.w, "inbound");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str a = names_key(s, STR("here.test"), str_c(row[i].a));
		if (!row[i].b)
			assert_int_equal(a.n, 0);
		else if (!a.n ||
			 str_eq(a, names_key(s, STR("here.test"), str_c(row[i].b))) != row[i].same)
			fail_msg("row %zu", i);
		assert_true(!a.n || !str_eq(a, names_key(s, STR("x.test"), str_c(row[i].a))));
	}
	scan_free(s);
	memory_close(&m);
}

/* ---- evidence ---- */

static void test_evidence(void **state)
{
	static const struct {
		const char *user, *ip, *from, *headers, *symbols;
		unsigned bits;
	} row[] = {
		{ NULL, NULL, "a@sender.test", "From: a@sender.test\n", "", 0 },
		{ NULL, NULL, "a@sender.test", "From: a@sender.test\n",
		  "statistics/BAYES_99=4.0 auth/SPF_FAIL=3.0", 0 },
		{ NULL, NULL, "a@sender.test", "From: a@sender.test\n", "dnsbl/LISTED=2.0",
		  EVIDENCE_LIST },
		{ NULL, NULL, "a@sender.test", "From: a@sender.test\n", "dnsbl/WELCOME=-2.0", 0 },
		{ NULL, NULL, "a@sender.test", "From: a@sender.test\n",
		  "lookalike/LOOKALIKE_FROM=4.0 mime/MIME_EXECUTABLE=3.0",
		  EVIDENCE_LOOKALIKE | EVIDENCE_FILE },
		{ NULL, NULL, "a@sender.test", "From: a@sender.test\n",
		  "lookalike/LOOKALIKE_FROM_TLD=0.7", 0 },
		{ NULL, NULL, "a@sender.test", "From: a@sender.test\n", "scanners/VIRUS=4.0",
		  EVIDENCE_FILE },
		{ NULL, "192.0.2.9", "a@sender.test", "From: a@sender.test\n", "",
		  EVIDENCE_FORGED },
		{ NULL, "192.0.2.9", "l@bare.test", "From: a@sender.test\nList-Id: <l.bare.test>\n",
		  "", 0 },
		{ "joe@here.test", NULL, "joe@here.test", "From: joe@here.test\n", "",
		  EVIDENCE_SENT },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, "dmarc { reject = accept } cache { ttl = 0 }");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = { row[i].user,   row[i].ip,	   row[i].from,
					    "b@here.test", row[i].headers, NULL };
		struct scan *s;
		unsigned bits;
		m.symbols = row[i].symbols;
		s = memory_mail(&m, &mail);
		bits = memory_evidence(s);
		if (bits != row[i].bits)
			fail_msg("row %zu: %u, not %u", i, bits, row[i].bits);
		scan_free(s);
	}
	memory_close(&m);
}

/* What came to a trap is evidence, and so is nearly the same afterwards, to anybody. */
static void test_evidence_of_traps(void **state)
{
	static const struct check *const more[] = { &check_sender, &check_trap, &check_digest,
						    NULL };
	static const char text[] =
		"Our chief chemist found a way to make plain water burn like the best petrol, and "
		"now we look for partners in every town who want to sell it to their neighbours "
		"for half the price. Write back with your name, the town you live in and how many "
		"litres you could sell in a week, and we send you a barrel to begin with.\n";
	static const struct {
		const char *to;
		unsigned bits;
	} row[] = {
		{ "joe@here.test", 0 },
		{ "trap@here.test", EVIDENCE_TRAP },
		{ "joe@here.test", EVIDENCE_DIGEST },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, more, "cache { ttl = 0 } trap { addresses = {\"trap@here.test\"} }");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = { .from = "a@sender.test",
					    .to = row[i].to,
					    .headers = "From: a@sender.test\n",
					    .body = text };
		struct scan *s = memory_mail(&m, &mail);
		unsigned bits = memory_evidence(s);
		if (bits != row[i].bits)
			fail_msg("row %zu: %u, not %u", i, bits, row[i].bits);
		scan_free(s);
	}
	memory_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),	    cmocka_unit_test(test_keys_differ),
		cmocka_unit_test(test_keys_hashed), cmocka_unit_test(test_net),
		cmocka_unit_test(test_rcpt),	    cmocka_unit_test(test_local),
		cmocka_unit_test(test_author),	    cmocka_unit_test(test_names),
		cmocka_unit_test(test_evidence),    cmocka_unit_test(test_evidence_of_traps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
