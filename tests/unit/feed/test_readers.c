/* Readers of feeds: what of each form is listed afterwards, what is not, and what is refused. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "feed/feed.h"

/* What is asked of a set: a letter and a value; u URL, h host, i address, d digest, a mail. */
static bool listed(const struct feed_set *s, const char *q)
{
	struct arena *a = arena_new(0);
	struct str v = str_c(q + 1);
	struct feed_url u;
	uint8_t digest[32];
	struct ip ip;
	bool yes = false;

	if (*q == 'u') {
		assert_true(feed_url_read(a, v, &u));
		yes = feed_has_url(s, &u);
	} else if (*q == 'h') {
		yes = feed_has_host(s, v);
	} else if (*q == 'i') {
		assert_true(ip_parse(v, &ip));
		yes = feed_has_ip(s, &ip);
	} else if (*q == 'd') {
		for (size_t i = 0; i < v.n / 2; i++)
			digest[i] = (uint8_t)(ch_hex(v.p[2 * i]) << 4 | ch_hex(v.p[2 * i + 1]));
		yes = feed_has_digest(s, digest, v.n / 2);
	} else {
		yes = feed_has_address(s, v);
	}
	arena_free(a);
	return yes;
}

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct {
	struct feed_format f;
	struct str text;
	size_t counts[5]; /* lines, entries, duplicates, comments, bad */
	const char *yes[12], *no[12];
} rows[] = {
	/* lists, each entry by its looks */
	{ { FEED_LIST, FEED_AUTO, 0, 0 },
	  STR("\xef\xbb\xbf# comment\r\n; another\n\nhttp://a.example/x?y\nb.example\n192.0.2.1\n"
	      "198.51.100.0/24 ; why\n2001:db8::/32 # why\n" MD5 "\n" SHA256 "  file.exe\n"
	      "Who@Example.ORG\nc.example/dir/*\n*.below.example\nd.example/#part"),
	  { 14, 11, 0, 3, 0 },
	  { "uhttps://a.example/x?y", "hb.example", "hwww.B.example.", "i192.0.2.1",
	    "i198.51.100.77", "i2001:db8::1", "d" MD5, "d" SHA256, "awho@example.org",
	    "uc.example/dir/below?x", "hx.below.example", "hbelow.example" },
	  { "ua.example/x", "ua.example/x?z", "hexample", "hab.example", "i192.0.2.2",
	    "i198.51.101.1", "i2001:db9::1", "d" SHA1, "aother@example.org", "uc.example/di",
	    "uc.example", NULL } },
	{ { FEED_LIST, FEED_URL, 0, 0 },
	  STR("http://a.example/x/\nhttp://A.example:80/x\na.example\nhttp://b.example/"
	      "*\nlocalhost/"
	      "x\n"),
	  { 5, 3, 1, 0, 1 },
	  { "ua.example/x", "ua.example/x?victim=1", "ua.example/", "ua.example/?q", "ub.example",
	    "ub.example/any/thing" },
	  { "ua.example/x/y", "hb.example", "uc.example" } },
	{ { FEED_LIST, FEED_HOST, 0, 0 },
	  STR("http://a.example/x\n.b.example\ncom\n*.zip\nB\xc3\xbc"
	      "cher.example\n192.0.2.7\nbad..example\n"),
	  { 7, 5, 0, 0, 2 },
	  { "ha.example", "hwww.b.example", "hx.zip", "hxn--bcher-kva.example", "h192.0.2.7" },
	  { "hcom", "hx.com", "h192.0.2.8", "ua.example/x" } },
	{ { FEED_LIST, FEED_IP, 0, 0 },
	  STR("0.0.0.0/0\n10.0.0.0/7\n::/0\n2001::/15\n192.0.2.1/8\n2001:db8::/"
	      "16\n::ffff:192.0.2.9\n"
	      "192.0.2.1-192.0.2.9\n203.0.113.1\n203.0.113.2\n"),
	  { 10, 5, 0, 0, 5 },
	  { "i192.255.0.1", "i2001::1", "i192.0.2.9" },
	  { "i10.0.0.1", "i2002::1" } },
	{ { FEED_LIST, FEED_DIGEST, 0, 0 },
	  STR("D41D8CD98F00B204E9800998ECF8427E\n" SHA1 "\nzz\n"),
	  { 3, 2, 0, 0, 1 },
	  { "d" MD5, "d" SHA1 },
	  { "d" SHA256 } },
	{ { FEED_LIST, FEED_ADDRESS, 0, 0 },
	  STR("<A@b.example>\n@b.example\nx@\n\"a b\"@b.example\nx@c.example\nx@d.example\n"),
	  { 6, 3, 0, 0, 3 },
	  { "aa@B.example" },
	  { "ab@b.example", "hb.example" } },
	{ { FEED_LIST, FEED_AUTO, 0, 0 },
	  STR("a\0b.example\nb.example\n"),
	  { 2, 1, 0, 0, 1 },
	  { "hb.example" },
	  { "ha" } },
	/* comma-separated values */
	{ { FEED_CSV, FEED_URL, 2, ',' },
	  STR("# it's \"so\nid,url\n1,http://a.example/1,x\n\"2\", \"http://b.example/a,b\" ,x\r\n"
	      "3,\"http://c.example/\"\"q\"\"\"\n4,\"http://d.example/\nx\",y\n5\n,\n7,e.example"),
	  { 9, 5, 0, 1, 3 },
	  { "ua.example/1", "ub.example/a,b", "uc.example/\"q\"", "ud.example/x", "ue.example" },
	  { "ub.example/a" } },
	{ { FEED_CSV, FEED_HOST, 1, ';' },
	  STR("a.example;1\n\"b.example\";2\n"),
	  { 2, 2, 0, 0, 0 },
	  { "ha.example", "hb.example" },
	  { "hc.example" } },
	/* a quote that is never closed costs its own line */
	{ { FEED_CSV, FEED_HOST, 2, ',' },
	  STR("1,\"a.example\n2,b.example\n3,c.example\n"),
	  { 3, 3, 0, 0, 0 },
	  { "hb.example", "hc.example" },
	  { "h2" } },
	/* hosts files */
	{ { FEED_HOSTS, FEED_AUTO, 0, 0 },
	  STR("# hosts\n127.0.0.1 localhost localhost.localdomain\n::1 ip6-localhost\n"
	      "0.0.0.0 0.0.0.0\n0.0.0.0 a.example b.example # two\n127.0.0.1\tc.example\n"
	      "192.0.2.1 nas.example\n:: d.example\nwrong.example\n0.0.0.0\n"),
	  { 10, 4, 0, 2, 2 },
	  { "ha.example", "hb.example", "hc.example", "hd.example" },
	  { "hwww.a.example", "hnas.example", "hwrong.example", "hlocalhost.localdomain" } },
	/* policy zones: as written, as transferred */
	{ { FEED_RPZ, FEED_AUTO, 0, 0 },
	  STR("$TTL 60\n$ORIGIN rpz.test.\n@ IN SOA ns. host. ( 1 ; serial\n 2 3\n 4 5 )\n NS ns.\n"
	      "a.example CNAME .\n*.a.example 300 IN CNAME .\nb.example.rpz.test. CNAME *.\n"
	      "good.example CNAME rpz-passthru.\nt.example TXT \"a ; b (\"\n   A 192.0.2.3\n"
	      "24.0.2.0.192.rpz-client-ip CNAME .\n48.zz.1.db8.2001.rpz-ip CNAME rpz-drop.\n"
	      "128.1.zz.rpz-client-ip CNAME .\n32.1.2.0.192.rpz-nsip CNAME .\n"
	      "ns.example.rpz-nsdname CNAME .\nother.test. CNAME .\n"),
	  { 18, 7, 1, 9, 1 },
	  { "ha.example", "hw.a.example", "hb.example", "ht.example", "i192.0.2.200",
	    "i2001:db8:1::5", "i::1" },
	  { "hw.b.example", "hgood.example", "hother.test", "hns.example", "i192.0.3.1", "i::2" } },
	{ { FEED_RPZ, FEED_AUTO, 0, 0 },
	  STR("rpz.test.\t60\tIN\tSOA\tns. host. 1 2 3 4 5\nrpz.test. 60 IN NS ns.\n"
	      "A.example.RPZ.test.\t60\tIN\tCNAME\t.\nrpz.test. 60 IN SOA ns. host. 1 2 3 4 5\n"),
	  { 4, 1, 0, 3, 0 },
	  { "ha.example" },
	  { "hrpz.test", "ha.example.rpz.test" } },
	{ { FEED_RPZ, FEED_AUTO, 0, 0 },
	  STR(" CNAME .\na.example CNAME .\n"),
	  { 2, 1, 0, 0, 1 },
	  { "ha.example" },
	  { "hb.example" } },
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct feed_counts c;
		struct feed_set *s;
		struct err e;
		size_t n;
		void *p = feed_compile(rows[i].text, &rows[i].f, &n, &c, &e);

		if (!p)
			fail_msg("row %zu: %s", i, e.text);
		const size_t got[] = { c.lines, c.entries, c.duplicates, c.comments, c.bad };
		if (memcmp(got, rows[i].counts, sizeof got) != 0 || c.too_long || c.truncated)
			fail_msg("row %zu: lines %zu entries %zu duplicates %zu comments %zu bad "
				 "%zu",
				 i, c.lines, c.entries, c.duplicates, c.comments, c.bad);
		s = feed_of(p, n, &e);
		assert_non_null(s);
		assert_int_equal(feed_entries(s), c.entries);
		for (size_t k = 0; k < 12 && rows[i].yes[k]; k++)
			if (!listed(s, rows[i].yes[k]))
				fail_msg("row %zu: %s is not listed", i, rows[i].yes[k]);
		for (size_t k = 0; k < 12 && rows[i].no[k]; k++)
			if (listed(s, rows[i].no[k]))
				fail_msg("row %zu: %s is listed", i, rows[i].no[k]);
		feed_close(s);
		free(p);
	}
}

static const struct {
	struct feed_format f;
	struct str text;
	const char *why; /* in the reason */
} refused[] = {
	{ { FEED_LIST, FEED_AUTO, 0, 0 }, STR(""), "no entry" },
	{ { FEED_LIST, FEED_AUTO, 0, 0 }, STR("# nothing today\n"), "no entry" },
	{ { FEED_LIST, FEED_URL, 0, 0 },
	  STR("<!DOCTYPE html>\n<html><head>\n<title>503</title>\n</head></html>\nexample.com\n"),
	  "bad lines" },
	{ { FEED_LIST, FEED_AUTO, 0, 0 }, STR("\x1f\x8b\x08garbage"), "compressed" },
	{ { FEED_LIST, FEED_AUTO, 0, 0 }, STR("PK\x03\x04garbage"), "compressed" },
	{ { FEED_LIST, FEED_DIGEST, 0, 0 }, STR("\0\0\0\0\n\0"), "no entry" },
	{ { FEED_CSV, FEED_URL, 9, ',' }, STR("a.example/x,b\n"), "no entry" },
	{ { FEED_HOSTS, FEED_AUTO, 0, 0 }, STR("127.0.0.1 localhost\n"), "no entry" },
	{ { FEED_RPZ, FEED_AUTO, 0, 0 }, STR("$ORIGIN a.\n@ SOA (\nb CNAME .\n"), "no entry" },
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct feed_counts c;
		struct err e = { "" };
		size_t n;

		assert_null(feed_compile(refused[i].text, &refused[i].f, &n, &c, &e));
		if (str_find(str_c(e.text), str_c(refused[i].why)) == SIZE_MAX)
			fail_msg("row %zu: %s", i, e.text);
	}
}

/* Every feed cut at every octet is read or refused, and never lists what it did not. */
static void cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t at = 0; at < rows[i].text.n; at++) {
			char *copy = malloc(at + 1);
			struct feed_counts c;
			struct err e;
			size_t n;
			memcpy(copy, rows[i].text.p, at);
			free(feed_compile(str_of(copy, at), &rows[i].f, &n, &c, &e));
			assert_true(c.entries <= rows[i].counts[1] + 1);
			free(copy);
		}
}

static void limits(void **state)
{
	const struct feed_format list = { FEED_LIST, FEED_HOST, 0, 0 },
				 csv = { FEED_CSV, FEED_HOST, 1, ',' };
	struct arena *a = arena_new(1 << 20);
	struct buf b = { .arena = a };
	struct feed_counts c;
	struct err e;
	size_t n;

	(void)state;
	for (unsigned i = 0; i < FEED_MAX_LINE; i++)
		buf_addc(&b, i == FEED_MAX_LINE - 12 ? ' ' : 'x');
	buf_add(&b, STR("y\na.example\n"));
	free(feed_compile(buf_str(&b), &list, &n, &c, &e));
	assert_int_equal(c.too_long, 1);
	assert_int_equal(c.entries, 1);
	free(feed_compile(buf_str(&b), &csv, &n, &c, &e));
	assert_int_equal(c.too_long, 1);
	assert_int_equal(c.entries, 1);
	b.n = 0;
	for (unsigned i = 0; i <= FEED_MAX_ENTRIES; i++)
		buf_addf(&b, "%x.example\n", i);
	free(feed_compile(buf_str(&b), &list, &n, &c, &e));
	assert_int_equal(c.entries, FEED_MAX_ENTRIES);
	assert_true(c.truncated);
	assert_null(feed_compile(str_of(b.p, FEED_MAX_OCTETS + 1), &list, &n, &c, &e));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(cut),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
