/* The store served to other processes over a unix socket. */
#include "store/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/loop.h"
#include "store/frames.h"
#include "store/wire.h"

#define SERVER_CLIENTS_MAX 256u
#define SERVER_BATCHES_MAX 64u	      /* of one client under way; then it is not read */
#define SERVER_WAITING_MAX (1u << 20) /* answers that a client does not take; the same */
#define SERVER_UNREAD_MAX (32u << 20) /* more than that, and it has to go */
#define SERVER_OCTETS_MAX (64u << 20) /* of all clients in memory */
#define SERVER_LARGE (1u << 20)	      /* over that sum, who holds more than this has to go */
#define SERVER_STUCK_MS 5000u	      /* for half a frame, or an answer that is not taken */
#define SERVER_LOOK_MS 1000u
#define SERVER_ACCEPT_MS 100u /* no descriptor to be had: tried again after it */

struct client {
	LIST_ENTRY(client) link;
	struct store_server *server;
	struct frames *frames;
	LIST_HEAD(, request) requests;
	unsigned nrequests;
};

/* A batch under way. */
struct request {
	LIST_ENTRY(request) link;
	struct client *client;
	struct store_call *call;
	uint32_t id;
};

struct store_server {
	struct loop *loop;
	struct store *store;
	int fd;
	struct event readable;
	struct loop_timer *look, *again;
	LIST_HEAD(, client) clients;
	unsigned nclients;
};

static void client_free(struct client *c)
{
	struct request *r;

	while ((r = LIST_FIRST(&c->requests))) {
		LIST_REMOVE(r, link);
		store_cancel(r->call);
		free(r);
	}
	LIST_REMOVE(c, link);
	c->server->nclients--;
	frames_free(c->frames);
	free(c);
}

static void lost(void *arg, const char *why)
{
	if (strcmp(why, "garbage") == 0)
		LOG(LOG_LVL_WARN, "store_client", F_CSTR("why", why));
	client_free(arg);
}

/* A client that sends more than it reads, or than can be done, waits. */
static void pace(struct client *c)
{
	frames_pause(c->frames, c->nrequests >= SERVER_BATCHES_MAX ||
					frames_waiting(c->frames) > SERVER_WAITING_MAX);
}

static void done(void *arg, const struct store_answer *a, size_t n)
{
	struct request *r = arg;
	struct client *c = r->client;
	struct arena *arena = arena_new(4096);
	struct buf b = { .arena = arena };

	answers_format(&b, r->id, a, n);
	LIST_REMOVE(r, link);
	free(r);
	c->nrequests--;
	frames_send(c->frames, buf_str(&b));
	if (frames_waiting(c->frames) > SERVER_UNREAD_MAX)
		client_free(c);
	else
		pace(c);
	arena_free(arena);
}

static bool got(void *arg, struct str payload)
{
	struct client *c = arg;
	struct arena *arena = arena_new(4096);
	struct request *r;
	struct batch b;
	bool good = batch_parse(arena, payload, &b);

	if (good) {
		r = calloc(1, sizeof *r);
		if (!r)
			bug("no memory for a request");
		r->client = c;
		r->id = b.id;
		LIST_INSERT_HEAD(&c->requests, r, link);
		c->nrequests++;
		r->call = store_send(c->server->store, b.op, b.n,
				     (b.flags & STORE_DURABLE) | STORE_SLOW, done, r);
		pace(c);
	}
	arena_free(arena);
	return good;
}

static void add_client(struct store_server *s, int fd)
{
	struct client *c = calloc(1, sizeof *c);

	if (!c)
		bug("no memory for a client");
	c->server = s;
	LIST_INIT(&c->requests);
	LIST_INSERT_HEAD(&s->clients, c, link);
	s->nclients++;
	c->frames = frames_new(s->loop, fd, got, lost, c);
}

static void accept_again(void *arg)
{
	struct store_server *s = arg;

	s->again = NULL;
	event_add(&s->readable, NULL);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct store_server *s = arg;
	int to;
	(void)what;

	while ((to = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (s->nclients < SERVER_CLIENTS_MAX)
			add_client(s, to);
		else
			close(to);
	}
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
		return;
	event_del(&s->readable);
	s->again = loop_after(s->loop, SERVER_ACCEPT_MS, accept_again, s);
}

/* Who keeps half a frame back, takes no answers or holds too much goes; who took some goes on. */
static void look(void *arg)
{
	struct store_server *s = arg;
	uint64_t now = clock_mono_ms();
	size_t held = 0;
	struct client *c, *next;

	s->look = loop_after(s->loop, SERVER_LOOK_MS, look, s);
	LIST_FOREACH(c, &s->clients, link)
	held += frames_held(c->frames);
	for (c = LIST_FIRST(&s->clients); c; c = next) {
		uint64_t since = frames_stuck_since(c->frames);
		bool large = held > SERVER_OCTETS_MAX && frames_held(c->frames) > SERVER_LARGE;

		next = LIST_NEXT(c, link);
		if ((since && now - since > SERVER_STUCK_MS) || large) {
			LOG(LOG_LVL_WARN, "store_client",
			    F_CSTR("why", large ? "holds too much" : "stuck"));
			held -= frames_held(c->frames);
			client_free(c);
		} else {
			pace(c);
		}
	}
}

struct store_server *store_server_new(struct loop *l, struct store *s, int fd)
{
	struct store_server *server = calloc(1, sizeof *server);

	if (!server)
		bug("no memory for a server");
	server->loop = l;
	server->store = s;
	server->fd = fd;
	LIST_INIT(&server->clients);
	evutil_make_socket_nonblocking(fd);
	event_assign(&server->readable, loop_base(l), fd, EV_READ | EV_PERSIST, on_readable,
		     server);
	event_add(&server->readable, NULL);
	server->look = loop_after(l, SERVER_LOOK_MS, look, server);
	return server;
}

void store_server_free(struct store_server *s)
{
	struct client *c;

	if (!s)
		return;
	while ((c = LIST_FIRST(&s->clients)))
		client_free(c);
	event_del(&s->readable);
	loop_cancel(s->look);
	loop_cancel(s->again);
	free(s);
}
