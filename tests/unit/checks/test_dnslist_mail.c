/* Whole messages before DNS lists: what is asked for, when, how much, and what it says. */
#include "unit/checks/dnslist_world.h"

static void test_scopes(void **state)
{
	static const struct {
		const char *name, *zone; /* in which list */
		struct letter m;
		const char *ask, *shown;
	} row[] = {
		{ "client",
		  "7.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7" },
		  "dnslist ip client",
		  "20.0.2.7 (127.0.0.2)" },
		{ "client, code",
		  "7.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7" },
		  "dnslist ip client 127.0.0.3",
		  "-" },
		{ "client, IPv6",
		  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip.test A "
		  "127.0.0.2",
		  { .ip = "2001:db8::1" },
		  "dnslist ip client",
		  "2001:db8::1 (127.0.0.2)" },
		{ "client, private",
		  "7.2.0.10.ip.test A 127.0.0.2",
		  { .ip = "10.0.2.7" },
		  "dnslist ip client",
		  "-" },
		{ "client, ours",
		  "7.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7", .user = "bob" },
		  "dnslist ip client",
		  "-" },
		{ "hop",
		  "8.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7",
		    .headers = "Received: from a.test (a.test [20.0.2.8]) by b.test; x\n" },
		  "dnslist ip received",
		  "20.0.2.8 (127.0.0.2)" },
		{ "hop, not the client",
		  "8.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7",
		    .headers = "Received: from a.test (a.test [20.0.2.8]) by b.test; x\n" },
		  "dnslist ip client",
		  "-" },
		{ "first hop behind a private client",
		  "8.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "10.0.0.1",
		    .headers = "Received: from a.test (a.test [20.0.2.8]) by b.test; x\n" },
		  "dnslist ip client",
		  "20.0.2.8 (127.0.0.2)" },
		{ "link to an address",
		  "9.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7", .body = "http://20.0.2.9/x\r\n" },
		  "dnslist ip urlip",
		  "20.0.2.9 (127.0.0.2)" },
		{ "helo",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .helo = "Bad.Example" },
		  "dnslist dom helo",
		  "bad.example (127.0.1.2)" },
		{ "helo of our own relay",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "10.0.2.7", .helo = "Bad.Example" },
		  "dnslist dom helo",
		  "-" },
		{ "names of a private network",
		  "corp.local.dom.test A 127.0.1.2\npc.home.arpa.dom.test A 127.0.1.2\n"
		  "home.arpa.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7",
		    .helo = "pc.home.arpa",
		    .from = "<a@pc.corp.local>",
		    .headers = "From: <a@pc.corp.local>\n",
		    .body = "http://pc.corp.local/ http://pc.home.arpa/\r\n" },
		  "dnslist dom helo,mailfrom,from,url",
		  "-" },
		{ "helo literal",
		  "x.dom.test A 127.0.0.2",
		  { .ip = "20.0.2.7", .helo = "[20.0.2.7]" },
		  "dnslist dom helo",
		  "-" },
		{ "rdns",
		  "7.2.0.20.in-addr.arpa PTR bad.example\nbad.example A 20.0.2.7\n"
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7" },
		  "dnslist dom rdns",
		  "bad.example (127.0.1.2)" },
		{ "rdns, not confirmed",
		  "7.2.0.20.in-addr.arpa PTR bad.example\nbad.example A 20.0.2.8\n"
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7" },
		  "dnslist dom rdns",
		  "-" },
		{ "mail from",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .from = "<a@bad.example>" },
		  "dnslist dom mailfrom",
		  "bad.example (127.0.1.2)" },
		{ "from",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .headers = "From: A <a@bad.example>\n" },
		  "dnslist dom from",
		  "bad.example (127.0.1.2)" },
		{ "reply-to",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .headers = "Reply-To: <a@bad.example>\n" },
		  "dnslist dom replyto",
		  "bad.example (127.0.1.2)" },
		{ "dkim",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .headers = "DKIM-Signature: v=1; d=Bad.Example; s=x\n" },
		  "dnslist dom dkim",
		  "bad.example (127.0.1.2)" },
		{ "dkim, does not pass",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .headers = "DKIM-Signature: v=1; d=bad.example; s=x\n" },
		  "dnslist dom dkim_pass",
		  "-" },
		{ "link",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .body = "http://bad.example/x\r\n" },
		  "dnslist dom url",
		  "bad.example (127.0.1.2)" },
		{ "link of our own user",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .user = "bob", .body = "http://bad.example/x\r\n" },
		  "dnslist dom url",
		  "bad.example (127.0.1.2)" },
		{ "several codes",
		  "bad.example.dom.test A 127.0.0.80",
		  { .ip = "20.0.2.7", .body = "http://bad.example/x\r\n" },
		  "dnslist dom url &16",
		  "bad.example (127.0.0.80)" },
		{ "address",
		  "ea97b75619f5cb2b9df9d184c4541aafe3b87484.hash.test A 127.0.0.2",
		  { .ip = "20.0.2.7", .headers = "From: <T.est+x@GoogleMail.com>\n" },
		  "dnslist hash fromaddr",
		  "test@gmail.com (127.0.0.2)" },
		{ "address of the body",
		  "ea97b75619f5cb2b9df9d184c4541aafe3b87484.hash.test A 127.0.0.2",
		  { .ip = "20.0.2.7", .body = "write to te.st@gmail.com.\r\n" },
		  "dnslist hash bodyaddr",
		  "test@gmail.com (127.0.0.2)" },
		{ "link by digest", /* md5 of short.example/abc */
		  "14f58be7623f50b3fb4d5894234e97a0.link.test A 127.0.0.8",
		  { .ip = "20.0.2.7", .body = "http://short.example/abc?d=e\r\n" },
		  "dnslist link urlhash 127.0.0.8",
		  "short.example/abc (127.0.0.8)" },
	};
	static const char uses[] = "ip client,received,urlip\n"
				   "dom helo,rdns,mailfrom,from,replyto,dkim,dkim_pass,url\n"
				   "hash fromaddr,bodyaddr\nlink urlhash";
	char stanzas[1024];

	(void)state;
	snprintf(stanzas, sizeof stanzas, "%s\n%s\n%s\n%s", IP_STANZA, DOM_STANZA,
		 "hash zone=hash.test scopes=fromaddr,bodyaddr hash=sha1",
		 "link zone=link.test scopes=urlhash hash=md5");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lists_world l;
		struct scan *s;
		const char *shown;
		lists_open(&l, "", row[i].zone, stanzas, uses);
		s = lists_mail(&l, &row[i].m);
		shown = lists_say(&l, s, row[i].ask);
		if (strcmp(shown, row[i].shown) != 0)
			fail_msg("%s: %s", row[i].name, shown);
		scan_free(s);
		lists_close(&l);
	}
}

/* The client is asked about at connect, HELO at HELO, MAIL FROM at MAIL; and each thing once. */
/* Nobody is told, not even by digest, to whom our mail goes. */
static void test_recipients(void **state)
{
	struct scan_client c = { .profile = STR("inbound") };
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", "hash zone=hash.test scopes=bodyaddr hash=sha1",
		   "hash bodyaddr");
	assert_true(ip_parse(STR("20.0.2.7"), &c.ip));
	s = scan_new(&l.w.env, &c, 0);
	scan_helo(s, STR("x"));
	scan_mail(s, STR("<>"));
	for (unsigned i = 0; i < 40; i++)
		scan_rcpt(s, arena_printf(l.w.a, "<Joe%u+x@far.example>", i));
	world_headers(s, "Subject: x\n");
	scan_eoh(s);
	scan_body(s, STR("joe1@far.example joe30@far.example who@far.example\r\n"));
	l.w.done = 0;
	scan_eom(s, world_done, &l.w);
	if (!l.w.done)
		world_wait(&l.w);
	assert_int_equal(lists_asked(&l, ".hash.test"), 1);
	scan_free(s);
	lists_close(&l);
}

static void test_early(void **state)
{
	static const struct letter m = { .ip = "20.0.2.7" };
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", DOM_STANZA, "dom helo,mailfrom,from,url");
	s = lists_begin(&l, &m);
	assert_int_equal(lists_asked(&l, "dom.test"), 0);
	scan_helo(s, STR("one.example"));
	assert_int_equal(lists_asked(&l, "dom.test"), 1);
	scan_mail(s, STR("<a@two.example>"));
	assert_int_equal(lists_asked(&l, "dom.test"), 2);
	world_headers(s, "From: <a@one.example>\n");
	scan_eoh(s);
	assert_int_equal(lists_asked(&l, "dom.test"), 2);
	scan_body(s, STR("http://two.example/ http://one.example/\r\n"));
	scan_eom(s, world_done, &l.w);
	if (!l.w.done)
		world_wait(&l.w);
	assert_int_equal(lists_asked(&l, "dom.test"), 2);
	assert_int_equal(lists_counted(&l, "dnslist:dom", BOARD_ASKED), 2);
	assert_int_equal(lists_counted(&l, "dnslist:dom", BOARD_GOOD), 2);
	scan_free(s);
	lists_close(&l);
}

/* Only what a rule wants is asked for. */
static void test_wanted(void **state)
{
	static const struct letter m = { .ip = "20.0.2.7",
					 .helo = "one.example",
					 .from = "<a@two.example>",
					 .body = "http://three.example/\r\n" };
	struct lists_world l;

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", DOM_STANZA, "dom mailfrom");
	scan_free(lists_mail(&l, &m));
	assert_int_equal(lists_asked(&l, ".dom.test"), 1);
	assert_int_equal(lists_asked(&l, "two.example.dom.test"), 1);
	lists_close(&l);
	lists_open(&l, "dnslist { use = off }", "x A 192.0.2.1", DOM_STANZA, "dom mailfrom");
	scan_free(lists_mail(&l, &m));
	assert_int_equal(lists_asked(&l, "test"), 0);
	lists_close(&l);
}

static const char *links(struct arena *a, size_t n, const char *last)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "http://pad%zu.example/x\r\n", i);
	buf_addf(&b, "%s", last);
	buf_addc(&b, '\0');
	return b.p;
}

static void test_limits(void **state)
{
	struct lists_world l;
	struct letter m = { .ip = "20.0.2.7" };
	struct scan *s;

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", DOM_STANZA, "dom url");
	m.body = links(l.w.a, 100, "");
	s = lists_mail(&l, &m);
	assert_int_equal(lists_asked(&l, ".dom.test"), DNSLIST_MAX_DOMAINS);
	assert_string_equal(lists_say(&l, s, "dnslist_limited"), "links");
	scan_free(s);
	lists_close(&l);
	lists_open(&l, "dnslist { max_queries = 7 }", "x A 192.0.2.1", DOM_STANZA, "dom url");
	m.body = links(l.w.a, 12, "");
	s = lists_mail(&l, &m);
	assert_int_equal(lists_asked(&l, ".dom.test"), 7);
	assert_string_equal(lists_say(&l, s, "dnslist_limited"), "dom");
	assert_int_equal(lists_counted(&l, "dnslist:dom", BOARD_SKIPPED), 5);
	scan_free(s);
	lists_close(&l);
	/* Five lists and twenty domains: what all may ask together. */
	lists_open(&l, "", "x A 192.0.2.1",
		   "a zone=a.all.test scopes=url\nb zone=b.all.test scopes=url\n"
		   "c zone=c.all.test scopes=url\nd zone=d.all.test scopes=url\n"
		   "e zone=e.all.test scopes=url priority=1",
		   "a url\nb url\nc url\nd url\ne url");
	m.body = links(l.w.a, 30, "");
	scan_free(lists_mail(&l, &m));
	assert_int_equal(lists_asked(&l, ".all.test"), DNSLIST_MAX_QUERIES);
	assert_int_equal(lists_asked(&l, "e.all.test"), DNSLIST_MAX_DOMAINS);
	lists_close(&l);
}

/* Which of too many links are asked about is not for the sender to say; hidden ones do not push out
 * those that can be clicked. */
static void test_fair(void **state)
{
	struct letter m = { .ip = "20.0.2.7" };
	unsigned found = 0;
	struct lists_world l;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		lists_open(&l, "", "bad.example.dom.test A 127.0.1.2", DOM_STANZA, "dom url");
		l.w.env.digest_key = (struct hash_key){ i, i };
		m.body = links(l.w.a, 39, "http://bad.example/\r\n");
		struct scan *s = lists_mail(&l, &m);
		found += lists_say(&l, s, "dnslist dom url")[0] != '-';
		scan_free(s);
		lists_close(&l);
	}
	/* 20 of 40: half of the time, whatever place it has. */
	assert_in_range(found, 8, 32);

	struct buf b = { .arena = NULL };
	lists_open(&l, "", "bad.example.dom.test A 127.0.1.2", DOM_STANZA, "dom url");
	b.arena = l.w.a;
	buf_addf(&b, "<div style=\"display:none\">");
	for (unsigned i = 0; i < 200; i++)
		buf_addf(&b, "<a href=\"http://pad%u.example/\">x</a>\r\n", i);
	buf_addf(&b, "</div><a href=\"http://bad.example/\">y</a>\r\n%c", '\0');
	m.body = b.p;
	m.headers = "Content-Type: text/html\n";
	struct scan *s = lists_mail(&l, &m);
	assert_string_equal(lists_say(&l, s, "dnslist dom url"), "bad.example (127.0.1.2)");
	assert_int_equal(lists_asked(&l, ".dom.test"), DNSLIST_MAX_DOMAINS);
	scan_free(s);
	lists_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scopes), cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_early),  cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
