/* Authentication-Results: what is written, what is read, and that the one reads the other. */
#include "lib/test.h"

#include "auth/authres/authres.h"

/* ---- writing ---- */

/* The value of one property, as it stands in the field. */
static struct str written(struct arena *a, struct str value)
{
	struct authres_writer w;
	struct str s;

	authres_begin(&w, a, STR("x"));
	authres_method(&w, "m", "pass");
	authres_prop(&w, "smtp", "p", value);
	s = authres_end(&w);
	return str_skip(s, str_find(s, STR("smtp.p=")) + 7);
}

static const struct {
	struct str value;
	const char *want;
} values[] = {
	{ STR("example.com"), "example.com" },
	{ STR("user@example.com"), "user@example.com" },
	{ STR("first.last+tag@sub-1.example.com"), "first.last+tag@sub-1.example.com" },
	{ STR("@example.com"), "@example.com" },
	{ STR("192.0.2.1"), "192.0.2.1" },
	{ STR("2001:db8::1"), "\"2001:db8::1\"" },
	{ STR("abc/+=="), "\"abc/+==\"" },
	{ STR(""), "\"\"" },
	{ STR("user@"), "\"user@\"" },
	{ STR("@"), "\"@\"" },
	{ STR("a@b@example.com"), "\"a@b@example.com\"" },
	{ STR(".a@example.com"), "\".a@example.com\"" },
	{ STR("a..b@example.com"), "\"a..b@example.com\"" },
	{ STR("a@example..com"), "\"a@example..com\"" },
	{ STR("a@example.com."), "\"a@example.com.\"" },
	{ STR("a@[192.0.2.1]"), "\"a@[192.0.2.1]\"" },
	{ STR("SRS0=ab=cd=example.net=u@example.com"), "\"SRS0=ab=cd=example.net=u@example.com\"" },
	{ STR("it's@example.com"), "\"it's@example.com\"" },
	{ STR("two words"), "\"two words\"" },
	/* attacks A4 and A5: structure, quotes, line ends */
	{ STR("example.net(.example.com"), "\"example.net?.example.com\"" },
	{ STR("example.net).example.com"), "\"example.net?.example.com\"" },
	{ STR("legit.com\".evil.com"), "\"legit.com?.evil.com\"" },
	{ STR("legit.com'.evil.com"), "\"legit.com'.evil.com\"" },
	{ STR("legit.com\\.evil.com"), "\"legit.com?.evil.com\"" },
	{ STR("a;dkim=pass"), "\"a?dkim?pass\"" },
	{ STR("x@a; dkim = pass header.d=b"), "\"x@a? dkim ? pass header.d?b\"" },
	{ STR("dkim=Pass@evil.com"), "\"dkim?Pass@evil.com\"" },
	{ STR("x header . from=bank.com"), "\"x header . from=bank.com\"" },
	{ STR("x smtp.mailfrom=bank.com"), "\"x smtp.mailfrom?bank.com\"" },
	{ STR("legit.com\0.evil.com"), "\"legit.com?.evil.com\"" },
	{ STR("a\r\nX: y"), "\"a??X: y\"" },
	{ STR("a\r\n\tb"), "\"a???b\"" },
	{ STR("a\nb\rc\td\x7f"), "\"a?b?c?d?\"" },
	/* UTF-8 (RFC 8601 5, RFC 6532), and what is none */
	{ STR("gr\xc3\xbc\xc3\x9f@example.com"), "\"gr\xc3\xbc\xc3\x9f@example.com\"" },
	{ STR("\xf0\x9f\x90\x9e"), "\"\xf0\x9f\x90\x9e\"" },
	{ STR("\xff\xfe"), "\"??\"" },
	{ STR("\xc3"), "\"?\"" },
	{ STR("\xc3("), "\"??\"" },
	{ STR("\xc0\xaf"), "\"??\"" },
	{ STR("\xe0\x80\xaf"), "\"???\"" },
	{ STR("\xed\xa0\x80"), "\"???\"" },
	{ STR("\xf4\x90\x80\x80"), "\"????\"" },
	{ STR("\xf8\x88\x80\x80\x80"), "\"?????\"" },
	{ STR("a\xc2\x85z"), "\"a??z\"" },
	{ STR("a\xe2\x80\xae"
	      "b"),
	  "\"a???b\"" },
	{ STR("a\xe2\x80\xa8"
	      "b"),
	  "\"a???b\"" },
	{ STR("a\xe2\x81\xa6"
	      "b"),
	  "\"a???b\"" },
	{ STR("a\xef\xbb\xbf"), "\"a???\"" },
	{ STR("a\xf3\xa0\x81\x81"), "\"a????\"" },
};

static void test_values(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		assert_str(written(a, values[i].value), values[i].want);
	arena_free(a);
}

static void test_field(void **state)
{
	struct arena *a = arena_new(0);
	struct authres_writer w;

	(void)state;
	authres_begin(&w, a, STR("mx.example.org"));
	assert_str(authres_end(&w), "mx.example.org; none");
	authres_begin(&w, a, STR("two words"));
	authres_method(&w, "spf", "pass");
	authres_prop(&w, "smtp", "mailfrom", STR("user@example.com"));
	authres_method(&w, "dkim", "fail");
	authres_reason(&w, STR("bad signature"));
	authres_prop(&w, "header", "d", STR("example.com"));
	authres_prop(&w, "header", "b", STR("a/b"));
	authres_method(&w, "dmarc", "none");
	authres_reason(&w, STR("me@example.com"));
	assert_str(authres_end(&w), "\"two words\";\r\n\tspf=pass smtp.mailfrom=user@example.com;"
				    "\r\n\tdkim=fail reason=\"bad signature\" header.d=example.com "
				    "header.b=\"a/b\";\r\n\tdmarc=none reason=\"me@example.com\"");
	arena_free(a);
}

/* Lines end before 78 octets where a blank allows it, before 998 always; no fold within quotes. */
static void check_lines(struct str s)
{
	bool quoted = false;
	size_t line = sizeof "Authentication-Results: " - 1, blanks = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\t')
			assert_false(quoted);
		if (s.p[i] == '\r') {
			assert_true(str_starts(str_skip(s, i), STR("\r\n\t")));
			assert_true(line <= 998);
			assert_true(line <= 78 || blanks == 0);
			i++;
			line = blanks = 0;
			continue;
		}
		blanks += s.p[i] == ' ' && !quoted && line > 0;
		line++;
	}
	assert_true(line <= 998 && !quoted);
	assert_true(line <= 78 || blanks == 0);
}

static void test_folding(void **state)
{
	struct arena *a = arena_new(0);
	char text[700];

	(void)state;
	memset(text, 'x', sizeof text);
	for (size_t n = 0; n < sizeof text; n++) {
		struct authres_writer w;
		struct str s;

		authres_begin(&w, a, str_sub(STR("mx.example.org"), 0, n % 14 + 1));
		authres_method(&w, "dkim", "pass");
		authres_prop(&w, "header", "d", str_of(text, n));
		text[n / 2] = ' ';
		authres_prop(&w, "header", "i", str_of(text, n));
		text[n / 2] = 'x';
		authres_prop(&w, "header", "s", str_of(text, n % 60 + 1));
		s = authres_end(&w);
		check_lines(s);
		arena_reset(a);
	}
	arena_free(a);
}

/* AUTHRES_MAX_VALUE: cut, at a whole character, and marked. */
static void test_cut(void **state)
{
	struct arena *a = arena_new(0);
	char text[AUTHRES_MAX_VALUE + 2];
	struct str v;

	(void)state;
	memset(text, 'x', sizeof text);
	v = written(a, str_of(text, AUTHRES_MAX_VALUE));
	assert_int_equal(v.n, AUTHRES_MAX_VALUE);
	v = written(a, str_of(text, AUTHRES_MAX_VALUE + 1));
	assert_int_equal(v.n, AUTHRES_MAX_VALUE + 2);
	assert_true(str_iends(v, STR("x...\"")));
	memcpy(text + AUTHRES_MAX_VALUE - 4, "\xc3\xbc", 2);
	v = written(a, str_of(text, AUTHRES_MAX_VALUE + 2));
	assert_int_equal(v.n, AUTHRES_MAX_VALUE + 1);
	assert_true(str_iends(v, STR("x...\"")));
	arena_free(a);
}

/* AUTHRES_MAX_FIELD, _RESULTS and _PROPS: whole methods only, and what is written can be read. */
static void test_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct authres_writer w;
	struct authres r;
	char text[400];

	(void)state;
	memset(text, 'x', sizeof text);
	authres_begin(&w, a, STR("x"));
	for (size_t i = 0; i < 50; i++) {
		authres_method(&w, "dkim", "pass");
		authres_prop(&w, "header", "d", str_of(text, sizeof text));
		authres_prop(&w, "header", "i", STR("@example.com"));
	}
	assert_true(authres_end(&w).n <= AUTHRES_MAX_FIELD);
	assert_true(authres_parse(a, authres_end(&w), &r));
	assert_true(r.n > 30 && r.n < 50);
	assert_int_equal(r.method[r.n - 1].nprop, 2);
	authres_begin(&w, a, STR("x"));
	authres_method(&w, "dkim", "pass");
	for (size_t i = 0; i < 60; i++)
		authres_prop(&w, "header", "d", str_of(text, sizeof text));
	assert_str(authres_end(&w), "x; none");
	authres_begin(&w, a, STR("x"));
	for (size_t i = 0; i < AUTHRES_MAX_RESULTS + 1; i++)
		authres_method(&w, "a", "pass");
	for (size_t i = 0; i < AUTHRES_MAX_PROPS + 1; i++)
		authres_prop(&w, "smtp", "a", STR("b"));
	assert_true(authres_parse(a, authres_end(&w), &r));
	assert_int_equal(r.n, AUTHRES_MAX_RESULTS);
	authres_begin(&w, a, STR("x"));
	authres_method(&w, "a", "pass");
	for (size_t i = 0; i < AUTHRES_MAX_PROPS + 1; i++)
		authres_prop(&w, "smtp", "a", STR("b"));
	assert_true(authres_parse(a, authres_end(&w), &r));
	assert_int_equal(r.method[0].nprop, AUTHRES_MAX_PROPS);
	arena_free(a);
}

/* ---- reading ---- */

/* The field as one line: id; method=result (reason) ptype.prop=value, all in brackets. */
static struct str show(struct arena *a, struct str value)
{
	struct buf b = { .arena = a };
	struct authres r;
	bool ok = authres_parse(a, value, &r);

	if (!ok)
		return arena_printf(a, "bad [%.*s]", STR_ARG(r.authserv_id));
	buf_addf(&b, "[%.*s]", STR_ARG(r.authserv_id));
	for (size_t i = 0; i < r.n; i++) {
		const struct authres_method *m = &r.method[i];
		buf_addf(&b, " %.*s=%.*s", STR_ARG(m->method), STR_ARG(m->result));
		if (m->reason.p)
			buf_addf(&b, " (%.*s)", STR_ARG(m->reason));
		for (size_t k = 0; k < m->nprop; k++)
			buf_addf(&b, " %.*s.%.*s=[%.*s]", STR_ARG(m->prop[k].ptype),
				 STR_ARG(m->prop[k].prop), STR_ARG(m->prop[k].value));
	}
	return buf_str(&b);
}

static const struct {
	struct str value;
	const char *want;
} fields[] = {
	/* RFC 8601 appendix B */
	{ STR("example.org 1; none"), "[example.org]" },
	{ STR("example.org; none"), "[example.org]" },
	{ STR("example.com;\r\n spf=pass smtp.mailfrom=example.net"),
	  "[example.com] spf=pass smtp.mailfrom=[example.net]" },
	{ STR(" example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;"
	      "\r\n spf=pass smtp.mailfrom=example.net"),
	  "[example.com] auth=pass smtp.auth=[sender@example.net] spf=pass "
	  "smtp.mailfrom=[example.net]" },
	{ STR(" example.com;\r\n dkim=pass reason=\"good signature\" "
	      "header.i=@mail-router.example.net;"
	      "\r\n dkim=fail reason=\"bad signature\" header.i=@newyork.example.com"),
	  "[example.com] dkim=pass (good signature) header.i=[@mail-router.example.net]"
	  " dkim=fail (bad signature) header.i=[@newyork.example.com]" },
	{ STR(" foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = "
	      "(wait for"
	      " it) fail\r\n policy (A dot can go here) . (like that) expired\r\n (this surprised "
	      "me) ="
	      " (as I wasn't expecting it) 1362471462"),
	  "[foo.example.net] dkim=fail policy.expired=[1362471462]" },
	/* case, quotes */
	{ STR("X.Y; SPF=Pass SMTP.MailFrom=A@B"), "[X.Y] spf=pass smtp.mailfrom=[A@B]" },
	{ STR("\"a b\"; spf=pass"), "[a b] spf=pass" },
	{ STR("\"a\\\"\\\\\"; spf=pass reason=\"\""), "[a\"\\] spf=pass ()" },
	{ STR("x; spf=pass smtp.mailfrom=\"a\r\n b\""), "[x] spf=pass smtp.mailfrom=[a b]" },
	{ STR("x; spf=pass smtp.mailfrom=\"a b\"@c"), "[x] spf=pass smtp.mailfrom=[\"a b\"@c]" },
	{ STR("x; spf=pass smtp.mailfrom=a=b/c@d"), "[x] spf=pass smtp.mailfrom=[a=b/c@d]" },
	{ STR("x; spf=pass smtp.a=\"b\"smtp.c=d"), "[x] spf=pass smtp.a=[b] smtp.c=[d]" },
	{ STR("x; spf=pass(c)smtp.a=b(d)smtp.c=d"), "[x] spf=pass smtp.a=[b] smtp.c=[d]" },
	{ STR("x;spf=pass"), "[x] spf=pass" },
	{ STR("x ( ; ) ; spf = pass ( ; dkim=pass ) ; a=b"), "[x] spf=pass a=b" },
	{ STR("x; reason=pass reason=no"), "[x] reason=pass (no)" },
	{ STR("x; a=b reason.c=d"), "[x] a=b reason.c=[d]" },
	{ STR("x; none=pass"), "[x] none=pass" },
	{ STR("m\xc3\xbc.example; a=b"), "[m\xc3\xbc.example] a=b" },
	{ STR("x; a=b c.d=\"(;)\""), "[x] a=b c.d=[(;)]" },
	{ STR("x; a=b c.d=e.(comment)"), "[x] a=b c.d=[e.]" },
	/* the CVE-2020-12272 shape: the comment has no end */
	{ STR("x; dkim=pass header.d=example.net(.example.com"), "bad [x]" },
	{ STR("x; dkim=pass header.d=example.net(.example.com)"),
	  "[x] dkim=pass header.d=[example.net]" },
	/* malformed */
	{ STR(""), "bad []" },
	{ STR(" "), "bad []" },
	{ STR("x"), "bad [x]" },
	{ STR("x;"), "bad [x]" },
	{ STR("x; ;"), "bad [x]" },
	{ STR("x; spf=pass;"), "bad [x]" },
	{ STR("x;; spf=pass"), "bad [x]" },
	{ STR("x y; spf=pass"), "bad [x]" },
	{ STR("x 2; spf=pass"), "bad [x]" },
	{ STR("\"x\"1; spf=pass"), "bad [x]" },
	{ STR("x/1; spf=pass"), "bad [x]" },
	{ STR("; spf=pass"), "bad []" },
	{ STR("spf=pass; dkim=pass"), "bad [spf]" },
	{ STR("x; none; spf=pass"), "bad [x]" },
	{ STR("x; spf=pass; none"), "bad [x]" },
	{ STR("x; none x"), "bad [x]" },
	{ STR("x; spf"), "bad [x]" },
	{ STR("x; spf="), "bad [x]" },
	{ STR("x; =pass"), "bad [x]" },
	{ STR("x; spf=\"pass\""), "bad [x]" },
	{ STR("x; spf=pass smtp"), "bad [x]" },
	{ STR("x; spf=pass smtp."), "bad [x]" },
	{ STR("x; spf=pass smtp.a"), "bad [x]" },
	{ STR("x; spf=pass smtp.a="), "bad [x]" },
	{ STR("x; spf=pass smtp.a=b reason=c"), "bad [x]" },
	{ STR("x; spf=pass reason=a reason=b"), "bad [x]" },
	{ STR("x; spf=pass reason=a@b"), "bad [x]" },
	{ STR("x; spf=pass smtp.a=b@"), "bad [x]" },
	{ STR("x; spf=pass smtp.a=b@.c"), "bad [x]" },
	{ STR("x; spf=pass smtp.a=b@c..d"), "bad [x]" },
	{ STR("x; spf=pass smtp.a=b@c@d"), "bad [x]" },
	{ STR("x; spf=pass smtp.a=2001:db8::1"), "bad [x]" },
	{ STR("x; spf/=pass"), "bad [x]" },
	{ STR("x; spf/a=pass"), "bad [x]" },
	{ STR("x; spf=pass \"smtp\".a=b"), "bad [x]" },
	{ STR("\"x; spf=pass"), "bad []" },
	{ STR("x; spf=pass smtp.a=\"b"), "bad [x]" },
	{ STR("x; spf=pass smtp.a=\"b\\"), "bad [x]" },
	{ STR("(x; spf=pass"), "bad []" },
	{ STR("x; spf=pass )"), "bad [x]" },
	{ STR("x; spf=pass\0"), "bad []" },
	{ STR("x; spf=pass\r\nX: y"), "bad []" },
	{ STR("x; spf=pass\n smtp.a=b"), "bad []" },
	{ STR("x; spf=pass\r smtp.a=b"), "bad []" },
	{ STR("x; spf=pass smtp.a=b\x7f"), "bad []" },
};

static void test_fields(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		assert_str(show(a, fields[i].value), fields[i].want);
	arena_free(a);
}

/* AUTHRES_MAX_NESTING comments in comments, AUTHRES_MAX_RESULTS, AUTHRES_MAX_PROPS. */
static void test_bounds(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t n = AUTHRES_MAX_NESTING; n <= AUTHRES_MAX_NESTING + 1; n++) {
		struct buf b = { .arena = a };
		for (size_t i = 0; i < n; i++)
			buf_addc(&b, '(');
		for (size_t i = 0; i < n; i++)
			buf_addc(&b, ')');
		buf_add(&b, STR("x; a=b"));
		assert_str(show(a, buf_str(&b)), n > AUTHRES_MAX_NESTING ? "bad []" : "[x] a=b");
	}
	for (size_t n = AUTHRES_MAX_RESULTS; n <= AUTHRES_MAX_RESULTS + 1; n++) {
		struct buf b = { .arena = a };
		struct authres r;
		buf_add(&b, STR("x"));
		for (size_t i = 0; i < n; i++)
			buf_add(&b, STR("; a=b"));
		assert_int_equal(authres_parse(a, buf_str(&b), &r), n <= AUTHRES_MAX_RESULTS);
	}
	for (size_t n = AUTHRES_MAX_PROPS; n <= AUTHRES_MAX_PROPS + 1; n++) {
		struct buf b = { .arena = a };
		struct authres r;
		buf_add(&b, STR("x; a=b"));
		for (size_t i = 0; i < n; i++)
			buf_add(&b, STR(" c.d=e"));
		assert_int_equal(authres_parse(a, buf_str(&b), &r), n <= AUTHRES_MAX_PROPS);
	}
	arena_free(a);
}

/* Whatever one octet or pair of octets stands in a value, exactly our methods are read back. */
static void test_round_trip(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (unsigned c = 0; c < 0x10000; c++) {
		char pair[] = { 'a', (char)(c >> 8), (char)c, 'z', '@', 'b', (char)c, '.', 'c' };
		struct str v = str_of(pair, sizeof pair);
		struct authres_writer w;
		struct authres r;

		authres_begin(&w, a, STR("mx"));
		authres_method(&w, "spf", "fail");
		authres_reason(&w, v);
		authres_prop(&w, "smtp", "mailfrom", v);
		authres_method(&w, "dkim", "none");
		if (!authres_parse(a, authres_end(&w), &r) || r.n != 2)
			fail_msg("%.*s", STR_ARG(authres_end(&w)));
		assert_str(r.authserv_id, "mx");
		assert_str(r.method[0].result, "fail");
		assert_true(r.method[0].reason.n == v.n && r.method[0].nprop == 1);
		assert_str(r.method[1].method, "dkim");
		assert_int_equal(r.method[1].nprop, 0);
		arena_reset(a);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	cmocka_unit_test(test_field),
		cmocka_unit_test(test_folding), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_limits),	cmocka_unit_test(test_fields),
		cmocka_unit_test(test_bounds),	cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
