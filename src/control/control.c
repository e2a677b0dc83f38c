/* The control process: the data base of this machine, served; the trainer; the control socket. */
#include "control/control.h"

#include "base/clock.h"
#include "base/log.h"
#include "control/door.h"
#include "control/fetch.h"
#include "control/keyring/keeping.h"
#include "control/metrics.h"
#include "control/pyzor.h"
#include "control/report/bounced.h"
#include "control/report/failures.h"
#include "control/report/gather.h"
#include "control/report/run.h"
#include "control/report/summary.h"
#include "control/web.h"
#include "io/loop.h"
#include "store/server.h"

#define LAST_MS 2000  /* for answers to go out at the end */
#define LOCK_MS 10000 /* for the one before to have written everything */

struct control {
	struct arena *arena;
	struct loop *loop;
	int lock;
	struct store *local, *shared;
	struct store_server *server;
	struct trainer *trainer;
	struct door *door;
	struct pyzor_server *pyzor;
	struct feed_specs feeds;
	struct fetcher *fetcher;
	struct gather *gather;
	struct summaries *summaries;
	struct collector *collector;
	struct keeping *keys;
	struct report_settings reports;
	struct bounced *bounced;
	struct failures *failures;
	struct reporter *reporter;
	struct metrics_world world;
	struct web *web;
};

static void log_shared(void *arg, bool up, const char *why)
{
	(void)arg;
	LOG(up ? LOG_LVL_INFO : LOG_LVL_WARN, up ? "shared_store_up" : "shared_store_down",
	    F_CSTR("reason", why));
}

/* What is wrong with its files is no reason to be without a store. */
static void open_pyzor(struct control *c, const struct control_args *args)
{
	struct err e;

	if (args->pyzor_fd < 0)
		return;
	c->pyzor = pyzor_server_new(c->loop, args->conf, c->shared ? c->shared : c->local,
				    args->pyzor_fd, &e);
	if (!c->pyzor)
		LOG(LOG_LVL_ERROR, "pyzor_server_failed", F_CSTR("reason", e.text));
}

static int open_fetcher(struct control *c, const struct control_args *args, struct err *e)
{
	struct fetch_args f = { .loop = c->loop,
				.http = args->http,
				.board = args->board,
				.specs = &c->feeds,
				.state = args->state };

	if (feed_specs_read(c->arena, args->conf, &c->feeds, e) < 0)
		return -1;
	if (c->feeds.n)
		c->fetcher = fetcher_new(&f, e);
	return c->feeds.n && !c->fetcher ? -1 : 0;
}

/* ---- what is shown ---- */

static json_t *show_counts(void *arg)
{
	struct control *c = arg;

	return metrics_report(&c->world);
}

static void show_metrics(void *arg, struct arena *a, struct web_answer *out)
{
	json_t *report = show_counts(arg);

	out->type = "text/plain; version=0.0.4; charset=utf-8";
	out->body = metrics_text(a, report);
	json_decref(report);
}

static void show_live(void *arg, struct arena *a, struct web_answer *out)
{
	(void)arg;
	(void)a;
	out->body = STR("alive\n");
}

static void show_ready(void *arg, struct arena *a, struct web_answer *out)
{
	const struct control *c = arg;
	struct scan_stats *sum = ARENA_NEW(a, struct scan_stats);
	unsigned serve = c->world.scans ? c->world.scans(c->world.arg, sum) : 0;

	out->status = serve ? 200 : 503;
	out->body = arena_printf(a, "%u workers serve\n", serve);
}

static const struct web_page pages[] = {
	{ "/metrics", show_metrics },
	{ "/live", show_live },
	{ "/ready", show_ready },
	{ 0 },
};

/* Last of all: it tells of everything else. What is wrong with it is no reason to be without a
 * store. */
static void open_web(struct control *c, const struct control_args *args)
{
	struct err e;

	c->world = (struct metrics_world){ .scans = args->scans,
					   .arg = args->scans_arg,
					   .board = args->board,
					   .local = c->local,
					   .shared = c->shared,
					   .trainer = c->trainer,
					   .model = args->model,
					   .summaries = c->summaries,
					   .reporter = c->reporter,
					   .collector = c->collector };
	if (args->web_fd >= 0)
		c->web = web_new(c->loop, args->web_fd, pages, c, &e);
	if (args->web_fd >= 0 && !c->web)
		LOG(LOG_LVL_ERROR, "metrics_failed", F_CSTR("reason", e.text));
}

/* ---- what there is ---- */

/* What workers leave in the spool. What is wrong with it is no reason to be without a store. */
static void open_spool(struct control *c, const struct control_args *args)
{
	struct collect_taker taker[4];
	struct collect_args a = {
		.loop = c->loop, .state = args->state, .taker = taker, .ntakers = 4
	};
	struct store *store = c->shared ? c->shared : c->local;
	struct err e;

	c->gather = gather_new(c->loop, store, window_length(args->conf));
	c->summaries = summaries_new(c->loop, store);
	taker[0] = gather_taker(c->gather);
	c->bounced = bounced_new(c->loop, store, &c->reports);
	taker[1] = summaries_taker(c->summaries);
	taker[2] = bounced_taker(c->bounced);
	c->failures = failures_new(c->loop, store, &c->reports);
	taker[3] = failures_taker(c->failures);
	c->collector = collector_new(&a, &e);
	if (!c->collector)
		LOG(LOG_LVL_ERROR, "spool_not_read", F_CSTR("reason", e.text));
}

/* Private keys are somewhere else, and nobody here reads them: only their names are of use. */
static const char *keys_dir(struct control *c, const struct control_args *args)
{
	return args->keys ? args->keys : arena_printf(c->arena, "%s/dkim", args->state).p;
}

static void open_reporter(struct control *c, const struct control_args *args)
{
	struct reporter_args a = { .loop = c->loop,
				   .store = c->shared ? c->shared : c->local,
				   .resolver = args->resolver,
				   .signer = args->signer,
				   .settings = &c->reports,
				   .state = args->state,
				   .keys = keys_dir(c, args) };
	struct err e;

	if (report_settings_read(c->arena, args->conf, &c->reports, &e) < 0)
		LOG(LOG_LVL_ERROR, "reports_not_sent", F_CSTR("reason", e.text));
	else if (c->reports.use && args->resolver)
		c->reporter = reporter_new(&a);
	else if (c->reports.use)
		LOG(LOG_LVL_WARN, "reports_not_sent", F_CSTR("reason", "no resolver"));
}

static int open_memory(struct control *c, const struct control_args *args, struct err *e)
{
	struct trainer_args t = { .loop = c->loop, .model = args->model, .conf = args->conf };

	c->lock = control_lock(args->state, LOCK_MS, e);
	if (c->lock < 0)
		return -1;
	t.local = c->local = control_local_store(c->loop, args->state, false, e);
	if (!c->local)
		return -1;
	if (control_shared(args->conf)) {
		t.shared = c->shared = control_worker_store(c->loop, args->conf, args->state, e);
		if (!c->shared)
			return -1;
		store_watch(c->shared, log_shared, c);
	}
	if (args->store_fd >= 0)
		c->server = store_server_new(c->loop, c->local, args->store_fd);
	c->trainer = trainer_new(&t, e);
	if (!c->trainer)
		return -1;
	if (args->control_fd >= 0)
		c->door = door_new(c->loop, args->control_fd, c->trainer, args->model,
				   DOOR_PATIENCE_MS);
	if (c->door) {
		door_board(c->door, args->board);
		door_metrics(c->door, show_counts, c);
	}
	open_pyzor(c, args);
	open_reporter(c, args);
	open_spool(c, args);
	return 0;
}

/* What is wrong with feeds is no reason to be without a store. */
static int open_all(struct control *c, const struct control_args *args, struct err *e)
{
	struct err why;

	if (control_remembers(args->conf) && open_memory(c, args, e) < 0)
		return -1;
	if (open_fetcher(c, args, &why) < 0)
		LOG(LOG_LVL_ERROR, "feeds_failed", F_CSTR("reason", why.text));
	c->keys = keeping_new(c->loop, args);
	open_web(c, args);
	return 0;
}

struct control *control_new(struct loop *l, const struct control_args *args, struct err *e)
{
	struct arena *a = arena_new(0);
	struct control *c = ARENA_NEW(a, struct control);

	c->arena = a;
	c->loop = l;
	c->lock = -1;
	if (open_all(c, args, e) == 0)
		return c;
	control_free(c);
	return NULL;
}

void control_free(struct control *c)
{
	uint64_t until = clock_mono_ms() + LAST_MS;

	if (c->door) {
		door_close(c->door);
		while (door_busy(c->door) && clock_mono_ms() < until)
			loop_turn(c->loop, 20);
	}
	web_free(c->web);
	keeping_free(c->keys);
	reporter_free(c->reporter);
	bounced_free(c->bounced);
	failures_free(c->failures);
	gather_free(c->gather);
	summaries_free(c->summaries);
	collector_free(c->collector);
	fetcher_free(c->fetcher);
	pyzor_server_free(c->pyzor);
	trainer_free(c->trainer);
	door_free(c->door);
	store_server_free(c->server);
	store_free(c->shared);
	store_free(c->local);
	control_unlock(c->lock);
	arena_free(c->arena);
}
