/*
 * A plug-in in one file: a check that finds a fact, and a function that lets rules ask for it.
 *
 *	merlond --plugins /usr/local/lib/merlon/plugins
 *
 *	# rules
 *	header   SUBJECT_SHOUTS  eval:subject_shouts(5)
 *	describe SUBJECT_SHOUTS  five or more exclamation marks in the subject
 *	score    SUBJECT_SHOUTS  0.5
 */
#include "scan/check.h"

struct shouts {
	size_t marks;
};

static const struct check check_shouts;

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct hdr *subject = hdr_find(&s->headers, STR("Subject"), 0);
	struct shouts *r = state;

	(void)config;
	r->marks = 0; /* a check may be run again from its start */
	for (size_t i = 0; subject && i < subject->value.n; i++)
		r->marks += subject->value.p[i] == '!';
	scan_publish(s, &check_shouts, r);
	return CHECK_DONE;
}

static bool subject_shouts(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	const struct shouts *r = scan_result(s, &check_shouts);

	(void)n;
	if (!r || (double)r->marks < arg[0].number)
		return false;
	*evidence = arena_printf(s->arena, "%zu exclamation marks", r->marks);
	return true;
}

static const struct predicate predicates[] = {
	{ "subject_shouts", "n", subject_shouts,
	  "the subject has this many exclamation marks or more" },
	{ 0 },
};

static const struct check check_shouts = {
	.abi = CHECK_ABI,
	.name = "shouts",
	.help = "counts exclamation marks in the subject",
	.stage = SCAN_HEADERS,
	.flags = CHECK_CONTENT,
	.state_size = sizeof(struct shouts),
	.run = run,
	.predicates = predicates,
};

__attribute__((visibility("default")))
const struct check *const merlon_plugin_checks[] = { &check_shouts, NULL };
