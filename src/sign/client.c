/* Who asks for signatures: over a lane, or of keys in the same process. */
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "io/loop.h"
#include "sign/keys.h"
#include "sign/wire.h"

/* Requests of one asker in a lane at a time; more wait here. So many replies fit a socket's buffer
 * whether it reads them or not, and a signer need not drop any. */
#define WINDOW 64u
#define SEND_TURN 16u
#define READ_TURN 16u /* packets of replies taken before the rest of the loop has its turn */

struct sign_call {
	struct sign_client *client;
	struct sign_request request;
	sign_done_fn *done;
	void *arg;
	uint64_t deadline_ms;
	struct loop_timer *timer;    /* when its end has come without a reply: tells it */
	enum sign_status status;     /* what the timer is to tell */
	bool waiting;		     /* in the queue */
	bool sent;		     /* counts in the window */
	TAILQ_ENTRY(sign_call) link; /* in the queue */
	LIST_ENTRY(sign_call) all;
};

struct sign_client {
	struct loop *loop;
	const struct sign_keys *keys; /* local; then there is no lane */
	int lane;
	bool gone;
	struct event *readable, *writable;
	struct loop_timer *tick; /* when the first of the time-outs may be due */
	uint64_t tick_ms;
	uint64_t next; /* number */
	size_t pending, in_lane;
	struct sign_call *call[SIGN_PENDING_MAX]; /* by number, modulo */
	TAILQ_HEAD(, sign_call) queue;		  /* not sent yet */
	LIST_HEAD(, sign_call) all;		  /* those too that were refused */
	bool reading, freed;			  /* freed while it reads: goes when it has */
};

/* ---- calls ---- */

static struct sign_call **slot_of(struct sign_client *c, uint64_t number)
{
	return &c->call[number % SIGN_PENDING_MAX];
}

static void leave_queue(struct sign_call *k)
{
	if (k->waiting)
		TAILQ_REMOVE(&k->client->queue, k, link);
	k->waiting = false;
}

/* Out of everything but its timer. */
static void let_go(struct sign_call *k)
{
	struct sign_client *c = k->client;
	struct sign_call **slot = slot_of(c, k->request.number);

	leave_queue(k);
	c->in_lane -= k->sent;
	k->sent = false;
	if (*slot != k)
		return;
	*slot = NULL;
	c->pending--;
}

static void call_free(struct sign_call *k)
{
	let_go(k);
	LIST_REMOVE(k, all);
	loop_cancel(k->timer);
	free(k);
}

static void flush(struct sign_client *c);

/* The end of a call: it is gone before its asker hears of it. */
static void finish(struct sign_call *k, const struct sign_reply *reply)
{
	struct sign_client *c = k->client;
	sign_done_fn *done = k->done;
	void *arg = k->arg;

	call_free(k);
	flush(c);
	done(arg, reply);
}

static void on_timer(void *arg)
{
	struct sign_call *k = arg;
	struct sign_reply reply = { k->status, STR_NULL };

	k->timer = NULL;
	finish(k, &reply);
}

static void tell_later(struct sign_call *k, enum sign_status status)
{
	loop_cancel(k->timer);
	k->status = status;
	k->timer = loop_after(k->client->loop, 0, on_timer, k);
}

/* ---- time-outs ---- */

/* One timer for all: each call's own would cost more than the rest of asking. */
static void on_tick(void *arg);

static void tick_by(struct sign_client *c, uint64_t deadline_ms)
{
	uint64_t now = clock_mono_ms();

	if (c->tick && c->tick_ms <= deadline_ms)
		return;
	loop_cancel(c->tick);
	c->tick_ms = deadline_ms;
	c->tick = loop_after(c->loop, deadline_ms > now ? deadline_ms - now : 0, on_tick, c);
}

static void on_tick(void *arg)
{
	struct sign_client *c = arg;
	uint64_t now = clock_mono_ms(), first = UINT64_MAX;
	struct sign_call *k;

	c->tick = NULL;
	LIST_FOREACH(k, &c->all, all)
	{
		if (k->timer)
			continue;
		if (k->deadline_ms <= now) {
			leave_queue(k);
			tell_later(k, SIGN_TIMEOUT);
		} else if (k->deadline_ms < first) {
			first = k->deadline_ms;
		}
	}
	if (first != UINT64_MAX)
		tick_by(c, first);
}

/* ---- the lane ---- */

static void lane_lost(struct sign_client *c)
{
	struct sign_call *k;

	c->gone = true;
	event_del(c->readable);
	event_del(c->writable);
	LIST_FOREACH(k, &c->all, all)
	{
		leave_queue(k);
		tell_later(k, SIGN_GONE);
	}
}

static bool again(void)
{
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM;
}

/* The first of the queue, as many as have room in the window, in one go; how many went. */
static int send_some(struct sign_client *c)
{
	unsigned char out[SEND_TURN][SIGN_REQUEST_SIZE];
	struct mmsghdr message[SEND_TURN] = { 0 };
	struct iovec part[SEND_TURN];
	struct sign_call *k;
	unsigned n = 0;

	TAILQ_FOREACH(k, &c->queue, link)
	{
		if (n == SEND_TURN || c->in_lane + n == WINDOW)
			break;
		sign_request_write(&k->request, out[n]);
		part[n] = (struct iovec){ out[n], SIGN_REQUEST_SIZE };
		message[n].msg_hdr.msg_iov = &part[n];
		message[n].msg_hdr.msg_iovlen = 1;
		n++;
	}
	return n ? sendmmsg(c->lane, message, n, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
}

/* Sends what waits, as far as window and lane have room. While replies are read it is left for when
 * they have been. */
static void flush(struct sign_client *c)
{
	int sent = 1;

	while (!c->gone && !c->reading && sent > 0) {
		sent = send_some(c);
		for (int i = 0; i < sent; i++) {
			struct sign_call *k = TAILQ_FIRST(&c->queue);
			leave_queue(k);
			k->sent = true;
			c->in_lane++;
		}
	}
	if (sent < 0 && again())
		event_add(c->writable, NULL);
	else if (sent < 0)
		lane_lost(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

/* A reply to what was not asked, or no longer, is nobody's: this slot's process before us may have
 * asked. */
static void take_replies(struct sign_client *c, struct str packet)
{
	struct sign_reply reply;
	struct sign_call *k;
	uint64_t number;

	while (!c->freed && sign_reply_take(&packet, &number, &reply)) {
		k = *slot_of(c, number);
		if (k && k->request.number == number && k->sent)
			finish(k, &reply);
	}
}

/* An empty packet reads like the end. */
static bool ended(int lane)
{
	struct pollfd p = { .fd = lane, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL));
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct sign_client *c = arg;
	char in[SIGN_REPLIES_MAX * SIGN_REPLY_MAX + 1];
	(void)what;

	c->reading = true;
	for (unsigned i = 0; i < READ_TURN && !c->freed && !c->gone; i++) {
		ssize_t got = recv(fd, in, sizeof in, MSG_DONTWAIT);
		if (got > 0)
			take_replies(c, str_of(in, (size_t)got));
		else if (got < 0 && again())
			break;
		else if (got < 0 || ended(fd))
			lane_lost(c);
	}
	c->reading = false;
	if (c->freed)
		free(c);
	else
		flush(c);
}

/* ---- the face ---- */

static struct sign_client *client_new(struct loop *l)
{
	struct sign_client *c = calloc(1, sizeof *c);

	if (!c)
		bug("out of memory");
	c->loop = l;
	c->lane = -1;
	TAILQ_INIT(&c->queue);
	LIST_INIT(&c->all);
	if (getrandom(&c->next, sizeof c->next, 0) != (ssize_t)sizeof c->next)
		bug("no random numbers");
	return c;
}

struct sign_client *sign_client_new(struct loop *l, int lane)
{
	struct sign_client *c = client_new(l);

	c->lane = lane;
	c->readable = event_new(loop_base(l), lane, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(loop_base(l), lane, EV_WRITE, on_writable, c);
	if (!c->readable || !c->writable || event_add(c->readable, NULL) != 0)
		bug("no event for a lane");
	return c;
}

struct sign_client *sign_client_local(struct loop *l, const struct sign_keys *keys)
{
	struct sign_client *c = client_new(l);

	c->keys = keys;
	return c;
}

void sign_client_free(struct sign_client *c)
{
	if (!c)
		return;
	while (!LIST_EMPTY(&c->all))
		call_free(LIST_FIRST(&c->all));
	loop_cancel(c->tick);
	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	if (c->reading)
		c->freed = true;
	else
		free(c);
}

static void sign_here(void *arg)
{
	struct sign_call *k = arg;
	unsigned char octets[SIGN_MAX];
	struct sign_reply reply;
	size_t n;

	k->timer = NULL;
	reply.status =
		sign_keys_sign(k->client->keys, k->request.id, k->request.digest, octets, &n);
	reply.signature = str_of((const char *)octets, n);
	finish(k, &reply);
}

/* A number whose slot is free; there is one. */
static void number(struct sign_client *c, struct sign_call *k)
{
	while (*slot_of(c, c->next))
		c->next++;
	k->request.number = c->next++;
	*slot_of(c, k->request.number) = k;
	c->pending++;
}

static void accept_call(struct sign_client *c, struct sign_call *k, uint64_t timeout_ms)
{
	number(c, k);
	if (c->keys) {
		k->timer = loop_after(c->loop, 0, sign_here, k);
		return;
	}
	k->deadline_ms = clock_mono_ms() + timeout_ms;
	tick_by(c, k->deadline_ms);
	k->waiting = true;
	TAILQ_INSERT_TAIL(&c->queue, k, link);
	flush(c);
}

struct sign_call *sign_ask(struct sign_client *c, const unsigned char id[SIGN_ID],
			   struct str digest, uint64_t timeout_ms, sign_done_fn *done, void *arg)
{
	struct sign_call *k = calloc(1, sizeof *k);

	if (!k)
		bug("out of memory");
	if (digest.n != SIGN_DIGEST)
		bug("a digest of %zu octets is to be signed", digest.n);
	k->client = c;
	k->done = done;
	k->arg = arg;
	memcpy(k->request.id, id, SIGN_ID);
	memcpy(k->request.digest, digest.p, SIGN_DIGEST);
	LIST_INSERT_HEAD(&c->all, k, all);
	if (c->gone || c->pending >= SIGN_PENDING_MAX)
		tell_later(k, SIGN_GONE);
	else
		accept_call(c, k, timeout_ms);
	return k;
}

void sign_cancel(struct sign_call *k)
{
	struct sign_client *c;

	if (!k)
		return;
	c = k->client;
	call_free(k);
	flush(c);
}
