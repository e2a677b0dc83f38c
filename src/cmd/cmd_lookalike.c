/* merlon lookalike: what names imitate. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>

#include "cmd/app.h"
#include "cmd/cmd.h"
#include "cmd/show.h"
#include "mail/lookalike/lookalike.h"
#include "ruleset/ruleset.h"
#include "scan/report.h"

#define LINE_MAX_OCTETS 4096u /* of a name from standard input */

struct run {
	struct lookalike *list;
	bool json;
	int exit;
};

static const char *verdict_word(enum lookalike_verdict v)
{
	return v == LOOKALIKE_OK ? "ok" : v == LOOKALIKE_BAD ? "invalid" : "suspicious";
}

static void print_json(struct str name, const struct lookalike_result *r)
{
	json_t *j = json_object(), *reasons = json_array();

	for (unsigned bit = 1; bit <= r->reasons; bit <<= 1)
		if (r->reasons & bit)
			json_array_append_new(reasons, json_string(lookalike_reason_name(bit)));
	json_object_set_new(j, "name", report_str(name));
	json_object_set_new(j, "ascii", report_str(r->ascii));
	json_object_set_new(j, "unicode", report_str(r->unicode));
	json_object_set_new(j, "verdict", json_string(verdict_word(r->verdict)));
	json_object_set_new(j, "reasons", reasons);
	json_object_set_new(j, "imitates", report_str(r->imitates));
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

static void print_text(struct str name, const struct lookalike_result *r)
{
	show_text(stdout, name, NULL);
	printf(": %s", verdict_word(r->verdict));
	for (unsigned bit = 1; bit <= r->reasons; bit <<= 1)
		if (r->reasons & bit)
			printf(" %s", lookalike_reason_name(bit));
	if (r->imitates.n)
		printf(", imitates %.*s", STR_ARG(r->imitates));
	if (r->ascii.n && !str_eq(r->ascii, r->unicode))
		printf(" (%.*s)", STR_ARG(r->ascii));
	putchar('\n');
}

static void judge_name(struct run *run, struct str name)
{
	struct arena *a = arena_new(0);
	struct lookalike_result r = lookalike_host(run->list, a, name);

	if (run->json)
		print_json(name, &r);
	else
		print_text(name, &r);
	fflush(stdout);
	if (r.verdict != LOOKALIKE_OK)
		run->exit = APP_EXIT_NEGATIVE;
	arena_free(a);
}

/* One name a line; what is longer than a name can be is cut. */
static void judge_lines(struct run *run, FILE *in)
{
	char line[LINE_MAX_OCTETS];
	size_t n = 0;
	int c;

	do {
		c = getc(in);
		if (c != '\n' && c != EOF) {
			if (n < sizeof line)
				line[n++] = (char)c;
			continue;
		}
		if (str_trim(str_of(line, n)).n)
			judge_name(run, str_trim(str_of(line, n)));
		n = 0;
	} while (c != EOF);
}

static int usage(FILE *out, int code)
{
	fputs("usage: merlon lookalike [OPTION]... NAME|-...\n"
	      "Says of each host name whether it imitates a protected one. - reads names from\n"
	      "standard input, one a line.\n\n"
	      "  --protect FILE     names to protect besides the brands that are known: one a "
	      "line,\n"
	      "                     or \"Brand: domain domain\"; # begins a comment\n"
	      "  --json             print JSON, one line a name\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 some name is suspicious or invalid, 2 failure.\n",
	      out);
	return code;
}

static int run_all(struct run *run, char **name, int n)
{
	lookalike_build(run->list);
	for (int i = 0; i < n; i++) {
		if (str_eq(str_c(name[i]), STR("-")))
			judge_lines(run, stdin);
		else
			judge_name(run, str_c(name[i]));
	}
	return run->exit;
}

int cmd_lookalike(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "protect", 1, 0, 'p' },
		{ "json", 0, 0, 'j' },
		{ "config", 1, 0, 'c' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	struct run run = { .exit = APP_EXIT_GOOD };
	const char *protect = NULL, *conf = NULL;
	const struct psl *psl;
	struct arena *a;
	struct app *app;
	struct err e;
	int c, code = APP_EXIT_FAILURE;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == 'p')
			protect = optarg;
		else if (c == 'j')
			run.json = true;
		else if (c == 'c')
			conf = optarg;
		else
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	if (optind == argc)
		return usage(stderr, APP_EXIT_FAILURE);
	a = arena_new(0);
	app = app_load(conf, app_checks(a, NULL), 0, NULL, NULL);
	if (app && (run.list = app_lookalike(app, &psl, &e)) != NULL &&
	    (!protect || lookalike_protect_file(run.list, protect, &e) == 0))
		code = run_all(&run, argv + optind, argc - optind);
	else if (app)
		fprintf(stderr, "merlon: %s\n", e.text);
	app_free(app);
	arena_free(a);
	return code;
}
