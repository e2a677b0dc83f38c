/* A key's whole life by the options, with a real keeper: it is old, gets a successor, which is
 * published and becomes active, and the old one's private half is gone in the end. */
#include "lib/test.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "control/keyring/keeping.h"
#include "control/keyring/options.h"
#include "control/keyring/steps.h"
#include "io/loop.h"
#include "lib/dnsd.h"
#include "lib/zone_resolver.h"
#include "sign/keeper.h"

#define PATIENCE_MS 60000u
#define LONG_AGO 1700000000

/* Those of the signing checks that are looked at here. */
static const struct conf_opt signing_rows[] = {
	{ .name = "sign.use", .type = CONF_BOOL, .def = "off", .help = "sign" },
	{ .name = "seal.use", .type = CONF_BOOL, .def = "off", .help = "seal" },
	{ .name = "sign.expire", .type = CONF_TIME, .def = "7d", .help = "valid" },
	{ 0 },
};
static const struct conf_opt *const tables[] = { signing_rows, keyring_options, NULL };

struct site {
	struct arena *arena;
	struct loop *loop;
	char dir[64];
	const char *keys;
	struct zone *zone, *world;
	struct dnsd *dnsd;
	struct resolver *resolver;
	int supervisor, manage;
	pid_t keeper;
};

static void fault(void *arg, const char *line)
{
	(void)arg;
	fail_msg("%s", line);
}

static const struct conf *conf(struct site *s, const char *text)
{
	return conf_load_text(s->arena, "test", str_c(text), tables, fault, NULL);
}

static void start_keeper(struct site *s)
{
	int supervisor[2], manage[2], lane[2];
	struct keeper_args args = { .processes = 1, .nlanes = 1, .owner = geteuid() };

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, supervisor), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, manage), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lane), 0);
	args.supervisor = supervisor[1];
	args.manage = manage[1];
	args.lane = &lane[1];
	args.dir = s->keys;
	s->keeper = fork();
	if (s->keeper == 0) {
		close(supervisor[0]);
		close(manage[0]);
		close(lane[0]);
		_exit(keeper_run(&args));
	}
	assert_true(s->keeper > 0);
	close(supervisor[1]);
	close(manage[1]);
	close(lane[0]);
	close(lane[1]);
	s->supervisor = supervisor[0];
	s->manage = manage[0];
}

static int set_up(void **state)
{
	struct arena *a = arena_new(0);
	struct site *s = ARENA_NEW(a, struct site);
	struct err e;

	s->arena = a;
	memcpy(s->dir, "/tmp/merlon-keeping-XXXXXX", 27);
	assert_non_null(mkdtemp(s->dir));
	s->keys = arena_printf(a, "%s/dkim", s->dir).p;
	assert_int_equal(mkdir(s->keys, 0700), 0);
	start_keeper(s);
	s->loop = loop_new();
	s->zone = zone_new();
	s->dnsd = dnsd_new(s->loop, &(struct dnsd_config){ .zone = s->zone }, &e);
	assert_non_null(s->dnsd);
	s->world = zone_new();
	zone_text(s->world, "example.com NS ns.example.net\nns.example.net A 127.0.0.1\n");
	s->resolver =
		zone_resolver_new(s->loop, &(struct zone_resolver_config){ .zone = s->world });
	*state = s;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *at)
{
	(void)st;
	(void)what;
	(void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	struct site *s = *state;
	int status;

	close(s->supervisor); /* with it the keeper ends */
	assert_int_equal(waitpid(s->keeper, &status, 0), s->keeper);
	assert_int_equal(status, 0);
	close(s->manage);
	resolver_free(s->resolver);
	dnsd_free(s->dnsd);
	zone_free(s->zone);
	zone_free(s->world);
	loop_free(s->loop);
	nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(s->arena);
	return 0;
}

static struct keyring ring(struct site *s)
{
	struct keyring r;
	struct err e;

	assert_int_equal(keyring_read(s->arena, s->dir, s->keys, &r, &e), 0);
	return r;
}

/* The first key in that state. */
static const struct keyring_key *in_state(const struct keyring *r, enum key_state state)
{
	for (size_t i = 0; i < r->v.n; i++)
		if (r->v.p[i].state == state)
			return &r->v.p[i];
	return NULL;
}

static struct keyring wait_for(struct site *s, enum key_state state)
{
	uint64_t end = clock_mono_ms() + PATIENCE_MS;
	struct keyring r = ring(s);

	while (!in_state(&r, state) && clock_mono_ms() < end) {
		loop_turn(s->loop, 50);
		r = ring(s);
	}
	assert_non_null(in_state(&r, state));
	return r;
}

static void show(struct site *s, const struct keyring_key *k)
{
	zone_text(s->zone,
		  arena_printf(s->arena, "%.*s._domainkey.example.com TXT \"%.*s\"\n",
			       STR_ARG(k->selector), STR_ARG(sign_key_record(s->arena, &k->key)))
			  .p);
}

static struct keyring_key old_key(struct site *s)
{
	struct keyring_key k = { .domain = STR("example.com"),
				 .selector = STR("old"),
				 .state = KEY_ACTIVE,
				 .made = LONG_AGO,
				 .active = LONG_AGO };
	struct err e;
	int lock = keyring_lock(s->dir, 0, &e);

	k.path = arena_printf(s->arena, "%s/example.com/old.key", s->keys).p;
	assert_int_equal(mkdir(arena_printf(s->arena, "%s/example.com", s->keys).p, 0700), 0);
	assert_int_equal(sign_key_make(s->arena, KEY_RSA, 1024, k.path, (uid_t)-1, &k.key, &e), 0);
	assert_int_equal(keyring_put(s->dir, &k, &e), 0);
	keyring_unlock(lock);
	return k;
}

static struct keeping *keep(struct site *s, const char *options)
{
	struct control_args args = { .state = s->dir,
				     .keeper_fd = s->manage,
				     .resolver = s->resolver };

	args.conf = conf(s, arena_printf(s->arena, "sign { dns_port = %u %s }\n",
					 dnsd_port(s->dnsd), options)
				    .p);
	return keeping_new(s->loop, &args);
}

static void test_rotation(void **state)
{
	struct site *s = *state;
	struct keyring_key old = old_key(s);
	struct keyring_key new;
	struct keeping *k;
	struct keyring r;

	show(s, &old);
	k = keep(s, "use = on rotate = 365d check = 1s linger = 1s expire = 1s");
	assert_non_null(k);
	r = wait_for(s, KEY_PENDING);
	assert_int_equal(r.v.n, 2);
	new = *in_state(&r, KEY_PENDING);
	assert_int_equal(new.key.type, KEY_RSA);
	assert_int_equal(new.key.bits, 1024);
	assert_int_equal(access(new.path, F_OK), 0);
	show(s, &new);
	r = wait_for(s, KEY_RETIRING);
	assert_true(str_eq(in_state(&r, KEY_ACTIVE)->selector, new.selector));
	assert_int_equal(access(old.path, F_OK), 0); /* while what it signed is on its way */
	r = wait_for(s, KEY_RETIRED);
	assert_str(in_state(&r, KEY_RETIRED)->selector, "old");
	assert_int_equal(access(old.path, F_OK), -1);
	assert_int_equal(access(new.path, F_OK), 0);
	assert_int_equal(r.v.n, 2);
	keeping_free(k);
}

/* What is not signed has no keys looked after; without a keeper nothing is made. */
static void test_wanted(void **state)
{
	struct site *s = *state;
	struct control_args args = { .state = s->dir, .keeper_fd = -1 };

	keeping_free(NULL);
	assert_null(keep(s, ""));
	args.conf = conf(s, "sign { use = on }");
	assert_null(keeping_new(s->loop, &args));
	assert_true(keyring_wanted(args.conf));
	assert_true(keyring_wanted(conf(s, "seal { use = on }")));
	assert_int_equal(keyring_keep_s(args.conf), 8 * 86400);
	assert_int_equal(keyring_keep_s(conf(s, "sign { expire = 0 linger = 5s }")), 604805);
	args.resolver = s->resolver;
	keeping_free(keeping_new(s->loop, &args));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rotation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wanted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
