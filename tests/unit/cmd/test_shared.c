/* The page that supervisor and workers share: which messages made workers crash. */
#include "lib/test.h"

#include <sys/wait.h>
#include <unistd.h>

#include "cmd/shared.h"

static void test_poisoned_after_two(void **state)
{
	struct shared *s = shared_new();

	(void)state;
	assert_false(shared_poisoned(s, 7));
	assert_int_equal(shared_crashed(s, 7), 1);
	assert_false(shared_poisoned(s, 7));
	assert_int_equal(shared_crashed(s, 8), 1);
	assert_int_equal(shared_crashed(s, 7), 2);
	assert_true(shared_poisoned(s, 7));
	assert_false(shared_poisoned(s, 8));
	assert_false(shared_poisoned(s, 0));
	shared_free(s);
	shared_free(NULL);
}

/* The oldest leaves; one that comes again begins anew, and never with the count of another. */
static void test_the_oldest_leaves(void **state)
{
	struct shared *s = shared_new();

	(void)state;
	for (uint64_t d = 1; d <= SHARED_POISON; d++)
		for (unsigned i = 1; i <= SHARED_CRASHES; i++)
			assert_int_equal(shared_crashed(s, d), i);
	assert_true(shared_poisoned(s, 1));
	assert_int_equal(shared_crashed(s, SHARED_POISON + 1), 1);
	assert_false(shared_poisoned(s, SHARED_POISON + 1));
	assert_false(shared_poisoned(s, 1));
	for (uint64_t d = 2; d <= SHARED_POISON; d++)
		assert_true(shared_poisoned(s, d));
	assert_int_equal(shared_crashed(s, 1), 1);
	shared_free(s);
}

/* What the supervisor writes is seen by workers that were forked before. */
static void test_shared_over_fork(void **state)
{
	struct shared *s = shared_new();
	int go[2], status;
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		s->worker[3].digest = 99;
		_exit(read(go[0], &c, 1) == 1 && shared_poisoned(s, 5) ? 0 : 1);
	}
	shared_crashed(s, 5);
	shared_crashed(s, 5);
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(s->worker[3].digest == 99);
	close(go[0]);
	close(go[1]);
	shared_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_poisoned_after_two),
		cmocka_unit_test(test_the_oldest_leaves),
		cmocka_unit_test(test_shared_over_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
