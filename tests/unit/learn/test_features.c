/* What the classifier sees of a message: tokens, 4-grams, digest; octets of features and back. */
#include "lib/test.h"

#include "base/buf.h"
#include "base/clock.h"
#include "learn/features_message.h"
#include "learn/fields.h"

static const struct hash_key key = { 1, 2 };

static struct features read_of(struct arena *a, const char *message)
{
	struct features f;

	features_of_octets(a, key, str_c(message), &f);
	return f;
}

static bool has(const struct features *f, const char *text)
{
	for (size_t i = 0; i < f->ntoken; i++)
		if (str_eq(f->token[i].text, str_c(text)))
			return true;
	return false;
}

#define MAIL                                                                                       \
	"Received: from shop.example (mta.shop.example [192.0.2.1])\n\tby mx.example; Mon, 1 Jan " \
	"2024 10:00:00 +0000\n"                                                                    \
	"From: Shop <news@shop.example>\n"                                                         \
	"Subject: =?utf-8?Q?Gro=C3=9Fe?= CHEAP Watches 12345\n"                                    \
	"Date: Mon, 1 Jan 2024 10:00:00 +0100\n"                                                   \
	"List-Id: <offers.shop.example>\n"                                                         \
	"List-Unsubscribe: <https://shop.example/gone>\n"                                          \
	"MIME-Version: 1.0\n"                                                                      \
	"Content-Type: text/html; charset=utf-8\n"

#define BODY                                                                                       \
	"<html><body class=\"secretclass\">Buy v<b>ia</b>gra, it's 20-year. &#65313;BC\n"          \
	"<a href=\"https://Click.Shop.example/win/prize?id=77\">here</a> \xe5\xa4\xa9\xe6\xb0\x97" \
	"</body></html>\n"

static void tokens(void **state)
{
	static const char *const want[] = {
		"subject:grosse",
		"subject:cheap",
		"subject:cheap watches",
		"subject:#####",
		"from:shop",
		"from:shop.example",
		"from:news",
		"list-id:offers.shop.example",
		"received:mta.shop.example",
		"received:192.0.2.1",
		"order:subject date",
		"content-type:text/html",
		"buy",
		"viagra",
		"it's",
		"20-year",
		"abc",
		"url:click.shop.example",
		"url:shop.example",
		"path:win",
		"path:prize",
		"\xe5\xa4\xa9\xe6\xb0\x97",
	};
	static const char *const never[] = {
		"secretclass",
		"body",
		"list-unsubscribe:https",
		"date:jan",
		"received:jan",
		"from:shop news",
		"12345",
		"order:list-id list-unsubscribe",
		"url:example",
	};
	struct arena *a = arena_new(0);
	struct features f = read_of(a, MAIL "\n" BODY);

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		if (!has(&f, want[i]))
			fail_msg("no token %s", want[i]);
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (has(&f, never[i]))
			fail_msg("token %s", never[i]);
	for (size_t i = 1; i < f.ntoken; i++)
		assert_true(f.token[i - 1].bucket < f.token[i].bucket);
	for (size_t i = 1; i < f.ngram; i++)
		assert_true(f.gram[i - 1] < f.gram[i]);
	assert_true(f.ngram > 100 && f.gram[f.ngram - 1] < MODEL_S);
	arena_free(a);
}

static bool same(const struct features *x, const struct features *y)
{
	bool eq = x->ngram == y->ngram && x->ntoken == y->ntoken &&
		  memcmp(x->digest, y->digest, sizeof x->digest) == 0;

	for (size_t i = 0; eq && i < x->ngram; i++)
		eq = x->gram[i] == y->gram[i];
	for (size_t i = 0; eq && i < x->ntoken; i++)
		eq = x->token[i].bucket == y->token[i].bucket;
	return eq;
}

/* What a delivery, other filters and we ourselves put in changes nothing. */
static void ignored(void **state)
{
	static const char *const front[] = {
		"Return-Path: <bounce@shop.example>\n",
		"Delivered-To: me@example\n",
		"X-Original-To: me@example\n",
		"X-Merlon-Score: 5\n",
		"X-Spam-Status: Yes, score=12\n",
		"X-Spam: yes\n",
		"Status: RO\n",
		"X-Status: A\n",
		"X-UIDL: 123\n",
		"X-UID: 7\n",
		"Lines: 12\n",
		"Content-Length: 900\n",
		"X-Keywords: junk\n",
		"X-Bogosity: Spam\n",
		"X-CRM114-Status: SPAM\n",
		"Authentication-Results: mx.example; spf=pass\n",
		"DKIM-Signature: v=1; b=abcdef\n",
		"ARC-Seal: i=1; b=abcdef\n",
		"From sender Mon Jan  1 10:00:00 2024\n",
		/* the hop to us stands above where it came from */
		"Received: from mx.example by store.example; Mon, 1 Jan 2024 10:00:09 +0000\n",
	};
	struct arena *a = arena_new(0);
	struct features plain = read_of(a, MAIL "\n" BODY);

	(void)state;
	for (size_t i = 0; i < sizeof front / sizeof *front; i++) {
		struct str s = arena_printf(a, "%s%s\n%s", front[i], MAIL, BODY);
		struct features f;
		features_of_octets(a, key, s, &f);
		if (!same(&f, &plain))
			fail_msg("%s changes what is seen", front[i]);
	}
	assert_int_equal(field_use(STR("x-SPAM-flag")), FIELD_IGNORED);
	assert_int_equal(field_use(STR("Subject")), FIELD_READ);
	arena_free(a);
}

static void digests(void **state)
{
	static const char *const other[] = {
		"Subject: a\nMessage-ID: <1@x>\n\nbody\n",
		"Subject: b\nMessage-ID: <1@x>\n\nbody\n",
		"Subject: a\nMessage-ID: <2@x>\n\nbody\n",
		"Subject: a\nMessage-ID: <1@x>\n\nbodies\n",
		"Subject: aMessage-ID: <1@x>\n\nbody\n",
	};
	struct arena *a = arena_new(0);
	struct features crlf, lf = read_of(a, "Subject: a\nX: 1\n\nbody\n\n");

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		for (size_t j = 0; j < i; j++) {
			struct features x = read_of(a, other[i]), y = read_of(a, other[j]);
			assert_memory_not_equal(x.digest, y.digest, sizeof x.digest);
		}
	crlf = read_of(a, "Subject: a\r\nX: 2\r\n\r\nbody\r\n");
	assert_memory_equal(crlf.digest, lf.digest, sizeof lf.digest);
	arena_free(a);
}

/* Another key: other buckets, the same digest. */
static void keyed(void **state)
{
	struct arena *a = arena_new(0);
	struct features f = read_of(a, MAIL "\n" BODY), g;

	(void)state;
	features_of_octets(a, (struct hash_key){ 3, 4 }, STR(MAIL "\n" BODY), &g);
	assert_memory_equal(f.digest, g.digest, sizeof f.digest);
	assert_int_not_equal(f.token[0].bucket, g.token[0].bucket);
	assert_int_not_equal(f.gram[0], g.gram[0]);
	arena_free(a);
}

static void odd_messages(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} t[] = {
		{ "", 0 },
		{ "\n", 1 },
		{ "\0\0\0\0", 4 },
		{ "Subject", 7 },
		{ "Subject:\n\n", 10 },
		{ "Subject: =?utf-8?B?!!!?=\n\n\xff\xfe\xf0\x9f", 30 },
		{ "A: \xc3\n\n\xe5\xa4", 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct features f, g;
		features_of_octets(a, key, str_of(t[i].p, t[i].n), &f);
		assert_true(features_parse(a, features_format(a, &f), &g));
		assert_true(same(&f, &g));
		arena_free(a);
	}
}

/* ---- bounds ---- */

static struct str many_words(struct arena *a, size_t octets, const char *headers)
{
	struct buf b = { .arena = a };

	buf_addf(&b, "%s\n", headers);
	for (uint32_t i = 0; b.n < octets; i++) {
		uint32_t w = i * 2654435761u;
		for (int j = 0; j < 7; j++, w >>= 4)
			buf_addc(&b, (char)('a' + (w & 15)));
		buf_addc(&b, i % 12 ? ' ' : '\n');
	}
	return buf_str(&b);
}

static uint64_t time_of(struct str s, struct features *out)
{
	struct arena *a = arena_new(0);
	uint64_t began = clock_cpu_us();
	struct features f;

	features_of_octets(a, key, s, &f);
	began = clock_cpu_us() - began;
	*out = (struct features){ .ntoken = f.ntoken, .ngram = f.ngram };
	arena_free(a);
	return began;
}

static void bounded(void **state)
{
	struct arena *a = arena_new(0);
	struct str s = many_words(a, 10u << 20, "Subject: x\n");
	struct features f;

	(void)state;
	assert_true(time_of(s, &f) < 5000000);
	assert_true(f.ntoken > 5000 && f.ntoken <= FEATURES_TOKENS_MAX);
	assert_true(f.ngram <= FEATURES_RAW);
	arena_free(a);
}

/* A header that is full of words leaves room for the text. */
static void shares(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct features f;

	(void)state;
	for (unsigned i = 0; i < 1500; i++)
		buf_addf(&b, "X-%u: %u.a %u.b %u.c %u.d %u.e\n", i, i, i, i, i, i);
	buf_add(&b, STR("\nthe words of the text\n"));
	features_of_octets(a, key, buf_str(&b), &f);
	assert_true(f.ntoken >= 3000 && f.ntoken < 3100);
	assert_true(has(&f, "words") && has(&f, "text"));
	arena_free(a);
}

/* ---- octets ---- */

static void refused(void **state)
{
	struct arena *a = arena_new(0);
	struct features f = read_of(a, MAIL "\n" BODY), g;
	struct str s = features_format(a, &f);
	char *p = arena_cstr(a, s);

	(void)state;
	assert_true(features_parse(a, s, &g) && same(&f, &g));
	assert_null(g.token[0].text.p);
	for (size_t n = 0; n < s.n; n++)
		assert_false(features_parse(a, str_sub(s, 0, n), &g));
	p[s.n] = 0; /* one octet more */
	assert_false(features_parse(a, str_of(p, s.n + 1), &g));
	p[0] = 99; /* another version */
	assert_false(features_parse(a, str_of(p, s.n), &g));
	arena_free(a);
}

/* Whatever octets are taken are what they would be written as. */
static void damaged(void **state)
{
	struct arena *a = arena_new(0);
	struct features f = read_of(a, MAIL "\n" BODY), g;
	struct str s = features_format(a, &f);

	(void)state;
	for (size_t i = 0; i < s.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct arena *b = arena_new(0);
			char *p = arena_cstr(b, s);
			p[i] = (char)(p[i] ^ 1 << bit);
			if (features_parse(b, str_of(p, s.n), &g))
				assert_true(str_eq(features_format(b, &g), str_of(p, s.n)));
			arena_free(b);
		}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens), cmocka_unit_test(ignored),	  cmocka_unit_test(digests),
		cmocka_unit_test(keyed),  cmocka_unit_test(odd_messages), cmocka_unit_test(bounded),
		cmocka_unit_test(shares), cmocka_unit_test(refused),	  cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
