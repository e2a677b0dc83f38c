/* Messages as parts: structure, findings, second readings; the same however they are pushed. */
#include "lib/test.h"

#include "unit/mail/mime_dump.h"

#define MP(boundary) "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=" boundary "\n\n"

static const struct {
	const char *in, *out;
} table[] = {
	/* a message without MIME is text (RFC 2045 5.2) */
	{ "A: b\n\nhi\n", "1 text/plain [hi|]\n" },
	{ "A: b\n\n", "1 text/plain []\n" },
	{ "MIME-Version: 1.0\nContent-Type: TEXT/Html; x=y\n\nhi", "1 text/html [hi]\n" },
	/* multipart (RFC 2046 5.1.1): the line end belongs to the delimiter */
	{ MP("b") "pre\n--b\n\none\n--b\n\ntwo\n\n--b--\nepi\n",
	  " multipart/mixed [] after-close\n1 text/plain [one]\n2 text/plain [two|]\n" },
	{ MP("b") "--b\n\n--b\n\n\n--b--\n",
	  " multipart/mixed []\n1 text/plain []\n2 text/plain []\n" },
	{ MP("b") "--b  \t\nA: b\n\nx\n--b--  \n", " multipart/mixed []\n1 text/plain [x]\n" },
	/* a delimiter right behind fields */
	{ MP("b") "--b\nContent-Type: text/html\n--b--\n",
	  " multipart/mixed []\n1 text/html []\n" },
	/* a folded field (RFC 5322 2.2.3) */
	{ MP("\n \"b\"") "--b\nContent-Type:\n text/html\n\n1\n--b--\n",
	  " multipart/mixed []\n1 text/html [1]\n" },
	/* LF, CRLF and CR end lines */
	{ MP("b") "--b\r\rone\r--b\r\n\r\ntwo\r\n--b--\r",
	  " multipart/mixed []\n1 text/plain [one]\n2 text/plain [two]\n" },
	/* nested, with the inner boundary going on where the outer one ends */
	{ MP("b") "--b\nContent-Type: multipart/alternative; boundary=b1\n\n--b1\n\none\n--b1\n\n"
		  "two\n--b1--\n--b\n\nthree\n--b--\n",
	  " multipart/mixed []\n1 multipart/alternative []\n1.1 text/plain [one]\n"
	  "1.2 text/plain [two]\n2 text/plain [three]\n" },
	/* an outer delimiter ends the inner multipart (RFC 2046 5.1.2) */
	{ MP("b") "--b\nContent-Type: multipart/x; boundary=c\n\n--c\n\none\n--b\n\ntwo\n--b--\n",
	  " multipart/mixed []\n1 multipart/x [] unclosed\n1.1 text/plain [one]\n"
	  "2 text/plain [two]\n" },
	/* a message in a message, its text and its multipart (RFC 2046 5.2.1, RFC 3501 6.4.5) */
	{ "MIME-Version: 1.0\nContent-Type: message/rfc822\n\nSubject: x\n\nhi\n",
	  "1 message/rfc822 [Subject: x||hi|]\n1.1 text/plain [hi|]\n" },
	{ "MIME-Version: 1.0\nContent-Type: message/rfc822\n\n"
	  "Content-Type: multipart/x; boundary=b\n\n--b\n\nhi\n--b--\n",
	  "1 message/rfc822 [Content-Type: multipart/x; boundary=b||--b||hi|--b--|]\n"
	  "1.TEXT multipart/x []\n1.1 text/plain [hi]\n" },
	{ MP("b") "--b\nContent-Type: message/rfc822\n--b\nContent-Type: message/rfc822\n\nA: b\n"
		  "--b--\n",
	  " multipart/mixed []\n1 message/rfc822 []\n1.1 text/plain []\n"
	  "2 message/rfc822 [A: b]\n2.1 text/plain []\n" },
	{ "MIME-Version: 1.0\nContent-Type: message/global\n\nFrom x@y Mon\nA: b\n\nhi",
	  "1 message/global [From x@y Mon|A: b||hi]\n1.1 text/plain [hi]\n" },
	/* RFC 2046 5.1.5: a digest is of messages */
	{ "MIME-Version: 1.0\nContent-Type: multipart/digest; boundary=b\n\n--b\n\nA: b\n\nhi\n"
	  "--b--\n",
	  " multipart/digest []\n1 message/rfc822 [A: b||hi]\n1.1 text/plain [hi]\n" },
	/* encodings (RFC 2045 6) */
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: Base64\n\naGk=\n", "1 text/plain [hi]\n" },
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 "
	  "a\n#0V%T\n`\nend\n",
	  "1 text/plain [Cat]\n" },
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable (c)\n\n=41=\n=42\nC=",
	  "1 text/plain [AB|C]\n" },

	/* ---- findings and second readings ---- */
	{ "Content-Type: text/plain\n\nx", "1 text/plain [x] no-version\n" },
	{ "MIME-Version: 1.0\nContent-Type: text/plain\nContent-Type: text/plain\n\nx",
	  "1 text/plain [x] dup-header\n" },
	{ "MIME-Version: 1.0\nContent-Type: text/plain\nContent-Type: text/html\n\nx",
	  "1 text/plain [x] dup-header\n1~1 text/html [x] alternate\n" },
	{ MP("a") "--a\nContent-Type: text/plain\nContent-Type: multipart/x; boundary=b\n\n"
		  "--b\n\ntwo\n--b--\n--a--\n",
	  " multipart/mixed []\n1 text/plain [--b||two|--b--] dup-header\n"
	  "1~1 multipart/x [] alternate\n1~1.1 text/plain [two] alternate\n" },
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n"
	  "Content-Transfer-Encoding: base64\n\naGk=",
	  "1 text/plain [aGk=] dup-header\n1~1 text/plain [hi] alternate\n" },
	{ "MIME-Version: 1.0\nContent-Type: multipart/x; boundary=a; boundary=b\n\n"
	  "--a\n\none\n--b\n\ntwo\n--b--\n--a--\n",
	  " multipart/x [] dup-param\n1 text/plain [one|--b||two|--b--]\n"
	  "~1 multipart/x [] after-close alternate\n~1.1 text/plain [two] alternate\n" },
	{ "MIME-Version: 1.0\nContent-Type: html\n\nx", "1 text/plain [x] bad-type\n" },
	{ "MIME-Version: 1.0\nContent-Type: multipart; boundary=b\n\n--b\n\none\n--b--\n",
	  "1 text/plain [--b||one|--b--|] bad-type\n1~1 multipart/mixed [] alternate\n"
	  "1~1.1 text/plain [one] alternate\n" },
	{ "MIME-Version: 1.0\nContent-Type: text/html charset=utf-8\n\nx",
	  "1 text/html [x] bad-type\n" },
	{ "MIME-Version: 1.0\nContent-Type: multipart/x\n\n--b\nContent-Type: "
	  "text/html\n\nx\n--b--",
	  " multipart/x [] bad-boundary\n~1 multipart/x [] alternate\n"
	  "~1.1 text/html [x] alternate\n"
	  "~2 text/plain [--b|Content-Type: text/html||x|--b--] alternate\n" },
	{ MP("\"b&\"") "--b&\n\nx\n--b&--",
	  " multipart/mixed [] bad-boundary\n1 text/plain [x]\n" },
	{ MP("b") "text\n", " multipart/mixed [] no-parts\n~1 text/plain [text|] alternate\n" },
	{ MP("b") "--b\n\nx\n", " multipart/mixed [] unclosed\n1 text/plain [x|]\n" },
	{ MP("b") "--b\n\nx\n--b--\n--b\n\ny\n--b--\n",
	  " multipart/mixed [] after-close\n1 text/plain [x]\n~1 text/plain [y] alternate\n" },
	/* the same boundary inside and outside */
	{ MP("b") "--b\nContent-Type: multipart/y; "
		  "boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
	  " multipart/mixed []\n1 multipart/y [] boundary-clash\n1.1 text/plain [one]\n"
	  "2 text/plain [two]\n" },
	{ MP("bc") "--bc\nContent-Type: multipart/y; boundary=b\n\n--b\n\none\n--b--\n--bc--\n",
	  " multipart/mixed []\n1 multipart/y [] boundary-clash\n1.1 text/plain [one]\n" },
	/* "b" and "b--" */
	{ MP("b--") "--b--\nContent-Type: multipart/y; boundary=b\n\n--b\n\none\n--b----\n",
	  " multipart/mixed []\n1 multipart/y [] boundary-clash unclosed\n1.1 text/plain [one]\n" },
	/* RFC 2046 5.1.2: a delimiter line may go on; no program of today thinks so */
	{ MP("b") "--b\n\none\n--b;x\nContent-Type: text/html\n\ntwo\n--b--\n",
	  " multipart/mixed []\n1 text/plain [one|--b;x|Content-Type: text/html||two]\n"
	  "~1 multipart/mixed [] alternate\n~1.1 text/plain [one] alternate\n"
	  "~1.2 text/html [two] alternate\n" },
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: x-rot13\n\nx",
	  "1 text/plain [x] bad-encoding\n" },
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: \"base64\"\n\naGk=",
	  "1 text/plain [aGk=] bad-encoding\n1~1 text/plain [hi] alternate\n" },
	/* an encoded multipart and an encoded message (RFC 2045 6.4 forbids both) */
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: base64\nContent-Type: multipart/x; "
	  "boundary=b\n\nLS1iCgp4Ci0tYi0tCg==\n",
	  " multipart/x [] no-parts bad-encoding\n~1 multipart/x [] alternate\n"
	  "~1.1 text/plain [x] alternate\n~2 text/plain [--b||x|--b--|] alternate\n" },
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: base64\nContent-Type: message/rfc822\n\n"
	  "QTogYgoKaGk=\n",
	  "1 message/rfc822 [A: b||hi] bad-encoding\n1~1 message/rfc822 [A: b||hi] alternate\n"
	  "1~1.1 text/plain [hi] alternate\n" },
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\naGk=aGk!=",
	  "1 text/plain [hihi] bad-base64\n1~1 text/plain [aGk=aGk!=] alternate\n" },
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\n=4x=",
	  "1 text/plain [=4x] bad-qp\n" },
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n\n\xc3\xa9",
	  "1 text/plain [\xc3\xa9] 8bit-in-7bit\n" },
	/* a line that is no field in a part's fields */
	{ MP("b") "--b\nContent-Type: text/html\nnot a field\nContent-Transfer-Encoding: base64\n\n"
		  "aGk=\n--b--\n",
	  " multipart/mixed []\n1 text/html [not a field|Content-Transfer-Encoding: base64||aGk=] "
	  "header-cut\n1~1 text/html [hi] alternate\n" },
	{ MP("b") "--b\nhello\n--b--\n", " multipart/mixed []\n1 text/plain [hello] header-cut\n" },
	/* names */
	{ "MIME-Version: 1.0\nContent-Type: a/b; name=x.txt\nContent-Disposition: attachment; "
	  "filename=\"y.exe\"\n\n",
	  "1 a/b \"y.exe\" or \"x.txt\" []\n" },
	{ "MIME-Version: 1.0\nContent-Type: a/b; name=\"=?utf-8?q?x=2Eexe?=\"\n\n",
	  "1 a/b \"x.exe\" [] bad-param\n" },
	/* uuencoded files in text */
	{ "A: b\n\nsee\nbegin 644 a b.exe\n#0V%T\n`\nend\nmore\nbegin 666 c\n#0V%T\nend\n",
	  "1 text/plain [see|begin 644 a b.exe|#0V%T|`|end|more|begin 666 c|#0V%T|end|]\n"
	  "1~1 application/octet-stream \"a b.exe\" [Cat] alternate\n"
	  "1~2 application/octet-stream \"c\" [Cat] alternate\n" },
	{ "A: b\n\nbegin 644 of the story\nplain lines\n",
	  "1 text/plain [begin 644 of the story|plain "
	  "lines|]\n" },
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct str in = str_c(table[i].in);

		for (size_t cut = 0; cut <= in.n; cut++) {
			struct arena *a = arena_new(0);
			struct mime *m = mime_dump_read(a, in, 0, cut);

			assert_str(mime_dump(a, m), table[i].out);
			assert_int_equal(m->octets, m->body.n);
			arena_free(a);
		}
	}
}

/* ---- limits (LIMITS 1) ---- */

static struct str nested(struct arena *a, unsigned depth)
{
	struct buf b = { .arena = a };

	buf_add(&b, STR("MIME-Version: 1.0\n"));
	for (unsigned i = 0; i < depth; i++)
		buf_addf(&b, "Content-Type: multipart/x; boundary=b%ux\n\n--b%ux\n", i, i);
	buf_add(&b, STR("\nbottom\n"));
	for (unsigned i = depth; i-- > 0;)
		buf_addf(&b, "--b%ux--\n", i);
	return buf_str(&b);
}

static void test_depth(void **state)
{
	struct arena *a = arena_new(0);
	struct mime *m = mime_dump_read(a, nested(a, MIME_MAX_DEPTH), 0, SIZE_MAX);

	(void)state;
	assert_int_equal(m->parts.n, MIME_MAX_DEPTH + 1);
	assert_int_equal(m->flags, 0);
	assert_str(mime_data(m, MIME_MAX_DEPTH), "bottom");
	m = mime_dump_read(a, nested(a, MIME_MAX_DEPTH + 1), 0, SIZE_MAX);
	assert_int_equal(m->parts.n, MIME_MAX_DEPTH + 1);
	assert_int_equal(m->flags, MIME_F_DEPTH);
	assert_int_equal(m->parts.p[MIME_MAX_DEPTH].flags, MIME_F_DEPTH);
	arena_free(a);
}

static void test_parts(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct mime *m;

	(void)state;
	buf_add(&b, STR(MP("b")));
	for (unsigned i = 1; i < MIME_MAX_PARTS; i++)
		buf_addf(&b, "--b\n\n%u\n", i);
	m = mime_dump_read(a, buf_str(&b), 0, SIZE_MAX);
	assert_int_equal(m->parts.n, MIME_MAX_PARTS);
	assert_int_equal(m->flags, MIME_F_UNCLOSED);
	assert_str(m->parts.p[999].path, "999");
	buf_add(&b, STR("--b\n\nmore\n--b--\n"));
	m = mime_dump_read(a, buf_str(&b), 0, SIZE_MAX);
	assert_int_equal(m->parts.n, MIME_MAX_PARTS);
	assert_int_equal(m->flags, MIME_F_PARTS);
	assert_str(mime_data(m, 999), "999");
	arena_free(a);
}

/* What is kept is the beginning and the last 256 KiB, however the octets come. */
static void test_kept(void **state)
{
	static const size_t over[] = { 0, 1, MIME_MAX_TAIL, MIME_MAX_TAIL + 1,
				       3 * MIME_MAX_TAIL + 7 };

	(void)state;
	for (size_t i = 0; i < sizeof over / sizeof *over; i++) {
		for (size_t step = 1000; step < 2000000; step *= 37) {
			struct arena *a = arena_new(0);
			struct buf b = { .arena = a }, want = { .arena = a };
			struct hdr_list h;
			struct mime *m;
			size_t tail;

			for (size_t k = 0; b.n < 100000 + over[i]; k++)
				buf_addc(&b, (char)('0' + k * k % 71));
			tail = over[i] < MIME_MAX_TAIL ? over[i] : MIME_MAX_TAIL;
			buf_add(&want, str_sub(buf_str(&b), 0, 100000));
			buf_add(&want, str_skip(buf_str(&b), b.n - tail));
			hdr_init(&h, a);
			m = mime_new(a, &h, 100000);
			for (size_t k = 0; k < b.n; k += step)
				mime_push(m, str_sub(buf_str(&b), k, step));
			mime_end(m);
			assert_true(str_eq(m->body, buf_str(&want)));
			assert_int_equal(m->octets, b.n);
			assert_int_equal(m->flags, over[i] > MIME_MAX_TAIL ? MIME_F_TRUNCATED : 0);
			assert_true(str_eq(mime_data(m, 0), m->body));
			arena_free(a);
		}
	}
}

/* A boundary over MIME_MAX_BOUNDARY is not used, its beginning is in a second reading. */
static void test_boundary_limit(void **state)
{
	(void)state;
	for (size_t n = MIME_MAX_BOUNDARY; n <= MIME_MAX_BOUNDARY + 1; n++) {
		struct arena *a = arena_new(0);
		struct buf name = { .arena = a }, b = { .arena = a };
		struct mime *m;

		while (name.n < n)
			buf_addc(&name, 'x');
		buf_addf(&b, "MIME-Version: 1.0\nContent-Type: multipart/x; boundary=%.*s\n\n",
			 STR_ARG(buf_str(&name)));
		buf_addf(&b, "--%.*s\n\nhi\n--%.*s--\n", STR_ARG(buf_str(&name)),
			 STR_ARG(buf_str(&name)));
		m = mime_dump_read(a, buf_str(&b), 0, SIZE_MAX);
		if (n == MIME_MAX_BOUNDARY) {
			assert_str(mime_dump(a, m), " multipart/x []\n1 text/plain [hi]\n");
		} else {
			assert_int_equal(m->parts.p[0].flags, MIME_F_BAD_BOUNDARY);
			assert_str(m->parts.p[2].path, "~1.1");
			assert_str(mime_data(m, 2), "hi");
		}
		arena_free(a);
	}
}

/* Further readings look at no more than twice the body, and say so when they would. */
static void test_budget(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct mime *m;
	size_t octets = 0;

	(void)state;
	buf_add(&b, STR("MIME-Version: 1.0\nContent-Type: text/x-a\nContent-Type: text/x-b\n"
			"Content-Type: text/x-c\nContent-Transfer-Encoding: 8bit\n"
			"Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: binary\n\n"));
	while (b.n < 400000)
		buf_add(&b, STR("some text\n"));
	m = mime_dump_read(a, buf_str(&b), 0, SIZE_MAX);
	for (size_t i = 1; i < m->parts.n; i++)
		octets += m->parts.p[i].to - m->parts.p[i].from;
	assert_int_equal(m->parts.n, 3);
	assert_int_equal(octets, 2 * m->body.n);
	assert_int_equal(m->flags & MIME_F_PARTS, MIME_F_PARTS);
	arena_free(a);
}

/* MIME_MAX_FIELDS of all parts are kept; after them a part may still say what it is. */
static void test_fields_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct mime *m;

	(void)state;
	buf_add(&b, STR(MP("b")));
	for (unsigned i = 0; i < MIME_MAX_FIELDS / 1000; i++) {
		buf_add(&b, STR("--b\n"));
		for (unsigned k = 0; k < 1000; k++)
			buf_add(&b, STR("a: b\n"));
	}
	m = mime_dump_read(a, buf_str(&b), 0, SIZE_MAX);
	assert_int_equal(m->flags, MIME_F_UNCLOSED);
	buf_add(&b, STR("--b\nContent-Type: text/html\nx: y\n\n--b--\n"));
	m = mime_dump_read(a, buf_str(&b), 0, SIZE_MAX);
	assert_int_equal(m->flags, MIME_F_PARTS);
	assert_str(m->parts.p[m->parts.n - 1].subtype, "html");
	assert_int_equal(m->parts.p[m->parts.n - 1].headers->v.n, 1);
	assert_int_equal(m->parts.p[m->parts.n - 1].headers->flags, HDR_F_TOO_MANY);
	arena_free(a);
}

/* ---- what is asked of a part ---- */

static void test_text(void **state)
{
	static const struct {
		const char *charset;
		struct str data;
		const char *text;
		unsigned flags;
	} rows[] = {
		{ "iso-8859-1", STR("\xe9"), "\xc3\xa9", 0 },
		{ "UTF-8", STR("\xc3\xa9"), "\xc3\xa9", 0 },
		{ "utf-8", STR("a\xff"), "a\xef\xbf\xbd", MIME_F_BAD_CHARSET },
		{ "x-none-such", STR("a"), "a", MIME_F_BAD_CHARSET },
		{ "us-ascii", STR("a\0b"), "ab", MIME_F_NUL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_new(0);
		struct hdr_list h;
		struct mime *m;

		hdr_init(&h, a);
		hdr_add(&h, STR("MIME-Version"), STR("1.0"));
		hdr_add(&h, STR("Content-Type"),
			arena_printf(a, "text/plain; charset=%s", rows[i].charset));
		m = mime_new(a, &h, 0);
		mime_push(m, rows[i].data);
		mime_end(m);
		assert_str(mime_text(m, 0), rows[i].text);
		assert_ptr_equal(mime_text(m, 0).p, mime_text(m, 0).p);
		assert_int_equal(m->flags, rows[i].flags);
		assert_int_equal(m->parts.p[0].flags, rows[i].flags);
		arena_free(a);
	}
}

static void test_sha256(void **state)
{
	/* FIPS 180-4: of "abc", and of nothing */
	static const uint8_t abc[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea },
			     none[] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14 };
	struct arena *a = arena_new(0);
	struct mime *m = mime_dump_read(
		a, STR("MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\nYWJj\n"), 0,
		SIZE_MAX);

	(void)state;
	assert_memory_equal(mime_sha256(m, 0), abc, sizeof abc);
	assert_memory_equal(mime_sha256(m, 0), abc, sizeof abc);
	m = mime_dump_read(a, STR("A: b\n\n"), 0, SIZE_MAX);
	assert_memory_equal(mime_sha256(m, 0), none, sizeof none);
	arena_free(a);
}

static void test_fields(void **state)
{
	struct arena *a = arena_new(0);
	struct mime *m =
		mime_dump_read(a,
			       STR("MIME-Version: 1.0\nContent-Type: Image/GIF; name=a\n"
				   "Content-ID:  <x@y>\nContent-Disposition: INLINE; "
				   "filename=\"b\"\nContent-Transfer-Encoding: Binary\n\n"),
			       0, SIZE_MAX);
	const struct mime_part *p = &m->parts.p[0];

	(void)state;
	assert_str(p->type, "image");
	assert_str(p->subtype, "gif");
	assert_str(p->disposition, "inline");
	assert_str(p->id, "x@y");
	assert_str(p->name, "b");
	assert_str(p->other_name, "a");
	assert_str(p->encoding_given, "binary");
	assert_int_equal(p->encoding, MIME_BINARY);
	assert_true(p->type_given);
	assert_int_equal(p->parent, UINT32_MAX);
	assert_ptr_equal(p->headers, m->headers);
	arena_free(a);
}

static void test_flag_names(void **state)
{
	(void)state;
	for (unsigned f = 1; f <= MIME_F_BAD_CHARSET; f <<= 1)
		assert_non_null(mime_flag_name(f));
	assert_str(str_c(mime_flag_name(MIME_F_BAD_CHARSET)), "bad-charset");
	assert_str(str_c(mime_flag_name(MIME_F_BOUNDARY_CLASH)), "boundary-clash");
	assert_null(mime_flag_name(MIME_F_BAD_CHARSET << 1));
	assert_null(mime_flag_name(3));
	assert_null(mime_flag_name(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	       cmocka_unit_test(test_depth),
		cmocka_unit_test(test_parts),	       cmocka_unit_test(test_kept),
		cmocka_unit_test(test_boundary_limit), cmocka_unit_test(test_budget),
		cmocka_unit_test(test_fields_limit),   cmocka_unit_test(test_text),
		cmocka_unit_test(test_sha256),	       cmocka_unit_test(test_fields),
		cmocka_unit_test(test_flag_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
