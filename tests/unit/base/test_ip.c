/* Tests of IP addresses: text forms, networks, reverse names. */
#include "lib/test.h"

#include "base/ip.h"

static void test_parse(void **state)
{
	static const struct {
		const char *in, *out; /* out NULL: not an address */
	} t[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "2001:0DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "IPv6:2001:db8::1", "2001:db8::1" },
		{ "ipv6:2001:db8::1", "2001:db8::1" },
		{ "[2001:db8::1]", "2001:db8::1" },
		{ "[IPv6:2001:db8::1]", "2001:db8::1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::FFFF:c000:0201", "192.0.2.1" },
		{ "IPv6:::ffff:192.0.2.1", "192.0.2.1" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "", NULL },
		{ " 192.0.2.1", NULL },
		{ "192.0.2.1 ", NULL },
		{ "192.0.2", NULL },
		{ "192.0.2.1.", NULL },
		{ "192.0.2.256", NULL },
		{ "192.0.2.01", NULL },
		{ "192.0.2.0x1", NULL },
		{ "3221225985", NULL },
		{ "IPv6:192.0.2.1", NULL },
		{ "[192.0.2.1]", NULL },
		{ "[]", NULL },
		{ "[", NULL },
		{ "[2001:db8::1", NULL },
		{ "IPv6:", NULL },
		{ "IPv6:IPv6:::1", NULL },
		{ "2001:db8::1::2", NULL },
		{ "2001:db8::12345", NULL },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "fe80::1%eth0", NULL },
		{ ":", NULL },
		{ ":::", NULL },
		{ "2001:0db8:0000:0000:0000:0000:0000:0001:0000:0000:0000:0000", NULL },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct ip ip = { .family = 77 };
		char text[IP_TEXT_MAX];
		bool ok = ip_parse(str_c(t[i].in), &ip);

		if (ok != (t[i].out != NULL))
			fail_msg("\"%s\": %s", t[i].in, ok ? "taken" : "refused");
		if (ok)
			assert_string_equal(ip_format(&ip, text), t[i].out);
		else
			assert_int_equal(ip.family, 77);
	}
	struct ip ip;
	assert_false(ip_parse(str_of("192.0.2.1\0", 10), &ip));
	assert_false(ip_parse(str_of("192.0.2.\0"
				     "1",
				     10),
			      &ip));
	assert_false(ip_parse(STR_NULL, &ip));
}

static void test_family0(void **state)
{
	struct ip none = { 0 }, four = { 4, { 0 } };
	char text[IP_TEXT_MAX] = "x";
	(void)state;

	assert_string_equal(ip_format(&none, text), "");
	assert_true(ip_eq(&none, &none));
	assert_false(ip_eq(&none, &four));
	assert_false(ip_in(&none, &none, 0));
	assert_false(ip_in(&none, &four, 0));
	assert_false(ip_is_loopback(&none));
}

static void test_cidr(void **state)
{
	static const struct {
		const char *net, *ip;
		int has; /* -1: not a network */
	} t[] = {
		{ "192.0.2.0/24", "192.0.2.255", 1 },
		{ "192.0.2.0/24", "192.0.3.0", 0 },
		{ "192.0.2.0/25", "192.0.2.128", 0 },
		{ "192.0.2.0/25", "192.0.2.127", 1 },
		{ "192.0.2.7/24", "192.0.2.9", 1 },
		{ "0.0.0.0/0", "255.255.255.255", 1 },
		{ "0.0.0.0/0", "2001:db8::1", 0 },
		{ "::/0", "2001:db8::1", 1 },
		{ "::/0", "192.0.2.1", 0 },
		{ "128.0.0.0/1", "127.255.255.255", 0 },
		{ "128.0.0.0/1", "128.0.0.0", 1 },
		{ "192.0.2.1", "192.0.2.1", 1 },
		{ "192.0.2.1", "192.0.2.0", 0 },
		{ "192.0.2.1/32", "192.0.2.1", 1 },
		{ "192.0.2.1/31", "192.0.2.0", 1 },
		{ "192.0.2.1/32", "192.0.2.0", 0 },
		{ "2001:db8::/32", "2001:db8:ffff::", 1 },
		{ "2001:db8::/32", "2001:db9::", 0 },
		{ "2001:db8::/127", "2001:db8::1", 1 },
		{ "2001:db8::/128", "2001:db8::1", 0 },
		{ "2001:db8::1", "2001:db8::1", 1 },
		{ "::ffff:192.0.2.0/120", "192.0.2.9", 1 },
		{ "::ffff:192.0.2.0/120", "192.0.3.9", 0 },
		{ "::ffff:0.0.0.0/96", "192.0.3.9", 1 },
		{ "::ffff:192.0.2.1", "192.0.2.1", 1 },
		{ "::ffff:192.0.2.0/95", "", -1 },
		{ "192.0.2.0/33", "", -1 },
		{ "2001:db8::/129", "", -1 },
		{ "192.0.2.0/", "", -1 },
		{ "192.0.2.0/-1", "", -1 },
		{ "192.0.2.0/08", "", -1 },
		{ "192.0.2.0/2 ", "", -1 },
		{ "192.0.2.0/24/24", "", -1 },
		{ "/24", "", -1 },
		{ "", "", -1 },
		{ "192.0.2.0/18446744073709551616", "", -1 },
		{ "example.com/24", "", -1 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct cidr c;
		struct ip ip;
		bool ok = cidr_parse(str_c(t[i].net), &c);

		if (ok != (t[i].has >= 0))
			fail_msg("%s: %s", t[i].net, ok ? "taken" : "refused");
		if (!ok)
			continue;
		assert_true(ip_parse(str_c(t[i].ip), &ip));
		if (cidr_has(&c, &ip) != (t[i].has == 1))
			fail_msg("%s has %s", t[i].net, t[i].ip);
	}
}

static void test_in_every_length(void **state)
{
	struct ip a = { .family = 6 }, b;
	(void)state;

	for (size_t i = 0; i < 16; i++)
		a.b[i] = (uint8_t)(0x5a + i);
	for (unsigned bit = 0; bit < 128; bit++) {
		b = a;
		b.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		assert_true(ip_in(&a, &b, bit));
		assert_false(ip_in(&a, &b, bit + 1));
		assert_false(ip_in(&a, &b, 1000));
		assert_true(ip_in(&a, &a, 1000));
	}
}

static void test_loopback(void **state)
{
	static const struct {
		const char *ip;
		bool yes;
	} t[] = { { "127.0.0.1", true },  { "127.255.255.255", true },
		  { "128.0.0.1", false }, { "126.255.0.1", false },
		  { "::1", true },	  { "::2", false },
		  { "::", false },	  { "::ffff:127.0.0.1", true } };
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct ip ip;
		assert_true(ip_parse(str_c(t[i].ip), &ip));
		assert_int_equal(ip_is_loopback(&ip), t[i].yes);
	}
}

static void test_reverse(void **state)
{
	struct arena *a = arena_new(0);
	struct ip ip, none = { 0 };
	(void)state;

	assert_true(ip_parse(STR("192.0.2.1"), &ip));
	assert_string_equal(ip_reverse_name(a, &ip), "1.2.0.192.in-addr.arpa");
	assert_true(ip_parse(STR("2001:db8::567:89ab"), &ip));
	assert_string_equal(ip_reverse_name(a, &ip), "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
						     "0.0.8.b.d.0.1.0.0.2.ip6.arpa");
	assert_string_equal(ip_reverse_name(a, &none), "");
	arena_free(a);
}

static void test_unmapped(void **state)
{
	struct ip mapped = { 6, { [10] = 0xff, 0xff, 192, 0, 2, 1 } };
	struct ip near = { 6, { [9] = 1, 0xff, 0xff, 192, 0, 2, 1 } }, none = { 0 };
	struct ip four = { 4, { 192, 0, 2, 1 } }, got = ip_unmapped(mapped);
	(void)state;

	assert_true(ip_eq(&got, &four));
	got = ip_unmapped(four);
	assert_true(ip_eq(&got, &four));
	got = ip_unmapped(near);
	assert_true(ip_eq(&got, &near));
	assert_int_equal(ip_unmapped(none).family, 0);
}

static void test_scope(void **state)
{
	static const struct {
		const char *ip;
		enum ip_scope scope;
	} row[] = {
		{ "8.8.8.8", IP_PUBLIC },
		{ "2a00::1", IP_PUBLIC },
		{ "127.0.0.1", IP_LOCAL },
		{ "10.1.2.3", IP_LOCAL },
		{ "172.31.255.255", IP_LOCAL },
		{ "172.32.0.0", IP_PUBLIC },
		{ "169.254.169.254", IP_LOCAL },
		{ "::ffff:10.0.0.1", IP_LOCAL },
		{ "::1", IP_LOCAL },
		{ "fd00::1", IP_LOCAL },
		{ "fe80::1", IP_LOCAL },
		{ "64:ff9b::10.0.0.1", IP_LOCAL },
		{ "64:ff9b::8.8.8.8", IP_PUBLIC },
		{ "100.64.0.1", IP_SHARED },
		{ "100.128.0.0", IP_PUBLIC },
		{ "192.0.2.1", IP_EXAMPLE },
		{ "2001:db8::1", IP_EXAMPLE },
		{ "0.0.0.0", IP_SPECIAL },
		{ "224.0.0.1", IP_SPECIAL },
		{ "2002:808:808::1", IP_SPECIAL },
		{ "::", IP_SPECIAL },
		{ "ff02::1", IP_SPECIAL },
	};
	struct ip none = { 0 };

	(void)state;
	assert_int_equal(ip_scope(&none), IP_SPECIAL);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct ip ip;

		assert_true(ip_parse(str_c(row[i].ip), &ip));
		if (ip_scope(&ip) != row[i].scope)
			fail_msg("%s: %d", row[i].ip, (int)ip_scope(&ip));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scope),	 cmocka_unit_test(test_parse),
		cmocka_unit_test(test_family0),	 cmocka_unit_test(test_unmapped),
		cmocka_unit_test(test_cidr),	 cmocka_unit_test(test_in_every_length),
		cmocka_unit_test(test_loopback), cmocka_unit_test(test_reverse),
	};

	return cmocka_run_group_tests_name("base/ip", tests, NULL, NULL);
}
