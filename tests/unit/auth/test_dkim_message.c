/* DKIM verification of whole messages: many signatures, changed fields and bodies, l=, replay. */
#include "lib/test.h"

#include <stdlib.h>

#include "unit/auth/dkim_case.h"

#define TAGS "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=sel; "
#define NAME "sel._domainkey.example.com"

static void begin_signed(struct bench *b, const char *tags)
{
	bench_begin(b);
	bench_record(b, NAME, b->rsa, "v=DKIM1; p=@");
	bench_on_top(b, "DKIM-Signature",
		     sign_value(b->a, b->crypto, b->rsa, SIG_DKIM, tags, &b->headers, b->body));
}

static struct dkim_sig only(struct bench *b, enum dkim_l_policy policy)
{
	struct dkim_result res = bench_dkim(b, ZONE_NOW, policy, STR("example.com"));

	assert_int_equal(res.n, 1);
	return res.sig[0];
}

static void test_none(void **state)
{
	struct bench *b = *state;
	struct dkim_result res;

	bench_begin(b);
	res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);
	assert_int_equal(res.n, 0);
	assert_int_equal(res.total, 0);
}

static void test_shown(void **state)
{
	struct bench *b = *state;
	struct dkim_sig s;

	begin_signed(b, "v=1; a=rsa-sha256; d=Example.COM; s=SEL; h= from : to; t=1600000000; "
			"x=1800000000; "
			"i=jo=65@Mail.example.com");
	s = only(b, DKIM_L_IGNORE);
	assert_int_equal(s.result, AUTH_PASS);
	assert_str(s.domain, "example.com");
	assert_str(s.selector, "sel");
	assert_str(s.identity, "jo=65@Mail.example.com");
	assert_str(s.h, "from : to");
	assert_true(s.t == 1600000000 && s.x == 1800000000);
	begin_signed(b, TAGS "h=from");
	assert_str(only(b, DKIM_L_IGNORE).identity, "@example.com");
	/* what is unreadable is absent */
	bench_begin(b);
	hdr_add(&b->headers, STR("DKIM-Signature"),
		STR(" d=(; s=); i=!; b= a b\r\n c d e f g h i"));
	s = only(b, DKIM_L_IGNORE);
	assert_null(s.domain.p);
	assert_null(s.selector.p);
	assert_null(s.identity.p);
	assert_null(s.algorithm);
	assert_str(s.b8, "abcdefgh");
}

/* l= and what lies behind it (8.2); it is never worth anything to DMARC unless policy says so. */
static void test_partial(void **state)
{
	static const struct {
		enum dkim_l_policy policy;
		enum auth_result result;
		bool dmarc_ok;
	} policies[] = {
		{ DKIM_L_IGNORE, AUTH_PASS, false },
		{ DKIM_L_ACCEPT, AUTH_PASS, true },
		{ DKIM_L_FAIL, AUTH_FAIL, false },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < 3; i++) {
		struct dkim_sig s;

		begin_signed(b, TAGS "h=from; l=26");
		s = only(b, policies[i].policy);
		assert_true(s.result == AUTH_PASS && s.dmarc_ok && !s.partial && !s.reason.p);
		b->body = arena_printf(b->a, "%.*s<html>evil\r\n", STR_ARG(b->body));
		s = only(b, policies[i].policy);
		assert_int_equal(s.result, policies[i].result);
		assert_int_equal(s.dmarc_ok, policies[i].dmarc_ok);
		assert_true(s.partial);
		assert_str(s.reason, "l= leaves part of the body unsigned");
		begin_signed(b, TAGS "h=from; l=0");
		s = only(b, policies[i].policy);
		assert_int_equal(s.result, policies[i].result);
		assert_true(s.partial);
	}
}

static void set_value(struct bench *b, size_t i, const char *value)
{
	struct hdr_list old = b->headers;

	hdr_init(&b->headers, b->a);
	for (size_t k = 0; k < old.v.n; k++)
		hdr_add(&b->headers, old.v.p[k].name, k == i ? str_c(value) : old.v.p[k].value);
}

/* Every field in h= counts, those not in it do not; the signature itself always does. */
static void test_changes(void **state)
{
	struct bench *b = *state;
	struct str sig;

	for (size_t i = 1; i < 5; i++) {
		begin_signed(b, TAGS "h=From:To:Subject");
		set_value(b, i, " changed");
		assert_int_equal(only(b, DKIM_L_IGNORE).result, i < 4 ? AUTH_FAIL : AUTH_PASS);
	}
	begin_signed(b, TAGS "h=From:To:Subject; x=1800000000");
	sig = b->headers.v.p[0].value;
	{
		char *p = arena_cstr(b->a, sig);

		p[str_find(sig, STR("x=18")) + 2] = '2';
		set_value(b, 0, p);
		assert_int_equal(only(b, DKIM_L_IGNORE).result, AUTH_FAIL);
	}
	begin_signed(b, TAGS "h=From");
	b->body = STR("Hi.\r\n\r\nWe won the game.\r\n");
	assert_str(only(b, DKIM_L_IGNORE).reason, "body does not match bh=");
}

/* Oversigned fields cannot be added (5.4, A15); fields signed once can, and that shows. */
static void test_added(void **state)
{
	struct bench *b = *state;
	struct dkim_sig s;

	begin_signed(b, TAGS "h=From:From:To:Subject:Reply-To");
	bench_on_top(b, "From", STR(" evil@example.org"));
	assert_int_equal(only(b, DKIM_L_IGNORE).result, AUTH_FAIL);
	begin_signed(b, TAGS "h=From:From:To:Subject:Reply-To");
	bench_on_top(b, "Reply-To", STR(" evil@example.org"));
	assert_int_equal(only(b, DKIM_L_IGNORE).result, AUTH_FAIL);

	begin_signed(b, TAGS "h=From:To:Subject");
	s = only(b, DKIM_L_IGNORE);
	assert_int_equal(s.unsigned_fields, DKIM_U_DATE);
	bench_on_top(b, "Subject", STR(" another"));
	bench_on_top(b, "FROM", STR(" evil@example.org"));
	bench_on_top(b, "Content-Type", STR(" text/html"));
	s = only(b, DKIM_L_IGNORE);
	assert_int_equal(s.result, AUTH_PASS);
	assert_int_equal(s.unsigned_fields,
			 DKIM_U_DATE | DKIM_U_SUBJECT | DKIM_U_FROM | DKIM_U_CONTENT_TYPE);
	/* below the signed one, it is the added one that is hashed (5.4.2) */
	begin_signed(b, TAGS "h=From:To:Subject");
	hdr_add(&b->headers, STR("Subject"), STR(" another"));
	assert_int_equal(only(b, DKIM_L_IGNORE).result, AUTH_FAIL);
}

/* A signature may cover others, and is never among what it covers itself (3.5). */
static void test_signed_signatures(void **state)
{
	struct bench *b = *state;
	struct dkim_result res;

	begin_signed(b, TAGS "h=From");
	bench_record(b, "two._domainkey.example.com", b->rsa, "v=DKIM1; p=@");
	bench_on_top(b, "DKIM-Signature",
		     sign_value(b->a, b->crypto, b->rsa, SIG_DKIM,
				"v=1; a=rsa-sha256; d=example.com; s=two; "
				"h=From:DKIM-Signature:DKIM-Signature",
				&b->headers, b->body));
	res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);
	assert_int_equal(res.n, 2);
	assert_int_equal(res.sig[0].result, AUTH_PASS);
	assert_int_equal(res.sig[1].result, AUTH_PASS);
	assert_str(res.sig[0].selector, "two");
}

static void add_junk(struct bench *b, size_t n, const char *domain)
{
	for (size_t i = 0; i < n; i++)
		bench_on_top(b, "DKIM-Signature",
			     arena_printf(b->a,
					  " v=1; a=rsa-sha256; d=%s; s=sel; h=From; b=AAAA; "
					  "bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
					  domain));
}

/* 11 junk signatures in front do not hide the good one; no more than DKIM_MAX_SIGS are evaluated.
 */
static void test_many(void **state)
{
	struct bench *b = *state;
	struct dkim_result res;
	size_t neutral = 0;

	begin_signed(b, TAGS "h=From");
	add_junk(b, DKIM_MAX_SIGS + 1, "junk.example");
	res = bench_dkim(b, ZONE_ROUNDS, DKIM_L_IGNORE, STR("mail.example.com"));
	assert_int_equal(res.n, DKIM_MAX_SIGS + 2);
	assert_int_equal(res.sig[DKIM_MAX_SIGS + 1].result, AUTH_PASS);
	for (size_t i = 0; i < res.n; i++) {
		neutral += res.sig[i].result == AUTH_NEUTRAL;
		if (res.sig[i].result == AUTH_NEUTRAL)
			assert_str(res.sig[i].reason, "not evaluated: limit");
	}
	assert_int_equal(neutral, 2);
	assert_int_equal(zone_questions(b->zone), 2);
	/* a domain that shares only the organisation goes before strangers too */
	res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR("news.example.com"));
	assert_int_equal(res.sig[DKIM_MAX_SIGS + 1].result, AUTH_PASS);
	/* for another author it is the last in line */
	res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR("example.org"));
	assert_int_equal(res.sig[DKIM_MAX_SIGS + 1].result, AUTH_NEUTRAL);

	/* what cannot pass takes no place */
	begin_signed(b, TAGS "h=From");
	add_junk(b, 50, "no(domain");
	res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);
	assert_int_equal(res.sig[50].result, AUTH_PASS);

	begin_signed(b, TAGS "h=From");
	add_junk(b, 120, "junk.example");
	res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR("example.com"));
	assert_int_equal(res.n, 121);
	assert_int_equal(res.total, 121);
	assert_int_equal(res.sig[119].result, AUTH_NEUTRAL);
	assert_int_equal(res.sig[120].result, AUTH_PASS);
}

/* Fields that were not kept may be what h= selects, or a second From: nothing passes then. */
static void test_dropped(void **state)
{
	struct bench *b = *state;
	struct dkim_sig s;

	begin_signed(b, TAGS "h=From");
	while (b->headers.v.n < HDR_MAX_FIELDS)
		hdr_add(&b->headers, STR("X-Junk"), STR(" x"));
	assert_int_equal(only(b, DKIM_L_ACCEPT).result, AUTH_PASS);
	assert_null(hdr_add(&b->headers, STR("From"), STR(" evil@example.org")));
	s = only(b, DKIM_L_ACCEPT);
	assert_int_equal(s.result, AUTH_PERMERROR);
	assert_false(s.dmarc_ok);
	assert_str(s.reason, "header fields over the limit");
	assert_int_equal(zone_questions(b->zone), 0);
}

/* A name that DNS cannot hold is not asked for. */
static void test_long_name(void **state)
{
	struct bench *b = *state;
	char label[64] = { 0 };
	struct dkim_sig s;
	struct str tags;

	memset(label, 'a', 63);
	bench_begin(b);
	tags = arena_printf(b->a,
			    " v=1; a=rsa-sha256; d=%s.%s.example; s=%s.%s; h=From; b=AAAA; bh=x",
			    label, label, label, label);
	hdr_add(&b->headers, STR("DKIM-Signature"), tags);
	s = only(b, DKIM_L_ACCEPT);
	assert_int_equal(s.result, AUTH_PERMERROR);
	assert_int_equal(s.domain.n, 63 + 1 + 63 + 8);
	assert_int_equal(zone_questions(b->zone), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),	  cmocka_unit_test(test_shown),
		cmocka_unit_test(test_partial),	  cmocka_unit_test(test_changes),
		cmocka_unit_test(test_added),	  cmocka_unit_test(test_signed_signatures),
		cmocka_unit_test(test_many),	  cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_long_name),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
