/* merlon llm: what is sent to a language model, how good it is, and what it costs. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/llm_tool.h"

static const struct {
	const char *word;
	int (*main)(int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "test", llm_test_main, "show exactly what would be sent about a message; send it" },
	{ "eval", llm_eval_main, "ask about a labelled corpus: quality, calibration, cost, time" },
	{ "budget", llm_budget_main, "show what was spent and what is left; reset it" },
	{ NULL, NULL, NULL },
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon llm COMMAND [OPTION]...\n\n", out);
	for (size_t i = 0; verbs[i].word; i++)
		fprintf(out, "  %-8s %s\n", verbs[i].word, verbs[i].help);
	fputs("\nmerlon llm COMMAND --help says more.\n", out);
	return code;
}

int cmd_llm(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, APP_EXIT_FAILURE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return usage(stdout, APP_EXIT_GOOD);
	for (size_t i = 0; verbs[i].word; i++)
		if (strcmp(argv[1], verbs[i].word) == 0)
			return verbs[i].main(argc - 1, argv + 1);
	fprintf(stderr, "merlon llm: no command \"%s\"\n", argv[1]);
	return usage(stderr, APP_EXIT_FAILURE);
}
