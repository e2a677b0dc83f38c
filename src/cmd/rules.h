/* What the files of `merlon rules` share. */
#ifndef CMD_RULES_H
#define CMD_RULES_H

#include <jansson.h>

#include "cmd/app.h"
#include "cmd/source.h"
#include "ruleset/rule.h"

struct rules_options {
	const char *conf, *plugins, *group, *kind;
	bool json, local;	  /* local: explain asks nobody */
	struct envelope envelope; /* of the messages that are explained */
	char **arg;
	int nargs;
};

struct rules_open {
	struct arena *arena;
	struct app *app;
	struct ruleset *set; /* NULL: there were faults */
	size_t faults, notes;
};

typedef void rules_tell_fn(void *arg, bool fault, const char *text);

/* Configuration, checks and rules. Faults and notes go to tell (NULL: faults to stderr). False: not
 * even a configuration; rules_close all the same. */
bool rules_open(const struct rules_options *o, struct rules_open *r, rules_tell_fn *tell,
		void *arg);
void rules_close(struct rules_open *r);

int rules_list(const struct rules_options *o);
int rules_show(const struct rules_options *o);
int rules_lint(const struct rules_options *o);
int rules_test(const struct rules_options *o);
int rules_explain(const struct rules_options *o);
int rules_compile(const struct rules_options *o);
int rules_bench(const struct rules_options *o);

void rules_print_json(json_t *j); /* and gives it back */

#endif
