/* Addresses of reports: what is one, what is not, and how large a report may be. */
#include "report/uri.h"

#include "lib/test.h"

static const struct {
	const char *text, *address; /* NULL: a fault */
	uint64_t max;
} ones[] = {
	{ "mailto:d@example.com", "d@example.com", UINT64_MAX },
	{ "MAILTO:Dmarc.Reports+x@Example.COM", "Dmarc.Reports+x@example.com", UINT64_MAX },
	{ " mailto:d@example.com!10m ", "d@example.com", 10u << 20 },
	{ "mailto:d@example.com!512", "d@example.com", 512 },
	{ "mailto:d@example.com!3K", "d@example.com", 3072 },
	{ "mailto:d@example.com!1g", "d@example.com", 1u << 30 },
	{ "mailto:d@example.com!999999999999999t", "d@example.com", UINT64_MAX },
	{ "mailto:a%2Bb@example.com", "a+b@example.com", UINT64_MAX },
	{ "mailto:a%21b@example.com", "a!b@example.com", UINT64_MAX },
	{ "mailto:d@b\xc3\xbc"
	  "cher.example",
	  "d@xn--bcher-kva.example", UINT64_MAX },
	{ "mailto:d@example.com!", NULL, 0 },
	{ "mailto:d@example.com!10q", NULL, 0 },
	{ "mailto:d@example.com!m", NULL, 0 },
	{ "mailto:d@example.com!-1", NULL, 0 },
	{ "mailto:d@example.com!1234567890123456", NULL, 0 },
	{ "mailto:d@example.com?subject=x", NULL, 0 },
	{ "mailto:d@example.com%3Fsubject=x", NULL, 0 },
	{ "mailto:d%40example.com", "d@example.com", UINT64_MAX },
	{ "mailto:a@b@example.com", NULL, 0 },
	{ "mailto:a@example.com%2Cb@example.com", NULL, 0 },
	{ "mailto:a%0D%0ARCPT%20TO:x@example.com", NULL, 0 },
	{ "mailto:a%00@example.com", NULL, 0 },
	{ "mailto:a%4@example.com", NULL, 0 },
	{ "mailto:a%zz@example.com", NULL, 0 },
	{ "mailto:a@example.com%", NULL, 0 },
	{ "mailto:.a@example.com", NULL, 0 },
	{ "mailto:a..b@example.com", NULL, 0 },
	{ "mailto:a.@example.com", NULL, 0 },
	{ "mailto:@example.com", NULL, 0 },
	{ "mailto:a@localhost", NULL, 0 },
	{ "mailto:a@[192.0.2.1]", NULL, 0 },
	{ "mailto:a@exa mple.com", NULL, 0 },
	{ "mailto:<a@example.com>", NULL, 0 },
	{ "mailto:\"a\"@example.com", NULL, 0 },
	{ "mailto:", NULL, 0 },
	{ "d@example.com", NULL, 0 },
	{ "https://example.com/dmarc", NULL, 0 },
	{ "mailto:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com",
	  NULL, 0 },
};

static void one(void **state)
{
	struct arena *a = arena_new(0);
	struct report_uri u[REPORT_URI_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof ones / sizeof *ones; i++) {
		assert_int_equal(report_uris(a, str_c(ones[i].text), u), 1);
		if (!ones[i].address) {
			if (!u[0].fault)
				fail_msg("%s was taken", ones[i].text);
			continue;
		}
		if (u[0].fault)
			fail_msg("%s: %s", ones[i].text, u[0].fault);
		assert_str(u[0].address, ones[i].address);
		assert_int_equal(u[0].max, ones[i].max);
	}
	arena_free(a);
}

static void lists(void **state)
{
	struct arena *a = arena_new(0);
	struct report_uri u[REPORT_URI_MAX];
	struct str many = STR("mailto:a@x.example,,mailto:b@x.example , https://x.example/,"
			      "mailto:A@x.example,mailto:c@x.example!1k");

	(void)state;
	assert_int_equal(report_uris(a, STR_NULL, u), 0);
	assert_int_equal(report_uris(a, STR(""), u), 0);
	assert_int_equal(report_uris(a, STR(" , ,"), u), 0);
	assert_int_equal(report_uris(a, many, u), 5);
	assert_null(u[0].fault);
	assert_null(u[1].fault);
	assert_non_null(u[2].fault);
	assert_string_equal(u[3].fault, "the same address again");
	assert_null(u[4].fault);
	assert_true(u[4].limited);
	assert_false(u[0].limited);
	many = STR("mailto:a@x.example,mailto:b@x.example,mailto:c@x.example,mailto:d@x.example,"
		   "mailto:e@x.example,mailto:f@x.example,mailto:g@x.example,mailto:h@x.example,"
		   "mailto:i@x.example,mailto:j@x.example,mailto:k@x.example");
	assert_int_equal(report_uris(a, many, u), REPORT_URI_MAX);
	assert_str(u[REPORT_URI_MAX - 1].address, "j@x.example");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(one), cmocka_unit_test(lists) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
