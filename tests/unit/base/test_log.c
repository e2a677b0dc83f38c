/* Tests of the log: escaping, cutting, both forms, and sinks that do not take what they are given.
 */
#include "lib/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* What follows the time in a line. */
static const char *after_time(const char *line)
{
	const char *at = strstr(line, "Z\"");

	assert_non_null(at);
	return at + 2;
}

static void test_forms(void **state)
{
	const struct log_field f[] = {
		F_CSTR("from", "a@example.com"), F_INT("n", -5),  F_MS("took", 1234567),
		F_STR("absent", STR_NULL),	 F_CSTR("e", ""), F_MS("neg", -1),
		F_INT("min", INT64_MIN),
	};
	char line[LOG_LINE_MAX];
	size_t n;
	(void)state;

	log_proc("worker1");
	n = log_line(line, sizeof line, LOG_LOGFMT, LOG_LVL_INFO, "scan", f, 7);
	assert_int_equal(n, strlen(line));
	assert_memory_equal(line, "time=\"20", 8);
	assert_string_equal(
		after_time(line),
		" level=\"info\" proc=\"worker1\" event=\"scan\" from=\"a@example.com\" "
		"n=-5 took=1234.567 e=\"\" neg=-0.001 min=-9223372036854775808");
	n = log_line(line, sizeof line, LOG_JSON, LOG_LVL_ERROR, "scan", f, 3);
	assert_int_equal(n, strlen(line));
	assert_memory_equal(line, "{\"time\":\"20", 11);
	assert_string_equal(after_time(line),
			    ",\"level\":\"error\",\"proc\":\"worker1\",\"event\":\"scan\","
			    "\"from\":\"a@example.com\",\"n\":-5,\"took\":1234.567}");
	log_proc("");
	log_line(line, sizeof line, LOG_LOGFMT, LOG_LVL_DEBUG, "x", NULL, 0);
	assert_string_equal(after_time(line), " level=\"debug\" event=\"x\"");
}

static void test_escape(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *logfmt, *json;
	} t[] = {
		{ "plain text", 10, "plain text", "plain text" },
		{ "a\"b\\c", 5, "a\\\"b\\\\c", "a\\\"b\\\\c" },
		{ "\0", 1, "\\x00", "\\u0000" },
		{ "a\r\nb\tc", 6, "a\\x0d\\x0ab\\x09c", "a\\u000d\\u000ab\\u0009c" },
		{ "\x1b[31m\x7f", 6, "\\x1b[31m\\x7f", "\\u001b[31m\\u007f" },
		/* C1 */
		{ "\xc2\x80\xc2\x9f\xc2\xa0", 6, "\\xc2\\x80\\xc2\\x9f\xc2\xa0",
		  "\\u0080\\u009f\xc2\xa0" },
		/* line and paragraph separator */
		{ "\xe2\x80\xa8\xe2\x80\xa9", 6, "\\xe2\\x80\\xa8\\xe2\\x80\\xa9",
		  "\\u2028\\u2029" },
		/* bidi controls, and the neighbours that are none */
		{ "\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf", 9,
		  "\\xe2\\x80\\xaa\\xe2\\x80\\xae\xe2\x80\xaf", "\\u202a\\u202e\xe2\x80\xaf" },
		{ "\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa", 12,
		  "\xe2\x81\xa5\\xe2\\x81\\xa6\\xe2\\x81\\xa9\xe2\x81\xaa",
		  "\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa" },
		{ "\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90", 12,
		  "\xe2\x80\x8d\\xe2\\x80\\x8e\\xe2\\x80\\x8f\xe2\x80\x90",
		  "\xe2\x80\x8d\\u200e\\u200f\xe2\x80\x90" },
		{ "\xd8\x9c", 2, "\\xd8\\x9c", "\\u061c" },
		/* UTF-8 of two, three and four octets */
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		/* not UTF-8: lone, cut, overlong, surrogate, beyond the last plane */
		{ "\xff", 1, "\\xff", "\\\\xff" },
		{ "\x80", 1, "\\x80", "\\\\x80" },
		{ "\xe2\x82", 2, "\\xe2\\x82", "\\\\xe2\\\\x82" },
		{ "\xc0\x8a", 2, "\\xc0\\x8a", "\\\\xc0\\\\x8a" },
		{ "\xe0\x80\x8a", 3, "\\xe0\\x80\\x8a", "\\\\xe0\\\\x80\\\\x8a" },
		{ "\xed\xa0\x80", 3, "\\xed\\xa0\\x80", "\\\\xed\\\\xa0\\\\x80" },
		{ "\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80", "\\\\xf4\\\\x90\\\\x80\\\\x80" },
		{ "\xf8\x88\x80\x80\x80", 5, "\\xf8\\x88\\x80\\x80\\x80",
		  "\\\\xf8\\\\x88\\\\x80\\\\x80\\\\x80" },
		{ "\xe2\x80\x0a", 3, "\\xe2\\x80\\x0a", "\\\\xe2\\\\x80\\u000a" },
	};
	char line[LOG_LINE_MAX], want[200];
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct log_field f = F_STR("v", str_of(t[i].in, t[i].n));
		log_line(line, sizeof line, LOG_LOGFMT, LOG_LVL_INFO, "x", &f, 1);
		snprintf(want, sizeof want, " level=\"info\" event=\"x\" v=\"%s\"", t[i].logfmt);
		assert_string_equal(after_time(line), want);
		log_line(line, sizeof line, LOG_JSON, LOG_LVL_INFO, "x", &f, 1);
		snprintf(want, sizeof want, ",\"level\":\"info\",\"event\":\"x\",\"v\":\"%s\"}",
			 t[i].json);
		assert_string_equal(after_time(line), want);
	}
}

static void test_keys(void **state)
{
	const struct log_field f = F_INT("a b\"=\n", 1);
	char line[LOG_LINE_MAX];
	(void)state;

	log_line(line, sizeof line, LOG_LOGFMT, LOG_LVL_INFO, "e\n", &f, 1);
	assert_string_equal(after_time(line), " level=\"info\" event=\"e\\x0a\" a_b___=1");
}

static bool ends(const char *line, size_t n, const char *tail)
{
	return n >= strlen(tail) && strcmp(line + n - strlen(tail), tail) == 0;
}

/* Every capacity: never over it, cut lines say so, and no character or escape is torn. */
static void test_cut(void **state)
{
	const struct log_field f[] = {
		F_CSTR("a", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xe2\x80\xa8\xc3\xa9\"\\\x01\xff"),
		F_INT("n", 1234567),
		F_CSTR("b", "tail"),
	};
	char full[LOG_LINE_MAX], line[LOG_LINE_MAX];
	(void)state;

	for (int fmt = LOG_LOGFMT; fmt <= LOG_JSON; fmt++) {
		const char *mark = fmt == LOG_JSON ? ",\"cut\":true}" : " cut=true";
		size_t whole =
			log_line(full, sizeof full, (enum log_format)fmt, LOG_LVL_INFO, "x", f, 3);
		for (size_t cap = 0; cap < whole + 40; cap++) {
			char *tight = malloc(cap ? cap : 1);
			size_t n =
				log_line(tight, cap, (enum log_format)fmt, LOG_LVL_INFO, "x", f, 3);
			if (cap < 64) {
				assert_int_equal(n, 0);
			} else if (n != whole) {
				assert_true(n < cap);
				memcpy(line, tight, n + 1);
				assert_true(ends(line, n, mark));
				/* What is before the mark is a beginning of the whole line. */
				n -= strlen(mark);
				if (line[n - 1] == '"' && full[n - 1] != '"')
					n--;
				assert_memory_equal(line + 40, full + 40, n - 40);
				assert_true(((unsigned char)full[n] & 0xc0) != 0x80);
			}
			free(tight);
		}
	}
}

static void test_long(void **state)
{
	char big[3 * LOG_LINE_MAX], line[LOG_LINE_MAX];
	struct log_field f = F_STR("v", str_of(big, sizeof big));
	size_t n;
	(void)state;

	memset(big, 'x', sizeof big);
	n = log_line(line, sizeof line, LOG_JSON, LOG_LVL_INFO, "x", &f, 1);
	assert_in_range(n, LOG_LINE_MAX - 8, LOG_LINE_MAX - 1);
	assert_true(ends(line, n, "xx\",\"cut\":true}"));
	memset(big, '\xff', sizeof big);
	n = log_line(line, sizeof line, LOG_LOGFMT, LOG_LVL_INFO, "x", &f, 1);
	assert_in_range(n, LOG_LINE_MAX - 8, LOG_LINE_MAX - 1);
	assert_true(ends(line, n, "\\xff\" cut=true"));
}

static int open_log(const char *target)
{
	const struct log_config cfg = { LOG_LVL_INFO, LOG_LOGFMT, target };
	struct err e = { "" };
	int rc = log_open(&cfg, &e);

	if (rc != 0)
		assert_true(e.text[0] != '\0');
	return rc;
}

static void test_file(void **state)
{
	char dir[] = "/tmp/merlon-log-XXXXXX", path[64], target[80], got[4096];
	int fd;
	ssize_t n;
	(void)state;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/log", dir);
	snprintf(target, sizeof target, "file:%s", path);
	assert_int_equal(open_log(target), 0);
	LOG(LOG_LVL_INFO, "one", F_INT("n", 1));
	LOG(LOG_LVL_DEBUG, "quiet", F_INT("n", 1));
	LOG(LOG_LVL_ERROR, "two", F_CSTR("s", "a\nb"));
	assert_false(log_on(LOG_LVL_DEBUG));
	fd = open(path, O_RDONLY);
	n = read(fd, got, sizeof got - 1);
	assert_true(n > 0);
	got[n] = '\0';
	close(fd);
	assert_non_null(strstr(got, "event=\"one\" n=1\ntime="));
	assert_non_null(strstr(got, "event=\"two\" s=\"a\\x0ab\"\n"));
	assert_null(strstr(got, "quiet"));
	assert_int_equal(open_log("file:/nonexistent/dir/log"), -1);
	assert_int_equal(open_log("elsewhere"), -1);
	LOG(LOG_LVL_INFO, "three", F_INT("n", 1)); /* the old sink is still there */
	fd = open(path, O_RDONLY);
	assert_int_equal(lseek(fd, 0, SEEK_END) > n, 1);
	close(fd);
	unlink(path);
	rmdir(dir);
}

static void test_disk_full(void **state)
{
	uint64_t before = log_dropped();
	(void)state;

	assert_int_equal(open_log("file:/dev/full"), 0);
	LOG(LOG_LVL_INFO, "lost", F_INT("n", 1));
	assert_int_equal(log_dropped(), before + 1);
}

/* Runs body with fd as stderr. */
static void with_stderr(int fd, void (*body)(void))
{
	int saved = dup(STDERR_FILENO);

	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	body();
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static void flood(void)
{
	uint64_t start = clock_mono_ms();

	assert_int_equal(open_log("stderr"), 0);
	for (int i = 0; i < 5000; i++)
		LOG(LOG_LVL_INFO, "flood", F_INT("i", i), F_CSTR("pad", "................"));
	assert_true(clock_mono_ms() - start < 5000);
	assert_true(fcntl(STDERR_FILENO, F_GETFL) >= 0);
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0);
}

/* A reader that sleeps: nothing waits, whole lines only, and every lost line is counted. */
static void full_sink(int in, int out)
{
	uint64_t before = log_dropped();
	size_t lines = 0;
	char *got = malloc(4u << 20);
	ssize_t n = 0, more;

	with_stderr(in, flood);
	assert_int_equal(fcntl(out, F_SETFL, O_NONBLOCK), 0);
	while ((more = read(out, got + n, (4u << 20) - (size_t)n)) > 0)
		n += more;
	for (ssize_t i = 0; i < n; i++)
		lines += got[i] == '\n';
	assert_true(lines > 10 && lines < 5000);
	assert_in_range(lines + log_dropped() - before, 5000, 5001);
	free(got);
	close(in);
	close(out);
}

static void test_pipe_full(void **state)
{
	int p[2];
	(void)state;

	assert_int_equal(pipe(p), 0);
	full_sink(p[1], p[0]);
}

static void test_socket_full(void **state)
{
	int p[2];
	(void)state;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	full_sink(p[1], p[0]);
}

static void to_gone(void)
{
	uint64_t before = log_dropped();

	assert_int_equal(open_log("stderr"), 0);
	LOG(LOG_LVL_INFO, "gone", F_INT("i", 1));
	assert_int_equal(log_dropped(), before + 1);
}

static void test_reader_gone(void **state)
{
	int p[2];
	(void)state;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	with_stderr(p[1], to_gone);
	close(p[1]);
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	unlink(path);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

static size_t drain(int fd, char *last, size_t cap)
{
	size_t lines = 0;
	ssize_t n;

	while ((n = recv(fd, last, cap - 1, MSG_DONTWAIT)) > 0) {
		last[n] = '\0';
		lines++;
	}
	return lines;
}

static void test_syslog(void **state)
{
	char dir[] = "/tmp/merlon-log-XXXXXX", path[64], target[80], got[8192];
	uint64_t before = log_dropped();
	size_t sent;
	int fd;
	(void)state;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/log", dir);
	snprintf(target, sizeof target, "syslog:%s", path);
	fd = listen_at(path);
	log_proc("worker2");
	assert_int_equal(open_log(target), 0);
	LOG(LOG_LVL_ERROR, "one", F_INT("n", 1));
	assert_int_equal(drain(fd, got, sizeof got), 1);
	assert_memory_equal(got, "<19>", 4);
	assert_non_null(strstr(got, " merlon/worker2["));
	assert_non_null(strstr(got, "event=\"one\" n=1"));
	/* Nobody reads: what does not fit is dropped at once. */
	for (int i = 0; i < 2000; i++)
		LOG(LOG_LVL_INFO, "flood", F_INT("i", i));
	assert_true(log_dropped() > before);
	sent = drain(fd, got, sizeof got);
	assert_int_equal(sent + log_dropped() - before, 2000);
	/* Gone: dropped. Back again at the same path: found. */
	close(fd);
	before = log_dropped();
	LOG(LOG_LVL_INFO, "gone", F_INT("i", 1));
	assert_int_equal(log_dropped(), before + 1);
	fd = listen_at(path);
	LOG(LOG_LVL_INFO, "back", F_INT("i", 1));
	assert_int_equal(drain(fd, got, sizeof got), 1);
	assert_non_null(strstr(got, "event=\"back\""));
	close(fd);
	unlink(path);
	rmdir(dir);
	log_proc("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),	    cmocka_unit_test(test_escape),
		cmocka_unit_test(test_keys),	    cmocka_unit_test(test_cut),
		cmocka_unit_test(test_long),	    cmocka_unit_test(test_file),
		cmocka_unit_test(test_disk_full),   cmocka_unit_test(test_pipe_full),
		cmocka_unit_test(test_socket_full), cmocka_unit_test(test_reader_gone),
		cmocka_unit_test(test_syslog),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
