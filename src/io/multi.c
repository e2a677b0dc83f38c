/* libcurl's multi interface on the loop. */
#include "io/multi.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/err.h"

struct multi {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer *timer;
	multi_ended_fn *ended;
};

static void read_results(struct multi *m)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(m->multi, &left))) {
		CURLcode code = msg->data.result;
		char *private = NULL;

		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);
		if (msg->msg == CURLMSG_DONE && private)
			m->ended(private, code);
	}
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct multi *m = arg;
	int running, bits = (what & EV_READ ? CURL_CSELECT_IN : 0) |
			    (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

	curl_multi_socket_action(m->multi, fd, bits, &running);
	read_results(m);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *old)
{
	struct multi *m = arg;
	struct event *ev = NULL;
	short bits = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
			     (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);

	(void)easy;
	if (old)
		event_free(old);
	if (what != CURL_POLL_REMOVE) {
		ev = event_new(loop_base(m->loop), fd, bits, on_event, m);
		if (!ev || event_add(ev, NULL) != 0)
			bug("no event for a request");
	}
	curl_multi_assign(m->multi, fd, ev);
	return 0;
}

static void on_time(void *arg)
{
	struct multi *m = arg;
	int running;

	m->timer = NULL;
	curl_multi_socket_action(m->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	read_results(m);
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct multi *m = arg;

	(void)multi;
	loop_cancel(m->timer);
	m->timer = ms < 0 ? NULL : loop_after(m->loop, (uint64_t)ms, on_time, m);
	return 0;
}

struct multi *multi_new(struct loop *l, long idle, multi_ended_fn *ended)
{
	struct multi *m;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	m = calloc(1, sizeof *m);
	if (!m || !(m->multi = curl_multi_init()))
		bug("no memory for requests");
	m->loop = l;
	m->ended = ended;
	curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(m->multi, CURLMOPT_TIMERDATA, m);
	curl_multi_setopt(m->multi, CURLMOPT_MAXCONNECTS, idle);
	curl_multi_setopt(m->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return m;
}

void multi_free(struct multi *m)
{
	if (!m)
		return;
	curl_multi_cleanup(m->multi);
	loop_cancel(m->timer);
	free(m);
	curl_global_cleanup();
}

CURLM *multi_handle(struct multi *m)
{
	return m->multi;
}
