/* The test DNS server's sockets: UDP datagrams, TCP streams, and answers that wait for their time.
 */
#include "lib/dnsd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/map.h"

#define BATCH 64
#define PORT_TRIES 50
#define TCP_IDLE_S 30
#define SOCKET_BUFFER (4 << 20)

struct conn {
	struct dnsd *d;
	struct bufferevent *bev;
	LIST_ENTRY(conn) link;
};

/* An answer that is not due yet: to conn, or without one to peer. */
struct later {
	struct dnsd *d;
	struct loop_timer *timer;
	struct conn *conn;
	struct sockaddr_in peer;
	LIST_ENTRY(later) link;
	size_t n;
	char wire[];
};

struct dnsd {
	struct loop *loop;
	struct dnsd_config cfg;
	uint16_t port;
	int udp;
	struct event *readable;
	struct evconnlistener *listener;
	LIST_HEAD(, conn) conns;
	LIST_HEAD(, later) laters;
	struct dnsd_stats stats;
	struct arena *arena, *scratch;
	struct map *asked; /* "name TYPE" -> uint64_t */
};

static void send_udp(struct dnsd *d, const struct sockaddr_in *to, struct str wire)
{
	if (sendto(d->udp, wire.p, wire.n, 0, (const struct sockaddr *)to, sizeof *to) >= 0)
		d->stats.replies++;
}

static void send_tcp(struct conn *c, struct str wire)
{
	const char len[2] = { (char)(wire.n >> 8 & 0xff), (char)(wire.n & 0xff) };

	bufferevent_write(c->bev, len, 2);
	bufferevent_write(c->bev, wire.p, wire.n);
	c->d->stats.replies++;
}

static void due(void *arg)
{
	struct later *l = arg;

	if (l->conn)
		send_tcp(l->conn, str_of(l->wire, l->n));
	else
		send_udp(l->d, &l->peer, str_of(l->wire, l->n));
	LIST_REMOVE(l, link);
	free(l);
}

static void drop_later(struct later *l)
{
	loop_cancel(l->timer);
	LIST_REMOVE(l, link);
	free(l);
}

static void send_later(struct dnsd *d, struct conn *c, const struct sockaddr_in *peer,
		       struct str wire, unsigned ms)
{
	struct later *l = calloc(1, sizeof *l + wire.n);

	if (!l)
		bug("no memory for a reply");
	l->d = d;
	l->conn = c;
	if (peer)
		l->peer = *peer;
	l->n = wire.n;
	memcpy(l->wire, wire.p, wire.n);
	l->timer = loop_after(d->loop, ms, due, l);
	LIST_INSERT_HEAD(&d->laters, l, link);
}

static void count(struct dnsd *d, struct str name, int type)
{
	struct str word = zone_type_word(d->scratch, type);
	struct str key = arena_printf(d->scratch, "%.*s %.*s", STR_ARG(name), STR_ARG(word));
	uint64_t *n = map_get(d->asked, key);

	if (!n && map_len(d->asked) < DNSD_MAX_NAMES) {
		n = ARENA_NEW(d->arena, uint64_t);
		map_put(d->asked, arena_dup(d->arena, key), n);
	}
	if (n)
		++*n;
}

static void handle(struct dnsd *d, struct conn *c, const struct sockaddr_in *peer, struct str query)
{
	struct dnsd_reply r;
	unsigned ms;

	arena_reset(d->scratch);
	r = dnsd_answer(d->cfg.zone, d->scratch, query, c != NULL);
	if (!r.question)
		d->stats.refused++;
	else if (c)
		d->stats.tcp++;
	else
		d->stats.udp++;
	if (r.question)
		count(d, r.name, r.type);
	ms = r.delay_ms + d->cfg.delay_ms;
	if (r.silent)
		return;
	if (ms > 0)
		send_later(d, c, peer, r.wire, ms);
	else if (c)
		send_tcp(c, r.wire);
	else
		send_udp(d, peer, r.wire);
}

static void on_udp(evutil_socket_t fd, short what, void *arg)
{
	struct dnsd *d = arg;
	char query[65535];
	(void)what;

	for (int i = 0; i < BATCH; i++) {
		struct sockaddr_in peer;
		socklen_t len = sizeof peer;
		ssize_t n = recvfrom(fd, query, sizeof query, 0, (struct sockaddr *)&peer, &len);

		if (n < 0)
			return;
		handle(d, NULL, &peer, str_of(query, (size_t)n));
	}
}

static void conn_free(struct conn *c)
{
	struct later *l, *next;

	for (l = LIST_FIRST(&c->d->laters); l; l = next) {
		next = LIST_NEXT(l, link);
		if (l->conn == c)
			drop_later(l);
	}
	LIST_REMOVE(c, link);
	bufferevent_free(c->bev);
	free(c);
}

static void on_tcp(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct conn *c = arg;
	unsigned char len[2];

	while (evbuffer_copyout(in, len, 2) == 2) {
		size_t n = (size_t)len[0] << 8 | len[1];
		const char *p;

		if (evbuffer_get_length(in) < n + 2)
			return;
		p = (const char *)evbuffer_pullup(in, (ev_ssize_t)(n + 2));
		handle(c->d, c, NULL, str_of(p + 2, n));
		evbuffer_drain(in, n + 2);
	}
}

static void on_tcp_end(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	conn_free(arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *sa,
		      int len, void *arg)
{
	const struct timeval idle = { TCP_IDLE_S, 0 };
	struct dnsd *d = arg;
	struct conn *c = calloc(1, sizeof *c);
	(void)listener;
	(void)sa;
	(void)len;

	if (!c)
		bug("no memory for a connection");
	c->d = d;
	c->bev = bufferevent_socket_new(loop_base(d->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!c->bev)
		bug("no connection");
	LIST_INSERT_HEAD(&d->conns, c, link);
	bufferevent_setcb(c->bev, on_tcp, NULL, on_tcp_end, c);
	bufferevent_set_timeouts(c->bev, &idle, NULL);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* Both sockets on one port; false if either does not get it. */
static bool bind_both(struct dnsd *d, uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof sa;
	int size = SOCKET_BUFFER;

	sa.sin_addr.s_addr = d->cfg.address ? d->cfg.address : htonl(INADDR_LOOPBACK);
	d->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->udp < 0 || bind(d->udp, (struct sockaddr *)&sa, sizeof sa) != 0 ||
	    getsockname(d->udp, (struct sockaddr *)&sa, &len) != 0)
		return false;
	setsockopt(d->udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(d->udp, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	d->port = ntohs(sa.sin_port);
	d->listener = evconnlistener_new_bind(loop_base(d->loop), on_accept, d,
					      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
						      LEV_OPT_REUSEABLE,
					      128, (struct sockaddr *)&sa, sizeof sa);
	return d->listener != NULL;
}

static bool open_sockets(struct dnsd *d)
{
	for (int i = 0; i < (d->cfg.port ? 1 : PORT_TRIES); i++) {
		if (bind_both(d, d->cfg.port))
			return true;
		if (d->udp >= 0)
			close(d->udp);
		d->udp = -1;
	}
	return false;
}

struct dnsd *dnsd_new(struct loop *l, const struct dnsd_config *cfg, struct err *e)
{
	struct dnsd *d = calloc(1, sizeof *d);

	if (!d)
		bug("no memory for a server");
	d->loop = l;
	d->cfg = *cfg;
	d->udp = -1;
	LIST_INIT(&d->conns);
	LIST_INIT(&d->laters);
	d->arena = arena_new(0);
	d->scratch = arena_new(0);
	d->asked = map_new(d->arena, false);
	if (!open_sockets(d)) {
		err_set(e, "port %u: %s", cfg->port, strerror(errno));
		dnsd_free(d);
		return NULL;
	}
	d->readable = event_new(loop_base(l), d->udp, EV_READ | EV_PERSIST, on_udp, d);
	if (!d->readable || event_add(d->readable, NULL) != 0)
		bug("no event for the server");
	return d;
}

void dnsd_free(struct dnsd *d)
{
	if (!d)
		return;
	for (struct later *l; (l = LIST_FIRST(&d->laters));)
		drop_later(l);
	for (struct conn *c; (c = LIST_FIRST(&d->conns));)
		conn_free(c);
	if (d->readable)
		event_free(d->readable);
	if (d->listener)
		evconnlistener_free(d->listener);
	if (d->udp >= 0)
		close(d->udp);
	arena_free(d->scratch);
	arena_free(d->arena);
	free(d);
}

uint16_t dnsd_port(const struct dnsd *d)
{
	return d->port;
}

struct dnsd_stats dnsd_stats(const struct dnsd *d)
{
	return d->stats;
}

uint64_t dnsd_asked(const struct dnsd *d, const char *question)
{
	const uint64_t *n = map_get(d->asked, str_c(question));

	return n ? *n : 0;
}

/* A JSON string; octets outside printable ASCII as the code point of the same number. */
static void add_json(struct buf *b, struct str s)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c > '~' || c == '"' || c == '\\')
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, s.p[i]);
	}
	buf_addc(b, '"');
}

struct str dnsd_json(const struct dnsd *d, struct arena *a)
{
	struct buf b = { .arena = a };

	buf_addf(&b, "{\"udp\":%llu,\"tcp\":%llu,\"replies\":%llu,\"refused\":%llu,\"asked\":{",
		 (unsigned long long)d->stats.udp, (unsigned long long)d->stats.tcp,
		 (unsigned long long)d->stats.replies, (unsigned long long)d->stats.refused);
	for (size_t i = 0; i < map_len(d->asked); i++) {
		const uint64_t *n = map_at(d->asked, i);

		if (i > 0)
			buf_addc(&b, ',');
		add_json(&b, map_key_at(d->asked, i));
		buf_addf(&b, ":%llu", (unsigned long long)*n);
	}
	buf_add(&b, STR("}}\n"));
	return buf_str(&b);
}
