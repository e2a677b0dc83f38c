/* ARC chains: structure, status, seals, and what is left of older signatures (RFC 8617). */
#include "lib/test.h"

#include <stdlib.h>

#include "unit/auth/dkim_case.h"

#define NAME SIGN_SELECTOR "._domainkey." SIGN_DOMAIN

/* A message with n sets. */
static void begin(struct bench *b, unsigned n)
{
	bench_begin(b);
	bench_record(b, NAME, b->rsa, "v=DKIM1; p=@");
	for (unsigned i = 1; i <= n; i++)
		sign_arc(b->a, b->crypto, b->rsa, i, i == 1 ? "none" : "pass", "From:To:Subject",
			 &b->headers, b->body);
}

static struct arc_result both_ways(struct bench *b)
{
	struct arc_result now = bench_arc(b, ZONE_NOW), later = bench_arc(b, ZONE_ROUNDS);

	assert_int_equal(now.code, later.code);
	assert_int_equal(now.oldest_pass, later.oldest_pass);
	assert_true(str_eq(now.reason, later.reason));
	assert_true(zone_rounds(b->zone) <= 1);
	return now;
}

/* Drops the i-th field of that name. */
static void drop(struct bench *b, const char *name, size_t i)
{
	const struct hdr *gone = hdr_find(&b->headers, str_c(name), i);
	struct hdr_list old = b->headers;

	hdr_init(&b->headers, b->a);
	for (size_t k = 0; k < old.v.n; k++)
		if (&old.v.p[k] != gone)
			hdr_add(&b->headers, old.v.p[k].name, old.v.p[k].value);
}

/* Changes text within the i-th field of that name. */
static void change(struct bench *b, const char *name, size_t i, const char *from, const char *to)
{
	const struct hdr *f = hdr_find(&b->headers, str_c(name), i);
	size_t at = str_find(f->value, str_c(from));
	struct str old = arena_dup(b->a, f->value);

	assert_true(at != SIZE_MAX);
	drop(b, name, i);
	hdr_add(&b->headers, str_c(name),
		arena_printf(b->a, "%.*s%s%.*s", (int)at, old.p, to,
			     STR_ARG(str_skip(old, at + strlen(from)))));
}

static void test_pass(void **state)
{
	struct bench *b = *state;
	static const unsigned counts[] = { 1, 2, 3, 10, ARC_MAX_SETS };

	bench_begin(b);
	assert_int_equal(both_ways(b).code, AUTH_NONE);
	for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
		struct arc_result res;

		begin(b, counts[k]);
		res = both_ways(b);
		if (res.code != AUTH_PASS)
			fail_msg("%u sets: %.*s", counts[k], STR_ARG(res.reason));
		assert_int_equal(res.instances, counts[k]);
		assert_int_equal(res.n, counts[k]);
		assert_str(res.set[0].sealer, SIGN_DOMAIN);
		assert_str(res.set[0].selector, SIGN_SELECTOR);
		assert_str(res.set[0].aar, "mx1.example; dkim=pass");
		/* verifications in all are bounded: with 50 sets only the newest AMS is left */
		assert_int_equal(res.oldest_pass, counts[k] == ARC_MAX_SETS ? ARC_MAX_SETS : 0);
	}
}

/* 5.2 step 6 and 5.1.1: a change in between breaks older AMS, not the chain. */
static void test_oldest_pass(void **state)
{
	struct bench *b = *state;
	struct arc_result res;

	begin(b, 2);
	change(b, "Subject", 0, "dinner", "[list] dinner");
	sign_arc(b->a, b->crypto, b->rsa, 3, "pass", "From:To:Subject", &b->headers, b->body);
	sign_arc(b->a, b->crypto, b->rsa, 4, "pass", "From:To:Subject", &b->headers, b->body);
	res = both_ways(b);
	assert_int_equal(res.code, AUTH_PASS);
	assert_int_equal(res.oldest_pass, 3);
	assert_true(res.set[3].ams_pass && res.set[2].ams_pass);
	assert_true(res.set[1].ams_known && !res.set[1].ams_pass);
	assert_false(res.set[0].ams_known);
}

/* One change to a chain of two sets. to NULL: the field is dropped. */
static const struct {
	const char *name;
	size_t i;
	const char *from, *to, *reason;
	enum auth_result code;
} changes[] = {
	/* 5.2 step 3: structure */
	{ "ARC-Seal", 0, "", NULL, "incomplete ARC set", AUTH_FAIL },
	{ "ARC-Seal", 1, "", NULL, "incomplete ARC set", AUTH_FAIL },
	{ "ARC-Message-Signature", 0, "", NULL, "incomplete ARC set", AUTH_FAIL },
	{ "ARC-Message-Signature", 1, "", NULL, "incomplete ARC set", AUTH_FAIL },
	{ "ARC-Authentication-Results", 0, "", NULL, "incomplete ARC set", AUTH_FAIL },
	{ "ARC-Authentication-Results", 1, "", NULL, "incomplete ARC set", AUTH_FAIL },
	{ "ARC-Seal", 1, "i=2", "i=1", "two ARC-Seals of one instance", AUTH_FAIL },
	{ "ARC-Seal", 1, "i=2", "i=3", "incomplete ARC set", AUTH_FAIL },
	{ "ARC-Seal", 1, "i=2", "i=0", "bad instance i=", AUTH_FAIL },
	{ "ARC-Seal", 1, "i=2", "i=51", "bad instance i=", AUTH_FAIL },
	{ "ARC-Seal", 1, "i=2", "i=002", "bad instance i=", AUTH_FAIL },
	{ "ARC-Seal", 1, "i=2", "i=+2", "bad instance i=", AUTH_FAIL },
	{ "ARC-Seal", 1, "i=2;", "", "bad instance i=", AUTH_FAIL },
	{ "ARC-Message-Signature", 1, "i=2", "i=1", "two ARC-Message-Signatures of one instance",
	  AUTH_FAIL },
	{ "ARC-Message-Signature", 1, "i=2", "i=x", "bad instance i=", AUTH_FAIL },
	{ "ARC-Authentication-Results", 1, "i=2", "i=1",
	  "two ARC-Authentication-Results of one instance", AUTH_FAIL },
	{ "ARC-Authentication-Results", 1, "i=2;", "", "bad instance i=", AUTH_FAIL },
	{ "ARC-Authentication-Results", 1, "i=2;", "x; i=2;", "bad instance i=", AUTH_FAIL },
	{ "ARC-Authentication-Results", 1, "i=2;", "i=2", "bad instance i=", AUTH_FAIL },
	{ "ARC-Authentication-Results", 1, "i=2;", "i=;", "bad instance i=", AUTH_FAIL },
	{ "ARC-Authentication-Results", 1, "i=2;", "(a i=2;", "bad instance i=", AUTH_FAIL },
	{ "ARC-Authentication-Results", 1, "i=2;", "(i=1;(x)) i=2;",
	  "ARC-Seal i=2: signature does not verify", AUTH_FAIL },
	{ "ARC-Authentication-Results", 1, "i=2;", "(\\)\\() i=2;",
	  "ARC-Seal i=2: signature does not verify", AUTH_FAIL },
	/* 5.2 steps 2 and 3: status */
	{ "ARC-Seal", 0, "cv=none", "cv=pass", "wrong status cv= for its place", AUTH_FAIL },
	{ "ARC-Seal", 1, "cv=pass", "cv=none", "wrong status cv= for its place", AUTH_FAIL },
	{ "ARC-Seal", 1, "cv=pass", "cv=Pass", "unknown status cv=", AUTH_FAIL },
	{ "ARC-Seal", 1, "cv=pass;", "", "no cv=", AUTH_FAIL },
	{ "ARC-Seal", 1, "cv=pass", "cv=fail", "the chain was ended by cv=fail", AUTH_NONE },
	{ "ARC-Seal", 0, "cv=none", "cv=fail", "the chain was ended by cv=fail", AUTH_NONE },
	/* RFC 6376 3.5: dates of the newest message signature */
	{ "ARC-Message-Signature", 1, "i=2", "i=2; x=1", "ARC-Message-Signature i=2: expired",
	  AUTH_FAIL },
	{ "ARC-Message-Signature", 1, "i=2", "i=2; t=99999999999",
	  "ARC-Message-Signature i=2: signed in the future", AUTH_FAIL },
	/* 4.1.3: no h= in a seal */
	{ "ARC-Seal", 1, "cv=pass", "cv=pass; h=From", "seal with h= or bh=", AUTH_FAIL },
	{ "ARC-Seal", 0, "cv=none", "cv=none; bh=x", "seal with h= or bh=", AUTH_FAIL },
	{ "ARC-Seal", 1, "a=rsa-sha256", "a=rsa-sha1", "rsa-sha1 is not allowed", AUTH_FAIL },
	{ "ARC-Seal", 1, "cv=pass", "cv=pass; cv=pass", "duplicate tag", AUTH_FAIL },
	{ "ARC-Seal", 1, "d=seal.example", "d=seal(.example", "d= is no domain", AUTH_FAIL },
	/* 4.1.2: an AMS does not sign seals */
	{ "ARC-Message-Signature", 1, "h=From", "h=ARC-Seal:From",
	  "ARC-Message-Signature i=2: h= names ARC-Seal", AUTH_FAIL },
	/* 5.2 step 4: the newest AMS */
	{ "Subject", 0, "dinner", "supper", "ARC-Message-Signature i=2: signature does not verify",
	  AUTH_FAIL },
	{ "ARC-Message-Signature", 1, "bh=", "bh=A",
	  "ARC-Message-Signature i=2: bh= is no SHA-256 digest in base64", AUTH_FAIL },
	/* 5.2 step 5: every seal */
	{ "ARC-Message-Signature", 0, "To:", "", "ARC-Seal i=2: signature does not verify",
	  AUTH_FAIL },
	{ "ARC-Authentication-Results", 0, "pass", "fail",
	  "ARC-Seal i=2: signature does not verify", AUTH_FAIL },
	{ "ARC-Authentication-Results", 1, "pass", "fail",
	  "ARC-Seal i=2: signature does not verify", AUTH_FAIL },
	{ "ARC-Seal", 0, "cv=none", "cv=none; t=1", "ARC-Seal i=2: signature does not verify",
	  AUTH_FAIL },
	{ "ARC-Seal", 1, "s=arc", "s=other", "ARC-Seal i=2: no key", AUTH_FAIL },
	/* relaxed for all of them */
	{ "ARC-Authentication-Results", 1, "; dkim", ";\r\n\t dkim", "", AUTH_PASS },
	{ "ARC-Seal", 0, "; cv", ";   cv", "", AUTH_PASS },
	{ "ARC-Seal", 1, "b=", "b=\r\n ", "", AUTH_PASS },
};

static void test_changes(void **state)
{
	struct bench *b = *state;

	for (size_t k = 0; k < sizeof changes / sizeof *changes; k++) {
		struct arc_result res;

		begin(b, 2);
		if (changes[k].to)
			change(b, changes[k].name, changes[k].i, changes[k].from, changes[k].to);
		else
			drop(b, changes[k].name, changes[k].i);
		res = both_ways(b);
		if (res.code != changes[k].code || !str_eq(res.reason, str_c(changes[k].reason)))
			fail_msg("%s %zu, %s to %s: %s (%.*s)", changes[k].name, changes[k].i,
				 changes[k].from, changes[k].to, auth_word(res.code),
				 STR_ARG(res.reason));
		assert_int_equal(res.ended, changes[k].code == AUTH_NONE);
		assert_int_equal(res.oldest_pass, res.code == AUTH_PASS ? 0 : -1);
	}
}

static void test_alone(void **state)
{
	static const struct {
		const char *name, *value;
	} fields[] = {
		{ "ARC-Seal", " " },
		{ "ARC-Seal", " i=1" },
		{ "ARC-Seal", " b" },
		{ "arc-authentication-results", "" },
		{ "arc-authentication-results", " i=1; x; none" },
		{ "ARC-Message-Signature", " i=50" },
		{ "ARC-Message-Signature", ";;;" },
	};
	struct bench *b = *state;

	for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
		struct arc_result res;

		bench_begin(b);
		hdr_add(&b->headers, str_c(fields[k].name), str_c(fields[k].value));
		res = both_ways(b);
		assert_int_equal(res.code, AUTH_FAIL);
		assert_int_equal(res.n, 0);
		assert_int_equal(zone_questions(b->zone), 0);
	}
}

static void test_limit(void **state)
{
	struct bench *b = *state;
	struct arc_result res;

	bench_begin(b);
	for (unsigned i = 0; i <= 3 * ARC_MAX_SETS; i++)
		hdr_add(&b->headers, STR("ARC-Authentication-Results"),
			arena_printf(b->a, " i=%u; x; none", i % ARC_MAX_SETS + 1));
	res = both_ways(b);
	assert_int_equal(res.code, AUTH_FAIL);
	assert_int_equal(res.instances, ARC_MAX_SETS);
	/* fields that were not kept may be of the chain */
	begin(b, 1);
	b->headers.dropped = 1;
	res = both_ways(b);
	assert_int_equal(res.code, AUTH_FAIL);
	assert_str(res.reason, "header fields over the limit");
}

/* The body, and a key that cannot be fetched. */
static void test_world(void **state)
{
	struct bench *b = *state;
	struct arc_result res;

	begin(b, 2);
	b->body = STR("another\r\n");
	res = both_ways(b);
	assert_int_equal(res.code, AUTH_FAIL);
	assert_str(res.reason, "ARC-Message-Signature i=2: body does not match bh=");
	assert_false(res.temporary);
	begin(b, 2);
	zone_fault(b->zone, STR(NAME), DNS_TXT, ZONE_SERVFAIL);
	res = both_ways(b);
	assert_int_equal(res.code, AUTH_FAIL);
	assert_true(res.temporary);
}

/* RFC 8301 for seals too: short keys fail; RFC 8463: Ed25519 seals. */
static void test_keys(void **state)
{
	struct bench *b = *state;
	const struct {
		const struct signer *key;
		enum auth_result code;
	} keys[] = { { b->rsa512, AUTH_FAIL },
		     { b->rsa2048, AUTH_PASS },
		     { b->ed25519, AUTH_PASS } };

	for (size_t i = 0; i < 3; i++) {
		bench_begin(b);
		zone_add(b->zone, STR(NAME), DNS_TXT, signer_record(b->a, keys[i].key));
		sign_arc(b->a, b->crypto, keys[i].key, 1, "none", "From", &b->headers, b->body);
		assert_int_equal(both_ways(b).code, keys[i].code);
	}
}

/* An AMS that leaves part of the body to others vouches for nothing. */
static void test_partial(void **state)
{
	struct bench *b = *state;
	struct arc_result res;

	bench_begin(b);
	bench_record(b, NAME, b->rsa, "v=DKIM1; p=@");
	sign_arc(b->a, b->crypto, b->rsa, 1, "none", "From; l=5", &b->headers, b->body);
	res = both_ways(b);
	assert_int_equal(res.code, AUTH_FAIL);
	assert_str(res.reason, "ARC-Message-Signature i=1: l= leaves part of the body unsigned");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pass),	cmocka_unit_test(test_oldest_pass),
		cmocka_unit_test(test_changes), cmocka_unit_test(test_alone),
		cmocka_unit_test(test_limit),	cmocka_unit_test(test_world),
		cmocka_unit_test(test_keys),	cmocka_unit_test(test_partial),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
