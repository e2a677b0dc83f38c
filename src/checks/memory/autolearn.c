/*
 * What the classifier learns by itself: spam on two independent pieces of evidence, ham on an
 * authenticated correspondent or our own user. Its own vote is no evidence: symbols of its rules
 * are not among what memory_evidence looks at.
 */
#include "checks/memory/identity.h"

#define SPAM_BITS 2		 /* of EVIDENCE_SPAM */
#define AUTHOR_HAM 20.0		 /* messages a day that one correspondent teaches */
#define AUTHOR_MS (86400 * 1000) /* a day */

struct autolearn {
	double today; /* that the author has taught */
	uint64_t own; /* who has counts of his own that the score asks; 0: nobody */
};

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

/* Of a site all together, of free mailboxes each by itself. */
static struct store_op lessons(struct scan *s)
{
	struct str name, who = identity_author(s, &name);
	struct str domain = str_skip(who, str_rchr(who, '@') + 1);

	if (!lists_has_domain(s->lists, STR("freemail"), domain, NULL))
		who = identity_org(s, domain);
	return (struct store_op){ .kind = STORE_ADD,
				  .flags = STORE_F_WINDOW,
				  .key = memory_key(s, "auto", &who, 1),
				  .ttl_ms = AUTHOR_MS };
}

static bool by_correspondent(const struct scan *s)
{
	const struct sender_facts *f = scan_result(s, &check_sender);

	return f && f->genuine && (f->known || f->reply);
}

static uint64_t whose(struct scan *s)
{
	struct str user[2];
	size_t n = s->env->model ? statistics_users(s, user) : 0;

	for (size_t i = 0; i < n; i++) {
		struct model_counts c = model_counts(s->env->model, user[i]);
		if (c.ham || c.spam)
			return hash_sip13((struct hash_key){ 0, 0 }, user[i]) | 1;
	}
	return 0;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct autolearn *f = state;
	const struct store_answer *a;
	struct store_op op;

	*f = (struct autolearn){ .own = whose(s) };
	if (*(const bool *)config && by_correspondent(s)) {
		op = lessons(s);
		a = scan_store(s, &op);
		if (!a)
			return CHECK_WAIT;
		f->today = a->status == STORE_OK ? a->sum[0] : AUTHOR_HAM;
	}
	scan_publish(s, &check_autolearn, f);
	return CHECK_DONE;
}

/* Whoever forges a correspondent would teach us that his spam is ham; and so would one who had an
 * answer once and sends as many messages as he likes. */
static bool may_teach(const struct scan *s)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);
	const struct autolearn *own = scan_result(s, &check_autolearn);

	return f && f->r.code == AUTH_PASS && own && own->today < AUTHOR_HAM - 0.5;
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
	return bits & (EVIDENCE_REPLY | EVIDENCE_KNOWN) && may_teach(s) ? LEARN_HAM : LEARN_NONE;
}

static void after(struct scan *s, const void *config)
{
	enum learn_class to = *(const bool *)config ? class_of(s) : LEARN_NONE;

	if (to == LEARN_NONE || !memory_teach(s, to, LEARN_AUTO))
		return;
	if (to == LEARN_HAM && by_correspondent(s)) {
		struct store_op op = lessons(s);
		op.delta[0] = 1;
		scan_store_note(s, &op);
	}
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
 * itself, all day long, changes little at a time. Nor is one by what somebody else has taught for
 * himself.
 */
static uint64_t mark(const struct scan *s)
{
	const struct autolearn *f = scan_result(s, &check_autolearn);
	struct model_counts n = { 0 };

	if (s->env->model)
		n = model_counts(s->env->model, STR(""));
	return (n.told << 32 | coarse(n.events)) + (f ? f->own : 0);
}

static const char *const needs[] = { "sender", NULL };

const struct check check_autolearn = {
	.abi = CHECK_ABI,
	.name = "autolearn",
	.help = "learns by independent evidence",
	.stage = SCAN_EOM,
	.needs = needs,
	.flags = CHECK_MEMORY,
	.options = options,
	.state_size = sizeof(struct autolearn),
	.setup = setup,
	.run = run,
	.mark = mark,
	.after = after,
};
