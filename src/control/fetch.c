/* The fetcher: when which feed is asked for, and what is made of how it went. */
#include "control/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "control/fetch_job.h"
#include "io/loop.h"
#include "scan/board.h"

struct plan {
	uint64_t due_ms; /* on clock_mono_ms; 0: not at all */
	struct board_cell *cell;
	const char *set, *state; /* paths */
	bool checked;		 /* the set was looked into by this process */
};

struct fetcher {
	struct arena *arena;
	struct fetch_args args;
	struct plan *plan;
	struct loop_timer *timer;
	struct fetch_job *job;	/* under way; NULL: none */
	size_t at;		/* whose job it is */
	int lock;		/* while there is a job */
	struct fetch_state now; /* of the job's feed */
};

static void schedule(struct fetcher *f);

/* ---- when ---- */

static uint64_t below(uint64_t n)
{
	return n ? hash_key_random().k0 % n : 0;
}

/* A tenth more or less, so that machines that began together do not ask together. */
static uint64_t about(uint64_t ms)
{
	return ms - ms / 10 + below(ms / 5 + 1);
}

static uint64_t back_off(unsigned failures)
{
	uint64_t ms = FETCH_LEAST_MS;

	while (--failures && ms < FETCH_WORST_MS)
		ms *= 2;
	return ms < FETCH_WORST_MS ? ms : FETCH_WORST_MS;
}

static uint64_t pause_of(const struct fetcher *f, const struct feed_spec *spec)
{
	uint64_t ms;

	if (spec->path)
		return FETCH_FILE_MS;
	ms = f->now.failures && !f->now.shrunk ? back_off(f->now.failures) : spec->refresh_ms;
	ms = about(ms);
	return ms < FETCH_LEAST_MS ? FETCH_LEAST_MS : ms;
}

/* Milliseconds until the publisher may be asked; a date in the future is none. */
static uint64_t early(const struct feed_spec *spec, const struct fetch_state *s)
{
	int64_t now = clock_wall(), first = s->tried + FETCH_LEAST_MS / 1000;

	if (spec->path || s->asked != spec->same || s->tried > now)
		return 0;
	if (s->not_before > first && s->not_before < now + FETCH_RETRY_AFTER_S)
		first = s->not_before;
	return first > now ? (uint64_t)(first - now) * 1000 : 0;
}

/* Not damaged, nor of another version. */
static bool whole(const char *set)
{
	struct feed_set *s = feed_open(set, NULL);

	feed_close(s);
	return s != NULL;
}

/* Of a set that cannot be read the source has to be had again, changed or not. */
static void look_into_set(struct fetcher *f, size_t i)
{
	struct plan *p = &f->plan[i];

	if (f->now.same && !(p->checked && f->args.specs->spec[i].path) && !whole(p->set))
		f->now.same = 0;
	p->checked = true;
}

/* Of the first time in this process: what is left of the pause that the one before began. */
static uint64_t first_pause(struct fetcher *f, size_t i)
{
	const struct feed_spec *spec = &f->args.specs->spec[i];
	struct fetch_state s;
	uint64_t wait;
	int64_t left;

	fetch_state_read(f->plan[i].state, &s);
	wait = early(spec, &s);
	left = s.tried + (int64_t)(spec->refresh_ms / 1000) - clock_wall();
	if (!spec->path && s.same == spec->same && !s.failures && left > 0 &&
	    s.tried <= clock_wall() && whole(f->plan[i].set))
		wait = wait > (uint64_t)left * 1000 ? wait : (uint64_t)left * 1000;
	return wait + (spec->path ? 0 : below(FETCH_FIRST_MS));
}

/* ---- how it went ---- */

static void copy(char *to, size_t cap, struct str s)
{
	size_t n = s.n < cap && (!s.n || str_printable(s)) ? s.n : 0;

	if (n)
		memcpy(to, s.p, n);
	to[n] = 0;
}

/* before: what was known before this time. */
static void log_change(const struct fetcher *f, const struct fetch_state *before)
{
	struct str name = f->args.specs->spec[f->at].name;
	bool was_good = before->fetched && !before->failures;

	if (f->args.once)
		return;
	if (f->now.failures && !before->failures)
		LOG(LOG_LVL_WARN, "feed_failed", F_STR("feed", name), F_CSTR("reason", f->now.why));
	else if (!f->now.failures)
		LOG(was_good ? LOG_LVL_DEBUG : LOG_LVL_INFO, "feed_good", F_STR("feed", name),
		    F_INT("entries", f->now.entries));
}

static enum fetch_outcome failed(struct fetcher *f, const struct fetch_result *r)
{
	struct plan *p = &f->plan[f->at];

	f->now.failures += f->now.failures < 1000;
	f->now.shrunk = r->kind == FETCH_GOT && r->compiled.outcome == COMPILE_SHRUNK
				? f->now.shrunk + 1
				: 0;
	fetch_say(f->now.why, str_c(r->compiled.why[0] ? r->compiled.why : "unreadable"));
	if (f->args.specs->spec[f->at].path) /* and not looked at until it changes */
		copy(f->now.etag, sizeof f->now.etag, r->etag);
	board_add(p->cell, BOARD_FAILED, 1);
	return FETCH_FAILED;
}

static enum fetch_outcome good(struct fetcher *f, const struct fetch_result *r)
{
	const struct feed_spec *spec = &f->args.specs->spec[f->at];
	struct plan *p = &f->plan[f->at];
	bool is_new = r->kind == FETCH_GOT && r->compiled.outcome == COMPILE_NEW;

	f->now.failures = f->now.shrunk = 0;
	f->now.why[0] = 0;
	f->now.fetched = clock_wall();
	board_add(p->cell, is_new ? BOARD_GOOD : BOARD_CACHED, 1);
	if (r->kind == FETCH_GOT) {
		f->now.same = spec->same;
		copy(f->now.etag, sizeof f->now.etag, r->etag);
		copy(f->now.modified, sizeof f->now.modified, r->modified);
		f->now.octets = r->compiled.octets;
		memcpy(f->now.sha256, r->compiled.sha256, sizeof f->now.sha256);
	}
	if (!is_new) {
		fetch_touch(p->set);
		return FETCH_CURRENT;
	}
	f->now.entries = r->compiled.counts.entries;
	f->now.changed = f->now.fetched;
	return FETCH_NEW;
}

static void keep(struct fetcher *f)
{
	struct err e;

	if (fetch_state_write(f->plan[f->at].state, &f->now, &e) < 0)
		LOG(LOG_LVL_ERROR, "feed_state_failed", F_CSTR("reason", e.text));
}

static void unlock(struct fetcher *f)
{
	if (f->lock >= 0)
		close(f->lock);
	f->lock = -1;
}

static void done(void *arg, const struct fetch_result *r)
{
	struct fetcher *f = arg;
	const struct feed_spec *spec = &f->args.specs->spec[f->at];
	const struct fetch_state before = f->now;
	struct fetch_job *job;
	enum fetch_outcome o;

	if (r->kind == FETCH_NOTHING_NEW && spec->path) { /* looked at, every few seconds */
		o = f->now.failures ? FETCH_FAILED : FETCH_CURRENT;
		if (!f->now.failures && clock_wall() - f->now.fetched > FETCH_TOUCH_S) {
			o = good(f, r);
			keep(f);
		}
	} else {
		bool bad = r->kind == FETCH_FAULT ||
			   (r->kind == FETCH_GOT && (r->compiled.outcome == COMPILE_BAD ||
						     r->compiled.outcome == COMPILE_SHRUNK));
		o = bad ? failed(f, r) : good(f, r);
		f->now.tried = clock_wall();
		f->now.not_before = r->retry_after_s ? clock_wall() + (int64_t)r->retry_after_s : 0;
		log_change(f, &before);
		keep(f);
	}
	job = f->job; /* r is of it */
	f->job = NULL;
	unlock(f);
	f->plan[f->at].due_ms = f->args.once ? 0 : clock_mono_ms() + pause_of(f, spec);
	if (r->retry_after_s && f->plan[f->at].due_ms)
		f->plan[f->at].due_ms += (uint64_t)r->retry_after_s * 1000;
	if (f->args.told)
		f->args.told(f->args.arg, f->at, o, &f->now, &r->compiled.counts);
	fetch_job_free(job);
	schedule(f);
}

/* ---- one after another ---- */

static bool lock(struct fetcher *f)
{
	struct arena *a = arena_new(0);
	int fd = open(feeds_dir(a, f->args.state), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	arena_free(a);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		fd = -1;
	}
	f->lock = fd;
	return fd >= 0;
}

static void not_now(struct fetcher *f, size_t i, enum fetch_outcome o, uint64_t wait)
{
	f->plan[i].due_ms = f->args.once ? 0 : clock_mono_ms() + wait;
	unlock(f);
	if (f->args.told)
		f->args.told(f->args.arg, i, o, &f->now, &(struct feed_counts){ 0 });
	schedule(f);
}

/* What was tried is written first: who dies of it does not try at once again. */
static void begin(struct fetcher *f, size_t i)
{
	const struct feed_spec *spec = &f->args.specs->spec[i];
	struct fetch_job_args how = { .loop = f->args.loop,
				      .http = f->args.http,
				      .spec = spec,
				      .set = f->plan[i].set,
				      .before = &f->now };
	uint64_t wait;

	f->at = i;
	f->now = (struct fetch_state){ 0 };
	if (!lock(f)) {
		not_now(f, i, FETCH_LOCKED, FETCH_LOCKED_MS);
		return;
	}
	fetch_state_read(f->plan[i].state, &f->now);
	wait = early(spec, &f->now);
	if (wait) {
		not_now(f, i, FETCH_EARLY, wait);
		return;
	}
	look_into_set(f, i);
	if (!spec->path) {
		f->now.tried = clock_wall();
		f->now.asked = spec->same;
		keep(f);
		board_add(f->plan[i].cell, BOARD_ASKED, 1);
	}
	f->job = fetch_job_new(&how, done, f);
}

static void turn(void *arg)
{
	struct fetcher *f = arg;
	uint64_t now = clock_mono_ms();
	size_t first = SIZE_MAX;

	f->timer = NULL;
	for (size_t i = 0; i < f->args.specs->n; i++)
		if (f->plan[i].due_ms && f->plan[i].due_ms <= now &&
		    (first == SIZE_MAX || f->plan[i].due_ms < f->plan[first].due_ms))
			first = i;
	if (first == SIZE_MAX)
		schedule(f);
	else
		begin(f, first);
}

static void schedule(struct fetcher *f)
{
	uint64_t now = clock_mono_ms(), first = 0;

	if (f->job || f->timer)
		return;
	for (size_t i = 0; i < f->args.specs->n; i++)
		if (f->plan[i].due_ms && (!first || f->plan[i].due_ms < first))
			first = f->plan[i].due_ms;
	if (first)
		f->timer = loop_after(f->args.loop, first > now ? first - now : 0, turn, f);
}

/* ---- the whole ---- */

struct fetcher *fetcher_new(const struct fetch_args *args, struct err *e)
{
	struct arena *a;
	struct fetcher *f;

	if (fetch_dir(args->state, e) < 0)
		return NULL;
	a = arena_new(0);
	f = ARENA_NEW(a, struct fetcher);
	f->arena = a;
	f->args = *args;
	f->lock = -1;
	f->plan = ARENA_ARRAY(a, struct plan, args->specs->n + 1);
	for (size_t i = 0; i < args->specs->n; i++) {
		struct plan *p = &f->plan[i];
		struct str name = args->specs->spec[i].name;
		p->set = feeds_path(a, args->state, name, "set");
		p->state = feeds_path(a, args->state, name, "state");
		p->cell = board_cell(args->board, arena_printf(a, "feed:%.*s", STR_ARG(name)));
		if (!args->once)
			p->due_ms = clock_mono_ms() + 1 + first_pause(f, i);
	}
	schedule(f);
	return f;
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	loop_cancel(f->timer);
	fetch_job_free(f->job);
	unlock(f);
	arena_free(f->arena);
}

void fetcher_ask(struct fetcher *f, size_t i)
{
	f->plan[i].due_ms = clock_mono_ms();
	if (f->timer)
		loop_cancel(f->timer);
	f->timer = NULL;
	schedule(f);
}
