/* The process that compiles the filters of the rules. */
#include "cmd/background.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define LEAST_PRIORITY 19

static struct str cache_of(struct arena *a, const struct generation *g, const char *state)
{
	return ruleset_cache(a, g->app->conf,
			     state ? str_c(state) : conf_str(g->app->conf, "daemon.state"));
}

void background_load(const struct generation *g, const char *state)
{
	struct arena *a = arena_new(0);

	if (!ruleset_filtered(g->app->rules))
		ruleset_filter(g->app->rules, cache_of(a, g, state), false, NULL, NULL);
	arena_free(a);
}

/* Ready only when what was written can be read again. */
static int compile(const struct generation *g, struct str cache)
{
	struct arena *a = arena_new(0);
	bool good;

	if (mkdir(arena_cstr(a, cache), 0750) < 0 && errno != EEXIST)
		LOG(LOG_LVL_WARN, "filters_failed", F_STR("directory", cache),
		    F_CSTR("reason", strerror(errno)));
	ruleset_filter(g->app->rules, cache, true, NULL, NULL);
	good = ruleset_filter(g->app->rules, cache, false, NULL, NULL);
	arena_free(a);
	return good ? APP_EXIT_GOOD : APP_EXIT_FAILURE;
}

/* Its death is no matter of ours, but ours is of its: it holds no socket and takes no signal. */
static void become(const struct generation *g, pid_t parent)
{
	sigset_t none;

	log_proc("compiler");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(APP_EXIT_FAILURE);
	setpriority(PRIO_PROCESS, 0, LEAST_PRIORITY);
	for (size_t i = 0; i < g->nlisteners; i++)
		milter_unbind(&g->listener[i], false);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void background_start(struct background *b, const struct generation *g, const char *state)
{
	struct arena *a;
	struct str cache;
	pid_t parent = getpid();

	if (b->pid || b->tried || ruleset_filtered(g->app->rules))
		return;
	b->tried = true;
	a = arena_new(0);
	cache = cache_of(a, g, state);
	b->began_us = clock_mono_us();
	b->discarded = false;
	b->pid = cache.n ? fork() : 0;
	if (cache.n && b->pid == 0) {
		become(g, parent);
		_exit(compile(g, cache));
	}
	if (b->pid < 0) {
		LOG(LOG_LVL_WARN, "filters_failed", F_CSTR("reason", strerror(errno)));
		b->pid = 0;
	}
	if (b->pid)
		LOG(LOG_LVL_INFO, "filters_compiling", F_STR("directory", cache));
	arena_free(a);
}

bool background_reaped(struct background *b, pid_t pid, int status)
{
	if (!b->pid || b->pid != pid)
		return false;
	b->pid = 0;
	if (b->discarded)
		return true;
	b->refresh = WIFEXITED(status) && WEXITSTATUS(status) == APP_EXIT_GOOD;
	if (b->refresh)
		LOG(LOG_LVL_INFO, "filters_compiled", F_MS("ms", clock_mono_us() - b->began_us));
	else
		LOG(LOG_LVL_WARN, "filters_failed",
		    F_CSTR("reason", "the cache could not be filled; rules are slower without it"),
		    F_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	return true;
}

void background_reset(struct background *b)
{
	if (b->pid && !b->discarded)
		kill(b->pid, SIGKILL);
	b->discarded = true;
	b->tried = b->refresh = false;
}
