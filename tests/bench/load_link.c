/* The load generator's connections to filters: blocking sockets with a time-out. */
#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/bench/load.h"

bool link_open(struct link *k, const struct options *opt, const struct address *to, struct arena *a)
{
	struct timeval limit = { .tv_sec = opt->timeout_s };
	int on = 1;

	*k = (struct link){ .out.arena = a, .packet.arena = a };
	k->fd = socket(to->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (k->fd < 0)
		return false;
	setsockopt(k->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(k->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (to->sa.ss_family != AF_UNIX)
		setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return connect(k->fd, (const struct sockaddr *)&to->sa, to->len) == 0;
}

void link_close(struct link *k)
{
	if (k->fd < 0)
		return;
	put_quit(&k->out);
	link_flush(k);
	close(k->fd);
	k->fd = -1;
}

bool link_flush(struct link *k)
{
	size_t sent = 0;

	while (sent < k->out.n) {
		ssize_t n = send(k->fd, k->out.p + sent, k->out.n - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	k->out.n = 0;
	return true;
}

static bool take(struct link *k, char *p, size_t n)
{
	while (n > 0) {
		size_t part = k->to - k->from < n ? k->to - k->from : n;

		memcpy(p, k->in + k->from, part);
		k->from += part;
		p += part;
		n -= part;
		if (n > 0) {
			ssize_t got = recv(k->fd, k->in, sizeof k->in, 0);

			if (got <= 0)
				return false;
			k->from = 0;
			k->to = (size_t)got;
		}
	}
	return true;
}

bool link_read(struct link *k, char *command, struct str *data)
{
	uint32_t n;

	if (!take(k, (char *)&n, sizeof n) || (n = ntohl(n)) == 0 || n > LOAD_MAX_PACKET)
		return false;
	k->packet.n = 0;
	if (!take(k, buf_room(&k->packet, n), n))
		return false;
	k->packet.n = n;
	*command = k->packet.p[0];
	*data = str_skip(buf_str(&k->packet), 1);
	return true;
}

bool link_negotiate(struct link *k)
{
	uint32_t v[3];
	struct str data;
	char command;

	put_negotiate(&k->out);
	if (!link_flush(k) || !link_read(k, &command, &data))
		return false;
	if (command != SMFIC_OPTNEG || data.n < sizeof v)
		return false;
	memcpy(v, data.p, sizeof v);
	k->protocol = ntohl(v[2]);
	return true;
}

static bool idle_open(struct link *k, const struct options *opt, const struct mail *m,
		      struct arena *a)
{
	char command;
	struct str data;

	if (!link_open(k, opt, &opt->filter[0], a) || !link_negotiate(k))
		return false;
	put_connect(&k->out, m);
	if (!link_flush(k))
		return false;
	if (!(k->protocol & SMFIP_NR_CONN) && !link_read(k, &command, &data))
		return false;
	put_helo(&k->out, m);
	if (!link_flush(k))
		return false;
	return (k->protocol & SMFIP_NR_HELO) || link_read(k, &command, &data);
}

size_t idle_run(const struct options *opt, const struct corpus *corpus, struct arena *a)
{
	int *fds = ARENA_ARRAY(a, int, opt->idle);
	struct link *k = ARENA_NEW(a, struct link);
	size_t n = 0, open = 0;

	while (n < opt->idle && idle_open(k, opt, &corpus->mail[n % corpus->n], a))
		fds[n++] = k->fd;
	printf("ready %zu\n", n);
	fflush(stdout);
	while (getchar() != EOF)
		continue;
	for (size_t i = 0; i < n; i++) {
		struct pollfd p = { .fd = fds[i], .events = POLLIN };

		open += poll(&p, 1, 0) == 0;
		close(fds[i]);
	}
	return open;
}
