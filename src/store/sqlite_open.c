/* Opening the SQLite store: its settings, the check for damage, and what is set aside. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/sqlite.h"

/* Ours, in the header of the file: "Mrln". */
#define APPLICATION_ID 0x4d726c6e
#define STRING_(x) #x
#define STRING(x) STRING_(x)

static const char settings[] =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = NORMAL;"
	"PRAGMA cache_size = -16384;"
	"PRAGMA temp_store = MEMORY;"
	"PRAGMA wal_autocheckpoint = " STRING(SQL_WAL_PAGES) ";"
							     "PRAGMA journal_size_limit = 67108864;"
							     "PRAGMA trusted_schema = OFF;"
							     "PRAGMA cell_size_check = ON;";
_Static_assert(SQL_WAL_OCTETS == 67108864, "as the settings say");

static bool is_damage(int rc)
{
	return (rc & 255) == SQLITE_CORRUPT || (rc & 255) == SQLITE_NOTADB;
}

/* The result of SQLite's. */
static int exec(struct sqlite *q, const char *sql)
{
	return sqlite3_exec(q->db, sql, NULL, NULL, NULL);
}

static int enough(void *arg)
{
	unsigned *steps = arg;

	return ++*steps > SQL_CHECK_STEPS / 1000;
}

/* SQLITE_CORRUPT and why: it is damaged. Stops where a large one would keep us. */
static int check(struct sqlite *q, char why[256])
{
	sqlite3_stmt *st = NULL;
	unsigned steps = 0;
	int rc = sqlite3_prepare_v2(q->db, "PRAGMA quick_check(1)", -1, &st, NULL);

	sqlite3_progress_handler(q->db, 1000, enough, &steps);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	sqlite3_progress_handler(q->db, 0, NULL, NULL);
	if (rc == SQLITE_ROW) {
		const char *said = (const char *)sqlite3_column_text(st, 0);

		sqlite3_snprintf(256, why, "%s", said ? said : "?");
		rc = said && strcmp(said, "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
	} else if (is_damage(rc)) {
		sqlite3_snprintf(256, why, "%s", sqlite3_errmsg(q->db));
	}
	sqlite3_finalize(st);
	return rc == SQLITE_INTERRUPT || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int application_of(struct sqlite *q, int *id, int *tables)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(q->db,
				    "SELECT application_id, (SELECT count(*) FROM sqlite_schema) "
				    "FROM pragma_application_id",
				    -1, &st, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*id = sqlite3_column_int(st, 0);
		*tables = sqlite3_column_int(st, 1);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(st);
	return rc;
}

/* A data base of somebody else's is neither used nor set aside. */
static int ours(struct sqlite *q, bool *yes)
{
	int id = 0, tables = 0, rc = application_of(q, &id, &tables);

	*yes = id == APPLICATION_ID || (id == 0 && tables == 0);
	if (rc == SQLITE_OK && id == 0 && tables == 0 && !q->readonly)
		rc = exec(q, "PRAGMA application_id = " STRING(APPLICATION_ID));
	return rc;
}

static int prepare(struct sqlite *q)
{
	for (int i = 0; i < ST_COUNT; i++) {
		int rc = sqlite3_prepare_v3(q->db, sqlite_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
					    &q->st[i], NULL);

		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

static int tables(struct sqlite *q, struct err *e)
{
	int have = sqlite_version(q->db);

	if (!q->readonly)
		return sqlite_migrate(q->db, q->path, sqlite_steps, sqlite_nsteps, e);
	if (have != SQL_SCHEMA)
		return err_set(e, "%s: its tables are version %d, to be read version %d is needed",
			       q->path, have, SQL_SCHEMA);
	return 0;
}

static int say(struct sqlite *q, int rc, struct err *e)
{
	const char *what = q->db ? sqlite3_errmsg(q->db) : sqlite3_errstr(rc);

	if ((rc & 255) == SQLITE_CANTOPEN && q->db && sqlite3_system_errno(q->db))
		what = strerror(sqlite3_system_errno(q->db));
	return err_set(e, "%s: %s", q->path,
		       (rc & 255) == SQLITE_BUSY ? "locked by another process" : what);
}

/* One try. -1 and *e; *damaged: and why. */
static int try_open(struct sqlite *q, bool *damaged, char why[256], struct err *e)
{
	int flags = q->readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	bool mine = true;
	int rc = sqlite3_open_v2(q->path, &q->db,
				 flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	*damaged = false;
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(q->db, SQL_BUSY_MS);
		rc = ours(q, &mine);
	}
	if (rc == SQLITE_OK && !mine)
		return err_set(e, "%s: a data base, but not a store of ours", q->path);
	if (rc == SQLITE_OK && !q->readonly)
		rc = exec(q, settings);
	if (rc == SQLITE_OK && !q->readonly)
		rc = check(q, why);
	else if (is_damage(rc))
		sqlite3_snprintf(256, why, "%s", sqlite3_errmsg(q->db));
	if (rc != SQLITE_OK) {
		*damaged = is_damage(rc);
		return say(q, rc, e);
	}
	if (tables(q, e) < 0) {
		*damaged = is_damage(sqlite3_errcode(q->db));
		sqlite3_snprintf(256, why, "%s", e ? e->text : "its tables");
		return -1;
	}
	rc = prepare(q);
	return rc == SQLITE_OK ? 0 : say(q, rc, e);
}

void sqlite_shut(struct sqlite *q)
{
	for (int i = 0; i < ST_COUNT; i++) {
		sqlite3_finalize(q->st[i]);
		q->st[i] = NULL;
	}
	if (q->db)
		sqlite3_close(q->db);
	q->db = NULL;
	free(q->path);
	q->path = NULL;
}

void sqlite_set_aside(const char *path, const char *why)
{
	static const char *const ends[] = { "-wal", "-shm", "" };
	struct arena *a = arena_new(0);
	time_t now = (time_t)clock_wall();
	struct str to;
	struct tm tm;
	char when[32];

	gmtime_r(&now, &tm);
	strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &tm);
	to = arena_printf(a, "%s.damaged-%s", path, when);
	for (unsigned i = 2; access(to.p, F_OK) == 0; i++)
		to = arena_printf(a, "%s.damaged-%s-%u", path, when, i);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		rename(arena_printf(a, "%s%s", path, ends[i]).p,
		       arena_printf(a, "%s%s", to.p, ends[i]).p);
	LOG(LOG_LVL_ERROR, "store_damaged", F_CSTR("path", path), F_CSTR("why", why),
	    F_STR("kept", to));
	arena_free(a);
}

static void remember_file(struct sqlite *q)
{
	struct stat st;

	if (stat(q->path, &st) == 0) {
		q->dev = st.st_dev;
		q->ino = st.st_ino;
	}
}

bool sqlite_in_place(const struct sqlite *q)
{
	struct stat st;

	return stat(q->path, &st) == 0 && st.st_dev == q->dev && st.st_ino == q->ino;
}

int sqlite_open(struct sqlite *q, const char *path, bool readonly, struct err *e)
{
	bool damaged;
	char why[256] = "";

	for (int tries = 0; tries < 2; tries++) {
		*q = (struct sqlite){ .path = strdup(path), .readonly = readonly };
		if (!q->path)
			bug("no memory for a path");
		if (try_open(q, &damaged, why, e) == 0) {
			remember_file(q);
			return 0;
		}
		sqlite_shut(q);
		if (!damaged || readonly)
			return -1;
		sqlite_set_aside(path, why);
	}
	return -1;
}
