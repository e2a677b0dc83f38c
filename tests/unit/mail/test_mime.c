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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
