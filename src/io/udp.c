/* A socket, an event and a time limit for each question: nobody else can answer it. */
#include "io/udp.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/address.h"

struct udp_query {
	struct event ev;
	int fd;
	udp_fn *fn;
	void *arg;
};

static void release(struct udp_query *q)
{
	event_del(&q->ev);
	close(q->fd);
	free(q);
}

/* An answer, an error that came back (nobody listens), or time is up. */
static void ready(evutil_socket_t fd, short what, void *arg)
{
	struct udp_query *q = arg;
	udp_fn *fn = q->fn;
	void *fn_arg = q->arg;
	char octets[UDP_MAX];
	ssize_t n = -1;

	if (what & EV_READ) {
		n = recv(fd, octets, sizeof octets, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
	}
	release(q);
	fn(fn_arg, n < 0 ? STR_NULL : str_of(octets, (size_t)n));
}

struct udp_query *udp_ask(struct loop *l, const struct ip *to, uint16_t port, struct str datagram,
			  uint64_t timeout_ms, udp_fn *fn, void *arg)
{
	struct timeval tv = { (time_t)(timeout_ms / 1000),
			      (suseconds_t)(timeout_ms % 1000 * 1000) };
	struct address at = address_ip(to, port);
	struct udp_query *q;
	int fd = socket(at.sa.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return NULL;
	if (connect(fd, &at.sa.any, at.len) < 0 ||
	    send(fd, datagram.p, datagram.n, 0) != (ssize_t)datagram.n) {
		close(fd);
		return NULL;
	}
	q = calloc(1, sizeof *q);
	if (!q)
		bug("no memory for a question");
	*q = (struct udp_query){ .fd = fd, .fn = fn, .arg = arg };
	if (event_assign(&q->ev, loop_base(l), fd, EV_READ | EV_PERSIST, ready, q) != 0 ||
	    event_add(&q->ev, &tv) != 0)
		bug("no event for a question");
	return q;
}

void udp_cancel(struct udp_query *q)
{
	if (q)
		release(q);
}
