/* Spool files: what was added is read, once, in order, whoever dies meanwhile. */
#include "lib/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "store/spool_file.h"

struct bed {
	struct arena *arena;
	const char *state, *spool;
};

static int set_up(void **state)
{
	struct bed *b = calloc(1, sizeof *b);
	char path[] = "/tmp/test_spool.XXXXXX";

	b->arena = arena_new(0);
	assert_non_null(mkdtemp(path));
	b->state = arena_cstr(b->arena, str_c(path));
	b->spool = spool_path(b->arena, b->state);
	*state = b;
	return 0;
}

static const char *beside(const struct bed *b, const char *name)
{
	return arena_printf(b->arena, "%s/%s", b->spool, name).p;
}

/* Spool files there are; *name: the first by name. */
static size_t files(const struct bed *b, const char **name)
{
	DIR *d = opendir(b->spool);
	const struct dirent *e;
	size_t n = 0;

	*name = NULL;
	while (d && (e = readdir(d))) {
		if (!spool_is_file(str_c(e->d_name)))
			continue;
		n++;
		if (!*name || strcmp(e->d_name, *name) < 0)
			*name = arena_cstr(b->arena, str_c(e->d_name));
	}
	if (d)
		closedir(d);
	return n;
}

static int tear_down(void **state)
{
	struct bed *b = *state;
	DIR *d = opendir(b->spool);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		unlink(beside(b, e->d_name));
	if (d)
		closedir(d);
	rmdir(b->spool);
	rmdir(b->state);
	arena_free(b->arena);
	free(b);
	return 0;
}

static struct spool *opened(const struct bed *b)
{
	struct err e;
	struct spool *s = spool_open(b->state, &e);

	if (!s)
		fail_msg("%s", e.text);
	return s;
}

static struct spool_reader *reader(const struct bed *b)
{
	struct err e;
	struct spool_reader *r = spool_reader_new(b->state, &e);

	if (!r)
		fail_msg("%s", e.text);
	return r;
}

static void commit(struct spool_reader *r)
{
	struct err e;

	if (spool_commit(r, &e) < 0)
		fail_msg("%s", e.text);
}

static struct str number(struct arena *a, unsigned i)
{
	return arena_printf(a, "record %u", i);
}

static void add_numbers(const struct bed *b, struct spool *s, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		assert_true(spool_add(s, SPOOL_DMARC_ROW, number(b->arena, i)));
}

/* Reads all there is and holds it against the numbers. */
static void expect_numbers(const struct bed *b, struct spool_reader *r, unsigned from, unsigned to)
{
	struct spool_record rec[7];
	size_t n;

	while ((n = spool_read(r, b->arena, rec, 7)) > 0)
		for (size_t i = 0; i < n; i++, from++) {
			assert_int_equal(rec[i].type, SPOOL_DMARC_ROW);
			assert_str(rec[i].octets, number(b->arena, from).p);
		}
	assert_int_equal(from, to);
}

/* ---- tests ---- */

static void test_sizes(void **state)
{
	static const size_t size[] = { 0, 1, 8, 9, 255, 256, 65535, SPOOL_RECORD_MAX };
	const size_t n = sizeof size / sizeof *size;
	struct bed *b = *state;
	struct spool *s = opened(b);
	struct spool_reader *r = reader(b);
	struct spool_record rec[16];
	char *octets = arena_alloc(b->arena, SPOOL_RECORD_MAX + 1);

	memset(octets, '\n', SPOOL_RECORD_MAX + 1);
	for (size_t i = 0; i < n; i++)
		assert_true(spool_add(s, (enum spool_type)(1 + i % 4), str_of(octets, size[i])));
	assert_false(spool_add(s, SPOOL_BOUNCE, str_of(octets, SPOOL_RECORD_MAX + 1)));
	assert_int_equal(spool_refused(s), 1);
	assert_int_equal(spool_read(r, b->arena, rec, 16), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rec[i].type, 1 + i % 4);
		assert_true(str_eq(rec[i].octets, str_of(octets, size[i])));
	}
	assert_int_equal(spool_read(r, b->arena, rec, 16), 0);
	spool_close(s);
	spool_reader_free(r);
}

static void test_commit(void **state)
{
	struct bed *b = *state;
	struct spool *s = opened(b);
	struct spool_reader *r = reader(b);
	const char *name;
	size_t n;

	add_numbers(b, s, 0, 20);
	expect_numbers(b, r, 0, 20);
	assert_true(spool_waiting(r, &n) > 0);
	assert_int_equal(n, 1);
	spool_rewind(r);
	expect_numbers(b, r, 0, 20);
	spool_reader_free(r); /* not committed: all of it again */
	r = reader(b);
	expect_numbers(b, r, 0, 20);
	commit(r);
	assert_int_equal(spool_waiting(r, &n), 0);
	spool_rewind(r);
	add_numbers(b, s, 20, 30);
	expect_numbers(b, r, 20, 30);
	spool_reader_free(r);
	r = reader(b);
	expect_numbers(b, r, 20, 30);
	commit(r);
	assert_int_equal(files(b, &name), 1); /* its writer is there */
	spool_close(s);
	expect_numbers(b, r, 30, 30);
	commit(r);
	assert_int_equal(files(b, &name), 0);
	spool_reader_free(r);
}

/* What a mark without sense or of another file says is not believed. */
static void test_marks(void **state)
{
	static const struct {
		const char *text;
		unsigned from; /* the record that is read first */
	} row[] = {
		{ "", 0 },
		{ "\n\n \n", 0 },
		{ "nonsense", 0 },
		{ "0000000000000000-0000000000000000 8\n", 0 },
		{ "NAME -1\n", 0 },
		{ "NAME\n", 0 },
		{ "NAME 99999999999999999999\n", 0 },
		{ "NAME 8\n", 0 },
		{ "NAME 25\n", 1 },
		{ "x\nNAME 25\n", 1 },
		{ "NAME 9\n", 3 },	 /* no record begins there: passed over */
		{ "NAME 1000000\n", 3 }, /* more than there is */
	};
	struct bed *b = *state;

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct spool *s = opened(b);
		struct spool_reader *r;
		const char *name, *at = strstr(row[i].text, "NAME");
		FILE *f = fopen(beside(b, SPOOL_MARK), "w");

		add_numbers(b, s, 0, 3);
		spool_close(s);
		assert_int_equal(files(b, &name), 1);
		if (at)
			fprintf(f, "%.*s%s%s", (int)(at - row[i].text), row[i].text, name, at + 4);
		else
			fputs(row[i].text, f);
		fclose(f);
		r = reader(b);
		expect_numbers(b, r, row[i].from, 3);
		commit(r);
		spool_reader_free(r);
		assert_int_equal(files(b, &name), 0);
	}
}

/* The last write cut off at every octet: what was there before is read, and the file leaves. */
static void test_cut(void **state)
{
	struct bed *b = *state;
	off_t whole = 1 << 20;

	for (off_t at = 0; at < whole; at++) {
		struct spool *s = opened(b);
		struct spool_reader *r = reader(b);
		const char *name;
		struct stat st;

		add_numbers(b, s, 0, 3);
		spool_close(s);
		assert_int_equal(files(b, &name), 1);
		assert_int_equal(stat(beside(b, name), &st), 0);
		whole = st.st_size;
		assert_int_equal(truncate(beside(b, name), at), 0);
		expect_numbers(b, r, 0, at < 8 ? 0 : (unsigned)((at - 8) / 17));
		commit(r);
		assert_int_equal(files(b, &name), 0);
		spool_reader_free(r);
	}
	assert_int_equal(whole, 8 + 3 * 17);
}

/* A record that is half there waits while its writer lives, who goes on in another file. */
static void test_torn(void **state)
{
	struct bed *b = *state;
	struct spool *s = opened(b);
	struct spool_reader *r = reader(b);
	const char *name;
	int fd;

	add_numbers(b, s, 0, 2);
	assert_int_equal(files(b, &name), 1);
	fd = open(beside(b, name), O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "\0\0\0\10abcd", 8), 8);
	expect_numbers(b, r, 0, 2);
	expect_numbers(b, r, 2, 2);
	add_numbers(b, s, 2, 4);
	assert_int_equal(files(b, &name), 2);
	close(fd);
	expect_numbers(b, r, 2, 4);
	commit(r);
	assert_int_equal(files(b, &name), 1);
	unlink(beside(b, name)); /* somebody tidies up */
	add_numbers(b, s, 4, 6);
	expect_numbers(b, r, 4, 6);
	spool_close(s);
	spool_reader_free(r);
}

/* Every octet of the second record damaged in turn: the first is read, the rest passed over. */
static void test_damage(void **state)
{
	struct bed *b = *state;

	for (off_t at = 8 + 17; at < 8 + 34; at++) {
		struct spool *s = opened(b);
		struct spool_reader *r = reader(b);
		const char *name;
		char c;
		int fd;

		add_numbers(b, s, 0, 3);
		spool_close(s);
		assert_int_equal(files(b, &name), 1);
		fd = open(beside(b, name), O_RDWR);
		assert_int_equal(pread(fd, &c, 1, at), 1);
		c = (char)(c ^ 0x40);
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
		close(fd);
		expect_numbers(b, r, 0, 1);
		commit(r);
		spool_reader_free(r);
	}
}

static void test_two_writers(void **state)
{
	struct bed *b = *state;
	struct spool *one = opened(b), *two = opened(b);
	struct spool_reader *r = reader(b);
	struct spool_record rec[64];
	unsigned seen = 0;
	size_t n;

	for (unsigned i = 0; i < 20; i++)
		assert_true(spool_add(i % 2 ? one : two, SPOOL_DMARC_ROW, number(b->arena, i)));
	n = spool_read(r, b->arena, rec, 64);
	assert_int_equal(n, 20);
	for (size_t i = 0; i < n; i++) {
		uint64_t v;

		assert_true(str_u64(str_skip(rec[i].octets, 7), 19, &v));
		seen |= 1u << v;
	}
	assert_int_equal(seen, (1u << 20) - 1);
	spool_close(one);
	spool_close(two);
	spool_reader_free(r);
}

/* No room for more: what was taken is whole, what was not is said, and later it goes on. */
static void test_disk_full(void **state)
{
	struct bed *b = *state;
	struct spool *s = opened(b);
	struct spool_reader *r = reader(b);
	struct rlimit old, lim;
	unsigned taken = 0, all = 0;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	lim = old;
	lim.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
	while (spool_add(s, SPOOL_DMARC_ROW, number(b->arena, taken)))
		taken++;
	for (; all < 5; all++)
		assert_false(spool_add(s, SPOOL_DMARC_ROW, number(b->arena, taken)));
	assert_int_equal(spool_refused(s), 6);
	assert_true(taken > 50 && taken < 60);
	setrlimit(RLIMIT_FSIZE, &old);
	add_numbers(b, s, taken, taken + 10);
	expect_numbers(b, r, 0, taken + 10);
	spool_close(s);
	spool_reader_free(r);
}

/* SPOOL_TOTAL_MAX counts what is not read. */
static void test_total(void **state)
{
	struct bed *b = *state;
	struct spool *s;
	const char *other, *name;
	FILE *mark;
	int fd;

	s = opened(b);
	other = beside(b, "0000000000000001-0000000000000001");
	fd = open(other, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(ftruncate(fd, SPOOL_TOTAL_MAX), 0);
	close(fd);
	assert_false(spool_add(s, SPOOL_DMARC_ROW, STR("x")));
	assert_int_equal(spool_refused(s), 1);
	spool_close(s);
	mark = fopen(beside(b, SPOOL_MARK), "w");
	fprintf(mark, "0000000000000001-0000000000000001 %u\n", SPOOL_TOTAL_MAX / 2);
	fclose(mark);
	s = opened(b);
	assert_true(spool_add(s, SPOOL_DMARC_ROW, STR("x")));
	assert_int_equal(truncate(other, 2 * (off_t)SPOOL_TOTAL_MAX), 0);
	assert_true(spool_add(s, SPOOL_DMARC_ROW, STR("x"))); /* not looked at each time */
	spool_close(s);
	s = opened(b);
	assert_false(spool_add(s, SPOOL_DMARC_ROW, STR("x")));
	unlink(other);
	for (unsigned i = 0; i < 100 && !spool_add(s, SPOOL_DMARC_ROW, STR("x")); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	assert_true(spool_add(s, SPOOL_DMARC_ROW, STR("x")));
	spool_close(s);
	assert_true(files(b, &name) > 0);
}

static void test_next_file(void **state)
{
	const unsigned n = SPOOL_FILE_MAX / SPOOL_RECORD_MAX + 2;
	struct bed *b = *state;
	struct spool *s = opened(b);
	struct spool_reader *r = reader(b);
	struct arena *a = arena_new(0);
	struct spool_record rec[8];
	char *octets = arena_zalloc(b->arena, SPOOL_RECORD_MAX);
	const char *name;
	unsigned seen = 0;
	size_t got;

	for (unsigned i = 0; i < n; i++) {
		octets[0] = (char)i;
		assert_true(spool_add(s, SPOOL_DMARC_ROW, str_of(octets, SPOOL_RECORD_MAX)));
	}
	assert_int_equal(files(b, &name), 2);
	while ((got = spool_read(r, a, rec, 8)) > 0) {
		for (size_t i = 0; i < got; i++, seen++)
			assert_int_equal((unsigned char)rec[i].octets.p[0], seen % 256);
		arena_reset(a);
		commit(r);
	}
	assert_int_equal(seen, n);
	assert_int_equal(files(b, &name), 1); /* the first is of nobody any more */
	arena_free(a);
	spool_close(s);
	spool_reader_free(r);
}

/* A writer is killed while it writes: what it said it had written is there. */
static void test_killed(void **state)
{
	struct bed *b = *state;

	for (unsigned round = 0; round < 10; round++) {
		struct spool_reader *r = reader(b);
		unsigned told = 0, last = 0, n = 0;
		struct spool_record rec;
		const char *name;
		int pipes[2];
		pid_t pid;

		assert_int_equal(pipe(pipes), 0);
		pid = fork();
		if (pid == 0) {
			struct spool *s = opened(b);

			for (unsigned i = 1;; i++)
				if (!spool_add(s, SPOOL_DMARC_ROW, number(b->arena, i)) ||
				    write(pipes[1], &i, sizeof i) != sizeof i)
					_exit(1);
		}
		close(pipes[1]);
		while (told < 100 + 50 * round)
			assert_int_equal(read(pipes[0], &told, sizeof told), sizeof told);
		kill(pid, SIGKILL);
		while (read(pipes[0], &last, sizeof last) == sizeof last)
			told = last;
		close(pipes[0]);
		waitpid(pid, NULL, 0);
		while (spool_read(r, b->arena, &rec, 1))
			assert_str(rec.octets, number(b->arena, ++n).p);
		assert_true(n == told || n == told + 1);
		commit(r);
		assert_int_equal(files(b, &name), 0);
		spool_reader_free(r);
	}
}

static void test_no_place(void **state)
{
	struct bed *b = *state;
	struct err e;

	const char *none = beside(b, "none"); /* in a directory that is not there */

	assert_null(spool_open(none, &e));
	assert_non_null(strstr(e.text, "/none/spool: No such file or directory"));
	assert_null(spool_reader_new(none, &e));
	close(open(b->spool, O_WRONLY | O_CREAT, 0600));
	assert_null(spool_open(b->state, &e));
	assert_non_null(strstr(e.text, "Not a directory"));
	unlink(b->spool);
	spool_close(NULL);
	spool_reader_free(NULL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),	TEST(test_commit),    TEST(test_marks),
		TEST(test_cut),		TEST(test_torn),      TEST(test_damage),
		TEST(test_two_writers), TEST(test_disk_full), TEST(test_total),
		TEST(test_next_file),	TEST(test_killed),    TEST(test_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
