/* Requests on their way: taken, bounded in time and number, told how they ended. */
#include "io/http.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "io/http_priv.h"
#include "io/multi.h"

#define HOSTS_FILE "/etc/hosts"
#define MAX_CALLS 1000u /* under way in a process */
#define WHY_MAX 200u

const char *http_word(enum http_outcome o)
{
	static const char *const word[] = { "ok",	 "timeout", "unreachable", "tls", "garbage",
					    "too large", "busy",    "forbidden",   "off" };

	return word[o];
}

struct http *http_new(struct loop *l, struct resolver *r)
{
	struct arena *a = arena_new(0);
	struct http *h = ARENA_NEW(a, struct http);

	*h = (struct http){ .loop = l, .resolver = r, .arena = a };
	h->hosts = hosts_read(a, HOSTS_FILE);
	LIST_INIT(&h->calls);
	return h;
}

static void release(struct http_call *c)
{
	loop_cancel(c->limit);
	loop_cancel(c->soon);
	http_resolve_cancel(c);
	http_detach(c);
	curl_url_cleanup(c->url);
	free(c->body);
	LIST_REMOVE(c, link);
	c->http->ncalls--;
	arena_free(c->arena);
	free(c);
}

void http_cancel(struct http_call *c)
{
	if (c)
		release(c);
}

void http_free(struct http *h)
{
	if (!h)
		return;
	for (struct http_call *c; (c = LIST_FIRST(&h->calls));)
		release(c);
	multi_free(h->multi);
	arena_free(h->arena);
}

/* ---- how it ended ---- */

static struct str printable(struct arena *a, const char *z)
{
	struct str s = str_sub(str_c(z), 0, WHY_MAX);
	char *copy = arena_cstr(a, s);

	for (size_t i = 0; i < s.n; i++)
		if (copy[i] < ' ' || copy[i] > '~')
			copy[i] = '?';
	return str_of(copy, s.n);
}

/* Nothing of the call is left when its asker is told: he may send, cancel others, and free all. */
static void tell(void *arg)
{
	struct http_call *c = arg;
	struct http_reply reply = c->reply;
	struct arena *a = c->arena;
	char *body = c->body;
	http_fn *fn = c->fn;
	void *fn_arg = c->arg;

	c->soon = NULL;
	c->body = NULL;
	c->arena = NULL;
	release(c);
	fn(fn_arg, &reply);
	free(body);
	arena_free(a);
}

void http_end(struct http_call *c, enum http_outcome o, const char *why)
{
	struct http_reply *r = &c->reply;

	loop_cancel(c->limit);
	loop_cancel(c->soon);
	c->limit = NULL;
	http_resolve_cancel(c);
	r->sent = http_sent(c);
	http_detach(c);
	r->outcome = o;
	r->why = printable(c->arena, why);
	r->body = str_of(c->body ? c->body : "", c->nbody);
	r->ms = clock_mono_ms() - c->began;
	c->soon = loop_after(c->http->loop, 0, tell, c);
}

static void time_up(void *arg)
{
	struct http_call *c = arg;

	c->limit = NULL;
	http_end(c, HTTP_TIMEOUT, "no reply in time");
}

/* ---- a new one ---- */

static struct http_request keep(struct arena *a, const struct http_request *r)
{
	struct http_request k = *r;
	struct str *header = ARENA_ARRAY(a, struct str, r->nheaders + 1);

	for (size_t i = 0; i < r->nheaders; i++)
		header[i] = arena_dup(a, r->header[i]);
	k.header = header;
	k.method = arena_cstr(a, str_c(r->method));
	k.url = arena_dup(a, r->url);
	k.body = arena_dup(a, r->body);
	k.unix_path = arena_dup(a, r->unix_path);
	k.label = arena_dup(a, r->label);
	return k;
}

static bool busy(const struct http_call *c)
{
	const struct http_request *r = &c->request;
	const struct http_call *other;
	unsigned n = 0;

	if (c->http->ncalls > MAX_CALLS)
		return true;
	if (!r->max_inflight || !r->label.n)
		return false;
	LIST_FOREACH(other, &c->http->calls, link)
	n += str_eq(other->request.label, r->label);
	return n > r->max_inflight; /* this one is among them */
}

static bool headers_ok(const struct http_request *r)
{
	for (size_t i = 0; i < r->nheaders; i++)
		if (!str_printable(r->header[i]) || str_chr(r->header[i], ':') == SIZE_MAX)
			return false;
	return true;
}

static bool method_ok(const char *method)
{
	struct str m = str_c(method);

	return str_eq(m, STR("GET")) || str_eq(m, STR("HEAD")) || str_eq(m, STR("POST"));
}

static void start(struct http_call *c)
{
	char why[128];

	if (!http_multi(c->http))
		http_end(c, HTTP_UNREACHABLE, "no HTTP library");
	else if (!http_target(c, why, sizeof why))
		http_end(c, HTTP_FORBIDDEN, why);
	else if (!headers_ok(&c->request) || !method_ok(c->request.method))
		http_end(c, HTTP_FORBIDDEN, "a header or method that is not sent");
	else if (busy(c))
		http_end(c, HTTP_BUSY, "too many requests under way");
	else if (c->request.unix_path.n)
		http_go(c);
	else
		http_resolve(c);
}

struct http_call *http_send(struct http *h, const struct http_request *r, http_fn *fn, void *arg)
{
	struct arena *a = arena_new(0);
	struct http_call *c = calloc(1, sizeof *c);

	if (!c)
		bug("no memory for a request");
	*c = (struct http_call){ .http = h,
				 .arena = a,
				 .request = keep(a, r),
				 .fn = fn,
				 .arg = arg,
				 .began = clock_mono_ms() };
	LIST_INSERT_HEAD(&h->calls, c, link);
	h->ncalls++;
	c->limit = loop_after(h->loop, r->timeout_ms, time_up, c);
	start(c);
	return c;
}

/* ---- for tools ---- */

struct wait {
	struct arena *arena;
	struct http_reply reply;
	bool done;
};

static void came(void *arg, const struct http_reply *r)
{
	struct wait *w = arg;

	w->reply = http_reply_keep(w->arena, r);
	w->done = true;
}

struct http_reply http_wait(struct http *h, struct arena *a, const struct http_request *r)
{
	struct wait w = { .arena = a };

	http_send(h, r, came, &w);
	while (!w.done)
		loop_turn(h->loop, 1000);
	return w.reply;
}

struct http_reply http_reply_keep(struct arena *a, const struct http_reply *r)
{
	struct http_reply k = *r;

	k.body = arena_dup(a, r->body);
	k.location = arena_dup(a, r->location);
	k.etag = arena_dup(a, r->etag);
	k.last_modified = arena_dup(a, r->last_modified);
	k.content_type = arena_dup(a, r->content_type);
	k.retry_after = arena_dup(a, r->retry_after);
	k.why = arena_dup(a, r->why);
	return k;
}
