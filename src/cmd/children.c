/* The workers as their supervisor sees them. */
#include "cmd/children.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#define SILENT_MS 60000	    /* a worker without a sign of life is ended */
#define QUICK_MS 1000	    /* a worker that lives no longer dies at once */
#define QUICK_DEATHS 3u	    /* and is started again at once so many times */
#define BACKOFF_MAX_MS 5000 /* between its restarts after that */
#define FORK_AGAIN_MS 1000  /* after a fork that failed */

static void start_child(struct children *cs, size_t slot)
{
	struct child *c = &cs->child[slot];
	struct shared_worker *w = &cs->shared->worker[slot];
	pid_t pid;

	if (cs->shared->nworkers <= slot)
		cs->shared->nworkers = (unsigned)slot + 1;
	w->digest = 0;
	w->ready = 0;
	w->messages = 0;
	w->beat_ms = clock_mono_ms();
	c->generation = cs->generation;
	c->started_ms = clock_mono_ms();
	c->restart_at_ms = 0;
	c->leaving = false;
	pid = fork();
	if (pid == 0)
		_exit(cs->run(cs->arg, slot));
	if (pid < 0) {
		LOG(LOG_LVL_ERROR, "fork_failed", F_CSTR("reason", strerror(errno)));
		c->restart_at_ms = clock_mono_ms() + FORK_AGAIN_MS;
		return;
	}
	c->pid = pid;
}

static size_t free_slot(const struct children *cs)
{
	for (size_t i = 0; i < SHARED_WORKERS; i++)
		if (!cs->child[i].pid && !cs->child[i].restart_at_ms)
			return i;
	bug("no free worker slot");
}

void children_start(struct children *cs)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARED_WORKERS; i++)
		n += cs->child[i].pid && cs->child[i].generation == cs->generation &&
		     !cs->child[i].leaving;
	for (; n < cs->wanted; n++)
		start_child(cs, free_slot(cs));
}

size_t children_old(const struct children *cs)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARED_WORKERS; i++)
		n += cs->child[i].pid && cs->child[i].generation != cs->generation;
	return n;
}

size_t children_ready(const struct children *cs)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARED_WORKERS; i++)
		n += cs->child[i].pid && cs->child[i].generation == cs->generation &&
		     !cs->child[i].leaving && cs->shared->worker[i].ready;
	return n;
}

void children_signal(struct children *cs, uint64_t but_generation, int sig)
{
	for (size_t i = 0; i < SHARED_WORKERS; i++) {
		struct child *c = &cs->child[i];
		if (!c->pid || c->generation == but_generation || (c->leaving && sig == SIGTERM))
			continue;
		c->leaving = true;
		kill(c->pid, sig);
	}
}

void children_forget(struct children *cs)
{
	for (size_t i = 0; i < SHARED_WORKERS; i++)
		if (!cs->child[i].pid)
			cs->child[i] = (struct child){ 0 };
}

static void log_crash(struct children *cs, size_t slot, int status)
{
	uint64_t digest = cs->shared->worker[slot].digest;
	unsigned crashes = digest ? shared_crashed(cs->shared, digest) : 0;
	char hex[20] = "";

	if (digest)
		snprintf(hex, sizeof hex, "%016llx", (unsigned long long)digest);
	LOG(LOG_LVL_ERROR, "worker_crashed", F_INT("worker", slot),
	    F_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
	    F_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : 0), F_CSTR("message", hex),
	    F_INT("crashes_on_it", crashes));
}

uint64_t child_restart_at(struct child *c, uint64_t now)
{
	uint64_t wait = 0;

	c->quick_deaths = now - c->started_ms < QUICK_MS ? c->quick_deaths + 1 : 0;
	if (c->quick_deaths > QUICK_DEATHS)
		wait = UINT64_C(100) << (c->quick_deaths < 10 ? c->quick_deaths - QUICK_DEATHS : 7);
	return now + (wait > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait);
}

bool child_hopeless(const struct child *c)
{
	return c->quick_deaths > QUICK_DEATHS;
}

void children_reaped(struct children *cs, pid_t pid, int status, bool for_good)
{
	for (size_t i = 0; i < SHARED_WORKERS; i++) {
		struct child *c = &cs->child[i];
		bool bad = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
		if (c->pid != pid)
			continue;
		c->pid = 0;
		cs->shared->worker[i].ready = 0;
		if (bad)
			log_crash(cs, i, status);
		if (!for_good && !c->leaving && c->generation == cs->generation)
			c->restart_at_ms = child_restart_at(c, clock_mono_ms());
		else
			*c = (struct child){ 0 };
		return;
	}
}

void children_look_after(struct children *cs)
{
	uint64_t now = clock_mono_ms();

	for (size_t i = 0; i < SHARED_WORKERS; i++) {
		struct child *c = &cs->child[i];
		if (!c->pid && c->restart_at_ms && now >= c->restart_at_ms)
			start_child(cs, i);
		else if (c->pid && now > cs->shared->worker[i].beat_ms + SILENT_MS) {
			LOG(LOG_LVL_ERROR, "worker_silent", F_INT("worker", i));
			cs->shared->worker[i].beat_ms = now;
			kill(c->pid, SIGABRT);
			kill(c->pid, SIGCONT); /* if it is stopped */
		}
	}
}

bool children_hopeless(const struct children *cs)
{
	for (size_t i = 0; i < SHARED_WORKERS; i++)
		if (cs->child[i].generation == cs->generation && child_hopeless(&cs->child[i]))
			return true;
	return false;
}

size_t children_count(const struct children *cs)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARED_WORKERS; i++)
		n += cs->child[i].pid != 0;
	return n;
}
