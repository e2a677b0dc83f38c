/* Attacks on transfer encodings and charsets. */
#include "limits/attack.h"

static void coded(struct buf *b, const char *type, const char *encoding)
{
	head(b);
	buf_addf(b, "Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n", type, encoding);
}

static void b64_text(struct buf *b, size_t n)
{
	coded(b, "text/plain; charset=utf-8", "base64");
	FILL(b, "aGVsbG8gd29ybGQgaHR0cDovL2V4YW1wbGUuY29tLyBhbmQgbW9yZSB0ZXh0\r\n", n);
}

static void b64_html(struct buf *b, size_t n)
{
	coded(b, "text/html; charset=utf-8", "base64");
	FILL(b, "PHA+aGVsbG8gPGI+d29ybGQ8L2I+PC9wPjxwPmhlbGxvIDxiPndvcmxkPC9i\r\n", n);
}

static void b64_lines(struct buf *b, size_t n)
{
	coded(b, "text/plain", "base64");
	REP(b, "Y\r\n", n);
}

static void b64_junk(struct buf *b, size_t n)
{
	coded(b, "text/plain", "base64");
	FILL(b, "YQ==!!Y=Q=\r\n", n);
}

static void qp(struct buf *b, size_t n)
{
	coded(b, "text/plain; charset=utf-8", "quoted-printable");
	FILL(b, "=C3=A9=41=20=42=\r\n", n);
}

static void qp_blanks(struct buf *b, size_t n)
{
	coded(b, "text/plain", "quoted-printable");
	FILL(b, " ", n);
}

static void qp_20(struct buf *b, size_t n)
{
	coded(b, "text/plain", "quoted-printable");
	FILL(b, "=20", n);
}

static void utf7(struct buf *b, size_t n)
{
	begin(b, "text/html; charset=utf-7");
	FILL(b, "+ADw-a+AD4- +2D3eAA-\r\n", n);
}

static void escapes(struct buf *b, size_t n)
{
	begin(b, "text/plain; charset=iso-2022-jp");
	FILL(b, "\x1b$B$\"\x1b(B\x1b(J", n);
}

static void escapes_kr(struct buf *b, size_t n)
{
	begin(b, "text/plain; charset=iso-2022-kr");
	ADD(b, "\x1b$)C");
	FILL(b, "\x0e!!\x0f", n);
}

static void utf16(struct buf *b, size_t n)
{
	coded(b, "text/html; charset=utf-16le", "base64");
	FILL(b, "PABhAD4APABhAD4A", n);
}

static void utf16_bad(struct buf *b, size_t n)
{
	coded(b, "text/plain; charset=utf-16be", "base64");
	FILL(b, "2D3YPdg92D3YPdg9", n);
}

static void eight_bit(struct buf *b, size_t n)
{
	begin(b, "text/html; charset=windows-1251");
	FILL(b, "\xe0\xe1\xe2 \xff\xfe <b>\xe3\x80\x81 ", n);
}

static void bad_utf8(struct buf *b, size_t n)
{
	begin(b, "text/plain; charset=utf-8");
	FILL(b, "\xc3\x28\xf0\x9f\x98 \xff\xed\xa0\x80", n);
}

static void charsets(struct buf *b, size_t n)
{
	static const char *const name[] = { "big5",	   "gb18030", "hz-gb-2312", "euc-kr",
					    "iso-2022-cn", "utf-32",  "koi8-r",	    "cp932",
					    "x-unknown",   "tcvn",    "viscii",	    "ibm-1047" };

	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "--b\r\nContent-Type: text/plain; charset=%s\r\n\r\n",
			 name[i % (sizeof name / sizeof *name)]);
		ADD(b, "\xa4\xa2\xa4\xa4 ~{<:~} \x1b$A!!\r\n");
	}
}

static void marks(struct buf *b, size_t n)
{
	begin(b, "text/plain; charset=utf-8");
	FILL(b, "e\xcc\x81\xcc\x81\xe2\x80\x8b\xe2\x80\xae", n);
}

const struct attack attacks_coding[] = {
	{ "base64 text", b64_text, 5u << 20 },
	{ "base64 HTML", b64_html, 5u << 20 },
	{ "base64, short lines", b64_lines, 2000000 },
	{ "base64, padding within", b64_junk, 5u << 20 },
	{ "quoted-printable", qp, 5u << 20 },
	{ "quoted-printable, blanks", qp_blanks, 5u << 20 },
	{ "quoted-printable, =20", qp_20, 5u << 20 },
	{ "UTF-7", utf7, 5u << 20 },
	{ "ISO-2022-JP escapes", escapes, 5u << 20 },
	{ "ISO-2022-KR shifts", escapes_kr, 5u << 20 },
	{ "UTF-16", utf16, 5u << 20 },
	{ "UTF-16 surrogates", utf16_bad, 5u << 20 },
	{ "8-bit HTML", eight_bit, 5u << 20 },
	{ "broken UTF-8", bad_utf8, 5u << 20 },
	{ "charsets", charsets, 10000 },
	{ "marks", marks, 5u << 20 },
	{ 0 },
};
