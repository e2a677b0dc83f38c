/* `merlon auth` and `merlon scan`: the same command, with and without rules. */
#ifndef CMD_JUDGE_H
#define CMD_JUDGE_H

#include "cmd/app.h"
#include "cmd/source.h"

struct judge_options {
	bool auth_only, json, subrules, local;
	const char *conf, *jobs, *plugins, *state;
	struct envelope envelope; /* of every message that brings none */
	struct str dns[8];
	size_t ndns;
	int64_t now;
	struct str authserv_id;
	char **path;
	int npath;
};

/* Judges all messages in the order given, several at once, and prints each; an APP_EXIT_*. */
int judge_all(const struct judge_options *o);

/* A verdict for people. */
void judge_print_text(struct scan *s, struct str name, FILE *out);

#endif
