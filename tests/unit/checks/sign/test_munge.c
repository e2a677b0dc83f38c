/* Mail of lists: what stands in From in place of the author, whatever he calls himself. */
#include "lib/test.h"

#include "base/buf.h"

#include "checks/sign/outgoing.h"

#define POST "<mailto:talk@lists.test>"

static const struct {
	const char *from, *post, *fixed, *expected; /* NULL: nobody to put in his place */
} rows[] = {
	{ "Ann <ann@one.test>", POST, "", "\"Ann via talk\" <talk@lists.test>" },
	{ "ann@one.test", POST, "", "\"ann via talk\" <talk@lists.test>" },
	{ "\"A \\\"x\\\" \\\\ B\" <ann@one.test>", POST, "",
	  "\"A \\\"x\\\" \\\\ B via talk\" <talk@lists.test>" },
	{ "\"Eve <eve@evil.test>,\" <ann@one.test>", POST, "",
	  "\"Eve <eve@evil.test>, via talk\" <talk@lists.test>" },
	{ "\"x, y; (z)\" <ann@one.test>", POST, "", "\"x, y; (z) via talk\" <talk@lists.test>" },
	{ "=?utf-8?q?J=C3=BCrgen?= <j@one.test>", POST, "",
	  "=?utf-8?q?J=C3=BCrgen?= via \"talk\" <talk@lists.test>" },
	{ "\"=?utf-8?q?x?= <e@evil.test>\" <j@one.test>", POST, "", NULL },
	{ "\"=?utf-8?q?x?= [y]\" <j@one.test>", POST, "",
	  "\"=?utf-8?q?x?= [y] via talk\" <talk@lists.test>" },
	{ "J\xc3\xbcrgen <j@one.test>", POST, "", "\"J\xc3\xbcrgen via talk\" <talk@lists.test>" },
	{ "Ann <ann@one.test>, Bob <bob@one.test>", POST, "", NULL },
	{ "Ann <ann@one.test>, Bob <bob@two.test>", POST, "", NULL },
	{ "Ann <ann@one.test>", "", "", NULL },
	{ "Ann <ann@one.test>", "NO", "", NULL },
	{ "Ann <ann@one.test>", "<mailto:talk@lists.test?subject=hi>", "",
	  "\"Ann via talk\" <talk@lists.test>" },
	{ "Ann <ann@one.test>", "<https://lists.test/>, " POST, "",
	  "\"Ann via talk\" <talk@lists.test>" },
	{ "Ann <ann@one.test>", "<mailto:\"a b\"@lists.test>", "", NULL },
	{ "Ann <ann@one.test>", "<mailto:talk>", "", NULL },
	{ "Ann <ann@one.test>", "<mailto:talk@[192.0.2.1]>", "", NULL },
	{ "Ann <ann@one.test>", "<mailto:a>,b@lists.test>", "", NULL },
	{ "Ann <ann@one.test>", "<mailto:", "", NULL },
	{ "Ann <ann@one.test>", POST, "all@fixed.test", "\"Ann via all\" <all@fixed.test>" },
	{ "Ann <ann@one.test>", "", "all@fixed.test", "\"Ann via all\" <all@fixed.test>" },
};

static struct str one_line(struct arena *a, struct str v)
{
	return hdr_unfold(a, v);
}

static void one(const char *from, const char *post, const char *fixed, const char *expected)
{
	struct arena *a = arena_new(0);
	struct scan s = { .arena = a, .mail_ok = true };
	struct sealing_config k = { .munge_address = str_c(fixed) };
	struct munged m = { 0 };
	struct str got = STR_NULL;

	s.mail.local = STR("talk-bounces");
	s.mail.domain = STR("Lists.test");

	hdr_init(&s.headers, a);
	hdr_add(&s.headers, STR("From"), str_c(from));
	if (*post)
		hdr_add(&s.headers, STR("List-Post"), str_c(post));
	from_read(a, &s.headers, &s.from);
	if (munge_author(&s, &k, &m))
		got = one_line(a, m.from);
	if (!str_eq(got, str_c(expected)) || m.on != (expected != NULL))
		fail_msg("%s, %s: got \"%.*s\"", from, post, STR_ARG(got));
	if (expected) {
		struct hdr_list h;
		struct from again;
		/* Whoever reads it sees one author, the list. */
		hdr_init(&h, a);
		hdr_add(&h, STR("From"), m.from);
		from_read(a, &h, &again);
		assert_int_equal(again.why, FROM_OK);
		assert_false(again.multiple);
		assert_true(str_iends(got, arena_printf(a, "%.*s>", STR_ARG(again.domain))));
		assert_true(str_eq(m.original, str_c(from)));
		assert_true(str_eq(m.reply_to, m.original));
	}
	arena_free(a);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		one(rows[i].from, rows[i].post, rows[i].fixed, rows[i].expected);
}

/* A long name is cut between characters, and is never much of a field. */
static void test_long(void **state)
{
	struct arena *a = arena_new(0);
	struct scan s = { .arena = a };
	struct sealing_config k = { .munge_address = STR("all@fixed.test") };
	struct munged m = { 0 };
	struct buf b = { .arena = a };

	(void)state;
	buf_add(&b, STR("\"x"));
	for (int i = 0; i < 500; i++)
		buf_add(&b, STR("\xc3\xbc"));
	buf_add(&b, STR("\" <ann@one.test>"));
	hdr_init(&s.headers, a);
	hdr_add(&s.headers, STR("From"), buf_str(&b));
	hdr_add(&s.headers, STR("Reply-To"), STR("list@x.test"));
	from_read(a, &s.headers, &s.from);
	assert_true(munge_author(&s, &k, &m));
	assert_true(m.from.n < 200);
	assert_true(str_find(m.from, STR("\xc3\xbc via all\"")) != SIZE_MAX);
	assert_null(m.reply_to.p);
	arena_free(a);
}

/* List-Post is what the author likes to write, until a list behind us has made the mail its own. */
static const struct {
	const char *mail, *fields;
	bool on;
} made[] = {
	{ "talk-bounces@lists.test", "", true },
	{ "talk-bounces@LISTS.test", "", true },
	{ "ann@one.test", "", false },
	{ "x@sub.lists.test", "", false },
	{ "x@test", "", false },
	{ "", "", false },
	{ "talk-bounces@lists.test", "mx.test; spf=pass smtp.mailfrom=ann@one.test", true },
	{ "talk-bounces@lists.test", "mx.test; spf=fail smtp.mailfrom=x@lists.test", false },
	{ "talk-bounces@lists.test", "MX.test; spf=none smtp.mailfrom=lists.TEST", false },
	{ "talk-bounces@lists.test", "other.test; spf=fail smtp.mailfrom=x@lists.test", true },
};

static void test_made_by_a_list(void **state)
{
	struct scan_env env = { .authserv_id = STR("mx.test") };

	(void)state;
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		struct arena *a = arena_new(0);
		struct scan s = { .arena = a, .env = &env, .mail_ok = true };
		struct sealing_config k = { 0 };
		struct munged m = { 0 };
		struct str mail = str_c(made[i].mail);

		s.mail.local = str_cut(&mail, '@');
		s.mail.domain = mail.p ? mail : STR("");
		hdr_init(&s.headers, a);
		hdr_add(&s.headers, STR("From"), STR("Ann <ann@one.test>"));
		hdr_add(&s.headers, STR("List-Post"), STR(POST));
		if (*made[i].fields)
			hdr_add(&s.headers, STR("Authentication-Results"), str_c(made[i].fields));
		from_read(a, &s.headers, &s.from);
		if (munge_author(&s, &k, &m) != made[i].on)
			fail_msg("%s, %s: %smunged", made[i].mail, made[i].fields,
				 m.on ? "" : "not ");
		k.munge_address = STR("all@fixed.test");
		assert_true(munge_author(&s, &k, &m));
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_made_by_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
