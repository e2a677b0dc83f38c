/*
 * The libmilter engine on the loop's side: takes events from the queue, runs scans, gives answers.
 * libmilter wants SIGTERM, SIGHUP and SIGINT for itself and waits for them in a thread of its own.
 * The kernel prefers a process's first thread for a signal sent to the process, as long as it does
 * not block it: so the worker's loop must run in the first thread, with its handlers unblocked.
 */
#include "milter/lib.h"

#include <errno.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/loop.h"
#include "milter/bind.h"

/* ---- the callbacks' side of the queue ---- */

static struct str put(char **at, struct str s)
{
	struct str copy = { s.p ? *at : NULL, s.n };

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static struct lib_event *copy_event(const struct lib_event *ev)
{
	size_t n = ev->a.n + ev->b.n + ev->id.n + ev->auth.n + ev->tls.n + ev->mta.n;
	struct lib_event *c = malloc(sizeof *c + n);
	char *at = (char *)(c + 1);

	if (!c)
		bug("milter: no memory for an event");
	*c = *ev;
	c->a = put(&at, ev->a);
	c->b = put(&at, ev->b);
	c->id = put(&at, ev->id);
	c->auth = put(&at, ev->auth);
	c->tls = put(&at, ev->tls);
	c->mta = put(&at, ev->mta);
	return c;
}

void lib_post(struct lib *lib, const struct lib_event *ev)
{
	struct lib_event *c = copy_event(ev);
	struct lib_session *ls = ev->ls;
	bool wait = ev->wait;
	uint64_t one = 1;

	pthread_mutex_lock(&lib->lock);
	ls->answered = false;
	if (STAILQ_EMPTY(&lib->events) && write(lib->fd, &one, sizeof one) < 0)
		bug("milter: eventfd: %s", strerror(errno));
	STAILQ_INSERT_TAIL(&lib->events, c, link);
	while (wait && !ls->answered && !lib->stopping)
		pthread_cond_wait(&ls->answer, &lib->lock);
	pthread_mutex_unlock(&lib->lock);
}

int lib_wait(struct lib_session *ls, uint64_t ms, const struct verdict **v)
{
	struct lib *lib = ls->lib;
	struct timespec t;
	int r = 0, answered;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000 * 1000000);
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	pthread_mutex_lock(&lib->lock);
	while (!ls->answered && !lib->stopping && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&ls->answer, &lib->lock, &t);
	answered = ls->answered || lib->stopping;
	*v = ls->answered ? ls->verdict : NULL;
	pthread_mutex_unlock(&lib->lock);
	return answered;
}

/* ---- the loop's side ---- */

static void answer(struct lib_session *ls, const struct verdict *v)
{
	pthread_mutex_lock(&ls->lib->lock);
	ls->answered = true;
	ls->verdict = v;
	pthread_cond_signal(&ls->answer);
	pthread_mutex_unlock(&ls->lib->lock);
}

static void judged(void *arg, const struct verdict *v)
{
	struct lib_session *ls = arg;

	ls->lib->m.stats.messages++;
	ls->lib->m.stats.actions[v->action]++;
	answer(ls, v);
}

static void start_eom(struct lib_session *ls)
{
	ls->scanning = true;
	ls->lib->m.stats.scanning++;
	session_eom(ls->s, judged, ls);
}

static void eom(struct lib *lib, struct lib_session *ls)
{
	if (lib->m.stats.scanning < lib->cfg.max_scanning) {
		start_eom(ls);
	} else if (lib->nqueued < lib->cfg.queue) {
		ls->queued = true;
		lib->nqueued++;
		TAILQ_INSERT_TAIL(&lib->queue, ls, qlink);
	} else {
		lib->m.stats.overloaded++;
		judged(ls, &session_busy);
	}
}

/* The message is over in one way or another: its turn is the next one's. */
static void end(struct lib *lib, struct lib_session *ls)
{
	struct lib_session *next;

	session_end(ls->s);
	if (ls->queued) {
		TAILQ_REMOVE(&lib->queue, ls, qlink);
		lib->nqueued--;
	}
	if (ls->scanning)
		lib->m.stats.scanning--;
	ls->queued = ls->scanning = false;
	while (lib->m.stats.scanning < lib->cfg.max_scanning && (next = TAILQ_FIRST(&lib->queue))) {
		TAILQ_REMOVE(&lib->queue, next, qlink);
		lib->nqueued--;
		next->queued = false;
		start_eom(next);
	}
}

static void open_session(struct lib *lib, struct lib_session *ls)
{
	ls->s = session_new(&lib->env, lib->listener.profile, lib->listener.name);
	LIST_INSERT_HEAD(&lib->sessions, ls, link);
	lib->m.stats.connections++;
	lib->m.stats.sessions++;
}

static void close_session(struct lib *lib, struct lib_session *ls)
{
	if (session_in_mail(ls->s))
		lib->m.stats.aborted++;
	end(lib, ls);
	session_free(ls->s);
	LIST_REMOVE(ls, link);
	lib->m.stats.sessions--;
	pthread_cond_destroy(&ls->answer);
	free(ls);
}

static void tell_macros(struct session *s, const struct lib_event *ev)
{
	if (!ev->cmd)
		return;
	session_macros(s, ev->cmd);
	session_macro(s, ev->cmd, STR("i"), ev->id);
	session_macro(s, ev->cmd, STR("auth_authen"), ev->auth);
	session_macro(s, ev->cmd, STR("tls_version"), ev->tls);
	session_macro(s, ev->cmd, STR("v"), ev->mta);
}

static void handle(struct lib *lib, const struct lib_event *ev)
{
	struct lib_session *ls = ev->ls;

	if (ev->kind == LIB_OPEN) {
		open_session(lib, ls);
		return;
	}
	tell_macros(ls->s, ev);
	switch (ev->kind) {
	case LIB_CONNECT:
		session_connect(ls->s, ev->a, &ev->ip);
		break;
	case LIB_HELO:
		session_helo(ls->s, ev->a);
		break;
	case LIB_MAIL:
		session_mail(ls->s, ev->a);
		break;
	case LIB_RCPT:
		session_rcpt(ls->s, ev->a);
		break;
	case LIB_HEADER:
		session_header(ls->s, ev->a, ev->b, ev->leadspc);
		break;
	case LIB_EOH:
		session_eoh(ls->s);
		break;
	case LIB_BODY:
		session_body(ls->s, ev->a);
		break;
	case LIB_EOM:
		eom(lib, ls);
		return;
	case LIB_END:
		lib->m.stats.undone += ev->undone;
		end(lib, ls);
		break;
	case LIB_ABORT:
		if (session_in_mail(ls->s))
			lib->m.stats.aborted++;
		end(lib, ls);
		break;
	case LIB_CLOSE:
		close_session(lib, ls);
		return;
	case LIB_OPEN:
		break;
	}
	if (ev->wait)
		answer(ls, NULL);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct lib *lib = arg;
	struct lib_event *ev;
	uint64_t count;
	(void)what;

	if (read(fd, &count, sizeof count) < 0)
		return;
	for (;;) {
		pthread_mutex_lock(&lib->lock);
		ev = STAILQ_FIRST(&lib->events);
		if (ev)
			STAILQ_REMOVE_HEAD(&lib->events, link);
		pthread_mutex_unlock(&lib->lock);
		if (!ev)
			return;
		handle(lib, ev);
		free(ev);
	}
}

/* ---- start, drain, end ---- */

static void *main_thread(void *arg)
{
	struct lib *lib = arg;
	int r = smfi_main();

	if (r != MI_SUCCESS)
		LOG(LOG_LVL_ERROR, "libmilter_ended", F_INT("result", r));
	pthread_mutex_lock(&lib->lock);
	lib->ended = true;
	pthread_mutex_unlock(&lib->lock);
	return NULL;
}

/* Nobody waits for a verdict from now on. */
static void stop(struct lib *lib)
{
	struct lib_session *ls;

	pthread_mutex_lock(&lib->lock);
	lib->stopping = true;
	LIST_FOREACH(ls, &lib->sessions, link)
	pthread_cond_broadcast(&ls->answer);
	pthread_mutex_unlock(&lib->lock);
	(void)smfi_stop();
}

static bool has_ended(struct lib *lib)
{
	bool ended;

	pthread_mutex_lock(&lib->lock);
	ended = lib->ended;
	pthread_mutex_unlock(&lib->lock);
	return ended;
}

static bool any_in_mail(const struct lib *lib)
{
	const struct lib_session *ls;

	LIST_FOREACH(ls, &lib->sessions, link)
	if (session_in_mail(ls->s))
		return true;
	return false;
}

static void on_tick(void *arg)
{
	struct lib *lib = arg;
	uint64_t now = clock_mono_ms();
	void (*done)(void *) = lib->drained;

	lib->tick = NULL;
	if (!lib->stopping && (now >= lib->drain_at || !any_in_mail(lib)))
		stop(lib);
	if (has_ended(lib) || now >= lib->drain_at + LIB_STOP_MS) {
		lib->drained = NULL;
		if (done)
			done(lib->drained_arg);
		return;
	}
	lib->tick = loop_after(lib->env.loop, LIB_TICK, on_tick, lib);
}

static void lib_drain(struct milter *m, uint64_t grace_ms, void (*done)(void *), void *arg)
{
	struct lib *lib = (struct lib *)m;

	lib->drain_at = clock_mono_ms() + grace_ms;
	lib->drained = done;
	lib->drained_arg = arg;
	loop_cancel(lib->tick);
	lib->tick = loop_after(lib->env.loop, 0, on_tick, lib);
}

/* The engine itself stays: threads of libmilter may still look at it, and it ends with the process.
 */
static void lib_free(struct milter *m)
{
	struct lib *lib = (struct lib *)m;
	struct lib_session *ls;

	if (!lib->stopping)
		stop(lib);
	loop_cancel(lib->tick);
	lib->tick = NULL;
	event_del(&lib->wake);
	pthread_join(lib->thread, NULL);
	milter_unbind(&lib->listener, true);
	LIST_FOREACH(ls, &lib->sessions, link)
	{
		session_free(ls->s);
		ls->s = NULL;
	}
}

static const struct milter_ops lib_ops = { .drain = lib_drain, .free = lib_free };

static int listen_at(const struct lib *lib, struct str socket, int backlog)
{
	struct arena *tmp = arena_new(256);
	bool ok = smfi_setconn(arena_cstr(tmp, socket)) == MI_SUCCESS &&
		  smfi_setbacklog(backlog) == MI_SUCCESS &&
		  smfi_settimeout((int)(lib->cfg.timeout_content / 1000) + 1) == MI_SUCCESS &&
		  smfi_opensocket(true) == MI_SUCCESS;

	arena_free(tmp);
	return ok ? 0 : -1;
}

/*
 * libmilter makes the file itself, and takes it away by its name at the end, which may be that of
 * our successor's. So it gets a name of its own, and the file is then moved to where it belongs.
 */
static int listen_unix(struct lib *lib, const char *path, struct err *e)
{
	struct arena *tmp = arena_new(256);
	struct str own = arena_printf(tmp, "unix:%s.%d", path, (int)getpid());
	mode_t old = umask(0777 & ~(mode_t)lib->listener.mode);
	int r = listen_at(lib, own, lib->listener.backlog);

	umask(old);
	if (r == 0)
		r = bind_adopt(&lib->listener, own.p + 5, path, e);
	else
		r = err_set(e, "%s: libmilter cannot make %s as the daemon's user",
			    lib->listener.where, own.p + 5);
	arena_free(tmp);
	return r;
}

static int open_socket(struct lib *lib, struct err *e)
{
	const struct milter_listener *l = &lib->listener;
	struct address a;
	struct err why;

	if (bind_parse(l->socket, &a, &why) < 0)
		return err_set(e, "%s: %.*s: %s", l->where, STR_ARG(l->socket), why.text);
	if (a.sa.any.sa_family == AF_UNIX)
		return listen_unix(lib, a.sa.un.sun_path, e);
	if (listen_at(lib, l->socket, l->backlog) < 0)
		return err_set(e, "%s: libmilter cannot listen on %.*s", l->where,
			       STR_ARG(l->socket));
	return 0;
}

static struct lib *lib_new(const struct scan_env *env, const struct milter_config *cfg,
			   const struct milter_listener *l)
{
	struct lib *lib = calloc(1, sizeof *lib);

	if (!lib)
		bug("milter: no memory for an engine");
	lib->m.ops = &lib_ops;
	lib->env = *env;
	lib->cfg = *cfg;
	lib->listener = *l;
	lib->listener.fd = -1;
	lib->listener.made = 0;
	LIST_INIT(&lib->sessions);
	TAILQ_INIT(&lib->queue);
	STAILQ_INIT(&lib->events);
	pthread_mutex_init(&lib->lock, NULL);
	lib->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lib->fd < 0)
		bug("milter: eventfd: %s", strerror(errno));
	return lib;
}

struct milter *lib_start(const struct scan_env *env, const struct milter_config *cfg,
			 const struct milter_listener *l, size_t n, struct err *e)
{
	struct lib *lib;

	if (n != 1) {
		err_set(e, "milter.engine: libmilter serves one socket, found %zu", n);
		return NULL;
	}
	lib = lib_new(env, cfg, l);
	if (lib_register(lib) < 0) {
		close(lib->fd);
		pthread_mutex_destroy(&lib->lock);
		free(lib);
		err_set(e, "milter.engine: libmilter can be started once in a process");
		return NULL;
	}
	if (open_socket(lib, e) < 0)
		return NULL;
	event_assign(&lib->wake, loop_base(env->loop), lib->fd, EV_READ | EV_PERSIST, on_wake, lib);
	event_add(&lib->wake, NULL);
	if (pthread_create(&lib->thread, NULL, main_thread, lib) != 0) {
		event_del(&lib->wake);
		err_set(e, "milter.engine: no thread for libmilter: %s", strerror(errno));
		return NULL;
	}
	return &lib->m;
}
