/*
 * A plug-in for tests that crashes its worker on messages that ask for it (X-Test-Crash: now), and
 * that tries to start a program (X-Test-Exec: now) and says in X-Test-Errno how that went.
 */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scan/check.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)state;
	(void)config;
	if (hdr_find(&s->headers, STR("X-Test-Crash"), 0))
		raise(SIGSEGV);
	if (hdr_find(&s->headers, STR("X-Test-Exec"), 0)) {
		char *argv[] = { "true", NULL };
		long r = syscall(SYS_execve, "/bin/true", argv, NULL);
		scan_insert(s, 0, STR("X-Test-Errno"),
			    arena_printf(s->arena, "%d", r < 0 ? errno : 0));
	}
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
