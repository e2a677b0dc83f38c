/* iprev: the client's name, confirmed by address. */
#include "checks/checks.h"
#include "checks/words.h"
#include "scan/ask.h"
#include "scan/report.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct iprev_result *r = ARENA_NEW(s->arena, struct iprev_result);

	(void)state;
	(void)config;
	if (scan_passive(s))
		return CHECK_DONE;
	if (iprev_eval(s->arena, scan_dns(s), &s->client.ip, r) == AUTH_WAIT)
		return CHECK_WAIT;
	scan_publish(s, &check_iprev, r);
	return CHECK_DONE;
}

static bool iprev_is(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct iprev_result *r = scan_result(s, &check_iprev);

	(void)n;
	if (!r || scan_outbound(s) || !words_has(arg[0].text, auth_word(r->code)))
		return false;
	*evidence = r->name;
	return true;
}

static const struct predicate predicates[] = {
	{ "iprev", "s", iprev_is,
	  "the client's reverse DNS has one of these results "
	  "(pass,fail,temperror,permerror,none)" },
	{ 0 },
};

static void report(struct scan *s, json_t *root)
{
	const struct iprev_result *r = scan_result(s, &check_iprev);
	json_t *j = json_null();

	if (r) {
		j = json_object();
		json_object_set_new(j, "result", report_word(auth_word(r->code)));
	}
	json_object_set_new(json_object_get(root, "auth"), "iprev", j);
}

static const char *word(const struct scan *s)
{
	const struct iprev_result *r = scan_result(s, &check_iprev);

	return r ? auth_word(r->code) : NULL;
}

const struct check check_iprev = {
	.abi = CHECK_ABI,
	.name = "iprev",
	.help = "reverse DNS of the client, confirmed (RFC 8601 section 3)",
	.stage = SCAN_CONNECT,
	.run = run,
	.predicates = predicates,
	.report = report,
	.word = word,
};
