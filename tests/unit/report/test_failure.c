/* Records of failed messages as octets, and which failures fo= asks to hear of. */
#include "report/failure.h"

#include "lib/test.h"

static struct failure full(void)
{
	return (struct failure){
		.id = { 1, 2, 3 },
		.policy_domain = STR("example.com"),
		.ruf = STR("mailto:ruf@example.com"),
		.what = { .failure = STR("dmarc"),
			  .domain = STR("mail.example.com"),
			  .auth_results = STR("dmarc=fail header.from=mail.example.com"),
			  .envelope_from = STR("joe@sender.example"),
			  .source = { 4, { 192, 0, 2, 9 } },
			  .spf_aligned = true,
			  .dkim_domain = STR("example.com"),
			  .dkim_selector = STR("s1"),
			  .spf_dns = STR("txt : example.com : \"v=spf1 -all\""),
			  .delivery = STR("reject"),
			  .arrival = 1790000000,
			  .header = STR("From: joe@mail.example.com\r\n\xff") },
	};
}

static void round_trip(void **state)
{
	struct arena *a = arena_new(0);
	struct failure f = full(), back;
	struct str s = failure_format(a, &f);

	(void)state;
	assert_true(failure_parse(s, &back));
	assert_memory_equal(back.id, f.id, FAILURE_ID_SIZE);
	assert_str(back.policy_domain, "example.com");
	assert_str(back.ruf, "mailto:ruf@example.com");
	assert_str(back.what.failure, "dmarc");
	assert_str(back.what.domain, "mail.example.com");
	assert_str(back.what.auth_results, "dmarc=fail header.from=mail.example.com");
	assert_str(back.what.envelope_from, "joe@sender.example");
	assert_str(back.what.dkim_domain, "example.com");
	assert_str(back.what.dkim_selector, "s1");
	assert_str(back.what.spf_dns, "txt : example.com : \"v=spf1 -all\"");
	assert_str(back.what.delivery, "reject");
	assert_true(str_eq(back.what.header, f.what.header));
	assert_int_equal(back.what.arrival, f.what.arrival);
	assert_true(back.what.spf_aligned && !back.what.dkim_aligned);
	assert_memory_equal(&back.what.source, &f.what.source, 5);
	for (size_t i = 0; i < s.n; i++)
		assert_false(failure_parse(str_sub(s, 0, i), &back));
	assert_false(failure_parse(arena_printf(a, "%.*sx", STR_ARG(s)), &back));
	arena_free(a);
}

/* What may not stand in a record is left out or cut, and without what it needs there is none. */
static void limits(void **state)
{
	struct arena *a = arena_new(0);
	char *big = arena_alloc(a, 2 * AFRF_HEADER_MAX);
	struct failure f = full(), back;

	(void)state;
	memset(big, 'x', 2 * AFRF_HEADER_MAX);
	f.what.header = str_of(big, 2 * AFRF_HEADER_MAX);
	f.what.auth_results = str_of(big, FAILURE_TEXT_MAX + 1);
	f.what.envelope_from = str_of(big, FAILURE_TEXT_MAX + 1);
	f.what.dkim_domain = STR("a\nb");
	assert_true(failure_parse(failure_format(a, &f), &back));
	assert_int_equal(back.what.header.n, AFRF_HEADER_MAX);
	assert_int_equal(back.what.auth_results.n, FAILURE_TEXT_MAX);
	assert_null(back.what.envelope_from.p);
	assert_null(back.what.dkim_domain.p);
	f = full();
	f.ruf = str_of(big, FAILURE_RUF_MAX + 1);
	assert_null(failure_format(a, &f).p);
	f = full();
	f.policy_domain = STR("");
	assert_null(failure_format(a, &f).p);
	f = full();
	f.what.source.family = 0;
	assert_null(failure_format(a, &f).p);
	arena_free(a);
}

/* RFC 9989 4.7, fo. */
static void conditions(void **state)
{
	static const struct failure_facts
		failed = { .dmarc_failed = true },
		good = { .dkim_aligned = true, .spf_aligned = true },
		half = { .dkim_aligned = true }, other_half = { .spf_aligned = true },
		signature = { .dkim_aligned = true, .spf_aligned = true, .signature_failed = true },
		spf = { .dkim_aligned = true, .spf_aligned = true, .spf_failed = true },
		everything = { .dmarc_failed = true, .signature_failed = true, .spf_failed = true };
	static const struct {
		const char *fo;
		const struct failure_facts *f;
		const char *out;
	} t[] = {
		{ "", &failed, "dmarc" },
		{ "", &half, NULL },
		{ "", &good, NULL },
		{ "", &signature, NULL },
		{ "", &spf, NULL },
		{ "0", &failed, "dmarc" },
		{ "0", &half, NULL },
		{ "1", &failed, "dmarc" },
		{ "1", &half, "dmarc" },
		{ "1", &other_half, "dmarc" },
		{ "1", &good, NULL },
		{ "1", &signature, NULL },
		{ "d", &signature, "signature" },
		{ "d", &failed, NULL },
		{ "d", &spf, NULL },
		{ "s", &spf, "spf" },
		{ "s", &failed, NULL },
		{ "s", &signature, NULL },
		{ "d:s", &everything, "signature" },
		{ "s:d:0", &everything, "dmarc" },
		{ " 1 : D : s ", &half, "dmarc" },
		{ "D:S", &spf, "spf" },
		{ "x", &failed, "dmarc" },
		{ "x:d", &failed, NULL },
		{ "00", &failed, "dmarc" },
		{ ":::", &half, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const char *out = failure_wanted(str_c(t[i].fo), t[i].f);

		if (!str_eq(str_c(out ? out : ""), str_c(t[i].out ? t[i].out : "")))
			fail_msg("%zu: fo=%s: %s", i, t[i].fo, out ? out : "nothing");
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(limits),
		cmocka_unit_test(conditions),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
