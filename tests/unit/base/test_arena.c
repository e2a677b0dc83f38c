/* Tests of arenas and of what grows in them: buffers and vectors. */
#include "lib/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

/* Pieces of every size are aligned, apart from each other, and keep what is written to them. */
static void test_pieces(void **state)
{
	static const size_t first[] = { 0, 1, 4096, 100000, 600000 };
	(void)state;

	for (size_t f = 0; f < sizeof first / sizeof *first; f++) {
		struct arena *a = arena_new(first[f]);
		enum { N = 400 };
		unsigned char *p[N];
		size_t sum = 0;

		for (size_t i = 0; i < N; i++) {
			size_t n = i * i;
			p[i] = arena_alloc(a, n);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			memset(p[i], (int)(i & 255), n);
			sum += n;
		}
		for (size_t i = 0; i < N; i++)
			for (size_t j = 0; j < i * i; j++)
				assert_int_equal(p[i][j], i & 255);
		assert_true(arena_used(a) >= sum);
		arena_free(a);
	}
	arena_free(NULL);
}

static void test_zero(void **state)
{
	struct arena *a = arena_new(0);
	(void)state;

	memset(arena_alloc(a, 3000), 0xff, 3000);
	arena_reset(a);
	char *p = arena_zalloc(a, 3000);
	for (size_t i = 0; i < 3000; i++)
		assert_int_equal(p[i], 0);
	arena_free(a);
}

static void note(void *arg)
{
	char **at = arg;

	*(*at)++ = 'x';
}

struct mark {
	char **log;
	char name;
};

static void mark(void *arg)
{
	struct mark *m = arg;

	*(*m->log)++ = m->name;
}

/* Last registered first, once each, with the arena's memory still there. */
static void test_cleanup(void **state)
{
	char log[16] = "", *at = log;
	struct arena *a = arena_new(0);
	(void)state;

	for (char c = 'a'; c <= 'e'; c++) {
		struct mark *m = ARENA_NEW(a, struct mark);
		*m = (struct mark){ &at, c };
		arena_cleanup(a, mark, m);
		arena_alloc(a, 5000);
	}
	arena_reset(a);
	assert_string_equal(log, "edcba");
	arena_reset(a);
	assert_string_equal(log, "edcba");
	arena_cleanup(a, note, &at);
	arena_free(a);
	assert_string_equal(log, "edcbax");
}

static void test_reset(void **state)
{
	struct arena *a = arena_new(0);
	char *first = arena_alloc(a, 10);
	(void)state;

	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 100; i++)
			memset(arena_alloc(a, 1000), round, 1000);
		memset(arena_alloc(a, 1u << 20), round, 1u << 20);
		assert_true(arena_used(a) > 1u << 20);
		arena_reset(a);
		assert_int_equal(arena_used(a), 0);
		assert_ptr_equal(arena_alloc(a, 10), first);
	}
	arena_free(a);
}

static void test_grow(void **state)
{
	struct arena *a = arena_new(4096);
	char *p = arena_alloc(a, 100), *q;
	(void)state;

	memset(p, 'p', 100);
	assert_ptr_equal(arena_grow(a, p, 100, 50), p);	  /* smaller: as it is */
	assert_ptr_equal(arena_grow(a, p, 100, 112), p);  /* within its rounding */
	assert_ptr_equal(arena_grow(a, p, 112, 1000), p); /* the newest: in place */
	memset(p, 'P', 1000);
	q = arena_alloc(a, 16);
	assert_true(q >= p + 1000);
	memset(q, 'q', 16);
	p = arena_grow(a, p, 1000, 2000); /* no longer the newest: moved */
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(p[i], 'P');
	memset(p, 'x', 2000);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(q[i], 'q');
	p = arena_grow(a, p, 2000, 1u << 20); /* beyond the chunk */
	for (size_t i = 0; i < 2000; i++)
		assert_int_equal(p[i], 'x');
	memset(p, 'y', 1u << 20);
	assert_non_null(arena_grow(a, NULL, 0, 10));
	arena_free(a);
}

static void test_copies(void **state)
{
	struct arena *a = arena_new(0);
	struct str s = arena_dup(a, str_of("a\0b", 3));
	(void)state;

	assert_int_equal(s.n, 3);
	assert_memory_equal(s.p, "a\0b", 4);
	assert_string_equal(arena_cstr(a, STR_NULL), "");
	s = arena_dup(a, STR_NULL);
	assert_true(s.n == 0 && s.p && s.p[0] == '\0');
	assert_str(arena_lower(a, STR("MiXed@[`{\xc1")), "mixed@[`{\xc1");
	s = arena_printf(a, "%d-%s", 42, "x");
	assert_str(s, "42-x");
	assert_int_equal(s.p[s.n], '\0');
	assert_str(arena_printf(a, "%s", ""), "");
	assert_int_equal(arena_printf(a, "%5000d", 1).n, 5000);
	arena_free(a);
}

static void test_buf(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	(void)state;

	assert_str(buf_str(&b), "");
	assert_non_null(buf_str(&b).p);
	buf_add(&b, STR_NULL);
	buf_addc(&b, 'a');
	buf_add(&b, str_of("\0b", 2));
	buf_addf(&b, "%s=%d", "k", 7);
	assert_true(str_eq(buf_str(&b), str_of("a\0bk=7", 6)));
	for (int i = 0; i < 10000; i++) {
		buf_addf(&b, "%d,", i % 10);
		arena_alloc(a, i % 100 == 0 ? 8 : 1); /* so that it must move */
	}
	assert_int_equal(b.n, 6 + 20000);
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(b.p[6 + 2 * i], '0' + i % 10);
	memset(buf_room(&b, 70000), 'z', 70000);
	assert_int_equal(b.n, 6 + 20000);
	arena_free(a);
}

static void test_vec(void **state)
{
	struct arena *a = arena_new(0);
	VEC(uint64_t) v = { 0 };
	(void)state;

	for (uint64_t i = 0; i < 50000; i++) {
		VEC_PUSH(a, v) = i * i;
		if (i % 1000 == 0)
			arena_alloc(a, 1);
	}
	assert_int_equal(v.n, 50000);
	for (uint64_t i = 0; i < v.n; i++)
		assert_int_equal(v.p[i], i * i);
	arena_free(a);
}

static void overflow_mul(void)
{
	arena_mul(SIZE_MAX / 2, 3);
}

static void overflow_alloc(void)
{
	arena_alloc(arena_new(0), SIZE_MAX - 3);
}

static void overflow_buf(void)
{
	struct buf b = { .arena = arena_new(0) };

	buf_addc(&b, 'x');
	buf_room(&b, SIZE_MAX);
}

/* Sizes that overflow are bugs, and bugs abort. */
static void test_abort(void **state)
{
	static void (*const t[])(void) = { overflow_mul, overflow_alloc, overflow_buf };
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		int status = 0;
		pid_t pid = fork();
		if (pid == 0) {
			if (!freopen("/dev/null", "w", stderr))
				_exit(1);
			signal(SIGABRT, SIG_DFL);
			t[i]();
			_exit(0);
		}
		assert_true(pid > 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

static void test_err(void **state)
{
	char big[5000];
	struct err e;
	(void)state;

	assert_int_equal(err_set(&e, "cannot %s", "bind"), -1);
	assert_string_equal(e.text, "cannot bind");
	assert_int_equal(err_at(&e, "a.conf", 12, "found %d", 5), -1);
	assert_string_equal(e.text, "a.conf:12: found 5");
	err_at(&e, "a.conf", 0, "x");
	assert_string_equal(e.text, "a.conf: x");
	assert_int_equal(err_set(NULL, "x"), -1);
	assert_int_equal(err_at(NULL, "f", 1, "x"), -1);
	memset(big, 'f', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	err_set(&e, "%s", big);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	err_at(&e, big, 1, "x");
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
}

static void test_shown(void **state)
{
	static const struct {
		const char *text, *shown;
		char sep;
	} t[] = {
		{ "abcdefghij0123456789abcdef.zen.dq.example.net", "***.zen.dq.example.net", '.' },
		{ "zen.example.org", "zen.example.org", '.' },
		{ "abcdefghij012345678.example", "abcdefghij012345678.example", '.' },
		{ "abcdefghij0123456789", "***", '.' },
		{ "abcdefghij-0123456789-abcdef", "abcdefghij-0123456789-abcdef", '.' },
		{ "https://a.example/0123456789abcdef0123/list.csv",
		  "https://a.example/***/list.csv", '/' },
		{ "a.", "a.", '.' },
		{ "..", "..", '.' },
		{ "", "", '.' },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct buf b = { .arena = a };

		buf_add_shown(&b, str_c(t[i].text), t[i].sep);
		assert_str(buf_str(&b), t[i].shown);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown),  cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_zero),   cmocka_unit_test(test_cleanup),
		cmocka_unit_test(test_reset),  cmocka_unit_test(test_grow),
		cmocka_unit_test(test_copies), cmocka_unit_test(test_buf),
		cmocka_unit_test(test_vec),    cmocka_unit_test(test_abort),
		cmocka_unit_test(test_err),
	};

	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
