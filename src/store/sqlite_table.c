/* The rows, members and entries of the store in SQLite's tables. */
#include "base/octets.h"
#include "store/sqlite.h"

const char *const sqlite_sql[ST_COUNT] = {
	[ST_BEGIN] = "BEGIN IMMEDIATE",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_SAVE] = "SAVEPOINT op",
	[ST_RELEASE] = "RELEASE op",
	[ST_UNDO] = "ROLLBACK TO op",
	[ST_GET] = "SELECT ends, value FROM record WHERE key = ?1",
	[ST_PUT] = "INSERT OR REPLACE INTO record (key, ends, value) VALUES (?1, ?2, ?3)",
	[ST_DEL] = "DELETE FROM record WHERE key = ?1",
	[ST_MEMBER_GET] = "SELECT ends FROM member WHERE key = ?1 AND member = ?2",
	[ST_MEMBER_PUT] = "UPDATE member SET ends = ?3 WHERE key = ?1 AND member = ?2",
	[ST_MEMBER_NEW] = "INSERT INTO member (key, member, ends) VALUES (?1, ?2, ?3)",
	[ST_MEMBER_COUNT] = "SELECT count(*) FROM member WHERE key = ?1 AND ends > ?2",
	[ST_MEMBER_EXPIRE] = "DELETE FROM member WHERE key = ?1 AND ends <= ?2",
	[ST_MEMBER_SHIFT] = "DELETE FROM member WHERE (key, member) = (SELECT key, member "
			    "FROM member WHERE key = ?1 ORDER BY ends LIMIT 1)",
	[ST_MEMBER_CLEAR] = "DELETE FROM member WHERE key = ?1",
	[ST_ENTRY_PUT] = "UPDATE log SET value = ?3 WHERE key = ?1 AND id = ?2",
	[ST_ENTRY_NEW] = "INSERT INTO log (key, id, value) VALUES (?1, ?2, ?3)",
	[ST_ENTRY_SHIFT] = "DELETE FROM log WHERE seq = (SELECT seq FROM log WHERE key = ?1 "
			   "ORDER BY id LIMIT 1)",
	[ST_ENTRY_READ] = "SELECT id, value FROM log WHERE key = ?1 AND id > ?2 ORDER BY id",
	[ST_ENTRY_CLEAR] = "DELETE FROM log WHERE key = ?1",
	[ST_WALK_RECORD] = "SELECT key, ends, value FROM record WHERE key > ?1 ORDER BY key",
	[ST_WALK_MEMBER] = "SELECT key, ends, NULL, member FROM member "
			   "WHERE (key, member) > (?1, ?2) ORDER BY key, member",
	[ST_WALK_ENTRY] = "SELECT key, NULL, value, NULL, id FROM log "
			  "WHERE (key, id) > (?1, ?2) ORDER BY key, id",
	[ST_SWEEP] = "SELECT key, ends, substr(value, 1, 1) FROM record WHERE key > ?1 "
		     "ORDER BY key LIMIT ?2",
};

/* A write that fails is told as SQLITE_FULL only for ENOSPC, not for a quota or a file's limit. */
static bool no_room(int rc)
{
	return (rc & 255) == SQLITE_FULL || rc == SQLITE_IOERR_WRITE || rc == SQLITE_IOERR_SHMSIZE;
}

enum store_status sqlite_status(struct sqlite *q, int rc)
{
	switch (rc & 255) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return STORE_OK;
	default:
		break;
	}
	q->failed = true;
	switch (rc & 255) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		q->damaged = true;
		return STORE_FAILED;
	default:
		if (!no_room(rc))
			return STORE_FAILED;
		q->full = true;
		return STORE_FULL;
	}
}

/* ---- one statement ---- */

static void bind_str(sqlite3_stmt *st, int i, struct str s)
{
	sqlite3_bind_blob64(st, i, s.n ? s.p : "", s.n, SQLITE_STATIC);
}

/* A slice of the row; gone with the next step. */
static struct str column(sqlite3_stmt *st, int i)
{
	const char *p = sqlite3_column_blob(st, i);

	return str_of(p ? p : "", (size_t)sqlite3_column_bytes(st, i));
}

/* Ends are kept so that never comes last. */
static int64_t to_column(int64_t ends)
{
	return ends ? ends : INT64_MAX;
}

static int64_t from_column(sqlite3_stmt *st, int i)
{
	int64_t ends = sqlite3_column_int64(st, i);

	return ends == INT64_MAX ? 0 : ends;
}

static sqlite3_stmt *with_key(struct sqlite *q, enum sqlite_statement which, struct str key)
{
	bind_str(q->st[which], 1, key);
	return q->st[which];
}

/* Runs one that gives no rows. What it was bound to may be gone afterwards. */
static enum store_status done(struct sqlite *q, sqlite3_stmt *st)
{
	enum store_status s = sqlite_status(q, sqlite3_step(st));

	sqlite3_reset(st);
	return s;
}

/* The same, and whether it has changed anything. */
static enum store_status changed(struct sqlite *q, sqlite3_stmt *st)
{
	enum store_status s = done(q, st);

	return s == STORE_OK && sqlite3_changes(q->db) == 0 ? STORE_NONE : s;
}

/* STORE_OK: there is a row, to be read before sqlite3_reset. */
static enum store_status row(struct sqlite *q, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	return rc == SQLITE_DONE ? STORE_NONE : sqlite_status(q, rc);
}

enum store_status sqlite_run(struct sqlite *q, enum sqlite_statement st)
{
	return done(q, q->st[st]);
}

/* ---- rows ---- */

static enum store_status row_get(void *self, struct arena *a, struct str key, struct table_row *r)
{
	sqlite3_stmt *st = with_key(self, ST_GET, key);
	enum store_status s = row(self, st);

	if (s == STORE_OK)
		*r = (struct table_row){ arena_dup(a, column(st, 1)), from_column(st, 0) };
	sqlite3_reset(st);
	return s;
}

static enum store_status row_put(void *self, struct str key, const struct table_row *r)
{
	sqlite3_stmt *st = with_key(self, ST_PUT, key);

	sqlite3_bind_int64(st, 2, to_column(r->ends));
	bind_str(st, 3, r->value);
	return done(self, st);
}

static enum store_status row_del(void *self, struct str key)
{
	return changed(self, with_key(self, ST_DEL, key));
}

static enum store_status clear(void *self, struct str key, char shape)
{
	return done(self, with_key(self, shape == 'S' ? ST_MEMBER_CLEAR : ST_ENTRY_CLEAR, key));
}

/* ---- members ---- */

static enum store_status member_get(void *self, struct str key, struct str member, int64_t *ends)
{
	sqlite3_stmt *st = with_key(self, ST_MEMBER_GET, key);
	enum store_status s;

	bind_str(st, 2, member);
	s = row(self, st);
	*ends = s == STORE_OK ? from_column(st, 0) : 0;
	sqlite3_reset(st);
	return s;
}

static enum store_status member_write(struct sqlite *q, enum sqlite_statement which, struct str key,
				      struct str member, int64_t ends)
{
	sqlite3_stmt *st = with_key(q, which, key);

	bind_str(st, 2, member);
	sqlite3_bind_int64(st, 3, to_column(ends));
	return changed(q, st);
}

static enum store_status member_put(void *self, struct str key, struct str member, int64_t ends)
{
	enum store_status s = member_write(self, ST_MEMBER_PUT, key, member, ends);

	if (s != STORE_NONE)
		return s;
	s = member_write(self, ST_MEMBER_NEW, key, member, ends);
	return s == STORE_OK ? STORE_NONE : s;
}

static enum store_status member_count(void *self, struct str key, int64_t now, uint64_t *n)
{
	sqlite3_stmt *st = with_key(self, ST_MEMBER_COUNT, key);
	enum store_status s;

	sqlite3_bind_int64(st, 2, now);
	s = row(self, st);
	*n = s == STORE_OK ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	return s;
}

static enum store_status member_expire(void *self, struct str key, int64_t now, uint64_t *n)
{
	struct sqlite *q = self;
	sqlite3_stmt *st = with_key(q, ST_MEMBER_EXPIRE, key);
	enum store_status s;

	sqlite3_bind_int64(st, 2, now);
	s = done(q, st);
	*n = (uint64_t)sqlite3_changes(q->db);
	return s;
}

static enum store_status member_shift(void *self, struct str key)
{
	return changed(self, with_key(self, ST_MEMBER_SHIFT, key));
}

/* ---- entries ---- */

static enum store_status entry_write(struct sqlite *q, enum sqlite_statement which, struct str key,
				     uint64_t id, struct str value)
{
	sqlite3_stmt *st = with_key(q, which, key);

	sqlite3_bind_int64(st, 2, (int64_t)id);
	bind_str(st, 3, value);
	return changed(q, st);
}

static enum store_status entry_put(void *self, struct str key, uint64_t id, struct str value)
{
	enum store_status s = entry_write(self, ST_ENTRY_PUT, key, id, value);

	if (s != STORE_NONE)
		return s;
	s = entry_write(self, ST_ENTRY_NEW, key, id, value);
	return s == STORE_OK ? STORE_NONE : s;
}

static enum store_status entry_shift(void *self, struct str key)
{
	return changed(self, with_key(self, ST_ENTRY_SHIFT, key));
}

static enum store_status entry_read(void *self, struct str key, uint64_t after,
				    struct table_page *page)
{
	sqlite3_stmt *st = with_key(self, ST_ENTRY_READ, key);
	enum store_status s;

	sqlite3_bind_int64(st, 2, after > INT64_MAX ? INT64_MAX : (int64_t)after);
	while ((s = row(self, st)) == STORE_OK)
		if (!table_page_add(page, (uint64_t)sqlite3_column_int64(st, 0), column(st, 1)))
			break;
	sqlite3_reset(st);
	return s == STORE_NONE ? STORE_OK : s;
}

/* ---- all of it ---- */

/* Where a walk stands: the last raw record given, of which only what orders it counts. */
static bool cursor_parse(struct str s, struct raw_record *at)
{
	struct octets o = { .left = s };

	*at = (struct raw_record){ .shape = 'R' };
	if (!s.n)
		return true;
	at->shape = (char)octets_get_u(&o, 1);
	at->id = octets_get_u(&o, 8);
	at->key = octets_get_text(&o, STORE_KEY_MAX);
	at->member = octets_get_text(&o, STORE_KEY_MAX);
	return octets_done(&o) && memchr("RSE", at->shape, 3);
}

static struct str cursor_format(struct arena *a, const struct raw_record *at)
{
	struct buf b = { .arena = a };

	octets_u(&b, (unsigned char)at->shape, 1);
	octets_u(&b, at->id, 8);
	octets_str(&b, at->key);
	octets_str(&b, at->member);
	return buf_str(&b);
}

static enum sqlite_statement statement_of(char shape)
{
	return shape == 'R' ? ST_WALK_RECORD : shape == 'S' ? ST_WALK_MEMBER : ST_WALK_ENTRY;
}

/* Heads of sets and logs are made anew by what was in them. */
static bool left_out(const struct raw_record *r, int64_t now)
{
	bool head = r->shape == 'R' && r->value.n && (*r->value.p == 'S' || *r->value.p == 'E');

	return head || (r->ends_ms && r->ends_ms <= now);
}

/* One shape, from after at. STORE_OK: the page is full and *at the last on it. */
static enum store_status walk_shape(struct sqlite *q, struct raw_record *at, int64_t now,
				    struct table_page *page)
{
	sqlite3_stmt *st = with_key(q, statement_of(at->shape), at->key);
	struct raw_record r = { .shape = at->shape };
	enum store_status s;

	if (at->shape == 'S')
		bind_str(st, 2, at->member);
	if (at->shape == 'E')
		sqlite3_bind_int64(st, 2, (int64_t)at->id);
	while ((s = row(q, st)) == STORE_OK) {
		r.key = column(st, 0);
		r.ends_ms = r.shape == 'E' ? 0 : from_column(st, 1);
		r.value = column(st, 2);
		r.member = r.shape == 'S' ? column(st, 3) : STR_NULL;
		r.id = r.shape == 'E' ? (uint64_t)sqlite3_column_int64(st, 4) : 0;
		if (left_out(&r, now))
			continue;
		if (!table_page_add(page, 0, raw_format(page->arena, &r)))
			break;
		at->key = arena_dup(page->arena, r.key);
		at->member = arena_dup(page->arena, r.member);
		at->id = r.id;
	}
	sqlite3_reset(st);
	return s;
}

static enum store_status walk(void *self, struct str cursor, int64_t now, struct table_page *page,
			      struct str *next)
{
	static const char shapes[] = "RSE";
	struct raw_record at;
	enum store_status s = STORE_NONE;

	*next = STR_NULL;
	if (!cursor_parse(cursor, &at))
		return STORE_FAILED;
	for (const char *p = strchr(shapes, at.shape); *p && s == STORE_NONE; p++) {
		if (at.shape != *p)
			at = (struct raw_record){ .shape = *p };
		s = walk_shape(self, &at, now, page);
	}
	if (s == STORE_OK)
		*next = cursor_format(page->arena, &at);
	return s == STORE_NONE ? STORE_OK : s;
}

/* ---- what is over ---- */

enum store_status sqlite_sweep_look(struct sqlite *q, struct arena *a, int64_t now, unsigned rows,
				    struct str key, bool *some, struct str *last)
{
	sqlite3_stmt *st = with_key(q, ST_SWEEP, key);
	enum store_status s;
	unsigned n;

	*some = false;
	*last = STR_NULL;
	sqlite3_bind_int64(st, 2, rows);
	for (n = 0; (s = row(q, st)) == STORE_OK; n++) {
		*some = *some || sqlite3_column_int64(st, 1) <= now;
		if (n + 1 == rows)
			*last = arena_dup(a, column(st, 0));
	}
	sqlite3_reset(st);
	return s == STORE_NONE ? STORE_OK : s;
}

struct over {
	struct str key;
	char shape;
};

static enum store_status remove_all(struct sqlite *q, const struct over *o, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum store_status s = STORE_OK;

		if (o[i].shape == 'S' || o[i].shape == 'E')
			s = clear(q, o[i].key, o[i].shape);
		if (s == STORE_OK)
			s = row_del(q, o[i].key);
		if (s != STORE_OK)
			return s;
	}
	return STORE_OK;
}

enum store_status sqlite_sweep(struct sqlite *q, struct arena *a, int64_t now, unsigned rows,
			       struct str *key, uint64_t *gone)
{
	sqlite3_stmt *st = with_key(q, ST_SWEEP, *key);
	struct over *o = ARENA_ARRAY(a, struct over, rows);
	enum store_status s;
	size_t n = 0, seen;

	*gone = 0;
	sqlite3_bind_int64(st, 2, rows);
	for (seen = 0; (s = row(q, st)) == STORE_OK; seen++) {
		struct str head = column(st, 2);

		*key = arena_dup(a, column(st, 0));
		if (sqlite3_column_int64(st, 1) <= now)
			o[n++] = (struct over){ *key, head.n ? *head.p : '\0' };
	}
	sqlite3_reset(st);
	if (seen < rows)
		*key = STR_NULL;
	if (s == STORE_NONE)
		s = remove_all(q, o, n);
	*gone = s == STORE_OK ? n : 0;
	return s;
}

const struct table sqlite_table = {
	.get = row_get,
	.put = row_put,
	.del = row_del,
	.member_get = member_get,
	.member_put = member_put,
	.member_count = member_count,
	.member_expire = member_expire,
	.member_shift = member_shift,
	.entry_put = entry_put,
	.entry_shift = entry_shift,
	.entry_read = entry_read,
	.clear = clear,
	.walk = walk,
};
