/* What both programs begin with: options, configuration, checks, rules; and a worker's environment.
 */
#ifndef CMD_APP_H
#define CMD_APP_H

#include "conf/conf.h"
#include "io/resolver.h"
#include "ruleset/ruleset.h"
#include "scan/setup.h"

#define APP_EXIT_GOOD 0
#define APP_EXIT_NEGATIVE 1
#define APP_EXIT_FAILURE 2
#define APP_EXIT_CONFIG 78 /* EX_CONFIG of sysexits.h: the daemon's configuration is wrong */

extern const struct conf_opt daemon_options[];

/* One generation of configuration; immutable. */
struct app {
	struct arena *arena;
	const struct conf *conf;
	struct scan_setup *setup;
	struct ruleset *rules; /* NULL without APP_RULES */
};

enum app_flag {
	APP_RULES = 1, /* load the rules */
	APP_LOCAL = 2, /* nobody will be asked: scores are those without network */
};

/* Every option table there is; ends in NULL. The checks are those of checks (NULL-terminated). */
const struct conf_opt *const *app_tables(struct arena *a, const struct check *const *checks);

/* The checks of the tree, then those of the plug-ins in dir (NULL: none). NULL after telling why.
 */
const struct check *const *app_checks(struct arena *a, const char *plugin_dir);

/* Loads everything; NULL after telling every fault on fault (or stderr if it is NULL). */
struct app *app_load(const char *conf_path, const struct check *const *checks, unsigned flags,
		     conf_fault_fn *fault, void *arg);
void app_free(struct app *app);

/* Gives rules what the configuration has for their views. False and *e: it cannot be read. */
bool app_attach(struct app *app, struct ruleset *rules, struct err *e);

/* The public suffix list and the names to protect, as the options say; in the app's arena. More may
 * be added, then lookalike_build. NULL and *e: a list cannot be read. */
struct lookalike *app_lookalike(const struct app *app, const struct psl **psl, struct err *e);

/* What all processes of a supervisor share, made before fork. */
struct app_common {
	struct history *history;
	struct board *board;
};
void app_common_new(struct app_common *c);
void app_common_free(struct app_common *c);

/* The environment of one process, in an arena of its own: loop, resolver, keys. dns: servers
 * instead of the configured ones (n 0: those). common: NULL for what is its own. NULL and *e: no
 * resolver. */
struct app_env {
	struct scan_env scan; /* first */
	struct arena *arena;
	struct app_common own; /* NULLs: another's is used */
};
struct app_env *app_env_new(const struct app *app, const struct str *dns, size_t n,
			    const struct app_common *common, struct err *e);
void app_env_free(struct app_env *env);

/* A resolver as the options say (dns.*). dns as above. */
struct resolver *app_resolver(struct loop *loop, const struct conf *c, const struct str *dns,
			      size_t n, struct err *e);

/* Opens the log as the options say. */
int app_log(const struct app *app, struct err *e);

#endif
