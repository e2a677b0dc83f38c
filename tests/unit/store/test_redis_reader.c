/* Tests of what needs no server: replies in bounds, errors, addresses, slots, ids of logs. */
#include "lib/test.h"

#include "base/buf.h"
#include "store/redis/redis.h"

static redisReader *reader_on(struct reader *rd)
{
	redisReader *r = redisReaderCreate();

	reader_init(rd);
	reader_bind(rd, r);
	return r;
}

/* How many replies come of s, fed step octets at a time; -1: the reader gave up. */
static int count(struct str s, size_t step)
{
	struct reader rd;
	redisReader *r = reader_on(&rd);
	void *reply;
	int n = 0;

	while (s.n && !r->err && !reader_full(r)) {
		struct str some = str_sub(s, 0, step);

		s = str_skip(s, some.n);
		redisReaderFeed(r, some.p, some.n);
		while (redisReaderGetReply(r, &reply) == REDIS_OK && reply)
			n++;
	}
	if (r->err || reader_full(r))
		n = -1;
	redisReaderFree(r);
	reader_fini(&rd);
	return n;
}

static struct str repeat(struct arena *a, const char *head, const char *what, size_t n)
{
	struct buf b = { .arena = a };

	buf_add(&b, str_c(head));
	for (size_t i = 0; i < n; i++)
		buf_add(&b, str_c(what));
	return buf_str(&b);
}

static void test_bounds(void **state)
{
	struct arena *a = arena_new(0);
	const struct {
		struct str s;
		int replies;
	} t[] = {
		{ STR("+OK\r\n:1\r\n$-1\r\n$0\r\n\r\n*-1\r\n*0\r\n-ERR x\r\n"), 7 },
		{ STR("*2\r\n*1\r\n$1\r\nx\r\n:5\r\n"), 1 },
		{ repeat(a, "", "*1\r\n", 6), 0 },
		{ repeat(a, "", "*1\r\n", 10000), -1 },
		{ STR("*100000\r\n:1\r\n"), 0 },
		{ repeat(a, "*100000\r\n", ":1\r\n", 100000), -1 }, /* too much memory */
		{ STR("*100001\r\n"), -1 },
		{ repeat(a, "*20000\r\n", ":1\r\n", 20000), 1 },
		{ STR("*1000000\r\n"), -1 },
		{ STR("*2147483647\r\n"), -1 },
		{ STR("*-7\r\n"), -1 },
		{ STR("$1073741824\r\nx"), 0 }, /* it may say so, but it may not come */
		{ repeat(a, "$1073741824\r\n", "0123456789abcdef", 3 << 16), -1 },
		{ repeat(a, "+", "0123456789abcdef", 3 << 16), -1 },
		{ repeat(a, "*90000\r\n",
			 "$60\r\n"
			 "012345678901234567890123456789012345678901234567890123456789"
			 "\r\n",
			 90000),
		  -1 },
		{ repeat(a, "*300\r\n", "*300\r\n", 300), -1 },
		{ STR("%1\r\n+a\r\n+b\r\n"), -1 },
		{ STR("garbage\r\n"), -1 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		if (count(t[i].s, 16384) != t[i].replies)
			fail_msg("[%zu]: %d replies", i, count(t[i].s, 16384));
		if (t[i].s.n < 5000)
			for (size_t step = 1; step <= t[i].s.n; step++)
				assert_int_equal(count(t[i].s, step), t[i].replies);
	}
	arena_free(a);
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

/* A reply that nobody asked for never gets to hiredis, which would abort; an error may. */
static void test_unasked(void **state)
{
	struct reader rd;
	redisReader *r = reader_on(&rd);
	void *reply = NULL;
	(void)state;

	rd.awaited = never;
	redisReaderFeed(r, "-ERR max number of clients reached\r\n", 36);
	assert_int_equal(redisReaderGetReply(r, &reply), REDIS_OK);
	assert_str(reply_str(reply), "ERR max number of clients reached");
	redisReaderFeed(r, "*0\r\n", 4);
	assert_int_equal(redisReaderGetReply(r, &reply), REDIS_ERR);
	redisReaderFree(r);
	reader_fini(&rd);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		enum redis_action action;
	} t[] = {
		{ "MOVED 1 127.0.0.1:1", REDIS_MOVED },
		{ "ASK 1 127.0.0.1:1", REDIS_ASK },
		{ "NOSCRIPT No matching script.", REDIS_SCRIPT },
		{ "READONLY You can't", REDIS_MASTER },
		{ "OOM command not allowed", REDIS_FULL },
		{ "WRONGTYPE Operation", REDIS_DATA },
		{ "LOADING", REDIS_FAULT },
		{ "NOAUTH Authentication", REDIS_CLOSE },
		{ "CLUSTERDOWN x", REDIS_NOMAP },
		{ "TRYAGAIN Multiple", REDIS_AGAIN },
		{ "MOVEDx 1", REDIS_FAULT },
		{ "", REDIS_FAULT },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_int_equal(redis_error_action(str_c(t[i].text)), t[i].action);
}

static void test_redirections(void **state)
{
	static const struct {
		const char *text, *host; /* NULL: it is none */
		unsigned slot, port;
	} t[] = {
		{ "MOVED 3999 127.0.0.1:6381", "127.0.0.1", 3999, 6381 },
		{ "ASK 16383 ::1:7000", "::1", 16383, 7000 },
		{ "MOVED 5 :7001", "10.0.0.1", 5, 7001 },
		{ "MOVED 16384 127.0.0.1:1", NULL, 0, 0 },
		{ "MOVED 1 127.0.0.1:0", NULL, 0, 0 },
		{ "MOVED 1 127.0.0.1:65536", NULL, 0, 0 },
		{ "MOVED 1 host.example:1", NULL, 0, 0 },
		{ "MOVED 1 127.0.0.1", NULL, 0, 0 },
		{ "MOVED", NULL, 0, 0 },
		{ "MOVED  127.0.0.1:1", NULL, 0, 0 },
	};
	struct redis_addr a;
	unsigned slot;
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		bool good = redis_error_where(str_c(t[i].text), "10.0.0.1", &slot, &a);

		assert_int_equal(good, t[i].host != NULL);
		if (!good)
			continue;
		assert_string_equal(a.host, t[i].host);
		assert_int_equal(a.port, t[i].port);
		assert_int_equal(slot, t[i].slot);
	}
}

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *host; /* NULL: it is none */
		unsigned port;
	} t[] = {
		{ "127.0.0.1:7000", "127.0.0.1", 7000 },
		{ "127.0.0.1", "127.0.0.1", REDIS_PORT },
		{ "[::1]:7000", "::1", 7000 },
		{ "[::1]", "::1", REDIS_PORT },
		{ "::1", "::1", REDIS_PORT },
		{ "unix:/run/redis.sock", "/run/redis.sock", 0 },
		{ "/run/redis.sock", "/run/redis.sock", 0 },
		{ "unix:run", NULL, 0 },
		{ "unix:", NULL, 0 },
		{ "", NULL, 0 },
		{ ":1", NULL, 0 },
		{ "127.0.0.1:0", NULL, 0 },
		{ "127.0.0.1:65536", NULL, 0 },
		{ "127.0.0.1:x", NULL, 0 },
		{ "127.0.0.1:", NULL, 0 },
		{ "[::1", NULL, 0 },
		{ "[::1]7000", NULL, 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct redis_addr a[8];
		struct err e;
		size_t n = 0;
		int rc = redis_addr_parse(str_c(t[i].text), REDIS_PORT, a, 8, &n, &e);

		if ((rc == 0) != (t[i].host != NULL))
			fail_msg("\"%s\": %d", t[i].text, rc);
		if (rc)
			continue;
		assert_int_equal(n, 1);
		assert_string_equal(a[0].host, t[i].host);
		assert_int_equal(a[0].port, t[i].port);
	}
}

/* The first is the check value of the CRC in the cluster specification. */
static void test_slots(void **state)
{
	static const struct {
		const char *key;
		unsigned slot;
	} t[] = {
		{ "123456789", 0x31c3 }, { "", 0 },
		{ "foo", 12182 },	 { "{foo}bar", 12182 },
		{ "bar{foo}", 12182 },	 { "x{foo}{bar}", 12182 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_int_equal(cluster_slot(str_c(t[i].key)), t[i].slot);
	assert_int_not_equal(cluster_slot(STR("{}foo")), cluster_slot(STR("")));
	assert_int_not_equal(cluster_slot(STR("{foo")), cluster_slot(STR("foo")));
	assert_int_not_equal(cluster_slot(STR("}foo{")), cluster_slot(STR("foo")));
}

static void test_log_ids(void **state)
{
	static const struct {
		const char *text;
		uint64_t id; /* 0: it is none */
	} t[] = {
		{ "0-1", 1 },
		{ "1-0", 1 << 20 },
		{ "1790000000000-7", (1790000000000u << 20) + 7 },
		{ "8796093022207-1048575", INT64_MAX },
		{ "8796093022208-0", 0 },
		{ "1", 0 },
		{ "-", 0 },
		{ "1-", 0 },
		{ "-1", 0 },
		{ "1-99999999999", 0 },
		{ "", 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		uint64_t id = 0;

		assert_int_equal(log_id_parse(str_c(t[i].text), &id), t[i].id != 0);
		assert_true(id == t[i].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),	  cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_errors),	  cmocka_unit_test(test_redirections),
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_slots),
		cmocka_unit_test(test_log_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
