/* HTTP by libmicrohttpd, on our loop: it has an epoll set of its own, and we wait for that. */
#include "control/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "io/address.h"
#include "io/loop.h"

#define BACKLOG 64

struct web {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	struct event *ready;
	struct loop_timer *timer;
	const struct web_page *page;
	void *arg;
};

/* ---- the option ---- */

/* len is 0 if it is none. */
static struct address listen_address(struct str v)
{
	size_t at = str_rchr(v, ':');
	struct str host = str_sub(v, 0, at == SIZE_MAX ? 0 : at);
	uint64_t port;
	struct ip ip;

	if (at == SIZE_MAX || !str_u64(str_skip(v, at + 1), 65535, &port) || !port)
		return (struct address){ 0 };
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = str_sub(host, 1, host.n - 2);
	if (!ip_parse(host, &ip) || !ip_is_loopback(&ip))
		return (struct address){ 0 };
	return address_ip(&ip, (uint16_t)port);
}

static bool check_listen(struct str v, char *why, size_t cap)
{
	snprintf(why, cap, "an address of this machine alone, 127.0.0.1:port or [::1]:port");
	return !v.n || listen_address(v).len;
}

const struct conf_opt metrics_options[] = {
	{ .name = "metrics.listen",
	  .type = CONF_STR,
	  .def = "",
	  .check = check_listen,
	  .help = "where /metrics is served by HTTP, in Prometheus' text form, with /live and "
		  "/ready, for this machine alone: 127.0.0.1:8892; empty: nowhere" },
	{ 0 },
};

int web_bind(const struct conf *c, int *fd, struct err *e)
{
	struct str value = conf_str(c, "metrics.listen");
	struct address at = { .len = 0 };
	int one = 1;

	*fd = -1;
	if (!value.n)
		return 0;
	at = listen_address(value);
	*fd = socket(at.sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
	    bind(*fd, &at.sa.any, at.len) == 0 && listen(*fd, BACKLOG) == 0)
		return 0;
	err_set(e, "%s: metrics.listen: cannot listen at %.*s: %s", conf_where(c, "metrics.listen"),
		STR_ARG(value), strerror(errno));
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return -1;
}

/* ---- answers ---- */

/* The name by which we were asked for. */
static bool of_this_machine(struct MHD_Connection *c)
{
	const char *z = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	struct str host = str_c(z ? z : "");
	size_t port = str_rchr(host, ':');
	struct ip ip;

	if (!z)
		return true;
	if (port != SIZE_MAX && port + 1 < host.n && host.p[host.n - 1] != ']')
		host = str_sub(host, 0, port);
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = str_sub(host, 1, host.n - 2);
	return str_ieq(host, STR("localhost")) || (ip_parse(host, &ip) && ip_is_loopback(&ip));
}

static void answer(const struct web *w, struct MHD_Connection *c, const char *path,
		   const char *method, struct arena *a, struct web_answer *out)
{
	const struct web_page *p = w->page;

	*out = (struct web_answer){ .status = 404,
				    .type = "text/plain",
				    .body = STR("no such page\n") };
	while (p->path && strcmp(p->path, path) != 0)
		p++;
	if (!of_this_machine(c)) {
		out->status = 403;
		out->body = STR("not for other hosts\n");
	} else if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
		   strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		out->status = 405;
		out->body = STR("GET or HEAD\n");
	} else if (p->path) {
		out->status = 200;
		p->make(w->arg, a, out);
	}
}

/* Called first when the header is there: nobody's body is read. */
static enum MHD_Result asked(void *arg, struct MHD_Connection *c, const char *path,
			     const char *method, const char *version, const char *data,
			     size_t *size, void **state)
{
	struct arena *a;
	struct web_answer out;
	struct MHD_Response *r;
	enum MHD_Result queued;

	(void)version;
	(void)data;
	if (!*state) {
		*state = arg;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	a = arena_new(0);
	answer(arg, c, path, method, a, &out);
	r = MHD_create_response_from_buffer(out.body.n, (void *)(uintptr_t)out.body.p,
					    MHD_RESPMEM_MUST_COPY);
	arena_free(a);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, out.type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (out.status == 405)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	queued = MHD_queue_response(c, out.status, r);
	MHD_destroy_response(r);
	return queued;
}

/* ---- on the loop ---- */

static void timed(void *arg);

static void run(struct web *w)
{
	MHD_UNSIGNED_LONG_LONG ms;

	/* The second run listens again where the first has made room for one more client. */
	MHD_run(w->daemon);
	MHD_run(w->daemon);
	if (MHD_get_timeout(w->daemon, &ms) == MHD_YES)
		w->timer = loop_after(w->loop, ms, timed, w);
}

static void timed(void *arg)
{
	struct web *w = arg;

	w->timer = NULL;
	run(w);
}

static void is_ready(evutil_socket_t fd, short what, void *arg)
{
	struct web *w = arg;

	(void)fd;
	(void)what;
	loop_cancel(w->timer);
	timed(w);
}

struct web *web_new(struct loop *l, int fd, const struct web_page *page, void *arg, struct err *e)
{
	struct web *w = calloc(1, sizeof *w);
	const union MHD_DaemonInfo *info;

	if (!w)
		bug("no memory");
	w->loop = l;
	w->page = page;
	w->arg = arg;
	w->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, asked, w,
				     MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				     WEB_CLIENTS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, WEB_PATIENCE_S,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WEB_CLIENT_OCTETS,
				     MHD_OPTION_END);
	info = w->daemon ? MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info) {
		web_free(w);
		err_set(e, "the HTTP library cannot be begun");
		return NULL;
	}
	w->ready = event_new(loop_base(l), info->epoll_fd, EV_READ | EV_PERSIST, is_ready, w);
	event_add(w->ready, NULL);
	return w;
}

void web_free(struct web *w)
{
	if (!w)
		return;
	loop_cancel(w->timer);
	if (w->ready)
		event_free(w->ready);
	if (w->daemon)
		MHD_stop_daemon(w->daemon);
	free(w);
}
