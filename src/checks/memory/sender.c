/* Correspondents: whether the author is who he says. */
#include "checks/memory/identity.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct sender_facts *f = state;

	(void)config;
	if (scan_passive(s) || scan_outbound(s))
		return CHECK_DONE;
	f->genuine = identity_genuine(s).n > 0;
	scan_publish(s, &check_sender, f);
	return CHECK_DONE;
}

static bool author_genuine(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	const struct sender_facts *f = scan_result(s, &check_sender);

	(void)arg;
	(void)n;
	*evidence = s->from.domain;
	return f && f->genuine;
}

static const struct predicate predicates[] = {
	{ "author_genuine", "", author_genuine,
	  "the author's domain passes DMARC, or, where it has no DMARC record, has an aligned DKIM "
	  "signature or SPF pass" },
	{ 0 },
};

static const char *const needs[] = { "spf", "dkim", "dmarc", NULL };

const struct check check_sender = {
	.abi = CHECK_ABI,
	.name = "sender",
	.help = "who our users write to, and who answers them",
	.stage = SCAN_EOM,
	.needs = needs,
	.flags = CHECK_MEMORY,
	.options = identity_options,
	.state_size = sizeof(struct sender_facts),
	.setup = identity_setup,
	.run = run,
	.predicates = predicates,
};
