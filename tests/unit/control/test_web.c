/* Pages by HTTP: to whom, by which method, and what else a client can do. */
#include "control/web.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "io/loop.h"
#include "lib/test.h"

static void make(void *arg, struct arena *a, struct web_answer *out)
{
	unsigned *n = arg;

	out->body = arena_printf(a, "page %u\n", ++*n);
}

static const struct web_page pages[] = { { "/page", make }, { 0 } };

struct bed {
	struct arena *a;
	struct loop *loop;
	struct web *web;
	unsigned made;
	struct sockaddr_storage at;
	socklen_t len;
};

static void on_fault(void *arg, const char *line)
{
	const char **fault = arg;

	*fault = strdup(line);
}

static const struct conf *conf_of(struct arena *a, const char *value, const char **fault)
{
	static const struct conf_opt *const tables[] = { metrics_options, NULL };
	struct str text = arena_printf(a, "metrics { listen = \"%s\" }\n", value);

	return conf_load_text(a, "test.conf", text, tables, on_fault, fault);
}

/* A port that was free a moment ago. */
static unsigned free_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	close(fd);
	return ntohs(in.sin_port);
}

static void open_bed(struct bed *b)
{
	const char *fault = NULL;
	struct err e;
	int fd;

	*b = (struct bed){ .a = arena_new(0), .loop = loop_new() };
	assert_int_equal(
		web_bind(conf_of(b->a, arena_printf(b->a, "127.0.0.1:%u", free_port()).p, &fault),
			 &fd, &e),
		0);
	b->len = sizeof b->at;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&b->at, &b->len), 0);
	b->web = web_new(b->loop, fd, pages, &b->made, &e);
	assert_non_null(b->web);
}

static void close_bed(struct bed *b)
{
	web_free(b->web);
	loop_free(b->loop);
	arena_free(b->a);
}

static int dial(const struct bed *b)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&b->at, b->len), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* What comes back until it is closed, or nothing came for a while. */
static struct str reply(struct bed *b, int fd)
{
	uint64_t until = clock_mono_ms() + 3000;
	struct buf in = { .arena = b->a };
	char part[4096];
	ssize_t n = -1;

	while (n != 0 && clock_mono_ms() < until) {
		loop_turn(b->loop, 10);
		n = read(fd, part, sizeof part);
		if (n > 0)
			buf_add(&in, str_of(part, (size_t)n));
	}
	close(fd);
	return buf_str(&in);
}

static struct str ask(struct bed *b, const char *request)
{
	int fd = dial(b);

	assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	return reply(b, fd);
}

static bool ends(struct str s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n && str_eq(str_skip(s, s.n - n), str_c(end));
}

static void test_requests(void **state)
{
	static const struct {
		const char *request, *status, *end;
		bool made;
	} t[] = {
		{ "GET /page HTTP/1.0\r\n\r\n", "200", "page 1\n", true },
		{ "GET /page HTTP/1.1\r\nHost: 127.0.0.1:8892\r\nConnection: close\r\n\r\n", "200",
		  "page 2\n", true },
		{ "GET /page?x=y HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "200",
		  "page 3\n", true },
		{ "GET /page HTTP/1.1\r\nHost: [::1]:8892\r\nConnection: close\r\n\r\n", "200",
		  "page 4\n", true },
		{ "GET /page HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n", "200",
		  "page 5\n", true },
		{ "HEAD /page HTTP/1.0\r\n\r\n", "200", "\r\n\r\n", true },
		{ "GET /page HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "403",
		  "not for other hosts\n", false },
		{ "GET /page HTTP/1.1\r\nHost: 127.0.0.1.evil.example:80\r\nConnection: "
		  "close\r\n\r\n",
		  "403", "not for other hosts\n", false },
		{ "GET /page HTTP/1.1\r\nHost: 192.0.2.1\r\nConnection: close\r\n\r\n", "403",
		  "not for other hosts\n", false },
		{ "GET / HTTP/1.0\r\n\r\n", "404", "no such page\n", false },
		{ "GET /page/ HTTP/1.0\r\n\r\n", "404", "no such page\n", false },
		{ "GET /../page HTTP/1.0\r\n\r\n", "404", "no such page\n", false },
		{ "DELETE /page HTTP/1.0\r\n\r\n", "405", "GET or HEAD\n", false },
		{ "POST /page HTTP/1.0\r\nContent-Length: 3\r\n\r\nx=1", "405", "GET or HEAD\n",
		  false },
	};
	struct bed b;

	(void)state;
	open_bed(&b);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		unsigned before = b.made;
		struct str got = ask(&b, t[i].request);
		if (got.n < 12 || !str_eq(str_sub(got, 9, 3), str_c(t[i].status)) ||
		    !ends(got, t[i].end) || (b.made != before) != t[i].made)
			fail_msg("%s: %.*s", t[i].request, STR_ARG(got));
	}
	close_bed(&b);
}

/* A header without an end, and more clients than it takes, cost a bounded amount and nobody else's
 * answer. */
static void test_rude(void **state)
{
	enum { CLIENTS = 100 };
	struct bed b;
	int fd[CLIENTS], endless;
	char line[1000];
	ssize_t sent = 1;

	(void)state;
	open_bed(&b);
	endless = dial(&b);
	memset(line, 'x', sizeof line);
	assert_true(write(endless, "GET /page HTTP/1.0\r\nX: ", 23) == 23);
	for (size_t i = 0; i < 200 && sent > 0; i++) {
		sent = send(endless, line, sizeof line, MSG_NOSIGNAL);
		loop_turn(b.loop, 1);
	}
	close(endless);
	for (size_t i = 0; i < CLIENTS; i++) {
		fd[i] = dial(&b);
		for (size_t k = 0; k < 3; k++) /* not all of them wait in the backlog */
			loop_turn(b.loop, 1);
	}
	for (size_t i = 0; i < CLIENTS; i++)
		close(fd[i]);
	assert_true(ends(ask(&b, "GET /page HTTP/1.0\r\n\r\n"), "page 1\n"));
	close_bed(&b);
}

static void test_listen(void **state)
{
	static const struct {
		const char *value;
		bool good;
	} t[] = {
		{ "", true },
		{ "127.0.0.1:8892", true },
		{ "127.1.2.3:1", true },
		{ "[::1]:8892", true },
		{ "0.0.0.0:8892", false },
		{ "192.0.2.1:80", false },
		{ "[::]:8892", false },
		{ "localhost:80", false },
		{ "127.0.0.1", false },
		{ "127.0.0.1:", false },
		{ "127.0.0.1:0", false },
		{ "127.0.0.1:65536", false },
		{ "[2001:db8::1]:1", false },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const char *fault = NULL;
		bool good = conf_of(a, t[i].value, &fault) != NULL;
		if (good != t[i].good || (!good && !strstr(fault, "test.conf:1: metrics.listen")))
			fail_msg("%s: %s", t[i].value, fault ? fault : "good");
		free((char *)(uintptr_t)fault);
	}
	arena_free(a);
}

/* In use by another: said, with where it is asked for. */
static void test_taken(void **state)
{
	struct bed b;
	const char *fault = NULL;
	struct err e;
	unsigned port;
	int fd;

	(void)state;
	open_bed(&b);
	port = ntohs(((struct sockaddr_in *)&b.at)->sin_port);
	assert_int_equal(
		web_bind(conf_of(b.a, arena_printf(b.a, "127.0.0.1:%u", port).p, &fault), &fd, &e),
		-1);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(e.text, "test.conf:1: metrics.listen: cannot listen at 127.0.0.1"));
	close_bed(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_rude),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
