/* SpamAssassin's network functions: sub-tests, directives, and for each function questions that are
 * asked and answers that hit or do not. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checks/checks.h"
#include "checks/dnslist/dnslist.h"
#include "checks/dnslist/sa.h"
#include "ruleset/rule.h"
#include "unit/scan/world.h"

/* ---- sub-tests ---- */

/* clang-format off */
static const struct {
	enum sanet_dialect dialect;
	const char *test;
	int type;
	const char *data; /* of a record, as its type has it */
	int fits;	  /* 1, 0; -1: not a sub-test */
} subtests[] = {
	{ SANET_RBL, "2", DNS_A, "\177\0\0\002", 1 },
	{ SANET_RBL, "2", DNS_A, "\177\0\0\004", 0 },
	{ SANET_RBL, "2", DNS_A, "\012\0\0\002", 0 },
	{ SANET_RBL, "65536", DNS_A, "\177\001\0\0", 1 },
	{ SANET_RBL, "127.0.0.2", DNS_A, "\177\0\0\002", 1 },
	{ SANET_RBL, "127.0.0.2", DNS_A, "\177\0\0\003", 0 },
	{ SANET_RBL, "^127\\.0\\.0\\.[45]$", DNS_A, "\177\0\0\005", 1 },
	{ SANET_RBL, "^127\\.0\\.0\\.[45]$", DNS_A, "\177\0\0\006", 0 },
	{ SANET_RBL, "^10\\.", DNS_A, "\012\0\0\001", 0 },
	{ SANET_RBL, "(?i)SPAM", DNS_TXT, "is spam", 1 },
	{ SANET_RBL, "", DNS_TXT, "anything", 1 },
	{ SANET_RBL, "sb:S10 > 3", DNS_A, "\177\0\0\002", 0 },
	{ SANET_RBL, "(", DNS_A, "\177\0\0\002", -1 },
	{ SANET_URI, "127.0.1.2", DNS_A, "\177\0\001\002", 1 },
	{ SANET_URI, "127.0.1.2", DNS_A, "\177\0\001\003", 0 },
	{ SANET_URI, "16", DNS_A, "\177\0\0\020", 1 },
	{ SANET_URI, "0x10", DNS_A, "\177\0\0\060", 1 },
	{ SANET_URI, "0x10", DNS_A, "\200\0\0\020", 0 },
	{ SANET_URI, "127.0.1.20-127.0.1.39", DNS_A, "\177\0\001\047", 1 },
	{ SANET_URI, "127.0.1.20-127.0.1.39", DNS_A, "\177\0\001\050", 0 },
	{ SANET_URI, "127.0.1.0/255.255.255.0", DNS_A, "\177\0\001\377", 1 },
	{ SANET_URI, "127.0.1.0/255.255.255.0", DNS_A, "\177\0\002\001", 0 },
	{ SANET_URI, "0x10/0x10", DNS_A, "\300\0\0\020", 1 },
	{ SANET_URI, "127.0.1.2", DNS_TXT, "127.0.1.2", 0 },
	{ SANET_URI, "", DNS_A, "\177\0\0\001", -1 },
	{ SANET_URI, "^127", DNS_A, "\177\0\0\001", -1 },
	{ SANET_URI, "1-", DNS_A, "\177\0\0\001", -1 },
	{ SANET_URI, "0x123456789", DNS_A, "\177\0\0\001", -1 },
	{ SANET_URI, "12345678901", DNS_A, "\177\0\0\001", -1 },
	{ SANET_ASK, "/^127\\.0\\.0\\.2$/", DNS_A, "\177\0\0\002", 1 },
	{ SANET_ASK, "/SPAM/i", DNS_TXT, "no spam", 1 },
	{ SANET_ASK, "/SPAM/", DNS_TXT, "no spam", 0 },
	{ SANET_ASK, "m{v=spf1}", DNS_TXT, "v=spf1 -all", 1 },
	{ SANET_ASK, "/a/Q", DNS_TXT, "a", -1 },
	{ SANET_ASK, "/(/", DNS_TXT, "a", -1 },
	{ SANET_ASK, "/", DNS_TXT, "a", -1 },
	{ SANET_ASK, "\"list\"", DNS_TXT, "list", 1 },
	{ SANET_ASK, "'list'", DNS_TXT, "listed", 0 },
	{ SANET_ASK, "\"127.0.0.2\"", DNS_A, "\177\0\0\002", 1 },
	{ SANET_ASK, "127.0.0.2", DNS_A, "\177\0\0\002", 1 },
	{ SANET_ASK, "192.0.2.1", DNS_A, "\300\0\002\001", 1 },
	{ SANET_ASK, "0x2", DNS_A, "\177\0\0\003", 1 },
	{ SANET_ASK, "/^10 mail\\.$/", DNS_NS, "mail", 0 },
	{ SANET_ASK, "/^ns1\\.$/", DNS_NS, "ns1", 1 },
	{ SANET_ASK, "[NXDOMAIN]", DNS_A, "\177\0\0\002", 0 },
	{ SANET_ASK, "[]", DNS_A, "\177\0\0\002", -1 },
	{ SANET_ASK, "[NOSUCH]", DNS_A, "\177\0\0\002", -1 },
	{ SANET_ASK, "list", DNS_TXT, "list", -1 },
	{ SANET_HASH, "", DNS_A, "\177\0\0\002", 1 },
	{ SANET_HASH, "", DNS_A, "\012\0\0\002", 0 },
	{ SANET_HASH, "^127\\.0\\.0\\.32$", DNS_A, "\177\0\0\002", 0 },
};
/* clang-format on */

static void test_subtests(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof subtests / sizeof *subtests; i++) {
		size_t n = subtests[i].type == DNS_A ? 4 : strlen(subtests[i].data);
		struct dns_rr rr = { .data = str_of(subtests[i].data, n) };
		struct sanet_value v = sanet_value(a, subtests[i].type, &rr);
		struct sanet_test t;
		int got = -1;

		if (sanet_test_read(a, subtests[i].dialect, str_c(subtests[i].test), &t))
			got = sanet_test_fits(&t, &v);
		if (got != subtests[i].fits)
			fail_msg("%zu: %s: %d", i, subtests[i].test, got);
	}
	arena_free(a);
}

static void test_status(void **state)
{
	static const struct {
		const char *test;
		enum dns_status status;
		bool fits;
	} row[] = {
		{ "[NXDOMAIN]", DNS_NXDOMAIN, true },  { "[nxdomain]", DNS_NXDOMAIN, true },
		{ "[3]", DNS_NXDOMAIN, true },	       { "[NXDOMAIN]", DNS_NODATA, false },
		{ "[NOERROR, 5]", DNS_NODATA, true },  { "[0]", DNS_OK, true },
		{ "[SERVFAIL]", DNS_TEMPFAIL, false }, { "[2,3]", DNS_TEMPFAIL, false },
		{ "127.0.0.2", DNS_NXDOMAIN, false },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct sanet_test t;
		assert_true(sanet_test_read(a, SANET_ASK, str_c(row[i].test), &t));
		assert_int_equal(sanet_test_status(&t, row[i].status), row[i].fits);
	}
	arena_free(a);
}

/* ---- messages ---- */

static const char headers[] =
	"Received: from mail.sender.com (mail.sender.com [198.51.100.7]) by mx.here.org (Postfix) "
	"with ESMTP id 1; Tue, 14 Nov 2023 22:13:20 +0000\n"
	"Received: from relay.middle.net (relay.middle.net [198.51.100.8]) by mail.sender.com "
	"(Postfix) with ESMTP id 2; Tue, 14 Nov 2023 22:13:19 +0000\n"
	"Received: from pc.origin.net (pc.origin.net [203.0.113.9]) by relay.middle.net (Postfix) "
	"with ESMTP id 3; Tue, 14 Nov 2023 22:13:18 +0000\n"
	"From: <someone@author.com>\n"
	"Reply-To: <reply.to+tag@reply.net>\n"
	"To: <b@here.org>\n"
	"Accreditor: good-people, x=1\n"
	"X-Ref: 198.51.100.99\n"
	"DKIM-Signature: v=1; a=rsa-sha256; d=signed.info; s=x; h=from; bh=; b=\n"
	"Content-Type: text/html\n"
	"Subject: hello\n";

static const char body[] =
	"<p>See <a href=\"http://www.links.info/x?y\">this</a> and http://203.0.113.77/ now.\r\n"
	"Pay COIN1234abcd, phone: 555-12 34. Write to who@body.com or &lt;quoted@body.com&gt;.\r\n"
	"http://user@mail.shop.net/ http://skipped.net/ http://a.many.com/</p>\r\n";

#define RULE(w, text) w " X " text "\n"
#define ZONE(text) text "\n"

/* clang-format off */
static const struct {
	const char *rules, *zone;
	bool hit;
} rows[] = {
	/* addresses of relays */
	{ "header X eval:check_rbl('a', 'l.test.')", "7.100.51.198.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl('a', 'l.test')", "8.100.51.198.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl('a', 'l.test')", "9.113.0.203.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl('a', 'l.test')", "7.100.51.198.l.test A 10.0.0.2", false },
	{ "header X eval:check_rbl('a', 'l.test')", "7.100.51.198.l.test TXT \"x\"", false },
	{ "header X eval:check_rbl('a', 'l.test', '4')", "7.100.51.198.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl('a-lastexternal', 'l.test')", "7.100.51.198.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl('a-lastexternal', 'l.test')", "8.100.51.198.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl('a-firsttrusted', 'l.test')", "7.100.51.198.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl('a-firsttrusted', 'l.test')", "8.100.51.198.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl('a-untrusted', 'l.test')", "7.100.51.198.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl('a-untrusted', 'l.test')", "8.100.51.198.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl('a-notfirsthop', 'l.test')", "8.100.51.198.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl('a-notfirsthop', 'l.test')", "9.113.0.203.l.test A 127.0.0.2", false },
	{ "trusted_networks 198.51.100.7\nheader X eval:check_rbl('a-firsttrusted', 'l.test')", "8.100.51.198.l.test A 127.0.0.2", true },
	{ "trusted_networks 198.51.100.7\ninternal_networks 192.0.2.0/24\nheader X eval:check_rbl('a-lastexternal', 'l.test')", "7.100.51.198.l.test A 127.0.0.2", false },
	{ "trusted_networks 198.51.100.7\ninternal_networks 192.0.2.0/24\nheader X eval:check_rbl('a-lastexternal', 'l.test')\ntflags X nice", "7.100.51.198.l.test A 127.0.0.2", true },
	{ "originating_ip_headers X-Ref\nheader X eval:check_rbl('a', 'l.test')", "99.100.51.198.l.test A 127.0.0.2", true },
	{ "originating_ip_headers X-Ref\nheader X eval:check_rbl('a-lastexternal', 'l.test')", "99.100.51.198.l.test A 127.0.0.2", false },
	{ "skip_rbl_checks 1\nheader X eval:check_rbl('a', 'l.test')", "7.100.51.198.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl_txt('a', 'l.test', 'spam')", "7.100.51.198.l.test TXT \"sent spam\"", true },
	{ "header X eval:check_rbl_txt('a', 'l.test')", "7.100.51.198.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl('a', 'l.test', '^127\\.255\\.255\\.254$')", "7.100.51.198.l.test A 127.255.255.254", true },
	/* what a list says that does not serve us is a hit of rules that name it only */
	{ "header X eval:check_rbl('a', 'l.test')", "7.100.51.198.l.test A 127.255.255.254", false },
	{ "header X eval:check_rbl('a', 'l.test', '2')", "7.100.51.198.l.test A 127.255.255.254", false },
	{ "header X eval:check_rbl('a', 'l.test', '^127\\.')", "7.100.51.198.l.test A 127.255.255.254", false },
	{ "header X eval:check_rbl('a', 'l.test', '127.255.255.254')", "7.100.51.198.l.test A 127.255.255.254", true },
	{ "header Y eval:check_rbl('a', 'l.test')\nheader X eval:check_rbl_sub('a', '4')", "7.100.51.198.l.test A 127.255.255.254", false },
	{ "header Y eval:check_rbl('a', 'l.test')\nheader X eval:check_rbl_sub('a', '127.255.255.254')", "7.100.51.198.l.test A 127.255.255.254", true },
	{ "urirhssub X l.test A 8\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 127.255.255.254", false },
	{ "urirhssub X l.test A 8/8\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 127.255.255.254", false },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 127.255.255.254", false },
	{ "urirhssub X l.test A 127.255.255.254\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 127.255.255.254", true },
	{ "urirhssub X l.test A 127.255.255.0/255.255.255.0\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 127.255.255.254", true },
	{ "header X eval:check_hashbl_emails('l.test', 'raw/user', 'From')", "someone.l.test A 127.255.255.254", false },
	{ "header X eval:check_hashbl_emails('l.test', 'raw/user', 'From', '^127\\.255\\.255\\.254$')", "someone.l.test A 127.255.255.254", true },
	/* those that only look on */
	{ "header Y eval:check_rbl('a', 'l.test')\nheader X eval:check_rbl_sub('a', '127.0.0.3')", "7.100.51.198.l.test A 127.0.0.2\n7.100.51.198.l.test A 127.0.0.3", true },
	{ "header Y eval:check_rbl('a', 'l.test', '1')\nheader X eval:check_rbl_sub('a', '^127\\.0\\.0\\.[34]$')", "7.100.51.198.l.test A 127.0.0.4", true },
	{ "header Y eval:check_rbl('a', 'l.test')\nheader X eval:check_rbl_sub('b', '127.0.0.2')", "7.100.51.198.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl_sub('a', '127.0.0.2')", "7.100.51.198.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl_accreditor('a', 'l.test', '127.0.0.2', 'good-people')", "7.100.51.198.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_accreditor('a', 'l.test', '127.0.0.2', 'other')", "7.100.51.198.l.test A 127.0.0.2", false },
	/* senders */
	{ "header X eval:check_rbl_from_host('f', 'l.test')", "author.com.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_from_host('f', 'l.test')", "mail.sender.com.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_from_domain('f', 'l.test')", "sender.com.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_from_domain('f', 'l.test')", "mail.sender.com.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl_from_host('f', 'l.test')\ntflags X ips_only", "author.com.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl_envfrom('f', 'l.test', '2')", "mail.sender.com.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_envfrom('f', 'l.test')", "author.com.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl_rcvd('r', 'l.test')", "9.113.0.203.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_rcvd('r', 'l.test')", "pc.origin.net.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_rcvd('r', 'l.test')", "relay.middle.net.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_rcvd('r', 'l.test')\ntflags X domains_only", "9.113.0.203.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl_rcvd('r', 'l.test')", "mail.sender.com.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl_headers('h', 'l.test')", "reply.net.l.test A 127.0.0.2", true },
	{ "rbl_headers X-Ref\nheader X eval:check_rbl_headers('h', 'l.test')", "99.100.51.198.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_headers('h', 'l.test', '127.0.0.2', 'X-Ref')", "99.100.51.198.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_headers('h', 'l.test', '127.0.0.2', 'X-Ref')", "reply.net.l.test A 127.0.0.2", false },
	{ "header X eval:check_rbl_ns_from('n', 'l.test')", "sender.com NS ns.host.net\nmail.sender.com A 192.0.2.1\nns.host.net.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl_ns_from('n', 'l.test')", "mail.sender.com NS ns.host.net\nns.host.net.l.test A 127.0.0.2", true },
	{ "header X eval:check_dns_sender()", "other.com A 192.0.2.1", true },
	{ "header X eval:check_dns_sender()", "mail.sender.com A 192.0.2.1", false },
	{ "header X eval:check_dns_sender()", "mail.sender.com MX 10 other.com", false },
	{ "header X eval:check_dns_sender()", "mail.sender.com FAULT SERVFAIL", false },
	{ "header X eval:check_dns_sender()", "mail.sender.com FAULT TIMEOUT MX", false },
	/* links */
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 127.0.0.2", true },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')", "www.links.info.l.test A 127.0.0.2", false },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\ntflags X net notrim", "www.links.info.l.test A 127.0.0.2", true },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')", "77.113.0.203.l.test A 127.0.0.2", true },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\ntflags X domains_only", "77.113.0.203.l.test A 127.0.0.2", false },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\ntflags X ips_only", "links.info.l.test A 127.0.0.2", false },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 10.0.0.1", false },
	{ "urirhsbl X l.test TXT\nbody X eval:check_uridnsbl('X')", "links.info.l.test TXT \"listed\"", true },
	{ "urirhssub X l.test A 8\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 127.0.0.8", true },
	{ "urirhssub X l.test A 8\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 127.0.0.4", false },
	{ "urirhssub X l.test. A 127.0.0.4-127.0.0.6\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 127.0.0.5", true },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\nuridnsbl_skip_domain links.info", "links.info.l.test A 127.0.0.2", false },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\nuridnsbl_skip_domain links.info\nclear_uridnsbl_skip_domain links.info", "links.info.l.test A 127.0.0.2", true },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\nskip_uribl_checks 1", "links.info.l.test A 127.0.0.2", false },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\nuridnsbl_max_domains 0", "links.info.l.test A 127.0.0.2", false },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\nuridnsbl_max_domains 1", "links.info.l.test A 127.0.0.2", true },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\nuridnsbl_max_domains 1", "77.113.0.203.l.test A 127.0.0.2", false },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')", "signed.info.l.test A 127.0.0.2", true },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\nparse_dkim_uris 0", "signed.info.l.test A 127.0.0.2", false },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')", "body.com.l.test A 127.0.0.2", false },
	{ "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\nuridnsbl_skip_mailto 0", "body.com.l.test A 127.0.0.2", true },
	{ "urirhsbl Y l.test A\nbody X eval:check_uridnsbl('X')", "links.info.l.test A 127.0.0.2", false },
	{ "uridnsbl X l.test A\nbody X eval:check_uridnsbl('X')\ntflags X a", "www.links.info A 192.0.2.5\n5.2.0.192.l.test A 127.0.0.2", true },
	{ "uridnsbl X l.test A\nbody X eval:check_uridnsbl('X')", "www.links.info A 192.0.2.5\n5.2.0.192.l.test A 127.0.0.2", false },
	{ "uridnsbl X l.test A\nbody X eval:check_uridnsbl('X')", "links.info NS ns.host.net\nns.host.net A 192.0.2.6\n6.2.0.192.l.test A 127.0.0.2", true },
	{ "uridnsbl X l.test A\nbody X eval:check_uridnsbl('X')\ntflags X a", "links.info NS ns.host.net\nns.host.net A 192.0.2.6\n6.2.0.192.l.test A 127.0.0.2", false },
	{ "uridnsbl X l.test A\nbody X eval:check_uridnsbl('X')\ntflags X a ns", "links.info NS ns.host.net\nns.host.net A 192.0.2.6\n6.2.0.192.l.test A 127.0.0.2", true },
	{ "uridnssub X l.test A 127.0.0.3\nbody X eval:check_uridnsbl('X')", "links.info NS ns.host.net\nns.host.net A 192.0.2.6\n6.2.0.192.l.test A 127.0.0.2", false },
	{ "urinsrhsbl X l.test A\nbody X eval:check_uridnsbl('X')", "links.info NS ns.host.net\nhost.net.l.test A 127.0.0.2", true },
	{ "urinsrhsbl X l.test A\nbody X eval:check_uridnsbl('X')", "links.info NS ns.host.net\nns.host.net.l.test A 127.0.0.2", false },
	{ "urifullnsrhssub X l.test A 2\nbody X eval:check_uridnsbl('X')", "links.info NS ns.host.net\nns.host.net.l.test A 127.0.0.2", true },
	/* digests: sha1("who@body.com"), ... */
	{ "header X eval:check_hashbl_emails('l.test')", "6bd7dd4bfcb26c1ba8a1e85ad8c9c9b6b7b7d9c5.l.test A 127.0.0.2", false },
	{ "header X eval:check_hashbl_emails('l.test', 'raw', 'body')", "who@body.com.l.test A 127.0.0.2", true },
	{ "header X eval:check_hashbl_emails('l.test', 'raw/noquote', 'body')", "quoted@body.com.l.test A 127.0.0.2", false },
	{ "header X eval:check_hashbl_emails('l.test', 'raw', 'body')", "quoted@body.com.l.test A 127.0.0.2", true },
	{ "header X eval:check_hashbl_emails('l.test', 'raw/notag/nodot', 'Reply-To')", "replyto@reply.net.l.test A 127.0.0.2", true },
	{ "header X eval:check_hashbl_emails('l.test', 'raw/domain', 'ALLFROM')", "sender.com.l.test A 127.0.0.2", true },
	{ "header X eval:check_hashbl_emails('l.test', 'raw/host', 'EnvelopeFrom')", "mail.sender.com.l.test A 127.0.0.2", true },
	{ "header X eval:check_hashbl_emails('l.test', 'raw/user', 'From')", "someone.l.test A 127.0.0.2", true },
	{ "header X eval:check_hashbl_emails('l.test/TXT', 'raw/user', 'From', 'bad')", "someone.l.test TXT \"bad\"", true },
	{ "header X eval:check_hashbl_emails('l.test', 'raw/user', 'From', '^127\\.0\\.0\\.9')", "someone.l.test A 127.0.0.2", false },
	{ "hashbl_acl_one author.com\nheader X eval:check_hashbl_emails('l.test', 'raw/user', 'From', '^127', 'one')", "someone.l.test A 127.0.0.2", true },
	{ "hashbl_acl_one other.com\nheader X eval:check_hashbl_emails('l.test', 'raw/user', 'From', '^127', 'one')", "someone.l.test A 127.0.0.2", false },
	{ "hashbl_acl_one author.com !author.com\nheader X eval:check_hashbl_emails('l.test', 'raw/user', 'From', '^127', 'one')", "someone.l.test A 127.0.0.2", false },
	{ "uridnsbl_skip_domain author.com\nheader X eval:check_hashbl_emails('l.test', 'raw/user', 'From')", "someone.l.test A 127.0.0.2", false },
	{ "hashbl_ignore someone\nheader X eval:check_hashbl_emails('l.test', 'raw/user', 'From')", "someone.l.test A 127.0.0.2", false },
	{ "hashbl_email_domain_alias main.com author.com\nheader X eval:check_hashbl_emails('l.test', 'raw', 'From')", "someone@main.com.l.test A 127.0.0.2", true },
	{ "hashbl_email_welcomelist ^some\nheader X eval:check_hashbl_emails('l.test', 'raw/user', 'From')", "someone.l.test A 127.0.0.2", false },
	{ "hashbl_email_regex \\b([a-z]+)@\nheader X eval:check_hashbl_emails('l.test', 'raw', 'From')", "someone.l.test A 127.0.0.2", false },
	{ "hashbl_email_regex (some\\w+@author\\._TLDS_)\nheader X eval:check_hashbl_emails('l.test', 'raw', 'From')", "someone@author.com.l.test A 127.0.0.2", true },
	{ "body X eval:check_hashbl_bodyre('l.test', 'raw', 'Pay (\\w+),')", "coin1234abcd.l.test A 127.0.0.2", true },
	{ "body X eval:check_hashbl_bodyre('l.test', 'raw/num', 'phone: ([-0-9 ]+)')", "5551234.l.test A 127.0.0.2", true },
	{ "body X eval:check_hashbl_bodyre('l.test', 'raw', 'Nothing (\\w+),')", "*.l.test A 127.0.0.2", false },
	{ "header X eval:check_hashbl_tag('l.test', 'raw/ip/revip', '_LASTEXTERNALIP_')", "7.100.51.198.l.test A 127.0.0.2", true },
	{ "header X eval:check_hashbl_tag('l.test', 'raw/ipv6', 'LASTEXTERNALIP')", "198.51.100.7.l.test A 127.0.0.2", false },
	{ "header X eval:check_hashbl_tag('l.test', 'raw/trim', 'SENDERDOMAIN')", "sender.com.l.test A 127.0.0.2", true },
	{ "header X eval:check_hashbl_tag('l.test', 'raw', 'NOSUCHTAG')", "*.l.test A 127.0.0.2", false },
	{ "header X eval:check_hashbl_uris('l.test', 'raw')", "*.l.test A 127.0.0.2", false },
	{ "header X eval:check_hashbl_uris('l.test')", "*.l.test A 127.0.0.2", true },
	{ "body X eval:check_hashbl_attachments('l.test', 'sha256')", "*.l.test A 127.0.0.2", true },
	{ "body X eval:check_hashbl_attachments('l.test', 'sha1/minsize=100000')", "*.l.test A 127.0.0.2", false },
	{ "hashbl_ignore text/html\nbody X eval:check_hashbl_attachments('l.test', 'sha1')", "*.l.test A 127.0.0.2", false },
	/* templates */
	{ "askdns X _AUTHORDOMAIN_.l.test", "author.com.l.test A 127.0.0.2", true },
	{ "askdns X _AUTHORDOMAIN_.l.test", "author.com.l.test A 192.0.2.1", true },
	{ "askdns X _AUTHORDOMAIN_.l.test", "author.com.l.test A 127.255.255.254", false },
	{ "askdns X _AUTHORDOMAIN_.l.test A 2", "author.com.l.test A 127.255.255.254", false },
	{ "askdns X _AUTHORDOMAIN_.l.test A 127.255.255.254", "author.com.l.test A 127.255.255.254", true },
	{ "askdns X _AUTHORDOMAIN_.l.test A /^127\\.255\\.255\\./", "author.com.l.test A 127.255.255.254", true },
	{ "askdns X _SENDERDOMAIN_ A", "mail.sender.com A 127.255.255.254", true },
	{ "askdns X _AUTHORDOMAIN_.l.test A 127.0.0.3", "author.com.l.test A 127.0.0.2", false },
	{ "askdns X _SENDERDOMAIN_ TXT /^v=spf1 \\+all$/", "mail.sender.com TXT \"v=spf1 +all\"", true },
	{ "askdns X _SENDERDOMAIN_ MX /^10 mx\\.sender\\.com\\.$/", "mail.sender.com MX 10 mx.sender.com", true },
	{ "askdns X _SENDERDOMAIN_ A,TXT /hello/", "mail.sender.com TXT \"hello\"", true },
	{ "askdns X _DKIMDOMAIN_.l.test A /^127\\./", "signed.info.l.test A 127.0.0.2", false },
	{ "askdns X _LASTEXTERNALREVIP_.l.test A 2", "7.100.51.198.l.test A 127.0.0.2", true },
	{ "askdns X _LASTEXTERNALHELO_ A /./", "mail.sender.com A 192.0.2.1", true },
	{ "askdns X _HEADER(Reply-To:addr:domain)_.l.test A", "reply.net.l.test A 127.0.0.2", true },
	{ "askdns X _NOSUCHTAG_.l.test A", "*.l.test A 127.0.0.2", false },
	{ "askdns X fixed.name.test A 127.0.0.2", "fixed.name.test A 127.0.0.2", true },
	{ "askdns X _AUTHORDOMAIN_.l.test A [NXDOMAIN]", "other.l.test A 127.0.0.2", true },
	{ "askdns X _AUTHORDOMAIN_.l.test A [NXDOMAIN]", "author.com.l.test A 127.0.0.2", false },
	{ "askdns X _AUTHORDOMAIN_.l.test A [NXDOMAIN]", "author.com.l.test FAULT SERVFAIL", false },
	{ "askdns X _AUTHORDOMAIN_.l.test A [SERVFAIL]", "author.com.l.test FAULT SERVFAIL", false },
	{ "askdns X _URIDOMAINS_.l.test A", "links.info.l.test A 127.0.0.2", true },
	/* what may not be asked */
	{ "dns_query_restriction deny l.test\nheader X eval:check_rbl('a', 'l.test')", "*.l.test A 127.0.0.2", false },
	{ "dns_query_restriction deny test\ndns_query_restriction allow l.test\nheader X eval:check_rbl('a', 'l.test')", "*.l.test A 127.0.0.2", true },
	{ "dns_query_restriction deny *\naskdns X _SENDERDOMAIN_ A", "*.sender.com A 127.0.0.2", false },
	{ "dns_query_restriction deny l.test\nclear_dns_query_restriction\nheader X eval:check_rbl('a', 'l.test')", "*.l.test A 127.0.0.2", true },
	{ "header X eval:check_rbl('a', 'l.test')", "7.100.51.198.l.test FAULT SERVFAIL", false },
};
/* clang-format on */

#define PATIENT "dnslist { timeout = 100ms }"

static void never(void *arg, const char *line)
{
	if (arg)
		*(bool *)arg = true;
	else
		fail_msg("%s", line);
}

static void ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

/* The rules of the text over w's checks; NULL: refused. */
static const struct judge *load(struct world *w, const char *text, bool *refused)
{
	static const struct conf_opt *const tables[] = { ruleset_options, scan_options, NULL };
	char dir[] = "/tmp/test_sanet.XXXXXX";
	const struct conf *c;
	struct ruleset *rules;
	const char *path;
	struct err e;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	path = arena_printf(w->a, "%s/10.cf", dir).p;
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "util_rb_tld com net org info\n%s\n", text);
	fclose(f);
	c = conf_load_text(w->a, "test",
			   arena_printf(w->a, "rules { dir = \"%s\" score_set = 1 }", dir), tables,
			   never, NULL);
	rules = ruleset_load(
		w->a, c, w->setup,
		&(struct ruleset_how){ .fault = never, .note = ignore, .arg = refused });
	unlink(path);
	rmdir(dir);
	if (!rules)
		return NULL;
	if (scan_setup_judge(w->setup, ruleset_judge(rules), &e) == 0)
		return ruleset_judge(rules);
	if (!refused)
		fail_msg("%s", e.text);
	*refused = true;
	return NULL;
}

static void open_world(struct world *w, const char *conf, const char *zone)
{
	static const struct check *const checks[] = {
		&check_dnslist,	 &check_dkim,	   &check_sa_rbl, &check_sa_uribl,
		&check_sa_ahead, &check_sa_askdns, NULL
	};

	world_open(w, checks, conf, zone);
}

static struct scan *judge(struct world *w, unsigned flags)
{
	struct scan_client nobody = { .profile = STR("inbound") };
	struct scan *s = scan_new(&w->env, &nobody, flags);

	scan_helo(s, STR("mail.sender.com"));
	scan_mail(s, STR("<bounce@mail.sender.com>"));
	scan_rcpt(s, STR("<b@here.org>"));
	world_headers(s, headers);
	scan_eoh(s);
	scan_body(s, str_c(body));
	w->done = 0;
	scan_eom(s, world_done, w);
	if (!w->done)
		world_wait(w);
	return s;
}

static bool hit(const struct scan *s, const char *name)
{
	for (size_t i = 0; i < s->verdict.symbols.n; i++)
		if (str_eq(s->verdict.symbols.p[i].name, str_c(name)))
			return true;
	return false;
}

static void test_functions(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct world w;
		struct scan *s;
		open_world(&w, PATIENT, rows[i].zone);
		load(&w, rows[i].rules, NULL);
		s = judge(&w, 0);
		if (hit(s, "X") != rows[i].hit)
			wrong++, print_error("%s\nwith %s: expected %s\n", rows[i].rules,
					     rows[i].zone, rows[i].hit ? "a hit" : "none");
		scan_free(s);
		world_close(&w);
	}
	assert_int_equal(wrong, 0);
}

/* A rule that is asked where nobody may be asked is false. */
static void test_nobody(void **state)
{
	static const struct {
		const char *conf;
		unsigned flags;
		bool hit;
	} row[] = {
		{ PATIENT, 0, true },
		{ PATIENT, SCAN_F_LOCAL, false },
		{ "dnslist { use = off }", 0, false },
		{ "dnslist { max_queries = 0 }", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w;
		struct scan *s;
		open_world(&w, row[i].conf, "*.l.test A 127.0.0.2\nmail.sender.com A 192.0.2.1\n");
		load(&w,
		     "header X eval:check_rbl('a', 'l.test')\naskdns Y _SENDERDOMAIN_ A\n"
		     "urirhsbl Z l.test A\nbody Z eval:check_uridnsbl('Z')\n",
		     NULL);
		s = judge(&w, row[i].flags);
		assert_int_equal(hit(s, "X"), row[i].hit);
		assert_int_equal(hit(s, "Y"), row[i].hit);
		assert_int_equal(hit(s, "Z"), row[i].hit);
		assert_int_equal(scan_dns_count(s) > 0, row[i].hit);
		scan_free(s);
		world_close(&w);
	}
}

/* dns_block_rule: the lists are left alone by every scan from then on. */
static void test_block(void **state)
{
	struct board *board = board_new();
	struct world w;
	struct scan *s;

	(void)state;
	open_world(&w, PATIENT, "*.l.test A 127.0.0.1\n*.l.test A 127.0.0.2\n");
	w.env.board = board;
	load(&w,
	     "header X eval:check_rbl('a', 'l.test', '127.0.0.1')\n"
	     "header Y eval:check_rbl('a', 'l.test', '127.0.0.2')\n"
	     "dns_block_rule X other.test l.test\ndns_block_time 1h\n",
	     NULL);
	s = judge(&w, 0);
	assert_true(hit(s, "X") && hit(s, "Y"));
	scan_free(s);
	assert_true(board_is_off(board_cell(board, STR("dnslist:l.test"))));
	assert_true(board_is_off(board_cell(board, STR("dnslist:other.test"))));
	s = judge(&w, 0);
	assert_false(hit(s, "X") || hit(s, "Y"));
	assert_int_equal(scan_dns_count(s), 0);
	scan_free(s);
	world_close(&w);
	board_free(board);
}

/* What a message of many links and hops costs others. */
static void test_limits(void **state)
{
	struct buf text = { .arena = arena_new(0) };
	struct scan_client nobody = { .profile = STR("inbound") };
	struct world w;
	struct scan *s;

	(void)state;
	for (unsigned i = 0; i < 2000; i++)
		buf_addf(&text, "http://h%u.d%u.com/ a%u@d%u.com\r\n", i, i, i, i);
	open_world(&w, PATIENT, "*.com NS ns.host.net\n*.com A 192.0.2.9\n");
	load(&w,
	     "urirhsbl X l.test A\nbody X eval:check_uridnsbl('X')\n"
	     "urirhsbl Y m.test A\nbody Y eval:check_uridnsbl('Y')\n"
	     "uridnsbl Z n.test A\nbody Z eval:check_uridnsbl('Z')\ntflags Z a ns\n"
	     "header E eval:check_hashbl_emails('e.test')\n",
	     NULL);
	s = scan_new(&w.env, &nobody, 0);
	scan_eoh(s);
	scan_body(s, buf_str(&text));
	w.done = 0;
	scan_eom(s, world_done, &w);
	if (!w.done)
		world_wait(&w);
	assert_true(scan_dns_count(s) > 40);
	assert_true(scan_dns_count(s) <= SCAN_MAX_QUERIES);
	scan_free(s);
	world_close(&w);
	arena_free(text.arena);
}

static void test_refused_lines(void **state)
{
	static const char *const line[] = {
		"urirhsbl X l.test",
		"urirhsbl X l.test A 2",
		"urirhssub X l.test A",
		"urirhssub X l.test A ^127",
		"uridnsbl X l.test NOSUCH",
		"uridnsbl_max_domains many",
		"skip_rbl_checks maybe",
		"dns_block_rule X",
		"dns_block_time soon",
		"dns_query_restriction forbid l.test",
		"dns_query_restriction deny",
		"hashbl_email_regex (",
		"hashbl_email_domain_alias a@b c",
		"hashbl_email_domain_alias a",
		"header X eval:check_rbl('a', 'l.test', '(')",
		"header X eval:check_rbl('a')",
		"header X eval:check_hashbl_emails('l.test', 'raw', 'From', '(')",
		"body X eval:check_hashbl_bodyre('l.test', 'raw', '(')",
		"askdns X _AUTHORDOMAIN_.l.test NOSUCH",
		"askdns X _AUTHORDOMAIN_.l.test A nonsense",
		"askdns X _A_._B_._C_._D_._E_._F_._G_._H_._I_.l.test A",
	};

	(void)state;
	for (size_t i = 0; i < sizeof line / sizeof *line; i++) {
		struct world w;
		bool refused = false;
		open_world(&w, PATIENT, "");
		load(&w, line[i], &refused);
		if (!refused)
			fail_msg("taken: %s", line[i]);
		world_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subtests),      cmocka_unit_test(test_status),
		cmocka_unit_test(test_functions),     cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_block),	      cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refused_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
