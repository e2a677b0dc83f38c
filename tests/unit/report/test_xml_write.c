/* Aggregate reports as XML: the whole document, the same octets again, and values that try to be
 * markup. */
#include "report/report.h"

#include "lib/test.h"

static struct report_row row(void)
{
	static struct report_dkim dkim[] = {
		{ { "example.com", 11 }, { "s1", 2 }, { "pass", 4 } }
	};

	return (struct report_row){
		.source = { 4, { 192, 0, 2, 1 } },
		.count = 3,
		.disposition = DMARC_P_REJECT,
		.spf_aligned = true,
		.override_type = STR("local_policy"),
		.override_comment = STR("arc=pass"),
		.header_from = STR("example.com"),
		.envelope_from = STR("b.example.com"),
		.dkim = dkim,
		.ndkim = 1,
		.spf_domain = STR("b.example.com"),
		.spf_result = STR("pass"),
	};
}

static struct report base(struct report_row *r)
{
	return (struct report){
		.org = STR("Example"),
		.email = STR("dmarc@mx.example"),
		.id = STR("0123456789abcdef"),
		.begin = 86400,
		.end = 172799,
		.generator = STR("Merlon"),
		.domain = STR("example.com"),
		.p = STR("reject"),
		.sp = STR("quarantine"),
		.discovery = STR("treewalk"),
		.row = r,
		.nrows = 1,
	};
}

static const char whole[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			    "<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">\n"
			    "  <version>1.0</version>\n"
			    "  <report_metadata>\n"
			    "    <org_name>Example</org_name>\n"
			    "    <email>dmarc@mx.example</email>\n"
			    "    <report_id>0123456789abcdef</report_id>\n"
			    "    <date_range>\n"
			    "      <begin>86400</begin>\n"
			    "      <end>172799</end>\n"
			    "    </date_range>\n"
			    "    <generator>Merlon</generator>\n"
			    "  </report_metadata>\n"
			    "  <policy_published>\n"
			    "    <domain>example.com</domain>\n"
			    "    <discovery_method>treewalk</discovery_method>\n"
			    "    <p>reject</p>\n"
			    "    <sp>quarantine</sp>\n"
			    "    <np>quarantine</np>\n"
			    "    <adkim>r</adkim>\n"
			    "    <aspf>r</aspf>\n"
			    "    <testing>n</testing>\n"
			    "  </policy_published>\n"
			    "  <record>\n"
			    "    <row>\n"
			    "      <source_ip>192.0.2.1</source_ip>\n"
			    "      <count>3</count>\n"
			    "      <policy_evaluated>\n"
			    "        <disposition>reject</disposition>\n"
			    "        <dkim>fail</dkim>\n"
			    "        <spf>pass</spf>\n"
			    "        <reason>\n"
			    "          <type>local_policy</type>\n"
			    "          <comment>arc=pass</comment>\n"
			    "        </reason>\n"
			    "      </policy_evaluated>\n"
			    "    </row>\n"
			    "    <identifiers>\n"
			    "      <header_from>example.com</header_from>\n"
			    "      <envelope_from>b.example.com</envelope_from>\n"
			    "    </identifiers>\n"
			    "    <auth_results>\n"
			    "      <dkim>\n"
			    "        <domain>example.com</domain>\n"
			    "        <selector>s1</selector>\n"
			    "        <result>pass</result>\n"
			    "      </dkim>\n"
			    "      <spf>\n"
			    "        <domain>b.example.com</domain>\n"
			    "        <scope>mfrom</scope>\n"
			    "        <result>pass</result>\n"
			    "      </spf>\n"
			    "    </auth_results>\n"
			    "  </record>\n"
			    "</feedback>\n";

static void document(void **state)
{
	struct arena *a = arena_new(0);
	struct report_row r = row();
	struct report rep = base(&r);

	(void)state;
	assert_str(report_xml(a, &rep), whole);
	assert_true(str_eq(report_xml(a, &rep), report_xml(a, &rep)));
	arena_free(a);
}

/* What it is given, what it must hold, what it must not. */
static void hostile(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} t[] = {
		{ STR("</header_from><x a=\"1\">"),
		  "<header_from>&lt;/header_from&gt;&lt;x a=&quot;1"
		  "&quot;&gt;</header_from>" },
		{ STR("]]>&amp;"), "<header_from>]]&gt;&amp;amp;</header_from>" },
		{ STR("a\0b"), "<header_from>a\xef\xbf\xbd"
			       "b</header_from>" },
		{ STR("\x1b[0m\x7f"), "<header_from>\xef\xbf\xbd[0m\x7f</header_from>" },
		{ STR("\xff\xc3"), "<header_from>\xef\xbf\xbd\xef\xbf\xbd</header_from>" },
		{ STR("\xed\xa0\x80"), "\xef\xbf\xbd" }, /* a surrogate */
		{ STR("\xef\xbf\xbf"), "<header_from>\xef\xbf\xbd</header_from>" }, /* U+FFFF */
		{ STR("b\xc3\xbc"
		      "cher"),
		  "<header_from>b\xc3\xbc"
		  "cher</header_from>" },
		{ STR("a\r\nb"), "<header_from>a&#13;\nb</header_from>" },
		{ STR("\xf0\x9f\x92\xa9"), "<header_from>\xf0\x9f\x92\xa9</header_from>" },
	};
	struct arena *a = arena_new(0);
	struct report_row r = row();
	struct report rep = base(&r);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct str xml;

		r.header_from = t[i].in;
		xml = report_xml(a, &rep);
		if (str_find(xml, str_c(t[i].out)) == SIZE_MAX)
			fail_msg("%zu: %s is not in %.*s", i, t[i].out, STR_ARG(xml));
		assert_int_equal(str_find(xml, STR("<x ")), SIZE_MAX);
	}
	arena_free(a);
}

static void words(void **state)
{
	static struct report_dkim dkim[] = { { { "d", 1 }, { "s", 1 }, { "great", 5 } } };
	struct arena *a = arena_new(0);
	struct report_row r = row();
	struct report rep = base(&r);
	struct str xml;

	(void)state;
	rep.p = STR("none;");
	rep.sp = rep.np = rep.adkim = rep.aspf = rep.testing = rep.discovery = STR("<");
	r.override_type = STR("sampled_out");
	r.pass_disposition = true;
	r.spf_result = STR("unknown");
	r.spf_helo = true;
	r.dkim = dkim;
	xml = report_xml(a, &rep);
	assert_true(str_find(xml, STR("<p>none</p>\n    <sp>none</sp>\n    <np>none</np>")) !=
		    SIZE_MAX);
	assert_true(str_find(xml, STR("<adkim>r</adkim>")) != SIZE_MAX);
	assert_true(str_find(xml, STR("<testing>n</testing>")) != SIZE_MAX);
	assert_true(str_find(xml, STR("<disposition>pass</disposition>")) != SIZE_MAX);
	assert_true(str_find(xml, STR("<type>other</type>")) != SIZE_MAX);
	assert_true(str_find(xml, STR("<result>neutral</result>")) != SIZE_MAX);
	assert_true(str_find(xml, STR("<domain>b.example.com</domain>\n        "
				      "<result>none</result>")) != SIZE_MAX);
	assert_int_equal(str_find(xml, STR("discovery_method")), SIZE_MAX);
	assert_int_equal(str_find(xml, STR("scope")), SIZE_MAX);
	arena_free(a);
}

/* REPORT_MAX_TEXT, and 100 signatures of a row. */
static void limits(void **state)
{
	static struct report_dkim dkim[150];
	struct arena *a = arena_new(0);
	struct report_row r = row();
	struct report rep = base(&r);
	char *long_text = arena_alloc(a, REPORT_MAX_TEXT + 1);
	struct str xml;
	size_t n = 0;

	(void)state;
	memset(long_text, 'x', REPORT_MAX_TEXT + 1);
	rep.contact = str_of(long_text, REPORT_MAX_TEXT + 1);
	for (size_t i = 0; i < 150; i++)
		dkim[i] = (struct report_dkim){ STR("d"), STR("s"), STR("pass") };
	r.dkim = dkim;
	r.ndkim = 150;
	xml = report_xml(a, &rep);
	for (struct str rest = xml; str_find(rest, STR("<dkim>\n")) != SIZE_MAX; n++)
		rest = str_skip(rest, str_find(rest, STR("<dkim>\n")) + 1);
	assert_int_equal(n, 100);
	assert_true(str_find(xml, str_of(long_text, REPORT_MAX_TEXT)) != SIZE_MAX);
	assert_int_equal(str_find(xml, str_of(long_text, REPORT_MAX_TEXT + 1)), SIZE_MAX);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(document), cmocka_unit_test(hostile),
					cmocka_unit_test(words), cmocka_unit_test(limits) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
