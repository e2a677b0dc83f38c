/* Received fields as MTAs of the world write them. */
#include "lib/test.h"

#include "mail/received.h"

#define T0 1795320000
#define DATE "; Sun, 22 Nov 2026 04:00:00 +0000"

struct row {
	const char *in;
	const char *from, *rdns, *ip, *by, *with, *id, *for_addr, *tls; /* NULL: absent */
	bool auth, no_date, no_parse;
};

static const struct row table[] = {
	/* Postfix */
	{ " from helo.example.net (rdns.example.net [192.0.2.1])\r\n"
	  "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n"
	  "\t key-exchange X25519 server-signature RSA-PSS (2048 bits))\r\n"
	  "\t(No client certificate requested)\r\n"
	  "\tby mx.example.com (Postfix) with ESMTPS id 4XyZ1234\r\n"
	  "\tfor <user@example.com>" DATE " (UTC)",
	  "helo.example.net", "rdns.example.net", "192.0.2.1", "mx.example.com", "ESMTPS",
	  "4XyZ1234", "user@example.com",
	  "using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\t key-exchange X25519 "
	  "server-signature RSA-PSS (2048 bits)" },
	{ " from helo.example.net (unknown [IPv6:2001:db8::1]) by mx.example.com (Postfix) with "
	  "SMTP id X1" DATE,
	  "helo.example.net", NULL, "2001:db8::1", "mx.example.com", "SMTP", "X1" },
	{ " from [10.0.0.5] (client.example.net [192.0.2.1])\r\n (Authenticated sender: "
	  "user@example.com)\r\n"
	  " by smtp.example.com (Postfix) with ESMTPSA id ABC for <a@b.example>" DATE,
	  "[10.0.0.5]", "client.example.net", "192.0.2.1", "smtp.example.com", "ESMTPSA", "ABC",
	  "a@b.example", NULL, true },
	{ " by host.example.com (Postfix, from userid 1000) id 4ABC" DATE, NULL, NULL, NULL,
	  "host.example.com", NULL, "4ABC" },
	/* amavis behind Postfix */
	{ " from mx.example.com ([127.0.0.1])\r\n by localhost (mx.example.com [127.0.0.1]) "
	  "(amavisd-new, port 10024)\r\n"
	  " with ESMTP id a1-B2c for <u@example.com>" DATE,
	  "mx.example.com", NULL, "127.0.0.1", "localhost", "ESMTP", "a1-B2c", "u@example.com" },
	/* Sendmail */
	{ " from helo.example.net (rdns.example.net [192.0.2.1] (may be forged))\r\n"
	  "\tby mx.example.com (8.17.1/8.17.1) with ESMTPS id 3AM4000012\r\n"
	  "\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NO)\r\n"
	  "\tfor <user@example.com>" DATE,
	  "helo.example.net", "rdns.example.net", "192.0.2.1", "mx.example.com", "ESMTPS",
	  "3AM4000012", "user@example.com",
	  "version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NO" },
	{ " from x.example.net (ident@rdns.example.net [192.0.2.1]) (authenticated bits=0)\r\n"
	  " by mx.example.com (8.14.4/8.14.4) with ESMTP id q1" DATE,
	  "x.example.net", "rdns.example.net", "192.0.2.1", "mx.example.com", "ESMTP", "q1", NULL,
	  NULL, true },
	{ " (from root@localhost)\r\n\tby host.example.com (8.17.1/8.17.1/Submit) id 3AM40000\r\n"
	  "\tfor root@example.com; Sun, 22 Nov 2026 04:00:00 GMT",
	  NULL, NULL, NULL, "host.example.com", NULL, "3AM40000", "root@example.com" },
	{ " from x.example.net ([192.0.2.7]) by mx.example.com with SMTP id q2" DATE,
	  "x.example.net", NULL, "192.0.2.7", "mx.example.com", "SMTP", "q2" },
	/* Exim */
	{ " from rdns.example.net ([192.0.2.1] helo=helo.example.net)\r\n"
	  "\tby mx.example.com with esmtps  (TLS1.3) tls TLS_AES_256_GCM_SHA384\r\n"
	  "\t(Exim 4.96)\r\n\t(envelope-from <s@example.net>)\r\n\tid 1abcDE-000001-2F\r\n"
	  "\tfor user@example.com" DATE,
	  "helo.example.net", "rdns.example.net", "192.0.2.1", "mx.example.com", "esmtps",
	  "1abcDE-000001-2F", "user@example.com", "TLS1.3" },
	{ " from [192.0.2.1] (port=41234 helo=[10.1.1.1])\r\n by mx.example.com with esmtpsa "
	  "(TLS1.2:ECDHE:256)\r\n"
	  " (Exim 4.80) id 1X" DATE,
	  "[10.1.1.1]", NULL, "192.0.2.1", "mx.example.com", "esmtpsa", "1X", NULL,
	  "TLS1.2:ECDHE:256", true },
	{ " from user by host.example.com with local (Exim 4.96)\r\n\t(envelope-from "
	  "<user@host.example.com>)\r\n"
	  "\tid 1Y\r\n\tfor a@example.com" DATE,
	  "user", NULL, NULL, "host.example.com", "local", "1Y", "a@example.com" },
	/* qmail */
	{ " from unknown (HELO helo.example.net) (192.0.2.1)\r\n  by mx.example.com with SMTP; 22 "
	  "Nov 2026 04:00:00 -0000",
	  "helo.example.net", NULL, "192.0.2.1", "mx.example.com", "SMTP" },
	{ " from rdns.example.net (HELO helo.example.net) (ident@192.0.2.1)\r\n  by mx.example.com "
	  "with SMTP; 22 Nov 2026 04:00:00 -0000",
	  "helo.example.net", "rdns.example.net", "192.0.2.1", "mx.example.com", "SMTP" },
	{ " from unknown (HELO [10.0.0.1]) (192.0.2.1)\r\n  by mx.example.com with SMTP; 22 Nov "
	  "2026 04:00:00 -0000",
	  "[10.0.0.1]", NULL, "192.0.2.1", "mx.example.com", "SMTP" },
	{ " (qmail 12345 invoked by uid 89); 22 Nov 2026 04:00:00 -0000" },
	/* Exchange */
	{ " from AM0P1.EURP1.PROD.EXAMPLE.COM (2001:db8:20b:1::23)\r\n by "
	  "AM0P2.EURP1.PROD.EXAMPLE.COM (2001:db8:20b:2::13) with\r\n"
	  " Microsoft SMTP Server (version=TLS1_2,\r\n "
	  "cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.8158.18" DATE,
	  "AM0P1.EURP1.PROD.EXAMPLE.COM", NULL, "2001:db8:20b:1::23",
	  "AM0P2.EURP1.PROD.EXAMPLE.COM", "Microsoft SMTP Server", "15.20.8158.18", NULL,
	  "version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ " from EX1.corp.example ([fe80::1%12]) by EX2.corp.example ([192.0.2.2]) with mapi id "
	  "15.00.1497.000" DATE,
	  "EX1.corp.example", NULL, NULL, "EX2.corp.example", "mapi", "15.00.1497.000" },
	{ " from EX1.corp.example (192.0.2.3) by EX2.corp.example (192.0.2.2) with Microsoft SMTP "
	  "Server id 15.1.2507.6 via Frontend Transport" DATE,
	  "EX1.corp.example", NULL, "192.0.2.3", "EX2.corp.example", "Microsoft SMTP Server",
	  "15.1.2507.6" },
	/* Gmail */
	{ " from mail-x1.example.com (mail-x1.example.com. [2001:db8:4864:20::1])\r\n"
	  "        by mx.example.org with ESMTPS id a1sor123.4.2026.11.22.04.00.00\r\n"
	  "        for <user@example.org>\r\n"
	  "        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n"
	  "        Sat, 21 Nov 2026 20:00:00 -0800 (PST)",
	  "mail-x1.example.com", "mail-x1.example.com", "2001:db8:4864:20::1", "mx.example.org",
	  "ESMTPS", "a1sor123.4.2026.11.22.04.00.00", "user@example.org",
	  "version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256" },
	{ " by 2001:db8:a05:7022::1 with SMTP id ab12csp1234; Sat, 21 Nov 2026 20:00:00 -0800 "
	  "(PST)",
	  NULL, NULL, NULL, "2001:db8:a05:7022::1", "SMTP", "ab12csp1234" },
	/* Yahoo, CommuniGate, Courier, OpenSMTPD, Dovecot LMTP, Haraka, Domino */
	{ " from 192.0.2.1  (EHLO mail.example.net) (192.0.2.1)\r\n  by mta1.example.com with "
	  "SMTPs\r\n (version=TLS1_2 cipher=X)" DATE,
	  "mail.example.net", NULL, "192.0.2.1", "mta1.example.com", "SMTPs", NULL, NULL,
	  "version=TLS1_2 cipher=X" },
	{ " from [192.0.2.1] (account user@example.com HELO [10.0.0.1])\r\n  by example.com "
	  "(CommuniGate Pro SMTP 6.2.1)\r\n"
	  "  with ESMTPSA id 12345 for a@example.net" DATE,
	  "[10.0.0.1]", NULL, "192.0.2.1", "example.com", "ESMTPSA", "12345", "a@example.net", NULL,
	  true },
	{ " from helo.example.net (rdns.example.net [::ffff:192.0.2.1])\r\n  (AUTH: LOGIN user, "
	  "TLS: TLSv1.2,128bits,X)\r\n"
	  "  by mx.example.com with ESMTPSA\r\n  id 0000000000011" DATE,
	  "helo.example.net", "rdns.example.net", "192.0.2.1", "mx.example.com", "ESMTPSA",
	  "0000000000011", NULL, "AUTH: LOGIN user, TLS: TLSv1.2,128bits,X", true },
	{ " from helo.example.net (<unknown> [192.0.2.1])\r\n\tby mx.example.com (OpenSMTPD) with "
	  "ESMTPS id ab12 (TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO)\r\n"
	  "\tfor <u@example.com>" DATE,
	  "helo.example.net", NULL, "192.0.2.1", "mx.example.com", "ESMTPS", "ab12",
	  "u@example.com", "TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO" },
	{ " from mx.example.com\r\n\tby imap.example.com with LMTP\r\n\tid aBc/DeF (envelope-from "
	  "<s@example.net>)\r\n\tfor <u@example.com>" DATE,
	  "mx.example.com", NULL, NULL, "imap.example.com", "LMTP", "aBc/DeF", "u@example.com" },
	{ " from mail.example.net ([192.0.2.1])          by domino.example.com (IBM Domino Release "
	  "9.0.1)\r\n"
	  "          with ESMTP id 2026112204000000-12 ;\r\n          Sun, 22 Nov 2026 04:00:00 "
	  "+0000 ",
	  "mail.example.net", NULL, "192.0.2.1", "domino.example.com", "ESMTP",
	  "2026112204000000-12" },
	/* what is odd, and what is nothing */
	{ " FROM a.example BY b.example", "a.example", NULL, NULL, "b.example", NULL, NULL, NULL,
	  NULL, false, true },
	{ " from a.example (b.example) by c.example" DATE, "a.example", "b.example", NULL,
	  "c.example" },
	{ " from 192.0.2.8 by c.example" DATE, "192.0.2.8", NULL, "192.0.2.8", "c.example" },
	{ " from by by by" DATE, "by", NULL, NULL, "by" },
	{ " from a.example (x; y) by \"q;z\" id 1; bad date", "a.example", NULL, NULL, "\"q;z\"",
	  NULL, "1", NULL, NULL, false, true },
	{ " from a.example (tls.example [192.0.2.1]) by c.example" DATE, "a.example", "tls.example",
	  "192.0.2.1", "c.example" },
	{ " from a.example (((unclosed [192.0.2.1]", "a.example", NULL, "192.0.2.1", NULL, NULL,
	  NULL, NULL, NULL, false, true },
	{ " from a.example (b\\", "a.example", NULL, NULL, NULL, NULL, NULL, NULL, NULL, false,
	  true },
	{ " from", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, true, true },
	{ "", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, true, true },
	{ " lorem ipsum (dolor)", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, true,
	  true },
	{ " for <user> ;", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, true, true },
};

static void same(const char *in, const char *what, struct str got, const char *want)
{
	if (want ? !str_eq(got, str_c(want)) : got.p != NULL)
		fail_msg("\"%s\": %s is \"%.*s\", expected \"%s\"", in, what, STR_ARG(got),
			 want ? want : "(absent)");
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct row *t = &table[i];
		struct arena *a = arena_new(0);
		struct received r;
		char ip[IP_TEXT_MAX];
		received_parse(a, str_c(t->in), &r);
		same(t->in, "from", r.from_name, t->from);
		same(t->in, "rdns", r.rdns, t->rdns);
		same(t->in, "by", r.by, t->by);
		same(t->in, "with", r.with, t->with);
		same(t->in, "id", r.id, t->id);
		same(t->in, "for", r.for_addr, t->for_addr);
		same(t->in, "tls", r.tls, t->tls);
		assert_string_equal(ip_format(&r.ip, ip), t->ip ? t->ip : "");
		assert_int_equal(r.auth, t->auth);
		assert_true(r.date == (t->no_date ? 0 : T0));
		assert_int_equal(r.parsed, !t->no_parse);
		arena_free(a);
	}
}

/* Long runs of brackets and quotes cost no more than their length. */
static void test_hostile(void **state)
{
	static const char *const units[] = { "(",      ")", "\"",   "\\",     ";",
					     "from (", "[", "(a [", "with x " };
	static char big[65536];

	(void)state;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		struct arena *a = arena_new(0);
		size_t n = strlen(units[i]);
		struct received r;
		for (size_t k = 0; k + n <= sizeof big; k += n)
			memcpy(big + k, units[i], n);
		received_parse(a, str_of(big, sizeof big), &r);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
