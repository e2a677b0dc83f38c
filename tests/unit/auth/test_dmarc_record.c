/* DMARC records: what counts as one, what its tags say, what no policy can be had from. */
#include "lib/test.h"

#include "auth/dmarc/dmarc.h"

/* A record as text: "p sp np psd t adkim aspf", "-" for what is not there; "ignored" and "none:
 * why". */
static struct str show(struct arena *a, struct str txt)
{
	struct dmarc_record r;
	struct str why;
	bool usable = dmarc_record_parse(a, txt, &r, &why);

	if (!usable && !why.p)
		return STR("ignored");
	if (!usable)
		return arena_printf(a, "none %c: %.*s", r.psd, STR_ARG(why));
	assert_null(why.p);
	return arena_printf(a, "%s%s%s%s%s%s%s %c%s%s%s", r.has_p ? "" : "(",
			    dmarc_policy_word(r.p), r.has_p ? "" : ")", r.has_sp ? " sp=" : "",
			    r.has_sp ? dmarc_policy_word(r.sp) : "", r.has_np ? " np=" : "",
			    r.has_np ? dmarc_policy_word(r.np) : "", r.psd,
			    r.testing ? " test" : "", r.strict_dkim ? " adkim=s" : "",
			    r.strict_spf ? " aspf=s" : "");
}

#define NO_P "none u: no valid p=, and no rua="
#define NO_SP "none u: sp= or np= is not valid, and no rua="

static const struct {
	struct str txt;
	const char *want;
} rows[] = {
	/* RFC 9989 4.8: the version */
	{ STR("v=DMARC1; p=none"), "none u" },
	{ STR("v=DMARC1;p=reject;"), "reject u" },
	{ STR("v=DMARC1;p=reject ; "), "reject u" },
	{ STR("v = DMARC1 ; p = quarantine"), "quarantine u" },
	{ STR("v\t=\tDMARC1\t;\tp\t=\treject\t"), "reject u" },
	{ STR("V=DMARC1; p=reject"), "reject u" },
	{ STR(" v=DMARC1; p=reject"), "reject u" },
	{ STR("v=dmarc1; p=reject"), "ignored" },
	{ STR("v=DMARC1.0; p=reject"), "ignored" },
	{ STR("v=DMARC11; p=reject"), "ignored" },
	{ STR("v=DMARC2; p=reject"), "ignored" },
	{ STR("v=DMARC; p=reject"), "ignored" },
	{ STR("v=DMARC1 p=reject"), "ignored" },
	{ STR("v=DMARC1, p=reject"), "ignored" },
	{ STR("v=\"DMARC1\"; p=reject"), "ignored" },
	{ STR("\"v=DMARC1; p=reject\""), "ignored" },
	{ STR("v=; p=reject"), "ignored" },
	{ STR("v; p=reject"), "ignored" },
	{ STR("v==DMARC1; p=reject"), "ignored" },
	{ STR("v=DMARC1\0; p=reject"), "ignored" },
	{ STR("v=DMARC1\r\n; p=reject"), "ignored" },
	{ STR("\xef\xbb\xbfv=DMARC1; p=reject"), "ignored" },
	{ STR("p=reject; v=DMARC1"), "ignored" },
	{ STR("; v=DMARC1; p=reject"), "ignored" },
	{ STR("v=spf1 -all"), "ignored" },
	{ STR("v=DKIM1; p=reject"), "ignored" },
	{ STR(""), "ignored" },
	{ STR(";"), "ignored" },
	/* 4.7: p, and 4.10.1: where it is not there or not valid */
	{ STR("v=DMARC1"), NO_P },
	{ STR("v=DMARC1;"), NO_P },
	{ STR("v=DMARC1; p="), NO_P },
	{ STR("v=DMARC1; p"), NO_P },
	{ STR("v=DMARC1; p=monitor"), NO_P },
	{ STR("v=DMARC1; p=reject quarantine"), NO_P },
	{ STR("v=DMARC1; p=rejects"), NO_P },
	{ STR("v=DMARC1; p=reject\0"), NO_P },
	{ STR("v=DMARC1; p=rejec\xc5\xa3"), NO_P },
	{ STR("v=DMARC1; p=none; p=reject"), NO_P },
	{ STR("v=DMARC1; p=reject; P=reject"), NO_P },
	{ STR("v=DMARC1; rua=mailto:a@example.com"), "(none) u" },
	{ STR("v=DMARC1; p=bad; rua=mailto:a@example.com"), "(none) u" },
	{ STR("v=DMARC1; p=bad; sp=reject; rua=mailto:a@example.com"), "(none) u" },
	{ STR("v=DMARC1; p=bad; rua=a@example.com"), NO_P },
	{ STR("v=DMARC1; p=bad; rua=mailto:"), NO_P },
	{ STR("v=DMARC1; p=bad; rua=:x"), NO_P },
	{ STR("v=DMARC1; p=bad; rua=1mailto:x"), NO_P },
	{ STR("v=DMARC1; p=bad; rua=mailto:a b@example.com"), NO_P },
	{ STR("v=DMARC1; p=bad; rua=nothing, mailto:a@example.com"), "(none) u" },
	{ STR("v=DMARC1; p=bad; rua=mailto:a@example.com!10m"), "(none) u" },
	{ STR("v=DMARC1; p=bad; rua=https://example.com/in?x=%20"), "(none) u" },
	{ STR("v=DMARC1; p=bad; rua=mailto:a@x; rua=mailto:b@x"), NO_P },
	{ STR("v=DMARC1; p=bad; ruf=mailto:a@example.com"), NO_P },
	{ STR("v=DMARC1; psd=y; p=bad"), "none y: no valid p=, and no rua=" },
	{ STR("v=DMARC1; psd=n"), "none n: no valid p=, and no rua=" },
	{ STR("v=DMARC1; sp=reject"), NO_P },
	{ STR("v=DMARC1; p=reject; sp=bad"), NO_SP },
	{ STR("v=DMARC1; p=reject; np="), NO_SP },
	{ STR("v=DMARC1; p=reject; sp=bad; rua=mailto:a@example.com"), "(none) u" },
	{ STR("v=DMARC1; p=reject; sp=none; np=bad; rua=mailto:a@b"), "(none) u" },
	/* 4.7: the other tags, their defaults and their syntax */
	{ STR("v=DMARC1; p=REJECT; SP=None; Np=Quarantine"), "reject sp=none np=quarantine u" },
	{ STR("v=DMARC1; sp=quarantine; np=reject; p=none"), "none sp=quarantine np=reject u" },
	{ STR("v=DMARC1; p=none; psd=y"), "none y" },
	{ STR("v=DMARC1; p=none; psd=N"), "none n" },
	{ STR("v=DMARC1; p=none; psd=u"), "none u" },
	{ STR("v=DMARC1; p=none; psd=yes"), "none u" },
	{ STR("v=DMARC1; p=none; psd=y; psd=n"), "none u" },
	{ STR("v=DMARC1; p=none; t=y"), "none u test" },
	{ STR("v=DMARC1; p=none; t=Y"), "none u test" },
	{ STR("v=DMARC1; p=none; t=n"), "none u" },
	{ STR("v=DMARC1; p=none; t=1"), "none u" },
	{ STR("v=DMARC1; p=none; adkim=s; aspf=r"), "none u adkim=s" },
	{ STR("v=DMARC1; p=none; adkim=r; aspf=S"), "none u aspf=s" },
	{ STR("v=DMARC1; p=none; adkim=strict; aspf="), "none u" },
	/* 4.7: unknown tags MUST be ignored, syntax errors in the rest ignored; pct, rf, ri are
	   gone */
	{ STR("v=DMARC1; p=reject; pct=0; rf=afrf; ri=86400"), "reject u" },
	{ STR("v=DMARC1; p=reject; pct=bad"), "reject u" },
	{ STR("v=DMARC1; x=y; p=reject; p2=none; xp=none"), "reject u" },
	{ STR("v=DMARC1; ; ;; p=reject;;"), "reject u" },
	{ STR("v=DMARC1; garbage; =; =x; p=reject"), "reject u" },
	{ STR("v=DMARC1; \xff\xfe\x01=\0; p=reject"), "reject u" },
	{ STR("v=DMARC1; v=DMARC2; p=reject"), "reject u" },
	{ STR("v=DMARC1; p=reject; sp=none\n"), NO_SP },
};

static void test_table(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str got = show(a, rows[i].txt);
		if (!str_eq(got, str_c(rows[i].want)))
			fail_msg("row %zu: \"%.*s\": got \"%.*s\", expected \"%s\"", i,
				 STR_ARG(rows[i].txt), STR_ARG(got), rows[i].want);
	}
	arena_free(a);
}

/* rua, ruf and fo come as written. */
static void test_uris(void **state)
{
	struct arena *a = arena_new(0);
	struct dmarc_record r;
	struct str why;

	(void)state;
	assert_true(dmarc_record_parse(a,
				       STR("v=DMARC1; p=none; rua= mailto:A@Example.com , "
					   "mailto:b@x!5k ; ruf=mailto:c@x; fo=1:d"),
				       &r, &why));
	assert_str(r.rua, "mailto:A@Example.com , mailto:b@x!5k");
	assert_str(r.ruf, "mailto:c@x");
	assert_str(r.fo, "1:d");
	assert_true(dmarc_record_parse(a, STR("v=DMARC1; p=none; rua=x; ruf=ma_il:x"), &r, &why));
	assert_null(r.rua.p);
	assert_null(r.ruf.p);
	assert_null(r.fo.p);
	arena_free(a);
}

/* DMARC_MAX_URIS: the list ends after the tenth. */
static void test_uri_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct str ten = STR("a:1,a:2,a:3,a:4,a:5,a:6,a:7,a:8,a:9,a:10"), txt, why;
	struct dmarc_record r;

	(void)state;
	txt = arena_printf(a, "v=DMARC1; p=none; rua=%.*s", STR_ARG(ten));
	assert_true(dmarc_record_parse(a, txt, &r, &why));
	assert_true(str_eq(r.rua, ten));
	txt = arena_printf(a, "v=DMARC1; p=none; rua=%.*s,a:11", STR_ARG(ten));
	assert_true(dmarc_record_parse(a, txt, &r, &why));
	assert_true(str_eq(r.rua, ten));
	txt = arena_printf(a, "v=DMARC1; rua=,,,,,,,,,,a:11");
	assert_false(dmarc_record_parse(a, txt, &r, &why));
	arena_free(a);
}

/* DMARC_MAX_RECORD: what is longer is a record, for counting, but says nothing. */
static void test_length(void **state)
{
	struct arena *a = arena_new(0);
	struct str head = STR("v=DMARC1; p=reject; x="), why;
	struct dmarc_record r;
	char *p = arena_alloc(a, DMARC_MAX_RECORD + 1);

	(void)state;
	memset(p, 'x', DMARC_MAX_RECORD + 1);
	memcpy(p, head.p, head.n);
	assert_true(dmarc_record_parse(a, str_of(p, DMARC_MAX_RECORD), &r, &why));
	assert_false(dmarc_record_parse(a, str_of(p, DMARC_MAX_RECORD + 1), &r, &why));
	assert_str(why, "the record is too long");
	arena_free(a);
}

/* Cut anywhere, a record is not one with another policy than the whole. */
static void test_prefixes(void **state)
{
	struct str txt =
		STR("v=DMARC1; p=reject; sp=quarantine; adkim=s; rua=mailto:a@example.com");
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t n = 0; n <= txt.n; n++) {
		struct dmarc_record r;
		struct str why;
		if (!dmarc_record_parse(a, str_sub(txt, 0, n), &r, &why))
			continue;
		assert_int_equal(r.p, DMARC_P_REJECT);
		assert_true(n >= STR("v=DMARC1; p=reject").n);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	  cmocka_unit_test(test_uris),
		cmocka_unit_test(test_uri_limit), cmocka_unit_test(test_length),
		cmocka_unit_test(test_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
