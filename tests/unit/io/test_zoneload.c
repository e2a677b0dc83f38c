/* Tests of the counts by zone: what is one zone, and that a full one holds up no other. */
#include "lib/test.h"

#include "io/wire.h"
#include "io/zoneload.h"

static struct zoneload *enter(struct zoneloads *all, const char *name, size_t max)
{
	uint8_t wire[255];
	size_t n = wire_name(name, wire);

	assert_true(n > 0);
	return zoneload_enter(all, str_of((const char *)wire, n), max);
}

static void test_zones(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} t[] = {
		{ "example", "example", true },
		{ "", "", true },
		{ "", "example", false },
		{ "a.example", "b.example", false },
		{ "x.a.example", "y.z.a.example", true },
		{ "a.example", "x.a.example", true },
		{ "a.example", "xa.example", false },
		{ "4.3.2.1.in-addr.arpa", "9.9.2.1.in-addr.arpa", true },
		{ "4.3.2.1.in-addr.arpa", "4.3.3.1.in-addr.arpa", false },
		{ "in-addr.arpa", "1.in-addr.arpa", false },
		{ "0.0.8.b.d.0.1.0.0.2.ip6.arpa", "f.8.b.d.0.1.0.0.2.ip6.arpa", true },
		{ "f.7.b.d.0.1.0.0.2.ip6.arpa", "f.8.b.d.0.1.0.0.2.ip6.arpa", false },
		{ "a.b.other.arpa", "c.d.other.arpa", true },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct zoneloads *all = zoneloads_new();
		struct zoneload *a = enter(all, t[i].a, 1), *b = enter(all, t[i].b, 1);

		assert_non_null(a);
		if ((b == NULL) != t[i].same)
			fail_msg("%s and %s", t[i].a, t[i].b);
		if (b)
			zoneload_leave(b);
		zoneload_leave(a);
		zoneloads_free(all);
	}
}

static void test_limit(void **state)
{
	struct zoneloads *all = zoneloads_new();
	struct zoneload *z[5];
	(void)state;

	for (size_t i = 0; i < 5; i++) {
		z[i] = enter(all, "a.example", 5);
		assert_non_null(z[i]);
	}
	assert_null(enter(all, "b.a.example", 5));
	zoneload_leave(z[4]);
	z[4] = enter(all, "b.a.example", 5);
	assert_non_null(z[4]);
	for (size_t i = 0; i < 5; i++)
		zoneload_leave(z[i]);
	zoneloads_free(all);
	zoneloads_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
