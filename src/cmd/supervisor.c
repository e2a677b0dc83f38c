/*
 * The supervisor. It holds the listening sockets and one generation of configuration; workers are
 * forked from it and inherit both. A reload makes the next generation aside: if anything is wrong
 * with it, the one that runs goes on; else new workers start and the old ones are told to finish.
 */
#include "cmd/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmd/background.h"
#include "cmd/generation.h"
#include "cmd/notify.h"
#include "cmd/privs.h"
#include "cmd/rule_tests.h"
#include "cmd/state.h"
#include "cmd/worker.h"
#include "scan/history.h"

#define TICK_MS 250
#define START_MS 10000	    /* in which workers of a new generation must be ready */
#define SILENT_MS 60000	    /* a worker without a sign of life is ended */
#define QUICK_MS 1000	    /* a worker that lives no longer dies at once */
#define QUICK_DEATHS 3u	    /* and is started again at once so many times */
#define BACKOFF_MAX_MS 5000 /* between its restarts after that */
#define FORK_AGAIN_MS 1000  /* after a fork that failed */
#define STOP_MS 2000	    /* over daemon.drain, before workers that do not end are killed */
#define DRAINING_MAX 256u   /* workers of old generations; further reloads wait for some to leave */
#define OPEN_FILES 65536u

struct child {
	pid_t pid; /* 0: free */
	uint64_t generation;
	uint64_t started_ms, restart_at_ms; /* restart_at_ms: dead, to be started again then */
	unsigned quick_deaths;
	bool leaving; /* told to finish */
};

struct supervisor {
	const struct supervisor_args *args;
	struct arena *arena;
	const struct check *const *checks;
	struct generation now;
	struct generation old; /* while the workers of the next one start */
	uint64_t generations;  /* loaded so far, failed ones too */
	struct shared *shared;
	struct history *history;
	struct privs privs;
	struct child child[SHARED_WORKERS];
	size_t workers;
	pid_t pid; /* our own */
	struct state state;
	struct background filters;
	bool reload_wanted, stopping;
	uint64_t watchdog_ms, watched_ms; /* between signs of life, 0: none wanted; the last one */
};

/* ---- workers ---- */

static int child_main(struct supervisor *s, size_t slot)
{
	struct worker_args a = {
		.app = s->now.app,
		.listener = s->now.listener,
		.nlisteners = s->now.nlisteners,
		.shared = s->shared,
		.history = s->history,
		.slot = slot,
		.generation = s->now.number,
		.drain_ms = conf_time_ms(s->now.app->conf, "daemon.drain"),
		.parent = s->pid,
	};
	int code;

	state_leave(&s->state);
	generation_free(&s->old, &s->now, false);
	code = worker_run(&a);
	generation_free(&s->now, &s->now, false);
	arena_free(s->arena);
	return code;
}

static void start_child(struct supervisor *s, size_t slot)
{
	struct child *c = &s->child[slot];
	struct shared_worker *w = &s->shared->worker[slot];
	pid_t pid;

	w->digest = 0;
	w->ready = 0;
	w->messages = 0;
	w->beat_ms = clock_mono_ms();
	c->generation = s->now.number;
	c->started_ms = clock_mono_ms();
	c->restart_at_ms = 0;
	c->leaving = false;
	pid = fork();
	if (pid == 0)
		_exit(child_main(s, slot));
	if (pid < 0) {
		LOG(LOG_LVL_ERROR, "fork_failed", F_CSTR("reason", strerror(errno)));
		c->restart_at_ms = clock_mono_ms() + FORK_AGAIN_MS;
		return;
	}
	c->pid = pid;
}

static size_t free_slot(const struct supervisor *s)
{
	for (size_t i = 0; i < SHARED_WORKERS; i++)
		if (!s->child[i].pid && !s->child[i].restart_at_ms)
			return i;
	bug("no free worker slot");
}

/* Those that the generation wants and that are not there, or not for long. */
static void start_workers(struct supervisor *s)
{
	size_t n = 0;

	s->workers = generation_workers(&s->now);
	for (size_t i = 0; i < SHARED_WORKERS; i++)
		n += s->child[i].pid && s->child[i].generation == s->now.number &&
		     !s->child[i].leaving;
	for (; n < s->workers; n++)
		start_child(s, free_slot(s));
}

static size_t count_old(const struct supervisor *s)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARED_WORKERS; i++)
		n += s->child[i].pid && s->child[i].generation != s->now.number;
	return n;
}

static size_t count_ready(const struct supervisor *s)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARED_WORKERS; i++)
		n += s->child[i].pid && s->child[i].generation == s->now.number &&
		     !s->child[i].leaving && s->shared->worker[i].ready;
	return n;
}

static void signal_children(struct supervisor *s, uint64_t but_generation, int sig)
{
	for (size_t i = 0; i < SHARED_WORKERS; i++) {
		struct child *c = &s->child[i];
		if (!c->pid || c->generation == but_generation || (c->leaving && sig == SIGTERM))
			continue;
		c->leaving = true;
		kill(c->pid, sig);
	}
}

/* A generation that is given up: what waits for its restart waits no more. */
static void forget_restarts(struct supervisor *s)
{
	for (size_t i = 0; i < SHARED_WORKERS; i++)
		if (!s->child[i].pid)
			s->child[i] = (struct child){ 0 };
}

static void log_crash(struct supervisor *s, size_t slot, int status)
{
	uint64_t digest = s->shared->worker[slot].digest;
	unsigned crashes = digest ? shared_crashed(s->shared, digest) : 0;
	char hex[20] = "";

	if (digest)
		snprintf(hex, sizeof hex, "%016llx", (unsigned long long)digest);
	LOG(LOG_LVL_ERROR, "worker_crashed", F_INT("worker", slot),
	    F_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
	    F_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : 0), F_CSTR("message", hex),
	    F_INT("crashes_on_it", crashes));
}

/* When to start it again: at once, unless it keeps dying as soon as it has begun. */
static void plan_restart(struct child *c, uint64_t now)
{
	uint64_t wait = 0;

	c->quick_deaths = now - c->started_ms < QUICK_MS ? c->quick_deaths + 1 : 0;
	if (c->quick_deaths > QUICK_DEATHS)
		wait = UINT64_C(100) << (c->quick_deaths < 10 ? c->quick_deaths - QUICK_DEATHS : 7);
	c->restart_at_ms = now + (wait > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait);
}

static void reaped(struct supervisor *s, pid_t pid, int status)
{
	for (size_t i = 0; i < SHARED_WORKERS; i++) {
		struct child *c = &s->child[i];
		bool bad = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
		if (c->pid != pid)
			continue;
		c->pid = 0;
		if (bad)
			log_crash(s, i, status);
		if (!s->stopping && !c->leaving && c->generation == s->now.number)
			plan_restart(c, clock_mono_ms());
		else
			*c = (struct child){ 0 };
		return;
	}
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!background_reaped(&s->filters, pid, status))
			reaped(s, pid, status);
}

/* Restarts what is due, and ends what has been silent for too long. */
static void look_after(struct supervisor *s)
{
	uint64_t now = clock_mono_ms();

	for (size_t i = 0; i < SHARED_WORKERS; i++) {
		struct child *c = &s->child[i];
		if (!c->pid && c->restart_at_ms && now >= c->restart_at_ms)
			start_child(s, i);
		else if (c->pid && now > s->shared->worker[i].beat_ms + SILENT_MS) {
			LOG(LOG_LVL_ERROR, "worker_silent", F_INT("worker", i));
			s->shared->worker[i].beat_ms = now;
			kill(c->pid, SIGABRT);
		}
	}
}

/* ---- signals ---- */

static void wanted_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGCHLD);
}

static int wait_signal(uint64_t ms)
{
	struct timespec t = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
	sigset_t set;

	wanted_signals(&set);
	return sigtimedwait(&set, NULL, &t);
}

/* Tells the service manager that we are alive. */
static void watchdog(struct supervisor *s)
{
	uint64_t now = clock_mono_ms();

	if (!s->watchdog_ms || now - s->watched_ms < s->watchdog_ms)
		return;
	s->watched_ms = now;
	notify("WATCHDOG=1");
}

/* Handles one signal, or none within ms. */
static void turn(struct supervisor *s, uint64_t ms)
{
	int sig = wait_signal(ms);

	if (sig == SIGHUP)
		s->reload_wanted = true;
	else if (sig == SIGTERM || sig == SIGINT)
		s->stopping = true;
	reap(s);
	if (!s->stopping)
		look_after(s);
	watchdog(s);
}

/* Some worker dies again and again. */
static bool hopeless(const struct supervisor *s)
{
	for (size_t i = 0; i < SHARED_WORKERS; i++)
		if (s->child[i].generation == s->now.number &&
		    s->child[i].quick_deaths > QUICK_DEATHS)
			return true;
	return false;
}

static bool wait_ready(struct supervisor *s)
{
	uint64_t until = clock_mono_ms() + START_MS;

	while (!s->stopping && clock_mono_ms() < until) {
		if (count_ready(s) == s->workers)
			return true;
		if (hopeless(s))
			return false;
		turn(s, 5);
	}
	return false;
}

/* One worker alone can have the socket: the one before leaves first, which takes libmilter some
 * seconds. */
static void wait_gone(struct supervisor *s)
{
	uint64_t until =
		clock_mono_ms() + conf_time_ms(s->old.app->conf, "daemon.drain") + START_MS;

	signal_children(s, s->now.number, SIGTERM);
	while (!s->stopping && count_old(s) && clock_mono_ms() < until)
		turn(s, 20);
}

/* ---- reload ---- */

static void reload_failed(struct supervisor *s)
{
	LOG(LOG_LVL_WARN, "reload_kept_old", F_INT("generation", s->now.number));
	notify("READY=1\nSTATUS=reload failed, generation %llu goes on",
	       (unsigned long long)s->now.number);
}

static void reopen_log(struct supervisor *s)
{
	struct err e;

	if (app_log(s->now.app, &e) < 0)
		LOG(LOG_LVL_ERROR, "log_failed", F_CSTR("reason", e.text));
}

/* The workers of the new generation do not start: back to the old one, which is still served. */
static void roll_back(struct supervisor *s)
{
	struct generation bad = s->now;

	s->now = s->old;
	s->old = (struct generation){ 0 };
	reopen_log(s);
	LOG(LOG_LVL_ERROR, "reload_failed", F_CSTR("fault", "workers do not start"));
	signal_children(s, s->now.number, SIGTERM);
	generation_free(&bad, &s->now, true);
	forget_restarts(s);
	start_workers(s);
	reload_failed(s);
}

static void replace(struct supervisor *s, struct generation next)
{
	uint64_t began = clock_mono_us();

	s->old = s->now;
	s->now = next;
	background_reset(&s->filters);
	reopen_log(s);
	forget_restarts(s);
	if (milter_single_worker(next.app->conf))
		wait_gone(s);
	start_workers(s);
	if (!wait_ready(s) && !s->stopping) {
		roll_back(s);
		return;
	}
	signal_children(s, s->now.number, SIGTERM);
	generation_free(&s->old, &s->now, true);
	LOG(LOG_LVL_INFO, "reloaded", F_INT("generation", s->now.number),
	    F_INT("workers", s->workers), F_MS("ms", clock_mono_us() - began));
	notify("READY=1\nSTATUS=generation %llu", (unsigned long long)s->now.number);
}

static void reload(struct supervisor *s)
{
	struct generation next = { .number = s->generations + 1 };
	struct err e;

	if (count_old(s) > DRAINING_MAX)
		return;
	s->reload_wanted = false;
	s->generations++;
	notify("RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)clock_mono_us());
	if (generation_load(&next, s->args->conf, s->checks, "reload_failed") < 0) {
		reload_failed(s);
		return;
	}
	if (generation_bind(&next, &s->now, &e) < 0) {
		LOG(LOG_LVL_ERROR, "reload_failed", F_CSTR("fault", e.text));
		generation_free(&next, &s->now, true);
		reload_failed(s);
		return;
	}
	background_load(&next, s->args->state);
	replace(s, next);
}

/* ---- filters of the rules ---- */

/* The same configuration with filters that were not there before: the workers change, as by a
 * reload, but nothing is read anew that the operator may be writing. libmilter's one worker cannot
 * change without a gap; it has them from the next reload on. */
static void refresh(struct supervisor *s)
{
	uint64_t began = clock_mono_us();

	s->filters.refresh = false;
	if (milter_single_worker(s->now.app->conf) || count_old(s) > DRAINING_MAX)
		return;
	background_load(&s->now, s->args->state);
	s->now.number = ++s->generations;
	forget_restarts(s);
	start_workers(s);
	if (!wait_ready(s))
		return;
	signal_children(s, s->now.number, SIGTERM);
	LOG(LOG_LVL_INFO, "filters_loaded", F_INT("generation", s->now.number),
	    F_MS("ms", clock_mono_us() - began));
}

/* ---- start and stop ---- */

static int open_state(struct supervisor *s, struct err *e)
{
	const char *dir = conf_str(s->now.app->conf, "daemon.state").p;

	return state_open(s->arena, s->args->state ? s->args->state : dir, &s->privs, &s->state, e);
}

static void raise_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	r.rlim_cur = r.rlim_max < OPEN_FILES ? r.rlim_max : OPEN_FILES;
	setrlimit(RLIMIT_NOFILE, &r);
}

/* Says so now if who we have become cannot read what a reload would have to. */
static void try_reload(struct supervisor *s)
{
	struct generation next = { .number = s->now.number };

	if (s->privs.change &&
	    generation_load(&next, s->args->conf, s->checks, "reload_will_fail") == 0)
		generation_free(&next, &s->now, false);
}

/* The state is locked before a socket is touched. The log is opened as who we become, as a reload
 * will have to. */
static int settle(struct supervisor *s, struct err *e)
{
	if (privs_find(conf_str(s->now.app->conf, "daemon.user").p, &s->privs, e) < 0 ||
	    open_state(s, e) < 0 || generation_bind(&s->now, &s->old, e) < 0 ||
	    privs_drop(&s->privs, e) < 0 || privs_confine(e) < 0 || app_log(s->now.app, e) < 0)
		return -1;
	try_reload(s);
	return 0;
}

/* Everything up to the first fork; an APP_EXIT_*. */
static int begin(struct supervisor *s)
{
	sigset_t set;
	struct err e;

	log_proc("supervisor");
	s->checks = app_checks(s->arena, s->args->plugins);
	if (!s->checks)
		return APP_EXIT_FAILURE;
	s->now.number = ++s->generations;
	if (generation_load(&s->now, s->args->conf, s->checks, "config_fault") < 0)
		return APP_EXIT_CONFIG;
	background_load(&s->now, s->args->state);
	raise_limits();
	wanted_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->shared = shared_new();
	s->history = history_new();
	if (!s->shared)
		bug("no memory for the shared page");
	if (settle(s, &e) < 0) {
		LOG(LOG_LVL_ERROR, "start_failed", F_CSTR("reason", e.text));
		return APP_EXIT_FAILURE;
	}
	return APP_EXIT_GOOD;
}

static void log_listening(const struct supervisor *s)
{
	for (size_t i = 0; i < s->now.nlisteners; i++)
		LOG(LOG_LVL_INFO, "listening", F_STR("listener", s->now.listener[i].name),
		    F_STR("socket", s->now.listener[i].socket),
		    F_STR("profile", s->now.listener[i].profile));
}

static void serve(struct supervisor *s)
{
	while (!s->stopping) {
		turn(s, TICK_MS);
		if (s->reload_wanted && !s->stopping)
			reload(s);
		else if (s->filters.refresh && !s->stopping)
			refresh(s);
		else if (!s->stopping)
			background_start(&s->filters, &s->now, s->args->state);
	}
}

static size_t count_children(const struct supervisor *s)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARED_WORKERS; i++)
		n += s->child[i].pid != 0;
	return n;
}

static void stop(struct supervisor *s)
{
	uint64_t grace = conf_time_ms(s->now.app->conf, "daemon.drain") + STOP_MS;
	uint64_t until = clock_mono_ms() + grace;

	notify("STOPPING=1");
	s->stopping = true;
	background_reset(&s->filters);
	signal_children(s, UINT64_MAX, SIGTERM);
	generation_unbind(&s->now, NULL, true);
	while (count_children(s) && clock_mono_ms() < until)
		turn(s, 50);
	signal_children(s, UINT64_MAX, SIGKILL);
	while (count_children(s))
		turn(s, 50);
	LOG(LOG_LVL_INFO, "stopped");
}

int supervisor_run(const struct supervisor_args *args)
{
	struct arena *a = arena_new(0);
	struct supervisor *s = ARENA_NEW(a, struct supervisor);
	int code;

	s->arena = a;
	s->args = args;
	s->pid = getpid();
	s->state.fd = -1;
	s->watchdog_ms = notify_watchdog_ms();
	code = begin(s);
	if (code == APP_EXIT_GOOD) {
		start_workers(s);
		if (!wait_ready(s) && !s->stopping) {
			LOG(LOG_LVL_ERROR, "start_failed",
			    F_CSTR("reason", "workers do not start"));
			code = APP_EXIT_FAILURE;
		} else {
			log_listening(s);
			LOG(LOG_LVL_INFO, "ready", F_INT("workers", s->workers),
			    F_INT("rules", ruleset_count(s->now.app->rules)));
			notify("READY=1\nSTATUS=generation 1");
			serve(s);
		}
		stop(s);
	}
	generation_free(&s->now, NULL, true);
	state_close(&s->state);
	shared_free(s->shared);
	history_free(s->history);
	arena_free(a);
	return code;
}

static void tell_failed(void *arg, const struct ruleset_case *c, bool good)
{
	(void)arg;
	if (!good)
		fprintf(stderr, "%s:%d: test %.*s: expected it to %s with \"%.*s\"\n", c->file,
			c->line, STR_ARG(c->rule), c->ok ? "hit" : "miss", STR_ARG(c->text));
}

static bool rules_pass(const struct app *app)
{
	struct err e;
	int failed = rule_tests_run(app, app->rules, NULL, 0, tell_failed, NULL, &e);

	if (failed < 0)
		fprintf(stderr, "%s\n", e.text);
	return failed == 0;
}

int supervisor_check(const struct supervisor_args *args)
{
	struct arena *a = arena_new(0);
	const struct check *const *checks = app_checks(a, args->plugins);
	struct milter_listener *l;
	struct app *app = NULL;
	int code = APP_EXIT_CONFIG;
	struct err e;
	size_t n;

	if (checks)
		app = app_load(args->conf, checks, APP_RULES, NULL, NULL);
	if (app && milter_listeners(app->arena, app->conf, &l, &n, &e) < 0)
		fprintf(stderr, "%s\n", e.text);
	else if (app && rules_pass(app))
		code = APP_EXIT_GOOD;
	if (code == APP_EXIT_GOOD)
		printf("%s: good: %zu listeners, %zu rules, %zu notes\n",
		       args->conf ? args->conf : "defaults", n, ruleset_count(app->rules),
		       ruleset_notes(app->rules));
	app_free(app);
	arena_free(a);
	return code;
}
