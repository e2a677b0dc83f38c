/* What a scan asks by HTTP and over streams, and its pauses: answers, failures, deadlines, the
 * breaker. */
#include "unit/scan/world.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/serve.h"
#include "scan/ask.h"

enum way { BY_HTTP, BY_STREAM };

/* What the check asks, and what it got. */
struct outside {
	struct world w; /* first */
	enum way way;
	uint16_t port;
	const char *path;
	uint64_t timeout_ms;
	unsigned keys; /* questions of that many keys, each asked twice a run */
	struct board *board;
	struct board_cell *cell;
	unsigned answers, off, good, timeouts, runs;
};

static struct outside *of(const struct scan *s)
{
	return s->env->arg;
}

static bool by_http(struct scan *s, struct str key)
{
	struct outside *o = of(s);
	struct http_request r = { .method = "GET",
				  .url = arena_printf(s->arena, "http://127.0.0.1:%u/", o->port),
				  .timeout_ms = o->timeout_ms,
				  .max_octets = 100 };
	const struct http_reply *reply = scan_http(s, o->cell, key, &r);

	if (!reply)
		return false;
	assert_ptr_equal(scan_http(s, o->cell, key, &r), reply);
	o->off += reply->outcome == HTTP_OFF;
	o->timeouts += reply->outcome == HTTP_TIMEOUT;
	o->good += reply->outcome == HTTP_OK && str_eq(reply->body, STR("ok"));
	return true;
}

static bool by_stream(struct scan *s, struct str key)
{
	static const struct str piece = { "GET\r\n\r\n", 7 };
	struct outside *o = of(s);
	struct stream_request r = { .to = { .path = str_c(o->path), .port = o->port },
				    .piece = &piece,
				    .npieces = 1,
				    .timeout_ms = o->timeout_ms,
				    .max_octets = 100 };
	const struct stream_reply *reply;

	assert_true(ip_parse(STR("127.0.0.1"), &r.to.ip));
	reply = scan_stream(s, o->cell, key, &r);
	if (!reply)
		return false;
	assert_ptr_equal(scan_stream(s, o->cell, key, &r), reply);
	o->off += reply->outcome == STREAM_OFF;
	o->timeouts += reply->outcome == STREAM_TIMEOUT;
	o->good += reply->outcome == STREAM_OK && str_ifind(reply->octets, STR("\r\n\r\nok"));
	return true;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct outside *o = of(s);
	unsigned answers = 0;

	(void)state;
	(void)config;
	o->runs++;
	o->off = o->good = o->timeouts = 0;
	for (unsigned i = 0; i < o->keys; i++) {
		struct str key = arena_printf(s->arena, "key %u", i);

		answers += o->way == BY_HTTP ? by_http(s, key) : by_stream(s, key);
	}
	o->answers = answers;
	return answers == o->keys ? CHECK_DONE : CHECK_WAIT;
}

static const struct check asker = {
	.abi = CHECK_ABI, .name = "asker", .stage = SCAN_CONNECT, .run = run
};
static const struct check *const askers[] = { &asker, NULL };

static void outside_open(struct outside *o, const struct check *const *checks, const char *conf)
{
	*o = (struct outside){ .keys = 1, .timeout_ms = 20000 };
	world_open(&o->w, checks, conf, "");
	o->board = board_new();
	o->cell = board_cell(o->board, STR("test:asker"));
	o->w.env.http = http_new(o->w.loop, o->w.resolver);
	o->w.env.board = o->board;
	o->w.env.arg = o;
}

static void outside_close(struct outside *o)
{
	http_free(o->w.env.http);
	board_free(o->board);
	world_close(&o->w);
}

/* One message up to its end, which is waited for. */
static struct scan *message(struct outside *o, unsigned flags)
{
	struct scan_client c = { .profile = STR("inbound") };
	struct scan *s = scan_new(&o->w.env, &c, flags);
	unsigned before = o->w.done;
	uint64_t until = clock_mono_ms() + 20000;

	scan_helo(s, STR("client.test"));
	scan_mail(s, STR("<a@sender.test>"));
	scan_rcpt(s, STR("<b@here.test>"));
	world_headers(s, "From: a@sender.test\n");
	scan_eoh(s);
	scan_body(s, STR("text\r\n"));
	scan_eom(s, world_done, o);
	while (o->w.done == before && clock_mono_ms() < until)
		loop_turn(o->w.loop, 50);
	assert_int_equal(o->w.done, before + 1);
	return s;
}

static void answer(int fd, unsigned n, void *arg)
{
	char head[2000];

	(void)n;
	serve_read(fd, head, sizeof head, "\r\n\r\n");
	if (arg)
		serve_say(fd, arg);
	else
		pause();
}

#define GOOD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define BROKEN "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno"

/* Every way with every fault: always an answer, and always counted once. */
static void test_answers(void **state)
{
	static const struct {
		enum way way;
		const char *say; /* NULL: nothing */
		bool nobody;
		unsigned keys;
		uint64_t timeout_ms;
		const char *conf;
		unsigned flags, good, off, timeouts, asked, failed;
	} t[] = {
		{ BY_HTTP, GOOD, .keys = 1, .good = 1, .asked = 1 },
		{ BY_STREAM, GOOD, .keys = 1, .good = 1, .asked = 1 },
		{ BY_HTTP, GOOD, .keys = 3, .good = 3, .asked = 3 },
		{ BY_STREAM, GOOD, .keys = 3, .good = 3, .asked = 3 },
		{ BY_HTTP, GOOD, .keys = SCAN_MAX_HTTP + 2, .good = SCAN_MAX_HTTP, .off = 2,
		  .asked = SCAN_MAX_HTTP },
		{ BY_STREAM, GOOD, .keys = SCAN_MAX_STREAMS + 2, .good = SCAN_MAX_STREAMS, .off = 2,
		  .asked = SCAN_MAX_STREAMS },
		{ BY_HTTP, BROKEN, .keys = 1, .asked = 1, .failed = 1 },
		{ BY_HTTP, NULL, .keys = 1, .timeout_ms = 200, .timeouts = 1, .asked = 1,
		  .failed = 1 },
		{ BY_STREAM, NULL, .keys = 1, .timeout_ms = 200, .timeouts = 1, .asked = 1,
		  .failed = 1 },
		{ BY_HTTP, NULL, .keys = 2, .conf = "scan { deadline = 1s }\n", .timeouts = 2,
		  .asked = 2, .failed = 2 },
		{ BY_STREAM, NULL, .keys = 2, .conf = "scan { deadline = 1s }\n", .timeouts = 2,
		  .asked = 2, .failed = 2 },
		{ BY_HTTP, .nobody = true, .keys = 1, .asked = 1, .failed = 1 },
		{ BY_STREAM, .nobody = true, .keys = 1, .asked = 1, .failed = 1 },
		{ BY_HTTP, GOOD, .keys = 2, .flags = SCAN_F_LOCAL, .off = 2 },
		{ BY_STREAM, GOOD, .keys = 2, .flags = SCAN_F_LOCAL, .off = 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct serve s = serve_tcp(answer, (void *)(uintptr_t)t[i].say);
		struct outside o;

		outside_open(&o, askers, t[i].conf ? t[i].conf : "");
		o.way = t[i].way;
		o.keys = t[i].keys;
		o.port = t[i].nobody ? serve_nobody() : s.port;
		if (t[i].timeout_ms)
			o.timeout_ms = t[i].timeout_ms;
		scan_free(message(&o, t[i].flags));
		if (o.answers != t[i].keys || o.good != t[i].good || o.off != t[i].off ||
		    o.timeouts != t[i].timeouts)
			fail_msg("row %zu: %u answers, %u good, %u off, %u late", i, o.answers,
				 o.good, o.off, o.timeouts);
		assert_int_equal(board_count(o.cell, BOARD_ASKED), t[i].asked);
		assert_int_equal(board_count(o.cell, BOARD_FAILED), t[i].failed);
		assert_int_equal(board_count(o.cell, BOARD_GOOD), t[i].asked - t[i].failed);
		outside_close(&o);
		serve_stop(&s);
	}
}

/* After enough failures nobody is asked for a while, and the message does not wait. */
static void test_breaker(void **state)
{
	(void)state;
	for (int way = 0; way < 2; way++) {
		struct outside o;

		outside_open(&o, askers, "");
		o.way = (enum way)way;
		o.port = serve_nobody();
		for (unsigned i = 0; i < BOARD_OPENS_AFTER + 3; i++)
			scan_free(message(&o, 0));
		assert_int_equal(o.off, 1);
		assert_int_equal(board_count(o.cell, BOARD_ASKED), BOARD_OPENS_AFTER);
		assert_int_equal(board_count(o.cell, BOARD_OFF), 3);
		outside_close(&o);
	}
}

/* A client that goes away takes its questions along; nobody has failed by it. */
static void test_gone(void **state)
{
	struct serve s = serve_tcp(answer, NULL);

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct scan_client c = { .profile = STR("inbound") };
		struct outside o;
		struct scan *scan;

		outside_open(&o, askers, "");
		o.way = i & 1 ? BY_HTTP : BY_STREAM;
		o.port = s.port;
		o.keys = 3;
		scan = scan_new(&o.w.env, &c, 0);
		scan_helo(scan, STR("client.test"));
		for (int k = 0; k < i / 2; k++)
			loop_turn(o.w.loop, 5);
		scan_free(scan);
		loop_turn(o.w.loop, 5);
		assert_int_equal(board_count(o.cell, BOARD_FAILED), 0);
		outside_close(&o);
	}
	serve_stop(&s);
}

/* ---- pauses ---- */

static enum check_step pausing(struct scan *s, void *state, const void *config)
{
	uint64_t ms = of(s)->timeout_ms;
	bool a = scan_pause(s, STR("a"), ms), b = scan_pause(s, STR("b"), ms * 2);

	(void)state;
	(void)config;
	of(s)->runs++;
	return a && b && scan_pause(s, STR("c"), ms) ? CHECK_DONE : CHECK_WAIT;
}

static const struct check pauser = {
	.abi = CHECK_ABI, .name = "pauser", .stage = SCAN_EOM, .run = pausing
};
static const struct check *const pausers[] = { &pauser, NULL };

static void test_pause(void **state)
{
	static const struct {
		uint64_t ms;
		unsigned flags, least, most, runs;
	} t[] = {
		{ 40, 0, 115, 5000, 4 },
		{ 0, 0, 0, 5000, 4 },
		{ 60000, 0, 950, 10000, 2 }, /* the deadline is before it */
		{ 60000, SCAN_F_LOCAL, 0, 10000, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		uint64_t began = clock_mono_ms();
		struct outside o;

		outside_open(&o, pausers, "scan { deadline = 1s }\n");
		o.timeout_ms = t[i].ms;
		scan_free(message(&o, t[i].flags));
		assert_in_range(clock_mono_ms() - began, t[i].least, t[i].most);
		assert_in_range(o.runs, 1, t[i].runs);
		outside_close(&o);
	}
}

static void test_pause_gone(void **state)
{
	struct scan_client c = { .profile = STR("inbound") };
	struct outside o;
	struct scan *s;

	(void)state;
	outside_open(&o, pausers, "");
	o.timeout_ms = 20;
	s = scan_new(&o.w.env, &c, 0);
	scan_eom(s, world_done, &o);
	scan_free(s);
	for (int i = 0; i < 3; i++)
		loop_turn(o.w.loop, 50);
	assert_int_equal(o.w.done, 0);
	outside_close(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),	   cmocka_unit_test(test_breaker),
		cmocka_unit_test(test_gone),	   cmocka_unit_test(test_pause),
		cmocka_unit_test(test_pause_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
