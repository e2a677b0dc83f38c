/* Whole files: what is read, what is refused, and paths beside a file. */
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/test.h"

static void test_read(void **state)
{
	struct arena *a = arena_new(0);
	char path[] = "/tmp/merlon-file-XXXXXX";
	int fd = mkstemp(path);
	struct str s = STR_NULL;
	struct err e;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(file_read(a, path, 0, &s, &e), 0);
	assert_true(s.p && s.n == 0);
	assert_int_equal(write(fd, "one\0two", 7), 7);
	assert_int_equal(file_read(a, path, 7, &s, &e), 0);
	assert_int_equal(s.n, 7);
	assert_memory_equal(s.p, "one\0two", 7);
	assert_int_equal(file_read(a, path, 6, &s, &e), -1);
	assert_string_equal(e.text, "over 6 octets");
	assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
	assert_int_equal(file_read_fd(a, fd, 7, &s, &e), 0);
	assert_str(s, "two");
	close(fd);
	unlink(path);
	assert_int_equal(file_read(a, path, 7, &s, &e), -1);
	assert_string_equal(e.text, "No such file or directory");
	arena_free(a);
}

/* What could make a reader wait, or never end. */
static void test_no_file(void **state)
{
	static const char *const t[] = { "/tmp", "/dev/null", "/dev/zero", "D/fifo" };
	struct arena *a = arena_new(0);
	char dir[] = "/tmp/merlon-file-XXXXXX", fifo[64];
	struct str s;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(fifo, sizeof fifo, "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct err e = { "" };
		assert_int_equal(file_read(a, t[i][0] == 'D' ? fifo : t[i], 100, &s, &e), -1);
		assert_string_equal(e.text, "not a file");
	}
	unlink(fifo);
	rmdir(dir);
	arena_free(a);
}

static void test_beside(void **state)
{
	static const struct {
		const char *from, *path, *want;
	} t[] = {
		{ "main", "more", "more" },
		{ "/etc/main", "more", "/etc/more" },
		{ "a/b/main", "../more", "a/b/../more" },
		{ "/main", "more", "/more" },
		{ "/etc/main", "/more", "/more" },
		{ "/etc/main", "", "/etc/" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_string_equal(file_beside(a, t[i].from, str_c(t[i].path)), t[i].want);
	arena_free(a);
}

static void test_world_readable(void **state)
{
	static const struct {
		mode_t mode;
		bool yes;
	} t[] = {
		{ 0600, false }, { 0640, false }, { 0644, true }, { 0604, true }, { 0602, false }
	};
	char path[] = "/tmp/merlon-file-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(fchmod(fd, t[i].mode), 0);
		assert_int_equal(file_world_readable(path), t[i].yes);
	}
	close(fd);
	unlink(path);
	assert_false(file_world_readable(path));
}

static void test_secret(void **state)
{
	static const struct {
		const char *text, *secret;
	} t[] = {
		{ "hidden\nand more\n", "hidden" },
		{ "hidden", "hidden" },
		{ " a b \n", " a b " },
		{ "\nhidden", "" },
	};
	char path[] = "/tmp/merlon-file-XXXXXX";
	int fd = mkstemp(path);
	struct arena *a = arena_new(0);
	struct str got;
	struct err e;

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, t[i].text, strlen(t[i].text), 0), strlen(t[i].text));
		assert_int_equal(file_secret(a, path, "x.file", &got, &e), 0);
		assert_str(got, t[i].secret);
	}
	assert_int_equal(ftruncate(fd, 4097), 0);
	assert_int_equal(file_secret(a, path, "x.file", &got, &e), -1);
	close(fd);
	unlink(path);
	assert_int_equal(file_secret(a, path, "x.file", &got, &e), -1);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),   cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_beside), cmocka_unit_test(test_world_readable),
		cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
