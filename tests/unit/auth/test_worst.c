/* What the most expensive messages that somebody can send cost: each within the CPU time that one
 * message may have, with room for slow machines and for instrumented builds. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "auth/authres/authres.h"
#include "dkim_case.h"
#include "auth/spf/macro.h"
#include "mail/from.h"
#include "spf_case.h"

/* LIMITS: 1,000 ms for the worst message, all checks together; instrumented builds are some five
 * times slower. */
#define WORST_MS 1000.0
#ifdef __SANITIZE_ADDRESS__
#define SLOW 5.0
#else
#define SLOW 1.0
#endif

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void within_budget(const char *what, double begun)
{
	double ms = cpu_ms() - begun;

	print_message("%s: %.1f ms\n", what, ms);
	if (ms > WORST_MS * SLOW)
		fail_msg("%s took %.0f ms of CPU", what, ms);
}

static struct str repeat(struct arena *a, const char *piece, size_t n)
{
	struct buf b = { .arena = a };

	while (b.n + strlen(piece) <= n)
		buf_add(&b, str_c(piece));
	return buf_str(&b);
}

/* A name of max octets that differs from the others only at its end. */
static struct str long_name(struct arena *a, unsigned i)
{
	struct buf b = { .arena = a };

	buf_add(&b, repeat(a, "x", HDR_MAX_NAME - 6));
	buf_addf(&b, "%06u", i);
	return buf_str(&b);
}

/* 10 signatures, each with 100 long names out of 1,500, and keys that make them verify in vain. */
static void test_h(void **state)
{
	struct bench *b = *state;
	struct dkim_result res;
	double begun;

	bench_begin(b);
	for (unsigned i = 0; i < 1500; i++)
		hdr_add(&b->headers, long_name(b->a, i), STR(" x"));
	for (unsigned k = 0; k < 20; k++) {
		struct buf v = { .arena = b->a };

		buf_addf(&v, " v=1; a=rsa-sha256; d=example.com; s=s; b=AAAA; "
			     "bh=g3zLYH4xKxcPrHOD18z9YfpQcnk/GaJedfustWU5uGs=; h=from");
		for (unsigned i = 0; i < 99; i++) {
			buf_addc(&v, ':');
			buf_add(&v, long_name(b->a, i * 15));
		}
		hdr_add(&b->headers, STR("DKIM-Signature"), buf_str(&v));
	}
	bench_record(b, "s._domainkey.example.com", b->rsa, "v=DKIM1; p=@");
	b->body = STR("");
	begun = cpu_ms();
	res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR("example.com"));
	assert_true(res.total > DKIM_MAX_SIGS);
	within_budget("h= of long names", begun);
}

/* Each signature covers a megabyte of fields. */
static void test_big_fields(void **state)
{
	struct bench *b = *state;
	struct buf h = { .arena = NULL };
	double begun;

	bench_begin(b);
	h.arena = b->a;
	for (unsigned i = 0; i < 14; i++) {
		buf_addf(&h, ":x%u", i);
		hdr_add(&b->headers, arena_printf(b->a, "X%u", i),
			repeat(b->a, "a \t \r\n\t", 60000));
	}
	for (unsigned k = 0; k < DKIM_MAX_SIGS; k++) {
		char tags[600];

		snprintf(tags, sizeof tags,
			 "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s; l=%u; "
			 "h=from%.*s",
			 k, STR_ARG(buf_str(&h)));
		hdr_add(&b->headers, STR("DKIM-Signature"),
			sign_value(b->a, b->crypto, b->rsa, SIG_DKIM, tags, &b->headers, b->body));
	}
	bench_record(b, "s._domainkey.example.com", b->rsa, "v=DKIM1; p=@");
	begun = cpu_ms();
	bench_dkim(b, ZONE_NOW, DKIM_L_ACCEPT, STR("example.com"));
	within_budget("signed megabyte", begun);
}

/* A body of 10 MiB that is all white space to be changed, for 10 lengths in both forms. */
static void test_body(void **state)
{
	static const char *const pieces[] = { " \t", "\r\n", " \r\n", "a \t", "\r", "x\r\n" };
	struct bench *b = *state;

	for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
		struct arena *a = arena_new(0);
		struct body_hash *body = body_hash_new(a, b->crypto);
		struct str piece = repeat(a, pieces[p], 65536);
		double begun = cpu_ms();

		for (unsigned i = 0; i < DKIM_MAX_SIGS; i++)
			body_hash_want(body, HASH_SHA256, i % 2 ? CANON_RELAXED : CANON_SIMPLE,
				       BODY_NO_LIMIT - i);
		for (size_t i = 0; i < 160; i++)
			body_hash_feed(body, piece);
		body_hash_end(body);
		within_budget("body", begun);
		arena_free(a);
	}
}

/* 50 sets with large fields, two keys at their name. */
static void test_arc(void **state)
{
	struct bench *b = *state;
	double begun;

	bench_begin(b);
	for (unsigned i = 1; i <= ARC_MAX_SETS; i++) {
		struct buf h = { .arena = b->a };

		buf_add(&h, STR("from:to:subject"));
		for (unsigned k = 0; k < 97; k++)
			buf_addf(&h, ":x-%064u", k);
		sign_arc(b->a, b->crypto, b->rsa2048, i, i == 1 ? "none" : "pass",
			 arena_cstr(b->a, buf_str(&h)), &b->headers, b->body);
	}
	bench_record(b, "arc._domainkey.seal.example", b->rsa, "v=DKIM1; p=@");
	bench_record(b, "arc._domainkey.seal.example", b->rsa2048, "v=DKIM1; p=@");
	begun = cpu_ms();
	assert_int_equal(bench_arc(b, ZONE_ROUNDS).code, AUTH_PASS);
	within_budget("50 ARC sets", begun);
}

/* Ten records of as many macros as there may be, about a long sender, with every answer by itself.
 */
static void test_spf_macros(void **state)
{
	static const char *const macros[] = { "%{l}", "%{L}", "%{Lr-.+,/_=}", "%{sr-}", "%{S9}" };
	struct bench *b = *state;

	for (size_t m = 0; m < sizeof macros / sizeof *macros; m++) {
		struct spf_request req = spf_case_request("192.0.2.1", "t.test");
		struct str many;
		double begun;

		bench_begin(b);
		many = repeat(b->a, macros[m], SPF_MAX_MACROS * strlen(macros[m]));
		req.local = repeat(b->a, "a\xe9-", 2000);
		for (unsigned i = 0; i < 11; i++) {
			struct str name = i ? arena_printf(b->a, "t%u.test", i) : STR("t.test");

			zone_add(b->zone, name, DNS_TXT,
				 arena_printf(b->a,
					      "v=spf1 exists:%.*s.%u.test include:t%u.test -all",
					      STR_ARG(many), i, i + 1));
		}
		begun = cpu_ms();
		assert_true(spf_case_run(b->a, b->zone, &req, ORDER_FIRST, 1).lookups > 1);
		within_budget(macros[m], begun);
	}
}

/* From fields full of addresses that need ICU. */
static void test_from(void **state)
{
	static const char *const pieces[] = {
		"a@\xc3\xbc.e,",	  "@\xc3\xbc.e \"", "@",      "(",  "\\\"",
		"=?a?q?<@\xc3\xbc.e>?= ", "=?a?q?",	    "<@a.e>", "a:;"
	};
	struct bench *b = *state;

	for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
		struct str value;
		struct from f;
		double begun;

		bench_begin(b);
		value = repeat(b->a, pieces[p], 60000);
		for (unsigned i = 0; i < 16; i++)
			hdr_add(&b->headers, STR("From"), value);
		begun = cpu_ms();
		from_read(b->a, &b->headers, &f);
		assert_true(f.why != FROM_OK);
		within_budget(pieces[p], begun);
	}
}

/* One encoded display name as large as a field may be. */
static void test_from_display(void **state)
{
	static const char *const pieces[] = {
		"=?a?q?=3C=40\xc3\xbc.e=3E?= ", "=?a?q?a=40e.example=2C?=",
		"=?hz-gb-2312?q?~{~{~{~{?=", "=?a?b?AAAA?=", "=?a?q?"
	};
	struct bench *b = *state;

	for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
		struct buf v = { .arena = NULL };
		struct from f;
		double begun;

		bench_begin(b);
		v.arena = b->a;
		buf_add(&v, repeat(b->a, pieces[p], 60000));
		buf_add(&v, STR(" <a@e.example>"));
		hdr_init(&b->headers, b->a);
		hdr_add(&b->headers, STR("From"), buf_str(&v));
		begun = cpu_ms();
		from_read(b->a, &b->headers, &f);
		within_budget(pieces[p], begun);
	}
}

/* A megabyte of results of others. */
static void test_authres(void **state)
{
	static const char *const pieces[] = {
		"mx.example.com",  "(",	 "()",	     "\"a\"", "(mx.example.co)", "; a=b c.d=e",
		"; a=b reason=\"", "\\", "\xc3\xbc."
	};
	struct bench *b = *state;

	for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
		struct str value;
		double begun;

		bench_begin(b);
		value = repeat(b->a, pieces[p], 60000);
		begun = cpu_ms();
		for (unsigned i = 0; i < 16; i++) {
			struct authres r;

			authres_claims(b->a, value, STR("mx.example.com"));
			authres_parse(b->a, value, &r);
		}
		for (unsigned i = 0; i < HDR_MAX_FIELDS; i++)
			authres_claims(b->a, str_sub(value, 0, 400), STR("b\xc3\xbc.example.com"));
		within_budget(pieces[p], begun);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_h),
		cmocka_unit_test(test_big_fields),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_arc),
		cmocka_unit_test(test_spf_macros),
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_from_display),
		cmocka_unit_test(test_authres),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
