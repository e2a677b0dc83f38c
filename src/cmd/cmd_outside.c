/* merlon outside: what a daemon asks outside, how it goes, and what is left alone. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/app.h"
#include "cmd/cmd.h"
#include "cmd/show.h"
#include "control/client.h"
#include "control/listen.h"

struct outside_options {
	const char *conf, *state, *socket;
	bool json;
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon outside [OPTION]...\n"
	      "Shows what a running daemon asks outside: lists, feeds, scanners, models. For each "
	      "how\n"
	      "often it was asked, how it went, and whether it is left alone for a while.\n\n"
	      "  --socket PATH      control socket of the daemon\n"
	      "  --state DIR        state directory of the daemon\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --json             print JSON\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 something is off or fails, 2 failure.\n",
	      out);
	return code;
}

static long long number(const json_t *cell, const char *key)
{
	return json_integer_value(json_object_get(cell, key));
}

static const char *word(const json_t *cell, const char *key)
{
	const char *z = json_string_value(json_object_get(cell, key));

	return z ? z : "";
}

static bool fails(const json_t *cell)
{
	return strcmp(word(cell, "state"), "on") != 0 ||
	       (number(cell, "failed") && !number(cell, "good"));
}

static void print_cell(const json_t *cell)
{
	static const char *const more[] = { "refused",	 "hits",       "cached", "skipped",
					    "tokens_in", "tokens_out", "micros" };
	long long good = number(cell, "good");

	show_text(stdout, str_c(word(cell, "name")), NULL);
	printf(": %s", word(cell, "state"));
	if (strcmp(word(cell, "state"), "on") != 0) {
		fputs(" (", stdout);
		show_text(stdout, str_c(word(cell, "why")), NULL);
		printf(", for %lld s)", (number(cell, "off_ms") + 999) / 1000);
	}
	printf("; asked %lld, good %lld, failed %lld, left alone %lld", number(cell, "asked"), good,
	       number(cell, "failed"), number(cell, "off"));
	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		if (number(cell, more[i]))
			printf(", %s %lld", more[i], number(cell, more[i]));
	if (number(cell, "ms") && good)
		printf(", %lld ms each", number(cell, "ms") / good);
	putchar('\n');
}

static int by_name(const void *a, const void *b)
{
	return strcmp(word(*(json_t *const *)a, "name"), word(*(json_t *const *)b, "name"));
}

static int print(struct arena *a, const struct outside_options *o, struct str text)
{
	json_t *all = json_loadb(text.p, text.n, 0, NULL);
	size_t n = json_array_size(all), bad = 0;
	json_t **cell = ARENA_ARRAY(a, json_t *, n + 1);

	if (!all) {
		fputs("merlon: the daemon's answer cannot be understood\n", stderr);
		return APP_EXIT_FAILURE;
	}
	for (size_t i = 0; i < n; i++) {
		cell[i] = json_array_get(all, i);
		bad += fails(cell[i]);
	}
	qsort(cell, n, sizeof *cell, by_name);
	for (size_t i = 0; i < n && !o->json; i++)
		print_cell(cell[i]);
	if (o->json)
		printf("%.*s\n", STR_ARG(text));
	else if (!n)
		puts("nothing was asked yet");
	json_decref(all);
	return bad ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
}

static int show(const struct outside_options *o)
{
	struct arena *a = arena_new(0);
	struct app *app = o->conf ? app_load(o->conf, app_checks(a, NULL), 0, NULL, NULL) : NULL;
	const struct conf *conf = app ? app->conf : NULL;
	const char *state = o->state ? o->state : conf ? conf_str(conf, "daemon.state").p : "./var";
	struct control_client *c = NULL;
	struct str text;
	struct err e;
	int code = APP_EXIT_FAILURE;

	if (o->conf && !app)
		goto out;
	c = control_connect(a, o->socket ? o->socket : control_path(a, conf, state), &e);
	if (c && control_board(c, a, &text, &e) == 0)
		code = print(a, o, text);
	else
		fprintf(stderr, "merlon: %s\n", e.text);
out:
	control_close(c);
	app_free(app);
	arena_free(a);
	return code;
}

int cmd_outside(int argc, char **argv)
{
	static const struct option longs[] = { { "socket", required_argument, NULL, 's' },
					       { "state", required_argument, NULL, 'd' },
					       { "config", required_argument, NULL, 'c' },
					       { "json", no_argument, NULL, 'j' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	struct outside_options o = { 0 };
	int opt;

	while ((opt = getopt_long(argc, argv, "c:", longs, NULL)) != -1)
		switch (opt) {
		case 's':
			o.socket = optarg;
			break;
		case 'd':
			o.state = optarg;
			break;
		case 'c':
			o.conf = optarg;
			break;
		case 'j':
			o.json = true;
			break;
		case 'h':
			return usage(stdout, APP_EXIT_GOOD);
		default:
			return usage(stderr, APP_EXIT_FAILURE);
		}
	return optind == argc ? show(&o) : usage(stderr, APP_EXIT_FAILURE);
}
