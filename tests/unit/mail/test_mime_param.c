/* Content-Type and its parameters (RFC 2045 5.1, RFC 2231), read as mail programs read them. */
#include "lib/test.h"

#include "base/buf.h"
#include "mail/mime/mime.h"

#define DUP MIME_F_DUP_PARAM
#define BAD MIME_F_BAD_PARAM

static const struct {
	const char *in, *out; /* type/subtype name=value name=value */
	bool good;
	unsigned flags;
} table[] = {
	{ "text/plain", "text/plain", true, 0 },
	{ " Text / HTML ; Charset = UTF-8", "text/html charset=[UTF-8]", true, 0 },
	{ "text/plain; charset=\"us-ascii\"", "text/plain charset=[us-ascii]", true, 0 },
	/* RFC 2045 5.1: a comment is none of the value */
	{ "text/plain; charset=us-ascii (Plain (text))", "text/plain charset=[us-ascii]", true, 0 },
	{ "(a) text/plain(b);(c)charset=x", "text/plain charset=[x]", true, 0 },
	{ "a/b; name=\"x\\\"y\\\\z\"", "a/b name=[x\"y\\z]", true, 0 },
	{ "a/b; name=\"x;y=z\"; q=1", "a/b name=[x;y=z] q=[1]", true, 0 },
	{ "a/b; name=\"x\r\n y\"", "a/b name=[x y]", true, 0 },
	{ "a/b;", "a/b", true, 0 },
	{ "a/b;;; c=d;;", "a/b c=[d]", true, 0 },
	{ "a/b; c=", "a/b c=[]", true, 0 },
	{ "a/b; c", "a/b", true, 0 },
	/* what is not in the grammar and still read */
	{ "a/b; name=my file.doc; c=d", "a/b name=[my file.doc] c=[d]", true, 0 },
	{ "a/b; c=d e=f", "a/b c=[d] e=[f]", true, 0 },
	{ "a/b; c=\"d\" e=f", "a/b c=[d] e=[f]", true, 0 },
	{ "a/b; boundary=x=y", "a/b boundary=[x=y]", true, 0 },
	{ "a/b; c=\"d", "a/b c=[d]", true, BAD },
	{ "a/b; c=\"d\\", "a/b c=[d\\]", true, BAD },
	{ "text/html charset=utf-8", "text/html charset=[utf-8]", false, 0 },
	{ "\"text/html\"; charset=x", "text/html charset=[x]", false, 0 },
	{ "text", "text/", false, 0 },
	{ "text; charset=x", "text/ charset=[x]", false, 0 },
	{ "/plain", "/", false, 0 },
	{ "", "/", false, 0 },
	{ "a/b/c; d=e", "a/b d=[e]", false, 0 },
	{ "a/b, c/d", "a/b", false, 0 },
	/* the first of two counts, the other is kept */
	{ "a/b; c=d; C=e", "a/b c=[d] c=[e]", true, DUP },
	{ "a/b; c=d; c=d", "a/b c=[d]", true, 0 },
	/* RFC 2231 3 and 4 */
	{ "a/b; c*0=\"d\"; c*1=\"e\"", "a/b c=[de]", true, 0 },
	{ "a/b; c*1=e; c*0=d", "a/b c=[de]", true, 0 },
	{ "a/b; c*=us-ascii'en-us'This%20is", "a/b c=[This is]", true, 0 },
	{ "a/b; c*0*=us-ascii'en'This%20; c*1*=is%20; c*2=\"it%20\"", "a/b c=[This is it%20]", true,
	  0 },
	{ "a/b; c*=iso-8859-1''%e9", "a/b c=[\xc3\xa9]", true, 0 },
	{ "a/b; c*0*=utf-8''%c3; c*1*=%a9", "a/b c=[\xc3\xa9]", true, 0 },
	{ "a/b; c*=''x%41", "a/b c=[xA]", true, 0 },
	/* broken ones */
	{ "a/b; c*=x%41", "a/b c=[xA]", true, BAD },
	{ "a/b; c*=utf-8''%4", "a/b c=[%4]", true, BAD },
	{ "a/b; c*=utf-8''%zz%41", "a/b c=[%zzA]", true, BAD },
	{ "a/b; c*0=d; c*2=e", "a/b c=[de]", true, BAD },
	{ "a/b; c*1=e", "a/b c=[e]", true, BAD },
	{ "a/b; c*0=d; c*0=e", "a/b c=[d]", true, DUP },
	{ "a/b; c*x=d", "a/b c=[d]", true, BAD },
	{ "a/b; c*100=d", "a/b c=[d]", true, BAD },
	/* name= beside name*=, as some send it for old readers */
	{ "a/b; c=x; c*=utf-8''%c3%a9", "a/b c=[\xc3\xa9] c=[x]", true, 0 },
	{ "a/b; c=x.txt; c*=utf-8''x.exe", "a/b c=[x.exe] c=[x.txt]", true, DUP },
	/* RFC 2047 5 (3): no encoded word in a parameter, but it is read */
	{ "a/b; name=\"=?utf-8?q?=C3=A9?=\"", "a/b name=[\xc3\xa9]", true, BAD },
	{ "a/b; boundary=\"=?utf-8?q?x?=\"", "a/b boundary=[=?utf-8?q?x?=]", true, 0 },
	{ "a/b; name=\"=?x\"", "a/b name=[=?x]", true, 0 },
	/* raw octets (RFC 6532 3.2) */
	{ "a/b; name=\"\xc3\xa9\"", "a/b name=[\xc3\xa9]", true, 0 },
	{ "a/b; name=\"\xe9\"", "a/b name=[\xc3\xa9]", true, 0 },
};

static struct str dump(struct arena *a, const struct mime_part *p)
{
	struct buf b = { .arena = a };

	buf_addf(&b, "%.*s/%.*s", STR_ARG(p->type), STR_ARG(p->subtype));
	for (size_t i = 0; i < p->params.n; i++)
		buf_addf(&b, " %.*s=[%.*s]", STR_ARG(p->params.p[i].name),
			 STR_ARG(p->params.p[i].value));
	return buf_str(&b);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct arena *a = arena_new(0);
		struct mime_part p = { 0 };

		assert_int_equal(mime_content_type(a, str_c(table[i].in), &p), table[i].good);
		assert_str(dump(a, &p), table[i].out);
		assert_int_equal(p.flags, table[i].flags);
		arena_free(a);
	}
}

static void test_fields(void **state)
{
	struct arena *a = arena_new(0);
	struct mime_part p = { 0 };

	(void)state;
	assert_true(mime_content_type(a, STR("a/b; CHARSET=\"'UTF-8' \"; boundary=\"x y  \""), &p));
	assert_str(p.charset, "utf-8");
	assert_str(p.boundary, "x y");
	assert_str(mime_param(&p, STR("Boundary")), "x y  ");
	assert_null(mime_param(&p, STR("nothing")).p);
	arena_free(a);
}

/* MIME_MAX_PARAMS and MIME_MAX_SEGMENTS. */
static void test_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf in = { .arena = a };
	struct mime_part p = { 0 }, q = { 0 };

	(void)state;
	buf_add(&in, STR("a/b"));
	for (unsigned i = 0; i < MIME_MAX_PARAMS; i++)
		buf_addf(&in, "; p%u=v", i);
	assert_true(mime_content_type(a, buf_str(&in), &p));
	assert_int_equal(p.params.n, MIME_MAX_PARAMS);
	assert_int_equal(p.flags, 0);
	buf_add(&in, STR("; one=more"));
	assert_true(mime_content_type(a, buf_str(&in), &q));
	assert_int_equal(q.params.n, MIME_MAX_PARAMS);
	assert_int_equal(q.flags, MIME_F_BAD_PARAM);

	in.n = 0;
	buf_add(&in, STR("a/b"));
	for (unsigned i = 0; i <= MIME_MAX_SEGMENTS; i++)
		buf_addf(&in, "; c*%u=x", i);
	p = (struct mime_part){ 0 };
	mime_content_type(a, buf_str(&in), &p);
	assert_int_equal(mime_param(&p, STR("c")).n, MIME_MAX_SEGMENTS);
	assert_int_equal(p.flags & MIME_F_BAD_PARAM, MIME_F_BAD_PARAM);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
