/* Tests of keys living by a timer: held, activated, retired, rotated, missed; over name servers on
 * loopback and a ring on disk. */
#include "lib/test.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "control/keyring/life.h"
#include "io/loop.h"
#include "lib/dnsd.h"
#include "lib/zone_resolver.h"
#include "sign/keys.h"
#include "sign/wire.h"

#define OLD "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define NEW "//ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define PATIENCE_MS 60000u
#define LONG_AGO 1700000000

struct site {
	struct arena *arena;
	struct loop *loop;
	char dir[64];
	const char *log;
	struct zone *zone[2], *world;
	struct dnsd *dnsd[2];
	struct life_args args;
	unsigned made, wiped, in_the_way;
	unsigned turn, asked_in; /* of the loop; the last one in which a hand was asked */
	bool twice;		 /* asked twice in one turn */
	bool stuck;		 /* hands take their time, and s0 cannot be wiped */
};

static int make(void *arg, struct arena *a, struct str domain, struct str selector,
		enum key_type type, unsigned bits, struct sign_key *key, struct err *e)
{
	struct site *s = arg;

	assert_str(domain, "example.com");
	assert_true(selector.n > 0);
	s->made++;
	if (s->in_the_way) {
		s->in_the_way--;
		return err_set(e, "File exists");
	}
	*key = (struct sign_key){ .type = type, .bits = bits };
	assert_true(base64_decode(a, STR(NEW), &key->public));
	return 0;
}

static int wipe(void *arg, struct arena *a, struct str domain, struct str selector, struct err *e)
{
	struct site *s = arg;

	(void)a;
	(void)domain;
	if (s->stuck) {
		s->twice |= s->turn == s->asked_in;
		s->asked_in = s->turn;
		usleep(20000);
		if (str_eq(selector, STR("s0")))
			return err_set(e, "no answer in time");
	}
	s->wiped++;
	return 0;
}

static void serve(struct site *s, size_t i)
{
	struct dnsd_config c = { .address = inet_addr(i ? "127.0.0.2" : "127.0.0.1") };
	struct err e;

	c.zone = s->zone[i] = zone_new();
	c.port = i ? dnsd_port(s->dnsd[0]) : 0;
	s->dnsd[i] = dnsd_new(s->loop, &c, &e);
	if (!s->dnsd[i])
		fail_msg("%s", e.text);
}

static int set_up(void **state)
{
	struct arena *a = arena_new(0);
	struct site *s = ARENA_NEW(a, struct site);
	struct err e;

	s->arena = a;
	s->loop = loop_new();
	memcpy(s->dir, "/tmp/merlon-life-XXXXXX", 24);
	assert_non_null(mkdtemp(s->dir));
	s->log = arena_printf(a, "%s/log", s->dir).p;
	assert_int_equal(
		log_open(&(struct log_config){ .level = LOG_LVL_INFO,
					       .target = arena_printf(a, "file:%s", s->log).p },
			 &e),
		0);
	serve(s, 0);
	serve(s, 1);
	s->world = zone_new();
	zone_text(s->world, "example.com NS ns1.example.net\n"
			    "example.com NS ns2.example.net\n"
			    "ns1.example.net A 127.0.0.1\n"
			    "ns2.example.net A 127.0.0.2\n");
	s->args = (struct life_args){
		.dns = { .loop = s->loop,
			 .resolver = zone_resolver_new(
				 s->loop, &(struct zone_resolver_config){ .zone = s->world }),
			 .port = dnsd_port(s->dnsd[0]) },
		.state = s->dir,
		.keys = "/keys",
		.hands = { make, wipe, s },
		.every_ms = 5,
		.work_ms = LIFE_WORK_MS,
		.keep_s = 1000000000,
	};
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
	struct err e;

	resolver_free(s->args.dns.resolver);
	for (size_t i = 0; i < 2; i++) {
		dnsd_free(s->dnsd[i]);
		zone_free(s->zone[i]);
	}
	zone_free(s->world);
	loop_free(s->loop);
	nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(s->arena);
	return log_open(&(struct log_config){ .level = LOG_LVL_INFO, .target = "stderr" }, &e);
}

static void put_key(struct site *s, const char *selector, const struct sign_key *key,
		    enum key_state state, int64_t since)
{
	struct keyring_key k = { .domain = STR("example.com"),
				 .selector = str_c(selector),
				 .state = state,
				 .key = *key,
				 .made = since,
				 .active = state >= KEY_ACTIVE ? since : 0,
				 .retiring = state >= KEY_RETIRING ? since : 0,
				 .retired = state >= KEY_RETIRED ? since : 0 };
	struct err e;
	int lock = keyring_lock(s->dir, 0, &e);

	assert_int_equal(keyring_put(s->dir, &k, &e), 0);
	keyring_unlock(lock);
}

static void put(struct site *s, const char *selector, const char *public, enum key_state state,
		int64_t since)
{
	struct sign_key key = { .type = KEY_ED25519, .bits = 256 };

	assert_true(base64_decode(s->arena, str_c(public), &key.public));
	put_key(s, selector, &key, state, since);
}

static void show(struct site *s, size_t server, const char *selector, const char *public)
{
	zone_text(s->zone[server],
		  arena_printf(s->arena,
			       "%s._domainkey.example.com TXT \"v=DKIM1; k=ed25519; p=%s\"\n",
			       selector, public)
			  .p);
}

/* Of the ring as it is now: "s1=active s2=pending". */
static struct str states(struct site *s)
{
	struct buf b = { .arena = s->arena };
	struct keyring r;
	struct err e;

	assert_int_equal(keyring_read(s->arena, s->dir, "/keys", &r, &e), 0);
	for (size_t i = 0; i < r.v.n; i++)
		buf_addf(&b, "%s%.*s=%s", i ? " " : "", STR_ARG(r.v.p[i].selector),
			 key_state_word(r.v.p[i].state));
	return buf_str(&b);
}

static void until(struct site *s, const char *wanted)
{
	uint64_t end = clock_mono_ms() + PATIENCE_MS;

	while (!str_eq(states(s), str_c(wanted)) && clock_mono_ms() < end)
		loop_turn(s->loop, 20);
	assert_str(states(s), wanted);
}

/* Until the servers were asked so often more for that. */
static void until_asked(struct site *s, size_t server, const char *question, uint64_t more)
{
	uint64_t end = clock_mono_ms() + PATIENCE_MS;

	more += dnsd_asked(s->dnsd[server], question);
	while (dnsd_asked(s->dnsd[server], question) < more && clock_mono_ms() < end)
		loop_turn(s->loop, 20);
	assert_true(dnsd_asked(s->dnsd[server], question) >= more);
}

static size_t logged(struct site *s, const char *what)
{
	struct str text;
	struct err e;
	size_t n = 0, at;

	assert_int_equal(file_read(s->arena, s->log, 1 << 20, &text, &e), 0);
	while ((at = str_find(text, str_c(what))) != SIZE_MAX) {
		text = str_skip(text, at + 1);
		n++;
	}
	return n;
}

/* Pending until both show it; then active, and the one before it retires, and is wiped in time. */
static void test_held(void **state)
{
	struct site *s = *state;
	struct life *l;

	put(s, "s1", OLD, KEY_ACTIVE, LONG_AGO);
	put(s, "s2", NEW, KEY_PENDING, LONG_AGO + 1);
	show(s, 0, "s1", OLD);
	show(s, 1, "s1", OLD);
	show(s, 0, "s2", NEW);
	l = life_new(&s->args);
	until_asked(s, 1, "s2._domainkey.example.com CNAME", 3);
	assert_str(states(s), "s1=active s2=pending");
	assert_int_equal(logged(s, "event=\"key_held\""), 1);
	assert_int_equal(logged(s, "ns2.example.net (127.0.0.2): missing"), 1);
	show(s, 1, "s2", NEW);
	until(s, "s1=retiring s2=active");
	life_free(l);
	assert_int_equal(logged(s, "event=\"key_active\""), 1);
	assert_int_equal(logged(s, "event=\"key_retiring\""), 1);
	assert_int_equal(s->wiped, 0);
	s->args.keep_s = 0;
	l = life_new(&s->args);
	until(s, "s1=retired s2=active");
	life_free(l);
	assert_int_equal(s->wiped, 1);
	assert_int_equal(logged(s, "delete=\"s1._domainkey.example.com\""), 1);
	assert_int_equal(logged(s, "key_missing"), 0);
}

/* Shown by both, beside an active one. Its file. */
static struct sign_file pending_pair(struct site *s, enum key_type type)
{
	struct sign_file f = { .path = arena_printf(s->arena, "%s/s2.key", s->dir).p, .where = "" };
	struct str public;
	struct err e;
	const char *text;

	assert_int_equal(sign_key_make(s->arena, type, 1024, f.path, (uid_t)-1, &f.key, &e), 0);
	public = base64_encode(s->arena, f.key.public);
	text = arena_printf(s->arena, "s2._domainkey.example.com TXT \"v=DKIM1; k=%s; p=%.*s\"\n",
			    type == KEY_RSA ? "rsa" : "ed25519", STR_ARG(public))
		       .p;
	zone_text(s->zone[0], text);
	zone_text(s->zone[1], text);
	show(s, 0, "s1", OLD);
	show(s, 1, "s1", OLD);
	put(s, "s1", OLD, KEY_ACTIVE, LONG_AGO);
	put_key(s, "s2", &f.key, KEY_PENDING, LONG_AGO + 1);
	return f;
}

static struct str note(struct site *s)
{
	const struct keyring_key k = { .domain = STR("example.com"), .selector = STR("s2") };

	return keyring_noted(s->arena, s->dir, &k);
}

/* Seen everywhere, but the signers do not have it: nobody would sign with it. */
static void test_not_held_by_signers(void **state)
{
	static const enum key_type types[] = { KEY_RSA, KEY_ED25519 };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct site *s;
		struct sign_keys *keys = sign_keys_new();
		struct sign_file f;
		struct life *l;

		if (i) {
			tear_down(state);
			set_up(state);
		}
		s = *state;
		f = pending_pair(s, types[i]);
		s->args.signer = sign_client_local(s->loop, keys);
		l = life_new(&s->args);
		until_asked(s, 1, "s2._domainkey.example.com TXT", 3);
		assert_true(str_starts(states(s), STR("s1=active s2=pending")));
		assert_int_equal(logged(s, "event=\"key_unproved\""), 1);
		assert_str(note(s), "the signers do not have its private half");
		assert_true(sign_keys_load(keys, s->arena, &f, (uid_t)-1));
		until(s, types[i] == KEY_RSA ? "s1=active s2=active" : "s1=retiring s2=active");
		assert_null(note(s).p);
		assert_int_equal(logged(s, "event=\"key_active\""), 1);
		life_free(l);
		sign_client_free(s->args.signer);
		sign_keys_free(keys);
	}
}

/* Says that it has signed whatever it is asked for. */
static unsigned lie(int lane)
{
	unsigned char in[SIGN_REQUEST_SIZE + 1], out[SIGN_REPLY_MAX], octets[64] = { 1 };
	struct sign_reply r = { SIGN_OK, str_of((const char *)octets, sizeof octets) };
	struct sign_request q;
	ssize_t n = recv(lane, in, sizeof in, MSG_DONTWAIT);

	if (n <= 0 || !sign_request_read(str_of((const char *)in, (size_t)n), &q))
		return 0;
	n = (ssize_t)sign_reply_write(q.number, &r, out);
	assert_int_equal(send(lane, out, (size_t)n, 0), n);
	return 1;
}

static void test_wrong_proof(void **state)
{
	struct site *s = *state;
	uint64_t end = clock_mono_ms() + PATIENCE_MS;
	unsigned lies = 0;
	struct life *l;
	int lane[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lane), 0);
	pending_pair(s, KEY_ED25519);
	s->args.signer = sign_client_new(s->loop, lane[0]);
	l = life_new(&s->args);
	while (lies < 3 && clock_mono_ms() < end) {
		loop_turn(s->loop, 20);
		lies += lie(lane[1]);
	}
	assert_str(states(s), "s1=active s2=pending");
	assert_str(note(s), "what the signers sign with it does not verify");
	close(lane[1]); /* no signer at all */
	while (!str_iends(note(s), STR("gone")) && clock_mono_ms() < end)
		loop_turn(s->loop, 20);
	life_free(l);
	assert_str(note(s), "the signers do not sign with it: gone");
	assert_str(states(s), "s1=active s2=pending");
	sign_client_free(s->args.signer);
	close(lane[0]);
}

/* One that is old gets one successor, beside files that are in the way. */
static void test_rotated(void **state)
{
	struct site *s = *state;
	struct life *l;
	struct str after;

	s->in_the_way = 2;
	s->args.rotate_s = 86400;
	put(s, "s1", OLD, KEY_ACTIVE, LONG_AGO);
	put(s, "s0", OLD, KEY_RETIRING, LONG_AGO);
	show(s, 0, "s1", OLD);
	show(s, 1, "s1", OLD);
	l = life_new(&s->args);
	until_asked(s, 0, "s1._domainkey.example.com TXT", 3);
	life_free(l);
	assert_int_equal(s->made, 3);
	assert_int_equal(logged(s, "event=\"key_pending\""), 1);
	assert_int_equal(logged(s, "record=\"v=DKIM1; k=ed25519; p=" NEW "\""), 1);
	after = states(s);
	assert_true(str_starts(after, STR("s0=retiring s1=active 2")));
	assert_true(str_iends(after, STR("e3=pending")));
}

/* What cannot be made is told once, and nothing else changes. */
static void test_cannot_make(void **state)
{
	struct site *s = *state;
	struct life *l;

	s->in_the_way = UINT32_MAX;
	s->args.rotate_s = 86400;
	put(s, "s1", OLD, KEY_ACTIVE, LONG_AGO);
	show(s, 0, "s1", OLD);
	show(s, 1, "s1", OLD);
	l = life_new(&s->args);
	until_asked(s, 0, "s1._domainkey.example.com TXT", 2);
	life_free(l);
	assert_str(states(s), "s1=active");
	assert_int_equal(logged(s, "event=\"key_failed\""), 1);
}

/* An active key whose record has gone is told, once a day, and stays. */
static void test_missing(void **state)
{
	struct site *s = *state;
	struct life *l;

	put(s, "s1", OLD, KEY_ACTIVE, LONG_AGO);
	show(s, 0, "s1", OLD);
	l = life_new(&s->args);
	until_asked(s, 1, "s1._domainkey.example.com CNAME", 3);
	life_free(l);
	assert_str(states(s), "s1=active");
	assert_int_equal(logged(s, "event=\"key_missing\""), 1);
}

/* A server that fails says nothing of the record. */
static void test_silent_is_not_missing(void **state)
{
	struct site *s = *state;
	struct life *l;

	put(s, "s1", OLD, KEY_ACTIVE, LONG_AGO);
	show(s, 0, "s1", OLD);
	zone_text(s->zone[1], "s1._domainkey.example.com FAULT SERVFAIL\n");
	l = life_new(&s->args);
	until_asked(s, 1, "s1._domainkey.example.com TXT", 2);
	life_free(l);
	assert_int_equal(logged(s, "key_missing"), 0);
}

/* Whoever holds the lock is not disturbed; what was cut short is ended; what is long retired goes.
 */
static void test_ring(void **state)
{
	struct site *s = *state;
	struct life *l;
	struct err e;
	int lock;

	put(s, "s0", OLD, KEY_RETIRED, 1000);
	put(s, "s1", OLD, KEY_ACTIVE, LONG_AGO);
	put(s, "s2", NEW, KEY_ACTIVE, LONG_AGO + 5);
	lock = keyring_lock(s->dir, 0, &e);
	s->args.keep_s = 0;
	l = life_new(&s->args);
	for (int i = 0; i < 20; i++)
		loop_turn(s->loop, 10);
	assert_str(states(s), "s0=retired s1=retiring s2=active");
	keyring_unlock(lock);
	until(s, "s1=retired s2=active");
	life_free(l);
	assert_int_equal(s->wiped, 1);
}

/* A keeper that is slow, or does not answer, keeps the loop for one key a round; no key is in the
 * way of the others. */
static void test_slow_keeper(void **state)
{
	struct site *s = *state;
	uint64_t end = clock_mono_ms() + PATIENCE_MS;
	struct life *l;

	put(s, "s0", OLD, KEY_RETIRING, LONG_AGO);
	put(s, "s1", OLD, KEY_RETIRING, LONG_AGO);
	put(s, "s2", OLD, KEY_RETIRING, LONG_AGO);
	s->args.keep_s = 0;
	s->args.work_ms = 1;
	s->stuck = true;
	s->turn = 1;
	l = life_new(&s->args);
	for (; s->wiped < 2 && clock_mono_ms() < end; s->turn++)
		loop_turn(s->loop, 20);
	life_free(l);
	assert_false(s->twice);
	assert_str(states(s), "s0=retiring s1=retired s2=retired");
}

/* Nor are the names that are tried for a successor in the way. */
static void test_slow_make(void **state)
{
	struct site *s = *state;
	uint64_t end = clock_mono_ms() + PATIENCE_MS;
	struct life *l;

	s->in_the_way = UINT32_MAX;
	s->args.rotate_s = 86400;
	s->args.work_ms = 0;
	put(s, "s1", OLD, KEY_ACTIVE, LONG_AGO);
	l = life_new(&s->args);
	while (!s->made && clock_mono_ms() < end)
		loop_turn(s->loop, 20);
	life_free(l);
	assert_int_equal(s->made, 1);
}

/* Ended while questions are under way. */
static void test_ended(void **state)
{
	struct site *s = *state;
	struct life *l;

	for (unsigned i = 0; i < 20; i++)
		put(s, arena_printf(s->arena, "k%u", i).p, NEW, KEY_PENDING, LONG_AGO);
	zone_text(s->zone[1], "k0._domainkey.example.com FAULT TIMEOUT\n");
	l = life_new(&s->args);
	until_asked(s, 1, "k0._domainkey.example.com TXT", 1);
	life_free(l);
	life_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_held, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_held_by_signers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_proof, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rotated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cannot_make, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_silent_is_not_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ring, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slow_keeper, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slow_make, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ended, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
