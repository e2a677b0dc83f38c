/* The memory of a process, put together from store, model and trainer. */
#include "cmd/memory.h"

#include <unistd.h>

#include "base/log.h"
#include "control/control.h"
#include "control/courier.h"
#include "store/spool.h"

static void told(void *arg, bool up, const char *why)
{
	(void)arg;
	if (up)
		LOG(LOG_LVL_INFO, "store_up");
	else
		LOG(LOG_LVL_WARN, "store_down", F_CSTR("reason", why));
}

static void learn(void *arg, const struct learn_event *event)
{
	courier_send(arg, event);
}

/* The sets of feeds, where there are some. */
static int open_feeds(struct memory *m, struct app_env *env, const struct app *app,
		      const char *state, struct err *e)
{
	if (conf_sections(app->conf, "feed") == 0)
		return 0;
	m->arena = arena_new(0);
	if (feed_specs_read(m->arena, app->conf, &m->feed_specs, e) < 0) {
		arena_free(m->arena);
		m->arena = NULL;
		return -1;
	}
	m->feeds = env->scan.feeds = feeds_new(&m->feed_specs, state);
	return 0;
}

/* Mail is judged without it, too. */
static struct spool *open_spool(const char *state)
{
	struct err e;
	struct spool *s = spool_open(state, &e);

	if (!s)
		LOG(LOG_LVL_ERROR, "spool_failed", F_CSTR("reason", e.text));
	return s;
}

int memory_worker(struct memory *m, struct app_env *env, const struct worker_args *a, struct err *e)
{
	*m = (struct memory){ 0 };
	if (open_feeds(m, env, a->app, a->state, e) < 0)
		return -1;
	if (!control_remembers(a->app->conf))
		return 0;
	m->store = control_worker_store(env->scan.loop, a->app->conf, a->state, e);
	if (!m->store)
		return -1;
	store_watch(m->store, told, NULL);
	m->courier = courier_new(env->scan.loop, a->control);
	env->scan.store = m->store;
	env->scan.model = a->model;
	env->scan.learn = learn;
	env->scan.learn_arg = m->courier;
	env->scan.spool = m->spool = open_spool(a->state);
	return 0;
}

/* An embedded store that nobody has written to is no store: nothing is made by looking. */
static bool there(const struct app *app, const char *state)
{
	struct arena *a = arena_new(0);
	bool good = control_shared(app->conf) ||
		    (control_remembers(app->conf) &&
		     access(arena_printf(a, "%s/store.db", state).p, R_OK) == 0);

	arena_free(a);
	return good;
}

/* It is in the data base of this machine, whoever holds the store. */
static int load_model(struct memory *m, struct app_env *env, const struct app *app,
		      const char *state, struct err *e)
{
	struct trainer_args t = { .loop = env->scan.loop, .model = m->model, .conf = app->conf };

	m->local = control_local_store(env->scan.loop, state, true, e);
	t.local = m->local;
	if (t.local)
		m->trainer = trainer_new(&t, e);
	return m->trainer ? 0 : -1;
}

int memory_tool(struct memory *m, struct app_env *env, const struct app *app, const char *state,
		struct err *e)
{
	/* That the trainer reads its log is of no interest to who judges a message. */
	static const struct log_config quiet = { LOG_LVL_WARN, LOG_LOGFMT, "stderr" };

	*m = (struct memory){ 0 };
	if (log_open(&quiet, e) < 0)
		return -1;
	if (!state)
		state = conf_str(app->conf, "daemon.state").p;
	if (open_feeds(m, env, app, state, e) < 0)
		return -1;
	env->scan.readonly = true; /* without a store too: no model is asked for a look */
	if (!there(app, state))
		return 0;
	m->store = control_tool_store(env->scan.loop, app->conf, state, true, e);
	m->model = model_new();
	if (!m->model)
		bug("no memory for the model");
	if (!m->store || load_model(m, env, app, state, e) < 0) {
		memory_close(m);
		return -1;
	}
	env->scan.store = m->store;
	env->scan.model = m->model;
	return 0;
}

void memory_close(struct memory *m)
{
	spool_close(m->spool);
	courier_free(m->courier);
	trainer_free(m->trainer);
	model_free(m->model);
	store_free(m->local);
	store_free(m->store);
	feeds_free(m->feeds);
	arena_free(m->arena);
	*m = (struct memory){ 0 };
}
