/* The hosts file: what is a name in it, and what is not. */
#include "io/hosts.h"

#include "base/buf.h"
#include "lib/test.h"

static void test_hosts(void **state)
{
	static const char text[] = "# names\n"
				   "127.0.0.1\tlocalhost one # two\n"
				   "192.0.2.1 a.example A.example b\r\n"
				   "  2001:db8::1   a.example\n"
				   "192.0.2.300 bad\n"
				   "nonsense\n"
				   "192.0.2.2\n"
				   "192.0.2.3 last";
	static const struct {
		const char *name, *ips;
	} t[] = {
		{ "localhost", "127.0.0.1" },
		{ "one", "127.0.0.1" },
		{ "two", "" },
		{ "A.EXAMPLE", "192.0.2.1 192.0.2.1 2001:db8::1" },
		{ "b", "192.0.2.1" },
		{ "bad", "" },
		{ "", "" },
		{ "last", "192.0.2.3" },
		{ "x.localhost", "127.0.0.1 ::1" },
		{ "notlocalhost", "" },
	};
	struct arena *a = arena_new(0);
	struct hosts *h = hosts_parse(a, str_c(text));
	char out[IP_TEXT_MAX];
	struct ip ip[4];

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		size_t n = hosts_find(h, str_c(t[i].name), ip, 4);
		struct buf b = { .arena = a };

		for (size_t k = 0; k < n; k++)
			buf_addf(&b, "%s%s", k ? " " : "", ip_format(&ip[k], out));
		assert_str(buf_str(&b), t[i].ips);
	}
	assert_int_equal(hosts_find(h, STR("a.example"), ip, 1), 1);
	assert_int_equal(hosts_find(hosts_read(a, "/nonexistent"), STR("b"), ip, 1), 0);
	/* the limit on names */
	struct buf many = { .arena = a };
	for (unsigned i = 0; i <= HOSTS_MAX_NAMES; i++)
		buf_addf(&many, "192.0.2.1 n%u\n", i);
	h = hosts_parse(a, buf_str(&many));
	assert_int_equal(hosts_find(h, STR("n19999"), ip, 4), 1);
	assert_int_equal(hosts_find(h, STR("n20000"), ip, 4), 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hosts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
