/* A keeper with its signers in processes of their own, the ends that others hold of it, and keys in
 * a directory of the test's. */
#ifndef TEST_KEEPER_WORLD_H
#define TEST_KEEPER_WORLD_H

#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/loop.h"
#include "sign/keeper.h"
#include "sign/talk.h"

#define LANES 8u
#define SIGNERS 2u
#define PIDS 64u
#define WAIT_MS 20000u

/* What the signers tell the test. */
struct shared {
	atomic_uint n; /* that came to life so far */
	atomic_int pid[PIDS];
	atomic_int keeper;
	atomic_bool fail; /* the next ones do not come to life */
};

static struct shared *shared;

struct world {
	struct arena *a;
	char dir[64];
	int supervisor[2], manage[2], lane[LANES], far[LANES];
	struct keeper_args args;
	pid_t pid;
	struct loop *loop;
	unsigned done, status[SIGN_GONE + 1];
	struct str last;
};

/* In the keeper, and in each signer. */
static int confine(void *arg, struct err *e)
{
	unsigned at;

	(void)arg;
	if (getpid() == atomic_load(&shared->keeper))
		return 0;
	if (atomic_load(&shared->fail))
		return err_set(e, "the test says no");
	at = atomic_fetch_add(&shared->n, 1);
	if (at < PIDS)
		atomic_store(&shared->pid[at], getpid());
	return 0;
}

static void sockets(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static const char *path(struct world *w, const char *name)
{
	return arena_printf(w->a, "%s/%s", w->dir, name).p;
}

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	int pair[2];

	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	w->a = arena_new(0);
	w->loop = loop_new();
	snprintf(w->dir, sizeof w->dir, "/tmp/test_keeper.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	sockets(w->supervisor);
	sockets(w->manage);
	for (unsigned i = 0; i < LANES; i++) {
		sockets(pair);
		w->lane[i] = pair[0];
		w->far[i] = pair[1];
	}
	w->args = (struct keeper_args){ .supervisor = w->supervisor[1],
					.manage = w->manage[1],
					.lane = w->far,
					.nlanes = LANES,
					.processes = SIGNERS,
					.dir = path(w, "keys"),
					.owner = geteuid(),
					.confine = confine };
	*state = w;
	return 0;
}

static pid_t start(struct world *w)
{
	pid_t pid = fork();

	if (pid == 0) {
		atomic_store(&shared->keeper, getpid());
		close(w->supervisor[0]);
		close(w->manage[0]);
		for (unsigned i = 0; i < LANES; i++)
			close(w->lane[i]);
		_exit(keeper_run(&w->args));
	}
	assert_true(pid > 0);
	w->pid = pid;
	return pid;
}

static int ended(struct world *w)
{
	int status;

	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	w->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void remove_tree(const char *dir, struct world *w)
{
	struct str names = STR("one two bad credential keys/example.org/s1.key "
			       "keys/example.org/s2.key keys/example.org keys");

	while (names.n)
		remove(path(w, arena_cstr(w->a, str_cut(&names, ' '))));
	assert_int_equal(rmdir(dir), 0);
}

static int end(void **state)
{
	struct world *w = *state;

	if (w->pid) {
		kill(w->pid, SIGTERM);
		assert_int_equal(ended(w), 0);
	}
	for (unsigned i = 0; i < LANES; i++) {
		close(w->lane[i]);
		close(w->far[i]);
		close(i < 2 ? w->supervisor[i] : -1);
		close(i < 2 ? w->manage[i] : -1);
	}
	remove_tree(w->dir, w);
	loop_free(w->loop);
	arena_free(w->a);
	free(w);
	munmap(shared, sizeof *shared);
	return 0;
}

/* A new RSA key in a file of the test's. */
static struct sign_file new_key(struct world *w, const char *name)
{
	struct sign_file f = { .path = path(w, name), .where = "test:1" };
	struct err e;

	assert_int_equal(sign_key_make(w->a, KEY_RSA, 1024, f.path, (uid_t)-1, &f.key, &e), 0);
	return f;
}

static void load(struct world *w, struct sign_file *f, size_t n)
{
	struct err e = { "" };

	if (keeper_load(w->supervisor[0], w->a, f, n, &e) < 0)
		fail_msg("%s", e.text);
}

/* ---- asking for signatures ---- */

static void on_done(void *arg, const struct sign_reply *reply)
{
	struct world *w = arg;

	w->done++;
	w->status[reply->status]++;
	w->last = arena_dup(w->a, reply->signature);
}

static const char digest[SIGN_DIGEST] = "what is signed";

static enum sign_status ask(struct world *w, unsigned lane, const struct sign_key *key,
			    uint64_t timeout_ms)
{
	struct sign_client *c = sign_client_new(w->loop, w->lane[lane]);
	unsigned before[SIGN_GONE + 1], done = w->done;
	enum sign_status s = SIGN_OK;

	memcpy(before, w->status, sizeof before);
	sign_ask(c, key->id, str_of(digest, sizeof digest), timeout_ms, on_done, w);
	while (w->done == done)
		loop_turn(w->loop, 100);
	sign_client_free(c);
	while (w->status[s] == before[s])
		s++;
	return s;
}

static bool verifies(const struct sign_key *key, struct str signature)
{
	struct crypto *c = crypto_new();
	const struct pubkey *public;
	unsigned bits;
	bool good;

	assert_int_equal(pubkey_get(c, key->type, key->public, &public, &bits), PUBKEY_OK);
	good = pubkey_verify(c, public, HASH_SHA256, str_of(digest, sizeof digest), signature);
	crypto_free(c);
	return good;
}

/* By whoever serves now: an earlier signer may still take a last request. */
static void expect_soon(struct world *w, const struct sign_key *key, enum sign_status status)
{
	uint64_t deadline = clock_mono_ms() + WAIT_MS;
	enum sign_status got;

	while ((got = ask(w, 0, key, WAIT_MS)) != status)
		if (clock_mono_ms() > deadline)
			fail_msg("%s, expected %s", sign_status_word(got),
				 sign_status_word(status));
}

#endif
