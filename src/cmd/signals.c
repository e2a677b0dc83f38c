/* The signals of a child of the supervisor. */
#include "cmd/signals.h"

#include <signal.h>

struct event *signals_take(struct loop *l, event_callback_fn terminate, void *arg)
{
	struct event *term;
	sigset_t none;

	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	term = evsignal_new(loop_base(l), SIGTERM, terminate, arg);
	evsignal_add(term, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return term;
}

void signals_hold(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
}
