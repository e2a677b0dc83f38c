/* Tests of server addresses and of the reader of resolv.conf. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/resolver.h"
#include "io/servers.h"

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *server; /* NULL: refused */
	} t[] = {
		{ "192.0.2.1", "192.0.2.1@53" },
		{ "192.0.2.1@5353", "192.0.2.1@5353" },
		{ "::1", "::1@53" },
		{ "2001:DB8::1@65535", "2001:db8::1@65535" },
		{ "fe80::1%1", "fe80::1%1@53" },
		{ "fe80::1%lo@54", "fe80::1%1@54" },
		{ "", NULL },
		{ "@53", NULL },
		{ "localhost", NULL },
		{ "192.0.2.1@", NULL },
		{ "192.0.2.1@0", NULL },
		{ "192.0.2.1@65536", NULL },
		{ "192.0.2.1@+1", NULL },
		{ "192.0.2.1:53", NULL },
		{ "192.0.2.256", NULL },
		{ "192.0.2.1%lo", NULL },
		{ "fe80::1%", NULL },
		{ "fe80::1%0", NULL },
		{ "fe80::1%no-such-interface", NULL },
		{ "fe80::1%nosuch0", NULL },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct server s;
		struct err e = { "" };
		int rc = server_parse(str_c(t[i].text), &s, &e);

		if (rc != (t[i].server ? 0 : -1))
			fail_msg("\"%s\": %d %s", t[i].text, rc, e.text);
		if (t[i].server)
			assert_string_equal(s.text, t[i].server);
		else
			assert_true(e.text[0] != '\0');
	}
}

static int load(const char *text, struct servers *out, struct err *e)
{
	char path[] = "/tmp/merlon-resolv-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	rc = servers_load(path, out, e);
	unlink(path);
	return rc;
}

static void test_resolv_conf(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *last;
	} t[] = {
		{ "nameserver 192.0.2.1\n", 1, "192.0.2.1@53" },
		{ "nameserver\t192.0.2.1", 1, "192.0.2.1@53" },
		{ "  nameserver  192.0.2.1  \r\n", 1, "192.0.2.1@53" },
		{ "# nameserver 192.0.2.9\n; nameserver 192.0.2.9\nsearch a.example b.example\n"
		  "options timeout:1 attempts:1\nnameserver ::1\n",
		  1, "::1@53" },
		{ "nameserver fe80::1%lo\n", 1, "fe80::1%1@53" },
		{ "nameserver nonsense\nnameserver 192.0.2.1\n", 1, "192.0.2.1@53" },
		{ "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"
		  "nameserver 192.0.2.4\n",
		  3, "192.0.2.3@53" },
		{ "nameservers 192.0.2.1\n", 0, NULL },
		{ "nameserver 192.0.2.1@53\n", 0, NULL },
		{ "nameserver\n192.0.2.1\n", 0, NULL },
		{ "", 0, NULL },
	};
	struct servers s;
	struct err e;
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(load(t[i].text, &s, &e), t[i].n > 0 ? 0 : -1);
		assert_int_equal(s.n, t[i].n);
		if (t[i].n > 0)
			assert_string_equal(s.s[s.n - 1].text, t[i].last);
	}
	assert_int_equal(servers_load("/nonexistent/resolv.conf", &s, &e), -1);
	assert_non_null(strstr(e.text, "/nonexistent/resolv.conf"));
}

/* A resolver that cannot be says why, and leaves nothing behind. */
static void test_refused(void **state)
{
	struct str four[] = { STR("192.0.2.1"), STR("192.0.2.2"), STR("192.0.2.3"),
			      STR("192.0.2.4") },
		   bad[] = { STR("192.0.2.1"), STR("dns.example") };
	struct resolver_config cfg = { .timeout_ms = 1000, .servers = four, .nservers = 4 };
	struct loop *l = loop_new();
	struct err e = { "" };
	(void)state;

	assert_null(resolver_new(l, &cfg, &e));
	assert_non_null(strstr(e.text, "4 DNS servers"));
	cfg.servers = bad;
	cfg.nservers = 2;
	assert_null(resolver_new(l, &cfg, &e));
	assert_non_null(strstr(e.text, "\"dns.example\""));
	cfg.nservers = 0;
	cfg.resolv_conf = "/proc/nowhere";
	assert_null(resolver_new(l, &cfg, &e));
	assert_non_null(strstr(e.text, "/proc/nowhere"));
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_resolv_conf),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
