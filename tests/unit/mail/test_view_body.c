/* Bodies as SpamAssassin 4.0.1 shows them to its rules: what it printed for each (tests/parity). */
#include "lib/test.h"

#include "unit/mail/view_sample.h"

#define S(lit)                                                                                     \
	{                                                                                          \
		lit, sizeof(lit) - 1                                                               \
	}

static const struct row {
	const char *name;
	struct str fields, body;
	struct str text, raw;
	size_t chunks;
	struct str invisible;
} table[] = {
	{ "plain paragraphs", S(""), S("one\ntwo\n\nthree  four\n \n\n five\n"),
	  S("S\none two\nthree four\n five "), S("one\ntwo\n\nthree  four\n \n\n five\n"), 1,
	  S("") },
	{ "nothing", S(""), S(""), S("S\n"), S(""), 1, S("") },
	{ "quoted-printable", S("Content-Transfer-Encoding: quoted-printable\n"),
	  S("a=20b =\nc=3D=4=\n1 \nd=ZZ=e9\n"), S("S\na b c=A d=ZZ\303\251 "),
	  S("a b c=A\nd=ZZ\351\n"), 1, S("") },
	{ "base64", S("Content-Transfer-Encoding: base64\n"), S("SGVs bG8s\015\nIHdv!cmxk\n"),
	  S("S\nHello, world"), S("Hello, world"), 1, S("") },
	{ "base64, exact", S("Content-Transfer-Encoding: base64\n"), S("SGVsbG8NCndvcmxkIQ==\n"),
	  S("S\nHello world!"), S("Hello\nworld!"), 1, S("") },
	{ "utf-8 no-break space", S("Content-Type: text/plain; charset=utf-8\n"),
	  S("a\302\240\302\240b\342\200\203c\303\251\n"), S("S\na b c\303\251 "),
	  S("a\302\240\302\240b\342\200\203c\303\251\n"), 1, S("") },
	{ "latin-1", S("Content-Type: text/plain; charset=iso-8859-1\n"), S("caf\351 \223q\224\n"),
	  S("S\ncaf\303\251 \342\200\234q\342\200\235 "), S("caf\351 \223q\224\n"), 1, S("") },
	{ "declared wrongly", S("Content-Type: text/plain; charset=utf-8\n"), S("caf\351\n"),
	  S("S\ncaf\303\251 "), S("caf\351\n"), 1, S("") },
	{ "undeclared 8-bit", S(""), S("\320\362\n"), S("S\n\303\220\303\262 "), S("\320\362\n"), 1,
	  S("") },
	{ "NUL", S(""), S("a\000b\n"), S("S\na\nb "), S("a\000b\n"), 1, S("") },
	{ "breaks", S("Content-Type: text/html\n"),
	  S("a<br>b<div>c</div>d<p>e<li>f<td>g<h1>h</h1>i<hr>j"), S("S\na b c d\ne f g h i\nj"),
	  S("a<br>b<div>c</div>d<p>e<li>f<td>g<h1>h</h1>i<hr>j"), 1, S("") },
	{ "white space of pieces", S("Content-Type: text/html\n"),
	  S("a <br> b<p> c </p>d <b> e </b>f"), S("S\na b\nc\nd e f"),
	  S("a <br> b<p> c </p>d <b> e </b>f"), 1, S("") },
	{ "title and head", S("Content-Type: text/html\n"),
	  S("<html><head><title>T t</title><style>s{}</style></head><body>x<script>y</"
	    "script>z"),
	  S("S\n\nT t\nxz"),
	  S("<html><head><title>T t</title><style>s{}</style></head><body>x<script>y</"
	    "script>z"),
	  1, S("") },
	{ "references", S("Content-Type: text/html\n"),
	  S("&lt;a&gt; &amp &ampx &nbspy &euro; &eurox &#65;&#x42; &#8217; &copy"),
	  S("S\n<a> & &x y \342\202\254 &eurox AB \342\200\231 \302\251"),
	  S("&lt;a&gt; &amp &ampx &nbspy &euro; &eurox &#65;&#x42; &#8217; &copy"), 1, S("") },
	{ "references, octets only", S("Content-Type: text/html\n"), S("&eacute;&copy;x"),
	  S("S\n\351\251x"), S("&eacute;&copy;x"), 1, S("") },
	{ "invisible by colour", S("Content-Type: text/html\n"),
	  S("a<font color=white>b</font><span style=\"color:#fefefe\">c</span>d"), S("S\nabcd"),
	  S("a<font color=white>b</font><span style=\"color:#fefefe\">c</span>d"), 1, S("bc") },
	{ "invisible by size", S("Content-Type: text/html\n"),
	  S("a<font size=1>b</font><font size=\"-2\">c</font>d"), S("S\nabcd"),
	  S("a<font size=1>b</font><font size=\"-2\">c</font>d"), 1, S("bc") },
	{ "invisible by css", S("Content-Type: text/html\n"),
	  S("a<span style=\"display:none\">b<b>c</b></span><div style=\"visibility: hi"
	    "dden\">d</div>e"),
	  S("S\nabc d e"),
	  S("a<span style=\"display:none\">b<b>c</b></span><div style=\"visibility: hi"
	    "dden\">d</div>e"),
	  1, S("bcd") },
	{ "invisible inside", S("Content-Type: text/html\n"),
	  S("<body bgcolor=black><table style=\"background: #000 url(x)\"><tr><td>b</t"
	    "d></tr></table>a"),
	  S("S\n b a"),
	  S("<body bgcolor=black><table style=\"background: #000 url(x)\"><tr><td>b</t"
	    "d></tr></table>a"),
	  1, S("b") },
	{ "bad colour", S("Content-Type: text/html\n"),
	  S("a<font color=\"bad\">b</font>c<span style=\"color: \">d</span>e"), S("S\nabcde"),
	  S("a<font color=\"bad\">b</font>c<span style=\"color: \">d</span>e"), 1, S("bd") },
	{ "css forms", S("Content-Type: text/html\n"),
	  S("<p style=\"COLOR: RGB(255, 255,255)\">a</p><p style=\"color: white !impor"
	    "tant\">b</p><p style=\"color:transparent\">c</p><p style=\"color:inherit\""
	    ">d</p><p style=\"DISPLAY:none\">e</p>"),
	  S("S\n\na\nb\nc\nd\ne\n"),
	  S("<p style=\"COLOR: RGB(255, 255,255)\">a</p><p style=\"color: white !impor"
	    "tant\">b</p><p style=\"color:transparent\">c</p><p style=\"color:inherit\""
	    ">d</p><p style=\"DISPLAY:none\">e</p>"),
	  1, S("abc") },
	{ "styles closed", S("Content-Type: text/html\n"),
	  S("<font color=white><b>a</font>b<p style=\"color:#fff\">c<div>d</div></p>e<"
	    "table><tr><td><font color=white>f<td>g</table>"),
	  S("S\nab\nc d\ne f g"),
	  S("<font color=white><b>a</font>b<p style=\"color:#fff\">c<div>d</div></p>e<"
	    "table><tr><td><font color=white>f<td>g</table>"),
	  1, S("acdf") },
	{ "text runs into tags", S("Content-Type: text/html\n"), S("vi<b>ag</b>ra<!-- x -->s"),
	  S("S\nviagras"), S("vi<b>ag</b>ra<!-- x -->s"), 1, S("") },
	{ "unclosed quote", S("Content-Type: text/html\n"), S("a<a href=\"x>b</a> c"), S("S\na"),
	  S("a<a href=\"x>b</a> c"), 1, S("") },
	{ "unclosed comment", S("Content-Type: text/html\n"), S("a<!-- b > c <b>d</b>"),
	  S("S\na c d"), S("a<!-- b > c <b>d</b>"), 1, S("") },
	{ "comment ends", S("Content-Type: text/html\n"),
	  S("a<!-- b --!> c -- >d<!-->e-->f<!>g<![if x]>h<![endif]>i"), S("S\nadfghi"),
	  S("a<!-- b --!> c -- >d<!-->e-->f<!>g<![if x]>h<![endif]>i"), 1, S("") },
	{ "marked sections", S("Content-Type: text/html\n"),
	  S("a<![CDATA[<b>&amp;]]>b<![IGNORE[c]]>d<![INCLUDE[e<br>f]]>g"), S("S\na<b>&amp;bde fg"),
	  S("a<![CDATA[<b>&amp;]]>b<![IGNORE[c]]>d<![INCLUDE[e<br>f]]>g"), 1, S("") },
	{ "no markup", S("Content-Type: text/html\n"), S("a < b <3 <- c << d"),
	  S("S\na < b <3 <- c << d"), S("a < b <3 <- c << d"), 1, S("") },
	{ "unclosed title", S("Content-Type: text/html\n"), S("a<title>b<p>c"), S("S\na\nb\nc"),
	  S("a<title>b<p>c"), 1, S("") },
	{ "plaintext", S("Content-Type: text/html\n"), S("a<plaintext>b<p>c"), S("S\na\nb<p>c"),
	  S("a<plaintext>b<p>c"), 1, S("") },
	{ "empty tags", S("Content-Type: text/html\n"), S("a<br/>b<br />c<p / >d"),
	  S("S\na b c\nd"), S("a<br/>b<br />c<p / >d"), 1, S("") },
	{ "declaration", S("Content-Type: text/html\n"),
	  S("<!DOCTYPE html \"a>b\">c<!foo \"d>e\">f"), S("S\nce\">f"),
	  S("<!DOCTYPE html \"a>b\">c<!foo \"d>e\">f"), 1, S("") },
	{ "processing instruction", S("Content-Type: text/html\n"), S("a<?xml version=\"1>0\"?>b"),
	  S("S\na0\"?>b"), S("a<?xml version=\"1>0\"?>b"), 1, S("") },
	{ "end tags", S("Content-Type: text/html\n"), S("a</b x=\">\">b</ c>d</>e</3>f"),
	  S("S\nabdef"), S("a</b x=\">\">b</ c>d</>e</3>f"), 1, S("") },
	{ "html by name", S("Content-Type: text/plain; name=\"x.HTM\"\n"), S("a<br>b"), S("S\na b"),
	  S("a<br>b"), 1, S("") },
	{ "type is not html", S("Content-Type: text/enriched\n"), S("a<br>b"), S("S\na<br>b"),
	  S("a<br>b"), 1, S("") },
	{ "not text", S("Content-Type: application/x\n"), S("a"), S("S\n"), S(""), 0, S("") },
	{ "calendar", S("Content-Type: text/calendar\n"), S("a"), S("S\n"), S(""), 0, S("") },
	{ "multipart", S("Content-Type: multipart/mixed; boundary=\"x y\"\n"),
	  S("pre\n--x y\n\none\n--x y\nContent-Type: text/html\n\n<b>two</b>\n\n--x y\n"
	    "Content-Type: image/gif\n\nthree\n--x y--\nafter\n"),
	  S("S\none two "), S("one<b>two</b>\n"), 2, S("") },
	{ "multipart, no boundary", S("Content-Type: multipart/mixed\n"), S("--x\n\none\n--x--\n"),
	  S("S\n --x\none --x-- "), S("\n--x\n\none\n--x--\n"), 1, S("") },
	{ "multipart, unclosed", S("Content-Type: multipart/mixed; boundary=x\n"),
	  S("--x\nContent-Type: text/html\n\n<b>two\n\nthree"), S("S\ntwo three"),
	  S("<b>two\n\nthree"), 1, S("") },
	{ "multipart, header only", S("Content-Type: multipart/mixed; boundary=x\n"),
	  S("--x\nContent-Type: text/html\n--x\nno header <b>here\n--x--\n"),
	  S("S\nno header <b>here"), S("no header <b>here"), 2, S("") },
	{ "multipart, no delimiter", S("Content-Type: multipart/mixed; boundary=x\n"),
	  S("\none\n\ntwo\n"), S("S\none\ntwo "), S("one\n\ntwo\n"), 1, S("") },
	{ "nested, same boundary", S("Content-Type: multipart/mixed; boundary=x\n"),
	  S("--x\nContent-Type: multipart/alternative; boundary=x\n\n--x\n\none\n--x--"
	    "\n--x\n\ntwo\n--x--\n"),
	  S("S\none two"), S("onetwo"), 2, S("") },
	{ "message in message", S("Content-Type: multipart/mixed; boundary=x\n"),
	  S("--x\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Type: text/h"
	    "tml\n\na<br>b\n--x--\n"),
	  S("S\na b"), S("a<br>b"), 1, S("") },
	{ "message in base64",
	  S("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n"),
	  S("U3ViamVjdDogaW5uZXINCg0KdGV4dA0K\n"), S("S\ntext "), S("text\n"), 1, S("") },
	{ "digest", S("Content-Type: multipart/digest; boundary=x\n"),
	  S("--x\n\nSubject: inner\n\ntext\n--x--\n"), S("S\ntext"), S("text"), 1, S("") },
	{ "delivery status", S("Content-Type: multipart/report; boundary=x\n"),
	  S("--x\nContent-Type: message/delivery-status\n\nAction: failed\n--x--\n"), S("S\n"),
	  S("Action: failed"), 1, S("") },
	{ "blank lines", S(""),
	  S("a\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
	    "\n\n\n\n\nb\n"),
	  S("S\na\nb "), S("a\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nb\n"), 1, S("") },
	{ "blank lines at the top", S(""),
	  S("\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
	    "\n\n\nb\n"),
	  S("S\n\nb "), S("\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nb\n"), 1, S("") },
	{ "iso-2022-jp", S("Content-Type: text/plain; charset=iso-2022-jp\n"),
	  S("\033$B$3$s\033(B a\n"), S("S\n\343\201\223\343\202\223 a "), S("\033$B$3$s\033(B a\n"),
	  1, S("") },
	{ "gb2312", S("Content-Type: text/plain; charset=gb2312\n"), S("\304\343\272\303\n"),
	  S("S\n\344\275\240\345\245\275 "), S("\304\343\272\303\n"), 1, S("") },
	{ "big5, broken", S("Content-Type: text/plain; charset=big5\n"), S("\247A\246n \377\n"),
	  S("S\n\302\247A\302\246n \303\277 "), S("\247A\246n \377\n"), 1, S("") },
	{ "koi8-r", S("Content-Type: text/plain; charset=\"koi8-r\"\n"),
	  S("\360\322\311\327\305\324\n"),
	  S("S\n\320\237\321\200\320\270\320\262\320\265\321\202 "),
	  S("\360\322\311\327\305\324\n"), 1, S("") },
	{ "utf-16",
	  S("Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base"
	    "64\n"),
	  S("YQAgAGIAIABjAA==\n"), S("S\na b c"), S("a\000 \000b\000 \000c\000"), 1, S("") },
};

static void same(const char *row, const char *what, struct str got, struct str want)
{
	if (!str_eq(got, want))
		print_error("%s: %s is \"%.*s\"\n", row, what, STR_ARG(got));
	assert_true(str_eq(got, want));
}

static void bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct row *r = &table[i];
		struct arena *a = arena_new(0);
		struct view *v = view_sample_of(a, r->fields, r->body);

		same(r->name, "body", view_sample_join(a, view_body(v)), r->text);
		same(r->name, "rawbody", view_sample_join(a, view_rawbody(v)), r->raw);
		same(r->name, "invisible", view_body_invisible(v), r->invisible);
		assert_int_equal(view_rawbody(v)->n, r->chunks);
		assert_ptr_equal(view_body(v), view_body(v));
		arena_free(a);
	}
}

/* Long texts: the lengths of lines and chunks; what is made of "unit", n times. */
static const struct cut {
	const char *fields, *head, *unit, *tail;
	size_t n;
	size_t lines[9], chunks[8]; /* 0: the end */
} cuts[] = {
	{ "", "xxxxxxxxxx ", "y", " zzzz\n", 2040, { 2, 11, 2046 }, { 2057 } },
	{ "", "", "y", "\n", 5000, { 2, 2048, 2048, 905 }, { 2049, 2952 } },
	{ "",
	  "",
	  "line of many that are all alike\n",
	  "",
	  300,
	  { 2, 2048, 2048, 2048, 2048, 1408 },
	  { 2080, 2080, 2080, 3360 } },
	{ "Content-Type: text/html\n",
	  "",
	  "<td>word word word ",
	  "",
	  800,
	  { 2, 2046, 2045, 2045, 2045, 2045, 1775 },
	  { 2056, 2052, 2052, 2052, 2052, 2052, 2884 } },
};

static void repeat(struct buf *b, const char *unit, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add(b, str_c(unit));
}

static void long_lines_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		const struct cut *c = &cuts[i];
		struct arena *a = arena_new(0);
		struct buf b = { .arena = a };
		const struct view_lines *l;
		struct view *v;

		repeat(&b, c->head, 1);
		repeat(&b, c->unit, c->n);
		repeat(&b, c->tail, 1);
		v = view_sample_of(a, str_c(c->fields), buf_str(&b));
		l = view_body(v);
		for (size_t k = 0; k < l->n; k++)
			assert_int_equal(l->p[k].text.n, c->lines[k]);
		assert_int_equal(c->lines[l->n], 0);
		l = view_rawbody(v);
		for (size_t k = 0; k < l->n; k++)
			assert_int_equal(l->p[k].text.n, c->chunks[k]);
		assert_int_equal(c->chunks[l->n], 0);
		arena_free(a);
	}
}

static void full_is_the_message_with_lf(void **state)
{
	struct arena *a = arena_new(0);
	struct view *v = view_sample(a, STR("From: a\r\n b\nSubject:c\r\n\r\nd\re\r\nf"));

	(void)state;
	assert_int_equal(view_full(v)->n, 1);
	same("full", "text", view_full(v)->p[0].text, STR("From: a\n b\nSubject:c\n\nd\re\nf"));
	arena_free(a);
}

#define TWO "Content-Type: multipart/mixed; boundary=x\n"

static void lines_say_their_part(void **state)
{
	struct arena *a = arena_new(0);
	struct view *v = view_sample_of(a, STR(TWO),
					STR("--x\n\none\n\n--x\nContent-Type: image/gif\n\nGIF\n"
					    "--x\nContent-Type: text/html\n\n<p>two\n--x--\n"));
	const struct view_lines *body = view_body(v), *raw = view_rawbody(v);

	(void)state;
	assert_int_equal(body->n, 3);
	assert_int_equal(body->p[0].part, UINT32_MAX);
	assert_int_equal(body->p[1].part, 1);
	assert_int_equal(body->p[2].part, 3);
	assert_int_equal(raw->n, 2);
	assert_int_equal(raw->p[0].part, 1);
	assert_int_equal(raw->p[1].part, 3);
	arena_free(a);
}

static void fields_of_parts(void **state)
{
	struct arena *a = arena_new(0);
	struct view *v = view_sample_of(
		a, STR(TWO),
		STR("--x\nContent-Type: text/plain;\n name=\"=?utf-8?q?=C3=A9?=\"\nX-A:  b \n\n1\n"
		    "--x\nX-A : c\nX-A: d\n\n2\n--x--\n"));
	const struct view_lines *l = view_mimeheader(v, STR("x-a"));

	(void)state;
	assert_int_equal(l->n, 2);
	same("X-A", "first", l->p[0].text, STR("b\n"));
	same("X-A", "second", l->p[1].text, STR("d\n"));
	l = view_mimeheader(v, STR("Content-Type"));
	assert_int_equal(l->n, 2);
	same("Content-Type", "second", l->p[1].text, STR("text/plain; name=\"\303\251\"\n"));
	l = view_mimeheader(v, STR("X-A:raw"));
	assert_int_equal(l->n, 3);
	same("X-A:raw", "of the root", l->p[0].text, STR(""));
	same("X-A:raw", "first", l->p[1].text, STR("b \n"));
	l = view_mimeheader(v, STR("ALL:raw"));
	same("ALL:raw", "third", l->p[2].text, STR("X-A : c\nX-A: d\n"));
	arena_free(a);
}

/* SpamAssassin's own limits, and ours. */
static void parts_have_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct view *v;

	(void)state;
	repeat(&b, "--x\n\na\n", 1200);
	v = view_sample_of(a, STR(TWO), buf_str(&b));
	assert_int_equal(view_rawbody(v)->n, 1000);
	arena_free(a);

	a = arena_new(0);
	b = (struct buf){ .arena = a };
	repeat(&b, "Content-Type: message/rfc822\n\n", 40);
	v = view_sample_of(a, STR("Content-Type: message/rfc822\n"), buf_str(&b));
	assert_int_equal(view_rawbody(v)->n, 1); /* the 21st is a leaf */
	assert_int_equal(view_mimeheader(v, STR("Content-Type"))->n, 21);
	arena_free(a);
}

static void parts_are_read_to_a_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct view *v;

	(void)state;
	repeat(&b, "wordy word\n", 60000);
	v = view_sample_of(a, STR(""), buf_str(&b));
	assert_in_range(view_sample_join(a, view_body(v)).n, 50002, 51100);
	assert_in_range(view_sample_join(a, view_rawbody(v)).n, 500000, 501100);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(full_is_the_message_with_lf),
		cmocka_unit_test(lines_say_their_part),
		cmocka_unit_test(fields_of_parts),
		cmocka_unit_test(parts_have_limits),
		cmocka_unit_test(parts_are_read_to_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
