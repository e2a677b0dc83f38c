/* Rows of aggregate reports as octets: what goes in comes out, and nothing else is taken. */
#include "lib/test.h"

#include "report/row.h"

static struct row full(struct arena *a)
{
	struct row r = {
		.id = { 1, 2, 3 },
		.judged = 1790000000,
		.policy_domain = STR("example.com"),
		.rua = STR("mailto:a@example.com,mailto:b@example.net!10m"),
		.p = STR("reject"),
		.sp = STR("quarantine"),
		.np = STR("none"),
		.adkim = STR("r"),
		.aspf = STR("s"),
		.fo = STR("0:1:d:s"),
		.testing = STR("y"),
		.discovery = STR("treewalk"),
		.row = { .disposition = DMARC_P_QUARANTINE,
			 .dkim_aligned = true,
			 .spf_helo = true,
			 .override_type = STR("policy_test_mode"),
			 .override_comment = STR("a comment"),
			 .header_from = STR("mail.example.com"),
			 .envelope_from = STR("bounce.example.org"),
			 .spf_domain = STR("helo.example.org"),
			 .spf_result = STR("softfail") },
	};

	ip_parse(STR("2001:db8::1"), &r.row.source);
	r.row.ndkim = 2;
	r.row.dkim = ARENA_ARRAY(a, struct report_dkim, 2);
	r.row.dkim[0] = (struct report_dkim){ STR("example.com"), STR("s1._sub"), STR("pass") };
	r.row.dkim[1] = (struct report_dkim){ STR_NULL, STR_NULL, STR("permerror") };
	return r;
}

static void assert_same(const struct row *a, const struct row *b)
{
	const struct str *x[] = { &a->policy_domain,
				  &a->rua,
				  &a->p,
				  &a->sp,
				  &a->np,
				  &a->adkim,
				  &a->aspf,
				  &a->fo,
				  &a->testing,
				  &a->discovery,
				  &a->row.override_type,
				  &a->row.override_comment,
				  &a->row.header_from,
				  &a->row.envelope_from,
				  &a->row.spf_domain,
				  &a->row.spf_result };
	const struct str *y[] = { &b->policy_domain,
				  &b->rua,
				  &b->p,
				  &b->sp,
				  &b->np,
				  &b->adkim,
				  &b->aspf,
				  &b->fo,
				  &b->testing,
				  &b->discovery,
				  &b->row.override_type,
				  &b->row.override_comment,
				  &b->row.header_from,
				  &b->row.envelope_from,
				  &b->row.spf_domain,
				  &b->row.spf_result };

	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		if (!str_eq(*x[i], *y[i]))
			fail_msg("text %zu differs", i);
	assert_memory_equal(a->id, b->id, ROW_ID_SIZE);
	assert_int_equal(a->judged, b->judged);
	assert_true(ip_eq(&a->row.source, &b->row.source));
	assert_int_equal(a->row.disposition, b->row.disposition);
	assert_int_equal(a->row.dkim_aligned, b->row.dkim_aligned);
	assert_int_equal(a->row.spf_aligned, b->row.spf_aligned);
	assert_int_equal(a->row.pass_disposition, b->row.pass_disposition);
	assert_int_equal(a->row.spf_helo, b->row.spf_helo);
	assert_int_equal(a->row.ndkim, b->row.ndkim);
	for (size_t i = 0; i < a->row.ndkim; i++) {
		assert_true(str_eq(a->row.dkim[i].domain, b->row.dkim[i].domain));
		assert_true(str_eq(a->row.dkim[i].selector, b->row.dkim[i].selector));
		assert_true(str_eq(a->row.dkim[i].result, b->row.dkim[i].result));
	}
}

static void test_both_ways(void **state)
{
	struct arena *a = arena_new(0);
	struct row r = full(a), back;
	struct str s = row_format(a, &r);

	(void)state;
	assert_true(s.n > 0);
	assert_true(row_parse(a, s, &back));
	assert_same(&r, &back);
	assert_int_equal(back.row.count, 1);
	assert_str(row_facts_domain(row_facts(s)), "example.com");
	/* the least that is a row */
	back = (struct row){ .policy_domain = STR("x"), .row = { .header_from = STR("x") } };
	back.row.source.family = 4;
	s = row_format(a, &back);
	assert_true(row_parse(a, s, &r));
	assert_same(&r, &back);
	arena_free(a);
}

/* Cut at every octet, or with one more, it is no record; nor is anything read beyond its end. */
static void test_cut(void **state)
{
	struct arena *a = arena_new(0);
	struct row r = full(a), back;
	struct str s = row_format(a, &r);

	(void)state;
	for (size_t n = 0; n < s.n; n++) {
		char *copy = arena_alloc(a, n ? n : 1);

		memcpy(copy, s.p, n);
		assert_false(row_parse(a, str_of(copy, n), &back));
	}
	arena_free(a);
}

static void test_one_more(void **state)
{
	struct arena *a = arena_new(0);
	struct row r = full(a), back;
	struct str s = row_format(a, &r);
	char *copy = arena_zalloc(a, s.n + 1);

	(void)state;
	memcpy(copy, s.p, s.n);
	assert_false(row_parse(a, str_of(copy, s.n + 1), &back));
	arena_free(a);
}

/* Whatever octet is changed, it is refused, or it is another row that reads back as it is. */
static void test_changed(void **state)
{
	struct arena *a = arena_new(0);
	struct row r = full(a), back;
	struct str s = row_format(a, &r);
	char *copy = arena_alloc(a, s.n);

	(void)state;
	for (size_t i = 0; i < s.n; i++)
		for (unsigned v = 0; v < 256; v++) {
			memcpy(copy, s.p, s.n);
			copy[i] = (char)v;
			if (row_parse(a, str_of(copy, s.n), &back))
				assert_true(str_eq(row_format(a, &back), str_of(copy, s.n)));
		}
	arena_free(a);
}

/* Text of strangers that may not stand in a record. */
static void test_unclean(void **state)
{
	static const struct {
		const char *text;
		const char *kept;
	} row[] = {
		{ "example.org", "example.org" },
		{ "a b", "" },
		{ "a\tb", "" },
		{ "a\r\nb", "" },
		{ "\x7f", "" },
		{ "\xc3\xa4.example", "" },
		{ "<x>&\"'", "<x>&\"'" },
		{ "!", "!" },
		{ "~", "~" },
	};
	char long_name[ROW_NAME_MAX + 2];
	struct arena *a = arena_new(0);
	struct row r = full(a), back;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		r.row.envelope_from = r.row.dkim[1].selector = str_c(row[i].text);
		assert_true(row_parse(a, row_format(a, &r), &back));
		assert_str(back.row.envelope_from, row[i].kept);
		assert_str(back.row.dkim[1].selector, row[i].kept);
		r.policy_domain = str_c(row[i].text);
		assert_int_equal(row_format(a, &r).n > 0, row[i].kept[0] != '\0');
		r.policy_domain = STR("example.com");
		r.row.header_from = str_c(row[i].text);
		assert_int_equal(row_format(a, &r).n > 0, row[i].kept[0] != '\0');
		r.row.header_from = STR("example.com");
	}
	r.row.envelope_from = str_of("a\0b", 3);
	memset(long_name, 'a', sizeof long_name);
	r.row.spf_domain = str_of(long_name, ROW_NAME_MAX + 1);
	r.row.header_from = str_of(long_name, ROW_NAME_MAX);
	r.fo = STR("0:x");
	r.p = STR("REJECT");
	r.row.spf_result = STR("hardfail");
	r.row.override_type = STR("because");
	assert_true(row_parse(a, row_format(a, &r), &back));
	assert_int_equal(back.row.envelope_from.n, 0);
	assert_int_equal(back.row.spf_domain.n, 0);
	assert_int_equal(back.row.header_from.n, ROW_NAME_MAX);
	assert_int_equal(back.fo.n + back.p.n + back.row.spf_result.n, 0);
	assert_int_equal(back.row.override_type.n + back.row.override_comment.n, 0);
	arena_free(a);
}

static void test_limits(void **state)
{
	static char text[ROW_RUA_MAX + 1], name[ROW_NAME_MAX];
	struct arena *a = arena_new(0);
	struct row r = full(a), back;
	struct str s;

	(void)state;
	memset(text, 'a', sizeof text);
	memset(name, 'a', sizeof name);
	r.rua = str_of(text, ROW_RUA_MAX);
	r.row.override_comment = str_of(text, ROW_COMMENT_MAX + 1);
	r.row.ndkim = ROW_DKIM_MAX + 5;
	r.row.dkim = ARENA_ARRAY(a, struct report_dkim, r.row.ndkim);
	for (size_t i = 0; i < r.row.ndkim; i++)
		r.row.dkim[i] = (struct report_dkim){ str_of(name, ROW_NAME_MAX),
						      str_of(name, ROW_NAME_MAX), STR("fail") };
	s = row_format(a, &r);
	assert_true(row_facts(s).n <= ROW_FACTS_MAX);
	assert_true(row_parse(a, s, &back));
	assert_int_equal(back.rua.n, ROW_RUA_MAX);
	assert_int_equal(back.row.override_comment.n, ROW_COMMENT_MAX);
	assert_int_equal(back.row.ndkim, ROW_DKIM_MAX);
	r.rua = str_of(text, ROW_RUA_MAX + 1);
	assert_true(row_parse(a, row_format(a, &r), &back));
	assert_int_equal(back.rua.n, 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_one_more),  cmocka_unit_test(test_changed),
		cmocka_unit_test(test_unclean),	  cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
