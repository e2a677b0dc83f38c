/* Names of hosts: what they look like, and what is asked about them, and when. */
#include "unit/checks/memory_world.h"

#include "base/file.h"
#include "checks/outside/hosts.h"
#include "checks/outside/hosts_name.h"
#include "scan/ask.h"

/* ---- looks ---- */

/* The lists that come with the program. */
static struct lists *shipped(struct arena *a)
{
	static const char *const name[] = { "host_dynamic", "host_static", "host_mail",
					    "host_known" };
	struct lists *l = lists_new(a);

	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		struct str path = arena_printf(a, MERLON_SRCDIR "/rules/lists/%s", name[i]), text;
		struct err e;
		if (file_read(a, path.p, 1u << 20, &text, &e) < 0)
			fail_msg("%s: %s", path.p, e.text);
		while (text.n) {
			struct str line = str_cut(&text, '\n');
			if (line.n && line.p[0] != '#')
				lists_add(l, str_c(name[i]), line, STR_NULL);
		}
	}
	return l;
}

static void test_looks(void **state)
{
	static const struct {
		const char *ip, *name, *want;
	} row[] = {
		/* decimal, forwards, backwards, with whatever between */
		{ "192.0.2.77", "192.0.2.77.isp.test", "address,generic" },
		{ "192.0.2.77", "77.2.0.192.isp.test", "address,generic" },
		{ "192.0.2.77", "host192-0-2-77.isp.test", "address,generic" },
		{ "192.0.2.77", "h192x0x2x77.isp.test", "address,generic" },
		{ "192.0.2.77", "a192.b0.c2.d77.isp.test", "address,generic" },
		{ "192.0.2.77", "ip-192-000-002-077.isp.test", "address,generic" },
		{ "192.0.2.77", "192000002077.isp.test", "address,generic" },
		{ "192.0.2.77", "x077002000192.isp.test", "address,generic" },
		{ "192.0.2.77", "1-192-0-2-77-1.isp.test", "address,generic" },
		/* not quite */
		{ "192.0.2.77", "192-0-2-78.isp.test", "" },
		{ "192.0.2.77", "192-0-2.isp.test", "" },
		{ "192.0.2.77", "192-0-277.isp.test", "" },
		{ "192.0.2.77", "1920277.isp.test", "" },
		{ "192.0.2.77", "192-0-2-770.isp.test", "" },
		{ "192.0.2.77", "99999999999999999999.isp.test", "" },
		/* half */
		{ "192.0.2.77", "h2-77.isp.test", "partly" },
		{ "192.0.2.77", "dsl77.2.isp.test", "partly,dynamic,generic" },
		/* hexadecimal */
		{ "192.0.2.77", "pc000024d.isp.test", "address,generic" },
		{ "192.0.2.77", "4d0200c0.isp.test", "address,generic" },
		{ "192.0.2.77", "PC000024D.dip0.isp.test", "address,dynamic,generic" },
		{ "192.0.2.77", "c000024e.isp.test", "" },
		/* words */
		{ "192.0.2.77", "dsl.isp.test", "dynamic,generic" },
		{ "192.0.2.77", "adsl2plus.isp.test", "dynamic,generic" },
		{ "192.0.2.77", "a.dyn.b.isp.test", "dynamic,generic" },
		{ "192.0.2.77", "poolside.isp.test", "" },
		{ "192.0.2.77", "dsl.test", "" }, /* the site's own name */
		{ "192.0.2.77", "www.dsl.test", "" },
		/* without a list of suffixes a site has two labels */
		{ "192.0.2.77", "dsl.co.test", "dynamic,generic" },
		{ "192.0.2.77", "a.dsl.co.test", "dynamic,generic" },
		{ "192.0.2.77", "192-0-2-77.static.isp.test", "address,static" },
		{ "192.0.2.77", "mail-192-0-2-77.isp.test", "address,mail" },
		{ "192.0.2.77", "mail.isp.test", "mail" },
		{ "192.0.2.77", "mailbox7.isp.test", "" },
		{ "192.0.2.77", "mail.dsl.isp.test", "dynamic,mail" },
		/* mail providers, whose machines have numbers too */
		{ "209.85.208.41", "mail-ed1-f41.google.com", "mail,known" },
		{ "54.240.8.31", "a8-31.smtp-out.amazonses.com", "partly,mail,known" },
		{ "192.0.2.77", "dyn-192-0-2-77.amazonses.com", "address,dynamic,known" },
		{ "192.0.2.77", "dyn-192-0-2-77.amazonses.com.test", "address,dynamic,generic" },
		/* v6 */
		{ "2001:db8::2", "2001-db8--2.isp.test", "address,generic" },
		{ "2001:db8::2", "h-2001-0db8-0000-0000-0000-0000-0000-0002.isp.test",
		  "address,generic" },
		{ "2001:db8::2", "20010db8000000000000000000000002.isp.test", "address,generic" },
		{ "2001:db8::2",
		  "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.isp.test",
		  "address,generic" },
		{ "2001:db8::1:2:3:4",
		  "p000100020003"
		  "0004.isp.test",
		  "address,generic" },
		{ "2001:db8::2", "2001-db8--3.isp.test", "" },
		{ "::ffff:192.0.2.77", "192-0-2-77.isp.test", "address,generic" },
		/* no address */
		{ NULL, "192-0-2-77.isp.test", "" },
		{ NULL, "dsl.isp.test", "dynamic,generic" },
		{ "192.0.2.77", "", "" },
	};
	struct arena *a = arena_new(0);
	struct lists *l = shipped(a);

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct ip ip = { 0 };
		unsigned signs;
		if (row[i].ip)
			assert_true(ip_parse(str_c(row[i].ip), &ip));
		signs = host_signs(a, l, NULL, str_c(row[i].name), &ip);
		if (!str_eq(host_signs_text(a, signs), str_c(row[i].want)))
			fail_msg("%s: %.*s", row[i].name, STR_ARG(host_signs_text(a, signs)));
	}
	arena_free(a);
}

/* Where a public suffix has two labels, three are the site's. */
static void test_looks_below_suffixes(void **state)
{
	struct arena *a = arena_new(0);
	struct lists *l = shipped(a);
	struct ip ip = { 0 };
	struct err e;
	const struct psl *psl =
		psl_load(a, MERLON_SRCDIR "/tests/conformance/psl/public_suffix_list.dat", &e);

	(void)state;
	assert_non_null(psl);
	assert_int_equal(host_signs(a, l, psl, STR("dsl.co.uk"), &ip), 0);
	assert_int_equal(host_signs(a, l, psl, STR("a.dsl.co.uk"), &ip), 0);
	assert_int_equal(host_signs(a, l, psl, STR("dsl.isp.co.uk"), &ip),
			 HOST_DYNAMIC | HOST_GENERIC);
	arena_free(a);
}

static void test_words(void **state)
{
	(void)state;
	assert_true(host_signs_has(HOST_GENERIC | HOST_ADDRESS, STR("generic")));
	assert_true(host_signs_has(HOST_ADDRESS, STR("static,address")));
	assert_false(host_signs_has(HOST_ADDRESS, STR("generic,partly,known")));
	assert_false(host_signs_has(0, STR("generic,address,partly,dynamic,static,mail,known")));
}

/* ---- what is asked ---- */

static const struct check *const checks[] = { &check_hosts, NULL };

static const char zone[] = "good.test MX 10 mail.good.test\n"
			   "mail.good.test A 192.0.2.1\n"
			   "six.test AAAA 2001:db8::1\n"
			   "both.test A 192.0.2.1\nboth.test AAAA 2001:db8::1\n"
			   "empty.test TXT \"x\"\n"
			   "many.test MX 30 c.many.test\nmany.test MX 10 a.many.test\n"
			   "many.test MX 20 b.many.test\nmany.test MX 10 d.many.test\n"
			   "a.many.test A 10.0.0.1\nb.many.test A 10.0.0.2\n"
			   "c.many.test A 10.0.0.3\nd.many.test A 127.0.0.1\n"
			   "half.test MX 10 gone.half.test\nhalf.test MX 20 local.half.test\n"
			   "local.half.test A 10.0.0.1\n"
			   "one.test MX 10 gone.one.test\none.test MX 20 fine.one.test\n"
			   "fine.one.test A 192.0.2.1\n"
			   "lost.test FAULT SERVFAIL MX\nlost.test A 192.0.2.9\n"
			   "losta.test FAULT SERVFAIL A\nlosta.test TXT \"x\"\n"
			   "bogus.test FAULT BOGUS\n";

struct asked {
	struct memory_world m;
	struct scan *s;
};

static void asked_open(struct asked *k, const char *ip, const char *conf)
{
	struct scan_client c = { .profile = STR("inbound"), .host = STR("") };

	memory_open(&k->m, checks, conf);
	zone_text(k->m.w.zone, zone);
	assert_true(ip_parse(str_c(ip), &c.ip));
	k->s = scan_new(&k->m.w.env, &c, 0);
}

static void turns(struct asked *k)
{
	for (int i = 0; i < 20; i++)
		loop_turn(k->m.w.loop, 1);
}

static void asked_end(struct asked *k, const char *headers)
{
	world_headers(k->s, headers);
	scan_eoh(k->s);
	scan_body(k->s, STR("x\r\n"));
	k->m.w.done = 0;
	scan_eom(k->s, world_done, &k->m.w);
	if (!k->m.w.done)
		world_wait(&k->m.w);
}

static void asked_close(struct asked *k)
{
	scan_free(k->s);
	memory_close(&k->m);
}

/* "good.test MX", by this scan, and answered. */
static bool was_asked(struct asked *k, const char *question)
{
	struct str type = str_c(question), name = str_cut(&type, ' ');

	return scan_dns_known(k->s, name, zone_type(type)) != NULL;
}

/* What HELO and MAIL name is asked then; after DATA, only about an author of another domain, and
 * nothing that has to wait for another answer. */
static void test_when(void **state)
{
	struct asked k;
	unsigned before;

	(void)state;
	asked_open(&k, "192.0.2.1", "cache { ttl = 0 }");
	scan_helo(k.s, STR("mail.good.test"));
	turns(&k);
	assert_true(was_asked(&k, "mail.good.test A"));
	assert_false(was_asked(&k, "mail.good.test MX"));
	assert_false(was_asked(&k, "mail.good.test AAAA"));
	scan_mail(k.s, STR("<a@good.test>"));
	turns(&k);
	assert_true(was_asked(&k, "good.test MX"));
	assert_false(was_asked(&k, "good.test A"));
	scan_rcpt(k.s, STR("<b@here.test>"));
	before = scan_dns_count(k.s);
	asked_end(&k, "From: a@good.test\n");
	assert_int_equal(scan_dns_count(k.s), before + 2); /* of DMARC */
	assert_int_equal(hosts_facts(k.s)->helo, HOSTS_ADDRESS | HOSTS_MATCH);
	assert_int_equal(hosts_facts(k.s)->mail, HOSTS_HAS_MX);
	assert_int_equal(hosts_facts(k.s)->from, HOSTS_HAS_MX);
	asked_close(&k);
}

static void test_author_elsewhere(void **state)
{
	struct asked k;

	(void)state;
	asked_open(&k, "192.0.2.1", "cache { ttl = 0 }");
	scan_helo(k.s, STR("mail.good.test"));
	scan_mail(k.s, STR("<a@good.test>"));
	asked_end(&k, "From: a@many.test\n");
	assert_true(was_asked(&k, "many.test MX"));
	assert_true(was_asked(&k, "many.test A"));
	assert_true(was_asked(&k, "many.test AAAA"));
	assert_false(was_asked(&k, "a.many.test A"));
	assert_int_equal(hosts_facts(k.s)->from, HOSTS_HAS_MX);
	asked_close(&k);
}

/* HOSTS_MX of them by preference, and no more. */
static void test_few_mail_hosts(void **state)
{
	struct asked k;

	(void)state;
	asked_open(&k, "192.0.2.1", "cache { ttl = 0 }");
	scan_helo(k.s, STR("mail.good.test"));
	scan_mail(k.s, STR("<a@many.test>"));
	turns(&k);
	assert_true(was_asked(&k, "a.many.test A"));
	assert_true(was_asked(&k, "d.many.test A"));
	assert_false(was_asked(&k, "b.many.test A"));
	assert_false(was_asked(&k, "c.many.test A"));
	asked_end(&k, "From: a@many.test\n");
	assert_int_equal(hosts_facts(k.s)->mail, HOSTS_HAS_MX | HOSTS_MX_LOCAL);
	asked_close(&k);
}

static void test_found(void **state)
{
	static const struct {
		const char *ip, *helo, *mail;
		unsigned want_helo, want_mail;
	} row[] = {
		{ "2001:db8::1", "six.test", "good.test", HOSTS_ADDRESS | HOSTS_MATCH,
		  HOSTS_HAS_MX },
		{ "2001:db8::1", "mail.good.test", "six.test", HOSTS_ADDRESS | HOSTS_OTHER,
		  HOSTS_ADDRESS },
		{ "2001:db8::1", "both.test", "both.test", HOSTS_ADDRESS | HOSTS_MATCH,
		  HOSTS_ADDRESS },
		{ "::ffff:192.0.2.1", "both.test", "half.test", HOSTS_ADDRESS | HOSTS_MATCH,
		  HOSTS_HAS_MX | HOSTS_MX_LOCAL },
		{ "192.0.2.1", "empty.test", "empty.test", HOSTS_NOTHING, HOSTS_NOTHING },
		{ "192.0.2.1", "good.test", "one.test", HOSTS_HAS_MX, HOSTS_HAS_MX },
		{ "192.0.2.1", "never.test", "never.test", HOSTS_NXDOMAIN | HOSTS_NOTHING,
		  HOSTS_NXDOMAIN | HOSTS_NOTHING },
		/* what is not known is no bad mark */
		{ "192.0.2.1", "losta.test", "lost.test", HOSTS_UNKNOWN, HOSTS_UNKNOWN },
		{ "192.0.2.1", "bogus.test", "bogus.test", HOSTS_UNKNOWN, HOSTS_UNKNOWN },
		{ "192.0.2.1", "bogus.test", "losta.test", HOSTS_UNKNOWN, HOSTS_UNKNOWN },
		/* no names */
		{ "192.0.2.1", "192.0.2.1", "", 0, 0 },
		{ "192.0.2.1", "[192.0.2.1]", "[192.0.2.1]", 0, 0 },
		{ "192.0.2.1", "localhost", "bad..name", 0, 0 },
		{ "192.0.2.1", "a\x01.test", "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct asked k;
		asked_open(&k, row[i].ip, "cache { ttl = 0 }");
		scan_helo(k.s, str_c(row[i].helo));
		scan_mail(k.s,
			  arena_printf(k.m.w.a, row[i].mail[0] ? "<a@%s>" : "<%s>", row[i].mail));
		asked_end(&k, "From: a@good.test\n");
		assert_non_null(hosts_facts(k.s));
		if (hosts_facts(k.s)->helo != row[i].want_helo ||
		    hosts_facts(k.s)->mail != row[i].want_mail)
			fail_msg("row %zu: %u %u", i, hosts_facts(k.s)->helo,
				 hosts_facts(k.s)->mail);
		asked_close(&k);
	}
}

static void test_off(void **state)
{
	struct asked k;

	(void)state;
	asked_open(&k, "192.0.2.1", "cache { ttl = 0 } hosts { dns = no }");
	scan_helo(k.s, STR("mail.good.test"));
	scan_mail(k.s, STR("<a@good.test>"));
	asked_end(&k, "From: a@good.test\n");
	assert_null(hosts_facts(k.s));
	assert_false(was_asked(&k, "mail.good.test A"));
	assert_false(was_asked(&k, "good.test MX"));
	asked_close(&k);
}

/* Our own users name what they like. */
static void test_not_of_ours(void **state)
{
	struct memory_mail mail = { .user = "joe",
				    .from = "joe@never.test",
				    .to = "a@good.test",
				    .headers = "From: joe@never.test\n" };
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, "cache { ttl = 0 }");
	s = memory_mail(&m, &mail);
	assert_null(hosts_facts(s));
	scan_free(s);
	memory_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_looks_below_suffixes),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_author_elsewhere),
		cmocka_unit_test(test_few_mail_hosts),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_not_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
