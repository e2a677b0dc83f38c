/* merlon rules compile: makes Hyperscan's databases for the rules, as the daemon does beside mail.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/rules.h"

static void show(void *arg, size_t done, size_t all)
{
	(void)arg;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%zu of %zu views%s", done, all, done == all ? "\n" : "");
}

static int said(const struct rules_options *o, struct str cache, bool good, uint64_t us)
{
	if (o->json)
		rules_print_json(json_pack("{s:s%,s:b,s:f}", "cache", cache.p, cache.n, "complete",
					   good, "seconds", (double)us / 1e6));
	else
		printf("%.*s: %s after %.1f s\n", STR_ARG(cache),
		       good ? "complete" : "NOT complete", (double)us / 1e6);
	return good ? APP_EXIT_GOOD : APP_EXIT_NEGATIVE;
}

static int compile(const struct rules_options *o, struct rules_open *r, struct str cache)
{
	uint64_t began = clock_mono_us();

	if (mkdir(arena_cstr(r->arena, cache), 0750) < 0 && errno != EEXIST)
		fprintf(stderr, "merlon: %.*s: %s\n", STR_ARG(cache), strerror(errno));
	ruleset_filter(r->set, cache, true, show, NULL);
	return said(o, cache, ruleset_filter(r->set, cache, false, NULL, NULL),
		    clock_mono_us() - began);
}

int rules_compile(const struct rules_options *o)
{
	struct rules_open r;
	int code = APP_EXIT_FAILURE;
	struct str cache;

	if (rules_open(o, &r, NULL, NULL) && r.set) {
		cache = ruleset_cache(r.arena, r.app->conf, conf_str(r.app->conf, "daemon.state"));
		if (cache.n)
			code = compile(o, &r, cache);
		else
			fprintf(stderr, "merlon: option rules.hyperscan is off\n");
	}
	rules_close(&r);
	return code;
}
