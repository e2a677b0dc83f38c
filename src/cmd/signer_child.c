/* The keeper of private keys as a child of the supervisor, and the lanes to its signers. */
#include "cmd/signer_child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "checks/sign/signing.h"
#include "sign/keeper.h"

#define KEEP_FREE 512u /* descriptors that lanes leave to everything else */
#define LOOK_MS 3000   /* between looks at the keyring */
#define RETRY_MS 5000u /* after keys could not be had, and twice as long each time, */
#define RETRY_MAX_MS 600000u
#define DRAIN_OVER_MS 5000 /* over daemon.drain, until a worker has ended */
#define FORK_AGAIN_MS 1000 /* after a fork that failed */

/* ---- sockets ---- */

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int make_pair(int pair[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0)
		return 0;
	pair[0] = pair[1] = -1;
	return err_set(e, "a socket of the signer: %s", strerror(errno));
}

/* The last one is the control process'. A worker whose slot has none signs nothing. */
static size_t affordable_lanes(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur >= KEEP_FREE + 2 * SIGNER_LANES)
		return SIGNER_LANES;
	return r.rlim_cur > KEEP_FREE + 32 ? (r.rlim_cur - KEEP_FREE) / 2 : 16;
}

static int make_sockets(struct signer_child *s, struct err *e)
{
	size_t n = affordable_lanes();

	if (make_pair(s->keeper, e) < 0 || make_pair(s->manage, e) < 0)
		return -1;
	for (; s->nlanes < n; s->nlanes++) {
		int pair[2];
		if (make_pair(pair, e) < 0)
			return -1;
		s->asker[s->nlanes] = pair[0];
		s->signer[s->nlanes] = pair[1];
	}
	return 0;
}

static void shut_signer_ends(struct signer_child *s)
{
	for (size_t i = 0; i < s->nlanes; i++)
		shut(&s->signer[i]);
	shut(&s->keeper[1]);
	shut(&s->manage[1]);
}

static void shut_asker_ends(struct signer_child *s)
{
	for (size_t i = 0; i < s->nlanes; i++)
		shut(&s->asker[i]);
	shut(&s->keeper[0]);
	shut(&s->manage[0]);
}

void signer_child_close(struct signer_child *s)
{
	shut_asker_ends(s);
	shut_signer_ends(s);
	s->nlanes = 0;
	arena_free(s->running.arena);
	arena_free(s->asked.arena);
	arena_free(s->past.arena);
	s->running = s->asked = (struct signer_files){ 0 };
	s->past = (struct signer_past){ 0 };
}

int signer_child_lane(struct signer_child *s, size_t slot)
{
	size_t mine = slot == SIGNER_CONTROL ? s->nlanes - 1 : slot;
	int lane = -1, manage = -1;

	if (!s->nlanes)
		return -1;
	if (slot == SIGNER_CONTROL || mine < s->nlanes - 1) {
		lane = s->asker[mine];
		s->asker[mine] = -1;
	}
	if (slot == SIGNER_CONTROL) {
		manage = s->manage[0];
		s->manage[0] = -1;
	}
	shut_asker_ends(s);
	shut_signer_ends(s);
	s->manage[0] = manage;
	return lane;
}

/* ---- the keeper ---- */

static int confine(void *arg, struct err *e)
{
	struct signer_child *s = arg;
	struct err why;

	s->account.change = s->account.change && geteuid() == 0;
	if (privs_drop(&s->account, e) < 0 || privs_confine(e) < 0)
		return -1;
	if (s->app && app_log(s->app, &why) < 0)
		LOG(LOG_LVL_WARN, "log_failed", F_CSTR("reason", why.text));
	s->app = NULL; /* the signers have it from here */
	return 0;
}

/* Signers use no more than the cores there are. */
static unsigned processes(const struct conf *c)
{
	long n = (long)conf_int(c, "sign.processes"), cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (n == 0)
		n = cores > 0 ? cores : 1;
	return n > (long)KEEPER_SIGNERS_MAX ? KEEPER_SIGNERS_MAX : (unsigned)n;
}

/* Of what the configuration names, those that systemd hands over: who is no longer root cannot read
 * them. */
static size_t credentials(const struct signer_child *s, struct sign_file **out)
{
	const struct signer_files *f = s->running.arena ? &s->running : &s->asked;
	size_t n = 0;

	*out = ARENA_ARRAY(f->arena, struct sign_file, f->n + 1);
	for (size_t i = 0; i < f->n; i++)
		if (str_starts(str_c(f->path[i]), STR("credential:")))
			(*out)[n++] = (struct sign_file){ .path = f->path[i] };
	return n;
}

static int keeper_main(struct signer_child *s)
{
	struct sign_file *credential;
	size_t ncredentials = credentials(s, &credential);
	struct keeper_args args = { .supervisor = s->keeper[1],
				    .manage = s->manage[1],
				    .lane = s->signer,
				    .nlanes = s->nlanes,
				    .processes = s->processes,
				    .dir = s->dir,
				    .owner = s->account.change ? s->account.uid : geteuid(),
				    .parent = s->parent,
				    .credential = credential,
				    .ncredentials = ncredentials,
				    .confine = confine,
				    .arg = s };

	shut_asker_ends(s);
	s->leave(s->arg);
	return keeper_run(&args);
}

static void start(struct signer_child *s, const struct app *app)
{
	struct child *c = &s->child;

	s->app = app;
	c->started_ms = clock_mono_ms();
	c->restart_at_ms = 0;
	c->pid = fork();
	if (c->pid == 0)
		_exit(keeper_main(s));
	if (c->pid < 0) {
		LOG(LOG_LVL_ERROR, "fork_failed", F_CSTR("reason", strerror(errno)));
		c->restart_at_ms = clock_mono_ms() + FORK_AGAIN_MS;
		c->pid = 0;
	}
}

/* Whoever is in the group of STATE may look into it; nobody but the account into what is there. */
static int make_dir(const struct signer_child *s, struct err *e)
{
	struct err why;

	return privs_make_dir(s->dir, S_IRWXU, &s->account, &why) < 0
		       ? err_set(e, "sign.keys: %s", why.text)
		       : 0;
}

void signer_child_init(struct signer_child *s)
{
	s->keeper[0] = s->keeper[1] = s->manage[0] = s->manage[1] = -1;
}

int signer_child_open(struct signer_child *s, struct arena *a, const struct app *app,
		      const char *state, const struct privs *daemon, struct err *e)
{
	const struct conf *conf = app->conf;

	s->wanted = signing_wanted(conf);
	if (!s->wanted)
		return 0;
	s->state = state;
	s->user = arena_cstr(a, conf_str(conf, "sign.user"));
	s->dir = arena_cstr(a, str_c(signing_keys_dir(a, conf, state)));
	s->processes = processes(conf);
	if (privs_find_signer(s->user, daemon, &s->account, e) < 0 || make_dir(s, e) < 0 ||
	    make_sockets(s, e) < 0)
		return -1;
	s->again = !s->account.change || s->account.uid == daemon->uid;
	s->parent = getpid();
	if (signer_child_load(s, app, e) < 0)
		return -1;
	signer_child_settled(s);
	return 0;
}

/* ---- what it holds ---- */

int signer_child_same(const struct signer_child *s, const struct conf *conf, struct err *e)
{
	struct arena *a = arena_new(0);
	const char *changed = NULL;

	if (signing_wanted(conf) && !s->wanted)
		changed = conf_bool(conf, "sign.use") ? "sign.use" : "seal.use";
	else if (s->wanted && !str_eq(conf_str(conf, "sign.user"), str_c(s->user)))
		changed = "sign.user";
	else if (s->wanted && processes(conf) != s->processes)
		changed = "sign.processes";
	else if (s->wanted && !str_eq(str_c(signing_keys_dir(a, conf, s->state)), str_c(s->dir)))
		changed = "sign.keys";
	arena_free(a);
	return changed ? err_set(e,
				 "%s: %s: cannot be changed by a reload: who holds the keys is "
				 "chosen at the start",
				 conf_where(conf, changed), changed)
		       : 0;
}

static void remember(struct signer_files *f, const struct sign_file *file, size_t n)
{
	arena_free(f->arena);
	*f = (struct signer_files){ .arena = arena_new(0), .n = n };
	f->path = ARENA_ARRAY(f->arena, const char *, n + 1);
	f->id = arena_alloc(f->arena, (n + 1) * sizeof *f->id);
	for (size_t i = 0; i < n; i++)
		f->path[i] = arena_cstr(f->arena, str_c(file[i].path));
}

static void remember_keys(struct signer_files *f, const struct sign_file *file)
{
	f->nid = 0;
	for (size_t i = 0; i < f->n; i++)
		if (file[i].ok)
			memcpy(f->id[f->nid++], file[i].key.id, SIGN_ID);
}

static void past_add(struct signer_past *p, struct map *seen, const unsigned char id[SIGN_ID],
		     uint64_t until_ms)
{
	struct str name = arena_dup(p->arena, str_of((const char *)id, SIGN_ID));
	struct signer_key *k;

	if (map_get(seen, name))
		return;
	k = &VEC_PUSH(p->arena, p->v);
	memcpy(k->id, id, SIGN_ID);
	k->until_ms = until_ms;
	map_put(seen, name, p);
}

/* Those that the running generation signs with, and those before it that are not over. */
static void past_renew(struct signer_child *s)
{
	struct signer_past now = { .arena = arena_new(0) };
	struct map *seen = map_new(now.arena, false);
	uint64_t ms = clock_mono_ms();

	for (size_t i = 0; i < s->running.nid; i++)
		past_add(&now, seen, s->running.id[i], ms + s->drain_ms);
	for (size_t i = 0; i < s->past.v.n; i++)
		if (s->past.v.p[i].until_ms > ms)
			past_add(&now, seen, s->past.v.p[i].id, s->past.v.p[i].until_ms);
	arena_free(s->past.arena);
	s->past = now;
}

void signer_child_settled(struct signer_child *s)
{
	past_renew(s);
	arena_free(s->running.arena);
	s->running = s->asked;
	s->asked = (struct signer_files){ 0 };
}

/* The files of f, besides the keys that are in use. */
static int ask_keeper(struct signer_child *s, struct arena *a, const struct signer_files *f,
		      struct sign_file **all, struct err *e)
{
	unsigned char(*id)[SIGN_ID] =
		arena_alloc(a, (s->running.nid + s->past.v.n + 1) * sizeof *id);
	uint64_t ms = clock_mono_ms();
	size_t n = 0;

	for (size_t i = 0; i < s->running.nid; i++)
		memcpy(id[n++], s->running.id[i], SIGN_ID);
	for (size_t i = 0; i < s->past.v.n; i++)
		if (s->past.v.p[i].until_ms > ms)
			memcpy(id[n++], s->past.v.p[i].id, SIGN_ID);
	*all = ARENA_ARRAY(a, struct sign_file, f->n + 1);
	for (size_t i = 0; i < f->n; i++)
		(*all)[i] = (struct sign_file){ .path = f->path[i], .where = "" };
	return keeper_keep(s->keeper[0], id, n, e) < 0
		       ? -1
		       : keeper_load(s->keeper[0], a, *all, f->n, e);
}

/* The keeper forgets what was held on for workers that have ended. */
static void let_go(struct signer_child *s)
{
	uint64_t ms = clock_mono_ms();
	struct sign_file *all;
	struct arena *a;
	struct err e;

	for (size_t i = 0; i < s->past.v.n; i++)
		if (s->past.v.p[i].until_ms > ms)
			return;
	if (!s->past.v.n)
		return;
	s->past.v.n = 0;
	a = arena_new(0);
	if (ask_keeper(s, a, &s->running, &all, &e) < 0)
		LOG(LOG_LVL_ERROR, "keys_failed", F_CSTR("reason", e.text));
	arena_free(a);
}

int signer_child_load(struct signer_child *s, const struct app *app, struct err *e)
{
	const struct scan_setup *setup = app->setup;
	struct sign_file *file, *all;
	uint64_t drain = conf_time_ms(app->conf, "daemon.drain") + DRAIN_OVER_MS;
	size_t n;

	if (!s->wanted)
		return 0;
	s->drain_ms = drain > s->drain_ms ? drain : s->drain_ms;
	file = signing_files(setup, s->state, &n);
	remember(&s->asked, file, n);
	if (!s->child.pid && s->keeper[1] >= 0)
		start(s, app);
	if (!s->again)
		shut_signer_ends(s);
	if (ask_keeper(s, setup->arena, &s->asked, &all, e) < 0)
		return -1;
	s->unheld = false;
	remember_keys(&s->asked, all);
	for (size_t i = 0; i < n; i++) {
		all[i].path = file[i].path;
		all[i].where = file[i].where;
		file[i] = all[i];
	}
	return signing_settled(setup, e);
}

bool signer_child_renew(struct signer_child *s, const struct app *app)
{
	uint64_t now = clock_mono_ms();
	struct err e;

	if (!s->wanted || !s->child.pid || now < s->look_ms)
		return false;
	s->look_ms = now + LOOK_MS;
	if (!s->unheld && !signing_changed(app->setup)) {
		let_go(s);
		return false;
	}
	if (signer_child_load(s, app, &e) == 0) {
		signer_child_settled(s);
		s->retry_ms = 0;
		return true;
	}
	LOG(LOG_LVL_ERROR, "keys_failed", F_CSTR("reason", e.text));
	s->retry_ms = s->retry_ms == 0 ? RETRY_MS : 2 * s->retry_ms;
	if (s->retry_ms > RETRY_MAX_MS)
		s->retry_ms = RETRY_MAX_MS;
	s->look_ms = clock_mono_ms() + s->retry_ms;
	return false;
}

int signer_child_check(const struct app *app, const char *state, struct err *e)
{
	struct privs daemon, account;
	struct sign_keys *keys;
	struct sign_file *file;
	size_t n;
	int rc;

	if (!signing_wanted(app->conf))
		return 0;
	if (privs_find(conf_str(app->conf, "daemon.user").p, &daemon, e) < 0 ||
	    privs_find_signer(conf_str(app->conf, "sign.user").p, &daemon, &account, e) < 0)
		return -1;
	keys = sign_keys_new();
	file = signing_files(app->setup, state, &n);
	for (size_t i = 0; i < n; i++)
		sign_keys_load(keys, app->setup->arena, &file[i],
			       account.change ? account.uid : geteuid());
	rc = signing_settled(app->setup, e);
	sign_keys_free(keys);
	return rc;
}

/* ---- its life ---- */

bool signer_child_reaped(struct signer_child *s, pid_t pid, int status)
{
	struct child *c = &s->child;

	if (!c->pid || c->pid != pid)
		return false;
	c->pid = 0;
	if (s->stopping)
		return true;
	LOG(LOG_LVL_ERROR, "keeper_crashed",
	    F_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
	    F_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : 0),
	    F_CSTR("next", s->again ? "started again" : "nothing is signed until a restart"));
	if (s->again)
		c->restart_at_ms = child_restart_at(c, clock_mono_ms());
	return true;
}

void signer_child_look_after(struct signer_child *s, const struct app *app)
{
	struct child *c = &s->child;
	struct arena *a;
	struct sign_file *all;
	struct err e;

	if (c->pid || !c->restart_at_ms || clock_mono_ms() < c->restart_at_ms)
		return;
	start(s, app);
	if (!c->pid)
		return;
	a = arena_new(0);
	s->unheld = ask_keeper(s, a, &s->running, &all, &e) < 0;
	if (s->unheld)
		LOG(LOG_LVL_ERROR, "keys_failed", F_CSTR("reason", e.text));
	arena_free(a);
}

/* To a keeper of another account we may send no signal: it ends when nobody can ask it any more. */
void signer_child_stop(struct signer_child *s, int sig)
{
	s->stopping = true;
	s->child.restart_at_ms = 0;
	shut(&s->keeper[0]);
	if (s->child.pid && kill(s->child.pid, sig) < 0 && sig == SIGKILL)
		s->child.pid = 0;
}
