/* Exchanges over byte streams: whole and not, early and late, too much, cancelled. */
#include "io/stream.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/serve.h"
#include "lib/test.h"

#define REPLY "stream: OK\n"

/* What the server does; after it has read the question up to its NUL, except where said. */
enum mode {
	ANSWER,
	SPLIT,	     /* an octet at a time, each in a packet of its own */
	EARLY,	     /* answers and closes without reading */
	SILENT,	     /* never answers */
	DRIP,	     /* an octet every 50 ms, for ever */
	ENDLESS,     /* never stops */
	SHORT,	     /* closes before it is whole */
	NOTHING,     /* closes at once */
	WRONG,	     /* garbage */
	MORE_BEHIND, /* a whole reply, and the connection stays open */
};

static void drip(int fd)
{
	for (;;) {
		serve_say(fd, "x");
		usleep(50000);
	}
}

static void endless(int fd)
{
	char block[4096];

	memset(block, 'x', sizeof block);
	for (int i = 0; i < 100000; i++)
		serve_write(fd, block, sizeof block);
}

static void speak(int fd, unsigned n, void *arg)
{
	enum mode mode = *(enum mode *)arg;
	char question[64];

	(void)n;
	if (mode == EARLY || mode == NOTHING) {
		serve_say(fd, mode == EARLY ? REPLY : "");
		return;
	}
	while (serve_read(fd, question, sizeof question, "\001") == sizeof question - 1)
		;
	switch (mode) {
	case ANSWER:
	case MORE_BEHIND:
		serve_say(fd, REPLY);
		if (mode == MORE_BEHIND)
			pause();
		return;
	case SPLIT:
		for (const char *p = REPLY; *p; p++) {
			serve_write(fd, p, 1);
			usleep(2000);
		}
		return;
	case SILENT:
		pause();
		return;
	case DRIP:
		drip(fd);
		return;
	case ENDLESS:
		endless(fd);
		return;
	case SHORT:
		serve_say(fd, "stream:");
		return;
	case WRONG:
		serve_say(fd, "!what");
		pause();
		return;
	default:
		return;
	}
}

static int whole(struct str s)
{
	if (s.n && s.p[0] == '!')
		return -1;
	return s.n && s.p[s.n - 1] == '\n';
}

struct told {
	unsigned n;
	struct stream_reply reply;
	char text[64];
};

static void tell(void *arg, const struct stream_reply *r)
{
	struct told *t = arg;
	size_t n = r->octets.n < sizeof t->text ? r->octets.n : sizeof t->text - 1;

	t->n++;
	t->reply = *r;
	memcpy(t->text, r->octets.p, n);
	t->text[n] = '\0';
}

/* The question: small pieces, an empty one, and a large one that no socket takes at once. */
static size_t question(struct str *piece, bool large)
{
	static char block[4 << 20];
	size_t n = 0;

	memset(block, 'q', sizeof block);
	piece[n++] = STR("zINSTREAM");
	piece[n++] = STR_NULL;
	if (large)
		piece[n++] = str_of(block, sizeof block);
	for (int i = 0; i < 40; i++)
		piece[n++] = STR("piece");
	piece[n++] = STR("\001");
	return n;
}

static struct stream_address address_of(const struct serve *s)
{
	struct stream_address to = { .port = s->port };

	if (s->path[0])
		to.path = str_c(s->path);
	else
		assert_true(ip_parse(STR("127.0.0.1"), &to.ip));
	return to;
}

static void test_modes(void **state)
{
	static const struct {
		enum mode mode;
		bool large, until_closed;
		size_t max;
		enum stream_outcome outcome;
		const char *text;
	} t[] = {
		{ ANSWER, false, false, 100, STREAM_OK, REPLY },
		{ ANSWER, true, false, 100, STREAM_OK, REPLY },
		{ ANSWER, false, true, 100, STREAM_OK, REPLY },
		{ ANSWER, false, false, sizeof REPLY - 1, STREAM_OK, REPLY },
		{ ANSWER, false, false, sizeof REPLY - 2, STREAM_TOO_LARGE, NULL },
		{ SPLIT, false, false, 100, STREAM_OK, REPLY },
		{ EARLY, true, false, 100, STREAM_OK, REPLY },
		{ MORE_BEHIND, false, false, 100, STREAM_OK, REPLY },
		{ SILENT, false, false, 100, STREAM_TIMEOUT, "" },
		{ DRIP, false, false, 1000, STREAM_TIMEOUT, NULL },
		{ ENDLESS, false, false, 10000, STREAM_TOO_LARGE, NULL },
		{ ENDLESS, false, true, 10000, STREAM_TOO_LARGE, NULL },
		{ SHORT, false, false, 100, STREAM_UNREACHABLE, NULL },
		{ NOTHING, false, false, 100, STREAM_UNREACHABLE, "" },
		{ NOTHING, true, true, 100, STREAM_UNREACHABLE, "" },
		{ WRONG, false, false, 100, STREAM_GARBAGE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof t / sizeof *t; i++) {
		size_t k = i / 2;
		enum mode mode = t[k].mode;
		struct serve s = i % 2 ? serve_tcp(speak, &mode) : serve_unix(speak, &mode);
		struct loop *l = loop_new();
		struct arena *a = arena_new(0);
		struct str piece[50];
		bool slow = t[k].outcome == STREAM_TIMEOUT;
		struct stream_request r = { .to = address_of(&s),
					    .piece = piece,
					    .npieces = question(piece, t[k].large),
					    .max_octets = t[k].max,
					    .timeout_ms = slow ? 300 : 20000,
					    .whole = t[k].until_closed ? NULL : whole };
		struct stream_reply reply = stream_wait(l, a, &r);

		if (reply.outcome != t[k].outcome)
			fail_msg("row %zu over %s: %s", k, i % 2 ? "tcp" : "unix",
				 stream_word(reply.outcome));
		if (t[k].text)
			assert_str(reply.octets, t[k].text);
		if (slow)
			assert_in_range(reply.ms, 290, 10000);
		arena_free(a);
		loop_free(l);
		serve_stop(&s);
	}
}

static void test_nobody(void **state)
{
	static const char *const path[] = { "/nonexistent/socket", NULL };
	struct loop *l = loop_new();
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct stream_request r = { .to = { .path = str_c(path[i]),
						    .port = serve_nobody() },
					    .max_octets = 10,
					    .timeout_ms = 20000 };

		assert_true(ip_parse(STR("127.0.0.1"), &r.to.ip));
		assert_int_equal(stream_wait(l, a, &r).outcome, STREAM_UNREACHABLE);
	}
	arena_free(a);
	loop_free(l);
}

/* After any number of turns of the loop: nobody is told, and nothing is left. */
static void test_cancel(void **state)
{
	enum mode mode = SPLIT;
	struct serve s = serve_unix(speak, &mode);

	(void)state;
	stream_cancel(NULL);
	for (int turns = 0; turns < 8; turns++) {
		struct loop *l = loop_new();
		struct told told = { 0 };
		struct str piece[50];
		struct stream_request r = { .to = address_of(&s),
					    .piece = piece,
					    .npieces = question(piece, true),
					    .max_octets = 100,
					    .timeout_ms = 20000,
					    .whole = whole };
		struct stream_call *c = stream_send(l, &r, tell, &told);

		assert_int_equal(told.n, 0);
		for (int i = 0; i < turns; i++)
			loop_turn(l, 5);
		if (!told.n)
			stream_cancel(c);
		loop_turn(l, 5);
		assert_in_range(told.n, 0, 1);
		loop_free(l);
	}
	serve_stop(&s);
}

static void test_address(void **state)
{
	static const struct {
		const char *text, *path, *ip;
		uint16_t port;
	} t[] = {
		{ "unix:/run/clamd.ctl", "/run/clamd.ctl", NULL, 0 },
		{ "inet:3310@127.0.0.1", NULL, "127.0.0.1", 3310 },
		{ "inet:3310@localhost", NULL, "127.0.0.1", 3310 },
		{ "inet6:3310@localhost", NULL, "::1", 3310 },
		{ "inet6:1@2001:db8::1", NULL, "2001:db8::1", 1 },
		{ "inet:1@[2001:db8::1]", NULL, "2001:db8::1", 1 },
		{ "inet6:1@192.0.2.1", NULL, NULL, 0 },
		{ "inet:0@192.0.2.1", NULL, NULL, 0 },
		{ "inet:65536@192.0.2.1", NULL, NULL, 0 },
		{ "inet:1", NULL, NULL, 0 },
		{ "inet:1@", NULL, NULL, 0 },
		{ "inet:1@mail.example", NULL, NULL, 0 },
		{ "unix:relative", NULL, NULL, 0 },
		{ "unix:", NULL, NULL, 0 },
		{ "/run/clamd.ctl", NULL, NULL, 0 },
		{ "", NULL, NULL, 0 },
	};
	struct arena *a = arena_new(0);
	struct stream_address out;
	char why[128], text[IP_TEXT_MAX], path[300];

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		why[0] = '\0';
		bool good = stream_address_parse(a, str_c(t[i].text), &out, why, sizeof why);

		if (good != (t[i].path || t[i].ip))
			fail_msg("%s: %s", t[i].text, good ? "taken" : why);
		assert_true(good || why[0]);
		if (t[i].path)
			assert_str(out.path, t[i].path);
		if (t[i].ip)
			assert_string_equal(ip_format(&out.ip, text), t[i].ip);
		if (good)
			assert_int_equal(out.port, t[i].port);
	}
	memset(path, 'x', sizeof path);
	memcpy(path, "unix:/", 6);
	assert_false(stream_address_parse(a, str_of(path, 6 + 108), &out, why, sizeof why));
	assert_true(stream_address_parse(a, str_of(path, 6 + 106), &out, why, sizeof why));
	assert_false(stream_address_parse(a, STR("unix:/a\0b"), &out, why, sizeof why));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
