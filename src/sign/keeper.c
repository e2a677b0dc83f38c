/* The keeper's life: it reads the keys it is told to, has signers hold them, and makes new ones. */
#include "sign/keeper.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "sign/private.h"
#include "sign/signers.h"
#include "sign/talk.h"

#define ANSWER_MS 5000u /* who asks and then does not read is not waited for longer */
#define WIPED 0x5a	/* what freed memory is overwritten with */

/* What was said of one question so far. */
struct question {
	uint64_t number;
	struct arena *arena;
	VEC(struct sign_file) file;
};

struct kept {
	unsigned char id[SIGN_ID];
};

struct keeper {
	const struct keeper_args *args;
	struct arena *arena;
	struct sign_keys *keys; /* what the signers have; NULL: nothing was loaded yet */
	struct sign_keys *credentials;
	struct sign_file *credential;
	struct signers signers;
	struct question question;
	struct arena *keeping; /* of keep: what the next question is to leave */
	VEC(struct kept) keep;
	int signals, manage;
	bool ending;
};

/* ---- files ---- */

static void read_credentials(struct keeper *k)
{
	const struct keeper_args *args = k->args;

	k->credentials = sign_keys_new();
	k->credential = ARENA_ARRAY(k->arena, struct sign_file, args->ncredentials);
	for (size_t i = 0; i < args->ncredentials; i++) {
		k->credential[i] = (struct sign_file){ .path = args->credential[i].path };
		sign_keys_load(k->credentials, k->arena, &k->credential[i], args->owner);
	}
}

/* True: it is a credential that was read when the keeper began. */
static bool from_credentials(const struct keeper *k, struct sign_keys *keys, struct sign_file *f)
{
	for (size_t i = 0; i < k->args->ncredentials; i++) {
		const struct sign_file *c = &k->credential[i];
		if (!c->ok || strcmp(c->path, f->path) != 0)
			continue;
		f->known = true;
		f->key = c->key;
		f->ok = sign_keys_share(keys, k->credentials, c->key.id);
		f->fault = f->ok ? STR_NULL : STR("is one key too many");
		return true;
	}
	return false;
}

static struct sign_keys *read_files(struct keeper *k, struct question *q)
{
	struct sign_keys *keys = sign_keys_new();

	for (size_t i = 0; i < q->file.n; i++)
		if (!from_credentials(k, keys, &q->file.p[i]))
			sign_keys_load(keys, q->arena, &q->file.p[i], k->args->owner);
	for (size_t i = 0; k->keys && i < k->keep.n; i++)
		(void)sign_keys_share(keys, k->keys, k->keep.p[i].id); /* or it is not held */
	return keys;
}

/* ---- answers ---- */

static bool answer(int fd, struct arena *scratch, const struct talk *t, uint64_t deadline)
{
	struct err e;

	if (talk_send(fd, talk_format(scratch, t), deadline, &e) == 0)
		return true;
	LOG(LOG_LVL_WARN, "keeper_unheard", F_CSTR("reason", e.text));
	return false;
}

static void answer_loaded(int fd, const struct question *q, bool ok, struct str fault)
{
	struct arena *scratch = arena_new(0);
	uint64_t deadline = clock_mono_ms() + ANSWER_MS;
	struct talk t = { .type = TALK_RESULT, .number = q->number };
	bool heard = true;

	for (size_t i = 0; i < q->file.n && heard; i++) {
		t.index = (uint32_t)i;
		t.ok = q->file.p[i].ok;
		t.key = q->file.p[i].ok ? q->file.p[i].key : (struct sign_key){ 0 };
		t.fault = q->file.p[i].fault;
		heard = answer(fd, scratch, &t, deadline);
		arena_reset(scratch);
	}
	t = (struct talk){ .type = TALK_LOADED, .number = q->number, .ok = ok, .fault = fault };
	if (heard)
		answer(fd, scratch, &t, deadline);
	arena_free(scratch);
}

/* ---- questions of the supervisor ---- */

static void question_end(struct question *q)
{
	arena_free(q->arena);
	*q = (struct question){ 0 };
}

/* A question that another one follows was given up by who asked it. */
static struct question *question_of(struct keeper *k, uint64_t number)
{
	struct question *q = &k->question;

	if (q->arena && q->number == number)
		return q;
	question_end(q);
	q->number = number;
	q->arena = arena_new(0);
	return q;
}

static void take_file(struct keeper *k, const struct talk *t)
{
	struct question *q = question_of(k, t->number);

	if (t->index != q->file.n || q->file.n >= SIGN_KEYS_MAX)
		return;
	VEC_PUSH(q->arena, q->file) = (struct sign_file){ .path = arena_cstr(q->arena, t->path) };
}

static void take_kept(struct keeper *k, const struct talk *t)
{
	struct kept *kept;

	if (k->keep.n >= SIGN_KEYS_MAX)
		return;
	kept = &VEC_PUSH(k->keeping, k->keep);
	memcpy(kept->id, t->key.id, SIGN_ID);
}

static void forget_kept(struct keeper *k)
{
	arena_reset(k->keeping);
	memset(&k->keep, 0, sizeof k->keep);
}

/* Signers with what was asked for, or all stays as it was. */
static int renew(struct keeper *k, struct question *q, struct err *e)
{
	struct sign_keys *keys = read_files(k, q);

	if (signers_renew(&k->signers, keys, e) < 0) {
		LOG(LOG_LVL_ERROR, "signers_failed", F_CSTR("reason", e->text));
		sign_keys_free(keys);
		return -1;
	}
	LOG(LOG_LVL_INFO, "signers_started", F_INT("generation", k->signers.generation),
	    F_INT("keys", sign_keys_count(keys)));
	sign_keys_free(k->keys);
	k->keys = keys;
	return 0;
}

static void load(struct keeper *k, const struct talk *t)
{
	struct question *q = question_of(k, t->number);
	struct err e = { "" };
	bool ok;

	if (t->index != q->file.n) {
		q->file.n = 0; /* nothing is known of any */
		ok = err_set(&e, "the question came incomplete") == 0;
	} else {
		ok = renew(k, q, &e) == 0;
	}
	answer_loaded(k->args->supervisor, q, ok, str_c(e.text));
	question_end(q);
	forget_kept(k);
}

static void supervisor_says(struct keeper *k, const struct talk *t)
{
	if (t->type == TALK_FILE)
		take_file(k, t);
	else if (t->type == TALK_KEEP)
		take_kept(k, t);
	else if (t->type == TALK_LOAD)
		load(k, t);
}

/* ---- questions of the control process ---- */

/* DIR/DOMAIN/SELECTOR.key; the names were looked at. */
static const char *key_path(struct keeper *k, struct arena *a, const struct talk *t)
{
	return arena_printf(a, "%s/%.*s/%.*s.key", k->args->dir, STR_ARG(t->domain),
			    STR_ARG(t->selector))
		.p;
}

static int make_dir(const char *path, struct err *e)
{
	if (mkdir(path, S_IRWXU) == 0 || errno == EEXIST)
		return 0;
	return err_set(e, "%s: %s", path, strerror(errno));
}

static int make(struct keeper *k, struct arena *a, const struct talk *t, struct sign_key *key,
		struct err *e)
{
	const char *dir = arena_printf(a, "%s/%.*s", k->args->dir, STR_ARG(t->domain)).p;

	if (make_dir(k->args->dir, e) < 0 || make_dir(dir, e) < 0)
		return -1;
	return sign_key_make(a, t->key.type, t->key.bits, key_path(k, a, t), k->args->owner, key,
			     e);
}

static void make_or_wipe(struct keeper *k, const struct talk *t)
{
	struct arena *a = arena_new(0);
	struct talk done = { .type = TALK_DONE, .number = t->number };
	bool wipe = t->type == TALK_WIPE;
	struct err e = { "" };

	if (!talk_name_ok(t->domain) || !talk_name_ok(t->selector))
		err_set(&e, "no names of a key");
	else
		done.ok = (wipe ? sign_key_wipe(key_path(k, a, t), &e)
				: make(k, a, t, &done.key, &e)) == 0;
	done.fault = str_c(e.text);
	LOG(done.ok ? LOG_LVL_INFO : LOG_LVL_ERROR, wipe ? "key_wiped" : "key_made",
	    F_STR("domain", t->domain), F_STR("selector", t->selector),
	    F_CSTR("reason", done.ok ? NULL : e.text));
	answer(k->manage, a, &done, clock_mono_ms() + ANSWER_MS);
	arena_free(a);
}

static void manager_says(struct keeper *k, const struct talk *t)
{
	if (t->type == TALK_MAKE || t->type == TALK_WIPE)
		make_or_wipe(k, t);
}

/* ---- the loop ---- */

/* An empty packet reads like the end, and nobody who may speak sends one. */
static bool listen_to(struct keeper *k, int fd, void (*says)(struct keeper *, const struct talk *))
{
	char in[TALK_MAX];
	struct talk t;
	struct err e;
	int got = talk_receive(fd, in, 0, &e);

	if (got == 0)
		return false;
	if (got > 0 && (size_t)got <= sizeof in && talk_parse(str_of(in, (size_t)got), &t))
		says(k, &t);
	else if (got > 0)
		LOG(LOG_LVL_WARN, "keeper_packet_refused", F_INT("octets", got));
	return true;
}

static void on_signal(struct keeper *k)
{
	struct signalfd_siginfo info;
	pid_t pid;
	int status;

	while (read(k->signals, &info, sizeof info) == (ssize_t)sizeof info)
		k->ending = k->ending || info.ssi_signo == SIGTERM;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		signers_reaped(&k->signers, pid, status);
}

static void turn(struct keeper *k)
{
	struct pollfd p[3] = { { .fd = k->signals, .events = POLLIN },
			       { .fd = k->args->supervisor, .events = POLLIN },
			       { .fd = k->manage, .events = POLLIN } };
	int wait = signers_look_after(&k->signers);

	if (poll(p, 3, wait) > 0) {
		if (p[0].revents)
			on_signal(k);
		if (p[1].revents && !k->ending)
			k->ending = !listen_to(k, k->args->supervisor, supervisor_says);
		if (p[2].revents && !k->ending && !listen_to(k, k->manage, manager_says))
			k->manage = -1;
	}
	if (k->args->parent && getppid() != k->args->parent)
		k->ending = true;
}

/* ---- its beginning and end ---- */

static int take_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGPIPE, SIGUSR1, SIGUSR2 };
	sigset_t mask;

	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* In order: what needs the account that we still have, its change, what the change would undo. */
static int begin(struct keeper *k, struct err *e)
{
	prctl(PR_SET_NAME, "merlon-keeper");
	log_proc("keeper");
	signers_hide();
	signers_lock_memory();
	(void)mallopt(M_PERTURB, WIPED);
	k->signals = take_signals();
	if (k->signals < 0)
		return err_set(e, "signalfd: %s", strerror(errno));
	read_credentials(k);
	if (k->args->confine && k->args->confine(k->args->arg, e) < 0)
		return -1;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return 0;
}

static void end(struct keeper *k)
{
	signers_end(&k->signers);
	question_end(&k->question);
	sign_keys_free(k->keys);
	sign_keys_free(k->credentials);
	if (k->signals >= 0)
		close(k->signals);
	arena_free(k->keeping);
	arena_free(k->arena);
}

int keeper_run(const struct keeper_args *args)
{
	struct keeper *k = calloc(1, sizeof *k);
	struct err e;
	int rc;

	if (!k)
		bug("out of memory");
	k->args = args;
	k->arena = arena_new(0);
	k->keeping = arena_new(0);
	k->manage = args->manage;
	rc = begin(k, &e);
	k->signers.args = args;
	k->signers.keepers_own = k->signals;
	if (rc < 0)
		LOG(LOG_LVL_ERROR, "keeper_failed", F_CSTR("reason", e.text));
	while (rc == 0 && !k->ending)
		turn(k);
	end(k);
	free(k);
	return rc < 0 ? 1 : 0;
}
