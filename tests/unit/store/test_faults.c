/* Faults of the SQLite store: no room, locked, damaged, replaced, of another make; and how it keeps
 * its files small. */
#include "lib/test.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/sqlite.h"
#include "unit/store/served.h"

struct world {
	struct loop *loop;
	struct arena *arena;
	struct served dir;
	struct store *store;
	int64_t now;
};

static void open_again(struct world *w)
{
	struct err e;

	store_free(w->store);
	w->store = store_sqlite(w->loop, w->dir.file, false, &e);
	if (!w->store)
		fail_msg("%s", e.text);
}

static void world_open(struct world *w)
{
	*w = (struct world){ .loop = loop_new(), .arena = arena_new(0), .now = 1700000000000 };
	served_dir(&w->dir);
	open_again(w);
}

/* How many were set aside, and they are removed. */
static size_t set_aside(struct world *w)
{
	size_t n = 0;
	glob_t g;

	if (glob(arena_printf(w->arena, "%s.damaged-*", w->dir.file).p, 0, NULL, &g) != 0)
		return 0;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct str name = str_c(g.gl_pathv[i]);

		n += !str_iends(name, STR("-wal")) && !str_iends(name, STR("-shm"));
		unlink(g.gl_pathv[i]);
	}
	globfree(&g);
	return n;
}

static void world_close(struct world *w)
{
	store_free(w->store);
	set_aside(w);
	served_remove(&w->dir);
	arena_free(w->arena);
	loop_free(w->loop);
}

static void turn(struct world *w, uint64_t ms)
{
	uint64_t until = clock_mono_ms() + ms, now;

	while ((now = clock_mono_ms()) < until)
		loop_turn(w->loop, until - now);
}

static enum store_status put(struct world *w, unsigned key, size_t size, unsigned flags)
{
	static char value[STORE_VALUE_MAX];
	struct store_op op = { .kind = STORE_PUT,
			       .key = arena_printf(w->arena, "t:%u", key),
			       .value = { value, size } };

	return store_wait(w->store, w->arena, &op, 1, flags)->status;
}

static enum store_status get(struct world *w, unsigned key)
{
	struct store_op op = { .kind = STORE_GET, .key = arena_printf(w->arena, "t:%u", key) };

	return store_wait(w->store, w->arena, &op, 1, 0)->status;
}

static void sql(struct world *w, const char *text)
{
	assert_int_equal(sqlite3_exec(sqlite_of(w->store)->db, text, NULL, NULL, NULL), SQLITE_OK);
}

/* ---- no room ---- */

static void limit_files(struct world *w, bool limit)
{
	struct rlimit r;
	(void)w;

	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = limit ? 1u << 20 : r.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void limit_pages(struct world *w, bool limit)
{
	sql(w, limit ? "PRAGMA max_page_count = 256" : "PRAGMA max_page_count = 1000000");
}

/* With no room a durable write is refused and nothing of it is there; what was there is read; then
 * there is room, and it is used without a restart. */
static void test_full(void **state)
{
	static void (*const limit[])(struct world *, bool) = { limit_files, limit_pages };
	struct world w;
	(void)state;

	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < 2; i++) {
		enum store_status st = STORE_OK;
		unsigned n = 0;
		uint64_t began;

		world_open(&w);
		assert_int_equal(put(&w, 0, 100, STORE_DURABLE), STORE_OK);
		limit[i](&w, true);
		while (n < 100 && (st = put(&w, n + 1, 50000, STORE_DURABLE)) == STORE_OK)
			n++;
		assert_int_equal(st, STORE_FULL);
		assert_true(n > 5);
		for (unsigned k = 0; k <= n; k++)
			assert_int_equal(get(&w, k), STORE_OK);
		assert_int_equal(get(&w, n + 1), STORE_NONE);
		/* counted ones too, at the latest when they would have been committed */
		for (began = clock_mono_ms(); clock_mono_ms() - began < 3000 && st != STORE_FULL;)
			st = put(&w, n + 2, 50000, 0);
		assert_int_equal(st, STORE_FULL);
		limit[i](&w, false);
		for (began = clock_mono_ms(); put(&w, n + 1, 50000, STORE_DURABLE) != STORE_OK;)
			turn(&w, 20);
		assert_true(clock_mono_ms() - began < 5000);
		assert_int_equal(put(&w, n + 2, 50000, 0), STORE_OK);
		open_again(&w);
		for (unsigned k = 0; k <= n + 2; k++)
			assert_int_equal(get(&w, k), STORE_OK);
		world_close(&w);
	}
}

/* ---- locked ---- */

/* Holds the write lock from the first octet of the pipe to the second. */
static _Noreturn void lock_it(const char *path, int in, int out)
{
	sqlite3 *db;
	char c;
	bool good = sqlite3_open(path, &db) == SQLITE_OK && read(in, &c, 1) == 1 &&
		    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
		    write(out, "l", 1) == 1 && read(in, &c, 1) == 1 &&
		    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK &&
		    write(out, "u", 1) == 1;

	sqlite3_close(db);
	_exit(good ? 0 : 1);
}

/* While another process holds the write lock, writes are refused soon and reads go on. */
static void test_locked(void **state)
{
	int to[2], from[2], status;
	struct world w;
	uint64_t began;
	pid_t pid;
	char c;
	(void)state;

	world_open(&w);
	assert_int_equal(put(&w, 1, 10, STORE_DURABLE), STORE_OK);
	store_free(w.store);
	w.store = NULL;
	assert_int_equal(pipe(to) | pipe(from), 0);
	pid = fork();
	if (pid == 0)
		lock_it(w.dir.file, to[0], from[1]);
	open_again(&w);
	assert_true(write(to[1], "1", 1) == 1 && read(from[0], &c, 1) == 1);
	began = clock_mono_ms();
	assert_int_equal(put(&w, 2, 10, STORE_DURABLE), STORE_FAILED);
	assert_true(clock_mono_ms() - began < 2000);
	began = clock_mono_ms();
	for (int i = 0; i < 100; i++) {
		assert_int_equal(put(&w, 2, 10, 0), STORE_FAILED);
		assert_int_equal(get(&w, 1), STORE_OK);
	}
	assert_true(clock_mono_ms() - began < 3000);
	assert_true(write(to[1], "2", 1) == 1 && read(from[0], &c, 1) == 1);
	for (began = clock_mono_ms(); put(&w, 2, 10, STORE_DURABLE) != STORE_OK;)
		turn(&w, 10);
	assert_true(clock_mono_ms() - began < 5000);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	world_close(&w);
}

/* ---- damaged ---- */

static void overwrite(const char *path, off_t at, const char *what, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, what, n, at), n);
	close(fd);
}

static void test_damaged(void **state)
{
	static const char noise[8192] = "noise noise noise noise noise";
	static const struct {
		off_t at;
		size_t n;
		off_t cut; /* the file to this size, unless 0 */
		bool bad;
	} t[] = {
		{ 0, 16, 0, true },	  { 4096, 4096, 0, true }, { 8192, 64, 0, true },
		{ 20, 8, 0, true },	  { 0, 0, 5000, true },	   { 0, 0, 100, true },
		{ 40960, 8192, 0, true }, { 0, 0, 0, false },
	};
	struct world w;
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		world_open(&w);
		for (unsigned k = 0; k < 300; k++)
			assert_int_equal(put(&w, k, 400, 0), STORE_OK);
		store_free(w.store);
		w.store = NULL;
		if (t[i].n)
			overwrite(w.dir.file, t[i].at, noise, t[i].n);
		if (t[i].cut)
			assert_int_equal(truncate(w.dir.file, t[i].cut), 0);
		open_again(&w);
		if (get(&w, 7) != (t[i].bad ? STORE_NONE : STORE_OK) || set_aside(&w) != t[i].bad)
			fail_msg("row %zu", i);
		assert_int_equal(put(&w, 7, 10, STORE_DURABLE), STORE_OK);
		world_close(&w);
	}
}

/* Damage that shows while it is open: refused once, then a new one is begun. */
static void test_damaged_open(void **state)
{
	static const char noise[4096] = "noise";
	enum store_status st = STORE_OK;
	struct world w;
	struct stat file;
	(void)state;

	world_open(&w);
	for (unsigned k = 0; k < 300; k++)
		put(&w, k, 400, 0);
	assert_int_equal(put(&w, 300, 10, STORE_DURABLE), STORE_OK);
	sql(&w, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(stat(w.dir.file, &file), 0);
	for (off_t at = 4096; at < file.st_size; at += 4096)
		overwrite(w.dir.file, at, noise, sizeof noise);
	sqlite3_db_cacheflush(sqlite_of(w.store)->db);
	sqlite3_db_release_memory(sqlite_of(w.store)->db);
	for (unsigned k = 0; k < 20 && st != STORE_FAILED; k++)
		st = get(&w, k);
	assert_int_equal(st, STORE_FAILED);
	assert_int_equal(put(&w, 1, 10, STORE_DURABLE), STORE_OK);
	assert_int_equal(get(&w, 1), STORE_OK);
	assert_int_equal(get(&w, 2), STORE_NONE);
	assert_int_equal(set_aside(&w), 1);
	world_close(&w);
}

/* ---- another file, or of another make ---- */

static void test_replaced(void **state)
{
	struct world w;
	(void)state;

	world_open(&w);
	assert_int_equal(put(&w, 1, 10, STORE_DURABLE), STORE_OK);
	rename(w.dir.file, arena_printf(w.arena, "%s.damaged-by-hand", w.dir.file).p);
	turn(&w, 1300);
	assert_int_equal(get(&w, 1), STORE_NONE);
	assert_int_equal(put(&w, 2, 10, STORE_DURABLE), STORE_OK);
	open_again(&w);
	assert_int_equal(get(&w, 2), STORE_OK);
	assert_true(store_up(w.store));
	world_close(&w);
}

static void test_other_make(void **state)
{
	static const struct {
		const char *sql, *says;
	} t[] = {
		{ "UPDATE meta SET value = 99", "newer version" },
		{ "PRAGMA application_id = 7", "not a store of ours" },
	};
	struct world w;
	struct err e;
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		world_open(&w);
		sql(&w, t[i].sql);
		store_free(w.store);
		w.store = store_sqlite(w.loop, w.dir.file, false, &e);
		assert_null(w.store);
		assert_non_null(strstr(e.text, t[i].says));
		assert_null(store_sqlite(w.loop, w.dir.file, true, &e));
		assert_int_equal(set_aside(&w), 0);
		world_close(&w);
	}
	w.loop = loop_new();
	assert_null(store_sqlite(w.loop, w.dir.file, false, &e)); /* its directory is gone */
	assert_int_equal(strncmp(e.text, w.dir.file, strlen(w.dir.file)), 0);
	loop_free(w.loop);
}

/* From any version to the newest, each step once; one that fails leaves the version before it. */
static void test_migration(void **state)
{
	static const struct sqlite_step steps[] = {
		{ 1, "CREATE TABLE a (x)" },	     { 1, "INSERT INTO a VALUES (1)" },
		{ 2, "ALTER TABLE a ADD COLUMN y" }, { 3, "UPDATE a SET y = x + 1" },
		{ 4, "CREATE TABLE b (z)" },	     { 4, "INSERT INTO nothing VALUES (1)" },
	};
	sqlite3 *db;
	struct err e;
	(void)state;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite_version(db), 0);
	assert_int_equal(sqlite_migrate(db, "m", steps, 2, &e), 0);
	assert_int_equal(sqlite_version(db), 1);
	assert_int_equal(sqlite_migrate(db, "m", steps, 4, &e), 0);
	assert_int_equal(sqlite_version(db), 3);
	assert_int_equal(sqlite_migrate(db, "m", steps, 4, &e), 0);
	assert_int_equal(sqlite_migrate(db, "m", steps, 6, &e), -1);
	assert_int_equal(sqlite_version(db), 3);
	assert_int_equal(sqlite3_exec(db, "SELECT y FROM a WHERE y = 2", NULL, NULL, NULL), 0);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE b (z)", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite_migrate(db, "m", steps, 2, &e), -1);
	assert_non_null(strstr(e.text, "newer version"));
	sqlite3_close(db);
}

static void test_readonly(void **state)
{
	struct store_op op = { .kind = STORE_ADD, .key = STR("t:c"), .delta = { 1 } };
	struct store *s;
	struct world w;
	struct err e;
	(void)state;

	world_open(&w);
	assert_int_equal(store_wait(w.store, w.arena, &op, 1, STORE_DURABLE)->status, STORE_OK);
	s = store_sqlite(w.loop, w.dir.file, true, &e);
	assert_non_null(s);
	assert_int_equal(store_wait(s, w.arena, &op, 1, 0)->status, STORE_FAILED);
	op.delta[0] = 0;
	assert_true(store_wait(s, w.arena, &op, 1, 0)->sum[0] == 1);
	store_free(s);
	world_close(&w);
}

/* ---- small ---- */

static int rows(struct world *w)
{
	sqlite3_stmt *st;
	int n;

	assert_int_equal(sqlite3_prepare_v2(sqlite_of(w->store)->db,
					    "SELECT (SELECT count(*) FROM record) + "
					    "(SELECT count(*) FROM member)",
					    -1, &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return n;
}

static int64_t now_of(void *arg)
{
	struct world *w = arg;

	return w->now;
}

/* What is over goes by and by, untouched; a step at a time. */
static void test_sweep(void **state)
{
	struct store_op op[2] = { { .kind = STORE_PUT }, { .kind = STORE_JOIN } };
	struct world w;
	(void)state;

	world_open(&w);
	store_clock(w.store, now_of, &w);
	for (unsigned i = 0; i < 400; i++) {
		op[0].key = arena_printf(w.arena, "t:%u", i);
		op[1].key = arena_printf(w.arena, "s:%u", i);
		op[1].member = op[0].key;
		op[0].ttl_ms = op[1].ttl_ms = i % 4 ? 1000 : 0;
		store_wait(w.store, w.arena, op, 2, 0);
	}
	assert_int_equal(rows(&w), 1200);
	w.now += 1000;
	turn(&w, 1100);
	assert_true(rows(&w) < 1200);
	turn(&w, 1100);
	assert_int_equal(rows(&w), 300);
	world_close(&w);
}

/* The write-ahead log is cut again after a reader has kept it from being. */
static void test_wal(void **state)
{
	struct world w;
	struct stat st;
	sqlite3 *reader;
	struct str wal;
	(void)state;

	world_open(&w);
	wal = arena_printf(w.arena, "%s-wal", w.dir.file);
	assert_int_equal(put(&w, 0, 10, STORE_DURABLE), STORE_OK);
	assert_int_equal(sqlite3_open(w.dir.file, &reader), SQLITE_OK);
	sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM record", NULL, NULL, NULL);
	for (unsigned i = 0; i < 75; i++)
		assert_int_equal(put(&w, i % 3, STORE_VALUE_MAX, STORE_DURABLE), STORE_OK);
	assert_int_equal(stat(wal.p, &st), 0);
	assert_true(st.st_size > (off_t)SQL_WAL_OCTETS);
	sqlite3_exec(reader, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(reader);
	turn(&w, 1200);
	assert_int_equal(stat(wal.p, &st), 0);
	assert_true(st.st_size < (off_t)SQL_WAL_OCTETS);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),	  cmocka_unit_test(test_locked),
		cmocka_unit_test(test_damaged),	  cmocka_unit_test(test_damaged_open),
		cmocka_unit_test(test_replaced),  cmocka_unit_test(test_other_make),
		cmocka_unit_test(test_migration), cmocka_unit_test(test_readonly),
		cmocka_unit_test(test_sweep),	  cmocka_unit_test(test_wal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
