/* Commands that ask a running daemon for JSON and show it: the same options for each. */
#ifndef CMD_ASKED_H
#define CMD_ASKED_H

#include <jansson.h>

#include "control/client.h"

struct asked {
	const char *usage;
	/* control_board and the like. */
	int (*ask)(struct control_client *c, struct arena *a, struct str *json, struct err *e);
	/* What came, for people, unless it is to be shown as it came; an APP_EXIT_*. */
	int (*show)(struct arena *a, const json_t *answer, bool quiet);
};

/* Options --socket, --state, -c, --json, --help; an APP_EXIT_*. */
int asked_main(const struct asked *k, int argc, char **argv);

#endif
