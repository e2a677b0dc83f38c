/* What the files of the SQLite back-end share: the open data base with its statements. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>
#include <sys/types.h>

#include "store/queue.h"
#include "store/table.h"

#define SQL_SCHEMA 1		/* version of the tables; migration steps lead there */
#define SQL_COMMIT_MS 500u	/* counted writes are on their way that long at most */
#define SQL_COMMIT_WRITES 1000u /* or so many of them */
#define SQL_ANSWERS_MAX                                                                            \
	(16u << 20)		   /* octets of answers to a batch; what follows is STORE_FAILED   \
				    */
#define SQL_GROUP_MAX (32u << 20)  /* octets of batches and answers that wait for one another */
#define SQL_BUSY_MS 50		   /* waited for another process's write lock */
#define SQL_SHUT_MS 200u	   /* after that, or no room: writes are refused meanwhile */
#define SQL_WAL_PAGES 1000	   /* checkpointed when it is longer */
#define SQL_WAL_OCTETS (64u << 20) /* cut to this; over it, checkpoints insist */
#define SQL_CHECK_STEPS 20000000   /* of the check at open; the rest shows when it is read */
#define SQL_LOOK_MS 1000u	   /* the file is looked at, and what is over swept, so often */
#define SQL_SWEEP_ROWS 500u	   /* a step */
#define SQL_SWEEP_REST_MS 60000u   /* from one round's end to the next */

enum sqlite_statement {
	ST_BEGIN,
	ST_COMMIT,
	ST_ROLLBACK,
	ST_SAVE,
	ST_RELEASE,
	ST_UNDO,
	ST_GET,
	ST_PUT,
	ST_DEL,
	ST_MEMBER_GET,
	ST_MEMBER_PUT,
	ST_MEMBER_NEW,
	ST_MEMBER_COUNT,
	ST_MEMBER_EXPIRE,
	ST_MEMBER_SHIFT,
	ST_MEMBER_CLEAR,
	ST_ENTRY_PUT,
	ST_ENTRY_NEW,
	ST_ENTRY_SHIFT,
	ST_ENTRY_READ,
	ST_ENTRY_CLEAR,
	ST_WALK_RECORD,
	ST_WALK_MEMBER,
	ST_WALK_ENTRY,
	ST_SWEEP,
	ST_COUNT
};

struct sqlite {
	sqlite3 *db;
	sqlite3_stmt *st[ST_COUNT];
	char *path;
	bool readonly;
	dev_t dev;
	ino_t ino;
	bool failed, full, damaged; /* a statement did: since these were cleared */
};

/* ---- sqlite_open.c ---- */

/* Opens path; damaged files are set aside, unless readonly. -1 and *e: it cannot be had; then
 * nothing is open. */
int sqlite_open(struct sqlite *q, const char *path, bool readonly, struct err *e);
void sqlite_shut(struct sqlite *q); /* what is open; may be called twice */

/* Renames the files of the store (the data base and its journals) to path.damaged-TIME and logs
 * it. They are closed. */
void sqlite_set_aside(const char *path, const char *why);

/* Whether the file at the path is still the one that is open. */
bool sqlite_in_place(const struct sqlite *q);

/* ---- sqlite_schema.c ---- */

/* Statements that lead from version - 1 to version, in the order of versions. */
struct sqlite_step {
	int version;
	const char *sql;
};
extern const struct sqlite_step sqlite_steps[];
extern const size_t sqlite_nsteps;

/* Brings the tables to the version of the last step, each step in a transaction. -1 and *e: they
 * are of a newer version, or it fails. */
int sqlite_migrate(sqlite3 *db, const char *path, const struct sqlite_step *step, size_t n,
		   struct err *e);
/* The version of the tables; 0: there are none, -1: it cannot be known. */
int sqlite_version(sqlite3 *db);

/* ---- sqlite_table.c ---- */

/* SQL of each statement, by enum sqlite_statement. */
extern const char *const sqlite_sql[ST_COUNT];

/* The methods for table_run, without self. */
extern const struct table sqlite_table;

/* What a result of SQLite's means for an answer; remembers what has to be done about it. */
enum store_status sqlite_status(struct sqlite *q, int rc);
enum store_status sqlite_run(struct sqlite *q, enum sqlite_statement st);

/*
 * Removes what is over at now among the rows after *key (in the arena; absent: from the beginning)
 * and moves *key on; absent then: it was the last step. *gone: how many were removed.
 */
enum store_status sqlite_sweep(struct sqlite *q, struct arena *a, int64_t now, unsigned rows,
			       struct str *key, uint64_t *gone);

/* Whether a sweep would remove something; the same way. For deciding whether to write. */
enum store_status sqlite_sweep_look(struct sqlite *q, struct arena *a, int64_t now, unsigned rows,
				    struct str key, bool *some, struct str *last);

/* For tests: the data base of a store made by store_sqlite. */
struct sqlite *sqlite_of(struct store *s);

#endif
