/* The predicates over headers that SpamAssassin's stock rules call: one small message each way. */
#include "lib/test.h"
#include "scan/setup.h"

#include "checks/checks.h"
#include "mail/msg.h"

#define RCVD(ip, date)                                                                             \
	"Received: from a.example (a.example [" ip "]) by b.example (Postfix) with SMTP id abc;"   \
	" " date "\n"

static const struct {
	const char *test, *arg1, *arg2, *arg3; /* NULL: no more */
	const char *yes, *no;		       /* headers */
} rows[] = {
	{ "check_for_shifted_date", "3", "6", NULL,
	  "Date: Thu, 22 Aug 2002 12:00:00 +0000\n" RCVD("192.0.2.1",
							 "Thu, 22 Aug 2002 08:00:00 +0000"),
	  "Date: Thu, 22 Aug 2002 12:00:00 +0200\n" RCVD("192.0.2.1",
							 "Thu, 22 Aug 2002 10:00:00 GMT") },
	{ "check_for_shifted_date", "undef", "-96", NULL,
	  "Date: 1 Jan 2001 00:00:00 +0000\n" RCVD("192.0.2.1", "1 Feb 2001 00:00:00 +0000"),
	  "Date: junk\n" RCVD("192.0.2.1", "1 Feb 2001 00:00:00 +0000") },
	{ "check_outlook_message_id", NULL, NULL, NULL,
	  "Message-ID: <000001c24a00$00000000$00000000@x>\nDate: 1 Jan 2020 00:00:00 +0000\n" RCVD(
		  "192.0.2.1", "1 Jan 2020 00:00:00 +0000"),
	  "Message-ID: <1@x>\nDate: 1 Jan 2020 00:00:00 +0000\n" },
	{ "check_illegal_chars", "Subject", "0.00", "2", "Subject: \xe9\xe9\n",
	  "Subject: \xc3\xa9\xc3\xa9\n" },
	{ "check_illegal_chars", "Subject", "0.00", "1", "Subject: \x01\n", "Subject: x \xa3\n" },
	{ "check_header_count_range", "Subject", "2", "999", "Subject: a\nSubject: b\n",
	  "Subject: a\nSubject: a\n" },
	{ "check_all_trusted", NULL, NULL, NULL, RCVD("10.0.0.1", "x"), RCVD("192.0.2.1", "x") },
	{ "check_no_relays", NULL, NULL, NULL, "A: b\n", RCVD("192.0.2.1", "x") },
	{ "check_relays_unparseable", NULL, NULL, NULL, "Received: from x\n", "A: b\n" },
	{ "helo_ip_mismatch", NULL, NULL, NULL,
	  "Received: from 198.51.100.1 (a.example [192.0.2.1]) by b.example (Postfix) with SMTP id "
	  "abc\n",
	  "Received: from 192.0.2.77 (a.example [192.0.2.1]) by b.example (Postfix) with SMTP id "
	  "abc\n" },
	{ "check_for_no_rdns_dotcom_helo", NULL, NULL, NULL,
	  "Received: from yahoo.com (unknown [192.0.2.1]) by b.example (Postfix) with SMTP id "
	  "abc\n",
	  "Received: from yahoo.com (a.yahoo.com [192.0.2.1]) by b.example (Postfix) with SMTP id "
	  "abc\n" },
	{ "check_for_fake_aol_relay_in_rcvd", NULL, NULL, NULL,
	  "Received: from rly-xw01.mx.aol.com by x; y\n",
	  "Received: from rly-xw01.mx.aol.com (x/AOL-5.0.0) by x; y\n" },
	{ "check_for_no_hotmail_received_headers", NULL, NULL, NULL,
	  "From: a@hotmail.com\n" RCVD("192.0.2.1", "x"),
	  "From: a@b.com\n" RCVD("192.0.2.1", "x") },
	{ "check_for_forged_hotmail_received_headers", NULL, NULL, NULL,
	  "Received: from mx.hotmail.com (x [192.0.2.1]) by y\n", "From: a@hotmail.com\n" },
	{ "check_for_forged_yahoo_received_headers", NULL, NULL, NULL,
	  "From: a@yahoo.com\n" RCVD("192.0.2.1", "x"),
	  "From: a@yahoo.com\nReceived: from [192.0.2.1] by web1.mail.yahoo.com via HTTP; x\n" },
	{ "check_for_forged_gmail_received_headers", NULL, NULL, NULL,
	  "From: a@gmail.com\n" RCVD("192.0.2.1", "x"),
	  "From: a@gmail.com\nX-Received: by 10.1.2.3 with SMTP id x\n" RCVD("192.0.2.1", "x") },
	{ "check_for_forged_eudoramail_received_headers", NULL, NULL, NULL,
	  "From: a@eudoramail.com\n" RCVD("192.0.2.1", "x"),
	  "From: a@eudoramail.com\nX-Sender-Ip: 192.0.2.1\nReceived: by x.whowhere.com; y\n" },
	{ "check_for_forged_juno_received_headers", NULL, NULL, NULL,
	  "From: a@juno.com\n" RCVD("192.0.2.1", "x"), "From: a@b.com\n" RCVD("192.0.2.1", "x") },
	{ "gated_through_received_hdr_remover", NULL, NULL, NULL, "A: b\n",
	  RCVD("192.0.2.1", "x") },
	{ "sorted_recipients", NULL, NULL, NULL,
	  "To: a@x.com, b@x.com, c@x.com, d@x.com, e@x.com, f@x.com, g@x.com\n",
	  "To: b@x.com, a@x.com, c@x.com, d@x.com, e@x.com, f@x.com, g@x.com\n" },
	{ "similar_recipients", "0.65", "undef", NULL,
	  "To: joa@x.com, job@x.com, joc@x.com, jod@x.com, joe@x.com\n",
	  "To: a1@x.com, b1@x.com, c1@x.com, d1@x.com, e1@x.com\n" },
	{ "check_for_missing_to_header", NULL, NULL, NULL, "A: b\n", "To: x\n" },
	{ "check_unresolved_template", NULL, NULL, NULL, "X-Foo: %RND_X\n", "Subject: %RND_X\n" },
	{ "subject_is_all_caps", NULL, NULL, NULL, "Subject: Re: BUY NOW THIS\n",
	  "Subject: BUY NOW This\n" },
	{ "check_for_to_in_subject", "user", NULL, NULL, "To: joe@x.com\nSubject: joe, hello\n",
	  "To: joe@x.com\nSubject: hello joe\n" },
	{ "check_for_to_in_subject", "address", NULL, NULL,
	  "To: joe@x.com\nSubject: hi Joe@x.com!\n",
	  "To: joe@x.com\nSubject: hi joe@x.community\n" },
	{ "check_for_matching_env_and_hdr_from", NULL, NULL, NULL,
	  "Return-Path: <A@b.com>\nFrom: a@b.com\n", "Return-Path: <x@b.com>\nFrom: a@b.com\n" },
	{ "check_equal_from_domains", NULL, NULL, NULL, "Return-Path: <x@y.com>\nFrom: a@b.com\n",
	  "Return-Path: <x@y.b.com>\nFrom: a@z.b.com\n" },
	{ "check_ratware_name_id", NULL, NULL, NULL,
	  "From: \"x y\" <a@b.com>\nMessage-ID: <ABCDEFGHIJKLMNOPQRSTUVWXYZAB.a@b.com>\n",
	  "From: \"x y\" <a@b.com>\nMessage-ID: <ABCDEFGHIJKLMNOPQRSTUVWXYZA.a@b.com>\n" },
	{ "check_ratware_envelope_from", NULL, NULL, NULL,
	  "To: joe@b.com\nReturn-Path: <b.com.joe@x.com>\n",
	  "To: joe@b.com\nReturn-Path: <joe@b.com>\n" },
	{ "check_mailfrom_matches_rcvd", NULL, NULL, NULL,
	  "Return-Path: <x@foo.com>\nReceived: from a (mx.foo.com [192.0.2.1]) by b.example "
	  "(Postfix) with SMTP id abc\n",
	  NULL },
	{ "check_freemail_from", NULL, NULL, NULL, "From: joe@free.com\n",
	  "From: info@free.com\n" },
	{ "check_freemail_header", "Reply-To", "\\d@", NULL, "Reply-To: joe1@free.com\n",
	  "Reply-To: joe@free.com\n" },
	{ "check_freemail_replyto", "replyto", NULL, NULL,
	  "From: a@free.com\nReply-To: b@free.com\n", "From: a@free.com\nReply-To: a@free.com\n" },
	{ "check_from_in_list", "BANKS", NULL, NULL, "From: x@mybank.com\n",
	  "From: x@other.com\n" },
	{ "check_replyto_in_list", "BANKS", NULL, NULL, "Reply-To: x@mybank.com\n",
	  "From: x@mybank.com\n" },
	{ "check_from_in_blocklist", NULL, NULL, NULL, "From: x@bad.com\n", "From: x@good.com\n" },
	{ "check_from_in_welcomelist", NULL, NULL, NULL, "From: x@friend.com\n",
	  "From: x@bad.com\n" },
	{ "check_to_in_blocklist", NULL, NULL, NULL, "To: x@bad.com\n", "To: x@good.com\n" },
	{ "check_subject_in_blocklist", NULL, NULL, NULL, "Subject: very Cheap meds\n",
	  "Subject: cheese\n" },
	{ "check_fromname_spoof", NULL, NULL, NULL, "From: \"boss@foo.com\" <x@evil.com>\n",
	  "From: \"boss@foo.com\" <x@foo.com>\n" },
	{ "check_fromname_equals_replyto", NULL, NULL, NULL,
	  "From: \"boss@foo.com\" <x@evil.com>\nReply-To: boss@foo.com\n",
	  "From: \"boss@foo.com\" <x@evil.com>\nReply-To: other@foo.com\n" },
	{ "check_fromname_equals_to", NULL, NULL, NULL,
	  "From: \"boss@foo.com\" <x@evil.com>\nTo: boss@foo.com\n",
	  "From: \"boss@foo.com\" <x@evil.com>\nTo: joe@foo.com\n" },
	{ "check_for_faraway_charset_in_headers", NULL, NULL, NULL, "Subject: =?big5?q?x?=\n",
	  "Subject: =?utf-8?q?x?=\n" },
	{ "check_dkim_adsp", "A", NULL, NULL, NULL, "From: a@b.com\n" },
	{ "check_for_forged_received_trail", NULL, NULL, NULL,
	  "Received: from a (x.one.com [192.0.2.1]) by y.zero.com (Postfix) with SMTP id abc\n"
	  "Received: from a (x.two.com [192.0.2.2]) by y.other.com (Postfix) with SMTP id abc\n"
	  "Received: from a (x.three.com [192.0.2.3]) by y.more.com (Postfix) with SMTP id abc\n",
	  "Received: from a (x.one.com [192.0.2.1]) by y.zero.com (Postfix) with SMTP id abc\n"
	  "Received: from a (x.two.com [192.0.2.2]) by y.one.com (Postfix) with SMTP id abc\n" },
	{ "check_for_matching_env_and_hdr_from", NULL, NULL, NULL, NULL,
	  "Return-Path: <>\nFrom: a@b.com\n" },
};

static struct lists *lists_of(struct arena *a)
{
	static const char *const entries[][2] = {
		{ "freemail_domains", "free.com" },
		{ "addrlist:BANKS", "*@mybank.com" },
		{ "blocklist_from", "*@bad.com" },
		{ "welcomelist_from", "x@friend.com" },
		{ "blocklist_to", "x@bad.com" },
		{ "blocklist_subject", "cheap*meds" },
		{ "ok_locales", "en" },
	};
	struct lists *l = lists_new(a);

	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
		lists_add(l, str_c(entries[i][0]), str_c(entries[i][1]), STR_NULL);
	return l;
}

static void nothing(void *arg, struct str octets)
{
	content_push(arg, octets);
}

/* No check has run before. */
static const struct scan_setup no_checks;
static const struct scan_env no_env = { .setup = &no_checks };

static void make_scan(struct arena *a, struct scan *s, const char *headers)
{
	static const struct content_env none;
	struct map *tlds = map_new(a, false);
	struct view_env env = { .tlds = { tlds, map_new(a, false), map_new(a, false) } };
	struct msg_reader *r;

	map_put(tlds, STR("com"), a);
	map_put(tlds, STR("example"), a);
	*s = (struct scan){ .arena = a, .env = &no_env, .lists = lists_of(a) };
	hdr_init(&s->headers, a);
	s->content = content_new(a, &none, &s->headers);
	r = msg_new(a, &s->headers, nothing, s->content);
	msg_feed(r, str_c(headers));
	msg_feed(r, STR("\nhello\n"));
	msg_end(r);
	content_end(s->content);
	s->view = view_new(a, &env, &s->headers, s->content, NULL, STR_NULL);
}

static const struct predicate *find(const char *name)
{
	for (const struct predicate *p = check_sa_header.predicates; p->name; p++)
		if (str_eq(str_c(p->name), str_c(name)))
			return p;
	fail_msg("no predicate %s", name);
	return NULL;
}

static bool holds(size_t i, const char *headers)
{
	struct arena *a = arena_new(0);
	const char *const texts[3] = { rows[i].arg1, rows[i].arg2, rows[i].arg3 };
	struct predicate_arg arg[3] = { 0 };
	struct str evidence = STR_NULL;
	struct scan s;
	size_t n = 0;
	bool r;

	make_scan(a, &s, headers);
	while (n < 3 && texts[n]) {
		arg[n].text = str_c(texts[n]);
		n++;
	}
	r = find(rows[i].test)->test(&s, arg, n, &evidence);
	arena_free(a);
	return r;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].yes && !holds(i, rows[i].yes))
			fail_msg("%s does not hold of\n%s", rows[i].test, rows[i].yes);
		if (rows[i].no && holds(i, rows[i].no))
			fail_msg("%s holds of\n%s", rows[i].test, rows[i].no);
	}
}

/* A message that is not read (it crashed us twice): nothing is asked of what is not there. */
static void test_no_view(void **state)
{
	struct arena *a = arena_new(0);
	struct predicate_arg arg[3] = { { .text = STR("Subject") },
					{ .text = STR("undef") },
					{ .text = STR("undef") } };

	(void)state;
	for (const struct predicate *p = check_sa_header.predicates; p->name; p++) {
		struct scan s = { .arena = a, .env = &no_env, .lists = lists_new(a) };
		struct str evidence = STR_NULL;
		if (strstr(p->name, "spf") || strstr(p->name, "dkim") || strstr(p->name, "dmarc") ||
		    strstr(p->name, "arc_"))
			continue; /* those ask other checks */
		p->test(&s, arg, strcspn(p->args, "|"), &evidence);
		assert_non_null(p->help);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows),
					    cmocka_unit_test(test_no_view) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
