/* The shared log: what is ours goes there, what is there is applied. */
#include "control/joint.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/octets.h"

static void poll_log(void *arg);

void joint_next(struct joint *j, uint64_t ms)
{
	loop_cancel(j->timer);
	j->timer = loop_after(j->t->loop, ms, poll_log, j);
}

/* The fallback of this process is no shared log. */
bool joint_answered(const struct store_answer *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].local || a[i].status == STORE_FAILED || a[i].status == STORE_FULL)
			return false;
	return true;
}

static bool zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static uint64_t seen(const struct joint *j)
{
	return origin_last(&j->t->head.origins, j->machine);
}

/* ---- who we are: "m:pos" ---- */

static struct str pos_format(struct arena *a, const struct joint *j)
{
	struct buf b = { .arena = a };

	buf_add(&b, str_of(j->epoch, EPOCH));
	octets_u(&b, j->machine, 8);
	octets_u(&b, j->came_later, 1);
	return buf_str(&b);
}

void joint_keep(struct joint *j)
{
	struct arena *a = arena_new(0);
	struct store_op op = { .kind = STORE_PUT, .key = STR("m:pos"), .value = pos_format(a, j) };

	store_send(j->t->local, &op, 1, STORE_DURABLE | STORE_SLOW, NULL, NULL);
	arena_free(a);
}

static bool load_pos(struct joint *j, struct arena *a)
{
	struct store_op op = { .kind = STORE_GET, .key = STR("m:pos") };
	const struct store_answer *r = store_wait(j->t->local, a, &op, 1, STORE_SLOW);
	struct octets o = { .left = r->value };
	struct str epoch;

	if (r->status != STORE_OK)
		return false;
	epoch = octets_get_run(&o, EPOCH);
	j->machine = octets_get_u(&o, 8);
	j->came_later = octets_get_u(&o, 1) != 0;
	if (!octets_done(&o) || !j->machine)
		return false;
	memcpy(j->epoch, epoch.p, EPOCH);
	return true;
}

uint64_t joint_new_machine(void)
{
	return hash_key_random().k0 | 1;
}

/* ---- start ---- */

/* What was learnt before there was a shared log is told there too: from the ring of it. */
static void tell_history(struct joint *j)
{
	uint64_t after = 0;
	size_t n = 1;

	while (n) {
		struct arena *a = arena_new(0);
		struct store_op op = {
			.kind = STORE_READ, .key = STR("m:log"), .id = after, .limit = JOINT_PAGE
		};
		const struct store_answer *r = store_wait(j->t->local, a, &op, 1, STORE_SLOW);
		struct store_op out[JOINT_PAGE];
		size_t nout = 0;
		n = r->nentry;
		for (size_t i = 0; i < n; i++) {
			struct log_entry e;
			after = r->entry[i].id;
			if (log_entry_parse(r->entry[i].value, &e) && !e.shared && e.event.n)
				out[nout++] = (struct store_op){ .kind = STORE_APPEND,
								 .key = STR("m:out"),
								 .value = e.event,
								 .limit = LOG_MAX };
		}
		if (nout)
			store_wait(j->t->local, a, out, nout, STORE_SLOW);
		arena_free(a);
	}
}

/* The last id of "m:out", by reading from where we know it is not yet. */
static void find_out(struct joint *j)
{
	size_t n = 1;

	j->out_id = seen(j);
	while (n) {
		struct arena *a = arena_new(0);
		struct store_op op = {
			.kind = STORE_READ, .key = STR("m:out"), .id = j->out_id, .limit = 100
		};
		const struct store_answer *r = store_wait(j->t->local, a, &op, 1, STORE_SLOW);
		n = r->nentry;
		if (n && !j->out_id)
			j->base = r->entry[0].id - 1;
		if (n)
			j->out_id = r->entry[n - 1].id;
		arena_free(a);
	}
	j->sent = seen(j);
}

struct joint *joint_new(struct trainer *t)
{
	struct joint *j = ARENA_NEW(t->arena, struct joint);
	struct arena *a = arena_new(0);

	j->t = t;
	if (!load_pos(j, a)) {
		j->machine = joint_new_machine();
		tell_history(j);
	}
	arena_free(a);
	find_out(j);
	joint_next(j, 0);
	return j;
}

void joint_free(struct joint *j)
{
	if (!j)
		return;
	loop_cancel(j->timer);
	store_cancel(j->call);
	snapshot_free(j);
	retell_free(j);
	arena_free(j->pending);
}

bool joint_mine(const struct joint *j, struct origin o)
{
	return o.machine == j->machine;
}

bool joint_came_later(const struct joint *j)
{
	return j->came_later;
}

uint64_t joint_waiting(const struct joint *j)
{
	uint64_t last = seen(j);

	return j->out_id - (last > j->base ? last : j->base);
}

void joint_out(struct joint *j, uint64_t id)
{
	if (id > j->out_id)
		j->out_id = id;
}

void joint_poke(struct joint *j)
{
	if (j->timer && j->out_id > j->sent && j->key_known)
		joint_next(j, 0);
}

/* ---- reading ---- */

static void ship(struct joint *j);

/* Whether the entry is the next of its machine; notes it if so. */
static bool is_next(struct joint *j, struct origins *known, struct origin o)
{
	uint64_t last = origin_last(known, o.machine);

	if (o.id <= last)
		return false;
	if (last && o.id > last + 1 && !j->accept_jumps) {
		if (!j->stuck_ms)
			j->stuck_ms = clock_mono_ms();
		return false;
	}
	return origin_seen(known, o);
}

static void add_job(struct joint *j, const struct store_entry *s, struct origins *known)
{
	struct trainer *t = j->t;
	struct origin o;
	struct str event;
	struct job *job;

	if (!shared_entry_parse(s->value, &o, &event) || !is_next(j, known, o))
		return;
	job = job_new(event, JOB_SHARED);
	if (!job) {
		LOG(LOG_LVL_ERROR, "shared_entry_damaged", F_INT("machine", o.machine),
		    F_INT("event", o.id));
		return;
	}
	job->origin = o;
	job->shared_id = s->id;
	*t->inbox_end = job;
	t->inbox_end = &job->next;
}

/* The end of the log was reached. */
static void up_to_date(struct joint *j)
{
	uint64_t now = clock_mono_ms();

	j->accept_jumps = false;
	if (j->sent <= seen(j))
		j->missing_ms = 0;
	else if (!j->missing_ms)
		j->missing_ms = now;
	else if (now - j->missing_ms > JOINT_MISSING_MS) {
		j->sent = seen(j);
		j->missing_ms = 0;
	}
	if (j->stuck_ms && now - j->stuck_ms > JOINT_STUCK_MS) {
		LOG(LOG_LVL_WARN, "shared_events_missing", F_INT("since_s", JOINT_STUCK_MS / 1000));
		j->stuck_ms = 0;
		j->accept_jumps = true;
		j->t->head.shared_id = 0;
	}
	ship(j);
}

/* What we have read last is not there: cut off at the old end, or lost at the new one. */
static void found_oldest(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;
	bool cut = n && a->nentry && a->entry[0].id > j->t->head.shared_id;

	j->call = NULL;
	if (!joint_answered(a, n)) {
		joint_next(j, JOINT_DOWN_MS);
		return;
	}
	LOG(LOG_LVL_WARN, "shared_log_gap", F_CSTR("reason", cut ? "away for too long" : "lost"));
	j->accept_jumps = cut;
	if (!cut)
		j->sent = j->out_id > JOINT_AGAIN ? j->out_id - JOINT_AGAIN : 0;
	j->t->head.shared_id = 0;
	joint_next(j, 0);
}

static void find_oldest(struct joint *j)
{
	struct store_op op = { .kind = STORE_READ, .key = STR("m:log"), .limit = 1 };

	j->call = store_send(j->t->shared, &op, 1, 0, found_oldest, j);
}

/* A log that was put back from an older one may give the same number again. */
static uint64_t mark_of(const struct store_entry *s)
{
	return hash_sip13((struct hash_key){ 0, 0 }, s->value) | 1;
}

/* The last entry that was read is where it was. */
static bool is_whole(const struct joint *j, const struct store_answer *a)
{
	if (!j->t->head.shared_id)
		return true;
	return a->nentry && a->entry[0].id == j->t->head.shared_id &&
	       (!j->last_mark || j->last_mark == mark_of(&a->entry[0]));
}

static void take_page(struct joint *j, const struct store_answer *a)
{
	struct origins known = j->t->head.origins;
	uint64_t pos = j->t->head.shared_id;
	size_t i = pos ? 1 : 0;

	if (!is_whole(j, a)) {
		j->last_mark = 0;
		find_oldest(j);
		return;
	}
	if (a->nentry)
		j->last_mark = mark_of(&a->entry[a->nentry - 1]);
	j->page_last = a->nentry ? a->entry[a->nentry - 1].id : pos;
	j->full_page = a->nentry > i;
	for (; i < a->nentry; i++)
		add_job(j, &a->entry[i], &known);
	if (j->t->inbox)
		trainer_pump(j->t);
	else
		joint_applied(j, false);
}

/* What comes after something that was not applied is not either. */
static void drop_inbox(struct trainer *t)
{
	while (t->inbox) {
		struct job *next = t->inbox->next;
		job_free(t->inbox);
		t->inbox = next;
	}
	t->inbox_end = &t->inbox;
}

void joint_applied(struct joint *j, bool failed)
{
	if (failed) {
		drop_inbox(j->t);
		j->last_mark = 0;
		joint_next(j, JOINT_DOWN_MS);
		return;
	}
	if (j->t->inbox)
		return; /* the rest of the page */
	j->t->head.shared_id = j->page_last;
	if (j->full_page)
		joint_next(j, 0);
	else
		up_to_date(j);
}

static void polled(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;

	j->call = NULL;
	if (!joint_answered(a, n))
		joint_next(j, JOINT_DOWN_MS);
	else if (!j->key_known || a[0].status != STORE_OK ||
		 !str_eq(a[0].value, str_of(j->epoch, EPOCH)))
		join_start(j);
	else
		take_page(j, &a[1]);
}

/* The last entry read is read again: that it is there says that nothing is missing. */
static void poll_log(void *arg)
{
	struct joint *j = arg;
	uint64_t pos = j->t->head.shared_id;
	struct store_op op[2] = { { .kind = STORE_GET, .key = STR("m:epoch") },
				  { .kind = STORE_READ,
				    .key = STR("m:log"),
				    .id = pos ? pos - 1 : 0,
				    .limit = JOINT_PAGE + 1 } };

	j->timer = NULL;
	if (j->call || j->t->inbox)
		bug("two looks at the shared log at once");
	if (zero(j->epoch, EPOCH) || !j->key_known)
		join_start(j);
	else
		j->call = store_send(j->t->shared, op, 2, 0, polled, j);
}

/* ---- sending ---- */

static void shipped(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;

	j->call = NULL;
	arena_free(j->pending);
	j->pending = NULL;
	if (!joint_answered(a, n)) {
		j->sent = seen(j); /* some may be there: those are known by their numbers */
		joint_next(j, JOINT_DOWN_MS);
		return;
	}
	j->sent += n;
	joint_next(j, 0);
}

/* Under another name, whose numbers begin behind what cannot be sent any more. */
static void begin_anew(struct joint *j, uint64_t base)
{
	if (seen(j)) {
		LOG(LOG_LVL_ERROR, "events_not_shared", F_INT("events", base - seen(j)));
		j->machine = joint_new_machine();
		joint_keep(j);
	}
	j->sent = j->base = base;
}

static void send_page(void *arg, const struct store_answer *a, size_t n)
{
	struct joint *j = arg;
	struct store_op op[JOINT_PAGE];
	size_t k = 0;

	j->call = NULL;
	if (!joint_answered(a, n) || a->nentry == 0) {
		joint_next(j, JOINT_POLL_MS);
		return;
	}
	/* The ring has let go of what is missing: it was there once, or it never will be. */
	if (a->entry[0].id != j->sent + 1 && seen(j) + 1 >= a->entry[0].id)
		j->sent = a->entry[0].id - 1;
	else if (a->entry[0].id != j->sent + 1)
		begin_anew(j, a->entry[0].id - 1);
	j->pending = arena_new(0);
	for (; k < a->nentry && k < JOINT_PAGE; k++) {
		struct origin o = { j->machine, a->entry[k].id };
		op[k] = (struct store_op){ .kind = STORE_APPEND,
					   .key = STR("m:log"),
					   .limit = LOG_MAX,
					   .value = shared_entry_format(j->pending, o,
									a->entry[k].value) };
	}
	j->call = store_send(j->t->shared, op, k, 0, shipped, j);
}

static void ship(struct joint *j)
{
	struct store_op op = {
		.kind = STORE_READ, .key = STR("m:out"), .id = j->sent, .limit = JOINT_PAGE
	};

	if (j->sent >= j->out_id) {
		snapshot_due(j);
		joint_next(j, JOINT_POLL_MS);
		return;
	}
	j->call = store_send(j->t->local, &op, 1, STORE_SLOW, send_page, j);
}
