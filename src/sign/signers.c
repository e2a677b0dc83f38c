/* The signers' lives. */
#include "sign/signers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "sign/wire.h"

#define QUICK_MS 1000u	     /* who lives no longer dies at once */
#define QUICK_DEATHS 3u	     /* and is started again at once so many times */
#define BACKOFF_MAX_MS 5000u /* between restarts after that */
#define READY_MS 5000u	     /* for new ones to come to life */
#define END_MS 5000u	     /* for what they have in hand */
#define LOOK_MS 1000

#define SLOTS (2 * KEEPER_SIGNERS_MAX)

void signers_lock_memory(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
		(void)mlockall(MCL_FUTURE | MCL_ONFAULT);
}

static unsigned wanted(const struct signers *s)
{
	unsigned n = s->args->processes ? s->args->processes : 1;

	return n < KEEPER_SIGNERS_MAX ? n : KEEPER_SIGNERS_MAX;
}

/* ---- in the signer ---- */

static int prepare(const struct signers *s, pid_t keeper, struct err *e)
{
	const struct keeper_args *args = s->args;

	close(args->supervisor);
	if (args->manage >= 0)
		close(args->manage);
	if (s->keepers_own >= 0)
		close(s->keepers_own);
	prctl(PR_SET_NAME, "merlon-signer");
	log_proc("signer");
	(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + SIGNERS_NICE);
	(void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 });
	signers_lock_memory();
	if (args->confine && args->confine(args->arg, e) < 0)
		return -1;
	signers_hide();
	/* a change of account forgets the signal */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != keeper)
		return err_set(e, "the keeper is gone");
	return signer_cage(e);
}

/* SIGTERM stays blocked: sign_serve takes it. */
static void signals(void)
{
	sigset_t mask;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

static void beat(void *arg)
{
	_Atomic uint64_t *ms = arg;

	atomic_store(ms, clock_mono_ms());
}

static int life(const struct signers *s, const struct signer *c, pid_t keeper, int ready)
{
	struct err e;

	signals();
	if (prepare(s, keeper, &e) < 0) {
		LOG(LOG_LVL_ERROR, "signer_failed", F_CSTR("reason", e.text));
		return 1;
	}
	if (ready >= 0 && write(ready, "", 1) != 1)
		return 1;
	if (ready >= 0)
		close(ready);
	sign_serve(s->keys, s->args->lane, s->args->nlanes, beat, (void *)&s->beat_ms[c - s->v]);
	return 0;
}

/* ---- in the keeper ---- */

static void share_beats(struct signers *s)
{
	void *p = mmap(NULL, SLOTS * sizeof *s->beat_ms, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bug("no memory for signs of life");
	s->beat_ms = p;
}

static void start(struct signers *s, struct signer *c, int ready)
{
	pid_t keeper = getpid();

	if (!s->beat_ms)
		share_beats(s);
	atomic_store(&s->beat_ms[c - s->v], clock_mono_ms());

	c->generation = s->generation;
	c->started_ms = clock_mono_ms();
	c->restart_at_ms = 0;
	c->leaving = false;
	c->pid = fork();
	if (c->pid == 0)
		_exit(life(s, c, keeper, ready));
	if (c->pid > 0)
		return;
	LOG(LOG_LVL_ERROR, "fork_failed", F_CSTR("reason", strerror(errno)));
	c->pid = 0;
	c->restart_at_ms = clock_mono_ms() + QUICK_MS;
}

static void tell(struct signers *s, uint64_t generation, bool of_it, int sig)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct signer *c = &s->v[i];
		if ((c->generation == generation) != of_it)
			continue;
		c->restart_at_ms = 0;
		if (!c->pid || (c->leaving && sig == SIGTERM))
			continue;
		c->leaving = true;
		kill(c->pid, sig);
	}
}

static size_t count(const struct signers *s, bool leaving)
{
	size_t n = 0;

	for (size_t i = 0; i < SLOTS; i++)
		n += s->v[i].pid && s->v[i].leaving == leaving;
	return n;
}

static void kill_leaving(struct signers *s)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (s->v[i].pid && s->v[i].leaving)
			kill(s->v[i].pid, SIGKILL);
}

/* Waits until those that were told have ended; when it lasts too long they are killed. */
static void wait_leaving(struct signers *s)
{
	uint64_t deadline = clock_mono_ms() + END_MS;
	int status;

	while (count(s, true)) {
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid > 0) {
			signers_reaped(s, pid, status);
			continue;
		}
		if (pid < 0 && errno == ECHILD)
			return;
		if (clock_mono_ms() >= deadline)
			kill_leaving(s);
		poll(NULL, 0, 5);
	}
}

static struct signer *free_slot(struct signers *s)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (!s->v[i].pid && !s->v[i].restart_at_ms)
			return &s->v[i];
	bug("no free slot for a signer");
}

/* One octet from each; the end when the last of them has gone. */
static unsigned hear_ready(int fd, unsigned n)
{
	uint64_t deadline = clock_mono_ms() + READY_MS, now;
	unsigned ready = 0;
	char in[KEEPER_SIGNERS_MAX];

	while (ready < n && (now = clock_mono_ms()) < deadline) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t got;
		if (poll(&p, 1, (int)(deadline - now)) <= 0)
			continue;
		got = read(fd, in, sizeof in);
		if (got <= 0)
			break;
		ready += (unsigned)got;
	}
	return ready;
}

/* All of the present generation, which has none yet. */
static int start_all(struct signers *s, struct err *e)
{
	unsigned n = wanted(s), ready;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(e, "pipe: %s", strerror(errno));
	for (unsigned i = 0; i < n; i++) {
		struct signer *c = free_slot(s);
		*c = (struct signer){ 0 };
		start(s, c, ends[1]);
	}
	close(ends[1]);
	ready = hear_ready(ends[0], n);
	close(ends[0]);
	return ready == n ? 0 : err_set(e, "%u of %u signers came to life", ready, n);
}

int signers_renew(struct signers *s, const struct sign_keys *keys, struct err *e)
{
	const struct sign_keys *before = s->keys;
	uint64_t generation = s->generation;

	wait_leaving(s);
	s->keys = keys;
	s->generation = generation + 1;
	if (start_all(s, e) == 0) {
		tell(s, s->generation, false, SIGTERM);
		return 0;
	}
	tell(s, s->generation, true, SIGKILL);
	wait_leaving(s);
	s->keys = before;
	/* the number is not used again: what dies late is not taken for one of the next */
	for (size_t i = 0; i < SLOTS; i++)
		if (s->v[i].generation == generation)
			s->v[i].generation = s->generation;
	return -1;
}

static uint64_t restart_at(struct signer *c, uint64_t now)
{
	uint64_t wait = 0;

	c->quick_deaths = now - c->started_ms < QUICK_MS ? c->quick_deaths + 1 : 0;
	if (c->quick_deaths > QUICK_DEATHS)
		wait = UINT64_C(100) << (c->quick_deaths < 10 ? c->quick_deaths - QUICK_DEATHS : 7);
	return now + (wait > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait);
}

void signers_reaped(struct signers *s, pid_t pid, int status)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct signer *c = &s->v[i];
		if (c->pid != pid)
			continue;
		c->pid = 0;
		if (c->leaving || c->generation != s->generation) {
			*c = (struct signer){ 0 };
			return;
		}
		LOG(LOG_LVL_ERROR, "signer_crashed", F_INT("pid", pid),
		    F_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
		    F_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : 0));
		c->restart_at_ms = restart_at(c, clock_mono_ms());
		return;
	}
}

/* One that could not be started, or died while others were being started. */
static void top_up(struct signers *s)
{
	unsigned n = 0;

	for (size_t i = 0; i < SLOTS; i++) {
		const struct signer *c = &s->v[i];
		n += c->generation == s->generation && !c->leaving && (c->pid || c->restart_at_ms);
	}
	for (; s->keys && n < wanted(s); n++)
		start(s, free_slot(s), -1);
}

static void kill_silent(struct signers *s, size_t i, uint64_t now)
{
	uint64_t patience = s->args->silent_ms ? s->args->silent_ms : KEEPER_SILENT_MS;

	if (now <= atomic_load(&s->beat_ms[i]) + patience)
		return;
	LOG(LOG_LVL_ERROR, "signer_silent", F_INT("pid", s->v[i].pid));
	atomic_store(&s->beat_ms[i], now);
	kill(s->v[i].pid, SIGKILL);
}

int signers_look_after(struct signers *s)
{
	uint64_t now = clock_mono_ms();
	int wait = LOOK_MS;

	top_up(s);
	for (size_t i = 0; i < SLOTS; i++) {
		struct signer *c = &s->v[i];
		if (c->pid)
			kill_silent(s, i, now);
		if (c->pid || !c->restart_at_ms)
			continue;
		if (now >= c->restart_at_ms)
			start(s, c, -1);
		else if (c->restart_at_ms - now < (uint64_t)wait)
			wait = (int)(c->restart_at_ms - now);
	}
	return wait;
}

void signers_end(struct signers *s)
{
	s->keys = NULL;
	tell(s, s->generation, true, SIGTERM);
	tell(s, s->generation, false, SIGTERM);
	wait_leaving(s);
}
