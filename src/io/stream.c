/* One exchange over a socket: what is written, what comes back, and the limits of both. */
#include "io/stream.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/address.h"

#define READ_MIN 4096u /* room for one read */
#define WRITE_PIECES 16

struct stream_call {
	struct loop *loop;
	struct event readable, writable;
	struct loop_timer *limit, *hopeless;
	int fd;	   /* -1: there is none */
	bool deaf; /* takes nothing more */
	struct str *piece;
	size_t npieces, at; /* those before at are written */
	struct stream_request request;
	char *octets;
	size_t n, cap;
	uint64_t began;
	stream_fn *fn;
	void *arg;
};

const char *stream_word(enum stream_outcome o)
{
	static const char *const word[] = { "ok",      "timeout",   "unreachable",
					    "garbage", "too large", "off" };

	return word[o];
}

/* ---- addresses ---- */

static bool parse_unix(struct arena *a, struct str path, struct stream_address *out, char *why,
		       size_t cap)
{
	struct address at;

	if (!path.n || path.p[0] != '/' || !address_unix(path, &at)) {
		snprintf(why, cap, "an absolute path of at most %zu octets after unix:",
			 sizeof at.sa.un.sun_path - 1);
		return false;
	}
	out->path = arena_dup(a, path);
	return true;
}

static bool parse_inet(struct str s, unsigned family, struct stream_address *out, char *why,
		       size_t cap)
{
	struct str port = str_cut(&s, '@');
	uint64_t number;

	if (!str_u64(port, 65535, &number) || number == 0) {
		snprintf(why, cap, "the port is a number from 1 to 65535");
		return false;
	}
	if (str_ieq(s, STR("localhost")))
		s = family == 6 ? STR("::1") : STR("127.0.0.1");
	if (!s.p || !ip_parse(s, &out->ip) || (family == 6 && out->ip.family != 6)) {
		snprintf(why, cap, "an %saddress in numbers is needed after the @",
			 family == 6 ? "IPv6 " : "");
		return false;
	}
	out->port = (uint16_t)number;
	return true;
}

bool stream_address_parse(struct arena *a, struct str text, struct stream_address *out, char *why,
			  size_t cap)
{
	*out = (struct stream_address){ 0 };
	if (str_istarts(text, STR("unix:")))
		return parse_unix(a, str_skip(text, 5), out, why, cap);
	if (str_istarts(text, STR("inet:")))
		return parse_inet(str_skip(text, 5), 4, out, why, cap);
	if (str_istarts(text, STR("inet6:")))
		return parse_inet(str_skip(text, 6), 6, out, why, cap);
	snprintf(why, cap, "unix:/path, inet:port@address, or inet6:port@address");
	return false;
}

bool stream_address_ok(struct str text, char *why, size_t cap)
{
	struct arena *a = arena_new(0);
	struct stream_address address;
	bool ok = stream_address_parse(a, text, &address, why, cap);

	arena_free(a);
	return ok;
}

/* ---- an exchange ---- */

static void release(struct stream_call *c)
{
	loop_cancel(c->limit);
	loop_cancel(c->hopeless);
	if (c->fd >= 0) {
		event_del(&c->readable);
		event_del(&c->writable);
		close(c->fd);
	}
	free(c->octets);
	free(c->piece);
	free(c);
}

/* Nothing of the exchange is left when its asker is told. */
static void end(struct stream_call *c, enum stream_outcome o)
{
	char *octets = c->octets;
	struct stream_reply r = { .outcome = o,
				  .octets = str_of(octets ? octets : "", c->n),
				  .ms = clock_mono_ms() - c->began };
	stream_fn *fn = c->fn;
	void *arg = c->arg;

	c->octets = NULL;
	release(c);
	fn(arg, &r);
	free(octets);
}

static void time_up(void *arg)
{
	struct stream_call *c = arg;

	c->limit = NULL;
	end(c, STREAM_TIMEOUT);
}

static void hopeless(void *arg)
{
	struct stream_call *c = arg;

	c->hopeless = NULL;
	end(c, STREAM_UNREACHABLE);
}

/* Room for at least one octet more than may come, so that too many are noticed. */
static size_t make_room(struct stream_call *c)
{
	size_t most = c->request.max_octets + 1, cap = c->cap ? c->cap * 2 : READ_MIN;

	if (c->n < c->cap)
		return c->cap - c->n;
	c->cap = cap < most ? cap : most;
	c->octets = realloc(c->octets, c->cap);
	if (!c->octets)
		bug("no memory for a reply");
	return c->cap - c->n;
}

/* Whether the exchange is over with what has come; it is ended then. */
static bool judged(struct stream_call *c)
{
	int whole = 0;

	if (c->request.whole)
		whole = c->request.whole(str_of(c->octets, c->n));
	if (whole == 0 && c->n <= c->request.max_octets)
		return false;
	if (whole == 0 || c->n > c->request.max_octets)
		end(c, STREAM_TOO_LARGE);
	else
		end(c, whole > 0 ? STREAM_OK : STREAM_GARBAGE);
	return true;
}

/* The peer has closed; what is not whole is not a reply. */
static void closed(struct stream_call *c, bool properly)
{
	bool whole = properly && !c->request.whole && c->at == c->npieces && !c->deaf;

	end(c, whole ? STREAM_OK : STREAM_UNREACHABLE);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct stream_call *c = arg;
	size_t room = make_room(c);
	ssize_t n = recv(fd, c->octets + c->n, room, MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		closed(c, n == 0);
		return;
	}
	c->n += (size_t)n;
	(void)judged(c);
}

static void drop_written(struct stream_call *c, size_t n)
{
	while (c->at < c->npieces && n >= c->piece[c->at].n)
		n -= c->piece[c->at++].n;
	if (n)
		c->piece[c->at] = str_skip(c->piece[c->at], n);
}

/* A peer that takes no more may have said why: what it said is read before anything else. */
static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct stream_call *c = arg;
	struct iovec iov[WRITE_PIECES];
	struct msghdr msg = { .msg_iov = iov };
	ssize_t n;

	(void)what;
	for (size_t i = c->at; i < c->npieces && msg.msg_iovlen < WRITE_PIECES; i++)
		iov[msg.msg_iovlen++] =
			(struct iovec){ (void *)(uintptr_t)c->piece[i].p, c->piece[i].n };
	n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		c->deaf = true;
	else
		drop_written(c, (size_t)n);
	if (c->deaf || c->at == c->npieces)
		event_del(&c->writable);
}

static void begin(struct stream_call *c)
{
	struct address at;

	c->fd = -1;
	if (!c->request.to.path.n)
		at = address_ip(&c->request.to.ip, c->request.to.port);
	else if (!address_unix(c->request.to.path, &at))
		at.len = 0;
	if (at.len)
		c->fd = address_dial(&at);
	if (c->fd < 0) {
		c->hopeless = loop_after(c->loop, 0, hopeless, c);
		return;
	}
	if (event_assign(&c->readable, loop_base(c->loop), c->fd, EV_READ | EV_PERSIST, on_readable,
			 c) != 0 ||
	    event_assign(&c->writable, loop_base(c->loop), c->fd, EV_WRITE | EV_PERSIST,
			 on_writable, c) != 0 ||
	    event_add(&c->readable, NULL) != 0 || event_add(&c->writable, NULL) != 0)
		bug("no events for an exchange");
}

struct stream_call *stream_send(struct loop *l, const struct stream_request *r, stream_fn *fn,
				void *arg)
{
	struct stream_call *c = calloc(1, sizeof *c);

	if (!c)
		bug("no memory for an exchange");
	*c = (struct stream_call){ .loop = l,
				   .request = *r,
				   .npieces = r->npieces,
				   .began = clock_mono_ms(),
				   .fn = fn,
				   .arg = arg };
	c->piece = calloc(r->npieces + 1, sizeof *c->piece);
	if (!c->piece)
		bug("no memory for an exchange");
	for (size_t i = 0; i < r->npieces; i++)
		c->piece[i] = r->piece[i];
	c->limit = loop_after(l, r->timeout_ms, time_up, c);
	begin(c);
	return c;
}

void stream_cancel(struct stream_call *c)
{
	if (c)
		release(c);
}

/* ---- for tools ---- */

struct wait {
	struct arena *arena;
	struct stream_reply reply;
	bool done;
};

static void came(void *arg, const struct stream_reply *reply)
{
	struct wait *w = arg;

	w->reply = *reply;
	w->reply.octets = arena_dup(w->arena, reply->octets);
	w->done = true;
}

struct stream_reply stream_wait(struct loop *l, struct arena *a, const struct stream_request *r)
{
	struct wait w = { .arena = a };

	stream_send(l, r, came, &w);
	while (!w.done)
		loop_turn(l, 1000);
	return w.reply;
}
