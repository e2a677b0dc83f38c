/* What a reader does not see is kept out of the visible text and counted by its reason. */
#include "lib/test.h"

#include "base/buf.h"
#include "mail/html/html.h"

#define NONE HTML_HIDE_REASONS

struct row {
	const char *css;
	enum html_hide why; /* NONE: stays visible */
};

static const struct row rows[] = {
	{ "display:none", HTML_HIDE_DISPLAY },
	{ "display:none!important", HTML_HIDE_DISPLAY },
	{ "DISPLAY : NONE ! Important ;", HTML_HIDE_DISPLAY },
	{ "d\\69splay:n\\6fne", HTML_HIDE_DISPLAY },
	{ "display:/* x */none", HTML_HIDE_DISPLAY },
	{ "color:red;display:none;color:blue", HTML_HIDE_DISPLAY },
	{ "display:block;display:none", HTML_HIDE_DISPLAY },
	{ "display:none !important;display:block", HTML_HIDE_DISPLAY },
	{ "background:url(a;b);display:none", HTML_HIDE_DISPLAY },
	{ "junk;display:none", HTML_HIDE_DISPLAY },
	{ "visibility:hidden", HTML_HIDE_VISIBILITY },
	{ "visibility:collapse", HTML_HIDE_VISIBILITY },
	{ "opacity:0", HTML_HIDE_OPACITY },
	{ "opacity:.01", HTML_HIDE_OPACITY },
	{ "opacity:0%", HTML_HIDE_OPACITY },
	{ "filter:alpha(opacity=0)", HTML_HIDE_OPACITY },
	{ "filter:opacity(0)", HTML_HIDE_OPACITY },
	{ "font-size:0", HTML_HIDE_FONT_SIZE },
	{ "font-size:0px", HTML_HIDE_FONT_SIZE },
	{ "font-size:1px", HTML_HIDE_FONT_SIZE },
	{ "font-size:0.01em", HTML_HIDE_FONT_SIZE },
	{ "font-size:1%", HTML_HIDE_FONT_SIZE },
	{ "font-size:1pt", HTML_HIDE_FONT_SIZE },
	{ "font-size:.1rem", HTML_HIDE_FONT_SIZE },
	{ "font:0/0 a", HTML_HIDE_FONT_SIZE },
	{ "font:bold 1px/1 Arial", HTML_HIDE_FONT_SIZE },
	{ "font:italic 700 0px Arial", HTML_HIDE_FONT_SIZE },
	{ "color:#fff", HTML_HIDE_COLOR },
	{ "color:white", HTML_HIDE_COLOR },
	{ "color:#FEFEFE", HTML_HIDE_COLOR },
	{ "color:#fffffffe", HTML_HIDE_COLOR },
	{ "color:rgb(255,255,255)", HTML_HIDE_COLOR },
	{ "color:rgb(100% 100% 100%)", HTML_HIDE_COLOR },
	{ "color:rgba(0,0,0,0)", HTML_HIDE_COLOR },
	{ "color:hsl(120,100%,100%)", HTML_HIDE_COLOR },
	{ "color:hsla(0,0%,0%,.01)", HTML_HIDE_COLOR },
	{ "color:transparent", HTML_HIDE_COLOR },
	{ "color:#f8f8f8", HTML_HIDE_COLOR },
	{ "color:black;background:#000", HTML_HIDE_COLOR },
	{ "color:#00f;background-color:blue", HTML_HIDE_COLOR },
	{ "color:navy;background:#000080 none no-repeat", HTML_HIDE_COLOR },
	{ "position:absolute;left:-9999px", HTML_HIDE_OFFSCREEN },
	{ "position:absolute;top:-100em", HTML_HIDE_OFFSCREEN },
	{ "position:fixed;left:-200%", HTML_HIDE_OFFSCREEN },
	{ "position:relative;left:9999px", HTML_HIDE_OFFSCREEN },
	{ "position:absolute;right:-5000px", HTML_HIDE_OFFSCREEN },
	{ "position:absolute;left:-100vw", HTML_HIDE_OFFSCREEN },
	{ "position:absolute;left:calc(-9999px)", HTML_HIDE_OFFSCREEN },
	{ "text-indent:-9999px", HTML_HIDE_OFFSCREEN },
	{ "text-indent:-999em", HTML_HIDE_OFFSCREEN },
	{ "margin-left:-9999px", HTML_HIDE_OFFSCREEN },
	{ "margin:0 0 0 -9999px", HTML_HIDE_OFFSCREEN },
	{ "margin:-9999px auto", HTML_HIDE_OFFSCREEN },
	{ "transform:scale(0)", HTML_HIDE_OFFSCREEN },
	{ "-webkit-transform:scaleX(0)", HTML_HIDE_OFFSCREEN },
	{ "transform:rotate(5deg) scale(0, 0)", HTML_HIDE_OFFSCREEN },
	{ "transform:translateX(-9999px)", HTML_HIDE_OFFSCREEN },
	{ "transform:translate(0, -9999px)", HTML_HIDE_OFFSCREEN },
	{ "transform:matrix(0,0,0,0,0,0)", HTML_HIDE_OFFSCREEN },
	{ "max-height:0;overflow:hidden", HTML_HIDE_CLIP },
	{ "max-width:0px;overflow:hidden", HTML_HIDE_CLIP },
	{ "height:0;overflow:hidden", HTML_HIDE_CLIP },
	{ "width:0;overflow:hidden", HTML_HIDE_CLIP },
	{ "width:1px;height:1px;overflow:clip", HTML_HIDE_CLIP },
	{ "height:0;overflow-y:hidden", HTML_HIDE_CLIP },
	{ "position:absolute;clip:rect(0,0,0,0)", HTML_HIDE_CLIP },
	{ "clip:rect(1px 1px 1px 1px);position:absolute", HTML_HIDE_CLIP },
	{ "clip-path:inset(50%)", HTML_HIDE_CLIP },
	{ "clip-path:circle(0)", HTML_HIDE_CLIP },
	{ "clip-path:polygon(0 0, 0 0, 0 0)", HTML_HIDE_CLIP },
	{ "line-height:0", HTML_HIDE_CLIP },
	{ "line-height:1px", HTML_HIDE_CLIP },
	{ "display:none;font-size:0;max-height:0;mso-hide:all", HTML_HIDE_DISPLAY },
	/* and these stay */
	{ "", NONE },
	{ "display:block", NONE },
	{ "display:none;display:block", NONE },
	{ "display:block!important;display:none", NONE },
	{ "display:no/**/ne", NONE },
	{ "xdisplay:none", NONE },
	{ "display:'none'", NONE },
	{ "display none", NONE },
	{ "content:'display:none;", NONE },
	{ "visibility:visible", NONE },
	{ "opacity:.5", NONE },
	{ "opacity:1", NONE },
	{ "font-size:8px", NONE },
	{ "font-size:50%", NONE },
	{ "font-size:x-small", NONE },
	{ "font-size:-1px", NONE },
	{ "font-size:0;font-size:12px", NONE },
	{ "font:12px/0.9 Arial", NONE },
	{ "font:100 12px Arial", NONE },
	{ "color:#999", NONE },
	{ "color:#ccc", NONE },
	{ "color:white;background:black", NONE },
	{ "color:#fff;background-color:#c00", NONE },
	{ "color:white;background:url(dark.png)", NONE },
	{ "color:white;background-image:linear-gradient(#000,#333)", NONE },
	{ "color:white;background:#036 url(x.png) no-repeat", NONE },
	{ "color:nosuchcolor", NONE },
	{ "left:-9999px", NONE },
	{ "position:static;left:-9999px", NONE },
	{ "position:absolute;left:-20px", NONE },
	{ "text-indent:-20px", NONE },
	{ "text-indent:2em", NONE },
	{ "margin-left:-10px", NONE },
	{ "margin:0 auto", NONE },
	{ "transform:scale(.9)", NONE },
	{ "transform:translate(-50%,-50%)", NONE },
	{ "max-height:0", NONE },
	{ "height:0", NONE },
	{ "height:20px;overflow:hidden", NONE },
	{ "max-width:600px;overflow:hidden", NONE },
	{ "clip:rect(0,100px,20px,0)", NONE },
	{ "clip:auto", NONE },
	{ "clip-path:inset(5px)", NONE },
	{ "line-height:1", NONE },
	{ "line-height:100%", NONE },
	{ "mso-hide:all", NONE }, /* all but one program show it */
};

/* How the declarations get to the element. */
static const struct {
	const char *before, *between, *after;
} forms[] = {
	{ "before <div style=\"", "\">hidden words</div> after", "" },
	{ "<style>.x{", "}</style>before <div class='a x b'>hidden words</div> after", "" },
	{ "<style>#x {", "}</style>before <p id=X>hidden words</p> after", "" },
	{ "<style>p b,blockquote{", "}</style>before <blockquote>hidden words</blockquote> after",
	  "" },
	{ "<style>@media screen { div.x > span.y {", "}}</style>before <div class=x><span class=y>",
	  "hidden words</span></div> after" },
	{ "before <p class=x>hidden words</p> after<style>.x{", "}</style>", "" },
};

static struct str sum_of(struct arena *a, const struct html_doc *d)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < HTML_HIDE_REASONS; i++)
		if (d->hide[i])
			buf_addf(&b, "%s=%zu ", html_hide_name((enum html_hide)i), d->hide[i]);
	return buf_str(&b);
}

static void one(const char *form, struct str in, enum html_hide why)
{
	struct arena *a = arena_new(0);
	const struct html_doc *d = html_read(a, in);
	struct buf shown = { .arena = a };

	for (size_t i = 0; i < d->visible.n; i++)
		buf_addc(&shown, d->visible.p[i] == '\n' ? ' ' : d->visible.p[i]);
	if (!str_eq(buf_str(&shown),
		    why == NONE ? STR("before hidden words after") : STR("before after")))
		fail_msg("%s: %.*s: visible is \"%.*s\"", form, STR_ARG(in), STR_ARG(d->visible));
	if (!str_eq(d->hidden, why == NONE ? STR("") : STR("hidden words")))
		fail_msg("%s: %.*s: hidden is \"%.*s\"", form, STR_ARG(in), STR_ARG(d->hidden));
	for (size_t i = 0; i < HTML_HIDE_REASONS; i++)
		if (d->hide[i] != (i == why ? 11u : 0u))
			fail_msg("%s: %.*s: %.*s", form, STR_ARG(in), STR_ARG(sum_of(a, d)));
	assert_int_equal(d->trick[HTML_TRICK_ZERO_FONT], why == HTML_HIDE_FONT_SIZE);
	assert_int_equal(d->words, why == NONE ? 4 : 2);
	arena_free(a);
}

static void test_styles(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
			struct arena *a;
			struct buf b = { 0 };

			/* a quote left open takes the rest of a sheet with it */
			if (f && (strcmp(rows[i].css, "content:'display:none;") == 0))
				continue;
			b.arena = a = arena_new(0);
			buf_addf(&b, "%s%s%s%s", forms[f].before, rows[i].css, forms[f].between,
				 forms[f].after);
			one(forms[f].before, buf_str(&b), rows[i].why);
			arena_free(a);
		}
}

struct page {
	const char *in, *visible, *hidden, *sum;
};

static const struct page pages[] = {
	/* attributes */
	{ "a <p hidden>b</p> c", "a c", "b", "attribute=1 " },
	{ "<font size=0>b</font> c", "c", "b", "attribute=1 " },
	{ "<font size=1>b</font> c", "b c", "", "" },
	{ "<font size='-2'>b</font> c", "b c", "", "" },
	{ "<font color=white>b</font> c", "c", "b", "color=1 " },
	{ "<font color='#FFFFFF'>b</font> c", "c", "b", "color=1 " },
	{ "<font color='fffffe'>b</font> c", "c", "b", "color=1 " },
	{ "<body bgcolor=black text=black>b", "", "b", "color=1 " },
	{ "<body bgcolor=black text=white>b", "b", "", "" },
	{ "<input type=hidden value='a b'>c", "c", "", "attribute=2 " },
	{ "<p hidden style='display:block'>b</p>c", "b\nc", "", "" },
	/* a dark table */
	{ "<table bgcolor='#000'><tr><td><font color=white>b</font></td></tr></table>", "b", "",
	  "" },
	{ "<table bgcolor='#000'><tr><td bgcolor=white><font color=white>b", "", "b", "color=1 " },
	{ "<table background=x.png><tr><td><font color=white>b", "b", "", "" },
	{ "<table background=x.png><tr><td bgcolor=white><font color=white>b", "", "b",
	  "color=1 " },
	{ "<td style='background:rgba(0,0,0,.9);color:#fff'>b", "b", "", "" },
	{ "<td style='background:rgba(0,0,0,.01);color:#fff'>b", "", "b", "color=1 " },
	/* a link has a colour of its own */
	{ "<font color=white>b<a href=x>c</a></font>", "c", "b", "color=1 " },
	{ "<a href=x style='color:white'>b</a>c", "c", "b", "color=1 " },
	{ "<body link=white><a href=x>b</a>c", "c", "b", "color=1 " },
	/* what is inherited, and what is not */
	{ "<div style='display:none'>a<p style='display:block'>b</p></div>c", "c", "a\nb",
	  "display=2 " },
	{ "<div style='visibility:hidden'>a<b style='visibility:visible'>b</b></div>c", "b\nc", "a",
	  "visibility=1 " },
	{ "<div style='font-size:0'>a<b style='font-size:12px'>b</b></div>c", "b\nc", "a",
	  "font-size=1 " },
	{ "<div style='font-size:0'>a<b style='font-size:2em'>b</b></div>c", "c", "ab",
	  "font-size=2 " },
	{ "<div style='opacity:0'>a<b style='opacity:1'>b</b></div>c", "c", "ab", "opacity=2 " },
	{ "<div style='opacity:.2'>a<b style='opacity:.2'>b</b></div>c", "a\nc", "b",
	  "opacity=1 " },
	{ "<div style='text-indent:-999px'>a<p style='text-indent:0'>b</p></div>c", "b\nc", "a",
	  "offscreen=1 " },
	{ "<div style='color:white'>a<b style='color:red'>b</b></div>c", "b\nc", "a", "color=1 " },
	{ "<div style='line-height:0'>a<b style='line-height:1.2'>b</b></div>c", "b\nc", "a",
	  "clip=1 " },
	/* the cascade */
	{ "<style>.x{display:none} #y{display:block}</style><p class=x id=y>a", "a", "", "" },
	{ "<style>#y{display:block} .x{display:none}</style><p class=x id=y>a", "a", "", "" },
	{ "<style>.x{display:none!important} #y{display:block}</style><p class=x id=y>a", "", "a",
	  "display=1 " },
	{ "<style>.x{display:none}</style><p class=x style='display:block'>a", "a", "", "" },
	{ "<style>.x{display:none!important}</style><p class=x style='display:block'>a", "", "a",
	  "display=1 " },
	{ "<style>p{display:none} p{display:block}</style><p>a", "a", "", "" },
	{ "<style>p.x{display:block} .x{display:none}</style><p class=x>a", "a", "", "" },
	{ "<style>.a .x{display:none}</style><p class=x>a", "a", "", "" },
	{ "<style>.a .x{display:none}</style><div class=a><i><p class=x>a", "", "a", "display=1 " },
	{ "<style>.a>.x{display:none}</style><div class=a><i><p class=x>a", "a", "", "" },
	{ "<style>.a+.x, .a~.x, .x:hover, .x::before{display:none}</style><p class=x>a", "a", "",
	  "" },
	{ "<style>[class=x], [class~=\"y\"]{display:none}</style><p class=y>a</p>b", "b", "a",
	  "display=1 " },
	{ "<style>*{display:none}</style><p>a", "", "a", "display=1 " },
	{ "<style>@media print{.x{display:none}}</style><p class=x>a", "a", "", "" },
	{ "<style>@media only screen and (max-width:600px){.x{display:none}}.y{}</style>"
	  "<p class=x>a",
	  "a", "", "" },
	{ "<style>@media screen{.x{display:none}}.x{}</style><p class=x>a", "", "a", "display=1 " },
	{ "<style>@font-face{font-family:x}.x{display:none}</style><p class=x>a", "", "a",
	  "display=1 " },
	{ "<style>@charset 'x';.x{display:none}</style><p class=x>a", "", "a", "display=1 " },
	{ "<style><!-- .x{display:none} --></style><p class=x>a", "", "a", "display=1 " },
	{ "<style>/* } */.x{display:none</style><p class=x>a", "", "a", "display=1 " },
	{ "<style media=print>.x{display:none}</style><p class=x>a", "a", "", "" },
	{ "<!--[if mso]><style>.x{display:none}</style><![endif]--><p class=x>a", "a", "", "" },
	/* elements */
	{ "<script>a</script><noscript>b</noscript><template>c</template>d", "d", "bc",
	  "element=2 " },
	{ "<head><title>a</title><style>b{}</style></head>c", "c", "", "" },
	{ "<head><title>a</title>b", "b", "", "" },
	{ "<iframe>a</iframe><noembed>b</noembed><datalist><option>c</datalist>d", "d", "ab\nc",
	  "element=3 " },
	{ "<textarea>a &amp; b</textarea>", "a & b", "", "" },
	{ "<svg><title>a</title><text>b</text></svg>", "b", "a", "element=1 " },
	{ "<dialog>a</dialog><dialog open>b</dialog>", "b", "a", "display=1 " },
	/* comments */
	{ "a <!-- b --> c", "a c", "", "" },
	{ "Vi<!-- b c -->agra", "Viagra", "b c", "comment=2 " },
	{ "<!--[if mso]><p>a &amp; b</p><![endif]-->c", "c", "a & b", "comment=3 " },
	{ "<!--[if !mso]><!-->a<!--<![endif]-->", "a", "", "" },
	{ "<![if !mso]>a<![endif]>", "a", "", "" },
	{ "a<!-- b", "a", "", "" },
	/* what closes what */
	{ "<p style='display:none'>a<p>b", "b", "a", "display=1 " },
	{ "<ul><li style='display:none'>a<li>b</ul>c", "b\nc", "a", "display=1 " },
	{ "<table><tr><td style='display:none'>a<td>b<tr><td>c</table>d", "b\nc\nd", "a",
	  "display=1 " },
	{ "<div style='display:none'>a</span></p></b>b</div>c", "c", "a\nb", "display=2 " },
	{ "<div style='display:none'><table><tr><td></div>a</table></div>b", "b", "a",
	  "display=1 " },
	{ "<p><font color=white>a<p>b</font><p>c", "c", "a\nb", "color=2 " },
	{ "<b style='display:none'>a<div>b</b>c</div>d", "d", "a\nbc", "display=3 " },
	{ "<div style='display:none'>a<img><br>b</div>c", "c", "a\nb", "display=2 " },
	{ "<nosuch style='display:none'>a</other>b</nosuch>c", "c", "ab", "display=2 " },
};

static void test_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		struct arena *a = arena_new(0);
		const struct html_doc *d = html_read(a, str_c(pages[i].in));

		if (!str_eq(d->visible, str_c(pages[i].visible)))
			fail_msg("%s: visible is \"%.*s\"", pages[i].in, STR_ARG(d->visible));
		if (!str_eq(d->hidden, str_c(pages[i].hidden)))
			fail_msg("%s: hidden is \"%.*s\"", pages[i].in, STR_ARG(d->hidden));
		if (!str_eq(sum_of(a, d), str_c(pages[i].sum)))
			fail_msg("%s: counted %.*s", pages[i].in, STR_ARG(sum_of(a, d)));
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_styles),
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
