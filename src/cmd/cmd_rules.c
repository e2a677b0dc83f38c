/* merlon rules: its subcommands, and the list of rules. */
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/rules.h"
#include "scan/report.h"

static const struct {
	const char *name;
	int (*run)(const struct rules_options *o); /* NULL: has a command line of its own */
	const char *args, *help;
} actions[] = {
	{ "list", rules_list, "[GLOB]...", "every rule: name, kind, score, group, description" },
	{ "show", rules_show, "NAME...",
	  "where each thing said of a rule is said, and what counts" },
	{ "lint", rules_lint, "", "faults, and what is not taken of the rule files" },
	{ "test", rules_test, "[NAME]...", "run the tests in the rule files" },
	{ "explain", rules_explain, "FILE...",
	  "the rules that a message hits, with their evidence" },
	{ "compile", rules_compile, "",
	  "make the databases of Hyperscan that the rules lack, as the daemon does beside mail" },
	{ "bench", rules_bench, "FILE...",
	  "time of the patterns over messages: by view, and of the slowest rules" },
	{ "fit", NULL, "CORPUS...", "scores learnt from a labelled corpus" },
	{ 0 },
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon rules COMMAND [OPTION]... [ARGUMENT]...\n\n", out);
	for (size_t i = 0; actions[i].name; i++)
		fprintf(out, "  %-8s %-10s %s\n", actions[i].name, actions[i].args,
			actions[i].help);
	fputs("\nFILE: a message, a directory of messages, or a mailbox.\n"
	      "\n  -c, --config FILE  the daemon's configuration\n"
	      "  --group WORD       list: only rules of this group\n"
	      "  --kind WORD        list: only rules of this kind (header, body, meta, eval, ...)\n"
	      "  --ip ADDRESS       explain: the SMTP client; --helo NAME what it said, --from "
	      "PATH "
	      "MAIL FROM\n"
	      "  --local            explain: ask nobody\n"
	      "  --plugins DIR      load the plug-ins (*.so) of a directory\n"
	      "  --json             as JSON\n"
	      "  --help             this text; fit has options of its own (merlon rules fit "
	      "--help)\n"
	      "\nExit: 0 good, 1 a fault, a failed test or an unknown rule, 2 failure.\n",
	      out);
	return code;
}

/* ---- what all of them begin with ---- */

struct ear {
	struct rules_open *r;
	rules_tell_fn *tell;
	void *arg;
};

static void hear_fault(void *arg, const char *text)
{
	struct ear *e = arg;

	e->r->faults++;
	if (e->tell)
		e->tell(e->arg, true, text);
	else
		fprintf(stderr, "%s\n", text);
}

static void hear_note(void *arg, const char *text)
{
	struct ear *e = arg;

	e->r->notes++;
	if (e->tell)
		e->tell(e->arg, false, text);
}

bool rules_open(const struct rules_options *o, struct rules_open *r, rules_tell_fn *tell, void *arg)
{
	struct ear ear = { r, tell, arg };
	struct ruleset_how how = { .fault = hear_fault, .note = hear_note, .arg = &ear };
	const struct check *const *checks;
	struct err e;

	*r = (struct rules_open){ .arena = arena_new(0) };
	checks = app_checks(r->arena, o->plugins);
	if (checks)
		r->app = app_load(o->conf, checks, 0, NULL, NULL);
	if (!r->app)
		return false;
	how.local = o->local;
	how.state = conf_str(r->app->conf, "daemon.state");
	r->set = ruleset_load(r->app->arena, r->app->conf, r->app->setup, &how);
	if (r->set && !app_attach(r->app, r->set, &e)) {
		hear_fault(&ear, e.text);
		r->set = NULL;
	}
	if (r->set) {
		r->app->rules = r->set;
		if (scan_setup_judge(r->app->setup, ruleset_judge(r->set), &e) < 0) {
			hear_fault(&ear, e.text);
			r->set = NULL;
		}
	}
	return true;
}

void rules_close(struct rules_open *r)
{
	app_free(r->app);
	arena_free(r->arena);
}

void rules_print_json(json_t *j)
{
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
	putchar('\n');
	json_decref(j);
}

/* ---- the list ---- */

static const char *kind_of(const struct rule *r)
{
	return r->unsupported.p ? "none" : rule_kind_word(r->kind);
}

static bool name_fits(const struct rules_options *o, const struct rule *r)
{
	char name[256];

	snprintf(name, sizeof name, "%.*s", STR_ARG(r->name));
	for (int i = 0; i < o->nargs; i++)
		if (fnmatch(o->arg[i], name, 0) == 0)
			return true;
	return o->nargs == 0;
}

static bool listed(const struct rules_options *o, const struct rule *r)
{
	return r->kind != RULE_NONE && name_fits(o, r) &&
	       (!o->group || str_eq(r->group, str_c(o->group))) &&
	       (!o->kind || strcmp(o->kind, kind_of(r)) == 0);
}

static json_t *rule_json(const struct rule *r)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", report_str(r->name));
	json_object_set_new(j, "kind", json_string(kind_of(r)));
	json_object_set_new(j, "score", rule_is_sub(r) ? json_null() : json_real(r->score));
	json_object_set_new(j, "group", report_str(r->group));
	json_object_set_new(j, "describe", report_str(r->describe));
	json_object_set_new(j, "run", json_boolean(r->live));
	json_object_set_new(j, "not_loaded", report_str(r->unsupported));
	json_object_set_new(j, "net", json_boolean(r->net));
	return j;
}

static void print_rule(const struct rule *r)
{
	if (rule_is_sub(r))
		printf("%-32.*s %-10s %8s ", STR_ARG(r->name), kind_of(r), "-");
	else
		printf("%-32.*s %-10s %8.3f ", STR_ARG(r->name), kind_of(r), r->score);
	printf("%-12.*s %.*s\n", STR_ARG(r->group), STR_ARG(r->describe));
}

int rules_list(const struct rules_options *o)
{
	struct rules_open r;
	json_t *all = json_array();
	int code = APP_EXIT_FAILURE;

	if (rules_open(o, &r, NULL, NULL) && r.set) {
		code = APP_EXIT_GOOD;
		for (size_t i = 0; i < r.set->rules.n; i++) {
			if (!listed(o, r.set->rules.p[i]))
				continue;
			if (o->json)
				json_array_append_new(all, rule_json(r.set->rules.p[i]));
			else
				print_rule(r.set->rules.p[i]);
		}
		if (o->json)
			rules_print_json(json_incref(all));
	}
	json_decref(all);
	rules_close(&r);
	return code;
}

/* ---- the command line ---- */

enum {
	OPT_JSON = 256,
	OPT_PLUGINS,
	OPT_GROUP,
	OPT_KIND,
	OPT_IP,
	OPT_HELO,
	OPT_FROM,
	OPT_LOCAL,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "config", 1, 0, 'c' },
	{ "json", 0, 0, OPT_JSON },
	{ "plugins", 1, 0, OPT_PLUGINS },
	{ "group", 1, 0, OPT_GROUP },
	{ "kind", 1, 0, OPT_KIND },
	{ "ip", 1, 0, OPT_IP },
	{ "helo", 1, 0, OPT_HELO },
	{ "from", 1, 0, OPT_FROM },
	{ "local", 0, 0, OPT_LOCAL },
	{ "help", 0, 0, OPT_HELP },
	{ 0 },
};

static bool take(struct rules_options *o, int option)
{
	switch (option) {
	case 'c':
		o->conf = optarg;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	case OPT_PLUGINS:
		o->plugins = optarg;
		return true;
	case OPT_GROUP:
		o->group = optarg;
		return true;
	case OPT_KIND:
		o->kind = optarg;
		return true;
	case OPT_IP:
		if (ip_parse(str_c(optarg), &o->envelope.ip))
			return true;
		fprintf(stderr, "merlon: --ip: found \"%s\", expected an address\n", optarg);
		return false;
	case OPT_HELO:
		o->envelope.helo = str_c(optarg);
		return true;
	case OPT_FROM:
		o->envelope.mail_from = str_c(optarg);
		return true;
	case OPT_LOCAL:
		o->local = true;
		return true;
	default:
		return false;
	}
}

static int run(int (*action)(const struct rules_options *), bool takes_arguments, int argc,
	       char **argv)
{
	struct rules_options o = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == OPT_HELP)
			return usage(stdout, APP_EXIT_GOOD);
		if (!take(&o, c))
			return usage(stderr, APP_EXIT_FAILURE);
	}
	o.arg = argv + optind;
	o.nargs = argc - optind;
	if (o.nargs && !takes_arguments) {
		fprintf(stderr, "%s: found \"%s\", expected no argument\n", argv[0], o.arg[0]);
		return APP_EXIT_FAILURE;
	}
	return action(&o);
}

int cmd_rules(int argc, char **argv)
{
	char name[64];

	if (argc < 2)
		return usage(stderr, APP_EXIT_FAILURE);
	if (strcmp(argv[1], "--help") == 0)
		return usage(stdout, APP_EXIT_GOOD);
	for (size_t i = 0; actions[i].name; i++) {
		if (strcmp(argv[1], actions[i].name) != 0)
			continue;
		snprintf(name, sizeof name, "merlon rules %s", actions[i].name);
		argv[1] = name;
		return actions[i].run
			       ? run(actions[i].run, actions[i].args[0] != 0, argc - 1, argv + 1)
			       : cmd_rules_fit(argc - 1, argv + 1);
	}
	fprintf(stderr, "merlon rules: no command \"%s\"\n", argv[1]);
	return usage(stderr, APP_EXIT_FAILURE);
}
