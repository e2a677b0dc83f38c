/* The control process as a child of the supervisor. */
#include "cmd/control_child.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "checks/sign/signing.h"
#include "cmd/app.h"
#include "cmd/signals.h"
#include "control/keyring/options.h"
#include "control/pyzor.h"
#include "control/web.h"
#include "io/http.h"
#include "io/loop.h"
#include "sign/sign.h"

#define BEAT_MS 1000
#define SILENT_MS 60000	   /* without a sign of life it is ended */
#define STARTING_MS 300000 /* reading a long log is no silence yet */
#define FORK_AGAIN_MS 1000 /* after a fork that failed */
#define STORE_MODE 0600

/* ---- in the supervisor ---- */

int control_child_open(struct control_child *c, struct arena *a, const struct conf *conf,
		       const struct privs *p, struct err *e)
{
	uid_t uid = p->change ? p->uid : (uid_t)-1;
	gid_t gid = p->change ? p->gid : (gid_t)-1;
	unsigned mode;

	if (!control_mode(conf_str(conf, "control.mode"), &mode))
		bug("control.mode was not checked");
	c->store = (struct control_socket){ .fd = -1,
					    .path = control_store_path(a, c->state),
					    .mode = STORE_MODE,
					    .group = "",
					    .uid = uid,
					    .gid = gid };
	c->control =
		(struct control_socket){ .fd = -1,
					 .path = control_path(a, conf, c->state),
					 .mode = mode,
					 .group = arena_cstr(a, conf_str(conf, "control.group")),
					 .uid = uid,
					 .gid = gid };
	c->pyzor_fd = c->web_fd = -1;
	c->pyzor = arena_dup(a, conf_str(conf, "pyzor.listen"));
	c->web = arena_dup(a, conf_str(conf, "metrics.listen"));
	c->model = model_new();
	if (!c->model)
		return err_set(e, "no memory for the classifier");
	if (control_check(conf, e) < 0)
		return -1;
	if (control_listen(&c->store, e) < 0 || control_listen(&c->control, e) < 0)
		return -1;
	return pyzor_bind(conf, &c->pyzor_fd, e) < 0 ? -1 : web_bind(conf, &c->web_fd, e);
}

static void close_nets(struct control_child *c)
{
	if (c->pyzor_fd >= 0)
		close(c->pyzor_fd);
	if (c->web_fd >= 0)
		close(c->web_fd);
	c->pyzor_fd = c->web_fd = -1;
}

void control_child_close(struct control_child *c)
{
	if (!c->model)
		return;
	control_unlisten(&c->store, true);
	control_unlisten(&c->control, true);
	close_nets(c);
	model_free(c->model);
	c->model = NULL;
}

void control_child_leave(struct control_child *c)
{
	control_unlisten(&c->store, false);
	control_unlisten(&c->control, false);
	close_nets(c);
}

int control_child_same(const struct control_child *c, const struct conf *conf, struct err *e)
{
	struct arena *a = arena_new(0);
	const char *changed = NULL;
	unsigned mode;

	if (!str_eq(str_c(control_path(a, conf, c->state)), str_c(c->control.path)))
		changed = "control.socket";
	else if (!control_mode(conf_str(conf, "control.mode"), &mode) || mode != c->control.mode)
		changed = "control.mode";
	else if (!str_eq(conf_str(conf, "control.group"), str_c(c->control.group)))
		changed = "control.group";
	else if (!str_eq(conf_str(conf, "pyzor.listen"), c->pyzor))
		changed = "pyzor.listen";
	else if (!str_eq(conf_str(conf, "metrics.listen"), c->web))
		changed = "metrics.listen";
	arena_free(a);
	return changed ? err_set(e, "%s: %s: cannot be changed by a reload",
				 conf_where(conf, changed), changed)
		       : control_check(conf, e);
}

static void start(struct control_child *c)
{
	struct child *p = &c->child;

	c->shared->control_ready = 0;
	c->shared->control_beat_ms = clock_mono_ms();
	p->started_ms = clock_mono_ms();
	p->restart_at_ms = 0;
	p->leaving = false;
	p->pid = fork();
	if (p->pid == 0)
		_exit(c->run(c->arg));
	if (p->pid < 0) {
		LOG(LOG_LVL_ERROR, "fork_failed", F_CSTR("reason", strerror(errno)));
		p->restart_at_ms = clock_mono_ms() + FORK_AGAIN_MS;
		p->pid = 0;
	}
}

void control_child_start(struct control_child *c, const struct conf *conf)
{
	c->wanted = control_wanted(conf);
	if (c->wanted)
		start(c);
}

bool control_child_ready(const struct control_child *c)
{
	return !c->wanted || c->shared->control_ready;
}

void control_child_replace(struct control_child *c, const struct conf *conf)
{
	struct child *p = &c->child;

	c->wanted = control_wanted(conf);
	p->restart_at_ms = 0;
	if (!p->pid) {
		control_child_start(c, conf);
		return;
	}
	if (!p->leaving)
		kill(p->pid, SIGTERM);
	p->leaving = true;
}

void control_child_stop(struct control_child *c, int sig)
{
	c->stopping = true;
	c->child.restart_at_ms = 0;
	if (!c->child.pid || (c->child.leaving && sig == SIGTERM))
		return;
	c->child.leaving = true;
	kill(c->child.pid, sig);
}

bool control_child_reaped(struct control_child *c, pid_t pid, int status)
{
	struct child *p = &c->child;
	bool bad = !WIFEXITED(status) || WEXITSTATUS(status) != 0;

	if (!p->pid || p->pid != pid)
		return false;
	p->pid = 0;
	if (bad)
		LOG(LOG_LVL_ERROR, "control_crashed",
		    F_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
		    F_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : 0));
	if (c->stopping || !c->wanted)
		return true;
	if (bad || !p->leaving)
		p->restart_at_ms = child_restart_at(p, clock_mono_ms());
	else
		start(c);
	return true;
}

void control_child_look_after(struct control_child *c)
{
	struct child *p = &c->child;
	uint64_t now = clock_mono_ms();
	uint64_t patience = c->shared->control_ready ? SILENT_MS : STARTING_MS;

	if (!p->pid && p->restart_at_ms && now >= p->restart_at_ms) {
		start(c);
	} else if (p->pid && now > c->shared->control_beat_ms + patience) {
		LOG(LOG_LVL_ERROR, "control_silent", F_INT("pid", p->pid));
		c->shared->control_beat_ms = now;
		kill(p->pid, SIGABRT);
		kill(p->pid, SIGCONT); /* if it is stopped, or it does not hear of it */
	}
}

/* ---- in the child ---- */

struct life {
	struct arena *arena;
	struct loop *loop;
	struct shared *shared;
	struct event *term;
	struct resolver *resolver; /* for http, keys and reports; NULL: none is needed or had */
	struct http *http;
	struct sign_client *signer; /* NULL: nothing is signed */
	bool ended;		    /* told to, perhaps while it was still beginning */
};

static void beat(void *arg)
{
	struct life *l = arg;

	l->shared->control_beat_ms = clock_mono_ms();
	loop_after(l->loop, BEAT_MS, beat, l);
}

static void terminate(evutil_socket_t fd, short what, void *arg)
{
	struct life *l = arg;

	(void)fd;
	(void)what;
	l->ended = true;
	loop_stop(l->loop);
}

static void open_world(struct life *l, const struct conf *conf)
{
	bool feeds = conf_sections(conf, "feed") > 0;
	struct err e;

	if (!feeds && !keyring_wanted(conf) && !conf_bool(conf, "report.dmarc.use") &&
	    !conf_bool(conf, "report.failure.use"))
		return;
	l->resolver = app_resolver(l->loop, conf, NULL, 0, &e);
	if (l->resolver && feeds)
		l->http = http_new(l->loop, l->resolver);
	else if (!l->resolver)
		LOG(LOG_LVL_ERROR, "resolver_failed", F_CSTR("reason", e.text));
}

static void close_loop(struct life *l)
{
	sign_client_free(l->signer);
	http_free(l->http);
	if (l->resolver)
		resolver_free(l->resolver);
	loop_free(l->loop);
	arena_free(l->arena);
}

/* What all workers that ever were have counted; how many serve now. */
static unsigned add_up(void *arg, struct scan_stats *sum)
{
	const struct shared *s = arg;
	unsigned serve = 0;

	for (unsigned i = 0; i < s->nworkers; i++) {
		stats_add(sum, &s->worker[i].stats);
		serve += s->worker[i].ready != 0;
	}
	return serve;
}

int control_child_run(struct control_child *c, const struct conf *conf, pid_t parent)
{
	struct life l = { .shared = c->shared };
	struct control_args args = { .conf = conf,
				     .state = c->state,
				     .model = c->model,
				     .board = c->board,
				     .store_fd = c->store.fd,
				     .control_fd = c->control.fd,
				     .pyzor_fd = c->pyzor_fd,
				     .web_fd = c->web_fd,
				     .scans = add_up,
				     .scans_arg = c->shared,
				     .keeper_fd = c->keeper };
	struct control *control;
	struct err e;

	log_proc("control");
	prctl(PR_SET_NAME, "merlond-control");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it was gone before it could be watched */
		return APP_EXIT_GOOD;
	l.arena = arena_new(0);
	l.loop = loop_new();
	l.term = signals_take(l.loop, terminate, &l);
	open_world(&l, conf);
	if (c->lane >= 0)
		l.signer = sign_client_new(l.loop, c->lane);
	args.keys = signing_keys_dir(l.arena, conf, c->state);
	args.signer = l.signer;
	args.http = l.http;
	args.resolver = l.resolver;
	control = control_new(l.loop, &args, &e);
	if (!control) {
		LOG(LOG_LVL_ERROR, "control_failed", F_CSTR("reason", e.text));
		close_loop(&l);
		return APP_EXIT_FAILURE;
	}
	beat(&l);
	c->shared->control_ready = 1;
	if (!l.ended)
		loop_run(l.loop);
	signals_hold(); /* told twice is no crash */
	control_free(control);
	LOG(LOG_LVL_INFO, "control_done", F_INT("pid", getpid()));
	event_free(l.term);
	close_loop(&l);
	return APP_EXIT_GOOD;
}
