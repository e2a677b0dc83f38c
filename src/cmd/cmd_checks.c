/* merlon checks: the checks, and what rules can ask of them. */
#include <getopt.h>
#include <stdio.h>

#include "cmd/app.h"
#include "cmd/cmd.h"

static const char *stage_word(enum scan_stage s)
{
	static const char *const word[] = { "connect", "helo", "mail", "rcpt", "headers", "eom" };

	return word[s];
}

static void print_check(const struct check *c)
{
	printf("%-10s from %-8s %s\n", c->name, stage_word(c->stage), c->help);
	for (const struct predicate *p = c->predicates; p && p->name; p++)
		printf("    eval:%s(%s)\n        %s\n", p->name, p->args, p->help);
}

static json_t *check_json(const struct check *c)
{
	json_t *j = json_object(), *list = json_array();

	json_object_set_new(j, "name", json_string(c->name));
	json_object_set_new(j, "help", json_string(c->help));
	json_object_set_new(j, "stage", json_string(stage_word(c->stage)));
	for (const struct predicate *p = c->predicates; p && p->name; p++)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "name", p->name, "args",
						      p->args, "help", p->help));
	json_object_set_new(j, "predicates", list);
	return j;
}

static int usage(FILE *out, int code)
{
	fputs("usage: merlon checks [--json] [--plugins DIR]\n"
	      "Lists the checks, and the functions they give to rules (eval:NAME).\n"
	      "Arguments: s text, n number; behind | they may be left out.\n\n"
	      "  --plugins DIR  load the plug-ins (*.so) of a directory\n"
	      "  --json         as JSON\n"
	      "  --help         this text\n\n"
	      "Exit: 0 good, 2 failure.\n",
	      out);
	return code;
}

static int run(const char *plugins, bool json)
{
	struct arena *a = arena_new(0);
	const struct check *const *list = app_checks(a, plugins);
	json_t *all = json_array();

	for (size_t i = 0; list && list[i]; i++) {
		if (json)
			json_array_append_new(all, check_json(list[i]));
		else
			print_check(list[i]);
	}
	if (json && list) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(all);
	arena_free(a);
	return list ? APP_EXIT_GOOD : APP_EXIT_FAILURE;
}

int cmd_checks(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", 0, 0, 'j' },
		{ "plugins", 1, 0, 'p' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	const char *plugins = NULL;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == 'j')
			json = true;
		else if (c == 'p')
			plugins = optarg;
		else
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	if (optind < argc)
		return usage(stderr, APP_EXIT_FAILURE);
	return run(plugins, json);
}
