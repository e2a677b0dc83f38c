/* The ARC chain (RFC 8617). */
#include "auth/arc/arc.h"
#include "checks/checks.h"
#include "checks/words.h"
#include "scan/ask.h"
#include "scan/report.h"

struct arc_state {
	struct arc *arc;
	struct arc_result result;
};

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct arc_state *x = state;

	(void)config;
	if (scan_passive(s))
		return CHECK_DONE;
	if (!x->arc) {
		x->arc = arc_new(s->arena, s->env->crypto, s->body, &s->headers, s->now);
		arc_prefetch(x->arc, scan_dns(s));
	}
	if (s->stage < SCAN_EOM)
		return CHECK_WAIT;
	if (arc_verify(x->arc, scan_dns(s), &x->result) == AUTH_WAIT)
		return CHECK_WAIT;
	scan_publish(s, &check_arc, &x->result);
	return CHECK_DONE;
}

static bool arc_is(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct arc_result *r = scan_result(s, &check_arc);

	(void)n;
	if (!r || !words_has(arg[0].text, auth_word(r->code)))
		return false;
	*evidence = r->reason;
	return true;
}

static const struct predicate predicates[] = {
	{ "arc", "s", arc_is, "the ARC chain has one of these results (none,pass,fail)" },
	{ 0 },
};

static json_t *sealers(const struct arc_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(list, report_str(r->set[i].sealer));
	return list;
}

static void report(struct scan *s, json_t *root)
{
	const struct arc_result *r = scan_result(s, &check_arc);
	json_t *j = json_null();

	if (r) {
		bool pass = r->code == AUTH_PASS;
		j = json_object();
		json_object_set_new(j, "result", report_word(auth_word(r->code)));
		json_object_set_new(j, "instances", json_integer(r->instances));
		json_object_set_new(j, "oldest_pass",
				    pass ? json_integer(r->oldest_pass) : json_null());
		json_object_set_new(j, "sealers", sealers(r));
		json_object_set_new(j, "reason", report_str(r->reason));
	}
	json_object_set_new(json_object_get(root, "auth"), "arc", j);
}

static const char *word(const struct scan *s)
{
	const struct arc_result *r = scan_result(s, &check_arc);

	return r ? auth_word(r->code) : NULL;
}

const struct check check_arc = {
	.abi = CHECK_ABI,
	.name = "arc",
	.help = "Authenticated Received Chain (RFC 8617)",
	.stage = SCAN_HEADERS,
	.state_size = sizeof(struct arc_state),
	.run = run,
	.predicates = predicates,
	.report = report,
	.word = word,
};
