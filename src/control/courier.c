/* Events on their way to the control process. */
#include "control/courier.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/frame.h"
#include "control/listen.h"
#include "control/trainer.h"
#include "io/loop.h"

#define AGAIN_MS 200 /* between attempts to connect, doubled up to AGAIN_MAX_MS */
#define AGAIN_MAX_MS 5000
#define ANSWER_MS 30000 /* without any result the connection is made anew */
#define LAST_MS 1000
#define LOG_AGAIN_MS 60000 /* between lines that say what was dropped */

struct courier {
	struct loop *loop;
	char *path;
	struct arena *event[COURIER_MAX]; /* a ring; each holds one frame */
	struct str frame[COURIER_MAX];
	size_t first, n, sent; /* sent: of the n, without a result yet */
	struct bufferevent *bev;
	struct loop_timer *timer; /* to connect again, or to give up the connection */
	uint64_t again_ms, logged_ms, unlogged;
	bool greeted;
	struct courier_stats stats;
};

static void connect_now(void *arg);

static void hang_up(struct courier *f)
{
	if (f->bev)
		bufferevent_free(f->bev);
	f->bev = NULL;
	f->greeted = false;
	f->sent = 0;
	loop_cancel(f->timer);
	f->timer = NULL;
}

static void later(struct courier *f)
{
	hang_up(f);
	if (f->n == 0)
		return;
	f->timer = loop_after(f->loop, f->again_ms, connect_now, f);
	f->again_ms = f->again_ms * 2 < AGAIN_MAX_MS ? f->again_ms * 2 : AGAIN_MAX_MS;
}

static void no_answer(void *arg)
{
	struct courier *f = arg;

	f->timer = NULL;
	later(f);
}

static void expect_answer(struct courier *f)
{
	loop_cancel(f->timer);
	f->timer = f->n ? loop_after(f->loop, ANSWER_MS, no_answer, f) : NULL;
}

static void send_more(struct courier *f)
{
	while (f->greeted && f->sent < f->n && f->sent < CONTROL_IN_FLIGHT) {
		struct str s = f->frame[(f->first + f->sent++) % COURIER_MAX];
		bufferevent_write(f->bev, s.p, s.n);
	}
}

static void tell_dropped(struct courier *f)
{
	uint64_t now = clock_mono_ms();

	if (f->unlogged == 0 || (f->logged_ms && now - f->logged_ms < LOG_AGAIN_MS))
		return;
	LOG(LOG_LVL_WARN, "learning_dropped", F_INT("events", f->unlogged),
	    F_INT("dropped", f->stats.dropped));
	f->logged_ms = now;
	f->unlogged = 0;
}

static void drop(struct courier *f)
{
	f->stats.dropped++;
	f->unlogged++;
	tell_dropped(f);
}

/* ---- answers ---- */

static bool take_result(struct courier *f, struct str payload)
{
	if (payload.n != 1 || f->sent == 0)
		return false;
	arena_free(f->event[f->first]);
	f->first = (f->first + 1) % COURIER_MAX;
	f->n--;
	f->sent--;
	f->stats.sent++;
	f->stats.learnt += payload.p[0] == TRAINED;
	if (payload.p[0] == TRAIN_FAILED)
		drop(f);
	expect_answer(f);
	return true;
}

static bool take_frame(struct courier *f, const struct frame *frame)
{
	struct hello h;

	if (frame->type == FRAME_RESULT && f->greeted)
		return take_result(f, frame->payload);
	if (frame->type != FRAME_HELLO || f->greeted || !hello_parse(frame->payload, &h) ||
	    !h.same_version)
		return false;
	f->greeted = true;
	f->again_ms = AGAIN_MS;
	return true;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct courier *f = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t have = evbuffer_get_length(in);
	struct str s = str_of((const char *)evbuffer_pullup(in, -1), have);
	struct frame frame;
	int got;

	while ((got = frame_take(&s, &frame)) > 0 && take_frame(f, &frame))
		;
	if (got != 0) {
		later(f);
		return;
	}
	evbuffer_drain(in, have - s.n);
	send_more(f);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		later(arg);
}

static void say_hello(struct courier *f)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct hello h = { 0 };

	frame_put(&b, FRAME_HELLO, hello_format(a, &h));
	bufferevent_write(f->bev, b.p, b.n);
	arena_free(a);
}

static void connect_now(void *arg)
{
	struct courier *f = arg;
	int fd = control_dial(f->path);

	f->timer = NULL;
	if (fd < 0) {
		later(f);
		return;
	}
	f->bev = bufferevent_socket_new(loop_base(f->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!f->bev)
		bug("out of memory");
	bufferevent_setcb(f->bev, on_read, NULL, on_event, f);
	bufferevent_enable(f->bev, EV_READ | EV_WRITE);
	say_hello(f);
	expect_answer(f);
}

/* ---- the face ---- */

struct courier *courier_new(struct loop *l, const char *path)
{
	struct courier *f = calloc(1, sizeof *f);

	if (!f || !(f->path = strdup(path)))
		bug("out of memory");
	f->loop = l;
	f->again_ms = AGAIN_MS;
	return f;
}

void courier_send(struct courier *f, const struct learn_event *e)
{
	struct arena *a;
	struct buf b;
	size_t at;

	if (f->n == COURIER_MAX) {
		drop(f);
		return;
	}
	a = arena_new(0);
	b = (struct buf){ .arena = a };
	frame_put(&b, FRAME_LEARN, event_format(a, e));
	at = (f->first + f->n++) % COURIER_MAX;
	f->event[at] = a;
	f->frame[at] = buf_str(&b);
	if (!f->bev && !f->timer)
		f->timer = loop_after(f->loop, 0, connect_now, f);
	if (f->greeted && f->n == 1)
		expect_answer(f);
	send_more(f);
}

void courier_free(struct courier *f)
{
	uint64_t until = clock_mono_ms() + LAST_MS;

	if (!f)
		return;
	while (f->n && (f->bev || f->stats.sent == 0) && clock_mono_ms() < until)
		loop_turn(f->loop, 20);
	for (; f->n; f->n--) {
		arena_free(f->event[f->first]);
		f->first = (f->first + 1) % COURIER_MAX;
		f->stats.dropped++;
		f->unlogged++;
	}
	f->logged_ms = 0;
	tell_dropped(f);
	hang_up(f);
	free(f->path);
	free(f);
}

struct courier_stats courier_stats(const struct courier *f)
{
	struct courier_stats s = f->stats;

	s.waiting = f->n;
	return s;
}
