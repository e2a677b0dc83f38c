/* The trainer: what comes in, what goes out, and what it does to the model. */
#include "control/trainer.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/train.h"

#define DAY_MS INT64_C(86400000)
#define CLOSE_MS 5000 /* for what is queued when the trainer ends */

const char *trainer_word(enum trainer_result r)
{
	static const char *const words[] = { "learnt", "already", "unknown", "refused", "failed" };

	return r <= TRAIN_FAILED ? words[r] : "?";
}

/* ---- jobs ---- */

struct job *job_new(struct str octets, enum job_kind kind)
{
	struct arena *a = arena_new(2 * octets.n + sizeof(struct job) + 1024);
	struct job *j = ARENA_NEW(a, struct job);

	j->arena = a;
	j->kind = kind;
	j->octets = arena_dup(a, octets);
	if (octets.n > EVENT_MAX || !event_parse(a, j->octets, &j->event) ||
	    j->event.user.n > USER_MAX) {
		arena_free(a);
		return NULL;
	}
	return j;
}

void job_free(struct job *j)
{
	arena_free(j->arena);
}

static const char *class_word(enum learn_class c)
{
	return c == LEARN_SPAM ? "spam" : c == LEARN_HAM ? "ham" : "forget";
}

struct str event_hex(struct arena *a, const struct learn_event *e)
{
	struct buf b = { .arena = a };

	buf_hex(&b, e->f.digest, sizeof e->f.digest);
	return buf_str(&b);
}

/* Who had what learnt, when: one line for each event. */
static void audit(const struct job *j)
{
	const struct learn_event *e = &j->event;

	LOG(LOG_LVL_INFO, "learn", F_CSTR("class", event_erases(e) ? "erase" : class_word(e->to)),
	    F_CSTR("source", learn_source_word(e->source)),
	    F_STR("user", e->user.n ? e->user : STR_NULL), F_STR("message", event_hex(j->arena, e)),
	    F_CSTR("result", trainer_word(j->result)));
}

static void count(struct trainer *t, const struct job *j)
{
	struct trainer_stats *s = &t->stats;

	if (j->result == TRAINED) {
		s->learnt[j->event.to]++;
		s->by_source[j->event.source]++;
	}
	s->already += j->result == TRAIN_ALREADY;
	s->refused += j->result == TRAIN_REFUSED;
	s->failed += j->result == TRAIN_FAILED;
}

void job_end(struct trainer *t, struct job *j)
{
	if (j->kind != JOB_SHARED) {
		t->queued--;
		count(t, j);
		audit(j);
	}
	if (j->done)
		j->done(j->arg, j->result);
	job_free(j);
}

/* ---- the model ---- */

/* What is old fades by the clock of the events, which is the same for all who apply them. */
static void decay(struct trainer *t, int64_t when_ms)
{
	uint32_t day = when_ms > 0 ? (uint32_t)(when_ms / DAY_MS) : 0;

	if (day <= t->head.day)
		return;
	t->head.day = day;
	if (t->set.half_life_ms)
		model_decay(t->state, day,
			    (uint32_t)((t->set.half_life_ms + DAY_MS - 1) / (uint64_t)DAY_MS));
}

static uint64_t ring_id(const struct features *f)
{
	uint64_t id;

	memcpy(&id, f->digest, sizeof id);
	return id;
}

void trainer_apply(struct trainer *t, const struct moves *m, const struct learn_event *e)
{
	struct str user = STR("");

	decay(t, e->when_ms);
	if (event_erases(e)) {
		model_erase_user(t->state, e->user);
		erased_add(&t->head.erased, e->user, e->when_ms);
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct move *x = &m->m[i], *next = x + 1;
		if (x->user.n) {
			model_move_user(t->state, &e->f, x->from, x->to, x->user);
			continue;
		}
		/* Most often the user's counts do as everybody's. */
		if (i + 1 < m->n && next->from == x->from && next->to == x->to) {
			user = next->user;
			i++;
		}
		model_move(t->state, &e->f, x->from, x->to, ring_id(&e->f), user);
	}
	if (e->source != LEARN_AUTO && e->source != LEARN_TRAP)
		model_told(t->state);
	t->head.events = model_counts(t->model, STR("")).events;
}

/* ---- the face ---- */

static int64_t now_ms(void)
{
	return clock_wall() * 1000;
}

/* Whose clock is far from ours is not asked for the time. */
static int64_t sane(int64_t when_ms)
{
	int64_t now = now_ms();

	return when_ms < now - DAY_MS || when_ms > now + DAY_MS ? now : when_ms;
}

struct refusal {
	trained_fn *done;
	void *arg;
	struct arena *arena;
};

static void refuse_now(void *arg)
{
	struct refusal *r = arg;
	struct arena *a = r->arena;

	if (r->done)
		r->done(r->arg, TRAIN_FAILED);
	arena_free(a);
}

static void refuse(struct trainer *t, trained_fn *done, void *arg)
{
	struct arena *a = arena_new(256);
	struct refusal *r = ARENA_NEW(a, struct refusal);

	*r = (struct refusal){ done, arg, a };
	t->stats.failed++;
	loop_after(t->loop, 0, refuse_now, r);
}

static bool has_key(const struct trainer *t)
{
	struct hash_key k = model_key(t->model);

	return k.k0 || k.k1;
}

void trainer_learn(struct trainer *t, const struct learn_event *e, trained_fn *done, void *arg)
{
	struct arena *a = arena_new(0);
	struct learn_event copy = *e;
	struct job *j = NULL;

	copy.when_ms = sane(e->when_ms);
	if (t->queued < QUEUE_MAX && has_key(t))
		j = job_new(event_format(a, &copy), t->joint ? JOB_OUT : JOB_OWN);
	arena_free(a);
	if (!j) {
		refuse(t, done, arg);
		return;
	}
	j->done = done;
	j->arg = arg;
	*t->queue_end = j;
	t->queue_end = &j->next;
	t->queued++;
	trainer_pump(t);
}

static void note(void *arg, enum trainer_result r)
{
	*(enum trainer_result *)arg = r;
}

enum trainer_result trainer_learn_now(struct trainer *t, const struct learn_event *e)
{
	enum trainer_result pending = TRAIN_FAILED + 1, r = pending;

	trainer_learn(t, e, note, &r);
	while (r == pending)
		loop_turn(t->loop, 1000);
	return r;
}

void trainer_flush(struct trainer *t)
{
	for (;;) {
		while (t->flush)
			loop_turn(t->loop, 100);
		if (!keep_wanted(t))
			return;
		keep_flush(t);
		if (!t->flush)
			return;
		while (t->flush)
			loop_turn(t->loop, 100);
		if (t->keep_all) /* it could not be written */
			return;
	}
}

const struct trainer_stats *trainer_stats(const struct trainer *t)
{
	struct trainer_stats *s = (struct trainer_stats *)(uintptr_t)&t->stats;

	s->waiting = t->joint ? joint_waiting(t->joint) : 0;
	return s;
}

static struct settings settings(const struct conf *c)
{
	if (!c)
		return (struct settings){ .half_life_ms = UINT64_C(180) * (uint64_t)DAY_MS,
					  .flush_ms = 30000,
					  .snapshot_ms = 600000,
					  .balance = 3,
					  .campaign = 3 };
	return (struct settings){ .half_life_ms = conf_time_ms(c, "learn.half_life"),
				  .flush_ms = conf_time_ms(c, "learn.flush"),
				  .snapshot_ms = conf_time_ms(c, "learn.snapshot"),
				  .balance = (uint64_t)conf_int(c, "learn.balance"),
				  .campaign = (uint64_t)conf_int(c, "learn.campaign") };
}

struct trainer *trainer_new(const struct trainer_args *args, struct err *e)
{
	struct arena *a = arena_new(64 * 1024);
	struct trainer *t = ARENA_NEW(a, struct trainer);

	t->arena = a;
	t->loop = args->loop;
	t->own = args->local ? NULL : store_memory(args->loop);
	t->local = args->local ? args->local : t->own;
	t->shared = args->shared;
	t->model = args->model;
	t->state = model_trainer(a, args->model);
	t->set = settings(args->conf);
	t->queue_end = &t->queue;
	t->inbox_end = &t->inbox;
	if (keep_load(t, e) < 0) {
		keep_free(t);
		store_free(t->own);
		arena_free(a);
		return NULL;
	}
	if (t->shared)
		t->joint = joint_new(t);
	return t;
}

/* What is queued is answered for; what cannot be in time fails. */
static void end_queue(struct trainer *t)
{
	uint64_t until = clock_mono_ms() + CLOSE_MS;

	while ((t->round || t->queue) && clock_mono_ms() < until)
		loop_turn(t->loop, 50);
	while (t->queue) {
		struct job *j = t->queue;
		t->queue = j->next;
		j->result = TRAIN_FAILED;
		job_end(t, j);
	}
	while (t->inbox) {
		struct job *j = t->inbox;
		t->inbox = j->next;
		job_free(j);
	}
}

void trainer_free(struct trainer *t)
{
	if (!t)
		return;
	t->closing = true;
	end_queue(t);
	trainer_flush(t);
	joint_free(t->joint);
	keep_free(t);
	loop_cancel(t->pump_timer);
	if (t->round) {
		store_cancel(t->round->call[0]);
		store_cancel(t->round->call[1]);
		store_cancel(t->round->call[2]);
		for (size_t i = 0; i < t->round->n; i++)
			job_free(t->round->job[i]);
		arena_free(t->round->arena);
	}
	store_free(t->own);
	arena_free(t->arena);
}
