/* merlon outside: what a daemon asks outside, how it goes, and what is left alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/app.h"
#include "cmd/asked.h"
#include "cmd/cmd.h"
#include "cmd/show.h"

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

static int show(struct arena *a, const json_t *all, bool quiet)
{
	size_t n = json_array_size(all), bad = 0;
	const json_t **cell = ARENA_ARRAY(a, const json_t *, n + 1);

	for (size_t i = 0; i < n; i++) {
		cell[i] = json_array_get(all, i);
		bad += fails(cell[i]);
	}
	qsort(cell, n, sizeof *cell, by_name);
	for (size_t i = 0; i < n && !quiet; i++)
		print_cell(cell[i]);
	if (!n && !quiet)
		puts("nothing was asked yet");
	return bad ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
}

int cmd_outside(int argc, char **argv)
{
	static const struct asked outside = {
		"usage: merlon outside [OPTION]...\n"
		"Shows what a running daemon asks outside: lists, feeds, scanners, models. For "
		"each "
		"how\n"
		"often it was asked, how it went, and whether it is left alone for a while.\n\n"
		"  --socket PATH      control socket of the daemon\n"
		"  --state DIR        state directory of the daemon\n"
		"  -c, --config FILE  the daemon's configuration\n"
		"  --json             print JSON\n"
		"  --help             this text\n\n"
		"Exit: 0 good, 1 something is off or fails, 2 failure.\n",
		control_board, show
	};

	return asked_main(&outside, argc, argv);
}
