/* HTTP requests against servers that do and do not behave. */
#include "io/http.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/serve.h"
#include "lib/test.h"

#define OK "HTTP/1.1 200 OK\r\n"

/* What the server says to every request; where it needs code, a function. */
struct script {
	const char *say; /* all of it, then it closes */
	void (*act)(int fd);
};

static void forever(int fd)
{
	(void)fd;
	for (;;)
		pause();
}

static void one_a_second(int fd)
{
	serve_say(fd, OK "Content-Length: 1000\r\n\r\n");
	for (;;) {
		serve_say(fd, "x");
		sleep(1);
	}
}

static void one_a_second_in_header(int fd)
{
	serve_say(fd, OK);
	for (;;) {
		serve_say(fd, "x");
		sleep(1);
	}
}

static void endless_body(int fd)
{
	char block[4096];

	memset(block, 'x', sizeof block);
	serve_say(fd, OK "\r\n");
	for (int i = 0; i < 1 << 18; i++)
		serve_write(fd, block, sizeof block);
}

static void endless_header(int fd)
{
	serve_say(fd, OK);
	for (int i = 0; i < 1 << 20; i++)
		serve_say(fd, "X-More: and more\r\n");
}

static void endless_line(int fd)
{
	serve_say(fd, OK "X-More: ");
	for (int i = 0; i < 1 << 20; i++)
		serve_say(fd, "and more and more");
}

static void endless_continue(int fd)
{
	for (int i = 0; i < 1 << 20; i++)
		serve_say(fd, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void speak(int fd, unsigned n, void *arg)
{
	const struct script *s = arg;
	char head[4096];

	(void)n;
	if (!serve_read(fd, head, sizeof head, "\r\n\r\n"))
		return;
	if (s->say)
		serve_say(fd, s->say);
	else
		s->act(fd);
}

static struct http_reply ask(struct http *h, struct arena *a, uint16_t port, struct http_request r)
{
	if (!r.url.n)
		r.url = arena_printf(a, "http://127.0.0.1:%u/a?b", port);
	if (!r.method)
		r.method = "GET";
	if (!r.timeout_ms)
		r.timeout_ms = 20000;
	if (!r.max_octets)
		r.max_octets = 1000;
	return http_wait(h, a, &r);
}

static void test_replies(void **state)
{
	static const struct {
		struct script script;
		uint64_t timeout_ms;
		enum http_outcome outcome;
		unsigned status;
		const char *body, *method;
		size_t max;
		bool cut;
	} t[] = {
		{ { OK "Content-Length: 5\r\n\r\nhello" }, .status = 200, .body = "hello" },
		{ { OK "\r\nuntil closed" }, .status = 200, .body = "until closed" },
		{ { OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n" },
		  .status = 200,
		  .body = "hello world" },
		{ { OK "Content-Length: 0\r\n\r\n" }, .status = 200, .body = "" },
		{ { "HTTP/1.1 100 Continue\r\nETag: no\r\n\r\n" OK "Content-Length: 2\r\n\r\nok" },
		  .status = 200,
		  .body = "ok" },
		{ { "HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nsome" },
		  .status = 500,
		  .body = "some" },
		{ { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: "
		    "0\r\n\r\n" },
		  .status = 302,
		  .body = "" },
		{ { OK "Content-Length: 99999999\r\n\r\n" },
		  .method = "HEAD",
		  .status = 200,
		  .body = "" },
		{ { OK "Content-Length: 10\r\n\r\n0123456789" },
		  .max = 10,
		  .status = 200,
		  .body = "0123456789" },
		{ { OK "Content-Length: 11\r\n\r\n0123456789X" },
		  .max = 10,
		  .outcome = HTTP_TOO_LARGE },
		{ { OK "Content-Length: 11\r\n\r\n0123456789X" },
		  .max = 10,
		  .cut = true,
		  .status = 200,
		  .body = "0123456789" },
		{ { .act = endless_body }, .outcome = HTTP_TOO_LARGE },
		{ { .act = endless_body }, .max = 3, .cut = true, .status = 200, .body = "xxx" },
		{ { .act = endless_header }, .outcome = HTTP_TOO_LARGE },
		{ { .act = endless_line }, .outcome = HTTP_TOO_LARGE },
		{ { .act = endless_continue }, .outcome = HTTP_TOO_LARGE },
		{ { .act = forever }, .timeout_ms = 300, .outcome = HTTP_TIMEOUT },
		{ { .act = one_a_second }, .timeout_ms = 300, .outcome = HTTP_TIMEOUT },
		{ { .act = one_a_second_in_header }, .timeout_ms = 300, .outcome = HTTP_TIMEOUT },
		{ { "" }, .outcome = HTTP_UNREACHABLE },
		{ { "\001\002\377 what\r\n" }, .outcome = HTTP_GARBAGE },
		{ { "220 mail.example ESMTP\r\n" }, .outcome = HTTP_GARBAGE },
		{ { "HTTP/1.1 what\r\n\r\n" }, .outcome = HTTP_GARBAGE },
		{ { OK "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n" },
		  .outcome = HTTP_GARBAGE },
		{ { OK "Content-Length: 10\r\n\r\nshort" }, .outcome = HTTP_UNREACHABLE },
	};
	struct loop *l = loop_new();
	struct http *h = http_new(l, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct script script = t[i].script;
		struct serve s = serve_tcp(speak, &script);
		struct arena *a = arena_new(0);
		struct http_reply r = ask(h, a, s.port,
					  (struct http_request){ .method = t[i].method,
								 .timeout_ms = t[i].timeout_ms,
								 .max_octets = t[i].max,
								 .cut = t[i].cut });

		if (r.outcome != t[i].outcome)
			fail_msg("row %zu: %s %.*s", i, http_word(r.outcome), STR_ARG(r.why));
		if (r.outcome == HTTP_OK) {
			assert_int_equal(r.status, t[i].status);
			assert_str(r.body, t[i].body);
			assert_int_equal(r.etag.n, 0);
		}
		assert_int_equal(r.why.n == 0, r.outcome == HTTP_OK);
		assert_true(r.sent);
		arena_free(a);
		serve_stop(&s);
	}
	http_free(h);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
