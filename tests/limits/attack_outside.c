/* Attacks on what is asked outside: more names, addresses and links than anybody may ask for. */
#include "limits/attack.h"

#define MiB (1u << 20)
#define L63 "a23456789012345678901234567890123456789012345678901234567890123"
#define L48 "a23456789012345678901234567890123456789012345678"

static void links(struct buf *b, size_t n)
{
	begin(b, "text/html");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "<a href=\"https://w%zu.domain%zu.com/p%zu?q=%zu\">x</a>\r\n", i, i, i,
			 i);
}

/* Half of them are in the feed, at the end of sixteen directories and more. */
static void listed(struct buf *b, size_t n)
{
	begin(b, "text/html");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "<a href=\"http://a.b.c.d.h%zu.feed.example", i * 7);
		REP(b, "/d", 60);
		ADD(b, "?a=b&c=%2e%2e\">x</a>\r\n");
	}
}

static void addresses(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "write to user.%zu+tag@box%zu.example%zu.com or ", i, i, i % 97);
}

static void at_names(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	FILL(b, "a.b-c_d@e.f-g.com.", n);
}

/* Redirectors that lead to redirectors, in a parameter of a parameter. */
static void redirectors(struct buf *b, size_t n)
{
	begin(b, "text/html");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "<a href=\"https://www.bing.com/ck/a?%zu", i);
		REP(b, "&u=https%3A%2F%2Fawin1.com%2Fcread.php%3Fued%3Dhttps%253A%252F%252F", 20);
		ADD(b, "x.com/\">x</a>\r\n");
	}
}

static void one_redirector(struct buf *b, size_t n)
{
	begin(b, "text/html");
	ADD(b, "<a href=\"https://www.bing.com/ck/a?u=");
	FILL(b, "https://awin1.com/?u=", n);
	ADD(b, "\">x</a>\r\n");
}

static void shorteners(struct buf *b, size_t n)
{
	begin(b, "text/html");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "<a href=\"https://2u.pw/%zu?user%zu@here.example.com\">x</a>\r\n", i,
			 i);
}

static void hops(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "Received: from h%zu.com (p%zu.net [45.%zu.%zu.%zu]) by m%zu.com with "
			 "ESMTP id %zu;\r\n\tSun, 22 Nov 2026 04:00:00 +0000\r\n",
			 i, i, i / 65536 % 256, i / 256 % 256, i % 256, i, i);
	begin(b, "text/plain");
	ADD(b, "x\r\n");
}

static void hops6(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "Received: from [IPv6:2a02:db8:%zx::%zx] by m.com; x\r\n", i % 65536,
			 i + 1);
	begin(b, "text/plain");
	ADD(b, "x\r\n");
}

static void long_names(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "Received: from " L63 "." L63 "." L63 ".%zu" L48 ".com (" L63 "." L63
			 "." L63 ".%zu" L48 ".com [45.1.2.3]) by m.com; x\r\n",
			 i % 10, i % 10);
	begin(b, "text/html");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "<a href=\"http://" L63 "." L63 "." L63 ".%zu" L48 ".com/\">x</a>\r\n",
			 i % 10);
}

static void labels(struct buf *b, size_t n)
{
	begin(b, "text/html");
	for (size_t i = 0; i < n; i++) {
		ADD(b, "<a href=\"http://");
		REP(b, "a.", 120);
		buf_addf(b, "d%zu.com/\">x</a>\r\n", i);
	}
}

static void address_links(struct buf *b, size_t n)
{
	begin(b, "text/html");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "<a href=\"http://45.%zu.%zu.%zu/x\">x</a> 45.%zu.%zu.%zu\r\n",
			 i / 65536 % 256, i / 256 % 256, i % 256, i / 65536 % 256, i / 256 % 256,
			 i % 256);
}

static void signatures(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "DKIM-Signature: v=1; a=rsa-sha256; d=d%zu.com; s=s; h=from; bh=eA==; "
			 "b=eA==\r\nReply-To: a@r%zu.com\r\n",
			 i, i);
	begin(b, "text/plain");
	ADD(b, "x\r\n");
}

static void text(struct buf *b, const char *s, size_t n)
{
	begin(b, "text/plain; charset=utf-8");
	fill(b, str_c(s), n);
	ADD(b, "\r\n");
}

#define TEXT(name, s)                                                                              \
	static void name(struct buf *b, size_t n)                                                  \
	{                                                                                          \
		text(b, s, n);                                                                     \
	}

TEXT(phones, "+49 (0)30 123-456.78 00 41 44 668 18 00 ")
TEXT(digits, "4")
TEXT(cards, "4111-1111 1111-1111 ")
TEXT(ibans, "DE89 3704 0044 0532 0130 00 GB")
TEXT(separated, "1-2.3 4/5(6)7+8 ")
TEXT(names, "Dear User Here, User. here, use r user@here ")
TEXT(links_of_one, "user%40here.example.com https://a.com/?e=dXNlckBoZXJlLmV4YW1wbGUuY29t ")

static void files(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "--b\r\nContent-Type: application/octet-stream; name=\"f%zu.exe\"\r\n"
			 "Content-Transfer-Encoding: base64\r\n\r\nTVqQAAMAAAA%zu\r\n",
			 i, i);
	ADD(b, "--b--\r\n");
}

const struct attack attacks_outside[] = {
	{ "names to ask lists for", links, 2000 },
	{ "links of a feed", listed, 500 },
	{ "mail addresses", addresses, 5000 },
	{ "mail addresses in each other", at_names, 2 * MiB },
	{ "redirectors in redirectors", redirectors, 1000 },
	{ "one redirector in itself", one_redirector, MiB },
	{ "short links", shorteners, 5000 },
	{ "hops", hops, 1000 },
	{ "hops by IPv6", hops6, 1000 },
	{ "names of 253 octets", long_names, 1000 },
	{ "names of 120 labels", labels, 2000 },
	{ "addresses for names", address_links, 5000 },
	{ "signers and repliers", signatures, 1000 },
	{ "files to scan", files, 5000 },
	{ "telephone numbers", phones, 5 * MiB },
	{ "one long number", digits, 5 * MiB },
	{ "card numbers", cards, 5 * MiB },
	{ "account numbers", ibans, 5 * MiB },
	{ "digits and separators", separated, 5 * MiB },
	{ "a recipient's name", names, 5 * MiB },
	{ "a recipient in links", links_of_one, 5 * MiB },
	{ 0 },
};
