/* The store as the options say. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "control/keyring/options.h"
#include "control/control.h"
#include "control/listen.h"
#include "control/report/settings.h"

enum { EMBEDDED, REDIS, NONE }; /* option store.backend */

static struct store_limits limits(const struct conf *c)
{
	return (struct store_limits){
		.deadline_ms = conf_time_ms(c, "store.timeout"),
		.breaker_errors = (unsigned)conf_int(c, "store.breaker.errors"),
		.breaker_window_ms = conf_time_ms(c, "store.breaker.window"),
		.breaker_open_ms = conf_time_ms(c, "store.breaker.open"),
		.fallback_entries = (size_t)conf_int(c, "store.fallback_entries"),
	};
}

/* The first line of the file that the option names; "" if it names none. */
static int secret(struct arena *a, const struct conf *c, const char *name, struct str *out,
		  struct err *e)
{
	struct str path = conf_str(c, name);
	struct err why;

	*out = STR("");
	if (path.n == 0)
		return 0;
	if (file_secret(a, path.p, name, out, &why) == 0)
		return 0;
	return err_set(e, "%s: %s: %s: %s", conf_where(c, name), name, path.p, why.text);
}

static int redis_config(struct arena *a, const struct conf *c, struct store_redis_config *out,
			struct err *e)
{
	*out = (struct store_redis_config){
		.mode = (enum redis_mode)conf_enum(c, "store.redis.mode"),
		.master = conf_str(c, "store.redis.master"),
		.user = conf_str(c, "store.redis.user"),
		.database = (unsigned)conf_int(c, "store.redis.database"),
		.tls = conf_bool(c, "store.redis.tls"),
		.ca = conf_str(c, "store.redis.ca"),
		.cert = conf_str(c, "store.redis.cert"),
		.key = conf_str(c, "store.redis.key"),
		.prefix = conf_str(c, "store.redis.prefix"),
	};

	out->nservers = conf_list(c, "store.redis.servers", &out->server);
	if (secret(a, c, "store.redis.password_file", &out->password, e) < 0)
		return -1;
	return secret(a, c, "store.redis.sentinel_password_file", &out->sentinel_password, e);
}

int control_check(const struct conf *c, struct err *e)
{
	struct arena *a = arena_new(0);
	struct store_redis_config r;
	int rc = report_settings_check(c, e);

	if (rc == 0 && control_shared(c)) {
		rc = redis_config(a, c, &r, e);
		if (rc == 0)
			rc = store_redis_check(&r, e);
	}
	arena_free(a);
	return rc;
}

bool control_shared(const struct conf *c)
{
	return conf_enum(c, "store.backend") == REDIS;
}

bool control_remembers(const struct conf *c)
{
	return conf_enum(c, "store.backend") != NONE;
}

bool control_wanted(const struct conf *c)
{
	return control_remembers(c) || conf_sections(c, "feed") > 0 || keyring_wanted(c) ||
	       conf_str(c, "metrics.listen").n;
}

static struct store *shared_store(struct loop *l, const struct conf *c, struct err *e)
{
	struct store_limits lim = limits(c);
	struct arena *a = arena_new(0);
	struct store_redis_config r;
	struct store *s = NULL;

	if (redis_config(a, c, &r, e) == 0)
		s = store_redis(l, &r, &lim, e);
	arena_free(a);
	return s;
}

struct store *control_worker_store(struct loop *l, const struct conf *c, const char *state,
				   struct err *e)
{
	struct store_limits lim = limits(c);
	struct arena *a;
	struct store *s;

	if (control_shared(c))
		return shared_store(l, c, e);
	a = arena_new(0);
	s = store_remote(l, control_store_path(a, state), &lim);
	arena_free(a);
	return s;
}

/* Whoever makes the files, they are the daemon's, whose account has the directory. */
static void give(struct arena *a, const char *state)
{
	static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm" };
	struct stat dir;

	if (geteuid() != 0 || stat(state, &dir) < 0)
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str path = arena_printf(a, "%s/%s", state, names[i]);
		if (lchown(path.p, dir.st_uid, dir.st_gid) < 0)
			continue; /* it is not there */
	}
}

struct store *control_local_store(struct loop *l, const char *state, bool readonly, struct err *e)
{
	struct arena *a = arena_new(0);
	struct store *s = store_sqlite(l, arena_printf(a, "%s/store.db", state).p, readonly, e);

	if (s && !readonly)
		give(a, state);
	arena_free(a);
	return s;
}

struct store *control_tool_store(struct loop *l, const struct conf *c, const char *state,
				 bool readonly, struct err *e)
{
	if (c && control_shared(c))
		return shared_store(l, c, e);
	return control_local_store(l, state, readonly, e);
}
