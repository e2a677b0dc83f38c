/* Tests of the served store: the suite over a socket, connections that go and come, and clients
 * that mean no good. */
#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/wire.h"
#include "unit/store/served.h"
#include "unit/store/suite.h"

static void open_remote(struct suite *s)
{
	struct served *v = arena_zalloc(s->arena, sizeof *v);

	served_dir(v);
	served_open(v, s->loop);
	store_clock(v->inner, suite_now, s);
	s->own = v;
	s->store = store_remote(s->loop, v->sock, &(struct store_limits){ .deadline_ms = 5000 });
}

static void close_remote(struct suite *s)
{
	store_free(s->store);
	served_close(s->own);
	served_remove(s->own);
}

static const struct suite_kind kinds[] = { { "remote", open_remote, close_remote, true } };

struct world {
	struct loop *loop;
	struct arena *arena;
	struct served served;
	struct store *store;
};

static void world_open(struct world *w)
{
	w->loop = loop_new();
	w->arena = arena_new(0);
	served_dir(&w->served);
	served_open(&w->served, w->loop);
	w->store = store_remote(w->loop, w->served.sock,
				&(struct store_limits){ .deadline_ms = 5000 });
}

static void world_close(struct world *w)
{
	store_free(w->store);
	if (w->served.server)
		served_close(&w->served);
	served_remove(&w->served);
	arena_free(w->arena);
	loop_free(w->loop);
}

static void turn(struct world *w, uint64_t ms)
{
	uint64_t until = clock_mono_ms() + ms, now;

	while ((now = clock_mono_ms()) < until)
		loop_turn(w->loop, until - now);
}

static struct store_answer count(struct world *w, unsigned flags)
{
	struct store_op op = { .kind = STORE_ADD, .key = STR("t:c"), .delta = { 1 } };

	return *store_wait(w->store, w->arena, &op, 1, flags);
}

/* Without a server the process counts alone, and says so; when it is back it is asked again. */
static void test_comes_and_goes(void **state)
{
	struct world w;
	struct store_answer a;
	uint64_t began;
	(void)state;

	world_open(&w);
	assert_true(count(&w, 0).sum[0] == 1);
	served_close(&w.served);
	turn(&w, 20);
	assert_false(store_up(w.store));
	for (int i = 0; i < 20; i++) {
		a = count(&w, 0);
		assert_true(a.local && a.status == STORE_OK && a.sum[0] == i + 1);
	}
	assert_int_equal(count(&w, STORE_SLOW).status, STORE_FAILED);
	assert_int_equal(count(&w, STORE_DURABLE).status, STORE_FAILED);
	served_open(&w.served, w.loop);
	for (began = clock_mono_ms(); !store_up(w.store);)
		turn(&w, 10);
	assert_true(clock_mono_ms() - began < 5000);
	a = count(&w, 0);
	assert_true(!a.local && a.sum[0] == 2);
	assert_int_equal(store_stats(w.store)->reconnects, 1);
	world_close(&w);
}

/* A server that takes questions and gives no answers costs the deadline, then nothing. */
static void test_silence(void **state)
{
	struct world w;
	uint64_t began;
	(void)state;

	world_open(&w);
	store_free(w.store);
	w.store = store_remote(w.loop, w.served.sock, NULL); /* with the deadline as it is */
	store_server_free(w.served.server);
	w.served.server = NULL; /* it listens, and nobody is there */
	turn(&w, 300);
	for (int i = 0; i < 5; i++) {
		began = clock_mono_ms();
		assert_true(count(&w, 0).local);
		assert_true(clock_mono_ms() - began < 1500);
	}
	assert_int_equal(store_stats(w.store)->opened, 1);
	began = clock_mono_ms();
	for (int i = 0; i < 100; i++)
		assert_true(count(&w, 0).local);
	assert_true(clock_mono_ms() - began < 3000);
	store_free(w.served.inner);
	close(w.served.fd);
	world_close(&w);
}

static int client(const struct world *w)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", w->served.sock);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	return fd;
}

static bool is_closed(int fd)
{
	char c[256];
	ssize_t n;

	while ((n = read(fd, c, sizeof c)) > 0)
		;
	return n == 0 || errno == ECONNRESET;
}

/* What is no batch ends the connection, and nobody else's. */
static void test_garbage(void **state)
{
	static const struct {
		const char *octets;
		size_t n;
		bool closed;
	} t[] = {
#define T(s, closed) { s, sizeof(s) - 1, closed }
		T("\0\0\0\0", true),
		T("\377\377\377\377", true),
		T("\1\0\0\1aaaa", true),
		T("GET / HTTP/1.0\r\n\r\n", true),
		T("\0\0\0\1B", true),
		T("\0\0\0\10B\0\0\0\1\0\0\0", false), /* a batch of none */
		T("\0\0\0\10A\0\0\0\1\0\0\0", true),
		T("\0\0\0\10B\0\0\0\1\0\377\377", true),
		T("\0\0\0\10B\0\0\0\1\0\0\1", true),
		T("\0\0\0\11B\0\0\0\1\0\0\0x", true),
		T("\0\0\0\12B\0\0\0\1\0\0\1\143\0", true),
		T("\0\0\1\0", false), /* the rest may come */
		T("\0\0", false),
	};
	struct world w;
	(void)state;

	world_open(&w);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		int fd = client(&w);

		assert_int_equal(write(fd, t[i].octets, t[i].n), t[i].n);
		turn(&w, 10);
		if (is_closed(fd) != t[i].closed)
			fail_msg("row %zu", i);
		close(fd);
		assert_true(count(&w, 0).sum[0] == (double)i + 1);
	}
	world_close(&w);
}

/* Half a frame is waited for, but not for ever; who just says nothing may stay. */
static void test_half_frame(void **state)
{
	struct world w;
	int half, idle;
	(void)state;

	world_open(&w);
	half = client(&w);
	idle = client(&w);
	assert_int_equal(write(half, "\0\0\1\0B", 5), 5);
	turn(&w, 3000);
	assert_false(is_closed(half));
	turn(&w, 4500);
	assert_true(is_closed(half));
	assert_false(is_closed(idle));
	close(half);
	close(idle);
	world_close(&w);
}

/* A batch that comes octet by octet is one all the same. */
static void test_split(void **state)
{
	struct store_op op[2] = {
		{ .kind = STORE_ADD, .key = STR("t:x"), .delta = { 1, 2 }, .half_life_ms = { 5 } },
		{ .kind = STORE_GET, .key = STR("t:none") },
	};
	struct world w;
	struct buf b;
	struct store_answer *a;
	char answer[256];
	uint32_t id;
	size_t n;
	int fd;
	(void)state;

	world_open(&w);
	b = (struct buf){ .arena = w.arena };
	assert_true(batch_format(&b, 77, 0, op, 2));
	fd = client(&w);
	for (size_t i = 0; i < b.n; i++) {
		assert_int_equal(write(fd, b.p + i, 1), 1);
		turn(&w, 1);
	}
	turn(&w, 10);
	n = (size_t)read(fd, answer, sizeof answer);
	assert_true(n > 4 && n < 100);
	assert_true(answers_parse(w.arena, str_of(answer + 4, n - 4), &id, &a, &n));
	assert_int_equal(id, 77);
	assert_int_equal(n, 2);
	assert_true(a[0].status == STORE_OK && a[0].sum[1] == 2);
	assert_int_equal(a[1].status, STORE_NONE);
	close(fd);
	world_close(&w);
}

/* MiB that ASan holds back of what was freed. */
#ifdef __SANITIZE_ADDRESS__
#define KEEPS_FREED 300u
#else
#define KEEPS_FREED 0u
#endif

static size_t resident_kib(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	uint64_t kib = 0;

	while (fgets(line, sizeof line, f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			str_u64(str_trim(str_of(line + 6, strlen(line) - 10)), UINT32_MAX, &kib);
	fclose(f);
	return kib;
}

/* One who asks for ever and never reads is dropped: memory stays, others are served. */
static void test_never_reads(void **state)
{
	static char value[STORE_VALUE_MAX];
	struct store_op op = { .kind = STORE_PUT,
			       .key = STR("t:big"),
			       .value = { value, sizeof value } };
	struct world w;
	struct buf b;
	size_t sent = 0, before;
	int fd;
	(void)state;

	world_open(&w);
	store_wait(w.store, w.arena, &op, 1, STORE_SLOW);
	b = (struct buf){ .arena = w.arena };
	op = (struct store_op){ .kind = STORE_GET, .key = STR("t:big") };
	assert_true(batch_format(&b, 1, 0, &op, 1));
	turn(&w, 700);
	before = resident_kib();
	fd = client(&w);
	for (int i = 0; i < 300000; i++) {
		ssize_t n = send(fd, b.p, b.n, MSG_NOSIGNAL);

		sent += n > 0;
		if (n < 0 && errno == EPIPE)
			break;
		if (n < 0 || i % 1000 == 0)
			loop_turn(w.loop, 0);
	}
	assert_true(sent > 16);
	/* each asks for 1 MiB; some dozens of answers are held, then it has to go */
	assert_true(resident_kib() - before < (KEEPS_FREED + 200) * 1024);
	assert_false(count(&w, 0).local);
	close(fd);
	world_close(&w);
}

/* Several clients at once: what each adds is added once. */
static void test_together(void **state)
{
	enum { CLIENTS = 8, ROUNDS = 50 };
	struct world w;
	struct store *s[CLIENTS];
	struct store_op op[4];
	const struct store_answer *a;
	(void)state;

	world_open(&w);
	for (size_t i = 0; i < CLIENTS; i++)
		s[i] = store_remote(w.loop, w.served.sock,
				    &(struct store_limits){ .deadline_ms = 5000 });
	for (size_t i = 0; i < 4; i++)
		op[i] = (struct store_op){ .kind = STORE_ADD, .key = STR("t:n"), .delta = { 1 } };
	for (size_t k = 0; k < ROUNDS; k++)
		for (size_t i = 0; i < CLIENTS; i++)
			store_cancel(store_send(s[i], op, 4, 0, NULL, NULL));
	for (size_t i = 0; i < CLIENTS; i++) {
		op[0].delta[0] = 0;
		a = store_wait(s[i], w.arena, op, 1, 0);
		assert_int_equal(a->status, STORE_OK);
	}
	op[0].delta[0] = 0;
	assert_true(store_wait(w.store, w.arena, op, 1, 0)->sum[0] == 4.0 * CLIENTS * ROUNDS);
	for (size_t i = 0; i < CLIENTS; i++)
		store_free(s[i]);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_and_goes), cmocka_unit_test(test_silence),
		cmocka_unit_test(test_garbage),	       cmocka_unit_test(test_half_frame),
		cmocka_unit_test(test_split),	       cmocka_unit_test(test_never_reads),
		cmocka_unit_test(test_together),
	};

	return suite_run(kinds, sizeof kinds / sizeof *kinds) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
