/* Reports as messages: their names, their header, what is attached, and what failure reports do
 * not say. */
#include "report/mail.h"

#include <zlib.h>

#include "lib/test.h"
#include "report/afrf.h"
#include "report/gzip.h"

static const struct report_envelope env = {
	.org = { "Example \"Inc\"", 13 },
	.email = { "dmarc@mx.example", 16 },
	.submitter = { "mx.example", 10 },
	.to = { "rua@example.com", 15 },
	.date = 1763800000,
};

static struct report aggregate(void)
{
	return (struct report){ .domain = STR("example.com"),
				.id = STR("0123456789abcdef0123456789abcdef"),
				.begin = 1763683200,
				.end = 1763769599 };
}

static bool has(struct str s, const char *z)
{
	return str_find(s, str_c(z)) != SIZE_MAX;
}

/* Every line ends in CRLF, is of at most 998 octets, and is ASCII. */
static void assert_wire(struct str m)
{
	size_t line = 0;

	assert_true(str_ascii(m));
	for (size_t i = 0; i < m.n; i++) {
		line = m.p[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 999);
		if (m.p[i] == '\n')
			assert_true(i && m.p[i - 1] == '\r');
		if (m.p[i] == '\r')
			assert_true(i + 1 < m.n && m.p[i + 1] == '\n');
	}
	assert_true(m.n > 2 && m.p[m.n - 1] == '\n');
}

static struct str whole(struct arena *a, const struct report_envelope *e, const struct report *r,
			struct str gz)
{
	return report_mail(a, e, r->id, report_mail_content(a, e, r, gz));
}

static void names(void **state)
{
	struct arena *a = arena_new(0);
	struct crypto *c = crypto_new();
	struct report r = aggregate();
	struct str id = report_id(a, c, STR("mx.example"), STR("example.com"), 1, 2, STR("0"));

	(void)state;
	assert_str(report_filename(a, STR("mx.example"), &r),
		   "mx.example!example.com!1763683200!1763769599!"
		   "0123456789abcdef0123456789abcdef.xml.gz");
	assert_int_equal(id.n, REPORT_ID_MAX - 1);
	assert_true(
		str_eq(id, report_id(a, c, STR("mx.example"), STR("example.com"), 1, 2, STR("0"))));
	assert_false(
		str_eq(id, report_id(a, c, STR("mx.example"), STR("example.com"), 1, 2, STR("1"))));
	assert_false(
		str_eq(id, report_id(a, c, STR("mx.examplee"), STR("xample.com"), 1, 2, STR("0"))));
	arena_free(a);
	crypto_free(c);
}

static void message(void **state)
{
	struct arena *a = arena_new(0);
	struct report r = aggregate();
	struct str gz = gzip_write(a, STR("<feedback/>"));
	struct str m = whole(a, &env, &r, gz);

	(void)state;
	assert_wire(m);
	assert_true(str_starts(m, STR("From: \"Example \\\"Inc\\\"\"\r\n <dmarc@mx.example>\r\n"
				      "To: <rua@example.com>\r\nDate: Sat, 22 Nov 2025 ")));
	assert_true(has(m, "Subject: Report Domain: example.com\r\n Submitter: mx.example\r\n"
			   " Report-ID: <0123456789abcdef0123456789abcdef>\r\n"));
	assert_true(has(m, "Message-ID: <0123456789abcdef0123456789abcdef@mx.example>\r\n"));
	assert_true(has(m, "Auto-Submitted: auto-generated\r\n"));
	assert_true(has(m, "Content-Type: application/gzip;\r\n"));
	assert_true(str_eq(m, whole(a, &env, &r, gz)));
	arena_free(a);
}

static void foreign_name(void **state)
{
	struct arena *a = arena_new(0);
	struct report r = aggregate();
	struct report_envelope e = env;

	(void)state;
	e.org = STR("B\xc3\xbc"
		    "cher\r\nBcc: x");
	assert_true(has(whole(a, &e, &r, STR("x")), "From: =?UTF-8?B?QsO8Y2hlcg0KQmNjOiB4?="));
	e.org = STR("");
	assert_true(str_starts(whole(a, &e, &r, STR("x")), STR("From: <dmarc@mx.example>\r\n")));
	arena_free(a);
}

static void gzip(void **state)
{
	struct arena *a = arena_new(0);
	struct str in = str_of(arena_zalloc(a, 100000), 100000), gz = gzip_write(a, in);
	char *out = arena_alloc(a, in.n + 1);
	z_stream z = { .next_in = (Bytef *)(uintptr_t)gz.p,
		       .avail_in = (uInt)gz.n,
		       .next_out = (Bytef *)out,
		       .avail_out = (uInt)in.n + 1 };

	(void)state;
	assert_true(gz.n < 1000 && gz.p[3] == 0);
	assert_memory_equal(gz.p + 4, "\0\0\0\0", 4); /* no time */
	assert_int_equal(inflateInit2(&z, 31), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, in.n);
	assert_memory_equal(out, in.p, in.n);
	inflateEnd(&z);
	arena_free(a);
}

/* ---- failure reports ---- */

static void failure(void **state)
{
	struct arena *a = arena_new(0);
	struct crypto *c = crypto_new();
	struct afrf f = {
		.id = STR("feedfacefeedfacefeedfacefeedface"),
		.domain = STR("example.com"),
		.auth_results = STR("mx.example; dmarc=fail header.from=example.com"),
		.envelope_from = STR("Joe@sender.example"),
		.source = { 4, { 192, 0, 2, 9 } },
		.spf_aligned = false,
		.delivery = STR("reject"),
		.arrival = 1763700000,
		.header = STR("From: Joe <joe@example.com>\r\nTo: Ann <ann@mx.example>,\r\n"
			      "\tbob@mx.example\r\nReceived: from x for <ann@mx.example>; now\r\n"
			      "X-Evil: a\x01\xff@\r\nDKIM-Signature: i=joe@example.com\r\n"
			      "\r\nsecret body of ann@mx.example\r\n"),
	};
	struct str m = afrf_content(a, c, &f, STR("key"));

	(void)state;
	assert_wire(m);
	assert_true(has(m, "Content-Type: multipart/report; report-type=feedback-report;\r\n"));
	assert_true(has(m, "Feedback-Type: auth-failure\r\n"));
	assert_true(has(m, "Auth-Failure: dmarc\r\n"));
	assert_true(has(m, "Identity-Alignment: dkim, spf\r\n"));
	assert_true(has(m, "Source-IP: 192.0.2.9\r\n"));
	assert_true(has(m, "Reported-Domain: example.com\r\n"));
	assert_true(has(m, "From: Joe <joe@example.com>\r\n"));
	assert_true(has(m, "DKIM-Signature: i=joe@example.com\r\n"));
	assert_true(has(m, "@mx.example>,\r\n"));
	assert_false(has(m, "ann@") || has(m, "bob@") || has(m, "Joe@sender") ||
		     has(m, "secret body"));
	f.dkim_aligned = true;
	assert_true(has(afrf_content(a, c, &f, STR("key")), "Identity-Alignment: spf\r\n"));
	f.spf_aligned = true;
	f.failure = STR("signature");
	m = afrf_content(a, c, &f, STR("key"));
	assert_true(has(m, "Identity-Alignment: none\r\n"));
	assert_true(has(m, "Auth-Failure: signature\r\n"));
	arena_free(a);
	crypto_free(c);
}

/* The same local part is the same hash, by the same key only. */
static void redaction(void **state)
{
	static const struct {
		const char *in, *never;
	} t[] = {
		{ "To: ann@x.example\r\n", "ann" },
		{ "To: \"ann b\"@x.example\r\n", "ann" },
		{ "Subject: write to ann.b+c@x.example now\r\n", "ann" },
		{ "Cc: a@x.example,\r\n ann@y.example\r\n", "ann" },
		{ "Return-Path: <bounce-ann=x.example@list.example>\r\n", "ann" },
		{ "to: ann@x.example", "ann" },
		{ "To: ann\r\n @x.example\r\n", "ann" },
		{ "To: ann \t\r\n\t @x.example\r\n", "ann" },
		{ "To: ann (a \"comment\")\r\n @x.example\r\n", "ann" },
		{ "To: b . ann\r\n . c@x.example\r\n", "ann" },
		{ "To: ann.\"b c\"@x.example\r\n", "ann" },
		{ "To: \"b \\\" ann \\\" c\"@x.example\r\n", "ann" },
		{ "To: \"b\r\n ann\"@x.example\r\n", "ann" },
		{ "List-Unsubscribe: <https://l.example/?u=ann%40x.example>\r\n", "ann" },
		{ "Subject: =?utf-8?q?write_to_ann=40x.example?=\r\n", "ann" },
		{ "To: ann)@x.example\r\n", "ann" },
	};
	struct arena *a = arena_new(0);
	struct crypto *c = crypto_new();
	struct str one = afrf_redact(a, c, STR("To: ann@x.example\r\n"), STR("k"));

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (has(afrf_redact(a, c, str_c(t[i].in), STR("k")), t[i].never))
			fail_msg("%s", t[i].in);
	assert_true(str_eq(one, afrf_redact(a, c, STR("To: Ann@x.example\r\n"), STR("k"))));
	assert_true(str_eq(one, afrf_redact(a, c, STR("To: ann@x.example\n"), STR("k"))));
	assert_false(str_eq(one, afrf_redact(a, c, STR("To: ann@x.example\r\n"), STR("l"))));
	/* what is not before an "@" stays, and so does the shape of the field */
	assert_str(afrf_redact(a, c, STR("Subject: well (ann)\r\n  known\r\nDate: x"), STR("k")),
		   "Subject: well (ann)\r\n  known\r\nDate: x\r\n");
	assert_true(has(
		afrf_redact(a, c, STR("To: Joe <ann@x.example>,\r\n b@y.example\r\n"), STR("k")),
		"@x.example>,\r\n "));
	arena_free(a);
	crypto_free(c);
}

/* AFRF_HEADER_MAX: cut at a line; and a line of many "@" costs linear time. */
static void header_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct crypto *c = crypto_new();
	char *big = arena_alloc(a, 4 * AFRF_HEADER_MAX);
	struct str out;

	(void)state;
	for (size_t i = 0; i + 8 <= 4 * AFRF_HEADER_MAX; i += 8)
		memcpy(big + i, "X: abc\r\n", 8);
	out = afrf_redact(a, c, str_of(big, 4 * AFRF_HEADER_MAX), STR("k"));
	assert_true(out.n <= AFRF_HEADER_MAX && out.n > AFRF_HEADER_MAX / 2);
	assert_true(str_eq(str_skip(out, out.n - 8), STR("X: abc\r\n")));
	memset(big, '@', AFRF_HEADER_MAX);
	memcpy(big, "X:", 2);
	out = afrf_redact(a, c, str_of(big, AFRF_HEADER_MAX), STR("k"));
	assert_wire(out);
	assert_true(out.n >= AFRF_HEADER_MAX && out.n < AFRF_HEADER_MAX + AFRF_HEADER_MAX / 100);
	arena_free(a);
	crypto_free(c);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(names),	cmocka_unit_test(message),
		cmocka_unit_test(foreign_name), cmocka_unit_test(gzip),
		cmocka_unit_test(failure),	cmocka_unit_test(redaction),
		cmocka_unit_test(header_limit),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
