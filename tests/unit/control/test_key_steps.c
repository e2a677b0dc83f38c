/* Tests of the steps of a key's life: what is written, and that a kill at any system call leaves a
 * good ring; of selectors; of how records are written to be published. */
#include "lib/test.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/keyring/record.h"
#include "control/keyring/steps.h"

#define NOW 1764000000 /* 2025-11-24T16:00:00Z */

struct place {
	struct arena *arena;
	char dir[64];
};

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *at)
{
	(void)st;
	(void)what;
	(void)at;
	return remove(path);
}

static struct place place_new(void)
{
	struct place p = { .arena = arena_new(0) };

	memcpy(p.dir, "/tmp/merlon-steps-XXXXXX", 25);
	assert_non_null(mkdtemp(p.dir));
	return p;
}

static void place_free(struct place *p)
{
	nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(p->arena);
}

static void put(const struct place *p, const char *selector, enum key_state s, int64_t since)
{
	static const char octets[32] = "01234567890123456789012345678901";
	struct keyring_key k = {
		.domain = STR("example.com"),
		.selector = str_c(selector),
		.state = s,
		.key = { .type = KEY_ED25519, .bits = 256, .public = { octets, sizeof octets } },
		.made = since,
		.active = s >= KEY_ACTIVE ? since : 0,
		.retiring = s >= KEY_RETIRING ? since : 0
	};
	struct err e;
	int lock = keyring_lock(p->dir, 0, &e);

	assert_int_equal(keyring_put(p->dir, &k, &e), 0);
	keyring_unlock(lock);
}

static struct keyring ring(const struct place *p)
{
	struct keyring r;
	struct err e;

	assert_int_equal(keyring_read(p->arena, p->dir, "/keys", &r, &e), 0);
	return r;
}

static enum key_state state_of(const struct keyring *r, const char *selector)
{
	return keyring_find(r, STR("example.com"), str_c(selector))->state;
}

static void test_activate(void **state)
{
	struct place p = place_new();
	struct keyring r;
	struct keyring_key *new;
	struct err e;

	(void)state;
	put(&p, "old", KEY_ACTIVE, NOW);
	put(&p, "new", KEY_PENDING, NOW);
	r = ring(&p);
	new = keyring_find(&r, STR("example.com"), STR("new"));
	/* in the same second, and with a clock that went back */
	assert_int_equal(steps_activate(p.dir, &r, new, NOW - 100, true, &e), 0);
	assert_true(steps_replaced(keyring_find(&r, STR("example.com"), STR("old")), new));
	r = ring(&p);
	assert_int_equal(state_of(&r, "new"), KEY_ACTIVE);
	assert_int_equal(state_of(&r, "old"), KEY_RETIRING);
	new = keyring_find(&r, STR("example.com"), STR("new"));
	assert_int_equal(new->active, NOW + 1);
	assert_true(new->forced);
	assert_ptr_equal(steps_active(&r, STR("example.com"), KEY_ED25519), new);
	assert_null(steps_active(&r, STR("example.com"), KEY_RSA));
	assert_null(steps_active(&r, STR("example.org"), KEY_ED25519));
	place_free(&p);
}

static void test_selectors(void **state)
{
	struct place p = place_new();
	struct keyring r;

	(void)state;
	put(&p, "20251124e", KEY_RETIRED - 1, NOW);
	put(&p, "20251124e3", KEY_PENDING, NOW);
	r = ring(&p);
	assert_str(steps_selector(p.arena, &r, STR("example.com"), KEY_RSA, NOW, 0), "20251124r");
	assert_str(steps_selector(p.arena, &r, STR("example.org"), KEY_ED25519, NOW, 0),
		   "20251124e");
	assert_str(steps_selector(p.arena, &r, STR("example.com"), KEY_ED25519, NOW, 0),
		   "20251124e2");
	assert_str(steps_selector(p.arena, &r, STR("example.com"), KEY_ED25519, NOW, 1),
		   "20251124e4");
	place_free(&p);
}

/* ---- killed ---- */

static void work(const struct place *p)
{
	struct keyring r;
	struct err e;
	int lock = keyring_lock(p->dir, 0, &e);

	if (lock < 0 || keyring_read(p->arena, p->dir, "/keys", &r, &e) < 0 ||
	    steps_finish(p->dir, &r, &e) < 0)
		_exit(1);
	for (size_t i = 0; i < r.v.n; i++)
		if (r.v.p[i].state == KEY_PENDING &&
		    steps_activate(p->dir, &r, &r.v.p[i], NOW + 10, false, &e) < 0)
			_exit(1);
	for (size_t i = 0; i < r.v.n; i++)
		if (r.v.p[i].state == KEY_RETIRING &&
		    steps_retired(p->dir, &r.v.p[i], NOW + 20, &e) < 0)
			_exit(1);
	keyring_unlock(lock);
}

/* Runs work in a child that is killed at its n-th system call stop. False: it was done before. */
static bool killed_at(const struct place *p, unsigned n)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(3);
		raise(SIGSTOP);
		work(p);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	while (n-- > 0) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return false;
		}
		assert_true(WIFSTOPPED(status));
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return true;
}

static void test_killed(void **state)
{
	unsigned n = 0;
	bool killed;

	(void)state;
	do {
		struct place p = place_new();
		struct keyring r;
		size_t active = 0;

		put(&p, "oldest", KEY_RETIRING, NOW - 10);
		put(&p, "old", KEY_ACTIVE, NOW);
		put(&p, "new", KEY_PENDING, NOW);
		killed = killed_at(&p, ++n);
		r = ring(&p);
		assert_int_equal(r.v.n, 3);
		for (size_t i = 0; i < r.v.n; i++)
			active += r.v.p[i].state == KEY_ACTIVE;
		assert_int_equal(active, 1);
		assert_true(state_of(&r, "old") != KEY_PENDING);
		work(&p); /* who comes after ends it, and the lock is free */
		r = ring(&p);
		assert_int_equal(state_of(&r, "new"), KEY_ACTIVE);
		assert_int_equal(state_of(&r, "old"), KEY_RETIRED);
		assert_int_equal(state_of(&r, "oldest"), KEY_RETIRED);
		place_free(&p);
	} while (killed);
	assert_true(n > 60); /* it was stopped in between */
}

/* ---- records ---- */

static void test_records(void **state)
{
	struct arena *a = arena_new(0);
	struct str name = STR("s._domainkey.example.com");
	char text[600], expected[800];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_str(record_bind(a, name, STR("v=DKIM1; p=AA")),
		   "s._domainkey.example.com. 3600 IN TXT (\n\t\"v=DKIM1; p=AA\" )\n");
	snprintf(expected, sizeof expected,
		 "s._domainkey.example.com. 3600 IN TXT (\n\t\"%.255s\"\n\t\"%.255s\"\n\t\"%.90s\" "
		 ")\n",
		 text, text, text);
	assert_str(record_bind(a, name, str_of(text, 600)), expected);
	snprintf(expected, sizeof expected,
		 "s._domainkey.example.com. 3600 IN TXT (\n\t\"%.255s\" )\n", text);
	assert_str(record_bind(a, name, str_of(text, 255)), expected);
	assert_str(record_plain(a, name, STR("v=DKIM1; p=AA")),
		   "name:  s._domainkey.example.com\ntype:  TXT\nvalue: v=DKIM1; p=AA\n");
	snprintf(expected, sizeof expected,
		 "prereq nxrrset s._domainkey.example.com. TXT\n"
		 "update add s._domainkey.example.com. 3600 TXT \"%.255s\" \"%.1s\"\nsend\n",
		 text, text);
	assert_str(record_nsupdate(a, name, str_of(text, 256)), expected);
	assert_str(record_nsupdate_delete(a, name),
		   "update delete s._domainkey.example.com. TXT\nsend\n");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_activate),
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
