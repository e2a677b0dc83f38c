/* Compiled sets: files that are cut, damaged or of others are refused; look-ups stay inside. */
#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "feed/set.h"

static const struct feed_format list = { FEED_LIST, FEED_AUTO, 0, 0 };

static void *compile(size_t *n)
{
	struct feed_counts c;
	struct err e;
	void *p = feed_compile(STR("a.example\nb.example\n192.0.2.0/24\n2001:db8::/48\n"
				   "http://c.example/x\nhttp://d.example/*\nq@e.example\n"),
			       &list, n, &c, &e);

	assert_non_null(p);
	return p;
}

static void damage(void **state)
{
	size_t n;
	uint8_t *p = compile(&n);
	struct err e;

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			p[i] ^= (uint8_t)(1u << bit);
			assert_null(feed_of(p, n, &e));
			p[i] ^= (uint8_t)(1u << bit);
		}
	for (size_t cut = 0; cut < n; cut++)
		assert_null(feed_of(p, cut, &e));
	feed_close(feed_of(p, n, &e));
	free(p);
}

/* What nobody but who knows the key could make: sealed, and its entries not in order, or equal. */
static void sealed_nonsense(void **state)
{
	size_t n;
	uint8_t *p = compile(&n);
	struct set_head *h = (struct set_head *)p;
	struct feed_url u = { STR("c.example/x"), STR("c.example"), 9, 11 };
	struct feed_set *s;
	struct ip ip = { 4, { 192, 0, 2, 1 } };
	struct err e;

	(void)state;
	h->tags = (1u << TAGS) - 1;
	h->bits4 = (UINT64_C(1) << 33) - 1;
	h->bits6[0] = h->bits6[1] = UINT64_MAX;
	h->bits6[2] = 1;
	for (unsigned fill = 0; fill < 256; fill += 51) {
		memset(p + sizeof *h, (int)fill, n - sizeof *h);
		h->seal = set_seal(p, n);
		s = feed_of(p, n, &e);
		assert_non_null(s);
		assert_false(feed_has_url(s, &u));
		assert_false(feed_has_host(s, STR("www.c.example")));
		assert_false(feed_has_ip(s, &ip));
		assert_false(feed_has_address(s, STR("q@e.example")));
		assert_false(feed_has_digest(s, (const uint8_t *)"0123456789abcdef", 16));
		feed_close(s);
	}
	free(p);
}

static void files(void **state)
{
	char path[] = "/tmp/merlon-test-set-XXXXXX";
	int fd = mkstemp(path);
	struct feed_set *s;
	struct err e;
	size_t n;
	void *p = compile(&n);

	(void)state;
	assert_null(feed_open(path, &e)); /* empty */
	assert_int_equal(write(fd, p, n), n);
	s = feed_open(path, &e);
	assert_non_null(s);
	unlink(path); /* as it is when another takes its place */
	assert_int_equal(feed_entries(s), 7);
	assert_true(feed_has_host(s, STR("www.a.example")));
	feed_close(s);
	assert_null(feed_open(path, &e));
	assert_null(feed_open("/tmp", &e));
	assert_null(feed_open("/dev/zero", &e));
	assert_int_equal(feed_entries(NULL), 0);
	assert_false(feed_has_host(NULL, STR("a.example")));
	feed_close(NULL);
	close(fd);
	free(p);
}

/* Two compilations of one feed have nothing in common that a stranger could foresee. */
static void keys_differ(void **state)
{
	size_t n, m;
	struct set_head *a = compile(&n), *b = compile(&m);

	(void)state;
	assert_int_equal(n, m);
	assert_memory_not_equal(&a->key, &b->key, sizeof a->key);
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage),
		cmocka_unit_test(sealed_nonsense),
		cmocka_unit_test(files),
		cmocka_unit_test(keys_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
