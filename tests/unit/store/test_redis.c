/* The suite of all stores against a real Redis: over a unix socket, over TCP as an ACL user, and
 * against a cluster. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/redis.h"
#include "store/store.h"
#include "unit/store/suite.h"

static struct redis_server one, cluster[3];

static struct store *open_at(struct loop *l, struct store_redis_config *c)
{
	struct err e = { "" };
	struct store *s = store_redis(l, c, NULL, &e);

	if (!s)
		fail_msg("%s", e.text);
	return s;
}

static struct str tcp_of(struct suite *s, const struct redis_server *r)
{
	return arena_printf(s->arena, "127.0.0.1:%u", r->port);
}

static void open_unix(struct suite *s)
{
	struct str server = arena_printf(s->arena, "unix:%s", one.socket);
	struct store_redis_config c = { .server = &server, .nservers = 1 };

	redis_say(&one, "FLUSHALL");
	s->store = open_at(s->loop, &c);
}

/* Another database, another prefix with all that is special in patterns, and a password. */
static void open_acl(struct suite *s)
{
	struct str server = tcp_of(s, &one);
	struct store_redis_config c = { .server = &server,
					.nservers = 1,
					.user = STR(REDIS_TEST_USER),
					.password = STR(REDIS_TEST_PASSWORD),
					.database = 3,
					.prefix = STR("a*[b]?\\{c}:") };

	redis_say(&one, "FLUSHALL");
	redis_say(&one, "SELECT 3");
	redis_say(&one, "SET axbyc:foreign value");
	s->store = open_at(s->loop, &c);
}

static void open_cluster(struct suite *s)
{
	struct str server[2] = { tcp_of(s, &cluster[1]), tcp_of(s, &cluster[2]) };
	struct store_redis_config c = { .server = server, .nservers = 2, .mode = REDIS_CLUSTER };

	for (int i = 0; i < 3; i++)
		redis_say(&cluster[i], "FLUSHALL");
	s->store = open_at(s->loop, &c);
}

static void close_any(struct suite *s)
{
	store_free(s->store);
}

static const struct suite_kind kinds[] = {
	{ "redis over a unix socket", open_unix, close_any, false },
	{ "redis over TCP with a user", open_acl, close_any, false },
	{ "redis cluster", open_cluster, close_any, false },
};

/* ---- from another kind of store, and back ---- */

#define MOST 2000u

static int by_octets(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	int d = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return d ? d : x->n < y->n ? -1 : x->n > y->n;
}

static size_t walk(struct store *s, struct arena *a, struct str *out)
{
	struct store_op op = { .kind = STORE_WALK, .limit = 50 };
	const struct store_answer *got;
	size_t n = 0;

	do {
		got = store_wait(s, a, &op, 1, STORE_SLOW);
		assert_int_equal(got->status, STORE_OK);
		for (size_t i = 0; i < got->nentry; i++) {
			assert_true(n < MOST);
			out[n++] = got->entry[i].value;
		}
		op.value = got->value;
	} while (op.value.n);
	qsort(out, n, sizeof *out, by_octets);
	return n;
}

static void move(struct store *to, struct arena *a, const struct str *raw, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct store_op op = { .kind = STORE_RESTORE, .value = raw[i] };

		assert_int_equal(store_wait(to, a, &op, 1, STORE_SLOW)->status, STORE_OK);
	}
}

static void fill(struct store *s, struct arena *a)
{
	for (size_t i = 0; i < 200; i++) {
		struct str name = arena_printf(a, "%zu", i);
		struct store_op op[] = {
			{ .kind = STORE_ADD, .delta = { 0.1, 0, (double)i }, .ttl_ms = 3600000 },
			{ .kind = STORE_PUT, .value = name },
			{ .kind = STORE_JOIN, .member = name, .ttl_ms = i % 2 ? 3600000 : 0 },
			{ .kind = STORE_APPEND, .value = name },
			{ .kind = STORE_TAKE, .cost = 2, .burst = 3, .ttl_ms = 3600000 },
		};

		op[0].key = arena_printf(a, "a:%zu", i);
		op[1].key = arena_printf(a, "v:%zu", i);
		op[2].key = arena_printf(a, "s:%zu", i % 3);
		op[3].key = arena_printf(a, "l:%zu", i % 2);
		op[4].key = arena_printf(a, "t:%zu", i);
		store_wait(s, a, op, sizeof op / sizeof *op, STORE_SLOW);
	}
}

/* What is moved to Redis and back is what it was, and a log goes on where it ended. */
static void test_there_and_back(void **state)
{
	struct suite s = { .loop = loop_new(), .arena = arena_new(0) };
	struct store *from = store_memory(s.loop), *back = store_memory(s.loop);
	struct str *a = ARENA_ARRAY(s.arena, struct str, MOST);
	struct str *b = ARENA_ARRAY(s.arena, struct str, MOST);
	struct store_op append = { .kind = STORE_APPEND, .key = STR("l:0"), .value = STR("new") };
	struct store_op read = { .kind = STORE_READ, .key = STR("l:0") };
	const struct store_answer *got;
	size_t n;
	(void)state;

	fill(from, s.arena);
	n = walk(from, s.arena, a);
	assert_int_equal(n, 1000);
	open_unix(&s);
	move(s.store, s.arena, a, n);
	assert_int_equal(walk(s.store, s.arena, b), n);
	for (size_t i = 0; i < n; i++)
		assert_true(str_eq(a[i], b[i]));
	move(back, s.arena, b, n);
	assert_int_equal(walk(back, s.arena, b), n);
	for (size_t i = 0; i < n; i++)
		assert_true(str_eq(a[i], b[i]));
	/* An entry that is older than all others still finds its place. */
	assert_int_equal(store_wait(s.store, s.arena, &append, 1, STORE_SLOW)->status, STORE_OK);
	redis_say(&one, "XDEL merlon:l:0 0-1 0-50");
	move(s.store, s.arena, a, n);
	got = store_wait(s.store, s.arena, &read, 1, STORE_SLOW);
	assert_int_equal(got->nentry, 101);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(got->entry[i].id, i + 1);
	assert_str(got->entry[100].value, "new");
	store_free(from);
	store_free(back);
	store_free(s.store);
	arena_free(s.arena);
	loop_free(s.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_there_and_back) };
	int failed;

	if (!redis_server_there())
		return 77;
	redis_server_start(&one, NULL);
	redis_cluster_start(cluster);
	failed = suite_run(kinds, sizeof kinds / sizeof *kinds) +
		 cmocka_run_group_tests(tests, NULL, NULL);
	redis_server_stop(&one);
	for (int i = 0; i < 3; i++)
		redis_server_stop(&cluster[i]);
	return failed;
}
