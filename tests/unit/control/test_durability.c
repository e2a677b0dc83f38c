/*
 * kill -9 of the control process at random moments while it is trained: what was acknowledged is
 * there afterwards, nothing is there half or twice, and the data base opens by itself. So many
 * times as MERLON_KILLS says (100 if it says nothing).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/keyring/options.h"
#include "control/report/settings.h"
#include "control/client.h"
#include "control/control.h"
#include "feed/feeds.h"
#include "control/listen.h"
#include "control/pyzor.h"
#include "io/loop.h"
#include "lib/test.h"

#define WINDOW 16u
#define MESSAGES_MAX 200000u

struct site {
	struct arena *arena;
	const struct conf *conf;
	char dir[32];
	struct control_socket socket;
	_Atomic int *ready;  /* the present life serves */
	struct model *model; /* one mapping for all lives, as the supervisor's */
	pid_t pid, killer;
	uint32_t next;	  /* message to be learnt */
	uint32_t settled; /* all below are acknowledged */
	unsigned lives, flushes;
};

static uint32_t mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

static enum learn_class class_of(uint32_t n)
{
	return n % 3 ? LEARN_HAM : LEARN_SPAM;
}

static struct learn_event message(struct arena *a, uint32_t n)
{
	uint32_t *gram = ARENA_ARRAY(a, uint32_t, 30);
	struct token *token = ARENA_ARRAY(a, struct token, 10);
	struct learn_event e = { .to = class_of(n), .source = LEARN_PERSON };

	for (uint32_t i = 0; i < 30; i++)
		gram[i] = i * 30000 + mix(n * 64 + i) % 30000;
	for (uint32_t i = 0; i < 10; i++)
		token[i].bucket = i * 100000 + mix(n % 500 * 16 + i) % 100000;
	e.f = (struct features){ .gram = gram, .ngram = 30, .token = token, .ntoken = 10 };
	e.near = (struct near){ .has_shape = true, .shape = n % 7 };
	n++;
	memcpy(e.f.digest, &n, sizeof n);
	return e;
}

/* ---- the control process ---- */

static void stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	loop_stop(arg);
}

static int live(struct site *s)
{
	struct loop *l = loop_new();
	struct control_args args = { .conf = s->conf,
				     .state = s->dir,
				     .model = s->model,
				     .store_fd = -1,
				     .control_fd = s->socket.fd,
				     .pyzor_fd = -1,
				     .web_fd = -1,
				     .keeper_fd = -1 };
	struct event *term = evsignal_new(loop_base(l), SIGTERM, stop, l);
	struct control *c;
	struct err e;

	evsignal_add(term, NULL);
	c = control_new(l, &args, &e);
	if (!c) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	*s->ready = 1;
	loop_run(l);
	control_free(c);
	event_free(term);
	loop_free(l);
	return 0;
}

/* Some lives end by SIGTERM first, so that SIGKILL comes while everything is written out. */
static void begin_life(struct site *s, bool endless)
{
	uint32_t r = mix(s->lives++);

	*s->ready = 0;
	s->pid = fork();
	if (s->pid == 0)
		_exit(live(s));
	s->killer = endless ? 0 : fork();
	if (endless || s->killer > 0)
		return;
	usleep(1000 + r % 80000);
	if (s->lives % 3 == 0) {
		kill(s->pid, SIGTERM);
		usleep(r / 7 % 120000);
	}
	kill(s->pid, SIGKILL);
	_exit(0);
}

static void end_life(struct site *s)
{
	int status;

	waitpid(s->killer, NULL, 0);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	if (WIFEXITED(status)) {
		assert_int_equal(WEXITSTATUS(status), 0);
		s->flushes++;
	} else {
		assert_true(WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);
	}
}

/* ---- who trains it ---- */

static void expect_counts(const struct site *s, struct model_counts c)
{
	uint32_t spam = (s->settled + 2) / 3, ham = s->settled - spam;
	uint32_t spam_max = (s->settled + WINDOW + 2) / 3;

	assert_in_range(c.spam, spam, spam_max);
	assert_in_range(c.ham, ham, ham + WINDOW);
	assert_in_range(c.ham + c.spam, s->settled, s->settled + WINDOW);
}

/* The socket is ours too: a connection to nobody would wait for its hello. */
static bool wait_ready(const struct site *s)
{
	siginfo_t dead = { 0 };

	while (!*s->ready) {
		waitid(P_PID, (id_t)s->pid, &dead, WEXITED | WNOHANG | WNOWAIT);
		if (dead.si_pid)
			return false;
		usleep(500);
	}
	return true;
}

/* Trains until it is killed. What was sent and not acknowledged is sent again in the next life. */
static void train(struct site *s, uint32_t until)
{
	struct arena *a = arena_new(0);
	struct control_client *c = NULL;
	enum trainer_result r;
	struct err e;

	if (wait_ready(s))
		c = control_connect(a, s->socket.path, NULL);
	if (!c) {
		arena_free(a);
		return;
	}
	expect_counts(s, control_counts(c));
	s->next = s->settled;
	while (s->settled < until) {
		struct arena *tmp = arena_new(0);
		struct learn_event ev = message(tmp, s->next);
		bool gone = s->next < until && control_learn_begin(c, &ev, &e) < 0;
		arena_free(tmp);
		if (gone)
			break;
		s->next += s->next < until;
		if (s->next - s->settled < WINDOW && s->next < until)
			continue;
		if (control_learn_end(c, &r, &e) < 0)
			break;
		assert_in_range(r, TRAINED, TRAIN_ALREADY);
		s->settled++;
	}
	control_close(c);
	arena_free(a);
}

/* ---- the check ---- */

static struct model *expected(const struct site *s)
{
	struct model *m = model_new();
	struct trainer_state *t = model_trainer(s->arena, m);

	for (uint32_t i = 0; i < s->settled; i++) {
		struct arena *a = arena_new(0);
		struct learn_event e = message(a, i);
		model_move(t, &e.f, LEARN_NONE, e.to, i, STR(""));
		arena_free(a);
	}
	return m;
}

static void same_counts(struct model *x, struct model *y)
{
	struct model_counts p = model_counts(x, STR("")), q = model_counts(y, STR(""));

	assert_int_equal(p.ham, q.ham);
	assert_int_equal(p.spam, q.spam);
	for (size_t i = MODEL_WEIGHT_BLOCKS; i < model_blocks(x); i++) {
		struct arena *a = arena_new(0);
		assert_true(str_eq(model_block(a, x, i, false, false),
				   model_block(a, y, i, false, false)));
		arena_free(a);
	}
}

/* The digests have counted each message once. */
static void check_digests(struct site *s)
{
	struct loop *l = loop_new();
	struct store *store = control_local_store(l, s->dir, true, NULL);
	double sum = 0;

	assert_non_null(store);
	for (uint64_t shape = 0; shape < 7; shape++) {
		struct near n = { .has_shape = true, .shape = shape };
		struct str key[NEAR_KEYS_MAX];
		struct store_op op = { .kind = STORE_ADD };
		const struct store_answer *a;
		near_keys(s->arena, &n, key);
		op.key = key[0];
		for (size_t i = 0; i < STORE_SUMS; i++)
			op.half_life_ms[i] = NEAR_HALF_LIFE_MS;
		a = store_wait(store, s->arena, &op, 1, 0);
		sum += a->sum[NEAR_SPAM] + a->sum[NEAR_HAM];
	}
	assert_true(sum > s->settled * 0.99 - 1 && sum < s->settled + 0.5);
	store_free(store);
	loop_free(l);
}

/* A last life that nobody kills, then one with a mapping of its own: what is on disk is all. */
static void check(struct site *s)
{
	struct model *want;
	uint64_t patience = clock_mono_ms() + 20000;

	begin_life(s, true);
	while (s->settled < s->next + 1 && clock_mono_ms() < patience)
		train(s, s->next + 1);
	kill(s->pid, SIGTERM);
	s->killer = s->pid;
	assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
	want = expected(s);
	same_counts(s->model, want);
	model_free(s->model);
	s->model = model_new();
	{
		struct loop *l = loop_new();
		struct store *store = control_local_store(l, s->dir, true, NULL);
		struct trainer_args args = { .loop = l, .local = store, .model = s->model };
		struct trainer *t = trainer_new(&args, NULL);
		assert_non_null(t);
		same_counts(s->model, want);
		trainer_free(t);
		store_free(store);
		loop_free(l);
	}
	check_digests(s);
	model_free(want);
}

/* Those of the checks that the control process looks at. */
static const struct conf_opt checks_rows[] = {
	{ .name = "sign.use", .type = CONF_BOOL, .def = "false" },
	{ .name = "seal.use", .type = CONF_BOOL, .def = "false" },
	{ .name = "report.dmarc.use", .type = CONF_BOOL, .def = "false" },
	{ .name = "report.failure.use", .type = CONF_BOOL, .def = "false" },
	{ .name = "report.dmarc.bounce_address", .type = CONF_STR, .def = "" },
	{ .name = "report.dmarc.email", .type = CONF_STR, .def = "" },
	{ .name = "report.failure.per_day", .type = CONF_INT, .def = "1" },
	{ .name = "dmarc.method", .type = CONF_ENUM, .def = "rfc9989", .allow = "rfc9989|psl" },
	{ 0 },
};

static struct site *site_new(void)
{
	static const struct conf_opt *const tables[] = { control_options,     trainer_options,
							 feed_options,	      pyzor_options,
							 report_send_options, keyring_options,
							 checks_rows,	      NULL };
	struct arena *a = arena_new(0);
	struct site *s = ARENA_NEW(a, struct site);
	struct err e;

	s->arena = a;
	s->conf = conf_load(a, NULL, tables, NULL, NULL);
	memcpy(s->dir, "/tmp/merlon-kill-XXXXXX", 24);
	assert_non_null(mkdtemp(s->dir));
	s->socket = (struct control_socket){ .path = arena_printf(a, "%s/control.sock", s->dir).p,
					     .mode = 0600,
					     .group = "",
					     .uid = (uid_t)-1,
					     .gid = (gid_t)-1 };
	assert_int_equal(control_listen(&s->socket, &e), 0);
	s->model = model_new();
	s->ready = mmap(NULL, sizeof *s->ready, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	assert_true(s->ready != MAP_FAILED);
	return s;
}

static void site_free(struct site *s)
{
	static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm",
					     "store.db.lock", "store.lock" };

	control_unlisten(&s->socket, true);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(arena_printf(s->arena, "%s/%s", s->dir, names[i]).p);
	rmdir(arena_printf(s->arena, "%s/spool", s->dir).p);
	assert_int_equal(rmdir(s->dir), 0); /* no file was set aside as damaged */
	model_free(s->model);
	arena_free(s->arena);
}

static void kills(void **state)
{
	const char *env = getenv("MERLON_KILLS");
	struct site *s = site_new();
	uint64_t n = 100;

	(void)state;
	if (env && !str_u64(str_c(env), 100000, &n))
		fail_msg("MERLON_KILLS is a number");
	while (s->lives < n && s->settled < MESSAGES_MAX) {
		begin_life(s, false);
		train(s, MESSAGES_MAX);
		end_life(s);
	}
	check(s);
	printf("%u lives, %u of them ended well, %u messages learnt\n", s->lives, s->flushes,
	       s->settled);
	assert_true(s->settled > n);
	site_free(s);
}

int main(void)
{
	struct log_config quiet = { .level = LOG_LVL_ERROR, .target = "stderr" };
	const struct CMUnitTest tests[] = { cmocka_unit_test(kills) };

	signal(SIGPIPE, SIG_IGN);
	log_open(&quiet, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
