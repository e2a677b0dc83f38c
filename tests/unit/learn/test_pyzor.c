/* Pyzor's digest: how a message is divided, decoded and cut to lines, case by case. */
#include "lib/test.h"

#include "base/buf.h"
#include "base/clock.h"
#include "learn/digest/pyzor.h"

#define PLAIN "Content-Type: text/plain\n\n"
#define HTML "Content-Type: text/html\n\n"

/* What comes of it as python3's pyzor says. */
static const struct {
	const char *what;
	struct str message;
	const char *lines;
} rows[] = {
	{ "nothing", STR(""), "" },
	{ "no header at all", STR("just some text here"), "justsometexthere\n" },
	{ "short lines do not count", STR(PLAIN "seven77\neight888\n"), "eight888\n" },
	{ "characters and not octets",
	  STR("Content-Type: text/plain; charset=utf-8\n\n"
	      "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\n"),
	  "" },
	{ "long words, addresses, URLs", STR(PLAIN "one word a@b.cd ten1234567 http:x two words\n"),
	  "onewordtwowords\n" },
	{ "an address needs both sides", STR(PLAIN "@ home a@ @b keep this one\n"),
	  "@homea@@bkeepthisone\n" },
	{ "a URL from its scheme on", STR(PLAIN "12ab:c some more text\n"), "12somemoretext\n" },
	{ "a scheme of the Kelvin sign",
	  STR("Content-Type: text/plain; charset=utf-8\n\n"
	      "\xE2\x84\xAA:c some more text\n"),
	  "somemoretext\n" },
	{ "separators of Unicode end lines",
	  STR("Content-Type: text/plain; charset=utf-8\n\n"
	      "first line\xE2\x80\xA8next line\xC2\x85then\n"),
	  "firstline\nnextline\n" },
	{ "NULs are not there", STR(PLAIN "some\0 text he\0re\n"), "sometexthere\n" },
	{ "unknown charset is ASCII",
	  STR("Content-Type: text/plain; charset=x-none\n\n"
	      "caf\xE9 au lait s'il\n"),
	  "cafaulaits'il\n" },
	{ "windows-1252 has no 0x81",
	  STR("Content-Type: text/plain; charset=cp1252\n\n"
	      "price \x80 12\x81 or so\n"),
	  "price\xE2\x82\xAC"
	  "12orso\n" },
	{ "other parts as they stand",
	  STR("Content-Type: image/x; charset=utf-8\n\n"
	      "not \xFF"
	      "decoded at all\n"),
	  "not\xEF\xBF\xBD"
	  "decodedatall\n" },
	{ "base64 without its end",
	  STR("Content-Transfer-Encoding: base64\n\nSGVsbG8gdGhlcmUgeW91"), "Hellothereyou\n" },
	{ "base64 of one digit too many is text",
	  STR("Content-Transfer-Encoding: base64\n\nSGVsbG8\nA B\n"), "SGVsbG8AB\n" },
	{ "an encoding with a blank behind is none",
	  STR("Content-Transfer-Encoding: base64 \n\nSGVs bG8g dGhlc\n"), "SGVsbG8gdGhlc\n" },
	{ "quoted-printable",
	  STR("Content-Transfer-Encoding: quoted-printable\n\n"
	      "soft li=\nne =41=ZZ == end\n"),
	  "softlineA=ZZ=end\n" },
	{ "uuencode",
	  STR("Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n"
	      ",2&5L;&\\@=&AE<F4A\n`\nend\n"),
	  "Hellothere!\n" },
	{ "a field with a blank before its colon ends the header",
	  STR("Content-Type : text/html\n\n<b>some text</b>\n"), ":text/html\n<b>sometext</b>\n" },
	{ "multipart without delimiters is one part",
	  STR("Content-Type: multipart/mixed; boundary=b\n\nsome text here\n--c\n"),
	  "sometexthere\n" },
	{ "preamble and epilogue are not read",
	  STR("Content-Type: multipart/mixed; boundary=b\n\npreamble text\n--b\n\npart one "
	      "is\n--b--\n"
	      "epilogue text\n"),
	  "partoneis\n" },
	{ "the close delimiter as the first line of a part",
	  STR("Content-Type: multipart/mixed; boundary=b\n\n--b\n--b--\n\nstill a part\n"),
	  "stillapart\n" },
	{ "a boundary unquoted twice",
	  STR("Content-Type: multipart/mixed; boundary=\"<b>\"\n\n--b\n\n"
	      "part one is\n--b--\n"),
	  "partoneis\n" },
	{ "an outer delimiter ends all inside",
	  STR("Content-Type: multipart/mixed; boundary=a\n\n--a\n"
	      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ninner text 1\n--a\n\nouter text "
	      "2\n"
	      "--a--\n"),
	  "innertext1\noutertext2\n" },
	{ "status fields are not text",
	  STR("Content-Type: message/delivery-status\n\nReporting-MTA: x\n\n"
	      "Final-Recipient: y\nnot a field here\n\n"),
	  "notafieldhere\n" },
	{ "parts of a digest are messages",
	  STR("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nthe text of "
	      "it\n--b--\n"),
	  "thetextofit\n" },
	{ "a segmented boundary",
	  STR("Content-Type: multipart/mixed; boundary*1=b; boundary*0=a\n\n"
	      "--ab\n\npart one is\n--ab--\n"),
	  "partoneis\n" },
	{ "HTML", STR(HTML "<p>some <b>text</b> here</p><script>var x = 1;</script> and more\n"),
	  "sometexthereandmore\n" },
	{ "references", STR(HTML "a &amp; b &#x41;&#128; &notit; &#1; &bogus; end.\n"),
	  "a&bA\xE2\x82\xAC\xC2\xACit;&bogus;end.\n" },
	{ "an open reference near the end keeps the text back", STR(HTML "<p>some text&lt"), "" },
	{ "an open comment ends it all", STR(HTML "the text<!-- of <p>this\n"), "" },
	{ "an open quote ends it all", STR(HTML "some text <b a='x> more of it\n"), "sometext\n" },
	{ "conditions of a word processor", STR(HTML "<![if x]>shown text<![endif]>"),
	  "showntext\n" },
	{ "NUL in a tag makes text of it", STR(HTML "<b\0 x> some text here\n"),
	  "<bx>sometexthere\n" },
};

static void divides_and_decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_new(0);
		char digest[PYZOR_DIGEST + 1];
		struct str got = pyzor_predigest(a, rows[i].message);

		if (!str_eq(got, str_c(rows[i].lines)))
			fail_msg("%s: \"%.*s\"", rows[i].what, STR_ARG(got));
		assert_int_equal(pyzor_digest(a, rows[i].message, digest), got.n > 0);
		arena_free(a);
	}
}

/* Hostile texts, doubled: the time at most doubles, with room for a busy machine. */
static const char *const attacks[] = {
	"Content-Type: text/html\n\n|<a b='",
	"Content-Type: text/html\n\n|<!--",
	"Content-Type: text/html\n\n|&#",
	"Content-Type: text/html\n\n|<a ",
	"Content-Type: text/html\n\n|]  ",
	"Content-Type: text/html\n\n<script>|</ ",
	"Content-Type: text/plain\n\n|a@",
	"Content-Type: text/plain\n\n|\r",
	"Content-Type: message/delivery-status\n\n|\n",
	"Content-Type: multipart/mixed; boundary=b\n\n|--b\n",
	"|Content-Type: multipart/mixed; boundary=b\n\n--b\n",
	"Content-Type: text/plain|;x*0=\"",
	"|Content-Type: message/rfc822\n\n",
	"|From x\n",
	"Content-Transfer-Encoding: quoted-printable\n\n|=\r",
};

static uint64_t cost(const char *attack, size_t octets)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	const char *bar = strchr(attack, '|');
	char digest[PYZOR_DIGEST + 1];
	uint64_t start;

	buf_add(&b, str_of(attack, (size_t)(bar - attack)));
	while (b.n < octets)
		buf_add(&b, str_c(bar + 1));
	start = clock_cpu_us();
	pyzor_digest(a, buf_str(&b), digest);
	start = clock_cpu_us() - start;
	arena_free(a);
	return start;
}

static void time_is_linear(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		uint64_t once = cost(attacks[i], 500000), eight = cost(attacks[i], 4000000);

		if (eight > 20 * once + 100000)
			fail_msg("%s: %lu us, then %lu us", attacks[i], (unsigned long)once,
				 (unsigned long)eight);
	}
}

static void knows_what_says_nothing(void **state)
{
	struct arena *a = arena_new(0);
	char digest[PYZOR_DIGEST + 1];

	(void)state;
	assert_false(pyzor_digest(a, STR("Subject: x\n\n\n"), digest));
	assert_string_equal(digest, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	assert_true(pyzor_common(digest));
	assert_true(pyzor_digest(a, STR("Subject: x\n\n\nSent from my iPhone\n"), digest));
	assert_true(pyzor_common(digest));
	assert_true(pyzor_digest(a, STR("Subject: x\n\nwords that say something\n"), digest));
	assert_false(pyzor_common(digest));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(divides_and_decodes),
		cmocka_unit_test(time_is_linear),
		cmocka_unit_test(knows_what_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
