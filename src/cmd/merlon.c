/* merlon: the command-line tool. */
#include <stdio.h>
#include <string.h>

#include "cmd/app.h"
#include "cmd/cmd.h"

const struct command commands[] = {
	{ "auth", cmd_auth, "authenticate messages: SPF, DKIM, ARC, DMARC" },
	{ "scan", cmd_scan, "judge messages as the daemon would" },
	{ "parse", cmd_parse, "show what we see of a message, and what rules see" },
	{ "rules", cmd_rules, "list, show, check, test and fit the rules; explain a message" },
	{ "masscheck", cmd_masscheck, "show what each rule hits in a labelled corpus" },
	{ "classify", cmd_classify, "say what the statistical classifier says of messages" },
	{ "eval", cmd_eval, "try the classifier, and the rules with it, on a labelled corpus" },
	{ "lookalike", cmd_lookalike, "say which names host names imitate" },
	{ "digest", cmd_digest, "print the digests by which copies of messages are known" },
	{ "pyzor", cmd_pyzor, "ask Pyzor servers about messages, or report to them" },
	{ "dmarc", cmd_dmarc, "show and send DMARC reports to other domains" },
	{ "dkim", cmd_dkim,
	  "make, list, check, rotate and retire the keys that mail is signed with" },
	{ "llm", cmd_llm, "ask language models: show what is sent, try them, show what they cost" },
	{ "feeds", cmd_feeds, "show and fetch lists that others publish; say who is listed" },
	{ "greylist", cmd_greylist, "show who is greylisted, let them in, forget them" },
	{ "limits", cmd_limits,
	  "show how full the buckets of rate limits are; reset or raise one" },
	{ "metrics", cmd_metrics, "print what a daemon has counted, as Prometheus reads it" },
	{ "outside", cmd_outside, "show what a daemon asks outside, and how it goes" },
	{ "senders", cmd_senders,
	  "show the reputation of senders and who our users write to; change it" },
	{ "report", cmd_report,
	  "show what others report of our mail: one report, or all that came" },
	{ "learn", cmd_learn, "train the classifier, or take back what it learnt" },
	{ "store", cmd_store, "check, count, clean and move what is remembered" },
	{ "conf", cmd_conf, "list the options, or check and show a configuration" },
	{ "checks", cmd_checks, "list the checks and the functions they give to rules" },
	{ "import", cmd_import, "take over the configuration of OpenDKIM, OpenDMARC and OpenARC" },
	{ "setup", cmd_setup, "print or make the change that attaches an MTA" },
	{ 0 },
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon COMMAND [OPTION]...\n\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-10s %s\n", c->name, c->help);
	fputs("\nmerlon COMMAND --help says more. Exit: 0 good, 1 a negative finding, 2 failure.\n",
	      out);
	return code;
}

/* getopt says "merlon auth: unrecognized option ...". */
static int run(const struct command *c, int argc, char **argv)
{
	char name[64];

	snprintf(name, sizeof name, "merlon %s", c->name);
	argv[0] = name;
	return c->main(argc, argv);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, APP_EXIT_FAILURE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return usage(stdout, APP_EXIT_GOOD);
	if (strcmp(argv[1], "--version") == 0) {
		puts("merlon " MERLON_VERSION);
		return APP_EXIT_GOOD;
	}
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(argv[1], c->name) == 0)
			return run(c, argc - 1, argv + 1);
	fprintf(stderr, "merlon: no command \"%s\"\n", argv[1]);
	return usage(stderr, APP_EXIT_FAILURE);
}
