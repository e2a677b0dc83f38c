/* OpenDKIM's tables: data sets of every kind, look-ups in the order of opendkim.conf(5), hosts. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "checks/sign/opendkim.h"

static struct odk_set read_set(struct arena *a, enum odk_kind kind, const char *text)
{
	struct odk_set s;
	struct err e;

	if (odk_parse(a, kind, "table", str_c(text), &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

/* ---- signers ---- */

#define PLAIN                                                                                      \
	"# who signs\n"                                                                            \
	"ann@one.test   k1\n"                                                                      \
	"one.test       k2   # the others\n"                                                       \
	"bob@.test      k3\n"                                                                      \
	".deep.one.test k4\n"                                                                      \
	".two.test      k5:@two.test\n"                                                            \
	"eve@*          k6\n"                                                                      \
	"  \t \r\n"                                                                                \
	"own.test       %:%\n"                                                                     \
	"*              last:user@%\n"                                                             \
	"ann@one.test   never\n"

#define PATTERNS                                                                                   \
	"ann@one.test    k1\n"                                                                     \
	"*@one.test      k2\n"                                                                     \
	"b*b@*.test      k3\n"                                                                     \
	"*@one.test      k4:ceo@one.test\n"                                                        \
	"?@q.test        k5\n"                                                                     \
	"*a*a*a*@x.test  k6\n"                                                                     \
	"*               last\n"

static const struct {
	const char *name, *table;
	bool re;
	const char *local, *domain, *first, *all;
} signers[] = {
	{ "whole address", PLAIN, false, "ann", "one.test", "k1", "k1 k2 last:user@one.test" },
	{ "any case", PLAIN, false, "Ann", "ONE.test", "k1", "k1 k2 last:user@ONE.test" },
	{ "host", PLAIN, false, "joe", "one.test", "k2", "k2 last:user@one.test" },
	{ "host before user@.parent", PLAIN, false, "bob", "one.test", "k2",
	  "k2 k3 last:user@one.test" },
	{ "user@.parent", PLAIN, false, "bob", "a.b.test", "k3", "k3 last:user@a.b.test" },
	{ "nearer .parent before farther user@.parent", PLAIN, false, "bob", "a.two.test",
	  "k5:@two.test", "k5:@two.test k3 last:user@a.two.test" },
	{ "user@.parent before .parent", ".x.test k1\nbob@.x.test k2\n", false, "bob", "a.x.test",
	  "k2", "k2 k1" },
	{ ".parent", PLAIN, false, "joe", "a.deep.one.test", "k4", "k4 last:user@a.deep.one.test" },
	{ ".parent is not the domain", PLAIN, false, "joe", "two.test", "last:user@two.test",
	  "last:user@two.test" },
	{ "farther .parent", PLAIN, false, "joe", "a.b.two.test", "k5:@two.test",
	  "k5:@two.test last:user@a.b.two.test" },
	{ "user@*", PLAIN, false, "eve", "far.example", "k6", "k6 last:user@far.example" },
	{ "percent for key and identity", PLAIN, false, "joe", "own.test", "own.test:own.test",
	  "own.test:own.test last:user@own.test" },
	{ "star", PLAIN, false, "joe", "far.example", "last:user@far.example",
	  "last:user@far.example" },
	{ "a star is no pattern in file:", "*@one.test k\n", false, "joe", "one.test", "", "" },
	{ "patterns: the first row", PATTERNS, true, "ann", "one.test", "k1",
	  "k1 k2 k4:ceo@one.test last" },
	{ "patterns: host", PATTERNS, true, "joe", "one.test", "k2", "k2 k4:ceo@one.test last" },
	{ "patterns: any case", PATTERNS, true, "JOE", "One.Test", "k2",
	  "k2 k4:ceo@one.test last" },
	{ "patterns: inside", PATTERNS, true, "bulb", "a.b.test", "k3", "k3 last" },
	{ "patterns: a star may be nothing", PATTERNS, true, "bb", ".test", "k3", "k3 last" },
	{ "patterns: not below", PATTERNS, true, "joe", "a.one.test", "last", "last" },
	{ "patterns: ? is itself", PATTERNS, true, "x", "q.test", "last", "last" },
	{ "patterns: ? is itself, found", PATTERNS, true, "?", "q.test", "k5", "k5 last" },
	{ "patterns: several stars", PATTERNS, true, "banana", "x.test", "k6", "k6 last" },
	{ "patterns: several stars, not", PATTERNS, true, "bana", "x.test", "last", "last" },
	{ "patterns: an @ in the local part", PATTERNS, true, "a@b", "one.test", "k2",
	  "k2 k4:ceo@one.test last" },
	{ "nothing", "one.test k\n", false, "joe", "two.test", "", "" },
	{ "empty table", "", false, "joe", "two.test", "", "" },
	{ "empty patterns", "# nothing\n", true, "joe", "two.test", "", "" },
};

static const char *signer_text(struct arena *a, const struct odk_set *s, const char *local,
			       const char *domain, bool all)
{
	struct odk_signer g[ODK_SIGNERS_MAX];
	size_t n = odk_signers(a, s, str_c(local), str_c(domain), all, g);
	struct buf b = { .arena = a };

	for (size_t i = 0; i < n; i++) {
		buf_addf(&b, "%s%.*s", i ? " " : "", STR_ARG(g[i].key));
		if (g[i].identity.n)
			buf_addf(&b, ":%.*s", STR_ARG(g[i].identity));
	}
	return arena_cstr(a, buf_str(&b));
}

static void test_signers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof signers / sizeof *signers; i++) {
		struct arena *a = arena_new(0);
		struct odk_set s =
			read_set(a, signers[i].re ? ODK_REFILE : ODK_FILE, signers[i].table);
		const char *first = signer_text(a, &s, signers[i].local, signers[i].domain, false);
		const char *all = signer_text(a, &s, signers[i].local, signers[i].domain, true);
		if (strcmp(first, signers[i].first) || strcmp(all, signers[i].all))
			fail_msg("%s: got \"%s\" and \"%s\"", signers[i].name, first, all);
		arena_free(a);
	}
}

/* ---- keys ---- */

static const struct {
	const char *row, *expected; /* "domain selector path", "%" for none; or the fault */
} keys[] = {
	{ "k one.test:s1:/etc/k", "one.test s1 /etc/k" },
	{ "k  one.test : s1 : /etc/k", "one.test s1 /etc/k" },
	{ "k %:s1:/etc/%/k", "% s1 /etc/%/k" },
	{ "k one.test:a.b:./k", "one.test a.b ./k" },
	{ "k one.test:s1:credential:dkim", "one.test s1 credential:dkim" },
	{ "k one.test:s1:keys/k", "one.test s1 keys/k" },
	{ "k one.test:s1:-----BEGIN RSA PRIVATE KEY-----", "one.test s1 inline" },
	{ "k one.test:s1:"
	  "MIICXAIBAAKBgQC7AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
	  "one.test s1 inline" },
	{ "k", "no domain (expected domain:selector:key)" },
	{ "k :s:/k", "no domain (expected domain:selector:key)" },
	{ "k one.test", "no selector (expected domain:selector:key)" },
	{ "k one.test::/k", "no selector (expected domain:selector:key)" },
	{ "k one.test:s 1:/k", "no selector (expected domain:selector:key)" },
	{ "k one.test:s1", "no key (expected domain:selector:key)" },
	{ "k one.test:s1:", "no key (expected domain:selector:key)" },
};

static void test_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct arena *a = arena_new(0);
		struct odk_set s = read_set(a, ODK_FILE, keys[i].row);
		struct odk_key k;
		const char *why = NULL, *got;

		assert_int_equal(s.rows.n, 1);
		got = odk_key_read(&s.rows.p[0], &k, &why)
			      ? arena_printf(a, "%.*s %.*s %.*s",
					     STR_ARG(k.domain.n ? k.domain : STR("%")),
					     STR_ARG(k.selector),
					     STR_ARG(k.in_table ? STR("inline") : k.path))
					.p
			      : why;
		if (strcmp(got, keys[i].expected))
			fail_msg("%s: got \"%s\"", keys[i].row, got);
		arena_free(a);
	}
}

/* ---- hosts ---- */

#define HOSTS                                                                                      \
	"127.0.0.1\n::1\nlocalhost\nmx.one.test\n.lan.test\n!bad.lan.test\n"                       \
	"192.0.2.0/24\n!192.0.2.9\n192.0.2.128/25\n!192.0.2.192/26\n"                              \
	"2001:db8:1::/48\n[198.51.100.7]\n203.0.113.5/24\n"

static const struct {
	const char *host, *ip;
	bool listed;
} hosts[] = {
	{ "", "127.0.0.1", true },
	{ "", "127.0.0.2", false },
	{ "", "::1", true },
	{ "localhost", "10.0.0.1", true },
	{ "LOCALHOST", "10.0.0.1", true },
	{ "mx.one.test", "10.0.0.1", true },
	{ "a.mx.one.test", "10.0.0.1", false },
	{ "lan.test", "10.0.0.1", false },
	{ "a.lan.test", "10.0.0.1", true },
	{ "a.b.lan.test", "10.0.0.1", true },
	{ "bad.lan.test", "127.0.0.1", false },
	{ "x.bad.lan.test", "10.0.0.1", true },
	{ "far.test", "192.0.2.1", true },
	{ "far.test", "192.0.2.9", false },
	{ "far.test", "192.0.2.130", true },
	{ "far.test", "192.0.2.200", false },
	{ "far.test", "192.0.3.1", false },
	{ "unknown", "2001:db8:1:2::3", true },
	{ "unknown", "2001:db8:2::3", false },
	{ "[198.51.100.7]", "198.51.100.7", true },
	{ "", "198.51.100.8", false },
	{ "", "203.0.113.5", false }, /* not written as a network: never found, as in OpenDKIM */
	{ "", NULL, false },
};

static void test_hosts(void **state)
{
	struct arena *a = arena_new(0);
	struct odk_set s = read_set(a, ODK_FILE, HOSTS), none = read_set(a, ODK_CSL, "");

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct ip ip = { 0 };
		if (hosts[i].ip)
			assert_true(ip_parse(str_c(hosts[i].ip), &ip));
		if (odk_host_listed(&s, str_c(hosts[i].host), &ip) != hosts[i].listed)
			fail_msg("%s %s: expected %d", hosts[i].host, hosts[i].ip, hosts[i].listed);
		assert_false(odk_host_listed(&none, str_c(hosts[i].host), &ip));
	}
	arena_free(a);
}

static void test_host_patterns(void **state)
{
	struct arena *a = arena_new(0);
	struct odk_set s = read_set(a, ODK_REFILE, "*.lan.test\n10.*\n");
	struct ip in, out;

	(void)state;
	assert_true(ip_parse(STR("10.1.2.3"), &in) && ip_parse(STR("192.0.2.1"), &out));
	assert_true(odk_host_listed(&s, STR("a.lan.test"), &out));
	assert_true(odk_host_listed(&s, STR(""), &in));
	assert_false(odk_host_listed(&s, STR("lan.test"), &out));
	arena_free(a);
}

/* ---- kinds and faults ---- */

static void test_list(void **state)
{
	struct arena *a = arena_new(0);
	struct odk_set s;
	struct err e;

	(void)state;
	assert_int_equal(
		odk_load(a, STR("csl: one.test = k1 , .two.test=k2:@two.test,,"), "/x", &s, &e), 0);
	assert_int_equal(s.rows.n, 2);
	assert_string_equal(signer_text(a, &s, "ann", "one.test", false), "k1");
	assert_string_equal(signer_text(a, &s, "ann", "a.two.test", false), "k2:@two.test");
	assert_int_equal(odk_load(a, STR("127.0.0.1, 10.0.0.0/8"), "/x", &s, &e), 0);
	assert_int_equal(s.rows.n, 2);
	assert_int_equal(s.kind, ODK_CSL);
	arena_free(a);
}

static void put32(struct buf *b, size_t v)
{
	for (int i = 0; i < 4; i++)
		buf_addc(b, (char)(unsigned char)(v >> 8 * i));
}

/* The heads of the 256 tables, records, and no tables: what a reader of all records needs. */
static struct str make_cdb(struct arena *a)
{
	static const char *const rec[][2] = { { "one.test", "k1" }, { "*", "k2:@%" } };
	struct buf r = { .arena = a }, b = { .arena = a };

	for (size_t i = 0; i < 2; i++) {
		put32(&r, strlen(rec[i][0]) + (i == 0));
		put32(&r, strlen(rec[i][1]));
		buf_add(&r, str_of(rec[i][0], strlen(rec[i][0]) + (i == 0))); /* once with NUL */
		buf_add(&r, str_c(rec[i][1]));
	}
	for (size_t i = 0; i < 256; i++) {
		put32(&b, 2048 + r.n);
		put32(&b, 0);
	}
	buf_add(&b, buf_str(&r));
	return buf_str(&b);
}

static void test_cdb(void **state)
{
	struct arena *a = arena_new(0);
	struct str whole = make_cdb(a);
	struct odk_set s;
	struct err e;

	(void)state;
	assert_int_equal(odk_parse(a, ODK_CDB, "t.cdb", whole, &s, &e), 0);
	assert_int_equal(s.rows.n, 2);
	assert_string_equal(signer_text(a, &s, "ann", "one.test", true), "k1 k2:@one.test");
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(odk_parse(a, ODK_CDB, "t.cdb", str_sub(whole, 0, n), &s, &e), -1);
	arena_free(a);
}

static void test_refused(void **state)
{
	static const char *const kind[] = { "db:/x",	     "dsn:mysql://u@h/d",
					    "ldap://h",	     "LUA:/x",
					    "mdb:/x",	     "memcache:h/k",
					    "erlang:n:c:m:f" };
	struct arena *a = arena_new(0);
	struct odk_set s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
		assert_int_equal(odk_load(a, str_c(kind[i]), "/x", &s, &e), -1);
		assert_non_null(strstr(e.text, "are not read"));
	}
	assert_int_equal(odk_load(a, STR("refile:/nonexistent/table"), "/x", &s, &e), -1);
	assert_non_null(strstr(e.text, "/nonexistent/table: "));
	arena_free(a);
}

static void test_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct odk_set s;
	struct err e;

	(void)state;
	while (b.n <= ODK_LINE_MAX)
		buf_addc(&b, 'x');
	assert_int_equal(odk_parse(a, ODK_FILE, "t", buf_str(&b), &s, &e), -1);
	assert_string_equal(e.text, "t:1: a row over 4096 octets");
	assert_int_equal(odk_parse(a, ODK_FILE, "t", str_sub(buf_str(&b), 1, SIZE_MAX), &s, &e), 0);
	assert_null(odk_find(&s, str_sub(buf_str(&b), 1, SIZE_MAX))); /* over ODK_QUERY_MAX */
	b.n = 0;
	for (size_t i = 0; i <= ODK_ROWS_MAX; i++)
		buf_add(&b, STR("x\n"));
	assert_int_equal(odk_parse(a, ODK_FILE, "t", buf_str(&b), &s, &e), -1);
	assert_non_null(strstr(e.text, "more than 200000 rows"));
	assert_int_equal(odk_parse(a, ODK_FILE, "t", str_sub(buf_str(&b), 2, SIZE_MAX), &s, &e), 0);
	assert_int_equal(s.rows.n, ODK_ROWS_MAX);
	arena_free(a);
}

/* A relative path is one beside the file that names it. */
static void test_beside(void **state)
{
	char dir[] = "/tmp/odk.XXXXXX", path[64];
	struct arena *a = arena_new(0);
	struct odk_set s;
	struct err e;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/table", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("*@one.test k1\n", f);
	fclose(f);
	assert_int_equal(
		odk_load(a, STR("refile:table"), arena_printf(a, "%s/merlon.conf", dir).p, &s, &e),
		0);
	assert_string_equal(signer_text(a, &s, "ann", "one.test", false), "k1");
	unlink(path);
	rmdir(dir);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signers), cmocka_unit_test(test_keys),
		cmocka_unit_test(test_hosts),	cmocka_unit_test(test_host_patterns),
		cmocka_unit_test(test_list),	cmocka_unit_test(test_cdb),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
