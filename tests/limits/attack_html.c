/* Attacks on what reads HTML. */
#include "limits/attack.h"

#define HTML "text/html; charset=utf-8"

/* A page of s again and again. */
static void page(struct buf *b, const char *s, size_t n)
{
	begin(b, HTML);
	ADD(b, "<html><body>\r\n");
	rep(b, str_c(s), n);
}

static void tags(struct buf *b, size_t n)
{
	page(b, "<b>a</b>\r\n", n);
}

static void nested(struct buf *b, size_t n)
{
	page(b, "<div>", n);
}

static void tables(struct buf *b, size_t n)
{
	page(b, "<table><tr><td bgcolor=red>", n);
}

static void fonts(struct buf *b, size_t n)
{
	page(b, "<font size=+1 color=#123456 style=\"font-size:2em\">a", n);
}

static void ends(struct buf *b, size_t n)
{
	begin(b, HTML);
	REP(b, "<i><b><u>", 90);
	REP(b, "</p></x></table>", n);
}

static void attributes(struct buf *b, size_t n)
{
	begin(b, HTML);
	ADD(b, "<a ");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "a%zu=\"b\" ", i);
	ADD(b, ">text</a>");
}

static void many_attributes(struct buf *b, size_t n)
{
	begin(b, HTML);
	for (size_t i = 0; i < n; i++) {
		ADD(b, "<p ");
		REP(b, "style=color:red class=a id='b' ", 60);
		ADD(b, ">");
	}
}

static void open_value(struct buf *b, size_t n)
{
	page(b, "<a title=\"<", n);
}

static void open_tags(struct buf *b, size_t n)
{
	page(b, "<a href='", n);
}

static void less(struct buf *b, size_t n)
{
	page(b, "<", n);
}

static void less_letter(struct buf *b, size_t n)
{
	page(b, "<a ", n);
}

static void entities(struct buf *b, size_t n)
{
	page(b, "&amp;&#x1f600;&#38;&NotEqualTilde;&nosuch", n);
}

static void ampersands(struct buf *b, size_t n)
{
	page(b, "&", n);
}

static void long_entities(struct buf *b, size_t n)
{
	page(b, "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&#0000000000000000000000000", n);
}

static void comments(struct buf *b, size_t n)
{
	page(b, "<!-- a -->b", n);
}

static void open_comments(struct buf *b, size_t n)
{
	page(b, "<!--", n);
}

static void comment_ends(struct buf *b, size_t n)
{
	page(b, "<!-- -- -> --!", n);
}

static void sections(struct buf *b, size_t n)
{
	page(b, "<![if mso]><![endif]><![CDATA[", n);
}

static void declarations(struct buf *b, size_t n)
{
	page(b, "<!DOCTYPE a [<?php ", n);
}

static void scripts(struct buf *b, size_t n)
{
	page(b, "<script>a</script><style>b</style><title>c", n);
}

static void open_scripts(struct buf *b, size_t n)
{
	begin(b, HTML);
	REP(b, "<script></scrip <textarea></textare <title>", n);
}

static void links(struct buf *b, size_t n)
{
	begin(b, HTML);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "<a href=\"http://h%zu.example.com/%zu\">www.other%zu.example</a>\r\n",
			 i, i, i);
}

static void same_link(struct buf *b, size_t n)
{
	page(b, "<a href=\"http://example.com/\">text", n);
}

static void one_anchor(struct buf *b, size_t n)
{
	begin(b, HTML);
	ADD(b, "<a href=\"http://example.com/\">");
	FILL(b, "some text <b>and</b> more ", n);
}

static void images(struct buf *b, size_t n)
{
	page(b, "<img src=\"cid:a\" width=100% height=1px alt=\"a\">", n);
}

static void data_uris(struct buf *b, size_t n)
{
	begin(b, HTML);
	for (size_t i = 0; i < n; i++) {
		ADD(b, "<img src=\"data:image/png;base64,");
		REP(b, "iVBORw0KGgoAAAA", 60);
		ADD(b, "\"><a "
		       "href=\"data:text/html,%3Ca%20href=%22http://a.example/%22%3E\">x</a>\r\n");
	}
}

static void bases(struct buf *b, size_t n)
{
	page(b, "<base href=\"http://a.example/b/\"><a href=\"../../c\">d</a>\r\n", n);
}

static void forms(struct buf *b, size_t n)
{
	page(b, "<form action=\"http://a.example/\"><input type=password><select><option>", n);
}

static void hidden(struct buf *b, size_t n)
{
	page(b, "<span style=\"display:none\">a<span style=\"color:#fff\">b</span></span> c", n);
}

static void metas(struct buf *b, size_t n)
{
	page(b, "<meta http-equiv=refresh content=\"0;url=http://a.example/\">", n);
}

static void nul(struct buf *b, size_t n)
{
	begin(b, HTML);
	rep(b, str_of("<\0a\0>\0b", 7), n);
}

static void blanks(struct buf *b, size_t n)
{
	begin(b, HTML);
	ADD(b, "<a");
	FILL(b, " \t\r\n", n);
}

static void words(struct buf *b, size_t n)
{
	page(b, "V<b></b>i<!-- x -->a<i></i>gra ", n);
}

static void parts(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++) {
		ADD(b, "--b\r\nContent-Type: text/html\r\n\r\n");
		REP(b, "<p class=a><b>x</b>", 1000);
		ADD(b, "\r\n");
	}
}

const struct attack attacks_html[] = {
	{ "tags", tags, 100000 },
	{ "HTML nesting", nested, 100000 },
	{ "tables", tables, 100000 },
	{ "fonts", fonts, 100000 },
	{ "end tags", ends, 100000 },
	{ "attributes of one tag", attributes, 100000 },
	{ "attributes", many_attributes, 2000 },
	{ "open values", open_value, 200000 },
	{ "open quotes", open_tags, 200000 },
	{ "less-than", less, 2u << 20 },
	{ "open tags", less_letter, 700000 },
	{ "entities", entities, 100000 },
	{ "ampersands", ampersands, 4u << 20 },
	{ "long entities", long_entities, 60000 },
	{ "HTML comments", comments, 200000 },
	{ "open comments", open_comments, 1000000 },
	{ "ends of comments", comment_ends, 200000 },
	{ "marked sections", sections, 100000 },
	{ "declarations", declarations, 100000 },
	{ "scripts", scripts, 100000 },
	{ "open scripts", open_scripts, 100000 },
	{ "links", links, 10000 },
	{ "one link again", same_link, 50000 },
	{ "one anchor", one_anchor, 4u << 20 },
	{ "images", images, 50000 },
	{ "data URIs", data_uris, 2000 },
	{ "bases", bases, 50000 },
	{ "forms", forms, 50000 },
	{ "hidden text", hidden, 50000 },
	{ "refreshes", metas, 50000 },
	{ "NUL in HTML", nul, 500000 },
	{ "blanks in a tag", blanks, 4u << 20 },
	{ "words cut by tags", words, 100000 },
	{ "HTML parts", parts, 200 },
	{ 0 },
};
