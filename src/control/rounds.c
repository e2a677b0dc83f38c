/*
 * A round of events: their votes are looked up, what they change is decided, everything is written
 * in one durable batch, and then it is done to the model and answered.
 */
#include <math.h>

#include "control/train.h"

/* ---- a round: look up ---- */

struct str learnt_key(struct arena *a, const struct learn_event *e)
{
	struct str h = event_hex(a, e);

	return arena_printf(a, "m:l:%.*s", STR_ARG(h));
}

static void decide_all(struct trainer *t);

static void looked_up(struct trainer *t)
{
	if (--t->round->waiting == 0)
		decide_all(t);
}

static void got_votes(void *arg, const struct store_answer *a, size_t n)
{
	struct trainer *t = arg;
	struct round *r = t->round;

	r->call[0] = NULL;
	for (size_t i = 0; i < n; i++) {
		struct job *j = r->job[i];
		struct str value = arena_dup(j->arena, a[i].value);
		if (a[i].status != STORE_NONE && a[i].status != STORE_OK)
			r->failed = true;
		else if (a[i].status == STORE_OK && !votes_parse(value, &j->votes))
			j->votes.n = 0;
	}
	looked_up(t);
}

static void got_limits(void *arg, const struct store_answer *a, size_t n)
{
	struct trainer *t = arg;
	struct round *r = t->round;

	r->call[1] = NULL;
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = r->limits[i]; k < r->limits[i + 1] && k < n; k++)
			if (a[k].status == STORE_OK && a[k].sum[0] > r->job[i]->copies)
				r->job[i]->copies = a[k].sum[0];
	looked_up(t);
}

/* A message that was learnt before this machine was there is not known here. */
static void got_shared_votes(void *arg, const struct store_answer *a, size_t n)
{
	struct trainer *t = arg;
	struct round *r = t->round;

	r->call[2] = NULL;
	for (size_t i = 0; i < n; i++) {
		struct job *j = r->job[i];
		struct str value = arena_dup(j->arena, a[i].value);
		struct shared_votes *old = ARENA_NEW(j->arena, struct shared_votes);
		if (a[i].status == STORE_OK && shared_votes_parse(value, old))
			j->old = old;
		else if (a[i].status == STORE_FAILED && j->kind == JOB_SHARED)
			r->failed = true; /* all machines must decide the same */
	}
	looked_up(t);
}

/* Votes that were told again are of the end of a history, which may still come by the log. */
static void votes_until(struct votes *v, int64_t when_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].when_ms < when_ms)
			v->v[n++] = v->v[i];
	v->n = n;
}

static void use_shared_votes(struct job *j)
{
	if (j->votes.n || !j->old)
		return;
	if (j->kind == JOB_SHARED && j->old->shared_id >= j->shared_id)
		j->votes = j->old->before;
	else
		j->votes = j->old->after;
	if (j->kind == JOB_SHARED && j->old->shared_id == 0)
		votes_until(&j->votes, j->event.when_ms);
}

static void look_up(struct trainer *t)
{
	struct store_op op[ROUND_JOBS * LIMITS_OPS_MAX] = { 0 };
	struct round *r = t->round;
	size_t n = 0;

	r->waiting = 1;
	for (size_t i = 0; i < r->n; i++) {
		n += limits_ops(r->arena, r->job[i], op + n);
		r->limits[i + 1] = n;
	}
	if (n) {
		r->waiting++;
		r->call[1] = store_send(t->shared ? t->shared : t->local, op, n, 0, got_limits, t);
	}
	for (size_t i = 0; i < r->n; i++)
		op[i] = (struct store_op){ .kind = STORE_GET,
					   .key = learnt_key(r->arena, &r->job[i]->event) };
	if (t->joint && joint_came_later(t->joint)) {
		r->waiting++;
		r->call[2] = store_send(t->shared, op, r->n, 0, got_shared_votes, t);
	}
	r->call[0] = store_send(t->local, op, r->n, STORE_SLOW, got_votes, t);
}

/* ---- decide ---- */

/* The same message earlier in the round: its votes are those after that. */
static const struct job *earlier(const struct round *r, size_t i)
{
	const uint8_t *digest = r->job[i]->event.f.digest;

	while (i-- > 0)
		if (memcmp(r->job[i]->event.f.digest, digest, sizeof r->job[i]->event.f.digest) ==
		    0)
			return r->job[i];
	return NULL;
}

static void decide(struct trainer *t, struct job *j)
{
	if (j->kind == JOB_SHARED) {
		j->result = TRAIN_ALREADY;
		if (origin_seen(&t->round->seen, j->origin))
			j->result = votes_decide(&j->votes, &j->event, &t->head.erased, &j->moves);
		return;
	}
	j->result = limits_allow(t, j);
	if (j->result == TRAINED)
		j->result = votes_decide(&j->votes, &j->event, &t->head.erased, &j->moves);
	/* What is on its way may make another thing of it. */
	if (j->kind == JOB_OUT && joint_waiting(t->joint) &&
	    (j->result == TRAIN_ALREADY || j->result == TRAIN_UNKNOWN))
		j->result = TRAINED;
}

static void write_all(struct trainer *t);

static void decide_all(struct trainer *t)
{
	struct round *r = t->round;

	r->seen = t->head.origins;
	for (size_t i = 0; i < r->n && !r->failed; i++) {
		const struct job *before = earlier(r, i);
		if (before)
			r->job[i]->votes = before->votes;
		else
			use_shared_votes(r->job[i]);
		r->job[i]->before = r->job[i]->votes;
		decide(t, r->job[i]);
	}
	write_all(t);
}

/* ---- write ---- */

/* What a message that was learnt once still counts among the near-duplicates now. */
static double faded(int64_t since_ms, int64_t now_ms)
{
	return since_ms && now_ms > since_ms
		       ? exp2(-(double)(now_ms - since_ms) / (double)NEAR_HALF_LIFE_MS)
		       : 1;
}

/* The digests follow what the message is learnt as. */
static size_t near_ops(struct arena *a, const struct job *j, struct store_op *out)
{
	static const enum near_sum sum[] = { [LEARN_HAM] = NEAR_HAM, [LEARN_SPAM] = NEAR_SPAM };
	const struct move *m = &j->moves.m[0];
	struct str key[NEAR_KEYS_MAX];
	size_t n;

	if (j->moves.n == 0 || m->user.n)
		return 0;
	n = near_keys(a, &j->event.near, key);
	for (size_t i = 0; i < n; i++) {
		struct store_op *op = &out[i];
		*op = (struct store_op){ .kind = STORE_ADD, .key = key[i], .ttl_ms = NEAR_TTL_MS };
		for (size_t k = 0; k < STORE_SUMS; k++)
			op->half_life_ms[k] = NEAR_HALF_LIFE_MS;
		if (m->from != LEARN_NONE)
			op->delta[sum[m->from]] -= faded(j->moves.since_ms, j->event.when_ms);
		if (m->to != LEARN_NONE)
			op->delta[sum[m->to]] += 1;
	}
	return n;
}

static struct store_op append(struct arena *a, const struct job *j)
{
	struct log_entry e = { .shared = j->kind == JOB_SHARED,
			       .shared_id = j->shared_id,
			       .origin = j->origin };

	if (j->result == TRAINED) {
		e.moves = j->moves;
		e.event = j->octets;
	}
	return (struct store_op){ .kind = STORE_APPEND,
				  .key = j->kind == JOB_OUT ? STR("m:out") : STR("m:log"),
				  .value = j->kind == JOB_OUT ? j->octets : log_entry_format(a, &e),
				  .limit = LOG_MAX };
}

static size_t job_ops(struct trainer *t, struct job *j, struct store_op *out)
{
	struct arena *a = t->round->arena;
	size_t n = 0;

	if (j->result != TRAINED && j->kind != JOB_SHARED)
		return 0;
	out[n++] = append(a, j);
	if (j->kind == JOB_OUT || j->result != TRAINED || event_erases(&j->event))
		return n;
	out[n++] = (struct store_op){ .kind = j->votes.n ? STORE_PUT : STORE_DEL,
				      .key = learnt_key(a, &j->event),
				      .value = votes_format(a, &j->votes),
				      .ttl_ms = LEARNT_TTL_MS };
	return j->kind == JOB_OWN ? n + near_ops(a, j, out + n) : n;
}

/* What the machine of the event tells the others of it: digests, and the votes for those who come
 * later. Nobody waits for it. */
static void tell_shared(struct trainer *t, const struct job *j)
{
	struct arena *a = t->round->arena;
	struct shared_votes v = { j->shared_id, j->before, j->votes };
	struct store_op op[NEAR_KEYS_MAX + 1];
	size_t n = near_ops(a, j, op);

	if (!event_erases(&j->event))
		op[n++] = (struct store_op){ .kind = STORE_PUT,
					     .key = learnt_key(a, &j->event),
					     .value = shared_votes_format(a, &v),
					     .ttl_ms = LEARNT_TTL_MS };
	if (n)
		store_send(t->shared, op, n, 0, NULL, NULL);
}

static void apply(struct trainer *t, const struct job *j)
{
	if (j->kind == JOB_OUT)
		return;
	if (j->result == TRAINED)
		trainer_apply(t, &j->moves, &j->event);
	if (j->kind == JOB_SHARED && j->result == TRAINED && joint_mine(t->joint, j->origin))
		tell_shared(t, j);
	if (j->kind == JOB_SHARED)
		t->head.shared_id = j->shared_id;
}

static void end_round(struct trainer *t)
{
	struct round *r = t->round;
	enum job_kind kind = r->job[0]->kind;

	for (size_t i = 0; i < r->n; i++) {
		struct job *j = r->job[i];
		if (r->failed)
			j->result = TRAIN_FAILED;
		else
			apply(t, j);
	}
	if (!r->failed)
		t->head.origins = r->seen;
	t->round = NULL;
	for (size_t i = 0; i < r->n; i++)
		job_end(t, r->job[i]);
	if (kind == JOB_SHARED)
		joint_applied(t->joint, r->failed);
	else if (kind == JOB_OUT)
		joint_poke(t->joint);
	arena_free(r->arena);
	keep_due(t);
	trainer_pump(t);
}

static void written(void *arg, const struct store_answer *a, size_t n)
{
	struct trainer *t = arg;
	struct round *r = t->round;

	r->call[0] = NULL;
	for (size_t i = 0; i < n; i++)
		r->failed |= a[i].status == STORE_FAILED || a[i].status == STORE_FULL;
	t->wrote |= !r->failed;
	for (size_t i = 0; i < n && !r->failed; i++)
		if (r->job[0]->kind == JOB_OUT)
			joint_out(t->joint, a[i].id);
		else if (a[i].id > t->head.log_id)
			t->head.log_id = a[i].id;
	end_round(t);
}

/* The logs hold a number of entries: what is not yet in blocks, or not shipped, must stay there. */
static bool log_has_room(const struct trainer *t, enum job_kind kind)
{
	if (kind == JOB_OUT)
		return joint_waiting(t->joint) + ROUND_JOBS < LOG_MAX;
	return t->head.log_id - t->kept_id + ROUND_JOBS < LOG_MAX;
}

static void write_all(struct trainer *t)
{
	struct round *r = t->round;
	struct store_op op[STORE_BATCH_MAX];
	size_t n = 0;

	r->failed |= !log_has_room(t, r->job[0]->kind);
	for (size_t i = 0; i < r->n && !r->failed; i++)
		n += job_ops(t, r->job[i], op + n);
	if (n && !r->failed)
		r->call[0] = store_send(t->local, op, n, STORE_DURABLE | STORE_SLOW, written, t);
	else
		end_round(t);
}

/* ---- rounds ---- */

/* Operations of its durable batch, at most. */
static size_t weight(const struct job *j)
{
	const struct near *n = &j->event.near;
	size_t digests = (n->has_text ? NEAR_BANDS : 0) + n->has_shape + n->nfiles;

	return 2 + (j->kind == JOB_OWN ? digests : 0);
}

/* An event that erases is a round of its own: what is decided after it knows of it. */
static void take_jobs(struct round *r, struct job **list, struct job ***end)
{
	size_t ops = 0;

	while (*list && r->n < ROUND_JOBS && ops + weight(*list) <= ROUND_OPS) {
		struct job *j = *list;
		if (r->n && event_erases(&j->event))
			break;
		*list = j->next;
		ops += weight(j);
		r->job[r->n++] = j;
		if (event_erases(&j->event))
			break;
	}
	if (!*list)
		*end = list;
}

static void begin_round(void *arg)
{
	struct trainer *t = arg;
	struct arena *a;

	t->pump_timer = NULL;
	if (t->round || (!t->queue && !t->inbox))
		return;
	a = arena_new(0);
	t->round = ARENA_NEW(a, struct round);
	t->round->arena = a;
	if (t->inbox)
		take_jobs(t->round, &t->inbox, &t->inbox_end);
	else
		take_jobs(t->round, &t->queue, &t->queue_end);
	look_up(t);
}

/* Not at once: what comes in the same turn of the loop shares a round. */
void trainer_pump(struct trainer *t)
{
	if (!t->round && !t->pump_timer && (t->queue || t->inbox))
		t->pump_timer = loop_after(t->loop, 0, begin_round, t);
}
