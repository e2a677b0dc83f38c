/* Attacks on what learns and compares: tokens, shingles, Pyzor's reading of a message. */
#include "limits/attack.h"

#define MiB (1u << 20)

/* The form again and again, n octets of it; "#" stands for a number that was not there before. */
static void differ(struct buf *b, const char *form, size_t n)
{
	size_t end = b->n + n;
	uint32_t next = 1;

	while (b->n < end)
		for (const char *p = form; *p; p++)
			if (*p == '#')
				buf_addf(b, "%x", next++ * 2654435761u);
			else
				buf_addc(b, *p);
}

static void distinct_words(struct buf *b, size_t n)
{
	begin(b, "text/plain; charset=utf-8");
	differ(b, "w## ", n);
}

static void distinct_lines(struct buf *b, size_t n)
{
	begin(b, "text/plain; charset=utf-8");
	differ(b, "the # quick # brown fox\r\n", n);
}

static void distinct_html(struct buf *b, size_t n)
{
	begin(b, "text/html; charset=utf-8");
	differ(b, "<p>a#</p><b>b#</b>\r\n", n);
}

static void distinct_wide(struct buf *b, size_t n)
{
	begin(b, "text/plain; charset=utf-8");
	differ(b, "\xd0\xb0#\xd1\x8f \xe4\xb8\xad#\xe6\x96\x87 ", n);
}

static void distinct_urls(struct buf *b, size_t n)
{
	begin(b, "text/plain; charset=utf-8");
	differ(b, "http://h#.example.com/p/#?q=1 ", n);
}

static void distinct_fields(struct buf *b, size_t n)
{
	head(b);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "X-F%zu: v%zu w%zu x%zu y%zu\r\n", i, i, i * 7, i * 11, i * 13);
	ADD(b, "\r\ntext\r\n");
}

static void long_subject(struct buf *b, size_t n)
{
	head(b);
	ADD(b, "Subject: ");
	differ(b, "s## ", n);
	ADD(b, "\r\n\r\ntext\r\n");
}

static void long_received(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "Received: from h%zu.example (h%zu.example [10.0.0.1]) by a; x\r\n", i,
			 i);
	begin(b, "text/plain");
	ADD(b, "text\r\n");
}

static void text_parts(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "--b\r\nContent-Type: text/plain; charset=utf-8; name=n%zu.txt\r\n"
			 "Content-Transfer-Encoding: base64\r\n\r\nd29yZCB0ZXh0IGhlcmU=\r\n",
			 i);
}

static void text_parts_long(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++) {
		ADD(b, "--b\r\nContent-Type: text/plain\r\n\r\n");
		differ(b, "p## ", 8192);
		ADD(b, "\r\n");
	}
}

static void charset_parts(struct buf *b, size_t n)
{
	static const char *const name[] = { "iso-2022-jp", "gb18030", "utf-7",	"shift_jis",
					    "utf-16",	   "koi8-r",  "euc-kr", "big5" };

	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "--b\r\nContent-Type: text/html; charset=%s\r\n\r\n", name[i % 8]);
		differ(b, "<p>\xb3\xa4 +#- \x1b$B#\x1b(B</p>\r\n", 2048);
	}
}

static void messages(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@example.com\r\n"
			 "Subject: m%zu\r\n\r\nthe text of message %zu is here\r\n",
			 i, i);
}

static void messages_deep(struct buf *b, size_t n)
{
	head(b);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "Content-Type: message/rfc822\r\n\r\nSubject: m%zu\r\n", i);
	ADD(b, "\r\ntext\r\n");
}

static void nested_boundaries(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=\"\"");
	REP(b, "--\r\nContent-Type: multipart/mixed; boundary=\"-\"\r\n\r\n---\r\n\r\n--", n);
}

static void many_types(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	ADD(b, "--b\r\nContent-Type: text/plain");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "; boundary*%zu*=utf-8''%%41%%zz; name=\"(\\\"\"", i);
	ADD(b, "\r\n\r\ntext\r\n");
}

static void pyzor_html(struct buf *b, size_t n)
{
	begin(b, "text/html");
	FILL(b, "<script><style><!-- <a href='&#x41;&amp' ", n);
}

static void pyzor_entities(struct buf *b, size_t n)
{
	begin(b, "text/html");
	FILL(b, "&#38;&#x26;&ampamp;&notit;&CounterClockwiseContourIntegral;&#99999999999;", n);
}

static void pyzor_mails(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	FILL(b, "a@b@c@d aaaaaaaaaa http://a http:// <a@b> ", n);
}

static void pyzor_quoted(struct buf *b, size_t n)
{
	head(b);
	ADD(b, "Content-Type: text/plain; charset=utf-8\r\n"
	       "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	FILL(b, "=3D=\r\n=C3=A9==3=\r\n", n);
}

static void files(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b,
			 "--b\r\nContent-Type: application/octet-stream; name=f%zu.bin\r\n"
			 "Content-Transfer-Encoding: base64\r\n\r\n",
			 i);
		FILL(b, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n", 4096);
	}
}

static void one_shingle(struct buf *b, size_t n)
{
	begin(b, "text/html; charset=utf-8");
	FILL(b, "<div><p>same same same </p></div>", n);
}

const struct attack attacks_learn[] = {
	{ "learn.distinct-words", distinct_words, 10 * MiB },
	{ "learn.distinct-lines", distinct_lines, 10 * MiB },
	{ "learn.distinct-html", distinct_html, 4 * MiB },
	{ "learn.distinct-wide", distinct_wide, 10 * MiB },
	{ "learn.distinct-urls", distinct_urls, 10 * MiB },
	{ "learn.distinct-fields", distinct_fields, 2000 },
	{ "learn.long-subject", long_subject, MiB },
	{ "learn.received", long_received, 10000 },
	{ "learn.text-parts", text_parts, 1000 },
	{ "learn.text-parts-long", text_parts_long, 1000 },
	{ "learn.charset-parts", charset_parts, 1000 },
	{ "learn.messages", messages, 1000 },
	{ "learn.messages-deep", messages_deep, 10000 },
	{ "learn.nested-boundaries", nested_boundaries, 100000 },
	{ "learn.many-types", many_types, 20000 },
	{ "learn.pyzor-html", pyzor_html, 10 * MiB },
	{ "learn.pyzor-entities", pyzor_entities, 10 * MiB },
	{ "learn.pyzor-mails", pyzor_mails, 10 * MiB },
	{ "learn.pyzor-quoted", pyzor_quoted, 10 * MiB },
	{ "learn.files", files, 1000 },
	{ "learn.one-shingle", one_shingle, 10 * MiB },
	{ 0 },
};
