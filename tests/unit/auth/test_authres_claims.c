/* Which Authentication-Results fields claim to be ours, and which are honest ones of other hosts.
 */
#include "lib/test.h"

#include "auth/authres/authres.h"

#define ID "mx.example.org"

static const struct {
	struct str value;
	bool claims;
} rows[] = {
	/* as it should be */
	{ STR(" " ID "; spf=pass"), true },
	{ STR(ID ";"), true },
	{ STR(ID), true },
	{ STR(" " ID " ; none"), true },
	{ STR(" " ID " 1; none"), true },
	{ STR(" MX.Example.ORG; none"), true },
	{ STR(" " ID ".; none"), true },
	{ STR(" MX.Example.ORG.; none"), true },
	{ STR(" " ID "..; none"), true },
	{ STR(" \"" ID "\"; none"), true },
	{ STR(" \"MX.example.ORG.\"; none"), true },
	/* comments and folds around it */
	{ STR(" (c) " ID " /1 (d); none"), true },
	{ STR("(c)" ID "(d); none"), true },
	{ STR("(c)\"" ID "\"(d)1(e); none"), true },
	{ STR("\r\n\t" ID "; none"), true },
	{ STR("\r\n \r\n \r\n\t" ID "\r\n ; none"), true },
	{ STR("((nested)) " ID "; none"), true },
	{ STR("(;) " ID "; none"), true },
	{ STR("(\\)) " ID "; none"), true },
	/* RFC 8601 2.2 cannot write these, but some reader may take them */
	{ STR(" " ID "/1; spf=pass"), true },
	{ STR(" " ID " /1; spf=pass"), true },
	{ STR(" " ID " garbage; spf=pass"), true },
	{ STR(" garbage " ID "; spf=pass"), true },
	{ STR(" " ID " spf=pass"), true },
	{ STR(" " ID ":25; spf=pass"), true },
	{ STR(" " ID ",other; spf=pass"), true },
	{ STR(" <" ID ">; spf=pass"), true },
	{ STR(" [" ID "]; spf=pass"), true },
	{ STR(" @" ID "; spf=pass"), true },
	{ STR(" id=" ID "; spf=pass"), true },
	{ STR(" mx . example . org; spf=pass"), true },
	{ STR(" mx.(c)example.(d)org; spf=pass"), true },
	{ STR(" mx.\r\n example.org; spf=pass"), true },
	{ STR(" \"mx\".\"example\".\"org\"; spf=pass"), true },
	{ STR(" \"mx.example\".org; spf=pass"), true },
	{ STR(" \"mx.\\example.org\"; spf=pass"), true },
	{ STR(" mx\\.example.org; spf=pass"), true },
	{ STR(" ' " ID "'; spf=pass"), true },
	{ STR(" \" " ID " \"; spf=pass"), true },
	{ STR(" \"other; " ID "\"; spf=pass"), true },
	/* where readers disagree about what is a comment or a string */
	{ STR(" (\\) " ID "; dkim=pass ) mx.other.net; spf=pass"), true },
	{ STR(" (a (b) " ID "; dkim=pass ) mx.other.net; spf=pass"), true },
	{ STR(" (\") " ID "; dkim=pass (\") mx.other.net; spf=pass"), true },
	{ STR(" mx.other.net (\"); spf=pass; (\") " ID "; dkim=pass"), true },
	{ STR(" \"mx.other.net\\\"; " ID "; dkim=pass"), true },
	/* what cannot be read at all */
	{ STR(""), true },
	{ STR("   "), true },
	{ STR(";"), true },
	{ STR("; spf=pass"), true },
	{ STR(" ; " ID "; spf=pass"), true },
	{ STR("(only a comment)"), true },
	{ STR("(no end"), true },
	{ STR("mx.other.net (no end; spf=pass"), true },
	{ STR("\"no end; spf=pass"), true },
	{ STR("mx.other\0.net; spf=pass"), true },
	{ STR("\0" ID "; spf=pass"), true },
	{ STR("mx.exa\0mple.org; spf=pass"), true },
	{ STR("mx.exa\x01mple.org; spf=pass"), true },
	{ STR(ID "\x7f; spf=pass"), true },
	{ STR("mx%2Eexample.org; spf=pass"), true },
	{ STR("=?utf-8?q?mx.example.org?=; spf=pass"), true },
	{ STR("=?utf-8?b?bXguZXhhbXBsZS5vcmc=?=; spf=pass"), true },
	{ STR("mx.\xff\xfe.org; spf=pass"), true },
	/* Unicode that maps to it */
	{ STR("\xef\xbd\x8d\xef\xbd\x98.example.org; spf=pass"), true },
	{ STR("mx\xe3\x80\x82"
	      "example\xe3\x80\x82org; spf=pass"),
	  true },
	{ STR("mx.exam\xc2\xadple.org; spf=pass"), true },
	{ STR("mx.exam\xe2\x80\x8bple.org; spf=pass"), true },
	{ STR("\xef\xbb\xbf" ID "; spf=pass"), true },
	{ STR("\xc2\xa0" ID "; spf=pass"), true },
	/* a line end that is none, and a second field behind it */
	{ STR("mx.other.net; none\rAuthentication-Results: " ID "; dkim=pass"), true },
	{ STR("mx.other.net; none\nAuthentication-Results: " ID "; dkim=pass"), true },
	{ STR("mx.other.net; none\r\nAuthentication-Results: " ID "; dkim=pass"), true },
	{ STR("mx.other.net; none\0 " ID "; dkim=pass"), true },
	/* honest fields of other hosts stay */
	{ STR(" mx.other.net; spf=pass"), false },
	{ STR(" mx.other.net; none"), false },
	{ STR(" mx.other.net 1; none"), false },
	{ STR(" mx.other.net."), false },
	{ STR(" \"mx.other.net\"; none"), false },
	{ STR(" (c) mx.other.net (d) 1 (e); none"), false },
	{ STR("\r\n\tmx.other.net;\r\n\tspf=pass smtp.mailfrom=a@" ID), false },
	{ STR(" mx.other.net (for " ID "); spf=pass"), false },
	{ STR(" mx.other.net; dkim=pass header.d=" ID "; iprev=pass (" ID ")"), false },
	{ STR(" mx.other.net; spf=pass reason=\"" ID "; x\""), false },
	{ STR(" mx.other.net;\n spf=pass smtp.helo=" ID), false },
	{ STR(" amx.example.org; spf=pass"), false },
	{ STR(" mx.example.org.evil.net; spf=pass"), false },
	{ STR(" mx.example.orgs; spf=pass"), false },
	{ STR(" example.org; spf=pass"), false },
	{ STR(" x-mx.example.org; spf=pass"), false },
	{ STR(" mx2.example.org; spf=pass"), false },
	{ STR(" OpenDMARC; dmarc=pass"), false },
	{ STR(" ietfa.amsl.com (amavisd-new); dkim=pass"), false },
	{ STR(" b\xc3\xbc"
	      "cher.example; spf=pass"),
	  false },
	{ STR(" spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=other.net; other.net; dkim=none"),
	  false },
	{ STR(" mx.other.net garbage; spf=pass smtp.helo=" ID), false },
	{ STR(" mx.other.net:25; spf=pass"), false },
	{ STR(" mx.other.net (a (nested) comment); spf=pass"), false },
};

static void test_table(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (authres_claims(a, rows[i].value, STR(ID)) != rows[i].claims)
			fail_msg("row %zu: \"%.*s\": not %d", i, STR_ARG(rows[i].value),
				 rows[i].claims);
	arena_free(a);
}

/* An internationalised id is the same in both forms; one that is no domain is compared as it is. */
static void test_ids(void **state)
{
	static const struct {
		const char *value, *id;
		bool claims;
	} ids[] = {
		{ "xn--bcher-kva.example; none",
		  "b\xc3\xbc"
		  "cher.example",
		  true },
		{ "b\xc3\xbc"
		  "cher.example; none",
		  "xn--bcher-kva.example", true },
		{ "B\xc3\x9c"
		  "CHER.example.; none",
		  "xn--bcher-kva.example", true },
		{ "XN--BCHER-KVA.example; none", "xn--bcher-kva.example", true },
		{ "garbage b\xc3\xbc"
		  "cher.example; none",
		  "xn--bcher-kva.example", true },
		{ "bucher.example; none", "xn--bcher-kva.example", false },
		{ "My_Host; none", "my_host", true },
		{ "my_host; none", "MY_HOST.", true },
		{ "other_host; none", "my_host", false },
		{ "localhost; none", "localhost", true },
		{ "anything; none", "", false },
		{ "any thing; none", "", false },
		{ "gateway one; none", "gateway one", true },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		if (authres_claims(a, str_c(ids[i].value), str_c(ids[i].id)) != ids[i].claims)
			fail_msg("row %zu: \"%s\": not %d", i, ids[i].value, ids[i].claims);
	arena_free(a);
}

/* What we write ourselves is always recognised, whatever the id. */
static void test_own(void **state)
{
	static const char *const ids[] = { ID,
					   "localhost",
					   "my_host",
					   "xn--bcher-kva.example",
					   "b\xc3\xbc"
					   "cher.example",
					   "gateway one" };
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct authres_writer w;
		authres_begin(&w, a, str_c(ids[i]));
		authres_method(&w, "spf", "pass");
		authres_prop(&w, "smtp", "mailfrom", STR("a@other.net"));
		if (!authres_claims(a, authres_end(&w), str_c(ids[i])))
			fail_msg("our own field is not a claim: %s", ids[i]);
	}
	arena_free(a);
}

/* The id with one octet put in anywhere that some reader drops or stops at. */
static void test_one_octet(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t at = 0; at <= sizeof ID - 1; at++) {
		for (int c = 0; c < 256; c++) {
			struct str v = arena_dup(a, STR(ID "X; spf=pass"));
			char *p = arena_cstr(a, v);
			bool dropped = c <= ' ' || c >= 0x7f || strchr("\"\\()%", c);

			memmove(p + at + 1, v.p + at, sizeof ID - 1 - at);
			p[at] = (char)c;
			if (dropped && !authres_claims(a, str_of(p, v.n), STR(ID)))
				fail_msg("octet %d at %zu is no claim", c, at);
		}
		arena_reset(a);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_one_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
