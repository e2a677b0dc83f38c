/* ARC sets made: when there may be one, what it says, and that it verifies (RFC 8617 5.1). */
#include "lib/test.h"

#include <stdlib.h>

#include "auth/arc/results.h"
#include "auth/arc/seal.h"
#include "auth/authres/authres.h"
#include "auth/taglist.h"
#include "unit/auth/dkim_case.h"

#define NAME SIGN_SELECTOR "._domainkey." SIGN_DOMAIN
#define RESULTS STR("mx.example; spf=pass smtp.mailfrom=joe@example.com")

static void begin(struct bench *b)
{
	bench_begin(b);
	bench_record(b, NAME, b->rsa, "v=DKIM1; p=@");
}

static struct arc_seal_request request(struct bench *b, const struct arc_result *chain)
{
	struct body_hash *all = body_hash_new(b->a, b->crypto);
	struct body_want *w = body_hash_want(all, HASH_SHA256, CANON_RELAXED, BODY_NO_LIMIT);

	body_hash_feed(all, b->body);
	body_hash_end(all);
	return (struct arc_seal_request){ .headers = &b->headers,
					  .chain = chain,
					  .domain = STR(SIGN_DOMAIN),
					  .selector = STR(SIGN_SELECTOR),
					  .type = KEY_RSA,
					  .head = CANON_RELAXED,
					  .body = CANON_RELAXED,
					  .body_digest = body_digest(w),
					  .plan = &dkim_plan_default,
					  .results = RESULTS,
					  .t = NOW };
}

static struct arc_set_fields finish(struct bench *b, struct arc_draft *d, const struct signer *key)
{
	struct str s = signer_sign(b->a, key, arc_draft_message(d));

	return arc_draft_finish(d, signer_sign(b->a, key, arc_draft_seal(d, s)));
}

static void on_top(struct bench *b, const char *name, struct str value)
{
	bench_on_top(b, name, arena_printf(b->a, " %.*s", STR_ARG(value)));
}

static void insert(struct bench *b, const struct arc_set_fields *set)
{
	on_top(b, "ARC-Authentication-Results", set->aar);
	on_top(b, "ARC-Message-Signature", set->ams);
	on_top(b, "ARC-Seal", set->seal);
}

static struct str tag_of(struct str value, const char *name)
{
	struct taglist tags;

	assert_true(taglist_read(value, &tags, NULL));
	return taglist_get(&tags, name);
}

/* Verifies and seals; NULL, or why not. */
static const char *seal(struct bench *b, const struct signer *key, struct arc_set_fields *set)
{
	struct arc_result chain = bench_arc(b, ZONE_NOW);
	struct arc_seal_request req = request(b, &chain);
	const char *why = "not set";
	struct arc_draft *d;

	req.type = signer_type(key);
	d = arc_draft_new(b->a, b->crypto, &req, &why);
	if (!d)
		return why;
	assert_null(why);
	*set = finish(b, d, key);
	insert(b, set);
	return NULL;
}

static void drop(struct bench *b, const char *name, size_t i)
{
	const struct hdr *gone = hdr_find(&b->headers, str_c(name), i);
	struct hdr_list old = b->headers;

	assert_non_null(gone);
	hdr_init(&b->headers, b->a);
	for (size_t k = 0; k < old.v.n; k++)
		if (&old.v.p[k] != gone)
			hdr_add(&b->headers, old.v.p[k].name, old.v.p[k].value);
}

/* ---- chains ---- */

/* As many sets as there can be, ours all, both algorithms; every older AMS still verifies. */
static void test_whole_chain(void **state)
{
	struct bench *b = *state;
	const struct signer *keys[] = { b->rsa, b->ed25519 };

	for (size_t k = 0; k < 2; k++) {
		struct arc_set_fields set;

		bench_begin(b);
		zone_add(b->zone, STR(NAME), DNS_TXT, signer_record(b->a, keys[k]));
		for (unsigned i = 1; i <= ARC_MAX_SETS; i++) {
			struct arc_result res;

			assert_null(seal(b, keys[k], &set));
			assert_str(tag_of(set.seal, "cv"), i == 1 ? "none" : "pass");
			assert_int_equal(signature_instance(tag_of(set.seal, "i")), i);
			assert_int_equal(signature_instance(tag_of(set.ams, "i")), i);
			assert_true(
				str_starts(set.aar, arena_printf(b->a, "i=%u; mx.example;", i)));
			if (i > 3 && i < ARC_MAX_SETS)
				continue;
			res = bench_arc(b, ZONE_NOW);
			assert_str(res.reason, "");
			assert_int_equal(res.code, AUTH_PASS);
			assert_int_equal(res.instances, i);
			assert_true(res.set[i - 1].from_signed);
		}
		assert_str(str_c(seal(b, keys[k], &set)),
			   "the chain has as many sets as there can be");
	}
}

#define AAR(n) "ARC-Authentication-Results", " i=" n "; mx.example; none"
#define AMS_(n)                                                                                    \
	"ARC-Message-Signature", " i=" n "; a=rsa-sha256; d=x.example; s=x; h=from; bh=; b=x"
#define AS_(n, cv) "ARC-Seal", " i=" n "; a=rsa-sha256; cv=" cv "; d=x.example; s=x; b=eA=="
#define UNREADABLE "the chain's instances cannot be read"
#define ENDED "the chain was ended by cv=fail"

/* Strange chains: sealed once with cv=fail behind the highest instance, or left alone. */
static void test_strange(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *field[6][2];
		const char *why; /* NULL: sealed */
		unsigned instance;
	} rows[] = {
		{ { { AS_("1", "none") } }, NULL, 2 },
		{ { { AMS_("1") } }, NULL, 2 },
		{ { { AAR("1") } }, NULL, 2 },
		{ { { AAR("1") }, { AMS_("1") }, { AS_("1", "none") } }, NULL, 2 },
		{ { { AAR("1") }, { AMS_("1") }, { AS_("3", "pass") } }, NULL, 4 },
		{ { { AAR("7") } }, NULL, 8 },
		{ { { AAR("1") }, { AAR("1") } }, NULL, 2 },
		{ { { AS_("2", "none") }, { AS_("2", "none") } }, NULL, 3 },
		{ { { AAR("49") } }, NULL, 50 },
		{ { { AAR("50") } }, "the chain has as many sets as there can be", 0 },
		{ { { AAR("51") } }, UNREADABLE, 0 },
		{ { { AAR("0") } }, UNREADABLE, 0 },
		{ { { AAR("x") }, { AMS_("") }, { AS_("-1", "none") } }, UNREADABLE, 0 },
		{ { { "ARC-Seal", "" } }, UNREADABLE, 0 },
		{ { { "arc-seal", "" }, { AAR("2") } }, NULL, 3 },
		/* Whoever said cv=fail has said it for all that come after. */
		{ { { AS_("1", "fail") } }, ENDED, 0 },
		{ { { AAR("1") }, { AMS_("1") }, { AS_("1", "fail") } }, ENDED, 0 },
		{ { { AAR("5") }, { AS_("1", "fail") }, { AMS_("1") } }, ENDED, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arc_set_fields set;
		const char *why;

		begin(b);
		for (size_t k = 0; k < 6 && rows[i].field[k][0]; k++)
			hdr_add(&b->headers, str_c(rows[i].field[k][0]),
				str_c(rows[i].field[k][1]));
		why = seal(b, b->rsa, &set);
		assert_str(str_c(why ? why : ""), rows[i].why ? rows[i].why : "");
		if (why)
			continue;
		assert_str(tag_of(set.seal, "cv"), "fail");
		assert_int_equal(signature_instance(tag_of(set.seal, "i")), rows[i].instance);
		/* Only once. */
		assert_str(str_c(seal(b, b->rsa, &set)), ENDED);
	}
}

/* A chain that was whole and is broken: cv=fail, and then nothing. */
static void test_broken(void **state)
{
	struct bench *b = *state;
	static const char *const names[] = { "ARC-Seal", "ARC-Message-Signature",
					     "ARC-Authentication-Results", "Subject" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct arc_set_fields set;
		struct arc_result res;

		begin(b);
		assert_null(seal(b, b->rsa, &set));
		assert_null(seal(b, b->rsa, &set));
		drop(b, names[i], 0);
		assert_null(seal(b, b->rsa, &set));
		assert_str(tag_of(set.seal, "cv"), "fail");
		res = bench_arc(b, ZONE_NOW);
		assert_int_not_equal(res.code, AUTH_PASS);
		assert_str(str_c(seal(b, b->rsa, &set)), ENDED);
	}
}

/* 5.1.2: the seal of a chain that fails is over its own set, whatever the others are. */
static void test_own_set(void **state)
{
	struct bench *b = *state;
	struct str digest[2];

	for (size_t i = 0; i < 2; i++) {
		struct arc_result chain;
		struct arc_seal_request req;
		struct arc_draft *d;
		const char *why;

		begin(b);
		hdr_add(&b->headers, STR("ARC-Seal"), i ? STR(" i=1; a=b") : STR(" i=1"));
		chain = bench_arc(b, ZONE_NOW);
		req = request(b, &chain);
		d = arc_draft_new(b->a, b->crypto, &req, &why);
		assert_non_null(d);
		digest[i] = arc_draft_seal(d, STR("signature"));
		assert_int_equal(digest[i].n, 32);
		/* The arena of the next round is another. */
		digest[i] = (struct str){ memcpy(malloc(32), digest[i].p, 32), 32 };
	}
	assert_true(str_eq(digest[0], digest[1]));
	free((void *)(uintptr_t)digest[0].p);
	free((void *)(uintptr_t)digest[1].p);
}

/* The world: keys that cannot be had now, fields that limits kept out, names that are none. */
static void test_refused(void **state)
{
	struct bench *b = *state;
	struct arc_set_fields set;
	struct arc_result chain;
	struct arc_seal_request req;
	const char *why;

	begin(b);
	assert_null(seal(b, b->rsa, &set));
	zone_text(b->zone, NAME " FAULT SERVFAIL\n");
	assert_str(str_c(seal(b, b->rsa, &set)), "keys of the chain could not be fetched");
	begin(b);
	assert_null(seal(b, b->rsa, &set));
	chain = (struct arc_result){ 0 };
	req = request(b, &chain);
	assert_null(arc_draft_new(b->a, b->crypto, &req, &why));
	assert_str(str_c(why), "the chain was not verified");
	begin(b);
	for (size_t i = 0; i < HDR_MAX_FIELDS; i++)
		hdr_add(&b->headers, STR("X"), STR(""));
	assert_null(seal(b, b->rsa, &set));
	begin(b);
	for (size_t i = 0; i < HDR_MAX_FIELDS; i++)
		hdr_add(&b->headers, STR("X"), STR(""));
	hdr_add(&b->headers, STR("arc-seal"), STR("x"));
	assert_str(str_c(seal(b, b->rsa, &set)), "header fields over the limit");
	begin(b);
	for (size_t i = 0; i < HDR_MAX_FIELDS + HDR_MAX_GONE; i++)
		hdr_add(&b->headers, STR("X"), STR(""));
	assert_str(str_c(seal(b, b->rsa, &set)), "header fields over the limit");
	begin(b);
	for (size_t i = 0; i <= 3 * (size_t)ARC_MAX_SETS; i++)
		hdr_add(&b->headers, STR("ARC-Seal"), STR("i=1"));
	assert_str(str_c(seal(b, b->rsa, &set)), "too many ARC fields");
	begin(b);
	chain = bench_arc(b, ZONE_NOW);
	req = request(b, &chain);
	req.domain = STR("no;domain");
	assert_null(arc_draft_new(b->a, b->crypto, &req, &why));
	assert_str(str_c(why), "domain and selector are no names");
}

/* cv= is what was verified, not what our own edits have made of it since. */
static void test_edited(void **state)
{
	struct bench *b = *state;
	struct arc_set_fields set;
	struct arc_result chain, res;
	struct arc_seal_request req;
	const char *why;

	begin(b);
	assert_null(seal(b, b->rsa, &set));
	chain = bench_arc(b, ZONE_NOW);
	drop(b, "Subject", 0);
	hdr_add(&b->headers, STR("Subject"), STR(" [list] Is dinner ready?"));
	req = request(b, &chain);
	set = finish(b, arc_draft_new(b->a, b->crypto, &req, &why), b->rsa);
	assert_str(tag_of(set.seal, "cv"), "pass");
	insert(b, &set);
	res = bench_arc(b, ZONE_NOW);
	assert_int_equal(res.code, AUTH_PASS);
	assert_int_equal(res.oldest_pass, 2);
	/* But a set that has gone since is no chain to go on with. */
	drop(b, "ARC-Seal", 1);
	req = request(b, &res);
	set = finish(b, arc_draft_new(b->a, b->crypto, &req, &why), b->rsa);
	assert_str(tag_of(set.seal, "cv"), "fail");
}

/* ---- what is written ---- */

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

static void test_form(void **state)
{
	struct bench *b = *state;
	static const struct dkim_plan_name names[] = {
		{ STR("From"), true },	   { STR("ARC-Seal"), true },
		{ STR("Received"), true }, { STR("Authentication-Results"), true },
		{ STR("arc-x"), true },	   { STR("DKIM-Signature"), true },
		{ STR("Subject"), false },
	};
	static const struct dkim_plan plan = { sizeof names / sizeof *names, names };
	struct arc_set_fields set;
	struct arc_result chain;
	struct arc_seal_request req;
	const char *why;

	begin(b);
	for (size_t i = 0; i < plan.n; i++)
		hdr_add(&b->headers, names[i].name, STR(" x"));
	hdr_add(&b->headers, STR("dkim-signature"), STR(" y"));
	drop(b, "ARC-Seal", 0);
	chain = bench_arc(b, ZONE_NOW);
	req = request(b, &chain);
	req.plan = &plan;
	set = finish(b, arc_draft_new(b->a, b->crypto, &req, &why), b->rsa);
	/* 4.1.2: signatures that are there are signed, ARC fields and results never. */
	assert_str(tag_of(set.ams, "h"), "From:From:From:Subject:Subject:DKIM-Signature:\r\n"
					 "\tDKIM-Signature");
	assert_true(str_starts(set.ams, STR("i=1; a=rsa-sha256; c=relaxed/relaxed; d=seal.example;"
					    "\r\n\ts=arc; t=1700000000; h=From:")));
	assert_true(str_starts(set.seal, STR("i=1; a=rsa-sha256; cv=none; d=seal.example; s=arc;"
					     " t=1700000000; b=")));
	assert_str(set.aar, "i=1; mx.example;\r\n\tspf=pass smtp.mailfrom=joe@example.com");
	assert_lines(STR("ARC-Seal"), set.seal);
	assert_lines(STR("ARC-Message-Signature"), set.ams);
	assert_lines(STR("ARC-Authentication-Results"), set.aar);
}

#define LONG80 "12345678901234567890123456789012345678901234567890123456789012345678901234567890"
#define LONG800 LONG80 LONG80 LONG80 LONG80 LONG80 LONG80 LONG80 LONG80 LONG80 LONG80

static void test_aar(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "mx.example; none", "i=7; mx.example;\r\n\tnone" },
		{ "mx.example", "i=7; mx.example" },
		{ "mx.example 1; a=b", "i=7; mx.example 1;\r\n\ta=b" },
		{ "mx.example;;; ;a=b;", "i=7; mx.example;\r\n\ta=b" },
		{ " mx.example ; a=b\t c.d=e ;\r\n\t f=g \r\n",
		  "i=7; mx.example;\r\n\ta=b c.d=e;\r\n\tf=g" },
		/* Semicolons that end nothing. */
		{ "mx.example; a=b reason=\"x; (y\"; c=d (e; \"f;)\" g=h; i=j",
		  "i=7; mx.example;\r\n\ta=b reason=\"x; (y\";\r\n\tc=d (e; \"f;)\" g=h; i=j" },
		{ "mx.example; a=b (c (d; e) f;\\) g); h=i",
		  "i=7; mx.example;\r\n\ta=b (c (d; e) f;\\) g);\r\n\th=i" },
		{ "mx.example; a=b reason=\"\\\"; x\"; c=d",
		  "i=7; mx.example;\r\n\ta=b reason=\"\\\"; x\";\r\n\tc=d" },
		/* Blanks stay in quoted strings, folds do not; control characters go nowhere. */
		{ "mx.example; a=b reason=\"x   y\r\n  z\x01\"",
		  "i=7; mx.example;\r\n\ta=b reason=\"x   y  z?\"" },
		{ "mx\r\n\r\nFrom: x; a=b", "i=7; mx From: x;\r\n\ta=b" },
		{ "mx; a=b\r\n\r\nFrom: x", "i=7; mx;\r\n\ta=b From: x" },
		/* Folded at blanks, never over 998 octets: then left out whole. */
		{ "mx.example; a=b x.y=" LONG80 " z.z=1; c=d",
		  "i=7; mx.example;\r\n\ta=b\r\n\tx.y=" LONG80 "\r\n\tz.z=1;\r\n\tc=d" },
		{ "mx.example; a=b x.y=" LONG800 LONG80 LONG80 LONG80 "; c=d",
		  "i=7; mx.example;\r\n\tc=d" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bench_begin(b);
		assert_str(arc_results_fold(b->a, 7, str_c(rows[i].in)), rows[i].out);
	}
}

static void test_results_of(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *fields[4];
		const char *out;
	} rows[] = {
		{ { NULL }, "mx.example; none" },
		{ { " mx.example; none" }, "mx.example; none" },
		{ { " mx.example; a=b" }, "mx.example; a=b" },
		{ { " MX.Example 1; a=b;\r\n\tc=d (e) f.g=h" }, "mx.example; a=b; c=d (e) f.g=h" },
		{ { " other.example; a=b", " mx.example; c=d", " mx.example.org; e=f",
		    "mx.example; g=h" },
		  "mx.example; c=d; g=h" },
		{ { " mx.example; none", " mx.example; a=b", " mx.example; none" },
		  "mx.example; a=b" },
		{ { " (x; y) \"mx.example\" (z;) ; a=b reason=\"c; d\" (e; f); g=h" },
		  "mx.example; a=b reason=\"c; d\" (e; f); g=h" },
		/* What is malformed is no result of ours. */
		{ { " mx.example; a=b; c", " mx.example; d=e" }, "mx.example; d=e" },
		{ { " mx.example 2; a=b" }, "mx.example; none" },
	};
	struct buf many = { 0 };
	struct str out;
	size_t n = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bench_begin(b);
		for (size_t k = 0; k < 4 && rows[i].fields[k]; k++)
			hdr_add(&b->headers, STR("Authentication-Results"),
				str_c(rows[i].fields[k]));
		hdr_add(&b->headers, STR("X-Authentication-Results"), STR(" mx.example; x=y"));
		assert_str(arena_dup(b->a, arc_results_of(b->a, &b->headers, STR("mx.example"))),
			   rows[i].out);
	}
	/* Bounds: of results, and of octets. */
	bench_begin(b);
	for (size_t i = 0; i < 300; i++)
		hdr_add(&b->headers, STR("Authentication-Results"), STR("mx.example; a=b"));
	out = arc_results_of(b->a, &b->headers, STR("mx.example"));
	for (size_t i = 0; i < out.n; i++)
		n += out.p[i] == ';';
	assert_int_equal(n, AUTHRES_MAX_RESULTS);
	bench_begin(b);
	for (size_t i = 0; i < 90; i++)
		hdr_add(&b->headers, STR("Authentication-Results"),
			STR("mx.example; a=b c.d=" LONG800));
	out = arc_results_of(b->a, &b->headers, STR("mx.example"));
	assert_true(out.n > AUTHRES_MAX_FIELD - 900 && out.n <= AUTHRES_MAX_FIELD);
	out = arc_results_fold(b->a, 1, out);
	assert_true(out.n > AUTHRES_MAX_FIELD - 1900 && out.n <= AUTHRES_MAX_FIELD);
	many.arena = b->a;
	for (size_t i = 0; i < 30000; i++)
		buf_add(&many, STR("a=b;"));
	assert_true(arc_results_fold(b->a, 1, buf_str(&many)).n <= AUTHRES_MAX_FIELD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_chain), cmocka_unit_test(test_strange),
		cmocka_unit_test(test_broken),	    cmocka_unit_test(test_own_set),
		cmocka_unit_test(test_refused),	    cmocka_unit_test(test_edited),
		cmocka_unit_test(test_form),	    cmocka_unit_test(test_aar),
		cmocka_unit_test(test_results_of),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
