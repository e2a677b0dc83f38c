/*
 * A process that counts and learns is killed at any moment, again and again: what was acknowledged
 * as durable is there, nothing is torn, and the store opens by itself. MERLON_KILLS: how often.
 */
#include "lib/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "unit/store/served.h"

enum { VALUE = 9000 };

/* What the child has been told, where the parent sees it after its death. */
struct shared {
	volatile uint64_t acknowledged, begun;
};

/* The value that belongs to number n. */
static struct str pattern(struct arena *a, uint64_t n)
{
	uint64_t x = n * 0x9e3779b97f4a7c15u;
	char *p = arena_alloc(a, VALUE);

	for (size_t i = 0; i < VALUE; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		p[i] = (char)(x >> 56);
	}
	return str_of(p, VALUE);
}

static struct str key_of(struct arena *a, uint64_t n)
{
	return arena_printf(a, "t:rec:%08llu", (unsigned long long)n);
}

/* What is learnt: a count, a record and a log entry, all or none. */
static void learn(struct store *s, struct arena *a, uint64_t n, const struct store_answer **ans)
{
	struct store_op op[3] = {
		{ .kind = STORE_ADD, .key = STR("t:sum"), .delta = { 1 } },
		{ .kind = STORE_PUT, .key = key_of(a, n), .value = pattern(a, n) },
		{ .kind = STORE_APPEND, .key = STR("t:log"), .value = key_of(a, n), .limit = 50 },
	};

	*ans = store_wait(s, a, op, 3, STORE_DURABLE | STORE_SLOW);
}

static void count(struct store *s, struct arena *a, uint64_t n)
{
	struct store_op op[3] = {
		{ .kind = STORE_ADD, .key = STR("t:hot"), .delta = { 1, 1, 1, 1 } },
		{ .kind = STORE_JOIN, .key = STR("t:set"), .member = key_of(a, n), .limit = 20 },
		{ .kind = STORE_TAKE, .key = STR("t:bucket"), .cost = 1, .burst = 1e9 },
	};

	store_send(s, op, 3, STORE_SLOW, NULL, NULL);
}

static _Noreturn void child(const char *path, uint64_t from, struct shared *shared)
{
	struct loop *l = loop_new();
	struct err e;
	struct store *s = store_sqlite(l, path, false, &e);

	if (!s)
		_exit(3);
	for (uint64_t n = from;; n++) {
		struct arena *a = arena_new(0);
		const struct store_answer *ans;

		count(s, a, n);
		shared->begun = n;
		learn(s, a, n, &ans);
		for (int i = 0; i < 3; i++)
			if (ans[i].status != STORE_OK)
				_exit(4);
		shared->acknowledged = n;
		arena_free(a);
	}
}

static void check_record(struct store *s, struct arena *a, uint64_t n)
{
	struct store_op op = { .kind = STORE_GET, .key = key_of(a, n) };
	const struct store_answer *ans = store_wait(s, a, &op, 1, STORE_SLOW);

	assert_int_equal(ans->status, STORE_OK);
	assert_true(str_eq(ans->value, pattern(a, n)));
}

/* What a store that was left like that holds; returns how much was learnt. */
static uint64_t check(const char *path, const struct shared *shared, bool all)
{
	struct loop *l = loop_new();
	struct arena *a = arena_new(0);
	struct err e;
	struct store *s = store_sqlite(l, path, false, &e);
	struct store_op op[4] = {
		{ .kind = STORE_ADD, .key = STR("t:sum") },
		{ .kind = STORE_ADD, .key = STR("t:hot") },
		{ .kind = STORE_READ, .key = STR("t:log") },
		{ .kind = STORE_JOIN,
		  .key = STR("t:set"),
		  .member = STR("x"),
		  .flags = STORE_F_LOOK },
	};
	const struct store_answer *ans;
	uint64_t n;

	if (!s)
		fail_msg("%s", e.text);
	ans = store_wait(s, a, op, 4, STORE_SLOW);
	n = (uint64_t)ans[0].sum[0];
	assert_true(n >= shared->acknowledged && n <= shared->begun);
	for (int i = 1; i < 4; i++)
		assert_true(ans[1].sum[i] == ans[1].sum[0]);
	assert_true(ans[1].sum[0] <= (double)shared->begun && ans[3].sum[0] <= 20);
	assert_int_equal(ans[2].nentry, n < 50 ? n : 50);
	if (n)
		assert_true(str_eq(ans[2].entry[ans[2].nentry - 1].value, key_of(a, n)));
	for (uint64_t i = all || n < 5 ? 1 : n - 4; i <= n; i++)
		check_record(s, a, i);
	op[0] = (struct store_op){ .kind = STORE_GET, .key = key_of(a, n + 1) };
	assert_int_equal(store_wait(s, a, op, 1, STORE_SLOW)->status, STORE_NONE);
	store_free(s);
	arena_free(a);
	loop_free(l);
	return n;
}

static unsigned kills(void)
{
	const char *s = getenv("MERLON_KILLS");
	uint64_t n = 100;

	if (s)
		assert_true(str_u64(str_c(s), 1000000, &n));
	return (unsigned)n;
}

static void test_kills(void **state)
{
	struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct served dir;
	uint64_t learnt = 0;
	int status;
	(void)state;

	assert_true(shared != MAP_FAILED);
	served_dir(&dir);
	for (unsigned i = 0; i < kills(); i++) {
		useconds_t us = (useconds_t)(hash_key_random().k0 % 20000);
		pid_t pid;

		shared->acknowledged = shared->begun = learnt;
		pid = fork();
		if (pid == 0)
			child(dir.file, learnt + 1, shared);
		/* some in the opening, most while it learns */
		for (int k = 0; i % 4 && k < 5000 && shared->begun == learnt; k++)
			usleep(1000);
		usleep(us);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		learnt = check(dir.file, shared, false);
	}
	assert_int_equal(check(dir.file, shared, true), learnt);
	assert_true(learnt > kills() / 4);
	printf("%u kills, %llu learnt\n", kills(), (unsigned long long)learnt);
	served_remove(&dir);
	munmap(shared, sizeof *shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kills) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
