/* Tests of the store in SQLite: the suite. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "unit/store/suite.h"

struct own {
	char dir[64], path[96];
};

static void remove_all(const struct own *o)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[128];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s%s", o->path, ends[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(o->dir), 0);
}

static void open_sqlite(struct suite *s)
{
	struct own *o = arena_zalloc(s->arena, sizeof *o);
	struct err e;

	snprintf(o->dir, sizeof o->dir, "/tmp/merlon-sqlite-XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	snprintf(o->path, sizeof o->path, "%s/store.db", o->dir);
	s->own = o;
	s->store = store_sqlite(s->loop, o->path, false, &e);
	if (!s->store)
		fail_msg("%s", e.text);
	store_clock(s->store, suite_now, s);
}

static void close_sqlite(struct suite *s)
{
	store_free(s->store);
	remove_all(s->own);
}

static const struct suite_kind kinds[] = { { "sqlite", open_sqlite, close_sqlite, true } };

int main(void)
{
	return suite_run(kinds, sizeof kinds / sizeof *kinds);
}
