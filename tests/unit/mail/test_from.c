/* The visible author: one test a trick, and what is still good. */
#include "lib/test.h"

#include "base/buf.h"
#include "mail/from.h"
#include "mail/msg.h"

struct row {
	enum from_why why;
	const char *domain;  /* FROM_OK */
	const char *domains; /* all that are readable, " " between */
	struct str in;	     /* header block */
};

#define G "good.example"
#define E "evil.example"
#define AMB FROM_AMBIGUOUS

static const struct row table[] = {
	{ FROM_OK, G, G, STR("From: a@" G "\n") },
	{ FROM_OK, G, G, STR("fRoM:Joe <a@Good.Example>\n") },
	{ FROM_OK, G, G, STR("From:\r\n a@" G "\r\n (Joe)\r\n") },
	{ FROM_OK, "xn--bcher-kva.example", "xn--bcher-kva.example",
	  STR("From: a@B\xc3\xbc"
	      "cher.example\n") },
	{ FROM_OK, G, G, STR("From: a@" G ", B <b@GOOD.example>\n") },
	{ FROM_OK, G, G, STR("From: John Q. Public <a@" G ">,\n") },
	{ FROM_OK, G, G, STR("From: J\xf6rg <a@" G ">\n") },
	{ FROM_OK, G, G, STR("From: \"a b\"@" G "\n") },
	{ FROM_OK, G, G, STR("From: a@" G "\nSender: x@" E "\nResent-From: y@" E "\n") },
	{ FROM_OK, G, G,
	  STR("X-From: x@" E "\nFrom: a@" G "\nFrom-: y@" E "\nReceived: x\n from: y\n") },
	{ FROM_OK, G, G, STR("From : a@" G "\n") },
	{ FROM_OK, "localhost", "localhost", STR("From: a@localhost\n") },
	/* A display name may be an address; what is authenticated is the other one. */
	{ FROM_OK, E, E, STR("From: \"a@" G "\" <b@" E ">\n") },
	{ FROM_OK, G, G, STR("From: =?utf-8?q?Joe_=28a=40good.example=29?= <a@" G ">\n") },
	{ FROM_OK, G, G, STR("From: =?utf-8?q?Joe=2C_Jr?= <a@" G ">\n") },
	/* none */
	{ FROM_MISSING, NULL, "", STR("To: a@" G "\n") },
	{ FROM_MISSING, NULL, "", STR("Sender: a@" G "\nResent-From: a@" G "\n") }, /* A8 */
	{ FROM_MISSING, NULL, "", STR("") },
	{ FROM_EMPTY, NULL, "", STR("From:\n") },
	{ FROM_EMPTY, NULL, "", STR("From: (a@" G ")\n") },
	{ FROM_EMPTY, NULL, "", STR("From: g:;\n") },
	{ FROM_EMPTY, NULL, "", STR("From: ,\n") },
	/* A6, A7: more than one field */
	{ FROM_FIELDS, NULL, G " " E, STR("From: a@" G "\nFrom: b@" E "\n") },
	{ FROM_FIELDS, NULL, G, STR("From: a@" G "\nFrom: a@" G "\n") },
	{ FROM_FIELDS, NULL, E " " G, STR("From : b@" E "\nFrom: a@" G "\n") },
	{ FROM_FIELDS, NULL, E " " G, STR("FROM\t: b@" E "\nfrom: a@" G "\n") },
	{ FROM_FIELDS, NULL, E " " G, STR("From\0: b@" E "\nFrom: a@" G "\n") },
	{ FROM_FIELDS, NULL, E " " G, STR("From\xa0: b@" E "\nFrom: a@" G "\n") },
	{ FROM_FIELDS, NULL, E " " G,
	  STR("\xef\xbb\xbf"
	      "From: b@" E "\nFrom: a@" G "\n") },
	{ FROM_FIELDS, NULL, G, STR(" From: b@" E "\nFrom: a@" G "\n") },
	{ FROM_FIELDS, NULL, G, STR("X: y\rFrom: b@" E "\nFrom: a@" G "\n") },
	{ FROM_FIELDS, NULL, G, STR("From: a@" G "\nFrom:\n") },
	{ AMB, NULL, E, STR("From\0: b@" E "\n") },
	{ AMB, NULL, "", STR(" From: b@" E "\nTo: x\n") },
	{ AMB, NULL, G, STR("From: a@" G "\nFrom\n : b@" E "\n") },
	{ AMB, NULL, G, STR("From: a@" G "\nno field\nFrom: b@" E "\n") },
	{ FROM_MISSING, NULL, "", STR("From\n : b@" E "\nFrom: a@" G "\n") },
	/* A9 */
	{ FROM_DOMAINS, NULL, G " " E, STR("From: a@" G ", b@" E "\n") },
	{ FROM_DOMAINS, NULL, E " " G, STR("From: a@" E ", b@" G "\n") },
	{ FROM_DOMAINS, NULL, "x." G " " G, STR("From: a@x." G ", b@" G "\n") },
	/* A10, B2 */
	{ FROM_ENCODED, NULL, "", STR("From: =?utf-8?b?YUBnb29kLmV4YW1wbGU=?=\n") },
	{ FROM_ENCODED, NULL, E, STR("From: =?utf-8?b?YUBnb29kLmV4YW1wbGU=?=@" E "\n") },
	{ FROM_ENCODED, NULL, "", STR("From: <a@=?utf-8?q?good.example?=>\n") },
	{ FROM_ENCODED, NULL, E, STR("From: =?utf-8?b?PGFAZ29vZC5leGFtcGxlPg==?=, <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8?b?PGFAZ29vZC5leGFtcGxlPg==?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8?Q?=3Ca=40good.example=3E?= <b@" E ">\n") },
	{ AMB, NULL, E,
	  STR("From: =?utf-8?Q?=3Ca=40good?=\n =?utf-8?q?.example=3E?= <b@" E ">\n") },
	{ FROM_ENCODED, NULL, E, STR("From: =?utf-8?Q?a=40good.example,?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8?Q?a=40good.example=2C?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: \"=?utf-8?Q?=3Ca=40good.example=3E?=\" <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8?q?=3Ca=40good.?= =?utf-8?q?example?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8?q?=3C_a_=40_good.example_=3E?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8?q?a=40good.example=3B?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8?q?a=40good.example=28?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8?q?a=40good.example_=22?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8?q?a=40good.example=00?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8?q?x=0AFrom=3A_a=40good.example?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-7?q?+ADw-a+AEA-good.example+AD4-?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-16?b?ADwAYQBAAGcAbwBvAGQ=?= <b@" E ">\n") },
	{ AMB, NULL, E, STR("From: =?utf-8*en?q?=3Ca=40good.example=3E?= <b@" E ">\n") },
	{ AMB, NULL, E,
	  STR("From: =?iso-2022-jp?b?GyRCQD4bKEI8YUBnb29kLmV4YW1wbGU+?= <b@" E ">\n") },
	/* Honest names that have an address, or octets like one, in them */
	{ FROM_OK, E, E, STR("From: =?utf-8?q?a=40good.example_via_List?= <b@" E ">\n") },
	{ FROM_OK, E, E, STR("From: =?utf-8?q?a=40good.example?= <b@" E ">\n") },
	{ FROM_OK, E, E,
	  STR("From: =?utf-8?q?J=C3=B6_=28a=40good.example=29_via_L?= <b@" E ">\n") },
	{ FROM_OK, E, E, STR("From: =?utf-8?q?J=C3=B6=2C_Al_=40_Acme=2C_Inc?= <b@" E ">\n") },
	{ FROM_OK, E, E, STR("From: =?utf-8?q?J=C3=B6_=3Cb=40evil.example=3E?= <b@" E ">\n") },
	/* JIS X 0208: the octets of this kanji are "@>", of that before it "Bg" */
	{ FROM_OK, E, E, STR("From: =?iso-2022-jp?b?GyRCQmdAPkA+PEAbKEI=?= <b@" E ">\n") },
	{ FROM_OK, E, E, STR("From: =?hz-gb-2312?q?~{=3C=40E=3E~}?= <b@" E ">\n") },
	{ FROM_OK, E, E, STR("From: =?utf-8?q?a=40good.example <b@" E ">\n") },
	/* A11 */
	{ AMB, NULL, E " " G, STR("From: <@" G ":b@" E ">\n") },
	{ AMB, NULL, E " " G " x", STR("From: <@" G ",@x:b@" E ">\n") },
	/* A12, A13 */
	{ FROM_SYNTAX, NULL, G " " E, STR("From: <a@" G ">\\,<b@" E ">\n") },
	{ FROM_SYNTAX, NULL, G " " E, STR("From: <a@" G ">b@" E "\n") },
	{ FROM_SYNTAX, NULL, G " " E, STR("From: a@" G "<b@" E ">\n") },
	{ FROM_SYNTAX, NULL, E " " G, STR("From: <b@" E "> a@" G "\n") },
	{ FROM_SYNTAX, NULL, G " " E, STR("From: a@" G "@" E "\n") },
	{ FROM_SYNTAX, NULL, G, STR("From: Joe a@" G "\n") },
	{ FROM_SYNTAX, NULL, E " " G, STR("From: b@" E ";a@" G "\n") },
	{ FROM_SYNTAX, NULL, E, STR("From: Joe <b@" E "\n") },
	{ FROM_SYNTAX, NULL, E, STR("From: (b@" E "\n") },
	{ FROM_SYNTAX, NULL, E, STR("From: b@" E ", x y\n") },
	{ AMB, NULL, E " " G, STR("From: \"a@" G "\"@" E "\n") },
	{ AMB, NULL, E " " G, STR("From: \"<a@" G ">\"@" E "\n") },
	{ AMB, NULL, E " evil", STR("From: b@evil(." G ").example\n") },
	{ AMB, NULL, E, STR("From: <b@" E "(." G ")>\n") },
	{ AMB, NULL, E, STR("From: b @" E "\n") },
	{ AMB, NULL, E " evil", STR("From: b@evil\n .example\n") },
	{ AMB, NULL, E, STR("From: a: b@" E ";\n") },
	/* B1 and other characters that are not seen */
	{ FROM_CONTROL, NULL, G " " E, STR("From: a@" G "\0@" E "\n") },
	{ FROM_CONTROL, NULL, G, STR("From: a@" G "\0\n") },
	{ FROM_CONTROL, NULL, E " " G, STR("From: \"a@" G "\0\" <b@" E ">\n") },
	{ FROM_CONTROL, NULL, E, STR("From: b@" E " (\x01)\n") },
	{ FROM_CONTROL, NULL, G, STR("From: a@" G "\r\r\n") },
	{ FROM_BAD_DOMAIN, NULL, "", STR("From: a@good\xc2\xa0.example\n") },
	{ FROM_BAD_DOMAIN, NULL, "", STR("From: a@" G "\xe2\x80\xae\n") },
	{ FROM_BAD_DOMAIN, NULL, "", STR("From: a@" G "\xff\n") },
	/* domains */
	{ FROM_NO_DOMAIN, NULL, "", STR("From: root\n") },
	{ FROM_NO_DOMAIN, NULL, "", STR("From: Cron <root>\n") },
	{ FROM_NO_DOMAIN, NULL, "", STR("From: a@[192.0.2.1]\n") },
	{ FROM_NO_DOMAIN, NULL, G, STR("From: a@" G ", root\n") },
	{ FROM_BAD_DOMAIN, NULL, "", STR("From: a@-good.example\n") },
	{ FROM_BAD_DOMAIN, NULL, "", STR("From: a@good-.example\n") },
	/* "_" is no letter of host names, but of names in DNS: their owners' policy holds for it */
	{ FROM_OK, "a_b.good.example", "a_b.good.example", STR("From: a@A_b.good.example\n") },
	{ FROM_OK, "good_.example", "good_.example", STR("From: a@good_.example\n") },
	{ FROM_BAD_DOMAIN, NULL, "", STR("From: a@xn--bcher-kva_.example\n") },
	{ FROM_BAD_DOMAIN, NULL, "", STR("From: a@xn--.example\n") },
	{ FROM_BAD_DOMAIN, NULL, G, STR("From: a@" G ", b@xn--a.example\n") },
};

static void take_body(void *arg, struct str s)
{
	(void)arg;
	(void)s;
}

static void read_block(struct arena *a, struct str in, struct from *f)
{
	struct hdr_list h;
	struct msg_reader *r;

	hdr_init(&h, a);
	r = msg_new(a, &h, take_body, NULL);
	msg_feed(r, in);
	msg_end(r);
	from_read(a, &h, f);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct arena *a = arena_new(0);
		struct buf b = { .arena = a };
		struct from f;
		read_block(a, table[i].in, &f);
		for (size_t k = 0; k < f.domains.n; k++) {
			buf_add(&b, k ? STR(" ") : STR(""));
			buf_add(&b, f.domains.p[k]);
		}
		if (f.why != table[i].why)
			fail_msg("\"%.*s\": %s", STR_ARG(table[i].in),
				 f.why ? from_reason(f.why) : "ok");
		assert_str(buf_str(&b), table[i].domains);
		if (table[i].domain)
			assert_str(f.domain, table[i].domain);
		else
			assert_null(f.domain.p);
		assert_int_equal(from_reason(f.why) == NULL, f.why == FROM_OK);
		arena_free(a);
	}
}

static void test_multiple(void **state)
{
	struct arena *a = arena_new(0);
	struct from f;

	(void)state;
	read_block(a, STR("From: a@" G "\n"), &f);
	assert_false(f.multiple);
	read_block(a, STR("From: a@" G ",b@" G "\n"), &f);
	assert_int_equal(f.why, FROM_OK);
	assert_true(f.multiple);
	assert_int_equal(f.list.v.n, 2);
	/* the list is that of the first field */
	read_block(a, STR("From: a@" G "\nFrom: b@" E ", c@" E "\n"), &f);
	assert_false(f.multiple);
	assert_str(f.list.v.p[0].local, "a");
	arena_free(a);
}

static void test_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct from f;

	(void)state;
	buf_add(&b, STR("From: x0@" G));
	for (unsigned i = 1; i < FROM_MAX_MAILBOXES; i++)
		buf_addf(&b, ", x%u@" G, i);
	read_block(a, buf_str(&b), &f);
	assert_int_equal(f.why, FROM_OK);
	buf_add(&b, STR(", y@" G));
	read_block(a, buf_str(&b), &f);
	assert_int_equal(f.why, FROM_LIMIT);
	for (unsigned i = 0; i < 40; i++)
		buf_addf(&b, ", y@%u." G, i);
	read_block(a, buf_str(&b), &f);
	assert_int_equal(f.why, FROM_LIMIT);
	assert_int_equal(f.domains.n, FROM_MAX_MAILBOXES);
	arena_free(a);
}

/* A field that a limit kept out may have been the one that is shown. */
static void test_dropped(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct from f;

	(void)state;
	buf_add(&b, STR("From: a@" G "\n"));
	for (unsigned i = 1; i < HDR_MAX_FIELDS; i++)
		buf_add(&b, STR("X: y\n"));
	read_block(a, buf_str(&b), &f);
	assert_int_equal(f.why, FROM_OK);
	buf_add(&b, STR("X: y\n"));
	read_block(a, buf_str(&b), &f);
	assert_int_equal(f.why, FROM_OK);
	buf_add(&b, STR("From: b@" E "\n"));
	read_block(a, buf_str(&b), &f);
	assert_int_equal(f.why, FROM_FIELDS);
	b.n = 0;
	buf_add(&b, STR("From: b@" E " ("));
	for (unsigned i = 0; i < HDR_MAX_FIELD; i++)
		buf_addc(&b, 'x');
	buf_add(&b, STR(")\n"));
	read_block(a, buf_str(&b), &f);
	assert_int_equal(f.why, FROM_AMBIGUOUS);
	buf_add(&b, STR("From: a@" G "\n"));
	read_block(a, buf_str(&b), &f);
	assert_int_equal(f.why, FROM_FIELDS);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_multiple),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
