/* DKIM verification: tags, keys and what each of them may do (RFC 6376, 8301, 8463). */
#include "lib/test.h"

#include <stdlib.h>

#include "auth/dkim/key.h"
#include "unit/auth/dkim_case.h"

#define A "v=1; a=rsa-sha256; "
#define DS "d=example.com; s=sel; "
#define H "h=From:To:Subject:Date"
#define KEY "v=DKIM1; k=rsa; p=@"

/* Signed as tags say; record is what stands at sel._domainkey.example.com (NULL: KEY). */
static const struct {
	const char *tags, *record;
	enum auth_result result;
	const char *reason; /* NULL: absent */
} cases[] = {
	/* ---- plain ---- */
	{ A DS H, NULL, AUTH_PASS, NULL },
	{ A "c=simple/simple; " DS H, NULL, AUTH_PASS, NULL },
	{ A "c=simple/relaxed; " DS H, NULL, AUTH_PASS, NULL },
	{ A "c=relaxed/simple; " DS H, NULL, AUTH_PASS, NULL },
	{ A "c=relaxed/relaxed; " DS H, NULL, AUTH_PASS, NULL },
	{ A "c=relaxed; " DS H, NULL, AUTH_PASS, NULL },
	{ A "c=simple; " DS H, NULL, AUTH_PASS, NULL },
	{ A "\r\n\tc=relaxed/relaxed;\r\n " DS "\r\n h=From :\r\n To : Subject", NULL, AUTH_PASS,
	  NULL },
	{ A "d=EXAMPLE.com; s=SEL; " H, NULL, AUTH_PASS, NULL },
	/* 3.2: unknown tags are ignored; 3.5: z= is not for verifying */
	{ A DS H "; foo=bar; z=From:x|To:y", NULL, AUTH_PASS, NULL },
	/* ---- v= (3.5) ---- */
	{ "a=rsa-sha256; " DS H, NULL, AUTH_PERMERROR, "no v=" },
	{ "v=2; a=rsa-sha256; " DS H, NULL, AUTH_PERMERROR, "unknown version v=" },
	{ "v=1.0; a=rsa-sha256; " DS H, NULL, AUTH_PERMERROR, "unknown version v=" },
	/* ---- a= (3.3, RFC 8301 3.1, RFC 8463 3) ---- */
	{ "v=1; " DS H, NULL, AUTH_PERMERROR, "no a=" },
	{ "v=1; a=rsa-sha1; " DS H, NULL, AUTH_PERMERROR, "rsa-sha1 is not allowed" },
	{ "v=1; a=rsa-sha512; " DS H, NULL, AUTH_PERMERROR, "unknown algorithm a=" },
	{ "v=1; a=RSA-SHA256; " DS H, NULL, AUTH_PERMERROR, "unknown algorithm a=" },
	{ "v=1; a=; " DS H, NULL, AUTH_PERMERROR, "unknown algorithm a=" },
	{ "v=1; a=ed25519-sha256; " DS H, "v=DKIM1; k=ed25519; p=@", AUTH_PASS, NULL },
	{ "v=1; a=ed25519-sha256; " DS H, KEY, AUTH_PERMERROR, "key type does not match a=" },
	{ "v=1; a=ed25519-sha256; " DS H, "p=@", AUTH_PERMERROR, "key type does not match a=" },
	{ A DS H, "k=ed25519; p=@", AUTH_PERMERROR, "key type does not match a=" },
	{ A DS H, "k=dsa; p=@", AUTH_PERMERROR, "key type does not match a=" },
	/* ---- d=, s= ---- */
	{ A "s=sel; " H, NULL, AUTH_PERMERROR, "no d=" },
	{ A "d=example.com; " H, NULL, AUTH_PERMERROR, "no s=" },
	{ A "d=; s=sel; " H, NULL, AUTH_PERMERROR, "d= is no domain" },
	{ A "d=com; s=sel; " H, NULL, AUTH_PERMERROR, "d= is no domain" },
	{ A "d=example.com.; s=sel; " H, NULL, AUTH_PERMERROR, "d= is no domain" },
	{ A "d=exa mple.com; s=sel; " H, NULL, AUTH_PERMERROR, "d= is no domain" },
	{ A "d=example..com; s=sel; " H, NULL, AUTH_PERMERROR, "d= is no domain" },
	{ A "d=-a.example.com; s=sel; " H, NULL, AUTH_PERMERROR, "d= is no domain" },
	{ A "d=[192.0.2.1]; s=sel; " H, NULL, AUTH_PERMERROR, "d= is no domain" },
	{ A "d=example.com; s=; " H, NULL, AUTH_PERMERROR, "s= is no selector" },
	{ A "d=example.com; s=sel.; " H, NULL, AUTH_PERMERROR, "s= is no selector" },
	{ A "d=example.com; s=a..b; " H, NULL, AUTH_PERMERROR, "s= is no selector" },
	/* Composition Kills A4: a domain that a reader of Authentication-Results would cut short */
	{ A "d=example.com(.evil.com; s=sel; " H, NULL, AUTH_PERMERROR, "d= is no domain" },
	{ A "d=example.com'.evil.com; s=sel; " H, NULL, AUTH_PERMERROR, "d= is no domain" },
	{ A "d=example.com\".evil.com; s=sel; " H, NULL, AUTH_PERMERROR, "d= is no domain" },
	{ A "d=example.com; s=sel._domainkey.example.com.x(; " H, NULL, AUTH_PERMERROR,
	  "s= is no selector" },
	{ A "d=example.com\x01.evil.com; s=sel; " H, NULL, AUTH_PERMERROR,
	  "control character in a tag" },
	/* ---- h= (3.5, 5.4, 6.1.1: From is required) ---- */
	{ A "d=example.com; s=sel", NULL, AUTH_PERMERROR, "no h=" },
	{ A DS "h=", NULL, AUTH_PERMERROR, "bad name in h=" },
	{ A DS "h=To:Subject", NULL, AUTH_PERMERROR, "h= without From" },
	{ A DS "h=xFrom:Fro", NULL, AUTH_PERMERROR, "h= without From" },
	{ A DS "h=FROM", NULL, AUTH_PASS, NULL },
	{ A DS "h=From::To", NULL, AUTH_PERMERROR, "bad name in h=" },
	{ A DS "h=From:", NULL, AUTH_PERMERROR, "bad name in h=" },
	{ A DS "h=From:Sub ject", NULL, AUTH_PERMERROR, "bad name in h=" },
	{ A DS "h=From:\xc3\xa4", NULL, AUTH_PERMERROR, "bad name in h=" },
	{ A DS "h=From:From:X-None:Subject:Subject", NULL, AUTH_PASS, NULL },
	/* ---- c= ---- */
	{ A "c=; " DS H, NULL, AUTH_PERMERROR, "unknown canonicalisation c=" },
	{ A "c=nowsp; " DS H, NULL, AUTH_PERMERROR, "unknown canonicalisation c=" },
	{ A "c=relaxed/; " DS H, NULL, AUTH_PERMERROR, "unknown canonicalisation c=" },
	{ A "c=/relaxed; " DS H, NULL, AUTH_PERMERROR, "unknown canonicalisation c=" },
	{ A "c=relaxed/simple/simple; " DS H, NULL, AUTH_PERMERROR, "unknown canonicalisation c=" },
	{ A "c=relaxed / simple; " DS H, NULL, AUTH_PERMERROR, "unknown canonicalisation c=" },
	{ A "c=Relaxed; " DS H, NULL, AUTH_PERMERROR, "unknown canonicalisation c=" },
	/* ---- i= (3.5, 6.1.1) ---- */
	{ A DS H "; i=@example.com", NULL, AUTH_PASS, NULL },
	{ A DS H "; i=joe@example.com", NULL, AUTH_PASS, NULL },
	{ A DS H "; i=joe@Sub.Example.COM", NULL, AUTH_PASS, NULL },
	{ A DS H "; i=a@b@example.com", NULL, AUTH_PASS, NULL },
	{ A DS H "; i=joe=40x@example.com", NULL, AUTH_PASS, NULL },
	{ A DS H "; i=j oe@ex\r\n ample.com", NULL, AUTH_PASS, NULL }, /* 2.11: FWS is none */
	{ A DS H "; i=joe=40evil.com", NULL, AUTH_PERMERROR, "i= is not within d=" },
	{ A DS H "; i=joe@notexample.com", NULL, AUTH_PERMERROR, "i= is not within d=" },
	{ A DS H "; i=joe@com", NULL, AUTH_PERMERROR, "i= is not within d=" },
	{ A DS H "; i=@example.com@evil.com", NULL, AUTH_PERMERROR, "i= is not within d=" },
	{ A DS H "; i=joe", NULL, AUTH_PERMERROR, "i= has no domain" },
	{ A DS H "; i=", NULL, AUTH_PERMERROR, "i= has no domain" },
	{ A DS H "; i=joe@", NULL, AUTH_PERMERROR, "i= has no domain" },
	{ A DS H "; i=joe@example.com.", NULL, AUTH_PERMERROR, "i= has no domain" },
	{ A DS H "; i=joe=4@example.com", NULL, AUTH_PERMERROR, "i= is no quoted-printable" },
	{ A DS H "; i=@example.com=", NULL, AUTH_PERMERROR, "i= is no quoted-printable" },
	/* ---- l= (8.2 is in test_partial) ---- */
	{ A DS H "; l=26", NULL, AUTH_PASS, NULL },
	{ A DS H "; l=0026", NULL, AUTH_PASS, NULL },
	{ A DS H "; l=27", NULL, AUTH_FAIL, "body is shorter than l=" },
	{ A DS H "; l=18446744073709551615", NULL, AUTH_FAIL, "body is shorter than l=" },
	{ A DS H "; l=99999999999999999999999999999999", NULL, AUTH_FAIL,
	  "body is shorter than l=" },
	{ A DS H "; l=", NULL, AUTH_PERMERROR, "l= is no number" },
	{ A DS H "; l=-1", NULL, AUTH_PERMERROR, "l= is no number" },
	{ A DS H "; l=0x10", NULL, AUTH_PERMERROR, "l= is no number" },
	{ A DS H "; l=1 0", NULL, AUTH_PERMERROR, "l= is no number" },
	/* ---- q= ---- */
	{ A DS H "; q=dns/txt", NULL, AUTH_PASS, NULL },
	{ A DS H "; q=foo/bar : dns/txt", NULL, AUTH_PASS, NULL },
	{ A DS H "; q=foo/bar", NULL, AUTH_PERMERROR, "q= without dns/txt" },
	{ A DS H "; q=", NULL, AUTH_PERMERROR, "q= without dns/txt" },
	/* ---- t=, x= ---- */
	{ A DS H "; t=1700000000", NULL, AUTH_PASS, NULL },
	{ A DS H "; t=1700000300", NULL, AUTH_PASS, NULL },
	{ A DS H "; t=1700000301", NULL, AUTH_FAIL, "signature is from the future" },
	{ A DS H "; t=99999999999999999999", NULL, AUTH_FAIL, "signature is from the future" },
	{ A DS H "; t=", NULL, AUTH_PERMERROR, "t= is no number" },
	{ A DS H "; t=1e9", NULL, AUTH_PERMERROR, "t= is no number" },
	{ A DS H "; x=1700000000", NULL, AUTH_PASS, NULL },
	{ A DS H "; x=1699999999", NULL, AUTH_FAIL, "signature has expired" },
	{ A DS H "; x=99999999999999999999", NULL, AUTH_PASS, NULL },
	{ A DS H "; x=never", NULL, AUTH_PERMERROR, "x= is no number" },
	{ A DS H "; t=1699999000; x=1699999000", NULL, AUTH_PERMERROR, "x= is not after t=" },
	{ A DS H "; t=1699999000; x=1600000000", NULL, AUTH_PERMERROR, "x= is not after t=" },
	{ A DS H "; x=1700000010; t=1700000009", NULL, AUTH_PASS, NULL },
	{ A DS H "; x=0", NULL, AUTH_FAIL, "signature has expired" },
	/* ---- the list itself (3.2, 6.1.1) ---- */
	{ A DS H "; d=example.com", NULL, AUTH_PERMERROR, "duplicate tag" },
	{ A DS H ";; x=1800000000", NULL, AUTH_PERMERROR, "tag without =" },
	{ A DS H "; 1x=1", NULL, AUTH_PERMERROR, "bad tag name" },
	/* ---- key records (3.6.1) ---- */
	{ A DS H, "p=@", AUTH_PASS, NULL },
	{ A DS H, "v=DKIM1;p=@;", AUTH_PASS, NULL },
	{ A DS H, "v=DKIM1; p=@; n=a note; g=*; x=y", AUTH_PASS, NULL },
	{ A DS H, "v=DKIM1; g=; p=@", AUTH_PASS, NULL },
	{ A DS H, "p=@; v=DKIM1", AUTH_PERMERROR, "key record has a wrong version" },
	{ A DS H, "v=DKIM2; p=@", AUTH_PERMERROR, "key record has a wrong version" },
	{ A DS H, "v=; p=@", AUTH_PERMERROR, "key record has a wrong version" },
	{ A DS H, "v=DKIM1; k=rsa", AUTH_PERMERROR, "key record without p=" },
	{ A DS H, "v=DKIM1; p=", AUTH_PERMERROR, "key is revoked" },
	{ A DS H, "v=DKIM1; p= ; k=rsa", AUTH_PERMERROR, "key is revoked" },
	{ A DS H, "v=DKIM1; p=@; p=@", AUTH_PERMERROR, "key record is malformed" },
	{ A DS H, "v=spf1 -all", AUTH_PERMERROR, "key record has a wrong version" },
	{ A DS H, "hello", AUTH_PERMERROR, "key record is malformed" },
	{ A DS H, "", AUTH_PERMERROR, "key record is malformed" },
	{ A DS H, "v=DKIM1; p=!@", AUTH_PERMERROR, "key is not base64" },
	{ A DS H, "v=DKIM1; p=AAAA", AUTH_PERMERROR, "key is malformed" },
	{ A DS H, "v=DKIM1; h=sha256; p=@", AUTH_PASS, NULL },
	{ A DS H, "v=DKIM1; h=sha1 : sha256 : foo; p=@", AUTH_PASS, NULL },
	{ A DS H, "v=DKIM1; h=sha1; p=@", AUTH_PERMERROR, "key is not for sha256" },
	{ A DS H, "v=DKIM1; h=; p=@", AUTH_PERMERROR, "key is not for sha256" },
	{ A DS H, "v=DKIM1; s=*; p=@", AUTH_PASS, NULL },
	{ A DS H, "v=DKIM1; s=foo:email; p=@", AUTH_PASS, NULL },
	{ A DS H, "v=DKIM1; s=tlsrpt; p=@", AUTH_PERMERROR, "key is not for email" },
	{ A DS H, "v=DKIM1; t=y; p=@", AUTH_PASS, NULL },
	{ A DS H, "v=DKIM1; t=s; p=@", AUTH_PASS, NULL },
	{ A DS H "; i=joe@example.com", "v=DKIM1; t=y:s; p=@", AUTH_PASS, NULL },
	{ A DS H "; i=joe@sub.example.com", "v=DKIM1; t=y : s; p=@", AUTH_PERMERROR,
	  "i= is not d= itself, as the key wants" },
};

static void test_cases(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool ed = strstr(cases[i].tags, "ed25519") != NULL;
		struct signer *key = ed ? b->ed25519 : b->rsa;
		struct dkim_result res;

		bench_begin(b);
		bench_record(b, "sel._domainkey.example.com", key,
			     cases[i].record ? cases[i].record : KEY);
		bench_on_top(b, "DKIM-Signature",
			     sign_value(b->a, b->crypto, key, SIG_DKIM, cases[i].tags, &b->headers,
					b->body));
		for (enum zone_mode m = ZONE_NOW; m <= ZONE_ROUNDS; m++) {
			res = bench_dkim(b, m, DKIM_L_IGNORE, STR("example.com"));
			assert_int_equal(res.n, 1);
			if (res.sig[0].result != cases[i].result)
				fail_msg("%s / %s: %s (%.*s)", cases[i].tags, cases[i].record,
					 auth_word(res.sig[0].result), STR_ARG(res.sig[0].reason));
			assert_str(res.sig[0].reason, cases[i].reason ? cases[i].reason : "");
			assert_int_equal(res.sig[0].dmarc_ok, cases[i].result == AUTH_PASS);
			assert_int_equal(!res.sig[0].reason.p, !cases[i].reason);
		}
	}
}

/* No question is asked about a name that is none (Composition Kills A3). */
static void test_nul_asks_nothing(void **state)
{
	struct bench *b = *state;
	static const struct str values[] = {
		STR(" v=1; a=rsa-sha256; d=example.com\0.evil.com; s=sel; h=From; bh=x; b=x"),
		STR(" v=1; a=rsa-sha256; d=example.com; s=sel._domainkey.example.com\0; h=From; "
		    "bh=x; b=x"),
		STR(" v=1; a=rsa-sha256; d=example.com; s=sel\r\n x; h=From; bh=x; b=x"),
	};

	for (size_t i = 0; i < 3; i++) {
		struct dkim_result res;

		bench_begin(b);
		hdr_add(&b->headers, STR("DKIM-Signature"), values[i]);
		res = bench_dkim(b, ZONE_NOW, DKIM_L_ACCEPT, STR_NULL);
		assert_int_equal(res.sig[0].result, AUTH_PERMERROR);
		assert_int_equal(zone_questions(b->zone), 0);
	}
}

/* 6.1.2: what DNS has to say. */
static void test_dns(void **state)
{
	static const struct {
		enum zone_fault fault;
		enum auth_result result;
		const char *reason;
	} faults[] = {
		{ ZONE_FINE, AUTH_PASS, "" },
		{ ZONE_TIMEOUT, AUTH_TEMPERROR, "key cannot be fetched now" },
		{ ZONE_SERVFAIL, AUTH_TEMPERROR, "key cannot be fetched now" },
		{ ZONE_GARBAGE, AUTH_TEMPERROR, "key cannot be fetched now" },
		{ ZONE_NXDOMAIN, AUTH_PERMERROR, "no key" },
		{ ZONE_BOGUS, AUTH_PERMERROR, "key fails DNSSEC validation" },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct dkim_result res;

		bench_begin(b);
		bench_record(b, "sel._domainkey.example.com", b->rsa, KEY);
		zone_fault(b->zone, STR("sel._domainkey.example.com"), DNS_TXT, faults[i].fault);
		bench_on_top(b, "DKIM-Signature",
			     sign_value(b->a, b->crypto, b->rsa, SIG_DKIM, A DS H, &b->headers,
					b->body));
		res = bench_dkim(b, ZONE_ROUNDS, DKIM_L_IGNORE, STR_NULL);
		assert_int_equal(res.sig[0].result, faults[i].result);
		assert_str(res.sig[0].reason, faults[i].reason);
		assert_int_equal(zone_rounds(b->zone), 1);
	}
}

/* 3.6.2.2: several records. */
static void test_records(void **state)
{
	static const struct {
		const char *text[4];
		enum auth_result result;
	} sets[] = {
		{ { "v=spf1 -all", KEY }, AUTH_PASS },
		{ { "v=DKIM1; k=ed25519; p=AAAA", "junk", KEY }, AUTH_PASS },
		{ { "v=DKIM1; p=AAAA", "v=DKIM1; p=AAAA", "v=DKIM1; p=AAAA", KEY },
		  AUTH_PERMERROR },
		{ { KEY, "v=DKIM1; p=" }, AUTH_PERMERROR },
		{ { "v=DKIM1; p=", KEY }, AUTH_PERMERROR },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		struct dkim_result res;

		bench_begin(b);
		for (size_t j = 0; j < 4 && sets[i].text[j]; j++)
			bench_record(b, "sel._domainkey.example.com", b->rsa, sets[i].text[j]);
		bench_on_top(b, "DKIM-Signature",
			     sign_value(b->a, b->crypto, b->rsa, SIG_DKIM, A DS H, &b->headers,
					b->body));
		res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);
		if (res.sig[0].result != sets[i].result)
			fail_msg("set %zu: %s", i, auth_word(res.sig[0].result));
	}
	/* the key is the last record that is looked at, and the first that is not */
	for (size_t junk = DKIM_MAX_TXT - 1; junk <= DKIM_MAX_TXT; junk++) {
		struct dkim_result res;

		bench_begin(b);
		for (size_t i = 0; i < junk; i++)
			bench_record(b, "sel._domainkey.example.com", b->rsa, "junk");
		bench_record(b, "sel._domainkey.example.com", b->rsa, KEY);
		bench_on_top(b, "DKIM-Signature",
			     sign_value(b->a, b->crypto, b->rsa, SIG_DKIM, A DS H, &b->headers,
					b->body));
		res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);
		assert_int_equal(res.sig[0].result,
				 junk < DKIM_MAX_TXT ? AUTH_PASS : AUTH_PERMERROR);
	}
	/* another key first, then the right one */
	bench_begin(b);
	bench_record(b, "sel._domainkey.example.com", b->rsa2048, KEY);
	bench_record(b, "sel._domainkey.example.com", b->rsa, "v=DKIM1; t=y; p=@");
	bench_on_top(b, "DKIM-Signature",
		     sign_value(b->a, b->crypto, b->rsa, SIG_DKIM, A DS H, &b->headers, b->body));
	{
		struct dkim_result res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);

		assert_int_equal(res.sig[0].result, AUTH_PASS);
		assert_int_equal(res.sig[0].key_bits, 1024);
		assert_true(res.sig[0].testing);
	}
}

/* RFC 8301 3.2, and what is shown of keys. */
static void test_key_size(void **state)
{
	struct bench *b = *state;
	const struct {
		const struct signer *key;
		const char *alg;
		enum auth_result result;
		const char *reason;
		unsigned bits;
		bool weak;
	} sizes[] = {
		{ b->rsa512, "rsa-sha256", AUTH_PERMERROR, "key is too short", 512, true },
		{ b->rsa, "rsa-sha256", AUTH_PASS, "", 1024, true },
		{ b->rsa2048, "rsa-sha256", AUTH_PASS, "", 2048, false },
		{ b->ed25519, "ed25519-sha256", AUTH_PASS, "", 256, false },
	};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct dkim_result res;
		struct str tags, record;

		bench_begin(b);
		record = signer_record(b->a, sizes[i].key);
		zone_add(b->zone, STR("sel._domainkey.example.com"), DNS_TXT, record);
		tags = arena_printf(b->a, "v=1; a=%s; " DS H, sizes[i].alg);
		bench_on_top(b, "DKIM-Signature",
			     sign_value(b->a, b->crypto, sizes[i].key, SIG_DKIM, tags.p,
					&b->headers, b->body));
		res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);
		assert_int_equal(res.sig[0].result, sizes[i].result);
		assert_str(res.sig[0].reason, sizes[i].reason);
		assert_int_equal(res.sig[0].key_bits, sizes[i].bits);
		assert_int_equal(res.sig[0].weak, sizes[i].weak);
		assert_str(str_c(res.sig[0].algorithm), sizes[i].alg);
		assert_int_equal(res.sig[0].b8.n, 8);
	}
}

/* A key record over DKIM_MAX_KEY_TEXT is not read; h= over DKIM_MAX_H neither. */
static void test_limits(void **state)
{
	struct bench *b = *state;

	for (unsigned over = 0; over < 2; over++) {
		struct buf record = { .arena = b->a }, tags = { .arena = b->a };
		struct str p;
		struct dkim_result res;

		bench_begin(b);
		p = signer_record(b->a, b->rsa);
		record = (struct buf){ .arena = b->a };
		buf_addf(&record, "%.*s; n=", STR_ARG(p));
		while (record.n < DKIM_MAX_KEY_TEXT + over)
			buf_addc(&record, 'x');
		zone_add(b->zone, STR("long._domainkey.example.com"), DNS_TXT, buf_str(&record));
		bench_on_top(b, "DKIM-Signature",
			     sign_value(b->a, b->crypto, b->rsa, SIG_DKIM,
					A "d=example.com; s=long; " H, &b->headers, b->body));
		res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);
		assert_int_equal(res.sig[0].result, over ? AUTH_PERMERROR : AUTH_PASS);

		bench_begin(b);
		zone_add(b->zone, STR("sel._domainkey.example.com"), DNS_TXT,
			 signer_record(b->a, b->rsa));
		tags = (struct buf){ .arena = b->a };
		buf_addf(&tags, A DS "h=From");
		for (unsigned i = 1; i < DKIM_MAX_H + over; i++)
			buf_addf(&tags, ":X-%u", i);
		buf_addc(&tags, 0);
		bench_on_top(b, "DKIM-Signature",
			     sign_value(b->a, b->crypto, b->rsa, SIG_DKIM, tags.p, &b->headers,
					b->body));
		res = bench_dkim(b, ZONE_NOW, DKIM_L_IGNORE, STR_NULL);
		assert_int_equal(res.sig[0].result, over ? AUTH_PERMERROR : AUTH_PASS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	 cmocka_unit_test(test_nul_asks_nothing),
		cmocka_unit_test(test_dns),	 cmocka_unit_test(test_records),
		cmocka_unit_test(test_key_size), cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
