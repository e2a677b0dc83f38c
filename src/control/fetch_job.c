/* One fetch. */
#include "control/fetch_job.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "control/fetch.h"
#include "io/http.h"
#include "io/loop.h"

#define CA_MAX (4u << 20) /* octets of a file of authorities */

struct fetch_job {
	struct arena *arena;
	struct fetch_job_args args;
	fetch_job_fn *done;
	void *arg;
	struct http_call *call;
	struct loop_timer *timer;
	struct http_tls tls;
	struct str sig;
	pid_t pid; /* of the compilation; 0: none */
	int fd;
	struct event *came;
	struct fetch_result result;
};

/* ---- the end ---- */

static void end(void *arg)
{
	struct fetch_job *j = arg;

	j->timer = NULL;
	j->done(j->arg, &j->result);
}

/* Not from inside the call that began it. */
static void finish(struct fetch_job *j)
{
	j->timer = loop_after(j->args.loop, 0, end, j);
}

static void fault(struct fetch_job *j, const char *why)
{
	j->result.kind = FETCH_FAULT;
	fetch_say(j->result.compiled.why, str_c(why));
	finish(j);
}

/* ---- compilation ---- */

static void reap(struct fetch_job *j, bool end_it)
{
	if (j->came)
		event_free(j->came);
	j->came = NULL;
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
	if (j->pid && end_it)
		kill(j->pid, SIGKILL);
	while (j->pid && waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
		;
	j->pid = 0;
}

static void compiled(evutil_socket_t fd, short what, void *arg)
{
	struct fetch_job *j = arg;
	struct compile_result *r = &j->result.compiled;
	ssize_t n = read((int)fd, r, sizeof *r);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	reap(j, true);
	if (n != (ssize_t)sizeof *r) {
		*r = (struct compile_result){ .outcome = COMPILE_BAD };
		fault(j, "its compilation was killed, or took too long");
		return;
	}
	r->why[sizeof r->why - 1] = r->sha256[sizeof r->sha256 - 1] = 0;
	j->result.kind = FETCH_GOT;
	finish(j);
}

static void compile(struct fetch_job *j, struct str text)
{
	struct compile_task t = { .spec = j->args.spec,
				  .text = text,
				  .sig = j->sig,
				  .set_path = j->args.set,
				  .before = j->args.before };
	struct err e;
	pid_t pid = compile_start(&t, &j->fd, &e);

	if (pid < 0) {
		fault(j, e.text);
		return;
	}
	j->pid = pid;
	j->came = event_new(loop_base(j->args.loop), j->fd, EV_READ | EV_PERSIST, compiled, j);
	event_add(j->came, NULL);
}

/* ---- a file ---- */

static bool set_there(const struct fetch_job *j)
{
	return j->args.before->same == j->args.spec->same && access(j->args.set, R_OK) == 0;
}

/* Nothing to be done: it is what the set was made of, or what could not be read already. */
static bool looked_into(const struct fetch_job *j, struct str etag)
{
	const struct fetch_state *b = j->args.before;

	if (!str_eq(etag, str_c(b->etag)) || (!b->failures && !set_there(j)))
		return false;
	return !b->shrunk || clock_wall() - b->tried < FETCH_AGAIN_S;
}

static void look_at_file(struct fetch_job *j)
{
	struct stat st;
	struct arena *a = j->arena;
	unsigned long long same = j->args.spec->same;
	struct str *etag = &j->result.etag;

	if (stat(j->args.spec->path, &st) < 0) {
		int why = errno;
		*etag = arena_printf(a, "%llx-gone-%d", same, why);
		if (str_eq(*etag, str_c(j->args.before->etag)))
			finish(j); /* said already */
		else
			fault(j, strerror(why));
		return;
	}
	*etag = arena_printf(a, "%llx-%lld.%09ld-%lld-%llu", same, (long long)st.st_mtim.tv_sec,
			     st.st_mtim.tv_nsec, (long long)st.st_size,
			     (unsigned long long)st.st_ino);
	if (looked_into(j, *etag))
		finish(j);
	else
		compile(j, STR(""));
}

/* ---- a publisher ---- */

static void send_request(struct fetch_job *j, bool sig);

static void take_said(struct fetch_job *j, const struct http_reply *r)
{
	uint64_t s;

	if (str_u64(r->retry_after, UINT32_MAX, &s))
		j->result.retry_after_s = s < FETCH_RETRY_AFTER_S ? s : FETCH_RETRY_AFTER_S;
}

static bool refused(struct fetch_job *j, const struct http_reply *r)
{
	struct str why = str_sub(r->why, 0, FETCH_WHY_MAX / 2);

	if (r->outcome == HTTP_OK && r->status == 200)
		return false;
	take_said(j, r);
	if (r->outcome != HTTP_OK)
		fault(j, arena_printf(j->arena, "%s%s%.*s", http_word(r->outcome),
				      why.n ? ": " : "", STR_ARG(why))
				 .p);
	else if (r->status >= 300 && r->status < 400)
		fault(j, arena_printf(j->arena, "HTTP status %u: redirects are not followed",
				      r->status)
				 .p);
	else
		fault(j, arena_printf(j->arena, "HTTP status %u", r->status).p);
	return true;
}

static void came_sig(void *arg, const struct http_reply *r)
{
	struct fetch_job *j = arg;

	j->call = NULL;
	if (refused(j, r))
		return;
	j->sig = arena_dup(j->arena, r->body);
	send_request(j, false);
}

static void came(void *arg, const struct http_reply *r)
{
	struct fetch_job *j = arg;

	j->call = NULL;
	if (r->outcome == HTTP_OK && r->status == 304 && set_there(j)) {
		finish(j);
		return;
	}
	if (refused(j, r))
		return;
	j->result.etag = arena_dup(j->arena, r->etag);
	j->result.modified = arena_dup(j->arena, r->last_modified);
	compile(j, r->body);
}

/* Only where a set of this very text is there. */
static void ask_for_newer(struct fetch_job *j, struct http_request *r, struct str *header)
{
	const struct fetch_state *b = j->args.before;

	if (!set_there(j))
		return;
	if (b->etag[0])
		header[r->nheaders++] = arena_printf(j->arena, "If-None-Match: %s", b->etag);
	if (b->modified[0])
		header[r->nheaders++] =
			arena_printf(j->arena, "If-Modified-Since: %s", b->modified);
}

static void send_request(struct fetch_job *j, bool sig)
{
	const struct feed_spec *spec = j->args.spec;
	struct str *header = ARENA_ARRAY(j->arena, struct str, spec->nheaders + 2);
	struct http_request r = { .method = "GET",
				  .url = spec->url,
				  .header = header,
				  .nheaders = spec->nheaders,
				  .tls = &j->tls,
				  .timeout_ms = spec->timeout_ms,
				  .max_octets = sig ? FETCH_SIG_MAX : FEED_MAX_OCTETS,
				  .decode = !sig };

	if (spec->nheaders)
		memcpy(header, spec->header, spec->nheaders * sizeof *header);
	if (sig)
		r.url = arena_printf(j->arena, "%.*s.sig", STR_ARG(spec->url));
	else
		ask_for_newer(j, &r, header);
	j->call = http_send(j->args.http, &r, sig ? came_sig : came, j);
}

static void begin(struct fetch_job *j)
{
	const struct feed_spec *spec = j->args.spec;
	struct err e, why;

	if (spec->path) {
		look_at_file(j);
		return;
	}
	if (spec->ca[0] && file_read(j->arena, spec->ca, CA_MAX, &j->tls.ca, &e) < 0) {
		err_set(&why, "%s: %s", spec->ca, e.text);
		fault(j, why.text);
		return;
	}
	if (!j->args.http)
		fault(j, "no resolver to ask by");
	else
		send_request(j, spec->is_signed);
}

struct fetch_job *fetch_job_new(const struct fetch_job_args *args, fetch_job_fn *done, void *arg)
{
	struct arena *a = arena_new(0);
	struct fetch_job *j = ARENA_NEW(a, struct fetch_job);

	j->arena = a;
	j->args = *args;
	j->done = done;
	j->arg = arg;
	j->fd = -1;
	j->result.etag = j->result.modified = STR("");
	begin(j);
	return j;
}

void fetch_job_free(struct fetch_job *j)
{
	if (!j)
		return;
	http_cancel(j->call);
	loop_cancel(j->timer);
	reap(j, true);
	arena_free(j->arena);
}
