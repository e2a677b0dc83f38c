/*
 * What the classifier learns by itself: spam on two independent pieces of evidence, ham on an
 * authenticated correspondent or our own user. Its own vote is no evidence: symbols of its rules
 * are not among what memory_evidence looks at.
 */
#include "checks/memory/memory.h"

#define SPAM_BITS 2 /* of EVIDENCE_SPAM */

static const struct conf_opt options[] = {
	{ .name = "learn.auto",
	  .type = CONF_BOOL,
	  .def = "yes",
	  .help = "learn messages by evidence that is independent of the classifier: spam by two "
		  "pieces, ham of authenticated correspondents and of our own users" },
	{ 0 },
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	bool *on = ARENA_NEW(a, bool);

	(void)e;
	*on = conf_bool(c, "learn.auto");
	*config = on;
	return 0;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

/* Whoever forges a correspondent would teach us that his spam is ham. */
static bool author_certain(const struct scan *s)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	return f && f->r.code == AUTH_PASS;
}

static enum learn_class class_of(struct scan *s)
{
	unsigned bits = memory_evidence(s), spam = bits & EVIDENCE_SPAM;

	if (bits & EVIDENCE_TRAP) /* the trap teaches it */
		return LEARN_NONE;
	if (__builtin_popcount(spam) >= SPAM_BITS)
		return LEARN_SPAM;
	if (spam)
		return LEARN_NONE;
	if (bits & EVIDENCE_SENT)
		return LEARN_HAM;
	return bits & (EVIDENCE_REPLY | EVIDENCE_KNOWN) && author_certain(s) ? LEARN_HAM
									     : LEARN_NONE;
}

static void after(struct scan *s, const void *config)
{
	const struct statistics_facts *f = scan_result(s, &check_statistics);
	struct learn_event e = { .source = LEARN_AUTO, .user = STR("") };

	if (!*(const bool *)config || !f || (!f->features.ngram && !f->features.ntoken))
		return;
	e.to = class_of(s);
	if (e.to == LEARN_NONE)
		return;
	e.when_ms = s->now * 1000;
	e.f = f->features;
	digest_teach(s, &e);
	scan_learn(s, &e);
}

/* So many that one more does not change what is said of a message: to the 16th part. */
static uint64_t coarse(uint64_t n)
{
	unsigned drop = 0;

	while (n >> drop > 31)
		drop++;
	return n >> drop << 6 | drop;
}

/*
 * A verdict from before somebody taught something is not the verdict of now. What is learnt by
 * itself, all day long, changes little at a time.
 */
static uint64_t mark(const struct scan *s)
{
	struct model_counts n = { 0 };

	if (s->env->model)
		n = model_counts(s->env->model, STR(""));
	return n.told << 32 | coarse(n.events);
}

const struct check check_autolearn = {
	.abi = CHECK_ABI,
	.name = "autolearn",
	.help = "learns by independent evidence",
	.stage = SCAN_EOM,
	.flags = CHECK_MEMORY,
	.options = options,
	.setup = setup,
	.run = run,
	.mark = mark,
	.after = after,
};
