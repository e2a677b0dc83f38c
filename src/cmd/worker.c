/* A worker. */
#include "cmd/worker.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "checks/dnslist/dnslist.h"
#include "cmd/memory.h"
#include "cmd/signals.h"
#include "scan/board.h"
#include "sign/sign.h"
#include "store/store.h"

#define BEAT_MS 1000
#define HOURLY_MS 3600000 /* between log lines that sum up */

struct worker {
	const struct worker_args *args;
	struct shared_worker *slot;
	struct app_env *env;
	struct memory memory;
	struct milter *milter;
	struct event *term;
	bool draining;
};

static void running(void *arg, uint64_t digest)
{
	struct worker *w = arg;

	atomic_store_explicit(&w->slot->digest, digest, memory_order_relaxed);
}

static bool poisoned(void *arg, uint64_t digest)
{
	const struct worker *w = arg;

	return shared_poisoned(w->args->shared, digest);
}

static void beat(void *arg)
{
	struct worker *w = arg;

	w->slot->beat_ms = clock_mono_ms();
	w->slot->messages = milter_stats(w->milter)->messages;
	loop_after(w->env->scan.loop, BEAT_MS, beat, w);
}

/* What was counted, and which rules are slowest. */
static void sum_up(struct worker *w)
{
	const uint64_t *n = w->slot->stats.n;
	static const struct store_stats none;
	const struct store_stats *t = w->memory.store ? store_stats(w->memory.store) : &none;

	LOG(LOG_LVL_INFO, "counts", F_INT("messages", n[COUNT_MESSAGES]),
	    F_INT("cache_hits", n[COUNT_CACHE_HIT]), F_INT("cache_misses", n[COUNT_CACHE_MISS]),
	    F_INT("cache_waits", n[COUNT_CACHE_WAIT]), F_INT("without_dns", n[COUNT_DEGRADED_DNS]),
	    F_INT("without_store", n[COUNT_DEGRADED_STORE]), F_INT("store_calls", t->calls),
	    F_INT("store_failed", t->failed), F_INT("store_local", t->local),
	    F_INT("store_breaker", t->opened));
	ruleset_log_slowest(w->args->app->rules, w->env->scan.judge_state);
	if (w->args->slot == 0)
		board_log(w->env->scan.board); /* of all workers */
}

static void hourly(void *arg)
{
	struct worker *w = arg;

	sum_up(w);
	loop_after(w->env->scan.loop, HOURLY_MS, hourly, w);
}

static void drained(void *arg)
{
	struct worker *w = arg;

	loop_stop(w->env->scan.loop);
}

static void terminate(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	if (w->draining)
		return;
	w->draining = true;
	w->slot->ready = 0;
	milter_drain(w->milter, w->args->drain_ms, drained, w);
	/* What nobody accepts from any more must not look open to clients. */
	for (size_t i = 0; i < w->args->nlisteners; i++)
		milter_unbind(&w->args->listener[i], false);
}

static int start(struct worker *w, struct err *e)
{
	const struct worker_args *a = w->args;

	w->env = app_env_new(a->app, NULL, 0, a->common, e);
	if (!w->env)
		return -1;
	w->env->scan.digest_key = a->shared->digest_key;
	w->env->scan.running = running;
	w->env->scan.poisoned = poisoned;
	w->env->scan.arg = w;
	w->env->scan.log = true;
	w->env->scan.stats = &w->slot->stats;
	if (memory_worker(&w->memory, w->env, a, e) < 0)
		return -1;
	if (a->lane >= 0)
		w->env->scan.signer = sign_client_new(w->env->scan.loop, a->lane);
	dnslist_selftest(w->env->arena, &w->env->scan);
	w->term = signals_take(w->env->scan.loop, terminate, w);
	w->milter = milter_start(&w->env->scan, a->app->conf, a->listener, a->nlisteners, e);
	return w->milter ? 0 : -1;
}

int worker_run(const struct worker_args *args)
{
	struct worker w = { .args = args, .slot = &args->shared->worker[args->slot] };
	struct err e;
	char name[32];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != args->parent) /* it was gone before it could be watched */
		return APP_EXIT_GOOD;
	snprintf(name, sizeof name, "worker%zu", args->slot);
	log_proc(name);
	if (start(&w, &e) < 0) {
		LOG(LOG_LVL_ERROR, "worker_failed", F_CSTR("reason", e.text));
		return APP_EXIT_FAILURE;
	}
	beat(&w);
	loop_after(w.env->scan.loop, HOURLY_MS, hourly, &w);
	w.slot->ready = 1;
	loop_run(w.env->scan.loop);
	signals_hold(); /* told twice is no crash */
	sum_up(&w);
	LOG(LOG_LVL_INFO, "worker_done", F_INT("messages", milter_stats(w.milter)->messages));
	milter_free(w.milter);
	event_free(w.term);
	sign_client_free(w.env ? w.env->scan.signer : NULL);
	memory_close(&w.memory);
	app_env_free(w.env);
	return APP_EXIT_GOOD;
}
