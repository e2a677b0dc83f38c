/* A connection that carries frames. */
#include "store/frames.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "store/wire.h"

#define READ_OCTETS 65536 /* at a time */

struct frames {
	int fd;
	frames_fn *got;
	frames_lost_fn *lost;
	void *arg;
	struct loop *loop;
	struct event readable, writable;
	struct loop_timer *again; /* to go on after a pause, or to tell of a loss */
	struct evbuffer *in, *out;
	bool paused, broken;
	int error;  /* why it is broken */
	bool *gone; /* set by frames_free while frames are handed over */
	uint64_t in_since_ms, out_since_ms;
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

struct frames *frames_new(struct loop *l, int fd, frames_fn *got, frames_lost_fn *lost, void *arg)
{
	struct frames *f = calloc(1, sizeof *f);

	if (!f)
		bug("no memory for a connection");
	*f = (struct frames){ .fd = fd, .got = got, .lost = lost, .arg = arg, .loop = l };
	f->in = evbuffer_new();
	f->out = evbuffer_new();
	if (!f->in || !f->out)
		bug("no memory for a connection");
	event_assign(&f->readable, loop_base(l), fd, EV_READ | EV_PERSIST, on_readable, f);
	event_assign(&f->writable, loop_base(l), fd, EV_WRITE | EV_PERSIST, on_writable, f);
	event_add(&f->readable, NULL);
	return f;
}

void frames_free(struct frames *f)
{
	if (!f)
		return;
	if (f->gone)
		*f->gone = true;
	loop_cancel(f->again);
	event_del(&f->readable);
	event_del(&f->writable);
	evbuffer_free(f->in);
	evbuffer_free(f->out);
	close(f->fd);
	free(f);
}

static void lose(struct frames *f, const char *why)
{
	f->broken = true;
	event_del(&f->readable);
	event_del(&f->writable);
	f->lost(f->arg, why);
}

/* ---- reading ---- */

/* The next payload, if all of it is here. False: nonsense. */
static bool next_frame(struct frames *f, size_t *n)
{
	unsigned char head[FRAME_HEAD];
	size_t have = evbuffer_get_length(f->in);

	*n = 0;
	if (have < FRAME_HEAD)
		return true;
	evbuffer_copyout(f->in, head, FRAME_HEAD);
	for (unsigned i = 0; i < FRAME_HEAD; i++)
		*n = *n << 8 | head[i];
	if (*n == 0 || *n > FRAME_MAX)
		return false;
	if (have - FRAME_HEAD < *n)
		*n = 0;
	return true;
}

/* Hands over what is complete. */
static void hand_over(struct frames *f)
{
	bool gone = false, good = true;
	size_t n;

	f->gone = &gone;
	while (!f->paused && (good = next_frame(f, &n)) && n) {
		const char *p = (const char *)evbuffer_pullup(f->in, (ev_ssize_t)(FRAME_HEAD + n));

		good = f->got(f->arg, str_of(p + FRAME_HEAD, n));
		if (gone)
			return;
		if (!good)
			break;
		evbuffer_drain(f->in, FRAME_HEAD + n);
		f->in_since_ms = 0;
	}
	f->gone = NULL;
	if (!good)
		lose(f, "garbage");
	else if (!f->paused && evbuffer_get_length(f->in) && !f->in_since_ms)
		f->in_since_ms = clock_mono_ms();
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct frames *f = arg;
	int n = evbuffer_read(f->in, fd, READ_OCTETS);
	(void)what;

	if (n == 0)
		lose(f, "connection closed");
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		lose(f, strerror(errno));
	else if (n > 0)
		hand_over(f);
}

static void go_on(void *arg)
{
	struct frames *f = arg;

	f->again = NULL;
	if (f->broken)
		lose(f, strerror(f->error));
	else
		hand_over(f);
}

void frames_pause(struct frames *f, bool pause)
{
	if (pause == f->paused || f->broken)
		return;
	f->paused = pause;
	if (pause) {
		event_del(&f->readable);
		f->in_since_ms = 0;
		return;
	}
	event_add(&f->readable, NULL);
	if (!f->again)
		f->again = loop_after(f->loop, 0, go_on, f);
}

/* ---- writing ---- */

/* A loss is told from the loop only. */
static void break_soon(struct frames *f)
{
	f->broken = true;
	f->error = errno;
	event_del(&f->readable);
	event_del(&f->writable);
	if (!f->again)
		f->again = loop_after(f->loop, 0, go_on, f);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct frames *f = arg;
	int n = evbuffer_write(f->out, fd);
	(void)what;

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		break_soon(f);
	else if (n > 0)
		f->out_since_ms = clock_mono_ms();
	if (evbuffer_get_length(f->out) == 0) {
		event_del(&f->writable);
		f->out_since_ms = 0;
	}
}

void frames_send(struct frames *f, struct str frame)
{
	ssize_t n = 0;

	if (f->broken)
		return;
	if (evbuffer_get_length(f->out) == 0) {
		n = send(f->fd, frame.p, frame.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			break_soon(f);
			return;
		}
		n = n < 0 ? 0 : n;
	}
	if ((size_t)n == frame.n)
		return;
	if (!f->out_since_ms)
		f->out_since_ms = clock_mono_ms();
	evbuffer_add(f->out, frame.p + n, frame.n - (size_t)n);
	event_add(&f->writable, NULL);
}

size_t frames_waiting(const struct frames *f)
{
	return evbuffer_get_length(f->out);
}

size_t frames_held(const struct frames *f)
{
	return evbuffer_get_length(f->out) + evbuffer_get_length(f->in);
}

uint64_t frames_stuck_since(const struct frames *f)
{
	if (f->in_since_ms && f->out_since_ms)
		return f->in_since_ms < f->out_since_ms ? f->in_since_ms : f->out_since_ms;
	return f->in_since_ms ? f->in_since_ms : f->out_since_ms;
}
