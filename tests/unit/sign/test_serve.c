/* The signer's life, in processes of its own: in turn, to the end of what is in hand, and idle when
 * nobody asks. */
#include "lib/test.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sign/keys.h"
#include "sign/wire.h"

#define SEED_TEXT "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
#define LANES 20u

struct world {
	struct arena *a;
	struct sign_keys *keys;
	struct sign_key key;
	int ours[LANES], theirs[LANES];
	/* what of the last packet was not looked at yet */
	char packet[LANES][SIGN_REPLIES_MAX * SIGN_REPLY_MAX];
	struct str rest[LANES];
};

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct str fault;
	sigset_t term;
	int pair[2];

	/* what is told to end before it has begun ends well too */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	w->a = arena_new(0);
	w->keys = sign_keys_new();
	assert_true(sign_keys_add(w->keys, w->a, STR(SEED_TEXT), &w->key, &fault));
	for (unsigned i = 0; i < LANES; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		w->ours[i] = pair[0];
		w->theirs[i] = pair[1];
	}
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < LANES; i++) {
		close(w->ours[i]);
		close(w->theirs[i]);
	}
	sign_keys_free(w->keys);
	arena_free(w->a);
	free(w);
	return 0;
}

/* told: SIGTERM has come before it begins. */
static pid_t signer(struct world *w, bool told)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	/* the other ends are the test's alone */
	for (unsigned i = 0; i < LANES; i++)
		close(w->ours[i]);
	if (told)
		raise(SIGTERM);
	sign_serve(w->keys, w->theirs, LANES, NULL, NULL);
	_exit(0);
}

/* Its exit code; its CPU time in ms. */
static int finished(pid_t pid, uint64_t *cpu_ms)
{
	struct rusage u;
	int status;

	assert_int_equal(wait4(pid, &status, 0, &u), pid);
	if (cpu_ms)
		*cpu_ms = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
			  (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void post(struct world *w, unsigned lane, uint64_t number)
{
	struct sign_request r = { .number = number };
	unsigned char out[SIGN_REQUEST_SIZE];

	memcpy(r.id, w->key.id, SIGN_ID);
	sign_request_write(&r, out);
	assert_int_equal(send(w->ours[lane], out, sizeof out, MSG_NOSIGNAL), sizeof out);
}

/* The number of the next reply within ten seconds; 0: none (at once: that is not there now). */
static uint64_t heard(struct world *w, unsigned lane, bool at_once)
{
	struct pollfd p = { .fd = w->ours[lane], .events = POLLIN };
	struct sign_reply r;
	uint64_t number;
	ssize_t got;

	if (!w->rest[lane].n) {
		if (poll(&p, 1, at_once ? 0 : 10000) <= 0)
			return 0;
		got = recv(w->ours[lane], w->packet[lane], sizeof w->packet[lane], MSG_DONTWAIT);
		if (got <= 0)
			return 0;
		w->rest[lane] = str_of(w->packet[lane], (size_t)got);
	}
	assert_true(sign_reply_take(&w->rest[lane], &number, &r));
	assert_int_equal(r.status, SIGN_OK);
	return number;
}

/* Many in one lane do not keep one in another waiting, and SIGTERM ends after what is in hand: each
 * lane that had something has been served, none has been emptied; the next signer does that. */
static void test_in_turn(void **state)
{
	struct world *w = *state;
	unsigned many = 0;
	pid_t pid;

	for (uint64_t i = 1; i <= 50; i++)
		post(w, 0, i);
	post(w, 7, 1000);
	assert_int_equal(finished(signer(w, true), NULL), 0);
	assert_true(heard(w, 7, true) == 1000);
	while (heard(w, 0, true))
		many++;
	assert_in_range(many, 1, SIGN_REPLIES_MAX);
	pid = signer(w, false);
	for (uint64_t i = many + 1; i <= 50; i++)
		assert_true(heard(w, 0, false) == i);
	kill(pid, SIGTERM);
	assert_int_equal(finished(pid, NULL), 0);
}

/* Who does not read loses replies, and keeps nobody else waiting. */
static void test_deaf(void **state)
{
	struct world *w = *state;
	pid_t pid = signer(w, false);

	for (uint64_t i = 1; i <= 2000; i++)
		post(w, 1, i);
	post(w, 2, 77);
	assert_true(heard(w, 2, false) == 77);
	/* it is served again when it reads */
	for (uint64_t i = 1; heard(w, 1, i > 1); i++)
		;
	do {
		post(w, 1, 5000);
	} while (heard(w, 1, false) != 5000);
	kill(pid, SIGTERM);
	assert_int_equal(finished(pid, NULL), 0);
}

/* A lane whose other end is gone, one that was shut, and empty packets: nothing spins. */
static void test_closed(void **state)
{
	struct world *w = *state;
	pid_t pid = signer(w, false);
	uint64_t cpu_ms, deadline;

	close(w->ours[0]);
	shutdown(w->ours[1], SHUT_RDWR);
	for (unsigned i = 0; i < 10; i++)
		send(w->ours[2], "", 0, MSG_NOSIGNAL);
	send(w->ours[2], "x", 1, MSG_NOSIGNAL);
	close(w->theirs[0]);
	post(w, 2, 5);
	assert_true(heard(w, 2, false) == 5);
	for (deadline = clock_mono_ms() + 2000; clock_mono_ms() < deadline;)
		poll(NULL, 0, 100);
	post(w, 3, 6);
	assert_true(heard(w, 3, false) == 6);
	kill(pid, SIGTERM);
	assert_int_equal(finished(pid, &cpu_ms), 0);
	assert_true(cpu_ms < 1000); /* of at least two seconds */
}

/* What a signer was woken for and did not do, another one finds. */
static void test_killed(void **state)
{
	struct world *w = *state;
	pid_t pid[2] = { signer(w, false), signer(w, false) };

	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < LANES; i++)
			post(w, i, 100 * (round + 1) + i);
		kill(pid[round % 2], SIGKILL);
		assert_int_equal(finished(pid[round % 2], NULL), -1);
		pid[round % 2] = signer(w, false);
		for (unsigned i = 0; i < LANES; i++) {
			uint64_t number = heard(w, i, false);
			/* what it had in hand is lost, and nothing else of that lane */
			if (number == 0)
				post(w, i, 7), number = heard(w, i, false);
			assert_true(number);
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		kill(pid[i], SIGTERM);
		assert_int_equal(finished(pid[i], NULL), 0);
	}
}

static void beat(void *arg)
{
	unsigned *n = arg;

	if (++*n == 2)
		raise(SIGTERM);
}

/* In this process: the beat comes with nobody asking. */
static void test_beat(void **state)
{
	struct world *w = *state;
	unsigned n = 0;

	sign_serve(w->keys, w->theirs, LANES, beat, &n);
	assert_int_equal(n, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_turn), TEST(test_deaf), TEST(test_closed),
		TEST(test_killed),  TEST(test_beat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
