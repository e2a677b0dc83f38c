/* merlon metrics: what a running daemon has counted. */
#include <stdio.h>

#include "cmd/app.h"
#include "cmd/asked.h"
#include "cmd/cmd.h"
#include "control/metrics.h"

static int show(struct arena *a, const json_t *answer, bool quiet)
{
	if (!quiet)
		printf("%.*s", STR_ARG(metrics_text(a, answer)));
	return APP_EXIT_GOOD;
}

int cmd_metrics(int argc, char **argv)
{
	static const struct asked metrics = {
		"usage: merlon metrics [OPTION]...\n"
		"Prints what a running daemon has counted since it was started, in Prometheus' "
		"text form:\n"
		"the same as option metrics.listen serves.\n\n"
		"  --socket PATH      control socket of the daemon\n"
		"  --state DIR        state directory of the daemon\n"
		"  -c, --config FILE  the daemon's configuration\n"
		"  --json             print JSON\n"
		"  --help             this text\n\n"
		"Exit: 0 good, 2 failure.\n",
		control_metrics, show
	};

	return asked_main(&metrics, argc, argv);
}
