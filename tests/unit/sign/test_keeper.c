/* The keeper with its signers, as the supervisor, the control process and workers meet them. */
#include "unit/sign/keeper_world.h"
#include "unit/sign/pems.h"

static void test_load(void **state)
{
	struct world *w = *state;
	struct sign_file made = new_key(w, "one");
	struct sign_file f[] = { { .path = made.path },
				 { .path = path(w, "none") },
				 { .path = made.path },
				 { .path = w->dir } };

	start(w);
	load(w, f, 4);
	assert_true(f[0].known && f[0].ok && f[2].ok && !f[1].ok && !f[3].ok);
	assert_memory_equal(f[0].key.id, made.key.id, SIGN_ID);
	assert_true(str_eq(f[0].key.public, made.key.public));
	assert_int_equal(f[0].key.bits, 1024);
	assert_str(f[1].fault, "cannot be opened: No such file or directory");
	assert_str(f[3].fault, "is not a regular file");
	for (unsigned i = 0; i < LANES; i++) {
		assert_int_equal(ask(w, i, &made.key, WAIT_MS), SIGN_OK);
		assert_true(verifies(&f[0].key, w->last));
	}
	assert_int_equal(atomic_load(&shared->n), SIGNERS);
}

static void test_nothing(void **state)
{
	struct world *w = *state;
	struct sign_key key = { .id = "nobody's" };

	start(w);
	load(w, NULL, 0);
	assert_int_equal(ask(w, 0, &key, WAIT_MS), SIGN_NO_KEY);
}

/* What is not among the files any more is forgotten unless kept; what is new is there. */
static void test_generations(void **state)
{
	struct world *w = *state;
	struct sign_file one = new_key(w, "one"), two = new_key(w, "two");
	struct err e;

	start(w);
	for (unsigned i = 0; i < 6; i++) {
		load(w, i % 2 ? &two : &one, 1);
		assert_int_equal(atomic_load(&shared->n), (i + 1) * SIGNERS);
		expect_soon(w, i % 2 ? &one.key : &two.key, SIGN_NO_KEY);
		expect_soon(w, i % 2 ? &two.key : &one.key, SIGN_OK);
	}
	assert_int_equal(keeper_keep(w->supervisor[0], &two.key.id, 1, &e), 0);
	load(w, &one, 1);
	expect_soon(w, &one.key, SIGN_OK);
	assert_int_equal(ask(w, 0, &two.key, WAIT_MS), SIGN_OK);
	load(w, &one, 1);
	expect_soon(w, &two.key, SIGN_NO_KEY);
}

/* New signers that do not come to life: the supervisor hears of it, and those that serve stay. */
static void test_failed_generation(void **state)
{
	struct world *w = *state;
	struct sign_file one = new_key(w, "one"), two = new_key(w, "two");
	struct err e;

	start(w);
	load(w, &one, 1);
	atomic_store(&shared->fail, true);
	assert_int_equal(keeper_load(w->supervisor[0], w->a, &two, 1, &e), -1);
	assert_non_null(strstr(e.text, "0 of 2 signers came to life"));
	assert_int_equal(ask(w, 0, &one.key, WAIT_MS), SIGN_OK);
	assert_int_equal(ask(w, 1, &two.key, WAIT_MS), SIGN_NO_KEY);
	atomic_store(&shared->fail, false);
	load(w, &two, 1);
	expect_soon(w, &one.key, SIGN_NO_KEY);
	expect_soon(w, &two.key, SIGN_OK);
}

/* Nobody who asks meanwhile is left without an answer. */
static void test_reload_under_load(void **state)
{
	struct world *w = *state;
	struct sign_file one = new_key(w, "one");
	struct sign_client *c[LANES];
	unsigned asked = 0;

	start(w);
	load(w, &one, 1);
	for (unsigned i = 0; i < LANES; i++)
		c[i] = sign_client_new(w->loop, w->lane[i]);
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 50 * LANES; i++, asked++)
			sign_ask(c[i % LANES], one.key.id, str_of(digest, sizeof digest), WAIT_MS,
				 on_done, w);
		load(w, &one, 1);
	}
	while (w->done < asked)
		loop_turn(w->loop, 100);
	assert_int_equal(w->status[SIGN_OK], asked);
	for (unsigned i = 0; i < LANES; i++)
		sign_client_free(c[i]);
}

/* A signer that is killed takes with it what it had in hand; all else is served. */
#define IN_HAND 16u
static void test_killed_signers(void **state)
{
	struct world *w = *state;
	struct sign_file one = new_key(w, "one");
	struct sign_client *c[LANES];
	unsigned asked = 0, kills = 0;

	start(w);
	load(w, &one, 1);
	for (unsigned i = 0; i < LANES; i++)
		c[i] = sign_client_new(w->loop, w->lane[i]);
	for (unsigned round = 0; round < 12; round++) {
		for (unsigned i = 0; i < 20 * LANES; i++, asked++)
			sign_ask(c[i % LANES], one.key.id, str_of(digest, sizeof digest), 5000,
				 on_done, w);
		loop_turn(w->loop, 1);
		pid_t pid = atomic_load(&shared->pid[kills]);
		if (pid > 0) { /* it may only just have been counted */
			kill(pid, SIGKILL);
			kills++;
		}
	}
	while (w->done < asked)
		loop_turn(w->loop, 100);
	assert_int_equal(w->done, asked);
	assert_int_equal(w->status[SIGN_OK] + w->status[SIGN_TIMEOUT], asked);
	assert_in_range(w->status[SIGN_TIMEOUT], 0, kills * IN_HAND);
	assert_true(kills >= SIGNERS);
	for (unsigned i = 0; i < LANES; i++) {
		sign_client_free(c[i]);
		assert_int_equal(ask(w, i, &one.key, WAIT_MS), SIGN_OK);
	}
}

/* One that stands still is killed, and another one takes its place. */
static void test_silent_signer(void **state)
{
	struct world *w = *state;
	struct sign_file one = new_key(w, "one");
	uint64_t deadline = clock_mono_ms() + 20000;
	pid_t still;

	w->args.silent_ms = 3000;
	start(w);
	load(w, &one, 1);
	still = atomic_load(&shared->pid[0]);
	assert_true(still > 0);
	assert_int_equal(kill(still, SIGSTOP), 0);
	while (kill(still, 0) == 0 && clock_mono_ms() < deadline)
		poll(NULL, 0, 20);
	assert_int_equal(kill(still, 0), -1);
	while (atomic_load(&shared->n) < SIGNERS + 1 && clock_mono_ms() < deadline)
		poll(NULL, 0, 20);
	assert_true(atomic_load(&shared->n) > SIGNERS);
	for (unsigned i = 0; i < LANES; i++)
		assert_int_equal(ask(w, i, &one.key, WAIT_MS), SIGN_OK);
}

static void test_make(void **state)
{
	struct world *w = *state;
	struct str domain = STR("example.org");
	struct sign_file f = { .path = path(w, "keys/example.org/s1.key") };
	struct sign_key rsa, ed25519;
	struct stat st;
	struct err e;

	start(w);
	assert_int_equal(
		keeper_make(w->manage[0], w->a, domain, STR("s1"), KEY_RSA, 1024, &rsa, &e), 0);
	assert_int_equal(
		keeper_make(w->manage[0], w->a, domain, STR("s2"), KEY_ED25519, 0, &ed25519, &e),
		0);
	assert_int_equal(ed25519.public.n, 32);
	assert_int_equal(stat(f.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(stat(path(w, "keys/example.org"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	load(w, &f, 1);
	assert_memory_equal(f.key.id, rsa.id, SIGN_ID);
	assert_int_equal(ask(w, 0, &rsa, WAIT_MS), SIGN_OK);
	assert_int_equal(
		keeper_make(w->manage[0], w->a, domain, STR("s1"), KEY_RSA, 1024, &rsa, &e), -1);
	assert_non_null(strstr(e.text, "File exists"));
	assert_int_equal(keeper_wipe(w->manage[0], w->a, domain, STR("s1"), &e), 0);
	assert_int_equal(access(f.path, F_OK), -1);
	assert_int_equal(keeper_wipe(w->manage[0], w->a, domain, STR("s1"), &e), 0);
	assert_int_equal(
		keeper_make(w->manage[0], w->a, domain, STR("_s_3"), KEY_ED25519, 0, &ed25519, &e),
		0);
	assert_int_equal(keeper_wipe(w->manage[0], w->a, domain, STR("_s_3"), &e), 0);
	/* what signers hold they hold until they are renewed */
	assert_int_equal(ask(w, 0, &rsa, WAIT_MS), SIGN_OK);
}

static const struct {
	const char *domain, *selector;
} no_names[] = {
	{ "..", "s" },
	{ "example.org", ".." },
	{ "../example.org", "s" },
	{ "example.org", "a/b" },
	{ "/etc", "s" },
	{ "", "s" },
	{ "example.org", "" },
	{ "example.org.", "s" },
	{ ".example.org", "s" },
	{ "example..org", "s" },
	{ "Example.org", "s" },
	{ "ex ample.org", "s" },
	{ "example.org", "-s" },
	{ "example.org", "s-" },
	{ "example.org", "s~1" },
	{ "example.org", "." },
	{ "exampl\xc3\xa9.org", "s" },
	{ "example.org", "0123456789012345678901234567890123456789012345678901234567890123" },
};

/* The keeper looks itself, whatever its asker has looked at. */
static void test_no_names(void **state)
{
	struct world *w = *state;
	struct sign_key key;
	char in[TALK_MAX];
	struct err e;

	start(w);
	for (size_t i = 0; i < sizeof no_names / sizeof *no_names; i++) {
		struct talk t = { .type = TALK_MAKE, .number = i + 1 }, back;
		t.domain = str_c(no_names[i].domain);
		t.selector = str_c(no_names[i].selector);
		t.key.type = KEY_ED25519;
		assert_int_equal(keeper_make(w->manage[0], w->a, t.domain, t.selector, KEY_ED25519,
					     0, &key, &e),
				 -1);
		assert_int_equal(keeper_wipe(w->manage[0], w->a, t.domain, t.selector, &e), -1);
		assert_int_equal(talk_send(w->manage[0], talk_format(w->a, &t),
					   clock_mono_ms() + WAIT_MS, &e),
				 0);
		int got = talk_receive(w->manage[0], in, clock_mono_ms() + WAIT_MS, &e);
		assert_true(got > 0);
		assert_true(talk_parse(str_of(in, (size_t)got), &back));
		assert_true(back.number == i + 1 && back.type == TALK_DONE && !back.ok);
	}
	assert_int_equal(access(w->args.dir, F_OK), -1);
}

/* Neither side's questions are taken from the other, nor anything that is no packet. */
static void test_wrong_packets(void **state)
{
	struct world *w = *state;
	struct sign_file one = new_key(w, "one");
	struct talk make = { .type = TALK_MAKE, .number = 1 };
	struct talk file = { .type = TALK_FILE, .number = 2, .path = str_c(one.path) };
	struct talk go = { .type = TALK_LOAD, .number = 2, .index = 1 };
	struct sign_key key;
	char junk[TALK_MAX + 100] = "MK";
	struct err e;

	make.key.type = KEY_ED25519;
	make.domain = STR("example.org");
	make.selector = STR("s1");
	start(w);
	for (unsigned i = 0; i < 2; i++) {
		int fd = i ? w->manage[0] : w->supervisor[0];
		assert_true(send(fd, junk, sizeof junk, 0) > 0);
		assert_true(send(fd, junk, 1, 0) > 0);
	}
	uint64_t deadline = clock_mono_ms() + WAIT_MS;
	assert_int_equal(talk_send(w->supervisor[0], talk_format(w->a, &make), deadline, &e), 0);
	assert_int_equal(talk_send(w->manage[0], talk_format(w->a, &file), deadline, &e), 0);
	assert_int_equal(talk_send(w->manage[0], talk_format(w->a, &go), deadline, &e), 0);
	/* both are answered what they ask next, and only that was done */
	load(w, &one, 1);
	assert_int_equal(keeper_make(w->manage[0], w->a, STR("example.org"), STR("s2"), KEY_ED25519,
				     0, &key, &e),
			 0);
	assert_int_equal(access(path(w, "keys/example.org/s1.key"), F_OK), -1);
	assert_int_equal(atomic_load(&shared->n), SIGNERS);
}

/* Packets of a question that was given up on the way are not mixed with the next one's. */
static void test_given_up(void **state)
{
	struct world *w = *state;
	struct sign_file one = new_key(w, "one"), two = new_key(w, "two");
	struct talk file = { .type = TALK_FILE, .number = 2, .path = str_c(one.path) };
	struct talk go = { .type = TALK_LOAD, .number = 3, .index = 2 };
	uint64_t deadline = clock_mono_ms() + WAIT_MS;
	struct err e;

	start(w);
	assert_int_equal(talk_send(w->supervisor[0], talk_format(w->a, &file), deadline, &e), 0);
	assert_int_equal(talk_send(w->supervisor[0], talk_format(w->a, &go), deadline, &e), 0);
	load(w, &two, 1);
	assert_int_equal(ask(w, 0, &one.key, WAIT_MS), SIGN_NO_KEY);
	assert_int_equal(ask(w, 0, &two.key, WAIT_MS), SIGN_OK);
	assert_int_equal(atomic_load(&shared->n), SIGNERS);
}

/* A credential is read before the account changes, and is there when its file cannot be read. */
static void test_credentials(void **state)
{
	struct world *w = *state;
	struct sign_file made = new_key(w, "credential");
	struct sign_file credential = { .path = "credential:credential" };
	struct sign_file f[] = { { .path = "credential:credential" },
				 { .path = "credential:other" } };

	w->args.credential = &credential;
	w->args.ncredentials = 1;
	setenv("CREDENTIALS_DIRECTORY", w->dir, 1);
	start(w);
	load(w, NULL, 0);
	assert_int_equal(unlink(made.path), 0);
	for (unsigned i = 0; i < 2; i++) {
		load(w, f, 2);
		assert_true(f[0].ok);
		assert_memory_equal(f[0].key.id, made.key.id, SIGN_ID);
		assert_false(f[1].ok);
		expect_soon(w, &made.key, SIGN_OK);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
}

/* ---- ends ---- */

static void wait_gone(pid_t pid)
{
	uint64_t deadline = clock_mono_ms() + WAIT_MS;

	while (kill(pid, 0) == 0 && clock_mono_ms() < deadline)
		poll(NULL, 0, 10);
	assert_int_equal(kill(pid, 0), -1);
}

static void all_signers_gone(void)
{
	for (unsigned i = 0; i < atomic_load(&shared->n) && i < PIDS; i++)
		wait_gone(atomic_load(&shared->pid[i]));
}

/* It is told, or its supervisor has gone. */
static void test_ends(void **state)
{
	struct world *w = *state;
	struct sign_file one = new_key(w, "one");

	for (unsigned i = 0; i < 2; i++) {
		start(w);
		load(w, &one, 1);
		if (i == 0)
			kill(w->pid, SIGTERM);
		else
			shutdown(w->supervisor[0], SHUT_RDWR);
		assert_int_equal(ended(w), 0);
		all_signers_gone();
	}
}

/* A keeper that crashes takes its signers with it: another one begins from nothing. */
static void test_keeper_killed(void **state)
{
	struct world *w = *state;
	struct sign_file one = new_key(w, "one");

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	start(w);
	load(w, &one, 1);
	kill(w->pid, SIGKILL);
	assert_int_equal(ended(w), -1);
	for (unsigned i = 0; i < SIGNERS; i++)
		assert_int_equal(waitpid(-1, NULL, 0) > 0, 1);
	all_signers_gone();
	start(w);
	load(w, &one, 1);
	assert_int_equal(ask(w, 0, &one.key, WAIT_MS), SIGN_OK);
}

/* Its parent has gone before it could ask to be told. */
static void test_parent_gone(void **state)
{
	struct world *w = *state;
	int status;

	w->args.parent = 1;
	start(w);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	assert_true(WIFEXITED(status));
	w->pid = 0;
}

static int refuse(void *arg, struct err *e)
{
	(void)arg;
	return err_set(e, "the test says no");
}

static void test_not_confined(void **state)
{
	struct world *w = *state;
	struct sign_file f = { .path = "/nowhere", .where = "test:1" };
	struct err e;

	w->args.confine = refuse;
	start(w);
	assert_int_equal(ended(w), 1);
	close(w->supervisor[1]);
	w->supervisor[1] = -1;
	assert_int_equal(keeper_load(w->supervisor[0], w->a, &f, 1, &e), -1);
	assert_non_null(strstr(e.text, "keeper of keys"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_load),
		TEST(test_nothing),
		TEST(test_generations),
		TEST(test_failed_generation),
		TEST(test_reload_under_load),
		TEST(test_killed_signers),
		TEST(test_silent_signer),
		TEST(test_make),
		TEST(test_no_names),
		TEST(test_wrong_packets),
		TEST(test_given_up),
		TEST(test_credentials),
		TEST(test_ends),
		TEST(test_keeper_killed),
		TEST(test_parent_gone),
		TEST(test_not_confined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
