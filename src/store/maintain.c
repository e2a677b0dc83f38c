/* Checking and cleaning the SQLite file of a store. */
#include "store/maintain.h"

#include "base/clock.h"
#include "base/vec.h"
#include "store/sqlite.h"

#define LOCKED_MS 10000u /* waited for a daemon to have committed, in all */

struct faults {
	VEC(struct str) line;
};

/* Each statement gives a line for each fault. Never is the greatest number there is. */
static const char *const checks[] = {
	"SELECT integrity_check FROM pragma_integrity_check(20) WHERE integrity_check <> 'ok'",
	"SELECT 'a set of ' || n || ' members says ' || said FROM (SELECT "
	"(SELECT count(*) FROM member WHERE member.key = record.key) AS n, "
	"hex(substr(value, 2)) AS said FROM record WHERE substr(value, 1, 1) = x'53') "
	"WHERE printf('%016X', n) <> said LIMIT 20",
	"SELECT 'a log of ' || n || ' entries says ' || said FROM (SELECT "
	"(SELECT count(*) FROM log WHERE log.key = record.key) AS n, "
	"hex(substr(value, 10)) AS said FROM record WHERE substr(value, 1, 1) = x'45') "
	"WHERE printf('%016X', n) <> said LIMIT 20",
	"SELECT 'members without their set: ' || count(*) FROM member WHERE key NOT IN "
	"(SELECT key FROM record WHERE substr(value, 1, 1) = x'53') HAVING count(*) > 0",
	"SELECT 'entries without their log: ' || count(*) FROM log WHERE key NOT IN "
	"(SELECT key FROM record WHERE substr(value, 1, 1) = x'45') HAVING count(*) > 0",
};

/* False: it cannot be read. */
static bool run_check(struct arena *a, sqlite3 *db, const char *sql, struct faults *f)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW &&
	       f->line.n < MAINTAIN_FAULTS_MAX) {
		const char *said = (const char *)sqlite3_column_text(st, 0);

		VEC_PUSH(a, f->line) = arena_dup(a, str_c(said ? said : "?"));
		rc = SQLITE_OK;
	}
	sqlite3_finalize(st);
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return true;
	VEC_PUSH(a, f->line) = arena_dup(a, str_c(sqlite3_errmsg(db)));
	return false;
}

int maintain_check(struct arena *a, const char *path, struct str **fault, size_t *n, struct err *e)
{
	struct faults f = { 0 };
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc != SQLITE_OK) {
		err_set(e, "%s: %s", path, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
		sqlite3_close(db);
		return -1;
	}
	sqlite3_busy_timeout(db, SQL_BUSY_MS);
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (!run_check(a, db, checks[i], &f))
			break;
	sqlite3_close(db);
	*fault = f.line.p;
	*n = f.line.n;
	return 0;
}

/* Between two commits of a daemon there is a moment: waits for one. */
static enum store_status begin(struct sqlite *q)
{
	uint64_t until = clock_mono_ms() + LOCKED_MS;
	enum store_status st;

	sqlite3_busy_timeout(q->db, 500);
	while ((st = sqlite_run(q, ST_BEGIN)) != STORE_OK && clock_mono_ms() < until)
		;
	return st;
}

static enum store_status sweep_once(struct sqlite *q, struct arena *a, int64_t now_ms,
				    struct str *key, uint64_t *gone)
{
	struct str last;
	bool some;
	enum store_status st = sqlite_sweep_look(q, a, now_ms, SQL_SWEEP_ROWS, *key, &some, &last);

	*gone = 0;
	if (st != STORE_OK || !some) {
		*key = last;
		return st;
	}
	st = begin(q);
	if (st == STORE_OK)
		st = sqlite_sweep(q, a, now_ms, SQL_SWEEP_ROWS, key, gone);
	if (st == STORE_OK)
		st = sqlite_run(q, ST_COMMIT);
	return st;
}

int maintain_expire(const char *path, int64_t now_ms, uint64_t *gone, struct err *e)
{
	struct arena *a = arena_new(0);
	struct str key = STR_NULL;
	enum store_status st;
	struct sqlite q;
	uint64_t n;

	*gone = 0;
	if (sqlite_open(&q, path, false, e) < 0) {
		arena_free(a);
		return -1;
	}
	do {
		st = sweep_once(&q, a, now_ms, &key, &n);
		*gone += n;
	} while (st == STORE_OK && key.n);
	if (st != STORE_OK)
		err_set(e, "%s: %s", path, sqlite3_errmsg(q.db));
	sqlite_shut(&q);
	arena_free(a);
	return st == STORE_OK ? 0 : -1;
}
