/* Records of checks that remember, from the command line. */
#include "cmd/remembered.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "checks/memory/memory.h"
#include "control/control.h"
#include "control/listen.h"

/* ---- opening ---- */

/* Whether a daemon keeps the store of that directory. */
static bool served(struct arena *a, const char *state)
{
	int fd = control_dial(control_store_path(a, state));

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void told(void *arg, bool up, const char *why)
{
	struct remembered *r = arg;

	snprintf(r->why, sizeof r->why, "%s", up || !why ? "" : why);
}

void remembered_watch(struct remembered *r)
{
	store_watch(r->store, told, r);
}

struct store *remembered_store(struct arena *a, struct loop *l, const struct conf *c,
			       const char *state, bool readonly)
{
	const char *dir = state ? state : conf_str(c, "daemon.state").p;
	struct store *store;
	struct err e;

	if (!control_remembers(c)) {
		fprintf(stderr, "merlon: store.backend is none: nothing is remembered\n");
		return NULL;
	}
	if (!control_shared(c) && served(a, dir))
		store = control_worker_store(l, c, dir, &e);
	else
		store = control_tool_store(l, c, dir, readonly, &e);
	if (!store)
		fprintf(stderr, "merlon: %s%s\n", e.text,
			state || control_shared(c) ? "" : "; --state names the state directory");
	return store;
}

static bool open_store(struct remembered *r, const char *state, bool readonly)
{
	r->store = remembered_store(r->arena, r->loop, r->app->conf, state, readonly);
	if (r->store)
		remembered_watch(r);
	return r->store != NULL;
}

bool remembered_open(struct remembered *r, const char *conf, const char *state, bool readonly)
{
	*r = (struct remembered){ .arena = arena_new(0) };
	r->app = app_load(conf, app_checks(r->arena, NULL), 0, NULL, NULL);
	if (!r->app)
		return false;
	r->loop = loop_new();
	r->crypto = crypto_new();
	return open_store(r, state, readonly);
}

void remembered_close(struct remembered *r)
{
	store_free(r->store);
	if (r->loop)
		loop_free(r->loop);
	if (r->crypto)
		crypto_free(r->crypto);
	app_free(r->app);
	arena_free(r->arena);
}

/* ---- asking ---- */

bool remembered_do(struct remembered *r, const struct store_op *op, struct store_answer *answer)
{
	*answer = *store_wait(r->store, r->arena, op, 1, STORE_SLOW);
	if (answer->status == STORE_OK || answer->status == STORE_NONE)
		return true;
	fprintf(stderr, "merlon: the store %s%s%s\n",
		answer->status == STORE_FULL ? "has no room" : "cannot be asked",
		r->why[0] ? ": " : "", r->why);
	return false;
}

static bool has_parts(const struct remembered_record *m, const struct str *part, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool found = false;
		for (size_t k = 0; k < m->nparts; k++)
			found |= str_ieq(m->part[k], part[i]);
		if (!found)
			return false;
	}
	return true;
}

static bool read_record(struct str octets, struct str prefix, struct remembered_record *m)
{
	struct raw_record raw;
	struct str rest;

	if (!raw_parse(octets, &raw) || raw.shape != 'R' || !str_starts(raw.key, prefix) ||
	    !record_parse(raw.value, &m->record))
		return false;
	m->key = raw.key;
	m->ends_ms = raw.ends_ms;
	m->nparts = 0;
	rest = str_skip(raw.key, prefix.n);
	while (rest.p && m->nparts < REMEMBERED_PARTS)
		m->part[m->nparts++] = str_cut(&rest, '\0');
	return true;
}

bool remembered_each(struct remembered *r, const char *ns, const struct str *part, size_t n,
		     remembered_fn *fn, void *arg)
{
	struct str prefix = arena_printf(r->arena, "%s:", ns);
	struct store_op op = { .kind = STORE_WALK, .value = STR("") };

	do {
		struct store_answer a;
		if (!remembered_do(r, &op, &a))
			return false;
		for (size_t i = 0; i < a.nentry; i++) {
			struct remembered_record m;
			if (read_record(a.entry[i].value, prefix, &m) && has_parts(&m, part, n))
				fn(arg, &m);
		}
		op.value = a.value;
	} while (op.value.n);
	return true;
}

struct str remembered_key(struct remembered *r, const char *ns, const struct str *part, size_t n)
{
	/* Keys are made of the parts, an arena and a hash alone. */
	struct scan_env env = { .crypto = r->crypto };
	struct scan s = { .arena = r->arena, .env = &env };

	return memory_key(&s, ns, part, n);
}

struct str remembered_time(struct arena *a, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;
	size_t n = gmtime_r(&t, &tm) ? strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) : 0;

	return arena_dup(a, str_of(text, n));
}
