/* What both programs begin with. */
#include "cmd/app.h"

#include <stdio.h>

#include "base/log.h"
#include "checks/checks.h"
#include "control/control.h"
#include "control/keyring/options.h"
#include "control/pyzor.h"
#include "control/web.h"
#include "control/report/settings.h"
#include "io/http.h"
#include "io/servers.h"
#include "milter/milter.h"
#include "scan/board.h"
#include "scan/history.h"
#include "scan/known.h"

/* Seconds that a question without an answer is not asked again, drawn anew each time. */
#define FAIL_TTL_MIN 5u
#define FAIL_TTL_MAX 30u

static bool is_server(struct str v, char *why, size_t cap)
{
	struct server s;
	struct err e;

	if (server_parse(v, &s, &e) == 0)
		return true;
	snprintf(why, cap, "an address, with @PORT if need be, as 192.0.2.1@5353");
	return false;
}

static bool is_target(struct str v, char *why, size_t cap)
{
	snprintf(why, cap, "stderr, syslog, syslog:/path, or file:/path");
	return str_eq(v, STR("stderr")) || str_eq(v, STR("syslog")) ||
	       str_starts(v, STR("syslog:/")) || str_starts(v, STR("file:/"));
}

static const struct conf_opt app_options[] = {
	{ .name = "dns.servers",
	  .type = CONF_LIST,
	  .check = is_server,
	  .help = "resolvers to ask, \"192.0.2.1\" or \"192.0.2.1@5353\"; none: those of "
		  "/etc/resolv.conf" },
	{ .name = "dns.timeout",
	  .type = CONF_TIME,
	  .def = "8s",
	  .allow = "100ms..60s",
	  .help = "time after which a question counts as failed for now" },
	{ .name = "dns.cache_entries",
	  .type = CONF_INT,
	  .def = "20000",
	  .allow = "0..10000000",
	  .help = "answers each worker remembers" },
	{ .name = "dns.max_ttl",
	  .type = CONF_TIME,
	  .def = "1h",
	  .allow = "0s..7d",
	  .help = "answers are not remembered longer than this" },
	{ .name = "dns.max_negative_ttl",
	  .type = CONF_TIME,
	  .def = "5m",
	  .allow = "0s..1d",
	  .help = "the same for answers that say there is nothing" },
	{ .name = "log.level",
	  .type = CONF_ENUM,
	  .def = "info",
	  .allow = "error|warn|info|debug",
	  .help = "least important events that are logged" },
	{ .name = "log.format",
	  .type = CONF_ENUM,
	  .def = "logfmt",
	  .allow = "logfmt|json",
	  .help = "form of a log line" },
	{ .name = "log.target",
	  .type = CONF_STR,
	  .def = "stderr",
	  .check = is_target,
	  .help = "where the log goes: stderr, syslog (/dev/log), syslog:/path, or file:/path" },
	{ 0 },
};

#define MAX_TABLES (SCAN_MAX_CHECKS + 11)

const struct conf_opt *const *app_tables(struct arena *a, const struct check *const *checks)
{
	const struct conf_opt **t = ARENA_ARRAY(a, const struct conf_opt *, MAX_TABLES + 1);
	size_t n = 0;

	t[n++] = app_options;
	t[n++] = daemon_options;
	t[n++] = milter_options;
	t[n++] = scan_options;
	t[n++] = ruleset_options;
	t[n++] = control_options;
	t[n++] = report_send_options;
	t[n++] = trainer_options;
	t[n++] = keyring_options;
	t[n++] = pyzor_options;
	t[n++] = metrics_options;
	for (; *checks && n < MAX_TABLES; checks++)
		if ((*checks)->options)
			t[n++] = (*checks)->options;
	return t;
}

const struct check *const *app_checks(struct arena *a, const char *plugin_dir)
{
	const struct check **list = ARENA_ARRAY(a, const struct check *, SCAN_MAX_CHECKS + 1);
	struct err e;
	size_t n = 0;

	for (const struct check *const *c = checks_all; *c; c++)
		list[n++] = *c;
	if (plugin_dir && scan_plugins_load(plugin_dir, list, SCAN_MAX_CHECKS + 1, &e) < 0) {
		fprintf(stderr, "--plugins: %s\n", e.text);
		return NULL;
	}
	return list;
}

static void fault_to_stderr(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s\n", line);
}

/* What resolver_new will say in the worker, said with its place. */
static bool servers_good(const struct conf *c, conf_fault_fn *fault, void *arg)
{
	const struct str *list;
	size_t n = conf_list(c, "dns.servers", &list);
	struct servers out;
	struct err why, e;

	if (!n || servers_parse(list, n, &out, &why) == 0)
		return true;
	err_set(&e, "%s: dns.servers: %s", conf_where(c, "dns.servers"), why.text);
	fault(arg, e.text);
	return false;
}

struct lookalike *app_lookalike(const struct app *app, const struct psl **psl, struct err *e)
{
	struct arena *a = app->arena;
	const char *brands = arena_printf(a, "%s/lists/brands", ruleset_shipped(a)).p;

	if (scan_psl(a, app->conf, psl, e) < 0)
		return NULL;
	return scan_lookalike(a, app->conf, *psl, brands, e);
}

bool app_attach(struct app *app, struct ruleset *rules, struct err *e)
{
	const struct psl *psl;
	struct lookalike *l = app_lookalike(app, &psl, e);

	if (!l)
		return false;
	lookalike_build(l);
	ruleset_attach(rules, psl, l);
	return true;
}

static bool load(struct app *app, const char *conf_path, const struct check *const *checks,
		 unsigned flags, conf_fault_fn *fault, void *arg)
{
	struct ruleset *rules;
	struct err e;

	app->conf = conf_load(app->arena, conf_path, app_tables(app->arena, checks), fault, arg);
	if (!app->conf || !servers_good(app->conf, fault, arg))
		return false;
	if (scan_setup_new(app->arena, app->conf, checks, &app->setup, &e) < 0) {
		fault(arg, e.text);
		return false;
	}
	if (!(flags & APP_RULES))
		return true;
	rules = ruleset_load(app->arena, app->conf, app->setup,
			     &(struct ruleset_how){ .fault = fault,
						    .arg = arg,
						    .local = flags & APP_LOCAL,
						    .state = conf_str(app->conf, "daemon.state") });
	if (!rules || !app_attach(app, rules, &e)) {
		if (rules)
			fault(arg, e.text);
		return false;
	}
	app->rules = rules;
	if (scan_setup_judge(app->setup, ruleset_judge(app->rules), &e) < 0) {
		fault(arg, e.text);
		return false;
	}
	return true;
}

struct app *app_load(const char *conf_path, const struct check *const *checks, unsigned flags,
		     conf_fault_fn *fault, void *arg)
{
	struct arena *a = arena_new(64 * 1024);
	struct app *app = ARENA_NEW(a, struct app);

	app->arena = a;
	if (load(app, conf_path, checks, flags, fault ? fault : fault_to_stderr, arg))
		return app;
	arena_free(a);
	return NULL;
}

void app_free(struct app *app)
{
	if (app)
		arena_free(app->arena);
}

struct resolver *app_resolver(struct loop *loop, const struct conf *c, const struct str *dns,
			      size_t n, struct err *e)
{
	struct resolver_config cfg = {
		.servers = dns,
		.nservers = n,
		.timeout_ms = conf_time_ms(c, "dns.timeout"),
		.cache_entries = (size_t)conf_int(c, "dns.cache_entries"),
		.max_ttl = (uint32_t)(conf_time_ms(c, "dns.max_ttl") / 1000),
		.max_negative_ttl = (uint32_t)(conf_time_ms(c, "dns.max_negative_ttl") / 1000),
		.fail_ttl_min = FAIL_TTL_MIN,
		.fail_ttl_max = FAIL_TTL_MAX,
	};

	if (!n)
		cfg.nservers = conf_list(c, "dns.servers", &cfg.servers);
	return resolver_new(loop, &cfg, e);
}

void app_common_new(struct app_common *c)
{
	*c = (struct app_common){ history_new(), board_new() };
}

void app_common_free(struct app_common *c)
{
	history_free(c->history);
	board_free(c->board);
}

struct app_env *app_env_new(const struct app *app, const struct str *dns, size_t n,
			    const struct app_common *common, struct err *e)
{
	struct arena *a = arena_new(0);
	struct app_env *env = ARENA_NEW(a, struct app_env);

	env->arena = a;
	env->scan.setup = app->setup;
	env->scan.loop = loop_new();
	env->scan.resolver = app_resolver(env->scan.loop, app->conf, dns, n, e);
	if (!env->scan.resolver) {
		loop_free(env->scan.loop);
		arena_free(a);
		return NULL;
	}
	env->scan.http = http_new(env->scan.loop, env->scan.resolver);
	env->scan.crypto = crypto_new();
	if (!common) {
		app_common_new(&env->own);
		common = &env->own;
	}
	env->scan.history = common->history;
	env->scan.board = common->board;
	env->scan.digest_key = hash_key_random();
	if (app->setup->judge && app->setup->judge->state)
		env->scan.judge_state = app->setup->judge->state(app->setup->judge, a);
	return env;
}

void app_env_free(struct app_env *env)
{
	if (!env)
		return;
	http_free(env->scan.http);
	resolver_free(env->scan.resolver);
	crypto_free(env->scan.crypto);
	app_common_free(&env->own);
	loop_free(env->scan.loop);
	arena_free(env->arena);
}

int app_log(const struct app *app, struct err *e)
{
	struct log_config cfg = {
		.level = (enum log_level)conf_enum(app->conf, "log.level"),
		.format = (enum log_format)conf_enum(app->conf, "log.format"),
		.target = conf_str(app->conf, "log.target").p,
	};

	return log_open(&cfg, e);
}
