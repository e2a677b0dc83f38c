/* The suite of all stores against a real Redis: over a unix socket, over TCP as an ACL user, and
 * against a cluster. */
#include "lib/test.h"

#include <stdio.h>

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

int main(void)
{
	int failed;

	if (!redis_server_there())
		return 77;
	redis_server_start(&one, NULL);
	redis_cluster_start(cluster);
	failed = suite_run(kinds, sizeof kinds / sizeof *kinds);
	redis_server_stop(&one);
	for (int i = 0; i < 3; i++)
		redis_server_stop(&cluster[i]);
	return failed;
}
