/* Reports read: samples in the styles of large receivers, faults by their words, and the limits. */
#include "base/file.h"
#include "base/buf.h"
#include "lib/test.h"
#include "report/read.h"
#include "report/xml_read.h"

#define DIR MERLON_SRCDIR "/tests/conformance/report/in/"

/* ---- what was read, as one text ---- */

static void add_row(struct buf *b, const struct report_row *r)
{
	char ip[IP_TEXT_MAX];

	buf_addf(b, "[%s n=%llu d=%d%s dkim=%d spf=%d from=%.*s", ip_format(&r->source, ip),
		 (unsigned long long)r->count, (int)r->disposition, r->pass_disposition ? "p" : "",
		 r->dkim_aligned, r->spf_aligned, STR_ARG(r->header_from));
	if (r->envelope_from.n)
		buf_addf(b, " env=%.*s", STR_ARG(r->envelope_from));
	if (r->envelope_to.n)
		buf_addf(b, " to=%.*s", STR_ARG(r->envelope_to));
	if (r->override_type.n)
		buf_addf(b, " why=%.*s(%.*s)", STR_ARG(r->override_type),
			 STR_ARG(r->override_comment));
	for (size_t i = 0; i < r->ndkim; i++)
		buf_addf(b, " %.*s/%.*s=%.*s", STR_ARG(r->dkim[i].domain),
			 STR_ARG(r->dkim[i].selector), STR_ARG(r->dkim[i].result));
	buf_addf(b, " %.*s=%.*s%s]", STR_ARG(r->spf_domain), STR_ARG(r->spf_result),
		 r->spf_helo ? " helo" : "");
}

static void add_dmarc(struct buf *b, const struct report *r, bool old)
{
	buf_addf(b, "dmarc %s org=%.*s mail=%.*s id=%.*s %lld-%lld %.*s p=%.*s",
		 old ? "old" : "new", STR_ARG(r->org), STR_ARG(r->email), STR_ARG(r->id),
		 (long long)r->begin, (long long)r->end, STR_ARG(r->domain), STR_ARG(r->p));
	if (r->discovery.n)
		buf_addf(b, " sp=%.*s np=%.*s adkim=%.*s t=%.*s by=%.*s gen=%.*s errors=%zu",
			 STR_ARG(r->sp), STR_ARG(r->np), STR_ARG(r->adkim), STR_ARG(r->testing),
			 STR_ARG(r->discovery), STR_ARG(r->generator), r->errors.n);
	for (size_t i = 0; i < r->nrows; i++) {
		buf_addc(b, ' ');
		add_row(b, &r->row[i]);
	}
}

static void add_tls(struct buf *b, const struct report_read *r)
{
	buf_addf(b, "tls org=%.*s id=%.*s %lld-%lld", STR_ARG(r->tls_org), STR_ARG(r->tls_id),
		 (long long)r->tls_begin, (long long)r->tls_end);
	for (size_t i = 0; i < r->tls.n; i++) {
		const struct report_tls *t = &r->tls.p[i];

		buf_addf(b, " [%.*s %.*s %llu/%llu", STR_ARG(t->domain), STR_ARG(t->type),
			 (unsigned long long)t->good, (unsigned long long)t->bad);
		for (size_t k = 0; k < t->failures.n; k++)
			buf_addf(b, " %.*s:%.*s:%.*s=%llu", STR_ARG(t->failures.p[k].type),
				 STR_ARG(t->failures.p[k].mx), STR_ARG(t->failures.p[k].source),
				 (unsigned long long)t->failures.p[k].count);
		buf_addc(b, ']');
	}
}

static void add_abuse(struct arena *a, struct buf *b, const struct report_read *r)
{
	const struct report_abuse *f = &r->abuse;
	struct str id = report_original(a, f, "Message-ID");

	buf_addf(b, "%s %.*s from=%.*s rcpt=%.*s ip=%.*s domain=%.*s failed=%.*s id=%.*s",
		 r->kind == REPORT_ABUSE ? "abuse" : "failure", STR_ARG(f->feedback_type),
		 STR_ARG(f->from), STR_ARG(f->rcpt), STR_ARG(f->source_ip),
		 STR_ARG(f->reported_domain), STR_ARG(f->auth_failure), STR_ARG(id));
}

static struct str said(struct arena *a, struct str octets)
{
	struct report_read r;
	struct buf b = { .arena = a };

	if (!report_read(a, octets, &r)) {
		assert_int_equal(r.kind, REPORT_NOTHING);
		buf_addf(&b, "fault: %.*s", STR_ARG(r.fault));
	} else if (r.kind == REPORT_DMARC) {
		add_dmarc(&b, &r.dmarc, r.old);
	} else if (r.kind == REPORT_TLS) {
		add_tls(&b, &r);
	} else {
		add_abuse(a, &b, &r);
	}
	return buf_str(&b);
}

/* ---- samples ---- */

#define SEARCH                                                                                     \
	"dmarc old org=search.example mail=noreply-dmarc@search.example id=11223344556677889900 "  \
	"1779235200-1779321599 ours.example p=reject "                                             \
	"[192.0.2.10 n=120 d=0 dkim=1 spf=1 from=ours.example ours.example/s2026=pass "            \
	"esp.example/k1=pass ours.example=pass] "                                                  \
	"[2001:db8::25 n=7 d=0 dkim=0 spf=0 from=news.ours.example why=local_policy(arc=pass) "    \
	"other.example/list=pass bounce.other.example=softfail]"
#define FREEMAIL                                                                                   \
	"dmarc new org=freemail.example mail=dmarc@freemail.example id=f00d "                      \
	"1779235200-1779321600 ours.example p=reject sp=quarantine np=reject adkim=s t=n "         \
	"by=treewalk gen=Reporter 4.2 errors=1 "                                                   \
	"[192.0.2.10 n=44 d=0p dkim=1 spf=0 from=ours.example env=list.example "                   \
	"ours.example/s2026=pass list.example=pass] "                                              \
	"[203.0.113.5 n=1 d=2 dkim=0 spf=0 from=ours.example mail.bad.example=none helo]"
#define TLS                                                                                        \
	"tls org=Search Example Inc. id=2026-05-20T00:00:00Z_ours.example "                        \
	"1779235200-1779321599 [ours.example sts 100/4 "                                           \
	"certificate-expired:mx.ours.example:192.0.2.77=3 "                                        \
	"starttls-not-supported:mx2.ours.example:=1] [theirs.example no-policy-found 5/0]"

static const struct {
	const char *file, *says;
} samples[] = {
	{ "search.xml", SEARCH },
	{ "zip.eml", SEARCH },
	{ "freemail.xml", FREEMAIL },
	{ "gzip.eml", FREEMAIL },
	{ "tls.json", TLS },
	{ "tls.eml", TLS },
	{ "office.xml",
	  "dmarc old org=Office Example mail=dmarcreport@office.example "
	  "id=d41d8cd98f00b204e9800998ecf8427e 1779235200-1779321600 ours.example p=quarantine "
	  "[198.51.100.7 n=3 d=1 dkim=0 spf=0 from=ours.example env=ours.example "
	  "to=office.example ours.example/s2026=fail ours.example=fail]" },
	{ "portal.xml", "dmarc old org=Portal mail=postmaster@portal.example id=1779235200.424242 "
			"1779235200-1779321599 ours.example p=none "
			"[ n=2 d=0 dkim=0 spf=0 from=ours.example ours.example=fail]" },
	{ "prefixed.xml", "dmarc old org=A & B <Mail> mail=d@prefixed.example id=x-1 '\"' "
			  "1779235200-1779321600 ours.example p=reject "
			  "[192.0.2.1 n=9 d=2 dkim=0 spf=1 from=ours.example =]" },
	{ "latin.xml", "dmarc old org=M\xc3\xbcller Hosting mail=dmarc@mueller.example id=\xc3\xa9"
		       "1 "
		       "1779235200-1779321600 ours.example p=none" },
	{ "helo.xml", "dmarc old org=helo.example mail=<r@helo.example> id=h1 "
		      "1779235200-1779321600 ours.example p=none "
		      "[192.0.2.4 n=5 d=0 dkim=0 spf=1 from=ours.example ours.example=pass]" },
	{ "arf.eml", "abuse abuse from=joe@ours.example rcpt=user@provider.example ip=192.0.2.10 "
		     "domain=ours.example failed= id=<8787KJKJ3K4J3K4J3K4J3.mail@ours.example>" },
	{ "cfbl.eml", "abuse abuse from=bounce@news.ours.example rcpt= ip=2001:db8::25 domain= "
		      "failed= id=<a37e51bf@news.ours.example>" },
	{ "afrf.eml", "failure auth-failure from=x@bad.example rcpt= ip=203.0.113.9 "
		      "domain=ours.example failed=dmarc id=<1@bad.example>" },
};

static struct str sample(struct arena *a, const char *name)
{
	struct str octets;
	struct err e;
	struct str path = arena_printf(a, DIR "%s", name);

	if (file_read(a, path.p, 1 << 20, &octets, &e) < 0)
		fail_msg("%s", e.text);
	return octets;
}

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct arena *a = arena_new(0);

		assert_str(said(a, sample(a, samples[i].file)), samples[i].says);
		arena_free(a);
	}
}

/* A report that is cut off anywhere is a fault, or what it was; never anything else. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct arena *a = arena_new(0);
		struct str all = sample(a, samples[i].file);
		bool mail = str_iends(str_c(samples[i].file), STR(".eml"));

		for (size_t n = 0; n < all.n; n++) {
			struct arena *b = arena_new(0);
			char *copy = memcpy(arena_alloc(b, n + 1), all.p, n);
			struct str s = said(b, str_of(copy, n));

			if (!mail && !str_starts(s, STR("fault: ")) &&
			    !str_eq(s, str_c(samples[i].says)))
				fail_msg("%s cut at %zu: %.*s", samples[i].file, n, STR_ARG(s));
			arena_free(b);
		}
		arena_free(a);
	}
}

/* UTF-16 of both orders, with and without its mark, is the same document. */
static void test_utf16(void **state)
{
	struct arena *a = arena_new(0);
	struct str text = sample(a, "office.xml");
	const char *says = samples[6].says;

	(void)state;
	for (unsigned form = 0; form < 4; form++) {
		struct buf b = { .arena = a };
		bool big = form & 1, mark = form & 2;

		if (mark)
			buf_add(&b, big ? STR("\xfe\xff") : STR("\xff\xfe"));
		for (size_t i = 0; i < text.n; i++) {
			buf_addc(&b, big ? 0 : text.p[i]);
			buf_addc(&b, big ? text.p[i] : 0);
		}
		assert_str(said(a, buf_str(&b)), says);
	}
	arena_free(a);
}

/* ---- faults ---- */

#define HEAD                                                                                       \
	"<feedback><report_metadata><date_range><begin>1</begin><end>2</end></date_range>"         \
	"</report_metadata><policy_published><domain>a.example</domain></policy_published>"

static const struct {
	const char *octets, *fault;
} faults[] = {
	{ "", "empty" },
	{ "unused", "neither a report nor a message" },
	{ "<a/>", "line 1: expected <feedback>, found <a>" },
	{ "<feedback>\n</feedback>", "line 2: expected <policy_published> with a <domain>" },
	{ "<feedback><policy_published><domain>a.example</domain></policy_published></feedback>",
	  "line 1: expected <report_metadata> with a <date_range>" },
	{ "<feedback>\n<a>\n</b></feedback>", "line 3: expected </a>, found </b>" },
	{ "<feedback>",
	  "line 1: expected an element and </feedback>, found the end of the document" },
	{ "<feedback", "line 1: expected \">\", found the end of the document" },
	{ "</feedback>", "line 1: expected an element, found </feedback>" },
	{ HEAD "</feedback><more/>", "line 1: expected the end of the document, found <more>" },
	{ HEAD "</feedback>more", "line 1: expected the end of the document, found text" },
	{ "<?xml version=\"1.0\"?>\n<!DOCTYPE feedback [<!ENTITY a \"b\">]><feedback/>",
	  "line 2: expected an element, found a document type or an entity, which are refused" },
	{ "<feedback><![CDATA[x</feedback>",
	  "line 1: expected \"]]>\" and </feedback>, found the end of the document" },
	{ "<feedback><!-- </feedback>",
	  "line 1: expected \"-->\" and </feedback>, found the end of the document" },
	{ "<?xml </feedback>", "line 1: expected \"?>\", found the end of the document" },
	{ "<feedback>&bomb;</feedback>",
	  "line 1: expected &lt; &gt; &amp; &quot; &apos; or a number, found \"&bomb\"" },
	{ "<feedback>&#0;</feedback>",
	  "line 1: expected &lt; &gt; &amp; &quot; &apos; or a number, found \"&#0\"" },
	{ "<feedback>&#xD800;</feedback>",
	  "line 1: expected &lt; &gt; &amp; &quot; &apos; or a number, found \"&#xD800\"" },
	{ "<feedback>a & b</feedback>",
	  "line 1: expected &lt; &gt; &amp; &quot; &apos; or a number, found \"&\"" },
	{ "<feedback>\1</feedback>", "line 1: expected text, found a control character" },
	{ "<feedback a=\"<\"/>", "line 1: expected \">\" within 4096 octets of \"<\"" },
	{ "<feedback><1/></feedback>",
	  "line 1: expected the name of an element, of at most 128 octets" },
	{ "<?xml version=\"1.0\" encoding=\"utf-7\"?><feedback/>",
	  "line 1: expected encoding UTF-8, ISO-8859 or UTF-16, found \"utf-7\"" },
	{ HEAD "<record></record></feedback>",
	  "line 1: expected <row> with a <count> in <record>" },
	{ HEAD "<record><row><count>-1</count></row></record></feedback>",
	  "line 1: expected a number of messages in <count>" },
	{ "<feedback><report_metadata><date_range><begin>yesterday</begin>",
	  "line 1: expected seconds since 1970 in <begin>" },
	{ "{}", "expected \"policies\", as a TLS report has them" },
	{ "{\"policies\":[]}", "expected \"date-range\" with two times of RFC 3339" },
	{ "{\"policies\":[{}],\"date-range\":{\"start-datetime\":\"2026-05-20T00:00:00Z\","
	  "\"end-datetime\":\"2026-05-20T00:00:00Z\"}}",
	  "expected \"policy-domain\" in each of \"policies\"" },
	{ "{\"policies\":", "line 1: unexpected token near end of file" },
	{ "PK\3\4xxxx", "a zip that cannot be read" },
	{ "\x1f\x8bxxxx", "gzip that cannot be read" },
	{ "Subject: hello\n\nhello\n", "a message without a report in it" },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct arena *a = arena_new(0);
		struct report_read r;

		assert_false(report_read(a, str_c(faults[i].octets), &r));
		assert_str(r.fault, faults[i].fault);
		arena_free(a);
	}
}

/* ---- limits, at and over ---- */

static void add_times(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add(b, str_c(s));
}

static void expect(struct buf *b, const char *fault)
{
	struct arena *a = arena_new(0);
	struct report_read r;
	bool good = report_read(a, buf_str(b), &r);

	if (fault)
		assert_str(r.fault, fault);
	assert_int_equal(good, fault == NULL);
	arena_free(a);
	b->n = 0;
}

static void nested(struct buf *b, size_t n)
{
	add_times(b, HEAD, 1);
	add_times(b, "<a>", n);
	add_times(b, "</a>", n);
	add_times(b, "</feedback>", 1);
}

static void with_text(struct buf *b, size_t n)
{
	add_times(b, HEAD "<error>", 1);
	add_times(b, "x", n);
	add_times(b, "</error></feedback>", 1);
}

static void test_xml_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };

	(void)state;
	nested(&b, XML_MAX_DEPTH - 1);
	expect(&b, NULL);
	nested(&b, XML_MAX_DEPTH);
	expect(&b, "line 1: expected at most 16 elements in one another");
	nested(&b, 1000000);
	expect(&b, "line 1: expected at most 16 elements in one another");
	with_text(&b, REPORT_MAX_TEXT);
	expect(&b, NULL);
	with_text(&b, REPORT_MAX_TEXT + 1);
	expect(&b, "line 1: expected at most 4096 octets of text in <error>");
	add_times(&b, "<feedback ", 1);
	add_times(&b, "x", XML_MAX_TAG);
	expect(&b, "line 1: expected \">\" within 4096 octets of \"<\"");
	add_times(&b, "<", 1);
	add_times(&b, "x", XML_MAX_NAME + 1);
	add_times(&b, "/>", 1);
	expect(&b, "line 1: expected the name of an element, of at most 128 octets");
	arena_free(a);
}

#define ROW "<record><row><count>1</count></row></record>"

static void test_row_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };

	(void)state;
	add_times(&b, HEAD, 1);
	add_times(&b, ROW, REPORT_MAX_ROWS);
	add_times(&b, "</feedback>", 1);
	expect(&b, NULL);
	add_times(&b, HEAD, 1);
	add_times(&b, ROW, REPORT_MAX_ROWS + 1);
	add_times(&b, "</feedback>", 1);
	expect(&b, "line 1: expected at most 100000 records");
	add_times(&b, HEAD "<record><auth_results>", 1);
	add_times(&b, "<dkim><result>pass</result></dkim>", REPORT_MAX_AUTH + 1);
	expect(&b, "line 1: expected at most 300000 DKIM results");
	add_times(&b, HEAD "</feedback>", 1);
	add_times(&b, " ", REPORT_MAX_INFLATED);
	expect(&b, "larger than 20 MB");
	arena_free(a);
}

static void json_values(struct buf *b, size_t n)
{
	add_times(b, "{\"x\":[1", 1);
	add_times(b, ",1", n);
	add_times(b, "]}", 1);
}

static void test_json_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	const char *none = "expected \"policies\", as a TLS report has them";

	(void)state;
	json_values(&b, REPORT_MAX_JSON_VALUES - 2);
	expect(&b, none);
	json_values(&b, REPORT_MAX_JSON_VALUES - 1);
	expect(&b, "JSON of too many values");
	add_times(&b, "{\"a\":", REPORT_MAX_JSON_DEPTH);
	add_times(&b, "1", 1);
	add_times(&b, "}", REPORT_MAX_JSON_DEPTH);
	expect(&b, none);
	add_times(&b, "{\"a\":", 1000000);
	expect(&b, "JSON that is nested too deeply");
	add_times(&b, "{\"[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\":1}", 1);
	expect(&b, none);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),	    cmocka_unit_test(test_cut),
		cmocka_unit_test(test_utf16),	    cmocka_unit_test(test_faults),
		cmocka_unit_test(test_xml_limits),  cmocka_unit_test(test_row_limits),
		cmocka_unit_test(test_json_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
