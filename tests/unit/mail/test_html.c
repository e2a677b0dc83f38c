/* Documents of HTML: texts, links, images, forms and tricks, each counted. */
#include "lib/test.h"

#include "base/buf.h"
#include "mail/html/html.h"

struct row {
	const char *in, *out;
};

static void run_rows(const struct row *rows, size_t n,
		     struct str (*show)(struct arena *, const struct html_doc *))
{
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_new(0);
		struct str got = show(a, html_read(a, str_c(rows[i].in)));

		if (!str_eq(got, str_c(rows[i].out)))
			fail_msg("%s: got \"%.*s\", expected \"%s\"", rows[i].in, STR_ARG(got),
				 rows[i].out);
		arena_free(a);
	}
}

#define RUN(rows, show) run_rows(rows, sizeof rows / sizeof *rows, show)

static struct str show_text(struct arena *a, const struct html_doc *d)
{
	return arena_printf(a, "%.*s#%zu", STR_ARG(d->visible), d->words);
}

static void test_text(void **state)
{
	static const struct row rows[] = {
		{ "", "#0" },
		{ " a  b\r\n\tc ", "a b c#3" },
		{ "a<b>b</b>c <i> d</i>", "abc d#2" },
		{ "- (a) $5 a- -b !", "- (a) $5 a- -b !#4" },
		{ "-<b>-</b>a <i>-</i> -b<u>c</u> -", "--a - -bc -#2" },
		{ "a  -&nbsp;b -\n- &#99; &euro; \xc3\xa9", "a - b - - c \xe2\x82\xac \xc3\xa9#5" },
		{ "<p>a</p><p>b</p>", "a\nb#2" },
		{ "a<br>b<hr>c<div>d</div>e", "a\nb\nc\nd\ne#5" },
		{ "<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "a\nb\nc#3" },
		{ "<ul><li>a<li>b</ul>", "a\nb#2" },
		{ "a<span style='display:block'>b</span>c", "a\nb\nc#3" },
		{ "<pre>a\nb  c</pre>", "a\nb c#3" },
		{ "a&nbsp;b&ensp;c\xe3\x80\x80"
		  "d",
		  "a b c d#4" },
		{ "a &amp; b &lt;c&gt; - !", "a & b <c> - !#3" },
		{ "a\xc2\xadg&shy;h&#8203;i&zwnj;j\xef\xbb\xbfk", "aghijk#1" },
		{ "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7",
		  "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7#1" },
		{ "a\x01"
		  "b\x7f"
		  "c\xc2\x85"
		  "d",
		  "abcd#1" },
		{ "\xff\xc3(", "\xef\xbf\xbd\xef\xbf\xbd(#1" },
		{ "<title>t</title>a<title>u</title>", "a#1" },
		{ "a<b", "a#1" },
		{ "a<b c='d>e", "a#1" },
		{ "<plaintext>a<b>&amp;", "a<b>&amp;#1" },
		{ "<svg><![CDATA[a&amp;<b>]]></svg>", "a&amp;<b>#1" },
		{ "<svg><p>a<style>b</style>", "a#1" },
		{ "<svg><style>x<b>y</style></svg>", "y#1" },
		{ "<button>a</button><select><option>b<option>c</select>", "a\nb\nc#3" },
	};

	(void)state;
	RUN(rows, show_text);
}

static struct str show_links(struct arena *a, const struct html_doc *d)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < d->links.n; i++) {
		const struct html_link *l = &d->links.p[i];

		buf_addf(&b, "%s %.*s|%.*s|%s%s", html_link_name(l->kind), STR_ARG(l->url),
			 STR_ARG(l->text), l->hidden ? "h" : "", l->has_image ? "i" : "");
		if (l->width >= 0 || l->height >= 0)
			buf_addf(&b, "%dx%d", l->width, l->height);
		buf_addc(&b, ';');
	}
	return buf_str(&b);
}

static void test_links(void **state)
{
	static const struct row rows[] = {
		{ "<a href=x>a <b>b</b></a> c", "a x|a b|;" },
		{ "<A HREF = ' h\nttp:/\t/x?a=1&copy=2&amp;b '>a</A>",
		  "a http://x?a=1&copy=2&b|a|;" },
		{ "<a href=x>a<a href=y>b</a>c", "a x|a|;a y|b|;" },
		{ "<a href=x></a>", "a x||h;" },
		{ "<a href=x> &nbsp; </a>", "a x||h;" },
		{ "<a href=x style='display:none'>a</a>", "a x||h;" },
		{ "<a href=x>a<i style='font-size:0'>b</i>c</a>", "a x|ac|;" },
		{ "<a href=x><img src=y alt='z &amp;  z' width=10 height='20px'></a>",
		  "a x||i10x20;img y|z & z|i10x20;" },
		{ "<a href=x><img src=y width=1 height=1></a>", "a x||hi1x1;img y||hi1x1;" },
		{ "<a href=x><img src=y width=10 height=10><img src=z "
		  "style='width:20px;height:20px'>",
		  "a x||i20x20;img y||i10x10;img z||i20x20;" },
		{ "<img src=y width=100% height=5>", "img y||i-1x5;" },
		{ "<img src=y width=10 style='width:20px'>", "img y||i20x-1;" },
		{ "<div style='display:none'><img src=y></div>", "img y||hi;" },
		{ "<img>", "" },
		{ "<a>b</a><a href=''>c</a>", "" },
		{ "<table><tr><td><a href=x>a<td>b</table>", "a x|a|;" },
		{ "<p><a href=x>a<p>b</a>c", "a x|a\nb|;" },
		{ "<map><area href=x></map>", "area x||;" },
		{ "<form action=x><input type=image src=y formaction=z><button formaction=w>",
		  "form x||;img y||i;form z||;form w||;" },
		{ "<link rel='StyleSheet' href=x><link rel=icon href=y>", "css x||;other y||;" },
		{ "<style>@import url(x); @import 'y'; .a{background:url('z')}</style>",
		  "css x||;css y||;background z||;" },
		{ "<meta http-equiv=Refresh content=\"0; URL='x?a&amp;b'\">", "refresh x?a&b||;" },
		{ "<meta http-equiv=refresh content='5'>", "" },
		{ "<meta http-equiv=refresh content='1.5;x'>", "refresh x||;" },
		{ "<base href=x>", "base x||;" },
		{ "<iframe src=x></iframe><frame src=y>", "frame x||;frame y||;" },
		{ "<object data=x></object><embed src=y><applet codebase=z>",
		  "object x||;object y||;object z||;" },
		{ "<body background=x><td style='background-image:url( \"y&amp;z\" )'>",
		  "background x||;background y&z||;" },
		{ "<svg><a xlink:href=x>a</a><image xlink:href=y /></svg>", "a x|a|;img y||i;" },
		{ "<script src=x></script><video src=y poster=z>", "other x||;other y||;img z||;" },
		{ "<v:roundrect href=x>", "other x||;" },
		{ "<!--[if mso]><v:rect href=x><a href=y>b</a><![endif]-->", "a x||h;a y||h;" },
		{ "<!-- <a href=x> -->", "" },
		{ "<a href=x", "a x||h;" },
		{ "<a href='x", "a x||h;" },
		{ "</a href=x", "" },
	};

	(void)state;
	RUN(rows, show_links);
}

static struct str show_tricks(struct arena *a, const struct html_doc *d)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < HTML_TRICKS; i++)
		if (d->trick[i])
			buf_addf(&b, "%s=%zu ", html_trick_name((enum html_trick)i), d->trick[i]);
	return buf_str(&b);
}

static void test_tricks(void **state)
{
	static const struct row rows[] = {
		{ "<p>a</p>", "" },
		{ "Vi<!-- x -->ag<i style='display:none'>x</i>ra", "split-words=2 " },
		{ "Vi<b></b>agra V<xyzzy>ia</xyzzy>gra", "split-words=2 " },
		{ "Vi<span style='font-size:0'>x</span>agra", "zero-font=1 split-words=1 " },
		{ "a <!-- x -->b<p>c<!-- x --></p>d<!-- x --> e <b></b>f", "" },
		{ "<b>V</b>iagra a<br><!-- -->b", "" },
		{ "V&shy;i\xe2\x80\x8b"
		  "agra a&zwnj; b",
		  "invisible-chars=2 " },
		{ "a&#xE0041;&#xE0042; b", "invisible-chars=2 " },
		{ "a\x01"
		  "b\xc2\x81"
		  "c&#1;d",
		  "" },
		{ "\xe2\x80\xaegpj.exe\xe2\x80\xac", "rtl=1 " },
		{ "<bdo dir=rtl>abc</bdo>", "rtl=1 " },
		{ "<p style='direction:rtl;unicode-bidi:bidi-override'>abc</p>", "rtl=1 " },
		{ "<p dir=rtl>abc</p><bdo dir=ltr>a</bdo>", "" },
		{ "&#86;&#x69;agra &#8364; &#33;", "entity-letters=2 " },
		{ "<meta http-equiv=refresh content='0;url=x'>", "meta-refresh=1 " },
		{ "<base href=x><base target=y>", "base=1 " },
		{ "<form><input type=Password><input></form>", "form=1 password-field=1 " },
		{ "<script>a</script><a href='JavaScript:x'>b</a>", "script=2 " },
		{ "<p onclick=x onMouseOver=y on=z once>a</p>", "event=2 " },
		{ "<iframe></iframe>", "iframe=1 " },
		{ "<object></object><embed>", "object=2 " },
		{ "<img src='data:image/png;base64,AA'>", "data-uri=1 " },
		{ "<a href=' data:text/html,x'>a</a><a href='data:,x'>b</a>",
		  "data-uri=2 data-text=2 " },
		{ "<link rel=stylesheet href=x><style>@import 'y'</style>", "remote-css=2 " },
		{ "<script>b=new Blob([x]);u=URL.createObjectURL(b)</script>",
		  "script=1 smuggling=1 " },
		{ "<script>msSaveOrOpenBlob(x)</script>", "script=1 smuggling=1 " },
		{ "<script>x=atob('AA')</script><script>a.download='x.zip'</script>",
		  "script=2 smuggling=1 " },
		{ "<script>createObjectURL</script>", "script=1 " },
		{ "<a download=x.zip href='data:application/zip;base64,AA'>a</a>",
		  "data-uri=1 smuggling=1 " },
		{ "<svg><script>a</script></svg><svg onload=x></svg>", "event=1 svg-script=2 " },
		{ "<b>a</i>", "unbalanced=2 " },
		{ "<html><body><p>a", "unbalanced=2 " },
		{ "<html><body><p>a<ul><li>b<li>c</ul></body></html>", "" },
		{ "<b><i>a</b></i>", "unbalanced=2 " },
		{ "<img width=1 height=1><img width=0 height=0><img width=1><img width=9 height=1>",
		  "tiny-image=2 " },
	};

	(void)state;
	RUN(rows, show_tricks);
}

static void test_counts(void **state)
{
	struct arena *a = arena_new(0);
	struct str in = STR("<title> a &amp;\n b </title><!-- x --><p>a<img width=10 height=20>"
			    "<img width=3 height=3><input type=image></p><!---->");
	const struct html_doc *d = html_read(a, in);

	(void)state;
	assert_str(d->title, "a & b");
	assert_int_equal(d->tags, 7);
	assert_int_equal(d->images, 3);
	assert_int_equal(d->image_area, 209);
	assert_int_equal(d->comments, 2);
	assert_false(d->truncated);
	arena_free(a);
}

static struct str repeat(struct arena *a, const char *piece, size_t n)
{
	struct buf b = { .arena = a };

	while (n--)
		buf_add(&b, str_c(piece));
	return buf_str(&b);
}

/* Each limit: at it all is well, one more is told. */
static void test_limits(void **state)
{
	static const struct {
		const char *before, *piece, *after;
		size_t limit;
	} rows[] = {
		{ "", "<b></b>", "", HTML_MAX_TAGS / 2 },
		{ "", "<i>", "", HTML_MAX_DEPTH },
		{ "", "<a href=x></a>", "", HTML_MAX_LINKS },
		{ "<p ", "a ", ">", HTML_MAX_ATTRS },
		{ "", "a", "", HTML_MAX_OCTETS },
		{ "<style>", "a", "</style>", HTML_MAX_CSS },
		{ "<style>", ".a{color:red}", "</style>", 4096 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t more = 0; more < 2; more++) {
			struct arena *a = arena_new(0);
			struct buf b = { .arena = a };
			const struct html_doc *d;

			buf_add(&b, str_c(rows[i].before));
			buf_add(&b, repeat(a, rows[i].piece, rows[i].limit + more));
			buf_add(&b, str_c(rows[i].after));
			d = html_read(a, buf_str(&b));
			if (d->truncated != (more == 1) || (d->trick[HTML_TRICK_LIMIT] > 0) != more)
				fail_msg("%s: %zu over the limit", rows[i].piece, more);
			assert_true(d->links.n <= HTML_MAX_LINKS);
			arena_free(a);
		}
}

/* What stands behind the limit of tags is still read as text. */
static void test_behind_the_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	const struct html_doc *d;

	(void)state;
	buf_add(&b, repeat(a, "<b></b>", HTML_MAX_TAGS));
	buf_add(&b, STR("<style>x</style><script>y</script><p>behind <a href=z>it</a>"));
	d = html_read(a, buf_str(&b));
	assert_str(d->visible, "behind it");
	assert_int_equal(d->links.n, 1);
	assert_str(d->links.p[0].text, "it");
	arena_free(a);
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < HTML_HIDE_REASONS; i++)
		assert_non_null(html_hide_name((enum html_hide)i));
	for (size_t i = 0; i < HTML_TRICKS; i++)
		assert_non_null(html_trick_name((enum html_trick)i));
	for (size_t i = 0; i <= HTML_LINK_OTHER; i++)
		assert_non_null(html_link_name((enum html_link_kind)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),   cmocka_unit_test(test_links),
		cmocka_unit_test(test_tricks), cmocka_unit_test(test_counts),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_behind_the_limit),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
