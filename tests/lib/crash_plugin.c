/* A plug-in for tests that crashes its worker on messages that ask for it (X-Test-Crash: now). */
#include <signal.h>

#include "scan/check.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)state;
	(void)config;
	if (hdr_find(&s->headers, STR("X-Test-Crash"), 0))
		raise(SIGSEGV);
	return CHECK_DONE;
}

static const struct check check_crash = {
	.abi = CHECK_ABI,
	.name = "crash",
	.help = "crashes on X-Test-Crash",
	.stage = SCAN_HEADERS,
	.flags = CHECK_CONTENT,
	.run = run,
};

__attribute__((visibility("default")))
const struct check *const merlon_plugin_checks[] = { &check_crash, NULL };
