/* Header rules' texts: names, modifiers, decoding, addresses (as SpamAssassin 4.0.1 gives them). */
#include "lib/test.h"

#include "base/buf.h"
#include "mail/msg.h"
#include "mail/view/header_priv.h"

static const struct {
	const char *headers, *spec, *want; /* NULL: absent */
} rows[] = {
	{ "Subject:  a\n b\n", "Subject", "a b\n" },
	{ "Subject:  a\n\tb\n", "Subject:raw", "  a\n\tb\n" },
	{ "Subject: a\nsubject: b\n", "SUBJECT", "a\nb\n" },
	{ "Subject: a\nSubject: b\n", "Subject:last", "b\n" },
	{ "Subject: a\nSubject: b\n", "Subject:first", "a\n" },
	{ "Subject: a\n", "X-None", NULL },
	{ "Subject:\n", "Subject", "\n" },
	{ "Subject: =?utf-8?q?caf=C3=A9?= =?utf-8?b?eA==?= y\n", "Subject", "caf\xc3\xa9x y\n" },
	{ "Subject: =?utf-8?q?a?=\n =?utf-8?q?b?=\n", "Subject", "ab\n" },
	{ "Subject: =?utf-8?b?w?= =?utf-8?b?6Q==?=\n", "Subject", "\xef\xbf\xbd\n" },
	{ "Subject: =?iso-8859-1?q?caf=E9_x?=\n", "Subject", "caf\xc3\xa9 x\n" },
	{ "Subject: caf\xe9\n", "Subject", "caf\xc3\xa9\n" },
	{ "Subject: caf\xe9\n", "Subject:raw", " caf\xe9\n" },
	{ "Message-ID: =?utf-8?q?a?=\n", "Message-ID", "=?utf-8?q?a?=\n" },
	{ "Subject: =?utf-8?x?a?= =?utf-8?q\n", "Subject", "=?utf-8?x?a?= =?utf-8?q\n" },
	{ "From: \"A, B\" <a@b.example>, c@d.example (C)\n", "From:addr",
	  "a@b.example\nc@d.example" },
	{ "From: \"A, B\" <a@b.example>, c@d.example (C)\n", "From:name", "A, B\nC" },
	{ "From: =?utf-8?q?=22x=22?= <a@b.example>\n", "From:name", "\"x\"" },
	{ "From: 'Joe' <a@b.example>\n", "From:name", "Joe" },
	{ "From: a@b.example\n", "From:name", NULL },
	{ "From: Joe Doe\n", "From:addr", NULL },
	{ "From: \"joe@b.example\"\n", "From:addr", "joe@b.example" },
	{ "From: <>\n", "From:addr", NULL },
	{ "From: Group: a@b.example, c@d.example;\n", "From:addr", "a@b.example\nc@d.example" },
	{ "From: x <a@b.example> junk <c@d.example>\n", "From:addr", "a@b.example\nc@d.example" },
	{ "From: <a@b@c.example>\n", "From:addr", "a@b" },
	{ "From: A <a@b.co.uk>\n", "From:addr:host", "b.co.uk" },
	{ "From: A <a@x.b.co.uk>\n", "From:addr:domain", "b.co.uk" },
	{ "Message-ID: <x@mail.b.com>\n", "Message-ID:host", "mail.b.com" },
	{ "Message-ID: <x@mail.b.com>\n", "Message-ID:domain", "b.com" },
	{ "X-IP: [192.0.2.1]\n", "X-IP:ip", "192.0.2.1" },
	{ "X-IP: [192.0.2.1]\n", "X-IP:revip", "1.2.0.192" },
	{ "X-IP: 2001:db8::1\n", "X-IP:ip", "2001:db8::1" },
	{ "X-IP: 1192.0.2.1\n", "X-IP:ip", NULL },
	{ "Cc: b@b.example\nTo: a@a.example\n", "ToCc", "a@a.example\nb@b.example\n" },
	{ "Message-Id: <1@x>\nX-Message-Id: <2@x>\n", "MESSAGEID", "<2@x>\n<1@x>\n" },
	{ "A: 1\nB: =?utf-8?q?2?=\n", "ALL", "A: 1\nB: 2\n" },
	{ "A:1\nB:  2\n 3\n", "ALL:raw", "A:1\nB:  2\n 3\n" },
	{ "Return-Path: <r@x.example>\nFrom: a@b.example\n", "EnvelopeFrom", "r@x.example" },
	{ "Received: from a by b;\nReturn-Path: <r@x.example>\n", "EnvelopeFrom", NULL },
	{ "Return-Path: <>\n", "EnvelopeFrom", NULL },
	{ "X-Envelope-From: <e@x.example>\nReturn-Path: <r@x.example>\n", "EnvelopeFrom",
	  "e@x.example" },
	{ "Received: from a.example ([192.0.2.1]) by b.example with esmtp (Exim 4.9) "
	  "(envelope-from <s@x.example>) id 1abcd\nReturn-Path: <r@x.example>\n",
	  "EnvelopeFrom", "s@x.example" },
};

static void name(struct arena *a, struct map *m, const char *s)
{
	map_put(m, arena_dup(a, str_c(s)), m);
}

static struct view_env env_of(struct arena *a)
{
	static const char *const tlds[] = { "com", "uk", "example" };
	struct map *m[3] = { map_new(a, false), map_new(a, false), map_new(a, false) };

	for (size_t i = 0; i < sizeof tlds / sizeof *tlds; i++)
		name(a, m[0], tlds[i]);
	name(a, m[1], "co.uk");
	return (struct view_env){ .tlds = { m[0], m[1], m[2] } };
}

static struct view *view_of(struct arena *a, struct str headers, const struct view_env *env)
{
	struct hdr_list *h = ARENA_NEW(a, struct hdr_list);
	struct msg_reader *r;

	hdr_init(h, a);
	r = msg_new(a, h, NULL, NULL);
	msg_feed(r, headers);
	msg_end(r);
	return view_new(a, env, h, NULL, NULL, STR_NULL);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_new(0);
		struct view_env env = env_of(a);
		struct view *v = view_of(a, str_c(rows[i].headers), &env);
		struct str got = view_header(v, str_c(rows[i].spec));
		if (!got.p != !rows[i].want || (got.p && !str_eq(got, str_c(rows[i].want))))
			fail_msg("%s of %s: got \"%.*s\", want \"%s\"", rows[i].spec,
				 rows[i].headers, (int)got.n, got.p ? got.p : "(absent)",
				 rows[i].want ? rows[i].want : "(absent)");
		arena_free(a);
	}
}

/* VIEW_MAX_FIELD, VIEW_MAX_HEADER: cut as SpamAssassin cuts. */
static void test_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct view *v;

	(void)state;
	buf_add(&b, STR("Subject: "));
	for (size_t i = 0; i < VIEW_MAX_FIELD * 2; i++)
		buf_addc(&b, 'x');
	buf_addc(&b, '\n');
	v = view_of(a, buf_str(&b), NULL);
	assert_int_equal(view_header(v, STR("Subject:raw")).n, VIEW_MAX_FIELD);
	b.n = 0;
	for (size_t i = 0; i < 20; i++) {
		buf_add(&b, STR("X-A: "));
		for (size_t k = 0; k < 8000; k++)
			buf_addc(&b, 'y');
		buf_addc(&b, '\n');
	}
	v = view_of(a, buf_str(&b), NULL);
	assert_true(view_header(v, STR("ALL")).n <= VIEW_MAX_HEADER);
	assert_true(view_header(v, STR("ALL")).n > VIEW_MAX_HEADER - 8100);
	arena_free(a);
}

static const char *const hostile[] = { "\"",  "<",     "<\"",	 "(",	       "\\",
				       ",",   "a@b <", "=?a?q?", "=?utf-8?b?", "@",
				       "<a@", ">",     "> ",	 "a.com ",     "x@y.com," };

/* Fields of 64 KiB of whatever; nothing reads outside or runs long. */
static void test_hostile(void **state)
{
	static const char *const specs[] = { "From",	  "From:addr",	      "From:name",
					     "From:host", "From:addr:domain", "From:ip" };
	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		struct arena *a = arena_new(0);
		struct view_env env = env_of(a);
		struct buf b = { .arena = a };
		struct view *v;
		buf_add(&b, STR("From: "));
		while (b.n < HDR_MAX_FIELD - 40)
			buf_add(&b, str_c(hostile[i]));
		buf_addc(&b, '\n');
		v = view_of(a, buf_str(&b), &env);
		for (size_t k = 0; k < sizeof specs / sizeof *specs; k++)
			assert_true(view_header(v, str_c(specs[k])).n <= 3 * VIEW_MAX_FIELD);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
