/* merlond: the daemon's command line. */
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cmd/supervisor.h"

static int usage(FILE *out, int code)
{
	fputs("usage: merlond [-t] [-c FILE] [--state DIR] [--plugins DIR]\n"
	      "The mail filter: serves milter, stays in the foreground, logs to stderr.\n\n"
	      "  -c, --config FILE  configuration; without it a milter on inet:8891@127.0.0.1 with "
	      "the\n"
	      "                     defaults that \"merlon conf --options\" shows\n"
	      "  -t, --test         check the configuration and the rules, say what is wrong, and "
	      "end\n"
	      "  --state DIR        directory of what is remembered (default ./var)\n"
	      "  --plugins DIR      load the plug-ins (*.so) of a directory\n"
	      "  --version, --help\n\n"
	      "SIGHUP loads the configuration anew; a broken one is reported and the old one "
	      "stays.\n"
	      "SIGTERM lets the sessions end, then stops.\n"
	      "Exit: 0 good, 2 failure, 78 the configuration is wrong.\n",
	      out);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "config", 1, 0, 'c' },
		{ "test", 0, 0, 't' },
		{ "state", 1, 0, 's' },
		{ "plugins", 1, 0, 'p' },
		{ "version", 0, 0, 'v' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	struct supervisor_args args = { 0 };
	bool test = false;
	int c;

	umask(077);
	while ((c = getopt_long(argc, argv, "c:th", long_options, NULL)) != -1) {
		if (c == 'c') {
			args.conf = optarg;
		} else if (c == 't') {
			test = true;
		} else if (c == 's') {
			args.state = optarg;
		} else if (c == 'p') {
			args.plugins = optarg;
		} else if (c == 'v') {
			puts("merlond " MERLON_VERSION);
			return APP_EXIT_GOOD;
		} else {
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
		}
	}
	if (optind < argc)
		return usage(stderr, APP_EXIT_FAILURE);
	return test ? supervisor_check(&args) : supervisor_run(&args);
}
