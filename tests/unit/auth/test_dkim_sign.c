/* DKIM signatures made: which fields, how it is written, and that it verifies (RFC 6376 5). */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/dkim/compose.h"
#include "auth/taglist.h"
#include "mail/msg.h"
#include "unit/auth/dkim_case.h"

#define DOMAIN "example.com"
#define NAME "sel._domainkey." DOMAIN

static struct str digest_of(struct bench *b, enum canon canon)
{
	struct body_hash *all = body_hash_new(b->a, b->crypto);
	struct body_want *w = body_hash_want(all, HASH_SHA256, canon, BODY_NO_LIMIT);

	body_hash_feed(all, b->body);
	body_hash_end(all);
	return body_digest(w);
}

static struct dkim_sign_request request(struct bench *b, const struct signer *key, enum canon head,
					enum canon body)
{
	return (struct dkim_sign_request){ .headers = &b->headers,
					   .plan = &dkim_plan_default,
					   .domain = STR(DOMAIN),
					   .selector = STR("sel"),
					   .type = signer_type(key),
					   .head = head,
					   .body = body,
					   .body_digest = digest_of(b, body),
					   .t = NOW,
					   .x = NOW + 604800 };
}

static struct str sign(struct bench *b, const struct dkim_sign_request *req,
		       const struct signer *key)
{
	struct dkim_draft d;

	assert_true(dkim_draft(b->a, b->crypto, req, &d));
	assert_int_equal(d.digest.n, 32);
	return dkim_sign_value(b->a, &d, signer_sign(b->a, key, d.digest));
}

static struct str tag_of(struct str value, const char *name)
{
	struct taglist tags;

	assert_true(taglist_read(value, &tags, NULL));
	return taglist_get(&tags, name);
}

static struct str without_blanks(struct arena *a, struct str s)
{
	struct buf out = { .arena = a };

	for (size_t i = 0; i < s.n; i++)
		if (!ch_fws(s.p[i]))
			buf_addc(&out, s.p[i]);
	return buf_str(&out);
}

static void assert_same(struct str got, struct str want)
{
	if (!str_eq(got, want))
		fail_msg("got \"%.*s\", expected \"%.*s\"", STR_ARG(got), STR_ARG(want));
}

static void assert_lines(struct str name, struct str value)
{
	size_t col = name.n + 2;

	assert_true(value.n && !ch_fws(value.p[0]) && !ch_fws(value.p[value.n - 1]));
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] != '\r') {
			assert_true(++col < 78);
			continue;
		}
		assert_true(i + 2 < value.n && value.p[i + 1] == '\n' && value.p[i + 2] == '\t');
		i++;
		col = 0;
	}
}

/* The message with the field on top, as a milter inserts it. */
static void insert(struct bench *b, struct str value)
{
	bench_on_top(b, "DKIM-Signature", arena_printf(b->a, " %.*s", STR_ARG(value)));
}

static void assert_passes(struct bench *b, const struct signer *key)
{
	struct dkim_result res;

	zone_add(b->zone, STR(NAME), DNS_TXT, signer_record(b->a, key));
	res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR(DOMAIN));
	assert_true(res.n > 0);
	assert_str(res.sig[0].reason, "");
	assert_int_equal(res.sig[0].result, AUTH_PASS);
	assert_int_equal(res.sig[0].unsigned_fields, 0);
}

/* ---- RFC 8463 A.3 ---- */

static void add_body(void *arg, struct str octets)
{
	buf_add(arg, octets);
}

static void read_message(struct bench *b, const char *name)
{
	static char text[65536];
	struct buf body = { .arena = b->a };
	struct msg_reader *m;
	FILE *f =
		fopen(arena_printf(b->a, MERLON_SRCDIR "/tests/conformance/dkim/%s", name).p, "r");

	assert_non_null(f);
	hdr_init(&b->headers, b->a);
	m = msg_new(b->a, &b->headers, add_body, &body);
	msg_feed(m, str_of(text, fread(text, 1, sizeof text, f)));
	msg_end(m);
	fclose(f);
	b->body = buf_str(&body);
}

/* Tags and order are the RFC's; names, digest and signature are ours. Both algorithms give one
 * signature for one digest, so b= has to be the RFC's, octet for octet. */
static void test_rfc8463(void **state)
{
	struct bench *b = *state;
	struct arena *keep = arena_new(0);
	struct hdr_list example;
	const char *seed = "-----BEGIN PRIVATE KEY-----\n"
			   "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
			   "-----END PRIVATE KEY-----\n";
	const struct signer *key[] = { signer_read(keep, str_c(seed)), b->rsa };

	bench_begin(b);
	read_message(b, "rfc8463-a3.eml");
	example = b->headers;
	read_message(b, "sign-rfc6376.msg");
	for (size_t i = 0; i < 2; i++) {
		struct canon_headers headers;
		struct signature s;
		struct compose_names names;
		struct compose_value v;
		struct str digest;

		signature_read(b->a, SIG_DKIM, hdr_find(&example, STR("DKIM-Signature"), i), &s);
		assert_null(s.fault);
		names = (struct compose_names){ s.nh, s.name };
		/* What stands in front of the value of b=, without the blank behind the colon. */
		v = (struct compose_value){
			.name = STR("DKIM-Signature"),
			.head = str_of(s.field->value.p + 1,
				       (size_t)(s.b_raw.p - s.field->value.p) - 1),
			.tail = STR(""),
		};
		canon_headers_init(&headers, b->a, &b->headers);
		assert_true(str_eq(digest_of(b, CANON_RELAXED), s.bh));
		digest = compose_digest(b->a, b->crypto, &headers, &names, &v, CANON_RELAXED);
		assert_true(str_eq(signer_sign(b->a, key[i], digest), s.b));
	}
	arena_free(keep);
}

/* ---- the value ---- */

#define BH "sTT02lKuPAH1nGYBiIjR27DGuCuXdYrdO56uQNzQX+8="
#define H                                                                                          \
	"h=From:From:\r\n\tSender:Reply-To:Subject:Subject:Date:Date:To:To:Cc:Message-ID:"         \
	"\r\n\tMIME-Version:Content-Type:Content-Transfer-Encoding;\r\n\tbh=" BH "; b="

static void test_value(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *domain, *selector, *identity;
		int64_t t, x;
		const char *tags;
	} rows[] = {
		{ "example.com", "sel", NULL, 1, 2, "d=example.com; s=sel; t=1; x=2;" },
		{ "example.com", "sel", NULL, 0, 2, "d=example.com; s=sel; x=2;" },
		{ "example.com", "sel", NULL, 1, 0, "d=example.com; s=sel; t=1;" },
		/* x= has to be greater than t= (3.5). */
		{ "example.com", "sel", NULL, 2, 2, "d=example.com; s=sel; t=2;" },
		{ "example.com", "sel", NULL, 0, 0, "d=example.com; s=sel;" },
		{ "Example.COM", "S_1", NULL, 0, 0, "d=example.com; s=s_1;" },
		{ "example.com", "a.b", NULL, 0, 0, "d=example.com; s=a.b;" },
		/* RFC 8616: A-labels */
		{ "b\xc3\xbc"
		  "cher.example",
		  "sel",
		  "x@b\xc3\xbc"
		  "cher.example",
		  0, 0, "d=xn--bcher-kva.example; s=sel; i=x@xn--bcher-kva.example;" },
		{ "example.com", "sel", "@example.com", 0, 0,
		  "d=example.com; s=sel; i=@example.com;" },
		{ "example.com", "sel", "joe@Sub.example.com", 0, 0,
		  "d=example.com; s=sel; i=joe@sub.example.com;" },
		/* 2.11: what is not dkim-safe-char */
		{ "example.com", "sel", "a b;c=d\t\r\n\x7f\xe4@e\"@example.com", 0, 0,
		  "d=example.com; s=sel; i=a=20b=3Bc=3Dd=09=0D=0A=7F=E4@e\"@example.com;" },
		/* i= that no verifier would take is left out */
		{ "example.com", "sel", "joe@example.org", 0, 0, "d=example.com; s=sel;" },
		{ "example.com", "sel", "joe@badexample.com", 0, 0, "d=example.com; s=sel;" },
		{ "example.com", "sel", "joe", 0, 0, "d=example.com; s=sel;" },
		{ "example.com", "sel", "joe@exa mple.com", 0, 0, "d=example.com; s=sel;" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dkim_sign_request req;
		struct str value, b64;

		bench_begin(b);
		req = request(b, b->ed25519, CANON_RELAXED, CANON_SIMPLE);
		req.domain = str_c(rows[i].domain);
		req.selector = str_c(rows[i].selector);
		req.identity = str_c(rows[i].identity);
		req.t = rows[i].t;
		req.x = rows[i].x;
		value = sign(b, &req, b->ed25519);
		b64 = tag_of(value, "b");
		assert_int_equal(without_blanks(b->a, b64).n, 88);
		/* All of it: the tags of the row, with nothing before b= that is not said here. */
		assert_same(without_blanks(b->a, str_of(value.p, (size_t)(b64.p - value.p))),
			    without_blanks(b->a, arena_printf(b->a,
							      "v=1; a=ed25519-sha256; "
							      "c=relaxed/simple; %s " H,
							      rows[i].tags)));
		assert_lines(STR("DKIM-Signature"), value);
	}
}

/* As it goes out, folds and all. */
static void test_folds(void **state)
{
	struct bench *b = *state;
	struct dkim_sign_request req;
	struct dkim_draft d;

	bench_begin(b);
	req = request(b, b->rsa, CANON_RELAXED, CANON_RELAXED);
	req.body_digest = STR("01234567890123456789012345678901");
	req.domain = STR("a-long-domain-name.example.com");
	assert_true(dkim_draft(b->a, b->crypto, &req, &d));
	assert_str(
		d.value,
		"v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
		"\td=a-long-domain-name.example.com; s=sel; t=1700000000; x=1700604800; h=From:\r\n"
		"\tFrom:Sender:Reply-To:Subject:Subject:Date:Date:To:To:Cc:Message-ID:\r\n"
		"\tMIME-Version:Content-Type:Content-Transfer-Encoding;\r\n"
		"\tbh=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=; b=");
	assert_str(dkim_sign_value(b->a, &d, str_of(d.value.p, 60)),
		   arena_printf(b->a,
				"%.*sdj0xOyBhPXJzYS1zaGEyNTY7I\r\n"
				"\tGM9cmVsYXhlZC9yZWxheGVkOw0KCWQ9YS1sb25nLWRvbWFpbi1uYW1l",
				STR_ARG(d.value))
			   .p);
}

/* Names that have no key in DNS. */
static void test_names(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *domain, *selector;
		bool ok;
	} rows[] = {
		{ "example.com", "sel", true },
		{ "com", "sel", false },
		{ "", "sel", false },
		{ "example.com", "", false },
		{ "exa;mple.com", "sel", false },
		{ "example.com; l=0", "sel", false },
		{ "example.com", "s; l=0", false },
		{ "example..com", "sel", false },
		{ "[192.0.2.1]", "sel", false },
		{ "example.com", "-", false },
	};
	struct dkim_sign_request req;
	struct dkim_draft d;
	struct buf longest;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bench_begin(b);
		req = request(b, b->rsa, CANON_RELAXED, CANON_RELAXED);
		req.domain = str_c(rows[i].domain);
		req.selector = str_c(rows[i].selector);
		assert_int_equal(dkim_draft(b->a, b->crypto, &req, &d), rows[i].ok);
		assert_int_equal(d.digest.n, 32);
		assert_true(str_find(d.value, STR("l=0")) == SIZE_MAX);
	}
	/* 253 octets in all, and one more. */
	bench_begin(b);
	req = request(b, b->rsa, CANON_RELAXED, CANON_RELAXED);
	longest = (struct buf){ .arena = b->a };
	for (int i = 0; i < 3; i++)
		buf_add(&longest,
			STR("1234567890123456789012345678901234567890123456789012345678."));
	buf_add(&longest, STR("123456789012345678901234567890123456789012345678901.example"));
	assert_int_equal(longest.n, 236);
	req.domain = buf_str(&longest);
	req.selector = STR("12345");
	assert_true(dkim_draft(b->a, b->crypto, &req, &d));
	req.selector = STR("123456");
	assert_false(dkim_draft(b->a, b->crypto, &req, &d));
}

/* ---- which fields ---- */

static void test_plan(void **state)
{
	struct bench *b = *state;
	static const struct dkim_plan_name odd[] = {
		{ STR("X-One"), false },     { STR("subject"), false },
		{ STR("Received"), true },   { STR("return-path"), true },
		{ STR("BCC"), true },	     { STR("DKIM-Signature"), true },
		{ STR("arc-seal"), true },   { STR("Authentication-Results"), true },
		{ STR("X-Two; l=0"), true }, { STR("X:Y"), true },
		{ STR(""), true },	     { STR("X\r\nY"), true },
		{ STR("X-None"), false },    { STR("X-Over"), true },
		{ STR("Subject"), true },
	};
	static const struct dkim_plan plan = { sizeof odd / sizeof *odd, odd };
	static const struct dkim_plan_name once[] = { { STR("from"), false } };
	static const struct dkim_plan lean = { 1, once };
	struct dkim_sign_request req;
	static const char *const fields[] = { "Received",    "X-One",
					      "Return-Path", "x-one",
					      "Bcc",	     "DKIM-Signature",
					      "ARC-Seal",    "Authentication-Results" };

	bench_begin(b);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		hdr_add(&b->headers, str_c(fields[i]), STR(" i=1; x"));
	req = request(b, b->rsa, CANON_SIMPLE, CANON_SIMPLE);
	req.plan = &plan;
	assert_str(without_blanks(b->a, tag_of(sign(b, &req, b->rsa), "h")),
		   "From:From:X-One:X-One:subject:X-Over:Subject:Subject");
	insert(b, sign(b, &req, b->rsa));
	zone_add(b->zone, STR(NAME), DNS_TXT, signer_record(b->a, b->rsa));
	assert_int_equal(bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL).sig[0].result, AUTH_PASS);
	req.plan = &lean;
	assert_str(tag_of(sign(b, &req, b->rsa), "h"), "From");
	/* Also where there is none (3.5). */
	bench_begin(b);
	hdr_init(&b->headers, b->a);
	req = request(b, b->rsa, CANON_SIMPLE, CANON_SIMPLE);
	req.plan = &lean;
	assert_str(tag_of(sign(b, &req, b->rsa), "h"), "From");
}

/* The names that SPEC and RFC 6376 5.4.1 list; nothing that changes on the way. */
static void test_default_plan(void **state)
{
	const struct dkim_plan *plan = &dkim_plan_default;
	static const char *const oversigned[] = {
		"From",
		"Sender",
		"Reply-To",
		"Subject",
		"Date",
		"To",
		"Cc",
		"Message-ID",
		"MIME-Version",
		"Content-Type",
		"Content-Transfer-Encoding",
	};
	static const char *const others[] = {
		"Resent-Date",	    "Resent-From",  "Resent-To",	"Resent-Cc",
		"In-Reply-To",	    "References",   "List-Id",		"List-Help",
		"List-Unsubscribe", "List-Post",    "List-Owner",	"List-Archive",
		"List-Subscribe",   "CFBL-Address", "CFBL-Feedback-ID", "List-Unsubscribe-Post",
	};
	size_t over = 0, found = 0;

	(void)state;
	for (size_t i = 0; i < plan->n; i++) {
		struct str name = plan->name[i].name;

		assert_true(dkim_may_sign(name));
		assert_false(str_istarts(name, STR("X-")));
		for (size_t k = 0; k < i; k++)
			assert_false(str_ieq(name, plan->name[k].name));
		for (size_t k = 0; k < sizeof oversigned / sizeof *oversigned; k++)
			over += plan->name[i].oversign && str_eq(name, str_c(oversigned[k]));
		for (size_t k = 0; k < sizeof others / sizeof *others; k++)
			found += !plan->name[i].oversign && str_eq(name, str_c(others[k]));
	}
	assert_str(plan->name[0].name, "From");
	assert_int_equal(over, sizeof oversigned / sizeof *oversigned);
	assert_int_equal(found, sizeof others / sizeof *others);
}

/* Many fields of a name, up to and over what the header list holds. */
static void test_many(void **state)
{
	struct bench *b = *state;
	static const struct {
		size_t n;
		const char *name;
		bool ok, named;
		size_t names; /* of h= */
	} rows[] = {
		{ 50, "To", true, true, 65 },
		{ 85, "To", true, true, 100 },
		{ 86, "To", true, true, 100 },
		{ 1000, "To", true, true, 100 },
		/* Nothing is signed of a name that is not there whole. */
		{ 10000, "To", true, false, 13 },
		{ 20000, "To", false, true, 0 },
		{ 50, "From", true, true, 65 },
		{ 98, "From", true, false, 100 },
		{ 99, "From", true, false, 100 },
		{ 100, "From", false, true, 0 },
		{ 10000, "From", false, true, 0 },
		{ 10000, "Received", true, true, 15 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dkim_sign_request req;
		struct dkim_draft d;
		struct dkim_result res;
		struct str h;
		size_t colons = 0;

		bench_begin(b);
		for (size_t k = 0; k < rows[i].n; k++)
			hdr_add(&b->headers, str_c(rows[i].name), STR(" x"));
		req = request(b, b->rsa, CANON_SIMPLE, CANON_RELAXED);
		assert_int_equal(dkim_draft(b->a, b->crypto, &req, &d), rows[i].ok);
		if (!rows[i].ok)
			continue;
		h = tag_of(d.value, "h");
		for (size_t k = 0; k < h.n; k++)
			colons += h.p[k] == ':';
		assert_int_equal(colons + 1, rows[i].names);
		assert_true(str_starts(h, STR("From:")));
		assert_int_equal(str_find(h, STR("To:To")) != SIZE_MAX, rows[i].named);
		/* Our own verifier refuses what it cannot see whole; others do not (peers). */
		if (b->headers.dropped)
			continue;
		insert(b, sign(b, &req, b->rsa));
		zone_add(b->zone, STR(NAME), DNS_TXT, signer_record(b->a, b->rsa));
		res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);
		assert_str(res.sig[0].reason, "");
		assert_int_equal(res.sig[0].result, AUTH_PASS);
	}
}

/* What was oversigned cannot be added afterwards. */
static void test_added(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *name;
		enum auth_result result;
	} rows[] = {
		{ "From", AUTH_FAIL },	       { "Subject", AUTH_FAIL },
		{ "Reply-To", AUTH_FAIL },     { "Sender", AUTH_FAIL },
		{ "Cc", AUTH_FAIL },	       { "Message-ID", AUTH_FAIL },
		{ "MIME-Version", AUTH_FAIL }, { "Content-Type", AUTH_FAIL },
		{ "Date", AUTH_FAIL },	       { "Content-Transfer-Encoding", AUTH_FAIL },
		{ "To", AUTH_FAIL },	       { "Received", AUTH_PASS },
		{ "X-Any", AUTH_PASS },	       { "List-Id", AUTH_PASS },
		{ "Return-Path", AUTH_PASS },  { "DKIM-Signature", AUTH_PASS },
		{ "ARC-Seal", AUTH_PASS },     { "Authentication-Results", AUTH_PASS },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dkim_sign_request req;
		struct dkim_result res;

		bench_begin(b);
		zone_add(b->zone, STR(NAME), DNS_TXT, signer_record(b->a, b->ed25519));
		req = request(b, b->ed25519, CANON_RELAXED, CANON_RELAXED);
		insert(b, sign(b, &req, b->ed25519));
		bench_on_top(b, rows[i].name, STR(" evil"));
		res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);
		assert_int_equal(res.sig[res.n - 1].result, rows[i].result);
	}
}

/* ---- it verifies ---- */

static void test_verifies(void **state)
{
	struct bench *b = *state;
	struct arena *keep = arena_new(0);
	const struct signer *keys[] = { b->rsa, b->rsa2048, b->ed25519,
					signer_new(keep, KEY_RSA, 4096, 65537) };
	static const char *const bodies[] = { "", "\r\n", "x", "a  b \r\n\r\n\r\n", " \r\n" };

	for (size_t i = 0; i < 4 * 4 * 5; i++) {
		const struct signer *key = keys[i % 4];
		struct dkim_sign_request req;
		struct str value;

		bench_begin(b);
		b->body = str_c(bodies[i / 16]);
		hdr_add(&b->headers, STR("Subject"), STR(""));
		hdr_add(&b->headers, STR("CC"), STR("\r\n a  \t b\r\n\t \xe4 "));
		hdr_add(&b->headers, STR("reply-to"), STR("x; b=abc; bh=y"));
		req = request(b, key, i / 4 % 2 ? CANON_RELAXED : CANON_SIMPLE,
			      i / 8 % 2 ? CANON_RELAXED : CANON_SIMPLE);
		req.identity = STR("a=b@example.com");
		value = sign(b, &req, key);
		assert_lines(STR("DKIM-Signature"), value);
		insert(b, value);
		assert_passes(b, key);
	}
	arena_free(keep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc8463),	 cmocka_unit_test(test_value),
		cmocka_unit_test(test_folds),	 cmocka_unit_test(test_names),
		cmocka_unit_test(test_plan),	 cmocka_unit_test(test_default_plan),
		cmocka_unit_test(test_many),	 cmocka_unit_test(test_added),
		cmocka_unit_test(test_verifies),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
