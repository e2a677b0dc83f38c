/*
 * The engine: runs whatever check is runnable until all are done or the deadline is reached.
 *
 * A check is runnable when its stage has been reached, the checks it needs are done, and something
 * it may wait for has come since it ran last (a stage, a need, an answer it asked for). Checks
 * stand in an order in which needs come first, so one pass usually does.
 */
#include "base/clock.h"
#include "base/log.h"
#include "scan/ask.h"
#include "scan/priv.h"
#include "scan/stats.h"

static bool runnable(const struct scan *s, size_t i)
{
	const struct scan_setup *setup = s->env->setup;
	const struct slot *slot = &s->priv->slot[i];
	uint64_t needs = setup->needs[i];

	if (slot->done || !slot->dirty || s->stage < setup->check[i]->stage ||
	    (setup->deferred[i] && scan_cache_open(s)) ||
	    ((setup->check[i]->flags & CHECK_LATE) && !s->priv->late.open))
		return false;
	for (size_t j = 0; needs; j++, needs >>= 1)
		if ((needs & 1) && !s->priv->slot[j].done)
			return false;
	return true;
}

static void dirty_dependents(struct scan *s, size_t i)
{
	for (size_t j = i + 1; j < s->env->setup->n; j++)
		if (s->env->setup->needs[j] >> i & 1)
			s->priv->slot[j].dirty = true;
}

static bool skipped(struct scan *s, size_t i)
{
	const struct check *c = s->env->setup->check[i];

	return s->env->setup->idle[i] ||
	       (s->env->setup->deferred[i] && s->priv->cache.step == CACHE_HIT) ||
	       ((c->flags & CHECK_CONTENT) && ((s->flags & SCAN_F_POISONED) || scan_over(s)));
}

static void run_check(struct scan *s, size_t i)
{
	const struct scan_setup *setup = s->env->setup;
	const struct check *c = setup->check[i];
	struct slot *slot = &s->priv->slot[i];
	enum check_step step = CHECK_DONE;

	slot->dirty = false;
	if (!slot->state && c->state_size)
		slot->state = arena_zalloc(s->arena, c->state_size);
	s->priv->running = i;
	s->priv->ask_limit = SCAN_MAX_QUERIES;
	s->priv->dns_within_ms = 0;
	if (!skipped(s, i))
		step = c->run(s, slot->state, setup->config[i]);
	s->priv->running = SCAN_MAX_CHECKS;
	if (step == CHECK_DONE) {
		slot->done = true;
		dirty_dependents(s, i);
	}
}

static bool all_done(const struct scan *s)
{
	for (size_t i = 0; i < s->env->setup->n; i++)
		if (!s->priv->slot[i].done)
			return false;
	return true;
}

/* All but those that a cached verdict spares. */
static bool others_done(const struct scan *s)
{
	for (size_t i = 0; i < s->env->setup->n; i++)
		if (!s->priv->slot[i].done && !s->env->setup->deferred[i])
			return false;
	return true;
}

static void run_all(struct scan *s)
{
	do {
		s->priv->again = false;
		for (size_t i = 0; i < s->env->setup->n; i++)
			if (runnable(s, i))
				run_check(s, i);
		if (scan_cache_open(s) && scan_cache_go(s, others_done(s)))
			s->priv->again = true;
		if (scan_late_go(s))
			s->priv->again = true;
	} while (s->priv->again);
}

/* ---- the CPU time of a message: of the steps that are announced ---- */

static void count_cpu(const struct scan *s, bool on)
{
	struct scan_priv *p = s->priv;
	uint64_t now = clock_cpu_us();

	if (!on && p->cpu_from)
		p->cpu_us += now - p->cpu_from;
	p->cpu_from = on ? now : 0;
	p->mono_from = on ? clock_mono_us() : 0;
}

/* It is asked often, and the clock of the CPU costs a system call: what has not taken the time has
 * not taken the CPU time. */
bool scan_over(struct scan *s)
{
	const struct scan_priv *p = s->priv;
	uint64_t limit = p ? s->env->setup->cpu_us : 0, used;

	if (!limit || s->flags & SCAN_F_CPU)
		return s->flags & SCAN_F_CPU;
	if (p->cpu_from && p->cpu_us + (clock_mono_us() - p->mono_from) <= limit)
		return false;
	used = p->cpu_us + (p->cpu_from ? clock_cpu_us() - p->cpu_from : 0);
	if (used <= limit)
		return false;
	s->flags |= SCAN_F_CPU;
	LOG(LOG_LVL_WARN, "cpu_budget", F_STR("qid", s->client.queue_id),
	    F_INT("limit_ms", limit / 1000));
	return true;
}

void scan_running(const struct scan *s, bool on)
{
	if (s->env->running && s->priv->digest)
		s->env->running(s->env->arg, on ? s->priv->digest : 0);
}

void scan_announce(const struct scan *s, bool on)
{
	count_cpu(s, on);
	scan_running(s, on);
}

/* The scan may be gone when it returns. */
static void finish(struct scan *s)
{
	struct scan_priv *p = s->priv;
	scan_done_fn *done = p->done;

	p->finished = true;
	loop_cancel(p->deadline);
	p->deadline = NULL;
	if (p->eom_us)
		p->dns_us = clock_mono_us() - p->eom_us;
	scan_announce(s, true);
	scan_conclude(s);
	scan_announce(s, false);
	scan_notes_send(s);
	if (s->env->stats)
		stats_message(s->env->stats, s);
	p->total_us = clock_mono_us() - p->began_us;
	if (s->env->log && log_on(LOG_LVL_INFO))
		scan_log_message(s);
	done(p->done_arg, s);
}

void scan_kick(struct scan *s)
{
	struct scan_priv *p = s->priv;

	if (p->finished)
		return;
	if (p->busy) {
		p->again = true;
		return;
	}
	p->busy = true;
	scan_announce(s, true);
	run_all(s);
	scan_announce(s, false);
	p->busy = false;
	if (p->done && all_done(s))
		finish(s);
	else
		scan_stores_flush(s);
}

void scan_stage_reached(struct scan *s, enum scan_stage stage)
{
	s->stage = stage;
	for (size_t i = 0; i < s->env->setup->n; i++)
		s->priv->slot[i].dirty = true;
	scan_kick(s);
}

/* ---- the deadline ---- */

static void log_deadline(const struct scan *s)
{
	struct buf waited = { .arena = s->arena };

	for (size_t i = 0; i < s->env->setup->n; i++)
		if (!s->priv->slot[i].done)
			buf_addf(&waited, "%s%s", waited.n ? " " : "",
				 s->env->setup->check[i]->name);
	struct buf names = { .arena = s->arena };
	scan_asks_names(s, &names);
	LOG(LOG_LVL_WARN, "deadline", F_STR("qid", s->client.queue_id),
	    F_STR("checks", buf_str(&waited)), F_STR("waited_for", buf_str(&names)));
}

/*
 * The last run of what is not done. A check that still waits has no result; what needs it is run
 * without, since it may be what keeps forged fields out.
 */
static void run_out(struct scan *s)
{
	struct scan_priv *p = s->priv;

	for (size_t i = 0; i < s->env->setup->n; i++)
		p->slot[i].dirty = true;
	run_all(s);
	for (size_t i = 0; i < s->env->setup->n; i++) {
		if (p->slot[i].done)
			continue;
		p->slot[i].done = true;
		p->slot[i].result = NULL;
		dirty_dependents(s, i);
		run_all(s);
	}
}

static void deadline_reached(void *arg)
{
	struct scan *s = arg;
	struct scan_priv *p = s->priv;

	p->deadline = NULL;
	log_deadline(s);
	s->flags |= SCAN_F_DEADLINE;
	scan_asks_close(s);
	p->busy = true;
	scan_announce(s, true);
	run_out(s);
	scan_announce(s, false);
	p->busy = false;
	finish(s);
}

void scan_eom(struct scan *s, scan_done_fn *done, void *arg)
{
	struct scan_priv *p = s->priv;

	if (s->stage < SCAN_HEADERS)
		scan_eoh(s);
	if (s->body)
		body_hash_end(s->body);
	emit_body_end(&s->body_form);
	if (s->content) {
		scan_announce(s, true);
		content_end(s->content);
		scan_announce(s, false);
	}
	scan_cache_begin(s);
	p->eom_us = clock_mono_us();
	p->done = done;
	p->done_arg = arg;
	p->deadline = loop_after(s->env->loop, s->env->setup->deadline_ms, deadline_reached, s);
	scan_stage_reached(s, SCAN_EOM);
}
