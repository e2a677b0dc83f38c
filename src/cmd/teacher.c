/* What is to be learnt, on its way from a tool to the classifier. */
#include "cmd/teacher.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/control.h"
#include "control/frame.h"
#include "control/listen.h"
#include "io/loop.h"

#define AGAIN_MS 10000 /* for a daemon that is there, or was, to answer */
#define AGAIN_STEP_US 50000

/* Under way: kept until it is acknowledged. */
struct lesson {
	struct arena *arena;
	struct learn_event event;
};

struct teacher {
	struct arena *arena;
	struct teacher_counts counts;
	/* with a daemon */
	const char *path;
	struct arena *link; /* of the connection */
	struct control_client *client;
	struct lesson lesson[CONTROL_IN_FLIGHT]; /* a ring */
	size_t first, n;
	/* without */
	const char *state;
	struct loop *loop;
	int lock;
	struct store *store;
	struct model *model;
	struct trainer *trainer;
	size_t queued;
};

/* ---- the daemon ---- */

static int dial(struct teacher *t, struct err *e)
{
	t->link = arena_new(0);
	t->client = control_connect(t->link, t->path, e);
	if (t->client)
		return 0;
	arena_free(t->link);
	t->link = NULL;
	return -1;
}

static void hang_up(struct teacher *t)
{
	if (t->client)
		control_close(t->client);
	t->client = NULL;
	arena_free(t->link);
	t->link = NULL;
}

static struct lesson *lesson_at(struct teacher *t, size_t i)
{
	return &t->lesson[(t->first + i) % CONTROL_IN_FLIGHT];
}

/* All that is not acknowledged is sent again: learning twice is learning once. */
static int send_again(struct teacher *t, struct err *e)
{
	for (size_t i = 0; i < t->n; i++)
		if (control_learn_begin(t->client, &lesson_at(t, i)->event, e) < 0)
			return -1;
	return 0;
}

static int recover(struct teacher *t, struct err *e)
{
	uint64_t until = clock_mono_ms() + AGAIN_MS;

	do {
		hang_up(t);
		usleep(AGAIN_STEP_US);
		if (dial(t, e) == 0 && send_again(t, e) == 0)
			return 0;
	} while (clock_mono_ms() < until);
	return -1;
}

/* The oldest lesson's result. */
static int hear(struct teacher *t, struct err *e)
{
	enum trainer_result r;

	while (control_learn_end(t->client, &r, e) < 0)
		if (recover(t, e) < 0)
			return -1;
	t->counts.result[r]++;
	arena_free(lesson_at(t, 0)->arena);
	t->first = (t->first + 1) % CONTROL_IN_FLIGHT;
	t->n--;
	return 0;
}

static int tell(struct teacher *t, const struct learn_event *event, struct err *e)
{
	struct arena *a = arena_new(0);
	struct lesson *l;

	if (t->n == CONTROL_IN_FLIGHT && hear(t, e) < 0)
		return -1;
	l = lesson_at(t, t->n);
	l->arena = a;
	if (!event_parse(a, event_format(a, event), &l->event))
		bug("an event of our own cannot be read");
	t->n++;
	if (control_learn_begin(t->client, &l->event, e) == 0)
		return 0;
	return recover(t, e);
}

/* ---- the data base ---- */

static int open_store(struct teacher *t, const struct conf *conf, struct err *e)
{
	struct trainer_args args = { .conf = conf };

	t->loop = args.loop = loop_new();
	t->store = args.local = control_local_store(t->loop, t->state, false, e);
	if (!t->store)
		return -1;
	t->model = args.model = model_new();
	if (!t->model)
		bug("no memory for the classifier");
	t->trainer = trainer_new(&args, e);
	return t->trainer ? 0 : -1;
}

static void learnt(void *arg, enum trainer_result r)
{
	struct teacher *t = arg;

	t->counts.result[r]++;
	t->queued--;
}

/* ---- both ---- */

/* A daemon that does not answer yet is there all the same: it has the data base. */
static bool somebody_listens(const struct teacher *t)
{
	int fd = control_dial(t->path);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno == EAGAIN;
}

/* The daemon, or else the data base when nobody else has it. */
static int reach(struct teacher *t, const struct teacher_where *w, struct err *e)
{
	uint64_t until = clock_mono_ms() + AGAIN_MS;

	while (dial(t, e) < 0) {
		bool there = w->socket || somebody_listens(t);
		if (!there && w->conf && control_shared(w->conf))
			return err_set(e, "merlond does not run, and without it what several "
					  "machines share cannot be trained");
		if (!there && (t->lock = control_lock(t->state, 0, e)) >= 0)
			return open_store(t, w->conf, e);
		if ((there ? w->socket && !somebody_listens(t) : errno != EWOULDBLOCK) ||
		    clock_mono_ms() >= until)
			return -1;
		usleep(AGAIN_STEP_US);
	}
	return 0;
}

struct teacher *teacher_open(const struct teacher_where *w, struct err *e)
{
	struct arena *a = arena_new(0);
	struct teacher *t = ARENA_NEW(a, struct teacher);
	const char *state = w->conf ? conf_str(w->conf, "daemon.state").p : "./var";
	struct err why;

	t->arena = a;
	t->state = w->state ? w->state : state;
	t->path = w->socket ? w->socket : control_path(a, w->conf, t->state);
	t->lock = -1;
	if (reach(t, w, &why) == 0)
		return t;
	err_set(e, "%s%s", why.text,
		w->state || w->socket || (w->conf && control_shared(w->conf))
			? ""
			: "; --state names the state directory");
	teacher_close(t);
	return NULL;
}

/* Of a daemon that is new to a shared store: it first asks who else is there. */
struct hash_key teacher_key(struct teacher *t)
{
	uint64_t until = clock_mono_ms() + AGAIN_MS;
	struct hash_key key = { 0, 0 };
	struct err e;

	if (!t->client)
		return model_key(t->model);
	while (key = control_key(t->client), !key.k0 && !key.k1 && clock_mono_ms() < until)
		if (recover(t, &e) < 0)
			break;
	return t->client ? key : (struct hash_key){ 0, 0 };
}

struct model_counts teacher_model(const struct teacher *t)
{
	return t->client ? control_counts(t->client) : model_counts(t->model, STR(""));
}

int teacher_learn(struct teacher *t, const struct learn_event *event, struct err *e)
{
	if (t->path && t->client)
		return tell(t, event, e);
	t->queued++;
	trainer_learn(t->trainer, event, learnt, t);
	while (t->queued >= CONTROL_IN_FLIGHT)
		loop_turn(t->loop, 1000);
	return 0;
}

int teacher_finish(struct teacher *t, struct err *e)
{
	while (t->n)
		if (hear(t, e) < 0)
			return -1;
	while (t->queued)
		loop_turn(t->loop, 1000);
	return 0;
}

const struct teacher_counts *teacher_counts(const struct teacher *t)
{
	return &t->counts;
}

int teacher_status(struct teacher *t, struct arena *a, struct str *json, struct err *e)
{
	struct model_counts n = teacher_model(t);

	if (t->client)
		return control_status(t->client, a, json, e);
	*json = arena_printf(a, "{\"ham\":%u,\"spam\":%u,\"events\":%llu}", n.ham, n.spam,
			     (unsigned long long)n.events);
	return 0;
}

void teacher_close(struct teacher *t)
{
	if (!t)
		return;
	hang_up(t);
	for (; t->n; t->n--)
		arena_free(lesson_at(t, t->n - 1)->arena);
	trainer_free(t->trainer);
	if (t->store)
		store_free(t->store);
	control_unlock(t->lock);
	if (t->model)
		model_free(t->model);
	if (t->loop)
		loop_free(t->loop);
	arena_free(t->arena);
}
