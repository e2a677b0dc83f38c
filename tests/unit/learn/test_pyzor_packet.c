/* Pyzor's packets: what is written is read, signatures as pyzor 1.0 makes them, hostile octets. */
#include "lib/test.h"

#include "base/buf.h"
#include "learn/digest/pyzor.h"

#define DIGEST "7421216f915a87e02da034cc483f5c876e1a1338"
#define OTHER "da39a3ee5e6b4b0d3255bfef95601890afd80709"

static const struct pyzor_account bob = { { "bob", 3 }, { "00FFaa11", 8 } };
static const struct pyzor_account nobody = { { "anonymous", 9 }, { "", 0 } };

/* What python3's pyzor.account.sign_msg says of these, by hand. */
static const struct {
	const struct pyzor_account *who;
	const char *signature;
} signed_rows[] = {
	{ &bob, "bb6ba09cba3c4f5f154ed67077f26274feb06b8d" },
	{ &nobody, "c1b63c6495e0b712fe9bb3100ae7eca610ff3000" },
};

static void signs_as_pyzor_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof signed_rows / sizeof *signed_rows; i++) {
		struct arena *a = arena_new(0);
		struct pyzor_request q = { .verb = PYZOR_REPORT,
					   .thread = 4711,
					   .time = 1700000000,
					   .digest = { STR(DIGEST), STR(OTHER) },
					   .ndigests = 2 };
		struct str s = pyzor_request_format(a, &q, signed_rows[i].who);
		struct pyzor_request r;

		assert_true(pyzor_request_parse(a, s, &r));
		assert_true(str_eq(r.signature, str_c(signed_rows[i].signature)));
		assert_int_equal(r.verb, PYZOR_REPORT);
		assert_int_equal(r.thread, 4711);
		assert_int_equal(r.ndigests, 2);
		assert_true(str_eq(r.digest[1], STR(OTHER)));
		assert_true(str_eq(r.spec, STR("20,3,60,3")));
		assert_true(pyzor_request_genuine(&r, signed_rows[i].who, 1700000000 + 300));
		assert_false(pyzor_request_genuine(&r, signed_rows[i].who, 1700000000 + 301));
		assert_false(pyzor_request_genuine(&r, signed_rows[i].who, 1700000000 - 301));
		assert_false(pyzor_request_genuine(&r, signed_rows[1 - i].who, 1700000000));
		arena_free(a);
	}
}

/* No octet of it can be changed. */
static void one_changed_octet_is_found(void **state)
{
	struct arena *a = arena_new(0);
	struct pyzor_request q = { .verb = PYZOR_CHECK,
				   .thread = 4711,
				   .time = 1700000000,
				   .digest = { STR(DIGEST) },
				   .ndigests = 1 };
	struct str s = pyzor_request_format(a, &q, &bob);

	(void)state;
	for (size_t i = 0; i < s.n; i++) {
		struct arena *b = arena_new(0);
		struct str t = arena_dup(b, s);
		struct pyzor_request r;

		((char *)(uintptr_t)t.p)[i] ^= 1;
		if (pyzor_request_parse(b, t, &r) && pyzor_request_genuine(&r, &bob, 1700000000) &&
		    s.p[i] != '\n' && !(i && s.p[i - 1] == ':') && !(i && s.p[i - 1] == '\n'))
			fail_msg("octet %zu", i);
		arena_free(b);
	}
	for (size_t n = 0; n < s.n; n++) { /* cut anywhere: no crash, and no other digest */
		struct pyzor_request r;

		if (pyzor_request_parse(a, str_sub(s, 0, n), &r) && r.ndigests)
			assert_true(str_eq(r.digest[0], STR(DIGEST)));
	}
	arena_free(a);
}

static const struct {
	const char *what;
	struct str packet;
	bool good;
	enum pyzor_verb verb;
	size_t ndigests;
} requests[] = {
	{ "ping", STR("Op: ping\nThread: 2000\nPV: 2.1\n\n"), true, PYZOR_PING, 0 },
	{ "CR LF", STR("Op: ping\r\nThread: 2000\r\nPV: 2.1\r\n\r\n"), true, PYZOR_PING, 0 },
	{ "no line end", STR("Op: ping\nThread: 2000\nPV: 2.0"), true, PYZOR_PING, 0 },
	{ "fields in another order and case",
	  STR("pv: 2.1\nthread: 2000\n\nop: check\nop-digest:  " DIGEST " \n"), true, PYZOR_CHECK,
	  1 },
	{ "no such operation", STR("Op: fly\nThread: 2000\nPV: 2.1\n"), true, PYZOR_VERBS, 0 },
	{ "check of nothing", STR("Op: check\nThread: 2000\nPV: 2.1\n"), false, PYZOR_CHECK, 0 },
	{ "no version", STR("Op: ping\nThread: 2000\n"), false, PYZOR_PING, 0 },
	{ "version 3", STR("Op: ping\nThread: 2000\nPV: 3.1\n"), false, PYZOR_PING, 0 },
	{ "version 21", STR("Op: ping\nThread: 2000\nPV: 21\n"), false, PYZOR_PING, 0 },
	{ "no thread", STR("Op: ping\nPV: 2.1\n"), false, PYZOR_PING, 0 },
	{ "thread too large", STR("Op: ping\nPV: 2.1\nThread: 65536\n"), false, PYZOR_PING, 0 },
	{ "negative thread", STR("Op: ping\nPV: 2.1\nThread: -1\n"), false, PYZOR_PING, 0 },
	{ "no digest", STR("Op: check\nPV: 2.1\nThread: 1\nOp-Digest: xyz\n"), false, PYZOR_CHECK,
	  0 },
	{ "a digit too many", STR("Op: check\nPV: 2.1\nThread: 1\nOp-Digest: " DIGEST "0\n"), false,
	  PYZOR_CHECK, 0 },
	{ "empty", STR(""), false, PYZOR_VERBS, 0 },
	{ "NULs", STR("\0\0\0\0\n\0:\0\n"), false, PYZOR_VERBS, 0 },
};

static void reads_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		struct arena *a = arena_new(0);
		struct pyzor_request r;

		if (pyzor_request_parse(a, requests[i].packet, &r) != requests[i].good)
			fail_msg("%s", requests[i].what);
		if (r.verb != requests[i].verb || r.ndigests != requests[i].ndigests)
			fail_msg("%s: operation %d, %zu digests", requests[i].what, (int)r.verb,
				 r.ndigests);
		arena_free(a);
	}
}

static void has_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct pyzor_request r;
	struct pyzor_reply reply;

	(void)state;
	buf_add(&b, STR("Op: report\nThread: 2000\nPV: 2.1\n"));
	for (unsigned i = 0; i < PYZOR_BATCH; i++)
		buf_add(&b, STR("Op-Digest: " DIGEST "\n"));
	assert_true(pyzor_request_parse(a, buf_str(&b), &r));
	buf_add(&b, STR("Op-Digest: " DIGEST "\n"));
	assert_false(pyzor_request_parse(a, buf_str(&b), &r));
	assert_int_equal(r.ndigests, PYZOR_BATCH);
	b.n = 0;
	buf_add(&b, STR("Op: ping\nThread: 2000\nPV: 2.1\n"));
	for (unsigned i = 0; i < 100; i++)
		buf_add(&b, STR("X: y\n"));
	assert_false(pyzor_request_parse(a, buf_str(&b), &r));
	while (b.n <= PYZOR_PACKET_MAX)
		buf_addc(&b, '\n');
	assert_false(pyzor_request_parse(a, buf_str(&b), &r));
	assert_false(pyzor_reply_parse(a, buf_str(&b), &reply));
	arena_free(a);
}

static void replies_come_back(void **state)
{
	struct arena *a = arena_new(0);
	const struct pyzor_reply r = { .thread = 2000,
				       .code = 200,
				       .diag = STR("O\nK: \xFF"),
				       .count = 12345678901,
				       .wl_count = 7,
				       .entered = 1700000000,
				       .updated = 1700000001,
				       .wl_entered = -1,
				       .wl_updated = -1 };
	struct pyzor_reply got;

	(void)state;
	assert_true(pyzor_reply_parse(a, pyzor_reply_format(a, &r, PYZOR_INFO), &got));
	assert_true(got.count == r.count && got.wl_count == 7 && got.thread == 2000);
	assert_true(got.entered == r.entered && got.updated == r.updated && got.wl_entered == -1);
	assert_true(str_eq(got.diag, STR("O?K: ?")));
	assert_true(pyzor_reply_parse(a, pyzor_reply_format(a, &r, PYZOR_PING), &got));
	assert_true(got.count == 0);
	assert_true(pyzor_reply_parse(a, STR("Code: 200\nThread: 0\nWL-Entered: -1\n"), &got));
	assert_int_equal(got.wl_entered, -1);
	assert_false(pyzor_reply_parse(a, STR("Diag: OK\n"), &got));
	assert_false(pyzor_reply_parse(a, STR("Code: 200\nCount: -5\n"), &got));
	assert_false(pyzor_reply_parse(a, STR("Code: 200\nCount: 99999999999999999999\n"), &got));
	assert_false(pyzor_reply_parse(a, STR("Code: abc\n"), &got));
	arena_free(a);
}

static void reads_settings(void **state)
{
	struct str host, key;
	uint16_t port;

	(void)state;
	assert_true(pyzor_address_parse(STR("pyzor.example"), &host, &port) && port == PYZOR_PORT);
	assert_true(pyzor_address_parse(STR("::1@99"), &host, &port) && port == 99);
	assert_true(str_eq(host, STR("::1")));
	assert_false(pyzor_address_parse(STR("x@0"), &host, &port));
	assert_false(pyzor_address_parse(STR("x@65536"), &host, &port));
	assert_false(pyzor_address_parse(STR("@1"), &host, &port));
	assert_true(pyzor_key_read(STR("salt,00ff\n"), &key) && str_eq(key, STR("00ff")));
	assert_true(pyzor_key_read(STR(" 00ff "), &key) && str_eq(key, STR("00ff")));
	assert_false(pyzor_key_read(STR("00fg"), &key));
	assert_false(pyzor_key_read(STR(""), &key));
	assert_false(pyzor_user_valid(STR("a:b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_as_pyzor_does), cmocka_unit_test(one_changed_octet_is_found),
		cmocka_unit_test(reads_requests),      cmocka_unit_test(has_limits),
		cmocka_unit_test(replies_come_back),   cmocka_unit_test(reads_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
