/* Questions by datagram: an answer, silence, nobody there, cancelled, cut. */
#include "io/udp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "lib/test.h"

struct told {
	unsigned n;
	bool ok;
	size_t octets;
	char text[8];
};

static void tell(void *arg, struct str octets)
{
	struct told *t = arg;

	t->n++;
	t->ok = octets.p != NULL;
	t->octets = octets.n;
	memcpy(t->text, octets.p ? octets.p : "", octets.n < 8 ? octets.n : 7);
}

static int server(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void echo(int fd, size_t reply)
{
	static char big[UDP_MAX + 100];
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	char octets[16];
	ssize_t n = recvfrom(fd, octets, sizeof octets, 0, (struct sockaddr *)&from, &len);

	assert_int_equal(n, 4);
	memcpy(big, octets, 4);
	assert_int_equal(sendto(fd, big, reply, 0, (struct sockaddr *)&from, len), reply);
}

static void test_all(void **state)
{
	static const struct {
		bool closed, silent, cancel;
		size_t reply;
		bool ok;
		size_t octets;
	} t[] = {
		{ .reply = 4, .ok = true, .octets = 4 },
		{ .reply = 0, .ok = true, .octets = 0 },
		{ .reply = UDP_MAX + 100, .ok = true, .octets = UDP_MAX },
		{ .silent = true },
		{ .closed = true },
		{ .cancel = true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct loop *l = loop_new();
		struct told told = { 0 };
		struct udp_query *q;
		uint64_t began = clock_mono_ms();
		struct ip ip;
		uint16_t port;
		int fd = server(&port);
		assert_true(ip_parse(STR("127.0.0.1"), &ip));
		if (t[i].closed)
			close(fd);
		q = udp_ask(l, &ip, port, STR("ping"), 100, tell, &told);
		assert_non_null(q);
		assert_int_equal(told.n, 0);
		if (t[i].cancel)
			udp_cancel(q);
		else if (!t[i].silent && !t[i].closed)
			echo(fd, t[i].reply);
		while (!told.n && clock_mono_ms() - began < 300)
			loop_turn(l, 20);
		assert_int_equal(told.n, t[i].cancel ? 0 : 1);
		assert_int_equal(told.ok, t[i].ok);
		assert_int_equal(told.octets, t[i].octets);
		if (t[i].closed)
			assert_true(clock_mono_ms() - began < 90);
		if (!t[i].closed)
			close(fd);
		loop_free(l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
