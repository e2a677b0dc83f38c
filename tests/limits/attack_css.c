/* Attacks on what reads style sheets. */
#include "limits/attack.h"

static void sheet(struct buf *b)
{
	begin(b, "text/html; charset=utf-8");
	ADD(b, "<html><head><style>\r\n");
}

static void uses(struct buf *b, size_t n)
{
	ADD(b, "</style></head><body>");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "<p class=\"a%zu b%zu c d e\" id=i%zu>x", i, i, i);
}

static void selectors(struct buf *b, size_t n)
{
	sheet(b);
	for (size_t i = 0; b->n < n; i++)
		buf_addf(b, ".a%zu{color:red}p.b%zu{font-size:0}", i, i);
	uses(b, n / 20);
}

static void universal(struct buf *b, size_t n)
{
	sheet(b);
	FILL(b, "*{color:red}p{top:1}p.c.d.e{a:b}div p.c{top:0}", n);
	uses(b, n / 20);
}

static void descendants(struct buf *b, size_t n)
{
	sheet(b);
	FILL(b, "p p p p p{color:red} ", n);
	uses(b, n / 20);
}

static void lists(struct buf *b, size_t n)
{
	sheet(b);
	FILL(b, "a,b,p,.c,#d,", n);
	ADD(b, "x{display:none}");
	uses(b, n / 20);
}

static void blocks(struct buf *b, size_t n)
{
	begin(b, "text/html");
	REP(b, "<style>p{color:red}</style><p>a", n);
}

static void comments(struct buf *b, size_t n)
{
	sheet(b);
	FILL(b, "/*/ /* */ /*", n);
	uses(b, 100);
}

static void braces(struct buf *b, size_t n)
{
	sheet(b);
	FILL(b, "@media a{", n);
	uses(b, 100);
}

static void brackets(struct buf *b, size_t n)
{
	sheet(b);
	FILL(b, "a[b=(c{[(", n);
	uses(b, 100);
}

static void imports(struct buf *b, size_t n)
{
	sheet(b);
	FILL(b, "@import url(http://a.example/b);", n);
	uses(b, 100);
}

static void values(struct buf *b, size_t n)
{
	begin(b, "text/html");
	REP(b,
	    "<p style=\"color:rgb(1,2,3);font-size:calc(1px + 2em);background:url(x) red;"
	    "margin-left:-9999px;opacity:0.01;clip:rect(0,0,0,0)\">a",
	    n);
}

static void long_style(struct buf *b, size_t n)
{
	begin(b, "text/html");
	ADD(b, "<p style=\"");
	FILL(b, "color:red;font:0/0 a;", n);
	ADD(b, "\">a");
}

static void strings(struct buf *b, size_t n)
{
	sheet(b);
	FILL(b, "a{content:\"\\\"b\\", n);
	uses(b, 100);
}

static void escapes(struct buf *b, size_t n)
{
	sheet(b);
	FILL(b, "\\000070 \\70{\\63olor:red}", n);
	uses(b, 100);
}

const struct attack attacks_css[] = {
	{ "CSS selectors", selectors, 200000 },	    { "CSS, fit everything", universal, 200000 },
	{ "CSS descendants", descendants, 200000 }, { "CSS lists", lists, 200000 },
	{ "style blocks", blocks, 10000 },	    { "CSS comments", comments, 200000 },
	{ "CSS braces", braces, 200000 },	    { "CSS brackets", brackets, 200000 },
	{ "CSS imports", imports, 200000 },	    { "CSS values", values, 10000 },
	{ "one long style", long_style, 1000000 },  { "CSS strings", strings, 200000 },
	{ "CSS escapes", escapes, 200000 },	    { 0 },
};
