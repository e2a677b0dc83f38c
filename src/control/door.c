/*
 * The control socket, served. A connection reads no further while it has CONTROL_IN_FLIGHT events
 * without a result or answers that its client does not take, so that its memory has a bound; one
 * that stands still in the middle of something is closed.
 */
#include "control/door.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "control/frame.h"
#include "io/loop.h"

#define OUT_MAX (64u * 1024u) /* answers a client may leave unread */
#define ACCEPT_AGAIN_MS 100   /* after there was no descriptor for one */

struct conn;

struct slot {
	struct conn *conn;
	enum trainer_result result;
	bool done;
};

struct conn {
	struct door *door;
	struct conn *next, **link;
	struct bufferevent *bev; /* NULL: closed, waits for the trainer */
	struct loop_timer *patience;
	struct slot slot[CONTROL_IN_FLIGHT]; /* a ring of events in the order they came */
	size_t first, n;
	bool greeted;
};

struct door {
	struct loop *loop;
	struct trainer *trainer;
	const struct model *model;
	const struct board *board;
	door_metrics_fn *metrics; /* NULL: nothing is counted */
	void *metrics_arg;
	struct event *accept;
	struct loop_timer *again;
	struct conn *conns;
	size_t nconns;
	uint64_t patience_ms;
	uint64_t connections, refused, broken;
	bool closed;
};

/* ---- ends ---- */

static void conn_end(struct conn *c)
{
	if (c->bev)
		bufferevent_free(c->bev);
	c->bev = NULL;
	loop_cancel(c->patience);
	c->patience = NULL;
	for (size_t i = 0; i < c->n; i++)
		if (!c->slot[(c->first + i) % CONTROL_IN_FLIGHT].done)
			return; /* the trainer knows of it */
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->door->nconns--;
	free(c);
}

static void conn_broken(struct conn *c, const char *why)
{
	c->door->broken++;
	LOG(LOG_LVL_WARN, "control_client_closed", F_CSTR("reason", why));
	conn_end(c);
}

static void out_of_patience(void *arg)
{
	struct conn *c = arg;

	c->patience = NULL;
	conn_broken(c, "it stood still");
}

/* The clock runs while the client owes something. */
static void watch(struct conn *c, bool owes)
{
	if (owes && !c->patience)
		c->patience = loop_after(c->door->loop, c->door->patience_ms, out_of_patience, c);
	if (!owes) {
		loop_cancel(c->patience);
		c->patience = NULL;
	}
}

/* ---- answers ---- */

static size_t unread(const struct conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

static void answer(struct conn *c, enum frame_type type, struct str payload)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };

	frame_put(&b, type, payload);
	bufferevent_write(c->bev, b.p, b.n);
	arena_free(a);
}

static void say_hello(struct conn *c)
{
	struct arena *a = arena_new(0);
	struct hello h = { .key = model_key(c->door->model),
			   .counts = model_counts(c->door->model, STR("")) };

	answer(c, FRAME_HELLO, hello_format(a, &h));
	arena_free(a);
}

static void say_status(struct conn *c)
{
	const struct trainer_stats *s = trainer_stats(c->door->trainer);
	struct model_counts n = model_counts(c->door->model, STR(""));
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };

	buf_addf(&b, "{\"ham\":%u,\"spam\":%u,\"events\":%llu", n.ham, n.spam,
		 (unsigned long long)n.events);
	buf_addf(&b, ",\"learnt\":{\"ham\":%llu,\"spam\":%llu,\"forgotten\":%llu}",
		 (unsigned long long)s->learnt[LEARN_HAM],
		 (unsigned long long)s->learnt[LEARN_SPAM],
		 (unsigned long long)s->learnt[LEARN_NONE]);
	for (int i = 0; i < LEARN_SOURCES; i++)
		buf_addf(&b, "%s\"%s\":%llu", i ? "," : ",\"sources\":{",
			 learn_source_word((enum learn_source)i),
			 (unsigned long long)s->by_source[i]);
	buf_addf(&b,
		 "},\"already\":%llu,\"refused\":%llu,\"failed\":%llu,\"waiting\":%llu,"
		 "\"replayed\":%llu",
		 (unsigned long long)s->already, (unsigned long long)s->refused,
		 (unsigned long long)s->failed, (unsigned long long)s->waiting,
		 (unsigned long long)s->replayed);
	buf_addf(&b,
		 ",\"clients\":%zu,\"connections\":%llu,\"connections_refused\":%llu,"
		 "\"connections_broken\":%llu}",
		 c->door->nconns, (unsigned long long)c->door->connections,
		 (unsigned long long)c->door->refused, (unsigned long long)c->door->broken);
	answer(c, FRAME_JSON, buf_str(&b));
	arena_free(a);
}

/* Gives the report away. */
static void say_report(struct conn *c, json_t *report)
{
	char *text = json_dumps(report, JSON_COMPACT);

	if (!text)
		bug("no memory for a report");
	answer(c, FRAME_JSON, str_c(text));
	free(text);
	json_decref(report);
}

/* ---- events ---- */

static void go_on(struct conn *c);

/* Results go out in the order in which the events came. */
static void trained(void *arg, enum trainer_result r)
{
	struct slot *s = arg;
	struct conn *c = s->conn;

	s->result = r;
	s->done = true;
	if (!c->bev) {
		conn_end(c);
		return;
	}
	while (c->n && c->slot[c->first].done) {
		char octet = (char)c->slot[c->first].result;
		c->first = (c->first + 1) % CONTROL_IN_FLIGHT;
		c->n--;
		answer(c, FRAME_RESULT, str_of(&octet, 1));
	}
	go_on(c);
}

static bool take_event(struct conn *c, struct str octets)
{
	struct arena *a = arena_new(0);
	struct slot *s = &c->slot[(c->first + c->n) % CONTROL_IN_FLIGHT];
	struct learn_event e;
	bool good = event_parse(a, octets, &e);

	if (good) {
		*s = (struct slot){ .conn = c };
		c->n++;
		trainer_learn(c->door->trainer, &e, trained, s);
	}
	arena_free(a);
	return good;
}

static const char *take_hello(struct conn *c, struct str payload)
{
	struct hello h;

	if (!hello_parse(payload, &h))
		return "no hello";
	say_hello(c); /* with our version: a client of another one leaves by itself */
	c->greeted = h.same_version;
	return NULL;
}

/* NULL, or why the connection ends. */
static const char *take_frame(struct conn *c, const struct frame *f)
{
	if (!c->greeted)
		return f->type == FRAME_HELLO ? take_hello(c, f->payload) : "no hello";
	switch (f->type) {
	case FRAME_LEARN:
		return take_event(c, f->payload) ? NULL : "no event";
	case FRAME_STATUS:
		say_status(c);
		return NULL;
	case FRAME_BOARD:
		say_report(c, board_report(c->door->board));
		return NULL;
	case FRAME_METRICS:
		say_report(c, c->door->metrics ? c->door->metrics(c->door->metrics_arg)
					       : json_array());
		return NULL;
	default:
		return "a frame of no known type";
	}
}

static bool may_read(const struct conn *c)
{
	return c->n < CONTROL_IN_FLIGHT && unread(c) < OUT_MAX;
}

/* Takes one frame out of what has come: 1; 0: there is none; -1: c is gone. */
static int step(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t have = evbuffer_get_length(in);
	struct arena *a;
	struct str rest;
	struct frame f;
	const char *why = NULL;
	uint8_t head[4];
	int got;

	if (evbuffer_copyout(in, head, sizeof head) < (ssize_t)sizeof head)
		return 0;
	rest = str_of((const char *)head, sizeof head);
	got = frame_take(&rest, &f);
	if (got == 0 && have >= 4 + ((size_t)head[0] << 24 | (size_t)head[1] << 16 |
				     (size_t)head[2] << 8 | head[3])) {
		rest = str_of((const char *)evbuffer_pullup(in, -1), have);
		got = frame_take(&rest, &f);
	}
	if (got == 0)
		return 0;
	a = arena_new(0);
	if (got > 0)
		f.payload = arena_dup(a, f.payload);
	if (got > 0)
		evbuffer_drain(in, have - rest.n);
	why = got < 0 ? "no frame" : take_frame(c, &f);
	arena_free(a);
	if (!why)
		return 1;
	conn_broken(c, why);
	return -1;
}

static void go_on(struct conn *c)
{
	int got = 1;

	while (!c->door->closed && may_read(c) && (got = step(c)) > 0)
		;
	if (got < 0)
		return;
	if (may_read(c) && !c->door->closed)
		bufferevent_enable(c->bev, EV_READ);
	else
		bufferevent_disable(c->bev, EV_READ);
	watch(c, !c->greeted || unread(c) >= OUT_MAX ||
			 (may_read(c) && evbuffer_get_length(bufferevent_get_input(c->bev))));
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	watch(c, false); /* it goes on */
	go_on(c);
}

static void on_write(struct bufferevent *bev, void *arg)
{
	(void)bev;
	go_on(arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		conn_end(arg);
}

/* ---- the door ---- */

static void let_in(struct door *d, int fd)
{
	struct conn *c = calloc(1, sizeof *c);

	if (!c)
		bug("out of memory");
	c->door = d;
	c->bev = bufferevent_socket_new(loop_base(d->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!c->bev)
		bug("out of memory");
	c->next = d->conns;
	c->link = &d->conns;
	if (c->next)
		c->next->link = &c->next;
	d->conns = c;
	d->nconns++;
	d->connections++;
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, FRAME_MAX + 4);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	watch(c, true);
}

static void open_again(void *arg)
{
	struct door *d = arg;

	d->again = NULL;
	event_add(d->accept, NULL);
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;
	int got = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (got >= 0 && d->nconns < DOOR_CLIENTS_MAX) {
		let_in(d, got);
	} else if (got >= 0) {
		d->refused++;
		close(got);
	} else if (errno == EMFILE || errno == ENFILE) {
		event_del(d->accept);
		d->again = loop_after(d->loop, ACCEPT_AGAIN_MS, open_again, d);
	}
}

struct door *door_new(struct loop *l, int fd, struct trainer *t, const struct model *model,
		      uint64_t patience_ms)
{
	struct door *d = calloc(1, sizeof *d);

	if (!d)
		bug("out of memory");
	d->loop = l;
	d->trainer = t;
	d->model = model;
	d->patience_ms = patience_ms;
	d->accept = event_new(loop_base(l), fd, EV_READ | EV_PERSIST, on_accept, d);
	event_add(d->accept, NULL);
	return d;
}

void door_board(struct door *d, const struct board *b)
{
	d->board = b;
}

void door_metrics(struct door *d, door_metrics_fn *fn, void *arg)
{
	d->metrics = fn;
	d->metrics_arg = arg;
}

void door_close(struct door *d)
{
	d->closed = true;
	loop_cancel(d->again);
	d->again = NULL;
	if (d->accept)
		event_free(d->accept);
	d->accept = NULL;
	for (struct conn *c = d->conns; c; c = c->next)
		if (c->bev)
			bufferevent_disable(c->bev, EV_READ);
}

bool door_busy(const struct door *d)
{
	for (const struct conn *c = d->conns; c; c = c->next)
		if (c->n || (c->bev && unread(c)))
			return true;
	return false;
}

void door_free(struct door *d)
{
	if (!d)
		return;
	door_close(d);
	while (d->conns) {
		d->conns->n = 0;
		conn_end(d->conns);
	}
	free(d);
}
