/* The control socket: who comes with events, with garbage, slowly, too often; and the workers'
 * courier. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/client.h"
#include "control/courier.h"
#include "control/door.h"
#include "control/frame.h"
#include "control/listen.h"
#include "io/loop.h"
#include "lib/test.h"

struct site {
	struct arena *arena;
	struct loop *loop;
	struct store *store;
	struct model *model;
	struct trainer *trainer;
	struct control_socket socket;
	struct door *door;
	struct board *board;
	char dir[32];
};

static struct site *site_new(uint64_t patience_ms)
{
	struct arena *a = arena_new(0);
	struct site *s = ARENA_NEW(a, struct site);
	struct trainer_args args = { 0 };
	struct err e;

	s->arena = a;
	memcpy(s->dir, "/tmp/merlon-door-XXXXXX", 24);
	assert_non_null(mkdtemp(s->dir));
	s->socket = (struct control_socket){ .path = arena_printf(a, "%s/control.sock", s->dir).p,
					     .mode = 0600,
					     .group = "",
					     .uid = (uid_t)-1,
					     .gid = (gid_t)-1 };
	assert_int_equal(control_listen(&s->socket, &e), 0);
	args.loop = s->loop = loop_new();
	args.local = s->store = store_memory(s->loop);
	args.model = s->model = model_new();
	s->trainer = trainer_new(&args, &e);
	assert_non_null(s->trainer);
	s->door = door_new(s->loop, s->socket.fd, s->trainer, s->model, patience_ms);
	s->board = board_new();
	board_off(board_cell(s->board, STR("clamd")), 60000, "tired");
	door_board(s->door, s->board);
	return s;
}

static void site_free(struct site *s)
{
	door_close(s->door);
	trainer_free(s->trainer);
	door_free(s->door);
	board_free(s->board);
	store_free(s->store);
	model_free(s->model);
	loop_free(s->loop);
	control_unlisten(&s->socket, true);
	rmdir(s->dir);
	arena_free(s->arena);
}

static struct learn_event message(struct arena *a, uint32_t n)
{
	struct learn_event e = { .to = LEARN_SPAM, .source = LEARN_PERSON };
	uint32_t *gram = ARENA_ARRAY(a, uint32_t, 1);

	n++;
	gram[0] = n;
	e.f = (struct features){ .gram = gram, .ngram = 1 };
	memcpy(e.f.digest, &n, sizeof n);
	return e;
}

static void put_hello(struct arena *a, struct buf *b)
{
	struct hello h = { 0 };

	frame_put(b, FRAME_HELLO, hello_format(a, &h));
}

static void put_event(struct arena *a, struct buf *b, uint32_t n)
{
	struct learn_event e = message(a, n);

	frame_put(b, FRAME_LEARN, event_format(a, &e));
}

/* A client of the test's own, which does not block. */
static int visit(const struct site *s)
{
	int fd = control_dial(s->socket.path);

	assert_true(fd >= 0);
	return fd;
}

static void say(int fd, struct str s)
{
	assert_int_equal(send(fd, s.p, s.n, MSG_NOSIGNAL), s.n);
}

/* Turns the loop until something can be read: its first octets, or -1 at the end of the
 * connection. */
static ssize_t hear(struct site *s, int fd, char *out, size_t cap)
{
	uint64_t until = clock_mono_ms() + 5000;
	ssize_t n;

	do {
		n = recv(fd, out, cap, 0);
		if (n >= 0 || errno != EAGAIN)
			return n > 0 ? n : -1;
		loop_turn(s->loop, 20);
	} while (clock_mono_ms() < until);
	fail_msg("nothing came");
	return 0;
}

/* The types of all frames that come until want octets of them are there. */
static void hear_frames(struct site *s, int fd, const char *want)
{
	char in[4096], got[64] = "";
	size_t n = 0, k = 0;

	while (k < strlen(want)) {
		struct str rest = str_of(in, n);
		struct frame f;
		ssize_t more;
		if (frame_take(&rest, &f) > 0) {
			got[k++] = f.type;
			memmove(in, rest.p, rest.n);
			n = rest.n;
			continue;
		}
		more = hear(s, fd, in + n, sizeof in - n);
		assert_true(more > 0);
		n += (size_t)more;
	}
	assert_string_equal(got, want);
}

/* ---- clients ---- */

static void splits(void **state)
{
	struct site *s = site_new(DOOR_PATIENCE_MS);
	struct buf b = { .arena = s->arena };

	(void)state;
	put_hello(s->arena, &b);
	put_event(s->arena, &b, 1);
	frame_put(&b, FRAME_STATUS, STR(""));
	for (size_t at = 0; at <= b.n; at++) {
		int fd = visit(s);
		say(fd, str_of(b.p, at));
		loop_turn(s->loop, 1);
		loop_turn(s->loop, 1);
		say(fd, str_of(b.p + at, b.n - at));
		hear_frames(s, fd, at == 0 ? "HJR" : "H");
		close(fd);
	}
	assert_int_equal(model_counts(s->model, STR("")).spam, 1);
	site_free(s);
}

static void garbage(void **state)
{
	struct site *s = site_new(DOOR_PATIENCE_MS);
	struct buf event = { .arena = s->arena }, type = { .arena = s->arena };
	struct buf cut = { .arena = s->arena };
	const struct str hello = STR("\0\0\0\1H");
	int good = visit(s);

	(void)state;
	put_event(s->arena, &event, 1);
	put_hello(s->arena, &cut);
	frame_put(&cut, FRAME_LEARN, STR("no event"));
	put_hello(s->arena, &type);
	frame_put(&type, 'x', STR(""));
	{
		const struct str t[] = {
			STR("\0\0\0\0"),
			STR("\xff\xff\xff\xff"),
			STR("\0\4\0\1"),
			STR("GET / HTTP/1.1\r\n\r\n"),
			hello,
			buf_str(&event),
			STR("\0\0\0\5L\0\0\0\0"),
			buf_str(&cut),
			buf_str(&type),
		};
		char out[256];
		for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
			int fd = visit(s);
			ssize_t n;
			say(fd, t[i]);
			while ((n = hear(s, fd, out, sizeof out)) > 0)
				;
			close(fd);
		}
	}
	event.n = 0;
	put_hello(s->arena, &event);
	say(good, buf_str(&event));
	hear_frames(s, good, "H");
	close(good);
	assert_int_equal(model_counts(s->model, STR("")).spam, 0);
	site_free(s);
}

/* Nothing said, half a frame, nothing read: each is closed, and meanwhile another is served. */
static void slow(void **state)
{
	struct site *s = site_new(200);
	struct buf hello = { .arena = s->arena }, many = { .arena = s->arena };
	int silent = visit(s), half = visit(s), deaf = visit(s), good = visit(s);
	uint64_t began = clock_mono_ms();
	char out[65536];
	size_t sent = 0;

	(void)state;
	put_hello(s->arena, &hello);
	put_event(s->arena, &many, 1);
	say(half, buf_str(&hello));
	say(half, str_of(many.p, many.n / 2));
	say(good, buf_str(&hello));
	say(deaf, buf_str(&hello));
	for (unsigned i = 0; i < 1000; i++)
		frame_put(&many, FRAME_STATUS, STR(""));
	while (clock_mono_ms() - began < 150) {
		ssize_t n = send(deaf, many.p, many.n, MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		loop_turn(s->loop, 5);
	}
	assert_true(sent < (8u << 20)); /* it is not read without end */
	hear_frames(s, good, "H");
	assert_int_equal(hear(s, silent, out, sizeof out), -1);
	while (hear(s, half, out, sizeof out) > 0)
		;
	while (hear(s, deaf, out, sizeof out) > 0 && clock_mono_ms() - began < 5000)
		usleep(300000); /* slower than patience */
	say(good, STR("\0\0\0\1S"));
	hear_frames(s, good, "J");
	close(silent);
	close(half);
	close(deaf);
	close(good);
	site_free(s);
}

static void crowd(void **state)
{
	struct site *s = site_new(DOOR_PATIENCE_MS);
	static int fd[DOOR_CLIENTS_MAX + 1];
	struct buf hello = { .arena = s->arena };
	char out[256];

	(void)state;
	put_hello(s->arena, &hello);
	for (size_t i = 0; i < DOOR_CLIENTS_MAX; i++) {
		fd[i] = visit(s);
		say(fd[i], buf_str(&hello));
		hear_frames(s, fd[i], "H");
	}
	fd[DOOR_CLIENTS_MAX] = visit(s);
	assert_int_equal(hear(s, fd[DOOR_CLIENTS_MAX], out, sizeof out), -1);
	close(fd[0]);
	for (unsigned i = 0; i < 20; i++)
		loop_turn(s->loop, 2);
	fd[0] = visit(s);
	say(fd[0], buf_str(&hello));
	hear_frames(s, fd[0], "H");
	for (size_t i = 0; i <= DOOR_CLIENTS_MAX; i++)
		close(fd[i]);
	site_free(s);
}

/* A connection that goes while its events are under way. */
static void leaves(void **state)
{
	struct site *s = site_new(DOOR_PATIENCE_MS);

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		struct buf b = { .arena = s->arena };
		int fd = visit(s);
		put_hello(s->arena, &b);
		for (uint32_t i = 0; i < 100; i++)
			put_event(s->arena, &b, round * 100 + i);
		say(fd, buf_str(&b));
		for (unsigned i = 0; i < round; i++)
			loop_turn(s->loop, 1);
		close(fd);
	}
	for (unsigned i = 0; i < 50; i++)
		loop_turn(s->loop, 5);
	site_free(s);
}

/* ---- the blocking client, in a process of its own ---- */

static int teach(const char *path)
{
	struct arena *a = arena_new(0);
	struct err e;
	struct control_client *c = control_connect(a, path, &e);
	enum trainer_result r;
	struct str json;
	uint32_t ended = 0;

	if (!c || control_counts(c).spam != 0 || control_key(c).k0 == 0)
		return 10;
	for (uint32_t i = 0; i < 500; i++) {
		struct learn_event ev = message(a, i / 2);
		if (control_learn_begin(c, &ev, &e) < 0)
			return 11;
		if (i >= 63 && (control_learn_end(c, &r, &e) < 0 ||
				r != (ended++ % 2 ? TRAIN_ALREADY : TRAINED)))
			return 12;
	}
	while (ended < 500)
		if (control_learn_end(c, &r, &e) < 0 ||
		    r != (ended++ % 2 ? TRAIN_ALREADY : TRAINED))
			return 13;
	if (control_status(c, a, &json, &e) < 0 ||
	    str_find(json, STR("\"spam\":250,\"events\":250,")) == SIZE_MAX ||
	    str_find(json, STR("\"already\":250,")) == SIZE_MAX)
		return 14;
	if (control_board(c, a, &json, &e) < 0 ||
	    str_find(json, STR("\"name\":\"clamd\",\"state\":\"off\",\"why\":\"tired\"")) ==
		    SIZE_MAX)
		return 15;
	control_close(c);
	arena_free(a);
	return 0;
}

static void client(void **state)
{
	struct site *s = site_new(DOOR_PATIENCE_MS);
	uint64_t until = clock_mono_ms() + 20000;
	int status = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0)
		_exit(teach(s->socket.path));
	while (waitpid(pid, &status, WNOHANG) == 0 && clock_mono_ms() < until)
		loop_turn(s->loop, 50);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	site_free(s);
}

/* ---- the courier ---- */

static void carry_all(struct site *s, struct courier *f)
{
	uint64_t until = clock_mono_ms() + 10000;

	while (courier_stats(f).waiting && clock_mono_ms() < until)
		loop_turn(s->loop, 20);
	assert_int_equal(courier_stats(f).waiting, 0);
}

static void carries(void **state)
{
	struct site *s = site_new(DOOR_PATIENCE_MS);
	struct courier *f = courier_new(s->loop, s->socket.path);

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		struct learn_event e = message(s->arena, i);
		courier_send(f, &e);
	}
	carry_all(s, f);
	assert_int_equal(courier_stats(f).learnt, 200);
	assert_int_equal(courier_stats(f).dropped, 0);
	assert_int_equal(model_counts(s->model, STR("")).spam, 200);
	courier_free(f);
	site_free(s);
}

/* The control process is replaced while events are under way: each is learnt, once. */
static void carries_over_breaks(void **state)
{
	struct site *s = site_new(DOOR_PATIENCE_MS);
	struct courier *f = courier_new(s->loop, s->socket.path);
	uint32_t n = 0;

	(void)state;
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 20; i++) {
			struct learn_event e = message(s->arena, n++);
			courier_send(f, &e);
		}
		for (unsigned i = 0; i < round * 2; i++)
			loop_turn(s->loop, 1);
		door_close(s->door);
		while (door_busy(s->door) && round % 2)
			loop_turn(s->loop, 5);
		trainer_free(s->trainer);
		door_free(s->door);
		s->trainer = trainer_new(&(struct trainer_args){ .loop = s->loop,
								 .local = s->store,
								 .model = s->model },
					 NULL);
		s->door = door_new(s->loop, s->socket.fd, s->trainer, s->model, 10000);
		if (courier_stats(f).waiting > 200)
			carry_all(s, f);
	}
	carry_all(s, f);
	assert_int_equal(courier_stats(f).dropped, 0);
	assert_int_equal(model_counts(s->model, STR("")).spam, n);
	courier_free(f);
	site_free(s);
}

static void carries_without(void **state)
{
	struct arena *a = arena_new(0);
	struct loop *l = loop_new();
	struct courier *f = courier_new(l, "/tmp/merlon-door-nobody/control.sock");

	(void)state;
	for (uint32_t i = 0; i < COURIER_MAX + 44; i++) {
		struct learn_event e = message(a, i);
		courier_send(f, &e);
		if (i % 50 == 0)
			loop_turn(l, 1);
	}
	assert_int_equal(courier_stats(f).dropped, 44);
	assert_int_equal(courier_stats(f).waiting, COURIER_MAX);
	courier_free(f);
	loop_free(l);
	arena_free(a);
}

int main(void)
{
	struct log_config quiet = { .level = LOG_LVL_ERROR, .target = "stderr" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits),
		cmocka_unit_test(garbage),
		cmocka_unit_test(slow),
		cmocka_unit_test(crowd),
		cmocka_unit_test(leaves),
		cmocka_unit_test(client),
		cmocka_unit_test(carries),
		cmocka_unit_test(carries_over_breaks),
		cmocka_unit_test(carries_without),
	};

	signal(SIGPIPE, SIG_IGN);
	log_open(&quiet, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
