/* The tokenizer of HTML and its character references. */
#include "lib/test.h"

#include "base/buf.h"
#include "mail/html/html.h"

static void add_tag(struct buf *b, const struct html_token *t)
{
	buf_addf(b, "%s%.*s", t->kind == HTML_END ? "/" : "", STR_ARG(t->name));
	for (size_t i = 0; i < t->nattrs; i++)
		buf_addf(b, " %.*s%s%.*s", STR_ARG(t->attr[i].name),
			 t->attr[i].has_value ? "=" : "", STR_ARG(t->attr[i].value));
	buf_addf(b, "%s%s", t->self_closing ? " /" : "", t->more_attrs ? " +" : "");
}

/* "<b x=1><:text><=literal text><!comment><?declaration>", with "~" in front of what is unclosed.
 */
static struct str tokens(struct arena *a, struct str in, bool foreign)
{
	struct buf b = { .arena = a };
	struct html_lexer l = { .in = in, .foreign = foreign };
	struct html_token t;
	size_t at = 0;

	while (html_next(&l, &t)) {
		assert_ptr_equal(t.raw.p, in.p + at);
		assert_true(t.raw.n > 0);
		at += t.raw.n;
		buf_addf(&b, "<%s", t.unclosed ? "~" : "");
		if (t.kind == HTML_TEXT)
			buf_addf(&b, "%s%.*s", t.literal ? "=" : ":", STR_ARG(t.text));
		else if (t.kind == HTML_COMMENT || t.kind == HTML_DECLARATION)
			buf_addf(&b, "%s%.*s", t.kind == HTML_COMMENT ? "!" : "?", STR_ARG(t.text));
		else
			add_tag(&b, &t);
		buf_addc(&b, '>');
	}
	assert_int_equal(t.kind, HTML_EOF);
	assert_int_equal(at, in.n);
	return buf_str(&b);
}

struct row {
	const char *in, *out;
};

static void run_rows(const struct row *rows, size_t n, bool foreign)
{
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_new(0);
		struct str got = tokens(a, str_c(rows[i].in), foreign);

		if (!str_eq(got, str_c(rows[i].out)))
			fail_msg("%s: got \"%.*s\", expected \"%s\"", rows[i].in, STR_ARG(got),
				 rows[i].out);
		arena_free(a);
	}
}

#define RUN(rows, foreign) run_rows(rows, sizeof rows / sizeof *rows, foreign)

static void test_tags(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "a", "<:a>" },
		{ "<b>x</b>", "<b><:x></b>" },
		{ "<B X=1>", "<B X=1>" },
		{ "<a b c>", "<a b c>" },
		{ "<a b=\"c d\" e='f>g' h=i/j>", "<a b=c d e=f>g h=i/j>" },
		{ "<a b = 'c'>", "<a b=c>" },
		{ "<a b=>x", "<a b=><:x>" },
		{ "<a b='c'd>", "<a b=c d>" },
		{ "<a =b>", "<a =b>" },
		{ "<a ==b>", "<a ==b>" },
		{ "<a b=c=d>", "<a b=c=d>" },
		{ "<a \"b'<c>", "<a \"b'<c>" },
		{ "<a/b>", "<a b>" },
		{ "<a//b/>", "<a b />" },
		{ "<br/>", "<br />" },
		{ "<br / >", "<br>" },
		{ "<a b=c/>", "<a b=c/>" },
		{ "<a\n\tb\f\r>", "<a b>" },
		{ "<a<b>", "<a<b>" },
		{ "<a b c b=2>", "<a b c b=2>" },
		{ "</a b=c>", "</a b=c>" },
		{ "<o:p x:y=z>", "<o:p x:y=z>" },
		/* what begins like a tag */
		{ "<", "<:<>" },
		{ "a < b", "<:a < b>" },
		{ "<1>", "<:<1>>" },
		{ "<<b>", "<:<><b>" },
		{ "a<", "<:a<>" },
		{ "</", "<:</>" },
		{ "</>x", "<!><:x>" },
		{ "</ b>x", "<! b><:x>" },
		{ "</1>x", "<!1><:x>" },
		{ "<?xml a?>x", "<!?xml a?><:x>" },
		/* the text ends in them */
		{ "<a", "<~a>" },
		{ "<a ", "<~a>" },
		{ "<a b", "<~a b>" },
		{ "<a b=", "<~a b=>" },
		{ "<a b='c>d", "<~a b=c>d>" },
		{ "<a b=c", "<~a b=c>" },
		{ "<a b='c'", "<~a b=c>" },
		{ "<a /", "<~a>" },
		{ "</a", "<~/a>" },
	};

	(void)state;
	RUN(rows, false);
}

static void test_comments(void **state)
{
	static const struct row rows[] = {
		{ "<!---->x", "<!><:x>" },
		{ "<!-->x", "<!><:x>" },
		{ "<!--->x", "<!><:x>" },
		{ "<!--a-->x", "<!a><:x>" },
		{ "<!--a--!>x", "<!a><:x>" },
		{ "<!----!>x", "<!><:x>" },
		{ "<!---!>x-->y", "<!-!>x><:y>" },
		{ "<!--a--->x", "<!a-><:x>" },
		{ "<!--a-- >b-->x", "<!a-- >b><:x>" },
		{ "<!--a->b>c-->x", "<!a->b>c><:x>" },
		{ "<!--a<!--b-->x", "<!a<!--b><:x>" },
		{ "<!--a<!-->x", "<!a<!><:x>" },
		{ "<!--<b>-->x", "<!<b>><:x>" },
		{ "<!-- <b>x", "<~! <b>x>" },
		{ "<!--", "<~!>" },
		{ "<!---", "<~!>" },
		{ "<!----", "<~!>" },
		{ "<!----!", "<~!>" },
		{ "<!--a--", "<~!a>" },
		{ "<!--a--!", "<~!a>" },
		{ "<!", "<~!>" },
		{ "<!->x", "<!-><:x>" },
		{ "<!x>y", "<!x><:y>" },
		{ "<![if !mso]>x<![endif]>", "<![if !mso]><:x><![endif]>" },
		{ "<!--[if mso]>x<![endif]-->y", "<![if mso]>x<![endif]><:y>" },
		{ "<!--[if !mso]><!-->x<!--<![endif]-->", "<![if !mso]><!><:x><!<![endif]>" },
		{ "<![CDATA[a>b]]>", "<![CDATA[a><:b]]>>" },
		{ "<!DOCTYPE html>x", "<?DOCTYPE html><:x>" },
		{ "<!doctype html PUBLIC \"a>b\">", "<?doctype html PUBLIC \"a><:b\">>" },
		{ "<!doctype", "<~?doctype>" },
	};
	static const struct row foreign[] = {
		{ "<![CDATA[a>b]]>c", "<=a>b><:c>" },
		{ "<![CDATA[a]]]>c", "<=a]><:c>" },
		{ "<![CDATA[]]>c", "<=><:c>" },
		{ "<![CDATA[a]>b", "<~=a]>b>" },
		{ "<style><b></style>", "<style><b></style>" },
	};

	(void)state;
	RUN(rows, false);
	RUN(foreign, true);
}

static void test_raw(void **state)
{
	static const struct row rows[] = {
		{ "<script>a<b></script>c", "<script><=a<b>></script><:c>" },
		{ "<SCRIPT>a</sCript >c", "<SCRIPT><=a></sCript><:c>" },
		{ "<script></scriptx></script/>", "<script><=</scriptx>></script />" },
		{ "<script></script>", "<script></script>" },
		{ "<script>a", "<script><~=a>" },
		{ "<script>a</script", "<script><~=a</script>" },
		{ "<script/>a</script>", "<script /><=a></script>" },
		{ "<script><!--</script>x", "<script><=<!--></script><:x>" },
		{ "<script><!--<script></script>x</script>y",
		  "<script><=<!--<script></script>x></script><:y>" },
		{ "<script><!--<script>--></script>x", "<script><=<!--<script>-->></script><:x>" },
		{ "<script><!--><script></script>x", "<script><=<!--><script>></script><:x>" },
		{ "<script><!--<scriptx></script>x", "<script><=<!--<scriptx>></script><:x>" },
		{ "<script><script></script>x</script>",
		  "<script><=<script>></script><:x></script>" },
		{ "<style>a<!--</style>b", "<style><=a<!--></style><:b>" },
		{ "<title>a&amp;<b></title>c", "<title><=a&amp;<b>></title><:c>" },
		{ "<textarea><b></textarea>", "<textarea><=<b>></textarea>" },
		{ "<xmp><b></xmp><iframe><b></iframe>",
		  "<xmp><=<b>></xmp><iframe><=<b>></iframe>" },
		{ "<noembed><b></noembed>", "<noembed><=<b>></noembed>" },
		{ "<noframes><b></noframes>", "<noframes><=<b>></noframes>" },
		{ "<plaintext><b></plaintext>", "<plaintext><~=<b></plaintext>>" },
		{ "<titles><b>", "<titles><b>" },
		{ "<noscript><b>", "<noscript><b>" },
		{ "</script>a<b>", "</script><:a><b>" },
	};

	(void)state;
	RUN(rows, false);
}

static void test_attrs(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct html_lexer l = { 0 };
	struct html_token t;

	(void)state;
	buf_add(&b, STR("<a"));
	for (size_t i = 0; i < HTML_MAX_ATTRS; i++)
		buf_addf(&b, " a%zu='>'", i);
	buf_addc(&b, '>');
	l.in = buf_str(&b);
	assert_true(html_next(&l, &t));
	assert_int_equal(t.nattrs, HTML_MAX_ATTRS);
	assert_false(t.more_attrs);
	assert_str(t.attr[HTML_MAX_ATTRS - 1].name, "a63");
	b.n--;
	buf_add(&b, STR(" x='>'/>y"));
	l = (struct html_lexer){ .in = buf_str(&b) };
	assert_true(html_next(&l, &t));
	assert_int_equal(t.nattrs, HTML_MAX_ATTRS);
	assert_true(t.more_attrs && t.self_closing);
	assert_true(html_next(&l, &t));
	assert_str(t.text, "y");
	assert_false(html_next(&l, &t));
	assert_false(html_next(&l, &t));
	arena_free(a);
}

static void test_octets(void **state)
{
	struct html_lexer l = { .in = STR("<a\0b c\0=\0>\0\xff<!\0>") };
	struct html_token t;

	(void)state;
	assert_true(html_next(&l, &t));
	assert_true(str_eq(t.name, STR("a\0b")) && str_eq(t.attr[0].name, STR("c\0")));
	assert_true(str_eq(t.attr[0].value, STR("\0")));
	assert_true(html_next(&l, &t));
	assert_true(str_eq(t.text, STR("\0\xff")));
	assert_true(html_next(&l, &t));
	assert_true(t.kind == HTML_COMMENT && str_eq(t.text, STR("\0")));
}

struct reference {
	const char *in, *text, *attr;
};

static void test_references(void **state)
{
	static const struct reference rows[] = {
		{ "", "", "" },
		{ "a&b", "a&b", "a&b" },
		{ "&", "&", "&" },
		{ "&;", "&;", "&;" },
		{ "&&amp;&", "&&&", "&&&" },
		{ "a&amp;b&lt;c&gt;&quot;&apos;", "a&b<c>\"'", "a&b<c>\"'" },
		{ "&nbsp;", "\xc2\xa0", "\xc2\xa0" },
		{ "&ampx", "&x", "&ampx" },
		{ "&amp", "&", "&" },
		{ "&amp=", "&=", "&amp=" },
		{ "&copy=1", "\xc2\xa9=1", "&copy=1" },
		{ "&copy;=1", "\xc2\xa9=1", "\xc2\xa9=1" },
		{ "&copy-", "\xc2\xa9-", "\xc2\xa9-" },
		{ "&notit;",
		  "\xc2\xac"
		  "it;",
		  "&notit;" },
		{ "&notin;", "\xe2\x88\x89", "\xe2\x88\x89" },
		{ "&notin",
		  "\xc2\xac"
		  "in",
		  "&notin" },
		{ "&hearts;&hearts", "\xe2\x99\xa5&hearts", "\xe2\x99\xa5&hearts" },
		{ "&AMP;&Amp;", "&&Amp;", "&&Amp;" },
		{ "&nosuch;", "&nosuch;", "&nosuch;" },
		{ "&NotEqualTilde;", "\xe2\x89\x82\xcc\xb8", "\xe2\x89\x82\xcc\xb8" },
		{ "&nGt;", "\xe2\x89\xab\xe2\x83\x92", "\xe2\x89\xab\xe2\x83\x92" },
		{ "&CounterClockwiseContourIntegral;", "\xe2\x88\xb3", "\xe2\x88\xb3" },
		{ "&Aacute;&zwnj;&zwj;", "\xc3\x81\xe2\x80\x8c\xe2\x80\x8d",
		  "\xc3\x81\xe2\x80\x8c\xe2\x80\x8d" },
		{ "&zopf;", "\xf0\x9d\x95\xab", "\xf0\x9d\x95\xab" },
		/* numbers (13.2.5.75 to 80) */
		{ "&#65;&#x41;&#X4a;", "AAJ", "AAJ" },
		{ "&#65&#x41", "AA", "AA" },
		{ "&#65a=", "Aa=", "Aa=" },
		{ "&#;&#x;&#xg;&#-1;", "&#;&#x;&#xg;&#-1;", "&#;&#x;&#xg;&#-1;" },
		{ "&#", "&#", "&#" },
		{ "&#0;&#xD800;&#x110000;", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "&#99999999999999999999999;&#x100000041;", "\xef\xbf\xbd\xef\xbf\xbd",
		  "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "&#128;&#x99;&#129;", "\xe2\x82\xac\xe2\x84\xa2\xc2\x81",
		  "\xe2\x82\xac\xe2\x84\xa2\xc2\x81" },
		{ "&#x1F600;&#x10FFFF;", "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf",
		  "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf" },
		{ "&#0000000065;", "A", "A" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_new(0);

		assert_str(html_unescape(a, str_c(rows[i].in)), rows[i].text);
		assert_str(html_unescape_attr(a, str_c(rows[i].in)), rows[i].attr);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),   cmocka_unit_test(test_comments),
		cmocka_unit_test(test_raw),    cmocka_unit_test(test_attrs),
		cmocka_unit_test(test_octets), cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
