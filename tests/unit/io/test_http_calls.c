/* Many requests: connections kept, names, guards, limits on their number, cancelling. */
#include "io/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lib/serve.h"
#include "lib/test.h"
#include "lib/zone_resolver.h"

#define MAX 8

/* A process with a resolver over a zone. */
struct world {
	struct loop *loop;
	struct zone *zone;
	struct resolver *resolver;
	struct http *http;
	struct arena *a;
	unsigned told, sent;
	struct http_call *call[MAX];
	struct http_reply reply[MAX];
};

static void world_open(struct world *w, const char *zone)
{
	*w = (struct world){ .loop = loop_new(), .zone = zone_new(), .a = arena_new(0) };
	zone_text(w->zone, zone);
	w->resolver = zone_resolver_new(
		w->loop, &(struct zone_resolver_config){ .zone = w->zone, .timeout_ms = 60000 });
	w->http = http_new(w->loop, w->resolver);
}

static void world_close(struct world *w)
{
	http_free(w->http);
	resolver_free(w->resolver);
	loop_free(w->loop);
	zone_free(w->zone);
	arena_free(w->a);
}

struct slot {
	struct world *w;
	unsigned n;
};

static void tell(void *arg, const struct http_reply *r)
{
	struct slot *s = arg;

	s->w->reply[s->n] = http_reply_keep(s->w->a, r);
	s->w->call[s->n] = NULL;
	s->w->told++;
}

static struct http_request get(struct world *w, const char *host, uint16_t port)
{
	return (struct http_request){ .method = "GET",
				      .url = arena_printf(w->a, "http://%s:%u/", host, port),
				      .timeout_ms = 20000,
				      .max_octets = 1000 };
}

static void send_one(struct world *w, const struct http_request *r)
{
	struct slot *s = ARENA_NEW(w->a, struct slot);
	unsigned before = w->told;

	assert_in_range(w->sent, 0, MAX - 1);
	*s = (struct slot){ w, w->sent++ };
	w->call[s->n] = http_send(w->http, r, tell, s);
	assert_non_null(w->call[s->n]);
	assert_int_equal(w->told, before);
}

static void wait_told(struct world *w, unsigned n)
{
	uint64_t until = clock_mono_ms() + 20000;

	while (w->told < n && clock_mono_ms() < until)
		loop_turn(w->loop, 100);
	assert_int_equal(w->told, n);
}

/* Says which connection and which request of it this is, and what was asked. */
static void echo(int fd, unsigned n, void *arg)
{
	char head[8192], body[9000];

	(void)arg;
	for (unsigned k = 0; serve_read(fd, head, sizeof head, "\r\n\r\n"); k++) {
		char text[9100];
		int len = snprintf(body, sizeof body, "%u %u %s", n, k, head);

		snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len,
			 body);
		serve_say(fd, text);
	}
}

static void silent(int fd, unsigned n, void *arg)
{
	(void)fd;
	(void)n;
	(void)arg;
	pause();
}

/* One connection for what follows one another; a guarded one has its own. */
static bool any(void *arg, const struct ip *ip)
{
	(void)ip;
	++*(unsigned *)arg;
	return true;
}

static void test_reuse(void **state)
{
	static const struct {
		bool guarded;
		const char *begins;
	} t[] = { { false, "0 0 GET / " }, { false, "0 1 GET / " }, { false, "0 2 GET / " },
		  { true, "1 0 GET / " },  { true, "2 0 GET / " },  { false, "0 3 GET / " } };
	struct serve s = serve_tcp(echo, NULL);
	unsigned asked = 0;
	struct world w;

	(void)state;
	world_open(&w, "");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct http_request r = get(&w, "127.0.0.1", s.port);
		struct http_reply reply;

		if (t[i].guarded) {
			r.may_connect = any;
			r.arg = &asked;
		}
		reply = http_wait(w.http, w.a, &r);
		assert_int_equal(reply.outcome, HTTP_OK);
		if (!str_starts(reply.body, str_c(t[i].begins)))
			fail_msg("row %zu: %.*s", i, STR_ARG(reply.body));
	}
	assert_int_equal(asked, 4); /* when it is found, and when it is connected to */
	world_close(&w);
	serve_stop(&s);
}

/* What is sent, to the octet. */
static void test_request(void **state)
{
	static const struct str header[] = { { "X-One: 1", 8 }, { "User-Agent: us", 14 } };
	struct serve s = serve_unix(echo, NULL);
	struct world w;
	struct http_request r;
	struct http_reply reply;

	(void)state;
	world_open(&w, "");
	r = get(&w, "good.test", 80);
	r.method = "POST";
	r.url = STR("http://good.test/a%20b/../c?d=e#f");
	r.unix_path = str_c(s.path);
	r.body = STR("0\r\n\r\n");
	r.header = header;
	r.nheaders = 2;
	r.decode = true;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	reply = http_wait(w.http, w.a, &r);
	unsetenv("http_proxy");
	assert_int_equal(reply.outcome, HTTP_OK);
	assert_str(reply.body,
		   "0 0 POST /c?d=e HTTP/1.1\r\nHost: good.test\r\nAccept: */*\r\n"
		   "Accept-Encoding: gzip, deflate\r\nX-One: 1\r\nUser-Agent: us\r\n"
		   "Content-Length: 5\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n");
	world_close(&w);
	serve_stop(&s);
}

static const char zone[] = "good.test A 127.0.0.1\n"
			   "six.test AAAA ::1\n"
			   "mapped.test AAAA ::ffff:127.0.0.1\n"
			   "both.test A 127.0.0.1\n"
			   "both.test AAAA ::1\n"
			   "second.test A 127.9.9.9\n"
			   "second.test A 127.0.0.1\n"
			   "text.test TXT \"nothing\"\n"
			   "alias.test CNAME good.test\n";

static bool not_loopback(void *arg, const struct ip *ip)
{
	(void)arg;
	return !ip_is_loopback(ip);
}

static bool only_one(void *arg, const struct ip *ip)
{
	(void)arg;
	return ip->family == 4 && ip->b[1] == 0;
}

/* libcurl would resolve in a thread. */
static unsigned threads(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/task", &st), 0);
	return (unsigned)st.st_nlink - 2;
}

static void test_names(void **state)
{
	static const struct {
		const char *host;
		bool (*may)(void *arg, const struct ip *ip);
		enum http_outcome outcome;
	} t[] = {
		{ "good.test", NULL, HTTP_OK },
		{ "GOOD.Test.", NULL, HTTP_OK },
		{ "alias.test", NULL, HTTP_OK },
		{ "mapped.test", NULL, HTTP_OK },
		{ "both.test", NULL, HTTP_OK },
		{ "second.test", NULL, HTTP_OK },
		{ "second.test", only_one, HTTP_OK },
		{ "localhost", NULL, HTTP_OK },
		{ "six.test", NULL, HTTP_UNREACHABLE }, /* the server listens on v4 */
		{ "text.test", NULL, HTTP_UNREACHABLE },
		{ "nowhere.test", NULL, HTTP_UNREACHABLE },
		{ "good.test", not_loopback, HTTP_FORBIDDEN },
		{ "mapped.test", not_loopback, HTTP_FORBIDDEN },
		{ "both.test", not_loopback, HTTP_FORBIDDEN },
		{ "localhost", not_loopback, HTTP_FORBIDDEN },
		{ "127.0.0.1", not_loopback, HTTP_FORBIDDEN },
		{ "2130706433", not_loopback, HTTP_FORBIDDEN },
		{ "0x7f.1", not_loopback, HTTP_FORBIDDEN },
		{ "0177.0.0.1", not_loopback, HTTP_FORBIDDEN },
		{ "[::1]", not_loopback, HTTP_FORBIDDEN },
		{ "[::ffff:127.0.0.1]", not_loopback, HTTP_FORBIDDEN },
		{ "six.test", only_one, HTTP_FORBIDDEN },
	};
	struct serve s = serve_tcp(echo, NULL);
	struct world w;

	(void)state;
	world_open(&w, zone);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct http_request r = get(&w, t[i].host, s.port);
		struct http_reply reply;

		r.may_connect = t[i].may;
		reply = http_wait(w.http, w.a, &r);
		if (reply.outcome != t[i].outcome)
			fail_msg("%s: %s %.*s", t[i].host, http_word(reply.outcome),
				 STR_ARG(reply.why));
		assert_int_equal(reply.status, t[i].outcome == HTTP_OK ? 200 : 0);
		assert_int_equal(reply.sent, t[i].outcome == HTTP_OK);
		assert_int_equal(threads(), 1);
	}
	world_close(&w);
	serve_stop(&s);
}

static void test_six(void **state)
{
	static const char *const host[] = { "six.test", "both.test", "[::1]", "ip6-loopback" };
	struct serve s = serve_tcp6(echo, NULL);
	struct world w;

	(void)state;
	world_open(&w, zone);
	for (size_t i = 0; i < 3; i++) {
		struct http_request r = get(&w, host[i], s.port);

		assert_int_equal(http_wait(w.http, w.a, &r).outcome, HTTP_OK);
	}
	world_close(&w);
	serve_stop(&s);
}

static void test_urls(void **state)
{
	static const struct {
		const char *url;
		bool good;
	} t[] = {
		{ "http://a.test/", true },
		{ "https://a.test:8443/x?y", true },
		{ "HTTP://192.0.2.1", true },
		{ "http://[2001:db8::1]:80/", true },
		{ "http://a_b.test/", true },
		{ "", false },
		{ "a.test", false },
		{ "/x", false },
		{ "//a.test/", false },
		{ "ftp://a.test/", false },
		{ "file:///etc/passwd", false },
		{ "gopher://a.test/", false },
		{ "javascript:alert(1)", false },
		{ "http://", false },
		{ "http:/a.test/", false },
		{ "http:a.test/", false },
		{ "http:////a.test/", false },
		{ "http://\\a.test/", false },
		{ "http://a.test\\@b.test/", false },
		{ "http:///x", false },
		{ "http://.", false },
		{ "http://user@a.test/", false },
		{ "http://user:word@a.test/", false },
		{ "http://@a.test/", false },
		{ "http://a.test:0/", false },
		{ "http://a.test:65536/", false },
		{ "http://a.test:x/", false },
		{ "http://a.test/\r\nX: y", false },
		{ "http://a.test/ b", false },
		{ "http://a.test/\303\244", false },
		{ "http://\303\244.test/", false },
		{ "http://a%00b.test/", false },
		{ "http://a%2fb.test/", false },
		{ "http://a,b.test/", false },
		{ "http://a:b:c/", false },
		{ "http://[::1", false },
		{ "http://[fe80::1%25eth0]/", false },
		{ "http://[v1.x]/", false },
	};
	char why[200], big[9000];
	struct world w;

	(void)state;
	world_open(&w, "");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct http_request r = get(&w, "a.test", 80);

		if (http_url_ok(str_c(t[i].url), why, sizeof why) != t[i].good)
			fail_msg("%s: %s", t[i].url, t[i].good ? why : "taken");
		assert_int_equal(why[0] == '\0', t[i].good);
		r.url = str_c(t[i].url);
		if (!t[i].good)
			assert_int_equal(http_wait(w.http, w.a, &r).outcome, HTTP_FORBIDDEN);
	}
	assert_false(http_url_ok(STR("http://a.test/\0"), why, sizeof why));
	memset(big, 'x', sizeof big);
	memcpy(big, "http://a.test/", 14);
	assert_true(http_url_ok(str_of(big, 8192), why, sizeof why));
	assert_false(http_url_ok(str_of(big, 8193), why, sizeof why));
	memset(big + 7, 'a', 254);
	assert_false(http_url_ok(str_of(big, 7 + 254), why, sizeof why));
	world_close(&w);
}

static void test_bad_requests(void **state)
{
	static const struct {
		const char *method, *header;
	} t[] = { { "CONNECT", "X: y" },
		  { "GET\r\nX: y", "X: y" },
		  { "GET", "X: y\r\nZ: z" },
		  { "GET", "no colon" },
		  { "GET", "" } };
	struct world w;

	(void)state;
	world_open(&w, "");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct http_request r = get(&w, "127.0.0.1", 1);
		struct str header = str_c(t[i].header);

		r.method = t[i].method;
		r.header = &header;
		r.nheaders = 1;
		assert_int_equal(http_wait(w.http, w.a, &r).outcome, HTTP_FORBIDDEN);
	}
	world_close(&w);
}

/* Two of a label at a time; of another label, and without, any. */
static void test_busy(void **state)
{
	struct serve s = serve_tcp(silent, NULL);
	struct http_request r;
	struct world w;

	(void)state;
	world_open(&w, "");
	r = get(&w, "127.0.0.1", s.port);
	r.label = STR("llm");
	r.max_inflight = 2;
	for (int i = 0; i < 3; i++)
		send_one(&w, &r);
	r.label = STR("other");
	send_one(&w, &r);
	r.label = STR_NULL;
	send_one(&w, &r);
	wait_told(&w, 1);
	assert_int_equal(w.reply[2].outcome, HTTP_BUSY);
	http_cancel(w.call[0]);
	r.label = STR("llm");
	send_one(&w, &r);
	loop_turn(w.loop, 20);
	assert_int_equal(w.told, 1);
	world_close(&w); /* with calls under way */
	serve_stop(&s);
}

static void test_nobody(void **state)
{
	struct http_request r;
	struct world w;

	(void)state;
	world_open(&w, "");
	r = get(&w, "127.0.0.1", serve_nobody());
	assert_int_equal(http_wait(w.http, w.a, &r).outcome, HTTP_UNREACHABLE);
	r.unix_path = STR("/nonexistent/socket");
	assert_int_equal(http_wait(w.http, w.a, &r).outcome, HTTP_UNREACHABLE);
	world_close(&w);
}

/* A name whose server does not answer costs the time of the request, and no more. */
static void test_slow_name(void **state)
{
	struct http_request r;
	struct http_reply reply;
	struct world w;

	(void)state;
	world_open(&w, "slow.test DELAY 5000\nslow.test A 127.0.0.1\n");
	r = get(&w, "slow.test", 80);
	r.timeout_ms = 200;
	reply = http_wait(w.http, w.a, &r);
	assert_int_equal(reply.outcome, HTTP_TIMEOUT);
	assert_in_range(reply.ms, 195, 4000);
	world_close(&w);
}

/* After any number of turns: while it is resolved, connected, sent, answered. */
static void test_cancel(void **state)
{
	struct serve s = serve_tcp(echo, NULL);

	(void)state;
	http_cancel(NULL);
	for (int turns = 0; turns < 12; turns++) {
		struct http_request r;
		struct world w;

		world_open(&w, "good.test A 127.0.0.1\n");
		r = get(&w, "good.test", s.port);
		send_one(&w, &r);
		for (int i = 0; i < turns; i++)
			loop_turn(w.loop, 5);
		if (w.call[0]) {
			http_cancel(w.call[0]);
			for (int i = 0; i < 3; i++)
				loop_turn(w.loop, 5);
			assert_int_equal(w.told, 0);
		}
		world_close(&w);
	}
	serve_stop(&s);
}

/* Whoever is told first cancels the other, or takes the whole client down. */
struct trap {
	struct world *w;
	struct http_call *call[2];
	unsigned told;
	bool free;
};

struct leg {
	struct trap *trap;
	unsigned other;
};

static void spring(void *arg, const struct http_reply *r)
{
	struct leg *leg = arg;
	struct trap *t = leg->trap;

	t->told++;
	assert_true(r->why.n > 0); /* still there */
	if (t->free) {
		http_free(t->w->http);
		t->w->http = NULL;
	} else {
		http_cancel(t->call[leg->other]);
	}
	assert_true(r->why.n > 0);
}

static void test_cancel_inside(void **state)
{
	/* of both calls: refused before anything is sent, by the kernel, by time; or under way */
	static const char *const first[] = { "http://user@a.test/", "refused", "silent" },
				 *const second[] = { "http://user@a.test/", "refused", "silent" };
	struct serve s = serve_tcp(silent, NULL);

	(void)state;
	for (unsigned i = 0; i < 18; i++) {
		struct trap t = { .free = i & 1 };
		struct leg leg[2] = { { &t, 1 }, { &t, 0 } };
		const char *what[] = { first[i / 2 % 3], second[i / 6] };
		struct world w;

		world_open(&w, "");
		t.w = &w;
		for (int k = 0; k < 2; k++) {
			bool silence = strcmp(what[k], "silent") == 0;
			struct http_request r =
				get(&w, "127.0.0.1", silence ? s.port : serve_nobody());
			if (strncmp(what[k], "http", 4) == 0)
				r.url = str_c(what[k]);
			r.timeout_ms = silence ? 50 : 20000;
			t.call[k] = http_send(w.http, &r, spring, &leg[k]);
		}
		while (!t.told)
			loop_turn(w.loop, 50);
		for (int k = 0; k < 3; k++)
			loop_turn(w.loop, 5);
		assert_int_equal(t.told, 1);
		world_close(&w);
	}
	serve_stop(&s);
}

/* Octets of gzip that say 100 000 times "x", and those of a short text. */
static void bomb(int fd, unsigned n, void *arg)
{
	const struct str *gzip = arg;
	char head[4096];

	(void)n;
	serve_read(fd, head, sizeof head, "\r\n\r\n");
	serve_say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
	serve_write(fd, gzip->p, gzip->n);
}

static struct str gzip(struct arena *a, const char *unit, unsigned times)
{
	struct buf in = { .arena = a };
	z_stream z = { 0 };
	char *out;

	for (unsigned i = 0; i < times; i++)
		buf_add(&in, str_c(unit));
	out = arena_alloc(a, in.n + 1000);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)(in.n + 1000);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return str_of(out, z.total_out);
}

static void test_decode(void **state)
{
	static const struct {
		const char *unit;
		unsigned times;
		bool decode, spoil;
		enum http_outcome outcome;
		size_t n;
	} t[] = {
		{ "hello", 1, true, false, HTTP_OK, 5 },
		{ "x", 1000, true, false, HTTP_OK, 1000 },
		{ "x", 1001, true, false, HTTP_TOO_LARGE, 0 },
		{ "x", 10000000, true, false, HTTP_TOO_LARGE, 0 },
		{ "hello", 1, true, true, HTTP_GARBAGE, 0 },
		{ "hello", 1, false, false, HTTP_OK, 25 }, /* nobody asked for it */
	};
	struct world w;

	(void)state;
	world_open(&w, "");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct str octets = gzip(w.a, t[i].unit, t[i].times);
		struct serve s;
		struct http_request r;
		struct http_reply reply;

		if (t[i].spoil)
			octets = STR("\037\213\010 and what is no gzip at all");
		s = serve_tcp(bomb, &octets);
		r = get(&w, "127.0.0.1", s.port);
		r.decode = t[i].decode;
		reply = http_wait(w.http, w.a, &r);
		if (reply.outcome != t[i].outcome)
			fail_msg("row %zu: %s %.*s", i, http_word(reply.outcome),
				 STR_ARG(reply.why));
		if (reply.outcome == HTTP_OK)
			assert_int_equal(reply.body.n, t[i].n);
		serve_stop(&s);
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reuse),	      cmocka_unit_test(test_request),
		cmocka_unit_test(test_names),	      cmocka_unit_test(test_six),
		cmocka_unit_test(test_urls),	      cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_busy),	      cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_slow_name),     cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_inside), cmocka_unit_test(test_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
