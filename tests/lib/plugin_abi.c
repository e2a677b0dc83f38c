/* A plug-in for tests that was built for another version of the interface. */
#include "scan/check.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

static const struct check check_abi = { .abi = CHECK_ABI + 1, .name = "abi", .run = run };

__attribute__((visibility("default")))
const struct check *const merlon_plugin_checks[] = { &check_abi, NULL };
