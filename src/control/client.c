/* The control socket from a tool's side: blocking, with time limits. */
#include "control/client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/frame.h"
#include "control/listen.h"

#define HELLO_MS 2000
#define ANSWER_MS 60000

struct control_client {
	int fd;
	struct arena *arena; /* of what is read; one frame at a time */
	char *in;
	size_t nin;
	struct hello hello;
};

/* Milliseconds left until then, for poll. */
static int left(uint64_t until)
{
	uint64_t now = clock_mono_ms();

	return now >= until ? 0 : (int)(until - now);
}

static int wait_for(struct control_client *c, short what, uint64_t until, struct err *e)
{
	struct pollfd p = { .fd = c->fd, .events = what };
	int rc;

	do
		rc = poll(&p, 1, left(until));
	while (rc < 0 && errno == EINTR);
	return rc > 0 ? 0 : err_set(e, "the daemon does not answer");
}

static int write_all(struct control_client *c, struct str s, struct err *e)
{
	uint64_t until = clock_mono_ms() + ANSWER_MS;

	while (s.n) {
		ssize_t n = send(c->fd, s.p, s.n, MSG_NOSIGNAL);
		if (n >= 0)
			s = str_skip(s, (size_t)n);
		else if (errno != EAGAIN && errno != EINTR)
			return err_set(e, "the daemon is gone: %s", strerror(errno));
		else if (wait_for(c, POLLOUT, until, e) < 0)
			return -1;
	}
	return 0;
}

/* The next frame; its payload is valid until the next call. */
static int read_frame(struct control_client *c, uint64_t until, struct frame *f, struct err *e)
{
	struct str s;
	ssize_t n;
	int got;

	for (;;) {
		s = str_of(c->in, c->nin);
		got = frame_take(&s, f);
		if (got < 0)
			return err_set(e, "the daemon's answer cannot be understood");
		if (got > 0)
			break;
		n = recv(c->fd, c->in + c->nin, FRAME_MAX + 4 - c->nin, 0);
		if (n > 0)
			c->nin += (size_t)n;
		else if (n == 0)
			return err_set(e, "the daemon has closed the connection");
		else if (errno != EAGAIN && errno != EINTR)
			return err_set(e, "the daemon is gone: %s", strerror(errno));
		else if (wait_for(c, POLLIN, until, e) < 0)
			return -1;
	}
	arena_reset(c->arena);
	f->payload = arena_dup(c->arena, f->payload);
	memmove(c->in, s.p, s.n);
	c->nin = s.n;
	return 0;
}

static int send_frame(struct control_client *c, enum frame_type type, struct str payload,
		      struct err *e)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	int rc;

	frame_put(&b, type, payload);
	rc = write_all(c, buf_str(&b), e);
	arena_free(a);
	return rc;
}

static int greet(struct control_client *c, struct err *e)
{
	struct arena *a = arena_new(0);
	struct hello mine = { 0 };
	struct frame f;
	int rc = send_frame(c, FRAME_HELLO, hello_format(a, &mine), e);

	arena_free(a);
	if (rc < 0 || read_frame(c, clock_mono_ms() + HELLO_MS, &f, e) < 0)
		return -1;
	if (f.type != FRAME_HELLO || !hello_parse(f.payload, &c->hello))
		return err_set(e, "no control process listens there");
	return c->hello.same_version ? 0 : err_set(e, "the daemon is of another version");
}

static void free_in(void *arg)
{
	arena_free(arg);
}

struct control_client *control_connect(struct arena *a, const char *path, struct err *e)
{
	struct control_client *c = ARENA_NEW(a, struct control_client);
	struct err why;

	c->fd = control_dial(path);
	if (c->fd < 0) {
		err_set(e, "%s: %s", path, strerror(errno));
		return NULL;
	}
	c->arena = arena_new(0);
	arena_cleanup(a, free_in, c->arena);
	c->in = arena_alloc(a, FRAME_MAX + 4);
	if (greet(c, &why) == 0)
		return c;
	err_set(e, "%s: %s", path, why.text);
	control_close(c);
	return NULL;
}

void control_close(struct control_client *c)
{
	if (c && c->fd >= 0) {
		close(c->fd);
		c->fd = -1;
	}
}

struct hash_key control_key(const struct control_client *c)
{
	return c->hello.key;
}

struct model_counts control_counts(const struct control_client *c)
{
	return c->hello.counts;
}

int control_learn_begin(struct control_client *c, const struct learn_event *ev, struct err *e)
{
	struct arena *a = arena_new(0);
	int rc = send_frame(c, FRAME_LEARN, event_format(a, ev), e);

	arena_free(a);
	return rc;
}

int control_learn_end(struct control_client *c, enum trainer_result *r, struct err *e)
{
	struct frame f;

	if (read_frame(c, clock_mono_ms() + ANSWER_MS, &f, e) < 0)
		return -1;
	if (f.type != FRAME_RESULT || f.payload.n != 1 || (uint8_t)f.payload.p[0] > TRAIN_FAILED)
		return err_set(e, "the daemon's answer cannot be understood");
	*r = (enum trainer_result)f.payload.p[0];
	return 0;
}

static int ask_json(struct control_client *c, enum frame_type what, struct arena *a,
		    struct str *json, struct err *e)
{
	struct frame f;

	if (send_frame(c, what, STR(""), e) < 0 ||
	    read_frame(c, clock_mono_ms() + ANSWER_MS, &f, e) < 0)
		return -1;
	if (f.type != FRAME_JSON)
		return err_set(e, "the daemon's answer cannot be understood");
	*json = arena_dup(a, f.payload);
	return 0;
}

int control_status(struct control_client *c, struct arena *a, struct str *json, struct err *e)
{
	return ask_json(c, FRAME_STATUS, a, json, e);
}

int control_board(struct control_client *c, struct arena *a, struct str *json, struct err *e)
{
	return ask_json(c, FRAME_BOARD, a, json, e);
}

int control_metrics(struct control_client *c, struct arena *a, struct str *json, struct err *e)
{
	return ask_json(c, FRAME_METRICS, a, json, e);
}
