/* The tests of rules that need a scan, run without the network. */
#ifndef CMD_RULE_TESTS_H
#define CMD_RULE_TESTS_H

#include "cmd/app.h"

/* One test: whether the rule did as it should. */
typedef void rule_test_fn(void *arg, const struct ruleset_case *c, bool good);

/* Runs those whose rule's name is among names (n 0: all). Returns how many failed. -1 and *e: no
 * environment to run them in. */
int rule_tests_run(const struct app *app, const struct ruleset *set, const struct str *names,
		   size_t n, rule_test_fn *tell, void *arg, struct err *e);

#endif
