/*
 * Fuzzes a whole session of the wire engine: a stream of packets, cut into reads, with scans that
 * obey headers of the message. First octet: whether an offer comes first, and how it is cut.
 */
#include <libmilter/mfdef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "io/loop.h"
#include "milter/wire.h"
#include "unit/milter/fake_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct milter_config config = { .timeout_command = 60000,
					     .timeout_content = 60000,
					     .progress = 60000,
					     .max_sessions = 10,
					     .max_scanning = 1,
					     .queue = 1 };

static uint32_t number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What the engine answers is made of packets too, whatever it was sent. */
static void read_answers(int fd, struct packet_out *in)
{
	uint8_t buf[65536];
	ssize_t n;
	size_t off = 0;

	while ((n = recv(fd, buf, sizeof buf, MSG_DONTWAIT)) > 0)
		packet_add(in, str_of((const char *)buf, (size_t)n));
	while (in->n - off >= 5) {
		const uint8_t *p = (const uint8_t *)in->p + off;
		uint32_t len = number(p);

		if (len == 0 || len > PACKET_MAX || !strchr("Ocadtpyibhmq+-", p[4]))
			bug("no packet: length %u, command %d", len, p[4]);
		if (len > in->n - off - 4)
			break;
		off += 4 + len;
	}
	if (off)
		memmove(in->p, in->p + off, in->n - off);
	in->n -= off;
}

static void feed(struct loop *loop, int fd, struct str in, size_t step, struct fake *f)
{
	struct packet_out got = { 0 };

	while (in.n > 0) {
		struct str part = str_sub(in, 0, step);

		if (send(fd, part.p, part.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		in = str_skip(in, part.n);
		loop_turn(loop, 0);
		if (f->nheld > 0 && in.n % 3 == 0)
			fake_release(f, 0);
		read_answers(fd, &got);
	}
	packet_out_fini(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char hello[] = "\0\0\0\15O\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"
				    "\0\0\0\20Ch\0004\0\x19"
				    "192.0.2.1";
	struct fake fake = { 0 };
	struct scan_env env;
	struct loop *loop;
	struct milter *m;
	struct wire_listener l = { .profile = STR("inbound") };
	int fds[2];

	if (size < 1 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return 0;
	loop = loop_new();
	fake_env(&fake, loop, &env);
	m = wire_start(&env, &config, NULL, 0, NULL);
	wire_conn_new((struct wire *)m, &l, fds[0]);
	if (data[0] & 1)
		feed(loop, fds[1], str_of(hello, sizeof hello), sizeof hello, &fake);
	feed(loop, fds[1], str_of((const char *)data + 1, size - 1),
	     data[0] & 2 ? 1 + data[0] / 4u : size, &fake);
	close(fds[1]);
	if (data[0] & 4)
		loop_turn(loop, 0);
	milter_free(m);
	if (fake.live)
		bug("%zu scans left", fake.live);
	loop_free(loop);
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return log_open(&(struct log_config){ .level = LOG_LVL_ERROR, .target = "stderr" }, NULL);
}
