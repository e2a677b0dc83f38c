/* One generation of configuration with the sockets it is served on. */
#include "cmd/generation.h"

#include <unistd.h>

#include "base/log.h"

#define WORKERS_MAX 64

static void log_fault(void *arg, const char *line)
{
	LOG(LOG_LVL_ERROR, (const char *)arg, F_CSTR("fault", line));
}

static bool is_title(const struct milter_listener *l, size_t n, struct str title)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(l[i].name, title))
			return true;
	return false;
}

/* Whose mail is signed and sealed by the listener it comes from: one that is not there is a slip of
 * the pen, and mail that nobody signs. */
int generation_listeners(struct arena *a, const struct conf *c, struct milter_listener **l,
			 size_t *n, struct err *e)
{
	static const char *const lists[][2] = { { "sign.use", "sign.listeners" },
						{ "seal.use", "seal.listeners" } };

	if (milter_listeners(a, c, l, n, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const struct str *title;
		size_t titles = conf_list(c, lists[i][1], &title);
		for (size_t k = 0; conf_bool(c, lists[i][0]) && k < titles; k++)
			if (!is_title(*l, *n, title[k]))
				return err_set(e,
					       "%s: %s: found \"%.*s\", expected the title of a "
					       "listen section",
					       conf_where(c, lists[i][1]), lists[i][1],
					       STR_ARG(title[k]));
	}
	return 0;
}

int generation_load(struct generation *g, const char *conf, const struct check *const *checks,
		    const char *event)
{
	void *arg = (void *)(uintptr_t)event;
	struct err e;

	g->app = app_load(conf, checks, APP_RULES, log_fault, arg);
	if (!g->app)
		return -1;
	if (generation_listeners(g->app->arena, g->app->conf, &g->listener, &g->nlisteners, &e) ==
	    0)
		return 0;
	log_fault(arg, e.text);
	app_free(g->app);
	g->app = NULL;
	return -1;
}

static bool uses(const struct generation *g, int fd)
{
	for (size_t i = 0; g && i < g->nlisteners; i++)
		if (g->listener[i].fd == fd)
			return true;
	return false;
}

/* The same socket of the running generation: its descriptor is used on. */
static bool take_over(const struct generation *old, struct milter_listener *l)
{
	for (size_t i = 0; i < old->nlisteners; i++)
		if (old->listener[i].fd >= 0 && str_eq(old->listener[i].socket, l->socket)) {
			l->fd = old->listener[i].fd;
			l->made = old->listener[i].made;
			return true;
		}
	return false;
}

void generation_unbind(struct generation *g, const struct generation *other, bool unlink_path)
{
	for (size_t i = 0; i < g->nlisteners; i++)
		if (g->listener[i].fd >= 0 && !uses(other, g->listener[i].fd))
			milter_unbind(&g->listener[i], unlink_path);
}

/* The sockets of the two engines cannot stand beside each other. */
static bool other_engine(const struct generation *g, const struct generation *old)
{
	return old->app &&
	       milter_single_worker(old->app->conf) != milter_single_worker(g->app->conf);
}

/* What a unix socket got when it was made stays: we may not be who could change it. */
static int same_rights(const struct generation *g, const struct generation *old, struct err *e)
{
	for (size_t i = 0; i < g->nlisteners; i++)
		for (size_t k = 0; k < old->nlisteners; k++) {
			const struct milter_listener *l = &g->listener[i], *o = &old->listener[k];
			if (str_eq(l->socket, o->socket) &&
			    (l->mode != o->mode || !str_eq(l->group, o->group)))
				return err_set(e,
					       "%s: mode and group of %.*s: cannot be changed by a "
					       "reload",
					       l->where, STR_ARG(l->socket));
		}
	return 0;
}

int generation_bind(struct generation *g, const struct generation *old, struct err *e)
{
	if (other_engine(g, old))
		return err_set(e, "%s: milter.engine: cannot be changed by a reload",
			       conf_where(g->app->conf, "milter.engine"));
	if (same_rights(g, old, e) < 0)
		return -1;
	for (size_t i = 0; i < g->nlisteners; i++)
		if (!take_over(old, &g->listener[i]) &&
		    milter_bind(&g->listener[i], g->app->conf, e) < 0) {
			generation_unbind(g, old, true);
			return -1;
		}
	return 0;
}

void generation_free(struct generation *g, const struct generation *other, bool unlink_path)
{
	if (g->app) {
		generation_unbind(g, other, unlink_path);
		app_free(g->app);
	}
	*g = (struct generation){ 0 };
}

size_t generation_workers(const struct generation *g)
{
	long n = conf_int(g->app->conf, "daemon.workers");

	if (milter_single_worker(g->app->conf))
		return 1;
	if (n == 0)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (size_t)n;
}
