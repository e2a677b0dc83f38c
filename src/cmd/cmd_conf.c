/* merlon conf: the option table, and configurations held against it. */
#include <getopt.h>
#include <stdio.h>

#include "cmd/app.h"
#include "cmd/cmd.h"

static int usage(FILE *out, int code)
{
	fputs("usage: merlon conf --options [--json]\n"
	      "       merlon conf [--json] [-c FILE]\n"
	      "Lists every option with its type, default and meaning; or checks a configuration "
	      "and\n"
	      "shows the values in force, those that are not the default marked.\n\n"
	      "  --options          the table of options\n"
	      "  -c, --config FILE  the configuration; without it the defaults\n"
	      "  --plugins DIR      load the plug-ins (*.so) of a directory\n"
	      "  --json             as JSON\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 2 the configuration is wrong or cannot be read.\n",
	      out);
	return code;
}

static int run(const char *conf, const char *plugins, bool options, bool json)
{
	struct arena *a = arena_new(0);
	const struct check *const *checks = app_checks(a, plugins);
	int code = APP_EXIT_FAILURE;

	if (checks && options) {
		conf_print_options(app_tables(a, checks), stdout, json);
		code = APP_EXIT_GOOD;
	} else if (checks) {
		struct app *app = app_load(conf, checks, APP_RULES, NULL, NULL);
		if (app) {
			conf_print_values(app->conf, stdout, json);
			code = APP_EXIT_GOOD;
		}
		app_free(app);
	}
	arena_free(a);
	return code;
}

int cmd_conf(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "options", 0, 0, 'o' }, { "json", 0, 0, 'j' }, { "config", 1, 0, 'c' },
		{ "plugins", 1, 0, 'p' }, { "help", 0, 0, 'h' }, { 0 },
	};
	const char *conf = NULL, *plugins = NULL;
	bool options = false, json = false;
	int c;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == 'o')
			options = true;
		else if (c == 'j')
			json = true;
		else if (c == 'c')
			conf = optarg;
		else if (c == 'p')
			plugins = optarg;
		else
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	if (optind < argc)
		return usage(stderr, APP_EXIT_FAILURE);
	return run(conf, plugins, options, json);
}
