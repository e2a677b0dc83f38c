/* Who asks for signatures: every call ends once, from the loop, whatever comes back. */
#include "lib/test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/loop.h"
#include "sign/keys.h"
#include "sign/wire.h"

#define SEED_TEXT "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
#define WINDOW 64u
#define LONG_MS 60000u
#define MANY 600u

struct world {
	struct loop *loop;
	struct sign_client *client;
	int lane[2]; /* the client's, ours */
	unsigned done, ok, refused, status[SIGN_GONE + 1];
	unsigned char last[SIGN_MAX];
	size_t last_n;
	struct sign_call *victim; /* cancelled by the next that is done */
	bool free_client, ask_again;
};

static const unsigned char id[SIGN_ID] = "the name of a key";
static const char digest[SIGN_DIGEST] = "what is signed";

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	w->loop = loop_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, w->lane), 0);
	w->client = sign_client_new(w->loop, w->lane[0]);
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	sign_client_free(w->client);
	loop_free(w->loop);
	close(w->lane[0]);
	close(w->lane[1]);
	free(w);
	return 0;
}

static struct sign_call *ask(struct world *w, uint64_t timeout_ms);

static void done(void *arg, const struct sign_reply *reply)
{
	struct world *w = arg;

	w->done++;
	w->status[reply->status]++;
	w->last_n = reply->signature.n;
	if (w->last_n)
		memcpy(w->last, reply->signature.p, w->last_n);
	sign_cancel(w->victim);
	w->victim = NULL;
	if (w->ask_again)
		ask(w, LONG_MS);
	w->ask_again = false;
	if (w->free_client) {
		sign_client_free(w->client);
		w->client = NULL;
	}
}

static struct sign_call *ask(struct world *w, uint64_t timeout_ms)
{
	unsigned before = w->done;
	struct sign_call *k =
		sign_ask(w->client, id, str_of(digest, sizeof digest), timeout_ms, done, w);

	assert_non_null(k);
	assert_int_equal(w->done, before); /* never from inside */
	return k;
}

/* The loop, until so many calls have ended, or for ten seconds. */
static void until(struct world *w, unsigned n)
{
	uint64_t deadline = clock_mono_ms() + 10000;

	while (w->done < n && clock_mono_ms() < deadline)
		loop_turn(w->loop, 20);
	assert_int_equal(w->done, n);
}

/* A few turns, in which nothing should end. */
static void idle(struct world *w, unsigned n)
{
	for (unsigned i = 0; i < 5; i++)
		loop_turn(w->loop, 5);
	assert_int_equal(w->done, n);
}

/* ---- the test as signer ---- */

static bool take(struct world *w, struct sign_request *r)
{
	char in[SIGN_REQUEST_SIZE + 1];
	ssize_t got = recv(w->lane[1], in, sizeof in, MSG_DONTWAIT);

	if (got < 0)
		return false;
	assert_true(sign_request_read(str_of(in, (size_t)got), r));
	assert_memory_equal(r->id, id, sizeof id);
	assert_memory_equal(r->digest, digest, sizeof digest);
	return true;
}

static void give(struct world *w, uint64_t number, enum sign_status status, char first)
{
	unsigned char out[SIGN_REPLY_MAX];
	struct sign_reply r = { status, str_of(&first, status == SIGN_OK) };
	size_t n = sign_reply_write(number, &r, out);

	assert_int_equal(send(w->lane[1], out, n, 0), n);
}

static void give_raw(struct world *w, const void *p, size_t n)
{
	assert_int_equal(send(w->lane[1], p, n, 0), n);
}

/* ---- tests ---- */

static void test_words(void **state)
{
	static const char *const word[] = { "ok", "no key", "failed", "timeout", "gone" };
	(void)state;

	for (unsigned i = 0; i <= SIGN_GONE; i++)
		assert_string_equal(sign_status_word((enum sign_status)i), word[i]);
}

static void test_replies(void **state)
{
	static const enum sign_status status[] = { SIGN_OK, SIGN_NO_KEY, SIGN_FAILED };
	struct world *w = *state;
	struct sign_request r;

	for (unsigned i = 0; i < 3; i++) {
		ask(w, LONG_MS);
		assert_true(take(w, &r)); /* it is on its way before the loop turns */
		give(w, r.number, status[i], (char)('a' + i));
		until(w, i + 1);
		assert_int_equal(w->status[status[i]], 1);
		assert_int_equal(w->last_n, status[i] == SIGN_OK);
	}
	assert_int_equal(w->last[0], 'a');
}

/* None of these ends a call, and the right one after them does, once. */
static void test_strays(void **state)
{
	struct world *w = *state;
	unsigned char octets[4096];
	struct sign_request r;
	size_t n;

	memset(octets, 'M', sizeof octets);
	ask(w, LONG_MS);
	assert_true(take(w, &r));
	give(w, r.number + 1, SIGN_OK, 'x');
	give(w, r.number - 1, SIGN_OK, 'x');
	give(w, r.number + SIGN_PENDING_MAX, SIGN_OK, 'x'); /* the same slot */
	give_raw(w, octets, 0);
	give_raw(w, octets, 1);
	give_raw(w, octets, SIGN_REPLY_MAX);
	give_raw(w, octets, sizeof octets);
	n = sign_reply_write(r.number, &(struct sign_reply){ SIGN_TIMEOUT, STR_NULL }, octets);
	give_raw(w, octets, n);
	n = sign_reply_write(r.number, &(struct sign_reply){ SIGN_NO_KEY, STR_NULL }, octets);
	give_raw(w, octets, n - 1);
	idle(w, 0);
	give(w, r.number, SIGN_OK, 'y');
	give(w, r.number, SIGN_OK, 'z');
	until(w, 1);
	idle(w, 1);
	assert_int_equal(w->last[0], 'y');
}

/* A slot's next process hears what was meant for the one before it, and asks all the same. */
static void test_next_process(void **state)
{
	struct world *w = *state;
	struct sign_request before, now;

	ask(w, LONG_MS);
	assert_true(take(w, &before));
	sign_client_free(w->client);
	w->client = sign_client_new(w->loop, w->lane[0]);
	ask(w, LONG_MS);
	assert_true(take(w, &now));
	assert_true(before.number != now.number);
	give(w, before.number, SIGN_OK, 'x');
	idle(w, 0);
	give(w, now.number, SIGN_OK, 'y');
	until(w, 1);
	assert_int_equal(w->last[0], 'y');
}

static void test_timeout(void **state)
{
	struct world *w = *state;
	struct sign_request r;

	ask(w, 20);
	assert_true(take(w, &r));
	until(w, 1);
	assert_int_equal(w->status[SIGN_TIMEOUT], 1);
	give(w, r.number, SIGN_OK, 'x'); /* late */
	idle(w, 1);
	ask(w, LONG_MS);
	assert_true(take(w, &r));
	give(w, r.number, SIGN_OK, 'y');
	until(w, 2);
	assert_int_equal(w->last[0], 'y');
}

/* What waits for room times out too, and leaves the window to others. */
static void test_timeout_of_many(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < MANY; i++)
		ask(w, 20);
	until(w, MANY);
	assert_int_equal(w->status[SIGN_TIMEOUT], MANY);
}

static unsigned answer_all(struct world *w)
{
	struct sign_request r;
	unsigned n = 0;

	for (; take(w, &r); n++)
		give(w, r.number, SIGN_OK, 'a');
	return n;
}

static void answer_until(struct world *w, unsigned n)
{
	uint64_t deadline = clock_mono_ms() + 20000;

	while (w->done < n && clock_mono_ms() < deadline) {
		answer_all(w);
		loop_turn(w->loop, 5);
	}
	assert_int_equal(w->done, n);
	assert_int_equal(w->status[SIGN_OK], n);
}

static void test_window(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < MANY; i++)
		ask(w, LONG_MS);
	idle(w, 0);
	assert_int_equal(answer_all(w), WINDOW);
	answer_until(w, MANY);
}

static void test_full_lane(void **state)
{
	struct world *w = *state;
	int small = 1;

	setsockopt(w->lane[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	for (unsigned i = 0; i < MANY; i++)
		ask(w, LONG_MS);
	assert_true(answer_all(w) < WINDOW);
	answer_until(w, MANY);
}

static void test_too_many(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < SIGN_PENDING_MAX; i++)
		ask(w, LONG_MS);
	idle(w, 0);
	ask(w, LONG_MS);
	until(w, 1);
	assert_int_equal(w->status[SIGN_GONE], 1);
	sign_cancel(ask(w, LONG_MS));
	idle(w, 1);
}

/* A call that stays while thousands go by: its number is not given to another. */
static void test_old_call(void **state)
{
	struct world *w = *state;
	struct sign_request old, r;

	ask(w, LONG_MS);
	assert_true(take(w, &old));
	for (unsigned i = 1; i <= SIGN_PENDING_MAX + 10; i++) {
		ask(w, LONG_MS);
		assert_true(take(w, &r));
		assert_true(r.number % SIGN_PENDING_MAX != old.number % SIGN_PENDING_MAX);
		give(w, r.number, SIGN_OK, 'b');
		until(w, i);
	}
	give(w, old.number, SIGN_OK, 'o');
	until(w, SIGN_PENDING_MAX + 11);
	assert_int_equal(w->last[0], 'o');
}

static void test_gone(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < MANY; i++)
		ask(w, LONG_MS);
	close(w->lane[1]);
	until(w, MANY);
	ask(w, LONG_MS);
	until(w, MANY + 1);
	assert_int_equal(w->status[SIGN_GONE], MANY + 1);
	w->lane[1] = -1;
}

/* What was answered before the end counts. */
static void test_answer_and_gone(void **state)
{
	struct world *w = *state;
	struct sign_request r;

	ask(w, LONG_MS);
	ask(w, LONG_MS);
	assert_true(take(w, &r));
	give(w, r.number, SIGN_OK, 'a');
	shutdown(w->lane[1], SHUT_RDWR);
	until(w, 2);
	assert_int_equal(w->status[SIGN_OK], 1);
	assert_int_equal(w->status[SIGN_GONE], 1);
}

static void test_cancel(void **state)
{
	struct world *w = *state;
	struct sign_request one, two;
	struct sign_call *k = ask(w, LONG_MS);

	sign_cancel(NULL);
	ask(w, LONG_MS);
	assert_true(take(w, &one));
	assert_true(take(w, &two));
	sign_cancel(k);
	give(w, one.number, SIGN_OK, 'x');
	give(w, two.number, SIGN_OK, 'y');
	until(w, 1);
	idle(w, 1);
	assert_int_equal(w->last[0], 'y');
}

/* Callbacks may ask, cancel others and end the client. */
static void test_from_callbacks(void **state)
{
	struct world *w = *state;
	struct sign_request r[3];

	ask(w, LONG_MS);
	w->victim = ask(w, LONG_MS);
	w->ask_again = true;
	assert_true(take(w, &r[0]));
	assert_true(take(w, &r[1]));
	give(w, r[0].number, SIGN_OK, 'a');
	give(w, r[1].number, SIGN_OK, 'b');
	until(w, 1);
	idle(w, 1);
	assert_true(take(w, &r[2]));
	ask(w, LONG_MS);
	w->free_client = true;
	give(w, r[2].number, SIGN_OK, 'c');
	give(w, r[2].number + 1, SIGN_OK, 'd');
	until(w, 2);
	idle(w, 2);
	assert_null(w->client);
}

static void test_free_from_timer(void **state)
{
	struct world *w = *state;

	ask(w, 10);
	ask(w, 10);
	w->free_client = true;
	until(w, 1);
	idle(w, 1);
}

static void test_local(void **state)
{
	struct world *w = *state;
	struct sign_keys *keys = sign_keys_new();
	struct arena *a = arena_new(0);
	struct sign_key key;
	struct str fault;

	assert_true(sign_keys_add(keys, a, STR(SEED_TEXT), &key, &fault));
	sign_client_free(w->client);
	w->client = sign_client_local(w->loop, keys);
	ask(w, LONG_MS); /* of a key that there is not */
	until(w, 1);
	assert_int_equal(w->status[SIGN_NO_KEY], 1);
	sign_ask(w->client, key.id, str_of(digest, sizeof digest), LONG_MS, done, w);
	sign_cancel(sign_ask(w->client, key.id, str_of(digest, sizeof digest), 1, done, w));
	assert_int_equal(w->done, 1);
	until(w, 2);
	assert_int_equal(w->status[SIGN_OK], 1);
	assert_int_equal(w->last_n, 64);
	for (unsigned i = 0; i < SIGN_PENDING_MAX + 1; i++)
		ask(w, LONG_MS);
	until(w, SIGN_PENDING_MAX + 3);
	assert_int_equal(w->status[SIGN_GONE], 1);
	ask(w, LONG_MS);
	sign_client_free(w->client);
	w->client = NULL;
	idle(w, SIGN_PENDING_MAX + 3);
	sign_keys_free(keys);
	arena_free(a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_words),	 TEST(test_replies),	    TEST(test_strays),
		TEST(test_next_process), TEST(test_timeout),	    TEST(test_timeout_of_many),
		TEST(test_window),	 TEST(test_full_lane),	    TEST(test_too_many),
		TEST(test_old_call),	 TEST(test_gone),	    TEST(test_answer_and_gone),
		TEST(test_cancel),	 TEST(test_from_callbacks), TEST(test_free_from_timer),
		TEST(test_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
