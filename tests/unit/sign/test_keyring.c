/* Tests of the keyring: its files' strict reader, writing whole or not at all, the lock. */
#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sign/keyring.h"

#define PUBLIC "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static const char good[] = "version = 1\n"
			   "domain = example.com\n"
			   "selector = 20261122e\n"
			   "state = active\n"
			   "type = ed25519\n"
			   "bits = 256\n"
			   "public = " PUBLIC "\n"
			   "made = 1700000000\n"
			   "active = 1700000100\n"
			   "retiring = 0\n"
			   "retired = 0\n"
			   "forced = no\n";

static struct str changed(struct arena *a, const char *line, const char *with)
{
	const char *at = strstr(good, line);

	assert_non_null(at);
	return arena_printf(a, "%.*s%s%s", (int)(at - good), good, with, at + strlen(line));
}

static void test_read(void **state)
{
	static const struct {
		const char *line, *with, *fault;
	} rows[] = {
		{ "version = 1\n", "version = 1\n", NULL },
		{ "version = 1\n", "version = 2\n", "version: not 1" },
		{ "version = 1\n", "", "a line is missing" },
		{ "forced = no\n", "", "a line is missing" },
		{ "forced = no\n", "forced = no", "cut short" },
		{ "forced = no\n", "forced = no\n\n", "a line that is not \"name = value\"" },
		{ "forced = no\n", "forced = no\r\n", "forced: not yes or no" },
		{ "forced = no\n", "forced = no\nforced = no\n", "a name twice" },
		{ "forced = no\n", "forced = yes\n", NULL },
		{ "forced = no\n", "forced = no\ncolour = red\n", "a name that is not known" },
		{ "state = active", "state = Active",
		  "state: not pending, active, retiring or retired" },
		{ "state = active", "state = pending", NULL },
		{ "state = active", "state = retiring", "state: its time is not there" },
		{ "state = active", "state = retired", "state: its time is not there" },
		{ "retiring = 0\n", "retiring = 5\n", NULL },
		{ "state = active", "state=active", "a line that is not \"name = value\"" },
		{ "type = ed25519", "type = rsa", "public: not an RSA key of so many bits" },
		{ "type = ed25519", "type = dsa", "type: not rsa or ed25519" },
		{ "bits = 256", "bits = 255", "public: not an Ed25519 key" },
		{ "bits = 256", "bits = -1", "bits: no size of a key" },
		{ "bits = 256", "bits = 4097", "bits: no size of a key" },
		{ PUBLIC, "AAAA", "public: not an Ed25519 key" },
		{ PUBLIC, "AAA A", "public: no base64, or too long" },
		{ PUBLIC, "*", "public: no base64, or too long" },
		{ PUBLIC, "", "public: no base64, or too long" },
		{ "made = 1700000000", "made = 0", "state: its time is not there" },
		{ "made = 1700000000", "made = 99999999999999999999", "made: no time in seconds" },
		{ "made = 1700000000", "made = 1.5", "made: no time in seconds" },
		{ "domain = example.com", "domain = Example.com",
		  "domain or selector: not a name in lower case that DNS can hold" },
		{ "domain = example.com", "domain = example.com.",
		  "domain or selector: not a name in lower case that DNS can hold" },
		{ "domain = example.com", "domain = ../../etc",
		  "domain or selector: not a name in lower case that DNS can hold" },
		{ "selector = 20261122e", "selector = a.b", NULL },
		{ "selector = 20261122e", "selector = a/b",
		  "domain or selector: not a name in lower case that DNS can hold" },
		{ "selector = 20261122e", "selector = ", "selector: empty" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct keyring_key k;
		const char *fault = keyring_parse(a, changed(a, rows[i].line, rows[i].with), &k);

		if (rows[i].fault)
			assert_string_equal(fault ? fault : "good", rows[i].fault);
		else
			assert_null(fault);
	}
	arena_free(a);
}

/* Nothing that a full disk or a crash leaves of a file is taken for a key. */
static void test_cut(void **state)
{
	struct arena *a = arena_new(0);
	struct keyring_key k;

	(void)state;
	for (size_t n = 0; n < sizeof good - 1; n++)
		assert_non_null(keyring_parse(a, str_of(good, n), &k));
	assert_null(keyring_parse(a, str_of(good, sizeof good - 1), &k));
	assert_non_null(keyring_parse(a, str_of(good, sizeof good), &k)); /* a NUL at its end */
	arena_free(a);
}

static void test_there_and_back(void **state)
{
	struct arena *a = arena_new(0);
	struct keyring_key k;

	(void)state;
	assert_null(keyring_parse(a, str_c(good), &k));
	assert_str(keyring_format(a, &k), good);
	assert_int_equal(k.key.public.n, 32);
	assert_int_equal(k.key.id[0], 0x63); /* sha256 of 00 01 ... 1f */
	assert_int_equal(k.key.id[31], 0xdd);
	arena_free(a);
}

static void test_names(void **state)
{
	struct arena *a = arena_new(0);
	char label[64];
	struct str l, long_name;

	(void)state;
	memset(label, 'a', 63);
	label[63] = 0;
	l = str_c(label);
	long_name = arena_printf(a, "%.*s.%.*s.%.*s", STR_ARG(l), STR_ARG(l), STR_ARG(l));
	assert_true(keyring_name_ok(a, STR("example.com"), STR("s")));
	assert_true(keyring_name_ok(a, STR("xn--bcher-kva.example"), STR("a_b.c")));
	assert_false(keyring_name_ok(a,
				     STR("b\xc3\xbc"
					 "cher.example"),
				     STR("s")));
	assert_false(keyring_name_ok(a, STR(""), STR("s")));
	assert_false(keyring_name_ok(a, STR("example.com"), STR(".")));
	assert_false(keyring_name_ok(a, STR("example.com"), STR(".s")));
	/* 191 + 12 + 50 = 253 */
	assert_true(keyring_name_ok(a, long_name, str_sub(l, 0, 50)));
	assert_false(keyring_name_ok(a, long_name, str_sub(l, 0, 51)));
	arena_free(a);
}

/* ---- on disk ---- */

struct ring {
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

static int set_up(void **state)
{
	struct ring *r = calloc(1, sizeof *r);

	assert_non_null(r);
	r->arena = arena_new(0);
	memcpy(r->dir, "/tmp/merlon-keyring-XXXXXX", 27);
	assert_non_null(mkdtemp(r->dir));
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct ring *r = *state;

	nftw(r->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(r->arena);
	free(r);
	return 0;
}

static struct keyring_key made(struct ring *r, const char *domain, const char *selector,
			       enum key_state s, int64_t active)
{
	struct keyring_key k;

	assert_null(keyring_parse(r->arena, str_c(good), &k));
	k.domain = str_c(domain);
	k.selector = str_c(selector);
	k.state = s;
	k.active = active;
	k.retiring = s >= KEY_RETIRING ? active + 1 : 0;
	return k;
}

static void put(struct ring *r, struct keyring_key k)
{
	struct err e;
	int lock = keyring_lock(r->dir, 0, &e);

	assert_true(lock >= 0);
	assert_int_equal(keyring_put(r->dir, &k, &e), 0);
	keyring_unlock(lock);
}

static struct keyring ring(struct ring *r)
{
	struct keyring k;
	struct err e;

	assert_int_equal(keyring_read(r->arena, r->dir, "/keys", &k, &e), 0);
	return k;
}

static void test_ring(void **state)
{
	struct ring *r = *state;
	struct keyring k = ring(r);
	uint64_t none = keyring_stamp(r->dir), one, two;
	struct keyring_key b = made(r, "b.example", "s2", KEY_PENDING, 0);

	assert_int_equal(k.v.n, 0);
	put(r, b);
	one = keyring_stamp(r->dir);
	assert_true(one != none);
	assert_true(one == keyring_stamp(r->dir));
	put(r, made(r, "a.example", "s1", KEY_ACTIVE, 10));
	two = keyring_stamp(r->dir);
	assert_true(two != one);
	k = ring(r);
	assert_int_equal(k.v.n, 2);
	assert_str(k.v.p[0].domain, "a.example");
	assert_string_equal(k.v.p[0].path, "/keys/a.example/s1.key");
	assert_int_equal(k.v.p[1].state, KEY_PENDING);
	assert_ptr_equal(keyring_find(&k, STR("b.example"), STR("s2")), &k.v.p[1]);
	assert_null(keyring_find(&k, STR("b.example"), STR("s1")));
	b.state = KEY_ACTIVE;
	b.active = 20;
	put(r, b);
	assert_true(keyring_stamp(r->dir) != two);
	assert_int_equal(ring(r).v.p[1].state, KEY_ACTIVE);
	assert_int_equal(keyring_forget(r->dir, &b, NULL), 0);
	assert_int_equal(ring(r).v.n, 1);
}

/* A key becomes active by one file, and the one before it retires by another: between the two
 * there are two active ones, and it reads as if both were written. */
static void test_settled(void **state)
{
	struct ring *r = *state;
	struct keyring k;

	put(r, made(r, "a.example", "new", KEY_ACTIVE, 30));
	put(r, made(r, "a.example", "old", KEY_ACTIVE, 10));
	put(r, made(r, "a.example", "older", KEY_RETIRING, 5));
	put(r, made(r, "b.example", "other", KEY_ACTIVE, 10));
	k = ring(r);
	assert_int_equal(k.v.n, 4);
	assert_int_equal(keyring_find(&k, STR("a.example"), STR("new"))->state, KEY_ACTIVE);
	assert_false(keyring_find(&k, STR("a.example"), STR("new"))->unsaved);
	assert_int_equal(keyring_find(&k, STR("a.example"), STR("old"))->state, KEY_RETIRING);
	assert_int_equal(keyring_find(&k, STR("a.example"), STR("old"))->retiring, 30);
	assert_true(keyring_find(&k, STR("a.example"), STR("old"))->unsaved);
	assert_int_equal(keyring_find(&k, STR("a.example"), STR("older"))->retiring, 6);
	assert_int_equal(keyring_find(&k, STR("b.example"), STR("other"))->state, KEY_ACTIVE);
}

static void write_file(const char *path, struct str s)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	fclose(f);
}

/* What is no state file is told and left out; nothing outside is read through a link. */
static void test_strangers(void **state)
{
	struct ring *r = *state;
	char path[128];

	put(r, made(r, "a.example", "s1", KEY_ACTIVE, 10));
	snprintf(path, sizeof path, "%s/keyring/a.example/s2", r->dir);
	write_file(path, STR("what?\n"));
	snprintf(path, sizeof path, "%s/keyring/a.example/s3", r->dir);
	write_file(path, str_c(good)); /* of another name */
	snprintf(path, sizeof path, "%s/keyring/a.example/.s4.new", r->dir);
	write_file(path, str_of(good, 30)); /* begun and not ended */
	snprintf(path, sizeof path, "%s/keyring/a.example/s5", r->dir);
	assert_int_equal(symlink("s1", path), 0);
	snprintf(path, sizeof path, "%s/keyring/b.example", r->dir);
	assert_int_equal(symlink("a.example", path), 0);
	snprintf(path, sizeof path, "%s/keyring/file", r->dir);
	write_file(path, STR("x"));
	snprintf(path, sizeof path, "%s/keyring/a.example/s6", r->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(ring(r).v.n, 1);
}

/* Who writes may be root, and the directory another account's. */
static void test_no_link_is_written_through(void **state)
{
	struct ring *r = *state;
	struct keyring_key k = made(r, "b.example", "s1", KEY_ACTIVE, 10);
	char path[128], elsewhere[128];
	struct stat st;
	struct err e;

	put(r, made(r, "a.example", "s1", KEY_ACTIVE, 10));
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", r->dir);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	snprintf(path, sizeof path, "%s/keyring/b.example", r->dir);
	assert_int_equal(symlink("../elsewhere", path), 0);
	assert_int_equal(keyring_put(r->dir, &k, &e), -1);
	assert_non_null(strstr(e.text, "keyring/b.example/s1"));
	snprintf(path, sizeof path, "%s/elsewhere/s1", r->dir);
	assert_int_equal(stat(path, &st), -1);
	k.domain = STR("a.example");
	k.selector = STR("s2");
	snprintf(path, sizeof path, "%s/keyring/a.example/.s2.new", r->dir);
	assert_int_equal(symlink("../../elsewhere/x", path), 0);
	put(r, k);
	snprintf(path, sizeof path, "%s/elsewhere/x", r->dir);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(ring(r).v.n, 2);
}

static void test_lock(void **state)
{
	struct ring *r = *state;
	struct err e;
	int first = keyring_lock(r->dir, 0, &e), status;
	pid_t pid;

	assert_true(first >= 0);
	errno = 0;
	assert_int_equal(keyring_lock(r->dir, 0, &e), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_non_null(strstr(e.text, "another process is changing keys"));
	keyring_unlock(first);
	pid = fork(); /* it goes with the process */
	if (pid == 0)
		_exit(keyring_lock(r->dir, 0, &e) < 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	first = keyring_lock(r->dir, 0, &e);
	assert_true(first >= 0);
	keyring_unlock(first);
	keyring_unlock(-1);
}

static void test_faults(void **state)
{
	struct ring *r = *state;
	struct keyring k;
	char path[128];
	struct err e;

	snprintf(path, sizeof path, "%s/none", r->dir);
	assert_int_equal(keyring_read(r->arena, path, "/keys", &k, &e), 0);
	assert_int_equal(k.v.n, 0);
	assert_int_equal(keyring_lock(path, 0, &e), -1);
	assert_non_null(strstr(e.text, "none/keyring: No such file"));
	snprintf(path, sizeof path, "%s/keyring", r->dir);
	write_file(path, STR("x"));
	assert_int_equal(keyring_read(r->arena, r->dir, "/keys", &k, &e), -1);
	assert_int_equal(keyring_lock(r->dir, 0, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_names),
		cmocka_unit_test_setup_teardown(test_ring, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strangers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_link_is_written_through, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
