/* The event loop over libevent: one base, and timers that are gone once they have fired. */
#include "io/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/err.h"

struct loop_timer {
	struct event ev;
	loop_fn *fn;
	void *arg;
	LIST_ENTRY(loop_timer) link;
};

struct loop {
	struct event_base *base;
	LIST_HEAD(, loop_timer) timers; /* all that have neither fired nor been cancelled */
	bool stop;
};

static struct timeval to_timeval(uint64_t ms)
{
	return (struct timeval){ (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };
}

/*
 * Without the two flags libevent counts time in scheduler ticks (4 ms) and from the moment the loop
 * last woke, so that a timer could fire before clock_mono_ms has reached its time.
 */
struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof *l);
	struct event_config *cfg = event_config_new();

	if (!l || !cfg)
		bug("no memory for an event loop");
	event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER);
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NO_CACHE_TIME);
	l->base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (!l->base)
		bug("no event loop");
	LIST_INIT(&l->timers);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (struct loop_timer *t; (t = LIST_FIRST(&l->timers));)
		loop_cancel(t);
	event_base_free(l->base);
	free(l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

void loop_run(struct loop *l)
{
	l->stop = false;
	while (!l->stop)
		if (event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY) < 0)
			bug("the event loop fails");
}

static void turn_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

void loop_turn(struct loop *l, uint64_t max_ms)
{
	struct timeval tv = to_timeval(max_ms);
	struct event ev;

	event_assign(&ev, l->base, -1, 0, turn_over, NULL);
	event_add(&ev, &tv);
	if (event_base_loop(l->base, EVLOOP_ONCE) < 0)
		bug("the event loop fails");
	event_del(&ev);
}

/* Leaves the loop as soon as the callback that called this returns. */
void loop_stop(struct loop *l)
{
	l->stop = true;
	event_base_loopbreak(l->base);
}

static void fire(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;
	loop_fn *fn = t->fn;
	void *fn_arg = t->arg;
	(void)fd;
	(void)what;

	LIST_REMOVE(t, link);
	free(t);
	fn(fn_arg);
}

struct loop_timer *loop_after(struct loop *l, uint64_t ms, loop_fn *fn, void *arg)
{
	struct timeval tv = to_timeval(ms);
	struct loop_timer *t = calloc(1, sizeof *t);

	if (!t)
		bug("no memory for a timer");
	t->fn = fn;
	t->arg = arg;
	if (event_assign(&t->ev, l->base, -1, 0, fire, t) != 0 || event_add(&t->ev, &tv) != 0)
		bug("no timer");
	LIST_INSERT_HEAD(&l->timers, t, link);
	return t;
}

void loop_cancel(struct loop_timer *t)
{
	if (!t)
		return;
	event_del(&t->ev);
	LIST_REMOVE(t, link);
	free(t);
}
