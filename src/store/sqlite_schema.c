/* The tables of the SQLite store, and the steps from one version of them to the next. */
#include "store/sqlite.h"

/* Ends are milliseconds since 1970, the greatest number for ever: so members sort by them. */
const struct sqlite_step sqlite_steps[] = {
	{ 1, "CREATE TABLE record (key BLOB PRIMARY KEY, ends INTEGER NOT NULL, "
	     "value BLOB NOT NULL) WITHOUT ROWID" },
	{ 1, "CREATE TABLE member (key BLOB NOT NULL, member BLOB NOT NULL, "
	     "ends INTEGER NOT NULL, PRIMARY KEY (key, member)) WITHOUT ROWID" },
	{ 1, "CREATE INDEX member_ends ON member (key, ends)" },
	{ 1, "CREATE TABLE log (seq INTEGER PRIMARY KEY, key BLOB NOT NULL, "
	     "id INTEGER NOT NULL, value BLOB NOT NULL)" },
	{ 1, "CREATE UNIQUE INDEX log_id ON log (key, id)" },
};
const size_t sqlite_nsteps = sizeof sqlite_steps / sizeof *sqlite_steps;

static int number_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return n;
}

int sqlite_version(sqlite3 *db)
{
	int n = number_of(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'");

	if (n <= 0)
		return n;
	return number_of(db, "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'schema'");
}

static int exec(sqlite3 *db, const char *path, const char *sql, struct err *e)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return err_set(e, "%s: %s", path, sqlite3_errmsg(db));
}

static int set_version(sqlite3 *db, const char *path, int version, struct err *e)
{
	char sql[128];

	sqlite3_snprintf(sizeof sql, sql,
			 "INSERT OR REPLACE INTO meta (name, value) VALUES ('schema', %d)",
			 version);
	return exec(db, path, sql, e);
}

/* All steps to one version, or none of them. */
static int one_version(sqlite3 *db, const char *path, const struct sqlite_step *step, size_t n,
		       struct err *e)
{
	int version = step->version;
	bool good = exec(db, path, "BEGIN IMMEDIATE", e) == 0 &&
		    exec(db, path,
			 "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) "
			 "WITHOUT ROWID",
			 e) == 0;

	for (size_t i = 0; good && i < n && step[i].version == version; i++)
		good = exec(db, path, step[i].sql, e) == 0;
	if (good && set_version(db, path, version, e) == 0 && exec(db, path, "COMMIT", e) == 0)
		return 0;
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

int sqlite_migrate(sqlite3 *db, const char *path, const struct sqlite_step *step, size_t n,
		   struct err *e)
{
	int have = sqlite_version(db), newest = step[n - 1].version;

	if (have < 0)
		return err_set(e, "%s: %s", path, sqlite3_errmsg(db));
	if (have > newest)
		return err_set(
			e, "%s: written by a newer version (its tables are version %d, ours %d)",
			path, have, newest);
	for (size_t i = 0; i < n; i++) {
		if (step[i].version <= have)
			continue;
		if (one_version(db, path, step + i, n - i, e) < 0)
			return -1;
		have = step[i].version;
	}
	return 0;
}
