/* What leaves an MTA, against what Sendmail 8.17 and Postfix 3.7 were seen to make of it. */
#include "lib/test.h"

#include "base/buf.h"
#include "mail/emit.h"

#define N10 "NNNNNNNNNN"
#define N50 N10 N10 N10 N10 N10
#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* out NULL: it cannot be told; "": as it came. */
static const struct {
	const char *in, *out;
} to[] = {
	{ " a@b.example", "" },
	{ "a@b.example", "" },
	{ "  a@b.example", "" },
	{ "\ta@b.example", " a@b.example" },
	{ " a@b.example,c@d.example", " a@b.example, c@d.example" },
	{ "a@b.example,c@d.example", "a@b.example, c@d.example" },
	{ " a@b.example,  c@d.example", " a@b.example, c@d.example" },
	{ " a@b.example,\tc@d.example", " a@b.example, c@d.example" },
	{ " a@b.example ,c@d.example", " a@b.example, c@d.example" },
	{ " a@b.example,", " a@b.example" },
	{ " ,a@b.example", " a@b.example" },
	{ "   ,a@b.example", "   a@b.example" },
	{ " a@b.example, ,c@d.example", " a@b.example, c@d.example" },
	{ " a@b.example,\r\n ", " a@b.example" },
	{ " a@b.example ", " a@b.example" },
	{ "\r\n a@b.example", "  a@b.example" },
	{ "\r\n\ta@b.example", "  a@b.example" },
	{ "\r\n a@b.example,\r\n c@d.example", "  a@b.example, c@d.example" },
	{ " \r\n A B <a@b.example>,\r\n c@d.example", "   A B <a@b.example>, c@d.example" },
	{ " A B <a@b.example>\r\n , c@d.example", " A B <a@b.example>, c@d.example" },
	{ " A B\r\n <a@b.example>", "" },
	{ " \"A\r\n B\" <a@b.example>", "" },
	{ " A  B  <a@b.example>", "" },
	{ " A B<a@b.example>", "" },
	{ " \"A  B\"  <a@b.example>", "" },
	{ " \"A. B\" <a@b.example>", "" },
	{ " \"A \\\" B\" <a@b.example>", "" },
	{ " A \"B\" C <a@b.example>", "" },
	{ " A B <a@b.example>  ", " A B <a@b.example>" },
	/* phrases that get quotes */
	{ " A. B. <a@b.example>", " \"A. B.\" <a@b.example>" },
	{ " A  B.  <a@b.example>", " \"A  B.\"  <a@b.example>" },
	{ " A B.<a@b.example>", " \"A B.\"<a@b.example>" },
	{ " A.\t<a@b.example>", " \"A.\"\t<a@b.example>" },
	{ " A.\r\n B <a@b.example>", " \"A.\r\n B\" <a@b.example>" },
	{ " O'Brien <a@b.example>", " \"O'Brien\" <a@b.example>" },
	{ " A@B <a@b.example>", " \"A@B\" <a@b.example>" },
	{ " A [x] <a@b.example>", " \"A [x]\" <a@b.example>" },
	{ " =?utf-8?q?A.B?= <a@b.example>", " \"=?utf-8?q?A.B?=\" <a@b.example>" },
	{ " =?utf-8?q?A=2E_B?= <a@b.example>", "" },
	{ " \xc3\x84. B <a@b.example>", " \"\xc3\x84. B\" <a@b.example>" },
	{ " A. B <a@b.example> (c)", " \"A. B\" <a@b.example> (c)" },
	{ " A. B <a@b.example>,C <c@d.example>", " \"A. B\" <a@b.example>, C <c@d.example>" },
	{ " A * B # = + ? ^ ` { | } ~ _ % ! & $x / <a@b.example>", "" },
	/* comments */
	{ " a@b.example (A, (B) \\) C)", "" },
	{ " a@b.example  (A  B)", " a@b.example (A  B)" },
	{ " a@b.example(A)", " a@b.example (A)" },
	{ " a@b.example\r\n (A)", " a@b.example (A)" },
	{ " a@b.example (\r\n y)", "" },
	{ " (x) A B <a@b.example>", "" },
	{ " A (b, c.) D <a@b.example>, e@f.example", "" },
	{ " A <a@b.example>(c)", "" },
	/* addresses */
	{ " <A@B.EXAMPLE>", "" },
	{ " a'b@c.example, {a}@b_c.example, a|b%c!d@e.example", "" },
	{ " .a@b.example, a..b.@c.example", "" },
	/* folds at 78 columns */
	{ " A <" A40 "@b.example>, cccccccc@d.example", "" },
	{ " A <" A40 "@b.example>, ccccccccc@d.example",
	  " A <" A40 "@b.example>,\r\n        ccccccccc@d.example" },
	{ " " A40 A40 "@b.example", "" },
	{ " a@b.example, " A40 A40 "@b.example,c@d.example",
	  " a@b.example,\r\n        " A40 A40 "@b.example,\r\n        c@d.example" },
	{ " a@b.example,\r\n\tc@d.example", " a@b.example, c@d.example" },
	/* nobody */
	{ " undisclosed-recipients:;", "" },
	{ " Undisclosed recipients: ;", "" },
	/* what cannot be told */
	{ " Undisclosed.recipients:;", NULL },
	{ " undisclosed-recipients:;, a@b.example", NULL },
	{ "\r\n undisclosed-recipients:;", NULL },
	{ " group: a@b.example;", NULL },
	{ " root", NULL },
	{ " a@localhost", NULL },
	{ " a@b.example.", NULL },
	{ " a b@c.example", NULL },
	{ " <a b@c.example>", NULL },
	{ " < a@b.example >", NULL },
	{ " <@x.example:a@b.example>", NULL },
	{ " a@[192.0.2.1]", NULL },
	{ " \"a b\"@c.example", NULL },
	{ " mailto:a@b.example", NULL },
	{ " a @ b.example", NULL },
	{ " a@b.example c@d.example", NULL },
	{ " a@b.example;c@d.example", NULL },
	{ " A, B <a@b.example>", NULL },
	{ " A; B <a@b.example>", NULL },
	{ " A: B <a@b.example>", NULL },
	{ " A \\ B <a@b.example>", NULL },
	{ " A > B <a@b.example>", NULL },
	{ " A. (x) B <a@b.example>", NULL },
	{ " \"A\" B. <a@b.example>", NULL },
	{ " A <a@b.example> <c@d.example>", NULL },
	{ " A <a@b.example> trailing", NULL },
	{ " A <a@b.example", NULL },
	{ " A \"B <a@b.example>", NULL },
	{ " A (B <a@b.example>", NULL },
	{ " A B) <a@b.example>", NULL },
	{ " A\x01"
	  "B <a@b.example>",
	  NULL },
	{ " a@b.example (A) (B)", NULL },
	{ " (A) a@b.example", NULL },
	{ " ((((((((((((((((((a)))))))))))))))))) <a@b.example>", NULL },
	{ " " N50 N50 N50 " <a@b.example>", "" },
	{ " " N50 N50 N50 N50 " <a@b.example>", NULL },
	{ " <>", NULL },
	{ " ,", NULL },
	{ "\r\n ", NULL },
};

static void addresses_of_sendmail(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
		struct arena *a = arena_new(4096);
		struct str in = str_c(to[i].in), out;
		bool ok = emit_value(a, EMIT_SENDMAIL, 990, STR("To"), in, &out);

		if (ok != (to[i].out != NULL))
			fail_msg("%s: %s", to[i].in, ok ? "told" : "not told");
		if (ok)
			assert_str(out, to[i].out[0] ? to[i].out : to[i].in);
		/* what was written anew stays as it is */
		if (ok && out.p[0] != '\r') {
			struct str again;

			assert_true(emit_value(a, EMIT_SENDMAIL, 990, STR("To"), out, &again));
			assert_true(str_eq(again, out));
		}
		arena_free(a);
	}
}

/* Only Sendmail does that, and only to fields of addresses. */
static void other_fields(void **state)
{
	static const char *const names[] = { "Subject", "References",	     "List-Post",
					     "X-To",	"Return-Receipt-To", "Mail-Followup-To" };
	struct arena *a = arena_new(4096);
	struct str in = STR(" a@b.example,c@d.example"), out;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_true(emit_value(a, EMIT_SENDMAIL, 990, str_c(names[i]), in, &out));
		assert_true(str_eq(out, in));
	}
	assert_true(emit_value(a, EMIT_POSTFIX, 998, STR("To"), in, &out));
	assert_true(str_eq(out, in));
	assert_true(emit_value(a, EMIT_SENDMAIL, 990, STR("CC"), in, &out));
	assert_str(out, " a@b.example, c@d.example");
	arena_free(a);
}

static void field_lines(void **state)
{
	static const struct {
		size_t first, second, max;
		bool ok;
	} rows[] = {
		{ 990, 1, 990, true },	  { 991, 1, 990, false },     { 20, 990, 990, true },
		{ 20, 991, 990, false },  { 998, 998, 998, true },    { 999, 998, 998, false },
		{ 998, 999, 998, false }, { 20, 20, SIZE_MAX, true },
	};
	static const char x[1000] = "";

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_new(4096);
		struct buf b = { .arena = a };
		struct str out;

		buf_add(&b, str_of(x, rows[i].first - strlen("Subject:")));
		buf_add(&b, STR("\r\n"));
		buf_add(&b, str_of(x, rows[i].second));
		assert_int_equal(
			emit_value(a, EMIT_POSTFIX, rows[i].max, STR("Subject"), buf_str(&b), &out),
			rows[i].ok);
		arena_free(a);
	}
}

static void which_mta(void **state)
{
	static const struct {
		const char *v;
		enum emit_mta mta;
	} rows[] = {
		{ "Postfix 3.7.11", EMIT_POSTFIX },
		{ "Postfix", EMIT_POSTFIX },
		{ "8.17.1.9", EMIT_SENDMAIL },
		{ "8.14.4/Switch-3.4.4", EMIT_SENDMAIL },
		{ "9.0", EMIT_SENDMAIL },
		{ "", EMIT_OTHER },
		{ "Other 1.0", EMIT_OTHER },
		{ "2026", EMIT_OTHER },
		{ "800.1", EMIT_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(emit_mta(str_c(rows[i].v)), rows[i].mta);
	assert_int_equal(emit_mta(STR_NULL), EMIT_OTHER);
	assert_int_equal(emit_line_max(EMIT_POSTFIX), 998);
	assert_int_equal(emit_line_max(EMIT_SENDMAIL), 990);
	assert_int_equal(emit_line_max(EMIT_OTHER), 998);
	assert_true(emit_adds(EMIT_SENDMAIL, STR("date")));
	assert_true(emit_adds(EMIT_SENDMAIL, STR("Message-Id")));
	assert_false(emit_adds(EMIT_SENDMAIL, STR("Subject")));
	assert_false(emit_adds(EMIT_POSTFIX, STR("Date")));
}

/* Each body in one piece, and split at every octet. */
static void bodies(void **state)
{
	static const struct {
		struct str in;
		uint64_t longest;
		bool bare, nul;
	} rows[] = {
		{ STR(""), 0, false, false },
		{ STR("\r\n"), 0, false, false },
		{ STR("abc\r\nab\r\n"), 3, false, false },
		{ STR("ab\r\nabc"), 3, false, false },
		{ STR("a\rb\r\n"), 3, true, false },
		{ STR("ab\nabc\r\n"), 3, true, false },
		{ STR("a\r\r\n"), 2, true, false },
		{ STR("a\r"), 2, true, false },
		{ STR("\r\r\n"), 1, true, false },
		{ STR("\n"), 0, true, false },
		{ STR("a\0b\r\n\r\n"), 3, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t cut = 0; cut <= rows[i].in.n; cut++) {
			struct emit_body b = { 0 };

			emit_body_feed(&b, str_sub(rows[i].in, 0, cut));
			emit_body_feed(&b, str_skip(rows[i].in, cut));
			emit_body_end(&b);
			assert_int_equal(b.longest, rows[i].longest);
			assert_int_equal(b.bare_cr, rows[i].bare);
			assert_int_equal(b.nul, rows[i].nul);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_sendmail),
		cmocka_unit_test(other_fields),
		cmocka_unit_test(field_lines),
		cmocka_unit_test(which_mta),
		cmocka_unit_test(bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
