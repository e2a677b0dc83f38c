/* Attacks on what finds URLs and compares names. */
#include "limits/attack.h"

static void plain(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "http://h%zu.example.com/p%zu?q=%zu\r\n", i, i, i);
}

static void schemeless(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "www.h%zu.com h%zu.org/x a%zu@h%zu.net\r\n", i, i, i, i);
}

static void nested(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "http://a%zu.example/?u=", i);
		REP(b, "http://b.example/?u=http%3A%2F%2Fc.example%2F%3Fu=", 30);
		ADD(b, "\r\n");
	}
}

static void one_nested(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	FILL(b, "http://a.example/?u=", n);
}

static void obfuscated(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "hxxp://h%zu[.]example(dot)com/ h%zu dot example dot com h t t p : / / "
			 "%%68%zu\r\n",
			 i, i, i);
}

static void dotted(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	FILL(b, "a.b.c.com.", n);
}

static void at_signs(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	FILL(b, "a@b@", n);
}

static void mails(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "mailto:a%zu@b%zu.example.com ", i, i);
}

static void slashes(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	FILL(b, "http://http://www.", n);
}

static void percents(struct buf *b, size_t n)
{
	begin(b, "text/html");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "<a href=\"http://%%77%%77w.%%65%zu.com/%%2525252541%%zz\">x</a>", i);
}

static void numeric(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "http://0x%zx/ http://%zu/ http://0300.0.2.%zu/ http://[::%zx]/\r\n",
			 3232235520u + i, 3232235520u + i, i % 256, i & 0xffff);
}

static void puny(struct buf *b, size_t n)
{
	begin(b, "text/html; charset=utf-8");
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "<a href=\"http://xn--pple-43d.example%zu.com/\">\xd0\xb0pple%zu.com</a> "
			 "http://p\xd0\xb0yp\xd0\xb0l%zu.com/ http://rnicrosoft%zu.com/\r\n",
			 i, i, i, i);
}

static void labels(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	for (size_t i = 0; i < n; i++) {
		ADD(b, "http://");
		REP(b, "xn--a-ecp.paypal-", 13);
		buf_addf(b, "%zu.com/\r\n", i);
	}
}

static void html_text(struct buf *b, size_t n)
{
	begin(b, "text/html");
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "<a href=\"//h%zu.example\">http://g%zu.example/ http://f%zu.example/</a>",
			 i, i, i);
}

static void relative(struct buf *b, size_t n)
{
	begin(b, "text/html");
	ADD(b, "<base href=\"http://a.example/b/c/\">");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "<a href=\"../.././%zu/../x\">y</a>", i);
}

const struct attack attacks_url[] = {
	{ "URLs", plain, 10000 },
	{ "URLs without scheme", schemeless, 10000 },
	{ "nested URLs", nested, 5000 },
	{ "one URL, nested", one_nested, 5u << 20 },
	{ "obfuscated URLs", obfuscated, 10000 },
	{ "dots", dotted, 5u << 20 },
	{ "at signs", at_signs, 5u << 20 },
	{ "addresses", mails, 50000 },
	{ "schemes", slashes, 5u << 20 },
	{ "percent hosts", percents, 10000 },
	{ "numeric hosts", numeric, 10000 },
	{ "look-alike hosts", puny, 5000 },
	{ "labels", labels, 5000 },
	{ "anchors with URLs", html_text, 10000 },
	{ "relative URLs", relative, 10000 },
	{ 0 },
};
