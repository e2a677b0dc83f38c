/* The wire engine's listeners: accept, limits, the clock, drain. */
#include "milter/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/loop.h"

static void listen_on(struct wire *w, bool on)
{
	for (size_t i = 0; i < w->nlisteners; i++) {
		if (on && !w->draining)
			event_add(&w->listeners[i].ev, NULL);
		else
			event_del(&w->listeners[i].ev);
	}
}

static void accept_again(void *arg)
{
	struct wire *w = arg;

	w->resume = NULL;
	if (w->reserve < 0)
		w->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	listen_on(w, true);
}

/* No descriptors: one client is turned away by the one in reserve, then nobody is looked at for a
 * while. */
static void out_of_fds(struct wire *w, int lfd)
{
	if (w->reserve >= 0) {
		close(w->reserve);
		int fd = accept4(lfd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0)
			close(fd);
		w->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	w->m.stats.refused++;
	listen_on(w, false);
	if (!w->resume)
		w->resume = loop_after(w->env.loop, WIRE_ACCEPT_PAUSE, accept_again, w);
	LOG(LOG_LVL_WARN, "milter_no_descriptors", F_INT("sessions", w->m.stats.sessions));
}

static bool for_another_day(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

/* One a turn: where workers share a socket, the others get theirs. */
static void on_accept(evutil_socket_t lfd, short what, void *arg)
{
	struct wire_listener *l = arg;
	struct wire *w = l->w;
	int one = 1;
	int fd = accept4(lfd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	(void)what;

	if (fd < 0) {
		if (for_another_day(errno))
			out_of_fds(w, lfd);
		return;
	}
	if (w->m.stats.sessions >= w->cfg.max_sessions) {
		close(fd);
		w->m.stats.refused++;
		return;
	}
	if (l->tcp)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	wire_conn_new(w, l, fd);
}

/* ---- the clock ---- */

static void on_tick(void *arg);

void wire_tick_on(struct wire *w)
{
	if (!w->tick)
		w->tick = loop_after(w->env.loop, w->tick_ms, on_tick, w);
}

static void on_tick(void *arg)
{
	struct wire *w = arg;
	uint64_t now = clock_mono_ms();
	struct conn *c = LIST_FIRST(&w->conns);

	w->tick = NULL;
	while (c) {
		struct conn *next = LIST_NEXT(c, link);

		wire_conn_tick(c, now);
		c = next;
	}
	wire_conn_pump(w);
	if (!LIST_EMPTY(&w->conns)) {
		wire_tick_on(w);
	} else if (w->draining && w->drained) {
		void (*done)(void *) = w->drained;

		w->drained = NULL;
		done(w->drained_arg);
	}
}

/* Often enough for the shortest of the times, seldom enough to cost nothing. */
static uint64_t tick_of(const struct milter_config *cfg)
{
	uint64_t t = cfg->timeout_command;

	if (cfg->timeout_content < t)
		t = cfg->timeout_content;
	if (cfg->progress < t)
		t = cfg->progress;
	t /= 4;
	return t > 1000 ? 1000 : t < 10 ? 10 : t;
}

/* ---- start, drain, end ---- */

static void wire_drain(struct milter *m, uint64_t grace_ms, void (*done)(void *), void *arg)
{
	struct wire *w = (struct wire *)m;

	w->draining = true;
	w->drain_at = clock_mono_ms() + grace_ms;
	w->drained = done;
	w->drained_arg = arg;
	listen_on(w, false);
	if (w->tick_ms > WIRE_LINGER / 5)
		w->tick_ms = WIRE_LINGER / 5;
	loop_cancel(w->tick);
	w->tick = loop_after(w->env.loop, 0, on_tick, w);
}

static void wire_free(struct milter *m)
{
	struct wire *w = (struct wire *)m;
	struct conn *c;

	w->freeing = true;
	while ((c = LIST_FIRST(&w->conns)))
		wire_conn_free(c);
	listen_on(w, false);
	loop_cancel(w->tick);
	loop_cancel(w->resume);
	if (w->reserve >= 0)
		close(w->reserve);
	packet_out_fini(&w->out);
	arena_free(w->scratch);
	free(w->listeners);
	free(w->in);
	free(w);
}

static bool is_tcp(int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n = sizeof ss;

	return getsockname(fd, (struct sockaddr *)&ss, &n) == 0 && ss.ss_family != AF_UNIX;
}

static const struct milter_ops wire_ops = { .drain = wire_drain, .free = wire_free };

struct milter *wire_start(const struct scan_env *env, const struct milter_config *cfg,
			  const struct milter_listener *l, size_t n, struct err *e)
{
	struct wire *w = calloc(1, sizeof *w);
	struct wire_listener *listeners = calloc(n ? n : 1, sizeof *listeners);
	char *in = malloc(WIRE_READ);
	(void)e;

	if (!w || !listeners || !in)
		bug("milter: no memory for an engine");
	w->m.ops = &wire_ops;
	w->env = *env;
	w->cfg = *cfg;
	w->base = loop_base(env->loop);
	w->listeners = listeners;
	w->nlisteners = n;
	w->in = in;
	w->scratch = arena_new(0);
	w->tick_ms = tick_of(cfg);
	w->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	LIST_INIT(&w->conns);
	TAILQ_INIT(&w->queue);
	for (size_t i = 0; i < n; i++) {
		listeners[i] = (struct wire_listener){ .w = w,
						       .fd = l[i].fd,
						       .tcp = is_tcp(l[i].fd),
						       .profile = l[i].profile,
						       .name = l[i].name };
		event_assign(&listeners[i].ev, w->base, l[i].fd, EV_READ | EV_PERSIST, on_accept,
			     &listeners[i]);
	}
	listen_on(w, true);
	return &w->m;
}
