/* What happened to the scan itself, as predicates: so that rules can name it and it shows. */
#include "checks/checks.h"
#include "checks/words.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

static bool scan_is(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	static const struct {
		unsigned flag;
		const char *word;
	} flag[] = {
		{ SCAN_F_DEADLINE, "deadline" }, { SCAN_F_DEGRADED_DNS, "dns" },
		{ SCAN_F_POISONED, "poisoned" }, { SCAN_F_TRUNCATED, "truncated" },
		{ SCAN_F_PATTERNS, "patterns" }, { SCAN_F_CPU, "cpu" },
	};

	(void)n;
	for (size_t i = 0; i < sizeof flag / sizeof *flag; i++)
		if ((s->flags & flag[i].flag) && words_has(arg[0].text, flag[i].word)) {
			*evidence = str_c(flag[i].word);
			return true;
		}
	return false;
}

static bool authenticated(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	(void)arg;
	(void)n;
	*evidence = s->client.auth_user;
	return scan_outbound(s);
}

static const struct predicate predicates[] = {
	{ "scan", "s", scan_is,
	  "the scan met its deadline, lacked DNS answers (dns), was truncated by a limit, used up "
	  "the time for regular expressions (patterns) or all its CPU time (cpu), or left out "
	  "content checks because the "
	  "message crashed us before (poisoned)" },
	{ "outbound", "", authenticated, "the message is from one of our own users" },
	{ 0 },
};

const struct check check_state = {
	.abi = CHECK_ABI,
	.name = "state",
	.help = "deadline, missing answers, limits",
	.stage = SCAN_CONNECT,
	.run = run,
	.predicates = predicates,
};
