/* What virus scanners answer, and what is asked of them: clamd's stream protocol, ICAP, records. */
#include "lib/test.h"

#include "base/buf.h"
#include "checks/outside/clamd.h"
#include "checks/outside/icap.h"

#define S(text)                                                                                    \
	{                                                                                          \
		text, sizeof text - 1                                                              \
	}
#define N64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *shown(struct arena *a, bool good, const struct scanner_reply *r)
{
	static const char *const word[] = { "clean", "found", "blocked", "large" };

	if (!good)
		return "none";
	return arena_printf(a, "%s%s%.*s", word[r->code], r->name.n ? " " : "", STR_ARG(r->name)).p;
}

/* ---- clamd ---- */

static const struct {
	struct str octets;
	const char *want;
} clamd_rows[] = {
	{ S("stream: OK\0"), "clean" },
	{ S("stream: Eicar-Test-Signature FOUND\0"), "found Eicar-Test-Signature" },
	{ S("stream: {HEX}php.a(b) 1 FOUND\0"), "found {HEX}php.a(b) 1" },
	{ S("stream: " N64 N64 " FOUND\0"), "found " N64 N64 },
	{ S("INSTREAM size limit exceeded. ERROR\0"), "large" },
	/* the name is a name, though it reads like something else */
	{ S("stream: OK FOUND\0"), "found OK" },
	/* garbage, half a reply, two of them, another command's */
	{ S(""), "none" },
	{ S("\0"), "none" },
	{ S("stream: OK"), "none" },
	{ S("stream: OK\n"), "none" },
	{ S("stream: OK\n\0"), "none" },
	{ S("stream: OK\0\0"), "none" },
	{ S("stream: OK\0stream: Evil FOUND\0"), "none" },
	{ S("stream: ok\0"), "none" },
	{ S("stream:OK\0"), "none" },
	{ S(" stream: OK\0"), "none" },
	{ S("1: stream: OK\0"), "none" },
	{ S("/tmp/x: OK\0"), "none" },
	{ S("/tmp/x: Evil FOUND\0"), "none" },
	{ S("PONG\0"), "none" },
	{ S("ClamAV 1.4.3/27000/Mon\0"), "none" },
	{ S("UNKNOWN COMMAND\0"), "none" },
	{ S("stream: no memory ERROR\0"), "none" },
	{ S("INSTREAM size limit exceeded. ERROR \0"), "none" },
	/* names that are none */
	{ S("stream: FOUND\0"), "none" },
	{ S("stream:  FOUND\0"), "none" },
	{ S("stream:  Evil FOUND\0"), "none" },
	{ S("stream: Evil  FOUND\0"), "none" },
	{ S("stream: Ev\til FOUND\0"), "none" },
	{ S("stream: Ev\r\nil FOUND\0"), "none" },
	{ S("stream: Ev\xc3\xafl FOUND\0"), "none" },
	{ S("stream: " N64 N64 "x FOUND\0"), "none" },
};

/* Whatever of it has come: never whole before its end, and no more to come after garbage. */
static void check_clamd_split(struct str octets, bool good)
{
	bool garbage = false;

	for (size_t n = 0; n <= octets.n; n++) {
		int whole = clamd_whole(str_sub(octets, 0, n));
		if (good)
			assert_int_equal(whole, n == octets.n ? 1 : 0);
		else
			assert_int_not_equal(whole, 1);
		if (garbage)
			assert_int_equal(whole, -1);
		garbage = whole < 0;
		if (str_eq(str_sub(octets, 0, n), STR("stream: OK\0")))
			return; /* what comes behind is not waited for */
	}
}

static void clamd_says(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof clamd_rows / sizeof *clamd_rows; i++) {
		struct scanner_reply r = { 0 };
		bool good = clamd_reply_read(clamd_rows[i].octets, &r);
		assert_string_equal(shown(a, good, &r), clamd_rows[i].want);
		if (str_find(clamd_rows[i].octets, STR("OK\0stream")) == SIZE_MAX &&
		    str_find(clamd_rows[i].octets, STR("\0\0")) == SIZE_MAX)
			check_clamd_split(clamd_rows[i].octets, good);
		assert_int_equal(clamd_whole(clamd_rows[i].octets) == 1, good);
	}
	arena_free(a);
}

static void clamd_is_not_waited_for_without_end(void **state)
{
	char text[CLAMD_REPLY_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(clamd_whole(str_of(text, CLAMD_REPLY_MAX - 1)), 0);
	assert_int_equal(clamd_whole(str_of(text, CLAMD_REPLY_MAX)), -1);
	assert_int_equal(clamd_whole(str_of(text, CLAMD_REPLY_MAX + 1)), -1);
}

static struct str joined(struct arena *a, const struct str *piece, size_t n)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < n; i++)
		buf_add(&b, piece[i]);
	return buf_str(&b);
}

static struct scanner_object object_of(const struct str *piece, size_t n)
{
	struct scanner_object o = { .piece = piece, .npieces = n };

	for (size_t i = 0; i < n; i++)
		o.octets += piece[i].n;
	return o;
}

static void asks_clamd(void **state)
{
	static const struct str piece[] = { S("ab"), S(""), S("cde") };
	struct scanner_object o = object_of(piece, 3), none = object_of(piece, 0);
	struct arena *a = arena_new(0);
	size_t n;
	const struct str *ask = clamd_request(a, &o, &n);

	(void)state;
	assert_int_equal(n, 5);
	assert_ptr_equal(ask[1].p, piece[0].p); /* not copied */
	assert_true(str_eq(joined(a, ask, n), STR("zINSTREAM\0\0\0\0\5abcde\0\0\0\0")));
	ask = clamd_request(a, &none, &n);
	assert_true(str_eq(joined(a, ask, n), STR("zINSTREAM\0\0\0\0\0")));
	arena_free(a);
}

/* ---- ICAP ---- */

#define HTTP200 "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
#define HTTP403 "HTTP/1.1 403 No\r\nA: b\r\n\r\n"
#define BODY "Encapsulated: res-hdr=0, res-body=25\r\n"
#define NOBODY "Encapsulated: res-hdr=0, null-body=25\r\n"
#define OURS "the very octets of the object"

static const struct {
	struct str octets;
	const char *want;
} icap_rows[] = {
	{ S("ICAP/1.0 204 No Content\r\nISTag: \"x\"\r\n\r\n"), "clean" },
	{ S("ICAP/1.0 204 Unmodified\r\nEncapsulated: null-body=0\r\n\r\n"), "clean" },
	{ S("ICAP/1.0 204\r\n\r\n"), "clean" },
	/* found */
	{ S("ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Evil.A;\r\n" NOBODY
	    "\r\n" HTTP403),
	  "found Evil.A" },
	{ S("ICAP/1.0 200 OK\r\nx-virus-id:  Evil B \r\n" BODY "\r\n" HTTP403 "0\r\n\r\n"),
	  "found Evil B" },
	{ S("ICAP/1.0 200 OK\r\nX-Violations-Found: 1\r\n\tfile\r\n\tEvil.C\r\n\t7\r\n\t0\r\n" BODY
	    "\r\n" HTTP403),
	  "found Evil.C" },
	{ S("ICAP/1.0 204 No\r\nX-Infection-Found: Type=0; Resolution=0; Threat=Evil.D;\r\n\r\n"),
	  "found Evil.D" },
	{ S("ICAP/1.0 200 OK\r\nX-Infection-Found: Type=2; Resolution=2; Threat=Zip.Bomb;\r\n" BODY
	    "\r\n" HTTP403),
	  "blocked Zip.Bomb" },
	{ S("ICAP/1.0 200 OK\r\nX-Virus-ID: Ev\x01\xffl\r\n" BODY "\r\n" HTTP403), "found Ev??l" },
	{ S("ICAP/1.0 200 OK\r\nX-Infection-Found: what\r\n" BODY "\r\n" HTTP403),
	  "found unknown" },
	{ S("ICAP/1.0 204 No\r\nX-Violations-Found: 0\r\n\r\n"), "clean" },
	/* another object in place of ours; and ours as it was */
	{ S("ICAP/1.0 200 OK\r\n" BODY "\r\n" HTTP403), "blocked unknown" },
	{ S("ICAP/1.0 200 OK\r\n" NOBODY "\r\n" HTTP200), "blocked unknown" },
	{ S("ICAP/1.0 200 OK\r\n" BODY "\r\n" HTTP200 "6\r\nsorry!\r\n0\r\n\r\n"),
	  "blocked unknown" },
	{ S("ICAP/1.0 200 OK\r\n" BODY "\r\n" HTTP200 "1d\r\n" OURS "\r\n0\r\n\r\n"), "clean" },
	{ S("ICAP/1.0 200 OK\r\n" BODY "\r\n" HTTP200
	    "4\r\nthe \r\n19;x=y\r\nvery octets of the object\r\n0\r\n\r\n"),
	  "clean" },
	{ S("ICAP/1.0 200 OK\r\n" BODY "\r\n" HTTP200 "4\r\nthe \r\n0\r\n\r\n"),
	  "blocked unknown" },
	/* errors and garbage */
	{ S("ICAP/1.0 404 Not Found\r\n\r\n"), "none" },
	{ S("ICAP/1.0 500 Oops\r\n\r\n"), "none" },
	{ S("ICAP/1.0 503 Busy\r\nX-Virus-ID: Evil\r\n\r\n"), "none" },
	{ S("ICAP/1.0 100 Continue\r\n\r\n"), "none" },
	{ S("ICAP/1.0 20x OK\r\n\r\n"), "none" },
	{ S("ICAP/1.0 2040\r\n\r\n"), "none" },
	{ S("ICAP/2.0 204 No\r\n\r\n"), "none" },
	{ S("HTTP/1.1 204 No Content\r\n\r\n"), "none" },
	{ S("ICAP/1.0 200 OK\r\n\r\n"), "none" },
	{ S("ICAP/1.0 200 OK\r\nEncapsulated: req-hdr=0, req-body=25\r\n\r\n" HTTP200), "none" },
	{ S("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=99999\r\n\r\n" HTTP200), "none" },
	{ S("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=-1\r\n\r\n" HTTP200), "none" },
	{ S("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=\r\n\r\n" HTTP200), "none" },
	{ S("ICAP/1.0 200 OK\r\n" BODY "\r\nno status line at all....0\r\n\r\n"), "none" },
	{ S("ICAP/1.0 204 No\r\nISTag: \"x\"\r\n"), "none" },
	{ S(""), "none" },
};

static void icap_says(void **state)
{
	static const struct str piece[] = { S("the very "), S("octets of the object") };
	struct scanner_object o = object_of(piece, 2);
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof icap_rows / sizeof *icap_rows; i++) {
		struct str octets = icap_rows[i].octets;
		struct scanner_reply r = { 0 };
		bool good = icap_reply_read(a, octets, &o, &r);
		assert_string_equal(shown(a, good, &r), icap_rows[i].want);
		assert_int_equal(icap_whole(octets) == 1, good);
		/* as soon as it is whole, it says what it says in the end */
		for (size_t n = 0; n < octets.n; n++)
			if (icap_whole(str_sub(octets, 0, n)) == 1) {
				good = icap_reply_read(a, str_sub(octets, 0, n), &o, &r);
				assert_string_equal(shown(a, good, &r), icap_rows[i].want);
			}
	}
	arena_free(a);
}

static void icap_is_not_waited_for_without_end(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };

	(void)state;
	buf_add(&b, STR("ICAP/1.0 204 No\r\n"));
	while (b.n < ICAP_HEADER_MAX + 100)
		buf_add(&b, STR("A: b\r\n"));
	assert_int_equal(icap_whole(str_sub(buf_str(&b), 0, ICAP_HEADER_MAX - 1)), 0);
	assert_int_equal(icap_whole(buf_str(&b)), -1);
	arena_free(a);
}

/* The object is large, and so much of it as is compared is there. */
static void icap_returns_ours(void **state)
{
	static char large[100000];
	struct str piece = { large, sizeof large };
	struct scanner_object o = object_of(&piece, 1);
	struct arena *a = arena_new(0);
	struct scanner_reply r;
	struct buf b = { .arena = a };

	(void)state;
	memset(large, 'q', sizeof large);
	buf_add(&b, STR("ICAP/1.0 200 OK\r\n" BODY "\r\n" HTTP200 "186a0\r\n"));
	buf_add(&b, str_of(large, ICAP_SAME - 1));
	assert_int_equal(icap_whole(buf_str(&b)), 0);
	buf_addc(&b, 'q');
	assert_int_equal(icap_whole(buf_str(&b)), 1);
	assert_true(icap_reply_read(a, buf_str(&b), &o, &r));
	assert_int_equal(r.code, SCANNER_CLEAN);
	large[5] = 'x';
	assert_true(icap_reply_read(a, buf_str(&b), &o, &r));
	assert_int_equal(r.code, SCANNER_BLOCKED);
	arena_free(a);
}

static const struct {
	const char *text, *host, *service;
	unsigned port;
} urls[] = {
	{ "icap://127.0.0.1:1344/avscan", "127.0.0.1:1344", "/avscan", 1344 },
	{ "ICAP://127.0.0.1/av/scan?x=1", "127.0.0.1", "/av/scan?x=1", 1344 },
	{ "icap://[::1]:13/s", "[::1]:13", "/s", 13 },
	{ "icap://[2001:db8::1]/s", "[2001:db8::1]", "/s", 1344 },
	{ "icap://127.0.0.1", NULL, NULL, 0 },
	{ "icap://127.0.0.1/", NULL, NULL, 0 },
	{ "icap://127.0.0.1:/s", NULL, NULL, 0 },
	{ "icap://127.0.0.1:0/s", NULL, NULL, 0 },
	{ "icap://127.0.0.1:65536/s", NULL, NULL, 0 },
	{ "icap://::1/s", NULL, NULL, 0 },
	{ "icap://scanner.example/s", NULL, NULL, 0 },
	{ "http://127.0.0.1/s", NULL, NULL, 0 },
	{ "icap://127.0.0.1/s p", NULL, NULL, 0 },
	{ "icap://127.0.0.1/s\r\nX: y", NULL, NULL, 0 },
	{ "", NULL, NULL, 0 },
};

static void reads_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct icap_url u;
		char why[100];
		bool good = icap_url_parse(str_c(urls[i].text), &u, why, sizeof why);
		if (good != (urls[i].host != NULL))
			fail_msg("%s", urls[i].text);
		if (!good)
			continue;
		assert_true(str_eq(u.host, str_c(urls[i].host)));
		assert_true(str_eq(u.service, str_c(urls[i].service)));
		assert_int_equal(u.port, urls[i].port);
	}
}

static void asks_icap(void **state)
{
	static const struct str piece[] = { S("ab"), S("cde") };
	struct scanner_object o = object_of(piece, 2);
	struct arena *a = arena_new(0);
	struct icap_url u;
	char why[100];
	size_t n, at, req, res, body;
	const struct str *ask;
	struct str all;

	(void)state;
	o.message = true;
	assert_true(icap_url_parse(STR("icap://127.0.0.1:1344/av"), &u, why, sizeof why));
	ask = icap_request(a, &u, &o, &n);
	assert_ptr_equal(ask[1].p, piece[0].p); /* not copied */
	all = joined(a, ask, n);
	assert_true(str_starts(all, STR("RESPMOD icap://127.0.0.1:1344/av ICAP/1.0\r\n"
					"Host: 127.0.0.1:1344\r\n")));
	assert_true(str_ifind(all, STR("\r\nAllow: 204\r\n")));
	/* what Encapsulated says of the places is so */
	at = str_find(all, STR("\r\n\r\n")) + 4;
	req = str_find(str_skip(all, at), STR("GET "));
	res = str_find(str_skip(all, at), STR("HTTP/1.1 200 OK\r\n"));
	body = str_find(str_skip(all, at), STR("5\r\nabcde\r\n0\r\n\r\n"));
	assert_int_equal(req, 0);
	assert_true(str_ifind(str_sub(all, 0, at),
			      arena_printf(a,
					   "\r\nEncapsulated: req-hdr=0, res-hdr=%zu, "
					   "res-body=%zu\r\n",
					   res, body)));
	assert_int_equal(at + body + 15, all.n);
	assert_true(str_ifind(all, STR("\r\nContent-Length: 5\r\n")));
	arena_free(a);
}

/* ---- names and records ---- */

static const struct {
	struct str text;
	bool ok;
	const char *clean;
} names[] = {
	{ S("Win.Test.EICAR_HDB-1"), true, "Win.Test.EICAR_HDB-1" },
	{ S("two words"), true, "two words" },
	{ S(""), false, "unknown" },
	{ S("  "), false, "unknown" },
	{ S(" x"), false, "x" },
	{ S("x "), false, "x" },
	{ S("a\0b"), false, "a?b" },
	{ S("a\r\nX-Bad: b"), false, "a??X-Bad: b" },
	{ S("\x7f\x80\xff"), false, "???" },
	{ S(N64 N64), true, N64 N64 },
	{ S(N64 N64 "x"), false, N64 N64 },
};

static void bounds_names(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str clean = scanner_name_clean(a, names[i].text);
		assert_int_equal(scanner_name_ok(names[i].text), names[i].ok);
		assert_true(str_eq(clean, str_c(names[i].clean)));
		assert_true(scanner_name_ok(clean));
	}
	arena_free(a);
}

static const struct {
	struct str record;
	const char *want;
} records[] = {
	{ S("1C"), "clean" },
	{ S("1FEvil.A"), "found Evil.A" },
	{ S("1Bunknown"), "blocked unknown" },
	{ S(""), "none" },
	{ S("1"), "none" },
	{ S("1Cx"), "none" },
	{ S("1F"), "none" },
	{ S("1F a"), "none" },
	{ S("1Fa\n"), "none" },
	{ S("1F" N64 N64 "x"), "none" },
	{ S("1L"), "none" },
	{ S("2C"), "none" },
	{ S("C"), "none" },
};

static void reads_records(void **state)
{
	struct arena *a = arena_new(0);
	struct scanner_reply large = { .code = SCANNER_TOO_LARGE };

	(void)state;
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		struct scanner_reply r = { 0 };
		bool good = scanner_record_read(records[i].record, &r);
		assert_string_equal(shown(a, good, &r), records[i].want);
		if (good)
			assert_true(str_eq(scanner_record_write(a, &r), records[i].record));
	}
	assert_null(scanner_record_write(a, &large).p);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clamd_says),
		cmocka_unit_test(clamd_is_not_waited_for_without_end),
		cmocka_unit_test(asks_clamd),
		cmocka_unit_test(icap_says),
		cmocka_unit_test(icap_is_not_waited_for_without_end),
		cmocka_unit_test(icap_returns_ours),
		cmocka_unit_test(reads_urls),
		cmocka_unit_test(asks_icap),
		cmocka_unit_test(bounds_names),
		cmocka_unit_test(reads_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
