/* Received fields of every kind of MTA, whose relays are ours, and what hostile fields cost. */
#include "lib/test.h"

#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/file.h"
#include "mail/msg.h"
#include "mail/view/relays_priv.h"

#define FIELDS MERLON_SRCDIR "/tests/unit/mail/view/data/received.tsv"
#define FIELDS_MIN 60u

static struct str text_of(struct arena *a, struct str line)
{
	struct hop h;

	switch (hop_read(a, line, &h)) {
	case HOP_UNPARSEABLE:
		return STR("UNPARSED");
	case HOP_QMAIL_SCANNER:
		return STR("SCANNER");
	case HOP_SKIP:
	case HOP_FETCHED:
		return STR("SKIP");
	default:
		break;
	}
	return arena_printf(
		a,
		"[ ip=%.*s rdns=%.*s helo=%.*s by=%.*s ident=%.*s envfrom=%.*s intl=0 id=%.*s "
		"auth=%.*s msa=0 ]%s%s",
		STR_ARG(h.f.ip), STR_ARG(h.f.rdns), STR_ARG(h.f.helo), STR_ARG(h.f.by),
		STR_ARG(h.f.ident), (int)h.envfrom.n, h.envfrom.p ? h.envfrom.p : "", STR_ARG(h.id),
		STR_ARG(h.auth), !h.f.rdns.n && h.looked_up ? " NORDNS" : "",
		view_ip_private(h.f.ip) ? " PRIV" : "");
}

/* The file has what SpamAssassin 4.0.1 reads out of each field. */
static void test_forms(void **state)
{
	struct arena *a = arena_new(0);
	struct str text;
	struct err e = { "" };
	size_t rows = 0;

	(void)state;
	assert_int_equal(file_read(a, FIELDS, 1u << 20, &text, &e), 0);
	while (text.n) {
		struct str line = str_cut(&text, '\n'), want = str_cut(&line, '\t');
		struct str got = text_of(a, line);
		if (!str_eq(got, want))
			fail_msg("%.*s:\n got %.*s\nwant %.*s", STR_ARG(line), STR_ARG(got),
				 STR_ARG(want));
		rows++;
	}
	assert_true(rows >= FIELDS_MIN);
	arena_free(a);
}

static struct view *view_of(struct arena *a, struct str headers, const struct view_env *env,
			    const struct view_client *c)
{
	struct hdr_list *h = ARENA_NEW(a, struct hdr_list);
	struct msg_reader *r;

	hdr_init(h, a);
	r = msg_new(a, h, NULL, NULL);
	msg_feed(r, headers);
	msg_end(r);
	return view_new(a, env, h, NULL, c, STR_NULL);
}

#define HOP(ip)                                                                                    \
	"Received: from x.example (x.example [" ip "]) by y.example (Postfix) with SMTP id abc\n"

static const struct {
	const char *headers;
	const char *trusted, *internal; /* networks; NULL: the guess */
	const char *kinds;		/* T trusted, t trusted but external, U untrusted */
} trust[] = {
	{ HOP("10.0.0.1") HOP("192.0.2.1") HOP("10.0.0.2"), NULL, NULL, "TUU" },
	{ HOP("192.0.2.1"), NULL, NULL, "U" },
	{ HOP("127.0.0.1") HOP("192.168.1.1"), NULL, NULL, "TT" },
	{ HOP("192.0.2.1") HOP("192.0.2.2") HOP("198.51.100.1"), "192.0.2.0/24", NULL, "TTU" },
	{ HOP("192.0.2.1") HOP("198.51.100.1") HOP("203.0.113.1"), "192.0.2.0/24 198.51.100.0/24",
	  "192.0.2.0/24", "TtU" },
	{ HOP("10.0.0.1"), "192.0.2.0/24", NULL, "U" },
	{ HOP("127.0.0.1"), "192.0.2.0/24", NULL, "T" },
	{ "Received: from a by b with POP3 (fetchmail-6.2.5) for joe@localhost\n" HOP("192.0.2.1"),
	  NULL, NULL, "U" },
	{ HOP("10.0.0.1") "Received: from a by b with IMAP (fetchmail-5.9.0) for x\n" HOP(
		  "10.0.0.2"),
	  NULL, NULL, "T" },
	{ "X-Originating-IP: [192.0.2.77]\n", NULL, NULL, "U" },
};

static struct view_nets nets_of(struct arena *a, const char *text)
{
	VEC(struct view_net) v = { 0 };
	struct str s = str_c(text);

	while (s.n) {
		struct view_net n = { .not = false };
		assert_true(cidr_parse(str_cut(&s, ' '), &n.net));
		VEC_PUSH(a, v) = n;
	}
	return (struct view_nets){ v.p, v.n };
}

static void test_trust(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof trust / sizeof *trust; i++) {
		struct arena *a = arena_new(0);
		struct view_env env = { .trusted = nets_of(a, trust[i].trusted),
					.internal = nets_of(a, trust[i].internal) };
		struct view *v = view_of(a, str_c(trust[i].headers), &env, NULL);
		struct buf b = { .arena = a };
		size_t n;
		const struct view_relay *r = view_relays(v, &n);
		for (size_t k = 0; k < n; k++)
			buf_addc(&b, !r[k].trusted ? 'U' : r[k].internal ? 'T' : 't');
		assert_str(buf_str(&b), trust[i].kinds);
		arena_free(a);
	}
}

/* The session's client is the newest relay, and ALL-TRUSTED ends in front of it. */
static void test_client(void **state)
{
	struct arena *a = arena_new(0);
	struct view_client c = { .rdns = STR("mx.example.net"),
				 .helo = STR("hi there"),
				 .by = STR("us.example") };
	struct view *v;

	(void)state;
	assert_true(ip_parse(STR("192.0.2.9"), &c.ip));
	v = view_of(a, str_c("Subject: x\n" HOP("10.0.0.1")), NULL, &c);
	assert_str(
		view_header(v, STR("X-Spam-Relays-Untrusted")),
		"[ ip=192.0.2.9 rdns=mx.example.net helo=hi!there by=us.example ident= envfrom= "
		"intl=0 id= auth= msa=0 ] [ ip=10.0.0.1 rdns=x.example helo=x.example by=y.example "
		"ident= envfrom= intl=0 id=abc auth= msa=0 ]");
	assert_null(view_header(v, STR("ALL-TRUSTED")).p);
	assert_str(view_header(v, STR("X-Spam-Relays-Trusted")), "");
	arena_free(a);
}

static const char *const hostile[] = {
	"from x (",
	"[1.2.3.4] ",
	"@[1.2.3.4]",
	"(a [1.2.3.4]) ",
	" by ",
	" by x (",
	"\"",
	"a.",
	" with ",
	"from from ",
	"=",
	"(HELO x) ",
	"1.2.3.4",
	":::",
	"from x (HELO x) (@1.2.3.4).",
};

static double seconds_of(const char *unit, size_t octets)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	clock_t began;
	struct hop h;

	buf_add(&b, STR("from x ("));
	while (b.n < octets)
		buf_add(&b, str_c(unit));
	began = clock();
	hop_read(a, buf_str(&b), &h);
	arena_free(a);
	return (double)(clock() - began) / CLOCKS_PER_SEC;
}

/* RELAYS_MAX_TRIES, VIEW_MAX_FIELD: no field costs over 50 ms even with sanitizers. */
static void test_cost(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		double t = seconds_of(hostile[i], VIEW_MAX_FIELD);
		if (t > 0.05)
			fail_msg("\"%s\": %f s", hostile[i], t);
	}
}

/* RELAYS_MAX_FIELDS: what is further down is not read. */
static void test_many(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	size_t n;

	(void)state;
	for (size_t i = 0; i < RELAYS_MAX_FIELDS + 20; i++)
		buf_add(&b, str_c(HOP("192.0.2.1")));
	view_relays(view_of(a, buf_str(&b), NULL, NULL), &n);
	assert_int_equal(n, RELAYS_MAX_FIELDS);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),  cmocka_unit_test(test_trust),
		cmocka_unit_test(test_client), cmocka_unit_test(test_cost),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
