/* Attacks on the structure of a message. */
#include "limits/attack.h"

static void nesting(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b0");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "--b%zu\r\nContent-Type: multipart/mixed; boundary=b%zu\r\n\r\n", i,
			 i + 1);
	ADD(b, "text\r\n");
}

static void same_boundary(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	REP(b, "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", n);
}

static void boundaries(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	REP(b, "--b\r\n\r\n", n);
}

static void almost_boundaries(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b0");
	for (size_t i = 0; i < 30; i++)
		buf_addf(b, "--b%zu\r\nContent-Type: multipart/mixed; boundary=b%zu\r\n\r\n", i,
			 i + 1);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "--c%zu\r\n", i);
}

static void parts(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	REP(b,
	    "--b\r\nContent-Type: text/html; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "<p style=3D\"color:red\">a <a href=3D\"http://example.com/\">b</a></p>\r\n",
	    n);
}

static void part_fields(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++) {
		if (i % 200 == 0)
			ADD(b, "\r\n--b\r\n");
		buf_addf(b, "X-%zu: =?utf-8?q?a=20?= =?utf-8?b?YWFh?=\r\n", i);
	}
}

static void part_types(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	ADD(b, "--b\r\n");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "Content-Type: text/html; charset=c%zu; name=n%zu\r\n", i, i);
	ADD(b, "\r\n<p>text\r\n");
}

static void params(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++) {
		ADD(b, "--b\r\nContent-Type: text/plain");
		for (size_t k = 0; k < 200; k++)
			buf_addf(b, ";\r\n name*%zu*=utf-8''%%41%%42", k);
		ADD(b, "\r\n\r\na\r\n");
	}
}

static void messages(struct buf *b, size_t n)
{
	head(b);
	REP(b, "Content-Type: message/rfc822\r\n\r\n", n);
	ADD(b, "\r\ntext\r\n");
}

static void messages_apart(struct buf *b, size_t n)
{
	begin(b, "multipart/digest; boundary=b");
	REP(b,
	    "--b\r\n\r\nFrom: a@example.com\r\nSubject: =?utf-8?q?a?=\r\n"
	    "Received: from a by b; x\r\n\r\ntext http://example.com/\r\n",
	    n);
}

static void mixed_messages(struct buf *b, size_t n)
{
	head(b);
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "Content-Type: multipart/mixed; boundary=b%zu\r\n\r\n--b%zu\r\n"
			 "Content-Type: message/rfc822\r\n\r\n",
			 i, i);
}

static void names(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "--b\r\nContent-Type: application/octet-stream;\r\n"
			 " name=\"=?utf-8?q?=E2=80=AEinvoice%zu.pdf.exe?=\"\r\n"
			 "Content-Disposition: attachment; "
			 "filename*=utf-8''%%D0%%B0pple%zu.zip\r\n\r\n"
			 "MZ%zu\r\n",
			 i, i, i);
}

/* Two readings of everything: encodings and boundaries that contradict each other. */
static void ambiguous(struct buf *b, size_t n)
{
	head(b);
	ADD(b, "Content-Type: multipart/mixed; boundary=a\r\n"
	       "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "--%c\r\nContent-Type: text/html\r\nContent-Type: text/plain\r\n"
			 "Content-Transfer-Encoding: base64\r\n"
			 "Content-Transfer-Encoding: quoted-printable\r\n\r\nPGEgaHJlZj0=3D\r\n",
			 i % 2 ? 'a' : 'b');
}

static void alternative(struct buf *b, size_t n)
{
	begin(b, "multipart/alternative; boundary=b");
	ADD(b, "--b\r\nContent-Type: text/plain\r\n\r\n");
	for (size_t i = 0; b->n < n / 2; i++)
		buf_addf(b, "w%zu%s", i, i % 12 ? " " : "\r\n");
	ADD(b, "\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>");
	for (size_t i = 0; b->n < n; i++)
		buf_addf(b, "v%zu%s", i, i % 12 ? " " : "\r\n");
	ADD(b, "\r\n--b--\r\n");
}

static void uu_files(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "begin 644 a%zu.exe\r\n#0V%%T\r\n`\r\nend\r\n", i);
}

static void uu_begins(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	REP(b, "begin 644 a.exe\r\n", n);
}

static void uu_large(struct buf *b, size_t n)
{
	begin(b, "text/plain");
	ADD(b, "begin 644 a.html\r\n");
	FILL(b, "M/&$@:')E9CTB:'1T<#HO+V5X86UP;&4N8V]M+R(^/&$@:')E9CTB:'1T<#HO\r\n", n);
	ADD(b, "`\r\nend\r\n");
}

static void bare_ends(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	REP(b, "--b\r\r\n\n--b\n\r--b--\r", n);
}

const struct attack attacks_mime[] = {
	{ "MIME nesting", nesting, 10000 },
	{ "nesting, one boundary", same_boundary, 10000 },
	{ "boundaries", boundaries, 100000 },
	{ "almost boundaries", almost_boundaries, 500000 },
	{ "parts", parts, 10000 },
	{ "fields of parts", part_fields, 100000 },
	{ "types of one part", part_types, 50000 },
	{ "parameters", params, 200 },
	{ "message/rfc822 chain", messages, 50000 },
	{ "digest", messages_apart, 10000 },
	{ "messages in multiparts", mixed_messages, 10000 },
	{ "file names", names, 10000 },
	{ "ambiguous parts", ambiguous, 10000 },
	{ "alternatives, other words", alternative, 5u << 20 },
	{ "uuencode, files", uu_files, 50000 },
	{ "uuencode, begins", uu_begins, 200000 },
	{ "uuencode, 10 MiB", uu_large, 5u << 20 },
	{ "bare CR and LF", bare_ends, 100000 },
	{ 0 },
};
