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
#include "checks/outside/geo.h"
#include "cmd/background.h"
#include "cmd/children.h"
#include "cmd/control_child.h"
#include "cmd/generation.h"
#include "cmd/notify.h"
#include "cmd/privs.h"
#include "cmd/rule_tests.h"
#include "cmd/signer_child.h"
#include "cmd/state.h"
#include "cmd/worker.h"

#define TICK_MS 250
#define GEO_MS 3000	  /* between looks at data bases of addresses */
#define START_MS 10000	  /* in which workers of a new generation must be ready */
#define CONTROL_MS 2000	  /* the control process is waited for; without it all goes on */
#define FLUSH_MS 30000	  /* in which it must have written everything */
#define STOP_MS 2000	  /* over daemon.drain, before workers that do not end are killed */
#define DRAINING_MAX 256u /* workers of old generations; further reloads wait for some to leave */
#define OPEN_FILES 65536u

struct supervisor {
	const struct supervisor_args *args;
	struct arena *arena;
	const struct check *const *checks;
	struct generation now;
	struct generation old; /* while the workers of the next one start */
	uint64_t generations;  /* loaded so far, failed ones too */
	struct shared *shared;
	struct app_common common;
	struct privs privs;
	struct children workers;
	struct control_child control;
	struct signer_child signer;
	pid_t pid; /* our own */
	struct state state;
	struct background filters;
	bool reload_wanted, stopping;
	uint64_t watchdog_ms, watched_ms; /* between signs of life, 0: none wanted; the last one */
	uint64_t geo_ms;		  /* of the last look */
};

/* ---- workers ---- */

static int worker_main(void *arg, size_t slot)
{
	struct supervisor *s = arg;
	struct worker_args a = {
		.app = s->now.app,
		.listener = s->now.listener,
		.nlisteners = s->now.nlisteners,
		.shared = s->shared,
		.common = &s->common,
		.slot = slot,
		.generation = s->now.number,
		.drain_ms = conf_time_ms(s->now.app->conf, "daemon.drain"),
		.model = s->control.model,
		.state = s->control.state,
		.control = s->control.control.path,
		.lane = signer_child_lane(&s->signer, slot),
		.parent = s->pid,
	};
	int code;

	state_leave(&s->state);
	control_child_leave(&s->control);
	generation_free(&s->old, &s->now, false);
	code = worker_run(&a);
	generation_free(&s->now, &s->now, false);
	model_free(s->control.model);
	arena_free(s->arena);
	return code;
}

/* Its number is what its children are known by. */
static void change(struct supervisor *s, struct generation now)
{
	s->now = now;
	s->workers.generation = now.number;
}

static void start_workers(struct supervisor *s)
{
	s->workers.wanted = generation_workers(&s->now);
	children_start(&s->workers);
}

/* ---- the control process ---- */

static int control_main(void *arg)
{
	struct supervisor *s = arg;
	int code;

	state_leave(&s->state);
	generation_unbind(&s->old, NULL, false);
	generation_unbind(&s->now, NULL, false);
	s->control.lane = signer_child_lane(&s->signer, SIGNER_CONTROL);
	s->control.keeper = s->signer.manage[0];
	code = control_child_run(&s->control, s->now.app->conf, s->pid);
	generation_free(&s->old, &s->now, false);
	generation_free(&s->now, &s->now, false);
	model_free(s->control.model);
	arena_free(s->arena);
	return code;
}

/* ---- the keeper of keys ---- */

static void keeper_leave(void *arg)
{
	struct supervisor *s = arg;

	state_leave(&s->state);
	control_child_leave(&s->control);
	generation_unbind(&s->old, NULL, false);
	generation_unbind(&s->now, NULL, false);
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!background_reaped(&s->filters, pid, status) &&
		    !control_child_reaped(&s->control, pid, status) &&
		    !signer_child_reaped(&s->signer, pid, status))
			children_reaped(&s->workers, pid, status, s->stopping);
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
	if (!s->stopping) {
		children_look_after(&s->workers);
		control_child_look_after(&s->control);
		signer_child_look_after(&s->signer, s->now.app);
	}
	watchdog(s);
}

/* Where it does not come up, mail is judged without a memory; it is tried again and again. */
static void start_control(struct supervisor *s)
{
	uint64_t until = clock_mono_ms() + CONTROL_MS;

	control_child_start(&s->control, s->now.app->conf);
	while (!s->stopping && clock_mono_ms() < until && !control_child_ready(&s->control) &&
	       !child_hopeless(&s->control.child))
		turn(s, 5);
}

static bool wait_ready(struct supervisor *s)
{
	uint64_t until = clock_mono_ms() + START_MS;

	while (!s->stopping && clock_mono_ms() < until) {
		if (children_ready(&s->workers) == s->workers.wanted)
			return true;
		if (children_hopeless(&s->workers))
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

	children_signal(&s->workers, s->now.number, SIGTERM);
	while (!s->stopping && children_old(&s->workers) && clock_mono_ms() < until)
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

	change(s, s->old);
	s->old = (struct generation){ 0 };
	reopen_log(s);
	LOG(LOG_LVL_ERROR, "reload_failed", F_CSTR("fault", "workers do not start"));
	children_signal(&s->workers, s->now.number, SIGTERM);
	generation_free(&bad, &s->now, true);
	children_forget(&s->workers);
	start_workers(s);
	reload_failed(s);
}

static void replace(struct supervisor *s, struct generation next)
{
	uint64_t began = clock_mono_us();

	s->old = s->now;
	change(s, next);
	background_reset(&s->filters);
	reopen_log(s);
	children_forget(&s->workers);
	if (milter_single_worker(next.app->conf))
		wait_gone(s);
	start_workers(s);
	if (!wait_ready(s) && !s->stopping) {
		roll_back(s);
		return;
	}
	children_signal(&s->workers, s->now.number, SIGTERM);
	generation_free(&s->old, &s->now, true);
	signer_child_settled(&s->signer);
	control_child_replace(&s->control, s->now.app->conf);
	LOG(LOG_LVL_INFO, "reloaded", F_INT("generation", s->now.number),
	    F_INT("workers", s->workers.wanted), F_MS("ms", clock_mono_us() - began));
	notify("READY=1\nSTATUS=generation %llu", (unsigned long long)s->now.number);
}

static void reload(struct supervisor *s)
{
	struct generation next = { .number = s->generations + 1 };
	struct err e;

	if (children_old(&s->workers) > DRAINING_MAX)
		return;
	s->reload_wanted = false;
	s->generations++;
	notify("RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)clock_mono_us());
	if (generation_load(&next, s->args->conf, s->checks, "reload_failed") < 0) {
		reload_failed(s);
		return;
	}
	if (control_child_same(&s->control, next.app->conf, &e) < 0 ||
	    signer_child_same(&s->signer, next.app->conf, &e) < 0 ||
	    signer_child_load(&s->signer, next.app, &e) < 0 ||
	    generation_bind(&next, &s->now, &e) < 0) {
		LOG(LOG_LVL_ERROR, "reload_failed", F_CSTR("fault", e.text));
		generation_free(&next, &s->now, true);
		reload_failed(s);
		return;
	}
	background_load(&next, s->args->state);
	replace(s, next);
}

/* ---- filters of the rules, databases of addresses ---- */

/* The same configuration with what was not there before: the workers change, as by a reload, but
 * nothing is read anew that the operator may be writing. libmilter's one worker cannot change
 * without a gap; it has that from the next reload on. */
static bool may_refresh(const struct supervisor *s)
{
	return !milter_single_worker(s->now.app->conf) && children_old(&s->workers) <= DRAINING_MAX;
}

static void refresh(struct supervisor *s, const char *event)
{
	uint64_t began = clock_mono_us();

	s->workers.generation = s->now.number = ++s->generations;
	children_forget(&s->workers);
	start_workers(s);
	if (!wait_ready(s))
		return;
	children_signal(&s->workers, s->now.number, SIGTERM);
	LOG(LOG_LVL_INFO, event, F_INT("generation", s->now.number),
	    F_MS("ms", clock_mono_us() - began));
}

static void refresh_filters(struct supervisor *s)
{
	s->filters.refresh = false;
	if (!may_refresh(s))
		return;
	background_load(&s->now, s->args->state);
	refresh(s, "filters_loaded");
}

static void refresh_geo(struct supervisor *s)
{
	uint64_t now = clock_mono_ms();

	if (now - s->geo_ms < GEO_MS || !may_refresh(s))
		return;
	s->geo_ms = now;
	if (geo_renew(s->now.app->setup))
		refresh(s, "geo_loaded");
}

static void refresh_keys(struct supervisor *s)
{
	if (may_refresh(s) && signer_child_renew(&s->signer, s->now.app))
		refresh(s, "keys_loaded");
}

/* ---- start and stop ---- */

static int open_state(struct supervisor *s, struct err *e)
{
	struct str dir = conf_str(s->now.app->conf, "daemon.state");

	s->control.state = s->args->state ? s->args->state : arena_cstr(s->arena, dir);
	if (state_open(s->arena, s->control.state, &s->privs, &s->state, e) < 0)
		return -1;
	return control_child_open(&s->control, s->arena, s->now.app->conf, &s->privs, e);
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
	    signer_child_open(&s->signer, s->arena, s->now.app, s->control.state, &s->privs, e) <
		    0 ||
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
	s->workers.generation = s->now.number = ++s->generations;
	if (generation_load(&s->now, s->args->conf, s->checks, "config_fault") < 0)
		return APP_EXIT_CONFIG;
	background_load(&s->now, s->args->state);
	raise_limits();
	wanted_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Of all children too: a file that may not grow is a write that fails, and no more. */
	signal(SIGXFSZ, SIG_IGN);
	s->shared = s->workers.shared = s->control.shared = shared_new();
	app_common_new(&s->common);
	s->control.board = s->common.board;
	if (!s->shared)
		bug("no memory for the shared page");
	s->workers.run = worker_main;
	s->control.run = control_main;
	s->signer.leave = keeper_leave;
	s->workers.arg = s->control.arg = s->signer.arg = s;
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
			refresh_filters(s);
		else if (!s->stopping)
			background_start(&s->filters, &s->now, s->args->state);
		if (!s->stopping)
			refresh_geo(s);
		if (!s->stopping)
			refresh_keys(s);
	}
}

/* After the workers: it keeps what they have noted last. */
static void stop_control(struct supervisor *s)
{
	uint64_t until = clock_mono_ms() + FLUSH_MS;

	control_child_stop(&s->control, SIGTERM);
	while (s->control.child.pid && clock_mono_ms() < until)
		turn(s, 50);
	control_child_stop(&s->control, SIGKILL);
	while (s->control.child.pid)
		turn(s, 50);
}

static void stop_signer(struct supervisor *s)
{
	uint64_t until = clock_mono_ms() + STOP_MS;

	signer_child_stop(&s->signer, SIGTERM);
	while (s->signer.child.pid && clock_mono_ms() < until)
		turn(s, 20);
	signer_child_stop(&s->signer, SIGKILL);
	while (s->signer.child.pid)
		turn(s, 20);
}

static void stop(struct supervisor *s)
{
	uint64_t grace = conf_time_ms(s->now.app->conf, "daemon.drain") + STOP_MS;
	uint64_t until = clock_mono_ms() + grace;

	notify("STOPPING=1");
	s->stopping = true;
	background_reset(&s->filters);
	children_signal(&s->workers, UINT64_MAX, SIGTERM);
	generation_unbind(&s->now, NULL, true);
	while (children_count(&s->workers) && clock_mono_ms() < until)
		turn(s, 50);
	children_signal(&s->workers, UINT64_MAX, SIGKILL);
	while (children_count(&s->workers))
		turn(s, 50);
	stop_control(s);
	stop_signer(s);
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
	s->state.fd = s->control.store.fd = s->control.control.fd = -1;
	signer_child_init(&s->signer);
	s->watchdog_ms = notify_watchdog_ms();
	code = begin(s);
	if (code == APP_EXIT_GOOD) {
		start_control(s);
		start_workers(s);
		if (!wait_ready(s) && !s->stopping) {
			LOG(LOG_LVL_ERROR, "start_failed",
			    F_CSTR("reason", "workers do not start"));
			code = APP_EXIT_FAILURE;
		} else {
			log_listening(s);
			LOG(LOG_LVL_INFO, "ready", F_INT("workers", s->workers.wanted),
			    F_INT("rules", ruleset_count(s->now.app->rules)));
			notify("READY=1\nSTATUS=generation 1");
			serve(s);
		}
		stop(s);
	}
	generation_free(&s->now, NULL, true);
	control_child_close(&s->control);
	signer_child_close(&s->signer);
	state_close(&s->state);
	shared_free(s->shared);
	app_common_free(&s->common);
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

/* As the keeper would find them, were it us. */
static bool keys_pass(const struct app *app, const struct supervisor_args *args)
{
	const char *state = args->state ? args->state : conf_str(app->conf, "daemon.state").p;
	struct err e;

	if (signer_child_check(app, state, &e) == 0)
		return true;
	fprintf(stderr, "%s\n", e.text);
	return false;
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
	if (app && (generation_listeners(app->arena, app->conf, &l, &n, &e) < 0 ||
		    control_check(app->conf, &e) < 0))
		fprintf(stderr, "%s\n", e.text);
	else if (app && keys_pass(app, args) && rules_pass(app))
		code = APP_EXIT_GOOD;
	if (code == APP_EXIT_GOOD)
		printf("%s: good: %zu listeners, %zu rules, %zu notes\n",
		       args->conf ? args->conf : "defaults", n, ruleset_count(app->rules),
		       ruleset_notes(app->rules));
	app_free(app);
	arena_free(a);
	return code;
}
